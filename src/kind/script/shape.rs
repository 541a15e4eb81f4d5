//! Program text known by its shape: how its statements begin and are built, behind comments and with texts left out.
//! Obfuscators hide every word that tells a language, yet what they write is still made of its statements.
//!
//! JScript is what the Windows Script Host runs of JavaScript (no modules, arrow functions or templates), VBScript what
//! has no types. Program text of other languages must not pass: each shape also says what its language never has.

use super::super::head;

/// How much of the code behind the comments is looked at.
const LOOKED_AT: usize = 16 << 10;

/// How many comments before the code are passed over, in bytes.
const PREAMBLE: usize = 1 << 20;

/// Statements that are looked at.
const MOST: usize = 400;

/// Whether a text has the shape of the language of a kind.
pub(super) fn has(kind: &str, bytes: &[u8]) -> bool {
    let Some(test) = SHAPES.iter().find(|(id, _, _)| *id == kind) else { return false };
    let (_, notes, is_it) = test;
    let wide = bytes.starts_with(b"\xff\xfe") && head(bytes, 64).contains(&0);
    let bytes = head(bytes, PREAMBLE);
    let narrow: Vec<u8>;
    let bytes = if wide {
        narrow = bytes.iter().copied().filter(|byte| *byte != 0 && *byte < 0xfe).collect();
        &narrow
    } else {
        bytes.strip_prefix(b"\xef\xbb\xbf").or_else(|| bytes.strip_prefix(b"\xff\xfe")).unwrap_or(bytes)
    };
    let code = head(behind_notes(bytes, notes), LOOKED_AT);
    if code.len() < 20 || code.starts_with(b"#!") || code.starts_with(b"<") || has_foreign_mark(code) {
        return false;
    }
    let text: String = code.iter().map(|byte| lower(*byte)).collect();
    is_it(&text)
}

/// The language, how its comments are written, and its test.
type Shape = (&'static str, &'static [(&'static str, &'static str)], fn(&str) -> bool);

const SHAPES: &[Shape] = &[
    ("js", &[("//", "\n"), ("/*", "*/")], is_jscript),
    ("vbs", &[("'", "\n"), ("rem ", "\n")], is_vbscript),
    ("bat", &[("::", "\n"), ("@rem ", "\n"), ("rem ", "\n")], is_batch),
    ("ps1", &[("#", "\n"), ("<#", "#>")], is_power_shell),
];

fn lower(byte: u8) -> char {
    if byte.is_ascii() { char::from(byte.to_ascii_lowercase()) } else { '?' }
}

/// What only program text and papers of other kinds have.
fn has_foreign_mark(code: &[u8]) -> bool {
    [&b"<?php"[..], b"\n```", b"#include", b"\\begin{"]
        .iter()
        .any(|mark| memchr::memmem::find(code, mark).is_some())
}

/// The text behind the blanks and comments at its start.
fn behind_notes<'a>(mut bytes: &'a [u8], notes: &[(&str, &str)]) -> &'a [u8] {
    loop {
        bytes = bytes.trim_ascii_start();
        let opened = notes.iter().find(|(open, _)| {
            bytes.get(..open.len()).is_some_and(|start| start.eq_ignore_ascii_case(open.as_bytes()))
        });
        let Some((_, close)) = opened.filter(|_| !bytes.starts_with(b"/*@")) else { return bytes };
        let end = memchr::memmem::find(bytes, close.as_bytes());
        let Some(rest) = end.and_then(|end| bytes.get(end + close.len()..)) else { return &[] };
        bytes = rest;
    }
}

/// The code with its texts and comments left out; two quotes stand where a text was.
fn bare(code: &str, quotes: &[char], note: &str) -> String {
    let mut out = String::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        if rest.starts_with(note) {
            rest = rest.find('\n').and_then(|end| rest.get(end..)).unwrap_or_default();
            continue;
        }
        if rest.starts_with("/*") && note == "//" && !rest.starts_with("/*@") {
            rest = rest.find("*/").and_then(|end| rest.get(end + 2..)).unwrap_or_default();
            continue;
        }
        let body = rest.get(first.len_utf8()..).unwrap_or_default();
        if quotes.contains(&first) {
            out.push_str("\"\"");
            rest = behind_text(body, first, note == "//");
        } else {
            out.push(first);
            rest = body;
        }
    }
    out
}

/// What stands behind the text that begins here; no text goes over a line.
fn behind_text(body: &str, quote: char, has_escapes: bool) -> &str {
    let mut letters = body.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' if has_escapes => {
                letters.next();
            }
            '\n' => return body.get(at..).unwrap_or_default(),
            _ if letter == quote => return body.get(at + 1..).unwrap_or_default(),
            _ => {}
        }
    }
    ""
}

