//! What all formats of packed streams have in common: a file is one stream or several, one behind the other, which
//! unpackers join, and so they make one child. It has the name that the stream tells, else that of the file without
//! the ending its packer gave it.

use crate::artifact::{Artifact, Child, Fact, Format, Opened};
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};
use std::io::{self, Read};

/// A format of packed streams.
pub(super) struct Packed {
    pub(super) id: &'static str,
    /// The trick of data behind the last stream.
    pub(super) data_after: &'static str,
    /// The trick of data between streams that unpackers pass over.
    pub(super) data_between: &'static str,
    /// The streams of a file.
    pub(super) open: for<'a> fn(&'a [u8]) -> Box<dyn Streams + 'a>,
}

/// The streams of a file as one.
pub(super) trait Streams: Read {
    /// What is told of them and behind them, once they are read.
    fn notes(&self) -> Notes<'_>;
}

/// What is told of streams beside their bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes<'a> {
    /// Name of the first stream that has one.
    pub(super) name: Option<String>,
    /// What a checksum or a size showed to be wrong.
    pub(super) wrong: Option<&'static str>,
    /// Bytes between streams that unpackers pass over.
    pub(super) between: u64,
    /// Whether no stream may follow.
    pub(super) has_ended: bool,
    /// What stands behind the last stream.
    pub(super) rest: &'a [u8],
}

/// One stream of a format whose streams end by themselves.
pub(super) trait Stream<'a>: Read + Sized {
    /// The stream at the start of `data`; none if there is none.
    ///
    /// # Errors
    /// There is one, and it cannot be read.
    fn begin(data: &'a [u8], notes: &mut Notes<'a>) -> io::Result<Option<Self>>;

    /// Called at its end: checks it, and notes what stands behind it.
    ///
    /// # Errors
    /// It ended too early.
    fn end(self, notes: &mut Notes<'a>) -> io::Result<()>;
}

impl Format for Packed {
    fn id(&self) -> &'static str {
        self.id
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == self.id
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let mut streams = (self.open)(&artifact.bytes);
        let mut decoded = budget.read(&mut streams);
        let stop = decoded.stop;
        let notes = streams.notes();
        decoded.broken = decoded.broken.or(notes.wrong.map(str::to_string));
        let mut trick = |what, length: u64| {
            out.facts.push(Fact::Trick { what, detail: format!("{length} bytes") });
        };
        if notes.between > 0 {
            trick(self.data_between, notes.between);
        }
        if stop.is_none() && notes.rest.iter().any(|byte| *byte != 0) {
            trick(self.data_after, notes.rest.len() as u64);
        }
        let name = notes.name.unwrap_or_else(|| stem(&artifact.name));
        out.push(Child::decoded(name, self.id, decoded), budget)?;
        stop.map_or(Ok(()), Err)
    }
}

/// The name of a file without the ending a packer gave it.
pub(super) fn stem(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let found = ENDINGS.iter().find(|(ending, _)| lower.ends_with(ending));
    let cut = found.and_then(|(ending, other)| {
        let stem = name.get(..name.len().checked_sub(ending.len())?)?;
        Some(format!("{stem}{other}"))
    });
    cut.unwrap_or_else(|| name.to_string())
}

/// Endings of packed files, and what of them stays.
const ENDINGS: &[(&str, &str)] = &[
    (".tgz", ".tar"),
    (".taz", ".tar"),
    (".tbz2", ".tar"),
    (".tbz", ".tar"),
    (".tb2", ".tar"),
    (".txz", ".tar"),
    (".tlz", ".tar"),
    (".tzst", ".tar"),
    (".cpgz", ".cpio"),
    (".gz", ""),
    (".bz2", ""),
    (".bz", ""),
    (".xz", ""),
    (".lzma", ""),
    (".lz", ""),
    (".zst", ""),
    (".z", ""),
    (".lz4", ""),
];

