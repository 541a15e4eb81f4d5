use super::header::crc16;
use super::*;
use crate::artifact::Tree;
use crate::limits::Limits;

/// A header of one level around packed bytes, with extended headers.
fn member(
    level: u8,
    method: &str,
    name: &[u8],
    extended: &[(u8, &[u8])],
    packed: &[u8],
    plain: &[u8],
) -> Vec<u8> {
    let width = if level == 3 { 4 } else { 2 };
    let size = |length: usize| length.to_le_bytes()[..width].to_vec();
    let mut chain = Vec::new();
    for (at, (kind, content)) in extended.iter().enumerate() {
        let next = extended.get(at + 1).map_or(0, |(_, content)| content.len() + 1 + width);
        chain.extend([&[*kind], *content, &size(next)].concat());
    }
    let first = size(extended.first().map_or(0, |(_, content)| content.len() + 1 + width));
    let counted = packed.len() + if level == 1 { chain.len() } else { 0 };
    let mut out = [method.as_bytes(), &counted.to_le_bytes()[..4], &plain.len().to_le_bytes()[..4]].concat();
    out.extend([0, 0, 0, 0, 0x20, level]);
    if level < 2 {
        out.push(u8::try_from(name.len()).unwrap());
        out.extend_from_slice(name);
    }
    out.extend(crc16(plain).to_le_bytes());
    match level {
        0 => {}
        3 => {
            let whole = (out.len() + 2 + 1 + 4 + 4 + chain.len()).to_le_bytes();
            out = [&[4, 0][..], &out, b"w", &whole[..4], &first, &chain].concat();
        }
        1 => out = [&out[..], b"M", &first].concat(),
        _ => {
            let whole = (out.len() + 2 + 1 + 2 + chain.len()).to_le_bytes();
            out = [&whole[..2], &out, b"M", &first, &chain].concat();
        }
    }
    if level < 2 {
        let sum = out.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
        out = [&[u8::try_from(out.len()).unwrap(), sum], out.as_slice()].concat();
        out.extend(if level == 1 { chain } else { Vec::new() });
    }
    [out.as_slice(), packed].concat()
}

fn stored(name: &str, plain: &[u8]) -> Vec<u8> {
    member(0, "-lh0-", name.as_bytes(), &[], plain, plain)
}

fn archive(members: &[Vec<u8>]) -> Vec<u8> {
    [members.concat().as_slice(), &[0]].concat()
}

fn open_named(name: &str, bytes: Vec<u8>, limits: &Limits) -> (Opened, bool) {
    let tree = Tree::new(Child::new(name, "file", bytes));
    let mut out = Opened::default();
    let matches = Lzh.matches(tree.get(0).unwrap());
    Lzh.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(limits)).unwrap();
    (out, matches)
}

fn open(bytes: Vec<u8>) -> Opened {
    open_named("a.lzh", bytes, &Limits::default()).0
}

fn hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}

/// The text that is packed below.
fn lines() -> Vec<u8> {
    (1..=12).flat_map(|line| format!("line {line} of a text that packs\n").into_bytes()).collect()
}

