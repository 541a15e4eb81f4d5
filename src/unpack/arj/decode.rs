//! The methods of ARJ: LZSS with Huffman codes (1 to 3), as LHA has it but for a window of 26 KiB, and with codes of a
//! fixed form (4).

use std::io::{self, Read};

/// Packed bytes, garbled or not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    pub(super) data: &'a [u8],
    /// What every byte was combined with: the characters of the password in turn, each shifted.
    pub(super) password: &'a [u8],
    pub(super) shift: u8,
}

impl Source<'_> {
    fn byte(&self, at: usize) -> Option<u8> {
        let byte = *self.data.get(at)?;
        let place = at.checked_rem(self.password.len());
        let letter = place.and_then(|place| self.password.get(place));
        Some(letter.map_or(byte, |letter| byte ^ letter.wrapping_add(self.shift)))
    }
}

/// The unpacked bytes, `size` of them; `None` for a method that ARJ does not have.
pub(super) fn decoder<'a>(source: Source<'a>, method: u8, size: u64) -> Option<Box<dyn Read + 'a>> {
    let tokens: Box<dyn Tokens + 'a> = match method {
        0 => Box::new(Stored { source, at: 0 }),
        1..=3 => Box::new(Huffman { bits: Bits::new(source), ..Huffman::default() }),
        4 => Box::new(Fastest { bits: Bits::new(source) }),
        _ => return None,
    };
    Some(Box::new(Lzss {
        tokens,
        window: Box::new([0; WINDOW]),
        at: 0,
        copy: (0, 0),
        left: size,
        fault: None,
    }))
}

/// What a stream says next.
enum Token {
    Byte(u8),
    /// So many bytes again, from so far before.
    Copy(usize, usize),
}

trait Tokens {
    /// The next token; `None` if the data end or make no sense.
    fn next(&mut self) -> Option<Token>;
}

/// Room for every distance a code can tell.
const WINDOW: usize = 1 << 16;
/// The shortest copy.
const SHORTEST: usize = 3;

struct Lzss<'a> {
    tokens: Box<dyn Tokens + 'a>,
    window: Box<[u8; WINDOW]>,
    at: usize,
    copy: (usize, usize),
    left: u64,
    fault: Option<io::Error>,
}

impl Lzss<'_> {
    fn byte(&mut self) -> Option<u8> {
        if self.copy.0 == 0 {
            match self.tokens.next()? {
                Token::Byte(byte) => return Some(self.keep(byte)),
                Token::Copy(length, distance) => self.copy = (length, distance),
            }
        }
        self.copy.0 -= 1;
        let from = self.at.wrapping_sub(self.copy.1) % WINDOW;
        let byte = self.window.get(from).copied()?;
        Some(self.keep(byte))
    }

    fn keep(&mut self, byte: u8) -> u8 {
        if let Some(place) = self.window.get_mut(self.at % WINDOW) {
            *place = byte;
        }
        self.at = self.at.wrapping_add(1);
        self.left -= 1;
        byte
    }
}

impl Read for Lzss<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        let mut count = 0;
        for place in output {
            if self.left == 0 {
                break;
            }
            let Some(byte) = self.byte() else {
                self.fault = Some(io::Error::other("the packed data end or make no sense"));
                break;
            };
            (*place, count) = (byte, count + 1);
        }
        match self.fault.take() {
            Some(fault) if count == 0 => Err(fault),
            fault => {
                self.fault = fault;
                Ok(count)
            }
        }
    }
}

struct Stored<'a> {
    source: Source<'a>,
    at: usize,
}

impl Tokens for Stored<'_> {
    fn next(&mut self) -> Option<Token> {
        self.at += 1;
        self.source.byte(self.at - 1).map(Token::Byte)
    }
}

/// Bits, the highest of a byte first.
struct Bits<'a> {
    source: Source<'a>,
    at: usize,
}

impl<'a> Bits<'a> {
    fn new(source: Source<'a>) -> Self {
        Self { source, at: 0 }
    }

    fn bit(&mut self) -> Option<usize> {
        let byte = self.source.byte(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(usize::from(bit))
    }

    fn take(&mut self, count: usize) -> Option<usize> {
        (0..count).try_fold(0, |value, _| Some(value << 1 | self.bit()?))
    }

    /// Ones up to a zero, at most `most` of them.
    fn ones(&mut self, most: usize) -> Option<usize> {
        let mut count = 0;
        while count < most && self.bit()? == 1 {
            count += 1;
        }
        Some(count)
    }
}

/// Method 4.
struct Fastest<'a> {
    bits: Bits<'a>,
}

impl Fastest<'_> {
    /// A number whose width is told by ones before it: from `least` bits to `most`.
    fn number(&mut self, least: usize, most: usize) -> Option<usize> {
        let ones = self.bits.ones(most - least)?;
        let base = (1 << least) * ((1 << ones) - 1);
        Some(base + self.bits.take(least + ones)?)
    }
}

