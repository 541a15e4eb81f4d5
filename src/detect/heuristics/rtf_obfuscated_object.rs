//! Objects whose digits are strewn with control words, groups and blanks. Word steps over them, scanners stumble; no
//! writer puts them there.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::objects::in_rich_text;

pub(super) const RULE: Heuristic = Heuristic {
    id: "rtf-obfuscated-object",
    strength: Strength::Medium,
    title_en: "The RTF document holds an object that is scrambled to escape scanners",
    title_ja: "RTF文書に、検査を逃れるために細工された部品が含まれています",
    attack: &["T1027"],
    page: include_str!("../../../docs/rules/rtf-obfuscated-object.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for object in in_rich_text(tree) {
        if let Some(noise) = object.trick("rtf-object-noise") {
            hit(object.id(), noise.to_string());
        }
    }
}
