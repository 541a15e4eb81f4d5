//! Objects in rich text of classes that attacks need and letters do not: controls with known holes, components that
//! only serve to load a library, web pages and scripts.

use super::{Check, Heuristic};
use crate::artifact::{Fact, Tree};
use crate::detect::Strength;
use crate::detect::objects::in_rich_text;

pub(super) const RULE: Heuristic = Heuristic {
    id: "rtf-attack-object",
    strength: Strength::Strong,
    title_en: "The RTF document holds a component that is known from attacks and has no use in a letter",
    title_ja: "RTF文書に、攻撃でよく使われ、文書には必要のない部品が含まれています",
    attack: &["T1203"],
    page: include_str!("../../../docs/rules/rtf-attack-object.md"),
    check,
};

/// Beginnings of class names, in lower case.
const CLASSES: &[&str] = &[
    "mscomctllib.",
    "otkloadr.",
    "shell.explorer",
    "htmlfile",
    "htafile",
    "scriptletfile",
    "script",
    "msscriptcontrol.",
    "shockwaveflash.",
    "osf.sandbox",
    "adodb.",
    "wscript.",
    "control.tasksymbol",
    "forms.webbrowser",
    "mshtml",
    "msxml2.",
    "microsoft.xmldom",
];

fn check(tree: &Tree, hit: &mut Check) {
    for object in in_rich_text(tree) {
        if let Some(class) = object.classes().find(|class| is_known(class)) {
            hit(object.id(), class.to_string());
        }
    }
    // Objects that are held by name alone.
    for artifact in tree.iter().filter(|artifact| artifact.kind.id == "rtf") {
        for fact in &artifact.facts {
            if let Fact::Object { class, .. } = fact
                && is_known(class)
            {
                hit(artifact.id, class.clone());
            }
        }
    }
}

fn is_known(class: &str) -> bool {
    let class = class.trim().to_ascii_lowercase();
    CLASSES.iter().any(|known| class.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::objects::tests::{hits, object, with_object};

    #[test]
    fn attacked_classes_hit_and_those_of_offices_do_not() {
        for class in [
            "MSComctlLib.ListViewCtrl.2",
            "otkloadr.WRAssembly.1",
            "Msxml2.DOMDocument.3.0",
            "htmlfile",
            "Shell.Explorer.1",
        ] {
            assert_eq!(hits(check, &with_object(vec![object(class, "objocx")])).len(), 1, "{class}");
        }
        for class in [
            "Word.Document.8",
            "Excel.Sheet.12",
            "Package",
            "PBrush",
            "AcroExch.Document.11",
            "Forms.TextBox.1",
            "",
        ] {
            assert_eq!(hits(check, &with_object(vec![object(class, "objemb")])), [], "{class}");
        }
    }
}
