use crate::artifact::{Artifact, Child, Fact, Format, Opened, Tree};
use crate::code::script::Scripts;
use crate::keyring::Keyring;
use crate::limits::{Budget, Limits};

/// 200 letters of what could be a cipher text.
fn cipher() -> String {
    let mut state = 7u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b"QWbmNZ7xkfP0LrtY5uVhG2d9"[usize::try_from(state >> 24).unwrap() % 24])
    };
    (0..200).map(|_| next()).collect()
}

fn opened(name: &str, source: &str) -> Opened {
    let tree = Tree::new(Child::new(name, "attachment", source.as_bytes().to_vec()));
    let artifact: &Artifact = tree.get(0).unwrap();
    let mut out = Opened::default();
    assert!(Scripts.matches(artifact), "{name}: {}", artifact.kind.id);
    Scripts.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
    out
}

/// What is told of a script; `%` stands for a cipher text.
fn told(name: &str, source: &str) -> Option<String> {
    let out = opened(name, &source.replace("%C", &cipher()));
    out.facts.into_iter().find_map(|fact| match fact {
        Fact::Trick { what, detail } if what.starts_with("script-") => Some(format!("{what}: {detail}")),
        _ => None,
    })
}

const DECRYPTORS: &[(&str, &str, &str)] = &[
    (
        "a.js",
        "var p = CryptoJS.AES.decrypt('%C', 'key').toString(CryptoJS.enc.Utf8); document.write(p);",
        "script-decrypts: AES by CryptoJS",
    ),
    (
        "a.js",
        "var p = CryptoJS['A' + 'ES']['dec' + 'rypt']('U2FsdGVkX1+mbNZ7xkfP0LrtY5uVhG2d9QWbmNZ7xkfP0Lr', k); eval(p);",
        "script-decrypts: AES by CryptoJS",
    ),
    (
        "a.js",
        "var d = atob('%C'); crypto.subtle.importKey('raw', k).then(k => crypto.subtle.decrypt('AES-CBC', k, d)).then(t => { x.innerHTML = t; });",
        "script-decrypts: a cipher of the browser",
    ),
    (
        "a.ps1",
        "$a = [System.Security.Cryptography.Aes]::Create()\n$a.Key = [Convert]::FromBase64String('abc')\n$d = $a.CreateDecryptor()\n\
         $b = [Convert]::FromBase64String('%C')\niex ([Text.Encoding]::UTF8.GetString($d.TransformFinalBlock($b, 0, $b.Length)))",
        "script-decrypts: AES by System.Security.Cryptography",
    ),
    (
        "a.vbs",
        "Set r = CreateObject(\"System.Security.Cryptography.RijndaelManaged\")\nSet d = r.CreateDecryptor_2((k), (i))\nx = \"%C\"\nExecute f(d, x)",
        "script-decrypts: AES by System.Security.Cryptography",
    ),
    (
        "a.ps1",
        "$s = New-Object IO.StreamReader((New-Object IO.Compression.GzipStream($(New-Object IO.MemoryStream(,[Convert]::FromBase64String('%C'))), 0)))\niex $s.ReadToEnd()",
        "script-decrypts: System.IO.Compression",
    ),
    (
        "a.ps1",
        "$s = '%C' | ConvertTo-SecureString -Key (1..16)\niex ([Runtime.InteropServices.Marshal]::PtrToStringAuto([Runtime.InteropServices.Marshal]::SecureStringToBSTR($s)))",
        "script-decrypts: a secure string",
    ),
];

const KEYED: &[(&str, &str, &str)] = &[
    (
        "a.js",
        "function d(s, k) { var o = ''; for (var i = 0; i < s.length; i++) o += String.fromCharCode(s.charCodeAt(i) ^ k.charCodeAt(i % k.length)); return o; }\n\
         eval(d('%C', WScript.ScriptName));",
        "script-keyed: exclusive or, the key is made of the name of its file",
    ),
    (
        "a.vbs",
        "n = CreateObject(\"WScript.Network\").ComputerName\nk = UCase(n) & \"x\"\nx = \"%C\"\nFor i = 1 To Len(x)\n\
         r = r & Chr(Asc(Mid(x, i, 1)) Xor Asc(Mid(k, i Mod Len(k), 1)))\nNext\nExecute r",
        "script-keyed: exclusive or, the key is made of the name of the computer",
    ),
    (
        "a.ps1",
        "$h = [Security.Cryptography.SHA256]::Create().ComputeHash([Text.Encoding]::UTF8.GetBytes($env:USERDOMAIN))\n\
         $a = New-Object Security.Cryptography.AesManaged\n$a.Key = $h\n$b = [Convert]::FromBase64String('%C')\n\
         iex ([Text.Encoding]::UTF8.GetString($a.CreateDecryptor().TransformFinalBlock($b, 0, $b.Length)))",
        "script-keyed: AES by System.Security.Cryptography, the key is made of the name of the domain",
    ),
    (
        "a.js",
        "var k = location.hash.substring(1); var p = CryptoJS.AES.decrypt('%C', k); document.write(p.toString(CryptoJS.enc.Utf8));",
        "script-keyed: AES by CryptoJS, the key is made of the address of the page",
    ),
];

