//! Tree → findings. Heuristics and YARA rules turn facts and bytes into findings; nothing here parses or decides.

use crate::artifact::Tree;
use serde::{Deserialize, Serialize};

pub mod heuristics;
mod hosts;
mod lures;
mod macros;
mod objects;
mod outside;
mod reach;
mod scripts;
mod shortcuts;
mod xlm;
pub mod yara;

/// How much a finding says by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// Worth knowing, says nothing about danger.
    Info,
    /// Common in harmless mail too; never raises a verdict alone.
    Weak,
    /// Rare in harmless mail.
    Medium,
    /// Has no harmless reading.
    Strong,
}

/// A rule that matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule, in kebab-case; `docs/rules/<id>.md` is its page, for user rules there is none.
    pub rule: String,
    /// How much it says.
    pub strength: Strength,
    /// The artifact it was found on.
    pub artifact: usize,
    /// What was found, one sentence in English and in Japanese.
    pub title: Title,
    /// What shows it: words of the artifact, printable.
    pub evidence: String,
    /// MITRE ATT&CK technique ids.
    pub attack: Vec<String>,
}

/// A sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Title {
    /// English.
    pub en: String,
    /// Japanese.
    pub ja: String,
}

/// The rules in force: the heuristics, the built-in YARA rules and the user's own.
#[derive(Debug, Default)]
pub struct Rules {
    /// Compiled YARA rules.
    pub yara: yara::Rules,
    /// Whether tenpu's own heuristics and signatures are applied.
    pub builtin: bool,
}

impl Rules {
    /// A judge for one thread.
    pub fn judge(&self) -> Judge<'_> {
        Judge { rules: self, yara: self.yara.session() }
    }
}

/// Applies [`Rules`] to trees, one after the other, on one thread.
pub struct Judge<'a> {
    rules: &'a Rules,
    yara: yara::Session<'a>,
}

impl Judge<'_> {
    /// All findings of a tree: strongest first, then by artifact, then by rule.
    pub fn findings(&mut self, tree: &Tree) -> Vec<Finding> {
        let mut findings = Vec::new();
        if self.rules.builtin {
            findings.extend(heuristics::findings(tree));
        }
        findings.extend(self.yara.findings(tree));
        findings.sort_by(|a, b| {
            b.strength.cmp(&a.strength).then(a.artifact.cmp(&b.artifact)).then_with(|| a.rule.cmp(&b.rule))
        });
        findings
    }
}
