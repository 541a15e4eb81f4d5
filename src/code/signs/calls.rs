//! What the code calls, and how: processes, objects, files.

use super::fold::{Folded, GAP};
use super::lexer::{Line, Token};
use super::{Collected, names_program, plain, procedures, said_on, words};
use crate::artifact::Sign;
use std::collections::BTreeSet;

/// What the code calls, and how.
pub(super) fn calls(lines: &[Line], texts: &[Folded], signs: &mut Collected) {
    let named = texts.iter().any(|folded| {
        let text = plain(&folded.text);
        words::SHELL_OBJECTS.iter().any(|object| text.contains(object))
    });
    // An object whose name is computed may be a shell; its `Run` is taken for one.
    let computed = computed_by(lines, "createobject");
    let shell_object = named || computed || lines.iter().any(has_shell_type);
    let written = written_files(lines);
    let opener = texts.iter().any(|folded| folded.text.eq_ignore_ascii_case("shell.application"));
    let wmi = computed_by(lines, "getobject")
        || texts.iter().any(|folded| plain(&folded.text).contains("winmgmts"));
    let mut given = BTreeSet::new();
    for line in lines {
        if let Some(parameters) = procedures::parameters(&line.tokens) {
            given = parameters;
        }
        let said = said_on(line.number, texts);
        let known = Known { said: &said, written: &written, given: &given };
        let declares = line.tokens.iter().take(2).any(|token| token.is("declare"));
        for (at, token) in line.tokens.iter().enumerate() {
            let Token::Word(word) = token else { continue };
            by_name(word, line, signs);
            match word.as_str() {
                _ if declares => {}
                "shell" if is_shell_call(&line.tokens, at) => process_start(line, at, &known, signs),
                "createobject" | "getobject" if is_computed_object(line, at) => {
                    signs.add_line(Sign::ComputedObject, line);
                    if takes_from_function(line, at) {
                        signs.add_line(Sign::Decoding, line);
                    }
                }
                "addcode" | "executestatement"
                    if !is_written(line.tokens.get(at + 1..).unwrap_or_default()) =>
                {
                    process_start(line, at, &known, signs)
                }
                "excel4macrosheets" | "excel4intlmacrosheets" if adds(&line.tokens, at) => {
                    signs.add_line(Sign::ProcessStart, line);
                }
                "callbyname" => signs.add(Sign::ComputedObject, "CallByName", line.number),
                "executeexcel4macro" if is_command(&said) => {
                    signs.add(Sign::ProcessStart, &said, line.number)
                }
                "create" if wmi && takes_four(&line.tokens, at) => process_start(line, at, &known, signs),
                "open" if opener && is_member(&line.tokens, at) && names_program(&said) => {
                    signs.add_line(Sign::ProcessStart, line);
                }
                "vbhide" => signs.add(Sign::HiddenWindow, "vbHide", line.number),
                "showwindow" if sets(&line.tokens, at) => signs.add_line(Sign::HiddenWindow, line),
                "open" if opens_for_writing(&line.tokens) => {
                    signs.add(Sign::FileWrite, "Open … For Output", line.number)
                }
                word if shell_object && is_method(&line.tokens, at, word) => {
                    process_start(line, at, &known, signs)
                }
                _ => {}
            }
        }
    }
}

/// Whether a line makes or declares a shell by its type, which needs no name in a text.
fn has_shell_type(line: &Line) -> bool {
    let is_type =
        |token: &Token| matches!(token, Token::Word(word) if words::SHELL_TYPES.contains(&word.as_str()));
    let qualified = |three: &[Token]| matches!(three, [library, dot, class] if library.is("shell32") && dot.is_mark('.') && class.is("shell"));
    line.tokens.iter().any(is_type) || line.tokens.windows(3).any(qualified)
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
        // `Shell! x` and `Shell& x`: a type suffix, where a statement begins with it.
        Some(Token::Mark('!' | '&')) => before.is_none_or(|token| token.is_mark(':')),
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

/// What is known where a process is started.
struct Known<'a> {
    /// The texts of the line.
    said: &'a str,
    /// Variables that name files the module writes.
    written: &'a BTreeSet<&'a str>,
    /// Parameters of the procedure.
    given: &'a BTreeSet<&'a str>,
}

