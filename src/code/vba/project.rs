//! One VBA project: its `dir` stream, the streams of its modules, and how it is locked.

use super::compiled::{Compiled, Names, page_of_vba_3};
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
    let mut old = Vec::new();
    for storage in storages {
        let project = Project { compound, storage, page: 0, names: Names::default(), sources: 0 };
        if project.is_old(budget)? {
            old.push(project);
        } else {
            project.open(out, budget)?;
        }
    }
    // Later versions may write modules for Excel 5.0 and 95 beside their own.
    if out.children.len() == before {
        old.into_iter().try_for_each(|project| project.open_old(out, budget))?;
    }
    Ok(())
}

/// How the `dir` stream of Excel 5.0 and 95 begins, which kept compiled code and no source.
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

    /// Opens a project of Excel 5.0 or 95, which is compiled code only.
    fn open_old(mut self, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
        let Some(stream) = self.stream("dir") else { return Ok(()) };
        let dir = self.compound.stream(stream, budget);
        dir.stop.map_or(Ok(()), Err)?;
        self.page = page_of_vba_3(&dir.bytes);
        self.names = Names::of_vba_3(&dir.bytes, self.page);
        for stream in self.compound.children(self.storage) {
            if stream.what == What::Stream && !is_sourceless(&stream.name) {
                self.old_module(stream, out, budget)?;
            }
        }
        if self.sources > 0 {
            out.facts.push(Fact::VbaProject { code_page: self.page, modules: self.sources, locked: false });
        }
        Ok(())
    }

    /// Gives the code of a module of Excel 5.0 or 95, and says where it was not understood.
    fn old_module(&mut self, stream: &Entry, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
        let decoded = self.compound.stream(stream, budget);
        decoded.stop.map_or(Ok(()), Err)?;
        let compiled = Compiled::read(&decoded.bytes, &self.names, self.page);
        if !compiled.as_ref().is_some_and(|compiled| compiled.whole) {
            out.missed("unsupported-format", format!("{}: a module of Excel 5.0 or 95", stream.path));
        }
        let listing = compiled.map(|compiled| compiled.listing).filter(|listing| !listing.is_empty());
        let Some(listing) = listing else { return Ok(()) };
        self.sources += 1;
        budget.pay(listing.len() as u64)?;
        let name = format!("{} (compiled).bas", stream.name);
        out.push(Child::new(name, "vba-pcode", listing.into_bytes()).of_kind("vba"), budget)
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
mod tests;
