//! The stream of a folder, block by block (CFDATA, [MS-CAB] 2.4), stored, by MSZIP or by LZX.
//!
//! MSZIP ([MS-MCI]): each block is deflate behind `CK`, and may copy from the 32 KiB before it.

use super::header::{Cabinet, Folder};
use crate::bytes::Reader;
use crate::codec::inflate;
use crate::codec::lzx::{FRAME, Lzx};
use crate::limits::{Budget, Stop};
use std::io::{self, Read};

/// A folder being unpacked.
pub(super) struct Stream<'a> {
    /// Its place in the cabinet.
    pub(super) folder: Option<usize>,
    /// Bytes handed out.
    pub(super) at: u64,
    /// Whether a block read since [`Stream::mark`] has a wrong checksum.
    pub(super) is_wrong: bool,
    /// Whether the block being handed out has.
    is_block_wrong: bool,
    blocks: Reader<'a>,
    /// Blocks not begun.
    left: u16,
    /// Reserved bytes of each block.
    reserved: usize,
    method: Method,
    /// The block being handed out, and how much of it was.
    made: Vec<u8>,
    given: usize,
    broken: Option<&'static str>,
}

enum Method {
    Stored,
    MsZip {
        /// The bytes before the block, as far back as copies reach.
        before: Vec<u8>,
    },
    Lzx(Lzx),
    Unsupported(u16),
}

impl<'a> Stream<'a> {
    /// The beginning of a folder.
    pub(super) fn new(cabinet: &Cabinet<'a>, place: Option<usize>) -> Self {
        let folder = place.and_then(|place| cabinet.folders.get(place));
        let start = folder.and_then(|folder| Reader::at(cabinet.bytes, folder.start));
        Self {
            folder: place,
            at: 0,
            is_wrong: false,
            is_block_wrong: false,
            blocks: start.unwrap_or(Reader::new(&[])),
            left: folder.map_or(0, |folder| folder.blocks),
            reserved: cabinet.reserved,
            method: folder.map_or(Method::Stored, Method::of),
            made: Vec::new(),
            given: 0,
            broken: None,
        }
    }

    /// Whether nobody here knows its method.
    pub(super) fn is_unsupported(&self) -> bool {
        matches!(self.method, Method::Unsupported(_))
    }

    /// The method in words, where nobody knows it.
    pub(super) fn method(&self) -> String {
        match self.method {
            Method::Unsupported(number) if number & 0xf == 2 => "Quantum".to_string(),
            Method::Unsupported(number) => format!("method {number:#06x}"),
            _ => String::new(),
        }
    }

    /// A file begins here: `is_wrong` is about it from now on.
    pub(super) fn mark(&mut self) {
        self.is_wrong = self.is_block_wrong && self.given < self.made.len();
    }

    /// Unpacks up to `offset` without keeping anything; answers why it does not come so far.
    pub(super) fn skip_to(&mut self, offset: u64, budget: &mut Budget) -> Result<Option<String>, Stop> {
        let mut chunk = [0; 4096];
        while self.at < offset {
            let wanted = usize::try_from(offset - self.at).unwrap_or(chunk.len()).min(chunk.len());
            let length = match self.read(chunk.get_mut(..wanted).unwrap_or_default()) {
                Ok(0) => return Ok(Some("the folder ends before the file begins".to_string())),
                Ok(length) => length,
                Err(error) => return Ok(Some(error.to_string())),
            };
            budget.pay(length as u64)?;
        }
        Ok(None)
    }

    /// Unpacks the next block. `Ok(false)` where there is none.
    fn begin(&mut self) -> Result<bool, &'static str> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(false) };
        self.left = left;
        self.made.clear();
        self.given = 0;
        let cut = "the cabinet ends before the folder does";
        let block = Block::read(&mut self.blocks, self.reserved).ok_or(cut)?;
        self.is_block_wrong = block.is_wrong;
        self.is_wrong |= block.is_wrong;
        let made = match (&mut self.method, block.size) {
            // The rest of the block is in the next cabinet.
            (_, 0) => Err("the folder goes on in the next cabinet"),
            (Method::Stored, _) => {
                self.made.extend_from_slice(block.data);
                Ok(())
            }
            (Method::MsZip { before }, size) => ms_zip(before, block.data, size, &mut self.made),
            (Method::Lzx(lzx), size) => {
                lzx.frame(block.data, size, &mut self.made).ok_or("the LZX data are corrupt or end too early")
            }
            (Method::Unsupported(_), _) => Err("the method is not supported"),
        };
        self.broken = made.err().or(block.is_cut.then_some(cut));
        Ok(true)
    }
}

