//! Findings → verdict: one pure function, its truth table is its test.

use crate::detect::{Finding, Strength};
use serde::{Deserialize, Serialize};

/// What is said of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing suspicious was found in what was read, and everything was read.
    Clean,
    /// Something could not be read.
    Unverified,
    /// Do not open before someone has looked.
    Suspicious,
    /// Very likely an attack.
    Malicious,
}

/// The verdict of a message from its findings and from whether all of it was read.
///
/// A strong finding makes it malicious, a medium one suspicious. Weak findings never raise a verdict: what they
/// mean together is said by a rule of its own. What was not read is never clean.
pub fn decide(findings: &[Finding], complete: bool) -> Verdict {
    let strongest = findings.iter().map(|finding| finding.strength).max();
    match strongest {
        Some(Strength::Strong) => Verdict::Malicious,
        Some(Strength::Medium) => Verdict::Suspicious,
        _ if !complete => Verdict::Unverified,
        _ => Verdict::Clean,
    }
}

/// How dangerous the message seems, from 0 to 100, to order a queue: each verdict has its own range.
pub fn score(findings: &[Finding], verdict: Verdict) -> u8 {
    let (floor, ceiling) = match verdict {
        Verdict::Clean => (0, 19),
        Verdict::Unverified => (20, 39),
        Verdict::Suspicious => (40, 79),
        Verdict::Malicious => (80, 100),
    };
    let weight = |finding: &Finding| match finding.strength {
        Strength::Info => 0u32,
        Strength::Weak => 2,
        Strength::Medium => 6,
        Strength::Strong => 8,
    };
    let mut rules: Vec<&str> = Vec::new();
    let mut sum = 0u32;
    for finding in findings {
        if !rules.contains(&finding.rule.as_str()) {
            rules.push(&finding.rule);
            sum += weight(finding);
        }
    }
    u8::try_from(sum.min(u32::from(ceiling - floor))).map_or(ceiling, |above| floor + above)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Title;

    fn finding(rule: &str, strength: Strength) -> Finding {
        Finding {
            rule: rule.into(),
            strength,
            artifact: 0,
            title: Title::default(),
            evidence: String::new(),
            attack: Vec::new(),
        }
    }

    #[test]
    fn truth_table() {
        use Strength::{Info, Medium, Strong, Weak};
        use Verdict::{Clean, Malicious, Suspicious, Unverified};
        type Row<'a> = (&'a [(&'a str, Strength)], bool, Verdict);
        let rows: &[Row] = &[
            (&[], true, Clean),
            (&[], false, Unverified),
            (&[("a", Info), ("b", Info), ("c", Info)], true, Clean),
            (&[("a", Weak)], true, Clean),
            (&[("a", Weak), ("b", Weak)], true, Clean),
            (&[("a", Weak), ("a", Weak), ("a", Weak)], true, Clean),
            (&[("a", Weak), ("b", Weak), ("c", Weak)], true, Clean),
            (&[("a", Weak)], false, Unverified),
            (&[("a", Medium)], true, Suspicious),
            (&[("a", Medium)], false, Suspicious),
            (&[("a", Strong)], true, Malicious),
            (&[("a", Strong), ("b", Weak)], false, Malicious),
        ];
        for (given, complete, want) in rows {
            let findings: Vec<_> = given.iter().map(|(rule, strength)| finding(rule, *strength)).collect();
            let verdict = decide(&findings, *complete);
            assert_eq!(verdict, *want, "{given:?} complete={complete}");
            let score = score(&findings, verdict);
            let range = match verdict {
                Clean => 0..=19,
                Unverified => 20..=39,
                Suspicious => 40..=79,
                Malicious => 80..=100,
            };
            assert!(range.contains(&score), "{given:?}: {score}");
        }
    }
}
