//! Bare LZMA and LZMA2 streams, whose properties stand in the container around them.
//!
//! A dictionary that is larger than what may be kept is cut, not refused: a stream that reaches no farther back,
//! and the beginning of every other one, is decoded all the same. The rest fails at the first far match.

use super::stepped::{Engine, State, Step, Stepped};
use super::{DICTIONARY, or_fail};
use lzma_rust2::{Action, Lzma2Stream, LzmaReader, Status};
use std::io::{BufRead, Read};

/// Unpacks an LZMA stream with the properties `lc`, `lp` and `pb` in one byte; `size` is the size it unpacks to
/// where no end mark tells.
pub fn lzma<'a>(
    source: impl Read + 'a,
    properties: u8,
    dictionary: u32,
    size: Option<u64>,
) -> Box<dyn Read + 'a> {
    let size = size.unwrap_or(u64::MAX);
    let dictionary = dictionary.min(DICTIONARY);
    or_fail(LzmaReader::new_with_props(source, size, properties, dictionary, None).map(|mut reader| {
        reader.set_defer_errors(true);
        reader
    }))
}

/// Unpacks an LZMA2 stream up to its end mark.
pub fn lzma2<'a>(source: impl BufRead + 'a, dictionary: u32) -> Box<dyn Read + 'a> {
    Box::new(Stepped::new(source, Lzma2Stream::new(dictionary.min(DICTIONARY))))
}

/// How many bytes the decoder is given at a time. Of a step that fails, what these bytes made is lost with it.
const STEP: usize = 64;

impl Engine for Lzma2Stream {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let (before_in, before_out) = (self.total_in(), self.total_out());
        let action = if input.is_empty() { Action::Finish } else { Action::Run };
        let input = input.get(..STEP).unwrap_or(input);
        let state = match self.process(input, output, action) {
            Ok(result) if result.status == Status::StreamEnd => State::Ended,
            Ok(_) => State::Going,
            Err(_) if input.is_empty() => State::Broken("the packed data ends too early"),
            Err(_) => State::Broken("the LZMA2 data is corrupt"),
        };
        Step { consumed: self.total_in() - before_in, made: self.total_out() - before_out, state }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::tests::{sample, unpack_from};
    use std::io::Write;

    fn packed() -> Vec<u8> {
        let options = lzma_rust2::Lzma2Options::with_preset(1);
        let mut out = lzma_rust2::Lzma2Writer::new(Vec::new(), options);
        out.write_all(&sample()).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn lzma2_gives_back_what_was_packed_and_keeps_what_came_before_a_fault() {
        let packed = packed();
        let whole = unpack_from(lzma2(packed.as_slice(), 1 << 20));
        assert_eq!((whole.bytes == sample(), whole.broken), (true, None));
        for cut in (0..packed.len()).step_by(59) {
            let out = unpack_from(lzma2(&packed[..cut], 1 << 20));
            assert!(sample().starts_with(&out.bytes) && out.broken.is_some(), "{cut}");
            assert!(out.bytes.len() + 200 > cut, "{cut} {}", out.bytes.len());
        }
        for at in (0..packed.len()).step_by(101) {
            let mut bad = packed.clone();
            bad[at] ^= 1 << (at % 8);
            let _any = unpack_from(lzma2(bad.as_slice(), 1 << 20));
        }
    }

    #[test]
    fn a_dictionary_of_gigabytes_is_cut_and_what_needs_less_is_read() {
        let packed = packed();
        let out = unpack_from(lzma2(packed.as_slice(), u32::MAX));
        assert_eq!((out.bytes == sample(), out.broken), (true, None));
        let options = lzma_rust2::LzmaOptions::with_preset(1);
        let mut writer = lzma_rust2::LzmaWriter::new_no_header(Vec::new(), &options, true).unwrap();
        writer.write_all(&sample()).unwrap();
        let packed = writer.finish().unwrap();
        let out = unpack_from(lzma(packed.as_slice(), options.get_props(), u32::MAX, None));
        assert_eq!((out.bytes == sample(), out.broken), (true, None));
    }

    #[test]
    fn properties_out_of_range_are_an_error_of_reading() {
        assert!(unpack_from(lzma(&[0; 9][..], 225, 1 << 16, None)).broken.is_some());
    }
}
