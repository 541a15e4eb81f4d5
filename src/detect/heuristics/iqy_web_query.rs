//! A query that has Excel load rows, and with them formulas, from a web address.

use super::{Check, Heuristic};
use crate::artifact::{Fact, Tree};
use crate::detect::{Strength, hosts};

pub(super) const RULE: Heuristic = Heuristic {
    id: "iqy-web-query",
    strength: Strength::Medium,
    title_en: "The file has Excel load data from a web address",
    title_ja: "Excelにインターネット上のデータを読み込ませるファイルです",
    attack: &["T1204.002", "T1105"],
    page: include_str!("../../../docs/rules/iqy-web-query.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter() {
        for fact in &artifact.facts {
            let Fact::External { relation, target } = fact else { continue };
            let leads_out = || relation == "data-query" && place(target).is_some_and(is_strange);
            if relation == "web-query" || leads_out() {
                hit(artifact.id, target.clone());
            }
        }
    }
}

/// The server or shared folder that a connection names. Offices keep queries to databases of their own.
fn place(connection: &str) -> Option<&str> {
    let at = ["http://", "https://", "\\\\"].iter().filter_map(|mark| connection.find(mark)).min()?;
    connection.get(at..)?.split([';', '"', ' ', ',']).next()
}

/// Whether that is certainly no server of the office: one of the web, or a shared folder named by an address.
fn is_strange(place: &str) -> bool {
    match place.split_once("://") {
        Some((_, rest)) => hosts::is_public(rest.split('/').next().unwrap_or_default()),
        None => hosts::is_foreign(place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;

    fn hits(relation: &'static str, target: &str) -> usize {
        let mut tree = Tree::new(Child::new("a.oqy", "attachment", b"x".to_vec()));
        tree.get_mut(0)
            .unwrap()
            .facts
            .push(Fact::External { relation: relation.into(), target: target.into() });
        let mut count = 0;
        check(&tree, &mut |_, _| count += 1);
        count
    }

    #[test]
    fn connections_to_strangers_hit_and_those_of_the_office_do_not() {
        assert_eq!(hits("web-query", "http://a.example/x"), 1);
        assert_eq!(
            hits("data-query", "ConnectionString=Provider=MSOLAP;Data Source=http://203.0.113.9/x"),
            1
        );
        assert_eq!(hits("data-query", "Data Source=http://a.example/x"), 1);
        assert_eq!(hits("data-query", "Data Source=http://cube.corp/x"), 0);
        assert_eq!(hits("data-query", "DRIVER={Microsoft Text Driver};DBQ=\\\\203.0.113.9\\x;"), 1);
        assert_eq!(hits("data-query", "ConnectionString=Provider=SQLOLEDB;Data Source=sql01"), 0);
        assert_eq!(hits("data-query", "DRIVER=SQL Server;DBQ=\\\\fileserver\\x;"), 0);
    }
}
