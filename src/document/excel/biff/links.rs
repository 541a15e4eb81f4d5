//! What leads out of a workbook: other workbooks, programs, and the addresses that cells open when they are clicked
//! (MS-XLS 2.4.105, 2.4.140, 2.4.271, 2.5.277).

use super::records::{Pieces, Record};
use crate::artifact::Fact;
use crate::bytes::Reader;
use crate::document::excel::formula::{Elsewhere, Names, Version, short_string};
use crate::document::moniker;
use crate::document::relations::starts_something;
use crate::text;

/// Links of one workbook that are told.
const MOST: usize = 200;

/// `SUPBOOK` (MS-XLS 2.4.271).
pub(super) fn book(record: Record) -> Option<Elsewhere> {
    const OWN: u16 = 0x0401;
    const ADD_IN: u16 = 0x3a01;
    let mut pieces = Pieces::new(record);
    let (count, length) = (pieces.u16()?, pieces.u16()?);
    let mut elsewhere = Elsewhere { is_own: length == OWN, ..Elsewhere::default() };
    if length == OWN || length == ADD_IN {
        return Some(elsewhere);
    }
    let is_wide = pieces.u8()? & 1 != 0;
    let raw = pieces.characters(length.into(), is_wide);
    elsewhere.is_file = raw.starts_with('\u{1}');
    elsewhere.path = path(&raw);
    for _ in 0..count {
        let Some(length) = pieces.u16() else { break };
        let Some(flags) = pieces.u8() else { break };
        elsewhere.sheets.push(pieces.characters(length.into(), flags & 1 != 0));
    }
    Some(elsewhere)
}

/// A path without the marks of its parts (MS-XLS 2.5.277): it begins with 1; then 1 stands before a drive or share,
/// 2 for the same drive, 3 between folders, 4 for the folder above, 5 and a length before an address. In a DDE link 3
/// parts program from topic.
fn path(raw: &str) -> String {
    let file = raw.strip_prefix('\u{1}');
    let mut out = String::new();
    let mut letters = file.unwrap_or(raw).chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1}' => match letters.next() {
                Some('@') => out.push_str(r"\\"),
                Some(drive) => {
                    out.push(drive);
                    out.push_str(r":\");
                }
                None => {}
            },
            '\u{2}' => out.push('\\'),
            '\u{3}' => out.push(if file.is_some() { '\\' } else { '|' }),
            '\u{4}' => out.push_str(r"..\"),
            '\u{5}' if file.is_some() => {
                letters.next();
            }
            '\u{5}'..='\u{8}' => {}
            _ => out.push(letter),
        }
    }
    out
}

/// `EXTERNNAME` (MS-XLS 2.4.105), which belongs to the link before it.
pub(super) fn outer_name(record: &Record, names: &mut Names, version: Version) -> Option<()> {
    const OLE_LINK: u16 = 0x0010;
    let mut reader = record.reader();
    let flags = reader.u16()?;
    reader.skip(4)?;
    let length = reader.u8()?.into();
    let name = if version == Version::Biff8 {
        short_string(&mut reader, length)?
    } else {
        text::code_page(0, reader.take_up_to(length))
    };
    let book = names.books.last_mut()?;
    book.is_object |= flags & OLE_LINK != 0;
    book.names.push(name);
    Some(())
}

/// `EXTERNSHEET` before BIFF8: the name of a file or of a sheet of the workbook itself.
pub(super) fn old_link(record: &Record, names: &mut Names) {
    let mut reader: Reader = record.reader();
    let Some(length) = reader.u8() else { return };
    let raw = text::code_page(0, reader.take_up_to(length.into()));
    let is_own = raw.starts_with(['\u{2}', '\u{3}']);
    names.books.push(Elsewhere {
        path: path(raw.trim_start_matches(['\u{3}', '\u{2}'])),
        is_file: raw.starts_with('\u{1}'),
        ..Elsewhere::default()
    });
    if is_own && let Some(book) = names.books.last_mut() {
        book.sheets.push(book.path.clone());
    }
}

/// The facts of the links that lead to a program by DDE, to an object or to a workbook elsewhere, with the relations
/// that packages have for them.
pub(super) fn outside(names: &Names) -> Vec<Fact> {
    let mut facts = Vec::new();
    for fact in names.books.iter().flat_map(of_link) {
        if facts.len() < MOST && !facts.contains(&fact) {
            facts.push(fact);
        }
    }
    facts
}

fn of_link(link: &Elsewhere) -> Vec<Fact> {
    let fact = |relation: &str, target: String| Fact::External { relation: relation.into(), target };
    if link.is_own || link.path.is_empty() {
        return Vec::new();
    }
    match link.path.split_once('|').filter(|_| !link.is_file) {
        Some((_, file)) if link.is_object => vec![fact("oleObject", file.to_string())],
        Some((program, topic)) => {
            let item = link.names.first().map(|item| format!("!{item}")).unwrap_or_default();
            vec![fact("dde", format!("{}{item}", link.path)), fact("dde-link", format!("{program} {topic}"))]
        }
        // Before BIFF8 the sheet stands behind the name of the file, which has brackets then.
        None if link.is_file => {
            let file = link.path.split_once(']').map_or(link.path.as_str(), |(file, _)| file);
            vec![fact("externalLinkPath", file.replacen('[', "", 1))]
        }
        None => Vec::new(),
    }
}

