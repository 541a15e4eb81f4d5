//! Files embedded in a document (ISO 32000-1 7.11.4): those that a file specification names, wherever it stands, and
//! those that nothing names.

use super::actions::Filespec;
use super::file::File;
use super::{filter, outline};
use crate::artifact::{Child, Fact, Opened};
use crate::limits::{Budget, Stop};
use std::collections::BTreeMap;

/// How many other names of one file are noted.
const OTHER_NAMES: usize = 16;

/// Gives out every embedded file once.
pub(super) fn give(
    file: &File,
    named: &[Filespec],
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let mut names: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for filespec in named {
        let known = names.entry(filespec.stream).or_default();
        for name in &filespec.names {
            if !known.contains(name) && known.len() < OTHER_NAMES {
                known.push(name.clone());
            }
        }
    }
    for at in unnamed(file) {
        names.entry(at).or_default();
    }
    for (number, (at, names)) in names.into_iter().enumerate() {
        let mut names = names.into_iter();
        let name = names.next().unwrap_or_else(|| format!("embedded-{}", number + 1));
        if file.has_shut_files {
            out.facts.push(Fact::LockedName(name));
            continue;
        }
        let made = file.data(at, u64::MAX, budget);
        let stop = made.stop;
        let mut child = Child::decoded(name, "pdf-attachment", made);
        child.facts.extend(names.map(Fact::OtherName));
        out.push(child, budget)?;
        if let Some(stop) = stop {
            return Err(stop);
        }
    }
    Ok(())
}

/// Streams that are embedded files by their type, and whole PDFs lying in streams as they are.
fn unnamed(file: &File) -> Vec<usize> {
    let is_file = |at: &usize| {
        let Some(data) = file.entries.get(*at).and_then(|entry| entry.data) else { return false };
        let object = file.object(*at);
        object.dict().is_some_and(|dict| {
            dict.is("Type", "EmbeddedFile")
                || (outline::holds_pdf(file.bytes, Some(dict), data) && filter::is_plain(file, dict))
        })
    };
    (0..file.entries.len()).filter(is_file).collect()
}
