//! Program text → signs of what it does: the lexical pass over VBA source.
//!
//! It joins continuations, drops comments, folds constant text and holds code and texts against tables
//! (`words`). It needs no parse, so it works on damaged and half-decoded source; what the program would really
//! do is left to emulation. Facts only: `detect` weighs them.

mod callbacks;
mod calls;
mod fold;
mod hiding;
mod lexer;
mod names;
mod opening;
mod procedures;
mod spreading;
mod wrecking;
pub(super) mod words;

use crate::artifact::{Artifact, Child, Fact, Format, Opened, Sign};
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};
use fold::{Folded, GAP};
use lexer::{Line, Token};
use std::collections::BTreeSet;

/// The lexical pass over a VBA module.
pub struct Signs;

impl Format for Signs {
    fn id(&self) -> &'static str {
        "vba-signs"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "vba"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let source = String::from_utf8_lossy(&artifact.bytes);
        let lines = lexer::lines(&source);
        budget.tick()?;
        let texts = fold::texts(&lines);
        budget.pay(texts.iter().map(|folded| folded.text.len() as u64).sum())?;
        let procedures = procedures::procedures(&lines);
        let first = |fact: &Fact| match fact {
            Fact::Procedure { line, .. } => Some(*line),
            _ => None,
        };
        let mut signs = Collected {
            source: source.lines().collect(),
            procedures: procedures.iter().filter_map(first).collect(),
            ..Collected::default()
        };
        entry_points(&lines, &Controls::of(&source), &mut signs);
        calls::calls(&lines, &texts, &mut signs);
        callbacks::callbacks(&lines, &mut signs);
        let reverses = lines.iter().any(|line| line.tokens.iter().any(|token| token.is("strreverse")));
        spoken(&texts, reverses, &mut signs);
        hiding::hiding(&source, &lines, &texts, &mut signs);
        spreading::spreading(&lines, &mut signs);
        opening::opening(&lines, &texts, &mut signs);
        wrecking::wrecking(&lines, &texts, &mut signs);
        out.facts.extend(signs.facts);
        out.facts.extend(procedures);
        out.children.extend(folded_child(artifact, &texts));
        Ok(())
    }
}

/// The most signs of one kind that one procedure keeps: enough to show, too few to drown in. Each procedure has its
/// own, so that those which never run cannot take the place of those which do.
const KEPT: usize = 8;
/// The most signs that one module keeps.
const KEPT_IN_ALL: usize = 8192;

#[derive(Default)]
struct Collected<'a> {
    source: Vec<&'a str>,
    /// The first lines of the procedures, in order.
    procedures: Vec<usize>,
    facts: Vec<Fact>,
    seen: BTreeSet<(usize, Sign, String)>,
}

impl Collected<'_> {
    /// Adds a sign that the whole line shows.
    fn add_line(&mut self, sign: Sign, line: &Line) {
        let written = self.source.get(line.number - 1).map_or("", |written| written.trim()).to_string();
        self.add(sign, &written, line.number);
    }

    fn add(&mut self, sign: Sign, text: &str, line: usize) {
        let text: String = text.chars().filter(|c| *c != GAP).take(160).collect();
        let procedure = self.procedures.partition_point(|first| *first <= line);
        let own = (procedure, sign, String::new())..;
        let kept =
            self.seen.range(own).take(KEPT).filter(|known| (known.0, known.1) == (procedure, sign)).count();
        if kept < KEPT && self.facts.len() < KEPT_IN_ALL && self.seen.insert((procedure, sign, text.clone()))
        {
            self.facts.push(Fact::Sign { sign, text, line });
        }
    }
}

/// What the head of a module says of the thing it stands behind.
struct Controls {
    /// A document or form: its procedures may be events of controls.
    any: bool,
    /// A Word document: its controls say that they changed when it is opened.
    word: bool,
}

impl Controls {
    fn of(source: &str) -> Self {
        let head = || source.lines().take(20);
        Self {
            any: head().any(|line| line.contains("VB_Base") || line.contains("VB_Control")),
            word: head().any(|line| line.contains("VB_Base") && line.contains("\"1Normal.")),
        }
    }
}

