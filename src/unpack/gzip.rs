//! gzip files (RFC 1952): every member, their names, and what stands behind the last one.
//!
//! The members of one file are one stream by the RFC, and unpackers join them; so they make one child. A `.tar.gz`
//! thus gives a tar.

use crate::artifact::{Artifact, Child, Fact, Format, Opened};
use crate::bytes::Reader;
use crate::codec::{Inflate, inflate};
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};
use crate::zip::decode_name;
use std::io::{self, Read};

/// The format.
pub(super) struct Gzip;

impl Format for Gzip {
    fn id(&self) -> &'static str {
        "gzip"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "gzip"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let mut members = Members::new(&artifact.bytes);
        let mut decoded = budget.read(&mut members);
        let stop = decoded.stop;
        if decoded.broken.is_none() && members.is_wrong {
            decoded.broken = Some("the CRC-32 or the size of a member is wrong".to_string());
        }
        if stop.is_none() && !members.rest.is_empty() && members.rest.iter().any(|byte| *byte != 0) {
            let detail = format!("{} bytes", members.rest.len());
            out.facts.push(Fact::Trick { what: "gzip-data-after", detail });
        }
        let name = members.name.unwrap_or_else(|| stem(&artifact.name));
        out.push(Child::decoded(name, "gzip", decoded), budget)?;
        stop.map_or(Ok(()), Err)
    }
}

/// The name of the file without the ending gzip gave it.
fn stem(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let cut = |ending: &str| name.get(..name.len().checked_sub(ending.len())?);
    let stem = |ending: &str| lower.ends_with(ending).then(|| cut(ending)).flatten();
    match (stem(".tgz"), stem(".gz")) {
        (Some(stem), _) => format!("{stem}.tar"),
        (_, Some(stem)) => stem.to_string(),
        _ => name.to_string(),
    }
}

/// The members of a file as one stream.
struct Members<'a> {
    /// What is behind the member being read.
    rest: &'a [u8],
    member: Option<Member<'a>>,
    /// Name of the first member that has one.
    name: Option<String>,
    /// How many members began.
    count: usize,
    /// Whether a CRC-32 or size was wrong.
    is_wrong: bool,
}

struct Member<'a> {
    data: &'a [u8],
    stream: Inflate<&'a [u8]>,
    crc: crc32fast::Hasher,
    size: u32,
}

impl<'a> Members<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, member: None, name: None, count: 0, is_wrong: false }
    }

    /// Begins the next member; there is none if what follows has no header.
    fn begin(&mut self) -> bool {
        let Some((data, name)) = header(self.rest) else { return false };
        self.name = self.name.take().or(name);
        self.count += 1;
        self.rest = &[];
        self.member = Some(Member { data, stream: inflate(data), crc: crc32fast::Hasher::new(), size: 0 });
        true
    }

    /// Checks the trailer of a member that came to its end: CRC-32 and size modulo 2^32 (RFC 1952 2.3.1).
    fn end(&mut self, member: Member<'a>) -> io::Result<()> {
        let used = usize::try_from(member.stream.consumed()).unwrap_or(usize::MAX);
        let mut trailer = Reader::new(member.data.get(used..).unwrap_or_default());
        let (Some(crc), Some(size)) = (trailer.u32(), trailer.u32()) else {
            return Err(io::Error::other("the file ends before its CRC-32"));
        };
        self.is_wrong |= crc != member.crc.finalize() || size != member.size;
        self.rest = trailer.rest();
        Ok(())
    }
}

impl Read for Members<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(member) = &mut self.member else {
                match self.begin() {
                    true => continue,
                    false if self.count == 0 => return Err(io::Error::other("the header is broken")),
                    false => return Ok(0),
                }
            };
            let length = member.stream.read(output)?;
            if length > 0 {
                member.crc.update(output.get(..length).unwrap_or_default());
                member.size = member.size.wrapping_add(u32::try_from(length).unwrap_or_default());
                return Ok(length);
            }
            if let Some(member) = self.member.take() {
                self.end(member)?;
            }
        }
    }
}

