use super::*;
use crate::artifact::{Child, Fact, Tree};
use crate::kind::Kind;
use crate::limits::Limits;
use std::io::{Cursor, Write};

/// A compound file with these streams.
fn file(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (path, bytes) in streams {
        if let Some((storage, _)) = path.rsplit_once('/') {
            file.create_storage_all(format!("/{storage}")).unwrap();
        }
        file.create_stream(format!("/{path}")).unwrap().write_all(bytes).unwrap();
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A stream of fixed properties behind a header of that length.
fn numbers(header: usize, list: &[(u16, u16, u64)]) -> Vec<u8> {
    let mut out: Vec<u8> = std::iter::repeat_n(0, header).collect();
    for (id, kind, value) in list {
        out.extend([kind.to_le_bytes(), id.to_le_bytes(), [6, 0], [0, 0]].concat());
        out.extend(value.to_le_bytes());
    }
    out
}

/// A message with a body, recipients, a file, a linked file, a message and an object.
fn sample() -> Vec<u8> {
    let nested = "__attach_version1.0_#00000002/__substg1.0_3701000D";
    let object = "__attach_version1.0_#00000003/__substg1.0_3701000D";
    let owned: Vec<(String, Vec<u8>)> = [
        ("__properties_version1.0", numbers(32, &[(0x0039, 0x40, 132_900_000_000_000_000)])),
        ("__nameid_version1.0/__substg1.0_00020102", b"".to_vec()),
        ("__substg1.0_0037001F", wide("請求書の件")),
        ("__substg1.0_0C1A001E", b"\x8e\x52\x93\x63".to_vec()),
        ("__substg1.0_5D01001F", wide("yamada@shop.example")),
        ("__substg1.0_1000001F", wide("パスワード: abc-1234\r\n")),
        ("__recip_version1.0_#00000000/__properties_version1.0", numbers(8, &[(0x0c15, 3, 2)])),
        ("__recip_version1.0_#00000000/__substg1.0_39FE001F", wide("cc@shop.example")),
        ("__attach_version1.0_#00000000/__properties_version1.0", numbers(8, &[(0x3705, 3, 1)])),
        ("__attach_version1.0_#00000000/__substg1.0_37010102", b"content".to_vec()),
        ("__attach_version1.0_#00000000/__substg1.0_3707001F", wide("請求書.doc")),
        ("__attach_version1.0_#00000000/__substg1.0_3704001E", b"8ACB~1.EXE".to_vec()),
        ("__attach_version1.0_#00000000/__substg1.0_370E001F", wide("Application/MSWord")),
        ("__attach_version1.0_#00000001/__properties_version1.0", numbers(8, &[(0x3705, 3, 2)])),
        ("__attach_version1.0_#00000001/__substg1.0_370D001F", wide("\\\\host.example\\a.exe")),
        ("__attach_version1.0_#00000002/__properties_version1.0", numbers(8, &[(0x3705, 3, 5)])),
        ("__attach_version1.0_#00000002/__substg1.0_3001001F", wide("Re: plan.exe")),
    ]
    .map(|(path, bytes)| (path.to_string(), bytes))
    .into_iter()
    .chain([
        (format!("{nested}/__properties_version1.0"), numbers(24, &[(0x3fde, 3, 932)])),
        (format!("{nested}/__substg1.0_0037001E"), b"\x90\xbf\x8b\x81".to_vec()),
        (format!("{nested}/__attach_version1.0_#00000000/__substg1.0_37010102"), [b'z'; 5000].to_vec()),
        (format!("{object}/WordDocument"), [b'w'; 5000].to_vec()),
    ])
    .collect();
    let borrowed: Vec<(&str, &[u8])> =
        owned.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
    file(&borrowed)
}

fn open(bytes: &[u8]) -> Opened {
    open_within(bytes, &Limits::default()).0
}

fn open_within(bytes: &[u8], limits: &Limits) -> (Opened, Result<(), Stop>) {
    let tree = Tree::new(Child::new("a.msg", "file", bytes.to_vec()));
    let mut out = Opened::default();
    let mut ended = Ok(());
    if Msg.matches(tree.get(0).unwrap()) {
        ended = Msg.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(limits));
    }
    (out, ended)
}

fn headers(out: &Opened) -> Vec<(&str, &str)> {
    let header = |fact: &'_ Fact| match fact {
        Fact::Header { name, .. } => Some(*name),
        _ => None,
    };
    let value = |fact: &'_ Fact| matches!(fact, Fact::Header { .. });
    let names = out.facts.iter().filter_map(header);
    let values = out.facts.iter().filter(|fact| value(fact)).map(|fact| match fact {
        Fact::Header { value, .. } => value.as_str(),
        _ => "",
    });
    names.zip(values).collect()
}

