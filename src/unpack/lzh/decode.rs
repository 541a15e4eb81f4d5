//! The methods of LZH: `-lh4-` to `-lh7-` (static codes, block by block), `-lh1-` (a code that adapts), `-lzs-` and
//! `-lz5-` (LArc, no code at all).
//!
//! No standard describes them; the layout is that of the sources of LHarc and LHa, which are public.

use super::adaptive::Adaptive;
use crate::codec::bits::{Bits, Code, Order};
use crate::codec::history::History;
use std::io::{self, Read};

/// The unpacked bytes of a member; `None` for methods that nobody here knows.
pub(super) fn reader<'a>(method: &[u8], data: &'a [u8], size: u64) -> Option<Box<dyn Read + 'a>> {
    if STORED.iter().any(|stored| *stored == method) {
        return Some(Box::new(data));
    }
    let spaces = |count| std::iter::repeat_n(b' ', count).collect::<Vec<u8>>();
    let blocks = |bits| Box::new(Blocks::new(bits));
    let (before, steps): (Vec<u8>, Box<dyn Steps>) = match method {
        b"-lh1-" => (spaces(1 << 12), Box::new(Adaptive::new())),
        b"-lh4-" => (spaces(1 << 12), blocks(4)),
        b"-lh5-" => (spaces(1 << 13), blocks(4)),
        b"-lh6-" => (spaces(1 << 15), blocks(5)),
        b"-lh7-" => (spaces(1 << 16), blocks(5)),
        b"-lzs-" => (spaces(1 << 11), Box::new(Lzs { at: (1 << 11) - 17 })),
        b"-lz5-" => (larc_history(), Box::new(Lz5 { at: (1 << 12) - 18, flags: 1 })),
        _ => return None,
    };
    Some(Box::new(Unpacking {
        bits: Bits::new(data, Order::Bytes),
        history: History::new(before),
        steps,
        left: size,
        is_broken: false,
    }))
}

/// Methods that do not pack.
const STORED: [&[u8; 5]; 3] = [b"-lh0-", b"-lz4-", b"-pm0-"];

/// A method as steps, each of which makes at least one byte.
pub(super) trait Steps {
    /// Makes the next bytes. `None` where the data break.
    fn step(&mut self, bits: &mut Bits<'_>, history: &mut History) -> Option<()>;
}

/// A member being unpacked.
struct Unpacking<'a> {
    bits: Bits<'a>,
    history: History,
    steps: Box<dyn Steps>,
    /// Bytes not handed out yet: no method has an end mark.
    left: u64,
    is_broken: bool,
}

impl Read for Unpacking<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(output.len());
        while self.history.waiting() < wanted && !self.is_broken {
            self.is_broken = self.steps.step(&mut self.bits, &mut self.history).is_none();
        }
        let given = self.history.give(wanted);
        for (place, byte) in output.iter_mut().zip(given) {
            *place = *byte;
        }
        if given.is_empty() && wanted > 0 {
            return Err(io::Error::other("the packed data are corrupt or end too early"));
        }
        self.left -= given.len() as u64;
        Ok(given.len())
    }
}

/// `-lh4-` to `-lh7-`: blocks of symbols, each block with codes of its own.
struct Blocks {
    /// Bits that count the lengths of the code of distances.
    distance_bits: u32,
    /// Symbols left in the block.
    left: u32,
    /// Bytes, and lengths of copies.
    symbols: Code,
    /// How many bits a distance has.
    distances: Code,
}

impl Blocks {
    fn new(distance_bits: u32) -> Self {
        Self { distance_bits, left: 0, symbols: Code::default(), distances: Code::default() }
    }

    fn begin(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        self.left = bits.take(16)?;
        let lengths = lengths_code(bits, 5, Some(2))?;
        self.symbols = symbols_code(bits, &lengths)?;
        self.distances = lengths_code(bits, self.distance_bits, None)?;
        Some(())
    }
}

impl Steps for Blocks {
    fn step(&mut self, bits: &mut Bits<'_>, history: &mut History) -> Option<()> {
        while self.left == 0 {
            self.begin(bits)?;
        }
        self.left -= 1;
        let symbol = usize::from(self.symbols.read(bits)?);
        if let Ok(byte) = u8::try_from(symbol) {
            history.push(byte);
            return Some(());
        }
        let distance = match u32::from(self.distances.read(bits)?) {
            width @ 0..=1 => width,
            width @ 2..=17 => 1 << (width - 1) | bits.take(width - 1)?,
            _ => return None,
        };
        history.copy(usize::try_from(distance).ok()? + 1, symbol - 256 + SHORTEST)
    }
}

