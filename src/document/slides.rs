//! The text of binary presentations (MS-PPT 2.9): what stands on slides and notes, in the order of the stream.
//!
//! Masters are left out, whose text is the same on every page of every file. Comments are told as text; tags, the words
//! of drawings and the text of shapes beside their slide with what is not seen.

use super::art;
use super::listing::Listing;
use super::prose::tell;
use crate::artifact::Opened;
use crate::bytes::Reader;
use crate::limits::{Budget, Stop};
use crate::text::decode;

/// Bytes of text that are kept of one stream.
const MOST: usize = 1 << 20;

/// Record types (2.13.24).
const MAIN_MASTER: u16 = 0x03f8;
const HANDOUT: u16 = 0x0fc9;
const SLIDE_LIST: u16 = 0x0ff0;
const TAG: u16 = 0x1389;
const COMMENT: u16 = 0x2ee0;
const FOOTERS: u16 = 0x0fd9;
const CHARACTERS: u16 = 0x0fa0;
const BYTES: u16 = 0x0fa8;
const STRING: u16 = 0x0fba;
/// A shape, and where it stands on its slide (MS-ODRAW 2.2.14, MS-PPT 2.7.1).
const SHAPE: u16 = 0xf004;
const ANCHOR: u16 = 0xf010;
/// The header of the record that tells the size of the slides (2.4.2).
const DOCUMENT: &[u8] = &[1, 0, 0xe9, 3, 0x28, 0, 0, 0];

/// Gives the text of a `PowerPoint Document` stream and what is not seen.
pub(super) fn tell_all(name: &str, stream: &[u8], out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    let mut slides = Slides { size: size(stream), ..Slides::default() };
    slides.read(stream, budget)?;
    for (place, value) in art::texts(stream) {
        slides.unseen.put_words(place, &value);
    }
    slides.unseen.give(art::ID, art::ID, art::ID, out, budget)?;
    tell(name, slides.text, out, budget)
}

#[derive(Debug, Default)]
struct Slides {
    text: String,
    unseen: Listing,
    /// The name of the tag being read, and the type of the container that began last.
    tag: String,
    holder: u16,
    /// Right and lower edge of the slides, and whether the shape being read lies beside them.
    size: Option<(i32, i32)>,
    is_beside: bool,
    /// Where that shape ends.
    end: usize,
}

impl Slides {
    /// Walks the records: into containers, over the rest.
    fn read(&mut self, stream: &[u8], budget: &Budget) -> Result<(), Stop> {
        let mut reader = Reader::new(stream);
        let mut count = 0u32;
        while let Some((head, kind, length)) = header(&mut reader) {
            count += 1;
            if count.is_multiple_of(4096) {
                budget.tick()?;
            }
            let instance = head >> 4;
            let is_container = head & 0xf == 0xf;
            let is_master = matches!(kind, MAIN_MASTER | HANDOUT) || kind == SLIDE_LIST && instance == 1;
            if is_container && !is_master {
                self.holder = kind;
                if kind == SHAPE {
                    self.is_beside = false;
                    self.end = reader.position().saturating_add(length);
                }
                continue;
            }
            self.is_beside &= reader.position() < self.end;
            let data = reader.take_up_to(length);
            match kind {
                CHARACTERS => self.words(&decode("utf-16le", data)),
                BYTES => self.words(&data.iter().map(|byte| char::from(*byte)).collect::<String>()),
                ANCHOR => self.is_beside = self.size.is_some_and(|size| is_beside(data, size)),
                STRING => self.string(instance, &decode("utf-16le", data)),
                _ => {}
            }
        }
        Ok(())
    }

    /// The text of a shape.
    fn words(&mut self, text: &str) {
        if self.is_beside {
            self.unseen.put("shape beside the slide", &text.replace('\r', "\n"));
        } else {
            self.line(text);
        }
    }

    fn line(&mut self, text: &str) {
        if self.text.len() >= MOST {
            return;
        }
        for c in text.chars() {
            match c {
                '\r' | '\u{b}' => self.text.push('\n'),
                c if c < ' ' && c != '\t' => {}
                c => self.text.push(c),
            }
        }
        self.text.push('\n');
    }

    /// Strings mean what their container says (2.11.30, 2.5.24).
    fn string(&mut self, instance: u16, text: &str) {
        match (self.holder, instance) {
            (TAG, 0) => self.tag = text.to_string(),
            (TAG, 1) => self.unseen.put(&format!("Tags(\"{}\")", self.tag), text),
            (COMMENT, 1) | (FOOTERS, _) => self.line(text),
            _ => {}
        }
    }
}

