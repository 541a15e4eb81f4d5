//! Whole files: what is found in them, and that broken and hostile ones end.

use super::*;
use crate::artifact::{Fact, Sign, Tree};
use crate::keyring::{Candidate, Origin, Source};
use crate::limits::Limits;
use std::io::Write;

fn open_with(bytes: &[u8], passwords: &[&str], limits: &Limits) -> (Opened, Result<(), Stop>) {
    let tree = Tree::new(Child::new("a.pdf", "file", bytes.to_vec()).of_kind("pdf"));
    let mut keys = Keyring::new();
    for text in passwords {
        let origin = Origin { source: Source::Given, place: String::new() };
        keys.add(Candidate { text: (*text).into(), rank: 10, origin });
    }
    let mut out = Opened::default();
    let artifact = tree.get(0).unwrap();
    let formats: [&dyn Format; 2] = [&Pdf, &EncryptedPdf];
    let format = formats.into_iter().find(|format| format.matches(artifact)).unwrap();
    let done = format.open(artifact, &keys, &mut out, &mut Budget::new(limits));
    (out, done)
}

fn opened(bytes: &[u8]) -> Opened {
    let (out, done) = open_with(bytes, &[], &Limits::default());
    done.unwrap();
    out
}

fn children(out: &Opened) -> Vec<(&str, &str, String)> {
    let text = |child: &Child| String::from_utf8_lossy(&child.bytes).into_owned();
    out.children.iter().map(|child| (child.via, child.name.as_str(), text(child))).collect()
}

fn external(out: &Opened) -> Vec<(&str, &str)> {
    out.facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::External { relation, target } => Some((relation.as_str(), target.as_str())),
            _ => None,
        })
        .collect()
}

fn deflated(plain: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}

/// An object that is a stream.
fn stream(number: u32, keys: &str, data: &[u8]) -> Vec<u8> {
    let head = format!("{number} 0 obj<<{keys}/Length {}>>stream\n", data.len());
    [head.as_bytes(), data, b"\nendstream endobj\n"].concat()
}

/// A file with something of everything.
fn sample() -> Vec<u8> {
    let packed = b"20 0 21 44 <</S/Launch/Win<</F(cmd.exe)/P(/c calc)>>>> \n<</Type/Filespec/F(a.js)/UF(\xfe\xff\x8a\xcb\x00.\x00j\x00s)/EF<</F 8 0 R>>>>";
    let first = packed.iter().position(|byte| *byte == b'<').unwrap();
    let keys = format!("/Type/ObjStm/N 2/First {first}/Filter/FlateDecode");
    let page =
        b"BT /F1 10 Tf 50 700 Td (Hello) Tj 30 0 Td (World) Tj 0 -12 Td [(sec)-20(ond)-900(line)] TJ ET";
    [
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction 5 0 R/Names<</JavaScript<</Names[(x)6 0 R]>>>>>>endobj\n".to_vec(),
        b"2 0 obj<</Type/Pages/Kids[3 0 R 2 0 R]/MediaBox[0 0 600 800]>>endobj\n".to_vec(),
        b"3 0 obj<</Type/Page/Contents 4 0 R/Resources<</Font<</F1<</Subtype/Type1/FirstChar 32/Widths 7 0 R>>>>>>/Annots[10 0 R]>>endobj\n".to_vec(),
        stream(4, "/Filter/FlateDecode", &deflated(page)),
        b"5 0 obj<</S/URI/URI(http://old.example/)>>endobj\n".to_vec(),
        b"5 0 obj<</S/JavaScript/JS 9 0 R/Next 20 0 R>>endobj\n".to_vec(),
        b"6 0 obj<</S/JavaScript/JS(app.alert\\(1\\))>>endobj\n".to_vec(),
        format!("7 0 obj[{}]endobj\n", "500 ".repeat(95)).into_bytes(),
        stream(8, "/Type/EmbeddedFile", b"var a;"),
        stream(9, "", b"this.x = 1;"),
        b"10 0 obj<</Subtype/Link/Rect[0 0 600 400]/A<</S/URI/URI(https://a.example/)>>/AA<</E<</S/JavaScript/JS(late)>>>>>>endobj\n".to_vec(),
        stream(11, &keys, &deflated(packed)),
        b"trailer<</Root 1 0 R>>".to_vec(),
    ]
    .concat()
}

