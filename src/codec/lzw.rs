//! The LZW of Unix compress (`.Z`): codes of 9 to 16 bits, least significant bit first, with or without the code that
//! clears the table. No standard describes it; POSIX names the program and the sources of ncompress are the reference.
//!
//! The codes stand in groups of eight. Where their width changes the rest of a group is left unused, because the
//! first program wrote whole groups.

use std::io::{self, Read};

/// The codes of a `.Z` file behind its header.
pub struct Lzw<'a> {
    data: &'a [u8],
    /// The next bit, and the bit at which the present width began.
    at: usize,
    region: usize,
    width: u32,
    most_width: u32,
    /// Whether code 256 clears the table.
    has_clear: bool,
    /// What the codes from the first free one on stand for: another code and a byte behind it.
    entries: Vec<(u16, u8)>,
    previous: Option<u16>,
    /// Bytes made and not yet given out, the next one last.
    made: Vec<u8>,
    is_broken: bool,
}

/// The code that clears the table, if there is one; entries begin behind it.
const CLEAR: u16 = 256;

/// Bits of a code at the beginning.
const FIRST_WIDTH: u32 = 9;

impl<'a> Lzw<'a> {
    /// The codes in `data`; `flags` is the third byte of the header. None if its codes would be shorter than 9 or
    /// longer than 16 bits.
    pub fn new(flags: u8, data: &'a [u8]) -> Option<Self> {
        let most_width = u32::from(flags & 0x1f);
        (FIRST_WIDTH..=16).contains(&most_width).then_some(Self {
            data,
            at: 0,
            region: 0,
            width: FIRST_WIDTH,
            most_width,
            has_clear: flags & 0x80 != 0,
            entries: Vec::new(),
            previous: None,
            made: Vec::new(),
            is_broken: false,
        })
    }

    /// The number of the first entry.
    fn first(&self) -> usize {
        usize::from(CLEAR) + usize::from(self.has_clear)
    }

    /// Takes another width; the group of eight codes is left.
    fn set_width(&mut self, width: u32) {
        let group = usize::try_from(self.width).unwrap_or_default() * 8;
        self.at = self.region + (self.at - self.region).next_multiple_of(group);
        (self.region, self.width) = (self.at, width);
    }

    /// The next code; none at the end.
    fn code(&mut self) -> Option<u16> {
        let window = self.data.get(self.at / 8..)?;
        let end = self.at + usize::try_from(self.width).ok()?;
        if end > self.data.len() * 8 {
            return None;
        }
        let bits = window.iter().take(3).rev().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte));
        self.at = end;
        let start = end - usize::try_from(self.width).ok()?;
        u16::try_from(bits >> (start % 8) & ((1 << self.width) - 1)).ok()
    }

    /// Decodes one code. False at the end and where a code stands for nothing.
    fn step(&mut self) -> bool {
        let used = self.first() + self.entries.len();
        if used >= 1 << self.width && self.width < self.most_width {
            self.set_width(self.width + 1);
        }
        let Some(code) = self.code() else { return false };
        if self.has_clear && code == CLEAR {
            self.entries.clear();
            self.previous = None;
            self.set_width(FIRST_WIDTH);
            return true;
        }
        self.is_broken = !self.expand(code, used);
        !self.is_broken
    }

    /// Puts what a code stands for into `made`, and the new entry into the table.
    fn expand(&mut self, code: u16, used: usize) -> bool {
        let Some(previous) = self.previous else {
            let Ok(byte) = u8::try_from(code) else { return false };
            self.made.push(byte);
            self.previous = Some(code);
            return true;
        };
        let is_new = usize::from(code) == used && used < 1 << self.most_width;
        if usize::from(code) >= used && !is_new {
            return false;
        }
        let slot = self.made.len();
        if is_new {
            self.made.push(0);
        }
        let Some(first) = self.unroll(if is_new { previous } else { code }) else { return false };
        if let Some(last) = self.made.get_mut(slot).filter(|_| is_new) {
            *last = first;
        }
        if used < 1 << self.most_width {
            self.entries.push((previous, first));
        }
        self.previous = Some(code);
        true
    }

    /// Puts the bytes of a code into `made`, last one first; answers the first.
    fn unroll(&mut self, mut code: u16) -> Option<u8> {
        loop {
            if let Ok(byte) = u8::try_from(code) {
                self.made.push(byte);
                return Some(byte);
            }
            // An entry refers to an older one, so this ends.
            let (prefix, byte) = *self.entries.get(usize::from(code).checked_sub(self.first())?)?;
            self.made.push(byte);
            code = prefix;
        }
    }
}

impl Read for Lzw<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let mut length = 0;
        for target in output.iter_mut() {
            while self.made.is_empty() && !self.is_broken && self.step() {}
            let Some(byte) = self.made.pop() else { break };
            *target = byte;
            length += 1;
        }
        if length == 0 && self.is_broken && !output.is_empty() {
            return Err(io::Error::other("a code stands for nothing"));
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{Budget, Decoded, Limits};

    fn unpack(flags: u8, data: &[u8]) -> Decoded {
        Budget::new(&Limits::default()).read(&mut Lzw::new(flags, data).unwrap())
    }

    /// Codes of nine bits.
    fn codes(codes: &[u16]) -> Vec<u8> {
        let bits: Vec<bool> =
            codes.iter().flat_map(|code| (0..9).map(move |bit| code >> bit & 1 == 1)).collect();
        bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect()
    }

    #[test]
    fn a_code_may_stand_for_what_is_just_being_made() {
        assert_eq!(unpack(0x90, &codes(&[97, 257, 258, 98])).bytes, b"aaaaaab");
        assert_eq!(unpack(0x10, &codes(&[97, 256, 257, 98])).bytes, b"aaaaaab");
    }

    #[test]
    fn clearing_leaves_the_group() {
        let data = [codes(&[97, 98, 256, 0, 0, 0, 0, 0]), codes(&[99, 257])].concat();
        assert_eq!(unpack(0x90, &data).bytes, b"abccc");
    }

    #[test]
    fn a_code_from_nowhere_ends_it() {
        for bad in [&[300u16][..], &[97, 259], &[97, 98, 259]] {
            let out = unpack(0x90, &codes(bad));
            assert_eq!((out.bytes.len(), out.broken.is_some()), (bad.len() - 1, true), "{bad:?}");
        }
        assert!(Lzw::new(0x88, b"").is_none() && Lzw::new(0x91, b"").is_none());
        assert_eq!(unpack(0x90, b"").bytes, b"");
    }

    #[test]
    fn any_bytes_end() {
        let noise = std::iter::successors(Some(7u32), |n| {
            Some(n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223))
        });
        let noise: Vec<u8> = noise.map(|n| n.to_be_bytes()[0]).take(20_000).collect();
        for flags in (0x89..=0x90).chain(0x09..=0x10) {
            let _any = unpack(flags, &noise);
            let _zeros = unpack(flags, &[0; 5000]);
        }
    }
}