/// Procedures that run by themselves.
fn entry_points(lines: &[Line], controls: &Controls, signs: &mut Collected) {
    let of_word =
        |token: &Token| matches!(token, Token::Word(word) if words::WORD_NAMES.contains(&word.as_str()));
    let is_word = lines.iter().any(|line| line.tokens.iter().any(of_word));
    for line in lines {
        for pair in line.tokens.windows(2) {
            let [Token::Word(keyword), Token::Word(name)] = pair else { continue };
            let procedure = keyword == "sub" || keyword == "function";
            // What takes a ribbon is called as the ribbon is loaded.
            let takes_ribbon = || line.tokens.iter().any(|token| token.is("iribbonui"));
            if procedure
                && (is_entry_point(name, controls)
                    || takes_ribbon()
                    || is_word && words::WORD_COMMANDS.contains(&name.as_str()))
                && !line.tokens.first().is_some_and(|token| token.is("end"))
            {
                signs.add(Sign::EntryPoint, name, line.number);
            }
        }
    }
}

fn is_entry_point(name: &str, controls: &Controls) -> bool {
    let by_control = || {
        name.rsplit_once('_').is_some_and(|(control, event)| {
            !control.is_empty()
                && control != "userform"
                && control != "class"
                && (words::CONTROL_EVENTS.contains(&event) || controls.word && event == "change")
        })
    };
    words::ENTRY_POINTS.contains(&name) || (controls.any && by_control())
}

/// What the texts say.
fn spoken(texts: &[Folded], reverses: bool, signs: &mut Collected) {
    for folded in texts {
        let text = plain(&folded.text);
        let office = calls::is_office_command(&text);
        for sign in said_by(&text).filter(|sign| !office || *sign != Sign::Interpreter) {
            signs.add(sign, &folded.text, folded.line);
        }
        if names_program(&text) && !text.contains("://") {
            signs.add(Sign::ProgramName, &folded.text, folded.line);
        }
    }
    backwards(texts, reverses, signs);
    let mut room = FILLED;
    for folded in texts.iter().filter(|folded| folded.text.len() >= 24) {
        if folded.text.len() > room {
            break;
        }
        room -= folded.text.len();
        let Some(text) = without_filler(&folded.text, texts) else { continue };
        let (text, before) = (plain(&text), plain(&folded.text));
        // What it says with its filler was never hidden.
        for sign in said_by(&text).filter(|sign| !said_by(&before).any(|known| known == *sign)) {
            signs.add(sign, &text, folded.line);
            signs.add(Sign::ChoppedText, &folded.text, folded.line);
        }
    }
}

/// What texts say read backwards, in a module that turns texts around.
fn backwards(texts: &[Folded], reverses: bool, signs: &mut Collected) {
    for folded in texts.iter().filter(|folded| reverses && folded.text.len() >= 4) {
        let turned: String = folded.text.chars().rev().collect();
        let text = plain(&turned);
        let program = names_program(&text).then_some(Sign::ProgramName);
        for sign in said_by(&text).chain(program) {
            signs.add(sign, &turned, folded.line);
            signs.add(Sign::ChoppedText, &folded.text, folded.line);
        }
    }
}

/// The signs in one text.
fn said_by(text: &str) -> impl Iterator<Item = Sign> {
    // A query lists processes, a moniker starts them.
    let moniker = text.contains("win32_process") && !text.contains("select ");
    let told = words::texts().filter(move |entry| text.contains(entry.word)).map(|entry| entry.sign);
    told.chain(moniker.then_some(Sign::ProcessStart))
}

/// How much text of a module is searched for fillers, in bytes: each costs a search per filler.
const FILLED: usize = 256 << 10;

/// A text without its filler: another text of the module that stands in it at least three times.
fn without_filler(text: &str, texts: &[Folded]) -> Option<String> {
    let fillers = texts.iter().take(200).map(|folded| folded.text.as_str());
    let filler = fillers
        .filter(|filler| (2..=24).contains(&filler.len()))
        .find(|filler| text.matches(*filler).count() >= 3)?;
    Some(text.replace(filler, ""))
}

/// Whether a text ends in the name of a file that runs.
fn names_program(text: &str) -> bool {
    let text = text.trim_end_matches(['"', '\'', ' ', ')']);
    let stem = |ending: &str| text.strip_suffix(ending).map(|stem| !stem.ends_with(['*', '.']));
    let viewer = words::VIEWERS.iter().any(|viewer| text.contains(viewer));
    words::PROGRAM_EXTENSIONS.iter().any(|ending| stem(ending) == Some(true)) && text.len() < 260 && !viewer
}

