//! Programs that come as a ZIP: Java archives (JAR File Specification) and app packages of Windows (the schemas of
//! `AppxManifest.xml` and `AppxBundleManifest.xml`, 2010 and later). Their files are given out by `unpack::zip`; here
//! stands what starts them and who says that he made them.
//!
//! An app package may bring Microsoft's Package Support Framework along, whose `config.json` names a script to run
//! beside the app; those who abuse packages start theirs so. Left out: whether signatures are true, permissions of
//! Java.

use super::xml::{self, Node};
use crate::artifact::{Artifact, Fact, Format, Opened};
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};
use crate::text::guess;
use crate::zip::{Archive, Entry};

/// Java archives.
pub struct Jar;

/// App packages of Windows, and bundles of them.
pub struct Msix;

/// Bytes of one description that are read; they are a few kilobytes.
const LONGEST: usize = 1 << 20;
/// Facts of one package.
const MOST: usize = 64;
/// Descriptions of one kind in one package that are read.
const MOST_PARTS: usize = 4;

impl Format for Jar {
    fn id(&self) -> &'static str {
        "jar"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "jar"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let Some(archive) = Archive::read(&artifact.bytes, budget) else { return Ok(()) };
        for text in parts(&archive, |name| name == "meta-inf/manifest.mf", budget)? {
            manifest(&text, out);
        }
        let is_signature =
            |entry: &Entry| entry.name.starts_with("META-INF/") && entry.name.to_lowercase().ends_with(".sf");
        if archive.entries.iter().any(is_signature) {
            note(out, "jar-signed", "yes");
        }
        Ok(())
    }
}

/// Attributes of a JAR's manifest that name what is started, and those that say who made it.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("Main-Class", "jar-main-class"),
    ("Premain-Class", "jar-agent-class"),
    ("Launcher-Agent-Class", "jar-agent-class"),
    ("Implementation-Vendor", "jar-vendor"),
    ("Created-By", "jar-created-by"),
];

/// The attributes of the main section. A line that begins with a blank goes on with the line above.
fn manifest(text: &str, out: &mut Opened) {
    let joined = text.replace("\r\n", "\n").replace('\r', "\n").replace("\n ", "");
    let main = joined.split("\n\n").next().unwrap_or_default();
    for (key, value) in main.lines().filter_map(|line| line.split_once(':')) {
        if let Some((_, name)) = ATTRIBUTES.iter().find(|(known, _)| known.eq_ignore_ascii_case(key.trim())) {
            note(out, name, value.trim());
        }
    }
}

impl Format for Msix {
    fn id(&self) -> &'static str {
        "msix"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "msix"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let Some(archive) = Archive::read(&artifact.bytes, budget) else { return Ok(()) };
        let is_description =
            |name: &str| matches!(name, "appxmanifest.xml" | "appxmetadata/appxbundlemanifest.xml");
        for text in parts(&archive, is_description, budget)? {
            package(&text, out);
        }
        for text in parts(&archive, |name| name.rsplit('/').next() == Some("config.json"), budget)? {
            for script in scripts(&text) {
                note(out, "msix-script", &script);
            }
        }
        if archive.entries.iter().any(|entry| entry.name.eq_ignore_ascii_case("AppxSignature.p7x")) {
            note(out, "msix-signed", "yes");
        }
        Ok(())
    }
}

/// Elements and attributes of the description of a package, and the names of their facts.
const SAID: &[(&str, &str, &str)] = &[
    ("Identity", "Name", "msix-name"),
    ("Identity", "Publisher", "msix-publisher"),
    ("Application", "Executable", "msix-entry"),
    ("Application", "StartPage", "msix-entry"),
    ("Extension", "Category", "msix-extension"),
    ("Extension", "Executable", "msix-entry"),
    ("Capability", "Name", "msix-capability"),
    ("Package", "FileName", "msix-package"),
];

fn package(text: &str, out: &mut Opened) {
    xml::walk(text.as_bytes(), &mut |node| {
        let Node::Open { name, attributes } = node else { return };
        for (_, key, fact) in SAID.iter().filter(|(element, ..)| *element == name) {
            if let Some(value) = attributes.value(key) {
                note(out, fact, value);
            }
        }
    });
}

/// The scripts that a configuration of the framework starts, with their arguments. It is JSON that people write with
/// comments and commas too many, so it is looked for by its words.
fn scripts(text: &str) -> Vec<String> {
    let value = |text: &str, key: &str| {
        let (_, rest) = text.split_once(&format!("\"{key}\""))?;
        let rest = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
        Some(rest.split('"').next().unwrap_or_default().replace("\\\\", "\\"))
    };
    let scripts = text.match_indices("\"scriptPath\"").take(MOST).filter_map(|(at, _)| {
        let object = text.get(at..)?.split(['}', '{']).next()?;
        let arguments = value(object, "scriptArguments").unwrap_or_default();
        Some(format!("{} {arguments}", value(object, "scriptPath")?).trim().to_string())
    });
    scripts.collect()
}

