//! Texts put together from pieces → the whole texts: concatenation, character codes, reversal, fillers taken out, lists
//! joined, escapes, formats. One pass in the order of the source; nothing loops and nothing is called, so what a
//! program would compute in its own functions stays unknown, marked by [`GAP`].

use super::dialect::Dialect;
use super::lexer::Token;
use super::values::{Value, base64, is_too_much, join, percent, replaced};
use crate::limits::Budget;
use std::collections::{BTreeMap, BTreeSet};

/// Stands for what is not known.
pub(super) const GAP: char = '\u{1}';

/// A text of the program.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Folded {
    /// Where it stands in the source.
    pub(super) at: usize,
    pub(super) text: String,
    /// From how many pieces it was made.
    pub(super) pieces: usize,
    /// Whether something was decoded to make it.
    pub(super) is_decoded: bool,
}

/// Everything folded: the texts, and the fillers that the program takes out somewhere.
pub(super) struct Folding {
    pub(super) texts: Vec<Folded>,
    pub(super) names: BTreeMap<String, Value>,
    pub(super) fillers: BTreeSet<(String, String)>,
}

/// Bytes of text that one script may grow to, and how deep its expressions are followed.
const MOST: usize = 8 << 20;
const DEEPEST: usize = 24;

/// Folds the texts of a script. What is decoded on the way is paid; a spent limit shows at the next payment.
pub(super) fn fold(tokens: &[(usize, Token)], dialect: Dialect, budget: &mut Budget) -> Folding {
    let mut folder = Folder {
        tokens,
        dialect,
        names: BTreeMap::new(),
        lists: BTreeMap::new(),
        texts: Vec::new(),
        fillers: BTreeSet::new(),
        made: 0,
        steps: 0,
        budget,
    };
    let mut at = 0;
    while at < tokens.len() && folder.made < MOST {
        at = folder.statement(at).max(at + 1);
    }
    let grown = folder
        .names
        .values()
        .filter(|value| value.pieces > 1)
        .map(|value| (0, value.clone()))
        .collect::<Vec<_>>();
    grown.into_iter().for_each(|(at, value)| folder.keep(at, value));
    Folding { texts: folder.texts, names: folder.names, fillers: folder.fillers }
}

struct Folder<'a> {
    tokens: &'a [(usize, Token<'a>)],
    dialect: Dialect,
    names: BTreeMap<String, Value>,
    lists: BTreeMap<String, Vec<String>>,
    texts: Vec<Folded>,
    fillers: BTreeSet<(String, String)>,
    made: usize,
    /// Terms looked at: a bound for sources that nest without end.
    steps: usize,
    budget: &'a mut Budget,
}

type Found = Option<(Value, usize)>;

impl<'a> Folder<'a> {
    fn token(&self, at: usize) -> Option<&'a Token<'a>> {
        self.tokens.get(at).map(|(_, token)| token)
    }

    fn is_mark(&self, at: usize, mark: char) -> bool {
        self.token(at).is_some_and(|token| token.is_mark(mark))
    }

    fn word(&self, at: usize) -> Option<&'a str> {
        match self.token(at) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn key(&self, word: &str) -> String {
        if self.dialect.folds_case() { word.to_lowercase() } else { word.to_string() }
    }

    fn keep(&mut self, place: usize, value: Value) {
        let at = self.tokens.get(place).map_or(0, |(at, _)| *at);
        self.texts.push(Folded { at, text: value.text, pieces: value.pieces, is_decoded: value.is_decoded });
    }

    /// Reads what begins here; answers where the next thing may begin.
    fn statement(&mut self, at: usize) -> usize {
        if let Some(word) = self.word(at) {
            if self.is_mark(at + 1, '=') && !self.is_mark(at + 2, '=') {
                return self.assignment(word, at);
            }
            let grows = self.is_mark(at + 1, '+')
                || (self.dialect == Dialect::VisualBasic && self.is_mark(at + 1, '&'));
            if grows && self.is_mark(at + 2, '=') {
                return self.append(word, at + 3);
            }
            if word.eq_ignore_ascii_case("replace") {
                self.filler(at + 1);
            }
        }
        match self.expression(at, 0) {
            Some((value, next)) => {
                if value.pieces > 1 || matches!(self.token(at), Some(Token::Text(_))) {
                    self.keep(at, value);
                }
                next
            }
            None => at + 1,
        }
    }

