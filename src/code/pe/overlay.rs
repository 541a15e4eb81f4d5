//! What stands behind the last section: certificates (5.7), and data that Windows does not load. Installers keep their
//! files there, droppers their document.

use super::header;
use super::image::{Directory, Image};
use crate::artifact::{Child, Opened};
use crate::kind::{Class, Kind};
use crate::limits::{Budget, Stop};

/// Kinds whose own formats find them behind a program.
const FOUND: &[&str] = &["zip", "jar", "msix", "odf", "arj", "ace", "rar", "cab", "lzh", "7z"];

/// Notes certificates and appended data, and gives out the data where they are of a known kind.
pub(super) fn tell(image: &Image, size: u64, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    // Without a section nothing says where the program ends.
    if image.end() == 0 {
        return Ok(());
    }
    let mut gap = (image.end(), size);
    if let Some((at, length)) = image.directory(Directory::Certificates) {
        let (at, length) = (u64::from(at), u64::from(length));
        let end = at.saturating_add(length);
        if end > size {
            out.broke("pe-certificates-cut", format!("at {at}, {length} bytes"));
        } else {
            out.facts.push(header("pe-certificates", format!("{length} bytes")));
        }
        if at >= image.end() {
            gap.1 = at.min(size);
            give(image, (end, size), out, budget)?;
        }
    }
    give(image, gap, out, budget)
}

fn give(image: &Image, (at, end): (u64, u64), out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    let start = usize::try_from(at).unwrap_or(usize::MAX);
    let stop = usize::try_from(end).unwrap_or(usize::MAX).min(image.bytes.len());
    let Some(data) = image.bytes.get(start..stop) else { return Ok(()) };
    // Linkers and signers fill up to the next multiple of eight or sector with zeros.
    if data.iter().all(|byte| *byte == 0) {
        return Ok(());
    }
    out.facts.push(header("pe-overlay", format!("at {at}, {} bytes", end - at)));
    let kind = Kind::of("", data);
    if matches!(kind.class, Class::Data | Class::Text) || FOUND.contains(&kind.id) {
        return Ok(());
    }
    budget.pay(data.len() as u64)?;
    out.push(Child::new("appended", "pe-overlay", data.to_vec()), budget)
}
