//! zlib streams (RFC 1950) inside documents, read for what they hold: the checksum at the end proves nothing about
//! an attacker's file, and Office does not look at it.

use crate::limits::{Budget, Decoded};
use flate2::read::DeflateDecoder;
use std::io::Read;

/// Inflates what follows the two bytes of the zlib header, paid from the budget.
pub(super) fn inflate(zlib: &[u8], budget: &mut Budget) -> Decoded {
    budget.read(&mut Steps(DeflateDecoder::new(zlib.get(2..).unwrap_or_default())))
}

/// Asks for few bytes at a time, because what a decoder made in the very call that fails is lost.
struct Steps<R>(R);

const STEP: usize = 256;

impl<R: Read> Read for Steps<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let step = out.len().min(STEP);
        self.0.read(out.get_mut(..step).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use std::io::Write;

    #[test]
    fn what_comes_before_a_fault_is_kept_and_the_checksum_is_not_looked_at() {
        let plain: Vec<u8> = (0..5000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        zlib.write_all(&plain).unwrap();
        let mut packed = zlib.finish().unwrap();
        let end = packed.len();
        packed[end - 1] ^= 1;
        let whole = inflate(&packed, &mut Budget::new(&Limits::default()));
        assert!(whole.bytes == plain && whole.broken.is_none());
        let cut = inflate(&packed[..end / 2], &mut Budget::new(&Limits::default()));
        assert!(plain.starts_with(&cut.bytes) && cut.bytes.len() > 9000 && cut.broken.is_some());
    }
}
