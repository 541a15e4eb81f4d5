use super::*;
use crate::artifact::{Child, Fact, Tree};
use crate::limits::Limits;
use std::io::{Cursor, Write};

const TEXT: usize = 0x600;

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn number(n: usize) -> [u8; 4] {
    u32::try_from(n).unwrap().to_le_bytes()
}

/// A document: a narrow piece of main text, a wide one of the rest, and properties of runs of the wide one.
struct Sample {
    narrow: Vec<u8>,
    wide: &'static str,
    main: usize,
    rest: [usize; 7],
    looks: Vec<(usize, Vec<u8>)>,
    variables: Vec<u8>,
}

impl Sample {
    fn streams(&self) -> (Vec<u8>, Vec<u8>) {
        let letters = wide(self.wide);
        let second = TEXT + self.narrow.len().next_multiple_of(2);
        let mut table = Vec::new();
        let mut tables = [(0, 0); 0x5d];
        let count = self.narrow.len();
        let pcd = |at: usize| [&[0, 0][..], &number(at), &[0, 0]].concat();
        let plc = [
            &number(0)[..],
            &number(count),
            &number(count + letters.len() / 2),
            &pcd((TEXT * 2) | 0x4000_0000),
            &pcd(second),
        ]
        .concat();
        let mut add = |place: usize, bytes: &[u8]| {
            tables[place] = (table.len(), bytes.len());
            table.extend(bytes);
        };
        add(fib::PIECES, &[&[1, 2, 0, 9, 9, 2][..], &number(plc.len()), &plc].concat());
        add(fib::CHARACTER_PAGES, &[number(0), number(0x8000), number(8)].concat());
        add(fib::VARIABLES, &self.variables);
        let mut fib = Vec::new();
        for short in [0xa5ec_u16, 0xc1, 0, 0, 0, 0x0200, 0xbf, 0, 0, 0, 0, 0, 0, 0, 0, 0, 14] {
            fib.extend(short.to_le_bytes());
        }
        fib.extend([0; 28]);
        fib.extend(22_u16.to_le_bytes());
        for place in 0..22 {
            fib.extend(number(match place {
                3 => self.main,
                4..=10 => self.rest[place - 4],
                _ => 0,
            }));
        }
        fib.extend(0x5d_u16.to_le_bytes());
        fib.extend(tables.iter().flat_map(|(at, length)| [number(*at), number(*length)].concat()));
        pad(&mut fib, TEXT);
        fib.extend(&self.narrow);
        pad(&mut fib, second);
        fib.extend(&letters);
        pad(&mut fib, 8 * 512);
        fib.extend(self.page(second));
        (fib, table)
    }

    /// A page of runs over the wide piece.
    fn page(&self, second: usize) -> Vec<u8> {
        let mut page = [0_u8; 512];
        let (mut at, mut place) = (second, 400);
        page[511] = u8::try_from(self.looks.len()).unwrap();
        page[..4].copy_from_slice(&number(at));
        for (run, (characters, properties)) in self.looks.iter().enumerate() {
            at += characters * 2;
            page[4 * run + 4..4 * run + 8].copy_from_slice(&number(at));
            if !properties.is_empty() {
                page[4 * (self.looks.len() + 1) + run] = u8::try_from(place / 2).unwrap();
                page[place] = u8::try_from(properties.len()).unwrap();
                page[place + 1..place + 1 + properties.len()].copy_from_slice(properties);
                place += (properties.len() + 1).next_multiple_of(2);
            }
        }
        page.to_vec()
    }
}

fn pad(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend(std::iter::repeat_n(0, length - bytes.len()));
}

fn open(stream: &[u8], table: &[u8]) -> Opened {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    file.create_stream("/WordDocument").unwrap().write_all(stream).unwrap();
    file.create_stream("/1Table").unwrap().write_all(table).unwrap();
    let tree = Tree::new(Child::new("a.doc", "file", file.into_inner().into_inner()));
    let (artifact, mut out) = (tree.get(0).unwrap(), Opened::default());
    assert!(Doc.matches(artifact));
    Doc.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
    out
}

fn texts(out: &Opened) -> Vec<(&str, String)> {
    out.children.iter().map(|child| (child.via, String::from_utf8_lossy(&child.bytes).into_owned())).collect()
}

