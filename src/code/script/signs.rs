//! Source and folded texts → signs of what a script does.

use super::dialect::Dialect;
use super::fold::{Folded, GAP};
use super::lexer::Token;
use super::words::{DECODERS, HIDDEN, WORDS};
use crate::artifact::{Fact, Sign};
use std::collections::BTreeSet;

/// Signs of one script that are kept.
const MOST: usize = 256;

/// A script with all that is known of it.
pub(super) struct Script<'a> {
    pub(super) source: &'a str,
    pub(super) dialect: Dialect,
    pub(super) tokens: &'a [(usize, Token<'a>)],
    pub(super) texts: &'a [Folded],
    /// Names whose text was decoded, in the case of the language.
    pub(super) decoded: &'a BTreeSet<String>,
    /// Short texts that look like an address or a file name.
    pub(super) named: Vec<&'a Folded>,
}

#[derive(Default)]
struct Signs {
    facts: Vec<Fact>,
}

impl Signs {
    fn add(&mut self, sign: Sign, text: &str, line: usize) {
        let text: String = text.chars().filter(|c| *c != GAP).take(160).collect();
        let is_known = |fact: &Fact| matches!(fact, Fact::Sign { sign: own, text: said, .. } if *own == sign && *said == text);
        if self.facts.len() < MOST && !self.facts.iter().any(is_known) {
            self.facts.push(Fact::Sign { sign, text, line });
        }
    }
}