impl Method {
    fn of(folder: &Folder) -> Self {
        match folder.method & 0xf {
            0 => Some(Self::Stored),
            1 => Some(Self::MsZip { before: Vec::new() }),
            3 => Lzx::new(u32::from(folder.method >> 8 & 0x1f)).map(Self::Lzx),
            _ => None,
        }
        .unwrap_or(Self::Unsupported(folder.method))
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        while self.given == self.made.len() {
            if let Some(why) = self.broken {
                return Err(io::Error::other(why));
            }
            match self.begin() {
                Ok(true) => {}
                Ok(false) => return Ok(0),
                Err(why) => self.broken = Some(why),
            }
        }
        let length = self.made.get(self.given..).unwrap_or_default().read(output)?;
        self.given += length;
        self.at += length as u64;
        Ok(length)
    }
}

/// CFDATA.
struct Block<'a> {
    data: &'a [u8],
    /// Bytes it unpacks to.
    size: usize,
    is_wrong: bool,
    is_cut: bool,
}

impl<'a> Block<'a> {
    fn read(reader: &mut Reader<'a>, reserved: usize) -> Option<Self> {
        let told = reader.u32()?;
        let sizes = reader.array::<4>()?;
        let [packed, size] = [[sizes[0], sizes[1]], [sizes[2], sizes[3]]].map(u16::from_le_bytes);
        let reserved = reader.take_up_to(reserved);
        let data = reader.take_up_to(packed.into());
        let is_cut = data.len() < packed.into();
        // The specification has it go over the reserved bytes too, the usual writers and readers do not.
        let plain = checksum(data) ^ checksum(&sizes);
        let is_right = || [0, plain, checksum(&[reserved, data].concat()) ^ checksum(&sizes)].contains(&told);
        Some(Self { data, size: size.into(), is_wrong: !is_cut && !is_right(), is_cut })
    }
}

/// [MS-CAB] 3.1: words XORed, the bytes behind the last word highest first.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let (words, rest) = bytes.as_chunks();
    let sum = words.iter().fold(0, |sum, word| sum ^ u32::from_le_bytes(*word));
    sum ^ rest.iter().fold(0, |last, byte| last << 8 | u32::from(*byte))
}

/// Unpacks one block of MSZIP. The bytes before it are put in front as a stored block of deflate, which is what a
/// window is to a decoder.
fn ms_zip(before: &mut Vec<u8>, data: &[u8], size: usize, out: &mut Vec<u8>) -> Result<(), &'static str> {
    let body = data.strip_prefix(b"CK").ok_or("a block of MSZIP lacks its mark")?;
    let length = u16::try_from(before.len()).unwrap_or_default();
    let window = [&[0][..], &length.to_le_bytes(), &(!length).to_le_bytes(), before];
    let mut decoder = inflate(io::Cursor::new([window.concat().as_slice(), body].concat()));
    let (mut chunk, mut over) = ([0; 4096], before.len());
    let ended = loop {
        match decoder.read(&mut chunk) {
            Ok(0) => break Ok(()),
            Err(_) => break Err("the MSZIP data are corrupt or end too early"),
            Ok(length) => {
                let got = chunk.get(over.min(length)..length).unwrap_or_default();
                over -= over.min(length);
                out.extend_from_slice(got);
            }
        }
        if out.len() > FRAME.max(size) {
            break Err("a block of MSZIP is too long");
        }
    };
    before.extend_from_slice(out);
    before.drain(..before.len().saturating_sub(FRAME));
    match ended {
        Ok(()) if out.len() != size => Err("a block of MSZIP has not the size it says"),
        ended => ended,
    }
}
