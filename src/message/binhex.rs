//! Files in BinHex 4.0 (RFC 1741, appendix A): a line that says so, a colon, text of six bits a letter, a colon. The
//! text holds runs (`90`), a header, a data fork and a resource fork, each with a CRC.

use super::wrapped::{Block, Wrapping, starts_of_lines};
use crate::artifact::Unread;
use crate::bytes::Reader;

/// The format of texts that are or hold such files.
pub(super) const BINHEX: Wrapping = Wrapping { id: "binhex", endings: &["hqx"], opens, blocks };

/// The line before the first colon. Not every program goes on in the same words.
const BANNER: &[u8] = b"(This file must be converted";

fn opens(text: &[u8]) -> bool {
    starts_of_lines(text, BANNER).next().is_some()
}

/// All forks that hold something, in order. A run of 255 bytes takes four letters, so that the whole is bounded.
fn blocks(text: &[u8], most: u64) -> Vec<Block> {
    let mut found = Vec::new();
    let mut left = usize::try_from(most).unwrap_or(usize::MAX).saturating_add(text.len());
    let mut end = 0;
    for at in starts_of_lines(text, BANNER) {
        if at < end {
            continue;
        }
        let Some(stream) = Stream::at(text, at, left) else { continue };
        left -= stream.bytes.len();
        end = stream.end;
        forks(&stream, at, &mut found);
    }
    found
}

/// The bytes of a file in BinHex, runs expanded.
struct Stream {
    bytes: Vec<u8>,
    /// Where it ends in the text.
    end: usize,
    /// Whether there was more than may be made.
    is_cut: bool,
}

impl Stream {
    /// The stream behind the banner at `at`.
    fn at(text: &[u8], at: usize, most: usize) -> Option<Self> {
        let rest = text.get(at..)?;
        let colon = memchr::memchr(b':', rest.get(..LONGEST_BANNER).unwrap_or(rest))?;
        let mut stream = Self { bytes: Vec::new(), end: at + colon + 1, is_cut: false };
        let mut run = false;
        let mut group = (0u32, 0u32);
        for letter in rest.get(colon + 1..)? {
            stream.end += 1;
            if letter.is_ascii_whitespace() {
                continue;
            }
            let Some(value) = value(*letter) else { break };
            group = (group.0 << 6 | value, group.1 + 6);
            if group.1 < 8 {
                continue;
            }
            let byte = u8::try_from(group.0 >> (group.1 - 8) & 0xff).unwrap_or_default();
            group = (group.0 & ((1 << (group.1 - 8)) - 1), group.1 - 8);
            if stream.bytes.len() + 255 > most {
                stream.is_cut = true;
                continue;
            }
            run = stream.push(byte, run);
        }
        Some(stream)
    }

    /// Takes in a byte, or the count of a run; answers whether a count is to follow.
    fn push(&mut self, byte: u8, is_count: bool) -> bool {
        if !is_count {
            if byte != RUN {
                self.bytes.push(byte);
            }
            return byte == RUN;
        }
        match (byte, self.bytes.last().copied()) {
            (0, _) => self.bytes.push(RUN),
            (count, Some(last)) => self.bytes.extend(std::iter::repeat_n(last, usize::from(count) - 1)),
            (_, None) => {}
        }
        false
    }
}

/// Opens a run: the byte before it, as many times as the next byte says; zero stands for the byte itself.
const RUN: u8 = 0x90;

/// How far behind the banner the first colon may stand.
const LONGEST_BANNER: usize = 1024;

/// The sixty-four letters, in order.
const LETTERS: &[u8; 64] = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";

fn value(letter: u8) -> Option<u32> {
    VALUES.get(usize::from(letter)).filter(|value| **value < 64).map(|value| u32::from(*value))
}

