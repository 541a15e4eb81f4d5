//! A PDF with hardly a word on it and one way on, which leads where no business leads its customers: to a host without a
//! name or one that anybody gets in a minute, to an archive or program, or to a page that is told who comes.

use super::pdf_link_to_download::{is_download, text_length};
use super::{Check, Heuristic};
use crate::artifact::{Artifact, Fact, Tree};
use crate::detect::Strength;
use crate::detect::outside::{is_numbered, is_rented, names_reader};
use crate::detect::scripts::site;
use crate::kind::extension;
use std::collections::BTreeSet;

pub(super) const RULE: Heuristic = Heuristic {
    id: "pdf-lure-link",
    strength: Strength::Medium,
    title_en: "The PDF shows little but one link, and that leads to a strange place",
    title_ja: "PDFにはほとんどリンクしかなく、リンク先が不自然な場所です",
    attack: &["T1566.002", "T1204.001"],
    page: include_str!("../../../docs/rules/pdf-lure-link.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for pdf in tree.iter().filter(|artifact| artifact.kind.id == "pdf") {
        let links: BTreeSet<(&str, bool)> = links(pdf).collect();
        let sites: BTreeSet<String> = links.iter().filter_map(|(link, _)| site(link)).collect();
        let is_lure = text_length(tree, pdf) < LITTLE && sites.len() == 1;
        let strange = |(link, covers): &&(&str, bool)| {
            let is_download = is_download(link) && (*covers || !is_everyday(link));
            is_numbered(link) && self::is_download(link)
                || is_lure && (is_numbered(link) || is_rented(link) || is_download || names_reader(link))
        };
        if let Some((link, _)) = links.iter().find(strange) {
            hit(pdf.id, (*link).to_string());
        }
    }
}

/// Bytes of text below which a page says little: a lure has a picture and a line such as "click to view".
const LITTLE: u64 = 400;

/// The links of a PDF, and whether each covers a page.
fn links(pdf: &Artifact) -> impl Iterator<Item = (&str, bool)> {
    pdf.facts.iter().filter_map(|fact| match fact {
        Fact::External { relation, target } => match relation.as_str() {
            "uri" => Some((target.as_str(), false)),
            "uri-over-page" => Some((target.as_str(), true)),
            _ => None,
        },
        _ => None,
    })
}

/// Whether it is a file that offices hand out behind a line of text.
fn is_everyday(link: &str) -> bool {
    let path = link.split(['?', '#']).next().unwrap_or_default();
    ["zip", "7z", "exe", "msi", "xlsm", "docm"].contains(&extension(path).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;

    fn hits(links: &[&str], said: &str) -> usize {
        let fact = |link: &&str| Fact::External { relation: "uri".into(), target: (*link).into() };
        let pdf = Child::new("a.pdf", "attachment", b"%PDF-1.4".to_vec());
        let mut tree = Tree::new(links.iter().map(fact).fold(pdf, Child::with));
        tree.add(Some(0), Child::new("text", "text", said.as_bytes().to_vec()));
        let mut hits = 0;
        check(&tree, &mut |_, _| hits += 1);
        hits
    }

    const LEAFLET: &str = "Our new shop opens on Monday, with music and a cake for everybody who comes by. ";

    #[test]
    fn one_link_to_a_strange_place_hits() {
        for link in [
            "http://203.0.113.20/docs/view",
            "https://shared-file.pages.dev/x",
            "https://a.example/inv/scan.iso",
            "https://a.example/x/?e=desk@bakery.example",
            "https://a.example/#ZGVza0BiYWtlcnkuZXhhbXBsZQ==",
        ] {
            assert_eq!(hits(&[link], "文書を表示するにはここをクリック"), 1, "{link}");
            assert_eq!(hits(&[link, "https://www.other.example/"], ""), 0, "{link}");
        }
        assert_eq!(hits(&["http://203.0.113.20/docs/scan.zip"], &LEAFLET.repeat(20)), 1);
    }

    #[test]
    fn leaflets_and_plain_links_do_not() {
        for link in [
            "https://shop.example/",
            "https://shop.example/terms.zip",
            "mailto:desk@bakery.example",
            "https://shop.example/a.pdf",
        ] {
            assert_eq!(hits(&[link], "Click here"), 0, "{link}");
        }
        assert_eq!(hits(&["https://a.pages.dev/x", "https://a.example/a.zip"], &LEAFLET.repeat(9)), 0);
    }
}
