//! Constant folding: what text a VBA expression makes, as far as that can be told without running the program.
//!
//! Joins literals, `Chr`, `StrReverse`, `Replace`, `Split`/`Join` with literal arguments and variables whose value
//! is known; what is not known leaves a [`GAP`]. The interpreter proper is another stage; this pass serves the
//! keyword tables and works on source that does not even parse.

use super::lexer::{Line, Token};
use std::collections::HashMap;

/// Stands in folded text where a value is not known.
pub(super) const GAP: char = '\u{1}';

/// A text that a line makes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Folded {
    /// Physical line, from 1.
    pub(super) line: usize,
    /// The text.
    pub(super) text: String,
    /// How many literals, codes and known values it was joined from; unknown ones are not counted.
    pub(super) pieces: usize,
}

/// The longest text that is followed; payloads in macros stay far below.
const LONGEST: usize = 256 << 10;
/// How deep expressions may nest.
const DEEPEST: usize = 40;

/// Every text of two or more characters that the lines make, in order; variables are followed from assignment to
/// use in the order of the source.
pub(super) fn texts(lines: &[Line]) -> Vec<Folded> {
    let mut known: HashMap<String, String> = HashMap::new();
    let mut folded = Vec::new();
    // Every round of `x = x & …` makes a longer text: bound the sum, not only each.
    let mut room = 16 * LONGEST;
    for line in lines {
        for statement in line.tokens.split(|token| token.is_mark(':')) {
            let mut at = 0;
            let target = assigned(statement);
            while at < statement.len() {
                let mut cursor = Cursor { tokens: statement, at, known: &known, pieces: 0, depth: 0 };
                if !cursor.starts_text() {
                    at += 1;
                    continue;
                }
                let text = cursor.text();
                let (start, pieces) = (at, cursor.pieces);
                at = cursor.at.max(at + 1);
                if room < text.len() {
                    return folded;
                }
                room -= text.len();
                if let Some((name, 2..)) = target.as_ref().map(|name| (name, start))
                    && at >= statement.len()
                {
                    known.insert(name.clone(), text.clone());
                }
                if text.chars().filter(|c| *c != GAP).nth(1).is_some() {
                    folded.push(Folded { line: line.number, text, pieces });
                } else {
                    folded.extend(literals(statement.get(start..at).unwrap_or_default(), line.number));
                }
            }
        }
    }
    folded
}

/// The literals of an expression that comes to nothing known: the filler in `Replace(x, "filler", "")`.
fn literals(tokens: &[Token], line: usize) -> impl Iterator<Item = Folded> {
    tokens.iter().filter_map(move |token| match token {
        Token::Text(text) if text.chars().nth(1).is_some() => {
            Some(Folded { line, text: text.clone(), pieces: 1 })
        }
        _ => None,
    })
}

/// The variable that a statement `x = …`, `Const x = …` or `x.y = …` sets, with the `=` in its place.
fn assigned(statement: &[Token]) -> Option<String> {
    let equals = statement.iter().position(|token| token.is_mark('='))?;
    match statement.get(equals.checked_sub(1)?)? {
        Token::Word(name) => Some(name.clone()),
        _ => None,
    }
}

