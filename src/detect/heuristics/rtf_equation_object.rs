//! Formulas of the old Equation Editor in rich text that could not be followed to their end. Those that can be are
//! what schools and universities write.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::objects::{RichObject, in_rich_text};

pub(super) const RULE: Heuristic = Heuristic {
    id: "rtf-equation-object",
    strength: Strength::Medium,
    title_en: "The RTF document holds an object of the old Equation Editor that is no ordinary formula",
    title_ja: "RTF文書に、ふつうの数式とは異なる古い「数式エディター」の部品が含まれています",
    attack: &["T1203"],
    page: include_str!("../../../docs/rules/rtf-equation-object.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for object in in_rich_text(tree).iter().filter(|object| object.is_equation()) {
        if let Some(evidence) = doubt(object) {
            hit(object.id(), evidence);
        }
    }
}

/// Why an equation is not known to be an honest one.
fn doubt(object: &RichObject) -> Option<String> {
    // What is wrong beyond doubt is told by `equation-exploit`.
    if object.trick("equation-overflow").or(object.trick("equation-not-mtef")).is_some() {
        return None;
    }
    if let Some(detail) = object.trick("equation-malformed") {
        return Some(detail.to_string());
    }
    let is_formula = |name: &str| name.to_lowercase().ends_with("equation native");
    let has_formula = object.parts.iter().any(|part| {
        part.size > 0 && (is_formula(&part.name) || (part.via == "ole-native" && part.kind.id == "data"))
    });
    (!has_formula).then(|| "an equation without a formula".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Fact};
    use crate::detect::objects::tests::{hits, object, with_object};

    #[test]
    fn a_formula_that_is_read_is_spared() {
        let bare = with_object(vec![object("Equation.3", "objemb")]);
        assert_eq!(hits(check, &bare).len(), 1);
        let mut whole = bare.clone();
        whole.add(Some(1), Child::new("Equation Native", "stream", vec![28, 0]));
        assert_eq!(hits(check, &whole), []);
        let odd = Fact::Trick { what: "equation-malformed", detail: "record 0x0f at 3".into() };
        whole.get_mut(2).unwrap().facts.push(odd);
        assert_eq!(hits(check, &whole).len(), 1);
    }
}
