//! Files in yEnc (the draft 1.3 by Jürgen Helbing): `=ybegin`, for one of several parts `=ypart`, lines, `=yend` with a
//! CRC-32. Parts that follow each other in one text are joined.

use super::wrapped::{Block, Wrapping, line, starts_of_lines};
use crate::artifact::Unread;

/// The format of texts that are or hold such files.
pub(super) const YENC: Wrapping =
    Wrapping { id: "yenc", endings: &["yenc", "ync"], opens, blocks: |text, _| blocks(text) };

const BEGIN: &[u8] = b"=ybegin ";

fn opens(text: &[u8]) -> bool {
    starts_of_lines(text, BEGIN).next().is_some()
}

/// One part of a file.
struct Part {
    block: Block,
    /// Size of the whole file, and where this part stands in it, if the text tells.
    size: Option<u64>,
    begin: u64,
}

/// All files of a text, in order.
fn blocks(text: &[u8]) -> Vec<Block> {
    let mut parts: Vec<Part> = Vec::new();
    let mut end = 0;
    for at in starts_of_lines(text, BEGIN) {
        // A line of data may begin like an opening one.
        let Some(part) = text.get(at..).filter(|_| at >= end).and_then(|rest| part(rest, at)) else {
            continue;
        };
        end = part.block.place.end;
        match parts.last_mut() {
            Some(last) if last.goes_on_in(&part) => last.join(part),
            _ => parts.push(part),
        }
    }
    parts.into_iter().map(Part::finish).collect()
}

impl Part {
    fn goes_on_in(&self, next: &Self) -> bool {
        let ends = self.begin + self.block.bytes.len() as u64;
        next.begin > 0 && next.begin == ends && self.block.name == next.block.name
    }

    fn join(&mut self, next: Self) {
        self.block.bytes.extend(next.block.bytes);
        self.block.place.end = next.block.place.end;
        self.block.broken = self.block.broken.or(next.block.broken);
    }

    /// The block, told to be unread if it is not the whole file.
    fn finish(mut self) -> Block {
        let got = self.block.bytes.len() as u64;
        let is_whole = self.begin == 0 && self.size.is_none_or(|size| size <= got);
        if !is_whole {
            let detail = format!("{got} of {} bytes of a file in yEnc", self.size.unwrap_or_default());
            self.block.unread = Some(Unread { reason: "damaged", detail });
        } else if let Some((_, detail)) = self.block.broken {
            self.block.unread = Some(Unread { reason: "damaged", detail: detail.to_string() });
        }
        self.block
    }
}

/// The part that opens at the start of `text`.
fn part(text: &[u8], at: usize) -> Option<Part> {
    let (first, mut rest) = line(text);
    // The name is the last field and may hold anything.
    let name = memchr::memmem::find(first, b"name=").and_then(|name| first.get(name + 5..))?.trim_ascii();
    let size = number(first, b" size=");
    let mut begin = 0;
    let (second, behind) = line(rest);
    if second.starts_with(b"=ypart ") {
        begin = number(second, b" begin=").unwrap_or(1).saturating_sub(1);
        rest = behind;
    }
    let mut bytes = Vec::new();
    let mut trailer = None;
    while trailer.is_none() && !rest.is_empty() {
        let (data, after) = line(rest);
        if data.starts_with(b"=ybegin ") {
            break;
        }
        rest = after;
        match data.starts_with(b"=yend") {
            true => trailer = Some(data),
            false => decode(data, &mut bytes),
        }
    }
    let broken = fault(trailer, begin > 0 || second.starts_with(b"=ypart "), &bytes);
    let place = at..at + text.len() - rest.len();
    let block = Block { broken, ..Block::new("yenc", name, bytes, place) };
    (!block.bytes.is_empty()).then_some(Part { block, size, begin })
}

/// What the last line shows to be wrong. The CRC-32 of a part and that of the whole file have names of their own.
fn fault(trailer: Option<&[u8]>, is_part: bool, bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let Some(trailer) = trailer else { return Some(("yenc-cut", "the end line is missing")) };
    let told = if is_part { b" pcrc32=".as_slice() } else { b" crc32=" };
    let told = field(trailer, told).and_then(|word| u32::from_str_radix(word, 16).ok());
    let is_wrong = told.is_some_and(|told| told != crc32fast::hash(bytes));
    is_wrong.then_some(("yenc-crc", "the CRC-32 is wrong"))
}