struct Cursor<'a> {
    tokens: &'a [Token],
    at: usize,
    known: &'a HashMap<String, String>,
    pieces: usize,
    depth: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn follows(&self, mark: char) -> bool {
        self.tokens.get(self.at + 1).is_some_and(|token| token.is_mark(mark))
    }

    /// Whether a text expression may start here.
    fn starts_text(&self) -> bool {
        let after_dot =
            self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).is_some_and(|t| t.is_mark('.'));
        match self.peek() {
            Some(Token::Text(_)) => true,
            Some(Token::Word(word)) if TEXT_CALLS.contains(&word.as_str()) => self.follows('('),
            Some(Token::Word(word)) => !after_dot && self.known.contains_key(word) && !self.follows('='),
            _ => false,
        }
    }

    /// `term ((& | +) term)*`
    fn text(&mut self) -> String {
        let mut text = self.term();
        while self.peek().is_some_and(|token| token.is_mark('&') || token.is_mark('+')) {
            self.at += 1;
            let next = self.term();
            if text.len() + next.len() > LONGEST {
                continue;
            }
            text.push_str(&next);
        }
        text
    }

    fn term(&mut self) -> String {
        let Some(token) = self.tokens.get(self.at) else { return GAP.into() };
        self.at += 1;
        match token {
            Token::Text(text) => self.piece(text.clone()),
            Token::Number(number) => self.piece(number.to_string()),
            Token::Mark('(') => self.nested(Self::closed),
            Token::Word(word) => self.word(word),
            Token::Mark(_) => {
                self.at -= 1;
                GAP.into()
            }
        }
    }

    fn piece(&mut self, text: String) -> String {
        self.pieces += 1;
        text
    }

    /// The rest of `( expression )` after the parenthesis.
    fn closed(&mut self) -> String {
        let text = self.text();
        self.close();
        text
    }

    fn word(&mut self, word: &str) -> String {
        if self.peek().is_some_and(|token| token.is_mark('(')) {
            if TEXT_CALLS.contains(&word) {
                self.at += 1;
                return self.nested(|cursor| cursor.call(word));
            }
            self.at += 1;
            self.close();
            self.members();
            return GAP.into();
        }
        if self.members() {
            return GAP.into();
        }
        let constant =
            CONSTANTS.iter().find(|(name, _)| *name == word).map(|(_, value)| (*value).to_string());
        match constant.or_else(|| self.known.get(word).cloned()) {
            Some(known) => self.piece(known),
            None => GAP.into(),
        }
    }

    /// Steps over `.member(…).member`; answers whether there was any.
    fn members(&mut self) -> bool {
        let from = self.at;
        while self.peek().is_some_and(|token| token.is_mark('.') || token.is_mark('!')) {
            self.at += 2;
            if self.peek().is_some_and(|token| token.is_mark('(')) {
                self.at += 1;
                self.close();
            }
        }
        self.at = self.at.min(self.tokens.len());
        self.at > from
    }

    fn nested(&mut self, inner: impl FnOnce(&mut Self) -> String) -> String {
        if self.depth >= DEEPEST {
            self.at = self.tokens.len();
            return GAP.into();
        }
        self.depth += 1;
        let text = inner(self);
        self.depth -= 1;
        text
    }

    /// A call of one of [`TEXT_CALLS`], the parenthesis read.
    fn call(&mut self, word: &str) -> String {
        if word.starts_with("chr") {
            let code = self.number();
            self.close();
            return match code.and_then(character) {
                Some(known) => self.piece(known.into()),
                None => GAP.into(),
            };
        }
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.text());
            match self.peek() {
                Some(token) if token.is_mark(',') && arguments.len() < 4 => self.at += 1,
                _ => break,
            }
        }
        self.close();
        apply(word, &arguments)
    }

    /// Steps behind the parenthesis that closes the open one.
    fn close(&mut self) {
        let mut open = 1usize;
        while let Some(token) = self.tokens.get(self.at) {
            self.at += 1;
            match token {
                Token::Mark('(') => open += 1,
                Token::Mark(')') => open -= 1,
                _ => {}
            }
            if open == 0 {
                return;
            }
        }
    }

    /// A number made of constants: `+ - * / Xor` from left to right, which is how junk arithmetic is written.
    fn number(&mut self) -> Option<f64> {
        let mut value = self.factor()?;
        loop {
            let operator = match self.peek() {
                Some(Token::Mark(mark @ ('+' | '-' | '*' | '/' | '\\' | '^'))) => *mark,
                Some(Token::Word(word)) if word == "xor" => 'x',
                _ => return Some(value),
            };
            self.at += 1;
            let next = self.factor()?;
            value = arithmetic(operator, value, next);
        }
    }

    fn factor(&mut self) -> Option<f64> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        match token {
            Token::Number(number) => Some(*number),
            Token::Mark('-') => self.factor().map(|number| -number),
            Token::Mark('(') => self.bracketed_number(),
            Token::Word(word) if NUMBER_CALLS.contains(&word.as_str()) => {
                self.at += 1;
                self.bracketed_number()
            }
            Token::Word(word) => key_code(word).or_else(|| self.known.get(word)?.trim().parse().ok()),
            Token::Text(text) => text.trim().parse().ok(),
            Token::Mark(_) => None,
        }
    }

    fn bracketed_number(&mut self) -> Option<f64> {
        if self.depth >= DEEPEST {
            return None;
        }
        self.depth += 1;
        let value = self.number();
        self.depth -= 1;
        self.peek()?.is_mark(')').then(|| self.at += 1)?;
        value
    }
}

/// Functions that make text from text or codes.
const TEXT_CALLS: &[&str] = &[
    "chr",
    "chrw",
    "chrb",
    "strreverse",
    "replace",
    "lcase",
    "ucase",
    "trim",
    "ltrim",
    "rtrim",
    "cstr",
    "join",
    "split",
    "format",
];