/// The shortest copy.
const SHORTEST: usize = 3;
/// How many bytes and lengths of copies there are.
const SYMBOLS: usize = 510;

/// A code whose lengths are written plainly; behind the first three, `gap` bits may say how many have none.
fn lengths_code(bits: &mut Bits<'_>, count_bits: u32, gap: Option<u32>) -> Option<Code> {
    let count = usize::try_from(bits.take(count_bits)?).ok()?;
    if count == 0 {
        return Some(Code::single(u16::try_from(bits.take(count_bits)?).ok()?));
    }
    let mut lengths = Vec::new();
    while lengths.len() < count {
        lengths.push(plain_length(bits)?);
        if let Some(gap) = gap.filter(|_| lengths.len() == 3) {
            let without = bits.take(gap)?;
            lengths.extend((0..without).map(|_| 0));
        }
    }
    Code::new(&lengths)
}

/// Three bits, and where these are all set, as many more as are set.
fn plain_length(bits: &mut Bits<'_>) -> Option<u8> {
    let mut length = u8::try_from(bits.take(3)?).ok()?;
    while (7..=16).contains(&length) && bits.take(1)? == 1 {
        length += 1;
    }
    Some(length)
}

/// The code of symbols, whose lengths are symbols of another code.
fn symbols_code(bits: &mut Bits<'_>, code: &Code) -> Option<Code> {
    let count = usize::try_from(bits.take(9)?).ok()?;
    if count == 0 {
        return Some(Code::single(u16::try_from(bits.take(9)?).ok()?));
    }
    let mut lengths: Vec<u8> = Vec::new();
    while lengths.len() < count.min(SYMBOLS) {
        let without = match code.read(bits)? {
            0 => 1,
            1 => bits.take(4)? + 3,
            2 => bits.take(9)? + 20,
            length => {
                lengths.push(u8::try_from(length - 2).ok()?);
                continue;
            }
        };
        lengths.extend((0..without).map(|_| 0));
    }
    Code::new(&lengths)
}

/// `-lzs-`: a bit tells a byte from a copy; places are those of a ring of 2 KiB.
struct Lzs {
    at: usize,
}

impl Steps for Lzs {
    fn step(&mut self, bits: &mut Bits<'_>, history: &mut History) -> Option<()> {
        if bits.take(1)? == 1 {
            self.at += 1;
            history.push(u8::try_from(bits.take(8)?).ok()?);
            return Some(());
        }
        let place = usize::try_from(bits.take(11)?).ok()?;
        let length = usize::try_from(bits.take(4)?).ok()? + 2;
        history.copy(distance(self.at, place, 1 << 11), length)?;
        self.at += length;
        Some(())
    }
}

/// `-lz5-`: a byte of flags before eight bytes or copies; places are those of a ring of 4 KiB.
struct Lz5 {
    at: usize,
    /// The flags not used yet, lowest first, below a mark.
    flags: u32,
}

impl Steps for Lz5 {
    fn step(&mut self, bits: &mut Bits<'_>, history: &mut History) -> Option<()> {
        if self.flags == 1 {
            self.flags = bits.take(8)? | 0x100;
        }
        let is_byte = self.flags & 1 == 1;
        self.flags >>= 1;
        let first = bits.take(8)?;
        if is_byte {
            self.at += 1;
            history.push(u8::try_from(first).ok()?);
            return Some(());
        }
        let second = bits.take(8)?;
        let place = usize::try_from(first | (second & 0xf0) << 4).ok()?;
        let length = usize::try_from(second & 0x0f).ok()? + SHORTEST;
        history.copy(distance(self.at, place, 1 << 12), length)?;
        self.at += length;
        Some(())
    }
}

/// How far back a place of a ring is.
fn distance(at: usize, place: usize, ring: usize) -> usize {
    match at.wrapping_sub(place) % ring {
        0 => ring,
        distance => distance,
    }
}

/// What the ring of `-lz5-` holds before anything is unpacked, so that the first copies find something: runs of
/// every byte, all bytes up and down, zeros and spaces. Turned so that the place where unpacking begins is the end.
fn larc_history() -> Vec<u8> {
    let runs = (0..=255u8).flat_map(|byte| std::iter::repeat_n(byte, 13));
    let filler = std::iter::repeat_n(0, 128).chain(std::iter::repeat_n(b' ', 110));
    let ring = runs.chain(0..=255).chain((0..=255).rev()).chain(filler);
    std::iter::repeat_n(0, 18).chain(ring).collect()
}
