//! A shortcut that hands an address to a program of Windows which runs commands or shows foreign files as one's own.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::{Strength, protocols, shortcuts};

pub(super) const RULE: Heuristic = Heuristic {
    id: "protocol-handler-abuse",
    strength: Strength::Strong,
    title_en: "The shortcut hands an address to a program that runs it",
    title_ja: "ショートカットが、危険な種類のアドレスをWindowsに渡します",
    attack: &["T1204.002", "T1218"],
    page: include_str!("../../../docs/rules/protocol-handler-abuse.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, _, target) in shortcuts::leads(tree) {
        if is_abuse(target) {
            hit(artifact, target.to_string());
        }
    }
}

/// Whether an address runs something or shows files of a stranger.
fn is_abuse(target: &str) -> bool {
    let plain = protocols::plain(target);
    let Some((scheme, rest)) = plain.split_once(':') else { return false };
    let is_installer = scheme == "ms-appinstaller" && rest.contains("source=");
    RUNNING.contains(&scheme) || is_installer || protocols::is_abuse(target)
}

/// Schemes that have no place in a shortcut that is mailed.
const RUNNING: &[&str] = &[
    "javascript",
    "vbscript",
    "data",
    "hcp",
    "shell",
    "rundll32",
    "jnlp",
    "jnlps",
    "microsoft-edge-holographic",
    "wsl",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_run_something_hit() {
        for yes in [
            "search-ms:query=invoice&crumb=location:\\\\203.0.113.1@80\\docs&displayname=Documents",
            "search-ms:displayname=x&crumb=location%3A%5C%5Ca.example%5Cx",
            "search:query=*.lnk&crumb=location:\\\\a.example\\x",
            "ms-msdt:/id PCWDiagnostic /skip force",
            "javascript:alert(1)",
            "mhtml:http://a.example/x!x-usc:http://a.example/y",
            "ms-appinstaller:?source=https://a.example/a.appinstaller",
            "ms-photos:viewer?fileName=\\\\203.0.113.1\\x\\a.png",
        ] {
            assert!(is_abuse(yes), "{yes}");
        }
        for no in [
            "https://a.example/search?x=javascript:",
            "ms-settings:display",
            "ms-word:ofe|u|https://a.example/x.docx",
            "search-ms:query=invoice&crumb=location:C:\\docs",
            "mailto:a@a.example",
            "C:\\x",
            "::{20D04FE0-3AEA-1069-A2D8-08002B30309D}",
            "onenote:https://a.example/x",
        ] {
            assert!(!is_abuse(no), "{no}");
        }
    }
}
