//! One coder of a folder: its record and what it does. The ids are those of Methods.txt of the LZMA SDK.

use super::lock::{Key, Lock, decrypt};
use super::record::number;
use crate::bytes::Reader;
use crate::codec::{Codec, DICTIONARY, Filter, bcj2, lzma, lzma2, ppmd7};
use crate::limits::Budget;
use std::cell::Cell;
use std::io::{self, BufReader, Read};
use std::rc::Rc;
use std::time::Instant;

/// The record of a coder.
#[derive(Debug)]
pub(super) struct Coder {
    id: u64,
    /// How many streams it takes.
    pub(super) inputs: u64,
    /// How many it makes.
    pub(super) outputs: u64,
    /// Its properties.
    pub(super) properties: Vec<u8>,
}

/// Why a folder cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It has a coder that is not known here.
    Method(String),
    /// It is encrypted, and there is no key.
    Locked,
    /// It is written wrongly.
    Broken(&'static str),
}

impl Fault {
    /// The reason for which something is unread, and the detail.
    pub(super) fn told(self) -> (&'static str, String) {
        match self {
            Self::Method(detail) => ("unsupported-method", detail),
            Self::Locked => ("encrypted", "locked".to_string()),
            Self::Broken(detail) => ("damaged", detail.to_string()),
        }
    }
}

/// What a coder does.
#[derive(Clone, Copy, Debug)]
enum Method {
    Packed(Codec),
    Lzma,
    Lzma2,
    Ppmd,
    Filter(Filter),
    /// A filter that may be told the address of the first byte.
    Placed(fn(u32) -> Filter),
    Delta,
    Bcj2,
    Aes,
    /// Known by name only.
    Other(&'static str),
}

const METHODS: &[(u64, Method)] = &[
    (0x00, Method::Packed(Codec::Stored)),
    (0x03, Method::Delta),
    (0x04, Method::Filter(Filter::X86)),
    (0x05, Method::Filter(Filter::PowerPc)),
    (0x06, Method::Filter(Filter::Ia64)),
    (0x07, Method::Filter(Filter::Arm)),
    (0x08, Method::Filter(Filter::ArmThumb)),
    (0x09, Method::Filter(Filter::Sparc)),
    (0x0a, Method::Placed(Filter::Arm64)),
    (0x0b, Method::Placed(Filter::RiscV)),
    (0x21, Method::Lzma2),
    (0x02_0302, Method::Other("Swap2")),
    (0x02_0304, Method::Other("Swap4")),
    (0x03_0101, Method::Lzma),
    (0x0303_0103, Method::Filter(Filter::X86)),
    (0x0303_011b, Method::Bcj2),
    (0x0303_0205, Method::Filter(Filter::PowerPc)),
    (0x0303_0401, Method::Filter(Filter::Ia64)),
    (0x0303_0501, Method::Filter(Filter::Arm)),
    (0x0303_0701, Method::Filter(Filter::ArmThumb)),
    (0x0303_0805, Method::Filter(Filter::Sparc)),
    (0x03_0401, Method::Ppmd),
    (0x04_0108, Method::Packed(Codec::Deflate)),
    (0x04_0109, Method::Packed(Codec::Deflate64)),
    (0x04_0202, Method::Packed(Codec::Bzip2)),
    (0x04f7_1101, Method::Packed(Codec::Zstd)),
    (0x04f7_1102, Method::Other("Brotli")),
    (0x04f7_1104, Method::Other("LZ4")),
    (0x04f7_1105, Method::Other("LZ5")),
    (0x04f7_1106, Method::Other("Lizard")),
    (0x06f1_0701, Method::Aes),
];

impl Coder {
    /// The record: a byte of flags and the length of the id, the id, streams if there are several, properties.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let flags = reader.u8()?;
        let id = reader.take(usize::from(flags & 15))?;
        if flags & 0xc0 != 0 || id.len() > 8 {
            return None;
        }
        let id = id.iter().fold(0, |id, byte| id << 8 | u64::from(*byte));
        let (inputs, outputs) = if flags & 16 == 0 { (1, 1) } else { (number(reader)?, number(reader)?) };
        let length = if flags & 32 == 0 { 0 } else { usize::try_from(number(reader)?).ok()? };
        let properties = reader.take(length)?;
        // No coder has more than the 34 bytes of the longest salt and vector.
        let properties = properties.get(..64).unwrap_or(properties).to_vec();
        Some(Self { id, inputs, outputs, properties })
    }

    /// Whether it decrypts.
    pub(super) fn is_lock(&self) -> bool {
        matches!(self.method(), Some(Method::Aes))
    }

    fn method(&self) -> Option<Method> {
        METHODS.iter().find(|(id, _)| *id == self.id).map(|(_, method)| *method)
    }

