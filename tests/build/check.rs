//! The writers, checked: what they make must open in other readers and by the rules of the specifications.

use crate::build::{self, Content, cases, ole, vba, word, zip};
use std::io::{Cursor, Read};

fn content(recipe: &str) -> Content {
    toml::from_str::<zip::Member>(&format!("name = \"x\"\n{recipe}")).unwrap().content
}

#[test]
fn compound_files_open_in_another_reader() {
    let streams: Vec<ole::Stream> =
        [("a", 10), ("B/long one", 5000), ("B/c/deep", 64), ("B/empty", 0), ("zz", 4096)]
            .map(|(path, size)| (path.to_string(), (0_u16..size).map(|n| n.to_le_bytes()[0]).collect()))
            .to_vec();
    let file = ole::compound([7; 16], &streams, ole::Damage::None);
    let mut other = cfb::CompoundFile::open_strict(Cursor::new(file)).unwrap();
    for (path, bytes) in &streams {
        let mut read = Vec::new();
        other.open_stream(path).unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, *bytes, "{path}");
    }
    assert_eq!(other.walk().count(), 8);
}

#[test]
fn damaged_compound_files_are_refused_by_it() {
    let doc = |damage| word::Doc { text: "text".into(), damage, ..word::Doc::default() }.bytes();
    assert!(cfb::CompoundFile::open(Cursor::new(doc(ole::Damage::None))).is_ok());
    assert!(cfb::CompoundFile::open(Cursor::new(doc(ole::Damage::Fat))).is_err());
}

/// MS-OVBA 2.4.1.3, the plain way.
fn decompress(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 1;
    while at < bytes.len() {
        let header = u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        assert_eq!(header >> 12 & 7, 3);
        let end = at + usize::from(header & 0xfff) + 3;
        let start = out.len();
        at += 2;
        if header >> 15 == 0 {
            out.extend(&bytes[at..end]);
            at = end;
        }
        while at < end {
            let flags = bytes[at];
            at += 1;
            for bit in 0..8 {
                if at >= end {
                    break;
                }
                if flags >> bit & 1 == 0 {
                    out.push(bytes[at]);
                    at += 1;
                    continue;
                }
                let token = usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
                at += 2;
                let done = out.len() - start;
                let bits = (4..=12).find(|bits| 1 << bits >= done).unwrap();
                let length = (token & (0xffff >> bits)) + 3;
                let offset = (token >> (16 - bits)) + 1;
                for _ in 0..length {
                    out.push(out[out.len() - offset]);
                }
            }
        }
    }
    out
}

#[test]
fn compressed_sources_come_back() {
    let source = "Sub AutoOpen()\r\n    x = x & \"abc\"\r\nEnd Sub\r\n".repeat(300);
    let packed = vba::compress(source.as_bytes());
    assert!(packed.len() * 4 < source.len(), "{} of {}", packed.len(), source.len());
    assert_eq!(decompress(&packed), source.as_bytes());
    let noise: Vec<u8> = (0..4096_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    assert_eq!(decompress(&vba::compress(&noise)), noise);
    assert_eq!(vba::compress(b"abc"), b"\x01\x03\xb0\x00abc");
}

#[test]
fn the_example_of_the_specification_is_understood() {
    // MS-OVBA 3.2.2.
    let plain = b"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa";
    let packed = build::hex(
        "012fb00023616161626364658266007061676869 6a013808616b6c00306d6e6f7006710270041072737475761077 78797a003c",
    );
    assert_eq!(decompress(&packed), plain);
    assert_eq!(decompress(&vba::compress(plain)), plain);
}

#[test]
fn archives_are_what_they_say() {
    let recipe = "[zip]\nencrypt = \"aes256\"\npassword = \"pw\"\n[[zip.member]]\nname = \"a.txt\"\ntext = \"hello\"\n";
    let bytes = content(recipe).bytes();
    assert_eq!(bytes[8..10], [99, 0]);
    assert_eq!(bytes, content(recipe).bytes(), "same recipe, same bytes");
    let plain = content(&recipe.replace("aes256", "none")).bytes();
    let mut text = String::new();
    flate2::read::DeflateDecoder::new(&plain[30 + 5..]).read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello");
}

#[test]
fn padding_is_zeros_behind_the_file() {
    let bytes = content("[padded]\nmib = 1\ntext = \"head\"\n").bytes();
    assert_eq!((bytes.len(), &bytes[..5]), ((1 << 20) + 4, &b"head\0"[..]));
}

#[test]
fn recipes_that_say_something_unknown_are_refused() {
    let message = "[message]\nfrom = \"a@a.example\"\nto = \"b@b.example\"\nsubject = \"s\"\n";
    let read = |more: &str| toml::from_str::<cases::Recipe>(&format!("{message}{more}"));
    assert!(read("[[message.part]]\ntext = \"t\"\n").is_ok());
    assert!(read("charsett = \"utf-8\"\n").is_err());
    assert!(read("[[message.part]]\nnothing = \"t\"\n").is_err());
    assert!(read("[[message.part]]\ntext = \"t\"\nfualt = \"junk\"\n").is_err());
    assert!(read("[[message.part]]\n[message.part.doc]\nvbaa = 1\n").is_err());
}
