//! The walk through rich text for all that is no text: objects, fields, templates, and what only attacks write.
//!
//! Word looks for an object in whatever group it stands, takes control words in any order, closes what was left open
//! at the end, and goes on where a group never began; so does this.

use super::data::{Hex, Noise, settle};
use super::found::{Data, Found, Object};
use super::words;
use crate::limits::{Budget, Stop};
use crate::rtf::{Token, token};

/// Walks through rich text.
///
/// # Errors
/// A spent limit.
pub(super) fn walk(bytes: &[u8], budget: &mut Budget) -> Result<Found, Stop> {
    let mut walk = Walk::new(bytes, budget);
    let mut rest = bytes;
    while !rest.is_empty() {
        let run = memchr::memchr3(b'{', b'}', b'\\', rest).unwrap_or(rest.len());
        if run > 0 {
            let (text, after) = rest.split_at_checked(run).unwrap_or((rest, &[]));
            walk.text(text);
            rest = after;
            continue;
        }
        let Some((piece, after)) = token(rest) else { break };
        walk.at = bytes.len() - after.len();
        rest = walk.take(&piece, after, bytes.len() - rest.len())?;
    }
    walk.at = bytes.len();
    walk.finish()
}

/// Where text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Elsewhere,
    Data,
    /// A group within data whose text is no part of them.
    Aside,
    Class,
    Template,
    Field,
    Fonts,
    PropertyName,
    PropertyValue,
}

#[derive(Clone, Copy, Debug)]
struct Group {
    place: Place,
    object: Option<usize>,
    field: Option<usize>,
    /// `\*` stood last.
    starred: bool,
    /// Characters behind a Unicode one that stand in for it.
    replacements: u32,
}

struct Walk<'a, 'b> {
    bytes: &'a [u8],
    budget: &'b mut Budget,
    found: Found,
    group: Group,
    above: Vec<Group>,
    /// Groups deeper than are kept.
    deeper: u64,
    /// Where reading is.
    at: usize,
    /// The data being read, and where they began.
    hex: Hex,
    noise: Noise,
    began: usize,
    /// Characters still to be left out behind a Unicode one.
    left_out: u32,
    property: String,
    value: String,
}

/// Groups in groups that are told apart.
const DEEPEST: usize = 100_000;
/// Objects that are kept.
const MOST: usize = 4096;
/// Bytes of a text that are kept.
const LONGEST: usize = 8192;
/// Fonts of one table; Word counts them in 16 bits and has room for half as many (CVE-2023-21716).
const MOST_FONTS: u32 = 20_000;
/// Digits of one number of a shape; Word copies them to the stack (CVE-2010-3333).
const LONGEST_FRAGMENT: usize = 64;

impl<'a, 'b> Walk<'a, 'b> {
    fn new(bytes: &'a [u8], budget: &'b mut Budget) -> Self {
        let group =
            Group { place: Place::Elsewhere, object: None, field: None, starred: false, replacements: 1 };
        Self {
            bytes,
            budget,
            found: Found::default(),
            group,
            above: Vec::new(),
            deeper: 0,
            at: 0,
            hex: Hex::default(),
            noise: Noise::default(),
            began: 0,
            left_out: 0,
            property: String::new(),
            value: String::new(),
        }
    }