/// The texts of the parts whose name, in lower case, is one of those wanted.
fn parts(
    archive: &Archive,
    is_wanted: impl Fn(&str) -> bool,
    budget: &mut Budget,
) -> Result<Vec<String>, Stop> {
    let wanted = |entry: &&Entry| {
        let name = entry.name.replace('\\', "/").to_lowercase();
        !entry.encrypted && is_wanted(name.trim_start_matches('/'))
    };
    let mut texts = Vec::new();
    for entry in archive.entries.iter().filter(wanted).take(MOST_PARTS) {
        let decoded = entry.decode(budget);
        decoded.stop.map_or(Ok(()), Err)?;
        texts.push(guess(decoded.bytes.get(..LONGEST).unwrap_or(&decoded.bytes)));
    }
    Ok(texts)
}

fn note(out: &mut Opened, name: &'static str, value: &str) {
    let fact = Fact::Header { name, value: value.into() };
    if out.facts.len() < MOST && !value.is_empty() && !out.facts.contains(&fact) {
        out.facts.push(fact);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Tree};
    use crate::limits::Limits;
    use crate::zip::writer::{archive, deflated, stored};

    fn open(format: &dyn Format, bytes: &[u8]) -> Vec<String> {
        let tree = Tree::new(Child::new("a.zip", "file", bytes.to_vec()));
        let mut out = Opened::default();
        let budget = &mut Budget::new(&Limits::default());
        format.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, budget).unwrap();
        let told = |fact: &Fact| match fact {
            Fact::Header { name, value } => format!("{name} {value}"),
            other => panic!("{other:?}"),
        };
        out.facts.iter().map(told).collect()
    }

    fn jar() -> Vec<u8> {
        let manifest =
            b"Manifest-Version: 1.0\r\nMain-Class: com.example.a.very.long.name.of.a.\r\n Start\r\n\
            Created-By: 17 (A vendor)\r\n\r\nName: a\r\nMain-Class: of.no.Section\r\n";
        archive(&[
            deflated("META-INF/MANIFEST.MF", manifest),
            stored("META-INF/KEY.SF", b"x"),
            stored("a.class", b"\xca\xfe\xba\xbe"),
        ])
    }

    fn msix() -> Vec<u8> {
        let manifest = b"<?xml version=\"1.0\"?><Package><Identity Name=\"A\" Publisher=\"CN=B\"/>\
            <Applications><Application Executable=\"PsfLauncher64.exe\" EntryPoint=\"Windows.FullTrustApplication\"/>\
            </Applications><Capabilities><rescap:Capability Name=\"runFullTrust\"/></Capabilities></Package>";
        let config = br#"{"applications": [{"id": "App", "executable": "a.exe", "startScript": {
            "scriptExecutionMode": "-ExecutionPolicy Bypass", "scriptPath": "VFS\\run.ps1", "scriptArguments": "-x",}}]}"#;
        archive(&[
            stored("AppxManifest.xml", manifest),
            deflated("config.json", config),
            stored("AppxSignature.p7x", b"PKCX"),
        ])
    }

    #[test]
    fn what_starts_and_who_made_it_is_told() {
        let want = [
            "jar-main-class com.example.a.very.long.name.of.a.Start",
            "jar-created-by 17 (A vendor)",
            "jar-signed yes",
        ];
        assert_eq!(open(&Jar, &jar()), want);
        let want = [
            "msix-name A",
            "msix-publisher CN=B",
            "msix-entry PsfLauncher64.exe",
            "msix-capability runFullTrust",
            "msix-script VFS\\run.ps1 -x",
            "msix-signed yes",
        ];
        assert_eq!(open(&Msix, &msix()), want);
    }

    #[test]
    fn both_are_known_by_content() {
        let tree = |bytes: Vec<u8>| Tree::new(Child::new("a.pdf", "file", bytes));
        assert!(Jar.matches(tree(jar()).get(0).unwrap()));
        assert!(Msix.matches(tree(msix()).get(0).unwrap()));
    }

    #[test]
    fn no_cut_and_no_flipped_bit_panics() {
        for (format, whole) in [(&Jar as &dyn Format, jar()), (&Msix, msix())] {
            for length in 0..whole.len() {
                open(format, &whole[..length]);
            }
            for at in 0..whole.len() {
                let mut bad = whole.clone();
                bad[at] ^= 1 << (at % 8);
                assert!(open(format, &bad).len() <= MOST);
            }
        }
    }
}
