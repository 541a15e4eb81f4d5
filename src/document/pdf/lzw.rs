//! `LZWDecode` (ISO 32000-1 7.4.4): codes of 9 to 12 bits, most significant bit first; 256 clears the table, 257 ends.

use std::io::{self, Read};

/// A stream being decoded.
pub(super) struct Lzw<'a> {
    packed: &'a [u8],
    /// Bits taken and not used, and how many.
    bits: (u32, u32),
    /// 1 if codes grow one code early, which is usual.
    early: usize,
    /// For each code from 258 on: the code before its last byte, and that byte.
    table: Vec<(u16, u8)>,
    before: Option<u16>,
    /// Bytes made and not handed out, in reverse.
    ready: Vec<u8>,
    is_done: bool,
}

const CLEAR: u16 = 256;
const END: u16 = 257;
const FIRST: u16 = 258;
const MOST: usize = 4096;

impl<'a> Lzw<'a> {
    pub(super) fn new(packed: &'a [u8], early: bool) -> Self {
        let (table, ready) = (Vec::new(), Vec::new());
        Self { packed, bits: (0, 0), early: usize::from(early), table, before: None, ready, is_done: false }
    }

    /// How many bits the next code has.
    fn width(&self) -> u32 {
        match self.table.len() + usize::from(FIRST) + self.early {
            ..512 => 9,
            512..1024 => 10,
            1024..2048 => 11,
            _ => 12,
        }
    }

    fn code(&mut self) -> Option<u16> {
        let width = self.width();
        let (mut value, mut count) = self.bits;
        while count < width {
            let (byte, rest) = self.packed.split_first()?;
            value = value << 8 | u32::from(*byte);
            count += 8;
            self.packed = rest;
        }
        count -= width;
        self.bits = (value & ((1 << count) - 1), count);
        u16::try_from(value >> count).ok()
    }

    fn entry(&self, code: u16) -> Option<(u16, u8)> {
        self.table.get(usize::from(code.checked_sub(FIRST)?)).copied()
    }

    /// Makes ready what a code stands for. Answers its first byte.
    fn spell(&mut self, code: u16) -> Option<u8> {
        let mut code = code;
        loop {
            if let Ok(byte) = u8::try_from(code) {
                self.ready.push(byte);
                return Some(byte);
            }
            let (before, byte) = self.entry(code)?;
            self.ready.push(byte);
            code = before;
        }
    }

    /// The first byte of what a code stands for.
    fn first(&self, code: u16) -> Option<u8> {
        let mut code = code;
        loop {
            match u8::try_from(code) {
                Ok(byte) => return Some(byte),
                Err(_) => code = self.entry(code)?.0,
            }
        }
    }

    /// Takes the next code. `None` where nothing more comes.
    fn step(&mut self) -> Option<()> {
        let code = self.code()?;
        match code {
            END => return None,
            CLEAR => {
                self.table.clear();
                self.before = None;
                return Some(());
            }
            _ => {}
        }
        if let Some(before) = self.before
            && self.table.len() + usize::from(FIRST) < MOST
        {
            let is_next = usize::from(code) == self.table.len() + usize::from(FIRST);
            let byte = self.first(if is_next { before } else { code })?;
            self.table.push((before, byte));
        }
        self.spell(code)?;
        self.before = Some(code);
        Some(())
    }
}

impl Read for Lzw<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let mut made = 0;
        for place in output {
            while self.ready.is_empty() && !self.is_done {
                self.is_done = self.step().is_none();
            }
            let Some(byte) = self.ready.pop() else { break };
            *place = byte;
            made += 1;
        }
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{Budget, Limits};

    fn unpack(packed: &[u8], early: bool) -> Vec<u8> {
        Budget::new(&Limits::default()).read(&mut Lzw::new(packed, early)).bytes
    }

    /// Codes of nine bits, as an encoder writes them that clears the table before it grows.
    fn literal(plain: &[u8]) -> Vec<u8> {
        let mut bits = String::new();
        for chunk in plain.chunks(200) {
            bits += &format!("{CLEAR:09b}");
            chunk.iter().for_each(|byte| bits += &format!("{byte:09b}"));
        }
        bits += &format!("{END:09b}0000000");
        bits.as_bytes()
            .chunks_exact(8)
            .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap())
            .collect()
    }

    /// The example of the specification.
    #[test]
    fn the_example_of_the_specification() {
        let packed = [0x80, 0x0b, 0x60, 0x50, 0x22, 0x0c, 0x0c, 0x85, 0x01];
        assert_eq!(unpack(&packed, true), [45, 45, 45, 45, 45, 65, 45, 45, 45, 66]);
        for cut in 0..packed.len() {
            unpack(&packed[..cut], true);
            let mut bad = packed;
            bad[cut] ^= 0x10;
            unpack(&bad, cut % 2 == 0);
        }
    }

    #[test]
    fn a_cleared_table_starts_anew() {
        let plain: Vec<u8> = (0..1000u32).map(|n| (n * 7).to_le_bytes()[0]).collect();
        assert_eq!(unpack(&literal(&plain), true), plain);
    }

    #[test]
    fn noise_ends() {
        let noise: Vec<u8> = (0..50_000u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
        assert!(unpack(&noise, true).len() < 4096 * 50_000);
    }
}
