//! The built program: formats, exit statuses, order, ways in, hostile names, and what it writes.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic, starts the program, and reads what it wrote"
)]

mod build;
#[path = "cli/mailboxes.rs"]
mod mailboxes;

use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A folder of inputs that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("tenpu-cli-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

/// The program, in English and with a cache folder of its own, whatever the machine is set to.
fn tenpu(args: &[&dyn AsRef<OsStr>]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenpu"));
    command.args(args.iter().map(|arg| arg.as_ref()));
    command.env_clear().env("LANG", "C").stdin(Stdio::null());
    command
}

fn run(args: &[&dyn AsRef<OsStr>]) -> Output {
    tenpu(args).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// The reports of a run with `--format json`.
fn reports(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn paths(output: &Output) -> Vec<String> {
    let name = |report: &Value| Path::new(report["path"].as_str().unwrap()).file_name().unwrap().to_owned();
    reports(output).iter().map(|report| name(report).into_string().unwrap()).collect()
}

/// A mail with nothing in it but text.
fn mail(subject: &str) -> String {
    format!(
        "From: Tanaka <tanaka@town.example>\r\nTo: info@town.example\r\nSubject: {subject}\r\n\
         Date: Fri, 4 Mar 2022 09:12:00 +0900\r\nMessage-ID: <{subject}@town.example>\r\n\r\nGood morning.\r\n"
    )
}

fn mbox(subjects: &[&str]) -> String {
    let entry = |subject: &&str| {
        let lines = mail(subject).replace("\r\n", "\n");
        format!("From tanaka@town.example Fri Mar  4 09:12:00 2022\n{lines}\n")
    };
    subjects.iter().map(entry).collect()
}

#[test]
fn a_clean_mail_is_one_line_of_text_and_status_0() {
    let folder = Folder::new();
    let file = folder.file("a.eml", mail("a"));
    let output = run(&[&"scan", &file]);
    assert_eq!(status(&output), 0);
    let want = format!("○ {}  Nothing suspicious was found (this is no guarantee).\n", file.display());
    assert_eq!((stdout(&output), stderr(&output)), (want, String::new()));
    let output = run(&[&"scan", &"--lang", &"ja", &file]);
    assert!(stdout(&output).contains("不審な点は見つかりませんでした（安全を保証するものではありません）。"));
}

#[test]
fn the_locale_chooses_the_language() {
    let folder = Folder::new();
    let file = folder.file("a.eml", mail("a"));
    let japanese = |variables: &[(&str, &str)]| {
        let output = tenpu(&[&"scan", &file]).envs(variables.iter().copied()).output().unwrap();
        stdout(&output).contains("不審な点")
    };
    assert!(japanese(&[("LANG", "ja_JP.UTF-8")]));
    assert!(japanese(&[("LC_MESSAGES", "ja_JP.UTF-8"), ("LANG", "en_US.UTF-8")]));
    assert!(!japanese(&[("LC_ALL", "C.UTF-8"), ("LANG", "ja_JP.UTF-8")]));
    assert!(japanese(&[("LC_ALL", ""), ("LANG", "ja_JP.UTF-8")]));
}

#[test]
fn json_is_one_valid_object_a_line_and_nothing_else() {
    let folder = Folder::new();
    let box_of_three = folder.file("all.mbox", mbox(&["one", "two", "three"]));
    let file = folder.file("note.txt", "hello");
    let output = run(&[&"scan", &"--format", &"json", &box_of_three, &"/nonexistent/x.eml", &file]);
    let schema: Value = serde_json::from_str(include_str!("../docs/report.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let reports = reports(&output);
    for report in &reports {
        assert!(schema.is_valid(report), "{report}");
    }
    let places: Vec<_> = reports.iter().map(|report| report["index"].as_u64().unwrap()).collect();
    assert_eq!(places, [0, 1, 2, 0]);
    assert_eq!(reports[3]["artifacts"][0]["format"], "text");
    assert_eq!(reports[3]["artifacts"][0]["via"], "file");
    assert_eq!((status(&output), stderr(&output).contains("/nonexistent/x.eml: No such file")), (2, true));
}

#[test]
fn a_whole_html_page_for_a_run() {
    let folder = Folder::new();
    let file = folder.file("a.eml", mail("a"));
    let other = folder.file("<script>alert(1).txt", "hello");
    let output = run(&[&"scan", &"--format", &"html", &"--lang", &"ja", &file, &other]);
    let page = stdout(&output);
    assert_eq!(status(&output), 0);
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"ja\">") && page.ends_with("</html>\n"));
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;alert(1)"));
    assert_eq!(page.matches("<article ").count(), 2);
}

#[test]
fn the_order_is_that_of_the_inputs_whatever_the_jobs() {
    let folder = Folder::new();
    for n in 0..150 {
        folder.file(&format!("{n:03}.eml"), mail(&format!("m{n}")) + &"x\r\n".repeat(n * 997 % 4000));
    }
    let without_time = |output: &Output| {
        let mut reports = reports(output);
        reports.iter_mut().for_each(|report| report["elapsed_ms"] = 0.into());
        reports
    };
    let one = run(&[&"scan", &"--format", &"json", &"--jobs", &"1", &folder.0]);
    let two = run(&[&"scan", &"--format", &"json", &"--jobs", &"2", &folder.0]);
    assert_eq!(without_time(&one), without_time(&two));
    assert_eq!(paths(&one), (0..150).map(|n| format!("{n:03}.eml")).collect::<Vec<_>>());
    let text = |jobs: &str| stdout(&run(&[&"scan", &"--jobs", &jobs, &folder.0]));
    assert_eq!(text("1"), text("2"));
}

#[test]
fn a_run_over_several_ends_in_a_line_of_counts_on_standard_error() {
    let folder = Folder::new();
    folder.file("a.eml", mail("a"));
    folder.file("b.eml", mail("b"));
    let output = run(&[&"scan", &folder.0]);
    assert!(stderr(&output).starts_with("2 messages: ○ Nothing found 2 · "), "{}", stderr(&output));
    let empty = Folder::new();
    let output = run(&[&"scan", &empty.0]);
    assert_eq!((status(&output), stderr(&output).as_str()), (0, "There was nothing to scan.\n"));
}

#[test]
fn a_maildir_gives_its_messages_only() {
    let folder = Folder::new();
    folder.file("box/cur/1.host:2,S", mail("1"));
    folder.file("box/new/2.host", mail("2"));
    folder.file("box/tmp/3.host", mail("3"));
    folder.file("box/dovecot-uidlist", "1");
    folder.file("box/.Sent/cur/4.host:2,S", mail("4"));
    fs::create_dir(folder.0.join("box/.Sent/new")).unwrap();
    let output = run(&[&"scan", &"--format", &"json", &folder.0]);
    let mut paths = paths(&output);
    paths.sort();
    assert_eq!(paths, ["1.host:2,S", "2.host", "4.host:2,S"]);
    assert_eq!(status(&output), 0);
}

#[test]
fn standard_input_is_a_message_or_an_mbox() {
    for (given, want) in [(mail("a"), 1), (mbox(&["a", "b"]), 2)] {
        let mut child = tenpu(&[&"scan", &"--format", &"json", &"-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(given.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let reports = reports(&output);
        assert_eq!((reports.len(), status(&output)), (want, 0));
        assert!(reports.iter().all(|report| report["path"] == "-"));
    }
}

#[test]
fn input_beyond_the_limit_is_unverified_and_says_why() {
    let folder = Folder::new();
    let config = folder.file("tenpu.toml", "[milter]\nlisten = \"x\"\n[limits]\ninput_bytes = 300\n");
    let file = folder.file("a.eml", mail("a") + &"x".repeat(1000));
    let output = run(&[&"scan", &"--format", &"json", &"--config", &config, &file]);
    let report = &reports(&output)[0];
    assert_eq!((status(&output), report["verdict"].as_str()), (0, Some("unverified")));
    assert_eq!(report["unread"][0]["reason"], "limit-input-bytes");
    assert_eq!(report["artifacts"][0]["size"].as_u64(), Some(fs::metadata(&file).unwrap().len()));
    let text = stdout(&run(&[&"scan", &"--config", &config, &file]));
    assert!(text.starts_with("\n◇ Not verified: "), "{text}");
    assert!(text.contains("The mail is larger than the limit"), "{text}");
}

#[test]
fn a_wrong_call_is_status_2_with_a_reason() {
    let folder = Folder::new();
    let mail = folder.file("a.eml", mail("a"));
    let config = folder.file("bad.toml", "[limits]\ndeepness = 3\n");
    let rows: [(&[&dyn AsRef<OsStr>], &str); 7] = [
        (&[&"scan"], "PATH"),
        (&[&"scan", &"--format", &"xml", &mail], "xml"),
        (&[&"scan", &"--jobs", &"0", &mail], "--jobs"),
        (&[&"scan", &"--config", &config, &mail], "deepness"),
        (&[&"scan", &"--passwords", &"/nonexistent/list", &mail], "/nonexistent/list"),
        (&[&"explain", &folder.0], "is a folder"),
        (&[&"rules", &"show", &"no-such-rule"], "no-such-rule"),
    ];
    for (args, why) in rows {
        let output = run(args);
        assert_eq!(status(&output), 2, "{why}");
        assert_eq!(stdout(&output), "", "{why}");
        assert!(stderr(&output).contains(why), "{why}: {}", stderr(&output));
    }
    assert_eq!(status(&run(&[&"--help"])), 0);
    assert_eq!(stdout(&run(&[&"--version"])), format!("tenpu {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn rules_that_do_not_load_are_named_and_the_rest_is_scanned() {
    let folder = Folder::new();
    let mail = folder.file("a.eml", mail("a"));
    let output = run(&[&"scan", &"--format", &"json", &"--rules", &"/nonexistent/own.yar", &mail]);
    assert_eq!((status(&output), reports(&output).len()), (2, 1));
    assert!(stderr(&output).starts_with("tenpu: rules: /nonexistent/own.yar"), "{}", stderr(&output));
    let output = run(&[&"rules", &"check", &"/nonexistent/own.yar"]);
    assert_eq!((status(&output), stdout(&output).as_str()), (2, "0 rules loaded, 1 problems\n"));
}

#[cfg(feature = "yara")]
#[test]
fn an_alarm_is_status_1_and_what_could_not_be_read_goes_before_it() {
    let folder = Folder::new();
    let rule = "rule Marker { meta: strength = \"strong\" title_en = \"A marker was found.\" \
                strings: $a = \"TENPU-TEST-MARKER\" condition: $a }";
    let rules = folder.file("own.yar", rule);
    let file = folder.file("a.txt", "the TENPU-TEST-MARKER stands here");
    let output = run(&[&"scan", &"--rules", &rules, &"--no-builtin-rules", &file]);
    assert_eq!(status(&output), 1, "{}", stderr(&output));
    assert!(stdout(&output).starts_with("\n■ Dangerous: "), "{}", stdout(&output));
    assert_eq!(status(&run(&[&"scan", &"--rules", &rules, &file, &"/nonexistent"])), 2);
    let broken = folder.file("half.yar", format!("{rule}\nrule Broken {{ condition: no_such_name }}\n"));
    let output = run(&[&"scan", &"--rules", &broken, &"--no-builtin-rules", &file]);
    assert!(stderr(&output).contains("half.yar:"), "{}", stderr(&output));
    assert_eq!((status(&output), status(&run(&[&"rules", &"check", &broken]))), (1, 2));
    assert_eq!(status(&run(&[&"explain", &"--rules", &rules, &file])), 1);
}

/// Names that attack terminals, pages and eyes.
#[cfg(unix)]
const HOSTILE: [&str; 3] =
    ["\u{1b}]0;owned\u{7}\u{1b}[2J.txt", "exe\u{202e}cod.txt", "<img src=x onerror=a>.txt"];

#[cfg(unix)]
#[test]
fn hostile_names_are_shown_and_never_obeyed() {
    let folder = Folder::new();
    for name in HOSTILE {
        folder.file(name, b"\0\x01\x02");
    }
    folder.file("shut\u{202e}.7z", b"7z\xbc\xaf\x27\x1c");
    for format in ["text", "json", "html"] {
        let output = run(&[&"scan", &"--format", &format, &folder.0]);
        let text = stdout(&output) + &stderr(&output);
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{format}");
        assert!(format != "html" || !text.contains("<img"));
        assert!(text.contains("202e") || text.contains("202E"), "{format}");
    }
    let output = run(&[&"scan", &"--format", &"json", &folder.0]);
    let mut names = paths(&output);
    names.sort();
    let mut want = [&HOSTILE[..], &["shut\u{202e}.7z"]].concat();
    want.sort_unstable();
    assert_eq!(names, want, "a JSON reader gets the path as it is");
    let output = run(&[&"scan", &"/nonexistent/\u{1b}[2J\u{202e}"]);
    assert!(!stderr(&output).contains(['\u{1b}', '\u{202e}']));
}

#[cfg(unix)]
#[test]
fn extract_writes_harmless_names_and_never_overwrites() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let file = folder.file("請求\u{202e}書.exe", b"MZ\0\x01");
    let to = folder.0.join("out");
    let output = run(&[&"extract", &file, &"--to", &to]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let written = to.join("0000-請求_書.exe.bin");
    assert_eq!(fs::read(&written).unwrap(), b"MZ\0\x01");
    assert!(stdout(&output).starts_with("0000-請求_書.exe.bin\t"), "{}", stdout(&output));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&to), mode(&written)), (0o700, 0o600));
    fs::write(&written, "mine").unwrap();
    let output = run(&[&"extract", &file, &"--to", &to]);
    assert_eq!((status(&output), fs::read(&written).unwrap()), (2, b"mine".to_vec()));
}

#[test]
fn explain_tells_what_is_inside() {
    let folder = Folder::new();
    let file = folder.file("all.mbox", mbox(&["one", "two"]));
    let output = run(&[&"explain", &"--index", &"1", &file]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("all.mbox (message 2)") && text.contains("── Inside\n[0] "), "{text}");
    assert!(stderr(&run(&[&"explain", &"--index", &"2", &file])).contains("holds 2 messages"));
    let macros = folder.file("Module1.bas", "Sub A()\n\tMsgBox \"x\"\nEnd Sub\n");
    assert!(stdout(&run(&[&"explain", &macros])).contains("\n    2 |     MsgBox \"x\"\n"));
}

#[test]
fn every_listed_rule_can_be_shown_in_both_languages() {
    let listed = stdout(&run(&[&"rules", &"list"]));
    for id in listed.lines().filter_map(|line| line.split_whitespace().next()) {
        for lang in ["en", "ja"] {
            let output = run(&[&"rules", &"show", &id, &"--lang", &lang]);
            assert_eq!(status(&output), 0, "{id}");
            assert!(!stdout(&output).trim().is_empty(), "{id}");
        }
    }
    assert_eq!(stdout(&run(&[&"rules", &"list", &"--no-builtin-rules"])), "");
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let folder = Folder::new();
    for n in 0..300 {
        folder.file(&format!("{n:03}.eml"), mail(&format!("m{n}")));
    }
    let mut child = tenpu(&[&"scan", &"--format", &"json", &folder.0])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((first, status(&output), stderr(&output)), (*b"{", 0, String::new()));
}
