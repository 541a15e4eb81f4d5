//! One VBA project: its `dir` stream, the streams of its modules, and how it is locked.

use super::compiled::{Compiled, Names};
use super::dir::{Dir, Module};
use super::source;
use super::{decompress, module, protection};
use crate::artifact::{Child, Fact, Opened};
use crate::compound::{Compound, Entry, What};
use crate::limits::{Budget, Stop};
use crate::message::msg;
use crate::text;
use std::collections::BTreeSet;

/// Opens every project of a compound file.
pub(super) fn open_all(compound: &Compound, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    // A document within a message is an artifact of its own.
    let marks = compound.streams().filter(|stream| is_mark(&stream.name) && !msg::gives(compound, stream));
    let storages: BTreeSet<Option<usize>> = marks.map(|stream| stream.parent).collect();
    let before = out.children.len();
    let mut old = None;
    for storage in storages {
        let project = Project { compound, storage, page: 0, names: Names::default(), sources: 0 };
        if project.is_old(budget)? {
            old = old.or(storage.filter(|_| compound.children(storage).count() > 1));
        } else {
            project.open(out, budget)?;
        }
    }
    if let Some(storage) = old.and_then(|id| compound.entries().get(id))
        && out.children.len() == before
    {
        out.missed("unsupported-format", format!("{}: modules of Excel 5.0 and 95", storage.path));
    }
    Ok(())
}

/// How the `dir` stream of Excel 5.0 and 95 begins, which wrote modules in a form that no specification describes.
/// Later versions may write them beside their own.
const OLD: &[u8] = &[0xcc, 0x61];

/// A storage that holds module streams.
struct Project<'c> {
    compound: &'c Compound<'c>,
    storage: Option<usize>,
    page: u16,
    /// What compiled code refers to.
    names: Names,
    sources: usize,
}

/// Whether a stream of that name marks a storage as a VBA project.
fn is_mark(name: &str) -> bool {
    name.eq_ignore_ascii_case("dir") || name.eq_ignore_ascii_case("_VBA_PROJECT")
}

/// Whether a stream of a project holds no source by its name: marks, and compiled code of other versions.
fn is_sourceless(name: &str) -> bool {
    is_mark(name) || name.to_ascii_lowercase().starts_with("__srp_")
}

impl<'c> Project<'c> {
    fn open(mut self, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
        let dir = self.dir(out, budget)?;
        self.page = dir.code_page.unwrap_or_default();
        self.names = self.names(&dir, budget)?;
        let mut done = BTreeSet::new();
        let mut missing = Vec::new();
        for module in &dir.modules {
            match module.stream_names().find_map(|name| self.stream(name)) {
                Some(stream) if done.insert(stream.id) => self.listed(module, stream, out, budget)?,
                Some(_) => {}
                None => missing.push(module.name().unwrap_or_default()),
            }
        }
        self.note_scrambled(&dir, out);
        let before = out.children.len();
        self.open_unlisted(&dir, &done, out, budget)?;
        // A module under another name is found all the same; what is found nowhere is unread.
        let found = out.children.len() - before;
        for (place, name) in missing.into_iter().enumerate() {
            out.broke("vba-module-missing", name);
            if place >= found {
                out.missed("damaged", format!("no stream holds the module {name}"));
            }
        }
        let project = self.project(budget)?;
        let locked = protection::is_locked(&project);
        note_hidden(&dir, &text::code_page(self.page, &project), out);
        if self.sources > 0 || !dir.modules.is_empty() {
            out.facts.push(Fact::VbaProject { code_page: self.page, modules: self.sources, locked });
        }
        Ok(())
    }

    /// Whether the project is of Excel 5.0 or 95.
    fn is_old(&self, budget: &mut Budget) -> Result<bool, Stop> {
        let Some(stream) = self.stream("dir") else { return Ok(false) };
        let head = self.compound.head(stream, 2, budget);
        head.stop.map_or(Ok(()), Err)?;
        Ok(head.bytes == OLD)
    }

