//! Compressed rich text (MS-OXRTFCP): a window of 4,096 bytes that begins with words every rich text has.
//!
//! The sizes of the header are not believed: the data end at their end mark, or where the bytes end.

use crate::bytes::Reader;
use std::io::{self, Read};

/// The header, and what stands behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Compressed<'a> {
    /// Bytes it unpacks to, as the header says.
    size: u32,
    method: Method,
    /// Whether the checksum of the header is that of the content.
    pub(super) intact: bool,
    content: &'a [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Lzfu,
    Stored,
}

impl<'a> Compressed<'a> {
    /// Reads the header; `None` where it is cut or names no known method.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let length = reader.u32()?;
        let size = reader.u32()?;
        let method = match &reader.array()? {
            b"LZFu" => Method::Lzfu,
            b"MELA" => Method::Stored,
            _ => return None,
        };
        let checksum = reader.u32()?;
        let content = reader.rest();
        let told = usize::try_from(length).unwrap_or(usize::MAX).saturating_sub(12);
        let summed = content.get(..told).unwrap_or(content);
        let intact = method == Method::Stored || crc(summed) == checksum;
        Some(Self { size, method, intact, content })
    }

    /// The rich text.
    pub(super) fn decoder(self) -> Box<dyn Read + 'a> {
        match self.method {
            Method::Lzfu => Box::new(Lzfu::new(self)),
            Method::Stored => {
                let size = usize::try_from(self.size).unwrap_or(usize::MAX);
                Box::new(self.content.get(..size).unwrap_or(self.content))
            }
        }
    }
}

/// CRC-32 that begins with zero and is not inverted at the end (MS-OXRTFCP 2.1.3.2).
fn crc(bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(u32::MAX);
    hasher.update(bytes);
    !hasher.finalize()
}

const WINDOW: usize = 4096;

/// What stands in the window before the first byte (MS-OXRTFCP 2.1.2.1).
const BEGINNING: &[u8; 207] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

struct Lzfu<'a> {
    source: Reader<'a>,
    window: [u8; WINDOW],
    at: usize,
    /// The bits of the control byte that are left, lowest first.
    control: u8,
    bits: u8,
    /// Where in the window a repetition goes on, and how many bytes of it are left.
    from: usize,
    run: usize,
    made: u64,
    size: u64,
    /// The end mark came.
    ended: bool,
    /// The bytes ended before it.
    dry: bool,
}

impl<'a> Lzfu<'a> {
    fn new(compressed: Compressed<'a>) -> Self {
        let mut window = [0; WINDOW];
        for (place, byte) in window.iter_mut().zip(BEGINNING) {
            *place = *byte;
        }
        Self {
            source: Reader::new(compressed.content),
            window,
            at: BEGINNING.len(),
            control: 0,
            bits: 0,
            from: 0,
            run: 0,
            made: 0,
            size: compressed.size.into(),
            ended: false,
            dry: false,
        }
    }

    /// The next byte; none at the end.
    fn next(&mut self) -> Option<u8> {
        if self.run == 0 && !self.is_repetition()? {
            let byte = self.source.u8()?;
            return Some(self.put(byte));
        }
        let byte = self.window.get(self.from).copied()?;
        self.from = (self.from + 1) % WINDOW;
        self.run -= 1;
        Some(self.put(byte))
    }

    /// Whether a repetition is next, which is then set up; `None` at the end mark and where the bytes end.
    fn is_repetition(&mut self) -> Option<bool> {
        if self.bits == 0 {
            self.control = self.source.u8()?;
            self.bits = 8;
        }
        let is_repetition = self.control & 1 == 1;
        self.control >>= 1;
        self.bits -= 1;
        if is_repetition {
            let reference = usize::from(u16::from_be_bytes(self.source.array()?));
            self.from = reference >> 4;
            self.run = (reference & 0xf) + 2;
            self.ended = self.from == self.at;
        }
        (!self.ended).then_some(is_repetition)
    }

    fn put(&mut self, byte: u8) -> u8 {
        if let Some(place) = self.window.get_mut(self.at) {
            *place = byte;
        }
        self.at = (self.at + 1) % WINDOW;
        self.made += 1;
        byte
    }
}