/// How many of the words are in a text.
fn said(text: &str, words: &[&str]) -> usize {
    words.iter().filter(|word| text.contains(**word)).count()
}

/// The first word of a statement.
fn first_word(statement: &str) -> &str {
    let end = statement.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '#')));
    statement.get(..end.unwrap_or(statement.len())).unwrap_or_default()
}

/// JScript declares with `var` and `function`, and what hides in it makes texts of texts or names members by texts.
fn is_jscript(text: &str) -> bool {
    let code = bare(text, &['"', '\'', '`'], "//");
    let statements = code.split([';', '{', '}', '\n']).map(str::trim_start).take(4 * MOST);
    let is_foreign = statements.clone().any(|statement| {
        let word = first_word(statement);
        let rest = statement.get(word.len()..).unwrap_or_default();
        let names = rest.starts_with(' ') && !rest.trim_start().starts_with(['=', '(', '.', ',', '+', '[']);
        names && NOT_JSCRIPT.contains(&word)
    });
    let declares = |statement: &str| {
        let rest = statement.strip_prefix("var ").or_else(|| statement.strip_prefix("function "));
        rest.is_some_and(|rest| !first_word(rest.trim_start()).is_empty())
    };
    let declared = statements.clone().filter(|statement| declares(statement)).count()
        + if code.contains('{') {
            code.matches("function(").count() + code.matches("function (").count()
        } else {
            0
        };
    let calls = code.matches('(').count();
    let ends = code.matches(';').count();
    let is_code = calls >= 1 && (ends >= 2 || code.contains('}')) && declared >= 1;
    let is_in_pieces = declared >= 10 && code.matches("\"\"").count() >= 15;
    let tells = is_in_pieces || said(text, OF_JSCRIPT) >= 1;
    is_code && !is_foreign && said(&code, &["=>", "->", ":=", "${"]) == 0 && tells && !super::is_prose(&code)
}

/// How statements begin that JScript does not have.
#[rustfmt::skip]
const NOT_JSCRIPT: &[&str] = &[
    "public", "private", "protected", "namespace", "package", "import", "export", "using", "struct", "typedef",
    "def", "elif", "func", "fn", "procedure", "sub", "dim", "end", "endif", "local", "let", "const", "class",
    "interface", "async", "declare", "static", "int", "void", "unsigned", "char", "bool", "my", "echo", "print",
    "require", "include", "final", "module", "program", "unit", "uses", "begin", "select", "create", "insert",
];

/// What makes texts of texts, or reaches what the host offers.
#[rustfmt::skip]
const OF_JSCRIPT: &[&str] = &[
    "eval", "fromcharcode", "charcodeat", ".charat(", "this[", "new function(", "activexobject", "wscript",
    "unescape(", ".split(\"", ".split('", ".join(\"", ".join('", ".replace(/", ".reverse()", "string.prototype",
    "string[\"", "string['", "[\"\\x", "['\\x", ".constructor", "/*@cc_on", "wsh",
];

/// VBScript ends its blocks with words, and joins, takes apart and runs texts.
fn is_vbscript(text: &str) -> bool {
    let whole = text.replace(" _\r\n", " ").replace(" _\n", " ");
    let code = bare(&whole, &['"'], "'");
    let is_typed = said(&code, TYPED) > 0;
    let statements =
        code.split(['\n', ':']).map(str::trim).filter(|statement| !statement.is_empty()).take(MOST);
    let (mut all, mut fit, mut seen) = (0, 0, Vec::new());
    for statement in statements {
        let word = first_word(statement);
        let rest = statement.get(word.len()..).unwrap_or_default().trim_start();
        all += 1;
        let is_own = OF_VBSCRIPT.contains(&word);
        fit += usize::from(is_own || rest.starts_with(['=', '.', '(']) || word == "end" || word == "rem");
        if is_own && !seen.contains(&word) {
            seen.push(word);
        }
    }
    let runs = said(&code, &["execute", "eval(", "createobject", "getobject", "getref", "wscript."]);
    let makes = said(&code, &["chr(", "chrw(", "strreverse(", "replace(", "split(", "mid(", "asc(", "join("]);
    let is_chain = code.starts_with("execute") && code.matches("chr").count() >= 10;
    let is_foreign = said(&code, &["{", ";\n", ";\r", "$", "==", "begin\n", "local "]) > 0;
    !is_typed
        && !is_foreign
        && !super::is_prose(&code)
        && (is_chain || fit * 10 >= all * 8 && seen.len() >= 2 && runs >= 1 && runs + makes + seen.len() >= 4)
}