    /// The `dir` stream, decompressed and read.
    fn dir(&self, out: &mut Opened, budget: &mut Budget) -> Result<Dir, Stop> {
        let Some(stream) = self.stream("dir") else { return Ok(Dir::default()) };
        let packed = self.compound.stream(stream, budget);
        packed.stop.map_or(Ok(()), Err)?;
        let plain = decompress(&packed.bytes, budget);
        plain.stop.map_or(Ok(()), Err)?;
        let dir = Dir::read(&plain.bytes);
        if !dir.whole {
            out.broke("vba-dir-damaged", plain.broken.map_or_else(|| stream.path.clone(), str::to_string));
            out.missed("damaged", format!("{}: the list of modules is not whole", stream.path));
        }
        Ok(dir)
    }

    /// The names in the `_VBA_PROJECT` stream.
    fn names(&self, dir: &Dir, budget: &mut Budget) -> Result<Names, Stop> {
        let Some(stream) = self.stream("_VBA_PROJECT") else { return Ok(Names::default()) };
        let decoded = self.compound.stream(stream, budget);
        decoded.stop.map_or(Ok(()), Err)?;
        Ok(Names::read(&decoded.bytes, self.page, dir.is_64_bit))
    }

    /// Gives the compiled code of a module where it says what the source does not.
    fn stomped(&self, module: &Listed, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
        let Some(compiled) = Compiled::read(module.cache, &self.names, self.page) else { return Ok(()) };
        let name = module.name;
        let is_missing = !source::has_code(module.source) && compiled.is_more_than_empty(module.cache);
        let hidden = compiled.hidden(module.source);
        if is_missing {
            let detail = format!("{name}: {} lines of compiled code, no source", compiled.lines);
            out.facts.push(Fact::Trick { what: "vba-source-missing", detail });
        }
        if !hidden.is_empty() {
            let detail = format!("{name}: only the compiled code names {}", hidden.join(", "));
            out.facts.push(Fact::Trick { what: "vba-stomped", detail });
        }
        if compiled.listing.is_empty() || !is_missing && hidden.is_empty() {
            return Ok(());
        }
        budget.pay(compiled.listing.len() as u64)?;
        let child = Child::new(format!("{name} (compiled).bas"), "vba-pcode", compiled.listing.into_bytes());
        out.push(child.of_kind("vba"), budget)
    }

    /// Gives a module that the project lists.
    fn listed(
        &mut self,
        listed: &Module,
        stream: &Entry,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let name = listed.name().unwrap_or(&stream.name);
        let decoded = self.compound.stream(stream, budget);
        let found = source::at(&decoded.bytes, listed.offset, budget);
        let text = text::code_page(self.page, &found.source.bytes);
        if found.searched {
            out.broke("vba-module-offset", format!("the source of {name} stands at {}", found.place));
        }
        let told = listed.offset.and_then(|offset| usize::try_from(offset).ok()).unwrap_or(0);
        let cache = decoded.bytes.get(..told.max(found.place)).unwrap_or(&decoded.bytes);
        self.stomped(&Listed { name, cache, source: &text }, out, budget)?;
        if !text.is_empty() {
            self.sources += 1;
            let broken = found.source.broken.filter(|_| found.source.stop.is_none());
            out.push(module(format!("{name}.{}", self.extension(listed, stream)), text, broken), budget)?;
        }
        decoded.stop.or(found.source.stop).map_or(Ok(()), Err)
    }

    /// Gives the sources in streams that the project does not list.
    fn open_unlisted(
        &mut self,
        dir: &Dir,
        done: &BTreeSet<usize>,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let compound = self.compound;
        for stream in compound.children(self.storage) {
            if stream.what == What::Storage || done.contains(&stream.id) || is_sourceless(&stream.name) {
                continue;
            }
            let decoded = compound.stream(stream, budget);
            decoded.stop.map_or(Ok(()), Err)?;
            for source in source::all(&decoded.bytes, budget) {
                let text = text::code_page(self.page, &source.bytes);
                let name = source::written_name(&text).unwrap_or_else(|| stream.name.clone());
                self.sources += 1;
                out.push(unlisted(module(format!("{name}.bas"), text, source.broken), dir, stream), budget)?;
                source.stop.map_or(Ok(()), Err)?;
            }
        }
        Ok(())
    }

