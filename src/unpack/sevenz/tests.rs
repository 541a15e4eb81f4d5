use super::writer::{NAMED, OPEN, SHUT, Sample, archive, hex, number};
use super::*;
use crate::artifact::{Child, Tree};
use crate::keyring::{Candidate, Origin, Source};
use crate::limits::Limits;

fn open_with(bytes: &[u8], texts: &[&str], limits: &Limits) -> (Opened, Result<(), Stop>) {
    let mut keys = Keyring::new();
    for text in texts {
        let origin = Origin { source: Source::Body, place: "line 3".into() };
        keys.add(Candidate { text: (*text).into(), rank: 10, origin });
    }
    let mut out = Opened::default();
    let tree = Tree::new(Child::new("a.bin", "file", bytes.to_vec()));
    let result = SevenZip.open(tree.get(0).unwrap(), &keys, &mut out, &mut Budget::new(limits));
    (out, result)
}

fn open(bytes: &[u8], texts: &[&str]) -> Opened {
    let (out, result) = open_with(bytes, texts, &Limits::default());
    assert_eq!(result, Ok(()));
    out
}

fn files(out: &Opened) -> Vec<(&str, &[u8])> {
    out.children.iter().map(|child| (child.name.as_str(), child.bytes.as_slice())).collect()
}

fn reasons(out: &Opened) -> Vec<&str> {
    let all = out.unread.iter().chain(out.children.iter().flat_map(|child| &child.unread));
    all.map(|unread| unread.reason).collect()
}

fn tricks(out: &Opened) -> Vec<&str> {
    let what = |fact: &Fact| match fact {
        Fact::Trick { what, .. } => Some(*what),
        _ => None,
    };
    out.facts.iter().filter_map(what).map(|what: &'static str| what).collect()
}

const NOTE: &[u8] = b"var note = \"nothing happens here\";\n";
const FIGURES: &[u8] = b"The figures of the quarter, the figures of the year.\n";
const PAIR: &[(&str, &[u8])] = &[("表.txt", b"some content"), ("d/b.js", b"other content")];

fn is_clean(out: &Opened) -> bool {
    let children = out.children.iter().all(|child| child.damage.is_empty() && child.unread.is_empty());
    out.damage.is_empty() && out.unread.is_empty() && children
}

#[test]
fn files_come_out_and_directories_do_not() {
    let out = open(&hex(OPEN), &[]);
    assert_eq!(files(&out), [("empty.exe", &b""[..]), ("note.js", NOTE), ("資料/figures.txt", FIGURES)]);
    assert!(is_clean(&out) && out.facts.is_empty() && out.children.iter().all(|child| child.via == "7z"));
    let out = open(&Sample::of(PAIR).bytes(), &[]);
    assert_eq!((files(&out).as_slice(), is_clean(&out)), (PAIR, true));
    let empty = open(&archive(b"", b""), &[]);
    assert!(is_clean(&empty) && empty.children.is_empty());
}

#[test]
fn cut_anywhere_it_is_unread_and_flipped_anywhere_it_is_told() {
    for bytes in [hex(OPEN), Sample::of(PAIR).bytes()] {
        let whole = open(&bytes, &[]);
        for cut in 6..bytes.len() {
            assert!(reasons(&open(&bytes[..cut], &[])).contains(&"damaged"), "{cut}");
        }
        // The version, which says nothing, stands before the checked part.
        for at in 8..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1 << (at % 8);
            let out = open(&bad, &[]);
            assert!(!is_clean(&out) || files(&out) == files(&whole), "{at}");
        }
    }
}

#[test]
fn a_password_of_the_message_opens_files_and_lists() {
    let found = |password: &str| Fact::OpenedWith {
        scheme: "7z-aes",
        password: password.into(),
        origin: Origin { source: Source::Body, place: "line 3".into() },
    };
    let out = open(&hex(SHUT), &["wrong", "ひらけ747"]);
    assert_eq!(files(&out), [("note.js", NOTE)]);
    assert_eq!(out.facts, [found("ひらけ747")]);
    let out = open(&hex(NAMED), &["wrong", "tana-2024"]);
    assert_eq!(files(&out), [("note.js", NOTE), ("資料/figures.txt", FIGURES)]);
    assert_eq!(out.facts, [found("tana-2024")]);
}

