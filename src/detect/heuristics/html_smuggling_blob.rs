//! A page that makes a file which runs or holds something, or carries one as text, whatever hides it.

use super::{Check, Heuristic};
use crate::artifact::Sign;
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::scripts::pages;
use crate::kind::{Class, Kind, extension};

pub(super) const RULE: Heuristic = Heuristic {
    id: "html-smuggling-blob",
    strength: Strength::Medium,
    title_en: "The web page makes a file by itself and has it downloaded",
    title_ja: "Webページが自分でファイルを作り、保存させようとします",
    attack: &["T1027.006"],
    page: include_str!("../../../docs/rules/html-smuggling-blob.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for page in pages(tree) {
        // Pages that edit programs save them too.
        let is_bare = page.shown() < LITTLE;
        let is_script = |name: &str| is_bare && matches!(extension(name.trim()).as_str(), "js" | "mjs");
        let named = page
            .all(Sign::SavesFile)
            .chain(page.leads("download"))
            .find(|name| holds_or_runs(name) || is_script(name));
        if let Some(name) = named.filter(|_| page.has(Sign::SavesFile)) {
            hit(page.holder.id, name.to_string());
        } else if let Some(file) = page.payload(tree) {
            hit(page.holder.id, format!("{}: {} bytes", file.kind.id, file.size));
        }
    }
}

/// Letters below which a page has nothing of its own to show.
const LITTLE: usize = 200;

/// Whether a file of that name runs, or holds files.
fn holds_or_runs(name: &str) -> bool {
    let kind = Kind::by_name(name.trim());
    let is_macro = ["docm", "xlsm", "xlsb", "pptm", "one"].contains(&extension(name).as_str());
    is_macro
        || kind.is_some_and(|kind| {
            kind.runs() && kind.id != "js" || kind.class == Class::Archive && kind.id != "gzip"
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::scripts::tests::hits;

    #[test]
    fn files_that_hold_or_run_something_hit_and_pictures_do_not() {
        let page = |name: &str| {
            format!("<html><script>u = URL.createObjectURL(b); a.download = '{name}'; a.click();</script>")
        };
        for (name, want) in [
            ("scan.iso", 1),
            ("Invoice.zip", 1),
            ("a.xlsm", 1),
            ("a.hta", 1),
            ("Update.js", 1),
            ("plot.png", 0),
            ("table.csv", 0),
            ("a.tar.gz", 0),
        ] {
            assert_eq!(hits(&RULE, "a.html", page(name).as_bytes()).len(), want, "{name}");
        }
        let held =
            "<html><script>x = 'UmFyIRoHAM+QcwAADQAAAAAAAADEPXsAgCMAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';</script>";
        assert_eq!(hits(&RULE, "a.html", held.as_bytes()).len(), 1);
        assert_eq!(
            hits(&RULE, "a.html", b"<html><a download='x.zip' href='https://a.example/x.zip'>x</a>").len(),
            0
        );
    }
}