#[test]
fn actions_files_and_text_are_found_in_every_revision() {
    let out = opened(&sample());
    assert_eq!(
        children(&out),
        [
            ("part", "javascript-1.js", "this.x = 1;".to_string()),
            ("part", "javascript-2.js", "app.alert(1)".to_string()),
            ("part", "javascript-3.js", "late".to_string()),
            ("pdf-attachment", "請.js", "var a;".to_string()),
            ("text", "text", "Hello World\nsecond line\n".to_string()),
        ]
    );
    let runs = |child: &Child| {
        let of = |fact: &Fact| {
            if let Fact::Sign { sign: Sign::EntryPoint, text, .. } = fact { Some(text.clone()) } else { None }
        };
        child.facts.iter().find_map(of)
    };
    let runs: Vec<Option<String>> = out.children.iter().take(3).map(runs).collect();
    assert_eq!(runs, [Some("OpenAction".to_string()), Some("Names".to_string()), None]);
    assert_eq!(out.children[3].facts, [Fact::OtherName("a.js".into())]);
    assert_eq!(
        external(&out),
        [
            ("uri", "http://old.example/"),
            ("uri", "https://a.example/"),
            ("launch", "cmd.exe /c calc"),
            ("uri-over-page", "https://a.example/"),
        ]
    );
    assert_eq!(out.letters[0].attached[0].0, "a.pdf");
    assert_eq!((out.unread, out.damage), (vec![], vec![]));
}

#[test]
fn cut_anywhere_or_with_flipped_bits_nothing_fails() {
    let sample = sample();
    for at in 9..sample.len() {
        opened(&sample[..at]);
        let mut bad = sample.clone();
        bad[at] ^= 1 << (at % 8);
        opened(&bad);
    }
}

/// Dictionary, string of object 1, both as qpdf wrote them for the passwords `geheim` and `owner`; the identifier
/// begins with `1234`.
#[rustfmt::skip]
const LOCKED: [(&str, &str, &str); 5] = [
    ("pdf-rc4", "<</Filter/Standard/Length 40/O<86fe045358b44c9644693f33c07cb54f587dce1e2682fe9ecea6107a1ef630dd>/P -4/R 2/U<1bb87f5e541aeffad79a51acc96ec913a4b301271afc0547c4587132c356477d>/V 1>>", "6941590259"),
    ("pdf-rc4", "<</Filter/Standard/Length 128/O<19b58e48c92b6569e765906caf64e4429a4c20d6e996fdef963e9b5080f9e083>/P -4/R 3/U<d57ce937e458a12203eb43d08d2ca3b70122456a91bae5134273a6db134c87c4>/V 2>>", "5464abc715"),
    ("pdf-aes", "<</CF<</StdCF<</CFM/AESV2/Length 16>>>>/EncryptMetadata false/Filter/Standard/Length 128/O<19b58e48c92b6569e765906caf64e4429a4c20d6e996fdef963e9b5080f9e083>/P -4/R 4/StmF/StdCF/StrF/StdCF/U<52af2d0bf892f3acff3fa363121d2e210122456a91bae5134273a6db134c87c4>/V 4>>", "47accc76237d6d62148bb6066586549f7cab13f7ec51379dc3b8a8986d72b37b"),
    ("pdf-aes", "<</CF<</StdCF<</CFM/AESV3/Length 32>>>>/Filter/Standard/Length 256/O<7ca56ea2ddc44a685b6dea7a0f89ed1aca744b7f1040dfcd2282e99e0e8cee6d0b02aed5febe497cabbc93f1ba9f900d>/OE<39fa07ecefaba67a6f935ec335766ac9847323ac552ceae1dc1c501ab062a220>/P -4/R 5/StmF/StdCF/StrF/StdCF/U<41f7135ade9b5f4c6b4b5fcb4a2f3f3712749b1d066fc0ddf7ce3d7fb4f4418e6d9cc37b50ad5517e623bb7a4c2d5d3a>/UE<ad95a5381682057cf9c8ee5c518ca439bbead379767de6d9b6369b94ec4b9262>/V 5>>", "132a9e7de5eea8d04e426469b2886b618d8e14c35dd422a58329c11462a65bed"),
    ("pdf-aes", "<</CF<</StdCF<</CFM/AESV3/Length 32>>>>/Filter/Standard/Length 256/O<54680d47ea0ddf4fc72ead665ad2c8164e83b51db973aa82414b7d768d576606951ab68fc76af6bacdab00169ad7865c>/OE<66f19a48f39cbbf11da6ba64a425a156cd4c795b2919b0785235224c9edbef70>/P -4/R 6/StmF/StdCF/StrF/StdCF/U<1906f90c521a4e49a9be997673e0fa0a2e87931061b68c683385402735eee1647a45f2eb8cec532a6d8ec81ccbc26a48>/UE<031e2463f9cde136475de9582a37bb8449486d16a9eeda969ed7e29f37ca535d>/V 5>>", "a7122302e6b8b6dc49259eff3577bc0378c9743f15bfe6e7dc56fbe40c6b8fea"),
];

