//! Program text → signs of what it does: the lexical pass over VBA source.
//!
//! It joins continuations, drops comments, folds constant text and holds code and texts against tables
//! (`words`). It needs no parse, so it works on damaged and half-decoded source; what the program would really
//! do is left to emulation. Facts only: `detect` weighs them.

mod fold;
mod lexer;
mod names;
mod procedures;
mod words;

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
        let mut signs = Collected { source: source.lines().collect(), ..Collected::default() };
        entry_points(&lines, &Controls::of(&source), &mut signs);
        calls(&lines, &texts, &mut signs);
        let reverses = lines.iter().any(|line| line.tokens.iter().any(|token| token.is("strreverse")));
        spoken(&texts, reverses, &mut signs);
        hiding(&source, &lines, &texts, &mut signs);
        spreading(&lines, &mut signs);
        out.facts.extend(signs.facts);
        out.facts.extend(procedures::procedures(&lines));
        out.children.extend(folded_child(artifact, &texts));
        Ok(())
    }
}

/// The most signs of one kind that one module keeps: enough to show, too few to drown in.
const KEPT: usize = 8;

#[derive(Default)]
struct Collected<'a> {
    source: Vec<&'a str>,
    facts: Vec<Fact>,
    seen: BTreeSet<(Sign, String)>,
}

