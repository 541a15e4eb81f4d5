//! Takes listed files out of an image: the bytes of each once, however many names they have.

use super::image::{Image, Runs};
use super::listing::{Body, File, GONE, Listing};
use super::ntfs::compressed::Units;
use crate::artifact::{Artifact, Child, Fact, Opened, Unread};
use crate::kind::extension;
use crate::limits::{Budget, Decoded, Stop};
use std::collections::HashMap;
use std::io::Read;

/// What is taken out of an image.
pub(in crate::unpack) struct Shelf<'a> {
    /// Facts, damage and children of the image.
    pub(in crate::unpack) out: &'a mut Opened,
    /// What stands before every path: the number of the partition where there are several.
    pub(in crate::unpack) prefix: String,
    via: &'static str,
    /// Whether only the head of the image was kept, so that what is missing is not broken.
    is_cut: bool,
    /// The children by where their bytes begin, and their size.
    places: HashMap<(u64, u64), usize>,
}

impl<'a> Shelf<'a> {
    /// An empty shelf for an image.
    pub(in crate::unpack) fn new(artifact: &Artifact, via: &'static str, out: &'a mut Opened) -> Self {
        Self { out, prefix: String::new(), via, is_cut: artifact.is_cut(), places: HashMap::new() }
    }

    /// Takes out all files of a file system. `base` is where its image begins on the disk.
    pub(in crate::unpack) fn take(
        &mut self,
        image: &dyn Image,
        base: u64,
        listing: Listing,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        self.note(&listing);
        for mut file in listing.files {
            budget.tick()?;
            file.name.insert_str(0, &self.prefix);
            let place = place(&file).map(|(at, size)| (at.saturating_add(base), size));
            if !self.is_known(place, &file.name) {
                self.put(image, file, place, budget)?;
            }
        }
        Ok(())
    }

    /// Takes over what is to be said about a file system.
    fn note(&mut self, listing: &Listing) {
        self.out.facts.extend(listing.facts());
        self.out.damage.extend(listing.damage.iter().cloned());
        for unread in &listing.unread {
            let reason = if unread.reason == GONE { self.gone() } else { unread.reason };
            self.out.missed(reason, unread.detail.as_str());
        }
    }

    /// Notes a volume that cannot be read where it should begin.
    pub(in crate::unpack) fn lost(&mut self, detail: impl Into<String>) {
        let reason = self.gone();
        self.out.missed(reason, detail);
    }

    fn gone(&self) -> &'static str {
        if self.is_cut { "limit-artifact-bytes" } else { GONE }
    }

    /// Whether the bytes at a place were given out already; that child then has two names.
    fn is_known(&mut self, place: Option<(u64, u64)>, name: &str) -> bool {
        let known = place.and_then(|place| self.places.get(&place));
        let Some(child) = known.and_then(|at| self.out.children.get_mut(*at)) else { return false };
        let other = Fact::OtherName(name.to_string());
        if child.name != name && child.facts.len() < OTHER_NAMES && !child.facts.contains(&other) {
            child.facts.push(other);
        }
        true
    }

    /// Puts a file among the children.
    fn put(
        &mut self,
        image: &dyn Image,
        file: File,
        place: Option<(u64, u64)>,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let decoded = match file.body {
            Body::Runs(runs) => budget.read(&mut Runs::new(image, runs).take(file.size)),
            Body::Units { runs, unit, valid } => {
                let zeros = std::io::repeat(0).take(file.size - valid.min(file.size));
                budget.read(&mut Units::new(image, runs, unit).take(valid).chain(zeros))
            }
            Body::Bytes(bytes) => budget.read(&mut bytes.as_slice()),
            Body::Shut(reason, detail) => {
                let mut child = Child::new(file.name, self.via, Vec::new());
                child.size = file.size;
                child.unread.push(Unread { reason, detail });
                return self.out.push(child, budget);
            }
        };
        let stop = decoded.stop;
        let mut child = self.child(file.name, file.size, decoded);
        let others = file.other_names.into_iter().take(OTHER_NAMES);
        child.facts.extend(others.map(|name| Fact::OtherName(format!("{}{name}", self.prefix))));
        if let Some(place) = place {
            self.places.insert(place, self.out.children.len());
        }
        let room = self.out.push(child, budget);
        stop.map_or(room, Err)
    }

    fn child(&self, name: String, size: u64, mut decoded: Decoded) -> Child {
        let missing = size.saturating_sub(decoded.size);
        let is_short = missing > 0 && decoded.stop.is_none();
        decoded.broken = is_short.then(|| format!("{missing} of {size} bytes are not in the image"));
        let is_gone = is_short && self.is_cut;
        let detail = decoded.broken.take_if(|_| is_gone);
        let mut child = Child::decoded(name, self.via, decoded);
        if let Some(detail) = detail {
            child.size = size;
            child.sha256 = None;
            child.unread.retain(|unread| unread.reason != "limit-artifact-bytes");
            child.unread.push(Unread { reason: "limit-artifact-bytes", detail });
        }
        child
    }
}

/// How many facts a child may have for another name to be added.
const OTHER_NAMES: usize = 16;

/// Where the bytes of a file begin, and its size; none for files that have no place of their own.
pub(in crate::unpack) fn place(file: &File) -> Option<(u64, u64)> {
    let Body::Runs(runs) = &file.body else { return None };
    let first = runs.iter().find(|run| run.length > 0)?;
    first.at.filter(|_| file.size > 0).map(|at| (at, file.size))
}

/// Whether two names make Windows treat a file in different ways. The extension of a DOS name has three letters.
pub(in crate::unpack) fn is_other_sort(name: &str, other: &str) -> bool {
    let sort = |name: &str| extension(name).chars().take(3).collect::<String>();
    sort(name) != sort(other)
}
