//! Encrypted workbooks (MS-XLS 2.2.10): the data of records after FilePass are encrypted, their headers and a few
//! records are not. The decrypted stream has zeros in place of FilePass.

use super::passwords::{EXCEL, Found, Passwords};
use super::rc4::{Blocks, Key, Lock};
use super::through::{Layer, Step, Through};
use super::xor::{self, Pattern};
use super::{Door, Tried, marks};
use crate::artifact::{Artifact, Child, Opened};
use crate::bytes::Reader;
use crate::limits::{Budget, Stop};
use std::io::Read;

/// Bytes under one key.
const BLOCK: u64 = 1024;

pub(super) fn open(
    door: &Door,
    passwords: &mut Passwords,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<Tried, Stop> {
    let head = door.head(door.stream, budget)?;
    open_stream(&door.stream.path, &head, door.compound.reader(door.stream), passwords, out, budget)
}

/// A workbook that is a file by itself, as Excel 5 and older wrote them.
pub(super) fn open_bare(
    artifact: &Artifact,
    passwords: &mut Passwords,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<Tried, Stop> {
    let bytes = artifact.bytes.as_slice();
    open_stream(&artifact.name, bytes, bytes, passwords, out, budget)
}

/// How a workbook is encrypted.
enum Scheme {
    Rc4(Lock),
    Xor { key: u16, verifier: u16 },
}

impl Scheme {
    /// The data of FilePass (MS-XLS 2.4.117). Before BIFF8 they are key and verifier alone.
    fn read(data: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(data);
        let kind = if data.len() == 4 { 0 } else { reader.u16()? };
        match kind {
            0 => Some(Self::Xor { key: reader.u16()?, verifier: reader.u16()? }),
            1 => Lock::read(reader.rest()).map(Self::Rc4),
            _ => None,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Rc4(lock) => lock.scheme(),
            Self::Xor { .. } => "office-xor",
        }
    }

    fn find(&self, passwords: &mut Passwords, budget: &mut Budget) -> Result<Option<Found<Layer>>, Stop> {
        match self {
            Self::Rc4(lock) => {
                let layer = |key: Key| Layer::rc4(Blocks::new(key, BLOCK));
                passwords.find(&[EXCEL], lock.cost(), budget, |text| lock.open(text).map(layer))
            }
            Self::Xor { key, verifier } => passwords.find(&[EXCEL], 1, budget, |text| {
                let fits = |pattern: &Pattern| (pattern.key, pattern.verifier) == (*key, *verifier);
                let patterns = xor::encodings(text);
                patterns.iter().filter_map(|bytes| Pattern::new(bytes)).find(fits).map(Layer::Xor)
            }),
        }
    }
}

/// Opens the stream whose beginning is `head`.
pub(super) fn open_stream(
    name: &str,
    head: &[u8],
    source: impl Read,
    passwords: &mut Passwords,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<Tried, Stop> {
    let Some((at, data)) = marks::file_pass(head) else { return Ok(Tried::Shut(None)) };
    let Some(scheme) = Scheme::read(data) else {
        out.missed("unsupported-method", format!("{name}: the record FilePass"));
        return Ok(Tried::Shut(None));
    };
    let Some(found) = scheme.find(passwords, budget)? else { return Ok(Tried::Shut(None)) };
    let cipher = Records::new(found.noted(scheme.name(), out), at as u64);
    let decoded = budget.read(&mut Through::new(source, cipher));
    let stop = decoded.stop;
    let room = out.push(Child::decoded(name, "decrypted", decoded), budget);
    Ok(Tried::Open(stop.map_or(room, Err)))
}

/// The cipher over the records of a workbook.
struct Records {
    layer: Layer,
    at: u64,
    /// Where FilePass stands.
    file_pass: u64,
    /// The header that is being read.
    header: [u8; 4],
    /// How many of its bytes are there.
    known: usize,
    /// Data of the record that are still to come, and those of them that are clear.
    left: u64,
    clear: u64,
    /// Whether the record is FilePass.
    is_file_pass: bool,
    /// Place in the XOR pattern of the next byte of data.
    place: u64,
}

/// Records that are never encrypted: BOF of all versions, FilePass, UsrExcl, FileLock, InterfaceHdr, RRDInfo, RRDHead.
const CLEAR: &[u16] = &[0x0809, 0x0409, 0x0209, 0x0009, 0x002f, 0x0194, 0x0195, 0x00e1, 0x0196, 0x0138];
/// BoundSheet8, which begins with a place in the stream that is not encrypted.
const BOUND_SHEET: u16 = 0x0085;

impl Records {
    fn new(layer: Layer, file_pass: u64) -> Self {
        Self {
            layer,
            at: 0,
            file_pass,
            header: [0; 4],
            known: 0,
            left: 0,
            clear: 0,
            is_file_pass: false,
            place: 0,
        }
    }

    /// Takes in a byte of a header, and begins the record with the last one.
    fn begin(&mut self, byte: u8) -> u8 {
        if let Some(place) = self.header.get_mut(self.known) {
            *place = byte;
        }
        self.known += 1;
        let start = self.at + 1;
        if self.known == self.header.len() {
            let [i0, i1, s0, s1] = self.header;
            let id = u16::from_le_bytes([i0, i1]);
            self.known = 0;
            self.is_file_pass = start == self.file_pass + 4;
            self.left = u16::from_le_bytes([s0, s1]).into();
            self.place = start + self.left;
            self.clear = match id {
                _ if start <= self.file_pass || CLEAR.contains(&id) => self.left,
                BOUND_SHEET => 4,
                _ => 0,
            };
        }
        byte
    }

    fn data(&mut self, byte: u8, key: u8) -> u8 {
        self.left -= 1;
        self.place += 1;
        if self.clear > 0 {
            self.clear -= 1;
            return byte;
        }
        match &self.layer {
            Layer::Rc4(_) => byte ^ key,
            // MS-OFFCRYPTO 2.3.7.3.
            Layer::Xor(pattern) => (byte ^ pattern.at(self.place - 1)).rotate_right(5),
        }
    }

    /// Whether the byte belongs to FilePass, its length left out.
    fn is_erased(&self) -> bool {
        let is_id = self.at.checked_sub(self.file_pass).is_some_and(|within| within < 2);
        is_id || (self.is_file_pass && self.left > 0)
    }
}

impl Step for Records {
    fn step(&mut self, byte: u8) -> u8 {
        // Every byte uses up one of the key stream, encrypted or not.
        let key = match &mut self.layer {
            Layer::Rc4(blocks) => blocks.step(),
            Layer::Xor(_) => 0,
        };
        let is_erased = self.is_erased();
        let plain = if self.left > 0 { self.data(byte, key) } else { self.begin(byte) };
        self.at += 1;
        if is_erased { 0 } else { plain }
    }
}
