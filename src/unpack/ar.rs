//! ar archives, which Debian packages and static libraries are: the common header, with the long names of GNU (a table
//! of names, `/123`) and of BSD (`#1/20`, the name before the data). Reference: the `ar` chapters of the System V and BSD
//! manuals; no standard describes the file.
//!
//! Tables of symbols are passed over. Left out: thin archives, which hold no data.

use super::tricks::{Tricks, leads_outside};
use crate::artifact::{Artifact, Child, Format, Opened};
use crate::bytes::Reader;
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};
use crate::zip::decode_name;

/// The format.
pub(super) struct Ar;

impl Format for Ar {
    fn id(&self) -> &'static str {
        "ar"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "ar"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let mut tricks = Tricks::default();
        let read = members(&artifact.bytes, out, &mut tricks, budget);
        tricks.close(out);
        read
    }
}

/// Bytes before the first member.
const MARK: usize = 8;

/// A member header: name, times and owners, size, end mark.
struct Header<'a> {
    name: &'a [u8],
    size: usize,
}

/// How every member header ends.
const END: &[u8] = b"`\n";

fn header<'a>(reader: &mut Reader<'a>) -> Option<Header<'a>> {
    let mut fields = *reader;
    let name = fields.take(16)?.trim_ascii_end();
    fields.skip(32)?;
    let size = fields.take(10)?.trim_ascii();
    (fields.take(END.len())? == END).then_some(())?;
    let size = std::str::from_utf8(size).ok()?.parse().ok()?;
    *reader = fields;
    Some(Header { name, size })
}

fn members(bytes: &[u8], out: &mut Opened, tricks: &mut Tricks, budget: &mut Budget) -> Result<(), Stop> {
    let mut reader = Reader::at(bytes, MARK).unwrap_or(Reader::new(&[]));
    let (mut names, mut lost) = (&[][..], 0);
    while !reader.is_empty() {
        budget.tick()?;
        let Some(header) = header(&mut reader) else {
            let skipped = to_next(reader.rest());
            lost += skipped;
            let _there = reader.take_up_to(skipped);
            continue;
        };
        let mut data = reader.take_up_to(header.size);
        let missing = header.size - data.len();
        if header.size % 2 == 1 {
            let _filler = reader.take_up_to(1);
        }
        if header.name == b"//" {
            names = data;
            continue;
        }
        let Some(name) = name(header.name, names, &mut data) else { continue };
        let name = decode_name(name);
        if leads_outside(&name) {
            tricks.note("ar-path-traversal", name.as_str(), out);
        }
        let mut decoded = budget.read(&mut data);
        if missing > 0 {
            decoded.broken = Some(format!("the archive ends {missing} bytes before the end of the member"));
        }
        let stop = decoded.stop;
        out.push(Child::decoded(name, "ar", decoded), budget)?;
        stop.map_or(Ok(()), Err)?;
    }
    if lost > 0 {
        let detail = format!("{lost} bytes belong to no member");
        out.broke("ar-bad-header", detail.as_str());
        out.missed("damaged", detail);
    }
    Ok(())
}

/// How many bytes stand before the next header; all, if none follows.
fn to_next(rest: &[u8]) -> usize {
    let ends = memchr::memmem::find_iter(rest, END).filter_map(|end| end.checked_sub(58));
    ends.filter(|start| *start > 0)
        .find(|start| Reader::at(rest, *start).is_some_and(|mut reader| header(&mut reader).is_some()))
        .unwrap_or(rest.len())
}

