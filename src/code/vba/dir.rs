//! The `dir` stream of a VBA project (MS-OVBA 2.3.4.2): code page and modules.
//!
//! Every record is an id, a length and data, so the order of records is not relied upon, and records that only
//! type libraries need are passed over. One record lies about its length by specification (PROJECTVERSION).

use crate::bytes::Reader;
use crate::text;

/// What the `dir` stream says.
#[derive(Debug, Default)]
pub(super) struct Dir {
    /// Windows code page of names and sources; none where the record is missing.
    pub(super) code_page: Option<u16>,
    /// The modules in their order.
    pub(super) modules: Vec<Module>,
    /// Whether the stream was read to its terminator.
    pub(super) whole: bool,
    /// Whether a 64-bit Office wrote the project.
    pub(super) is_64_bit: bool,
}

/// One module as the `dir` stream describes it (MS-OVBA 2.3.4.2.3.2).
#[derive(Debug, Default)]
pub(super) struct Module {
    name: Name,
    stream: Name,
    /// Where the compressed source starts in the module's stream.
    pub(super) offset: Option<u32>,
    /// Whether it is a document, class or designer module, not a procedural one.
    pub(super) class: bool,
}

/// A name written twice: in the project's code page and in UTF-16.
#[derive(Debug, Default)]
struct Name {
    narrow: Option<String>,
    wide: Option<String>,
}

/// More modules than any project holds; VBA itself stops at 32,767.
const MOST_MODULES: usize = 32_767;

const SYSTEM: u16 = 0x01;
const CODE_PAGE: u16 = 0x03;
const VERSION: u16 = 0x09;
const TERMINATOR: u16 = 0x10;
const MODULE_NAME: u16 = 0x19;
const STREAM_NAME: u16 = 0x1a;
const PROCEDURAL: u16 = 0x21;
const CLASS: u16 = 0x22;
const MODULE_END: u16 = 0x2b;
const OFFSET: u16 = 0x31;
const STREAM_NAME_WIDE: u16 = 0x32;
const MODULE_NAME_WIDE: u16 = 0x47;

impl Dir {
    /// Reads a decompressed `dir` stream as far as it goes.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut dir = Self::default();
        let mut reader = Reader::new(bytes);
        let mut module: Option<Module> = None;
        while let Some((id, data)) = record(&mut reader) {
            let page = dir.code_page.unwrap_or_default();
            match id {
                // MS-OVBA 2.3.4.2.1.1.
                SYSTEM if module.is_none() => dir.is_64_bit = Reader::new(data).u32() == Some(3),
                CODE_PAGE => dir.code_page = Reader::new(data).u16(),
                TERMINATOR => {
                    dir.whole = true;
                    break;
                }
                MODULE_END => dir.modules.extend(module.take()),
                MODULE_NAME => {
                    dir.modules.extend(module.take());
                    module.get_or_insert_default().name.narrow = Some(text::code_page(page, data));
                }
                _ => {
                    if let Some(module) = &mut module {
                        module.read(id, data, page);
                    }
                }
            }
            if dir.modules.len() >= MOST_MODULES {
                return dir;
            }
        }
        dir.modules.extend(module);
        dir
    }
}

impl Module {
    /// The module's name.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.wide.as_deref().or(self.name.narrow.as_deref()).or(self.stream.wide.as_deref())
    }

    /// The names its stream may have, the better first.
    pub(super) fn stream_names(&self) -> impl Iterator<Item = &str> {
        let names = [&self.stream.wide, &self.stream.narrow, &self.name.wide, &self.name.narrow];
        names.into_iter().filter_map(|name| name.as_deref())
    }

    /// The two stream names, where they cannot mean the same: a trick against readers that believe the narrow one.
    pub(super) fn scrambled(&self) -> Option<(&str, &str)> {
        let (narrow, wide) = (self.stream.narrow.as_deref()?, self.stream.wide.as_deref()?);
        let unmapped = narrow.contains(['?', '\u{fffd}']);
        let fold = |name: &str| text::nfkc(name).to_lowercase();
        (!unmapped && fold(narrow) != fold(wide)).then_some((narrow, wide))
    }

    /// Takes one record of the module in.
    fn read(&mut self, id: u16, data: &[u8], page: u16) {
        match id {
            MODULE_NAME_WIDE => self.name.wide = wide(data),
            STREAM_NAME => self.stream.narrow = Some(text::code_page(page, data)),
            STREAM_NAME_WIDE => self.stream.wide = wide(data),
            OFFSET => self.offset = Reader::new(data).u32(),
            PROCEDURAL => self.class = false,
            CLASS => self.class = true,
            _ => {}
        }
    }
}

