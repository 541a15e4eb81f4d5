//! An internet shortcut to a web address that hands out a program, script or archive.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::{Strength, hosts, shortcuts};
use crate::kind::{Class, Kind};

pub(super) const RULE: Heuristic = Heuristic {
    id: "url-shortcut-to-download",
    strength: Strength::Medium,
    title_en: "The internet shortcut downloads a program or archive",
    title_ja: "インターネットショートカットが、プログラムや圧縮ファイルをダウンロードします",
    attack: &["T1204.001", "T1105"],
    page: include_str!("../../../docs/rules/url-shortcut-to-download.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, relation, target) in shortcuts::leads(tree) {
        if relation == "shortcut-url" && is_download(target) {
            hit(artifact, target.to_string());
        }
    }
}

fn is_download(target: &str) -> bool {
    let target = target.to_lowercase();
    let Some((scheme, rest)) = target.split_once("://") else { return false };
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let Some((host, file)) = path.split_once('/') else { return false };
    let is_cargo =
        |kind: &Kind| kind.runs() && kind.id != "macho" || kind.class == Class::Archive && kind.id != "gzip";
    matches!(scheme, "http" | "https" | "ftp")
        && hosts::is_public(host)
        && Kind::by_name(file).is_some_and(is_cargo)
        && !file.ends_with(".com")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_run_hit_and_pages_do_not() {
        for yes in ["https://a.example/x/a.exe", "http://a.example/a.zip?x=1", "ftp://a.example/a.js"] {
            assert!(is_download(yes), "{yes}");
        }
        for no in [
            "https://a.example.com",
            "https://apps.office.local/a.jar",
            "https://a.example.com/",
            "https://a.example/a.pdf",
            "file://a.example/a.exe",
        ] {
            assert!(!is_download(no), "{no}");
        }
    }
}