impl Collected<'_> {
    /// Adds a sign that the whole line shows.
    fn add_line(&mut self, sign: Sign, line: &Line) {
        let written = self.source.get(line.number - 1).map_or("", |written| written.trim()).to_string();
        self.add(sign, &written, line.number);
    }

    fn add(&mut self, sign: Sign, text: &str, line: usize) {
        let text: String = text.chars().filter(|c| *c != GAP).take(160).collect();
        let kept = self.seen.iter().filter(|(known, _)| *known == sign).count();
        if kept < KEPT && self.seen.insert((sign, text.clone())) {
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
    for line in lines {
        for pair in line.tokens.windows(2) {
            let [Token::Word(keyword), Token::Word(name)] = pair else { continue };
            let procedure = keyword == "sub" || keyword == "function";
            if procedure
                && is_entry_point(name, controls)
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

/// What the code calls, and how.
fn calls(lines: &[Line], texts: &[Folded], signs: &mut Collected) {
    let named = texts.iter().any(|folded| {
        let text = plain(&folded.text);
        words::SHELL_OBJECTS.iter().any(|object| text.contains(object))
    });
    // An object whose name is computed may be a shell; its `Run` is taken for one.
    let computed = lines.iter().any(computes_object);
    let shell_object = named || computed;
    let written = written_files(lines);
    for line in lines {
        let said = said_on(line.number, texts);
        let declares = line.tokens.iter().take(2).any(|token| token.is("declare"));
        for (at, token) in line.tokens.iter().enumerate() {
            let Token::Word(word) = token else { continue };
            for entry in words::NAMES.iter().filter(|entry| entry.word == word) {
                signs.add(entry.sign, word, line.number);
            }
            match word.as_str() {
                _ if declares => {}
                "shell" if is_shell_call(&line.tokens, at) => process_start(line, at, &said, &written, signs),
                "createobject" | "getobject" if is_computed_object(line, at) => {
                    signs.add_line(Sign::ComputedObject, line);
                    if takes_from_function(line, at) {
                        signs.add_line(Sign::Decoding, line);
                    }
                }
                "addcode" | "executestatement" if !is_written(line.tokens.get(at + 1..).unwrap_or_default()) => {
                    process_start(line, at, &said, &written, signs)
                }
                "excel4macrosheets" | "excel4intlmacrosheets" if adds(&line.tokens, at) => {
                    signs.add_line(Sign::ProcessStart, line);
                }
                "callbyname" => signs.add(Sign::ComputedObject, "CallByName", line.number),
                "executeexcel4macro" if is_command(&said) => {
                    signs.add(Sign::ProcessStart, &said, line.number)
                }
                "vbhide" => signs.add(Sign::HiddenWindow, "vbHide", line.number),
                "showwindow" if sets(&line.tokens, at) => signs.add_line(Sign::HiddenWindow, line),
                "open" if opens_for_writing(&line.tokens) => {
                    signs.add(Sign::FileWrite, "Open … For Output", line.number)
                }
                word if shell_object && is_method(&line.tokens, at, word) => {
                    process_start(line, at, &said, &written, signs)
                }
                _ => {}
            }
        }
    }
}

/// `Shell` as a call: not a member of anything but `VBA` and `Interaction`, not a variable.
fn is_shell_call(tokens: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| tokens.get(at));
    let owner = at.checked_sub(2).and_then(|at| tokens.get(at));
    let member = before.is_some_and(|token| token.is_mark('.'));
    let own = owner.is_some_and(|token| token.is("vba") || token.is("interaction"));
    let declared = before.is_some_and(|token| {
        ["dim", "set", "as", "sub", "function", "const"].iter().any(|word| token.is(word))
    });
    let used = match tokens.get(at + 1) {
        Some(Token::Mark(mark)) => *mark == '(',
        Some(Token::Word(word)) => !["as", "then", "is", "and", "or"].contains(&word.as_str()),
        Some(_) => true,
        None => false,
    };
    (!member || own) && !declared && used
}

fn is_method(tokens: &[Token], at: usize, word: &str) -> bool {
    let member = at.checked_sub(1).and_then(|at| tokens.get(at)).is_some_and(|token| token.is_mark('.'));
    let owner = at.checked_sub(2).and_then(|at| tokens.get(at));
    let office = owner.is_some_and(|token| token.is("application") || token.is("app") || token.is("xlapp"));
    member && !office && words::SHELL_METHODS.contains(&word)
}

/// Sorts a call that starts a process by what is known of its command.
fn process_start(line: &Line, at: usize, said: &str, written: &BTreeSet<&str>, signs: &mut Collected) {
    let arguments = line.tokens.get(at + 1..).unwrap_or_default();
    if hides_window(arguments) {
        signs.add_line(Sign::HiddenWindow, line);
    }
    let names = |places: &dyn Fn(&str) -> bool| {
        arguments.iter().any(|token| matches!(token, Token::Word(word) if places(word)))
    };
    if names(&|word| words::HIDING_PLACES.contains(&word)) {
        signs.add_line(Sign::Decoding, line);
    }
    let opens_own = said.contains("explorer")
        && !said.contains("/select")
        && !ends_in(said, words::PAPER_EXTENSIONS)
        && names(&|word| written.contains(word));
    if opens_own {
        signs.add_line(Sign::Decoding, line);
    }
    let viewer = words::VIEWERS.iter().any(|viewer| said.contains(viewer)) && !opens_own;
    let script = viewer && ends_in(said, words::SCRIPT_EXTENSIONS);
    if script {
        signs.add_line(Sign::Interpreter, line);
    }
    let office = is_office_command(said);
    let plain = office
        || !is_command(said) && !script && (viewer || is_written(arguments) || names_its_program(arguments));
    signs.add_line(if plain { Sign::PlainStart } else { Sign::ProcessStart }, line);
}

/// The variables that name the files a module opens for writing.
fn written_files(lines: &[Line]) -> BTreeSet<&str> {
    let opening = lines.iter().filter(|line| opens_for_writing(&line.tokens));
    let names = opening.flat_map(|line| line.tokens.windows(2)).filter_map(|pair| match pair {
        [Token::Word(open), Token::Word(name)] if open == "open" => Some(name.as_str()),
        _ => None,
    });
    names.collect()
}

fn ends_in(said: &str, endings: &[&str]) -> bool {
    let said = said.trim_end_matches(['"', '\'', ' ', ')', GAP]);
    endings.iter().any(|ending| said.ends_with(ending))
}

/// Whether a command begins as offices' commands do.
fn is_office_command(said: &str) -> bool {
    let said = said.strip_prefix("wscript.shell").unwrap_or(said).trim_start_matches(['"', ' ']);
    let plain = words::OFFICE_COMMANDS.iter().any(|command| said.starts_with(command));
    let installed = said.find("program files").is_some_and(|at| at < 8) && said.contains(".exe");
    (plain || installed) && !["&&", "||", "| ", "http"].iter().any(|mark| said.contains(mark))
}

/// `Excel4MacroSheets.Add`: a sheet of Excel 4 macros made by a macro.
fn adds(tokens: &[Token], at: usize) -> bool {
    tokens.get(at + 2).is_some_and(|token| token.is("add"))
}

/// Whether the name of an object comes from a function or list of the program itself: `CreateObject(f("…"))`.
fn takes_from_function(line: &Line, at: usize) -> bool {
    let arguments = line.tokens.get(at + 2..).unwrap_or_default();
    match arguments {
        [Token::Word(word), Token::Mark('('), rest @ ..] if line.tokens.get(at).is_some_and(|token| token.is("createobject")) => {
            word != "environ" && !rest.is_empty()
        }
        [Token::Word(word), Token::Mark('('), Token::Text(text), ..] => {
            word != "environ" && !text.contains(['\\', '.'])
        }
        [Token::Word(_), Token::Mark('.'), Token::Word(member), ..] => {
            member == "range" || member == "cells" || words::HIDING_PLACES.contains(&member.as_str())
        }
        _ => false,
    }
}

/// Copies of program text, and switches of Office's protection.
fn spreading(lines: &[Line], signs: &mut Collected) {
    for line in lines {
        for (at, token) in line.tokens.iter().enumerate() {
            let Token::Word(word) = token else { continue };
            let after = line.tokens.get(at + 1..).unwrap_or_default();
            let off = || matches!(after, [Token::Mark('='), value, ..] if value.is("false") || matches!(value, Token::Number(number) if *number == 0.0));
            match word.as_str() {
                "insertlines" | "addfromstring" | "addfromfile" | "replaceline" => {
                    signs.add_line(Sign::CopiesCode, line);
                }
                "import" if line.tokens.iter().any(|token| token.is("vbcomponents")) => {
                    signs.add_line(Sign::CopiesCode, line);
                }
                "virusprotection" | "savenormalprompt" | "globaldotprompt" if off() => {
                    signs.add_line(Sign::WeakensOffice, line);
                }
                "privateprofilestring" if sets_security(&line.tokens) => {
                    signs.add_line(Sign::WeakensOffice, line);
                }
                _ => {}
            }
        }
    }
    let mentions = |word: &str| lines.iter().flat_map(|line| &line.tokens).any(|token| token.is(word));
    // Sheets that carry themselves into the folder of workbooks that every start of Excel opens.
    if mentions("startuppath") && mentions("onsheetactivate") && mentions("saveas") {
        let copying = |line: &&Line| line.tokens.iter().any(|token| token.is("saveas"));
        if let Some(line) = lines.iter().find(copying) {
            signs.add_line(Sign::CopiesCode, line);
            signs.add_line(Sign::WeakensOffice, line);
        }
    }
}

/// `System.PrivateProfileString("", "…\Security", …) = …`
fn sets_security(tokens: &[Token]) -> bool {
    let key = |token: &Token| matches!(token, Token::Text(text) if text.to_ascii_lowercase().contains("\\security"));
    tokens.iter().any(key) && tokens.iter().any(|token| token.is_mark('='))
}

/// A step of a loop that turns codes into text: `Chr(Asc(Mid(…)) - n)`, `Chr(x Xor n)`, `Chr("&H" & …)`.
fn is_decoding_step(line: &Line) -> bool {
    line.tokens.windows(2).enumerate().any(|(at, pair)| {
        let call = pair.first().is_some_and(|token| ["chr", "chrw", "chrb"].iter().any(|word| token.is(word)));
        if !call || !pair.last().is_some_and(|token| token.is_mark('(')) {
            return false;
        }
        let mut depth = 1i32;
        let argument = line.tokens.iter().skip(at + 2).take(40).take_while(|token| {
            depth += i32::from(token.is_mark('(')) - i32::from(token.is_mark(')'));
            depth > 0
        });
        decodes(&argument.collect::<Vec<_>>())
    })
}

/// Whether the argument of `Chr` is computed, and not the letter of a column.
fn decodes(argument: &[&Token]) -> bool {
    let has = |word: &str| argument.iter().any(|token| token.is(word));
    let letters = argument.iter().any(|token| matches!(token, Token::Number(number) if LETTERS.contains(number)));
    let hex = argument.iter().any(|token| matches!(token, Token::Text(text) if text.eq_ignore_ascii_case("&h")));
    let names = argument.iter().any(|token| matches!(token, Token::Word(_)));
    let counts = argument.iter().any(|token| ['+', '-', '*', '/'].iter().any(|mark| token.is_mark(*mark)));
    names && !letters && (hex || has("xor") || has("asc") || has("ascw") || has("val") || has("cint") || has("clng") || counts)
}

/// Bases of the letters: `Chr(64 + column)`.
const LETTERS: &[f64] = &[55.0, 64.0, 65.0, 96.0, 97.0];

/// `x.ShowWindow = …`
fn sets(tokens: &[Token], at: usize) -> bool {
    let member = at.checked_sub(1).and_then(|at| tokens.get(at)).is_some_and(|token| token.is_mark('.'));
    member && tokens.get(at + 1).is_some_and(|token| token.is_mark('='))
}

/// Whether the second argument, the window style, says hidden.
fn hides_window(arguments: &[Token]) -> bool {
    let mut depth = 0i32;
    let opened = arguments.first().is_some_and(|token| token.is_mark('('));
    let mut rest = arguments.iter().skip(usize::from(opened)).skip_while(|token| {
        depth += i32::from(token.is_mark('(')) - i32::from(token.is_mark(')'));
        !(token.is_mark(',') && depth <= 0)
    });
    rest.next();
    let style = rest.find(|token| !token.is_mark('('));
    style.is_some_and(|style| matches!(style, Token::Number(number) if *number == 0.0) || style.is("vbhide"))
}

/// Whether the command begins with the written name of a program, its arguments may be computed.
fn names_its_program(arguments: &[Token]) -> bool {
    match arguments.iter().find(|token| !token.is_mark('(')) {
        Some(Token::Text(text)) => text.to_ascii_lowercase().trim_start_matches('"').contains(".exe"),
        _ => false,
    }
}

/// Whether the command is one literal: nothing is joined or looked up.
fn is_written(arguments: &[Token]) -> bool {
    let command = arguments
        .iter()
        .skip_while(|token| token.is_mark('('))
        .take_while(|token| !token.is_mark(',') && !token.is_mark(')'));
    let mut texts = 0;
    let written = command.into_iter().all(|token| {
        texts += usize::from(matches!(token, Token::Text(_)));
        matches!(token, Token::Text(_))
    });
    written && texts == 1
}

fn is_command(said: &str) -> bool {
    if is_office_command(said) {
        return false;
    }
    let interpreters = words::TEXTS.iter().filter(|entry| entry.sign == Sign::Interpreter);
    interpreters.into_iter().any(|entry| said.contains(entry.word))
        || said.contains("exec(")
        || said.contains("call(")
}

fn computes_object(line: &Line) -> bool {
    let called = |(at, token): (usize, &Token)| token.is("createobject") && is_computed_object(line, at);
    line.tokens.iter().enumerate().any(called)
}

/// `CreateObject(x)` and `GetObject(x)`: a literal is what people write.
fn is_computed_object(line: &Line, at: usize) -> bool {
    let arguments = line.tokens.get(at + 1..).unwrap_or_default();
    let called = arguments.first().is_some_and(|token| token.is_mark('(') || matches!(token, Token::Word(_)));
    let empty = arguments.get(1).is_some_and(|token| token.is_mark(')') || token.is_mark(','));
    called && !empty && !is_written(arguments) && !names_its_object(arguments)
}

/// Whether a literal among the arguments says what is meant: an office file, or the class before its version.
fn names_its_object(arguments: &[Token]) -> bool {
    let telling = |text: &str| {
        let text = text.to_ascii_lowercase();
        let file = OFFICE_FILES.iter().any(|ending| text.contains(ending));
        file || text
            .split_once('.')
            .is_some_and(|(program, class)| program.len() >= 4 && class.starts_with("appl"))
    };
    arguments.iter().take(12).any(|token| matches!(token, Token::Text(text) if telling(text)))
}

const OFFICE_FILES: &[&str] = &[".xls", ".doc", ".ppt", ".mdb", ".accdb", ".csv", ".dot", ".xlt"];

fn opens_for_writing(tokens: &[Token]) -> bool {
    tokens.windows(2).any(|pair| {
        matches!(pair, [keyword, mode] if keyword.is("for") && ["output", "append", "binary"].iter().any(|word| mode.is(word)))
    })
}

/// What the texts say.
fn spoken(texts: &[Folded], reverses: bool, signs: &mut Collected) {
    for folded in texts {
        let text = plain(&folded.text);
        for sign in said_by(&text) {
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
        let text = plain(&text);
        for sign in said_by(&text) {
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
    let told = words::TEXTS.iter().filter(move |entry| text.contains(entry.word)).map(|entry| entry.sign);
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

/// How the module hides what it does.
fn hiding(source: &str, lines: &[Line], texts: &[Folded], signs: &mut Collected) {
    let names = names::names(source, lines);
    if names.all >= 6 && names.random * 2 >= names.all {
        let shown = format!("{} of {} names, as {}", names.random, names.all, names.examples.join(", "));
        signs.add(Sign::RandomNames, &shown, 1);
    }
    let chopped = texts.iter().filter(|folded| is_chopped(folded)).collect::<Vec<_>>();
    if let Some(first) = chopped.first().filter(|_| chopped.len() >= 3) {
        signs.add(Sign::ChoppedText, &first.text, first.line);
    }
    for folded in texts.iter().filter(|folded| is_encoded(&folded.text)) {
        signs.add(Sign::EncodedText, &folded.text, folded.line);
    }
    let decodes =
        lines.iter().any(|line| line.tokens.iter().any(|token| DECODERS.iter().any(|word| token.is(word))));
    for line in lines.iter().filter(|line| decodes && is_code_list(line) || is_hex_step(line)) {
        signs.add_line(Sign::EncodedText, line);
    }
    let listed = |line: &Line| decodes && line.tokens.iter().any(|token| token.is("array")) && lists_codes(line, 10);
    for line in lines.iter().filter(|line| is_decoding_step(line) || is_hex_step(line) || listed(line)) {
        signs.add_line(Sign::Decoding, line);
    }
}

/// What turns numbers into characters.
const DECODERS: &[&str] = &["chr", "chrw", "chrb", "xor", "strconv"];

/// A list of 24 or more numbers that are bytes: text or code written as numbers.
fn is_code_list(line: &Line) -> bool {
    lists_codes(line, 24)
}

fn lists_codes(line: &Line, least: usize) -> bool {
    let byte = |token: &&Token| matches!(token, Token::Number(number) if (0.0..256.0).contains(number) && number.fract() == 0.0);
    let bytes = line.tokens.iter().filter(byte).count();
    bytes >= least && bytes * 2 + 16 >= line.tokens.len()
}

/// `"&H" & Mid(…)`: a step of a loop that reads hex digits.
fn is_hex_step(line: &Line) -> bool {
    line.tokens.windows(3).any(|three| match three {
        [Token::Text(prefix), Token::Mark('&' | '+'), Token::Word(word)] => {
            prefix.eq_ignore_ascii_case("&h") && word.starts_with("mid")
        }
        _ => false,
    })
}

/// Joined from at least four known pieces shorter than a word, the whole one word.
fn is_chopped(folded: &Folded) -> bool {
    let characters = folded.text.chars().filter(|c| *c != GAP).count();
    let gaps = folded.text.matches(GAP).count();
    let word = folded.text.chars().filter(char::is_ascii_alphanumeric).count() * 4 >= characters * 3;
    folded.pieces >= 4 && gaps * 3 <= folded.pieces && characters < folded.pieces * 4 && word
}

/// A run of 160 characters or more of the alphabets of Base64 or hex.
fn is_encoded(text: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || "+/=".contains(c))).any(|run| {
        let mixed = run.bytes().any(|b| b.is_ascii_digit()) && run.bytes().any(|b| b.is_ascii_alphabetic());
        run.len() >= 160 && mixed
    })
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
            (
                "Attribute VB_Base = \"1Normal\"\nPrivate Sub InkPicture1_Painted(x)\nEnd Sub",
                &[(EntryPoint, 2)],
            ),
            ("Shell a & b, 0", &[(ProcessStart, 1), (HiddenWindow, 1)]),
            ("x = VBA.Shell$(\"cm\" & \"d /c echo\")", &[(ProcessStart, 1), (Interpreter, 1)]),
            ("Interaction@.Shell y, vbHide", &[(ProcessStart, 1), (HiddenWindow, 1)]),
            ("Set o = CreateObject(\"WScript.Shell\")\no.Run c, 0", &[(ProcessStart, 2), (HiddenWindow, 2)]),
            ("Set o = GetObject(f(1))", &[(ComputedObject, 1)]),
            ("s = \"win\" & \"mgmts:Win32_Process\"", &[(ProcessStart, 1)]),
            ("s = \"p^o^w^ershell\"", &[(Interpreter, 1)]),
            ("Open \"c:\\x\" & \".vbs\" For Output As #1", &[(FileWrite, 1), (ProgramName, 1)]),
            ("Declare Function z Lib \"urlmon\" Alias \"URLDownloadToFileA\" ()", &[(Download, 1)]),
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
            ("Set sh = CreateObject(\"WScript.Shell\")\np = sh.SpecialFolders(\"Desktop\")", &[]),
            ("MsgBox \"Shell\" ' Shell x", &[]),
            ("Dim shell As Object", &[]),
            ("Sub Data_Layout()\nEnd Sub", &[]),
            ("a = Range(\"A\" & i & \":F\" & i)\nb = y & \"年\" & m & \"月\" & d & \"日\"", &[]),
            ("Set w = CreateObject(\"WScript.Shell\")\nw.Run p, 1, False", &[(ProcessStart, 2)]),
            ("Declare Function ShowWindow Lib \"user32.dll\" ()", &[(ProgramName, 1)]),
            ("to = \"tanaka@example.com\"", &[]),
            ("q = \"select Name from Win32_Process\"", &[]),
            ("Set b = GetObject(ThisWorkbook.Path & \"\\data.xls\")", &[]),
            ("Shell \"C:\\tools\\viewer.exe \" & f, 1", &[(PlainStart, 1)]),
            ("msg = \"a\" & vbCrLf & \"b\" & vbCrLf & x & \"c\"", &[]),
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