/// The size of the slides, as the last save told it.
fn size(stream: &[u8]) -> Option<(i32, i32)> {
    let at = memchr::memmem::rfind(stream, DOCUMENT)? + DOCUMENT.len();
    let mut reader = Reader::at(stream, at)?;
    let (width, height) = (reader.u32()?, reader.u32()?);
    let size = (i32::try_from(width).ok()?, i32::try_from(height).ok()?);
    (size.0 > 0 && size.1 > 0).then_some(size)
}

/// Whether an anchor lies beside a slide: its upper, left, right and lower edge in short or long numbers.
fn is_beside(anchor: &[u8], (width, height): (i32, i32)) -> bool {
    let sides: Vec<i32> = match anchor.len() {
        8 => anchor.as_chunks::<2>().0.iter().map(|side| i32::from(i16::from_le_bytes(*side))).collect(),
        _ => anchor.as_chunks::<4>().0.iter().map(|side| i32::from_le_bytes(*side)).collect(),
    };
    let [top, left, right, bottom] = sides.as_slice() else { return false };
    *right < 0 || *bottom < 0 || *left > width || *top > height
}

fn header(reader: &mut Reader) -> Option<(u16, u16, usize)> {
    Some((reader.u16()?, reader.u16()?, usize::try_from(reader.u32()?).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn record(head: u16, kind: u16, data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).unwrap().to_le_bytes();
        [&head.to_le_bytes()[..], &kind.to_le_bytes(), &length, data].concat()
    }

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn sample() -> Vec<u8> {
        let tag = [record(0, STRING, &wide("NAME")), record(0x10, STRING, &wide("value"))].concat();
        let comment = [record(0, STRING, &wide("author")), record(0x10, STRING, &wide("a comment"))].concat();
        [
            record(0xf, MAIN_MASTER, &record(0, BYTES, b"Click to edit")),
            record(
                0xf,
                0x03ee,
                &[record(0, BYTES, b"one\rtwo"), record(0, CHARACTERS, &wide("\u{8868}"))].concat(),
            ),
            record(0xf, TAG, &tag),
            record(0xf, COMMENT, &comment),
        ]
        .concat()
    }

    fn told(stream: &[u8]) -> Vec<String> {
        let mut out = Opened::default();
        tell_all("a.ppt", stream, &mut out, &mut Budget::new(&Limits::default())).unwrap();
        out.children.iter().map(|child| String::from_utf8_lossy(&child.bytes).into_owned()).collect()
    }

    #[test]
    fn slides_comments_and_tags_are_told_and_masters_are_not() {
        assert_eq!(told(&sample()), ["Tags(\"NAME\") = value\n", "one\ntwo\n\u{8868}\na comment\n"]);
    }

    #[test]
    fn text_of_shapes_beside_the_slide_is_not_seen() {
        let document = [&5760u32.to_le_bytes()[..], &4320u32.to_le_bytes(), &[0; 32]].concat();
        let shape = |anchor: &[u8], text: &[u8]| {
            record(
                0xf,
                SHAPE,
                &[record(0, ANCHOR, anchor), record(0xf, 0xf00d, &record(0, BYTES, text))].concat(),
            )
        };
        let short = |sides: [i16; 4]| sides.map(i16::to_le_bytes).concat();
        let stream = [
            record(1, 0x03e9, &document),
            shape(&short([0, 5800, 6000, 100]), b"right"),
            shape(&short([-300, 0, 100, -200]), b"above"),
            shape(&[5000, 0, 10, 5010].map(i32::to_le_bytes).concat(), b"below"),
            record(0, BYTES, b"behind the shape"),
            shape(&short([10, 10, 5000, 4000]), b"seen"),
            record(0xf, SHAPE, &record(0, BYTES, b"nowhere")),
        ]
        .concat();
        let hidden = "shape beside the slide = right\nshape beside the slide = above\nshape beside the slide = below\n";
        assert_eq!(told(&stream), [hidden, "behind the shape\nseen\nnowhere\n"]);
        let unknown = shape(&short([0, 5800, 6000, 100]), b"right");
        assert_eq!(told(&unknown), ["right\n"]);
        for length in 0..stream.len() {
            told(&stream[..length]);
        }
    }

    #[test]
    fn no_cut_and_no_flipped_bit_panics_or_grows() {
        let whole = sample();
        for length in 0..whole.len() {
            told(&whole[..length]);
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut bad = whole.clone();
                bad[at] ^= 1 << bit;
                assert!(told(&bad).iter().map(String::len).sum::<usize>() <= 4 * whole.len());
            }
        }
    }
}
