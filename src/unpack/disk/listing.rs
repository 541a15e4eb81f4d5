//! What a file system lists: [`File`]s with where their bytes stand, and what was strange on the way to them.
//! Everything in it is bounded, because the numbers of a file system are the sender's.

use super::image::{Image, Run, Runs};
use crate::artifact::{Damage, Fact, Unread};
use crate::limits::{Budget, Stop};
use std::collections::{BTreeMap, HashSet, VecDeque};

/// The files of a file system before they are read.
#[derive(Debug, Default)]
pub(in crate::unpack) struct Listing {
    /// In the order of the file system.
    pub(in crate::unpack) files: Vec<File>,
    /// What was broken.
    pub(in crate::unpack) damage: Vec<Damage>,
    /// What could not be read.
    pub(in crate::unpack) unread: Vec<Unread>,
    /// Whether a limit left something out.
    pub(in crate::unpack) is_cut: bool,
    is_full: bool,
    tricks: BTreeMap<&'static str, Trick>,
    /// Pieces and bytes of names of all files together.
    runs: usize,
    names: usize,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::unpack) struct File {
    /// Its path.
    pub(in crate::unpack) name: String,
    /// Its paths in other directories.
    pub(in crate::unpack) other_names: Vec<String>,
    /// Bytes it says it has.
    pub(in crate::unpack) size: u64,
    /// What it holds.
    pub(in crate::unpack) body: Body,
}

/// Where the bytes of a file are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::unpack) enum Body {
    /// On the disk.
    Runs(Vec<Run>),
    /// On the disk, compressed by NTFS.
    Units {
        /// Clusters and holes.
        runs: Vec<Run>,
        /// Bytes of a unit.
        unit: u64,
        /// How many bytes were written; the rest of the file is zeros.
        valid: u64,
    },
    /// In the structures of the file system.
    Bytes(Vec<u8>),
    /// Where nobody gets them out: the reason and the detail for what is unread.
    Shut(&'static str, String),
}

#[derive(Debug, Default)]
struct Trick {
    details: Vec<String>,
    count: usize,
}

impl File {
    /// A file with one name.
    pub(in crate::unpack) fn new(name: impl Into<String>, size: u64, body: Body) -> Self {
        Self { name: name.into(), other_names: Vec::new(), size, body }
    }
}

impl Listing {
    /// Takes in a file, as long as the message may have one more artifact.
    pub(in crate::unpack) fn add(&mut self, mut file: File, budget: &Budget) -> Result<(), Stop> {
        budget.tick()?;
        if is_housekeeping(&file) {
            return Ok(());
        }
        self.names = file.other_names.iter().fold(self.names + file.name.len(), |sum, name| sum + name.len());
        if self.files.len() as u64 >= u64::from(budget.limits().artifacts) || self.names > LONGEST_NAMES {
            self.cut("limit-artifacts", "files in the image");
            self.is_full = true;
            return Ok(());
        }
        if let Body::Runs(runs) | Body::Units { runs, .. } = &file.body {
            self.runs = self.runs.saturating_add(runs.len());
            if self.runs > MOST_RUNS {
                file.body = Body::Shut("limit-fragments", "too many pieces".to_string());
            }
        }
        self.files.push(file);
        Ok(())
    }

    /// Whether no more files are taken in.
    pub(in crate::unpack) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Notes a trick; of many of one sort the first are named and the rest counted.
    pub(in crate::unpack) fn trick(&mut self, what: &'static str, detail: impl Into<String>) {
        let trick = self.tricks.entry(what).or_default();
        trick.count += 1;
        if trick.details.len() < MOST_NOTES {
            trick.details.push(detail.into());
        }
    }

    /// Notes a file or directory that a person does not see, unless Windows hides it on every volume.
    pub(in crate::unpack) fn hidden(&mut self, what: &'static str, path: &str, name: &str) {
        let full = format!("{path}{name}");
        if !is_in_house(&full) {
            self.trick(what, full);
        }
    }

    /// Notes something broken, once.
    pub(in crate::unpack) fn broke(&mut self, what: &'static str, detail: impl Into<String>) {
        let damage = Damage { what, detail: detail.into() };
        if self.damage.len() < MOST_NOTES && !self.damage.contains(&damage) {
            self.damage.push(damage);
        }
    }

    /// Notes something unread, once.
    pub(in crate::unpack) fn missed(&mut self, reason: &'static str, detail: impl Into<String>) {
        let unread = Unread { reason, detail: detail.into() };
        if self.unread.len() < MOST_NOTES && !self.unread.contains(&unread) {
            self.unread.push(unread);
        }
    }

    fn cut(&mut self, reason: &'static str, detail: &'static str) {
        self.is_cut = true;
        self.missed(reason, detail);
    }

