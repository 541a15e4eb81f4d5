//! Databases, patches and transforms of Windows Installer: the streams in them, which are cabinets, programs, scripts
//! and pictures, under their names; and the table of custom actions as text, because it holds the commands.
//!
//! A database is a compound file. Its streams and tables are described by no specification; the layout is that of the
//! sources of Wine and msitools. Left out: all other tables; streams whose names are not packed, which `document::ole`
//! reads as those of any compound file.

mod tables;

use crate::artifact::{Artifact, Child, Format, Opened};
use crate::compound::{Compound, Entry, installer_name, is_compound, is_likely_installer};
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};
use tables::Action;

/// The format.
pub(super) struct Msi;

impl Format for Msi {
    fn id(&self) -> &'static str {
        "msi"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        // A database with a stream that makes it look like a document is one all the same.
        is_compound(&artifact.bytes) && is_likely_installer(&artifact.bytes)
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        // What is broken in the compound file itself is told by `document::ole`.
        let Some(compound) = Compound::read(&artifact.bytes, budget).filter(Compound::is_installer) else {
            return Ok(());
        };
        let actions = tables::actions(&compound, budget)?;
        put_actions(&actions, out, budget)?;
        for stream in compound.streams() {
            let Some(name) = name(stream).filter(|_| stream.size > 0) else { continue };
            let decoded = compound.stream(stream, budget);
            let stop = decoded.stop;
            out.push(Child::decoded(named(name, &actions), "msi", decoded), budget)?;
            stop.map_or(Ok(()), Err)?;
        }
        Ok(())
    }
}

/// The name of a stream that is not a table. Databases may lie in storages of others.
fn name(stream: &Entry) -> Option<String> {
    let own = installer_name(&stream.name).filter(|name| !name.starts_with('!'))?;
    let above = stream.path.rsplit_once('/').map(|(above, _)| above.split('/'));
    let above = above.into_iter().flatten().map(|part| installer_name(part).unwrap_or(part.to_string()));
    Some(above.chain([own]).collect::<Vec<_>>().join("/"))
}

/// The name of a stream with the extension of the script that an action takes it for.
fn named(name: String, actions: &[Action]) -> String {
    let source = name.strip_prefix("Binary.").unwrap_or(&name);
    let action = actions.iter().find(|action| action.source == source && action.stream_script().is_some());
    match action.and_then(Action::stream_script) {
        Some(extension) => format!("{name}.{extension}"),
        None => name,
    }
}

/// Puts the table of actions among the children, and the scripts that stand in it.
fn put_actions(actions: &[Action], out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    if actions.is_empty() {
        return Ok(());
    }
    let lines = actions.iter().map(Action::line).collect::<String>();
    let text = format!("Action\tType\tSource\tTarget\n{lines}");
    let scripts = actions.iter().filter_map(|action| {
        let name = format!("CustomAction.{}.{}", action.name, action.text_script()?);
        Some((name, action.target.clone()))
    });
    for (name, text) in [("CustomAction.txt".to_string(), text)].into_iter().chain(scripts) {
        budget.pay(text.len() as u64)?;
        out.push(Child::new(name, "msi", text.into_bytes()), budget)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
