use super::*;
use crate::artifact::{Child, Tree};
use crate::limits::Limits;

fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
    let sum = data.iter().fold(0u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    let length = u32::try_from(data.len()).unwrap().to_le_bytes();
    [&[level][..], &id.to_le_bytes(), &length, data, &sum.to_le_bytes()].concat()
}

fn envelope(attributes: &[Vec<u8>]) -> Vec<u8> {
    [SIGNATURE, b"\x01\x00", &attributes.concat()].concat()
}

/// A list of properties: type and number, then what stands behind them.
fn list(properties: &[(u16, u16, Vec<u8>)]) -> Vec<u8> {
    let mut out = u32::try_from(properties.len()).unwrap().to_le_bytes().to_vec();
    for (id, kind, value) in properties {
        out.extend([kind.to_le_bytes(), id.to_le_bytes()].concat());
        out.extend(value);
    }
    out
}

/// One value of variable length.
fn long(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    let padding = &[0; 4][..bytes.len().next_multiple_of(4) - bytes.len()];
    [&1u32.to_le_bytes()[..], &length, bytes, padding].concat()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A named property, whose name is stepped over.
fn named(text: &str) -> Vec<u8> {
    let name = wide(text);
    let length = u32::try_from(name.len()).unwrap().to_le_bytes();
    let padding = &[0; 4][..name.len().next_multiple_of(4) - name.len()];
    [&[9; 16][..], &1u32.to_le_bytes(), &length, &name, padding, &7u32.to_le_bytes()].concat()
}

fn sample() -> Vec<u8> {
    let inner = envelope(&[
        attribute(1, 0x0001_8004, b"inner\0"),
        attribute(2, 0x0006_9002, &[0; 14]),
        attribute(2, 0x0001_8010, b"b.txt\0"),
        attribute(2, 0x0006_800f, b"note"),
    ]);
    let object = [MESSAGE_INTERFACE, &inner].concat();
    envelope(&[
        attribute(1, 0x0008_9006, &[0, 0, 1, 0]),
        attribute(1, 0x0006_9007, &[0xa4, 3, 0, 0, 0, 0, 0, 0]),
        attribute(1, 0x0000_8000, b"\x04\0\x10\0\x05\0\x0e\0\x8e\x52\x93\x63\0SMTP:a@b.test\0"),
        attribute(1, 0x0001_8004, b"\x90\xbf\x8b\x81\0"),
        attribute(1, 0x0003_8005, &[0xe6, 7, 3, 0, 2, 0, 10, 0, 37, 0, 29, 0, 3, 0]),
        attribute(1, 0x0002_800c, b"plain body\0"),
        attribute(
            1,
            0x0006_9003,
            &list(&[
                (0x8001, 0x0003, named("skipped")),
                (
                    0x001a,
                    0x101f,
                    [&2u32.to_le_bytes()[..], &long(b"a\0")[4..], &long(b"b\0c\0")[4..]].concat(),
                ),
                (0x0e06, 0x0040, 132_900_000_000_000_000u64.to_le_bytes().to_vec()),
                (0x1013, 0x0102, long(b"<p>html</p>")),
            ]),
        ),
        attribute(
            1,
            0x0006_9004,
            &[
                2u32.to_le_bytes().to_vec(),
                list(&[(0x0c15, 3, 1u32.to_le_bytes().to_vec()), (0x3003, 0x1e, long(b"to@b.test\0"))]),
                list(&[(0x0c15, 3, 2u32.to_le_bytes().to_vec()), (0x3001, 0x1f, long(&wide("cc")))]),
            ]
            .concat(),
        ),
        attribute(2, 0x0006_9002, &[0; 14]),
        attribute(2, 0x0001_8010, b"8ACB~1.DOC\0"),
        attribute(2, 0x0006_800f, b"content"),
        attribute(2, 0x0006_9005, &list(&[(0x3707, 0x1f, long(&wide("請求書.docm")))])),
        attribute(2, 0x0006_9002, &[0; 14]),
        attribute(2, 0x0006_9005, &list(&[(0x3001, 0x1e, long(b"title\0")), (0x3701, 0x0d, long(&object))])),
    ])
}

fn open(bytes: &[u8]) -> Opened {
    let tree = Tree::new(Child::new("winmail.dat", "file", bytes.to_vec()));
    let mut out = Opened::default();
    let artifact = tree.get(0).unwrap();
    if Tnef.matches(artifact) {
        Tnef.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
    }
    out
}

fn listed(out: &Opened) -> Vec<(&str, &str, &[u8])> {
    out.children.iter().map(|child| (child.name.as_str(), child.via, child.bytes.as_slice())).collect()
}

#[test]
fn headers_bodies_and_attachments_come_out() {
    let out = open(&sample());
    let header = |name: &'static str, value: &str| Fact::Header { name, value: value.into() };
    let want = [
        header("from", "山田 <a@b.test>"),
        header("to", "to@b.test"),
        header("cc", "cc"),
        header("subject", "請求"),
        header("date", "Tue, 22 Feb 2022 10:40:00 +0000"),
    ];
    assert_eq!(out.facts, want);
    let found = listed(&out);
    assert_eq!(found[0], ("", "body", &b"plain body"[..]));
    assert_eq!(found[1], ("", "body", &b"<p>html</p>"[..]));
    assert_eq!(found[2], ("請求書.docm", "attachment", &b"content"[..]));
    assert_eq!((found[3].0, found.len()), ("title.tnef", 4));
    assert_eq!(out.letters[0].texts[0], "plain body");
    assert_eq!((out.damage.len(), out.unread.len()), (0, 0), "{:?}", out.damage);
    let inner = open(&out.children[3].bytes);
    assert_eq!(listed(&inner), [("b.txt", "attachment", &b"note"[..])]);
    assert_eq!(inner.letters[0].attached, [("b.txt".to_string(), "note".to_string())]);
}

#[test]
fn the_date_of_the_envelope_stands_in_where_there_is_no_other() {
    let out =
        open(&envelope(&[attribute(1, 0x0003_8005, &[0xe6, 7, 3, 0, 2, 0, 10, 0, 37, 0, 29, 0, 3, 0])]));
    assert_eq!(out.facts, [Fact::Header { name: "date", value: "Wed, 02 Mar 2022 10:37:29 +0000".into() }]);
}

#[test]
fn wrong_checksums_and_unknown_attributes_do_not_matter() {
    let mut bytes = envelope(&[attribute(1, 0x0006_0000, b"what"), attribute(2, 0x0006_800f, b"data")]);
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let out = open(&bytes);
    assert_eq!(listed(&out), [("", "attachment", &b"data"[..])]);
    assert_eq!((out.damage[0].what, out.unread.len()), ("tnef-checksum", 0));
    let padded = [bytes.as_slice(), b"\0\0\r\n"].concat();
    assert_eq!(open(&padded).unread.len(), 0);
    let junk = [bytes.as_slice(), b"junk behind it"].concat();
    assert_eq!(open(&junk).unread[0].reason, "damaged");
}

#[test]
fn bytes_that_are_written_twice_are_given_once() {
    let bytes = envelope(&[
        attribute(2, 0x0006_9002, &[0; 14]),
        attribute(2, 0x0006_800f, b"data"),
        attribute(2, 0x0006_9005, &list(&[(0x3701, 0x102, long(b"data"))])),
        attribute(2, 0x0006_9002, &[0; 14]),
        attribute(2, 0x0006_800f, b"one"),
        attribute(2, 0x0006_9005, &list(&[(0x3701, 0x102, long(b"other"))])),
        attribute(2, 0x0006_9002, &[0; 14]),
    ]);
    let out = open(&bytes);
    let bytes: Vec<&[u8]> = out.children.iter().map(|child| child.bytes.as_slice()).collect();
    assert_eq!(bytes, [&b"data"[..], b"other", b"one", b""]);
}

#[test]
fn what_was_read_before_a_cut_stays() {
    let whole = sample();
    for length in 4..whole.len() {
        let out = open(&whole[..length]);
        let unread = out.children.iter().flat_map(|child| &child.unread).chain(&out.unread).count();
        assert!(unread > 0 || is_end(&whole, length), "{length}");
    }
    let cut = open(&whole[..whole.len() - 20]);
    assert_eq!((cut.children[3].name.as_str(), cut.unread.len() > 1), ("title.tnef", true));
}

/// Whether an attribute ends there, but for its checksum.
fn is_end(whole: &[u8], length: usize) -> bool {
    let mut reader = Reader::at(whole, 6).unwrap();
    let mut ends = [4, 5, 6].to_vec();
    while Attribute::read(&mut reader).is_some() {
        ends.extend([0, 1, 2].map(|back| reader.position() - back));
    }
    // Zeros that an attribute begins with look like padding.
    ends.contains(&length)
}

#[test]
fn flipped_bits_do_not_break_it() {
    let whole = sample();
    let mut found = 0;
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bad = whole.clone();
            bad[at] ^= 1 << bit;
            found += open(&bad).children.len();
        }
    }
    assert!(found > whole.len() * 8 * 2, "{found}");
}

#[test]
fn counts_are_not_believed() {
    let huge =
        [u32::MAX.to_le_bytes().as_slice(), &[0x01, 0x10, 0x01, 0x00], &u32::MAX.to_le_bytes()].concat();
    let out = open(&envelope(&[attribute(1, 0x0006_9003, &huge), attribute(1, 0x0006_9004, &huge)]));
    assert_eq!(out.children.len(), 0);
    assert!(out.damage.iter().all(|damage| damage.what == "tnef-properties"));
    let files = attribute(2, 0x0006_9002, &[]).repeat(MOST + 1);
    let bytes = envelope(&[files]);
    let out = open(&bytes);
    assert_eq!((out.children.len(), out.unread[0].reason), (MOST, "limit-artifacts"));
}
