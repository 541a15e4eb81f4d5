//! Links that lead to a program, a command or a protocol that runs commands, and actions of slides that start programs.

use super::dde_command::names_interpreter;
use super::{Check, Heuristic, externals};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::outside::Place;
use crate::kind::Kind;

pub(super) const RULE: Heuristic = Heuristic {
    id: "document-link-runs-program",
    strength: Strength::Medium,
    title_en: "A link or button in the document starts a program or a command",
    title_ja: "文書の中のリンクやボタンを押すと、プログラムや命令が実行されます",
    attack: &["T1204.001", "T1218"],
    page: include_str!("../../../docs/rules/document-link-runs-program.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for (artifact, relation, target) in externals(tree) {
        let is_link = relation.eq_ignore_ascii_case("hyperlink") && is_telling(target);
        let is_package = relation == "package-link" && Kind::by_name(target).is_some_and(Kind::runs);
        let is_of_pdf = matches!(relation, "uri" | "uri-over-page") && is_foreign_program(target);
        if is_link || is_package || is_of_pdf || relation == "slide-action-program" {
            hit(artifact.id, target.to_string());
        }
    }
}

/// Whether a link of a PDF leads to a program or script on a file server of a stranger.
fn is_foreign_program(target: &str) -> bool {
    let path = target.trim().to_lowercase();
    let is_file = path.starts_with("file:") || path.starts_with("\\\\");
    is_file && Place::of(&path) == Place::Server && Kind::by_name(&path).is_some_and(Kind::runs)
}

/// Protocols whose programs run what the address says.
const RUNNING: &[&str] = &[
    "ms-msdt",
    "search-ms",
    "search",
    "ms-officecmd",
    "ms-appinstaller",
    "vbscript",
    "javascript",
    "mhtml",
    "mk",
    "ms-its",
    "its",
    "script",
    "shell",
    "hcp",
    "ms-settings",
    "jnlp",
    "jnlps",
    "ms-cxh-full",
];

fn is_telling(target: &str) -> bool {
    let target = target.trim().to_lowercase();
    let scheme = target.split_once(':').map_or("", |(scheme, _)| scheme);
    let is_path = scheme.len() < 2 || scheme.contains([' ', '%', '\\', '/']);
    if RUNNING.contains(&scheme) {
        // Pages that became documents keep their buttons.
        scheme != "javascript" || target.contains("activexobject")
    } else if scheme == "file" || target.starts_with("\\\\") || target.starts_with("//") {
        Place::of(&target).is_foreign()
    } else {
        is_path && names_interpreter(&target.replace("%20", " "))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::externals as hits;
    use super::*;
    #[test]
    fn commands_hit_and_files_of_the_office_do_not() {
        let strange = [
            "powershell%20-NoP%20-c%20x",
            "ms-msdt:/id%20x",
            "search-ms:query=x&crumb=location:a",
            "file:///\\\\203.0.113.9\\x\\run.vbs",
            "\\\\203.0.113.9@80\\x\\run.lnk",
            "C:\\Windows\\System32\\calc.exe",
        ];
        assert_eq!(hits(check, "hyperlink", &strange), strange.len());
        assert_eq!(
            hits(
                check,
                "uri",
                &["file://203.0.113.9/x/a.exe", "file://203.0.113.9/x/a.pdf", "https://a.example/a.exe"]
            ),
            1
        );
        assert_eq!(hits(check, "slide-action-program", &["hlinkHover ppaction://program rId2"]), 1);
        assert_eq!(hits(check, "package-link", &["C:\\Windows\\calc.exe", "C:\\a.docx"]), 1);
        let plain = [
            "notes://server/db",
            "javascript:history.back()",
            "zotero://select/x",
            "setup.exe",
            "doi:10.1/x",
            "\\\\server\\tools\\run.exe",
            "C:\\Users\\Joe Doe\\tools\\setup.exe",
            "..\\My Tools\\run.bat",
        ];
        assert_eq!(hits(check, "hyperlink", &plain), 0);
    }
}
