//! What to search for elsewhere: hashes and names of what carries a finding, and web addresses in program text.
//! Type names are those of MISP where MISP has them.

use super::{Indicator, hex, links};
use crate::artifact::{Artifact, Fact, Tree};
use crate::detect::{Finding, Strength};
use crate::kind::Class;
use crate::text::{guess, printable};
use std::collections::BTreeSet;

/// The most indicators of one message. More are not searched for by anybody, and a hostile macro can hold
/// millions.
const MOST: usize = 200;

/// The most of them that are hashes and names, so that web addresses always find room.
const MOST_FILES: usize = 120;

/// The most web addresses of texts.
pub(super) const MOST_LINKS: usize = 100;

/// The most addresses looked at for one message, doubles included: a macro of nothing but `http://` repeated must
/// not cost minutes.
const MOST_LOOKED_AT: usize = 20_000;

/// The indicators of a tree: files first, then web addresses, each once, in order of finding.
pub(super) fn indicators(tree: &Tree, findings: &[Finding]) -> Vec<Indicator> {
    let mut list = List { limit: MOST_FILES, ..List::default() };
    for id in carriers(tree, findings) {
        let Some(artifact) = tree.get(id) else { continue };
        list.add("sha256", hex(&artifact.sha256), id);
        if artifact.kind.class != Class::Source {
            list.add("filename", printable(&artifact.name), id);
        }
    }
    list.limit = MOST;
    for artifact in tree.iter() {
        if list.is_full() {
            break;
        }
        addresses(artifact, &mut list);
    }
    list.found
}

/// The web addresses in the texts of a message and of its documents, each once.
pub(super) fn links(tree: &Tree) -> Vec<String> {
    let mut list = List { limit: MOST_LINKS, ..List::default() };
    for artifact in tree.iter().filter(|artifact| matches!(artifact.kind.id, "text" | "html" | "csv")) {
        if list.is_full() || list.looked_at >= MOST_LOOKED_AT {
            break;
        }
        // Most texts hold none, and need not be decoded to know that.
        if memchr::memmem::find(&artifact.bytes, b"/").is_some() {
            list.urls(&guess(&artifact.bytes), artifact.id);
        }
    }
    list.found.into_iter().map(|link| link.value).collect()
}

/// The artifacts that carry a strong or medium finding, each before the attachments it was found in.
fn carriers(tree: &Tree, findings: &[Finding]) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    let mut ids = Vec::new();
    for finding in findings.iter().filter(|finding| finding.strength >= Strength::Medium) {
        let itself = tree.get(finding.artifact).filter(|artifact| artifact.kind.class != Class::Message);
        let above = tree.ancestors(finding.artifact).filter(|artifact| is_attachment(artifact));
        ids.extend(itself.into_iter().chain(above).map(|artifact| artifact.id).filter(|id| seen.insert(*id)));
    }
    ids
}

/// Whether the artifact is what a person would see as the attachment; a bare file stands for one.
fn is_attachment(artifact: &Artifact) -> bool {
    artifact.via == "attachment" || (artifact.parent.is_none() && artifact.kind.class != Class::Message)
}

/// The web addresses in program text, and those a document leads out to.
fn addresses(artifact: &Artifact, list: &mut List) {
    if matches!(artifact.kind.class, Class::Source | Class::Script) || artifact.via == "lnk-command" {
        list.urls(&guess(&artifact.bytes), artifact.id);
    }
    for fact in &artifact.facts {
        if let Fact::External { target, .. } = fact {
            list.urls(target, artifact.id);
        }
    }
}

#[derive(Default)]
struct List {
    found: Vec<Indicator>,
    seen: BTreeSet<(&'static str, String)>,
    limit: usize,
    looked_at: usize,
}

impl List {
    fn urls(&mut self, text: &str, artifact: usize) {
        for url in links::find(text).take(MOST_LOOKED_AT.saturating_sub(self.looked_at)) {
            if self.is_full() {
                return;
            }
            self.looked_at += 1;
            self.add("url", url.to_string(), artifact);
        }
    }

    fn add(&mut self, kind: &'static str, value: String, artifact: usize) {
        if !value.is_empty() && !self.is_full() && self.seen.insert((kind, value.clone())) {
            self.found.push(Indicator { kind, value, artifact });
        }
    }

