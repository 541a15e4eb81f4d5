//! LZX as cabinets and help files use it ([MS-PATCH] 2, and the description in the Cabinet SDK): frames of 32 KiB,
//! each packed into whole words, in blocks that may span frames.
//!
//! Left out: what only LZX DELTA has (a reference before the data, windows above 2 MiB, long matches).

use super::bits::{Bits, Code, Order};
use super::history::History;

/// A decoder of one stream.
#[derive(Debug)]
pub struct Lzx {
    history: History,
    /// Bytes unpacked before this frame.
    at: u64,
    /// Whether the header of the stream was read.
    has_begun: bool,
    /// The size of the program whose calls were made absolute, if that was done.
    program: Option<i32>,
    block: Block,
    /// Bytes left in the block.
    left: usize,
    /// Whether a byte that fills up a word follows the block.
    is_odd: bool,
    /// The last three distances.
    recent: [usize; 3],
    /// Lengths of the codes of the block before, which the next ones are told by.
    main_lengths: Vec<u8>,
    length_lengths: Vec<u8>,
}

#[derive(Debug)]
enum Block {
    Packed(Box<Codes>),
    Plain,
}

#[derive(Debug)]
struct Codes {
    /// Bytes, and slots of distances with short lengths.
    main: Code,
    /// Longer lengths.
    lengths: Code,
    /// The lowest three bits of distances, where they have a code of their own.
    aligned: Option<Code>,
}

/// The largest frame.
pub const FRAME: usize = 32 << 10;

impl Lzx {
    /// A decoder with a window of 2 to the power of `window` bytes; 15 to 21 are legal.
    pub fn new(window: u32) -> Option<Self> {
        let slots = match window {
            15..=19 => usize::try_from(window).ok()? * 2,
            20 => 42,
            21 => 50,
            _ => return None,
        };
        Some(Self {
            history: History::empty(1 << window),
            at: 0,
            has_begun: false,
            program: None,
            block: Block::Plain,
            left: 0,
            is_odd: false,
            recent: [1; 3],
            main_lengths: std::iter::repeat_n(0, 256 + 8 * slots).collect(),
            length_lengths: std::iter::repeat_n(0, 249).collect(),
        })
    }

    /// Unpacks the next frame of `length` bytes onto `out`. `None` where the data break; what was made of the frame
    /// is put out then too.
    pub fn frame(&mut self, packed: &[u8], length: usize, out: &mut Vec<u8>) -> Option<()> {
        let mut bits = Bits::new(packed, Order::Words);
        let length = length.min(FRAME);
        let ended = self.fill(&mut bits, length);
        // The filling byte belongs to the frame if there is one left in it.
        self.is_odd &= self.left > 0 || bits.take_bytes(1).is_empty();
        let before = out.len();
        out.extend_from_slice(self.history.give(length));
        if let Some(made) = out.get_mut(before..) {
            self.restore_calls(made);
            self.at += made.len() as u64;
        }
        ended
    }

    fn fill(&mut self, bits: &mut Bits<'_>, length: usize) -> Option<()> {
        if !self.has_begun {
            self.has_begun = true;
            if bits.take(1)? == 1 {
                self.program = Some((bits.take(16)? << 16 | bits.take(16)?).cast_signed());
            }
        }
        while self.history.waiting() < length {
            if self.left == 0 {
                self.begin(bits)?;
            } else {
                let made = self.step(bits, length)?;
                self.left = self.left.checked_sub(made)?;
            }
        }
        Some(())
    }

    /// Reads the header of a block.
    fn begin(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        if std::mem::take(&mut self.is_odd) {
            bits.take_bytes(1);
        }
        let kind = bits.take(3)?;
        self.left = usize::try_from(bits.take(16)? << 8 | bits.take(8)?).ok()?;
        self.block = match kind {
            1 => self.packed(bits, None)?,
            2 => {
                let lengths: Option<Vec<u8>> = (0..8).map(|_| length(bits, 3)).collect();
                self.packed(bits, Some(Code::new(&lengths?)?))?
            }
            3 => {
                bits.align();
                for recent in &mut self.recent {
                    let bytes = bits.take_bytes(4).try_into().ok()?;
                    *recent = usize::try_from(u32::from_le_bytes(bytes)).ok()?;
                }
                self.is_odd = self.left % 2 == 1;
                Block::Plain
            }
            _ => return None,
        };
        Some(())
    }

