//! Decoders that several stages need: stored, deflate (RFC 1951), deflate64, bzip2, LZMA as ZIP wraps it
//! (APPNOTE 5.8) and alone, xz, zstd (RFC 8878), LZ4 and the LZW of compress, each as a plain [`Read`]; and, for
//! containers that keep the properties of a stream elsewhere, bare LZMA and LZMA2, PPMd7 and the filters for machine
//! code.
//!
//! Two rules hold for all of them. Every byte made before the data breaks is handed out before the error is; and
//! data that ends too early is an error, not an end. The usual adapters of the crates keep neither, so the
//! decoders are driven here step by step. Memory is bounded: dictionaries above [`DICTIONARY`] are refused, or cut
//! where that leaves something to read.
//!
//! Left out: shrink, reduce, implode and the PPMd of ZIP, which no mail of today carries.

mod bare;
pub mod bits;
mod filter;
pub mod history;
mod lz4;
mod lzma;
mod lzw;
pub mod lzx;
mod ppmd;
mod stepped;
mod zstd;

pub use bare::{lzma, lzma2};
pub use filter::{Filter, bcj2};
pub use lz4::Lz4;
pub use lzma::{Lzma, Xz};
pub use lzw::Lzw;
pub use ppmd::ppmd7;
pub use stepped::{Bunzip2, Inflate, bunzip2, inflate};
pub use zstd::Zstd;

use std::io::{self, BufRead, Read};
use stepped::Stepped;

/// A way of packing bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// Not packed at all.
    Stored,
    /// RFC 1951 without a wrapper.
    Deflate,
    /// Deflate with a window of 64 KiB.
    Deflate64,
    /// bzip2 streams, one behind the other.
    Bzip2,
    /// LZMA behind the header of APPNOTE 5.8.8; `size` is the size it unpacks to where no end mark tells.
    Lzma {
        /// Bytes it unpacks to; `None` where an end mark tells.
        size: Option<u64>,
    },
    /// An xz file.
    Xz,
    /// zstd frames, one behind the other.
    Zstd,
}

/// The largest dictionary or window a decoder may ask for (128 MiB): what the strongest usual settings of 7-Zip
/// and zstd need, and what every worker can spare for a moment.
pub const DICTIONARY: u32 = 128 << 20;

impl Codec {
    /// The unpacked bytes of `source`. Never fails here: what is wrong comes as an error of reading.
    pub fn reader<'a>(self, source: impl BufRead + 'a) -> Box<dyn Read + 'a> {
        match self {
            Self::Stored => Box::new(source),
            Self::Deflate => Box::new(inflate(source)),
            Self::Deflate64 => Box::new(Stepped::new(source, Box::new(deflate64::InflaterManaged::new()))),
            Self::Bzip2 => Box::new(bunzip2(source)),
            Self::Lzma { size } => or_fail(lzma::in_zip(source, size)),
            Self::Xz => Box::new(lzma::xz_file(source)),
            Self::Zstd => or_fail(Zstd::new(source)),
        }
    }
}

/// The bytes of a zlib stream (RFC 1950). The checksum at its end is not looked at: it proves nothing about an
/// attacker's file, and Office does not look at it either.
pub fn zlib(stream: &[u8]) -> Inflate<&[u8]> {
    inflate(stream.get(2..).unwrap_or_default())
}

/// The reader, or one that fails with its error.
fn or_fail<'a, R: Read + 'a>(reader: io::Result<R>) -> Box<dyn Read + 'a> {
    match reader {
        Ok(reader) => Box::new(reader),
        Err(error) => Box::new(Fails(Some(error))),
    }
}

/// A reader that could not begin.
struct Fails(Option<io::Error>);

impl Read for Fails {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::limits::{Budget, Decoded, Limits};
    use std::io::Write;

    const ALL: [Codec; 6] = [
        Codec::Deflate,
        Codec::Bzip2,
        Codec::Lzma { size: None },
        Codec::Lzma { size: Some(30_000) },
        Codec::Xz,
        Codec::Zstd,
    ];

