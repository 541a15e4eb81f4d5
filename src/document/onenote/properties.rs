//! Property sets (MS-ONESTORE 2.6.1 to 2.6.7): of all properties (MS-ONE 2.2) the names of embedded files, where they
//! came from, the text, and where links lead.

use crate::bytes::Reader;

/// What the pages of a section say.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The text, paragraph by paragraph, each once.
    pub(super) text: String,
    /// The names of embedded files, each once.
    pub(super) names: Vec<String>,
    /// These names as long as no file was found for them.
    pub(super) loose: Vec<String>,
    /// Where on its maker's computer a file lay.
    pub(super) sources: Vec<String>,
    /// Where links in the text and links over pictures lead, each once.
    pub(super) links: Vec<String>,
}

/// Bytes of text that are kept.
const MOST: usize = 1 << 20;

/// Names and sources that are kept.
const MOST_NAMES: usize = 500;

/// Property identifiers with their types (MS-ONE 2.1.12).
const EMBEDDED_FILE_CONTAINER: u32 = 0x2000_1d9b;
const EMBEDDED_FILE_NAME: u32 = 0x1c00_1d9c;
const SOURCE_FILEPATH: u32 = 0x1c00_1d9d;
const RICH_TEXT: u32 = 0x1c00_1c22;
const WZ_HYPERLINK_URL: u32 = 0x1c00_1e20;
const EIGHT_BIT_TEXT: u32 = 0x1c00_3498;

impl Page {
    /// Takes in an object. Answers the name of an embedded file and the object that stands for its data.
    pub(super) fn take(&mut self, object: &[u8]) -> Option<(String, Option<u32>)> {
        let mut reader = Reader::new(object);
        let identifiers = streams(&mut reader)?;
        let mut found = Found { identifiers, ..Found::default() };
        // What breaks off keeps what came before.
        let _whole = set(&mut reader, &mut found, 0);
        for text in found.texts {
            in_text(&text).for_each(|address| self.lead(address));
            self.write(&text);
        }
        found.links.iter().for_each(|address| self.lead(address));
        self.sources.extend(
            found.source.filter(|path| self.sources.len() < MOST_NAMES && !self.sources.contains(path)),
        );
        let name = found.name.filter(|name| !name.is_empty())?;
        if !self.names.contains(&name) && self.names.len() < MOST_NAMES {
            self.names.push(name.clone());
            self.loose.push(name.clone());
        }
        Some((name, found.container))
    }

    fn lead(&mut self, address: &str) {
        if self.links.len() < MOST_NAMES && !self.links.iter().any(|known| known == address) {
            self.links.push(address.to_string());
        }
    }

    fn write(&mut self, text: &str) {
        let text = text.trim();
        if !text.is_empty()
            && self.text.len() < MOST
            && !self.text.lines().rev().take(200).any(|line| line == text)
        {
            self.text.push_str(text);
            self.text.push('\n');
        }
    }
}

#[derive(Debug, Default)]
struct Found {
    /// The objects that properties refer to, in order, and how many were used.
    identifiers: Vec<u32>,
    used: usize,
    name: Option<String>,
    container: Option<u32>,
    source: Option<String>,
    texts: Vec<String>,
    links: Vec<String>,
}

/// The addresses of links in a text: each stands, hidden, before the words it belongs to.
fn in_text(text: &str) -> impl Iterator<Item = &str> {
    let behind = text.split("\u{fddf}HYPERLINK").skip(1);
    behind.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
}

/// The streams of identifiers before the properties (2.6.2 to 2.6.4): those of objects are answered.
fn streams(reader: &mut Reader) -> Option<Vec<u32>> {
    let header = reader.u32()?;
    let count = usize::try_from(header & 0xff_ffff).ok()?;
    let objects = reader.take(count.checked_mul(4)?)?;
    if header >> 31 == 0 {
        let spaces = reader.u32()?;
        reader.skip(usize::try_from(spaces & 0xff_ffff).ok()?.checked_mul(4)?)?;
        if spaces & 0x4000_0000 != 0 {
            let contexts = reader.u32()?;
            reader.skip(usize::try_from(contexts & 0xff_ffff).ok()?.checked_mul(4)?)?;
        }
    }
    let (identifiers, _) = objects.as_chunks();
    Some(identifiers.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect())
}

/// Sets within sets that are read.
const DEEPEST: u32 = 8;

/// PropertySet (2.6.7): identifiers first, then the values in their order.
fn set(reader: &mut Reader, found: &mut Found, depth: u32) -> Option<()> {
    if depth > DEEPEST {
        return None;
    }
    let count = usize::from(reader.u16()?);
    let mut identifiers = Reader::new(reader.take(count.checked_mul(4)?)?);
    while let Some(identifier) = identifiers.u32() {
        value(reader, identifier, found, depth)?;
    }
    Some(())
}

/// The value of a property, by the type in its identifier (2.6.6).
fn value(reader: &mut Reader, identifier: u32, found: &mut Found, depth: u32) -> Option<()> {
    let mut count = || usize::try_from(reader.u32()?).ok();
    match (identifier >> 26) & 0x1f {
        1 | 2 => {}
        3 => reader.skip(1)?,
        4 => reader.skip(2)?,
        5 => reader.skip(4)?,
        6 => reader.skip(8)?,
        7 => {
            let length = count()?;
            let bytes = reader.take(length)?;
            found.text(identifier, bytes);
        }
        8 => {
            if identifier == EMBEDDED_FILE_CONTAINER {
                found.container = found.identifiers.get(found.used).copied();
            }
            found.used += 1;
        }
        9 => found.used = found.used.saturating_add(count()?),
        0xa | 0xc => {}
        0xb | 0xd => {
            count()?;
        }
        0x10 => {
            let count = count()?;
            // The sets of an array share one identifier.
            if count > 0 {
                reader.skip(4)?;
            }
            for _ in 0..count {
                set(reader, found, depth + 1)?;
            }
        }
        0x11 => set(reader, found, depth + 1)?,
        _ => return None,
    }
    Some(())
}

impl Found {
    fn text(&mut self, identifier: u32, bytes: &[u8]) {
        match identifier & 0x7fff_ffff {
            EMBEDDED_FILE_NAME => self.name = Some(wide(bytes)),
            SOURCE_FILEPATH => self.source = Some(wide(bytes)),
            RICH_TEXT => self.texts.push(wide(bytes)),
            WZ_HYPERLINK_URL => self.links.push(wide(bytes)),
            EIGHT_BIT_TEXT => self.texts.push(crate::text::guess(bytes)),
            _ => {}
        }
    }
}

/// UTF-16 up to a zero.
pub(super) fn wide(bytes: &[u8]) -> String {
    let (units, _) = bytes.as_chunks();
    let units = units.iter().map(|unit| u16::from_le_bytes(*unit)).take_while(|unit| *unit != 0);
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
