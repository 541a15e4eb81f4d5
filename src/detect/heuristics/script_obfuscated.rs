//! Scripts written so that nobody can read them, and scripts that do in the open what honest ones do not need.

use super::{Check, Heuristic};
use crate::artifact::Sign;
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::scripts::{Bundle, scripts};
use crate::kind::Class;

pub(super) const RULE: Heuristic = Heuristic {
    id: "script-obfuscated",
    strength: Strength::Medium,
    title_en: "A script hides what it does, or does what no office script needs",
    title_ja: "スクリプトが、動作を隠しているか、業務では使わない動作をします",
    attack: &["T1027.010", "T1059"],
    page: include_str!("../../../docs/rules/script-obfuscated.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for script in scripts(tree) {
        if let Some(shown) = telling(&script) {
            hit(script.holder.id, shown);
        }
    }
}

/// Signs that, all together, say enough: what hides, what runs hidden, what no office needs.
const TOGETHER: &[&[Sign]] = &[
    &[Sign::Shellcode],
    &[Sign::WeakensOffice],
    &[Sign::ChoppedText, Sign::ProcessStart],
    &[Sign::ChoppedText, Sign::Interpreter],
    &[Sign::ChoppedText, Sign::Decoding],
    &[Sign::ChoppedText, Sign::ComputedObject],
    &[Sign::ChoppedText, Sign::RandomNames],
    &[Sign::ChoppedText, Sign::Download],
    &[Sign::ChoppedText, Sign::FileWrite],
    &[Sign::EncodedText, Sign::ProcessStart],
    &[Sign::EncodedText, Sign::ComputedObject],
    &[Sign::EncodedText, Sign::Interpreter],
    &[Sign::RandomNames, Sign::ComputedObject],
    &[Sign::RandomNames, Sign::ProcessStart],
    &[Sign::Decoding, Sign::EncodedText, Sign::RandomNames],
    &[Sign::Decoding, Sign::ComputedObject],
    &[Sign::Decoding, Sign::ProcessStart],
    &[Sign::HiddenWindow, Sign::Interpreter],
    &[Sign::HiddenWindow, Sign::ProcessStart],
    &[Sign::ComputedObject, Sign::ProcessStart, Sign::FileWrite],
    &[Sign::CopiesCode, Sign::ProcessStart, Sign::FileWrite],
    &[Sign::CopiesCode, Sign::Decoding],
];

/// Signs that say enough only in languages whose libraries hold no long encoded texts.
const OF_WINDOWS: &[&[Sign]] =
    &[&[Sign::Decoding, Sign::EncodedText], &[Sign::ChoppedText, Sign::HiddenWindow]];

fn telling(script: &Bundle) -> Option<String> {
    let file = script.decoded().find(|layer| {
        matches!(layer.kind.class, Class::Program | Class::Archive | Class::Shortcut)
            && layer.kind.id != "gzip"
    });
    let is_of_windows = matches!(script.holder.kind.id, "ps1" | "vbs" | "vbe" | "bat" | "hta" | "wsf");
    let of_windows = OF_WINDOWS.iter().filter(|_| is_of_windows);
    let signs = TOGETHER.iter().chain(of_windows).find(|signs| signs.iter().all(|sign| script.has(*sign)));
    let shown = signs.and_then(|signs| script.first(*signs.first()?)).map(str::to_string);
    shown.or_else(|| file.map(|file| format!("{}: {} bytes", file.kind.id, file.size)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::scripts::tests::hits;

    #[test]
    fn hidden_scripts_hit_and_open_ones_do_not() {
        for (name, source, want) in [
            ("a.js", "var a = this['Act' + 'iveXO' + 'bject']; new a('WSc' + 'ript.Sh' + 'ell');", 1),
            (
                "a.vbs",
                "x = Replace(\"WSc@ri@pt.Sh@ell\", \"@\", \"\")\nSet s = CreateObject(x)\ns.Run y, 0, False",
                1,
            ),
            ("a.ps1", "$a = 'i'+'e'+'x'; & $a ('New-Ob'+'ject Net.Web'+'Client')", 1),
            ("a.bat", "set a=powe\nset b=rshell\n%a%%b% -c x", 1),
            ("a.ps1", "[Reflection.Assembly]::Load($b).EntryPoint.Invoke($null, $null)", 1),
            ("a.bat", "powershell -Command Add-MpPreference -ExclusionPath C:\\", 1),
            ("a.vbs", "Execute f(\"50\")\nSet o = CreateObject(f(\"51\"))", 1),
            ("a.ps1", "&($ShellId[1]+$ShellId[13]+'x') $t", 1),
            (
                "",
                "<html><hta:application id=x><script language=vbscript>CreateObject(\"WScript.Shell\").Run \"a\", 0</script>",
                1,
            ),
            ("a.vbs", "MsgBox \"Hello\" & \" world\"", 0),
            ("a.bat", "@echo off\r\nset src=C:\\data\r\nxcopy %src% D:\\backup /s", 0),
            ("a.js", "var a = document.getElementById('x' + i); eval(b);", 0),
            ("a.ps1", "$name = 'a' + $env:COMPUTERNAME\nGet-ChildItem C:\\ | Export-Csv out.csv", 0),
        ] {
            assert_eq!(hits(&RULE, name, source.as_bytes()).len(), want, "{source}");
        }
    }
}
