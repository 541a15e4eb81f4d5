//! VBA source → logical lines of tokens (MS-VBAL 3.2 and 3.3): continuations joined, comments dropped.
//!
//! Only what a lexical pass needs: no conditional compilation, no line labels, type suffixes dropped.

/// One logical line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    /// The physical line it begins on, from 1.
    pub(super) number: usize,
    /// Its tokens; statements of one line stay together, divided by `:`.
    pub(super) tokens: Vec<Token>,
}

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name or keyword, in lower case.
    Word(String),
    /// A string literal, its doubled quotes undone.
    Text(String),
    /// A number; dates and what cannot be read count as 0.
    Number(f64),
    /// Any other character.
    Mark(char),
}

impl Token {
    /// Whether this is that word.
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if own == word)
    }

    /// Whether this is that character.
    pub(super) fn is_mark(&self, mark: char) -> bool {
        matches!(self, Self::Mark(own) if *own == mark)
    }
}

/// Splits source into logical lines. Lines of `Attribute VB_…` are data of the editor and left out.
pub(super) fn lines(source: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut continued = false;
    for (index, physical) in source.split('\n').enumerate() {
        let physical = physical.strip_suffix('\r').unwrap_or(physical);
        let (text, continues) = continuation(physical);
        if !continued {
            lines.push(Line { number: index + 1, tokens: Vec::new() });
        }
        if let Some(line) = lines.last_mut() {
            tokens(text, &mut line.tokens);
        }
        continued = continues;
    }
    lines.retain(|line| {
        !line.tokens.is_empty() && !line.tokens.first().is_some_and(|token| token.is("attribute"))
    });
    lines
}

/// A line ends in white space and an underscore where it goes on in the next (MS-VBAL 3.2.2).
fn continuation(physical: &str) -> (&str, bool) {
    let trimmed = physical.trim_end();
    match trimmed.strip_suffix('_') {
        Some(head) if head.is_empty() || head.ends_with([' ', '\t', '\u{3000}']) => (head, true),
        _ => (physical, false),
    }
}

fn tokens(text: &str, out: &mut Vec<Token>) {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '\'' => return,
            '"' => string(rest),
            '#' => date(rest),
            '[' => bracketed(rest),
            c if c.is_ascii_digit() => number(rest),
            '&' if is_based(rest) => based_number(rest),
            c if is_name_start(c) => name(rest),
            c if c.is_whitespace() => (None, c.len_utf8()),
            c => (Some(Token::Mark(c)), c.len_utf8()),
        };
        let starts_statement = out.last().is_none_or(|last| last.is_mark(':'));
        if starts_statement && token.as_ref().is_some_and(|token| token.is("rem")) {
            return;
        }
        out.extend(token);
        rest = rest.get(length.max(1)..).unwrap_or_default();
    }
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_' || (c as u32 > 0x7f && c.is_alphanumeric())
}

fn name(rest: &str) -> (Option<Token>, usize) {
    let end = rest.find(|c: char| !(is_name_start(c) || c.is_numeric())).unwrap_or(rest.len());
    let word = rest.get(..end).unwrap_or_default().to_lowercase();
    // A type suffix belongs to the name; `&` does too, but mostly it joins text, and `!` looks into collections.
    let suffix =
        rest.get(end..).and_then(|after| after.chars().next()).filter(|c| ['$', '@', '%', '#'].contains(c));
    (Some(Token::Word(word)), end + suffix.map_or(0, char::len_utf8))
}

fn string(rest: &str) -> (Option<Token>, usize) {
    let mut text = String::new();
    let mut at = 1;
    loop {
        let after = rest.get(at..).unwrap_or_default();
        let Some(end) = after.find('"') else {
            text.push_str(after);
            return (Some(Token::Text(text)), rest.len());
        };
        text.push_str(after.get(..end).unwrap_or_default());
        at += end + 1;
        if !rest.get(at..).is_some_and(|next| next.starts_with('"')) {
            return (Some(Token::Text(text)), at);
        }
        text.push('"');
        at += 1;
    }
}

