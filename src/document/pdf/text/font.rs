//! Fonts (ISO 32000-1 9.6, 9.7): the text that their codes stand for, and how wide it is.

use super::super::file::File;
use super::super::object::{Dict, Object};
use super::cmap::Cmap;
use super::encoding::Codes;
use super::glyphs;
use crate::limits::{Budget, Stop};
use encoding_rs::{Encoding, MACINTOSH, WINDOWS_1252};
use std::collections::BTreeMap;

/// Bytes of a character map that are read.
const MAP: u64 = 2 << 20;

/// The most widths of one font.
const WIDTHS: usize = 100_000;

/// A font.
#[derive(Debug)]
pub(super) struct Font {
    /// Which text the codes are, by the font's own map.
    to_unicode: Option<Cmap>,
    kind: Kind,
    widths: Widths,
    usual_width: f64,
}

/// First code, last code and width, in the order of the codes.
type Widths = Vec<(u32, u32, f64)>;

#[derive(Debug)]
enum Kind {
    /// One byte a code: by a base encoding, and the text of those that differ from it (9.6.6).
    Simple {
        base: Base,
        differences: BTreeMap<u8, String>,
    },
    Composite {
        codes: Codes,
        map: Option<Cmap>,
        is_vertical: bool,
    },
}

/// The encoding of a simple font; none is the standard one.
type Base = Option<&'static Encoding>;

/// What was shown.
pub(super) struct Shown {
    pub(super) text: String,
    /// In thousandths of the size.
    pub(super) width: f64,
    pub(super) letters: u32,
    /// Codes that are a single byte 32.
    pub(super) spaces: u32,
}

impl Font {
    pub(super) fn read(file: &File, object: &Object, budget: &mut Budget) -> Result<Self, Stop> {
        let empty = Dict::default();
        let dict = object.dict().unwrap_or(&empty);
        let to_unicode = map(file, dict.get("ToUnicode"), budget)?;
        if !dict.is("Subtype", "Type0") {
            let scale = if dict.is("Subtype", "Type3") { type3_scale(file, dict) } else { 1.0 };
            let kind = simple(file, dict);
            return Ok(Self {
                to_unicode,
                kind,
                widths: simple_widths(file, dict, scale),
                usual_width: 500.0,
            });
        }
        let encoding = file.value(dict, "Encoding");
        let name = encoding.name().map(|name| String::from_utf8_lossy(name).into_owned()).unwrap_or_default();
        let kind = Kind::Composite {
            codes: Codes::named(&name),
            map: map(file, dict.get("Encoding"), budget)?,
            is_vertical: name.ends_with('V'),
        };
        let below = file.value(dict, "DescendantFonts");
        let below = below.array().first().map(|font| file.resolve(font)).unwrap_or_default();
        let below = below.dict().unwrap_or(&empty);
        let usual_width = file.value(below, "DW").number().unwrap_or(1000.0);
        Ok(Self { to_unicode, kind, widths: composite_widths(file, below), usual_width })
    }

    /// Whether the widths are no more than a guess.
    pub(super) fn is_guessed(&self) -> bool {
        self.widths.is_empty()
    }

    pub(super) fn is_vertical(&self) -> bool {
        matches!(self.kind, Kind::Composite { is_vertical: true, .. })
    }