    fn is_full(&self) -> bool {
        self.found.len() >= self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;
    use crate::detect::Title;

    fn finding(strength: Strength, artifact: usize) -> Finding {
        let title = Title { en: "A sign.".into(), ja: "印です。".into() };
        Finding { rule: "r".into(), strength, artifact, title, evidence: String::new(), attack: Vec::new() }
    }

    fn tree() -> Tree {
        let mut tree = Tree::new(Child::new("m.eml", "file", b"Subject: x\r\n\r\n".to_vec()));
        let zip = tree.add(Some(0), Child::new("a\u{202e}.zip", "attachment", b"PK\x03\x04".to_vec()));
        let doc = tree.add(Some(zip), Child::new("a.doc", "zip", b"doc".to_vec()));
        let code = b"x = \"http://a.test/1\" & \"http://a.test/1\"\n'https://b.test/2".to_vec();
        tree.add(Some(doc), Child::new("ThisDocument", "vba-module", code).of_kind("vba"));
        tree
    }

    #[test]
    fn files_with_their_attachment_then_addresses_once() {
        let found = indicators(&tree(), &[finding(Strength::Strong, 3), finding(Strength::Weak, 2)]);
        let got: Vec<_> = found.iter().map(|i| (i.kind, i.value.as_str(), i.artifact)).collect();
        let hash = |id: usize| hex(&tree().get(id).unwrap().sha256);
        assert_eq!(
            got,
            [
                ("sha256", hash(3).as_str(), 3),
                ("sha256", hash(1).as_str(), 1),
                ("filename", "a⟨U+202E⟩.zip", 1),
                ("url", "http://a.test/1", 3),
                ("url", "https://b.test/2", 3),
            ]
        );
    }

    #[test]
    fn links_of_texts_are_bounded_and_no_indicators() {
        let mut tree = Tree::new(Child::new("m.eml", "file", b"Subject: x\r\n\r\n".to_vec()));
        let page = b"<a href=\"https://shop.example/a?b=1\">https://shop.example/a?b=1</a>".to_vec();
        tree.add(Some(0), Child::new("", "body", page).of_kind("html"));
        tree.add(Some(0), Child::new("", "body", b"see http://news.test/1.".to_vec()).of_kind("text"));
        assert_eq!(links(&tree), ["https://shop.example/a?b=1", "http://news.test/1"]);
        assert!(indicators(&tree, &[]).is_empty());
        let many: String = (0..500).map(|n| format!("http://x.test/{n} ")).collect();
        tree.add(Some(0), Child::new("", "body", many.into_bytes()).of_kind("text"));
        assert_eq!(links(&tree).len(), MOST_LINKS);
        assert!(crate::Report::are_links(&links(&tree)));
        assert!(!crate::Report::are_links(&[links(&tree), links(&tree)].concat()));
        assert!(!crate::Report::are_links(&["x".repeat(5000)]));
    }

    #[test]
    fn a_finding_on_the_mail_itself_names_no_file() {
        let mut tree = Tree::new(Child::new("m.eml", "file", b"Subject: x\r\n\r\n".to_vec()));
        tree.add(Some(0), Child::new("a.txt", "attachment", b"http://a.test/ in plain text".to_vec()));
        assert_eq!(indicators(&tree, &[finding(Strength::Strong, 0)]), []);
        let bare = Tree::new(Child::new("a.doc", "file", b"\0doc".to_vec()));
        assert_eq!(indicators(&bare, &[finding(Strength::Strong, 0)]).len(), 2);
    }

    #[test]
    fn the_list_is_bounded_and_addresses_keep_their_room() {
        let mut tree = Tree::new(Child::new("m.eml", "file", b"Subject: x\r\n\r\n".to_vec()));
        let mut findings = Vec::new();
        for n in 0..300 {
            let id = tree.add(Some(0), Child::new(format!("{n}.doc"), "zip", format!("\0{n}").into_bytes()));
            findings.push(finding(Strength::Strong, id));
        }
        let many: String = (0..5000).map(|n| format!("http://h{n}.test/\n")).collect();
        tree.add(Some(0), Child::new("a.js", "zip", many.into_bytes()));
        let found = indicators(&tree, &findings);
        assert_eq!(found.len(), MOST);
        assert_eq!(found.iter().filter(|i| i.kind == "url").count(), MOST - MOST_FILES);
    }
}
