//! Documents of programs that are older than compound files, by their first bytes.

/// Which program a document is of, if it is one of an old one.
pub(crate) fn old_document(bytes: &[u8]) -> Option<&'static str> {
    let known = STARTS.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, name)| *name);
    known.or_else(|| windows_word(bytes))
}

#[rustfmt::skip]
const STARTS: &[(&[u8], &str)] = &[
    (b"\x31\xbe\0\0\0\xab", "Word for DOS or Write"),
    (b"\x32\xbe\0\0\0\xab", "Write with objects"),
    (b"\xfe\x32\0", "Word for Macintosh 1"),
    (b"\xfe\x34\0", "Word for Macintosh 3"),
    (b"\xfe\x37\0\x1c", "Word for Macintosh 4"),
    (b"\xfe\x37\0\x23", "Word for Macintosh 5"),
    (b"\xed\xde\xad\x0b", "PowerPoint 2 or 3"),
    (b"\x0b\xad\xde\xed", "PowerPoint for Macintosh 2 or 3"),
    (b"\xffWPC", "WordPerfect"),
    (b"WordPro\0", "Word Pro"),
    (b"[ver]\r\n", "Ami Pro"),
    (b"HWP Document File", "Hangul 3"),
];

/// Word for Windows 1 and 2 mark their files with a number as later versions do, and with a version below theirs.
const MARKS: &[([u8; 2], &str)] = &[
    ([0x99, 0xa5], "Word for Windows 1"),
    ([0x9b, 0xa5], "Word for Windows 1"),
    ([0x9c, 0xa5], "Word for Windows 1"),
    ([0xdb, 0xa5], "Word for Windows 2"),
];
const VERSIONS: std::ops::RangeInclusive<u16> = 1..=0x64;

fn windows_word(bytes: &[u8]) -> Option<&'static str> {
    let ([mark, version, ..], _) = bytes.as_chunks::<2>() else { return None };
    let (_, name) = MARKS.iter().find(|(known, _)| known == mark)?;
    VERSIONS.contains(&u16::from_le_bytes(*version)).then_some(*name)
}