    fn assignment(&mut self, word: &str, at: usize) -> usize {
        let joins = self.is_mark(at + 3, '+') || self.is_mark(at + 3, '&');
        if joins && self.word(at + 2).is_some_and(|own| self.key(own) == self.key(word)) {
            return self.append(word, at + 4);
        }
        if let Some((list, next)) = self.list(at + 2, 0)
            && (list.len() > 1 || self.is_mark(at + 2, '['))
            && !['.', '[', '-'].iter().any(|mark| self.is_mark(next, *mark))
        {
            for text in list.iter().filter(|text| text.len() > 3) {
                self.keep(at, Value::plain(text));
            }
            self.lists.insert(self.key(word), list);
            return next;
        }
        let Some((value, next)) = self.expression(at + 2, 0) else { return at + 2 };
        if value.pieces == 1 {
            self.keep(at, value.clone());
        }
        if let Some(old) = self.names.insert(self.key(word), value).filter(|old| old.pieces > 1) {
            self.keep(at, old);
        }
        next
    }

    /// `name += …`, without a copy of what is there.
    fn append(&mut self, word: &str, at: usize) -> usize {
        let Some((value, next)) = self.expression(at, 0) else { return at };
        self.made += value.text.len();
        let held = self.names.entry(self.key(word)).or_default();
        if held.text.len() < MOST {
            held.push(&value);
        }
        next
    }

    /// Notes what a `replace` takes out of a text that is not known.
    fn filler(&mut self, at: usize) {
        if !self.is_mark(at, '(') {
            return;
        }
        let near = self.tokens.get(at + 1..).unwrap_or_default().iter().take(24).map(|(_, token)| token);
        let inside = near.take_while(|token| !token.is_mark(')'));
        let texts: Vec<&str> = inside
            .filter_map(|token| match token {
                Token::Text(text) => Some(&**text),
                Token::Pattern(pattern) => Some(*pattern),
                _ => None,
            })
            .collect();
        if let [.., what, with] = texts.as_slice()
            && !what.is_empty()
            && self.fillers.len() < 64
        {
            self.fillers.insert(((*what).to_string(), (*with).to_string()));
        }
    }

    /// Terms joined by `+` and `&`.
    fn expression(&mut self, at: usize, depth: usize) -> Found {
        let (mut value, mut next) = self.term(at, depth)?;
        while self.is_mark(next, '+') || (self.dialect == Dialect::VisualBasic && self.is_mark(next, '&')) {
            let operand = self.skip_lines(next + 1);
            if let Some((more, after)) = self.term(operand, depth) {
                value.push(&more);
                next = after;
            } else if let Some(Token::Number(number)) = self.token(operand) {
                value.push(&Value::plain(&number.to_string()));
                next = operand + 1;
            } else if let Some(after) = self.unknown(operand) {
                value.push(&Value::plain(&GAP.to_string()));
                next = after;
            } else {
                break;
            }
            self.made += 16;
            if value.text.len() > MOST || self.made > MOST {
                break;
            }
        }
        self.made += value.text.len() * usize::from(value.pieces > 1);
        Some((value, next))
    }

    /// Behind an operator a line goes on.
    fn skip_lines(&self, mut at: usize) -> usize {
        while self.is_mark(at, '\n') || self.word(at) == Some("_") {
            at += 1;
        }
        at
    }

    /// The end of an operand that cannot be read: a name with its members, indices and arguments.
    fn unknown(&self, at: usize) -> Option<usize> {
        self.word(at)?;
        let mut next = at + 1;
        let mut depth = 0usize;
        for (_, token) in self.tokens.get(next..)?.iter().take(64) {
            match token {
                Token::Mark('(' | '[') => depth += 1,
                Token::Mark(')' | ']') if depth > 0 => depth -= 1,
                Token::Mark('.') => {}
                Token::Word(_) if depth > 0 || self.is_mark(next.saturating_sub(1), '.') => {}
                _ if depth > 0 => {}
                _ => return Some(next),
            }
            next += 1;
        }
        Some(next)
    }

    fn term(&mut self, at: usize, depth: usize) -> Found {
        self.steps += 1;
        if depth > DEEPEST || self.steps > 16 * self.tokens.len() + 10_000 {
            return None;
        }
        let found = match self.token(at)? {
            Token::Text(text) => Some((Value::plain(text), at + 1)),
            Token::Mark('(') => self.group(at, depth),
            Token::Mark('[' | '@') => self.bracket(at, depth),
            Token::Word(word) => self.named(word, at, depth),
            _ => None,
        };
        found.map(|found| self.members(found, depth))
    }

    fn group(&mut self, at: usize, depth: usize) -> Found {
        let (mut value, mut next) = self.expression(at + 1, depth + 1)?;
        let mut list = Vec::new();
        while self.is_mark(next, ',') {
            list.push(std::mem::take(&mut value.text));
            (value, next) = self.expression(next + 1, depth + 1)?;
        }
        if !list.is_empty() {
            list.push(std::mem::take(&mut value.text));
            value = Value::joined(&list);
        }
        self.is_mark(next, ')').then_some((value, next + 1))
    }