#[test]
fn what_stays_shut_is_named_as_far_as_names_are_open() {
    let out = open(&hex(SHUT), &["wrong"]);
    assert_eq!((out.children.len(), out.facts.len(), reasons(&out)), (0, 0, vec!["encrypted"]));
    let out = open(&hex(NAMED), &[]);
    let names = [Fact::LockedName("note.js".into()), Fact::LockedName("資料/figures.txt".into())];
    assert_eq!((out.facts.as_slice(), reasons(&out)), (&names[..], vec!["encrypted"]));
    assert_eq!(out.unread[0].detail, "locked entries: 2");
}

#[test]
fn spent_key_derivation_leaves_the_rest_of_the_message_alone() {
    let limits = Limits { derivation_rounds: 1000, ..Limits::default() };
    for fixture in [SHUT, NAMED] {
        let (out, result) = open_with(&hex(fixture), &["tana-2024", "ひらけ747"], &limits);
        assert_eq!((result, reasons(&out)), (Ok(()), vec!["limit-key-derivation", "encrypted"]));
    }
}

#[test]
fn a_tiny_file_does_not_prove_a_password() {
    let long: &[u8] = &[b'x'; 5000];
    let files: &[(&str, &[u8])] = &[("a", b"1"), ("b", b""), ("c", long)];
    let wrong: Vec<String> = (0..700).map(|number| format!("wrong{number}")).collect();
    let texts: Vec<&str> = wrong.iter().map(String::as_str).chain(["right"]).collect();
    let out = open(&Sample::locked(files, "right").bytes(), &texts);
    assert_eq!(super::tests::files(&out), files);
    assert!(
        is_clean(&out)
            && matches!(&out.facts[..], [Fact::OpenedWith { password, .. }] if password == "right")
    );
}

#[test]
fn content_without_a_checksum_proves_no_password() {
    let mut sample = Sample::locked(PAIR, "right");
    let header = [&[1, 4][..], &sample.streams(), &[0]].concat();
    let place = header.windows(2).rposition(|pair| pair == [10, 1]).unwrap();
    let header = [&header[..place], &[0, 0, 0]].concat();
    let out = open(&archive(&sample.packed.take().unwrap(), &header), &["right"]);
    assert_eq!((out.children.len(), reasons(&out)), (0, vec!["encrypted"]));
}

#[test]
fn the_rest_of_a_folder_is_lost_behind_a_fault() {
    let content: &[u8] = b"stored, and then something else";
    let files: &[(&str, &[u8])] = &[("a", content), ("b.exe", content)];
    let mut sample = Sample::of(files);
    sample.packed = Some(sample.plain()[..20].to_vec());
    let out = open(&sample.bytes(), &[]);
    assert_eq!(super::tests::files(&out), [("a", &content[..20]), ("b.exe", b"")]);
    assert_eq!(reasons(&out), ["damaged", "damaged"]);
    let mut bytes = Sample::of(files).bytes();
    bytes[START] ^= 1;
    let out = open(&bytes, &[]);
    assert_eq!((out.children[0].size, out.children[1].bytes.as_slice()), (31, content));
    assert_eq!(reasons(&out), ["damaged"]);
}

#[test]
fn a_list_of_files_is_found_without_the_start_header() {
    for bytes in [hex(OPEN), Sample::of(PAIR).bytes()] {
        let whole = open(&bytes, &[]);
        for at in [8, 12, 15, 20, 27] {
            let mut bad = bytes.clone();
            bad[at] ^= 0x40;
            let out = open(&bad, &[]);
            assert_eq!((files(&out), out.damage[0].what), (files(&whole), "7z-start-header-crc"));
        }
    }
}