/// `lines` by jLHA (`-lh5-` to `-lh7-`) and by an encoder after LZHUF, and short texts in the methods of `LArc`; all
/// are unpacked by lhasa too.
fn packed() -> [(&'static str, Vec<u8>, Vec<u8>); 6] {
    let long = "00334b6e9128d573007ae1e0003827f183162c5647e838eade6870a000040078db9b841d681435fd60daab0ed73dfc\
                77cb815c4ae45732ba15d4aec57915a3f0cc4653f8d0";
    let short = "00334b6e9128d573007ae1e0003827f183162c5647e838eade687140000800f1b737083ad0286bfac1b5561dae7bf8\
                 ef9702b895c8ae65742ba95d8af22b47e1988ca7f1a0";
    let adapted = "fc7d7f5f1d66f707f7f2bdedbc0184097565afa5ddcb3f95fdff7ffe5a3837bebc06f7f581be04f0df06a06f853\
                   06f87386f89386f8b406f0379830e4aa999776534";
    let larc5 = b"abcabcabc-AAAA01234\0\0\0".to_vec();
    [
        ("-lh1-", hex(adapted), lines()),
        ("-lh5-", hex(short), lines()),
        ("-lh6-", hex(long), lines()),
        ("-lh7-", hex(long), lines()),
        ("-lzs-", hex("b0d8ac6fdea0c81210"), b"abcabcabca  !".to_vec()),
        ("-lz5-", hex("17616263eef32d4d3130d200f0"), larc5),
    ]
}

#[test]
fn every_method_gives_back_what_was_packed() {
    for (method, packed, plain) in packed() {
        let out = open(archive(&[member(0, method, b"a.txt", &[], &packed, &plain), stored("b", b"next")]));
        assert_eq!(out.children[0].bytes, plain, "{method}");
        assert_eq!((out.children[0].unread.len(), out.children[1].bytes.as_slice()), (0, &b"next"[..]));
    }
    let out = open(archive(&[member(0, "-lh9-", b"a", &[], b"x", b"x"), stored("b", b"next")]));
    assert_eq!((out.unread[0].reason, out.children.len()), ("unsupported-method", 1));
}

#[test]
fn names_of_every_level_are_joined_and_decoded() {
    let folder: &[(u8, &[u8])] = &[(2, b"\x95\x5c\xffb\xff"), (1, b"\x90\xbf.doc")];
    for level in 1..=3 {
        let out = open(archive(&[member(level, "-lh0-", b"", folder, b"x", b"x"), stored("b", b"next")]));
        assert_eq!(out.children[0].name, "表/b/請.doc", "{level}");
        assert_eq!((out.children.len(), out.damage.len(), out.unread.len()), (2, 0, 0), "{level}");
    }
    let out = open(archive(&[member(0, "-lh0-", b"d\\\x95\x5c.exe", &[], b"x", b"x")]));
    assert_eq!(out.children[0].name, "d\\表.exe");
    let korean =
        open(archive(&[member(2, "-lh0-", b"", &[(0x46, &[0xb5, 3, 0, 0]), (1, b"\xb0\xa1")], b"x", b"x")]));
    assert_eq!(korean.children[0].name, "가");
}

#[test]
fn a_wide_name_goes_before_a_narrow_one_and_both_are_told() {
    let wide: Vec<u8> = "a\u{ffff}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let name: Vec<u8> = "evil.exe".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let fields: &[(u8, &[u8])] = &[(1, b"good.txt"), (0x45, &wide), (0x44, &name)];
    let out = open(archive(&[member(2, "-lh0-", b"", fields, b"x", b"x")]));
    assert_eq!(out.children[0].name, "a/evil.exe");
    assert_eq!(out.children[0].facts, [Fact::OtherName("good.txt".into())]);
}

#[test]
fn directories_are_no_children_and_links_are_told() {
    let folder = member(1, "-lhd-", b"", &[(2, b"dir\xff")], b"", b"");
    let link = member(1, "-lhd-", b"", &[(2, b"etc|..\xff..\xffetc")], b"", b"");
    let odd = member(1, "-lhd-", b"dir", &[], b"data", b"data");
    let out = open(archive(&[folder, link, odd]));
    assert_eq!((out.children.len(), out.children[0].bytes.as_slice()), (1, &b"data"[..]));
    assert_eq!(out.facts, [Fact::Trick { what: "lzh-symbolic-link", detail: "etc -> ../../etc".into() }]);
}

#[test]
fn a_self_extractor_is_opened() {
    let mut program =
        [b"MZ".as_slice(), &[0; 58], &[64, 0, 0, 0], b"PE\0\0 -lh5- is what this program unpacks"].concat();
    program.extend([0; 3000]);
    let text = [b"\x01\x02 junk -lh5- junk ".as_slice(), &[0; 90]].concat();
    assert!(!open_named("a.exe", program.clone(), &Limits::default()).1);
    for stub in [program, text] {
        let (out, matches) =
            open_named("a.exe", [stub, archive(&[stored("a.vbs", b"x = 1")])].concat(), &Limits::default());
        assert!(matches);
        assert_eq!((out.children[0].name.as_str(), out.damage.len(), out.unread.len()), ("a.vbs", 0, 0));
    }
}

#[test]
fn what_follows_a_broken_header_or_the_end_is_found() {
    let mut broken = stored("broken", b"content");
    broken[25] ^= 1;
    let out = open(archive(&[stored("a", b"1"), broken.clone(), stored("b", b"2")]));
    assert_eq!((out.children.len(), out.damage[0].what), (2, "lzh-header-broken"));
    assert_eq!(out.unread[0].reason, "damaged");
    assert_eq!(open(broken).unread[0].reason, "damaged");
    let out = open([archive(&[stored("a", b"1")]), archive(&[stored("b", b"2")])].concat());
    let trick =
        Fact::Trick { what: "lzh-hidden-member", detail: "a member begins 1 bytes behind the end".into() };
    assert_eq!((out.children.len(), out.facts.as_slice()), (2, &[trick][..]));
    let padded = [stored("a", b"1"), [0x1a; 50].to_vec()].concat();
    assert_eq!(open(padded).damage, []);
}

#[test]
fn a_wrong_crc_is_unread_and_a_header_crc_is_checked() {
    let mut file = stored("a", b"hello");
    let end = file.len();
    file[end - 1] ^= 1;
    let out = open(archive(&[file]));
    assert_eq!(
        (out.children[0].bytes.as_slice(), out.children[0].unread[0].reason),
        (&b"helln"[..], "damaged")
    );
    for level in [2, 3] {
        let fields: &[(u8, &[u8])] = &[(0, &[0, 0]), (1, b"name")];
        let bare = member(level, "-lh0-", b"", fields, b"", b"");
        let at = if level == 2 { 27 } else { 33 };
        let mut right = bare.clone();
        right[at..at + 2].copy_from_slice(&crc16(&bare).to_le_bytes());
        assert_eq!(open(right).damage, [], "{level}");
        assert_eq!(open(bare).damage.len(), 1, "{level}");
    }
}

#[test]
fn a_bomb_is_paid_for() {
    // One block of one symbol without bits: the longest copy, over and over.
    let packed = [0xff, 0xff, 0, 0, 0x1f, 0xd0, 0];
    let mut file = member(0, "-lh5-", b"a", &[], &packed, b"");
    file[11..15].copy_from_slice(&u32::MAX.to_le_bytes());
    file[1] = file[2..2 + usize::from(file[0])].iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte));
    let tree = Tree::new(Child::new("a.lzh", "file", file));
    let limits = Limits { made_bytes: 1 << 20, ..Limits::default() };
    let mut out = Opened::default();
    let ended = Lzh.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(&limits));
    assert_eq!((ended, out.children[0].bytes.len()), (Err(Stop::Bytes), (1 << 20) + (32 << 10)));
}

#[test]
fn cut_or_flipped_anywhere_nothing_panics() {
    let limits = Limits { made_bytes: 1 << 20, ..Limits::default() };
    let fields: &[(u8, &[u8])] = &[(2, b"d\xff"), (1, b"n")];
    for (method, packed, plain) in packed() {
        for level in 0..=3 {
            let whole = archive(&[member(level, method, b"a", fields, &packed, &plain)]);
            for at in 22..whole.len() - 1 {
                let (out, _) = open_named("a.lzh", whole[..at].to_vec(), &limits);
                let unread = out.children.iter().flat_map(|child| &child.unread).chain(&out.unread).count();
                assert!(unread > 0, "{method} {level} cut at {at}");
                assert!(out.children.iter().all(|child| plain.starts_with(&child.bytes)));
                let mut bad = whole.clone();
                bad[at] ^= 1 << (at % 8);
                let tree = Tree::new(Child::new("a.lzh", "file", bad));
                let _any = Lzh.open(
                    tree.get(0).unwrap(),
                    &Keyring::new(),
                    &mut Opened::default(),
                    &mut Budget::new(&limits),
                );
            }
        }
    }
}