    /// A list that is joined, one character, or what a class of .NET decodes.
    fn bracket(&mut self, at: usize, depth: usize) -> Found {
        if self.token(at + 1).is_some_and(|token| token.is("char")) && self.is_mark(at + 2, ']') {
            let (code, next) = self.factor(at + 3, depth)?;
            return Some((Value::code(code), next));
        }
        if let Some((list, next)) = self.list(at, depth) {
            return self.list_used(list, next, depth);
        }
        let end = (at + 1..at + 16).find(|at| self.is_mark(*at, ']'))?;
        let name = self.word(end + 3).filter(|_| self.is_mark(end + 1, ':') && self.is_mark(end + 2, ':'))?;
        if name.eq_ignore_ascii_case("frombase64string") && self.is_mark(end + 4, '(') {
            let (value, next) = self.expression(end + 5, depth + 1)?;
            return Some((base64(&value, self.budget), next + 1));
        }
        let inner = (end + 4..end + 10).find(|at| self.is_mark(*at, '('))?;
        let (value, next) = self.expression(inner + 1, depth + 1)?;
        Some((value, next + usize::from(self.is_mark(next, ')'))))
    }

    fn list_used(&mut self, mut list: Vec<String>, mut next: usize, depth: usize) -> Found {
        if let (true, Some(Token::Number(place)), true) =
            (self.is_mark(next, '['), self.token(next + 1), self.is_mark(next + 2, ']'))
        {
            let text = list.get(usize::try_from(*place).ok()?)?;
            return Some((Value::plain(text), next + 3));
        }
        while let (true, Some(name)) =
            (self.is_mark(next, '.') || self.is_mark(next, '-'), self.word(next + 1))
        {
            match name.to_ascii_lowercase().as_str() {
                "reverse" => {
                    list.reverse();
                    next += 4;
                }
                "join" => {
                    let opened = usize::from(self.is_mark(next + 2, '('));
                    let (by, after) = self
                        .expression(next + 2 + opened, depth + 1)
                        .unwrap_or((Value::plain(","), next + 3));
                    let after = after + usize::from(self.is_mark(after, ')') && opened == 1);
                    return Some((join(&list, &by.text), after));
                }
                _ => return None,
            }
        }
        None
    }

    /// `['a', 'b']`, `("a", "b")`, `@('a')`, `Array("a", "b")`: texts and codes only.
    fn list(&mut self, at: usize, depth: usize) -> Option<(Vec<String>, usize)> {
        let named = self.token(at).is_some_and(|token| token.is("array")) || self.is_mark(at, '@');
        let start = at + usize::from(named);
        let close = match self.token(start)? {
            Token::Mark('[') => ']',
            Token::Mark('(') => ')',
            _ => return None,
        };
        let mut list = Vec::new();
        let mut next = start + 1;
        loop {
            next = self.skip_lines(next);
            if self.is_mark(next, close) {
                return (!list.is_empty()).then_some((list, next + 1));
            }
            match self.token(next)? {
                Token::Number(number) if close == ']' || named || !list.is_empty() => {
                    list.push(number.to_string());
                    next += 1;
                }
                _ => {
                    let (value, after) = self.expression(next, depth + 1)?;
                    list.push(value.text);
                    next = after;
                }
            }
            next = self.skip_lines(next);
            if self.is_mark(next, ',') {
                next += 1;
            } else if !self.is_mark(next, close) {
                return None;
            }
        }
    }