/// Functions that leave a number as it is.
const NUMBER_CALLS: &[&str] = &["clng", "cint", "cbyte", "val", "int", "fix", "abs", "cdbl", "round", "oct"];

/// Named constants of the type library.
const CONSTANTS: &[(&str, &str)] = &[
    ("vbcrlf", "\r\n"),
    ("vbnewline", "\r\n"),
    ("vbcr", "\r"),
    ("vblf", "\n"),
    ("vbtab", "\t"),
    ("vbnullstring", ""),
    ("vbnullchar", "\0"),
];

/// Word's constants for keys, `wdKeyA` to `wdKeyZ` and `wdKey0` to `wdKey9`: their values are character codes.
fn key_code(word: &str) -> Option<f64> {
    match word.strip_prefix("wdkey")?.as_bytes() {
        [key] if key.is_ascii_alphanumeric() => Some(f64::from(key.to_ascii_uppercase())),
        _ => None,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked before the cast"
)]
fn character(code: f64) -> Option<char> {
    let code = code.round();
    (1.0..65536.0).contains(&code).then(|| char::from_u32(code as u32)).flatten()
}

#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates, and the result is only a guess")]
fn arithmetic(operator: char, a: f64, b: f64) -> f64 {
    match operator {
        '+' => a + b,
        '-' => a - b,
        '*' => a * b,
        '^' => a.powf(b),
        'x' => (a as i64 ^ b as i64) as f64,
        _ => a / b,
    }
}

/// What a text function makes of its arguments.
fn apply(word: &str, arguments: &[String]) -> String {
    let argument = |index: usize| arguments.get(index).map(String::as_str).unwrap_or_default();
    match word {
        "strreverse" => argument(0).chars().rev().collect(),
        "replace" if !argument(1).is_empty() && argument(2).len() <= argument(1).len() => {
            argument(0).replace(argument(1), argument(2))
        }
        // `Join(Split(text, filler), "")` takes the filler out, and so does `Split` alone for a reader.
        "split" if !argument(1).is_empty() => argument(0).replace(argument(1), ""),
        "lcase" => argument(0).to_lowercase(),
        "ucase" => argument(0).to_uppercase(),
        "trim" | "ltrim" | "rtrim" => argument(0).trim().to_string(),
        _ => argument(0).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexer::lines;
    use super::*;

    fn folded(source: &str) -> Vec<String> {
        texts(&lines(source)).into_iter().map(|folded| folded.text.replace(GAP, "?")).collect()
    }

    #[test]
    fn text_is_joined_as_the_program_would() {
        let rows = [
            (r#"x = "po" & "wer" + "shell""#, "powershell"),
            (r#"x = Chr(112) & ChrW(&H6F) & Chr$(100 + 19) & "er""#, "power"),
            (r#"x = Chr(220 Xor 172)& "x""#, "px"),
            (r#"x = StrReverse("lle" & "hs")"#, "shell"),
            (r#"x = Replace("pXXowXXer", "XX", "")"#, "power"),
            (r#"x = Join(Split("pQQowQQer", "QQ"), "")"#, "power"),
            (r#"x = "cmd " & y & " /c" & f(1, ")") & "z""#, "cmd ? /c?z"),
            (r#"x = UserForm1.Tag & "er""#, "er"),
            (r#"x = Replace(y, "qqz", "")"#, "qqz"),
            (r#"x = ChrW(wdKeyS) + "hell" + Chr(wdKey3)"#, "Shell3"),
        ];
        for (source, want) in rows {
            assert_eq!(folded(source), [want], "{source}");
        }
    }

    #[test]
    fn variables_are_followed_from_line_to_line() {
        let source = "Const a = \"win\"\nb = a & \"mgmts\"\nb = b & \":\"\nGetObject(b)";
        assert_eq!(folded(source), ["win", "winmgmts", "winmgmts:", "winmgmts:"]);
    }

    #[test]
    fn growth_and_depth_are_bounded() {
        let doubling = "x = \"aaaaaaaaaaaaaaaa\"\n".to_string() + &"x = x & x\n".repeat(60);
        assert!(texts(&lines(&doubling)).iter().all(|folded| folded.text.len() <= LONGEST));
        let deep = format!("x = {}\"a\"{}", "Trim(".repeat(5000), ")".repeat(5000));
        texts(&lines(&deep));
        let open = format!("x = Chr({}", "(".repeat(5000));
        texts(&lines(&open));
    }
}
