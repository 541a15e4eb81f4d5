//! Programs, scripts and shortcuts packed into rich text: a double click on the picture starts them, and old Office
//! writes them to the disk even without one.

use super::{Check, Heuristic};
use crate::artifact::{Artifact, Fact, Tree};
use crate::detect::Strength;
use crate::detect::objects::in_rich_text;
use crate::kind::Kind;

pub(super) const RULE: Heuristic = Heuristic {
    id: "rtf-package-program",
    strength: Strength::Strong,
    title_en: "The RTF document packs a program, a script or a shortcut",
    title_ja: "RTF文書に、プログラム、スクリプト、ショートカットのいずれかが包まれています",
    attack: &["T1204.002", "T1027.009"],
    page: include_str!("../../../docs/rules/rtf-package-program.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for object in in_rich_text(tree) {
        for part in object.parts.iter().filter(|part| runs(part)) {
            hit(part.id, format!("{} ({})", part.name, part.kind.id));
        }
    }
}

/// Whether a file in an object runs, by its content or by one of its names.
fn runs(part: &Artifact) -> bool {
    let is_packed = part.via == "ole-package";
    let others = part.facts.iter().filter_map(|fact| match fact {
        Fact::OtherName(name) => Some(name.as_str()),
        _ => None,
    });
    let by_name = || {
        let mut names = std::iter::once(part.name.as_str()).chain(others);
        is_packed && names.any(|name| Kind::by_name(name).is_some_and(Kind::runs))
    };
    let holds = is_packed || matches!(part.via, "ole-native" | "stream");
    part.size > 0 && holds && (part.kind.runs() || by_name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;
    use crate::detect::objects::tests::{hits, object, with_object};

    fn found(child: Child) -> usize {
        let mut tree = with_object(vec![object("Package", "objemb")]);
        tree.add(Some(1), child);
        hits(check, &tree).len()
    }

    #[test]
    fn what_runs_hits_and_papers_do_not() {
        let pack = |name: &str, bytes: &[u8]| Child::new(name, "ole-package", bytes.to_vec());
        assert_eq!(found(pack("a.JS", b"x")), 1);
        assert_eq!(found(pack("a.sct", b"x")), 1);
        assert_eq!(found(pack("a.txt", b"x").with(Fact::OtherName("C:\\a.exe".into()))), 1);
        assert_eq!(found(pack("plan.pdf", b"\x4c\0\0\0\x01\x14\x02\0")), 1);
        assert_eq!(found(pack("plan.pdf", b"%PDF-1.4")), 0);
        assert_eq!(found(pack("photo.bmp", b"BM")), 0);
        assert_eq!(found(Child::new("Paint.Picture", "ole-native", b"BM".to_vec())), 0);
    }
}