    /// 30,000 bytes that pack, but not to nothing.
    pub(crate) fn sample() -> Vec<u8> {
        let noise = std::iter::successors(Some(7u32), |n| {
            Some(n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223))
        });
        noise.map(|n| (n >> 24).to_le_bytes()[0] % 61).take(30_000).collect()
    }

    /// The packed form, by the encoders of the crates.
    pub(crate) fn pack(codec: Codec, plain: &[u8]) -> Vec<u8> {
        match codec {
            Codec::Stored => plain.to_vec(),
            Codec::Deflate => {
                let mut out = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
                out.write_all(plain).unwrap();
                out.finish().unwrap()
            }
            // Deflate64 is deflate but for the meaning of length code 285 and distances above 32 KiB; a stored
            // block is the same in both.
            Codec::Deflate64 => {
                let length = u16::try_from(plain.len()).unwrap();
                [&[1u8][..], &length.to_le_bytes(), &(!length).to_le_bytes(), plain].concat()
            }
            Codec::Bzip2 => {
                let mut out = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
                out.write_all(plain).unwrap();
                out.finish().unwrap()
            }
            Codec::Lzma { size } => pack_lzma(plain, size),
            Codec::Xz => {
                let options = lzma_rust2::XzOptions::with_preset(1);
                let mut out = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
                out.write_all(plain).unwrap();
                out.finish().unwrap()
            }
            Codec::Zstd => {
                ruzstd::encoding::compress_to_vec(plain, ruzstd::encoding::CompressionLevel::Fastest)
            }
        }
    }

    fn pack_lzma(plain: &[u8], size: Option<u64>) -> Vec<u8> {
        let options = lzma_rust2::LzmaOptions::with_preset(1);
        let mut out = lzma_rust2::LzmaWriter::new_no_header(Vec::new(), &options, size.is_none()).unwrap();
        out.write_all(plain).unwrap();
        let body = out.finish().unwrap();
        let dictionary = options.dict_size.to_le_bytes();
        [&[9, 20, 5, 0, options.get_props()][..], &dictionary, &body].concat()
    }

    fn unpack(codec: Codec, packed: &[u8]) -> Decoded {
        unpack_from(codec.reader(packed))
    }

    pub(crate) fn unpack_from(mut reader: Box<dyn Read + '_>) -> Decoded {
        Budget::new(&Limits::default()).read(&mut reader)
    }

    /// A source that fails where it should end.
    pub(crate) struct Breaking<'a>(&'a [u8]);

    impl<'a> Breaking<'a> {
        pub(crate) fn new(bytes: &'a [u8]) -> Self {
            Self(bytes)
        }
    }

    impl Read for Breaking<'_> {
        fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
            match self.0.read(output)? {
                0 if !output.is_empty() => Err(io::Error::other("broken source")),
                length => Ok(length),
            }
        }
    }

    #[test]
    fn every_codec_gives_back_what_was_packed() {
        for codec in ALL.into_iter().chain([Codec::Stored, Codec::Deflate64]) {
            let out = unpack(codec, &pack(codec, &sample()));
            assert_eq!((out.bytes == sample(), out.broken), (true, None), "{codec:?}");
        }
    }

    #[test]
    fn data_cut_short_is_an_error_and_what_came_before_is_kept() {
        for codec in ALL.into_iter().chain([Codec::Deflate64]) {
            let packed = pack(codec, &sample());
            for cut in (0..packed.len() - 8).step_by(packed.len() / 40) {
                let out = unpack(codec, &packed[..cut]);
                assert!(out.broken.is_some(), "{codec:?} cut at {cut}");
                assert!(sample().starts_with(&out.bytes), "{codec:?} cut at {cut}");
            }
        }
        let packed = pack(Codec::Deflate, &sample());
        assert!(unpack(Codec::Deflate, &packed[..packed.len() / 2]).bytes.len() > 10_000);
        let packed = pack(Codec::Lzma { size: None }, &sample());
        assert!(unpack(Codec::Lzma { size: None }, &packed[..packed.len() / 2]).bytes.len() > 10_000);
        let big: Vec<u8> = std::iter::repeat_with(sample).take(20).flatten().collect();
        let packed = pack(Codec::Zstd, &big);
        assert!(unpack(Codec::Zstd, &packed[..packed.len() - 5]).bytes.len() > 100_000);
    }

    #[test]
    fn flipped_bits_never_panic() {
        for codec in ALL.into_iter().chain([Codec::Deflate64]) {
            let packed = pack(codec, &sample());
            for at in (0..packed.len()).step_by(packed.len() / 150 + 1) {
                let mut bad = packed.clone();
                bad[at] ^= 1 << (at % 8);
                let _any = unpack(codec, &bad);
            }
        }
    }

    #[test]
    fn a_dictionary_of_gigabytes_is_refused() {
        let header = [9, 20, 5, 0, 0x5d, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0];
        let out = unpack(Codec::Lzma { size: None }, &header);
        assert!(out.broken.unwrap().contains("1073741824"));
    }

    #[test]
    fn of_a_zlib_stream_all_is_kept_and_the_checksum_is_not_looked_at() {
        let plain: Vec<u8> = (0..5000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(&plain).unwrap();
        let mut packed = writer.finish().unwrap();
        let end = packed.len();
        packed[end - 1] ^= 1;
        let whole = Budget::new(&Limits::default()).read(&mut zlib(&packed));
        assert!(whole.bytes == plain && whole.broken.is_none());
        let cut = Budget::new(&Limits::default()).read(&mut zlib(&packed[..end / 2]));
        assert!(plain.starts_with(&cut.bytes) && cut.bytes.len() > 9000 && cut.broken.is_some());
    }
}
