//! ExtraData (MS-SHLLINK 2.5): blocks up to a terminal one. Those are read that name a target, an icon or the computer
//! on which the link was made.

use super::{Link, narrow, wide};
use crate::bytes::Reader;
use std::fmt::Write;

/// Reads the blocks; `None` where there is no terminal block.
pub(super) fn read(reader: &mut Reader, link: &mut Link) -> Option<()> {
    loop {
        let before = *reader;
        // Many writers leave the terminal block out at the end of a file.
        if reader.is_empty() {
            return Some(());
        }
        let size = usize::try_from(reader.u32()?).ok()?;
        if size < 4 {
            return Some(());
        }
        // What is no block stands behind a link without a terminal block.
        let block = reader.take(size - 4).and_then(|block| split(block));
        let Some((signature, data)) = block else {
            *reader = before;
            return None;
        };
        take(signature, data, link);
    }
}

/// The signature of a block and its data.
fn split(block: &[u8]) -> Option<(u32, &[u8])> {
    let mut reader = Reader::new(block);
    let signature = reader.u32().filter(|signature| signature & 0xffff_ff00 == 0xa000_0000)?;
    Some((signature, reader.rest()))
}

fn take(signature: u32, data: &[u8], link: &mut Link) {
    match signature {
        0xa000_0001 => {
            let target = either(data);
            link.targets.retain(|known| *known != target);
            // Windows asks the environment before it follows the items.
            if !target.is_empty() {
                link.targets.truncate(super::MOST_TARGETS);
                link.targets.insert(0, target);
            }
        }
        0xa000_0007 => {
            let icon = either(data);
            if link.icon.is_empty() || !icon.is_empty() && icon != link.icon {
                link.icon = icon;
            }
        }
        0xa000_0003 => link.machine = machine(data).unwrap_or_default(),
        0xa000_0009 => properties(data, link),
        0xa000_000c => link.target(super::items::path(data)),
        _ => {}
    }
}

/// A path in 260 bytes of a code page and once more in UTF-16 (2.5.4, 2.5.5).
fn either(data: &[u8]) -> String {
    let (short, long) = data.split_at_checked(260).unwrap_or((data, &[]));
    Some(wide(long)).filter(|text| !text.is_empty()).unwrap_or_else(|| narrow(short))
}

/// The name of the computer and, from the time-based identifier of the file, the address of its network card (2.5.10).
fn machine(data: &[u8]) -> Option<String> {
    let mut reader = Reader::new(data);
    reader.skip(8)?;
    let mut machine = narrow(reader.take(16)?);
    let identifier = reader.take(32)?.get(16..)?;
    let is_timed = identifier.get(7).is_some_and(|version| version >> 4 == 1);
    for (n, byte) in identifier.get(10..)?.iter().enumerate().filter(|_| is_timed) {
        let _infallible = write!(machine, "{}{byte:02x}", if n == 0 { " " } else { ":" });
    }
    Some(machine)
}

/// System.Link.TargetParsingPath and System.Link.Arguments: the format identifier and the number of the property.
const TARGET: (&[u8; 16], u32) = (b"\xfc\xb3\xb4\xb9\x51\x2b\x42\x4a\xb5\xd8\x32\x41\x46\xaf\xcf\x25", 2);
const ARGUMENTS: (&[u8; 16], u32) =
    (b"\x67\x26\x6f\x43\xe4\x2f\xeb\x4f\xb3\x0a\x14\x6c\x53\xb5\xb6\x74", 100);

/// A serialized property store (MS-PROPSTORE 2.2): storages of numbered properties.
fn properties(data: &[u8], link: &mut Link) {
    let mut stores = Reader::new(data);
    while let Some(store) = sized(&mut stores) {
        let mut reader = Reader::new(store);
        let (Some(b"1SPS"), Some(format)) = (reader.take(4), reader.take(16)) else { continue };
        while let Some(property) = sized(&mut reader) {
            let Some((number, text)) = text(property) else { continue };
            if format == TARGET.0 && number == TARGET.1 {
                link.target(text);
            } else if format == ARGUMENTS.0 && number == ARGUMENTS.1 && link.arguments.is_empty() {
                link.arguments = text;
            }
        }
    }
}

/// A run of bytes behind its size, which counts itself.
fn sized<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let size = usize::try_from(reader.u32()?).ok()?;
    reader.take(size.checked_sub(4)?).filter(|bytes| !bytes.is_empty())
}

/// A property with an integer name whose value is a text (`VT_LPWSTR`).
fn text(property: &[u8]) -> Option<(u32, String)> {
    let mut reader = Reader::new(property);
    let number = reader.u32()?;
    reader.skip(1)?;
    let kind = reader.u32()?;
    reader.skip(4)?;
    (kind & 0xffff == 0x1f).then(|| (number, wide(reader.rest())))
}