/// What VBA and Visual Basic have beyond it.
#[rustfmt::skip]
const TYPED: &[&str] = &[
    " as string", " as integer", " as long", " as object", " as new ", " as variant", "attribute vb_", "imports ",
];

/// How statements begin that few other languages have.
#[rustfmt::skip]
const OF_VBSCRIPT: &[&str] = &[
    "dim", "redim", "set", "const", "on", "elseif", "next", "loop", "wend", "function", "sub", "call",
    "execute", "executeglobal", "option", "randomize", "if", "for", "do", "while", "select", "case", "else",
    "private", "public", "exit",
];

/// Batch files are lines of commands, with variables between percent signs and noise that `cmd.exe` takes out.
fn is_batch(text: &str) -> bool {
    let plain: String = text.chars().filter(|c| !matches!(c, '^' | '\r')).collect();
    let lines = plain.lines().map(|line| line.trim_start_matches([' ', '\t', '@', '(', ')', '&', '"']));
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).take(MOST).collect();
    let is_own = |line: &&&str| {
        let bare: String = line.split('%').step_by(2).collect();
        let is_command = |line: &str| OF_BATCH.contains(&first_word(line)) || line.starts_with("powershell");
        line.starts_with(['%', ':', '!'])
            || is_command(line)
            || is_command(bare.trim_start_matches([' ', '@']))
    };
    let own = lines.iter().filter(is_own).count();
    let sets = lines.iter().filter(|line| line.starts_with("set ") && line.contains('=')).count();
    let between = plain.split('%').skip(1).step_by(2);
    let variables =
        between.filter(|name| !name.is_empty() && name.len() < 40 && !name.contains(['\n', ' '])).count();
    let carets = text.matches('^').count();
    let marks = usize::from(variables >= 2 || sets >= 1 && variables >= 1)
        + usize::from(variables >= 2 && sets >= 2)
        + usize::from(variables + sets >= 20)
        + usize::from(carets >= 5)
        + said(
            &plain,
            &[
                ":~", "for /f", ">nul", "> nul", "goto ", "goto:", "echo off", "setlocal", "%~", "exit /b",
                "&cls",
            ],
        )
        + said(
            &plain,
            &["powershell ", "cmd /c", "cmd.exe", "certutil", "mshta ", "rundll32", "regsvr32", "start /"],
        );
    let is_foreign = lines.iter().any(|line| NOT_BATCH.contains(&first_word(line)));
    !is_foreign && own * 10 >= lines.len() * 7 && own >= 1 && marks >= 2
}

/// Commands of `cmd.exe` and programs that batch files start.
#[rustfmt::skip]
const OF_BATCH: &[&str] = &[
    "echo", "set", "if", "for", "goto", "call", "start", "rem", "cd", "copy", "del", "xcopy", "pushd", "popd",
    "mkdir", "md", "rd", "rmdir", "timeout", "ping", "reg", "sc", "net", "exit", "setlocal", "endlocal", "cls",
    "title", "cmd", "certutil", "bitsadmin", "curl", "schtasks", "taskkill", "attrib", "rundll32", "regsvr32",
    "mshta", "wscript", "cscript", "mode", "color", "pause", "type", "move", "ren", "else", "chcp", "wmic",
    "tar", "robocopy", "icacls", "shift", "msiexec", "forfiles",
];

/// How lines begin of shells and settings that resemble batch files.
#[rustfmt::skip]
const NOT_BATCH: &[&str] = &[
    "fi", "done", "esac", "endif", "endfunction", "let", "elif", "endforeach", "endmacro", "function", "var",
    "dim", "end", "export", "import", "def", "local", "then", "augroup", "autocmd",
];

/// PowerShell has operators that begin with a dash, casts to classes of .NET, and pipes.
fn is_power_shell(text: &str) -> bool {
    let plain: String = text.chars().filter(|c| *c != '`').collect();
    let code = bare(&plain, &['"', '\''], "#");
    let operators = said(&code, OPERATORS);
    let classes = said(&plain, CLASSES);
    let runs = said(&plain, RUNS);
    let sets = super::Seen::sets_variables(&code);
    let commands = said(
        &code,
        &["new-object", "start-process", "start-sleep", "get-content", "get-item", "convertto-", "invoke-"],
    );
    let is_foreign = NOT_POWER_SHELL.iter().any(|word| code.contains(word));
    let told =
        operators + classes + commands + usize::from(code.contains("\"\"-f") || code.contains("\"\" -f"));
    let is_short = runs >= 1 && code.contains("new-object");
    let is_enough = told >= 1 && runs >= 1 && (is_short || told + runs + usize::from(sets) >= 3);
    !is_foreign && is_enough && !super::is_prose(&plain)
}