fn names(out: &Opened) -> Vec<(&str, &str)> {
    out.children.iter().map(|child| (child.name.as_str(), child.via)).collect()
}

#[test]
fn headers_bodies_and_attachments_come_out() {
    let out = open(&sample());
    let want = [
        ("from", "山田 <yamada@shop.example>"),
        ("cc", "cc@shop.example"),
        ("subject", "請求書の件"),
        ("date", "Tue, 22 Feb 2022 10:40:00 +0000"),
    ];
    assert_eq!(headers(&out), want);
    let want = [
        ("", "body"),
        ("請求書.doc", "attachment"),
        ("", "attachment"),
        ("Re: plan.exe.msg", "attachment"),
        ("", "attachment"),
    ];
    assert_eq!(names(&out), want);
    let file = &out.children[1];
    assert_eq!(
        (file.bytes.as_slice(), file.media_type.as_deref()),
        (&b"content"[..], Some("application/msword"))
    );
    assert_eq!(file.facts, [Fact::OtherName("8ACB~1.EXE".into())]);
    let linked = &out.children[2].unread;
    assert_eq!(linked[0].detail, "the content is elsewhere: \\\\host.example\\a.exe");
    let letter = &out.letters[0];
    assert_eq!(
        (letter.subject.as_str(), letter.texts[0].as_str()),
        ("請求書の件", "パスワード: abc-1234\r\n")
    );
    assert_eq!(letter.names, ["請求書.doc", "8ACB~1.EXE"]);
    assert_eq!((out.damage.len(), out.unread.len()), (0, 0));
}

#[test]
fn a_nested_message_is_a_file_of_its_own() {
    let out = open(&sample());
    let nested = &out.children[3];
    assert_eq!(Kind::of("", &nested.bytes).id, "msg");
    let inner = open(&nested.bytes);
    assert_eq!(headers(&inner), [("subject", "請求")]);
    assert_eq!(inner.children[0].bytes, [b'z'; 5000]);
    let compound = Compound::read(&nested.bytes, &Budget::new(&Limits::default())).unwrap();
    let fixed = compound.find(FIXED).unwrap();
    assert_eq!(fixed.size, 48, "the header of a file of its own");
    assert_eq!(Kind::of("", &out.children[4].bytes).id, "doc");
}

#[test]
fn a_message_is_one_whatever_is_attached() {
    let word = file(&[("WordDocument", b"text")]);
    let data = "__attach_version1.0_#00000000/__substg1.0_37010102";
    let with_nameid =
        file(&[("__nameid_version1.0/a", b""), ("__properties_version1.0", &[0; 32]), (data, &word)]);
    assert_eq!(Kind::of("a.msg", &with_nameid).id, "msg");
    // A document that has a message in it is none.
    let inside = file(&[
        ("WordDocument", b"text"),
        ("1Table", b"t"),
        ("Data", b"d"),
        ("ObjectPool/_1/__properties_version1.0", b"p"),
    ]);
    assert_eq!(Kind::of("a.doc", &inside).id, "doc");
    assert_eq!((open(&inside).children.len(), open(&inside).letters.len()), (0, 0));
    let both = file(&[
        ("WordDocument", b"text"),
        ("1Table", b"t"),
        ("Data", b"d"),
        ("__properties_version1.0", &[0; 32]),
        (data, b"x"),
    ]);
    assert_eq!((Kind::of("", &both).id, open(&both).children.len()), ("doc", 1));
}

