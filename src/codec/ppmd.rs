//! PPMd variant H with the range coder of 7z. The stream does not tell where it ends; the container does.

use super::or_fail;
use ppmd_rust::Ppmd7Decoder;
use std::io::{self, Read};

/// The largest model (192 MiB): what the strongest setting of 7-Zip asks for. It is not used before the packed data
/// begins as PPMd data does.
const MODEL: u32 = 192 << 20;

/// Unpacks `size` bytes.
pub fn ppmd7<'a>(source: impl Read + 'a, order: u32, memory: u32, size: u64) -> Box<dyn Read + 'a> {
    if memory > MODEL {
        return or_fail::<io::Empty>(Err(io::Error::other(format!(
            "the PPMd model of {memory} bytes is too large"
        ))));
    }
    let decoder = Ppmd7Decoder::new(source, order, memory);
    or_fail(
        decoder
            .map(|decoder| Ppmd { decoder, left: size, broken: None })
            .map_err(|error| io::Error::other(format!("the PPMd data is corrupt: {error}"))),
    )
}

struct Ppmd<R: Read> {
    decoder: Ppmd7Decoder<R>,
    left: u64,
    broken: Option<io::Error>,
}

impl<R: Read> Read for Ppmd<R> {
    /// The decoder forgets what it made in a call that fails, so it is asked for one byte at a time.
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.broken.take() {
            self.left = 0;
            return Err(error);
        }
        let mut made = 0;
        for byte in output.chunks_mut(1) {
            if self.left == 0 {
                break;
            }
            match self.decoder.read(byte) {
                Ok(1) => (made, self.left) = (made + 1, self.left - 1),
                Ok(_) => self.broken = Some(io::Error::other("the packed data ends too early")),
                Err(_) => self.broken = Some(io::Error::other("the PPMd data is corrupt")),
            }
            if self.broken.is_some() {
                break;
            }
        }
        match self.broken.take() {
            Some(error) if made == 0 && !output.is_empty() => {
                self.left = 0;
                Err(error)
            }
            broken => {
                self.broken = broken;
                Ok(made)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::tests::{sample, unpack_from};
    use std::io::Write;

    #[test]
    fn what_was_packed_comes_back_and_a_fault_keeps_what_came_before() {
        let mut writer = ppmd_rust::Ppmd7Encoder::new(Vec::new(), 6, 1 << 20).unwrap();
        writer.write_all(&sample()).unwrap();
        let packed = writer.finish(false).unwrap();
        let whole = unpack_from(ppmd7(packed.as_slice(), 6, 1 << 20, 30_000));
        assert_eq!((whole.bytes == sample(), whole.broken), (true, None));
        for cut in (0..packed.len() - 8).step_by(2_000) {
            let out = unpack_from(ppmd7(&packed[..cut], 6, 1 << 20, 30_000));
            assert!(sample().starts_with(&out.bytes) && out.broken.is_some(), "{cut}");
        }
        for at in (0..packed.len()).step_by(1_500) {
            let mut bad = packed.clone();
            bad[at] ^= 1 << (at % 8);
            assert!(unpack_from(ppmd7(bad.as_slice(), 6, 1 << 20, 30_000)).size <= 30_000);
        }
    }

    #[test]
    fn a_model_of_gigabytes_and_an_order_of_nothing_are_refused() {
        assert!(unpack_from(ppmd7(&[0; 9][..], 6, 1 << 31, 9)).broken.unwrap().contains("2147483648"));
        for (order, memory) in [(0, 1 << 20), (1, 1 << 20), (65, 1 << 20), (6, 0), (6, 2047)] {
            assert!(unpack_from(ppmd7(&[0; 9][..], order, memory, 9)).broken.is_some());
        }
    }
}