fn locked(dictionary: &str, string: &str) -> Vec<u8> {
    format!(
        "%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS<{string}>>>>>endobj 2 0 obj{dictionary}endobj \
        trailer<</Root 1 0 R/Encrypt 2 0 R/ID[<31323334><00>]>>"
    )
    .into_bytes()
}

#[test]
fn every_revision_of_encryption_opens_for_user_and_owner() {
    for (scheme, dictionary, string) in LOCKED {
        let file = locked(dictionary, string);
        for password in ["geheim", "owner"] {
            let (out, done) = open_with(&file, &["wrong", password], &Limits::default());
            assert_eq!((done, out.unread.len()), (Ok(()), 0), "{dictionary}");
            assert_eq!(children(&out), [("part", "javascript-1.js", "hello".to_string())], "{dictionary}");
            let used = out.facts.iter().find_map(|fact| match fact {
                Fact::OpenedWith { scheme, password, .. } => Some((*scheme, password.as_str())),
                _ => None,
            });
            assert_eq!(used, Some((scheme, password)));
        }
        let (out, _) = open_with(&file, &["wrong"], &Limits::default());
        assert_eq!((out.children.len(), out.unread[0].reason), (0, "encrypted"));
        for at in 0..file.len() {
            let mut bad = file.clone();
            bad[at] ^= 4;
            // Revision 6 takes long on purpose.
            let step = if dictionary.contains("/R 6") { 151 } else { 7 };
            if at % step == 0 {
                let _any = open_with(&bad, &["geheim"], &Limits::default());
            }
        }
    }
}

#[test]
fn what_no_password_opens_is_told() {
    let certificate = locked("<</Filter/Adobe.PubSec/V 4>>", "00");
    assert_eq!(opened(&certificate).unread[0].reason, "encrypted");
    let (_, dictionary, string) = LOCKED[4];
    let limits = Limits { derivation_rounds: 20_000, ..Limits::default() };
    let (out, done) = open_with(&locked(dictionary, string), &["a", "b", "c"], &limits);
    let reasons: Vec<&str> = out.unread.iter().map(|unread| unread.reason).collect();
    assert_eq!((done, reasons), (Ok(()), vec!["limit-key-derivation", "encrypted"]));
}

