//! Program text in the elements of XML that Windows' own tools run: commands of build files (MSBuild project file schema:
//! `Exec`) and the script blocks of PowerShell's views and types (`.ps1xml`: `ScriptBlock`, `Script`, `GetScriptBlock`).
//!
//! Read: all commands of a file as one batch file, all blocks as one script. Code of tasks in other languages stays.

use super::xml::{self, Node};
use crate::artifact::{Artifact, Child, Format, Opened};
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};

/// Build files and views.
pub struct BuildFiles;

/// What such a file must say.
const MARKS: &[&[u8]] =
    &[b"schemas.microsoft.com/developer/msbuild", b"<Exec ", b"<ScriptBlock>", b"<GetScriptBlock>"];

/// Elements whose text PowerShell runs.
const BLOCKS: &[&str] = &["scriptblock", "getscriptblock", "setscriptblock", "script"];

/// Bytes of program text of one file, and elements within elements.
const LONGEST: usize = 1 << 20;
const DEEPEST: usize = 1_000;

impl Format for BuildFiles {
    fn id(&self) -> &'static str {
        "build-file"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        let says = |mark: &&[u8]| memchr::memmem::find(&artifact.bytes, mark).is_some();
        let is_markup = artifact.kind.id == "xml"
            || artifact.bytes.starts_with(b"<")
            || artifact.bytes.starts_with(b"\xef\xbb\xbf<");
        is_markup && matches!(artifact.kind.id, "xml" | "text") && MARKS.iter().any(says)
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        budget.pay(artifact.bytes.len() as u64)?;
        let (mut commands, mut blocks) = (String::new(), String::new());
        let mut open: Vec<String> = Vec::new();
        let is_readable = xml::walk(&artifact.bytes, &mut |node| match node {
            Node::Open { name, attributes } => {
                let name = name.to_ascii_lowercase();
                if name == "exec" {
                    grow(&mut commands, attributes.value("command").unwrap_or_default());
                }
                if open.len() < DEEPEST {
                    open.push(name);
                }
            }
            Node::Text(text) if open.last().is_some_and(|name| BLOCKS.contains(&name.as_str())) => {
                grow(&mut blocks, text);
            }
            Node::Text(_) => {}
            Node::Close => {
                open.pop();
            }
        });
        if !is_readable {
            out.broke("xml-cut", "the elements end early".to_string());
        }
        for (text, kind) in [(commands, "bat"), (blocks, "ps1")] {
            if !text.is_empty() {
                budget.pay(text.len() as u64)?;
                out.push(Child::new("commands", "xml-command", text.into_bytes()).of_kind(kind), budget)?;
            }
        }
        Ok(())
    }
}

/// Adds a text as lines of its own.
fn grow(all: &mut String, text: &str) {
    if !text.trim().is_empty() && all.len() + text.len() < LONGEST {
        all.push_str(text.trim());
        all.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Tree;
    use crate::limits::Limits;

    fn read(bytes: &[u8]) -> Vec<(&'static str, String)> {
        let tree = Tree::new(Child::new("f", "attachment", bytes.to_vec()));
        let artifact = tree.get(0).unwrap();
        let mut out = Opened::default();
        if BuildFiles.matches(artifact) {
            BuildFiles
                .open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default()))
                .unwrap();
        }
        let texts = out.children.iter();
        texts
            .map(|child| (child.kind.unwrap().id, String::from_utf8_lossy(&child.bytes).into_owned()))
            .collect()
    }

    const BUILD: &str = "<Project xmlns=\"http://schemas.microsoft.com/developer/msbuild/2003\"><Target Name=\"A\">\
        <Exec Command=\"xcopy a b &amp; dir\"/><Message Text=\"x\"/><Exec command='cmd /c y'/></Target></Project>";

    #[test]
    fn commands_and_blocks_are_given_out() {
        assert_eq!(read(BUILD.as_bytes()), [("bat", "xcopy a b & dir\ncmd /c y\n".to_string())]);
        let view = "<?xml version='1.0'?><Configuration><ScriptBlock>$_.Name</ScriptBlock><Name>n</Name></Configuration>";
        assert_eq!(read(view.as_bytes()), [("ps1", "$_.Name\n".to_string())]);
        assert_eq!(read(b"<?xml version='1.0'?><a><ScriptBlocks>x</ScriptBlocks></a>"), []);
    }

    #[test]
    fn torn_files_are_read_as_far_as_they_go() {
        for end in 0..BUILD.len() {
            read(BUILD.as_bytes().get(..end).unwrap());
        }
        for at in 0..BUILD.len() {
            let mut bytes = BUILD.as_bytes().to_vec();
            bytes[at] ^= 0x10;
            read(&bytes);
        }
    }
}
