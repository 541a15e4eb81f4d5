//! The functions that a library offers by name (6.3), and what these make of it.

use super::header;
use super::image::{Directory, Image};
use crate::artifact::Opened;
use crate::bytes::Reader;
use crate::limits::{Budget, Stop};

/// Names that are walked. Add-ins made with Excel-DNA export more than ten thousand.
const MOST: u32 = 1 << 16;
/// Names that are told.
const SHOWN: usize = 40;
/// Bytes of a name that are read.
const LONGEST: usize = 256;

/// Functions by which Office and Windows know what they load, and what it is to them.
const ROLES: &[(&str, &str)] = &[
    ("xlAutoOpen", "excel-addin"),
    ("xlAutoClose", "excel-addin"),
    ("xlAddInManagerInfo", "excel-addin"),
    ("xlAddInManagerInfo12", "excel-addin"),
    ("wdAutoOpen", "word-addin"),
    ("CPlApplet", "control-panel"),
    ("DllRegisterServer", "com-server"),
    ("DllInstall", "com-server"),
];

/// Notes the functions, and what those of known names make of the library (`pe-role`).
pub(super) fn tell(image: &Image, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    let Some(table) = Table::read(image) else { return Ok(()) };
    let (mut names, mut roles) = (Vec::new(), Vec::new());
    for place in 0..table.count.min(MOST) {
        if place.is_multiple_of(4096) {
            budget.tick()?;
        }
        let Some(name) = table.name(image, place) else { break };
        if let Some((_, role)) = ROLES.iter().find(|(known, _)| known.as_bytes() == plain(name))
            && !roles.contains(role)
        {
            roles.push(role);
        }
        if names.len() < SHOWN {
            names.push(String::from_utf8_lossy(name).into_owned());
        }
    }
    if table.count as usize > names.len() {
        names.push(format!("… of {}", table.count));
    }
    if !names.is_empty() {
        out.facts.push(header("pe-exports", names.join(", ")));
    }
    out.facts.extend(roles.into_iter().map(|role| header("pe-role", role)));
    Ok(())
}

/// The name without what 32-bit compilers put around it: `_xlAutoOpen@0`.
fn plain(name: &[u8]) -> &[u8] {
    let name = name.strip_prefix(b"_").unwrap_or(name);
    let end = memchr::memchr(b'@', name).unwrap_or(name.len());
    name.get(..end).unwrap_or(name)
}

/// The table of pointers to names.
struct Table<'a> {
    count: u32,
    pointers: &'a [u8],
}

impl<'a> Table<'a> {
    fn read(image: &Image<'a>) -> Option<Self> {
        let (at, _) = image.directory(Directory::Exports)?;
        let mut reader = Reader::at(image.loaded(at)?, 24)?;
        let count = reader.u32()?;
        reader.skip(4)?;
        Some(Self { count, pointers: image.loaded(reader.u32()?)? })
    }

    fn name(&self, image: &Image<'a>, place: u32) -> Option<&'a [u8]> {
        let at = usize::try_from(place).ok()?.checked_mul(4)?;
        let name = image.loaded(Reader::at(self.pointers, at)?.u32()?)?;
        let name = name.get(..LONGEST).unwrap_or(name);
        name.get(..memchr::memchr(0, name).unwrap_or(name.len()))
    }
}
