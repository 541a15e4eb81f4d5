//! NTFS, by a walk over its master file table; there is no free specification, the layout is that of the Linux-NTFS
//! documentation.
//!
//! Every record in use is read, so that directories' indexes and attribute lists need not be: what an attribute list
//! points to bears the number of the file it belongs to. Left: deleted files, the journal; encrypted data and what
//! Windows compresses outside of NTFS (unread).

pub(super) mod compressed;
mod record;

use super::image::{Image, Run, Runs, peek};
use super::listing::{Body, File, Listing};
use crate::bytes::Reader;
use crate::limits::{Budget, Stop};
use record::{Data, Name, Record, runs};
use std::collections::BTreeMap;
use std::io::Read;

/// What an NTFS volume lists.
pub(super) fn read(image: &dyn Image, budget: &mut Budget) -> Result<Listing, Stop> {
    let mut listing = Listing::default();
    match Ntfs::read(image) {
        Some(volume) => volume.walk(&mut listing, budget)?,
        None => {
            listing.broke("ntfs-no-file-table", "the boot sector leads to no master file table");
            listing.missed("damaged", "an NTFS volume");
        }
    }
    Ok(listing)
}

/// Numbers of the root directory and of the directory of metafiles, and the first one that files of a person have.
const ROOT: u64 = 5;
const EXTEND: u64 = 11;
const FIRST_FILE: u64 = 24;

/// How much of a file table is read: 65,536 files of the usual size.
const MOST_BYTES: u64 = 64 << 20;

/// How many directories deep a file may lie, and how long its path may be.
const DEEPEST: usize = 64;
const LONGEST_PATH: usize = 2048;

struct Ntfs<'a> {
    image: &'a dyn Image,
    cluster: u64,
    /// Bytes of a record.
    record: u64,
    /// The file table, as far as its own first record tells.
    table: Vec<Run>,
}

/// The files by their numbers.
type Files = BTreeMap<u64, Record>;

impl<'a> Ntfs<'a> {
    fn read(image: &'a dyn Image) -> Option<Self> {
        let boot = peek(image, 0, 512);
        let sector = u64::from(Reader::at(&boot, 11)?.u16()?);
        let per_cluster = *boot.get(13)?;
        let sectors = if per_cluster > 128 {
            1u64.checked_shl(256 - u32::from(per_cluster))?
        } else {
            per_cluster.into()
        };
        let cluster = sector.checked_mul(sectors).filter(|size| (256..=2 << 20).contains(size))?;
        let per_record = *boot.get(64)?;
        let record = match per_record {
            0..128 => cluster * u64::from(per_record),
            _ => 1u64.checked_shl(256 - u32::from(per_record))?,
        };
        if !(256..=65536).contains(&record) {
            return None;
        }
        // The table, or the mirror of its first records.
        let table = [48, 56].iter().find_map(|place| {
            let at = Reader::at(&boot, *place)?.u64()?.checked_mul(cluster)?;
            let first = Record::read(peek(image, at, record))?;
            let data = first.data.iter().find(|data| data.name.is_empty())?;
            runs(&data.pairs, cluster).filter(|runs| !runs.is_empty())
        })?;
        Some(Self { image, cluster, record, table })
    }

    fn walk(&self, listing: &mut Listing, budget: &mut Budget) -> Result<(), Stop> {
        let files = self.files(listing, budget)?;
        for (number, file) in &files {
            if listing.is_full() {
                break;
            }
            budget.tick()?;
            if file.is_in_use && (file.is_hidden || !file.data.is_empty()) {
                self.list(*number, file, &files, listing, budget)?;
            }
        }
        Ok(())
    }

    /// Reads the file table. Its own later pieces are told of by records in the earlier ones.
    fn files(&self, listing: &mut Listing, budget: &mut Budget) -> Result<Files, Stop> {
        let mut files = Files::new();
        let (mut table, mut told) = (self.table.clone(), 0);
        let (mut number, mut left) = (0, MOST_BYTES);
        while !table.is_empty() {
            let mut reader = Runs::new(self.image, std::mem::take(&mut table));
            loop {
                let Some(bytes) = whole(&mut reader, self.record) else {
                    listing.missed("damaged", "a part of the master file table");
                    break;
                };
                if bytes.is_empty() {
                    break;
                }
                budget.pay(self.record)?;
                left = left.saturating_sub(self.record);
                if left == 0 {
                    listing.missed("limit-directories", "records of the master file table");
                    return Ok(files);
                }
                if let Some(record) = Record::read(bytes) {
                    if record.is_torn {
                        listing.broke("ntfs-torn-record", format!("record {number}"));
                    }
                    let base = record.base.unwrap_or(number);
                    files.entry(base).or_default().join(record);
                }
                number += 1;
            }
            let pieces = files.get(&0).map(|table| self.pieces(table, "")).unwrap_or_default();
            let known = pieces.get(told + 1..).unwrap_or_default();
            told += known.len();
            table = known.iter().filter_map(|data| runs(&data.pairs, self.cluster)).flatten().collect();
        }
        Ok(files)
    }