#[test]
fn circles_and_bombs_end() {
    let circle = "/Type/ObjStm/N 1/First 4/Length 7 0 R/Filter[7 0 R]/Extends 7 0 R";
    let out = opened(&[b"%PDF-1.7\n", &stream(7, circle, b"7 0 7 0 R")[..]].concat());
    assert_eq!(out.children.len(), 0);
    let form = b"/F Do /F Do /F Do /F Do".repeat(50);
    let keys = "/Type/XObject/Subtype/Form/Resources<</XObject<</F 4 0 R>>>>";
    let page = b"%PDF-1.7\n3 0 obj<</Type/Page/Contents 4 0 R/Resources<</XObject<</F 4 0 R>>>>>>endobj\n";
    opened(&[page, &stream(4, keys, &form)[..]].concat());
    let references: Vec<u8> =
        (1..5_000).flat_map(|n| format!("{n} 0 obj {} 0 R endobj\n", n + 1).into_bytes()).collect();
    opened(&[b"%PDF-1.7\n", &references[..], b"9999 0 obj[1 0 R]endobj"].concat());
    let bomb = stream(8, "/Type/EmbeddedFile/Filter/FlateDecode", &deflated(&b"\0".repeat(4 << 20)));
    let limits = Limits { made_bytes: 1 << 20, ..Limits::default() };
    let (out, done) = open_with(&[b"%PDF-1.7\n", &bomb[..]].concat(), &[], &limits);
    assert_eq!((done, out.children[0].unread[0].reason), (Err(Stop::Bytes), "limit-bytes"));
}

#[test]
fn of_long_files_the_first_and_the_last_pages_are_read_and_all_links() {
    let page = |at: u32| {
        let lines = format!("0 -12 Td (line of page {at}) Tj ").repeat(500);
        let link = format!("<</Subtype/Link/Rect[0 0 600 800]/A<</S/URI/URI(https://a.example/{at})>>>>");
        let keys = format!("/Type/Page/Contents {} 0 R/Annots[{link}]", at + 1000);
        let fonts = "/Resources<</Font<</F1<</Subtype/Type1>>>>>>";
        let page = format!("{at} 0 obj<<{keys}{fonts}/MediaBox[0 0 600 800]>>endobj\n");
        [page.into_bytes(), stream(at + 1000, "", format!("BT /F1 9 Tf {lines} ET").as_bytes())].concat()
    };
    let numbers = 10..170;
    let kids: String = numbers.clone().map(|at| format!("{at} 0 R ")).collect();
    let head = format!(
        "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[{kids}]>>endobj\n"
    );
    let bytes =
        [head.into_bytes(), numbers.flat_map(page).collect(), b"trailer<</Root 1 0 R>>".to_vec()].concat();
    let out = opened(&bytes);
    let (.., text) = children(&out).into_iter().find(|child| child.0 == "text").unwrap();
    assert!(text.starts_with("line of page 10\n") && text.ends_with("line of page 169\n"));
    assert!(text.contains("line of page 166\n") && !text.contains("line of page 150\n"));
    assert!(external(&out).contains(&("uri-over-page", "https://a.example/150")));
}

#[test]
fn a_broken_object_stream_is_unread() {
    let broken = stream(7, "/Type/ObjStm/N 1/First 4/Filter/FlateDecode", b"\x78\x9c no such thing");
    let out = opened(&[b"%PDF-1.7\n", &broken[..]].concat());
    assert_eq!((out.damage[0].what, out.unread[0].reason), ("pdf-object-stream", "damaged"));
}

#[test]
fn a_web_archive_and_an_inner_pdf_are_children() {
    let mail = "MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\nx";
    let file = [&b"%PDF-1.7\n1 0 obj<<>>endobj\n"[..], mail.as_bytes()].concat();
    assert_eq!(children(&opened(&file)), [("part", "message.mht", mail.to_string())]);
    let inner = b"%PDF-1.4 1 0 obj<</S/Launch/F(a.exe)>>endobj";
    let out = opened(&[b"%PDF-1.7\n", &stream(5, "", inner)[..]].concat());
    assert_eq!((out.children.len(), external(&out).len()), (1, 0));
    assert_eq!((out.children[0].via, &out.children[0].bytes[..]), ("pdf-attachment", &inner[..]));
}