/// The next record. A length that lies past the end gives what is left.
fn record<'a>(reader: &mut Reader<'a>) -> Option<(u16, &'a [u8])> {
    let (id, length) = (reader.u16()?, reader.u32()?);
    // MS-OVBA 2.3.4.2.1.11: the length field says 4, two numbers of 4 and 2 bytes follow.
    let length = if id == VERSION { 6 } else { usize::try_from(length).ok()? };
    Some((id, reader.take_up_to(length)))
}

/// UTF-16 text; `None` where it is empty, as it is when only the narrow name counts.
fn wide(data: &[u8]) -> Option<String> {
    let units: Vec<u16> = data.as_chunks::<2>().0.iter().copied().map(u16::from_le_bytes).collect();
    let text = String::from_utf16_lossy(&units);
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A module as a test writes it: name, stream name in the code page, the same in UTF-16, offset.
    pub(in crate::code::vba) struct Written<'a> {
        pub(in crate::code::vba) name: &'a [u8],
        pub(in crate::code::vba) narrow: &'a [u8],
        pub(in crate::code::vba) wide: &'a str,
        pub(in crate::code::vba) offset: u32,
    }

    pub(in crate::code::vba) fn put(out: &mut Vec<u8>, id: u16, data: &[u8]) {
        out.extend(id.to_le_bytes());
        out.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        out.extend(data);
    }

    /// A `dir` stream in the order that Office writes.
    pub(in crate::code::vba) fn write(page: u16, modules: &[Written]) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out, 0x01, &[1, 0, 0, 0]);
        put(&mut out, CODE_PAGE, &page.to_le_bytes());
        put(&mut out, 0x04, b"VBAProject");
        out.extend([9, 0, 4, 0, 0, 0, 1, 2, 3, 4, 5, 6]);
        put(&mut out, 0x0f, &u16::try_from(modules.len()).unwrap().to_le_bytes());
        for module in modules {
            let wide: Vec<u8> = module.wide.encode_utf16().flat_map(u16::to_le_bytes).collect();
            put(&mut out, MODULE_NAME, module.name);
            put(&mut out, STREAM_NAME, module.narrow);
            put(&mut out, STREAM_NAME_WIDE, &wide);
            put(&mut out, OFFSET, &module.offset.to_le_bytes());
            put(&mut out, PROCEDURAL, &[]);
            put(&mut out, MODULE_END, &[]);
        }
        put(&mut out, TERMINATOR, &[]);
        out
    }

    #[test]
    fn reads_modules_and_code_page() {
        let written = Written { name: b"Module1", narrow: b"Module1", wide: "Module1", offset: 77 };
        let dir = Dir::read(&write(932, &[written]));
        assert_eq!((dir.code_page, dir.modules.len(), dir.whole), (Some(932), 1, true));
        let module = &dir.modules[0];
        assert_eq!((module.name(), module.offset, module.class), (Some("Module1"), Some(77), false));
        assert_eq!(module.scrambled(), None);
    }

    #[test]
    fn a_scrambled_narrow_name_shows_and_the_wide_one_counts() {
        let written = Written { name: b"D27", narrow: b"LAHTPHWS", wide: "D2722316", offset: 0 };
        let dir = Dir::read(&write(1252, &[written]));
        assert_eq!(dir.modules[0].scrambled(), Some(("LAHTPHWS", "D2722316")));
        assert_eq!(dir.modules[0].stream_names().next(), Some("D2722316"));
        let lost = Written { name: b"x", narrow: b"??", wide: "表計", offset: 0 };
        assert_eq!(Dir::read(&write(1252, &[lost])).modules[0].scrambled(), None);
    }

    #[test]
    fn japanese_names_are_the_same_in_both_encodings() {
        let name = b"\x95\x5c\x8cv";
        let written = Written { name, narrow: name, wide: "表計", offset: 0 };
        let dir = Dir::read(&write(932, &[written]));
        assert_eq!((dir.modules[0].name(), dir.modules[0].scrambled()), (Some("表計"), None));
    }

    #[test]
    fn lengths_that_lie_end_the_stream_and_keep_the_rest() {
        let written = || Written { name: b"A", narrow: b"A", wide: "A", offset: 1 };
        let whole = write(1252, &[written(), written()]);
        for length in 0..whole.len() {
            assert!(Dir::read(&whole[..length]).modules.len() <= 2);
        }
        let mut lies = Vec::new();
        put(&mut lies, MODULE_NAME, b"A");
        lies.extend([0x1a, 0, 0xff, 0xff, 0xff, 0xff, b'B']);
        let dir = Dir::read(&lies);
        assert_eq!((dir.modules[0].stream_names().next(), dir.whole), (Some("B"), false));
    }
}
