//! Source and folded texts → signs of what a script does.

mod libraries;
mod odd;
mod page;
mod runs;
mod starts;

use super::dialect::Dialect;
use super::fold::{Folded, GAP};
use super::lexer::Token;
use super::words::{HIDDEN, words};
use crate::artifact::{Fact, Sign};
use crate::code::script::values::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Signs of one script that are kept.
const MOST: usize = 256;

/// A script with all that is known of it.
pub(super) struct Script<'a> {
    pub(super) source: &'a str,
    pub(super) dialect: Dialect,
    pub(super) tokens: &'a [(usize, Token<'a>)],
    pub(super) texts: &'a [Folded],
    /// Texts under their names.
    pub(super) names: &'a BTreeMap<String, Value>,
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
        self.runs(&mut signs);
        self.long(&mut signs);
        self.odd(&mut signs);
        self.starts(&mut signs);
        if self.is_of_browser(&lower, &signs) {
            signs.facts.retain(|fact| !is_of_old_browser(fact));
        }
        for fact in &mut signs.facts {
            if let Fact::Sign { line, .. } = fact {
                *line = self.line(*line);
            }
        }
        signs.facts
    }

    /// Whether a script works on a page and asks Windows for nothing: libraries of pages make objects of old browsers.
    fn is_of_browser(&self, lower: &str, signs: &Signs) -> bool {
        let hides =
            |fact: &Fact| matches!(fact, Fact::Sign { sign: Sign::ChoppedText | Sign::ProcessStart, .. });
        self.dialect == Dialect::JavaScript
            && ["document.", "window."].iter().any(|word| lower.contains(word))
            && !OF_WINDOWS.iter().any(|word| lower.contains(word))
            && !signs.facts.iter().any(hides)
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

    fn shown(&self, at: usize) -> String {
        let end = self.source.floor_char_boundary((at + 120).min(self.source.len()));
        self.source.get(at..end).unwrap_or_default().lines().next().unwrap_or_default().to_string()
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

/// What scripts of Windows name and pages do not.
const OF_WINDOWS: &[&str] =
    &["wscript", "wsh.", "wsh[", "adodb", "scripting.", "shell.application", "hta:application"];

/// Signs that libraries of pages show too: requests of old browsers, and a zero at the end of any call.
fn is_of_old_browser(fact: &Fact) -> bool {
    match fact {
        Fact::Sign { sign: Sign::ComputedObject, text, .. } => {
            text.to_ascii_lowercase().contains("activexobject")
        }
        Fact::Sign { sign: Sign::HiddenWindow, text, .. } => text.len() < 12,
        _ => false,
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
    words().filter_map(move |entry| {
        let mut places = memchr::memmem::find_iter(lower.as_bytes(), entry.word.as_bytes());
        let starts = |at: &usize| {
            let before = at.checked_sub(1).and_then(|at| lower.as_bytes().get(at)).copied();
            let after = lower.as_bytes().get(at + entry.word.len()).copied();
            // Readers of program text list the words of a language so.
            let is_listed = entry.word.contains('-') && (before == Some(b'|') || after == Some(b'|'));
            !entry.word.starts_with(|c: char| c.is_ascii_alphabetic())
                || !is_listed && !before.is_some_and(|byte| byte.is_ascii_alphanumeric())
        };
        places.find(starts).map(|at| Hit { sign: entry.sign, word: entry.word, at })
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
    let alike =
        ["oO0Q", "lI1i"].iter().any(|alike| word.len() >= 6 && word.chars().all(|c| alike.contains(c)));
    if alike && word.chars().any(|c| !word.starts_with(c)) {
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
