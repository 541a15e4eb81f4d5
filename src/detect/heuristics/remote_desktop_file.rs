//! A connection to a remote desktop outside the office that hands over the drives of this computer or opens a program
//! there as if it were here.

use super::{Check, Heuristic};
use crate::artifact::{Artifact, Fact, Tree};
use crate::detect::{Strength, hosts};

pub(super) const RULE: Heuristic = Heuristic {
    id: "remote-desktop-file",
    strength: Strength::Medium,
    title_en: "The file connects this computer to a foreign remote desktop",
    title_ja: "外部のリモートデスクトップに接続するファイルです",
    attack: &["T1204.002", "T1133"],
    page: include_str!("../../../docs/rules/remote-desktop-file.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter() {
        let hands_over = values(artifact, "remote-desktop-drives")
            .any(|drives| drives.contains('*') || drives.contains(':'));
        let borrows = values(artifact, "remote-desktop-program").next().is_some();
        let address =
            values(artifact, "remote-desktop").find(|address| hosts::is_public(&address.to_lowercase()));
        if let Some(address) = address.filter(|_| hands_over || borrows) {
            hit(artifact.id, address.to_string());
        }
    }
}

fn values<'a>(artifact: &'a Artifact, wanted: &'a str) -> impl Iterator<Item = &'a str> {
    artifact.facts.iter().filter_map(move |fact| match fact {
        Fact::External { relation, target } if relation == wanted => Some(target.as_str()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;

    fn hits(address: &str, more: (&str, &str)) -> usize {
        let fact = |(relation, target): (&str, &str)| Fact::External {
            relation: relation.into(),
            target: target.into(),
        };
        let child = Child::new("a.rdp", "file", b"x".to_vec());
        let tree = Tree::new(child.with(fact(("remote-desktop", address))).with(fact(more)));
        let mut count = 0;
        check(&tree, &mut |_, _| count += 1);
        count
    }

    #[test]
    fn desktops_of_strangers_hit() {
        let drives = ("remote-desktop-drives", "*");
        assert_eq!(hits("desktop.a.example:3389", drives), 1);
        assert_eq!(hits("203.0.113.5", ("remote-desktop-program", "||x")), 1);
        assert_eq!(hits("server01", drives), 0);
        assert_eq!(hits("192.168.1.5:3389", drives), 0);
        assert_eq!(hits("desktop.a.example", ("remote-desktop-gateway", "gate.a.example")), 0);
    }
}
