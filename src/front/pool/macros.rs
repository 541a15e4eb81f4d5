//! What of a scan is told by the olefy protocol: macros, what starts them, and the rules that matched.

use crate::artifact::{Artifact, Fact, Sign, Tree};
use crate::detect::Strength;
use crate::report::{Report, Word};
use crate::text::printable;
use serde::{Deserialize, Deserializer, Serialize};

/// Macros of a file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::front) struct Macros {
    /// The file's name.
    pub(in crate::front) name: String,
    /// What olevba calls its format.
    #[serde(deserialize_with = "kind_back")]
    pub(in crate::front) kind: Word,
    /// The modules. Where a rule matched without a macro, what it matched on.
    pub(in crate::front) modules: Vec<Module>,
    /// What starts by itself.
    pub(in crate::front) automatic: Vec<String>,
    /// The rules that say more than "weak".
    pub(in crate::front) suspicious: Vec<String>,
}

/// One module.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::front) struct Module {
    /// Its name.
    pub(in crate::front) name: String,
    /// The file it was in.
    pub(in crate::front) place: String,
}

/// Entries of each list, and characters of each.
const ENTRIES: usize = 20;
const TEXT: usize = 60;

/// Gathers what is told.
pub(in crate::front) fn of(tree: &Tree, report: &Report) -> Macros {
    let mut macros = Macros {
        name: tree.get(0).map(|root| short(&root.name)).unwrap_or_default(),
        kind: tree.get(0).map_or("Text", |root| kind(root.kind.id)),
        ..Macros::default()
    };
    for artifact in tree.iter().filter(|artifact| artifact.kind.id == "vba").take(ENTRIES) {
        macros.modules.push(module(tree, artifact));
    }
    for fact in tree.iter().flat_map(|artifact| &artifact.facts) {
        if let Fact::Sign { sign: Sign::EntryPoint, text, .. } = fact {
            add(&mut macros.automatic, text);
        }
    }
    for finding in report.findings.iter().filter(|finding| finding.strength >= Strength::Medium) {
        add(&mut macros.suspicious, &finding.id);
        if let Some(artifact) = tree.get(finding.artifact).filter(|_| macros.modules.is_empty()) {
            macros.modules.push(module(tree, artifact));
        }
    }
    // rspamd heeds what is suspicious only beside what starts by itself.
    if !macros.suspicious.is_empty() && macros.automatic.is_empty() {
        macros.automatic.push("document".into());
    }
    macros
}

impl Macros {
    /// Whether they are as short as [`of`] makes them.
    pub(in crate::front) fn is_sound(&self) -> bool {
        [self.modules.len(), self.automatic.len(), self.suspicious.len()]
            .into_iter()
            .all(|length| length <= ENTRIES)
    }

    /// Leaves something out that matters little; answers whether there was anything.
    pub(in crate::front) fn shorten(&mut self) -> bool {
        let lists = [(&mut self.automatic, 1), (&mut self.suspicious, 1)];
        let longest = lists.into_iter().max_by_key(|(list, _)| list.len());
        if self.modules.len() > 1 {
            self.modules.pop();
            return true;
        }
        longest.is_some_and(|(list, least)| list.len() > least && list.pop().is_some())
    }
}

fn module(tree: &Tree, artifact: &Artifact) -> Module {
    let place = artifact.parent.and_then(|parent| tree.get(parent)).map(|parent| short(&parent.name));
    Module { name: short(&artifact.name), place: place.unwrap_or_default() }
}

fn add(list: &mut Vec<String>, text: &str) {
    let text = short(text);
    if list.len() < ENTRIES && !list.contains(&text) {
        list.push(text);
    }
}

fn short(text: &str) -> String {
    printable(&text.chars().take(TEXT).collect::<String>())
}

/// The names of olevba.
fn kind(id: &str) -> &'static str {
    match id {
        "doc" | "xls" | "ppt" | "ole" | "encrypted-office" | "biff" => "OLE",
        "docx" | "xlsx" | "pptx" | "ooxml" => "OpenXML",
        "eml" => "MHTML",
        "slk" => "SLK",
        _ => "Text",
    }
}

/// A name of olevba, read back.
fn kind_back<'de, D: Deserializer<'de>>(input: D) -> Result<Word, D::Error> {
    let told = String::deserialize(input)?;
    Ok(["OLE", "OpenXML", "MHTML", "SLK"].into_iter().find(|kind| *kind == told).unwrap_or("Text"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;
    use crate::report::tests::finding;

    fn tree() -> Tree {
        let mut tree = Tree::new(Child::new("a.doc", "file", b"\0".to_vec()).of_kind("doc"));
        let entry = Fact::Sign { sign: Sign::EntryPoint, text: "AutoOpen".into(), line: 1 };
        let code = Child::new("ThisDocument", "vba-module", b"Sub".to_vec()).of_kind("vba").with(entry);
        tree.add(Some(0), code);
        tree
    }

    #[test]
    fn macros_and_rules_are_told() {
        let tree = tree();
        let findings = [finding("vba-runs", Strength::Strong, 1), finding("small", Strength::Weak, 1)];
        let macros = of(&tree, &Report::new("-", 0, &tree, &findings));
        assert_eq!((macros.kind, macros.modules.len()), ("OLE", 1));
        assert_eq!(macros.modules[0].place, "a.doc");
        assert_eq!(
            (&macros.automatic[..], &macros.suspicious[..]),
            (&["AutoOpen".into()][..], &["vba-runs".into()][..])
        );
    }

    #[test]
    fn a_rule_without_a_macro_is_told_too() {
        let tree = Tree::new(Child::new("a.doc", "file", b"\0".to_vec()).of_kind("doc"));
        let macros = of(&tree, &Report::new("-", 0, &tree, &[finding("remote", Strength::Medium, 0)]));
        assert_eq!((macros.modules.len(), macros.automatic.len(), macros.suspicious.len()), (1, 1, 1));
        let macros = of(&tree, &Report::new("-", 0, &tree, &[]));
        assert!(macros.modules.is_empty() && macros.automatic.is_empty());
    }
}
