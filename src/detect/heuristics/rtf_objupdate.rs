//! Objects that are loaded before anything is clicked. Exploits in objects depend on it; report generators write it for
//! tables and charts of Office itself.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::objects::{RichObject, in_rich_text};

pub(super) const RULE: Heuristic = Heuristic {
    id: "rtf-objupdate",
    strength: Strength::Medium,
    title_en: "The RTF document loads an embedded object as soon as it opens",
    title_ja: "RTF文書が開くと同時に埋め込み部品を読み込みます",
    attack: &["T1203"],
    page: include_str!("../../../docs/rules/rtf-objupdate.md"),
    check,
};

/// Beginnings of the classes of tables, charts, drawings and pictures, in lower case.
const HONEST: &[&str] = &[
    "excel.",
    "word.",
    "powerpoint.",
    "msgraph",
    "visio.",
    "pbrush",
    "paint.picture",
    "staticmetafile",
    "staticdib",
];

fn check(tree: &Tree, hit: &mut Check) {
    for object in in_rich_text(tree).iter().filter(|object| object.is_held("objupdate")) {
        if !is_honest(object) {
            let classes: Vec<&str> = object.classes().filter(|class| !class.is_empty()).collect();
            hit(object.id(), format!("objupdate {}", classes.join(", ")));
        }
    }
}

/// Whether every class it is told to be of is one of Office, and there is one.
fn is_honest(object: &RichObject) -> bool {
    let classes: Vec<String> =
        object.classes().filter(|class| !class.is_empty()).map(str::to_ascii_lowercase).collect();
    let is_office = |class: &String| HONEST.iter().any(|known| class.starts_with(known));
    !classes.is_empty() && classes.iter().all(is_office) && object.trick("ole1-without-header").is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::objects::tests::{hits, object, with_object};

    #[test]
    fn tables_of_office_are_spared() {
        assert_eq!(hits(check, &with_object(vec![object("Package", "objemb objupdate")])).len(), 1);
        assert_eq!(hits(check, &with_object(vec![object("", "objupdate")])).len(), 1);
        let mixed = vec![object("Word.Document.8", "objupdate"), object("abc", "embedded")];
        assert_eq!(hits(check, &with_object(mixed)).len(), 1);
        assert_eq!(hits(check, &with_object(vec![object("Excel.Sheet.8", "objemb objupdate")])), []);
        assert_eq!(hits(check, &with_object(vec![object("Package", "objemb")])), []);
    }
}