impl Read for Lzfu<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut length = 0;
        for place in out {
            let next = if self.ended || self.dry { None } else { self.next() };
            let Some(byte) = next else {
                self.dry = !self.ended;
                break;
            };
            *place = byte;
            length += 1;
        }
        if length == 0 && self.dry && self.made < self.size {
            return Err(io::Error::other("the compressed text is cut"));
        }
        Ok(length)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::limits::{Budget, Decoded, Limits};

    fn unpack(bytes: &[u8]) -> Decoded {
        let compressed = Compressed::read(bytes).unwrap();
        Budget::new(&Limits::default()).read(&mut compressed.decoder())
    }

    /// Compresses by literals and the words at the beginning alone.
    pub(in crate::message) fn pack(text: &[u8]) -> Vec<u8> {
        let mut tokens: Vec<(bool, Vec<u8>)> = Vec::new();
        let mut at = 0;
        let mut place = BEGINNING.len();
        while at < text.len() {
            let known = (2..=17).rev().find_map(|length| {
                let found = memchr::memmem::find(BEGINNING, text.get(at..at + length)?)?;
                (length > 2 && BEGINNING.len() + at + length < WINDOW).then_some((found, length))
            });
            let (token, length) = match known {
                Some((found, length)) => {
                    let reference = u16::try_from(found << 4 | (length - 2)).unwrap();
                    ((true, reference.to_be_bytes().to_vec()), length)
                }
                None => ((false, [text[at]].to_vec()), 1),
            };
            tokens.push(token);
            (at, place) = (at + length, (place + length) % WINDOW);
        }
        let end = u16::try_from(place << 4).unwrap();
        tokens.push((true, end.to_be_bytes().to_vec()));
        let mut content = Vec::new();
        for eight in tokens.chunks(8) {
            content
                .push(eight.iter().enumerate().fold(0, |bits, (bit, token)| bits | u8::from(token.0) << bit));
            content.extend(eight.iter().flat_map(|token| token.1.iter().copied()));
        }
        header(b"LZFu", text.len(), crc(&content), &content)
    }

    fn header(method: &[u8; 4], size: usize, crc: u32, content: &[u8]) -> Vec<u8> {
        let numbers = [content.len() + 12, size].map(|number| u32::try_from(number).unwrap().to_le_bytes());
        [numbers.concat().as_slice(), method, &crc.to_le_bytes(), content].concat()
    }

    /// The example of MS-OXRTFCP 4.1.1.
    const EXAMPLE: &str =
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0";

    fn example() -> Vec<u8> {
        let digits: Vec<u32> = EXAMPLE.chars().map(|digit| digit.to_digit(16).unwrap()).collect();
        digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
    }

    #[test]
    fn the_example_of_the_specification_unpacks() {
        let out = unpack(&example());
        assert_eq!(out.bytes, b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
        assert_eq!(out.broken, None);
        assert!(Compressed::read(&example()).unwrap().intact);
    }

    #[test]
    fn what_was_packed_unpacks_across_the_window() {
        let text: Vec<u8> =
            (0..3000).flat_map(|number| format!("\\par \\f0\\fs20 {number}\r\n").into_bytes()).collect();
        let packed = pack(&text);
        let out = unpack(&packed);
        assert!(out.bytes == text && out.broken.is_none());
        assert!(packed.len() > WINDOW && Compressed::read(&packed).unwrap().intact);
    }

    #[test]
    fn stored_text_is_given_as_it_is() {
        let stored = header(b"MELA", 4, 0, b"text and more");
        assert_eq!(unpack(&stored).bytes, b"text");
        assert_eq!(unpack(&header(b"MELA", 400, 0, b"text")).bytes, b"text");
        assert!(Compressed::read(&header(b"LZF2", 4, 0, b"text")).is_none());
    }

    #[test]
    fn cut_and_flipped_text_is_kept_as_far_as_it_goes() {
        let whole = example();
        for length in 16..whole.len() - 2 {
            let out = unpack(&whole[..length]);
            assert!(b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n".starts_with(&out.bytes), "{length}");
            assert_eq!(out.broken.is_some(), out.bytes.len() < 43, "{length}");
            assert!(!Compressed::read(&whole[..length]).unwrap().intact);
        }
        for at in 0..whole.len() {
            let mut bad = whole.clone();
            bad[at] ^= 1;
            if let Some(compressed) = Compressed::read(&bad) {
                let out = Budget::new(&Limits::default()).read(&mut compressed.decoder());
                assert!(out.size <= 17 * 32);
            }
        }
    }
}