#[test]
fn what_is_given_is_told_apart_from_what_is_not() {
    let whole = sample();
    let compound = Compound::read(&whole, &Budget::new(&Limits::default())).unwrap();
    let given = |path: &str| gives(&compound, compound.find(path).unwrap());
    assert!(given("__substg1.0_1000001F"));
    assert!(given("__attach_version1.0_#00000003/__substg1.0_3701000D/WordDocument"));
    assert!(given("__attach_version1.0_#00000000/__substg1.0_37010102"));
    assert!(!given("__attach_version1.0_#00000000/__substg1.0_3707001F"));
    assert!(!given("__substg1.0_0037001F"));
}

#[test]
fn attachments_without_content_are_told() {
    let listed = numbers(8, &[(0x3701, 0x102, 900)]);
    let out = open(&file(&[
        ("__properties_version1.0", &[0; 32]),
        ("__attach_version1.0_#00000000/__properties_version1.0", &listed),
        ("__attach_version1.0_#00000001/__substg1.0_3707001E", b"a.doc"),
    ]));
    assert_eq!(out.children[0].unread[0].reason, "damaged");
    assert_eq!((out.children[1].unread.len(), out.children[1].damage[0].what), (0, "attachment-empty"));
}

#[test]
fn many_streams_in_the_same_sectors_stay_bounded() {
    let big = [b'a'; 60_000];
    let narrow = file(&[
        ("__properties_version1.0", &[0; 32]),
        ("__substg1.0_1000001E", &big),
        ("__substg1.0_1013001E", &big),
    ]);
    let limits = Limits { artifact_bytes: 70_000, ..Limits::default() };
    let (out, ended) = open_within(&narrow, &limits);
    assert_eq!((out.unread[0].reason, ended), ("limit-artifact-bytes", Ok(())));
    let limits = Limits { made_bytes: 50_000, ..Limits::default() };
    assert_eq!(open_within(&narrow, &limits).1, Err(Stop::Bytes));
}

#[test]
fn cut_and_flipped_messages_do_not_break_it() {
    let whole = sample();
    let mut found = 0;
    for length in (0..whole.len()).step_by(197) {
        found += open(&whole[..length]).children.len();
    }
    for at in 0..whole.len() {
        let mut bad = whole.clone();
        bad[at] ^= 1 << (at % 8);
        if at % 29 == 0 || at < 512 {
            found += open(&bad).children.len();
        }
    }
    assert!(found > 1_000, "{found}");
}

#[test]
fn a_body_that_is_listed_and_missing_is_told() {
    let listed = numbers(32, &[(0x1000, 0x1f, 2), (0x1009, 0x102, 900), (0x1013, 0x102, 40)]);
    let out = open(&file(&[("__properties_version1.0", &listed), ("__substg1.0_10130102", b"<p>text</p>")]));
    let told: Vec<_> = out.unread.iter().map(|unread| (unread.reason, unread.detail.as_str())).collect();
    assert_eq!(told, [("damaged", "the property 0x1009 is listed and missing")]);
}

#[test]
fn a_header_that_is_cut_is_told() {
    let whole = file(&[("__properties_version1.0", &[0; 32]), ("__substg1.0_007D001E", &[b'a'; 9000])]);
    let cut = open(&whole[..whole.len() - 9000]);
    assert!(cut.unread.iter().any(|unread| unread.detail.starts_with("__substg1.0_007D001E: ")), "{cut:?}");
}

#[test]
fn a_list_of_a_million_properties_is_not_kept() {
    let entry = numbers(0, &[(0x3fde, 3, 932)]);
    let listed = [&[0; 32][..], &entry.repeat(200_000)].concat();
    let bytes = file(&[("__properties_version1.0", &listed)]);
    let compound = Compound::read(&bytes, &Budget::new(&Limits::default())).unwrap();
    let mut out = Opened::default();
    let stored = properties(&compound, None, &mut out, &mut Budget::new(&Limits::default())).unwrap();
    assert_eq!(stored.all.all(0x3fde).count(), 1);
}
