//! A PDF that leads to a file on the web: by a link to an archive, script or program, or by one link over a page with
//! hardly a word on it.

use super::{Check, Heuristic};
use crate::artifact::{Artifact, Fact, Tree};
use crate::detect::Strength;
use crate::kind::extension;

pub(super) const RULE: Heuristic = Heuristic {
    id: "pdf-link-to-download",
    strength: Strength::Weak,
    title_en: "A PDF leads to a download",
    title_ja: "PDFに、ダウンロードへ誘導するリンクがあります",
    attack: &["T1566.002", "T1204.001"],
    page: include_str!("../../../docs/rules/pdf-link-to-download.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for pdf in tree.iter().filter(|artifact| artifact.kind.id == "pdf") {
        let says_little = text_length(tree, pdf) < LITTLE;
        for fact in &pdf.facts {
            let Fact::External { relation, target } = fact else { continue };
            let is_lure = relation == "uri-over-page" && says_little && target.contains("://");
            if is_lure || (relation == "uri" && is_download(target)) {
                hit(pdf.id, target.clone());
            }
        }
    }
}

/// Bytes of text below which a page says little: a lure has a picture and a line such as "click to view".
const LITTLE: u64 = 300;

/// Bytes of text on the pages.
pub(super) fn text_length(tree: &Tree, pdf: &Artifact) -> u64 {
    tree.children(pdf.id).find(|child| child.via == "text").map_or(0, |text| text.size)
}

/// Whether the path of an address ends in a file that is unpacked or run.
pub(super) fn is_download(address: &str) -> bool {
    let Some((_, rest)) = address.split_once("://") else { return false };
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let Some((_, path)) = path.split_once('/') else { return false };
    DOWNLOADS.contains(&extension(path).as_str())
}

const DOWNLOADS: &[&str] = &[
    "zip", "rar", "7z", "iso", "img", "vhd", "vhdx", "cab", "js", "jse", "vbs", "vbe", "wsf", "hta", "exe",
    "scr", "msi", "lnk", "bat", "cmd", "ps1", "jar", "one", "docm", "xlsm", "xll",
];

#[cfg(test)]
mod tests {
    use super::super::pdf_launch_program::tests::hits;
    use super::*;
    use crate::artifact::Child;

    #[test]
    fn addresses_of_downloads_hit() {
        for yes in ["https://a.example/x/invoice.zip", "http://a.test/a.JS?x=1#y"] {
            assert_eq!(hits(&RULE, "uri", yes), [yes]);
        }
        for no in
            ["https://example.zip", "https://a.example/", "https://a.example/x.pdf", "mailto:a@b.js", "a.zip"]
        {
            assert!(hits(&RULE, "uri", no).is_empty(), "{no}");
        }
    }

    #[test]
    fn a_link_over_a_page_hits_where_the_page_says_little() {
        assert_eq!(hits(&RULE, "uri-over-page", "https://a.example/").len(), 1);
        let fact = Fact::External { relation: "uri-over-page".into(), target: "https://a.example/".into() };
        let mut tree = Tree::new(Child::new("a.pdf", "attachment", b"%PDF-1.4".to_vec()).with(fact));
        tree.add(Some(0), Child::new("text", "text", b"A leaflet of many words. ".repeat(40)));
        check(&tree, &mut |_, evidence| panic!("{evidence}"));
    }
}
