//! Text that is run: `eval(…)`, `Execute …`, `iex …`, of something that is not written there.

use super::{Script, Signs};
use crate::artifact::Sign;
use crate::code::script::dialect::Dialect;
use crate::code::script::lexer::Token;

/// Tokens from the check of a text to where it is run.
const IN_CHECK: usize = 60;
const IN_CHOICE: usize = 14;

impl Script<'_> {
    /// Where computed text is run, and where an object of a computed name is made.
    pub(super) fn runs(&self, signs: &mut Signs) {
        for (place, (at, token)) in self.tokens.iter().enumerate() {
            let runs = match self.dialect {
                Dialect::JavaScript => {
                    self.evaluates(place, token) && !self.reads_json(place) && !self.stands_in(place)
                }
                Dialect::VisualBasic => token.is("execute") || token.is("executeglobal") || token.is("eval"),
                Dialect::PowerShell => self.invokes(place, token),
                Dialect::Batch => false,
            };
            let next = self.token(place + 1);
            let is_object =
                self.dialect == Dialect::VisualBasic && (token.is("createobject") || token.is("getobject"));
            if is_object
                && next.is_some_and(|next| next.is_mark('('))
                && matches!(self.token(place + 2), Some(Token::Word(_)))
            {
                signs.add(Sign::ComputedObject, &self.shown(*at), *at);
            }
            if runs && self.dialect == Dialect::PowerShell && self.finds_name(place) {
                signs.add(Sign::ChoppedText, &self.shown(*at), *at);
            }
            // `Invoke-Expression` is two words with a dash between.
            let by = if self.dialect == Dialect::PowerShell && token.is("invoke") { 3 } else { 1 };
            let is_written = |next: Option<&Token>| match next {
                Some(Token::Text(text)) => by == 1 || text.contains(' '),
                next => next.is_none(),
            };
            if runs && !is_written(self.token(place + by)) {
                signs.add(Sign::Decoding, &self.shown(*at), *at);
            }
        }
    }

    /// `& (gcm i*x)`: what is run is looked up by a part of its name.
    fn finds_name(&self, place: usize) -> bool {
        let near = self.tokens.get(place + 1..).unwrap_or_default().iter().take(10).map(|(_, token)| token);
        let near: Vec<&Token> = near.take_while(|token| !token.is_mark(')')).collect();
        let looks =
            near.iter().any(|token| ["gcm", "gal", "command", "alias"].iter().any(|name| token.is(name)));
        looks && near.iter().any(|token| token.is_mark('*') || token.is_mark('?'))
    }

    fn token(&self, place: usize) -> Option<&Token<'_>> {
        self.tokens.get(place).map(|(_, token)| token)
    }

    fn before(&self, place: usize, back: usize) -> Option<&Token<'_>> {
        place.checked_sub(back).and_then(|place| self.token(place))
    }

    /// `eval(x)`, `new Function(x)`, `Function(x)()`, `f.constructor(x)`, and other names given to the first two.
    fn evaluates(&self, place: usize, token: &Token) -> bool {
        let Token::Word(word) = token else { return false };
        let is_called = self.token(place + 1).is_some_and(|next| next.is_mark('('))
            && !matches!(self.token(place + 2), Some(Token::Text(_) | Token::Mark(')')));
        let is_given = self.before(place, 1).is_some_and(|before| before.is_mark('='))
            && self.token(place + 1).is_some_and(|next| matches!(next, Token::Mark(';' | ',')));
        match &**word {
            "eval" => true,
            "Function" => {
                is_called || is_given || self.before(place, 1).is_some_and(|before| before.is("new"))
            }
            "constructor" => {
                is_called && self.before(place, 2).is_some_and(|before| before.is("constructor"))
            }
            _ => false,
        }
    }

    /// `if (x.test(s.replace(a, '@').replace(b, ']')…)) eval('(' + s + ')')`: how browsers without a reader of JSON read
    /// it, once no name or call is left in the text (RFC 4627 section 6). It stands in every early library.
    fn reads_json(&self, place: usize) -> bool {
        let from = place.saturating_sub(IN_CHECK);
        let Some(before) = self.tokens.get(from..place) else { return false };
        let Some(test) = before.iter().rposition(|(_, token)| token.is("test")) else { return false };
        let check = before.get(test..).unwrap_or_default();
        let name = match check.get(2) {
            Some((_, Token::Word(word))) => &**word,
            _ => return false,
        };
        let replaces = |with: &str| {
            check.windows(2).any(|pair| {
                matches!(pair, [(_, mark), (_, Token::Text(text))] if mark.is_mark(',') && **text == *with)
            })
        };
        let run = self.tokens.get(place + 1..place + 5).unwrap_or_default();
        replaces("@")
            && replaces("]")
            && matches!(run, [(_, open), (_, Token::Text(text)), (_, plus), (_, Token::Word(word))]
                if open.is_mark('(') && plus.is_mark('+') && matches!(text.as_ref(), "(" | "return ") && **word == *name)
    }

    /// `(w.execScript || function (s) { w['eval'].call(w, s); })(s)`: how libraries of pages hand a script to the browser,
    /// whichever it is. Hosts of scripts outside of browsers have no `execScript`.
    fn stands_in(&self, place: usize) -> bool {
        let before = self.tokens.get(place.saturating_sub(IN_CHOICE)..place).unwrap_or_default();
        before.windows(4).any(|near| {
            matches!(near, [(_, word), (_, or), (_, also), (_, function)]
                if word.is("execscript") && or.is_mark('|') && also.is_mark('|') && function.is("function"))
        })
    }

    /// `iex`, `Invoke-Expression`, `& (…)`, `. (Get-Alias i?x)`, `& 'iex'`.
    fn invokes(&self, place: usize, token: &Token) -> bool {
        let next = self.token(place + 1);
        let named = |token: Option<&Token>| matches!(token, Some(Token::Text(text)) if text.eq_ignore_ascii_case("iex") || text.eq_ignore_ascii_case("invoke-expression"));
        let is_looked_up = || {
            next.is_some_and(|next| next.is_mark('('))
                && self.token(place + 2).is_some_and(|word| {
                    ["gal", "gcm", "get"].iter().any(|name| word.is(name))
                        || word.is_mark('[')
                        || matches!(word, Token::Text(text) if text.len() <= 4)
                })
        };
        let begins = || {
            self.before(place, 1)
                .is_none_or(|before| matches!(before, Token::Mark(';' | '\n' | '{' | '|' | '=' | '(')))
        };
        token.is("iex")
            || token.is("invoke") && self.token(place + 2).is_some_and(|next| next.is("expression"))
            || token.is_mark('&') && next.is_some_and(|next| next.is_mark('('))
            || token.is_mark('.') && begins() && is_looked_up()
            || named(Some(token))
                && self.before(place, 1).is_some_and(|before| before.is_mark('&') || before.is_mark('.'))
    }
}

#[cfg(test)]
mod tests {
    use crate::artifact::Sign;
    use crate::code::script::tests::signs;

    #[test]
    fn readers_of_json_run_no_text_and_others_do() {
        let check = "if (/^[\\],:{}\\s]*$/.test(s.replace(a, '@').replace(b, ']').replace(c, '')))";
        for reader in
            ["{ return (new Function('return ' + s))(); }", "{ j = eval('(' + s + ')'); return j; }"]
        {
            let checked = format!("function p(s) {{ {check} {reader} }}");
            assert!(!signs("a.js", &checked).contains(&Sign::Decoding), "{reader}");
            assert!(signs("a.js", reader).contains(&Sign::Decoding), "{reader}");
            let other = format!("function p(s) {{ {check} {} }}", reader.replace("+ s", "+ t"));
            assert!(signs("a.js", &other).contains(&Sign::Decoding), "{reader}");
        }
        let choice = "function(s) { w['eval'].call(w, s); })(s);";
        assert!(!signs("a.js", &format!("(w.execScript || {choice}")).contains(&Sign::Decoding));
        assert!(signs("a.js", &format!("(w.x || {choice}")).contains(&Sign::Decoding));
    }
}
