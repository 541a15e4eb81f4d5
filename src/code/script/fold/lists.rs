//! Lists of texts and codes, and what is made of them.

use super::{Folder, Found, GAP, MOST};
use crate::code::script::dialect::Dialect;
use crate::code::script::lexer::Token;
use crate::code::script::values::{Value, base64, join};

impl Folder<'_> {
    /// A list that is joined, one character, or what a class of .NET decodes.
    pub(super) fn bracket(&mut self, at: usize, depth: usize) -> Found {
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

    pub(super) fn list_used(&mut self, mut list: Vec<String>, mut next: usize, depth: usize) -> Found {
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

    /// `list.push('a')` and `list[7] = 'a'`, in the order of the source; answers where the next thing begins.
    pub(super) fn grows_list(&mut self, word: &str, at: usize) -> Option<usize> {
        let pushes = self.is_mark(at + 1, '.') && self.token(at + 2).is_some_and(|token| token.is("push"));
        let sets = self.is_mark(at + 1, '[')
            && matches!(self.token(at + 2), Some(Token::Number(_)))
            && self.is_mark(at + 3, ']')
            && self.is_mark(at + 4, '=')
            && !self.is_mark(at + 5, '=');
        let start = if pushes && self.is_mark(at + 3, '(') { at + 4 } else { at + 5 };
        if !pushes && !sets {
            return None;
        }
        let (value, next) = self.expression(start, 0)?;
        self.made += value.text.len();
        let list = self.lists.entry(self.key(word)).or_default();
        if self.made < MOST {
            list.push(value.text);
        }
        Some(next)
    }

    /// A list under a name, joined: `list.join('')`, `list.reverse().join('')`.
    pub(super) fn list_named(&mut self, word: &str, at: usize, depth: usize) -> Found {
        let is_used = self.is_mark(at, '.') || self.dialect == Dialect::PowerShell && self.is_mark(at, '-');
        let joins =
            ["join", "reverse"].iter().any(|name| self.token(at + 1).is_some_and(|token| token.is(name)));
        if !is_used || !joins {
            return None;
        }
        let list = self.lists.get(&self.key(word))?.clone();
        self.made += list.iter().map(String::len).sum::<usize>() + list.len();
        if self.made < MOST { self.list_used(list, at, depth) } else { None }
    }

    /// Whether an item of a list of JavaScript is a name alone whose text is not known.
    fn names_one(&self, close: char, at: usize) -> bool {
        let is_known = self.word(at).is_some_and(|word| self.names.contains_key(&self.key(word)));
        let ends = self.is_mark(at + 1, ',') || self.is_mark(at + 1, ']');
        self.dialect == Dialect::JavaScript && close == ']' && ends && !is_known
    }

    /// `['a', 'b']`, `("a", "b")`, `@('a')`, `Array("a", "b")`: texts and codes only.
    pub(super) fn list(&mut self, at: usize, depth: usize) -> Option<(Vec<String>, usize)> {
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
                Token::Mark('-') if matches!(self.token(next + 1), Some(Token::Number(_))) => {
                    list.push(GAP.to_string());
                    next += 2;
                }
                Token::Word(_) if self.names_one(close, next) => {
                    list.push(GAP.to_string());
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
}
