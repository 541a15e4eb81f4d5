//! Whether decoded bytes are something, and what.

use crate::kind::{Class, Kind};
use crate::text;

/// How files begin that hold or run something.
const FILES: &[&[u8]] = &[
    b"PK\x03\x04",
    b"MZ\x90\0",
    b"MZ\0\0",
    b"MZ\x50\0",
    b"MZ\x41\x52",
    b"MZRE",
    b"MZ\x80\0",
    b"MZ\x78\0",
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"\xd0\xcf\x11\xe0\xa1\xb1",
    b"MSCF\0\0\0\0",
    b"%PDF-",
    b"{\\rtf",
    b"\x4c\0\0\0\x01\x14\x02\0",
    b"ITSF\x03\0\0\0",
    b"\x7fELF",
    b"\xe4\x52\x5c\x7b\x8c\xd8",
    b"vhdxfile",
    b"conectix",
    b"#@~^",
];

/// How pages and scripts begin.
const TEXTS: &[&str] = &[
    "<html", "<!doc", "<head", "<body", "<scri", "<meta", "<titl", "<form", "<div ", "<svg", "<?xml",
    "<ifra", "<styl", "var ", "func", "eval(", "docum", "windo", "try{", "try {", "(func", "$", "powers",
    "cmd", "dim ", "set ", "on er", "@echo", "locat", "const ", "let ", "http://", "https:/",
];

/// The letters with which what is sought begins.
pub(super) const FIRST_LETTERS: &[u8] = b"PMR7<vfdwte(%D";

/// Whether bytes may be something: a file, or text.
pub(super) fn begins(bytes: &[u8]) -> bool {
    begins_file(bytes)
        || is_disc_start(bytes)
        || (bytes.len() >= 12 && (is_readable(bytes) || is_wide(bytes)))
}

/// Whether bytes begin as a file does.
pub(in crate::code) fn begins_file(bytes: &[u8]) -> bool {
    FILES.iter().any(|file| bytes.starts_with(file))
}

/// Whether bytes begin as a file, page or script does: what a guessed key must bring forth.
pub(super) fn begins_told(bytes: &[u8]) -> bool {
    let start = bytes.get(..8).unwrap_or(bytes).to_ascii_lowercase();
    let told = TEXTS.iter().filter(|text| text.len() >= 4).any(|text| start.starts_with(text.as_bytes()));
    begins_file(bytes) || (told && is_readable(bytes))
}

/// The system area of a disc image is empty.
fn is_disc_start(bytes: &[u8]) -> bool {
    bytes.len() >= 32 && bytes.iter().take(48).all(|byte| *byte == 0)
}

/// Whether the beginning is text as people and programs write it.
fn is_readable(bytes: &[u8]) -> bool {
    let start = bytes.get(..200).unwrap_or(bytes);
    let odd = start
        .iter()
        .filter(|byte| !matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t') && **byte < 0x80)
        .count();
    let high = start.iter().filter(|byte| **byte >= 0x80).count();
    odd == 0 && high * 8 <= start.len()
}

/// UTF-16 without a mark, as PowerShell wants it.
fn is_wide(bytes: &[u8]) -> bool {
    let (units, _) = bytes.get(..200).unwrap_or(bytes).as_chunks();
    let plain = units
        .iter()
        .filter(|[low, high]| *high == 0 && matches!(low, b' '..=b'~' | b'\r' | b'\n' | b'\t'))
        .count();
    units.len() >= 8 && plain * 10 >= units.len() * 9
}

/// The bytes exclusive-ored with one byte or with the short key that a known beginning shows.
pub(super) fn with_key(bytes: &[u8]) -> Option<Vec<u8>> {
    let first = bytes.first()?;
    let keys = FIRST_LETTERS.iter().map(|letter| letter ^ first).filter(|key| *key != 0);
    let apply = |key: u8, bytes: &[u8]| -> Vec<u8> { bytes.iter().map(|byte| byte ^ key).collect() };
    let head = bytes.get(..64).unwrap_or(bytes);
    for key in keys {
        if begins_told(&apply(key, head)) {
            return Some(apply(key, bytes));
        }
    }
    program_key(bytes)
}

/// A program has runs of zeros, in which a repeating key shows itself: the most frequent block of the key's length.
fn program_key(bytes: &[u8]) -> Option<Vec<u8>> {
    let head = bytes.get(..1024)?;
    for length in 2..=32usize {
        let stub: Vec<&[u8]> = head.chunks_exact(length).collect();
        let repeats =
            stub.windows(2).find(|pair| matches!(pair, [a, b] if a == b)).and_then(|pair| pair.first());
        let Some(key) = repeats else { continue };
        let plain: Vec<u8> = bytes.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        if begins_file(&plain) {
            return Some(plain);
        }
    }
    None
}

/// The kind of a payload, and its bytes as they go on; none where it is nothing to open.
pub(in crate::code) fn kind(payload: Vec<u8>) -> Option<(&'static Kind, Vec<u8>)> {
    let payload = if is_wide(&payload) { text::decode("utf-16le", &payload).into_bytes() } else { payload };
    let by_content = Kind::of("", &payload);
    let is_cut = SMALLEST.iter().any(|(start, least)| payload.starts_with(start) && payload.len() < *least);
    let kind = match by_content.class {
        _ if is_cut => None,
        Class::Media | Class::Data | Class::Source | Class::Message => None,
        Class::Text => program_text(&payload),
        Class::Document if by_content.id == "svg" => acts(&payload).then_some(by_content),
        Class::Document if by_content.id == "xml" => None,
        _ => Some(by_content),
    };
    kind.map(|kind| (kind, payload))
}

/// The least bytes of files: a ZIP with one entry, a compound file with its header, a program with its headers. Libraries
/// that write such files hold their beginnings.
const SMALLEST: &[(&[u8], usize)] = &[(b"PK\x03\x04", 100), (b"\xd0\xcf\x11\xe0", 512), (b"MZ", 97)];

/// Whether a picture does more than show itself.
fn acts(payload: &[u8]) -> bool {
    [&b"<script"[..], b"foreignObject", b"onload="]
        .iter()
        .any(|word| memchr::memmem::find(payload, word).is_some())
}

/// The language of a text without a beginning of its own; an address alone is a text worth keeping.
fn program_text(payload: &[u8]) -> Option<&'static Kind> {
    let lower = payload.get(..64 << 10).unwrap_or(payload).to_ascii_lowercase();
    let has = |words: &[&[u8]]| words.iter().any(|word| memchr::memmem::find(&lower, word).is_some());
    let id = if has(&[b"<html", b"<script", b"<form", b"<body", b"<iframe", b"<input"]) {
        "html"
    } else if has(&[
        b"document.",
        b"window.",
        b"function(",
        b"function (",
        b"eval(",
        b"location.",
        b"location='",
        b"location=\"",
        b"location = ",
        b"activexobject",
    ]) {
        "js"
    } else if has(&[b"createobject", b"wscript.", b"execute("]) {
        "vbs"
    } else if has(&[b"powershell", b"iex", b"invoke-", b"new-object", b"$env:", b"[system."]) {
        "ps1"
    } else if has(&[b"http://", b"https://", b"cmd /c", b"cmd.exe", b"mshta", b"rundll32", b"regsvr32"]) {
        "script-texts"
    } else {
        return None;
    };
    Kind::named(id)
}