/// Streams one behind the other.
pub(super) struct Joined<'a, S> {
    stream: Option<S>,
    notes: Notes<'a>,
    /// How many streams began.
    count: u32,
}

/// Streams that are read. Parallel packers begin one for each megabyte; a file of nothing but beginnings costs time
/// and gives nothing.
const MOST_STREAMS: u32 = 100_000;

impl<'a, S: Stream<'a>> Joined<'a, S> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { stream: None, notes: Notes { rest: bytes, ..Notes::default() }, count: 0 }
    }

    /// Begins the next stream; there is none if what follows does not begin as one.
    fn begin(&mut self) -> io::Result<bool> {
        if self.count >= MOST_STREAMS {
            return Err(io::Error::other("there are too many streams"));
        }
        self.stream = S::begin(self.notes.rest, &mut self.notes)?;
        if self.stream.is_none() && self.count == 0 {
            return Err(io::Error::other("the header is broken"));
        }
        self.count += 1;
        Ok(self.stream.is_some())
    }
}

impl<'a, S: Stream<'a>> Read for Joined<'a, S> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(stream) = &mut self.stream else {
                match self.begin()? {
                    true => continue,
                    false => return Ok(0),
                }
            };
            let length = stream.read(output)?;
            if length > 0 || output.is_empty() {
                return Ok(length);
            }
            if let Some(stream) = self.stream.take() {
                stream.end(&mut self.notes)?;
            }
        }
    }
}

impl<'a, S: Stream<'a>> Streams for Joined<'a, S> {
    fn notes(&self) -> Notes<'_> {
        // What a stream that broke off left is no data behind the last one.
        let rest = if self.stream.is_some() { &[] } else { self.notes.rest };
        Notes { rest, ..self.notes.clone() }
    }
}

/// The part of `data` that was not read, where `left` bytes of it are left.
pub(super) fn behind(data: &[u8], left: usize) -> &[u8] {
    data.len().checked_sub(left).and_then(|at| data.get(at..)).unwrap_or_default()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::artifact::Tree;
    use crate::limits::Limits;

    pub(in super::super) fn open(format: &Packed, name: &str, bytes: &[u8]) -> Opened {
        let tree = Tree::new(Child::new(name, "file", bytes.to_vec()).of_kind(format.id));
        let mut out = Opened::default();
        let mut budget = Budget::new(&Limits::default());
        format.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut budget).unwrap();
        out
    }

    /// Holds a format against a file of it: what it gives, cut at every length and with a bit flipped at every byte.
    /// `shortest` is the length from which a cut file is one of the format at all.
    pub(in super::super) fn hold(format: &Packed, file: &[u8], plain: &[u8], shortest: usize) {
        let out = open(format, "a", file);
        assert_eq!(out.children[0].bytes, plain);
        assert!(out.facts.is_empty() && out.children[0].unread.is_empty(), "{out:?}");
        let after = open(format, "a", &[file, b"junk"].concat());
        assert_eq!(after.facts, [Fact::Trick { what: format.data_after, detail: "4 bytes".into() }]);
        for cut in shortest..file.len() {
            let out = open(format, "a", &file[..cut]);
            assert!(plain.starts_with(&out.children[0].bytes), "{cut}");
            assert_eq!(out.children[0].unread[0].reason, "damaged", "{cut}");
        }
        for at in 0..file.len() {
            let mut bad = file.to_vec();
            bad[at] ^= 1 << (at % 8);
            assert_eq!(open(format, "a", &bad).children.len(), 1);
        }
    }

    #[test]
    fn the_ending_of_the_packer_goes() {
        for (name, want) in [
            ("a.tar.gz", "a.tar"),
            ("A.TGZ", "A.tar"),
            ("a.doc.xz", "a.doc"),
            ("a.tbz2", "a.tar"),
            ("請.Z", "請"),
            ("a", "a"),
            (".gz", ""),
        ] {
            assert_eq!(stem(name), want);
        }
    }
}