impl Script<'_> {
    /// All signs.
    pub(super) fn signs(&self) -> Vec<Fact> {
        let mut signs = Signs::default();
        let lower = self.source.to_ascii_lowercase();
        self.said(&lower, &mut signs);
        self.hidden(&lower, &mut signs);
        if self.dialect == Dialect::JavaScript {
            self.page(&mut signs);
        }
        self.decoding(&mut signs);
        self.long(&mut signs);
        for fact in &mut signs.facts {
            if let Fact::Sign { line, .. } = fact {
                *line = self.line(*line);
            }
        }
        signs.facts
    }

    fn line(&self, at: usize) -> usize {
        1 + self.source.as_bytes().get(..at).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count()
    }

    /// What stands in the source as it is written.
    fn said(&self, lower: &str, signs: &mut Signs) {
        for Hit { sign, at, .. } in found(lower) {
            let end = lower.get(at..).and_then(|rest| rest.find('\n')).map_or(lower.len(), |end| at + end);
            let start = lower
                .get(..at)
                .and_then(|before| before.rfind('\n'))
                .map_or(0, |start| start + 1)
                .max(at.saturating_sub(60));
            let shown =
                self.source.get(self.source.floor_char_boundary(start)..self.source.floor_char_boundary(end));
            signs.add(sign, shown.unwrap_or_default().trim(), at);
        }
        for mark in [
            ", 0, false",
            ",0,false",
            ", 0, true",
            ",0,true",
            ", 0\n",
            ",0\n",
            ", 0\r",
            ",0\r",
            ",0:",
            ", 0:",
            ", vbhide",
            ",0)",
            ", 0)",
        ] {
            let runs = [".run", ".exec", "shellexecute", ".open"].iter().any(|word| lower.contains(word));
            if let Some(at) = lower.find(mark).filter(|_| runs && self.dialect != Dialect::PowerShell) {
                signs.add(Sign::HiddenWindow, mark, at);
                break;
            }
        }
    }

    /// What appears only when the pieces are put together.
    fn hidden(&self, lower: &str, signs: &mut Signs) {
        let mut all = String::new();
        let mut places = Vec::new();
        for folded in self.texts.iter().filter(|folded| folded.pieces > 1) {
            places.push((all.len(), folded));
            all.push_str(&plain(&folded.text));
            all.push('\n');
        }
        let of = |at: usize| {
            let before = places.partition_point(|(start, _)| *start <= at);
            before.checked_sub(1).and_then(|place| places.get(place)).map(|(_, folded)| *folded)
        };
        for Hit { sign, word, at } in found(&all) {
            let Some(folded) = of(at) else { continue };
            signs.add(sign, &folded.text, folded.at);
            if !lower.contains(word) {
                signs.add(Sign::ChoppedText, &folded.text, folded.at);
            }
        }
        for word in HIDDEN.iter().filter(|word| !lower.contains(**word)) {
            let hits = memchr::memmem::find_iter(all.as_bytes(), word.as_bytes()).filter_map(of).take(64);
            if let Some(folded) = hits.into_iter().find(|folded| folded.is_decoded || folded.pieces > 2) {
                signs.add(Sign::ChoppedText, &format!("{word}: {}", folded.text), folded.at);
            }
        }
    }

    /// What pages do: lead on, write themselves, make files.
    fn page(&self, signs: &mut Signs) {
        let makes = |word: &str| self.tokens.iter().any(|(_, token)| token.is(word));
        let makes = ["createobjecturl", "mssaveoropenblob", "mssaveblob"].iter().any(|word| makes(word))
            || self.texts.iter().any(|folded| {
                folded.pieces > 1 && folded.text.to_ascii_lowercase().contains("createobjecturl")
            });
        let mut is_saved = false;
        for (place, (at, token)) in self.tokens.iter().enumerate() {
            let Token::Word(word) = token else { continue };
            let line = *at;
            match word.to_ascii_lowercase().as_str() {
                "location" => {
                    if let Some(target) = self.leads(place) {
                        signs.add(Sign::Redirect, &target, line);
                    }
                }
                "write" | "writeln" | "eval" | "innerhtml" | "outerhtml" | "srcdoc"
                | "insertadjacenthtml" | "function" | "settimeout" | "execscript" | "parsefromstring"
                    if self.decodes(place) =>
                {
                    signs.add(Sign::WritesPage, &self.shown(*at), line);
                }
                "download" | "mssaveoropenblob" | "mssaveblob" | "file" if makes => {
                    if let Some(name) = self.text_near(place) {
                        is_saved = true;
                        signs.add(Sign::SavesFile, &name, line);
                    }
                }
                _ => {}
            }
        }
        let clicks = || {
            self.tokens
                .windows(2)
                .any(|pair| matches!(pair, [(_, word), (_, mark)] if word.is("click") && mark.is_mark('(')))
        };
        if makes && !is_saved && clicks() {
            signs.add(Sign::SavesFile, "", 0);
        }
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
        let near = self.tokens.get(place + start..)?.iter().take(24).map(|(_, token)| token);
        let ends = |token: &&Token| token.is_mark(';') || token.is_mark('}');
        let mut computed = false;
        for token in near.take_while(|token| !ends(token)) {
            match token {
                Token::Text(text) if text.to_ascii_lowercase().contains("://") || text.starts_with("//") => {
                    return Some(text.to_string());
                }
                Token::Text(text) if DECODERS.iter().any(|known| text.eq_ignore_ascii_case(known)) => {
                    computed = true
                }
                Token::Word(word)
                    if self.decoded.contains(&**word)
                        || DECODERS.iter().any(|known| word.eq_ignore_ascii_case(known)) =>
                {
                    computed = true
                }
                _ => {}
            }
        }
        let at = self.tokens.get(place + start).map_or(0, |(at, _)| *at);
        let address = |folded: &&&Folded| folded.text.contains("://");
        let folded = self
            .named
            .iter()
            .filter(address)
            .find(|folded| folded.at == at)
            .map(|folded| folded.text.clone());
        let named = || match token(start)? {
            Token::Word(word) => {
                let mut named = self.named.iter().filter(address);
                named.find(|folded| self.is_named(word, folded)).map(|folded| folded.text.clone())
            }
            _ => None,
        };
        folded.or_else(named).or_else(|| computed.then(|| "(computed)".to_string()))
    }

    /// Whether a text was given to that name.
    fn is_named(&self, word: &str, folded: &Folded) -> bool {
        let before = self.source.get(..folded.at).unwrap_or_default().trim_end();
        let own = self.source.get(folded.at..).unwrap_or_default();
        own.starts_with(word) || before.trim_end_matches('=').trim_end().ends_with(word)
    }

    /// Whether something decodes close behind a word.
    fn decodes(&self, place: usize) -> bool {
        let near = self.tokens.get(place + 1..).unwrap_or_default().iter().take(14).map(|(_, token)| token);
        let opens =
            self.tokens.get(place + 1).is_some_and(|(_, token)| token.is_mark('(') || token.is_mark('='));
        let ends = |token: &&Token| token.is_mark(';') || token.is_mark('}') || token.is_mark('{');
        opens
            && near.take_while(|token| !ends(token)).any(|token| match token {
                Token::Word(word) => {
                    self.decoded.contains(&**word)
                        || DECODERS.iter().any(|known| word.eq_ignore_ascii_case(known))
                }
                _ => false,
            })
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

    fn shown(&self, at: usize) -> String {
        let end = self.source.floor_char_boundary((at + 120).min(self.source.len()));
        self.source.get(at..end).unwrap_or_default().lines().next().unwrap_or_default().to_string()
    }

    /// Text that is run: `eval(…)`, `Execute …`, `iex …`, of something that is not written there.
    fn decoding(&self, signs: &mut Signs) {
        for (place, (at, token)) in self.tokens.iter().enumerate() {
            let runs = match self.dialect {
                Dialect::JavaScript => {
                    token.is("eval")
                        || token.is("function")
                            && self
                                .tokens
                                .get(place.wrapping_sub(1))
                                .is_some_and(|(_, before)| before.is("new"))
                }
                Dialect::VisualBasic => token.is("execute") || token.is("executeglobal") || token.is("eval"),
                Dialect::PowerShell => {
                    token.is("iex")
                        || token.is("invoke")
                            && self.tokens.get(place + 2).is_some_and(|(_, next)| next.is("expression"))
                        || token.is_mark('&')
                            && self.tokens.get(place + 1).is_some_and(|(_, next)| next.is_mark('('))
                }
                Dialect::Batch => false,
            };
            let next = self.tokens.get(place + 1).map(|(_, token)| token);
            let argument = self.tokens.get(place + 2).map(|(_, token)| token);
            let is_object =
                self.dialect == Dialect::VisualBasic && (token.is("createobject") || token.is("getobject"));
            if is_object
                && next.is_some_and(|next| next.is_mark('('))
                && matches!(argument, Some(Token::Word(_)))
            {
                signs.add(Sign::ComputedObject, &self.shown(*at), *at);
            }
            if runs && !matches!(next, Some(Token::Text(_)) | None) {
                signs.add(Sign::Decoding, &self.shown(*at), *at);
            }
        }
    }

    /// Long encoded text, and names made by a program.
    fn long(&self, signs: &mut Signs) {
        let is_encoded = |text: &str| {
            text.len() >= 400
                && text.bytes().filter(|byte| byte.is_ascii_whitespace()).count() * 50 < text.len()
        };
        let texts = self.tokens.iter().filter_map(|(at, token)| match token {
            Token::Text(text) if is_encoded(text) => Some((*at, text.as_ref())),
            _ => None,
        });
        let folded = self
            .texts
            .iter()
            .filter(|folded| is_encoded(&folded.text))
            .map(|folded| (folded.at, folded.text.as_str()));
        if let Some((at, text)) = texts.chain(folded).next() {
            signs.add(Sign::EncodedText, text, at);
        }
        let numbers = self.tokens.iter().filter(|(_, token)| matches!(token, Token::Number(_))).count();
        if numbers >= 300 && numbers * 4 > self.tokens.len() {
            signs.add(Sign::EncodedText, &format!("{numbers} numbers"), 1);
        }
        let names: BTreeSet<&str> = self
            .tokens
            .iter()
            .filter_map(|(_, token)| match token {
                Token::Word(word) if is_made(word) => Some(word.as_ref()),
                _ => None,
            })
            .take(64)
            .collect();
        if names.len() >= 12 {
            signs.add(Sign::RandomNames, &names.into_iter().take(6).collect::<Vec<_>>().join(" "), 1);
        }
    }
}

