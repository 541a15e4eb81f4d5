//! Libraries inside the scripts of pages: their short names mean many things.

use super::Script;
use super::page::is_decoder;
use crate::code::script::lexer::Token;

/// Words of a script that somebody wrote for one page.
const MOST_WORDS: usize = 4_000;
/// What a page names its window and itself by.
const OF_PAGES: &[&str] = &[
    "document",
    "window",
    "self",
    "top",
    "parent",
    "opener",
    "globalthis",
    "contentdocument",
    "contentwindow",
    "defaultview",
];

impl Script<'_> {
    /// Whether the script is so long that it holds libraries, in which short names mean many things.
    pub(super) fn is_library(&self) -> bool {
        self.tokens.iter().filter(|(_, token)| matches!(token, Token::Word(_))).count() > MOST_WORDS
    }

    /// Whether a word that leads on or writes is a member of what is neither the window nor the page: libraries have
    /// streams to write to and places in texts.
    pub(super) fn is_of_something_else(&self, place: usize, word: &str) -> bool {
        let before = |back: usize| place.checked_sub(back).and_then(|at| self.tokens.get(at));
        let is_member = before(1).is_some_and(|(_, token)| token.is_mark('.'));
        let is_own = before(2).is_some_and(|(_, token)| OF_PAGES.iter().any(|name| token.is(name)));
        let can_be = ["write", "writeln", "location"].iter().any(|other| word.eq_ignore_ascii_case(other));
        let is_defined = before(1).is_some_and(|(_, token)| token.is("function"));
        can_be && (!is_own && is_member || is_defined) && !self.decodes_there(place)
    }

    /// Whether what decodes stands by its name close behind a word.
    fn decodes_there(&self, place: usize) -> bool {
        let near = self.tokens.get(place + 1..).unwrap_or_default().iter().take(14).map(|(_, token)| token);
        near.take_while(|token| !matches!(token, Token::Mark(';' | '}' | '{')))
            .any(|token| matches!(token, Token::Word(word) if is_decoder(word)))
    }
}

#[cfg(test)]
mod tests {
    use crate::artifact::Sign;
    use crate::code::script::tests::signs;

    #[test]
    fn streams_of_libraries_are_written_to_and_pages_are_written() {
        let library = "function f(a, b) { return g(a).h(b, c); }\n".repeat(600);
        let has = |source: &str| signs("a.js", source).contains(&Sign::WritesPage);
        let stream = "var t = unescape(p); s.write(t); e.write = t;";
        assert!(!has(&format!("{library}{stream}")));
        assert!(has(&format!("{library}{}", stream.replace("s.write", "document.write"))));
        assert!(has(&format!("{library} d.write(atob(p));")));
        assert!(has(stream));
    }
}
