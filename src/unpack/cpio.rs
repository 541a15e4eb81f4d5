//! cpio archives: the octal form (POSIX.1-1988, `odc`), the hexadecimal ones of System V (`newc`, and `crc` with a sum),
//! and the old binary one in both orders of bytes.
//!
//! Reading goes on behind the end of the archive, where archives are joined, and behind broken headers. Links and
//! devices are told and never followed. Left out: owners and times.

mod header;

use super::tricks::{Tricks, leads_outside};
use crate::artifact::{Artifact, Child, Fact, Format, Opened};
use crate::bytes::Reader;
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};
use crate::zip::decode_name;
use header::Header;

/// The format.
pub(super) struct Cpio;

impl Format for Cpio {
    fn id(&self) -> &'static str {
        "cpio"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "cpio"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let reader = Reader::new(&artifact.bytes);
        let mut walk =
            Walk { reader, out, tricks: Tricks::default(), ended: false, behind: 0, lost: 0, after: 0 };
        let walked = walk.members(budget);
        walk.close();
        walked
    }
}

/// An archive being read.
struct Walk<'a, 'o> {
    reader: Reader<'a>,
    out: &'o mut Opened,
    tricks: Tricks,
    /// Whether the trailer was read; members behind it.
    ended: bool,
    behind: u64,
    /// Bytes that belong to no member, before and behind the trailer.
    lost: usize,
    after: usize,
}

/// The name of the member that ends an archive.
const TRAILER: &[u8] = b"TRAILER!!!";

impl Walk<'_, '_> {
    fn members(&mut self, budget: &mut Budget) -> Result<(), Stop> {
        while !self.reader.is_empty() {
            budget.tick()?;
            if let Some(header) = Header::read(&mut self.reader) {
                self.ended |= header.name == TRAILER;
                if header.name != TRAILER {
                    self.behind += u64::from(self.ended);
                    self.member(&header, budget)?;
                }
                continue;
            }
            let skipped = header::to_next(self.reader.rest());
            let junk = self.reader.take_up_to(skipped);
            // Archives are filled up with zeros.
            let junk = junk.len() - junk.iter().take_while(|byte| **byte == 0).count();
            *(if self.ended { &mut self.after } else { &mut self.lost }) += junk;
        }
        Ok(())
    }

    fn member(&mut self, header: &Header<'_>, budget: &mut Budget) -> Result<(), Stop> {
        let name = decode_name(header.name);
        if leads_outside(&name) {
            self.tricks.note("cpio-path-traversal", name.as_str(), self.out);
        }
        let mut data = self.reader.take_up_to(usize::try_from(header.size).unwrap_or(usize::MAX));
        let is_whole = data.len() as u64 == header.size;
        let _filler = self.reader.take_up_to(header.filler);
        match header.mode >> 12 {
            LINK => {
                let detail = format!("{name} -> {}", decode_name(data.get(..1024).unwrap_or(data)));
                self.tricks.note("cpio-link", detail, self.out);
            }
            // Of a file with several names the data stand at the last one.
            FILE | 0 if header.links > 1 && header.size == 0 => {
                self.tricks.note("cpio-link", name.as_str(), self.out);
            }
            FILE | 0 | FOLDER => {}
            _ => self.tricks.note("cpio-device", name.as_str(), self.out),
        }
        let is_link = header.mode >> 12 == LINK || (header.links > 1 && header.size == 0);
        let is_file = matches!(header.mode >> 12, FILE | 0);
        if is_link || (!is_file && header.size == 0) {
            return Ok(());
        }
        let sum = data.iter().fold(0u32, |sum, byte| sum.wrapping_add(u32::from(*byte)));
        let length = data.len();
        let mut decoded = budget.read(&mut data);
        if !is_whole {
            decoded.broken = Some(format!("only {length} of {} bytes are there", header.size));
        } else if header.sum.is_some_and(|told| told != sum) {
            decoded.broken = Some("the sum of the bytes is wrong".to_string());
        }
        let stop = decoded.stop;
        self.out.push(Child::decoded(name, "cpio", decoded), budget)?;
        stop.map_or(Ok(()), Err)
    }