/// Sorts a call that starts a process by what is known of its command.
fn process_start(line: &Line, at: usize, known: &Known, signs: &mut Collected) {
    let (said, written) = (known.said, known.written);
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
    let shown = names(&|word| ["vbnormalfocus", "vbmaximizedfocus"].contains(&word));
    if !plain
        && !shown
        && !is_command(said)
        && !names_anything(said)
        && !names(&|word| known.given.contains(word))
    {
        // Nothing of the command stands in the source, and no caller hands it over.
        signs.add_line(Sign::Decoding, line);
    }
    signs.add_line(if plain { Sign::PlainStart } else { Sign::ProcessStart }, line);
}

/// Whether a command shows a path or a program, as far as it is known.
fn names_anything(said: &str) -> bool {
    said.contains(['\\', '/'])
        || words::PROGRAM_EXTENSIONS.iter().any(|ending| said.contains(ending))
        || said.contains(".py")
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
pub(super) fn is_office_command(said: &str) -> bool {
    let said = said.strip_prefix("wscript.shell").unwrap_or(said).trim_start_matches(['"', ' ']);
    let plain = words::OFFICE_COMMANDS.iter().any(|command| said.starts_with(command));
    let installed = said.find("program files").is_some_and(|at| at < 8) && said.contains(".exe");
    (plain || installed) && !["&&", "||", "| ", "http", " /add"].iter().any(|mark| said.contains(mark))
}

/// `Excel4MacroSheets.Add`: a sheet of Excel 4 macros made by a macro.
fn adds(tokens: &[Token], at: usize) -> bool {
    tokens.get(at + 2).is_some_and(|token| token.is("add"))
}

/// Whether the name of an object comes from a function or list of the program itself: `CreateObject(f("…"))`.
fn takes_from_function(line: &Line, at: usize) -> bool {
    let arguments = line.tokens.get(at + 2..).unwrap_or_default();
    match arguments {
        [Token::Word(word), Token::Mark('('), rest @ ..]
            if line.tokens.get(at).is_some_and(|token| token.is("createobject")) =>
        {
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

fn is_member(tokens: &[Token], at: usize) -> bool {
    at.checked_sub(1).and_then(|at| tokens.get(at)).is_some_and(|token| token.is_mark('.'))
}

/// `Win32_Process.Create`: command, folder, settings, answer.
fn takes_four(tokens: &[Token], at: usize) -> bool {
    let commas = tokens.iter().skip(at + 1).filter(|token| token.is_mark(',')).count();
    is_member(tokens, at) && commas >= 3
}

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
    let interpreters = words::texts().filter(|entry| entry.sign == Sign::Interpreter);
    interpreters.into_iter().any(|entry| said.contains(entry.word))
        || said.contains("exec(")
        || said.contains("call(")
}

fn computed_by(lines: &[Line], function: &str) -> bool {
    let called = |line: &Line| {
        line.tokens.iter().enumerate().any(|(at, token)| token.is(function) && is_computed_object(line, at))
    };
    lines.iter().any(called)
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
        file || text.split_once('.').is_some_and(|(program, class)| {
            (program.is_empty() || program.len() >= 4) && class.starts_with("appl")
        })
    };
    arguments.iter().take(12).any(|token| matches!(token, Token::Text(text) if telling(text)))
}

const OFFICE_FILES: &[&str] = &[".xls", ".doc", ".ppt", ".mdb", ".accdb", ".csv", ".dot", ".xlt"];

/// `Open … For Output`, `Append`, `Binary` (MS-VBAL 5.4.5.1).
pub(super) fn opens_for_writing(tokens: &[Token]) -> bool {
    tokens.windows(2).any(|pair| {
        matches!(pair, [keyword, mode] if keyword.is("for") && ["output", "append", "binary"].iter().any(|word| mode.is(word)))
    })
}

/// A name that says by itself what it does.
fn by_name(word: &str, line: &Line, signs: &mut Collected) {
    for entry in words::NAMES.iter().filter(|entry| entry.word == word) {
        signs.add(entry.sign, word, line.number);
    }
    // `Name … As …` moves a file (MS-VBAL has it as a library statement).
    if word == "as" && moves(&line.tokens) {
        signs.add(Sign::FileWrite, "Name … As", line.number);
    }
}

/// Whether a statement of the line begins with `Name`.
fn moves(tokens: &[Token]) -> bool {
    let begins = |before: &Token| before.is("then") || before.is("else") || before.is_mark(':');
    let inside =
        || tokens.windows(2).any(|pair| matches!(pair, [before, name] if begins(before) && name.is("name")));
    tokens.first().is_some_and(|token| token.is("name")) || inside()
}
