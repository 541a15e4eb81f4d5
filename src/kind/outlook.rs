//! Telling the messages among compound files.

use super::{head, ole_names};

/// Whether a compound file is a message: its directory begins with the entries of one, or has them and none of a
/// document. Documents attached to a message stand in it with directories of their own.
pub(super) fn is_message(bytes: &[u8]) -> bool {
    let begins = || {
        let shift = u32::from(*bytes.get(0x1e)?);
        let first = u32::from_le_bytes(bytes.get(0x30..0x34)?.try_into().ok()?);
        let sector = 1usize.checked_shl(shift).filter(|sector| matches!(sector, 512 | 4096))?;
        let at = usize::try_from(first).ok()?.checked_add(1)?.checked_mul(sector)?;
        let directory = head(bytes.get(at..)?, 512);
        Some(directory.chunks(128).any(|entry| OUTLOOK.iter().any(|name| begins_wide(entry, name))))
    };
    let holds = || ole_names(bytes, &["__properties_version1.0"]) && !ole_names(bytes, DOCUMENTS);
    begins() == Some(true) || holds()
}

/// How the names of storages and streams of a message begin (MS-OXMSG 2.2).
const OUTLOOK: &[&str] =
    &["__nameid_version", "__properties_version", "__substg1.0_", "__attach_version", "__recip_version"];

/// Main streams of documents.
const DOCUMENTS: &[&str] = &[
    "EncryptedPackage",
    "WordDocument",
    "Workbook",
    "Book",
    "PowerPoint Document",
    "VisioDocument",
    "Quill",
];

/// Whether the bytes start with the ASCII text in UTF-16.
fn begins_wide(bytes: &[u8], text: &str) -> bool {
    let (units, _) = bytes.as_chunks();
    units.len() >= text.len() && units.iter().zip(text.bytes()).all(|(unit, byte)| *unit == [byte, 0])
}