    fn note_scrambled(&self, dir: &Dir, out: &mut Opened) {
        let scrambled: Vec<String> = dir
            .modules
            .iter()
            .filter_map(Module::scrambled)
            .map(|(narrow, wide)| format!("{narrow} for {wide}"))
            .collect();
        if !scrambled.is_empty() {
            let detail = scrambled.iter().take(8).cloned().collect::<Vec<_>>().join(", ");
            out.facts.push(Fact::Trick { what: "vba-scrambled-module-name", detail });
        }
    }

    /// The PROJECT stream; empty where there is none.
    fn project(&self, budget: &mut Budget) -> Result<Vec<u8>, Stop> {
        let Some(stream) = self.compound.child(self.above(), "PROJECT") else { return Ok(Vec::new()) };
        let decoded = self.compound.stream(stream, budget);
        decoded.stop.map_or(Ok(()), Err)?;
        Ok(decoded.bytes)
    }

    /// `bas` for procedures, `frm` for a form, which has a storage of its own beside the project, else `cls`.
    fn extension(&self, module: &Module, stream: &Entry) -> &'static str {
        let form = || {
            let designer = self.compound.child(self.above(), &stream.name)?;
            self.compound
                .child(Some(designer.id), "\u{3}VBFrame")
                .or(self.compound.child(Some(designer.id), "f"))
        };
        match module.class {
            false => "bas",
            true if form().is_some() => "frm",
            true => "cls",
        }
    }

    /// The storage above the project's.
    fn above(&self) -> Option<usize> {
        self.compound.entries().get(self.storage?)?.parent
    }

    fn stream(&self, name: &str) -> Option<&'c Entry> {
        self.compound.child(self.storage, name).filter(|entry| entry.what == What::Stream)
    }
}

/// Notes modules that run and that the editor does not show, because the PROJECT stream (MS-OVBA 2.3.1.5) leaves them
/// out.
fn note_hidden(dir: &Dir, project: &str, out: &mut Opened) {
    const KEYS: [&str; 4] = ["Module=", "Document=", "Class=", "BaseClass="];
    let named = |line: &str| {
        let value = KEYS.iter().find_map(|key| line.strip_prefix(key))?;
        value.split('/').next().map(|name| text::nfkc(name.trim()).to_lowercase())
    };
    let shown: BTreeSet<String> = project.lines().filter_map(named).collect();
    let names = dir.modules.iter().filter_map(Module::name);
    let hidden: Vec<&str> =
        names.filter(|name| !shown.contains(&text::nfkc(name).to_lowercase())).take(MOST_HIDDEN).collect();
    // Names in another code page are as many as they are listed.
    let fewer = shown.len() < dir.modules.len();
    if fewer && !shown.is_empty() && !hidden.is_empty() {
        out.facts.push(Fact::Trick { what: "vba-hidden-module", detail: hidden.join(", ") });
    }
}

/// Hidden modules that are named.
const MOST_HIDDEN: usize = 8;

/// A module as its stream holds it.
struct Listed<'a> {
    name: &'a str,
    /// What stands before the source.
    cache: &'a [u8],
    source: &'a str,
}

/// A module that the project does not list, which is a trick only where the list itself is whole.
fn unlisted(child: Child, dir: &Dir, stream: &Entry) -> Child {
    let hidden = dir.whole && !dir.modules.is_empty();
    if hidden {
        child.with(Fact::Trick { what: "vba-unlisted-module", detail: stream.path.clone() })
    } else {
        child
    }
}

#[cfg(test)]
mod tests {
    use super::super::Vba;
    use super::super::decompress::tests::compress;
    use super::super::dir::tests::{Written, write as write_dir};
    use crate::artifact::{Child, Fact, Format, Opened, Tree};
    use crate::keyring::Keyring;
    use crate::limits::{Budget, Limits};
    use std::io::{Cursor, Write};

    const CODE: &[u8] =
        b"Attribute VB_Name = \"Module1\"\r\nSub AutoOpen()\r\nMsgBox \"hello\"\r\nEnd Sub\r\n";

