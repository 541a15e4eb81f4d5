//! Constant folding: what text a VBA expression makes, as far as that can be told without running the program.
//!
//! Joins literals, `Chr`, `StrReverse`, `Replace`, `Split`/`Join` with literal arguments and variables whose value
//! is known; what is not known leaves a [`GAP`]. The interpreter proper is another stage; this pass serves the
//! keyword tables and works on source that does not even parse.

mod call;
mod numbers;

use super::lexer::{Line, Token};
use call::TEXT_CALLS;
use std::collections::{HashMap, HashSet};

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
/// use in the order of the source, and functions that give a constant text from wherever they stand.
pub(super) fn texts(lines: &[Line]) -> Vec<Folded> {
    let (folded, mut known) = pass(lines, &HashMap::new());
    let names: HashSet<&str> =
        lines.iter().flat_map(|line| line.tokens.windows(2)).filter_map(function).collect();
    known.retain(|name, text| names.contains(name.as_str()) && !text.is_empty() && !text.contains(GAP));
    if known.is_empty() { folded } else { pass(lines, &known).0 }
}

/// The name of a function that begins here.
fn function(pair: &[Token]) -> Option<&str> {
    match pair {
        [Token::Word(keyword), Token::Word(name)] if keyword == "function" || keyword == "get" => Some(name),
        _ => None,
    }
}

/// One pass from top to bottom, with what functions are known to give; answers the texts and the variables.
fn pass(lines: &[Line], functions: &HashMap<String, String>) -> (Vec<Folded>, HashMap<String, String>) {
    let mut known: HashMap<String, String> = HashMap::new();
    let mut folded = Vec::new();
    // Every round of `x = x & …` makes a longer text: bound the sum, not only each.
    let mut room = 16 * LONGEST;
    for line in lines {
        for statement in line.tokens.split(|token| token.is_mark(':')) {
            let mut at = 0;
            let target = assigned(statement);
            while at < statement.len() {
                let own = target.as_deref().unwrap_or_default();
                let mut cursor =
                    Cursor { tokens: statement, at, known: &known, functions, own, pieces: 0, depth: 0 };
                if !cursor.starts_text() {
                    at += 1;
                    continue;
                }
                let text = cursor.text();
                let (start, pieces) = (at, cursor.pieces);
                at = cursor.at.max(at + 1);
                if room < text.len() {
                    return (folded, known);
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
    (folded, known)
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
    /// What functions give that always give the same.
    functions: &'a HashMap<String, String>,
    /// The variable that the statement sets.
    own: &'a str,
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
            Some(Token::Word(word)) => {
                let gives =
                    self.known.contains_key(word) || self.gives(word).is_some() && !self.begins_function();
                !after_dot && gives && !self.follows('=') || self.own_function().is_some()
            }
            _ => false,
        }
    }

    /// What a function gives, other than to itself.
    fn gives(&self, word: &str) -> Option<&String> {
        self.functions.get(word).filter(|_| word != self.own)
    }

    /// Whether the word here stands behind `Function`.
    fn begins_function(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at..at + 2));
        before.is_some_and(|pair| function(pair).is_some())
    }

    /// What `ThisWorkbook.f` or `Me.f` gives.
    fn own_function(&self) -> Option<&String> {
        match self.tokens.get(self.at..)? {
            [Token::Word(owner), Token::Mark('.'), Token::Word(name), ..]
                if OWNERS.contains(&owner.as_str()) =>
            {
                self.gives(name)
            }
            _ => None,
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
            let given = self.gives(word).cloned();
            return given.filter(|_| !self.members()).map_or(GAP.into(), |text| self.piece(text));
        }
        let before = self.at.saturating_sub(1);
        let own = Cursor { at: before, ..*self }.own_function().cloned();
        if self.members() {
            return own.map_or(GAP.into(), |text| self.piece(text));
        }
        let constant =
            CONSTANTS.iter().find(|(name, _)| *name == word).map(|(_, value)| (*value).to_string());
        match constant.or_else(|| self.known.get(word).or_else(|| self.gives(word)).cloned()) {
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
}

/// Modules by whose name their own functions are called.
const OWNERS: &[&str] = &["thisworkbook", "thisdocument", "me"];

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
            (r#"x = Mid(q + "KRcmd /ceL" + z, 3, 6)"#, "cmd /c"),
            (r#"x = Left("power off", 5) & Right("she hell", 4)"#, "powerhell"),
            (r#"x = Mid("power", n, 2)"#, "power"),
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
    fn functions_of_constant_text_are_known_wherever_they_stand() {
        let source = "Go \"w\" & F() & ThisWorkbook.G(1)\nFunction F()\nF = \"in\"\nEnd Function\nFunction G(a)\nG = G & \"mgm\"\nG = G & \"ts\"\nEnd Function\nFunction H(a)\nH = \"x\" & a\nEnd Function";
        assert_eq!(folded(source), ["winmgmts", "in", "mgm", "mgmts"]);
        assert_eq!(folded("x = H(1) & \"b\"\nFunction H(a)\nH = \"xy\" & a\nEnd Function"), ["xy?"]);
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