#[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "worked out by the compiler")]
static VALUES: [u8; 256] = {
    let mut values = [0xff; 256];
    let mut value = 0;
    while value < LETTERS.len() {
        values[LETTERS[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// Puts the forks of a file among the blocks.
fn forks(stream: &Stream, at: usize, found: &mut Vec<Block>) {
    let mut reader = Reader::new(&stream.bytes);
    let Some((name, [data_size, resource_size])) = header(&mut reader) else {
        // What cannot be told apart is given as it is.
        let place = at..stream.end;
        let broken = Some(("binhex-header", "the header is broken"));
        let unread = Some(Unread { reason: "damaged", detail: "a BinHex header is broken".to_string() });
        found.push(Block { broken, unread, ..Block::new("binhex", b"", stream.bytes.clone(), place) });
        return;
    };
    let resource_name = [name, b".rsrc"].concat();
    let forks = [(name.to_vec(), data_size), (resource_name, resource_size)];
    for (place, (name, size)) in [at..stream.end, stream.end..stream.end].into_iter().zip(forks) {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let bytes = reader.take_up_to(size);
        let told = reader.array().map(u16::from_be_bytes);
        if size == 0 {
            continue;
        }
        let fault = match told {
            _ if bytes.len() < size => Some(("binhex-cut", "the text ends too early")),
            None => Some(("binhex-cut", "the text ends before the CRC")),
            Some(told) if told != crc(bytes) => Some(("binhex-crc", "the CRC is wrong")),
            Some(_) => None,
        };
        let unread = fault.map(|(_, detail)| match stream.is_cut {
            true => Unread { reason: "limit-artifact-bytes", detail: format!("{size} bytes") },
            false => Unread { reason: "damaged", detail: detail.to_string() },
        });
        let block = Block::new("binhex", &name, bytes.to_vec(), place);
        found.push(Block { broken: fault, unread, ..block });
    }
}

/// The header: name, version, type, creator, flags, the sizes of both forks, CRC.
fn header<'a>(reader: &mut Reader<'a>) -> Option<(&'a [u8], [u32; 2])> {
    let start = *reader;
    let length = reader.u8()?;
    let name = reader.take(usize::from(length))?;
    reader.skip(1 + 4 + 4 + 2)?;
    let sizes = [u32::from_be_bytes(reader.array()?), u32::from_be_bytes(reader.array()?)];
    let header = start.rest().get(..reader.position() - start.position())?;
    let told = u16::from_be_bytes(reader.array()?);
    (told == crc(header)).then_some((name, sizes))
}

/// The CRC of 16 bits with the polynomial 1021, from zero.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc: u16, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| match crc & 0x8000 {
            0 => crc << 1,
            _ => crc << 1 ^ 0x1021,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file as its bytes before they become letters, runs left as they are.
    fn plain(name: &[u8], data: &[u8], resource: &[u8]) -> Vec<u8> {
        let mut header = vec![u8::try_from(name.len()).unwrap()];
        header.extend_from_slice(name);
        header.extend_from_slice(b"\0TEXTttxt\0\0");
        for fork in [data, resource] {
            header.extend(u32::try_from(fork.len()).unwrap().to_be_bytes());
        }
        let parts = [&header[..], data, resource];
        parts.iter().flat_map(|part| [part, &crc(part).to_be_bytes()[..]].concat()).collect()
    }

    fn letters(bytes: &[u8]) -> Vec<u8> {
        let bits: Vec<u8> =
            bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
        let letter = |bits: &[u8]| {
            let value = (0..6).fold(0, |value, at| value << 1 | bits.get(at).copied().unwrap_or(0));
            LETTERS[usize::from(value)]
        };
        let lines: Vec<u8> = bits.chunks(6).map(letter).collect();
        lines.chunks(64).flat_map(|line| [line, b"\r\n"].concat()).collect()
    }

    fn wrapped(bytes: &[u8]) -> Vec<u8> {
        let escaped: Vec<u8> =
            bytes.iter().flat_map(|byte| if *byte == RUN { vec![RUN, 0] } else { vec![*byte] }).collect();
        let mut text = b"(This file must be converted with BinHex 4.0)\r\n\r\n:".to_vec();
        text.extend(letters(&escaped));
        text.truncate(text.trim_ascii_end().len());
        text.extend_from_slice(b":\r\n");
        text
    }

    #[test]
    fn both_forks_come_out() {
        let data: Vec<u8> = (0..=255).collect();
        let text = [b"Hello\r\n", &wrapped(&plain(b"a.doc", &data, b"resource"))[..], b"Bye"].concat();
        let found = blocks(&text, 1000);
        let listed: Vec<_> =
            found.iter().map(|block| (block.name.as_slice(), block.bytes.as_slice(), block.broken)).collect();
        assert_eq!(listed, [(&b"a.doc"[..], &data[..], None), (b"a.doc.rsrc", b"resource", None)]);
        assert_eq!(&text[found[0].place.end..], b"\r\nBye");
    }

    #[test]
    fn runs_are_expanded() {
        let mut bytes = plain(b"r", b"aaaab", b"");
        let at = bytes.len() - 9;
        assert_eq!(&bytes[at..at + 4], b"aaaa");
        bytes.splice(at..at + 4, [b'a', RUN, 4]);
        let mut text = BANNER.to_vec();
        text.extend_from_slice(b" with BinHex 4.0)\n:");
        text.extend(letters(&bytes));
        let found = blocks(&text, 1000);
        assert_eq!((found[0].bytes.as_slice(), found[0].broken), (&b"aaaab"[..], None));
    }

    #[test]
    fn cuts_and_flipped_letters_are_told() {
        let text = wrapped(&plain(b"a.doc", b"hello", b""));
        for cut in 0..text.len() {
            for block in blocks(&text[..cut], 1000) {
                assert!(block.unread.is_some() || block.bytes == b"hello", "{cut}");
            }
        }
        for at in 49..text.len() - 3 {
            let mut bad = text.clone();
            bad[at] = if bad[at] == b'!' { b'q' } else { b'!' };
            assert!(blocks(&bad, 1000).iter().all(|block| block.unread.is_some() || block.bytes == b"hello"));
        }
    }

    #[test]
    fn a_text_of_runs_is_bounded() {
        let runs = [&[b'a'][..], &[RUN, 255].repeat(100_000)].concat();
        let mut text = b"(This file must be converted with BinHex 4.0)\n:".to_vec();
        text.extend(letters(&runs));
        text.push(b':');
        let many = [&text[..], b"\n"].concat().repeat(3);
        let made: usize = blocks(&many, 1 << 20).iter().map(|block| block.bytes.len()).sum();
        assert!(made <= (1 << 20) + many.len());
    }
}
