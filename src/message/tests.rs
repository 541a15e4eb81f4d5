//! Whole messages through the format, as the conductor calls it.

use super::*;
use crate::artifact::{Child, Tree};
use crate::limits::Limits;

/// The results of opening one message.
fn open(raw: &[u8]) -> Opened {
    open_within(raw, &Limits::default()).0
}

fn open_within(raw: &[u8], limits: &Limits) -> (Opened, Result<(), Stop>) {
    let tree = Tree::new(Child::new("mail.eml", "file", raw.to_vec()).of_kind("eml"));
    let mut out = Opened::default();
    let stopped = Rfc5322.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(limits));
    (out, stopped)
}

/// Name, way and text of every child.
fn listed(out: &Opened) -> Vec<(String, &'static str, String)> {
    let text = |child: &Child| String::from_utf8_lossy(&child.bytes).into_owned();
    out.children.iter().map(|child| (child.name.clone(), child.via, text(child))).collect()
}

fn damage(out: &Opened) -> Vec<&'static str> {
    let of_children = out.children.iter().flat_map(|child| &child.damage);
    out.damage.iter().chain(of_children).map(|damage| damage.what).collect()
}

/// A message of a text and an attachment whose part is given.
fn with_part(part: &str) -> String {
    format!(
        "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\n\
         Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$B@A5a=q\x1b(B\r\n--b\r\n{part}\r\n--b--\r\n"
    )
}

/// The attachment of such a message.
fn attachment(part: &str) -> Child {
    let mut out = open(with_part(part).as_bytes());
    assert_eq!(out.children.len(), 2, "{part}");
    out.children.pop().unwrap()
}

