//! The bytes of a disk, wherever an image keeps them: [`Image`] answers them piece by piece, so that a virtual disk
//! of terabytes costs no more than what is looked at.

use std::io::{self, Read};

/// A disk, addressed by bytes.
pub(in crate::unpack) trait Image {
    /// What stands from byte `at` on, as far as it lies in one place. A piece is never empty.
    fn piece(&self, at: u64) -> Piece<'_>;
}

/// A run of bytes on a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::unpack) enum Piece<'a> {
    /// These.
    Bytes(&'a [u8]),
    /// That many zeros which the image does not store.
    Zeros(u64),
    /// The image does not have them.
    Gone,
}

impl Piece<'_> {
    /// The first `length` of it at most.
    pub(in crate::unpack) fn up_to(self, length: u64) -> Self {
        match self {
            Self::Bytes(bytes) => Self::Bytes(bytes.get(..to_usize(length)).unwrap_or(bytes)),
            Self::Zeros(zeros) => Self::Zeros(zeros.min(length)),
            Self::Gone => Self::Gone,
        }
    }
}

/// Bytes of a file: where they stand on the disk, or zeros that stand nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::unpack) struct Run {
    /// First byte; none for a hole.
    pub(in crate::unpack) at: Option<u64>,
    /// How many.
    pub(in crate::unpack) length: u64,
}

impl Run {
    /// Bytes that stand on the disk.
    pub(in crate::unpack) fn new(at: u64, length: u64) -> Self {
        Self { at: Some(at), length }
    }

    /// Zeros that stand nowhere.
    pub(in crate::unpack) fn hole(length: u64) -> Self {
        Self { at: None, length }
    }
}

/// At most `length` bytes from `at` on; fewer where the image ends. For single structures: `length` is capped.
pub(in crate::unpack) fn peek(image: &dyn Image, at: u64, length: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut chunk = [0; 4096];
    let mut reader = Runs::new(image, vec![Run::new(at, length.min(MOST_PEEKED))]);
    while let Ok(length @ 1..) = reader.read(&mut chunk) {
        out.extend_from_slice(chunk.get(..length).unwrap_or_default());
    }
    out
}

/// The `N` bytes at `at`, as tables are read: without a copy where they lie in one piece.
pub(in crate::unpack) fn field<const N: usize>(image: &dyn Image, at: u64) -> Option<[u8; N]> {
    match image.piece(at) {
        Piece::Bytes(bytes) if bytes.len() >= N => bytes.get(..N)?.try_into().ok(),
        Piece::Gone => None,
        _ => peek(image, at, N as u64).try_into().ok(),
    }
}

/// The largest structure of a file system that is read in one piece.
const MOST_PEEKED: u64 = 64 << 10;

/// The bytes of runs, one after another.
pub(in crate::unpack) struct Runs<'a> {
    image: &'a dyn Image,
    runs: std::vec::IntoIter<Run>,
    run: Run,
}

impl<'a> Runs<'a> {
    /// A reader of these runs.
    pub(in crate::unpack) fn new(image: &'a dyn Image, runs: Vec<Run>) -> Self {
        Self { image, runs: runs.into_iter(), run: Run::hole(0) }
    }
}

impl Read for Runs<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.run.length == 0 {
            let Some(next) = self.runs.next() else { return Ok(0) };
            self.run = next;
        }
        let piece = self.run.at.map_or(Piece::Zeros(self.run.length), |at| self.image.piece(at));
        let room = self.run.length.min(out.len() as u64);
        let length = match piece {
            Piece::Bytes(bytes) => {
                let length = to_usize(room).min(bytes.len());
                for (to, from) in out.iter_mut().zip(bytes.get(..length).unwrap_or_default()) {
                    *to = *from;
                }
                length
            }
            Piece::Zeros(zeros) => {
                let length = to_usize(room.min(zeros));
                out.iter_mut().take(length).for_each(|byte| *byte = 0);
                length
            }
            Piece::Gone => {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the image ends before it"));
            }
        };
        let read = length as u64;
        self.run.length -= read;
        self.run.at = self.run.at.map(|at| at.saturating_add(read));
        Ok(length)
    }
}

