//! A DDE field in a text that names no program of an office. Workbooks take prices from programs of banks this way, texts do not.

use super::dde_command::{OFFICE, is_command};
use super::{Check, Heuristic, externals};
use crate::artifact::Tree;
use crate::detect::Strength;

pub(super) const RULE: Heuristic = Heuristic {
    id: "dde-field",
    strength: Strength::Medium,
    title_en: "A field of the document asks another program for data (DDE)",
    title_ja: "文書の中のフィールドが、ほかのプログラムにデータを要求します(DDE)",
    attack: &["T1559.002"],
    page: include_str!("../../../docs/rules/dde-field.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, relation, target) in externals(tree) {
        if relation == "dde-field" && !is_command(target) && !is_office(target) {
            hit(artifact.id, target.to_string());
        }
    }
}

fn is_office(target: &str) -> bool {
    let target = target.to_lowercase();
    let program = target.split_whitespace().next().unwrap_or_default();
    let name = program.rsplit(['\\', '/']).next().unwrap_or_default();
    OFFICE.iter().any(|office| name.starts_with(office))
}

#[cfg(test)]
mod tests {
    use super::super::tests::externals as hits;
    use super::*;
    #[test]
    fn unknown_programs_hit_and_office_programs_do_not() {
        assert_eq!(hits(check, "dde-field", &["unknown topic item"]), 1);
        assert_eq!(hits(check, "dde-link", &["RSS 6758.T"]), 0);
        assert_eq!(
            hits(check, "dde-field", &["Excel.Sheet.8 C:\\data\\sales.xls", "cmd /c x", "WinWord C:\\a.doc"]),
            0
        );
    }
}
