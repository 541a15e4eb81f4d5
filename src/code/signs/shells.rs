//! Shells that no text of the module names: types, imports, methods called by their names.

use super::lexer::{Line, Token};
use super::words;

/// `CallByName x, "Run", …`
pub(super) fn names_method(line: &Line) -> bool {
    let is_method = |text: &str| words::SHELL_METHODS.iter().any(|method| text.eq_ignore_ascii_case(method));
    line.tokens.iter().any(|token| matches!(token, Token::Text(text) if is_method(text)))
}

/// `Declare … Lib "x.dat"`
pub(super) fn imports_data(line: &Line) -> bool {
    let ends =
        |text: &str| words::DATA_EXTENSIONS.iter().any(|ending| text.to_ascii_lowercase().ends_with(ending));
    line.tokens.windows(2).any(|pair| matches!(pair, [lib, Token::Text(text)] if lib.is("lib") && ends(text)))
}

/// `ShellExecute "cmd", arguments, …`: the first argument is an interpreter, and there are others.
pub(super) fn hands_to_interpreter(tokens: &[Token], at: usize) -> bool {
    const INTERPRETERS: &[&str] = &["cmd", "cmd.exe", "powershell", "powershell.exe", "wscript", "cscript"];
    let rest = tokens.get(at + 1..).unwrap_or_default();
    let rest = rest.strip_prefix(&[Token::Mark('(')]).unwrap_or(rest);
    let named = |text: &str| {
        let text = text.to_ascii_lowercase();
        INTERPRETERS.contains(&text.rsplit('\\').next().unwrap_or_default())
    };
    match rest {
        [Token::Text(program), Token::Mark(','), arguments, ..] if named(program) => {
            !arguments.is_mark(',') && !matches!(arguments, Token::Text(text) if text.is_empty())
        }
        _ => false,
    }
}

/// Whether a line makes or declares a shell by its type, which needs no name in a text.
pub(super) fn has_shell_type(line: &Line) -> bool {
    let is_type =
        |token: &Token| matches!(token, Token::Word(word) if words::SHELL_TYPES.contains(&word.as_str()));
    let qualified = |three: &[Token]| matches!(three, [library, dot, class] if library.is("shell32") && dot.is_mark('.') && class.is("shell"));
    let made = |pair: &[Token]| matches!(pair, [new, class] if new.is("new") && class.is("shell"));
    line.tokens.iter().any(is_type)
        || line.tokens.windows(3).any(qualified)
        || line.tokens.windows(2).any(made)
}

/// `Declare Function system Lib "libc.dylib"`: what starts commands on a Mac.
pub(super) fn imports_system(line: &Line) -> bool {
    let names = |token: &Token| token.is("system");
    let of_libc = |token: &Token| matches!(token, Token::Text(text) if text.contains("libc"));
    line.tokens.iter().take(3).any(|token| token.is("declare"))
        && line.tokens.iter().any(names)
        && line.tokens.iter().any(of_libc)
}