    /// What a string shows.
    pub(super) fn show(&self, bytes: &[u8]) -> Shown {
        let mut shown = Shown { text: String::new(), width: 0.0, letters: 0, spaces: 0 };
        let mut rest = bytes;
        while !rest.is_empty() {
            let (code, length) = self.code(rest);
            let (raw, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            rest = behind;
            if !self.to_unicode.as_ref().is_some_and(|map| map.put(code, &mut shown.text)) {
                self.own_text(raw, &mut shown.text);
            }
            shown.width += self.width(code, raw.len());
            shown.letters += 1;
            shown.spaces += u32::from(raw == b" ");
        }
        shown
    }

    fn code(&self, bytes: &[u8]) -> (u32, usize) {
        let number = |length: usize| {
            let raw = bytes.get(..length).unwrap_or(bytes);
            (raw.iter().fold(0u32, |number, byte| number << 8 | u32::from(*byte)), length)
        };
        match &self.kind {
            Kind::Simple { .. } => number(1),
            Kind::Composite { map: Some(map), codes, .. } if map.has_spaces() => {
                map.code(bytes, codes.length(bytes))
            }
            Kind::Composite { codes, .. } => number(codes.length(bytes)),
        }
    }

    fn own_text(&self, raw: &[u8], out: &mut String) {
        match (&self.kind, raw) {
            (Kind::Composite { codes, .. }, _) => codes.put(raw, out),
            (Kind::Simple { base, differences }, [code]) => match (differences.get(code), base) {
                (Some(text), _) => out.push_str(text),
                (None, None) => out.extend(glyphs::standard(*code)),
                (None, Some(_)) if code.is_ascii() => out.push(char::from(*code)),
                (None, Some(base)) => out.push_str(&base.decode_without_bom_handling(raw).0),
            },
            (Kind::Simple { .. }, _) => {}
        }
    }

    fn width(&self, code: u32, length: usize) -> f64 {
        let is_text = matches!(self.kind, Kind::Composite { codes: Codes::Text(_), .. });
        let usual = if is_text && length == 1 { 500.0 } else { self.usual_width };
        let place = self.widths.partition_point(|(first, _, _)| *first <= code);
        let range = place.checked_sub(1).and_then(|place| self.widths.get(place));
        range.filter(|(_, last, _)| code <= *last).map_or(usual, |(_, _, width)| *width)
    }
}

/// The map in a stream.
fn map(file: &File, value: Option<&Object>, budget: &mut Budget) -> Result<Option<Cmap>, Stop> {
    let Some(at) = value.and_then(|value| file.stream_of(value)) else { return Ok(None) };
    let made = file.data(at, MAP, budget);
    made.stop.map_or(Ok(Some(Cmap::read(&made.bytes))), Err)
}

/// The encoding of a simple font.
fn simple(file: &File, dict: &Dict) -> Kind {
    let encoding = file.value(dict, "Encoding");
    let base = match &encoding {
        Object::Name(name) => Some(name.as_slice()),
        Object::Dict(dict) => dict.get("BaseEncoding").and_then(Object::name),
        _ => None,
    };
    let base = match base {
        Some(b"MacRomanEncoding") => Some(MACINTOSH),
        Some(b"StandardEncoding") => None,
        _ => Some(WINDOWS_1252),
    };
    let mut differences = BTreeMap::new();
    let named = encoding.dict().map(|dict| file.value(dict, "Differences")).unwrap_or_default();
    let mut code = 0usize;
    for item in named.array() {
        match item {
            Object::Int(number) => code = usize::try_from(*number).unwrap_or(256),
            Object::Name(name) => {
                if let (Ok(code), Some(text)) = (u8::try_from(code), glyphs::text(name)) {
                    differences.insert(code, text);
                }
                code = code.saturating_add(1);
            }
            _ => {}
        }
    }
    Kind::Simple { base, differences }
}

fn simple_widths(file: &File, dict: &Dict, scale: f64) -> Widths {
    let first =
        file.value(dict, "FirstChar").int().and_then(|first| u32::try_from(first).ok()).unwrap_or_default();
    let widths = file.value(dict, "Widths");
    let widths = widths.array().iter().take(256).filter_map(|width| file.resolve(width).number());
    (first..=u32::MAX).zip(widths).map(|(code, width)| (code, code, width * scale)).collect()
}

/// Fonts of drawings have a scale of their own.
fn type3_scale(file: &File, dict: &Dict) -> f64 {
    let matrix = file.value(dict, "FontMatrix");
    matrix.array().first().and_then(Object::number).map_or(1.0, |scale| scale.abs() * 1000.0)
}

/// `first [w w …]` and `first last w` (9.7.4.3).
fn composite_widths(file: &File, dict: &Dict) -> Widths {
    let list = file.value(dict, "W");
    let mut items = list.array().iter().map(|item| file.resolve(item));
    let mut widths = Widths::new();
    let code = |item: Object| item.int().and_then(|code| u32::try_from(code).ok());
    while let Some(first) = items.next().and_then(code) {
        let room = WIDTHS.saturating_sub(widths.len());
        match items.next() {
            Some(Object::Array(each)) => {
                let each = each.iter().filter_map(|width| file.resolve(width).number()).take(room);
                widths.extend((first..=u32::MAX).zip(each).map(|(code, width)| (code, code, width)));
            }
            Some(last) => {
                let Some((last, width)) = code(last).zip(items.next().and_then(|width| width.number()))
                else {
                    break;
                };
                widths.extend((room > 0).then_some((first, last, width)));
            }
            None => break,
        }
    }
    widths.sort_by_key(|(first, _, _)| *first);
    widths
}
