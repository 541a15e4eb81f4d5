use super::pax::tests::records;
use super::*;
use crate::artifact::Tree;
use crate::limits::Limits;

/// A ustar header with the right checksum.
fn header(name: &[u8], kind: u8, size: &str) -> Vec<u8> {
    let mut block = [0; BLOCK];
    block[..name.len()].copy_from_slice(name);
    block[100..108].copy_from_slice(b"0000644\0");
    block[124..124 + size.len()].copy_from_slice(size.as_bytes());
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    summed(block)
}

fn summed(mut block: [u8; BLOCK]) -> Vec<u8> {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().copied().map(u32::from).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block.to_vec()
}

/// A header changed by hand, its checksum put right.
fn changed(block: Vec<u8>, change: impl FnOnce(&mut [u8; BLOCK])) -> Vec<u8> {
    let mut block: [u8; BLOCK] = block.try_into().unwrap();
    change(&mut block);
    summed(block)
}

fn padded(data: &[u8]) -> Vec<u8> {
    let mut data = data.to_vec();
    data.extend(std::iter::repeat_n(0, data.len().next_multiple_of(BLOCK) - data.len()));
    data
}

fn member(name: &[u8], kind: u8, data: &[u8]) -> Vec<u8> {
    [header(name, kind, &format!("{:011o}", data.len())), padded(data)].concat()
}

fn end() -> Vec<u8> {
    [0; 2 * BLOCK].to_vec()
}

fn open_as(name: &str, bytes: Vec<u8>, limits: &Limits) -> (Opened, Result<(), Stop>) {
    let tree = Tree::new(Child::new(name, "file", bytes));
    let mut out = Opened::default();
    let stop = Tar.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(limits));
    (out, stop)
}

fn open(parts: &[Vec<u8>]) -> Opened {
    let (out, stop) = open_as("a.tar", parts.concat(), &Limits::default());
    assert_eq!(stop, Ok(()));
    out
}

fn listed(out: &Opened) -> Vec<(&str, &[u8])> {
    out.children.iter().map(|child| (child.name.as_str(), child.bytes.as_slice())).collect()
}

fn tricks(out: &Opened) -> Vec<(&str, &str)> {
    out.facts
        .iter()
        .map(|fact| match fact {
            Fact::Trick { what, detail } => (*what, detail.as_str()),
            other => panic!("{other:?}"),
        })
        .collect()
}

fn damage(out: &Opened) -> Vec<&str> {
    out.damage.iter().map(|damage| damage.what).collect()
}

#[test]
fn files_come_out_under_their_names() {
    let long = [b"long/".as_slice(), &[b'n'; 200], b".exe\0"].concat();
    let out = open(&[
        member(b"dir/", b'5', b""),
        member(b"dir/a.txt", b'0', b"hello"),
        member(b"\x95\x5c.doc", b'0', &[7; 513]),
        member("請求書.xls".as_bytes(), 0, b""),
        member(b"././@LongLink", b'L', &long),
        member(b"long/nnn", b'0', b"long"),
        member(b"PaxHeaders/x", b'x', &records(&[("path", "a/表.docx")])),
        member(b"short", b'0', b"pax"),
        changed(member(b"name", b'0', b""), |block| block[345..351].copy_from_slice(b"prefix")),
        end(),
    ]);
    let long = String::from_utf8(long[..long.len() - 1].to_vec()).unwrap();
    assert_eq!(
        listed(&out),
        [
            ("dir/a.txt", &b"hello"[..]),
            ("表.doc", &[7; 513]),
            ("請求書.xls", b""),
            (long.as_str(), b"long"),
            ("a/表.docx", b"pax"),
            ("prefix/name", b""),
        ]
    );
    assert!(out.facts.is_empty() && out.damage.is_empty() && out.unread.is_empty(), "{out:?}");
}