    /// What it makes of its inputs, `size` bytes.
    pub(super) fn open<'a>(
        &self,
        mut inputs: Vec<Box<dyn Read + 'a>>,
        size: u64,
        key: Option<&Key>,
        meter: &Meter,
    ) -> Result<Box<dyn Read + 'a>, Fault> {
        let method = self.method().ok_or_else(|| Fault::Method(format!("method {:x}", self.id)))?;
        if matches!(method, Method::Bcj2) {
            return Ok(bcj2(inputs, size));
        }
        let (Some(input), true) = (inputs.pop(), inputs.is_empty()) else {
            return Err(Fault::Broken("a coder has the wrong number of inputs"));
        };
        let properties = Fault::Broken("the properties of a coder have no known form");
        Ok(match method {
            Method::Packed(codec) => codec.reader(BufReader::new(input)),
            Method::Lzma => {
                let (packed, dictionary) = self.lzma().ok_or(properties)?;
                lzma(input, packed, meter.dictionary(dictionary, size)?, Some(size))
            }
            Method::Lzma2 => {
                let dictionary = self.lzma2().ok_or(properties)?;
                lzma2(BufReader::new(input), meter.dictionary(dictionary, size)?)
            }
            Method::Ppmd => {
                let (order, memory) = self.ppmd().ok_or(properties)?;
                ppmd7(BufReader::new(input), order, memory, size)
            }
            Method::Filter(filter) => filter.reader(input),
            Method::Placed(filter) => filter(Reader::new(&self.properties).u32().unwrap_or(0)).reader(input),
            Method::Delta => {
                let distance = self.properties.first().ok_or(properties)?;
                Filter::Delta(u32::from(*distance) + 1).reader(input)
            }
            Method::Aes => {
                let lock = Lock::read(&self.properties).ok_or(properties)?;
                Box::new(decrypt(input, key.ok_or(Fault::Locked)?, &lock))
            }
            Method::Bcj2 => return Err(properties),
            Method::Other(name) => return Err(Fault::Method(format!("method {:x} ({name})", self.id))),
        })
    }

    fn lzma(&self) -> Option<(u8, u32)> {
        let mut reader = Reader::new(&self.properties);
        Some((reader.u8()?, reader.u32()?))
    }

    /// One byte: the exponent of the dictionary, in halves.
    fn lzma2(&self) -> Option<u32> {
        let bits = u32::from(*self.properties.first()?);
        match bits {
            0..40 => Some((2 | (bits & 1)) << (bits / 2 + 11)),
            40 => Some(u32::MAX),
            _ => None,
        }
    }

    fn ppmd(&self) -> Option<(u32, u32)> {
        let mut reader = Reader::new(&self.properties);
        Some((u32::from(reader.u8()?), reader.u32()?))
    }
}

/// What the coders inside one folder may cost beside what comes out of it: packed data may unfold in one coder and
/// vanish in the next.
#[derive(Debug)]
pub(super) struct Meter {
    made: Cell<u64>,
    most: u64,
    until: Option<Instant>,
    /// Bytes of dictionaries.
    memory: Cell<u64>,
}

impl Meter {
    /// A meter for one folder.
    pub(super) fn new(budget: &Budget) -> Rc<Self> {
        let left = budget.limits().time.saturating_sub(budget.elapsed());
        Rc::new(Self {
            made: Cell::new(0),
            most: budget.limits().made_bytes,
            until: Instant::now().checked_add(left),
            memory: Cell::new(0),
        })
    }

    /// Counts what one coder made for another.
    pub(super) fn count(&self, length: u64) -> io::Result<()> {
        self.made.set(self.made.get().saturating_add(length));
        if self.made.get() > self.most || self.until.is_some_and(|until| Instant::now() > until) {
            return Err(io::Error::other("the coders of a folder make more than the limit allows"));
        }
        Ok(())
    }

    /// How much more the coders made for each other than `made`, which came out. A coder that makes about as much
    /// as comes out is paid with that.
    pub(super) fn excess(&self, made: u64) -> u64 {
        self.made.get().saturating_sub(made.saturating_mul(4))
    }

    /// The dictionary a coder gets: what it asks for, but no more than it makes, and all together no more than
    /// twice what one may have.
    fn dictionary(&self, asked: u32, size: u64) -> Result<u32, Fault> {
        let given = u64::from(asked.min(DICTIONARY)).min(size.max(4096));
        self.memory.set(self.memory.get().saturating_add(given));
        if self.memory.get() > 2 * u64::from(DICTIONARY) {
            return Err(Fault::Broken("the dictionaries of a folder are too large"));
        }
        u32::try_from(given).map_err(|_| Fault::Broken("the dictionaries of a folder are too large"))
    }
}