#[test]
fn an_archive_is_known_behind_a_program_and_other_data() {
    let bytes = hex(OPEN);
    let told = |head: &[u8], tail: &[u8]| {
        let all = [head, bytes.as_slice(), tail].concat();
        let tree = Tree::new(Child::new("a.bin", "file", all.clone()));
        assert!(SevenZip.matches(tree.get(0).unwrap()), "{head:?}");
        let out = open(&all, &[]);
        assert_eq!(out.children.len(), 3);
        tricks(&out).into_iter().map(str::to_string).collect::<Vec<_>>()
    };
    let mut stub = [0; 0x44];
    stub[..2].copy_from_slice(b"MZ");
    stub[0x3c] = 0x40;
    stub[0x40..].copy_from_slice(b"PE\0\0");
    assert_eq!(told(&stub, b""), [""; 0]);
    assert_eq!(told(&stub, b"7z\xbc\xaf\x27\x1c and more"), [""; 0]);
    assert_eq!(told(b"\0\x01\x02", b""), ["7z-data-before"]);
    assert_eq!(told(b"\x89PNG\r\n\x1a\n", b""), ["7z-behind-other-file"]);
    assert_eq!(told(b"", b"junk"), ["7z-data-after"]);
    assert_eq!(told(b"", &[0; 99]), [""; 0]);
    for other in [&b"no archive"[..], b"MZ 7z\xbc\xaf\x27\x1c\0\x04 and no start header behind the signature"]
    {
        assert!(!SevenZip.matches(Tree::new(Child::new("a", "file", other.to_vec())).get(0).unwrap()));
    }
    let message = [b"Subject: x\r\nFrom: y\r\n\r\n", bytes.as_slice(), b"\r\n--end--"].concat();
    assert!(!SevenZip.matches(Tree::new(Child::new("a", "file", message)).get(0).unwrap()));
}

#[test]
fn two_archives_in_a_row_are_both_opened() {
    let out = open(&[hex(OPEN), Sample::of(PAIR).bytes()].concat(), &[]);
    assert_eq!((out.children.len(), tricks(&out)), (5, vec!["7z-several-archives"]));
}

#[test]
fn links_devices_and_hidden_data_are_told() {
    let with = |attributes: u32| {
        let mut sample = Sample::of(&[("a", b"/etc/passwd")]);
        sample.properties = [&[21, 6, 1, 0][..], &attributes.to_le_bytes()].concat();
        tricks(&open(&sample.bytes(), &[])).concat()
    };
    assert_eq!(with(0x20), "");
    assert_eq!(with(0x81a4_8020), "");
    assert_eq!(with(0xa1ff_8020), "7z-link");
    assert_eq!(with(0x420), "7z-link");
    assert_eq!(with(0x6000_8020), "7z-device");
    assert_eq!(with(0x10), "7z-directory-with-data");
    let hidden =
        [&[1, 4, 6, 0, 1, 9, 5, 0, 7, 11, 1, 0, 1, 1, 0, 12, 5, 0, 8, 13, 0, 0, 0][..], &[0]].concat();
    let out = open(&archive(b"inert", &hidden), &[]);
    assert_eq!((files(&out), tricks(&out)), (vec![("", &b"inert"[..])], vec!["7z-hidden-data"]));
}

#[test]
fn what_cannot_be_unpacked_is_said() {
    let folder = |record: &[u8]| Sample { folder: record.to_vec(), ..Sample::of(PAIR) }.bytes();
    let out = open(&folder(&[1, 4, 4, 0xf7, 0x11, 4]), &[]);
    assert_eq!(reasons(&out), ["unsupported-method"; 2]);
    assert_eq!(out.children[1].unread[0].detail, "method 4f71104 (LZ4)");
    assert_eq!(reasons(&open(&folder(&[1, 2, 0x77, 0x88]), &[])), ["unsupported-method"; 2]);
    // LZMA without properties, one coder bound to itself, AES whose key costs too much.
    for record in [&[1, 3, 3, 1, 1][..], &[1, 0x11, 0, 2, 2, 0, 0], &[1, 0x24, 6, 0xf1, 7, 1, 1, 30]] {
        let out = open(&folder(record), &["x"]);
        assert!(!is_clean(&out) && out.children.iter().all(|child| child.bytes.is_empty()), "{record:?}");
    }
}

#[test]
fn coders_that_form_a_circle_are_an_error() {
    // The last of three coders takes from the second, and that one from itself.
    let sizes = [6, 0, 1, 9, 5, 0, 7, 11, 1, 0];
    let record = [3, 1, 0, 1, 0, 1, 0, 2, 1, 1, 1];
    let header = [&[1, 4][..], &sizes, &record, &[12, 5, 5, 5, 0, 0, 0]].concat();
    assert_eq!(reasons(&open(&archive(b"inert", &header), &[])), ["damaged"]);
    // The same, joined as it should be.
    let record = [3, 1, 0, 1, 0, 1, 0, 2, 1, 1, 0];
    let header = [&[1, 4][..], &sizes, &record, &[12, 5, 5, 5, 0, 0, 0]].concat();
    let out = open(&archive(b"inert", &header), &[]);
    assert_eq!((files(&out), is_clean(&out)), (vec![("", &b"inert"[..])], true));
}

