//! Files that start or connect something on a double click and are text: internet shortcuts, libraries, settings,
//! themes, remote desktops, installers from the web, consoles of Windows, settings of the registry. Each is read by the reader that the ending of
//! its name asks for, as Windows does.
//!
//! Their layouts are those of Microsoft's documentation of each kind (`.url` and `.scf`: profile files; libraries and
//! search connectors: their XML schemas; MS-RDPFILE has no published form, its lines explain themselves). What a file
//! leads to becomes a reference, a command becomes what a shortcut starts.

mod ini;
mod query;
mod registry;
mod xml_based;

use crate::artifact::{Artifact, Fact, Format, Opened};
use crate::keyring::Keyring;
use crate::kind::{Kind, extension};
use crate::limits::{Budget, Stop};
use crate::text::guess;

/// Shortcuts in text.
pub struct Shortcuts;

/// Queries of Excel.
pub struct Query;

/// Bytes of a file that are read. These files are a few kilobytes; consoles carry pictures.
const MOST: usize = 2 << 20;

/// References of one file that are kept.
const MOST_FACTS: usize = 500;

/// What reads a file: its text, and where facts go.
type Read = fn(&str, &mut Vec<Fact>);

/// Readers by the ending of the name.
const READERS: &[(&[&str], Read)] = &[
    (&["url", "website", "scf", "theme", "desktop", "ini"], ini::shortcut),
    (&["rdp"], ini::remote_desktop),
    (&["appref-ms"], ini::application),
    (&["library-ms", "search-ms", "searchconnector-ms"], xml_based::library),
    (&["settingcontent-ms"], xml_based::setting),
    (&["appinstaller", "application", "deploymentprovider", "vsto"], xml_based::installer),
    (&["msc"], xml_based::console),
    (&["jnlp"], xml_based::web_start),
    (&["reg"], registry::registry),
    (&["inf"], registry::setup),
];

impl Format for Shortcuts {
    fn id(&self) -> &'static str {
        "url"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        matches!(artifact.kind.id, "url" | "reg")
            || is_folder_setting(&artifact.name)
            || is_installer(artifact)
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        budget.tick()?;
        let ending = extension(&artifact.name);
        let of = |ending: &str| READERS.iter().find(|(endings, _)| endings.contains(&ending));
        let by_name = of(&ending).or_else(|| of(Kind::shortcut_ending(&artifact.bytes)?));
        let read = by_name.map(|(_, read)| *read);
        let by_content = || is_installer(artifact).then_some(xml_based::installer as Read);
        if let Some(read) = read.or_else(by_content) {
            read(&text(artifact), &mut out.facts);
            out.facts.truncate(MOST_FACTS);
        }
        Ok(())
    }
}

impl Format for Query {
    fn id(&self) -> &'static str {
        "iqy"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "iqy"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        budget.tick()?;
        query::read(&text(artifact), &mut out.facts);
        Ok(())
    }
}

/// Marks of installers from the web: their namespaces, and for those of ClickOnce an element that only they have.
/// Programs carry manifests in the same namespace that install nothing.
const INSTALLERS: &[(&str, &str)] = &[
    ("schemas.microsoft.com/appx/appinstaller", "AppInstaller"),
    ("urn:schemas-microsoft-com:asm.v", "deployment"),
    ("urn:schemas-microsoft-com:asm.v", "entryPoint"),
];

/// Bytes in which the marks stand.
const HEAD: usize = 16 << 10;

/// Whether an XML file is an installer by its content, whatever its name.
fn is_installer(artifact: &Artifact) -> bool {
    if artifact.kind.id != "xml" {
        return false;
    }
    let head = artifact.bytes.get(..HEAD).unwrap_or(&artifact.bytes);
    let holds = |mark: &str| memchr::memmem::find(head, mark.as_bytes()).is_some();
    INSTALLERS.iter().any(|(space, element)| holds(space) && holds(element))
}

/// Windows reads the settings of a folder from a file of that name alone.
fn is_folder_setting(name: &str) -> bool {
    name.rsplit(['/', '\\']).next().is_some_and(|name| name.eq_ignore_ascii_case("desktop.ini"))
}

fn text(artifact: &Artifact) -> String {
    let bytes = artifact.bytes.get(..MOST).unwrap_or(&artifact.bytes);
    guess(bytes)
}

/// A reference that leads out of the file.
fn leads(relation: &str, target: &str) -> Fact {
    Fact::External { relation: relation.into(), target: target.trim().trim_matches('"').into() }
}

/// What a command line starts: its program, in quotes or up to a blank behind its ending, and the rest.
fn starts(command: &str) -> Fact {
    let command = command.trim();
    let (target, arguments) = match command.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
        Some(parts) => parts,
        None => {
            let lower = command.to_ascii_lowercase();
            let end = lower.find(".exe ").map(|at| at + 4).or_else(|| command.find(' '));
            command.split_at_checked(end.unwrap_or(command.len())).unwrap_or((command, ""))
        }
    };
    Fact::Shortcut {
        target: target.into(),
        arguments: arguments.trim().into(),
        icon: String::new(),
        is_minimized: false,
    }
}

#[cfg(test)]
mod tests;