#[rustfmt::skip]
const RUNS: &[&str] = &[
    "iex", "invoke-expression", "\"-f", "\" -f", "&(", "& (", ".(", "%{", "foreach-object", "|&", "| &",
];

#[rustfmt::skip]
const OPERATORS: &[&str] = &[
    "-join", "-split", "-replace", "-creplace", "-bxor", "-match", "-eq ", "-ne ", "-lt ", "-like ", "-as ",
];

#[rustfmt::skip]
const CLASSES: &[&str] = &[
    "[char]", "[char[]]", "[byte[]]", "[convert]::", "[string]", "[array]::", "[text.encoding]", "[system.",
    "[io.", "[scriptblock]", "[regex]::", "[int]", "[math]::", "[runtime.", "[reflection.", "[type]", "$env:",
    "$pshome", "$shellid", "securestring", "frombase64string", "compression.",
];

#[rustfmt::skip]
const NOT_POWER_SHELL: &[&str] =
    &[
    "function(", "\ndim ", "my $", "->", "\nfi\n", "\ndone", "esac", ":=", "=>", "#define", "elif ",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<&'static str> {
        SHAPES.iter().map(|(id, _, _)| *id).filter(|id| has(id, text.as_bytes())).collect()
    }

    #[test]
    fn shapes_of_hidden_scripts_are_known() {
        let rows = [
            (
                "function a1() { return 'ev'; } var n = ''; for (var i = 1; i < 9; i++) { n += this['a' + i](); }",
                "js",
            ),
            ("var a='x',b=eval,c='y'+a;b(c);", "js"),
            (
                "String.prototype.f = function () { return this.split(\",\").join(\"\"); }; W[\"a,b\".f()](1);",
                "js",
            ),
            (
                "/* import a */ var b = new Array(1, 2); var c = (new Function(\"x\", \"return x\"))(b[0]);",
                "js",
            ),
            ("Dim a, i\nFor i = 0 To 5\nr = r & Chr(a(i) - 17)\nNext\nExecute r\n", "vbs"),
            ("k = \"x\":For i = 1 To 9:r = r & Chr(Asc(Mid(k, i, 1)) Xor 3):Next:ExecuteGlobal r", "vbs"),
            ("set v1=p\nset v2=o\n%v1%%v2%wer -c x\n", "bat"),
            ("c^m^d /c \"p^o^w^ershell -c x\" & st^art t.exe", "bat"),
            ("&(\"{1}{0}\" -f \"x\",\"ie\") ('Down'+'load')\n$a = [char]65", "ps1"),
            ("(73,69,88 | %{[char]$_}) -join '' | & ($x)", "ps1"),
        ];
        for (text, want) in rows {
            assert_eq!(kinds(text), [want], "{text}");
        }
    }

    #[test]
    fn comments_and_charsets_before_the_code_hide_nothing() {
        let code = "var a='x',b=eval,c='y'+a;b(c);";
        let long = format!("/*{}*/\n// words\n{code}", "Please read this first. ".repeat(4000));
        assert!(has("js", long.as_bytes()));
        let wide: Vec<u8> =
            "\u{feff}".encode_utf16().chain(code.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        assert!(has("js", &wide));
        assert!(has("js", format!("\u{feff}{code}").as_bytes()));
        assert!(!has("js", "/* never closed".as_bytes()));
    }

    #[test]
    fn other_languages_and_papers_have_no_shape() {
        for text in [
            "package a;\nimport b.C;\npublic class D { void e() { var f = g.split(\",\"); h(f); } }",
            "import { a } from 'b';\nvar c = a.split(',').join('');\nfunction d() { return eval(c); }",
            "int main(void) { char *a = \"eval\"; return b(a); }",
            "def a(b):\n    c = eval(b)\n    return c\n",
            "#!/bin/sh\nset a=b\necho $a > nul\ngoto c\n",
            "set nocompatible\nif exists('g:a')\n  let g:b = 1\nendif\necho 'x' > nul\n",
            "Dim a As String\nSet b = CreateObject(\"x\")\nNext\nExecute c\n",
            "The function (see above) returns a value; please set the date, and eval(x) later; var. 2 (b).",
            "my $a = join('', @b);\nif (-f $a) { print $a -replace; }\n",
            "{\"scripts\": {\"a\": \"eval\"}, \"var\": [1, 2]}",
            "body { color: red; }\n.a:after { content: 'eval(x)'; }",
            "",
        ] {
            assert_eq!(kinds(text), [""; 0], "{text}");
        }
    }
}