#[test]
fn numbers_of_any_size_are_refused_at_once() {
    let huge = number(u64::MAX >> 1);
    let one = Sample::of(PAIR).streams();
    let headers: [Vec<u8>; 9] = [
        [&[1, 4, 6, 0][..], &huge, &[9, 1, 1, 1]].concat(),
        [&[1, 4, 6][..], &huge, &huge, &[10, 0]].concat(),
        [&[1, 4, 7, 11][..], &huge, &[0, 1, 1, 0]].concat(),
        [&[1, 4, 7, 11, 1, 0][..], &huge, &[1, 0]].concat(),
        [&[1, 4, 7, 11, 1, 0, 1, 0x11, 0][..], &huge, &huge].concat(),
        [&[1, 4, 6, 0, 1, 9, 5, 0, 7, 11, 1, 0, 1, 1, 0, 12][..], &huge, &[0, 8, 13], &huge, &[9, 1, 1]]
            .concat(),
        [&[1, 4][..], &one, &[5], &huge, &[17, 3, 0, 0, 0, 0, 0]].concat(),
        [&[1, 4][..], &one, &[5], &huge, &[14], &huge].concat(),
        [&[1, 2][..], &[9], &huge, &[0]].concat(),
    ];
    for header in headers {
        let (out, result) = open_with(&archive(&Sample::of(PAIR).plain(), &header), &[], &Limits::default());
        assert_eq!(result, Ok(()), "{header:?}");
        assert!(out.children.len() <= 2 && (files(&out) == PAIR || !is_clean(&out)), "{header:?}");
    }
}

#[test]
fn records_that_stand_twice_add_nothing() {
    let streams = Sample::of(PAIR).streams();
    let again = |record: &[u8], times: usize| {
        let header = [&[1, 4][..], &streams[..streams.len() - 1], &record.repeat(times), &[0, 0]].concat();
        open(&archive(&Sample::of(PAIR).plain(), &header), &[])
    };
    let whole = again(&[], 1);
    assert_eq!((whole.children.len(), is_clean(&whole)), (2, true));
    for record in [&[8, 0][..], &[7, 11, 1, 0, 1, 1, 0, 12, 5, 0], &[6, 0, 1, 9, 5, 0]] {
        let out = again(record, 1000);
        assert_eq!((out.children.len(), out.damage.len()), (2, 1), "{record:?}");
    }
}

#[test]
fn limits_end_the_archive_and_what_came_stays() {
    let content = [7; 1000];
    let files: Vec<(&str, &[u8])> = (0..9).map(|_| ("a", &content[..])).collect();
    let bytes = Sample::of(&files).bytes();
    let (out, result) = open_with(&bytes, &[], &Limits { made_bytes: 2500, ..Limits::default() });
    assert_eq!((out.children.len(), result), (3, Err(Stop::Bytes)));
    let (out, result) = open_with(&bytes, &[], &Limits { kept_bytes: 2500, ..Limits::default() });
    assert_eq!((out.children.len(), result), (3, Err(Stop::Bytes)));
    let (out, result) = open_with(&bytes, &[], &Limits { artifacts: 4, ..Limits::default() });
    assert_eq!((out.children.len(), result), (4, Ok(())));
    assert_eq!(reasons(&out), ["limit-artifacts"]);
}

#[test]
fn data_that_unfold_between_two_coders_and_vanish_are_paid() {
    // 8 MiB of empty deflate blocks, packed by deflate: nothing comes out in the end.
    let blocks: Vec<u8> = [0, 0, 0, 0xff, 0xff].into_iter().cycle().take(5 << 20).collect();
    let packed = crate::codec::tests::pack(crate::codec::Codec::Deflate, &blocks);
    let coder = [3, 4, 1, 8];
    let folder = [&[2][..], &coder, &coder, &[0, 1]].concat();
    let header = [
        &[1, 4, 6, 0, 1, 9][..],
        &number(packed.len() as u64),
        &[0, 7, 11, 1, 0],
        &folder,
        &[12],
        &number(9),
        &number(blocks.len() as u64),
        &[0, 0, 0],
    ]
    .concat();
    let limits = Limits { made_bytes: 1 << 20, ..Limits::default() };
    let (out, result) = open_with(&archive(&packed, &header), &[], &limits);
    assert_eq!((result, reasons(&out)), (Err(Stop::Bytes), vec!["damaged"]));
}