fn sample() -> Sample {
    let variable =
        [&[0xff, 0xff, 1, 0, 4, 0, 3, 0][..], &wide("cmd"), &[0; 4], &[9, 0], &wide("the value")].concat();
    Sample {
        narrow: b"It\x92s \x13 HYPERLINK x \x14here\x15.\r\x13DDEAUTO c:\\x\x15one\x07two\x07\r".to_vec(),
        wide: "表seenGONEWHITEtinyend\rnote\rcomment\r",
        main: 50 + 22,
        rest: [5, 0, 0, 8, 0, 0, 0],
        looks: vec![
            (5, Vec::new()),
            (4, vec![0x3c, 0x08, 1]),
            (5, vec![0x43, 0x4a, 20, 0, 0x70, 0x68, 0xff, 0xff, 0xff, 0]),
            (4, vec![0x43, 0x4a, 2, 0]),
            (18, vec![0x3c, 0x08, 0]),
        ],
        variables: variable,
    }
}

#[test]
fn text_hidden_text_fields_and_variables() {
    let (stream, table) = sample().streams();
    let out = open(&stream, &table);
    let want = [
        ("properties", "ActiveDocument.Variables(\"cmd\") = the value\n".to_string()),
        (
            "hidden-text",
            "field = DDEAUTO c:\\x\nhidden text = GONE\nwhite text = WHITE\ntiny text = tiny\n".into(),
        ),
        ("text", "It’s here.\none\ttwo\t\n表seenend\nnote\ncomment\n".into()),
    ];
    assert_eq!(texts(&out), want);
    assert_eq!(out.letters.len(), 1);
}

#[test]
fn encoded_text_that_is_hidden_is_a_fact() {
    let payload = "JABzAD0AJwBoAGUAbABsAG8AJwA7AFcAcgBpAHQAZQAtAEgAbwBzAHQAIAAkAHMA".repeat(3);
    let leaked: &'static str = Box::leak(payload.clone().into_boxed_str());
    let mut sample = sample();
    (sample.wide, sample.main) = (leaked, sample.narrow.len() + leaked.len());
    (sample.rest, sample.looks) = ([0; 7], vec![(leaked.len(), vec![0x3c, 0x08, 1])]);
    let (stream, table) = sample.streams();
    let found = open(&stream, &table).facts;
    assert!(
        matches!(&found[..], [Fact::HiddenText { place, length, .. }] if place == "hidden text" && *length == payload.len())
    );
}

#[test]
fn word_95_has_its_text_in_one_run() {
    let mut stream = vec![0xdc, 0xa5, 101, 0];
    stream.extend([0; 20]);
    stream.extend([number(64), number(64 + 12)].concat());
    pad(&mut stream, 64);
    stream.extend(b"Hello\rWorld\x07and more");
    assert_eq!(texts(&open(&stream, b"")), [("text", "Hello\nWorld\t".to_string())]);
}

#[test]
fn encrypted_text_is_left_alone() {
    let (mut stream, table) = sample().streams();
    stream[11] |= 1;
    assert!(open(&stream, &table).children.is_empty());
}

#[test]
fn no_cut_and_no_flipped_bit_panics_or_grows() {
    let (stream, table) = sample().streams();
    let read = |stream: &[u8], table: &[u8]| {
        let Some(fib) = Fib::read(stream) else { return };
        variables(fib.table(fib::VARIABLES, table));
        let looks = Looks::read(fib.table(fib::CHARACTER_PAGES, table), stream);
        let story = Story::read(&fib, &pieces::read(fib.table(fib::PIECES, table)), &looks, stream);
        assert!(story.seen.len() <= 6 * stream.len());
    };
    for length in (0..TEXT + 200).chain([4000, 4100, 4500]) {
        read(&stream[..length], &table);
    }
    for length in 0..table.len() {
        read(&stream, &table[..length]);
    }
    for at in (0..TEXT).chain(4096..stream.len()) {
        let mut bad = stream.clone();
        bad[at] ^= 1 << (at % 8);
        read(&bad, &table);
    }
    for at in 0..table.len() {
        let mut bad = table.clone();
        bad[at] ^= 1 << (at % 8);
        read(&stream, &bad);
    }
}