/// A word of the tables and where it was found.
struct Hit {
    sign: Sign,
    word: &'static str,
    at: usize,
}

/// The words of the tables in a text in lower case, where no longer name goes on in front of them.
fn found(lower: &str) -> impl Iterator<Item = Hit> {
    WORDS.iter().filter_map(move |entry| {
        let mut places = memchr::memmem::find_iter(lower.as_bytes(), entry.1.as_bytes());
        let starts = |at: &usize| {
            let before = at.checked_sub(1).and_then(|at| lower.as_bytes().get(at)).copied();
            !entry.1.starts_with(|c: char| c.is_ascii_alphabetic())
                || !before.is_some_and(|byte| byte.is_ascii_alphanumeric())
        };
        places.find(starts).map(|at| Hit { sign: entry.0, word: entry.1, at })
    })
}

/// A text as the tables have it.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !['^', '`', GAP].contains(c)).flat_map(char::to_lowercase).collect()
}

/// Names such as `_0x3fa2` or `xQzRtWvKpL`: hexadecimal, or letters without the vowels that speech needs.
fn is_made(word: &str) -> bool {
    if word.strip_prefix("_0x").is_some_and(|rest| rest.len() >= 3) {
        return true;
    }
    let letters: Vec<char> = word.chars().filter(char::is_ascii_alphabetic).collect();
    let vowels = letters.iter().filter(|c| "aeiouyAEIOUY".contains(**c)).count();
    let turns = letters
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()))
        .count();
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    letters.len() >= 8 && (vowels * 8 <= letters.len() || turns * 3 >= letters.len() || digits >= 4)
}
