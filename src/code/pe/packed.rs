//! The parts of an add-in made with Excel-DNA: the assembly with the program, and the `.dna` file that names it, each
//! as it is or packed with LZMA (the form of `.lzma` files). Excel-DNA publishes no format; its packer is public.

use super::header;
use crate::artifact::{Child, Opened};
use crate::bytes::Reader;
use crate::codec::Lzma;
use crate::limits::{Budget, Stop};

/// A part.
pub(super) struct Packed<'a> {
    pub(super) name: String,
    pub(super) way: Way,
    pub(super) data: &'a [u8],
}

/// How a part is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Plain,
    Lzma,
}

/// The types of resources that Excel-DNA makes.
const WAYS: &[(&str, Way)] = &[
    ("ASSEMBLY", Way::Plain),
    ("ASSEMBLY_LZMA", Way::Lzma),
    ("DNA", Way::Plain),
    ("DNA_LZMA", Way::Lzma),
    ("SOURCE", Way::Plain),
    ("SOURCE_LZMA", Way::Lzma),
];

/// Parts that are given out.
const MOST: usize = 64;

/// How a resource of that type is kept; none if it is no part of Excel-DNA.
pub(super) fn way(kind: &str) -> Option<Way> {
    WAYS.iter().find(|(known, _)| *known == kind).map(|(_, way)| *way)
}

/// Gives out the parts.
pub(super) fn give(parts: Vec<Packed>, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    if parts.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = parts.iter().take(MOST).map(|part| part.name.as_str()).collect();
    out.facts.push(header("pe-excel-dna", names.join(", ")));
    if parts.len() > MOST {
        out.missed("limit-artifacts", format!("parts of Excel-DNA: {}", parts.len()));
    }
    for part in parts.into_iter().take(MOST) {
        let decoded = match part.way {
            Way::Plain => budget.read(&mut &*part.data),
            Way::Lzma => match unpacker(part.data) {
                Some(mut decoder) => budget.read(&mut decoder),
                None => {
                    out.missed("damaged", format!("{}: no LZMA stream", part.name));
                    continue;
                }
            },
        };
        let stop = decoded.stop;
        out.push(Child::decoded(part.name, "pe-resource", decoded), budget)?;
        stop.map_or(Ok(()), Err)?;
    }
    Ok(())
}

fn unpacker(data: &[u8]) -> Option<Lzma<'_>> {
    let mut reader = Reader::new(data);
    let (properties, dictionary, size) = (reader.u8()?, reader.u32()?, reader.u64()?);
    let size = Some(size).filter(|size| *size != u64::MAX);
    Lzma::new(reader.rest(), size, properties, dictionary).ok()
}
