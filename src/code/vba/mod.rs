//! VBA projects (MS-OVBA): the sources of macros, wherever in a compound file they lie.
//!
//! A project is a storage that holds a `dir` or a `_VBA_PROJECT` stream, under whatever name and however deep.
//! Where the `dir` stream names a module wrongly or not at all, its stream is searched for the one beginning every
//! source has. As the last resort, in files without a readable project, whole streams and then the bare bytes are
//! searched. Compiled code (the performance cache) is put back into text where the source does not say the same;
//! `__SRP_` streams are not read. References, conditional constants and help texts are left out:
//! nothing in them runs.

mod compiled;
mod decompress;
mod dir;
mod project;
mod protection;
mod source;

use crate::artifact::{Artifact, Child, Damage, Fact, Format, Opened, Unread};
use crate::compound::{Compound, is_compound};
use crate::keyring::Keyring;
use crate::kind::Class;
use crate::limits::{Budget, Stop};
use crate::message::msg;
pub use decompress::{Decompressed, decompress};

/// VBA projects in compound files, and stray VBA sources in anything.
pub struct Vba;

impl Format for Vba {
    fn id(&self) -> &'static str {
        "vba"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        // A database keeps modules in pages of its own, a small one in one piece.
        let is_loose = artifact.kind.class == Class::Data || artifact.kind.id == "access";
        let holds_strays = || is_loose && source::find(&artifact.bytes, 0).is_some();
        is_compound(&artifact.bytes) || holds_strays()
    }

    fn open(
        &self,
        artifact: &Artifact,
        _keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let before = out.children.len();
        let compound = Compound::read(&artifact.bytes, budget);
        if let Some(compound) = &compound {
            project::open_all(compound, out, budget)?;
        }
        if out.children.len() > before || source::find(&artifact.bytes, 0).is_none() {
            return Ok(());
        }
        search(artifact, compound.as_ref(), out, budget)?;
        let modules = out.children.len().saturating_sub(before);
        if modules > 0 {
            out.facts.push(Fact::VbaProject { code_page: 0, modules, locked: false });
        }
        Ok(())
    }
}

/// Searches the streams, and if they hold nothing the bare bytes, for sources outside any project.
fn search(
    artifact: &Artifact,
    compound: Option<&Compound>,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let before = out.children.len();
    let streams = compound.iter().flat_map(|compound| {
        let own = compound.streams().filter(|entry| !msg::gives(compound, entry));
        own.map(move |entry| (compound, entry))
    });
    for (compound, entry) in streams {
        let decoded = compound.stream(entry, budget);
        decoded.stop.map_or(Ok(()), Err)?;
        strays(&decoded.bytes, &entry.path, out, budget)?;
    }
    // The bare bytes of a message are those of its attachments, which are searched as such.
    let is_message = compound.is_some_and(msg::is_message);
    if out.children.len() == before && !is_message {
        strays(&artifact.bytes, "", out, budget)
    } else {
        Ok(())
    }
}

/// Gives every source that stands in `bytes` outside any project as a module.
fn strays(bytes: &[u8], place: &str, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    for stray in source::all(bytes, budget) {
        let text = crate::text::code_page(0, &stray.bytes);
        let name = source::written_name(&text).unwrap_or_else(|| "module".into());
        out.broke(
            "vba-without-project",
            format!("{name} in {}", if place.is_empty() { "bytes" } else { place }),
        );
        out.push(module(format!("{name}.bas"), text, stray.broken), budget)?;
        stray.stop.map_or(Ok(()), Err)?;
    }
    Ok(())
}

/// A module as an artifact.
fn module(name: String, text: String, broken: Option<&'static str>) -> Child {
    let mut child = Child::new(name, "vba-module", text.into_bytes()).of_kind("vba");
    if let Some(detail) = broken {
        child.unread.push(Unread { reason: "damaged", detail: detail.into() });
        child.damage.push(Damage { what: "vba-source-cut", detail: detail.into() });
    }
    child
}