#[test]
fn sizes_are_taken_however_they_are_written() {
    let binary = changed(header(b"b", b'0', ""), |block| {
        block[124..136].copy_from_slice(b"\x80\0\0\0\0\0\0\0\0\0\0\x05");
    });
    let out = open(&[
        [binary, padded(b"hello")].concat(),
        [header(b"j", b'0', "  5 junk"), padded(b"hello")].concat(),
        member(b"x", b'x', &records(&[("size", "5")])),
        [header(b"p", b'0', "00000000000"), padded(b"hello")].concat(),
        // The size with holes of a sparse file, where the size of what is stored belongs.
        member(b"x", b'x', &records(&[("size", "99999999999")])),
        member(b"s", b'0', b"holes"),
        header(b"n", b'0', "-5"),
        member(b"last", b'0', b"last"),
    ]);
    assert_eq!(
        listed(&out),
        [
            ("b", &b"hello"[..]),
            ("j", b"hello"),
            ("p", b"hello"),
            ("s", b"holes"),
            ("n", b""),
            ("last", b"last")
        ]
    );
    assert_eq!(damage(&out), ["tar-size"]);
}

#[test]
fn links_devices_and_ways_out_are_told_and_not_followed() {
    let link = changed(header(b"a.doc", b'2', "00000000000"), |block| {
        block[157..168].copy_from_slice(b"/etc/passwd");
    });
    let hard = changed(header(b"hard", b'1', "00000000005"), |block| block[157] = b'x');
    let out = open(&[
        link,
        hard,
        member(b"../../up.exe", b'0', b"up"),
        member(b"pipe", b'6', b""),
        member(b"C:\\x.exe", b'0', b"drive"),
        member(b"dir", b'5', b"data in a folder"),
        end(),
    ]);
    assert_eq!(
        tricks(&out),
        [
            ("tar-link", "a.doc -> /etc/passwd"),
            ("tar-link", "hard -> x"),
            ("tar-path-traversal", "../../up.exe"),
            ("tar-device", "pipe"),
            ("tar-path-traversal", "C:\\x.exe"),
            ("tar-data-without-file", "dir"),
        ]
    );
    assert_eq!(
        listed(&out),
        [("../../up.exe", &b"up"[..]), ("C:\\x.exe", b"drive"), ("dir", b"data in a folder")]
    );
}

#[test]
fn a_thousand_links_are_counted() {
    let out = open(&(0..1000).map(|_| header(b"l", b'2', "0")).collect::<Vec<_>>());
    assert_eq!(out.facts.len(), 17);
    assert_eq!(tricks(&out)[16], ("tar-link", "984 more"));
}

#[test]
fn what_stands_behind_the_end_is_read_and_told() {
    let one = [member(b"a", b'0', b"one"), end()].concat();
    let two = [member(b"b", b'0', b"two"), end()].concat();
    let out = open(&[one.clone(), two]);
    assert_eq!(listed(&out), [("a", &b"one"[..]), ("b", b"two")]);
    assert_eq!(tricks(&out), [("tar-members-after", "1 headers behind the end of the archive")]);
    let out = open(&[one.clone(), b"junk".to_vec()]);
    assert_eq!((tricks(&out), out.unread.len()), (vec![("tar-data-after", "4 bytes")], 0));
    let out = open(&[one, [0; 9 * BLOCK].to_vec(), [0; 99].to_vec()]);
    assert!(out.facts.is_empty() && out.damage.is_empty(), "{out:?}");
}

#[test]
fn after_a_broken_header_the_next_good_one_is_found() {
    let mut broken = member(b"b", b'0', b"lost");
    broken[148] = b'7';
    broken[257] = b'x';
    let out = open(&[member(b"a", b'0', b"one"), broken, member(b"c", b'0', b"three"), end()]);
    assert_eq!(listed(&out), [("a", &b"one"[..]), ("c", b"three")]);
    assert_eq!(damage(&out), ["tar-bad-header"]);
    assert_eq!(out.unread[0].detail, "1024 bytes belong to no member");
}

#[test]
fn a_wrong_checksum_costs_no_more_than_trust_in_the_size() {
    let mut wrong = [header(b"b", b'0', "00000777777"), padded(b"two")].concat();
    wrong[148] = b'7';
    let out = open(&[wrong, member(b"c", b'0', b"three"), end()]);
    assert_eq!(listed(&out)[1], ("c", &b"three"[..]));
    assert_eq!((out.children[0].name.as_str(), out.children[0].bytes.len()), ("b", BLOCK));
    assert_eq!((damage(&out), out.children[0].unread[0].reason), (vec!["tar-checksum"], "damaged"));
}