/// Decodes one line: every byte was moved by 42, those behind a `=` by 64 more.
fn decode(data: &[u8], bytes: &mut Vec<u8>) {
    let mut data = data.iter();
    while let Some(byte) = data.next() {
        let byte = match byte {
            b'=' => match data.next() {
                Some(escaped) => escaped.wrapping_sub(64),
                None => return,
            },
            plain => *plain,
        };
        bytes.push(byte.wrapping_sub(42));
    }
}

/// The word behind a field name.
fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a str> {
    let at = memchr::memmem::find(line, name)? + name.len();
    let word = line.get(at..)?.split(u8::is_ascii_whitespace).next()?;
    std::str::from_utf8(word).ok()
}

fn number(line: &[u8], name: &[u8]) -> Option<u64> {
    field(line, name)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes as lines of ten.
    fn encoded(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for line in bytes.chunks(10) {
            for byte in line {
                match byte.wrapping_add(42) {
                    coded @ (0 | b'\n' | b'\r' | b'=' | b'.') => out.extend([b'=', coded.wrapping_add(64)]),
                    coded => out.push(coded),
                }
            }
            out.extend_from_slice(b"\r\n");
        }
        out
    }

    fn file(bytes: &[u8]) -> Vec<u8> {
        let head = format!("=ybegin line=10 size={} name=a b.zip \r\n", bytes.len());
        let crc = crc32fast::hash(bytes);
        let tail = format!("=yend size={} crc32={crc:08X}\r\n", bytes.len());
        [head.as_bytes(), &encoded(bytes), tail.as_bytes()].concat()
    }

    fn part(bytes: &[u8], number: usize, begin: usize, size: usize) -> Vec<u8> {
        let end = begin + bytes.len();
        let head = format!(
            "=ybegin part={number} total=2 line=10 size={size} name=p\n=ypart begin={} end={end}\n",
            begin + 1
        );
        let tail =
            format!("=yend size={} part={number} pcrc32={:08x}\n", bytes.len(), crc32fast::hash(bytes));
        [head.as_bytes(), &encoded(bytes), tail.as_bytes()].concat()
    }

    #[test]
    fn every_byte_comes_back() {
        let plain: Vec<u8> = (0..=255).collect();
        let text = [b"Hello\r\n", &file(&plain)[..], b"Bye\r\n"].concat();
        let found = blocks(&text);
        assert_eq!((found[0].name.as_slice(), &found[0].bytes), (&b"a b.zip"[..], &plain));
        assert_eq!((found[0].broken, &found[0].unread), (None, &None));
        assert_eq!(&text[found[0].place.end..], b"Bye\r\n");
    }

    #[test]
    fn parts_are_joined_and_a_missing_one_is_told() {
        let both = [part(b"hello ", 1, 0, 11), b"text\n".to_vec(), part(b"world", 2, 6, 11)].concat();
        let found = blocks(&both);
        assert_eq!((found.len(), found[0].bytes.as_slice()), (1, &b"hello world"[..]));
        assert_eq!((found[0].broken, &found[0].unread), (None, &None));
        for alone in [part(b"hello ", 1, 0, 11), part(b"world", 2, 6, 11)] {
            assert_eq!(blocks(&alone)[0].unread.as_ref().unwrap().reason, "damaged");
        }
    }

    #[test]
    fn a_wrong_crc_and_a_missing_end_are_told() {
        let mut wrong = file(b"hello");
        let at = wrong.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        wrong[at] ^= 1;
        assert_eq!(blocks(&wrong)[0].broken.unwrap().0, "yenc-crc");
        let whole = file(b"hello");
        for cut in 0..whole.len() {
            let found = blocks(&whole[..cut]);
            let told = found.iter().all(|block| block.unread.is_some() || block.bytes == b"hello");
            assert!(found.len() <= 1 && told, "{cut}");
        }
        assert_eq!(blocks(b"=ybegin this is prose\n"), []);
    }

    #[test]
    fn a_text_of_openings_ends() {
        assert!(blocks(&b"=ybegin name=x\n".repeat(50_000)).is_empty());
    }
}