/// The name of a member; none for tables of symbols. A BSD name is taken off the data.
fn name<'a>(field: &'a [u8], names: &'a [u8], data: &mut &'a [u8]) -> Option<&'a [u8]> {
    let number = |digits: &[u8]| std::str::from_utf8(digits).ok()?.trim().parse::<usize>().ok();
    let mut name = field.strip_suffix(b"/").filter(|name| !name.is_empty()).unwrap_or(field);
    if let Some(length) = field.strip_prefix(b"#1/").and_then(number) {
        let (long, rest) = data.split_at_checked(length).unwrap_or((data, &[]));
        name = long.split(|byte| *byte == 0).next().unwrap_or_default();
        *data = rest;
    } else if let Some(at) = field.strip_prefix(b"/").and_then(number) {
        let long = names.get(at..).unwrap_or_default().split(|byte| *byte == b'\n' || *byte == 0).next();
        name = long.map(|long| long.strip_suffix(b"/").unwrap_or(long)).unwrap_or_default();
    }
    let is_table = matches!(field, b"/" | b"/SYM64/") || name.starts_with(b"__.SYMDEF");
    (!is_table).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Fact, Tree};
    use crate::limits::Limits;

    fn member(name: &str, data: &[u8]) -> Vec<u8> {
        let filler: &[u8] = if data.len() % 2 == 1 { b"\n" } else { b"" };
        let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, "100644", data.len());
        [header.as_bytes(), data, filler].concat()
    }

    fn archive(members: &[Vec<u8>]) -> Vec<u8> {
        [b"!<arch>\n".to_vec(), members.concat()].concat()
    }

    fn open_with(bytes: Vec<u8>, limits: &Limits) -> (Opened, Result<(), Stop>) {
        let tree = Tree::new(Child::new("a.deb", "file", bytes));
        let mut out = Opened::default();
        let stop = Ar.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(limits));
        (out, stop)
    }

    fn open(members: &[Vec<u8>]) -> Opened {
        open_with(archive(members), &Limits::default()).0
    }

    fn listed(out: &Opened) -> Vec<(&str, &[u8])> {
        out.children.iter().map(|child| (child.name.as_str(), child.bytes.as_slice())).collect()
    }

    #[test]
    fn names_of_every_writer_are_read() {
        let out = open(&[
            member("/", b"symbols"),
            member("//", b"a-very-long-name.txt/\nanother-long-name.exe/\n"),
            member("debian-binary", b"2.0\n"),
            member("short.o/", b"abc"),
            member("/0", b"one"),
            member("/22", b"two"),
            member("#1/12", b"bsd name.c\0\0three"),
            member("../up", b""),
        ]);
        assert_eq!(
            listed(&out),
            [
                ("debian-binary", &b"2.0\n"[..]),
                ("short.o", b"abc"),
                ("a-very-long-name.txt", b"one"),
                ("another-long-name.exe", b"two"),
                ("bsd name.c", b"three"),
                ("../up", b""),
            ]
        );
        assert_eq!(out.facts, [Fact::Trick { what: "ar-path-traversal", detail: "../up".into() }]);
        assert!(out.damage.is_empty() && out.unread.is_empty());
    }

    #[test]
    fn after_a_broken_header_the_next_one_is_found() {
        let mut broken = member("b", b"lost");
        broken[50] = b'x';
        let out = open(&[member("a", b"one"), broken, member("c", b"three")]);
        assert_eq!(listed(&out), [("a", &b"one"[..]), ("c", b"three")]);
        assert_eq!(out.unread[0].detail, "64 bytes belong to no member");
    }

    #[test]
    fn cuts_flips_and_many_members_end() {
        let file = archive(&[member("//", b"long/\n"), member("/0", b"one"), member("#1/1", b"xtwo")]);
        for cut in 8..file.len() {
            let (out, _) = open_with(file[..cut].to_vec(), &Limits::default());
            assert!(out.children.len() <= 2, "{cut}");
        }
        for at in 0..file.len() {
            let mut bad = file.clone();
            bad[at] ^= 1 << (at % 8);
            let _any = open_with(bad, &Limits::default());
        }
        let limits = Limits { artifacts: 100, ..Limits::default() };
        assert_eq!(open_with(archive(&[member("a", b"").repeat(30_000)]), &limits).1, Err(Stop::Artifacts));
        let (out, _) = open_with(archive(&[b"`\n".repeat(1 << 20)]), &Limits::default());
        assert_eq!(out.unread[0].detail, "2097152 bytes belong to no member");
    }
}
