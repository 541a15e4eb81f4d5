//! Objects that a document loads from the network, or through a moniker that runs script. Offices link to workbooks on
//! servers of their own; nobody honest links to a web page or a script (CVE-2017-0199, CVE-2017-8570, CVE-2017-8759,
//! CVE-2022-30190).

use super::{Check, Heuristic};
use crate::artifact::{Artifact, Fact, Tree};
use crate::detect::Strength;
use crate::detect::objects::{in_rich_text, is_paper, is_remote};
use crate::kind::Kind;

pub(super) const RULE: Heuristic = Heuristic {
    id: "object-link-remote",
    strength: Strength::Strong,
    title_en: "An object in the document is loaded from the network, which can run what a stranger put there",
    title_ja: "文書の中の部品が、ネットワークから読み込まれます。他人が用意したものが実行されるおそれがあります",
    attack: &["T1203", "T1221"],
    page: include_str!("../../../docs/rules/object-link-remote.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    let eager = eager(tree);
    for artifact in tree.iter() {
        for (relation, target) in links(artifact) {
            if loads(relation, target, eager.contains(&artifact.id)) {
                hit(artifact.id, format!("{relation}: {target}"));
            }
        }
    }
}

/// The artifacts of objects in rich text that are loaded at once, or are links made of nothing but an address.
fn eager(tree: &Tree) -> Vec<usize> {
    let objects = in_rich_text(tree);
    let eager = objects.iter().filter(|object| {
        object.is_held("objupdate") || object.classes().any(|class| class.eq_ignore_ascii_case("OLE2Link"))
    });
    eager.flat_map(|object| object.parts.iter().map(|part| part.id)).collect()
}

fn links(artifact: &Artifact) -> impl Iterator<Item = (&str, &str)> {
    artifact.facts.iter().filter_map(|fact| match fact {
        Fact::External { relation, target } => Some((relation.as_str(), target.as_str())),
        _ => None,
    })
}

fn loads(relation: &str, target: &str, is_eager: bool) -> bool {
    match relation {
        "moniker-script" | "moniker-soap" | "moniker-hta" | "moniker-new" => true,
        "moniker-file" if Kind::by_name(target).is_some_and(Kind::runs) => true,
        "moniker" | "moniker-file" | "ole-link" => is_remote(target) && (is_eager || !is_paper(target)),
        "field LINK" => {
            let address = target.split('"').find(|word| is_remote(word));
            address.is_some_and(|address| !is_paper(address))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::objects::tests::{hits, object, with_object};

    fn found(class: &str, manner: &str, relation: &str, target: &str) -> usize {
        let link = Fact::External { relation: relation.into(), target: target.into() };
        hits(check, &with_object(vec![object(class, manner), link])).len()
    }

    #[test]
    fn web_pages_and_scripts_hit_and_workbooks_of_the_office_do_not() {
        let paper = "https://firm.example/sites/a/plan.xlsx";
        assert_eq!(found("OLE2Link", "objautlink", "moniker", "http://a.example/x.doc"), 1);
        assert_eq!(found("Excel.Sheet.12", "objautlink objupdate", "moniker", paper), 1);
        assert_eq!(found("Word.Document.8", "objemb", "moniker", "http://a.example/logo"), 1);
        assert_eq!(found("", "", "moniker-soap", "wsdl=http"), 1);
        assert_eq!(found("", "", "moniker-file", "C:\\Users\\x\\AppData\\Local\\Temp\\a.sct"), 1);
        assert_eq!(found("Excel.Sheet.8", "objautlink", "ole-link", "\\\\203.0.113.9\\s\\x"), 1);
        assert_eq!(found("", "", "field LINK", "htmlfile \"http://a.example/x.html!\" \"\" \\a"), 1);
        assert_eq!(found("Excel.Sheet.12", "objautlink", "moniker", paper), 0);
        assert_eq!(found("Excel.Sheet.8", "objlink", "moniker-file", "\\\\server\\share\\plan.xls"), 0);
        assert_eq!(found("Excel.Sheet.8", "objlink", "ole-link", "C:\\plan.xls!Sheet1!R1C1"), 0);
        assert_eq!(found("", "", "field LINK", "Excel.Sheet.8 \"C:\\\\plan.xls\""), 0);
        assert_eq!(found("", "", "hyperlink", "http://a.example/"), 0);
    }
}