#[test]
fn a_tar_is_known_by_name_where_its_beginning_is_broken() {
    let bytes = [[1; BLOCK].to_vec(), member(b"a", b'0', b"one"), end()].concat();
    let tree = Tree::new(Child::new("x.tar", "file", bytes.clone()));
    assert!(Tar.matches(tree.get(0).unwrap()));
    assert_eq!(listed(&open(&[bytes])), [("a", &b"one"[..])]);
    let (out, _) = open_as("x.tar", [1; 2 * BLOCK].to_vec(), &Limits::default());
    assert!(out.children.is_empty() && out.damage.is_empty() && out.unread.is_empty());
}

#[test]
fn sparse_files_have_their_holes() {
    let old = changed(header(b"old", b'S', "00000000003"), |block| {
        block[257..265].copy_from_slice(b"ustar  \0");
        block[386..398].copy_from_slice(b"00000000002\0");
        block[398..410].copy_from_slice(b"00000000003\0");
        block[483..495].copy_from_slice(b"00000000006\0");
    });
    let map = [("GNU.sparse.map", "1,2,4,1"), ("GNU.sparse.size", "5"), ("GNU.sparse.name", "m")];
    let inner = [("GNU.sparse.major", "1"), ("GNU.sparse.realsize", "4"), ("GNU.sparse.name", "i")];
    let huge = [("GNU.sparse.map", "0,1,999999999999,1")];
    let out = open(&[
        [old, padded(b"abc")].concat(),
        member(b"x", b'x', &records(&map)),
        member(b"GNUSparseFile.1/m", b'0', b"abc"),
        member(b"x", b'x', &records(&inner)),
        member(b"GNUSparseFile.1/i", b'0', &[padded(b"1\n1\n2\n"), b"ab".to_vec()].concat()),
        member(b"x", b'x', &records(&huge)),
        member(b"h", b'0', b"ab"),
    ]);
    assert_eq!(listed(&out), [("old", &b"\0\0abc\0"[..]), ("m", b"\0ab\0c"), ("i", b"\0ab\0"), ("h", b"ab")]);
    assert_eq!(damage(&out), ["tar-holes"]);
}

#[test]
fn cut_anywhere_it_keeps_what_came_and_says_so() {
    let file = [
        member(b"x", b'x', &records(&[("path", "a/表.docx")])),
        member(b"a", b'0', &[b'a'; 700]),
        member(b"L", b'L', b"long\0"),
        member(b"b", b'0', b"two"),
        end(),
    ]
    .concat();
    for cut in 0..file.len() {
        let (out, _) = open_as("a.tar", file[..cut].to_vec(), &Limits::default());
        assert!(out.children.len() <= 2);
        if let Some(child) = out.children.first() {
            assert!([b'a'; 700].starts_with(&child.bytes));
            assert_eq!(child.bytes.len() < 700, !child.unread.is_empty(), "{cut}");
        }
    }
    for at in 0..file.len() {
        let mut bad = file.clone();
        bad[at] ^= 1 << (at % 8);
        let (out, stop) = open_as("a.tar", bad, &Limits::default());
        assert!(out.children.len() <= 5 && stop.is_ok(), "{at}");
    }
}

#[test]
fn members_without_number_end_by_a_limit() {
    let file = header(b"a", b'0', "0").repeat(30_000);
    let (out, stop) = open_as("a.tar", file, &Limits { artifacts: 100, ..Limits::default() });
    assert_eq!((out.children.len(), stop), (101, Err(Stop::Artifacts)));
    // Each header is wrong and claims all that follows.
    let mut wrong = header(b"a", b'2', "77777777777");
    wrong[148] = b'7';
    let (out, stop) = open_as("a.tar", wrong.repeat(60_000), &Limits::default());
    assert!(stop.is_ok() && out.children.len() <= 1);
}