    fn packed(&mut self, bits: &mut Bits<'_>, aligned: Option<Code>) -> Option<Block> {
        let (bytes, matches) = self.main_lengths.split_at_mut_checked(256)?;
        tell_lengths(bits, bytes)?;
        tell_lengths(bits, matches)?;
        tell_lengths(bits, &mut self.length_lengths)?;
        let (main, lengths) = (Code::new(&self.main_lengths)?, Code::new(&self.length_lengths)?);
        Some(Block::Packed(Box::new(Codes { main, lengths, aligned })))
    }

    /// Makes the next bytes and answers how many.
    fn step(&mut self, bits: &mut Bits<'_>, length: usize) -> Option<usize> {
        let Block::Packed(codes) = &self.block else {
            let wanted = self.left.min(length - self.history.waiting());
            let bytes = bits.take_bytes(wanted);
            self.history.extend(bytes);
            return Some(bytes.len()).filter(|made| *made > 0);
        };
        let symbol = usize::from(codes.main.read(bits)?);
        let Some(symbol) = symbol.checked_sub(256) else {
            self.history.push(u8::try_from(symbol).ok()?);
            return Some(1);
        };
        let length = match symbol % 8 {
            7 => usize::from(codes.lengths.read(bits)?) + 9,
            short => short + 2,
        };
        let slot = symbol / 8;
        match slot {
            0..=2 => self.recent.swap(0, slot),
            _ => {
                let distance = distance(bits, slot, codes.aligned.as_ref())?;
                self.recent = [distance, self.recent[0], self.recent[1]];
            }
        }
        let [distance, ..] = self.recent;
        self.history.copy(distance, length)?;
        Some(length)
    }

    /// Makes the targets of calls (`E8`) relative again: the packer made them absolute, which packs better.
    fn restore_calls(&self, frame: &mut [u8]) {
        let Some(size) = self.program.filter(|_| self.at < 1 << 30 && frame.len() > 10) else { return };
        let Ok(start) = i32::try_from(self.at) else { return };
        let end = frame.len() - 10;
        let mut from = 0;
        while let Some(found) = frame.get(from..end).and_then(|rest| memchr::memchr(0xe8, rest)) {
            let at = from + found;
            from = at + 5;
            let Some(field) = frame.get_mut(at + 1..from) else { return };
            let Ok(bytes) = <[u8; 4]>::try_from(&*field) else { return };
            let place = start.wrapping_add(i32::try_from(at).unwrap_or_default());
            let target = i32::from_le_bytes(bytes);
            if target >= -place && target < size {
                let relative = target.wrapping_add(if target >= 0 { -place } else { size });
                field.copy_from_slice(&relative.to_le_bytes());
            }
        }
    }
}

/// A distance that is none of the last three: its slot gives the upper bits.
fn distance(bits: &mut Bits<'_>, slot: usize, aligned: Option<&Code>) -> Option<usize> {
    let width = u32::try_from((slot / 2).saturating_sub(1).min(17)).ok()?;
    let base = match slot {
        ..4 => slot,
        4..36 => (2 | slot & 1) << width,
        _ => (slot - 34) << 17,
    };
    let lower = match aligned.filter(|_| width >= 3) {
        Some(code) => bits.take(width - 3)? << 3 | u32::from(code.read(bits)?),
        None if width == 17 => bits.take(16)? << 1 | bits.take(1)?,
        None => bits.take(width)?,
    };
    Some(base + usize::try_from(lower).ok()? - 2)
}

fn length(bits: &mut Bits<'_>, width: u32) -> Option<u8> {
    u8::try_from(bits.take(width)?).ok()
}