    /// The pieces of a stream in their order.
    fn pieces<'f>(&self, file: &'f Record, name: &str) -> Vec<&'f Data> {
        let mut pieces: Vec<&Data> = file.data.iter().filter(|data| data.name == name).collect();
        pieces.sort_by_key(|data| data.first);
        pieces
    }

    /// Puts the streams of a file onto the list.
    fn list(
        &self,
        number: u64,
        file: &Record,
        files: &Files,
        listing: &mut Listing,
        budget: &Budget,
    ) -> Result<(), Stop> {
        let mut names = file.names.iter().filter(|name| !name.is_dos || file.names.len() == 1);
        let is_own = |name: &Name| number < FIRST_FILE && name.text.starts_with('$');
        let Some(first) = names.next() else { return Ok(()) };
        if number != ROOT && is_own(first) {
            return Ok(());
        }
        let Some(path) = path(first, files, listing) else { return Ok(()) };
        let path = if number == ROOT { String::new() } else { path };
        let others: Vec<String> = names.filter_map(|name| self::path(name, files, listing)).collect();
        if file.is_hidden && number != ROOT {
            listing.hidden("ntfs-hidden-file", "", &path);
        }
        if let Some(tag) = file.reparse {
            listing.trick("ntfs-reparse-point", format!("{path}: {tag:#010x}"));
        }
        let mut streams: Vec<&str> = file.data.iter().map(|data| data.name.as_str()).collect();
        streams.sort_unstable();
        streams.dedup();
        for stream in streams {
            if listing.is_full() {
                break;
            }
            let name =
                |path: &str| if stream.is_empty() { path.to_string() } else { format!("{path}:{stream}") };
            let Some((size, body)) = self.body(file, stream) else {
                listing.missed("damaged", name(&path));
                continue;
            };
            let other_names = others.iter().map(|path| name(path)).collect();
            listing.add(File { name: name(&path), other_names, size, body }, budget)?;
        }
        Ok(())
    }

    /// What a stream holds.
    fn body(&self, file: &Record, name: &str) -> Option<(u64, Body)> {
        let pieces = self.pieces(file, name);
        let first = pieces.first().filter(|piece| piece.first == 0)?;
        let shut = |reason, detail: &str| Some((first.size, Body::Shut(reason, detail.to_string())));
        if first.is_encrypted {
            return shut("encrypted", "encrypted by NTFS");
        }
        if name.is_empty() && file.reparse == Some(record::COMPACT) {
            return shut("unsupported-method", "compressed by Windows (WofCompressedData)");
        }
        if let Some(bytes) = &first.resident {
            return Some((bytes.len() as u64, Body::Bytes(bytes.clone())));
        }
        let mut all = Vec::new();
        for piece in &pieces {
            all.extend(runs(&piece.pairs, self.cluster)?);
        }
        if all.len() > super::fat::MOST_RUNS {
            return shut("limit-fragments", "too many pieces");
        }
        if let Some(bits) = first.unit {
            let unit = self.cluster.checked_shl(bits.into()).unwrap_or(u64::MAX);
            if bits == 0 || unit > compressed::LARGEST_UNIT {
                return shut("unsupported-method", "compressed by NTFS");
            }
            return Some((first.size, Body::Units { runs: all, unit, valid: first.valid.min(first.size) }));
        }
        Some((first.size, Body::Runs(written(all, first.valid.min(first.size), first.size))))
    }
}

/// Cuts runs behind what was ever written; the rest of the file is zeros.
fn written(all: Vec<Run>, valid: u64, size: u64) -> Vec<Run> {
    let mut left = valid;
    let mut out = Vec::new();
    for run in all {
        let length = run.length.min(left);
        left -= length;
        if length > 0 {
            out.push(Run { at: run.at, length });
        }
    }
    if left == 0 && size > valid {
        out.push(Run::hole(size - valid));
    }
    out
}

/// The next `length` bytes; none if the image lacks them, no bytes at the end.
fn whole(reader: &mut Runs<'_>, length: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    let mut reader = reader.take(length);
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => return Some(bytes),
            Ok(read) => bytes.extend_from_slice(chunk.get(..read)?),
            Err(_) => return None,
        }
    }
}

/// The path of a name. `None` for what Windows keeps for itself below `$Extend`.
fn path(name: &Name, files: &Files, listing: &mut Listing) -> Option<String> {
    let mut path = name.text.clone();
    let mut at = name.parent;
    for _ in 0..DEEPEST {
        if at == ROOT {
            return Some(path);
        }
        if at == EXTEND {
            return None;
        }
        let parent = files.get(&at).filter(|parent| parent.is_in_use);
        let Some(parent) = parent.and_then(Record::long_name) else {
            listing.broke("ntfs-no-parent", path.as_str());
            return Some(path);
        };
        if path.len() + parent.text.len() > LONGEST_PATH {
            break;
        }
        path = format!("{}/{path}", parent.text);
        at = parent.parent;
    }
    listing.broke("directory-loop", name.text.as_str());
    Some(name.text.clone())
}