fn bracketed(rest: &str) -> (Option<Token>, usize) {
    match rest.find(']') {
        Some(end) => (Some(Token::Word(rest.get(1..end).unwrap_or_default().to_lowercase())), end + 1),
        None => (Some(Token::Mark('[')), 1),
    }
}

/// A date literal stands between number signs (MS-VBAL 3.3.3); a lone one is a directive or a file number.
fn date(rest: &str) -> (Option<Token>, usize) {
    let is_date = |inside: &str| !inside.contains(['"', '\'', '&', '(']);
    let after = rest.get(1..).unwrap_or_default();
    let end = after
        .find('#')
        .filter(|end| (3..24).contains(end))
        .filter(|end| after.get(..*end).is_some_and(is_date));
    match end {
        Some(end) => (Some(Token::Number(0.0)), end + 2),
        None => (Some(Token::Mark('#')), 1),
    }
}

fn number(rest: &str) -> (Option<Token>, usize) {
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
    let value = rest.get(..end).and_then(|digits| digits.parse().ok()).unwrap_or(0.0);
    let suffix =
        rest.get(end..).and_then(|after| after.chars().next()).filter(|c| ['#', '!', '@', '%'].contains(c));
    (Some(Token::Number(value)), end + suffix.map_or(0, char::len_utf8))
}

fn is_based(rest: &str) -> bool {
    let mut chars = rest.chars().skip(1);
    let base = chars.next().map(|c| c.to_ascii_lowercase());
    let digit = chars.next();
    matches!(base, Some('h')) && digit.is_some_and(|c| c.is_ascii_hexdigit())
        || matches!(base, Some('o')) && digit.is_some_and(|c| c.is_digit(8))
}

fn based_number(rest: &str) -> (Option<Token>, usize) {
    let radix = if rest.get(1..2).is_some_and(|base| base.eq_ignore_ascii_case("h")) { 16 } else { 8 };
    let digits = rest.get(2..).unwrap_or_default();
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let value = u32::from_str_radix(digits.get(..end).unwrap_or_default(), radix).unwrap_or(0);
    let suffix = usize::from(digits.get(end..).is_some_and(|after| after.starts_with('&')));
    (Some(Token::Number(f64::from(value))), 2 + end + suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> Vec<(usize, String)> {
        let show = |token: &Token| match token {
            Token::Word(word) => word.clone(),
            Token::Text(text) => format!("{text:?}"),
            Token::Number(number) => number.to_string(),
            Token::Mark(mark) => mark.to_string(),
        };
        let shown = |line: Line| (line.number, line.tokens.iter().map(show).collect::<Vec<_>>().join(" "));
        lines(source).into_iter().map(shown).collect()
    }

    #[test]
    fn continuations_are_joined_and_comments_dropped() {
        let source = "Attribute VB_Name = \"x\"\r\nSub _\r\nAutoOpen( _\r\n)\r\n' Shell\r\nx = 1 ' y\r\nRem Shell\r\na: Rem b";
        let want = [(2, "sub autoopen ( )".to_string()), (6, "x = 1".into()), (8, "a :".into())];
        assert_eq!(words(source), want);
    }

    #[test]
    fn strings_numbers_and_suffixes() {
        let source = "Shell$(\"a \"\"b\"\"\" & Chr(&H41) & ChrW$(66&) + #1/2/2020# , [ab c].x@)";
        let want = "shell ( \"a \\\"b\\\"\" & chr ( 65 ) & chrw ( 66 & ) + 0 , ab c . x )";
        assert_eq!(words(source), [(1, want.to_string())]);
        // A file number and a text with a number sign in it are no date.
        let rows = [("Print #1, \"a#\" & b", "print # 1 , \"a#\" & b"), ("Shell# q", "shell q")];
        for (source, want) in rows {
            assert_eq!(words(source), [(1, want.to_string())]);
        }
    }

    #[test]
    fn anything_at_all_is_split_without_fault() {
        for source in ["\"", "[", "&H", "#", " _", "_", "'", "ａｂ表１", "\u{0}\u{301}", "&O9 &H& \"\"\""]
        {
            lines(source);
        }
    }
}