    fn file(streams: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        for (path, bytes) in streams {
            let (storage, _) = path.rsplit_once('/').unwrap();
            file.create_storage_all(storage).unwrap();
            file.create_stream(path).unwrap().write_all(bytes).unwrap();
        }
        file.into_inner().into_inner()
    }

    /// A project of one module whose source stands behind 20 bytes of compiled code.
    fn project(module: &Written, stream: &str, code: &[u8]) -> Vec<u8> {
        let dir = compress(&write_dir(932, std::slice::from_ref(module)), true);
        let stored = [b"compiled".repeat(3)[..20].to_vec(), compress(code, true)].concat();
        file(&[("/Macros/VBA/dir", dir), (stream, stored), ("/Macros/PROJECT", b"Module=A\r\n".to_vec())])
    }

    fn module1() -> Written<'static> {
        Written { name: b"Module1", narrow: b"Module1", wide: "Module1", offset: 20 }
    }

    fn open(bytes: &[u8]) -> Opened {
        let tree = Tree::new(Child::new("a.doc", "file", bytes.to_vec()));
        let (artifact, mut out) = (tree.get(0).unwrap(), Opened::default());
        if Vba.matches(artifact) {
            Vba.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        }
        out
    }

    fn modules(out: &Opened) -> Vec<(&str, &str)> {
        out.children
            .iter()
            .map(|child| (child.name.as_str(), std::str::from_utf8(&child.bytes).unwrap()))
            .collect()
    }

    #[test]
    fn a_module_comes_out_as_it_was_written() {
        let out = open(&project(&module1(), "/Macros/VBA/Module1", CODE));
        assert_eq!(modules(&out), [("Module1.bas", std::str::from_utf8(CODE).unwrap())]);
        assert_eq!((out.children[0].via, out.children[0].kind.unwrap().id), ("vba-module", "vba"));
        assert_eq!(out.facts, [Fact::VbaProject { code_page: 932, modules: 1, locked: false }]);
        assert_eq!(out.damage, []);
    }

    #[test]
    fn japanese_names_and_sources_are_decoded() {
        let name = b"\x95\x5c\x8cv";
        let written = Written { name, narrow: name, wide: "表計", offset: 20 };
        let code = b"Attribute VB_Name = \"\x95\x5c\x8cv\"\r\n' \x93\x59\x95\x74\r\n";
        let out = open(&project(&written, "/Macros/VBA/表計", code));
        assert_eq!(modules(&out), [("表計.bas", "Attribute VB_Name = \"表計\"\r\n' 添付\r\n")]);
        assert_eq!(out.facts.len(), 1);
    }

    #[test]
    fn modules_that_the_editor_does_not_show_are_told() {
        let seen = || Written { name: b"Seen", narrow: b"Seen", wide: "Seen", offset: 20 };
        let open = |project: &[u8]| {
            let dir = compress(&write_dir(1252, &[module1(), seen()]), true);
            let stored = [b"compiled".repeat(3)[..20].to_vec(), compress(CODE, true)].concat();
            open(&file(&[("/VBA/dir", dir), ("/VBA/Module1", stored), ("/PROJECT", project.to_vec())])).facts
        };
        let hidden = Fact::Trick { what: "vba-hidden-module", detail: "Module1".into() };
        assert!(open(b"ID=\"{0}\"\r\nModule=Seen\r\n").contains(&hidden));
        assert!(!open(b"ID=\"{0}\"\r\nModule=MODULE1\r\nModule=Seen\r\n").contains(&hidden));
        assert!(!open(b"ID=\"{0}\"\r\n").contains(&hidden));
    }

    #[test]
    fn a_scrambled_name_is_told_and_read_past() {
        let written = Written { narrow: b"LAHTPHWS", ..module1() };
        let out = open(&project(&written, "/Macros/VBA/Module1", CODE));
        assert_eq!(modules(&out).len(), 1);
        let trick = Fact::Trick { what: "vba-scrambled-module-name", detail: "LAHTPHWS for Module1".into() };
        assert_eq!(out.facts[0], trick);
    }

    #[test]
    fn a_wrong_offset_or_stream_name_is_searched_past() {
        let out = open(&project(&Written { offset: 9999, ..module1() }, "/Macros/VBA/Module1", CODE));
        assert_eq!((modules(&out)[0].0, out.damage[0].what), ("Module1.bas", "vba-module-offset"));
        let out = open(&project(&module1(), "/Macros/VBA/Other", CODE));
        assert_eq!((modules(&out)[0].0, out.damage[0].what), ("Module1.bas", "vba-module-missing"));
        assert!(matches!(out.children[0].facts[..], [Fact::Trick { what: "vba-unlisted-module", .. }]));
    }

    /// A cache of `size` bytes that ends in a table of two full lines and an empty one.
    fn cache(size: usize) -> Vec<u8> {
        let line = |length: u8| [0, 0, 0, 0, length, 0, 0, 0, 0, 0, 0, 0];
        let table = [&[0xfe, 0xca, 1, 0, 3, 0][..], &line(8), &line(0), &line(9)].concat();
        let before = std::iter::repeat_n(7, size - table.len());
        before.chain(table).collect()
    }

    #[test]
    fn compiled_code_without_source_is_told() {
        let code = b"Attribute VB_Name = \"Module1\"\r\n";
        for (source, count) in [(compress(code, true), 1), (Vec::new(), 0), ([0; 300].to_vec(), 0)] {
            let dir = compress(&write_dir(1252, &[Written { offset: 3000, ..module1() }]), true);
            let stream = [cache(3000), source].concat();
            let out = open(&file(&[("/VBA/dir", dir), ("/VBA/Module1", stream)]));
            let detail = "Module1: 2 lines of compiled code, no source".into();
            assert_eq!(out.facts[0], Fact::Trick { what: "vba-source-missing", detail });
            assert_eq!(out.children.len(), count);
        }
    }

    #[test]
    fn modules_of_excel_95_are_unread_where_they_stand_alone() {
        let old = [("/_VBA_PROJECT/dir", b"\xcca\x04".to_vec()), ("/_VBA_PROJECT/1a", b"old".to_vec())];
        let out = open(&file(&old));
        assert_eq!((out.unread[0].reason, out.facts.len(), out.damage.len()), ("unsupported-format", 0, 0));
        let stored = [b"compiled".repeat(3)[..20].to_vec(), compress(CODE, true)].concat();
        let dir = compress(&write_dir(1252, &[module1()]), true);
        let new = [("/_VBA_PROJECT_CUR/VBA/dir", dir), ("/_VBA_PROJECT_CUR/VBA/Module1", stored)];
        let out = open(&file(&[old.as_slice(), new.as_slice()].concat()));
        assert_eq!((out.unread.len(), out.children.len()), (0, 1));
    }

    #[test]
    fn without_a_dir_stream_and_without_a_project_sources_are_found() {
        let stored = [b"compiled".to_vec(), compress(CODE, true)].concat();
        let out = open(&file(&[("/VBA/_VBA_PROJECT", b"x".to_vec()), ("/VBA/A", stored.clone())]));
        assert_eq!(modules(&out)[0].0, "Module1.bas");
        let out = open(&file(&[("/nowhere/A", stored.clone())]));
        assert_eq!((modules(&out)[0].0, out.damage[0].what), ("Module1.bas", "vba-without-project"));
        let out = open(&[b"\x01\x02\0".to_vec(), stored].concat());
        assert_eq!(modules(&out)[0].0, "Module1.bas");
        assert_eq!(out.facts, [Fact::VbaProject { code_page: 0, modules: 1, locked: false }]);
    }

    #[test]
    fn no_cut_and_no_flipped_bit_panics() {
        let whole = project(&module1(), "/Macros/VBA/Module1", CODE);
        for length in (0..whole.len()).step_by(29) {
            open(&whole[..length]);
        }
        for at in (0..whole.len()).filter(|at| whole[*at] != 0 || at % 97 == 0) {
            let mut bad = whole.clone();
            bad[at] ^= 1 << (at % 8);
            open(&bad);
        }
    }
}
