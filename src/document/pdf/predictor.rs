//! Predictors (ISO 32000-1 7.4.4.4): differences between neighbours, by the rules of PNG or of TIFF.
//!
//! Left out: TIFF differences of samples that are not bytes, which only pictures have.

use super::file::File;
use super::object::{Dict, Object};
use std::io::{self, Read};

/// How rows are to be put together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Predictor {
    is_png: bool,
    /// Bytes of a row.
    row: usize,
    /// Bytes from a sample to the same one of the pixel before.
    step: usize,
}

/// The longest row believed.
const LONGEST: usize = 1 << 20;

impl Predictor {
    /// The predictor that parameters of a filter ask for.
    pub(super) fn of(file: &File, parameters: &Dict) -> Option<Self> {
        let number = |key, usual| {
            let value =
                parameters.get(key).map(|value| file.resolve(value)).and_then(|value: Object| value.int());
            value.and_then(|value| usize::try_from(value).ok()).unwrap_or(usual)
        };
        let kind = number("Predictor", 1);
        let (colors, bits) = (number("Colors", 1).clamp(1, 64), number("BitsPerComponent", 8).clamp(1, 32));
        let row = number("Columns", 1).saturating_mul(colors * bits).div_ceil(8).clamp(1, LONGEST);
        match kind {
            0 | 1 => None,
            2 if bits != 8 => None,
            _ => Some(Self { is_png: kind != 2, row, step: (colors * bits).div_ceil(8) }),
        }
    }

    pub(super) fn reader<R: Read>(self, inner: R) -> Rows<R> {
        Rows { how: self, inner, above: Vec::new(), row: Vec::new(), at: 0 }
    }
}

/// Rows being put together.
pub(super) struct Rows<R> {
    how: Predictor,
    inner: R,
    above: Vec<u8>,
    row: Vec<u8>,
    /// How much of the row was handed out.
    at: usize,
}

impl<R: Read> Rows<R> {
    /// Reads up to `length` bytes behind those in `row`; a row that breaks off is kept.
    fn fill(&mut self, length: usize) -> io::Result<()> {
        let mut chunk = [0u8; 4096];
        while self.row.len() < length {
            let room = chunk.len().min(length - self.row.len());
            let got = self.inner.read(chunk.get_mut(..room).unwrap_or_default());
            match got {
                Ok(0) => break,
                Ok(count) => self.row.extend(chunk.get(..count).unwrap_or_default()),
                Err(error) if self.row.is_empty() => return Err(error),
                Err(_) => break,
            }
        }
        Ok(())
    }

    fn next(&mut self) -> io::Result<()> {
        self.above = std::mem::take(&mut self.row);
        self.at = 0;
        let mut tag = 0;
        if self.how.is_png {
            self.fill(1)?;
            tag = self.row.pop().unwrap_or_default();
        }
        self.fill(self.how.row)?;
        let step = self.how.step;
        let kind = if self.how.is_png { tag } else { 1 };
        for at in 0..self.row.len() {
            let of = |row: &[u8], back: usize| {
                at.checked_sub(back).and_then(|at| row.get(at)).copied().unwrap_or_default()
            };
            let (left, up) = (of(&self.row, step), of(&self.above, 0));
            let guess = match kind {
                1 => left,
                2 => up,
                3 => left.midpoint(up),
                4 => paeth(left, up, of(&self.above, step)),
                _ => 0,
            };
            if let Some(byte) = self.row.get_mut(at) {
                *byte = byte.wrapping_add(guess);
            }
        }
        Ok(())
    }
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(up), i16::from(corner));
    let guess = a + b - c;
    let (to_a, to_b, to_c) = ((guess - a).abs(), (guess - b).abs(), (guess - c).abs());
    if to_a <= to_b && to_a <= to_c {
        left
    } else if to_b <= to_c {
        up
    } else {
        corner
    }
}

impl<R: Read> Read for Rows<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.row.len() {
            self.next()?;
        }
        let mut rest = self.row.get(self.at..).unwrap_or_default();
        let count = rest.read(output)?;
        self.at += count;
        Ok(count)
    }
}
