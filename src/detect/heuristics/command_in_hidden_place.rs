//! A command that starts programs, written where a document keeps labels: a form, a control, a property, a variable,
//! text that does not show. Beside code that runs by itself.

use super::{Check, Heuristic};
use crate::artifact::{Artifact, Tree};
use crate::detect::Strength;
use crate::detect::lures::{document, runs};
use crate::text::guess;

pub(super) const RULE: Heuristic = Heuristic {
    id: "command-in-hidden-place",
    strength: Strength::Medium,
    title_en: "A document with code that runs by itself keeps a command in a form, property or hidden text",
    title_ja: "自動で動くプログラムを含む文書の、フォーム・文書の情報・見えない文字の中に、コマンドが書かれています",
    attack: &["T1027.009", "T1059.005"],
    page: include_str!("../../../docs/rules/command-in-hidden-place.md"),
    check,
};

/// What only commands and the programs behind them say. All words of one must stand in one value, in their order.
const COMMANDS: &[&[&str]] = &[
    &["powershell", " -e"],
    &["powershell", "-w"],
    &["powershell", "-nop"],
    &["powershell", "bypass"],
    &["powershell", "hidden"],
    &["powershell", "iex"],
    &["powershell", "download"],
    &["powershell", "new-object"],
    &["pwsh", " -e"],
    &["cmd", "/c "],
    &["cmd", "/k "],
    &["cmd", "/v:on"],
    &["%comspec%"],
    &["mshta", "http"],
    &["mshta", "script:"],
    &["regsvr32", "/"],
    &["rundll32", ","],
    &["certutil", "-decode"],
    &["certutil", "-urlcache"],
    &["bitsadmin", "/transfer"],
    &["wscript", ".vbs"],
    &["wscript", "//"],
    &["cscript", ".vbs"],
    &["msiexec", "http"],
    &["wscript.shell"],
    &["shell.application"],
    &["winmgmts:"],
    &["win32_process"],
    &["adodb.stream"],
    &["msxml2.", "xmlhttp"],
    &["microsoft.xmlhttp"],
    &["winhttp.winhttprequest"],
    &["scripting.filesystemobject"],
    &["urldownloadtofile"],
    &["shellexecute"],
    &["new-object", "net.webclient"],
    &["frombase64string"],
    &["activexobject("],
];

/// The kinds of what holds such values.
const KINDS: &[&str] = &["form-strings", "properties", "hidden-text"];
/// Bytes of one value that are read; a command stands at its beginning or end.
const READ: usize = 16 << 10;

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter().filter(|artifact| KINDS.contains(&artifact.kind.id)) {
        let Some(command) = command(artifact) else { continue };
        if let Some((_, entry)) = runs(tree, document(tree, artifact)) {
            hit(artifact.id, format!("{entry}; {command}"));
        }
    }
}

/// The first line whose value is a command, as it stands there.
fn command(artifact: &Artifact) -> Option<String> {
    let text = guess(&artifact.bytes);
    let lines = text.lines().filter_map(|line| line.split_once(" = ").map(|(_, value)| (line, value)));
    lines
        .filter(|(_, value)| {
            let value = value.get(..value.floor_char_boundary(READ)).unwrap_or(value);
            let plain = plain(value);
            let reversed: String = plain.chars().rev().collect();
            is_command(&plain) || is_command(&reversed)
        })
        .map(|(line, _)| line.chars().take(160).collect())
        .next()
}

/// Lower case, without the signs that shells leave out.
fn plain(value: &str) -> String {
    value.chars().filter(|c| !matches!(c, '^' | '`' | '"' | '\'')).flat_map(char::to_lowercase).collect()
}

fn is_command(text: &str) -> bool {
    COMMANDS.iter().any(|words| {
        let mut rest = text;
        words.iter().all(|word| match rest.split_once(word) {
            Some((_, behind)) => {
                rest = behind;
                true
            }
            None => false,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Fact, Sign};

    fn found(value: &str) -> bool {
        let lines = format!("UserForm1.Caption = Ok\nUserForm1.T.Text = {value}\n");
        let mut tree = Tree::new(Child::new("a.doc", "file", b"x".to_vec()));
        let sign = Fact::Sign { sign: Sign::EntryPoint, text: "AutoOpen".into(), line: 1 };
        tree.add(Some(0), Child::new("m", "vba-module", b"x".to_vec()).of_kind("vba").with(sign));
        tree.add(Some(0), Child::new("f", "form", lines.into_bytes()).of_kind("form-strings"));
        let mut hits = Vec::new();
        check(&tree, &mut |artifact, _| hits.push(artifact));
        hits == [2]
    }

    #[test]
    fn commands_are_told_plain_with_carets_and_backwards() {
        for value in [
            "powershell -enc JABz",
            "C:\\Windows\\System32\\cmd.exe /c start",
            "m^sh^t^a h^tt^p^://a.example/",
            "llehS.tpircsW",
            "po\"w\"ershell.exe -WindowStyle hidden",
            "winmgmts:root\\cimv2:Win32_Process",
        ] {
            assert!(found(value), "{value}");
        }
    }

    #[test]
    fn labels_and_names_are_not() {
        for value in [
            "PowerShell",
            "Command",
            "Open cmd",
            "Run the report",
            "C:\\Templates\\a.dotm",
            "http://a.example/",
        ] {
            assert!(!found(value), "{value}");
        }
    }

    #[test]
    fn without_code_nothing_is_told() {
        let mut tree = Tree::new(Child::new("a.doc", "file", b"x".to_vec()));
        let text = b"hidden text = cmd /c dir\n".to_vec();
        tree.add(Some(0), Child::new("h", "hidden-text", text).of_kind("hidden-text"));
        check(&tree, &mut |_, evidence| panic!("{evidence}"));
    }
}