    /// Takes a piece that began at `start`; answers where reading goes on.
    fn take<'c>(&mut self, piece: &Token, rest: &'c [u8], start: usize) -> Result<&'c [u8], Stop> {
        match piece {
            Token::Open => self.enter(),
            Token::Close => self.leave(start)?,
            Token::Word(b"bin", count) => return Ok(self.binary(*count, rest)),
            Token::Word(word, value) => self.word(word, *value, start)?,
            Token::Symbol(symbol) => self.symbol(*symbol),
            Token::Escape(value) => {
                self.escape(*value);
                if value.is_none() {
                    return Ok(rest.get(2..).unwrap_or_default());
                }
            }
            Token::Byte(byte) => self.text(&[*byte]),
            Token::Nothing => {}
        }
        Ok(rest)
    }

    fn enter(&mut self) {
        self.left_out = 0;
        if self.group.place == Place::Data {
            self.noise.groups += 1;
        }
        if self.above.len() < DEEPEST {
            self.above.push(self.group);
            self.group.starred = false;
        } else {
            self.deeper += 1;
        }
    }

    fn leave(&mut self, start: usize) -> Result<(), Stop> {
        self.left_out = 0;
        if self.deeper > 0 {
            self.deeper -= 1;
            return Ok(());
        }
        let Some(outer) = self.above.pop() else { return Ok(()) };
        let place = self.group.place;
        let within = matches!(outer.place, Place::Data) || (place == Place::Aside && outer.place == place);
        if matches!(place, Place::Data | Place::Aside) && !within {
            self.end_data(start)?;
        }
        if place == Place::PropertyValue && outer.place != place {
            self.end_property();
        }
        self.group = outer;
        Ok(())
    }

    fn text(&mut self, run: &[u8]) {
        if self.group.place == Place::Data {
            self.hex.text(run, &mut self.noise);
            return;
        }
        if self.group.place == Place::Elsewhere {
            return;
        }
        for byte in run.iter().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)) {
            if self.left_out > 0 {
                self.left_out -= 1;
            } else {
                self.put(char::from(*byte));
            }
        }
    }

    /// Puts a character to where text goes.
    fn put(&mut self, c: char) {
        let group = self.group;
        let text = match group.place {
            Place::Class => group
                .object
                .and_then(|object| self.found.objects.get_mut(object))
                .map(|object| &mut object.class),
            Place::Template => self.found.templates.last_mut(),
            Place::Field => group.field.and_then(|field| self.found.fields.get_mut(field)),
            Place::PropertyName => Some(&mut self.property),
            Place::PropertyValue => Some(&mut self.value),
            _ => None,
        };
        if let Some(text) = text.filter(|text| text.len() < LONGEST) {
            text.push(c);
        }
    }

    fn symbol(&mut self, symbol: u8) {
        if symbol == b'*' {
            self.group.starred = true;
        } else if self.group.place == Place::Data {
            self.noise.symbols += 1;
        } else if matches!(symbol, b'\\' | b'{' | b'}') {
            self.text(&[symbol]);
        }
    }

    fn escape(&mut self, value: Option<u8>) {
        if self.group.place == Place::Data {
            self.noise.escapes += 1;
            self.hex.drop_half();
        } else if let Some(byte) = value {
            self.text(&[byte]);
        }
    }

    /// Raw data. A count that cannot be is no count.
    fn binary<'c>(&mut self, count: Option<i32>, rest: &'c [u8]) -> &'c [u8] {
        let count = count.and_then(|count| usize::try_from(count).ok());
        let raw = count.and_then(|count| rest.split_at_checked(count));
        let (raw, after) = raw.unwrap_or((&[], rest));
        if self.group.place == Place::Data {
            let is_first = self.noise.digits == 0 && !raw.is_empty();
            self.noise.binaries += u64::from(!is_first);
            self.hex.binary(raw);
        }
        after
    }

    fn word(&mut self, word: &[u8], value: Option<i32>, start: usize) -> Result<(), Stop> {
        let starred = std::mem::take(&mut self.group.starred);
        let lower = word.to_ascii_lowercase();
        if self.object(&lower, start)? {
            return Ok(());
        }
        if matches!(self.group.place, Place::Data | Place::Aside) {
            self.noise.words += u64::from(self.group.place == Place::Data);
            if starred || words::is_destination(word) {
                self.group.place = Place::Aside;
            }
            return Ok(());
        }
        match word {
            b"template" => self.begin_text(Place::Template),
            b"fldinst" => self.begin_text(Place::Field),
            b"fonttbl" => self.group.place = Place::Fonts,
            b"f" if self.group.place == Place::Fonts => self.found.fonts += 1,
            b"sn" => {
                self.property.clear();
                self.group.place = Place::PropertyName;
            }
            b"sv" => {
                self.value.clear();
                self.group.place = Place::PropertyValue;
            }
            b"listoverridecount" => self.list_override(value),
            b"uc" => self.group.replacements = value.and_then(|count| count.try_into().ok()).unwrap_or(1),
            b"u" => self.unicode(value.unwrap_or(0)),
            _ if starred => self.group.place = Place::Elsewhere,
            _ => {}
        }
        Ok(())
    }

    /// Takes the words of objects; answers whether it was one.
    fn object(&mut self, word: &[u8], start: usize) -> Result<bool, Stop> {
        if word == b"object" {
            self.begin_object();
        } else if word == b"objdata" {
            if matches!(self.group.place, Place::Data | Place::Aside) {
                self.end_data(start)?;
            }
            if self.group.object.is_none() {
                self.begin_object();
            }
            self.group.place = Place::Data;
            (self.hex, self.noise, self.began) = (Hex::default(), Noise::default(), self.at);
        } else if word == b"objclass" && !matches!(self.group.place, Place::Data | Place::Aside) {
            self.group.place = Place::Class;
        } else if let Some(manner) = words::MANNERS.iter().find(|manner| manner.as_bytes() == word) {
            let object = self.group.object.and_then(|object| self.found.objects.get_mut(object));
            if let Some(object) = object.filter(|object| !object.manner.contains(manner)) {
                object.manner.push(manner);
            }
            self.noise.words += u64::from(self.group.place == Place::Data);
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn begin_object(&mut self) {
        if self.found.objects.len() >= MOST {
            self.found.is_cut = true;
            return;
        }
        self.group.object = Some(self.found.objects.len());
        self.found.objects.push(Object::default());
    }

    fn begin_text(&mut self, place: Place) {
        let texts = if place == Place::Field { &mut self.found.fields } else { &mut self.found.templates };
        self.group.place = place;
        if texts.len() >= MOST_TEXTS {
            self.found.is_cut = true;
            self.group.place = Place::Elsewhere;
            return;
        }
        texts.push(String::new());
        if place == Place::Field {
            self.group.field = Some(texts.len() - 1);
        }
    }

    /// Keeps the data that end at `end`.
    fn end_data(&mut self, end: usize) -> Result<(), Stop> {
        let source = self.bytes.get(self.began..end).unwrap_or_default();
        let hex = std::mem::take(&mut self.hex);
        let noise = std::mem::take(&mut self.noise);
        self.budget.pay(hex.bytes.len() as u64)?;
        let half = hex.half;
        let bytes = settle(hex.bytes, source, &noise, self.budget)?;
        let object = self.group.object.and_then(|object| self.found.objects.get_mut(object));
        match object {
            Some(object) if object.data.len() < MOST => object.data.push(Data { bytes, half, noise }),
            _ => self.found.is_cut = true,
        }
        Ok(())
    }

    fn end_property(&mut self) {
        let longest = self.value.split(';').map(|number| number.trim().len()).max().unwrap_or(0);
        if self.property.trim().eq_ignore_ascii_case("pFragments") && longest > LONGEST_FRAGMENT {
            let detail = format!("a number of {longest} digits in pFragments");
            self.trick("rtf-shape-overflow", detail);
        }
        self.value.clear();
    }

    /// CVE-2014-1761: a list has nine levels.
    fn list_override(&mut self, value: Option<i32>) {
        if let Some(count) = value.filter(|count| !(0..=9).contains(count)) {
            self.trick("rtf-list-override", format!("listoverridecount{count}"));
        }
    }

    fn trick(&mut self, what: &'static str, detail: String) {
        if !self.found.tricks.iter().any(|(known, _)| *known == what) {
            self.found.tricks.push((what, detail));
        }
    }

    fn unicode(&mut self, value: i32) {
        let unit = u16::try_from(value & 0xffff).unwrap_or_default();
        self.put(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER));
        self.left_out = self.group.replacements;
    }

    fn finish(mut self) -> Result<Found, Stop> {
        if matches!(self.group.place, Place::Data | Place::Aside) {
            self.end_data(self.bytes.len())?;
        }
        if self.group.place == Place::PropertyValue {
            self.end_property();
        }
        if self.found.fonts > MOST_FONTS {
            let detail = format!("{} fonts", self.found.fonts);
            self.trick("rtf-font-table-overflow", detail);
        }
        Ok(self.found)
    }
}

/// Fields and templates that are kept.
const MOST_TEXTS: usize = 20_000;