/// The texts of one line, plain and joined.
fn said_on(number: usize, texts: &[Folded]) -> String {
    let start = texts.partition_point(|folded| folded.line < number);
    let on_line = texts.iter().skip(start).take_while(|folded| folded.line == number).take(32);
    on_line.map(|folded| plain(&folded.text)).collect::<Vec<_>>().join(" ")
}

/// A text as the tables have it: lower case, without the marks that shells ignore.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !['^', '`'].contains(c)).flat_map(char::to_lowercase).collect()
}

/// Where the artifact of folded texts ends.
const LONGEST_CHILD: usize = 1 << 20;

/// The texts that were put together from pieces, one a line, as an artifact that the YARA rules see.
fn folded_child(artifact: &Artifact, texts: &[Folded]) -> Option<Child> {
    let mut joined = String::new();
    for folded in texts.iter().filter(|folded| folded.pieces > 1) {
        if joined.len() > LONGEST_CHILD {
            break;
        }
        joined.extend(folded.text.chars().filter(|c| *c != GAP));
        joined.push('\n');
    }
    let name = format!("{} (texts)", artifact.name);
    (!joined.is_empty()).then(|| Child::new(name, "folded", joined.into_bytes()).of_kind("vba-texts"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Tree;
    use crate::limits::Limits;

    fn signs(source: &str) -> Vec<(Sign, usize)> {
        let tree = Tree::new(Child::new("Module1", "vba-module", source.as_bytes().to_vec()).of_kind("vba"));
        let mut out = Opened::default();
        let artifact = tree.get(0).unwrap();
        Signs.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        let sign = |fact: &Fact| match fact {
            Fact::Sign { sign, line, .. } => Some((*sign, *line)),
            _ => None,
        };
        let mut found: Vec<_> = out.facts.iter().filter_map(sign).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    #[test]
    fn what_droppers_write_is_seen() {
        use Sign::*;
        let rows: &[(&str, &[(Sign, usize)])] = &[
            ("Sub _\nautoopen( _\n)\nEnd Sub", &[(EntryPoint, 1)]),
            ("Sub Loaded(ribbon As IRibbonUI)\nEnd Sub", &[(EntryPoint, 1)]),
            (
                "Attribute VB_Base = \"1Normal\"\nPrivate Sub InkPicture1_Painted(x)\nEnd Sub",
                &[(EntryPoint, 2)],
            ),
            ("Shell! a, 0", &[(ProcessStart, 1), (HiddenWindow, 1), (Decoding, 1)]),
            ("Shell# \"\" + a, 0", &[(ProcessStart, 1), (HiddenWindow, 1), (Decoding, 1)]),
            ("Dim w As New WshShell\nw.Run c, 0", &[(ProcessStart, 2), (HiddenWindow, 2), (Decoding, 2)]),
            ("Sub FileSaveAs()\nActiveDocument.Save\nEnd Sub", &[(EntryPoint, 1)]),
            ("Shell a & b, 0", &[(ProcessStart, 1), (HiddenWindow, 1), (Decoding, 1)]),
            ("x = VBA.Shell$(\"cm\" & \"d /c echo\")", &[(ProcessStart, 1), (Interpreter, 1)]),
            ("Interaction@.Shell y, vbHide", &[(ProcessStart, 1), (HiddenWindow, 1), (Decoding, 1)]),
            (
                "Set o = CreateObject(\"WScript.Shell\")\no.Run c, 0",
                &[(ProcessStart, 2), (HiddenWindow, 2), (Decoding, 2)],
            ),
            ("Set o = GetObject(f(1))", &[(ComputedObject, 1)]),
            ("s = \"win\" & \"mgmts:Win32_Process\"", &[(ProcessStart, 1)]),
            ("a = \"po\": b = \"wershell\"\nx = a & b", &[(Interpreter, 2), (ChoppedText, 2)]),
            ("a = \"PowerShell\"\nx = LCase(a) & \" -c\"", &[(Interpreter, 1), (Interpreter, 2)]),
            ("s = \"p^o^w^ershell\"", &[(Interpreter, 1)]),
            ("Open \"c:\\x\" & \".vbs\" For Output As #1", &[(FileWrite, 1), (ProgramName, 1)]),
            ("Declare Function z Lib \"urlmon\" Alias \"URLDownloadToFileA\" ()", &[(Download, 1)]),
            ("x = x & Chr(Asc(Mid(s, i, 1)) - 1)", &[(Decoding, 1)]),
            ("b(i) = b(i) Xor 7", &[(Decoding, 1)]),
            ("Set o = CreateObject(Garden(\"Tdsjqu\"))", &[(ComputedObject, 1), (Decoding, 1)]),
            ("r.Formula = \"=EXEC(\" & c", &[(ProcessStart, 1)]),
            (
                "Set w = GetObject(v)\nw.Create x, Null, Null, p",
                &[(ComputedObject, 1), (ProcessStart, 2), (Decoding, 2)],
            ),
            ("x = StrReverse(\"sbv.a\\c\")", &[(ProgramName, 1)]),
            ("Go \"sbv.a\\c\"\nx = StrReverse(k)", &[(ProgramName, 1), (ChoppedText, 1)]),
            ("Options.VirusProtection = False\nm.InsertLines 1, t", &[(WeakensOffice, 1), (CopiesCode, 2)]),
            (
                "a = \"qqz\"\nb = Fill(\"wqqzinqqzmqqzgmqqzts:Wqqzin32_Pqqzrocess\")",
                &[(ProcessStart, 2), (ChoppedText, 2)],
            ),
        ];
        for (source, want) in rows {
            let mut want = want.to_vec();
            want.sort_unstable();
            assert_eq!(signs(source), want, "{source}");
        }
    }

    #[test]
    fn what_offices_write_is_told_apart() {
        use Sign::*;
        let rows: &[(&str, &[(Sign, usize)])] = &[
            ("Private Sub Button1_Click()\nEnd Sub", &[]),
            ("Shell \"explorer.exe \" & path, vbNormalFocus", &[(PlainStart, 1)]),
            ("Shell \"C:\\tools\\report.exe\", 1", &[(PlainStart, 1), (ProgramName, 1)]),
            ("Set fso = CreateObject(\"Scripting.FileSystemObject\")", &[]),
            ("Application.Run \"Macro1\"", &[]),
            ("Dim w As New WshShell\nw.Popup \"ready\", 3", &[]),
            ("Sub FileSave()\nThisWorkbook.Save\nEnd Sub", &[]),
            ("x = rs!shell & \"a\"\ny = shell & \"b\"", &[]),
            ("Set sh = CreateObject(\"WScript.Shell\")\np = sh.SpecialFolders(\"Desktop\")", &[]),
            ("MsgBox \"Shell\" ' Shell x", &[]),
            ("Dim shell As Object", &[]),
            ("Sub Data_Layout()\nEnd Sub", &[]),
            ("a = Range(\"A\" & i & \":F\" & i)\nb = y & \"年\" & m & \"月\" & d & \"日\"", &[]),
            (
                "Set w = CreateObject(\"WScript.Shell\")\nw.Run p & \"\\data.exe\", 1, False",
                &[(ProcessStart, 2), (ProgramName, 2)],
            ),
            ("Sub Go(p)\nShell p, 1\nEnd Sub", &[(ProcessStart, 2)]),
            ("c = Chr(64 + n) & Chr(65 + i Mod 26)", &[]),
            ("red = Val(\"&H\" & Mid(colour, 1, 2))", &[]),
            ("CreateObject(\"WScript.Shell\").Exec \"cmd /c dir \" & f", &[(PlainStart, 1)]),
            ("Set c = CreateObject(MyName(3) & \".Application\")", &[]),
            ("ThisWorkbook.VBProject.VBComponents(1).Export f", &[(ReadsCode, 1)]),
            ("Declare Function ShowWindow Lib \"user32.dll\" ()", &[(ProgramName, 1)]),
            ("to = \"tanaka@example.com\"", &[]),
            ("q = \"select Name from Win32_Process\"", &[]),
            ("Set b = GetObject(ThisWorkbook.Path & \"\\data.xls\")", &[]),
            ("Shell \"C:\\tools\\viewer.exe \" & f, 1", &[(PlainStart, 1)]),
            ("msg = \"a\" & vbCrLf & \"b\" & vbCrLf & x & \"c\"", &[]),
            (
                "e = \" \"\"\"\nc = \"cmd.exe /c pushd \"\"\" & p & \"\"\" tool \"\"a\"\" \"\"b\"\" \"\"\" & q",
                &[(Interpreter, 2)],
            ),
        ];
        for (source, want) in rows {
            assert_eq!(signs(source), *want, "{source}");
        }
    }

    #[test]
    fn hostile_source_neither_panics_nor_grows() {
        let long = "a".repeat(1 << 20);
        for source in
            [long.as_str(), "Shell(", "CreateObject(", "\"", "Sub", "x = \"", &"Chr(1)&".repeat(9999)]
        {
            signs(source);
        }
    }
}