#[test]
fn scripts_that_decrypt_themselves_are_told() {
    for (name, source, want) in DECRYPTORS.iter().chain(KEYED) {
        assert_eq!(told(name, source).as_deref(), Some(*want), "{source}");
    }
}

#[test]
fn scripts_that_decrypt_for_others_are_not() {
    let rows = [
        // A page that decrypts what it fetches, and a library.
        (
            "a.js",
            "fetch('/x').then(r => r.text()).then(t => { el.innerHTML = CryptoJS.AES.decrypt(t, key); });",
        ),
        (
            "a.js",
            "var CryptoJS = CryptoJS || function () { var map = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=';\
             C.AES = { decrypt: function (c, k) { return eval(x); } }; }();",
        ),
        // A module that keeps credentials.
        (
            "a.ps1",
            "function Unprotect-Secret([string]$Text, [byte[]]$Key) {\n$a = [Security.Cryptography.Aes]::Create()\n$a.Key = $Key\n\
             $b = [Convert]::FromBase64String($Text)\n$c = $a.CreateDecryptor().TransformFinalBlock($b, 0, $b.Length)\nreturn $c\n}\n& (Join-Path $PSScriptRoot 'a.ps1')",
        ),
        // A logon script, one that carries a picture, one that checks the name of the computer.
        (
            "a.ps1",
            "$log = \"C:\\logs\\$env:COMPUTERNAME.log\"\n$icon = [Convert]::FromBase64String('%C')\n& (Get-Command notepad) $log",
        ),
        (
            "a.vbs",
            "n = CreateObject(\"WScript.Network\").ComputerName\nIf n = \"PC\" Xor x Then CreateObject(\"WScript.Shell\").Run \"notepad\"",
        ),
        (
            "a.js",
            "var p = location.pathname; var h = 7; for (i in x) { h ^= x[i]; } el.innerHTML = '<img src=' + '%C' + '>';",
        ),
    ];
    for (name, source) in rows {
        assert_eq!(told(name, source), None, "{source}");
    }
}

#[test]
fn in_bundles_a_cipher_text_must_reach_the_decryptor() {
    let bundle = "function f(a, b) { return a ^ b; } ".repeat(500);
    let own = format!("{bundle} var t = '%C', k = 1; document.write(CryptoJS.AES.decrypt(t, k));");
    assert_eq!(told("a.js", &own).as_deref(), Some("script-decrypts: AES by CryptoJS"));
    let other =
        format!("{bundle} var prime = '%C'; el.innerHTML = CryptoJS.AES.decrypt(x, location.href ^ 7);");
    assert_eq!(told("a.js", &other), None);
}

#[test]
fn content_under_a_reader_s_password_is_unread() {
    let source =
        "var k = prompt('Password'); document.write(CryptoJS.AES.decrypt('%C', k));".replace("%C", &cipher());
    let out = opened("a.js", &source);
    assert_eq!(out.unread[0].reason, "encrypted");
}

#[test]
fn no_cut_and_no_flipped_bit_panics() {
    for (name, source, _) in DECRYPTORS.iter().chain(KEYED) {
        let source = source.replace("%C", cipher().get(..90).unwrap());
        for at in (0..source.len()).step_by(5) {
            let tree = |bytes: &[u8]| Tree::new(Child::new(*name, "attachment", bytes.to_vec()));
            let mut bad = source.as_bytes().to_vec();
            bad[at] ^= 1 << (at % 7);
            for tree in [tree(&source.as_bytes()[..at]), tree(&bad)] {
                let artifact = tree.get(0).unwrap();
                if Scripts.matches(artifact) {
                    let mut out = Opened::default();
                    Scripts
                        .open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default()))
                        .unwrap();
                }
            }
        }
    }
}
