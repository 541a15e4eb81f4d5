//! The names of a project of Excel 5.0 and 95 (VBA 3): near the end of its `dir` stream, which is not compressed.
//!
//! In no specification: blocks that begin with 0xFFFF, a number of one and a size. One holds a record of ten bytes for
//! each name, three of them in 32 bytes, bytes 6 and 7 of which are the place of the name in the block behind it. Code
//! numbers a name by the place of its record.
//!
//! A module has its procedures of libraries where later versions have them, in its first block: an entry with the
//! number of the library, the place of the name, and the name behind it. How an entry continues and which declaration
//! belongs to it is not known; entries are found by what they point to.

use super::lines::{FIRST, block_at, name_in_library};
use super::names::Names;
use crate::bytes::Reader;
use crate::text;

/// Records of names in one slot of the table, and the bytes of both.
const IN_SLOT: usize = 3;
const RECORD: usize = 10;
const SLOT: usize = 32;

/// Where the name's place stands in its record.
const PLACE: usize = 6;

/// Where an entry of libraries has its number and the place of its name, and how far behind its beginning that may be.
const LIBRARY: usize = 2;
const ENTRY: std::ops::RangeInclusive<usize> = 8..=0x20;
/// Entries of one module.
const MOST: usize = 500;

/// How a block begins, before its size.
const BLOCK: [u8; 4] = [0xff, 0xff, 1, 0];

impl Names {
    /// Reads the names in the `dir` stream of a project of VBA 3.
    pub(in crate::code::vba) fn of_vba_3(dir: &[u8], page: u16) -> Self {
        let tables = memchr::memmem::find_iter(dir, &BLOCK).filter_map(|at| tables(dir, at));
        let list = tables.filter_map(|(records, texts)| list(records, texts, page)).next();
        Self { list: list.unwrap_or_default(), is_vba_3: true, ..Self::default() }
    }
}

/// The index of a name by the place of its record.
pub(super) fn index(place: u16) -> Option<usize> {
    let (slot, within) = (usize::from(place) / SLOT, usize::from(place) % SLOT);
    let is_record = within % RECORD == 0 && within / RECORD < IN_SLOT;
    is_record.then(|| slot * IN_SLOT + within / RECORD)
}

/// The code page of a project of VBA 3; 0 where its `dir` stream does not say.
pub(in crate::code::vba) fn page(dir: &[u8]) -> u16 {
    const HEAD: &[u8] = &[0xcc, 0x51, 0x1e, 0];
    const AFTER: usize = 26;
    let at = memchr::memmem::find(dir, HEAD).map(|at| at + AFTER);
    at.and_then(|at| Reader::at(dir, at)?.u16()).filter(|page| (437..=1361).contains(page)).unwrap_or(0)
}

/// The blocks of a module: that of libraries, which may be empty, and that of declarations.
pub(super) fn blocks(cache: &[u8]) -> (&[u8], &[u8]) {
    let read = || {
        let at = memchr::memmem::find(cache, &FIRST)?;
        let mut reader = Reader::at(cache, at + FIRST.len())?;
        let length = usize::try_from(reader.u32()?).ok()?;
        Some((reader.take(length)?, reader.rest()))
    };
    let (libraries, rest) = read().unwrap_or((&[], cache));
    match block_at(rest) {
        Some(declared) => (libraries, declared),
        // The first block with content is the only one.
        None => (&[], libraries),
    }
}

