//! Rich text with an object behind a header that no word processor writes. Word does not mind, scanners may not take the
//! file for rich text.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::objects::{in_rich_text, trick};

pub(super) const RULE: Heuristic = Heuristic {
    id: "rtf-unusual-header",
    strength: Strength::Medium,
    title_en: "The RTF document holds an object and begins as no word processor writes it",
    title_ja: "部品を含むRTF文書の先頭が、ワープロソフトでは書かれない形です",
    attack: &["T1027", "T1036"],
    page: include_str!("../../../docs/rules/rtf-unusual-header.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    let mut last = None;
    for object in in_rich_text(tree) {
        if let Some(head) =
            trick(object.document, "rtf-odd-header").filter(|_| last != Some(object.document.id))
        {
            hit(object.document.id, head.to_string());
        }
        last = Some(object.document.id);
    }
}
