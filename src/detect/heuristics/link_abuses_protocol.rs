//! A link in a page, mail or document that hands a command or a foreign folder to a program of Windows.

use super::{Check, Heuristic};
use crate::artifact::{Artifact, Fact, Sign, Tree};
use crate::detect::{Strength, protocols};

pub(super) const RULE: Heuristic = Heuristic {
    id: "link-abuses-protocol",
    strength: Strength::Strong,
    title_en: "A link hands a command or a foreign folder to a program of Windows",
    title_ja: "リンクが、命令や外部のフォルダーをWindowsのプログラムに渡します",
    attack: &["T1204.001", "T1218"],
    page: include_str!("../../../docs/rules/link-abuses-protocol.md"),
    check,
};

/// How pages, documents and PDF files lead out. Shortcuts have a rule of their own.
const WAYS: &[&str] = &[
    "protocol",
    "refresh",
    "frame",
    "base",
    "form",
    "link",
    "uri",
    "uri-over-page",
    "hyperlink",
    "field HYPERLINK",
];

/// Schemes that run a script or program, or read what no browser shows, in a link of a page.
const RUNNING: &[&str] = &["vbscript", "mhtml", "mk", "its", "ms-its", "shell", "ms-appinstaller"];

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter() {
        for (way, target) in targets(artifact) {
            let runs = way == "protocol"
                && protocols::plain(target)
                    .split_once(':')
                    .is_some_and(|(scheme, _)| RUNNING.contains(&scheme));
            if runs || protocols::is_abuse(target) {
                hit(artifact.id, target.to_string());
            }
        }
    }
}

/// Where an artifact leads, by a link or by a script.
fn targets(artifact: &Artifact) -> impl Iterator<Item = (&str, &str)> {
    artifact.facts.iter().filter_map(|fact| match fact {
        Fact::External { relation, target } if WAYS.iter().any(|way| way.eq_ignore_ascii_case(relation)) => {
            Some((relation.as_str(), target.as_str()))
        }
        Fact::Sign { sign: Sign::Redirect, text, .. } => Some(("script", text.trim_matches(['"', '\'']))),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::externals as hits;
    use super::*;
    use crate::artifact::Child;

    #[test]
    fn links_and_redirects_hit_where_they_lead_to_a_handler() {
        let search = "search-ms:query=x&crumb=location:\\\\a.example\\x";
        for way in WAYS {
            assert_eq!(hits(check, way, &[search, "ms-msdt:/id x", "https://a.example/"]), 2, "{way}");
        }
        assert_eq!(hits(check, "Hyperlink", &[search]), 1);
        assert_eq!(hits(check, "protocol", &["vbscript:x", "shell:startup", "ms-settings:display"]), 2);
        assert_eq!(hits(check, "uri", &["vbscript:x"]), 0);
        assert_eq!(hits(check, "ole-object", &[search]), 0);
        let sign = |text: &str| Fact::Sign { sign: Sign::Redirect, text: text.into(), line: 1 };
        let script = Child::new("a.js", "script", vec![0]).with(sign(search)).with(sign("https://a.test"));
        let mut count = 0;
        check(&Tree::new(script), &mut |_, _| count += 1);
        assert_eq!(count, 1);
    }
}
