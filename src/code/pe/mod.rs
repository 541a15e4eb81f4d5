//! Programs of Windows (Microsoft PE format specification): what they are, what starts them and what they say of
//! themselves.
//!
//! Office and Windows load some libraries by a double click, and know them by the functions that these export: add-ins
//! of Excel (`xlAutoOpen`) and Word, items of the control panel. Such functions, the machine, the names a vendor wrote
//! into the version resource, the presence of certificates and of data behind the last section become facts. Add-ins made with Excel-DNA
//! carry their program as a resource; that is given out.
//!
//! Left out: imports, code, whether a signature is true, resources of other programs. Archives behind a program are
//! found by their own formats.

mod exports;
mod image;
mod overlay;
mod packed;
mod resources;
mod version;

use crate::artifact::{Artifact, Fact, Format, Opened};
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};
use image::Image;

/// Programs of Windows.
pub struct Pe;

impl Format for Pe {
    fn id(&self) -> &'static str {
        "exe"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "exe"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let bytes = artifact.bytes.as_slice();
        let Some(image) = Image::read(bytes) else {
            out.facts.push(header("pe-type", "program of 16 bits, or damaged"));
            return Ok(());
        };
        tell(&image, out);
        if image.is_cut {
            out.broke("pe-cut", "the headers break off");
        }
        if image.end() > artifact.size {
            out.broke("pe-cut", format!("sections end at {}, the file at {}", image.end(), artifact.size));
        }
        exports::tell(&image, out, budget)?;
        let packed = resources::tell(&image, out, budget)?;
        overlay::tell(&image, artifact.size, out, budget)?;
        packed::give(packed, out, budget)
    }
}

fn header(name: &'static str, value: impl Into<String>) -> Fact {
    Fact::Header { name, value: value.into() }
}

/// What the headers say.
fn tell(image: &Image, out: &mut Opened) {
    out.facts.push(header("pe-type", image.role()));
    out.facts.push(header("pe-machine", image.machine_name()));
    out.facts.push(header("pe-subsystem", image.subsystem_name()));
    if let Some(version) = image.runtime() {
        out.facts.push(header("pe-dotnet", version));
    }
}

#[cfg(test)]
mod writer;

#[cfg(test)]
mod tests;
