//! Rules written in Rust: one file each, one table.

use super::{Finding, Strength, Title};
use crate::artifact::Tree;
use crate::text::printable;

/// One rule.
pub struct Heuristic {
    /// Kebab-case name.
    pub id: &'static str,
    /// How much a hit says.
    pub strength: Strength,
    /// What a hit means, in one English sentence.
    pub title_en: &'static str,
    /// The same in Japanese.
    pub title_ja: &'static str,
    /// MITRE ATT&CK technique ids.
    pub attack: &'static [&'static str],
    /// Its page, `docs/rules/<id>.md`.
    pub page: &'static str,
    /// The check: calls back with artifact and evidence for each hit.
    pub check: fn(&Tree, &mut dyn FnMut(usize, String)),
}

/// Every heuristic.
pub const HEURISTICS: &[&Heuristic] = &[];

/// The most hits of one rule that are reported for one message.
const HITS: usize = 20;

/// What all heuristics find in a tree.
pub fn findings(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in HEURISTICS {
        let mut hits = 0;
        (rule.check)(tree, &mut |artifact, evidence| {
            hits += 1;
            if hits <= HITS {
                findings.push(rule.finding(artifact, &evidence));
            }
        });
    }
    findings
}

impl Heuristic {
    fn finding(&self, artifact: usize, evidence: &str) -> Finding {
        Finding {
            rule: self.id.into(),
            strength: self.strength,
            artifact,
            title: Title { en: self.title_en.into(), ja: self.title_ja.into() },
            evidence: printable(evidence),
            attack: self.attack.iter().map(ToString::to_string).collect(),
        }
    }
}
