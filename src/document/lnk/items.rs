//! The target as a list of shell items (MS-SHLLINK 2.2). What stands in an item is known from how Explorer writes it:
//! a class, then a folder's identifier, a drive, a file with its short name and, in an extension block, its long one, a
//! place on the network, an address.

use super::{narrow, wide};
use crate::bytes::Reader;

/// The path that the items lead along.
pub(super) fn path(list: &[u8]) -> String {
    let mut reader = Reader::new(list);
    let mut path = String::new();
    while let Some(size) = reader.u16().map(usize::from).filter(|size| *size > 2) {
        let Some(item) = reader.take(size - 2) else { break };
        join(&mut path, &name(item));
    }
    path
}

/// Puts a step behind a path. A drive and a server begin a path of their own.
fn join(path: &mut String, step: &str) {
    if step.is_empty() {
        return;
    }
    let begins = step.starts_with("\\\\") || step.get(1..2) == Some(":") || step.contains("://");
    if begins {
        path.clear();
    } else if !path.is_empty() && !path.ends_with('\\') {
        path.push('\\');
    }
    path.push_str(step);
}

/// What an item names, by its class; without its size.
fn name(item: &[u8]) -> String {
    let class = item.first().copied().unwrap_or_default();
    let after = |count: usize| item.get(count..).unwrap_or_default();
    match class {
        0x1f => folder(after(2)),
        0x2e => long_name(item).unwrap_or_else(|| folder(after(2))),
        0x20..=0x2f => narrow(after(1)),
        0x61 => address(item),
        _ if class & 0x70 == 0x30 => long_name(item).unwrap_or_else(|| {
            let is_wide = class & 4 != 0;
            if is_wide { wide(after(12)) } else { narrow(after(12)) }
        }),
        _ if class & 0x70 == 0x40 => narrow(after(3)),
        _ => long_name(item).unwrap_or_default(),
    }
}

/// A place of the shell by its class identifier, written as Explorer takes it.
fn folder(bytes: &[u8]) -> String {
    let mut reader = Reader::new(bytes);
    let mut fields = || Some((reader.u32()?, reader.u16()?, reader.u16()?, reader.array::<8>()?));
    let Some((a, b, c, d)) = fields() else { return String::new() };
    // The computer itself; what follows is a drive.
    if (a, b, c) == (0x20d0_4fe0, 0x3aea, 0x1069) {
        return String::new();
    }
    let [d0, d1, d2, d3, d4, d5, d6, d7] = d;
    format!("::{{{a:08X}-{b:04X}-{c:04X}-{d0:02X}{d1:02X}-{d2:02X}{d3:02X}{d4:02X}{d5:02X}{d6:02X}{d7:02X}}}")
}

/// An item of class 0x61: flags, the size of the data before the address, the address.
fn address(item: &[u8]) -> String {
    let mut reader = Reader::new(item);
    let mut fields = || {
        reader.skip(1)?;
        let flags = reader.u8()?;
        let size = reader.u16()?;
        reader.skip(size.into())?;
        Some((flags, reader.rest()))
    };
    let Some((flags, rest)) = fields() else { return String::new() };
    if flags & 0x80 != 0 { wide(rest) } else { narrow(rest) }
}

/// The long name in the extension block 0xBEEF0004, whose fields grew with its version.
fn long_name(item: &[u8]) -> Option<String> {
    let mark = memchr::memmem::find(item, b"\x04\0\xef\xbe")?;
    let mut reader = Reader::at(item, mark.checked_sub(2)?)?;
    let version = reader.u16()?;
    reader.skip(14)?;
    if version >= 7 {
        reader.skip(18)?;
    }
    if version >= 3 {
        reader.skip(2)?;
    }
    if version >= 9 {
        reader.skip(4)?;
    }
    if version >= 8 {
        reader.skip(4)?;
    }
    Some(wide(reader.rest())).filter(|name| version >= 3 && !name.is_empty())
}