    /// A function that makes text of text, or a name whose text is known.
    fn named(&mut self, word: &str, at: usize, depth: usize) -> Found {
        let calls = self.is_mark(at + 1, '(');
        let lower = word.to_ascii_lowercase();
        let lower = lower.trim_end_matches('$');
        if !calls {
            if lower == "string"
                && self.is_mark(at + 1, '.')
                && self.token(at + 2).is_some_and(|token| token.is("fromcharcode"))
            {
                return self.codes(at + 4, depth);
            }
            if self.is_mark(at + 1, '[') {
                let Some(Token::Number(place)) = self.token(at + 2) else { return None };
                let text = self.lists.get(&self.key(word))?.get(usize::try_from(*place).ok()?)?;
                return self.is_mark(at + 3, ']').then(|| (Value::plain(text), at + 4));
            }
            let value = self
                .names
                .get(&self.key(word))
                .filter(|value| value.text.len() < 1 << 16 || self.made < MOST / 2)?;
            let value = Value { pieces: 1, ..value.clone() };
            self.made += value.text.len();
            return Some((value, at + 1));
        }
        match lower {
            "chr" | "chrw" | "chrb" => self.codes(at + 2, depth),
            "unescape" | "decodeuricomponent" | "decodeuri" => self.call(at, depth, percent),
            "atob" => {
                let (value, next) = self.call(at, depth, Value::clone)?;
                Some((base64(&value, self.budget), next))
            }
            "strreverse" => self.call(at, depth, Value::reversed),
            "cstr" | "lcase" | "trim" | "string" | "ltrim" | "rtrim" => {
                self.call(at, depth, |value| value.clone())
            }
            "replace" => self.replace_call(at, depth),
            "join" => {
                let (list, next) = self.list(at + 2, depth)?;
                let (by, next) = if self.is_mark(next, ',') {
                    self.expression(next + 1, depth + 1)?
                } else {
                    (Value::plain(" "), next)
                };
                self.is_mark(next, ')').then(|| (join(&list, &by.text), next + 1))
            }
            _ => None,
        }
    }

    fn call(&mut self, at: usize, depth: usize, what: impl Fn(&Value) -> Value) -> Found {
        let (value, next) = self.expression(at + 2, depth + 1)?;
        self.is_mark(next, ')').then(|| (what(&value), next + 1))
    }

    /// `Replace(text, what, with)`
    fn replace_call(&mut self, at: usize, depth: usize) -> Found {
        let (value, next) = self.expression(at + 2, depth + 1)?;
        let (what, next) = self.expression(next + 1, depth + 1).filter(|_| self.is_mark(next, ','))?;
        let (with, next) = self.expression(next + 1, depth + 1).filter(|_| self.is_mark(next, ','))?;
        let end = (next..next + 8).find(|at| self.is_mark(*at, ')'))?;
        self.made += value.text.len();
        Some((replaced(&value, &what.text, &with.text), end + 1))
    }

    /// Codes with commas between, up to the closing bracket.
    fn codes(&mut self, at: usize, depth: usize) -> Found {
        let mut value = Value::default();
        let mut next = at;
        loop {
            let (code, after) = self.number(next, depth)?;
            value.push(&Value::code(code));
            next = after;
            if self.is_mark(next, ')') {
                return Some((Value { pieces: value.pieces.max(1), is_decoded: true, ..value }, next + 1));
            }
            if !self.is_mark(next, ',') {
                return None;
            }
            next += 1;
        }
    }

    /// Arithmetic from left to right.
    fn number(&mut self, at: usize, depth: usize) -> Option<(i64, usize)> {
        if depth > DEEPEST {
            return None;
        }
        let (mut sum, mut next) = self.factor(at, depth)?;
        loop {
            let operator = match self.token(next)? {
                Token::Mark(mark @ ('+' | '-' | '*' | '/' | '^' | '\\')) => *mark,
                token if token.is("xor") => '^',
                token if token.is("mod") => '%',
                _ => return Some((sum, next)),
            };
            let operator =
                if operator == '^' && self.dialect == Dialect::VisualBasic && self.is_mark(next, '^') {
                    '?'
                } else {
                    operator
                };
            let (right, after) = self.factor(next + 1, depth)?;
            sum = match operator {
                '+' => sum.wrapping_add(right),
                '-' => sum.wrapping_sub(right),
                '*' => sum.wrapping_mul(right),
                '/' | '\\' => sum.checked_div(right)?,
                '%' => sum.checked_rem(right)?,
                '^' => sum ^ right,
                _ => return None,
            };
            next = after;
        }
    }

    fn factor(&mut self, at: usize, depth: usize) -> Option<(i64, usize)> {
        match self.token(at)? {
            Token::Number(number) => Some((*number, at + 1)),
            Token::Mark('-') => self
                .factor(at + 1, depth + 1)
                .filter(|_| depth < DEEPEST)
                .map(|(number, next)| (number.wrapping_neg(), next)),
            Token::Mark('(') => {
                let (number, next) = self.number(at + 1, depth + 1)?;
                self.is_mark(next, ')').then_some((number, next + 1))
            }
            Token::Word(word)
                if ["clng", "cint", "cbyte", "cdbl", "parseint", "number", "round", "int"]
                    .iter()
                    .any(|name| word.eq_ignore_ascii_case(name))
                    && depth < DEEPEST =>
            {
                let (number, next) = self.number(at + 2, depth + 1)?;
                self.is_mark(next, ')').then_some((number, next + 1))
            }
            Token::Word(word) => Some((self.names.get(&self.key(word))?.text.parse().ok()?, at + 1)),
            Token::Text(text) => {
                let lower = text.to_ascii_lowercase();
                let code = lower
                    .strip_prefix("&h")
                    .map_or_else(|| lower.parse().ok(), |digits| i64::from_str_radix(digits, 16).ok());
                Some((code?, at + 1))
            }
            _ => None,
        }
    }