    fn close(self) {
        let out = self.out;
        self.tricks.close(out);
        if self.behind > 0 {
            let detail = format!("{} members behind the end of the archive", self.behind);
            out.facts.push(Fact::Trick { what: "cpio-members-after", detail });
        }
        if self.after > 0 {
            let detail = format!("{} bytes", self.after);
            out.facts.push(Fact::Trick { what: "cpio-data-after", detail });
        }
        if self.lost > 0 {
            let detail = format!("{} bytes belong to no member", self.lost);
            out.broke("cpio-bad-header", detail.as_str());
            out.missed("damaged", detail);
        }
    }
}

/// The upper bits of a mode: what a member is.
const FOLDER: u32 = 4;
const FILE: u32 = 8;
const LINK: u32 = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Tree;
    use crate::limits::Limits;

    fn odc(name: &[u8], mode: u32, data: &[u8]) -> Vec<u8> {
        let header = format!(
            "070707{:06o}{:06o}{mode:06o}{:06o}{:06o}{:06o}{:06o}{:011o}{:06o}{:011o}",
            1,
            2,
            0,
            0,
            1,
            0,
            0,
            name.len() + 1,
            data.len()
        );
        [header.as_bytes(), name, b"\0", data].concat()
    }

    fn newc(name: &[u8], mode: u32, links: u32, data: &[u8]) -> Vec<u8> {
        let sum: u32 = data.iter().copied().map(u32::from).sum();
        let [size, length] = [data.len(), name.len() + 1].map(|size| u32::try_from(size).unwrap());
        let fields = [1, mode, 0, 0, links, 0, size, 0, 0, 0, 0, length, sum];
        let mut file: Vec<u8> = b"070702".to_vec();
        file.extend(fields.iter().flat_map(|field| format!("{field:08x}").into_bytes()));
        file.extend_from_slice(name);
        file.push(0);
        file.extend(std::iter::repeat_n(0, file.len().next_multiple_of(4) - file.len()));
        file.extend_from_slice(data);
        file.extend(std::iter::repeat_n(0, file.len().next_multiple_of(4) - file.len()));
        file
    }

    fn binary(name: &[u8], data: &[u8], word: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let length = u16::try_from(name.len() + 1).unwrap();
        let size = u16::try_from(data.len()).unwrap();
        let fields = [0o070707, 1, 2, 0o100644, 0, 0, 1, 0, 0, 0, length, 0, size];
        let mut file: Vec<u8> = fields.iter().flat_map(|field| word(*field)).collect();
        for part in [&[name, b"\0"].concat()[..], data] {
            file.extend_from_slice(part);
            file.extend(std::iter::repeat_n(0, file.len() % 2));
        }
        file
    }

    fn open_with(bytes: Vec<u8>, limits: &Limits) -> (Opened, Result<(), Stop>) {
        let tree = Tree::new(Child::new("a.cpio", "file", bytes));
        let mut out = Opened::default();
        let stop = Cpio.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(limits));
        (out, stop)
    }

    fn open(members: &[Vec<u8>]) -> Opened {
        open_with(members.concat(), &Limits::default()).0
    }

    fn listed(out: &Opened) -> Vec<(&str, &[u8])> {
        out.children.iter().map(|child| (child.name.as_str(), child.bytes.as_slice())).collect()
    }

    fn tricks(out: &Opened) -> Vec<(&str, &str)> {
        let trick = |fact: &'_ Fact| match fact {
            Fact::Trick { what, detail } => (*what, detail.clone()),
            other => panic!("{other:?}"),
        };
        out.facts.iter().map(trick).map(|(what, detail)| (what, &*detail.leak())).collect()
    }

    #[test]
    fn members_of_every_form_come_out() {
        let out = open(&[
            odc(b"dir", 0o040755, b""),
            odc(b"dir/a.txt", 0o100644, b"odd"),
            odc(b"\x95\x5c.doc", 0o100644, b""),
            odc(TRAILER, 0, b""),
            [0; 100].to_vec(),
        ]);
        assert_eq!(listed(&out), [("dir/a.txt", &b"odd"[..]), ("表.doc", b"")]);
        let out = open(&[
            newc(b"a", 0o100644, 1, b"hello"),
            newc(b"bc", 0o100644, 1, b"x"),
            newc(TRAILER, 0, 1, b""),
        ]);
        assert_eq!(listed(&out), [("a", &b"hello"[..]), ("bc", b"x")]);
        assert!(out.facts.is_empty() && out.damage.is_empty() && out.unread.is_empty());
        for word in [u16::to_le_bytes, u16::to_be_bytes] {
            let out =
                open(&[binary(b"ab", b"hello", word), binary(b"c", b"x", word), binary(TRAILER, b"", word)]);
            assert_eq!(listed(&out), [("ab", &b"hello"[..]), ("c", b"x")]);
        }
    }

    #[test]
    fn links_devices_and_ways_out_are_told_and_not_followed() {
        let out = open(&[
            newc(b"l", 0o120777, 1, b"/etc/passwd"),
            newc(b"h", 0o100644, 2, b""),
            newc(b"d", 0o020644, 1, b""),
            newc(b"/abs", 0o100644, 2, b"x"),
        ]);
        assert_eq!(
            tricks(&out),
            [
                ("cpio-link", "l -> /etc/passwd"),
                ("cpio-link", "h"),
                ("cpio-device", "d"),
                ("cpio-path-traversal", "/abs")
            ]
        );
        assert_eq!(listed(&out), [("/abs", &b"x"[..])]);
    }

    #[test]
    fn what_stands_behind_the_end_is_read_and_told() {
        let one = [newc(b"a", 0o100644, 1, b"one"), newc(TRAILER, 0, 1, b""), [0; 64].to_vec()].concat();
        let out = open(&[one.clone(), one.clone(), b"junk".to_vec()]);
        assert_eq!(out.children.len(), 2);
        assert_eq!(
            tricks(&out),
            [
                ("cpio-members-after", "1 members behind the end of the archive"),
                ("cpio-data-after", "4 bytes")
            ]
        );
    }

    #[test]
    fn after_a_broken_header_the_next_one_is_found() {
        let mut broken = newc(b"b", 0o100644, 1, b"lost");
        broken[60] = b'x';
        let out = open(&[newc(b"a", 0o100644, 1, b"one"), broken, newc(b"c", 0o100644, 1, b"three")]);
        assert_eq!(listed(&out), [("a", &b"one"[..]), ("c", b"three")]);
        assert_eq!((out.damage[0].what, out.unread[0].reason), ("cpio-bad-header", "damaged"));
    }

    #[test]
    fn a_wrong_sum_is_unread_and_the_bytes_stay() {
        let mut file = newc(b"a", 0o100644, 1, b"hello");
        let last = file.len() - 4;
        file[last] ^= 1;
        let out = open(&[file]);
        assert_eq!((out.children[0].bytes.len(), out.children[0].unread[0].reason), (5, "damaged"));
    }

    #[test]
    fn cuts_flips_and_many_members_end() {
        let file = [
            newc(b"a", 0o100644, 1, b"hello"),
            odc(b"b", 0o100644, b"x"),
            binary(b"c", b"y", u16::to_le_bytes),
        ]
        .concat();
        for cut in 0..file.len() {
            let (out, _) = open_with(file[..cut].to_vec(), &Limits::default());
            assert!(out.children.len() <= 3, "{cut}");
        }
        for at in 0..file.len() {
            let mut bad = file.clone();
            bad[at] ^= 1 << (at % 8);
            let _any = open_with(bad, &Limits::default());
        }
        let limits = Limits { artifacts: 100, ..Limits::default() };
        assert_eq!(open_with(odc(b"a", 0o100644, b"").repeat(30_000), &limits).1, Err(Stop::Artifacts));
        let (out, _) = open_with(b"070701".repeat(1 << 18), &Limits::default());
        assert_eq!(out.unread[0].reason, "damaged");
    }
}
