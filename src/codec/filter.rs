//! Filters that stand before a packer: delta, and those that turn the addresses of jumps in machine code (BCJ, and
//! BCJ2 with its four streams).

use super::or_fail;
use lzma_rust2::filter::StreamFilter;
use lzma_rust2::filter::bcj2::Bcj2Reader;
use lzma_rust2::{FilterConfig, FilterType};
use std::io::{self, Read};

/// A filter with one stream on either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Differences to the byte that many before, 1 to 256.
    Delta(u32),
    /// x86.
    X86,
    /// PowerPC, big-endian.
    PowerPc,
    /// Itanium.
    Ia64,
    /// 32-bit ARM.
    Arm,
    /// ARM Thumb.
    ArmThumb,
    /// SPARC.
    Sparc,
    /// 64-bit ARM; the address of the first byte.
    Arm64(u32),
    /// RISC-V; the address of the first byte.
    RiscV(u32),
}

impl Filter {
    /// The bytes of `source` as they were before filtering.
    pub fn reader<'a>(self, source: impl Read + 'a) -> Box<dyn Read + 'a> {
        let (filter_type, property) = match self {
            Self::Delta(distance) => (FilterType::Delta, distance),
            Self::X86 => (FilterType::BcjX86, 0),
            Self::PowerPc => (FilterType::BcjPpc, 0),
            Self::Ia64 => (FilterType::BcjIa64, 0),
            Self::Arm => (FilterType::BcjArm, 0),
            Self::ArmThumb => (FilterType::BcjArmThumb, 0),
            Self::Sparc => (FilterType::BcjSparc, 0),
            Self::Arm64(start) => (FilterType::BcjArm64, start),
            Self::RiscV(start) => (FilterType::BcjRiscv, start),
        };
        let filter = StreamFilter::new(&FilterConfig { filter_type, property });
        or_fail(filter.map(|filter| Filtered {
            source,
            filter,
            bytes: Vec::new(),
            given: 0,
            settled: 0,
            end: None,
        }))
    }
}

/// Joins the four streams of BCJ2: the code, the addresses of calls, those of jumps, and which of them were taken
/// out.
pub fn bcj2<'a>(streams: Vec<Box<dyn Read + 'a>>, size: u64) -> Box<dyn Read + 'a> {
    or_fail(Bcj2Reader::try_new(streams, size))
}

struct Filtered<R> {
    source: R,
    filter: StreamFilter,
    /// What is settled, then what the filter holds back until it sees what follows.
    bytes: Vec<u8>,
    given: usize,
    settled: usize,
    /// How the source ended.
    end: Option<io::Result<()>>,
}

impl<R: Read> Filtered<R> {
    /// Filters more of the source. At its end or fault, what is held back stands as it is.
    fn fill(&mut self) {
        self.bytes.drain(..self.settled);
        (self.given, self.settled) = (0, 0);
        let mut chunk = [0; 4096];
        match self.source.read(&mut chunk) {
            Ok(0) => self.end = Some(Ok(())),
            Ok(length) => {
                self.bytes.extend_from_slice(chunk.get(..length).unwrap_or_default());
                self.settled = self.filter.decode(&mut self.bytes);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => self.end = Some(Err(error)),
        }
        if self.end.is_some() {
            self.settled = self.bytes.len();
        }
    }
}

impl<R: Read> Read for Filtered<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        while self.given == self.settled {
            match &mut self.end {
                Some(end) => return std::mem::replace(end, Ok(())).map(|()| 0),
                None if output.is_empty() => return Ok(0),
                None => self.fill(),
            }
        }
        let mut settled = self.bytes.get(self.given..self.settled).unwrap_or_default();
        let length = settled.read(output)?;
        self.given += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::tests::{Breaking, sample, unpack_from};
    use lzma_rust2::filter::bcj::BcjWriter;
    use lzma_rust2::filter::delta::DeltaWriter;
    use std::io::Write;

    type Wrap = fn(&mut Vec<u8>) -> Box<dyn Write + '_>;

    const ALL: [(Filter, Wrap); 9] = [
        (Filter::Delta(3), |out| Box::new(DeltaWriter::new(out, 3))),
        (Filter::X86, |out| Box::new(BcjWriter::new_x86(out, 0))),
        (Filter::PowerPc, |out| Box::new(BcjWriter::new_ppc(out, 0))),
        (Filter::Ia64, |out| Box::new(BcjWriter::new_ia64(out, 0))),
        (Filter::Arm, |out| Box::new(BcjWriter::new_arm(out, 0))),
        (Filter::ArmThumb, |out| Box::new(BcjWriter::new_arm_thumb(out, 0))),
        (Filter::Sparc, |out| Box::new(BcjWriter::new_sparc(out, 0))),
        (Filter::Arm64(0), |out| Box::new(BcjWriter::new_arm64(out, 0))),
        (Filter::RiscV(0), |out| Box::new(BcjWriter::new_riscv(out, 0))),
    ];

    /// Bytes in which every filter finds calls, at places that are multiples of four.
    fn code() -> Vec<u8> {
        let calls: &[&[u8]] = &[
            b"\xe8\x10\x20\x30\x00\x0f\x84\x01\x02\x00\x00\x00",
            b"\x48\x01\x00\x05",
            b"\x10\x00\x00\xeb",
            b"\x04\xf0\x10\xf8",
            b"\x40\x00\x10\x20",
            b"\x12\x34\x00\x94",
            b"\xef\x00\x50\x00\x97\x00\x01\x00\xe7\x80\x00\x00",
            b"\x11\x00\x00\x00\x00\x00\x00\x00\x00\x00\x50\x00\x00\x00\x50\x00",
        ];
        let noise = sample();
        let code =
            noise.chunks(8).zip(calls.iter().cycle()).flat_map(|(noise, call)| [noise, *call].concat());
        code.take(30_000).collect()
    }

    #[test]
    fn every_filter_is_turned_back() {
        for (filter, wrap) in ALL {
            let mut filtered = Vec::new();
            wrap(&mut filtered).write_all(&code()).unwrap();
            // The writers hold back what the readers hold back; it is the same on both sides.
            let missing = code()[filtered.len()..].to_vec();
            filtered.extend(missing);
            assert!(filtered != code(), "{filter:?}");
            let out = unpack_from(filter.reader(filtered.as_slice()));
            assert_eq!((out.bytes == code(), out.broken), (true, None), "{filter:?}");
        }
    }

    #[test]
    fn a_source_that_breaks_gives_all_it_had_and_then_its_fault() {
        for (filter, _) in ALL {
            let out = unpack_from(filter.reader(Breaking::new(&sample()[..5001])));
            assert_eq!((out.size, out.broken.as_deref()), (5001, Some("broken source")), "{filter:?}");
        }
    }

    #[test]
    fn bcj2_without_its_streams_is_an_error_and_never_a_fault() {
        assert!(unpack_from(bcj2(Vec::new(), 9)).broken.is_some());
        let bytes = code();
        let streams = || -> Vec<Box<dyn Read + '_>> {
            bytes.chunks(7_500).map(|chunk| Box::new(chunk) as Box<dyn Read + '_>).collect()
        };
        let out = unpack_from(bcj2(streams(), 40_000));
        assert!(out.broken.is_some() && out.size <= 30_000);
    }
}