/// `HLINK` (MS-XLS 2.4.140): the address behind cells, where a click on it starts something.
pub(super) fn hyperlink(record: &Record) -> Option<Fact> {
    const CELLS_AND_CLASS: usize = 8 + 16;
    let data = record.data.get(CELLS_AND_CLASS..)?;
    let monikers = moniker::facts(data).into_iter().filter_map(|fact| match fact {
        Fact::External { target, .. } => Some(target),
        _ => None,
    });
    let mut targets = monikers.chain(plain(data));
    let target = targets.find(|target| starts_something(target))?;
    Some(Fact::External { relation: "hyperlink".into(), target })
}

/// The address of a link that is stored as text (MS-OSHARED 2.3.7.1): behind what is shown and the frame.
fn plain(data: &[u8]) -> Option<String> {
    const HAS_MONIKER: u32 = 0x01;
    const HAS_SHOWN: u32 = 0x10;
    const HAS_FRAME: u32 = 0x80;
    const IS_TEXT: u32 = 0x100;
    let mut reader = Reader::new(data);
    reader.skip(4)?;
    let flags = reader.u32()?;
    (flags & HAS_MONIKER != 0 && flags & IS_TEXT != 0).then_some(())?;
    for _ in 0..(flags & HAS_SHOWN).count_ones() + (flags & HAS_FRAME).count_ones() {
        let length = usize::try_from(reader.u32()?).ok()?;
        reader.skip(length.checked_mul(2)?)?;
    }
    let length = usize::try_from(reader.u32()?).ok()?;
    let address = text::decode("utf-16le", reader.take_up_to(length.checked_mul(2)?));
    Some(address.trim_end_matches('\0').to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lose_their_marks() {
        for (raw, want) in [
            ("\u{1}\u{1}Cfolder\u{3}a.xls", r"C:\folder\a.xls"),
            ("\u{1}\u{1}@server\u{3}share\u{3}a.xls", r"\\server\share\a.xls"),
            ("\u{1}\u{5}\u{1a}http://a.example/b/c.xls", "http://a.example/b/c.xls"),
            ("\u{1}\u{4}\u{4}a.xls", r"..\..\a.xls"),
            ("cmd\u{3}/c calc", "cmd|/c calc"),
        ] {
            assert_eq!(path(raw), want, "{raw:?}");
        }
    }

    #[test]
    fn each_link_has_the_relation_of_packages() {
        let link = |path: &str, is_file: bool, is_object: bool| Elsewhere {
            path: path.into(),
            is_file,
            is_object,
            names: vec!["A0".into()],
            ..Elsewhere::default()
        };
        let names = Names {
            books: vec![
                link("cmd|/c calc", false, false),
                link("Word.Document.8|http://a.example/x.doc", false, true),
                link(r"\\203.0.113.9\x\[a.xls]Sheet1", true, false),
                link("Sheet2", false, false),
                link("", false, false),
            ],
            ..Names::default()
        };
        let told: Vec<String> = outside(&names)
            .into_iter()
            .map(|fact| match fact {
                Fact::External { relation, target } => format!("{relation} {target}"),
                other => panic!("{other:?}"),
            })
            .collect();
        let want = [
            "dde cmd|/c calc!A0",
            "dde-link cmd /c calc",
            "oleObject http://a.example/x.doc",
            r"externalLinkPath \\203.0.113.9\x\a.xls",
        ];
        assert_eq!(told, want);
    }

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
    }

    fn link(flags: u32, rest: &[u8]) -> Option<String> {
        let data = [&[0; 24][..], &[2, 0, 0, 0], &flags.to_le_bytes(), rest].concat();
        for length in 0..data.len() {
            hyperlink(&Record { id: 0x01b8, data: &data[..length], more: Vec::new(), offset: 0, count: 0 });
        }
        match hyperlink(&Record { id: 0x01b8, data: &data, more: Vec::new(), offset: 0, count: 0 })? {
            Fact::External { relation, target } => Some(format!("{relation} {target}")),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn links_of_cells_that_start_something_are_told() {
        let url = |text: &str| moniker::tests::of_url(text);
        assert_eq!(link(3, &url("ms-msdt:/id x")).as_deref(), Some("hyperlink ms-msdt:/id x"));
        assert_eq!(link(3, &url("https://www.a.example/")), None);
        let shown = [&[2, 0, 0, 0][..], &wide("x"), &[9, 0, 0, 0], &wide(r"\\a\b.exe")].concat();
        assert_eq!(link(0x111, &shown).as_deref(), Some(r"hyperlink \\a\b.exe"));
    }
}