/// Reads lengths of codes, each told by how it differs from the one before this block, in a code of its own.
fn tell_lengths(bits: &mut Bits<'_>, lengths: &mut [u8]) -> Option<()> {
    let own: Option<Vec<u8>> = (0..20).map(|_| length(bits, 4)).collect();
    let code = Code::new(&own?)?;
    let changed = |old: u8, by: u16| u8::try_from((17 + u16::from(old) - by) % 17).ok();
    let mut rest = lengths;
    while let Some(first) = rest.first().copied() {
        let (run, new) = match code.read(bits)? {
            by @ 0..=16 => (1, changed(first, by)?),
            17 => (bits.take(4)? + 4, 0),
            18 => (bits.take(5)? + 20, 0),
            _ => {
                let run = bits.take(1)? + 4;
                (run, changed(first, code.read(bits).filter(|by| *by <= 16)?)?)
            }
        };
        let (told, behind) = rest.split_at_mut_checked(usize::try_from(run).ok()?)?;
        told.fill(new);
        rest = behind;
    }
    Some(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    /// A frame in which blocks of all three kinds, all kinds of distances and lengths, and calls stand. An encoder
    /// wrote it that knows only fixed codes; cabextract unpacks it.
    pub(crate) const PACKED: &str = "0080c4090030500207000000140000005a0000007469786c7a77787571616f7968756266646c7068e810020000\
             6d726473686178676e6966790000400d32dbb60060000000020000400000400000000000000000000000000000\
             000000000000000000000000000000000000000000020000400000400000000000000000000000000000000000\
             0000000000000000000000000000000000440000004000aa4a0080000000000000000000000000000000000000\
             000000000000000000000000000000000000000000000000000000000000000000000000000000006604fe2f32\
             618c446991cd7419220f6c8187809b50e00c230cbc08cfc331e7a4003290010020000000000000040400000000\
             000000000000000000000000000000000000000000000000000000000020000000000000040400000000000000\
             000000000000000000000000000000000000000000000000000020000000000000040400000000000000000000\
             00000000000000000000000000000000000000008b003380234270311432065ce42a745e";
    pub(crate) const SIZE: usize = 637;
    pub(crate) const SHA256: &str = "28bef6827a0df91919d3065d9a9924ce1c6a84d5c19b252ee40681573603f98c";

    pub(crate) fn hex(text: &str) -> Vec<u8> {
        let digits = |two: &[u8]| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap();
        text.as_bytes().chunks(2).map(digits).collect()
    }

    /// Frames of one stream that hold bytes as they are.
    pub(crate) fn plain(bytes: &[u8]) -> Vec<Vec<u8>> {
        let size = u32::try_from(bytes.len()).unwrap();
        let header = 3 << 28 | size << 4;
        let words = [header >> 16, header & 0xffff].map(|word| u16::try_from(word).unwrap().to_le_bytes());
        let recent = [1u32, 1, 1].map(u32::to_le_bytes);
        let mut frames: Vec<Vec<u8>> = bytes.chunks(FRAME).map(<[u8]>::to_vec).collect();
        frames[0].splice(..0, [words.as_flattened(), recent.as_flattened()].concat());
        frames
    }

    #[test]
    fn blocks_of_every_kind_are_unpacked() {
        let mut out = Vec::new();
        let done = Lzx::new(16).unwrap().frame(&hex(PACKED), SIZE, &mut out);
        let sha256: [u8; 32] = Sha256::digest(&out).into();
        assert_eq!((done, out.len(), sha256.to_vec()), (Some(()), SIZE, hex(SHA256)));
    }

    #[test]
    fn a_block_may_span_frames() {
        for size in [1, 9, FRAME, FRAME + 1, 70_001] {
            let bytes: Vec<u8> = (0..size).map(|at| (at % 251).to_le_bytes()[0]).collect();
            let (mut lzx, mut out) = (Lzx::new(15).unwrap(), Vec::new());
            for (packed, bytes) in plain(&bytes).iter().zip(bytes.chunks(FRAME)) {
                assert_eq!(lzx.frame(packed, bytes.len(), &mut out), Some(()), "{size}");
            }
            assert!(out == bytes, "{size}");
        }
    }

    #[test]
    fn cut_or_flipped_anywhere_it_keeps_what_came() {
        let (packed, mut whole) = (hex(PACKED), Vec::new());
        Lzx::new(16).unwrap().frame(&packed, SIZE, &mut whole);
        for at in 0..packed.len() - 2 {
            let mut out = Vec::new();
            let done = Lzx::new(16).unwrap().frame(&packed[..at], SIZE, &mut out);
            assert!(done.is_none() && out.len() < SIZE, "{at}");
            for bit in 0..8 {
                let mut bad = packed.clone();
                bad[at] ^= 1 << bit;
                let (mut lzx, mut out) = (Lzx::new(16).unwrap(), Vec::new());
                for _ in 0..2 {
                    let _any = lzx.frame(&bad, SIZE, &mut out);
                }
                assert!(out.len() <= SIZE * 2);
            }
        }
        assert!(Lzx::new(14).is_none() && Lzx::new(22).is_none());
    }
}
