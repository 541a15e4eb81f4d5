//! A template that is fetched when the document opens brings macros that the document itself does not hold.

use super::{Check, Heuristic, externals};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::outside::Place;

pub(super) const RULE: Heuristic = Heuristic {
    id: "remote-template",
    strength: Strength::Medium,
    title_en: "The document fetches its template, with whatever macros it holds, from somewhere on the internet",
    title_ja: "文書が、ひな形(テンプレート)をインターネット上の見知らぬ場所から読み込みます",
    attack: &["T1221"],
    page: include_str!("../../../docs/rules/remote-template.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, relation, target) in externals(tree) {
        // A callback may stand in another document: `http://host/x.dotm!name`.
        let is_callback = relation == "ribbon-on-load";
        let document = if is_callback { target.split('!').next().unwrap_or_default() } else { target };
        let is_template = is_callback || relation.eq_ignore_ascii_case("attachedTemplate");
        if is_template && Place::of(document).is_foreign() {
            hit(artifact.id, target.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::externals as hits;
    use super::*;
    #[test]
    fn templates_of_strangers_hit_and_those_of_the_house_do_not() {
        let strange = ["http://a.example/t.dotm", "\\\\203.0.113.9\\x\\t.dot", "mhtml:http://a.example/x"];
        let own =
            ["file:///\\\\server\\t.dotx", "https://co.sharepoint.com/t.dotx", "C:\\t.dot", "Normal.dotm"];
        assert_eq!(hits(check, "attachedTemplate", &strange), strange.len());
        assert_eq!(hits(check, "attachedTemplate", &own), 0);
        assert_eq!(hits(check, "attachedTemplate of word/document.xml", &strange), 0);
        assert_eq!(hits(check, "image", &strange), 0);
        assert_eq!(hits(check, "ribbon-on-load", &["http://a.example/t.dotm!Go", "Go", "Module1.Go"]), 1);
    }
}