#[test]
fn headers_become_facts_decoded() {
    let out = open(
        b"Received: one\r\nReceived: two\r\nFrom: =?iso-2022-jp?B?GyRCQEE1YT1xGyhC?= <a@b.example>\r\n\
          Subject: \x90\xbf\x8b\x81\x8f\x91\r\nX-Other: no\r\nDate: Thu, 4 Jan 2024\r\n\r\nbody",
    );
    let facts: Vec<_> = out
        .facts
        .iter()
        .map(|fact| match fact {
            Fact::Header { name, value } => (*name, value.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        ("received", "one"),
        ("received", "two"),
        ("from", "請求書 <a@b.example>"),
        ("subject", "請求書"),
        ("date", "Thu, 4 Jan 2024"),
    ];
    assert_eq!(facts, expected);
    assert_eq!(listed(&out), [(String::new(), "body", "body".into())]);
}

#[test]
fn parts_keep_name_type_and_content() {
    let child = attachment(
        "Content-Type: application/zip; name=\"old.zip\"\r\nContent-Disposition: attachment;\r\n \
         filename*=utf-8''%E8%AB%8B.zip\r\nContent-Transfer-Encoding: base64\r\n\r\nUEsDBA==",
    );
    assert_eq!(
        (child.name.as_str(), child.via, child.bytes.as_slice()),
        ("請.zip", "attachment", &b"PK\x03\x04"[..])
    );
    assert_eq!(child.media_type.as_deref(), Some("application/zip"));
    assert_eq!(child.facts, [Fact::OtherName("old.zip".into())]);
    assert_eq!(child.damage, []);
}

/// The table of what a plain MIME library leaves undecoded: each row comes out decoded here.
#[test]
fn what_strict_parsers_leave_undecoded_is_decoded() {
    let file = "Content-Type: application/zip; name=a.zip\r\n";
    let rows: &[(&str, &str, &[&str])] = &[
        ("Content-Transfer-Encoding: base64\r\n", "UEsD!\u{e9}BA==", &["base64-junk"]),
        ("Content-Transfer-Encoding: base64 (x)\r\n", "UEsDBA==", &[]),
        ("Content-Transfer-Encoding: \"base64\"\r\n", "UEsDBA==", &[]),
        ("Content-Transfer-Encoding: BASE64;\r\n", "UEsDBA", &[]),
        (
            "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n",
            "UEsDBAAAAAAAAAAAAAAAAA==",
            &["transfer-encoding-twice"],
        ),
        ("Content-Transfer-Encoding: quoted-printable\r\n", "PK=03=04==", &["qp-bad-escape"]),
        ("Content-Transfer-Encoding: x-uuencode\r\n", "begin 644 a.zip\r\n$4$L#!```\r\n`\r\nend", &[]),
        ("", "UEsDBBQAAAAIAAAAIQAAAAAA", &["base64-unannounced"]),
    ];
    for (encoding, body, expected) in rows {
        let child = attachment(&format!("{file}{encoding}\r\n{body}"));
        assert!(child.bytes.starts_with(b"PK\x03\x04"), "{encoding}: {:?}", child.bytes);
        assert_eq!(
            child.damage.iter().map(|damage| damage.what).collect::<Vec<_>>(),
            *expected,
            "{encoding}"
        );
    }
}

#[test]
fn text_after_base64_and_a_missing_end_cost_nothing() {
    let lines = "UEsDBBQAAAAIAAAAIQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n".repeat(3);
    let part = format!("Content-Type: a/b; name=x\r\nContent-Transfer-Encoding: base64\r\n\r\n{lines}");
    let child = attachment(&format!("{part}\r\n____________\r\nThis list is run by someone\r\n"));
    assert_eq!((child.bytes.len(), child.damage[0].what), (162, "base64-footer"));
    let unclosed = with_part(&part).replace("--b--\r\n", "");
    let out = open(unclosed.as_bytes());
    assert_eq!((out.children[1].bytes.len(), damage(&out)), (162, vec!["multipart-without-end"]));
}

#[test]
fn boundary_faults_do_not_hide_the_attachment() {
    let part =
        "Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\nUEsDBA==";
    let honest = with_part(part);
    let two = honest.replace("boundary=\"b\"", "boundary=\"x\"; boundary=\"b\"");
    let none = honest.replace("; boundary=\"b\"", "");
    let spaced = honest.replace("boundary=\"b\"", "boundary=\"b  \"");
    let returns = honest.replace("\r\n", "\r");
    let feeds = honest.replace("\r\n", "\n");
    let early = honest.replacen("\r\n--b\r\nContent-Type: app", "\r\n--b--\r\n--b\r\nContent-Type: app", 1);
    for raw in [honest, two, none, spaced, returns, feeds, early] {
        let out = open(raw.as_bytes());
        assert_eq!(out.children.len(), 2, "{raw}");
        assert_eq!(
            (out.children[1].name.as_str(), out.children[1].bytes.as_slice()),
            ("a.zip", &b"PK\x03\x04"[..]),
            "{raw}"
        );
    }
}

#[test]
fn files_outside_all_parts_are_found() {
    let file = "UEsDBBQAAAAIAAAAIQAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let message = |before: &str, after: &str| {
        format!("Content-Type: multipart/mixed; boundary=b\n\n{before}\n--b\n\ntext\n--b--\n{after}")
    };
    let header =
        format!("Content-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n{file}\n");
    for raw in [message(file, ""), message("", file), message("", &header), message(&header, "")] {
        let out = open(raw.as_bytes());
        assert!(out.children.iter().any(|child| child.bytes.starts_with(b"PK\x03\x04")), "{raw}");
        assert_eq!(damage(&out), ["attachment-outside-parts"], "{raw}");
    }
    assert_eq!(
        damage(&open(message("This is a multi-part message in MIME format.", "").as_bytes())),
        [""; 0]
    );
}

#[test]
fn nested_messages_are_children_whatever_their_encoding() {
    let inner = "Subject: inner\r\n\r\nhello";
    let plain = attachment(&format!("Content-Type: message/rfc822\r\n\r\n{inner}"));
    let coded = attachment(
        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogaW5uZXINCg0KaGVsbG8=",
    );
    for child in [plain, coded] {
        assert_eq!((child.via, child.kind.unwrap().id), ("attachment", "eml"));
        assert_eq!(child.bytes, inner.as_bytes());
    }
    let digest = "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\none\n--b--\n";
    assert_eq!(open(digest.as_bytes()).children[0].kind.unwrap().id, "eml");
}

#[test]
fn an_encoded_multipart_comes_back_as_a_message() {
    let raw = "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n\
               LS1iDQoNCm9uZQ0KLS1iLS0NCg==\n";
    let child = open(raw.as_bytes()).children.pop().unwrap();
    assert_eq!(child.kind.unwrap().id, "eml");
    assert_eq!(listed(&open(&child.bytes)), [(String::new(), "body", "one".into())]);
}

#[test]
fn uuencoded_files_leave_the_text() {
    let raw = b"Subject: x\n\nHello\nbegin 644 a.txt\n%:&5L;&\\\n`\nend\nBye\n";
    let out = open(raw);
    assert_eq!(listed(&out)[1], ("a.txt".into(), "uuencode", "hello".into()));
    let mut letter = Letter::default();
    let mut fresh = Opened::default();
    let mut budget = Budget::new(&Limits::default());
    let mut opener = part::Opener { raw, out: &mut fresh, letter: &mut letter, budget: &mut budget };
    open_leaves(&parse::parts(raw).leaves, &mut opener).unwrap();
    assert_eq!((letter.texts, letter.names), (vec!["Hello\nBye\n".to_string()], vec!["a.txt".to_string()]));
}

#[test]
fn files_in_yenc_leave_the_text_too() {
    let raw = b"Subject: x\n\nHello\n=ybegin line=128 size=2 name=a.txt\n\x92\x93\n=yend size=2\nBye\n";
    assert_eq!(listed(&open(raw))[1], ("a.txt".into(), "yenc", "hi".into()));
    let cut = b"Subject: x\n\n=ybegin line=128 size=9 name=a.txt\n\x92\x93\n=yend size=9\n";
    assert_eq!(open(cut).children[1].unread[0].reason, "damaged");
}

#[test]
fn attachments_that_becky_keeps_apart_are_unread() {
    let raw = b"Subject: x\nX-Becky-Status: 01\n\ntext\nX-Becky-Include: 1/a.doc\n";
    assert_eq!(open(raw).unread[0].reason, "unsupported-format");
    assert_eq!(open(b"Subject: x\n\ntext\nX-Becky-Include: 1/a.doc\n").unread, []);
}

#[test]
fn bodies_are_read_in_their_charset() {
    let raw = b"Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain; charset=ISO-2022-JP\n\n\x90\xbf\x8b\x81\x8f\x91\n\
        --b\nContent-Type: text/html\n\n<p>\xc0\xc1<b>\xb5\xe1</b></p><meta charset=\"euc-jp\">\n--b--\n";
    let mut letter = Letter::default();
    let mut out = Opened::default();
    let mut budget = Budget::new(&Limits::default());
    let mut opener = part::Opener { raw, out: &mut out, letter: &mut letter, budget: &mut budget };
    open_leaves(&parse::parts(raw).leaves, &mut opener).unwrap();
    assert_eq!(letter.texts, ["請求書", "請求"]);
    assert_eq!(out.children[1].kind.unwrap().id, "html");
}

#[test]
fn limits_keep_what_was_read() {
    let raw = with_part("Content-Type: a/b; name=x\r\n\r\nsome bytes");
    let few = Limits { artifacts: 1, ..Limits::default() };
    let (out, stopped) = open_within(raw.as_bytes(), &few);
    assert_eq!((out.children.len(), out.unread[0].reason, stopped), (1, "limit-artifacts", Ok(())));
    let small = Limits { made_bytes: 25, ..Limits::default() };
    let (out, stopped) = open_within(raw.as_bytes(), &small);
    assert_eq!((out.children.len(), stopped), (2, Err(Stop::Bytes)));
    assert_eq!(out.children[1].unread[0].reason, "limit-bytes");
    let narrow = Limits { artifact_bytes: 4, ..Limits::default() };
    assert_eq!(open_within(raw.as_bytes(), &narrow).0.children[1].bytes, b"some");
}

/// One of everything, for the tests that break it.
fn elaborate() -> Vec<u8> {
    let mut raw = with_part(
        "Content-Type: multipart/related; boundary*0=\"in\"; boundary*1=ner\r\n\r\n--inner\r\nContent-Type: text/html\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\r\n<p style=3D\"display:none\">x<p>a=\r\nb<a href=3Dc>d</a>\r\n--inner\r\n\
         Content-Type: message/rfc822\r\n\r\nSubject: =?utf-8?Q?=E8=AB?= =?utf-8?B?iw==?=\r\n\r\nbegin 644 x\r\n%:&5L;&\\\r\n`\r\nend\r\n\
         --inner--\r\nUEsDBBQAAAAIAAAAIQAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n--b\r\nContent-Disposition: attachment; filename*0*=iso-2022-jp''%1B$B;\r\n \
         filename*1*=%40A%1B(B.zip; filename=\"(a\\\"b\r\nContent-Transfer-Encoding: base64 (x)\r\n\r\nUEsD!BA=",
    )
    .into_bytes();
    raw.splice(0..0, *b"Subject: \x1b$B@A5a=q\x1b(B \x90\xbf\r\n =?x\r\n");
    raw
}

#[test]
fn every_cut_of_an_elaborate_message_opens() {
    let raw = elaborate();
    assert_eq!(open(&raw).children.len(), 5);
    for length in 0..raw.len() {
        open(&raw[..length]);
    }
}

#[test]
fn every_flipped_byte_of_an_elaborate_message_opens() {
    let raw = elaborate();
    for at in 0..raw.len() {
        for bits in [0x01, 0x20, 0x80, 0xff] {
            let mut flipped = raw.clone();
            flipped[at] ^= bits;
            open(&flipped);
        }
    }
}

#[test]
fn traps_for_the_reader_end() {
    let parts = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(100_000));
    let out = open(parts.as_bytes());
    assert_eq!((out.children.len(), out.unread[0].reason), (10_000, "limit-artifacts"));
    let header =
        format!("Subject: {}\nTo: {}\n\nbody", "=?".repeat(5 << 20), "a@b.example, ".repeat(1 << 16));
    let out = open(header.as_bytes());
    assert_eq!((out.children.len(), damage(&out)), (1, vec!["header-too-long", "header-too-long"]));
    let line = [b"A: b\n\n".to_vec(), b"x".repeat(50 << 20)].concat();
    assert_eq!(open(&line).children[0].size, 50 << 20);
    let colons = [b"A: b\n\n--".to_vec(), b":".repeat(10 << 20)].concat();
    assert_eq!(open(&colons).children.len(), 1);
    let nested: String =
        (0..5_000).map(|n| format!("Content-Type: multipart/x; boundary=b{n}\n\n--b{n}\n")).collect();
    assert_eq!(open(nested.as_bytes()).children.len(), 0);
}

