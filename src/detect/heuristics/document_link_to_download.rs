//! A document that leads to a file on the web which is unpacked or run, from a host without a name, or with hardly
//! another word in it, or with the password of what waits there.

use super::{Check, Heuristic};
use crate::artifact::{Artifact, Fact, Tree};
use crate::detect::Strength;
use crate::detect::outside::is_numbered;
use crate::kind::{Class, Kind, extension};
use crate::text::{guess, nfkc};

pub(super) const RULE: Heuristic = Heuristic {
    id: "document-link-to-download",
    strength: Strength::Medium,
    title_en: "A link in the document leads to a program or archive of a stranger",
    title_ja: "文書の中のリンクが、見知らぬ相手のプログラムや圧縮ファイルへ誘導します",
    attack: &["T1566.002", "T1204.001"],
    page: include_str!("../../../docs/rules/document-link-to-download.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for document in tree.iter() {
        let mut said = None;
        for address in downloads(document) {
            let text = said.get_or_insert_with(|| text(tree, document));
            if is_lure(address, text) {
                hit(document.id, address.to_string());
            }
        }
    }
}

fn downloads(document: &Artifact) -> impl Iterator<Item = &str> {
    document.facts.iter().filter_map(|fact| match fact {
        Fact::External { relation, target } if relation == "download-link" => Some(target.as_str()),
        _ => None,
    })
}

/// Whether nobody honest leads there so.
fn is_lure(address: &str, text: &str) -> bool {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let is_short = text.len() < LITTLE;
    let tells_password = || PASSWORD.iter().any(|word| text.contains(word));
    is_numbered(address) || is_short && (is_strange(path) || tells_password())
}

/// Bytes of text below which a document says little: a lure has a picture and a line such as "click to view".
const LITTLE: usize = 600;

const PASSWORD: &[&str] = &["password", "passcode", "passwort", "パスワード", "暗証番号"];

/// Whether the name of a file is that of a script, a shortcut or a disc image, which nobody hands out so.
fn is_strange(path: &str) -> bool {
    let is_script = |kind: &Kind| {
        matches!(kind.class, Class::Script | Class::Shortcut)
            && !matches!(kind.id, "shell" | "py" | "url" | "js")
    };
    DISCS.contains(&extension(path).as_str()) || Kind::by_name(path).is_some_and(is_script)
}

const DISCS: &[&str] = &["iso", "img", "vhd", "vhdx", "jse"];

/// What the document says, in lower case.
fn text(tree: &Tree, document: &Artifact) -> String {
    let text = tree.children(document.id).find(|child| child.via == "text");
    text.map(|text| nfkc(&guess(&text.bytes)).to_lowercase()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;

    fn hits(address: &str, said: &str) -> usize {
        let link = Fact::External { relation: "download-link".into(), target: address.into() };
        let mut tree = Tree::new(Child::new("a.docx", "file", Vec::new()).with(link));
        tree.add(Some(0), Child::new("text", "text", said.as_bytes().to_vec()).of_kind("text"));
        let mut hits = 0;
        check(&tree, &mut |_, _| hits += 1);
        hits
    }

    #[test]
    fn strangers_and_lures_hit_and_manuals_do_not() {
        let manual = "How to install the driver. ".repeat(40);
        assert_eq!(hits("http://203.0.113.4/inv.zip", &manual), 1);
        assert_eq!(hits("https://files.supplier.example/inv.zip", "Download the file. Password: 4471"), 1);
        assert_eq!(hits("https://files.supplier.example/inv.zip", "文書はこちら ﾊﾟｽﾜｰﾄﾞ 4471"), 1);
        assert_eq!(hits("https://files.supplier.example/inv.iso", "View document"), 1);
        assert_eq!(hits("https://files.supplier.example/inv.hta", "View document"), 1);
        for (address, said) in [
            ("https://vendor.example/driver.zip", manual.as_str()),
            ("https://vendor.example/setup.iso", manual.as_str()),
            ("https://vendor.example/setup.exe", "Setup"),
            ("https://vendor.example/sources.zip", "Sources"),
            ("https://cdn.example/jquery.js", "Links"),
            ("http://192.168.0.4/tools.zip", "Tools"),
        ] {
            assert_eq!(hits(address, said), 0, "{address}");
        }
    }
}
