//! The files of a disc in all its trees.
//!
//! Windows shows the UDF tree if there is one, else Joliet, else the primary tree. Each is read, in that order; what
//! a later one shows again is not given out twice.

use super::image::Image;
use super::iso9660::{self, View};
use super::shelf::{Shelf, is_other_sort, place};
use super::udf;
use crate::limits::{Budget, Stop};
use std::collections::{BTreeMap, BTreeSet};

/// Takes out the files of a disc that begins at byte `base` of an image.
pub(in crate::unpack) fn take(
    image: &dyn Image,
    base: u64,
    shelf: &mut Shelf<'_>,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let mut views = Vec::new();
    if let Some(listing) = udf::read(image, budget)? {
        views.push(View { label: "udf", listing });
    }
    views.extend(iso9660::views(image, budget)?);
    if views.is_empty() {
        shelf.out.broke("iso-no-directory", "no volume descriptor leads to a directory");
        shelf.lost("no directory was found");
    }
    compare(&mut views);
    for view in views {
        shelf.take(image, base, view.listing, budget)?;
    }
    Ok(())
}

/// Notes the files that not all trees show, and those which they name in different ways; leaves each file to the
/// first tree that shows it.
fn compare(views: &mut [View]) {
    let Some((first, others)) = views.split_first_mut() else { return };
    let mut shown: BTreeMap<(u64, u64), String> = BTreeMap::new();
    for file in &first.listing.files {
        place(file).map(|place| shown.entry(place).or_insert_with(|| file.name.clone()));
    }
    for other in others {
        let is_whole = !first.listing.is_cut && !other.listing.is_cut;
        let mut also = BTreeSet::new();
        let mut tricks = Vec::new();
        other.listing.files.retain(|file| {
            let Some(place) = place(file) else { return file.size > 0 };
            also.insert(place);
            match shown.get(&place) {
                Some(name) if is_other_sort(name, &file.name) => {
                    tricks.push(("iso-names-disagree", format!("{name}: {} in {}", file.name, other.label)));
                    true
                }
                Some(_) => false,
                None => {
                    tricks.push(("iso-views-disagree", format!("{}: not in {}", file.name, first.label)));
                    true
                }
            }
        });
        let missing = shown.iter().filter(|(place, _)| !also.contains(place));
        tricks.extend(
            missing.map(|(_, name)| ("iso-views-disagree", format!("{name}: not in {}", other.label))),
        );
        for (what, detail) in tricks.into_iter().filter(|_| is_whole) {
            first.listing.trick(what, detail);
        }
    }
}

/// Whether a volume is a disc: ECMA-119 or ECMA-167 descriptors in its sector 16, 17 or 18.
pub(in crate::unpack) fn is_here(image: &dyn Image) -> bool {
    (16..19).any(|sector: u64| {
        let id = super::image::peek(image, sector * 2048, 6);
        matches!(id.get(1..6), Some(b"CD001" | b"BEA01" | b"NSR02" | b"NSR03"))
    })
}