/// The procedures of libraries in their block: the number of the library and the name there.
pub(super) fn libraries(block: &[u8]) -> Vec<(u16, &[u8])> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < block.len() && found.len() < MOST {
        match entry(block, at) {
            Some((library, name, end)) => {
                found.push((library, name));
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

/// The entry at a place, and where it ends.
fn entry(block: &[u8], at: usize) -> Option<(u16, &[u8], usize)> {
    let mut reader = Reader::at(block, at + LIBRARY)?;
    let (library, place) = (reader.u16()?, usize::from(reader.u16()?));
    index(library)?;
    ENTRY.contains(&place.checked_sub(at)?).then_some(())?;
    let name = name_in_library(block.get(place..)?).filter(|name| name.len() > 2)?;
    Some((library, name, place + name.len()))
}

/// The block of records at a place, and the block of names right behind it.
fn tables(dir: &[u8], at: usize) -> Option<(&[u8], &[u8])> {
    let mut reader = Reader::at(dir, at)?;
    let records = block(&mut reader)?;
    let texts = block(&mut reader)?;
    (!records.is_empty() && records.len() % SLOT == 0).then_some((records, texts))
}

fn block<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let mark: [u8; 4] = reader.array()?;
    let length = usize::try_from(reader.u32()?).ok()?;
    reader.take(length).filter(|_| mark == BLOCK)
}

/// The names, in the order of their records; none where a record points to no name and is not the end.
fn list(records: &[u8], texts: &[u8], page: u16) -> Option<Vec<String>> {
    let places: Vec<usize> = records
        .chunks_exact(SLOT)
        .flat_map(|slot| slot.chunks_exact(RECORD).take(IN_SLOT))
        .filter_map(|record| Reader::at(record, PLACE)?.u16().map(usize::from))
        .collect();
    let mut out = Vec::new();
    let mut last = None;
    for place in places {
        let text = texts.get(place..).filter(|text| !text.is_empty());
        let name = text.and_then(|text| text.split(|byte| *byte == 0).next());
        match name.filter(|name| !name.is_empty() && last < Some(place)) {
            Some(name) => out.push(text::code_page(page, name)),
            // The last slot need not be full.
            None => break,
        }
        last = Some(place);
    }
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
pub(in crate::code::vba) mod tests {
    use super::super::Compiled;
    use super::*;

    const KNOWN: [&str; 6] = ["VBA", "Module1", "Auto_Open", "Shell", "x", "CreateObject"];

    /// A `dir` stream with these names.
    pub(in crate::code::vba) fn dir(names: &[&str], page: u16) -> Vec<u8> {
        let mut out = vec![0xcc, 0x61, 4, 0, 9, 9];
        out.extend([[0xcc, 0x51, 0x1e, 0].as_slice(), &[0; 22], &page.to_le_bytes(), &[0xff; 40]].concat());
        let (mut records, mut texts) = (Vec::new(), Vec::new());
        for (index, name) in names.iter().enumerate() {
            let place = u16::try_from(texts.len()).unwrap().to_le_bytes();
            records.extend([[7, 7, 0xff, 0xff, 0xff, 0xff].as_slice(), &place, &[0xc2, 0xff]].concat());
            records.extend(if index % 3 == 2 { vec![0, 0x20] } else { Vec::new() });
            texts.extend(name.bytes().chain([0]).chain((name.len() % 2 == 0).then_some(0)));
        }
        let missing = records.len().next_multiple_of(SLOT) - records.len();
        records.extend(std::iter::repeat_n(0xff, missing));
        for block in [records, texts] {
            out.extend(BLOCK);
            out.extend(u32::try_from(block.len()).unwrap().to_le_bytes());
            out.extend(block);
        }
        out
    }

    /// How code numbers the name at that index.
    fn number(name: &str) -> u16 {
        let index = KNOWN.iter().position(|known| *known == name).unwrap();
        u16::try_from(index / IN_SLOT * SLOT + index % IN_SLOT * RECORD).unwrap()
    }

    fn text(text: &str) -> Vec<u16> {
        let pairs = text.as_bytes().chunks(2);
        let pairs = pairs.map(|pair| u16::from(pair[0]) | u16::from(*pair.get(1).unwrap_or(&0)) << 8);
        [173, u16::try_from(text.len()).unwrap()].into_iter().chain(pairs).collect()
    }

    /// A stream of a module whose procedure is `Auto_Open`, with these lines.
    fn module(lines: &[Vec<u16>]) -> Vec<u8> {
        let mut out = vec![1, 8, 1, 0, 0xff, 0xff, 1, 1, 0, 0, 0, 0, 0xff, 0xff, 1, 1];
        let declared = [0x108b, 0xffff, number("Auto_Open"), 0xffff];
        out.extend(8u32.to_le_bytes());
        out.extend(declared.iter().flat_map(|word| word.to_le_bytes()));
        out.extend([0xfe, 0xca, 0, 0]);
        out.extend(u16::try_from(lines.len() + 1).unwrap().to_le_bytes());
        out.extend([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0xff, 0xff]);
        let mut place = 0u16;
        for line in lines {
            let length = u16::try_from(line.len() * 2).unwrap();
            out.extend(
                [[0, 1, 0, 0, 1, 4].as_slice(), &length.to_le_bytes(), &[0, 0], &place.to_le_bytes()]
                    .concat(),
            );
            place += length;
        }
        out.extend([[0xff, 0xff, 1, 1].as_slice(), &u32::from(place).to_le_bytes()].concat());
        out.extend(lines.iter().flatten().flat_map(|word| word.to_le_bytes()));
        out
    }

    pub(in crate::code::vba) fn sample() -> (Vec<u8>, Vec<u8>) {
        let shell = [text("cmd /c "), text("calc"), vec![17, 0x41, number("Shell"), 1]].concat();
        let create = [text("odd"), vec![36, number("CreateObject"), 1, 39, number("x")]].concat();
        (dir(&KNOWN, 1252), module(&[vec![0x048e, 0], shell, create]))
    }

    fn read(dir: &[u8], module: &[u8]) -> Option<Compiled> {
        Compiled::read(module, &Names::of_vba_3(dir, page(dir)), page(dir))
    }

    #[test]
    fn code_of_excel_95_is_put_back_into_text() {
        let (dir, module) = sample();
        let compiled = read(&dir, &module).unwrap();
        let want = "Sub Auto_Open()\r\nShell \"cmd /c \" & \"calc\"\r\nx = CreateObject(\"odd\")\r\n";
        assert_eq!((compiled.lines, compiled.listing.as_str(), compiled.whole), (3, want, true));
        assert_eq!(page(&dir), 1252);
    }

    /// The module with a block of libraries of such entries before the declarations.
    fn with_libraries(module: &[u8], entries: &[(&str, &str)], length: usize) -> Vec<u8> {
        let mut block = Vec::new();
        for (library, name) in entries {
            let place = u16::try_from(block.len() + length).unwrap().to_le_bytes();
            block.extend([[0xff, 0xff], number(library).to_le_bytes(), place].concat());
            block.extend(std::iter::repeat_n(0, length - 6));
            block.extend(name.bytes().chain([0]).chain((name.len() % 2 == 0).then_some(0)));
        }
        let size = u32::try_from(block.len()).unwrap().to_le_bytes();
        [&module[..8], &size, &block, &module[12..]].concat()
    }

    #[test]
    fn procedures_of_libraries_are_listed() {
        let (dir, module) = sample();
        let entries = [("VBA", "WinExec"), ("Module1", "URLDownloadToFileA")];
        for length in [0x10, 0x14] {
            let listing = read(&dir, &with_libraries(&module, &entries, length)).unwrap().listing;
            let want = "Declare Sub WinExec Lib \"VBA\" Alias \"WinExec\"\r\n\
                Declare Sub URLDownloadToFileA Lib \"Module1\" Alias \"URLDownloadToFileA\"\r\nSub Auto_Open()\r\n";
            assert!(listing.starts_with(want), "{listing}");
        }
        // A place that is not right behind the entry is none of a name.
        let far = read(&dir, &with_libraries(&module, &entries[..1], 0x30)).unwrap().listing;
        assert!(far.starts_with("Sub Auto_Open()"), "{far}");
        let whole = with_libraries(&module, &entries, 0x14);
        for at in 0..whole.len() {
            let mut bad = whole.clone();
            bad[at] ^= 1 << (at % 8);
            assert!(read(&dir, &bad).is_none_or(|compiled| compiled.listing.len() < 1 << 16));
            read(&dir, &whole[..at]);
        }
    }

    #[test]
    fn what_is_not_understood_is_told() {
        let (dir, _) = sample();
        let unknown_name = module(&[vec![32, 5]]);
        let (unknown_operation, cut_line) = (module(&[vec![400]]), module(&[vec![173, 90, 90]]));
        for bytes in [unknown_name, unknown_operation, cut_line] {
            assert!(!read(&dir, &bytes).unwrap().whole);
        }
        assert!(!read(&[0xcc, 0x61], &sample().1).unwrap().whole);
    }

    #[test]
    fn names_are_numbered_by_the_places_of_their_records() {
        assert_eq!([0, 10, 20, 32, 0x54].map(index), [0, 1, 2, 3, 8].map(Some));
        assert_eq!([5, 30, 31, 33].map(index), [None; 4]);
        let japanese = [0xcc, 0x51, 0x1e, 0].into_iter().chain([0; 22]).chain([0xa4, 3]).collect::<Vec<u8>>();
        assert_eq!((page(&japanese), page(b"")), (932, 0));
    }

    #[test]
    fn no_cut_and_no_flipped_bit_panics() {
        let (dir, module) = sample();
        for at in 0..dir.len() {
            let mut bad = dir.clone();
            bad[at] ^= 1 << (at % 8);
            read(&bad, &module);
            read(&dir[..at], &module);
        }
        for at in 0..module.len() {
            let mut bad = module.clone();
            bad[at] ^= 1 << (at % 8);
            assert!(read(&dir, &bad).is_none_or(|compiled| compiled.listing.len() < 1 << 16));
            read(&dir, &module[..at]);
        }
    }
}
