//! A document extension followed by one that runs, also with a run of blanks between them.

use super::program_behind_document_name::is_sent;
use super::{Check, Heuristic};
use crate::artifact::Fact;
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::kind::{Class, Kind};
use crate::text::{is_deceptive, nfkc};

pub(super) const RULE: Heuristic = Heuristic {
    id: "name-double-extension",
    strength: Strength::Strong,
    title_en: "A file name pretends to be a document but ends as a program or script",
    title_ja: "文書のように見えるファイル名ですが、実際はプログラムやスクリプトです",
    attack: &["T1036.007"],
    page: include_str!("../../../docs/rules/name-double-extension.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter() {
        let locked = artifact.facts.iter().filter_map(|fact| match fact {
            Fact::LockedName(name) => Some(name.as_str()),
            _ => None,
        });
        let own = Some(artifact.name.as_str()).filter(|_| is_sent(artifact) && artifact.size > 0);
        if let Some(name) = own.into_iter().chain(locked).find(|name| is_double(name)) {
            hit(artifact.id, name.to_string());
        }
    }
}

fn is_double(name: &str) -> bool {
    let name = nfkc(name).replace(['\u{2024}', '\u{3002}'], ".");
    let Some((stem, _)) = name.rsplit_once('.') else { return false };
    let paper = Kind::by_name(stem.trim_end_matches(is_blank)).is_some_and(|kind| {
        matches!(kind.class, Class::Document | Class::Media) || matches!(kind.id, "text" | "csv" | "zip")
    });
    paper && Kind::by_name(&name).is_some_and(|kind| kind.runs() && kind.id != "url")
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_deceptive(c) || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_running_ending_behind_a_paper_ending_counts() {
        for name in [
            "a.doc.lnk",
            "請求書.pdf.exe",
            "INV, USA.doc      .js",
            "a.xlsx\u{2800}\u{2800}.scr",
            "a.ｐｄｆ．ｅｘｅ",
        ] {
            assert!(is_double(name), "{name}");
        }
        for name in
            ["a.tar.gz", "report.2022.doc", "a.js", "setup.v1.exe", "a.exe.zip", "mail.doc.pdf", ".exe"]
        {
            assert!(!is_double(name), "{name}");
        }
    }
}