/// A file of bytes that is the disk itself.
pub(in crate::unpack) struct Flat<'a>(pub(in crate::unpack) &'a [u8]);

impl Image for Flat<'_> {
    fn piece(&self, at: u64) -> Piece<'_> {
        let rest = usize::try_from(at).ok().and_then(|at| self.0.get(at..)).unwrap_or_default();
        if rest.is_empty() { Piece::Gone } else { Piece::Bytes(rest) }
    }
}

/// A part of another disk.
pub(in crate::unpack) struct Window<'a> {
    /// The whole disk.
    pub(in crate::unpack) image: &'a dyn Image,
    /// Where the part begins.
    pub(in crate::unpack) start: u64,
}

impl Image for Window<'_> {
    fn piece(&self, at: u64) -> Piece<'_> {
        self.start.checked_add(at).map_or(Piece::Gone, |at| self.image.piece(at))
    }
}

/// A CD copied with all 2,352 bytes of every sector (ECMA-130 14): 16 bytes of synchronisation and header before
/// the 2,048 of user data, in mode 2 also the 8 of a subheader.
pub(in crate::unpack) struct RawSectors<'a> {
    bytes: &'a [u8],
    /// Bytes before the user data of a sector.
    before: u64,
}

/// The synchronisation field of a sector.
pub(in crate::unpack) const SYNC: [u8; 12] = [0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0];
const RAW_SECTOR: u64 = 2352;
const USER_DATA: u64 = 2048;

impl<'a> RawSectors<'a> {
    /// The user data in a copy of raw sectors, if `bytes` is one.
    pub(in crate::unpack) fn new(bytes: &'a [u8]) -> Option<Self> {
        let mode = bytes.strip_prefix(&SYNC)?.get(3)?;
        let before = match mode {
            1 => 16,
            2 => 24,
            _ => return None,
        };
        Some(Self { bytes, before })
    }
}

impl Image for RawSectors<'_> {
    fn piece(&self, at: u64) -> Piece<'_> {
        let (sector, inside) = (at / USER_DATA, at % USER_DATA);
        let user = || {
            let start = sector.checked_mul(RAW_SECTOR)?.checked_add(self.before + inside)?;
            let rest = self.bytes.get(usize::try_from(start).ok()?..)?;
            rest.get(..to_usize(USER_DATA - inside).min(rest.len())).filter(|user| !user.is_empty())
        };
        user().map_or(Piece::Gone, Piece::Bytes)
    }
}

/// A length that was held against a smaller one, or is as good as endless.
pub(in crate::unpack) fn to_usize(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_joined_and_a_missing_one_is_told() {
        let disk = Flat(b"0123456789");
        let mut reader = Runs::new(&disk, vec![Run::new(8, 2), Run::hole(3), Run::new(0, 1), Run::new(9, 4)]);
        let mut out = [1; 32];
        let mut got = Vec::new();
        let error = loop {
            match reader.read(&mut out) {
                Ok(length) => got.extend_from_slice(&out[..length]),
                Err(error) => break error,
            }
        };
        assert_eq!(got, b"89\0\0\x0009");
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn user_data_of_raw_sectors_is_one_disk() {
        let sector = |mode: u8, fill: u8| {
            let head = [&SYNC[..], &[0, 2, 0, mode], &[7; 8][..usize::from(mode - 1) * 8]].concat();
            let behind = 2352 - 2048 - head.len();
            [head, [fill; 2048].to_vec(), [9].repeat(behind)].concat()
        };
        for mode in [1, 2] {
            let bytes = [sector(mode, 1), sector(mode, 2)].concat();
            let disk = RawSectors::new(&bytes).unwrap();
            assert_eq!(peek(&disk, 2047, 2), [1, 2]);
            assert_eq!(peek(&disk, 4095, 9), [2]);
            assert_eq!(disk.piece(4096), Piece::Gone);
        }
    }

    #[test]
    fn places_past_every_end_are_gone() {
        let disk = Flat(b"abc");
        let part = Window { image: &disk, start: 2 };
        assert_eq!((part.piece(0), part.piece(1)), (Piece::Bytes(b"c"), Piece::Gone));
        assert_eq!((part.piece(u64::MAX), disk.piece(u64::MAX)), (Piece::Gone, Piece::Gone));
    }
}