    /// The tricks as facts.
    pub(in crate::unpack) fn facts(&self) -> impl Iterator<Item = Fact> + '_ {
        self.tricks.iter().flat_map(|(what, trick)| {
            let more = trick.count - trick.details.len();
            let rest = (more > 0).then(|| format!("{more} more"));
            trick.details.iter().cloned().chain(rest).map(|detail| Fact::Trick { what, detail })
        })
    }
}

/// The directories that Windows makes on every volume.
const HOUSES: &[&str] = &["System Volume Information", "$RECYCLE.BIN"];

/// What Windows itself keeps in them, and how long it is: nothing dangerous has room in it.
const HOUSEKEEPING: &[(&str, u64)] =
    &[("wpsettings.dat", 12), ("indexervolumeguid", 76), ("desktop.ini", 129)];

fn is_in_house(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    HOUSES.iter().any(|house| house.eq_ignore_ascii_case(first))
}

fn is_housekeeping(file: &File) -> bool {
    let last = file.name.rsplit('/').next().unwrap_or_default();
    is_in_house(&file.name)
        && HOUSEKEEPING.iter().any(|(name, size)| last.eq_ignore_ascii_case(name) && file.size <= *size)
}

/// How many notes of one sort are kept.
const MOST_NOTES: usize = 32;

/// How many bytes the names of all files may have together.
const LONGEST_NAMES: usize = 16 << 20;

/// How many pieces all files of a file system may have together. A whole image of 64 MiB in clusters of 512 bytes
/// has an eighth of it.
const MOST_RUNS: usize = 1 << 20;

/// The directories of a file system that are still to be read, each once.
#[derive(Debug)]
pub(in crate::unpack) struct Folders<T> {
    queue: VecDeque<Folder<T>>,
    seen: HashSet<u64>,
}

/// A directory to be read.
#[derive(Debug)]
pub(in crate::unpack) struct Folder<T> {
    /// Its path, empty for the root, else with a slash at its end.
    pub(in crate::unpack) path: String,
    /// Where the file system keeps it.
    pub(in crate::unpack) place: T,
    depth: u32,
}

/// The most directories of one file system, how deep they may lie and how long their paths may be.
const MOST_FOLDERS: usize = 20_000;
const DEEPEST: u32 = 64;
const LONGEST_PATH: usize = 2048;

impl<T> Folders<T> {
    /// The root directory; `key` is what it is known by.
    pub(in crate::unpack) fn new(key: u64, root: T) -> Self {
        let root = Folder { path: String::new(), place: root, depth: 0 };
        Self { queue: VecDeque::from([root]), seen: HashSet::from([key]) }
    }

    /// Takes in a directory found in another, unless it was found before.
    pub(in crate::unpack) fn add(
        &mut self,
        (key, place): (u64, T),
        (parent, name): (&Folder<T>, &str),
        listing: &mut Listing,
    ) {
        let path = format!("{}{name}/", parent.path);
        if self.seen.contains(&key) {
            listing.broke("directory-loop", path);
        } else if self.seen.len() >= MOST_FOLDERS || parent.depth >= DEEPEST || path.len() > LONGEST_PATH {
            listing.cut("limit-directories", "directories in the image");
        } else {
            self.seen.insert(key);
            self.queue.push_back(Folder { path, place, depth: parent.depth + 1 });
        }
    }

    /// The next one.
    pub(in crate::unpack) fn next(&mut self) -> Option<Folder<T>> {
        self.queue.pop_front()
    }
}

/// The bytes of a directory as far as they are there, paid. Of a very long one the head is read.
pub(in crate::unpack) fn gather(
    image: &dyn Image,
    runs: Vec<Run>,
    path: &str,
    listing: &mut Listing,
    budget: &mut Budget,
) -> Result<Vec<u8>, Stop> {
    let mut left = LONGEST_DIRECTORY;
    let mut head = Vec::new();
    for run in runs {
        let length = run.length.min(left);
        left -= length;
        if length < run.length {
            listing.cut("limit-directories", "a directory of many megabytes");
        }
        if length > 0 {
            head.push(Run { at: run.at, length });
        }
    }
    let decoded = budget.read(&mut Runs::new(image, head));
    if let Some(stop) = decoded.stop {
        return Err(stop);
    }
    if decoded.broken.is_some() {
        listing.missed(GONE, format!("the directory {path}/"));
    }
    Ok(decoded.bytes)
}

/// Half a million entries of the smallest sort.
const LONGEST_DIRECTORY: u64 = 16 << 20;

/// The reason for what lies where the image has no bytes; the shelf knows whether the image was cut or is damaged.
pub(in crate::unpack) const GONE: &str = "damaged";
