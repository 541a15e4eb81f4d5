//! Script source → tokens, comments left out. One lexer for three languages: they differ in how texts, names and
//! comments are written (ECMA-262 clause 12; MS-VBSAL 3; the language specification of PowerShell, chapter 2).

use super::dialect::Dialect;
use std::borrow::Cow;

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// A name or keyword, as written.
    Word(Cow<'a, str>),
    /// A text, its escapes undone.
    Text(Cow<'a, str>),
    /// A regular expression between slashes.
    Pattern(&'a str),
    /// A whole number.
    Number(i64),
    /// Any other character.
    Mark(char),
}

impl Token<'_> {
    pub(super) fn is_mark(&self, mark: char) -> bool {
        matches!(self, Self::Mark(own) if *own == mark)
    }

    /// Whether this is that word, whatever its case.
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if own.eq_ignore_ascii_case(word))
    }
}

/// Tokens of one script that are read.
const MOST: usize = 2_000_000;

/// The tokens of a source, each with where it begins.
pub(super) fn tokens(source: &str, dialect: Dialect) -> Vec<(usize, Token<'_>)> {
    let mut lexer = Lexer { source, at: 0, dialect, out: Vec::new() };
    while lexer.at < source.len() && lexer.out.len() < MOST {
        let before = lexer.at;
        lexer.step();
        if lexer.at == before {
            break;
        }
    }
    lexer.out
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    dialect: Dialect,
    out: Vec<(usize, Token<'a>)>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn step(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return };
        if let Some(length) = comment(rest, self.dialect, self.out.last().map(|(_, token)| token)) {
            self.at += length.max(1);
            return;
        }
        let start = self.at;
        let token = match first {
            '"' | '\'' | '`' if self.is_quote(first) => Some(self.text(first)),
            '/' if self.dialect == Dialect::JavaScript && self.may_be_pattern() => self.pattern(rest),
            c if c.is_ascii_digit() => Some(self.number(rest)),
            '&' if self.dialect == Dialect::VisualBasic && is_hexadecimal(rest) => Some(self.number(rest)),
            c if is_name(c) || c == '\\' && rest.starts_with("\\u") => Some(self.word(rest)),
            _ => None,
        };
        match token {
            Some(token) => self.out.push((start, token)),
            None => {
                self.at = start + first.len_utf8();
                if !first.is_whitespace() {
                    self.out.push((start, Token::Mark(first)));
                } else if first == '\n' && self.dialect != Dialect::JavaScript {
                    self.out.push((start, Token::Mark('\n')));
                }
            }
        }
    }

    fn is_quote(&self, c: char) -> bool {
        match self.dialect {
            Dialect::JavaScript => true,
            Dialect::VisualBasic => c == '"',
            Dialect::PowerShell | Dialect::Batch => c != '`',
        }
    }

    /// A text from its opening to its closing quote.
    fn text(&mut self, quote: char) -> Token<'a> {
        let body = self.source.get(self.at + 1..).unwrap_or_default();
        let escape = match (self.dialect, quote) {
            (Dialect::JavaScript, _) => Some('\\'),
            (Dialect::PowerShell, '"') => Some('`'),
            _ => None,
        };
        let is_doubled = self.dialect != Dialect::JavaScript;
        let ends_with_line = matches!(self.dialect, Dialect::VisualBasic)
            || self.dialect == Dialect::JavaScript && quote != '`';
        let mut out: Cow<'a, str> = Cow::Borrowed("");
        let mut chars = body.char_indices().peekable();
        let mut kept = 0;
        let mut end = body.len();
        while let Some((at, c)) = chars.next() {
            if Some(c) == escape {
                out.to_mut().push_str(body.get(kept..at).unwrap_or_default());
                let (value, length) =
                    escaped(body.get(at + c.len_utf8()..).unwrap_or_default(), self.dialect);
                out.to_mut().extend(value);
                kept = at + c.len_utf8() + length;
                while chars.peek().is_some_and(|(next, _)| *next < kept) {
                    chars.next();
                }
            } else if c == quote {
                if is_doubled && chars.peek().is_some_and(|(_, next)| *next == quote) {
                    out.to_mut().push_str(body.get(kept..=at).unwrap_or_default());
                    chars.next();
                    kept = at + 2;
                } else {
                    end = at;
                    break;
                }
            } else if c == '\n' && ends_with_line {
                end = at;
                break;
            }
        }
        let tail = body.get(kept.min(end)..end).unwrap_or_default();
        self.at += 1 + end + usize::from(body.get(end..).is_some_and(|rest| rest.starts_with(quote)));
        Token::Text(if out.is_empty() && kept == 0 {
            Cow::Borrowed(tail)
        } else {
            Cow::Owned(out.into_owned() + tail)
        })
    }

    /// A slash divides behind a value, and opens a pattern elsewhere.
    fn may_be_pattern(&self) -> bool {
        match self.out.last() {
            None => true,
            Some((_, Token::Mark(mark))) => !matches!(mark, ')' | ']' | '}'),
            Some((_, token)) => token.is("return") || token.is("typeof"),
        }
    }

    fn pattern(&mut self, rest: &'a str) -> Option<Token<'a>> {
        let mut in_class = false;
        let mut is_escaped = false;
        for (at, c) in rest.char_indices().skip(1) {
            match c {
                '\n' => return None,
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '[' => in_class = true,
                ']' => in_class = false,
                '/' if !in_class => {
                    let flags = rest
                        .get(at + 1..)
                        .unwrap_or_default()
                        .bytes()
                        .take_while(u8::is_ascii_alphabetic)
                        .count();
                    self.at += at + 1 + flags;
                    return rest.get(1..at).map(Token::Pattern);
                }
                _ => {}
            }
        }
        None
    }

    fn number(&mut self, rest: &str) -> Token<'a> {
        let (digits, base) = match rest.get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("0x" | "&h") => (rest.get(2..).unwrap_or_default(), 16),
            _ => (rest, 10),
        };
        let end = digits.find(|c: char| !c.is_digit(base)).unwrap_or(digits.len());
        self.at += rest.len() - digits.len() + end;
        if base == 10 && digits.get(end..).is_some_and(|after| after.starts_with('.')) {
            let fraction =
                digits.get(end + 1..).unwrap_or_default().bytes().take_while(u8::is_ascii_digit).count();
            self.at += if fraction > 0 { fraction + 1 } else { 0 };
        }
        Token::Number(i64::from_str_radix(digits.get(..end).unwrap_or_default(), base).unwrap_or_default())
    }

    fn word(&mut self, rest: &'a str) -> Token<'a> {
        let is_escape = |c: char| match self.dialect {
            Dialect::JavaScript => c == '\\',
            Dialect::PowerShell => c == '`',
            _ => false,
        };
        let end = rest.find(|c: char| !(is_name(c) || c.is_numeric() || is_escape(c))).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        self.at += end.max(1);
        match self.dialect {
            Dialect::PowerShell if word.contains('`') => Token::Word(Cow::Owned(word.replace('`', ""))),
            Dialect::JavaScript if word.contains('\\') => Token::Word(Cow::Owned(unescape(word))),
            _ => Token::Word(Cow::Borrowed(word)),
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '$'
}

fn is_hexadecimal(rest: &str) -> bool {
    let bytes = rest.as_bytes();
    bytes.get(1).is_some_and(|letter| letter.eq_ignore_ascii_case(&b'h'))
        && bytes.get(2).is_some_and(u8::is_ascii_hexdigit)
}

/// The length of a comment that begins here.
fn comment(rest: &str, dialect: Dialect, before: Option<&Token>) -> Option<usize> {
    let line = || rest.find('\n').unwrap_or(rest.len());
    let block =
        |end: &str| rest.get(2..).and_then(|body| body.find(end)).map_or(rest.len(), |at| at + 2 + end.len());
    match dialect {
        Dialect::JavaScript if rest.starts_with("//") => Some(line()),
        Dialect::JavaScript if rest.starts_with("/*") => Some(block("*/")),
        Dialect::VisualBasic if rest.starts_with('\'') => Some(line()),
        Dialect::VisualBasic
            if rest.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("rem "))
                && before.is_none_or(|token| token.is_mark('\n') || token.is_mark(':')) =>
        {
            Some(line())
        }
        Dialect::PowerShell if rest.starts_with("<#") => Some(block("#>")),
        Dialect::PowerShell if rest.starts_with('#') => Some(line()),
        _ => None,
    }
}

/// The character of an escape and its length behind the escape sign.
fn escaped(rest: &str, dialect: Dialect) -> (Option<char>, usize) {
    let Some(first) = rest.chars().next() else { return (None, 0) };
    let digits = |from: usize, to: usize| {
        let digits =
            rest.get(from..to).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let is_java = dialect == Dialect::JavaScript;
    let coded = match first {
        'x' if is_java => digits(1, 3).map(|code| (code, 3)),
        'u' if is_java && rest.starts_with("u{") => {
            let end = rest.find('}').filter(|end| *end <= 8);
            end.and_then(|end| digits(2, end).map(|code| (code, end + 1)))
        }
        'u' if is_java => digits(1, 5).map(|code| (code, 5)),
        '0'..='7' if is_java => {
            let length = rest.bytes().take(3).take_while(|byte| (b'0'..b'8').contains(byte)).count();
            u32::from_str_radix(rest.get(..length).unwrap_or_default(), 8).ok().map(|code| (code, length))
        }
        _ => None,
    };
    if let Some((code, length)) = coded {
        return (char::from_u32(code), length);
    }
    let value = match first {
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        '\n' => None,
        other => Some(other),
    };
    (value, first.len_utf8())
}

/// Undoes the escapes of a text: `\x41`, `\u0041`, `\101`.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(rest.get(..at).unwrap_or_default());
        let after = rest.get(at + 1..).unwrap_or_default();
        let (value, length) = escaped(after, Dialect::JavaScript);
        out.extend(value);
        rest = after.get(length..).unwrap_or_default();
    }
    out + rest
}
