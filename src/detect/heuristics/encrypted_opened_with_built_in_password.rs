//! A document encrypted with a password that Office tries by itself asks nobody for it, and scanners see nothing of
//! it. Workbooks whose structure is protected are written that way too, so weak by itself.

use super::{Check, Heuristic};
use crate::artifact::{Fact, Tree};
use crate::detect::Strength;
use crate::keyring::Source;

pub(super) const RULE: Heuristic = Heuristic {
    id: "encrypted-opened-with-built-in-password",
    strength: Strength::Weak,
    title_en: "A document is encrypted with a password that Office itself knows",
    title_ja: "文書が、Officeがはじめから知っているパスワードで暗号化されています",
    attack: &["T1027.013"],
    page: include_str!("../../../docs/rules/encrypted-opened-with-built-in-password.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter() {
        for fact in &artifact.facts {
            if let Fact::OpenedWith { scheme, origin, .. } = fact
                && origin.source == Source::WellKnown
                && origin.place.starts_with("built into ")
            {
                hit(artifact.id, format!("{scheme}, {}", origin.place));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;
    use crate::keyring::Origin;

    fn hits(source: Source, place: &str) -> Vec<String> {
        let origin = Origin { source, place: place.into() };
        let fact = Fact::OpenedWith { scheme: "office-agile", password: "VelvetSweatshop".into(), origin };
        let tree = Tree::new(Child::new("a.xlsx", "attachment", Vec::new()).with(fact));
        let mut hits = Vec::new();
        check(&tree, &mut |_, evidence| hits.push(evidence));
        hits
    }

    #[test]
    fn what_office_opens_by_itself_is_a_hit() {
        assert_eq!(hits(Source::WellKnown, "built into Excel"), ["office-agile, built into Excel"]);
        assert_eq!(hits(Source::WellKnown, "built into PowerPoint").len(), 1);
    }

    #[test]
    fn passwords_that_a_person_must_type_are_none() {
        assert_eq!(hits(Source::WellKnown, ""), [""; 0]);
        assert_eq!(hits(Source::Body, "line 3"), [""; 0]);
        assert_eq!(hits(Source::Given, "built into the configuration"), [""; 0]);
    }
}
