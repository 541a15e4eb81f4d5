//! Encrypted Word texts (MS-DOC 2.2.6): the streams `WordDocument`, table and `Data`, under one password.
//!
//! Word 6 and 95 (no `fExtChar`) know XOR alone, and leave fewer bytes of the document in the clear.

use super::passwords::Passwords;
use super::rc4::{Blocks, Lock};
use super::through::{Layer, Step, Through};
use super::xor::{self, Pattern};
use super::{Door, Tried};
use crate::artifact::{Child, Opened};
use crate::bytes::Reader;
use crate::compound::Entry;
use crate::limits::{Budget, Stop};

/// Bytes under one key.
const BLOCK: u64 = 512;
/// Bytes at the start of `WordDocument` that are never encrypted, and of older ones.
const CLEAR: u64 = 68;
const CLEAR_BEFORE_97: u64 = 52;

/// What of FibBase (MS-DOC 2.5.2) tells how the document is encrypted.
struct Fib {
    flags: u16,
    key: u32,
}

impl Fib {
    fn read(stream: &[u8]) -> Option<Self> {
        let mut reader = Reader::at(stream, 0x0a)?;
        let flags = reader.u16()?;
        reader.skip(2)?;
        Some(Self { flags, key: reader.u32()? })
    }

    fn is_before_97(&self) -> bool {
        self.flags & 0x1000 == 0
    }

    fn is_obfuscated(&self) -> bool {
        self.flags & 0x8000 != 0 || self.is_before_97()
    }

    fn table(&self) -> &'static str {
        if self.flags & 0x0200 != 0 { "1Table" } else { "0Table" }
    }
}

pub(super) fn open(
    door: &Door,
    passwords: &mut Passwords,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<Tried, Stop> {
    let Some(fib) = Fib::read(&door.head(door.stream, budget)?) else { return Ok(Tried::Shut(None)) };
    if fib.is_obfuscated() {
        return open_xor(door, &fib, passwords, out, budget);
    }
    let Some(table) = door.sibling(fib.table()) else { return Ok(Tried::Shut(None)) };
    let head = door.head(table, budget)?;
    let header = usize::try_from(fib.key).ok().and_then(|length| head.get(..length)).unwrap_or(&head);
    let Some(lock) = Lock::read(header) else {
        out.missed("unsupported-method", format!("{}: the encryption header", table.path));
        return Ok(Tried::Shut(None));
    };
    let Some(found) = passwords.find(&[], lock.cost(), budget, |text| lock.open(text))? else {
        return Ok(Tried::Shut(None));
    };
    let key = found.noted(lock.scheme(), out);
    let layer = || Layer::rc4(Blocks::new(key.clone(), BLOCK));
    Ok(Tried::Open(take(door, &fib, header.len() as u64, layer, out, budget)))
}

/// MS-DOC 2.2.6.1: the verifier and the key of the password stand in `lKey`.
fn open_xor(
    door: &Door,
    fib: &Fib,
    passwords: &mut Passwords,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<Tried, Stop> {
    let fits = |pattern: &Pattern| (u32::from(pattern.key) << 16 | u32::from(pattern.verifier)) == fib.key;
    let open = |text: &str| xor::encodings(text).iter().filter_map(|bytes| Pattern::new(bytes)).find(fits);
    let Some(found) = passwords.find(&[], 1, budget, open)? else { return Ok(Tried::Shut(None)) };
    let pattern = found.noted("office-xor", out);
    Ok(Tried::Open(take(door, fib, 0, || Layer::Xor(pattern), out, budget)))
}

/// Takes the streams out. `header` bytes at the start of the table are not encrypted.
fn take(
    door: &Door,
    fib: &Fib,
    header: u64,
    layer: impl Fn() -> Layer,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let clear = if fib.is_before_97() { CLEAR_BEFORE_97 } else { CLEAR };
    let mut put = |stream: &Entry, clear: u64, is_main: bool| {
        let cipher = Cipher { layer: layer(), clear, at: 0, is_main };
        let decoded = budget.read(&mut Through::new(door.compound.reader(stream), cipher));
        let stop = decoded.stop;
        out.push(Child::decoded(&stream.path, "decrypted", decoded), budget)?;
        stop.map_or(Ok(()), Err)
    };
    put(door.stream, clear, true)?;
    for (name, clear) in [(fib.table(), header), ("Data", 0)] {
        if let Some(stream) = door.sibling(name) {
            put(stream, clear, false)?;
        }
    }
    Ok(())
}

/// The cipher of a stream whose first bytes are clear.
struct Cipher {
    layer: Layer,
    clear: u64,
    at: u64,
    /// Whether it is `WordDocument`, whose marks of encryption are taken off.
    is_main: bool,
}

impl Step for Cipher {
    fn step(&mut self, byte: u8) -> u8 {
        let at = self.at;
        self.at += 1;
        let plain = match &mut self.layer {
            Layer::Rc4(blocks) => byte ^ blocks.step(),
            // 2.3.7.6: what is zero, or would be, stays as it is.
            Layer::Xor(pattern) => {
                Some(byte ^ pattern.at(at)).filter(|plain| byte != 0 && *plain != 0).unwrap_or(byte)
            }
        };
        match at {
            0x0b if self.is_main => byte & !0x81,
            0x0e..0x12 if self.is_main => 0,
            _ if at < self.clear => byte,
            _ => plain,
        }
    }
}
