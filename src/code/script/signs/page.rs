//! What the scripts of pages do: lead on, write what they decode, make files, fill the clipboard.

use super::{Script, Signs};
use crate::artifact::Sign;
use crate::code::script::fold::Folded;
use crate::code::script::lexer::Token;
use crate::code::script::words::{COMMANDS, DECODERS};
use std::collections::BTreeSet;

/// Computed names of one page, and tokens in which a statement and a function show that they decode.
const MOST_COMPUTED: usize = 2_000;
const IN_STATEMENT: usize = 40;
const IN_FUNCTION: usize = 200;
/// Tokens of scripts that are searched for how one text grows, and bytes of a text that holds a page.
const MOST_SEARCHED: usize = 20_000;
const LONG: usize = 100;

/// What writes a page, or runs a text.
const WRITERS: &[&str] = &[
    "write",
    "writeln",
    "eval",
    "innerhtml",
    "outerhtml",
    "srcdoc",
    "insertadjacenthtml",
    "function",
    "settimeout",
    "execscript",
    "parsefromstring",
];

impl Script<'_> {
    /// What pages do: lead on, write themselves, make files.
    pub(super) fn page(&self, signs: &mut Signs) {
        let makes = self.makes_files();
        self.clipboard(signs);
        let computed = self.computed();
        let is_library = self.is_library();
        let mut is_saved = false;
        for (place, (at, token)) in self.tokens.iter().enumerate() {
            let Token::Word(word) = token else { continue };
            let line = *at;
            // Only with a capital it makes a function of a text.
            if **word == *"function" || is_library && self.is_of_something_else(place, word) {
                continue;
            }
            let word = word.to_ascii_lowercase();
            let is = |list: &[&str]| list.contains(&word.as_str());
            if is(WRITERS) && self.decodes(place, &BTreeSet::new()) {
                signs.add(Sign::WritesPage, &self.shown(line), line);
            } else if let Some(target) = self.leads_by(place, &word) {
                signs.add(Sign::Redirect, &target, line);
            } else if is(&["write", "writeln", "srcdoc"]) && self.decodes(place, &computed) {
                signs.add(Sign::WritesPage, &self.shown(line), line);
                if let Some(text) = self.handed(place) {
                    signs.add(Sign::EncodedText, &text, line);
                }
            } else if makes && is(&["download", "mssaveoropenblob", "mssaveblob", "file"]) {
                let Some(name) = self.text_near(place) else { continue };
                is_saved = true;
                signs.add(Sign::SavesFile, &name, line);
            }
        }
        if makes && !is_saved && self.clicks() {
            signs.add(Sign::SavesFile, "", 0);
        }
    }

    /// Where a word leads whoever reads the page.
    fn leads_by(&self, place: usize, word: &str) -> Option<String> {
        match word {
            "location" => self.leads(place),
            "open" => self.opens(place),
            "src" => self.loads_decoded(place),
            "settimeout" | "setinterval" | "eval" | "function" | "execscript" => self.leads_in_text(place),
            "navigate" if self.is_of(place, "navigation") => self.target(place + 2),
            _ => None,
        }
    }

    /// Whether something is clicked that no person clicks.
    fn clicks(&self) -> bool {
        self.tokens
            .windows(2)
            .any(|pair| matches!(pair, [(_, word), (_, mark)] if word.is("click") && mark.is_mark('(')))
    }

    /// Whether the page makes a file, or has one as an address.
    fn makes_files(&self) -> bool {
        let says = |word: &str| self.tokens.iter().any(|(_, token)| token.is(word));
        let is_data = |text: &str| {
            text.starts_with("data:") && !text.starts_with("data:image") && text.contains("base64")
        };
        ["createobjecturl", "mssaveoropenblob", "mssaveblob"].iter().any(|word| says(word))
            || self.tokens.iter().any(|(_, token)| matches!(token, Token::Text(text) if is_data(text)))
            || self.texts.iter().any(|folded| {
                folded.pieces > 1 && folded.text.to_ascii_lowercase().contains("createobjecturl")
            })
    }

    /// A command that is put into the clipboard, for the reader to paste where it runs.
    fn clipboard(&self, signs: &mut Signs) {
        let fills = self.tokens.windows(3).find(|near| match near {
            [(_, Token::Word(word)), (_, open), (_, argument)] if open.is_mark('(') => {
                word.eq_ignore_ascii_case("writetext")
                    || word.eq_ignore_ascii_case("clipboarditem")
                    || word.eq_ignore_ascii_case("setdata")
                    || word.eq_ignore_ascii_case("execcommand")
                        && matches!(argument, Token::Text(text) if text.eq_ignore_ascii_case("copy"))
            }
            _ => false,
        });
        let Some((at, _)) = fills.and_then(|near| near.first()) else { return };
        let written = self.tokens.iter().filter_map(|(_, token)| match token {
            Token::Text(text) => Some(text.as_ref()),
            _ => None,
        });
        let made = self.texts.iter().map(|folded| folded.text.as_str());
        if let Some(command) = written.chain(made).find(|text| is_command(text)) {
            signs.add(Sign::FillsClipboard, command, *at);
        }
    }

    /// Where `window.open(…, '_self')` leads: into the window of the page itself.
    fn opens(&self, place: usize) -> Option<String> {
        let before = |back: usize| place.checked_sub(back).and_then(|at| self.tokens.get(at));
        let is_member = before(1).is_some_and(|(_, token)| token.is_mark('.'));
        let is_window = before(2)
            .is_some_and(|(_, token)| ["window", "self", "top", "parent"].iter().any(|name| token.is(name)));
        if is_member && !is_window || !self.tokens.get(place + 1).is_some_and(|(_, next)| next.is_mark('(')) {
            return None;
        }
        let near = self.tokens.get(place + 2..)?.iter().take(24).map(|(_, token)| token);
        let mut inside = near.take_while(|token| !token.is_mark(';'));
        let is_own = inside.any(|token| {
            matches!(token, Token::Text(text) if ["_self", "_top", "_parent"].contains(&text.as_ref()))
        });
        is_own.then(|| self.target(place + 2)).flatten()
    }

    /// The address from which a script or frame is loaded, where the page decodes it.
    fn loads_decoded(&self, place: usize) -> Option<String> {
        let is_set = self.tokens.get(place + 1).is_some_and(|(_, next)| next.is_mark('='));
        let (at, _) = self.tokens.get(place).filter(|_| is_set)?;
        let end = self.tokens.get(place + 2..)?.iter().take(24).find(|(_, token)| token.is_mark(';'));
        let end = end.map_or(at + 200, |(end, _)| *end);
        let mut decoded = self
            .named
            .iter()
            .filter(|folded| folded.is_decoded && folded.pieces > 1 && (*at..end).contains(&folded.at));
        let is_address = |text: &str| {
            (text.starts_with("http") || text.starts_with("//")) && !text.starts_with(NAMESPACES)
        };
        decoded.find(|folded| is_address(&folded.text)).map(|folded| folded.text.clone())
    }

    /// Whether a word is a member of that object.
    fn is_of(&self, place: usize, owner: &str) -> bool {
        let before = |back: usize| place.checked_sub(back).and_then(|at| self.tokens.get(at));
        before(1).is_some_and(|(_, token)| token.is_mark('.'))
            && before(2).is_some_and(|(_, token)| token.is(owner))
    }

    /// Where a program leads that is handed to a function as a text.
    fn leads_in_text(&self, place: usize) -> Option<String> {
        let text = match (self.tokens.get(place + 1), self.tokens.get(place + 2)) {
            (Some((_, open)), Some((_, Token::Text(text)))) if open.is_mark('(') => text,
            _ => return None,
        };
        let (_, behind) = text.split_once("location")?;
        let is_set = behind.trim_start_matches(".href").trim_start().starts_with(['=', '.']);
        let at = behind.find("http").filter(|_| is_set && text.len() < 2000)?;
        let address = behind.get(at..)?.split(['\'', '"', '`', ' ', ')', ';']).next()?;
        Some(address.to_string()).filter(|address| is_address(address))
    }

    /// Where an assignment to the location, or its method, leads.
    fn leads(&self, place: usize) -> Option<String> {
        let token = |at: usize| self.tokens.get(place + at).map(|(_, token)| token);
        let is_mark = |at: usize, mark| token(at).is_some_and(|token| token.is_mark(mark));
        let is_own = place.checked_sub(1).and_then(|at| self.tokens.get(at)).is_some_and(|(_, token)| {
            token.is("var") || token.is("let") || token.is("const") || token.is("function")
        });
        let by_member = is_mark(1, '.') && token(2).is_some_and(|token| token.is("href"));
        let assigned = if by_member { 3 } else { 1 };
        let calls = is_mark(1, '.')
            && token(2).is_some_and(|token| token.is("replace") || token.is("assign"))
            && is_mark(3, '(');
        let start = if calls {
            4
        } else if is_mark(assigned, '=') && !is_mark(assigned + 1, '=') && !is_own {
            assigned + 1
        } else {
            return None;
        };
        self.target(place + start)
    }

    /// The address that an expression stands for.
    fn target(&self, start: usize) -> Option<String> {
        let near = self.tokens.get(start..)?.iter().take(24).map(|(_, token)| token);
        let ends = |token: &&Token| token.is_mark(';') || token.is_mark('}');
        let mut computed = false;
        for token in near.take_while(|token| !ends(token)) {
            match token {
                Token::Text(text) if is_address(text) && !text.ends_with("//") => {
                    return Some(text.to_string());
                }
                // The host is put together behind it.
                Token::Text(text) if is_address(text) => computed = true,
                Token::Text(text) if is_decoder(text) => computed = true,
                Token::Word(word) if self.decoded.contains(&**word) || is_decoder(word) => computed = true,
                _ => {}
            }
        }
        let (at, first) = self.tokens.get(start).map(|(at, token)| (*at, token))?;
        let address = |folded: &&&Folded| folded.text.contains("://") && !folded.text.starts_with(NAMESPACES);
        let folded = self
            .named
            .iter()
            .filter(address)
            .find(|folded| folded.at == at)
            .map(|folded| folded.text.clone());
        let named = || match first {
            Token::Word(word) => {
                let mut named = self.named.iter().filter(address);
                named.find(|folded| self.is_named(word, folded)).map(|folded| folded.text.clone())
            }
            _ => None,
        };
        let is_name = matches!(first, Token::Word(_));
        let undone = || {
            let mut undone =
                self.texts.iter().filter(|folded| is_name && folded.is_decoded && folded.pieces > 1);
            undone
                .find(|folded| folded.text.starts_with("http") && !folded.text.starts_with(NAMESPACES))
                .map(|folded| folded.text.clone())
        };
        let is_grown = || matches!(first, Token::Word(word) if self.is_grown(word));
        let found = folded.or_else(named).or_else(undone);
        found.or_else(|| (computed || is_grown()).then(|| "(computed)".to_string()))
    }

    /// Whether a name has its text from nothing but places of other texts, one after the other: `s += k[i]`.
    fn is_grown(&self, name: &str) -> bool {
        if self.tokens.len() > MOST_SEARCHED {
            return false;
        }
        let mut grows = false;
        for (place, (_, token)) in self.tokens.iter().enumerate() {
            let is_mark =
                |at: usize, mark| self.tokens.get(place + at).is_some_and(|(_, next)| next.is_mark(mark));
            if !matches!(token, Token::Word(word) if *word == name) || !(is_mark(1, '=') || is_mark(2, '=')) {
                continue;
            }
            let value =
                self.tokens.get(place + 2..).unwrap_or_default().iter().take(24).map(|(_, token)| token);
            let mut value = value.take_while(|token| !token.is_mark(';') && !token.is_mark('}'));
            if value.clone().any(|token| matches!(token, Token::Text(text) if !text.is_empty())) {
                return false;
            }
            grows |= is_mark(1, '+') && value.any(|token| token.is_mark('['));
        }
        grows
    }

    /// A long text that is handed on behind a word.
    fn handed(&self, place: usize) -> Option<String> {
        let near = self.tokens.get(place + 1..)?.iter().take(14);
        near.into_iter().find_map(|(_, token)| match token {
            Token::Text(text) if text.len() >= LONG => Some(text.to_string()),
            _ => None,
        })
    }

    /// Whether a text was given to that name.
    fn is_named(&self, word: &str, folded: &Folded) -> bool {
        let before = self.source.get(..folded.at).unwrap_or_default().trim_end();
        let own = self.source.get(folded.at..).unwrap_or_default();
        own.starts_with(word) || before.trim_end_matches('=').trim_end().ends_with(word)
    }

    /// Whether something decodes close behind a word.
    fn decodes(&self, place: usize, computed: &BTreeSet<&str>) -> bool {
        let near = self.tokens.get(place + 1..).unwrap_or_default().iter().take(14).map(|(_, token)| token);
        let opens =
            self.tokens.get(place + 1).is_some_and(|(_, token)| token.is_mark('(') || token.is_mark('='));
        let ends = |token: &&Token| token.is_mark(';') || token.is_mark('}') || token.is_mark('{');
        opens
            && near.take_while(|token| !ends(token)).any(|token| match token {
                Token::Word(word) => {
                    self.decoded.contains(&**word) || computed.contains(&**word) || is_decoder(word)
                }
                _ => false,
            })
    }

    /// Names that are given what something decodes, and functions that decode. Only for what a page writes as a
    /// whole: short names of libraries are given everything.
    fn computed(&self) -> BTreeSet<&str> {
        let mut found: BTreeSet<&str> = BTreeSet::new();
        for (place, (_, token)) in self.tokens.iter().enumerate() {
            let Token::Word(word) = token else { continue };
            let is_next = |mark| self.tokens.get(place + 1).is_some_and(|(_, next)| next.is_mark(mark));
            let is_function = is_next('(')
                && place
                    .checked_sub(1)
                    .and_then(|at| self.tokens.get(at))
                    .is_some_and(|(_, before)| before.is("function"));
            if found.len() >= MOST_COMPUTED || !is_function && !is_next('=') {
                continue;
            }
            let near = self.tokens.get(place + 1..).unwrap_or_default().iter().map(|(_, token)| token);
            let reach = if is_function { IN_FUNCTION } else { IN_STATEMENT };
            let decodes = near.take(reach).take_while(|token| is_function || !token.is_mark(';')).any(|token| {
                matches!(token, Token::Word(other) if is_decoder(other) || !is_function && found.contains(&**other))
            });
            if decodes {
                found.insert(&**word);
            }
        }
        found
    }

    /// The next text close behind a word.
    fn text_near(&self, place: usize) -> Option<String> {
        let near = self.tokens.get(place + 1..)?.iter().take(12);
        let ends = |token: &Token| token.is_mark(';') || token.is_mark('}');
        let mut near = near.take_while(|(_, token)| !ends(token));
        near.find_map(|(at, token)| match token {
            Token::Text(text) if text.contains('.') => Some(text.to_string()),
            Token::Word(word) => {
                let value =
                    self.named.iter().find(|folded| folded.text.len() < 200 && self.is_named(word, folded));
                value.filter(|value| value.at != *at).map(|value| value.text.clone())
            }
            _ => None,
        })
    }
}