impl Tokens for Fastest<'_> {
    fn next(&mut self) -> Option<Token> {
        let length = self.number(0, 7)?;
        if length == 0 {
            let byte = self.bits.take(8)?;
            return u8::try_from(byte).ok().map(Token::Byte);
        }
        let distance = self.number(9, 13)? + 1;
        Some(Token::Copy(length - 1 + SHORTEST, distance))
    }
}

/// Methods 1 to 3: blocks of tokens, each with its codes before it.
struct Huffman<'a> {
    bits: Bits<'a>,
    /// Tokens left in the block.
    left: usize,
    symbols: Code,
    distances: Code,
}

impl Default for Huffman<'_> {
    fn default() -> Self {
        let source = Source { data: &[], password: &[], shift: 0 };
        Self { bits: Bits::new(source), left: 0, symbols: Code::One(0), distances: Code::One(0) }
    }
}

/// Bytes, and copies of 3 to 256 bytes.
const SYMBOLS: usize = 510;
/// Codes for lengths of codes, and for the widths of distances.
const LENGTHS: usize = 19;
const WIDTHS: usize = 17;

impl Tokens for Huffman<'_> {
    fn next(&mut self) -> Option<Token> {
        if self.left == 0 {
            self.left = self.bits.take(16)?;
            let lengths = self.code_of_lengths(LENGTHS, Some(3))?;
            self.symbols = self.code_of_symbols(&lengths)?;
            self.distances = self.code_of_lengths(WIDTHS, None)?;
        }
        self.left = self.left.checked_sub(1)?;
        let symbol = self.symbols.read(&mut self.bits)?;
        if let Ok(byte) = u8::try_from(symbol) {
            return Some(Token::Byte(byte));
        }
        let width = self.distances.read(&mut self.bits)?;
        let distance = match width.checked_sub(1) {
            None => 0,
            Some(width) => (1 << width) + self.bits.take(width)?,
        };
        Some(Token::Copy(symbol - 256 + SHORTEST, distance + 1))
    }
}

impl Huffman<'_> {
    /// A code whose lengths stand in three bits and more; behind the first `gap` of them two bits tell of zeros.
    fn code_of_lengths(&mut self, most: usize, gap: Option<usize>) -> Option<Code> {
        let count = self.bits.take(5)?;
        if count == 0 {
            return Some(Code::One(self.bits.take(5)?));
        }
        let mut lengths = Vec::new();
        while lengths.len() < count {
            let mut length = self.bits.take(3)?;
            if length == 7 {
                length += self.bits.ones(16)?;
            }
            lengths.push(length);
            if Some(lengths.len()) == gap {
                let zeros = self.bits.take(2)?;
                lengths.extend((0..zeros).map(|_| 0));
            }
        }
        Code::of(&lengths, most)
    }

    /// The code of bytes and copies; its lengths are coded themselves.
    fn code_of_symbols(&mut self, code: &Code) -> Option<Code> {
        let count = self.bits.take(9)?;
        if count == 0 {
            return Some(Code::One(self.bits.take(9)?));
        }
        let mut lengths = Vec::new();
        while lengths.len() < count {
            let zeros = match code.read(&mut self.bits)? {
                0 => 1,
                1 => self.bits.take(4)? + 3,
                2 => self.bits.take(9)? + 20,
                length => {
                    lengths.push(length - 2);
                    continue;
                }
            };
            lengths.extend((0..zeros).map(|_| 0));
        }
        Code::of(&lengths, SYMBOLS)
    }
}

/// A Huffman code.
enum Code {
    /// One symbol that takes no bits.
    One(usize),
    /// How many codes there are of each length, and the symbols in the order of their codes.
    Many { counts: [usize; 17], symbols: Vec<usize> },
}

impl Code {
    /// The code of these lengths, if they make one.
    fn of(lengths: &[usize], most: usize) -> Option<Self> {
        let mut counts = [0; 17];
        for length in lengths {
            *counts.get_mut(*length)? += 1;
        }
        counts = std::array::from_fn(
            |length| if length == 0 { 0 } else { counts.get(length).copied().unwrap_or(0) },
        );
        let left = counts.iter().skip(1).try_fold(1usize, |left, count| (left * 2).checked_sub(*count))?;
        let mut symbols: Vec<usize> = (0..lengths.len()).filter(|at| lengths.get(*at) != Some(&0)).collect();
        symbols.sort_by_key(|at| lengths.get(*at));
        (left == 0 && lengths.len() <= most).then_some(Self::Many { counts, symbols })
    }

    fn read(&self, bits: &mut Bits<'_>) -> Option<usize> {
        let (counts, symbols) = match self {
            Self::One(symbol) => return Some(*symbol),
            Self::Many { counts, symbols } => (counts, symbols),
        };
        let (mut code, mut first, mut before) = (0usize, 0usize, 0usize);
        for count in counts.iter().skip(1) {
            code |= bits.bit()?;
            if code < first + count {
                return symbols.get(before + code - first).copied();
            }
            before += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}
