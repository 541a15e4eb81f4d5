//! Databases of Access (Jet and ACE). Their tables, queries and forms are not read, and that is told; noted are the
//! version and the macro `AutoExec`, which runs when the database is opened, by its name in the list of objects.
//!
//! Microsoft publishes no format; the header is as the sources of MDB Tools have it. Modules in VBA are found by
//! `code::vba` where one lies in one piece.

use crate::artifact::{Artifact, Fact, Format, Opened};
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};
use memchr::memmem;

/// Databases of Access.
pub struct Access;

impl Format for Access {
    fn id(&self) -> &'static str {
        "access"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "access"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        budget.tick()?;
        let version = artifact.bytes.get(VERSION_AT).copied().unwrap_or_default();
        let known = VERSIONS.iter().find(|(number, _)| *number == version);
        let named = known.map_or_else(|| format!("version {version}"), |(_, name)| (*name).to_string());
        out.facts.push(Fact::Header { name: "access-version", value: named });
        if holds_autoexec(&artifact.bytes, version) {
            out.facts.push(Fact::Header { name: "access-macro", value: "AutoExec".into() });
        }
        out.missed("unsupported-format", "tables, forms and macros of a database");
        Ok(())
    }
}

/// Where the version stands in the header.
const VERSION_AT: usize = 0x14;
/// Jet 3, whose texts have one byte a character.
const NARROW: u8 = 0;
const VERSIONS: &[(u8, &str)] =
    &[(NARROW, "Access 97"), (1, "Access 2000"), (2, "Access 2007"), (3, "Access 2010"), (5, "Access 2016")];

/// The name as people write it. Access does not mind the case.
const NAMES: &[&str] = &["AutoExec", "autoexec", "Autoexec", "AUTOEXEC"];
/// What stands before a text that is kept with one byte a character.
const PACKED: &[u8] = b"\xff\xfe";

/// Whether the name of the macro stands among the texts.
fn holds_autoexec(bytes: &[u8], version: u8) -> bool {
    NAMES.iter().any(|name| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let packed = [PACKED, name.as_bytes()].concat();
        let is_narrow = version == NARROW && memmem::find(bytes, name.as_bytes()).is_some();
        is_narrow || [wide, packed].iter().any(|needle| memmem::find(bytes, needle).is_some())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Tree};
    use crate::limits::Limits;

    fn file(mark: &[u8], version: u8, rest: &[u8]) -> Vec<u8> {
        [b"\0\x01\0\0", mark, b"\0", &[version], &[0x55; 40], rest].concat()
    }

    fn open(bytes: &[u8]) -> (Vec<String>, Vec<&'static str>) {
        let tree = Tree::new(Child::new("a.bin", "file", bytes.to_vec()));
        let (artifact, mut out) = (tree.get(0).unwrap(), Opened::default());
        Access.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        let told = |fact: &Fact| match fact {
            Fact::Header { name, value } => format!("{name} {value}"),
            other => panic!("{other:?}"),
        };
        (out.facts.iter().map(told).collect(), out.unread.iter().map(|unread| unread.reason).collect())
    }

    #[test]
    fn databases_are_known_by_content_and_stay_unread() {
        let rows = [
            (
                &b"Standard Jet DB"[..],
                0,
                &b"AutoExec"[..],
                vec!["access-version Access 97", "access-macro AutoExec"],
            ),
            (
                b"Standard Jet DB",
                1,
                b"\xff\xfeautoexec",
                vec!["access-version Access 2000", "access-macro AutoExec"],
            ),
            (
                b"Standard ACE DB",
                2,
                b"A\0u\0t\0o\0E\0x\0e\0c\0",
                vec!["access-version Access 2007", "access-macro AutoExec"],
            ),
            (b"Standard ACE DB", 9, b"a note on AutoExec", vec!["access-version version 9"]),
        ];
        for (mark, version, rest, want) in rows {
            let bytes = file(mark, version, rest);
            let tree = Tree::new(Child::new("a.txt", "file", bytes.clone()));
            assert!(Access.matches(tree.get(0).unwrap()));
            assert_eq!(
                open(&bytes),
                (want.iter().map(ToString::to_string).collect(), vec!["unsupported-format"])
            );
        }
    }

    #[test]
    fn no_cut_panics() {
        let bytes = file(b"Standard ACE DB", 2, b"\xff\xfeAutoExec");
        for length in 0..=bytes.len() {
            assert_eq!(open(&bytes[..length]).1, ["unsupported-format"]);
        }
    }
}