    /// What is done to a text behind a dot or a dash.
    fn members(&mut self, found: (Value, usize), depth: usize) -> (Value, usize) {
        let (mut value, mut next) = found;
        for _ in 0..64 {
            match self.member(&value, next, depth) {
                Some((changed, after)) => (value, next) = (changed, after),
                None => break,
            }
            self.made += value.text.len();
            if self.made > MOST {
                break;
            }
        }
        (value, next)
    }

    fn member(&mut self, value: &Value, at: usize, depth: usize) -> Found {
        if self.is_mark(at, '[') && self.is_mark(at + 1, '-') && self.is_mark(at + 3, '.') {
            let end = (at + 4..at + 16).find(|at| self.is_mark(*at, ']'))?;
            let by = usize::from(self.is_mark(end + 1, '-')) * 3;
            return Some((value.reversed(), end + 1 + by));
        }
        let is_dash = self.is_mark(at, '-') && self.dialect == Dialect::PowerShell;
        let name = self.word(at + 1).filter(|_| is_dash || self.is_mark(at, '.'))?.to_ascii_lowercase();
        let open = usize::from(!is_dash);
        if open == 1 && !self.is_mark(at + 2, '(') {
            return None;
        }
        let first = at + 2 + open;
        match name.as_str() {
            "replace" | "creplace" | "ireplace" => {
                let (what, next) = self.pattern(first, depth)?;
                let (with, next) = match self.expression(next + 1, depth + 1) {
                    Some(found) if self.is_mark(next, ',') => found,
                    _ if is_dash => (Value::plain(""), next),
                    _ => return None,
                };
                let close = usize::from(open == 1 && self.is_mark(next, ')'));
                Some((replaced(value, &what, &with.text), next + close))
            }
            "split" if !is_dash => self.split(value, first, depth),
            "f" if is_dash => self.format(value, first, depth),
            "tostring" | "trim" | "valueof" | "tolowercase" | "tolower" | "trimend"
                if self.is_mark(first, ')') =>
            {
                Some((value.clone(), first + 1))
            }
            _ => None,
        }
    }

    /// `.split(a).reverse().join(b)`, with or without the middle.
    fn split(&mut self, value: &Value, at: usize, depth: usize) -> Found {
        let (by, next) = self.pattern(at, depth)?;
        let mut list: Vec<String> = if by.is_empty() {
            value.text.chars().map(String::from).collect()
        } else {
            value.text.split(by.as_str()).map(String::from).collect()
        };
        let mut next = next + 1;
        if self.is_mark(next, '.') && self.token(next + 1).is_some_and(|token| token.is("reverse")) {
            list.reverse();
            next += 4;
        }
        if !(self.is_mark(next, '.') && self.token(next + 1).is_some_and(|token| token.is("join"))) {
            return None;
        }
        let (with, next) =
            self.expression(next + 3, depth + 1).filter(|(with, _)| !is_too_much(list.len(), &with.text))?;
        Some((Value { pieces: value.pieces + 1, text: list.join(&with.text), is_decoded: true }, next + 1))
    }

    fn pattern(&mut self, at: usize, depth: usize) -> Option<(String, usize)> {
        match self.token(at)? {
            Token::Pattern(pattern) => Some(((*pattern).to_string(), at + 1)),
            _ => self.expression(at, depth + 1).map(|(value, next)| (value.text, next)),
        }
    }

    /// `"{1}{0}" -f 'a', 'b'`
    fn format(&mut self, value: &Value, at: usize, depth: usize) -> Found {
        let mut pieces = Vec::new();
        let mut next = at;
        while let Some((piece, after)) = self.term(next, depth + 1) {
            pieces.push(piece.text);
            next = after;
            if !self.is_mark(next, ',') {
                break;
            }
            next += 1;
        }
        let mut text = String::new();
        let mut rest = value.text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (place, behind) = after.split_once('}')?;
            text.push_str(before);
            text.push_str(pieces.get(place.trim().parse::<usize>().ok()?).map_or("", String::as_str));
            rest = behind;
            if text.len() > MOST {
                return None;
            }
        }
        text.push_str(rest);
        (!pieces.is_empty())
            .then_some((Value { text, pieces: value.pieces + pieces.len(), is_decoded: true }, next))
    }
}