/// The data behind a member header (RFC 1952 2.3) and the name in it. The RFC says Latin-1; people write what they
/// have.
fn header(bytes: &[u8]) -> Option<(&[u8], Option<String>)> {
    let mut reader = Reader::new(bytes);
    if reader.array()? != [0x1f, 0x8b, 8] {
        return None;
    }
    let flags = reader.u8()?;
    reader.skip(6)?;
    if flags & 4 != 0 {
        let length = reader.u16()?;
        reader.skip(usize::from(length))?;
    }
    let name = if flags & 8 != 0 { Some(text(&mut reader)?) } else { None };
    if flags & 16 != 0 {
        text(&mut reader)?;
    }
    if flags & 2 != 0 {
        reader.skip(2)?;
    }
    Some((reader.rest(), name.filter(|name| !name.is_empty()).map(decode_name)))
}

/// A zero-terminated text.
fn text<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = memchr::memchr(0, reader.rest())?;
    let text = reader.take(length);
    reader.skip(1)?;
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Tree;
    use crate::codec::{Codec, tests::pack};
    use crate::limits::Limits;

    fn member(flags: u8, fields: &[u8], plain: &[u8]) -> Vec<u8> {
        let head = [0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3];
        let size = u32::try_from(plain.len()).unwrap().to_le_bytes();
        let crc = crc32fast::hash(plain).to_le_bytes();
        [&head[..], fields, &pack(Codec::Deflate, plain), &crc, &size].concat()
    }

    fn open(name: &str, bytes: Vec<u8>) -> Opened {
        let tree = Tree::new(Child::new(name, "file", bytes).of_kind("gzip"));
        let mut out = Opened::default();
        let mut budget = Budget::new(&Limits::default());
        Gzip.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut budget).unwrap();
        out
    }

    #[test]
    fn members_are_joined_and_named_by_the_first() {
        let fields = [&[3, 0, 1, 2, 3][..], b"\x95\x5c.doc\0", b"comment\0", &[9, 9]].concat();
        let file = [member(4 | 8 | 16 | 2, &fields, b"hello "), member(8, b"other\0", b"world")].concat();
        let out = open("a.gz", file);
        assert_eq!(out.children[0].name, "表.doc");
        assert_eq!(out.children[0].bytes, b"hello world");
        assert!(
            out.facts.is_empty() && out.children[0].damage.is_empty() && out.children[0].unread.is_empty()
        );
    }

    #[test]
    fn the_ending_goes_where_the_member_has_no_name() {
        for (name, want) in
            [("a.tar.gz", "a.tar"), ("A.TGZ", "A.tar"), ("a", "a"), ("請.gz", "請"), (".gz", "")]
        {
            assert_eq!(open(name, member(0, b"", b"x")).children[0].name, want);
        }
    }

    #[test]
    fn junk_behind_is_noted_and_padding_is_not() {
        let file = [member(0, b"", b"x"), b"junk".to_vec()].concat();
        assert_eq!(
            open("a.gz", file).facts,
            [Fact::Trick { what: "gzip-data-after", detail: "4 bytes".into() }]
        );
        let file = [member(0, b"", b"x"), [0; 512].to_vec()].concat();
        assert_eq!(open("a.gz", file).facts, []);
    }

    #[test]
    fn a_wrong_crc_is_unread_and_the_bytes_stay() {
        let mut file = member(0, b"", b"hello");
        let place = file.len() - 8;
        file[place] ^= 1;
        let out = open("a.gz", file);
        assert_eq!((out.children[0].bytes.as_slice(), out.children[0].damage.len()), (&b"hello"[..], 1));
        assert_eq!(out.children[0].unread[0].reason, "damaged");
    }

    #[test]
    fn cut_anywhere_it_keeps_what_came_and_says_so() {
        let plain: Vec<u8> = (0..200u8).cycle().take(5000).collect();
        let file = member(8, b"name\0", &plain);
        for cut in 3..file.len() {
            let out = open("a.gz", file[..cut].to_vec());
            assert!(plain.starts_with(&out.children[0].bytes), "{cut}");
            assert_eq!(out.children[0].unread[0].reason, "damaged", "{cut}");
        }
        for at in 3..file.len() {
            let mut bad = file.clone();
            bad[at] ^= 1 << (at % 8);
            let _any = open("a.gz", bad);
        }
    }
}