#[test]
fn what_is_elsewhere_is_unread() {
    let reason = |part: &str| attachment(part).unread.first().map(|unread| unread.reason);
    assert_eq!(reason("Content-Type: message/partial; number=2\r\n\r\nthe rest"), Some("unsupported-format"));
    let external = "Content-Type: message/external-body; access-type=URL\r\n\r\nContent-Type: a/b\r\n\r\n";
    assert_eq!(reason(external), Some("unsupported-format"));
    assert_eq!(reason("Content-Type: a/b; name=x\r\n\r\n\x01"), None);
}

#[test]
fn an_unknown_encoding_does_not_hide_base64() {
    let part = "Content-Type: a/b; name=a.zip\r\nContent-Transfer-Encoding: base65\r\n\r\nUEsDBBQAAAAIAAAAIQAAAAAA\r\n";
    assert!(attachment(part).bytes.starts_with(b"PK\x03\x04"));
}

#[test]
fn parts_are_seen_behind_thousands_of_fields() {
    let raw = [b"X: *\n".repeat(5_000), with_part("Content-Type: a/b\r\n\r\nx").into_bytes()].concat();
    assert_eq!(open(&raw).children.len(), 2);
}

#[test]
fn an_attached_mailbox_gives_its_messages() {
    let message = "From a@b.example Mon Jan  1 00:00:00 2024\nFrom: a@b.example\n\nhello\n\n";
    let out = open(message.repeat(3).as_bytes());
    let kinds: Vec<_> = out.children.iter().map(|child| (child.via, child.kind.unwrap().id)).collect();
    assert_eq!(kinds, [("message", "eml"); 3]);
    assert_eq!(open(message.as_bytes()).children[0].via, "body");
}
