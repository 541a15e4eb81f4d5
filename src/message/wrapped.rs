//! Files wrapped into text, whatever the wrapping: found in the bodies of a message by [`blocks`], and in texts that
//! come as files by the formats of the single wrappings.

use super::{binhex, uuencode, yenc};
use crate::artifact::{Artifact, Child, Damage, Format, Opened, Unread};
use crate::keyring::Keyring;
use crate::kind::{Class, extension};
use crate::limits::{Budget, Stop};
use crate::text;
use std::ops::Range;

/// One file found in a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Block {
    /// The wrapping; the child is reached by it.
    pub(super) via: &'static str,
    /// Its name, as bytes of the text's charset.
    pub(super) name: Vec<u8>,
    pub(super) bytes: Vec<u8>,
    /// Where it stood in the text, opening and closing line included.
    pub(super) place: Range<usize>,
    /// What was broken in it.
    pub(super) broken: Option<(&'static str, &'static str)>,
    /// Why it is not the whole file.
    pub(super) unread: Option<Unread>,
}

impl Block {
    pub(super) fn new(via: &'static str, name: &[u8], bytes: Vec<u8>, place: Range<usize>) -> Self {
        Self { via, name: name.to_vec(), bytes, place, broken: None, unread: None }
    }

    /// What of it is not right, put into the child that was made of it.
    pub(super) fn mark(&mut self, child: &mut Child) {
        let damage = self.broken.map(|(what, detail)| Damage { what, detail: detail.to_string() });
        child.damage.extend(damage);
        child.unread.extend(self.unread.take());
    }
}

/// All blocks of a text, in order. Of what repeats itself at most `most` bytes are made.
pub(super) fn blocks(text: &[u8], most: u64) -> Vec<Block> {
    let mut found: Vec<Block> = WRAPPINGS.iter().flat_map(|wrapping| (wrapping.blocks)(text, most)).collect();
    found.sort_by_key(|block| block.place.start);
    found
}

const WRAPPINGS: &[&Wrapping] = &[&uuencode::UUENCODE, &binhex::BINHEX, &yenc::YENC];

/// A wrapping, and the format of texts that hold it.
#[derive(Debug)]
pub(super) struct Wrapping {
    pub(super) id: &'static str,
    /// Extensions of files that are nothing else.
    pub(super) endings: &'static [&'static str],
    /// Whether a text has a line that opens a block.
    pub(super) opens: fn(&[u8]) -> bool,
    pub(super) blocks: fn(&[u8], u64) -> Vec<Block>,
}

impl Format for Wrapping {
    fn id(&self) -> &'static str {
        self.id
    }

    /// The bodies of a message are looked through when the message is opened.
    fn matches(&self, artifact: &Artifact) -> bool {
        let is_text = matches!(artifact.kind.class, Class::Text | Class::Data);
        is_text && artifact.via != "body" && (self.opens)(&artifact.bytes)
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let blocks = (self.blocks)(&artifact.bytes, budget.limits().artifact_bytes);
        if blocks.is_empty() && self.endings.contains(&extension(&artifact.name).as_str()) {
            out.missed("damaged", format!("no {} block can be read", self.id));
        }
        for mut block in blocks {
            let name = text::decode("", &block.name);
            let decoded = budget.read(&mut block.bytes.as_slice());
            let stop = decoded.stop;
            let mut child = Child::decoded(name, self.id, decoded);
            block.mark(&mut child);
            out.push(child, budget)?;
            stop.map_or(Ok(()), Err)?;
        }
        Ok(())
    }
}

/// Where lines start with a word.
pub(super) fn starts_of_lines<'a>(text: &'a [u8], word: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    memchr::memmem::find_iter(text, word)
        .filter(|at| *at == 0 || text.get(at - 1).is_some_and(|byte| matches!(byte, b'\n' | b'\r')))
}

/// The first line without its end, and what follows.
pub(super) fn line(text: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memchr(b'\n', text).map_or(text.len(), |at| at + 1);
    let (line, rest) = text.split_at_checked(end).unwrap_or((text, &[]));
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Tree;
    use crate::limits::Limits;

    fn open(format: &Wrapping, name: &str, text: &[u8]) -> Option<Opened> {
        let tree = Tree::new(Child::new(name, "attachment", text.to_vec()));
        let mut out = Opened::default();
        let artifact = tree.get(0).unwrap();
        let mut budget = Budget::new(&Limits::default());
        format.matches(artifact).then(|| {
            format.open(artifact, &Keyring::new(), &mut out, &mut budget).unwrap();
            out
        })
    }

    #[test]
    fn a_file_of_its_own_is_opened() {
        let out = open(&uuencode::UUENCODE, "a.uue", b"begin 644 b.zip\n%:&5L;&\\\n`\nend\n").unwrap();
        let child = &out.children[0];
        assert_eq!((child.name.as_str(), child.bytes.as_slice()), ("b.zip", &b"hello"[..]));
        assert!(child.damage.is_empty() && out.unread.is_empty());
        let out = open(&uuencode::UUENCODE, "a.uue", b"begin 644 b.zip\nwhat is this\n").unwrap();
        assert_eq!(out.unread[0].reason, "damaged");
        assert!(open(&uuencode::UUENCODE, "a.txt", b"begin at once\n").is_none());
    }

    #[test]
    fn blocks_of_every_wrapping_come_in_order() {
        let yenc = b"=ybegin line=128 size=2 name=y\n\x92\x93\n=yend size=2\n";
        let text = [&yenc[..], b"begin 644 u\n%:&5L;&\\\n`\nend\n", yenc].concat();
        let names: Vec<_> = blocks(&text, 99).into_iter().map(|block| (block.via, block.name)).collect();
        let (y, u) = (("yenc", b"y".to_vec()), ("uuencode", b"u".to_vec()));
        assert_eq!(names, [y.clone(), u, y]);
    }
}