pub(super) fn is_decoder(word: &str) -> bool {
    DECODERS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// How the names of elements and attributes begin, which no reader is led to.
const NAMESPACES: &str = "http://www.w3.org/";

/// Whether a text is an address: of a page, or of a program that the reader's computer starts.
fn is_address(text: &str) -> bool {
    if text.starts_with(NAMESPACES) {
        return false;
    }
    let lower = text.trim_start().get(..16).unwrap_or(text).to_ascii_lowercase();
    text.contains("://")
        || text.starts_with("//")
        || ["search-ms:", "search:", "ms-", "mhtml:", "vbscript:", "shell:"]
            .iter()
            .any(|scheme| lower.starts_with(scheme) && lower.contains(':'))
}

/// Whether a text is a command that starts something with an argument.
fn is_command(text: &str) -> bool {
    let start = text.get(..text.floor_char_boundary(4000)).unwrap_or_default();
    let plain: String = start.chars().filter(|c| !matches!(c, '^' | '`' | '"')).collect();
    let plain = plain.to_ascii_lowercase();
    let first = plain.trim_start().split([' ', '/']).find(|word| !word.is_empty()).unwrap_or_default();
    let first = first.rsplit('\\').next().unwrap_or_default();
    let is_piped = || {
        let piped = plain.rsplit_once('|').map(|(_, last)| last.trim());
        let piped = piped.and_then(|last| last.split(' ').next()).unwrap_or_default();
        ["bash", "sh", "zsh", "iex", "cmd", "osascript"].contains(&piped)
    };
    let decodes = || plain.contains("frombase64string") && plain.contains("iex");
    plain.trim().len() > first.len() + 2
        && (decodes() || COMMANDS.contains(&first.trim_end_matches(".exe")) || is_piped())
}

#[cfg(test)]
mod tests {
    use crate::artifact::Sign;
    use crate::code::script::tests::signs;

    #[test]
    fn names_of_elements_lead_nowhere() {
        let page = "e = document.createElementNS('http://www.w3.org/1999/xhtml', 'html:script'); location = 'http://www.w3.org/1999/xhtml';";
        assert!(!signs("a.js", page).contains(&Sign::Redirect));
        assert!(signs("a.js", &page.replace("www.w3.org", "a.example")).contains(&Sign::Redirect));
    }
}
