//! What stays locked and whose password the mail sends another way: ordinary in Japan (PPAP), so it raises nothing.

use super::{Check, Heuristic};
use crate::artifact::{Fact, Tree};
use crate::detect::Strength;

pub(super) const RULE: Heuristic = Heuristic {
    id: "password-elsewhere",
    strength: Strength::Info,
    title_en: "The mail says that the password of the locked file comes another way",
    title_ja: "鍵のかかったファイルのパスワードは別の方法で知らせる、と書かれています",
    attack: &["T1027.013"],
    page: include_str!("../../../docs/rules/password-elsewhere.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter() {
        for fact in &artifact.facts {
            if let Fact::PasswordElsewhere(sentence) = fact {
                hit(artifact.id, sentence.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;

    fn evidence(facts: Vec<Fact>) -> Vec<String> {
        let mut child = Child::new("a.eml", "file", b"x".to_vec());
        child.facts = facts;
        let mut found = Vec::new();
        check(&Tree::new(child), &mut |_, evidence| found.push(evidence));
        found
    }

    #[test]
    fn the_sentence_is_the_evidence() {
        let told = Fact::PasswordElsewhere("パスワードは別途お送りします。".into());
        assert_eq!(
            evidence(vec![Fact::LockedName("a.doc".into()), told]),
            ["パスワードは別途お送りします。"]
        );
        assert_eq!(evidence(vec![Fact::LockedName("a.doc".into())]), [""; 0]);
    }
}
