//! Loops that decode, undone without being run: what such a loop does to each character is read off its shape (an
//! exclusive or, a sum, every n-th character, pairs exchanged, RC4), and done to the texts and lists of numbers of the
//! script. What comes of it is kept where it says what programs say and the text before did not.

mod candidates;
mod pieces;
mod recipe;
mod shapes;

use super::dialect::Dialect;
use super::fold::{Folded, Folding};
use super::lexer::Token;
use super::words::{HIDDEN, words};
use crate::code::encoded::guess;
use crate::limits::{Budget, Stop};
use candidates::{Candidate, Written, candidates};
use recipe::Recipe;
use shapes::Shapes;
use std::cell::LazyCell;
use std::io::Read;

/// What the loops of a script decode.
#[derive(Default)]
pub(super) struct Undone {
    pub(super) texts: Vec<Folded>,
    /// Files that are no text.
    pub(super) files: Vec<Vec<u8>>,
}

/// Results of one script, and characters that show whether a result is text.
const MOST: usize = 48;
const MOST_OPENED: usize = 16;
const HEAD: usize = 96;

/// Characters of a text that is opened by itself.
const LONG: usize = 24;

/// Undoes the loops of a script over its texts and lists.
pub(super) fn undone(
    tokens: &[(usize, Token)],
    source: &str,
    dialect: Dialect,
    folding: &Folding,
    budget: &mut Budget,
) -> Result<Undone, Stop> {
    let shapes = Shapes::of(tokens, dialect, folding);
    let mut out = Undone::default();
    for (at, pieces) in pieces::ordered(tokens, dialect, &folding.lists) {
        let text = pieces.concat();
        budget.pay(text.len() as u64)?;
        let codes = |text: &str| text.chars().map(u32::from).collect::<Vec<_>>();
        let apart = Candidate { at, codes: codes(&pieces.join("\n")), written: Written::Text };
        if out.texts.len() < MOST && says_more(&codes(&text), &apart) {
            out.texts.push(folded(at, text));
        }
    }
    if out.texts.is_empty()
        && let Some(text) = pieces::in_source(tokens)
    {
        budget.pay(text.len() as u64)?;
        out.texts.push(folded(0, text));
    }
    if shapes.recipes.is_empty() && !shapes.inflates {
        return Ok(out);
    }
    for candidate in candidates(tokens, source, folding, &shapes, budget)? {
        budget.tick()?;
        if out.texts.len() + out.files.len() >= MOST {
            break;
        }
        if candidate.written == Written::Base64 && shapes.inflates {
            inflated(&candidate, &mut out, budget)?;
        }
        for recipe in &shapes.recipes {
            if let Some(result) = result(&candidate, recipe, budget)? {
                out.take(result, candidate.at);
                break;
            }
        }
    }
    Ok(out)
}

impl Undone {
    /// What may be opened by itself.
    pub(super) fn payloads(&self) -> Vec<Vec<u8>> {
        let texts = self.texts.iter().filter(|folded| folded.text.len() >= LONG);
        texts
            .map(|folded| folded.text.clone().into_bytes())
            .chain(self.files.iter().cloned())
            .take(MOST_OPENED)
            .collect()
    }

    fn take(&mut self, result: Vec<u32>, at: usize) {
        let bytes: Option<Vec<u8>> = result.iter().map(|code| u8::try_from(*code).ok()).collect();
        match bytes {
            Some(bytes) if guess::begins_file(&bytes) => self.files.push(bytes),
            Some(bytes) => self.texts.push(folded(at, text(bytes))),
            None => self.texts.push(folded(at, result.into_iter().filter_map(char::from_u32).collect())),
        }
    }
}

fn folded(at: usize, text: String) -> Folded {
    Folded { at, text, pieces: 8, is_decoded: true }
}

/// UTF-8 where it is, else one character a byte.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}

/// What a recipe makes of a candidate, where that is a file or says what programs say.
fn result(candidate: &Candidate, recipe: &Recipe, budget: &mut Budget) -> Result<Option<Vec<u32>>, Stop> {
    let codes = &candidate.codes;
    if *recipe == Recipe::Plain && candidate.written != Written::Numbers {
        return Ok(None);
    }
    let head: Vec<u32> = recipe.apply(codes).take(12).collect();
    let start: Vec<u8> = head.iter().map_while(|code| u8::try_from(*code).ok()).collect();
    let is_file = candidate.written != Written::Text && guess::begins_file(&start);
    if !is_file && !recipe.apply(codes).take(HEAD).all(is_printable) {
        return Ok(None);
    }
    let whole: Vec<u32> = recipe.apply(codes).collect();
    budget.pay(whole.len() as u64)?;
    Ok(Some(whole).filter(|whole| is_file || says_more(whole, candidate)))
}

fn is_printable(code: u32) -> bool {
    matches!(code, 0x20..=0x7e | 9 | 10 | 13 | 0xa0..=0xff | 0x3000..=0x9fff)
}

/// Whether a result says something of a program that the text before did not: one long word, two shorter ones, or
/// nothing but the name of what runs programs.
fn says_more(result: &[u32], candidate: &Candidate) -> bool {
    let lower = |codes: &[u32]| -> String {
        codes.iter().filter_map(|code| char::from_u32(*code)).map(|c| c.to_ascii_lowercase()).collect()
    };
    let said = lower(result);
    if RUNNERS.contains(&said.trim()) {
        return true;
    }
    if result.len() < SHORTEST {
        return false;
    }
    let pairs = Pairs::of(&said);
    let is_text = candidate.written == Written::Text;
    let before = LazyCell::new(|| if is_text { lower(&candidate.codes) } else { String::new() });
    let words = words().map(|entry| entry.word).chain(HIDDEN.iter().copied()).chain(CODE.iter().copied());
    let mut seen: Vec<&str> = Vec::new();
    for word in words.filter(|word| word.len() >= 5) {
        let is_new = pairs.may_hold(word) && said.contains(word) && !before.contains(word);
        if is_new && !seen.iter().any(|other| other.contains(word) || word.contains(other)) {
            if word.len() >= 7 || !seen.is_empty() {
                return true;
            }
            seen.push(word);
        }
    }
    false
}

/// Which pairs of bytes stand in a text: most words are ruled out by them, so that many texts can be looked through.
struct Pairs([u64; 1024]);

impl Pairs {
    fn of(text: &str) -> Self {
        let mut pairs = Self([0; 1024]);
        for pair in text.as_bytes().array_windows() {
            let (place, bit) = Self::bit(*pair);
            if let Some(word) = pairs.0.get_mut(place) {
                *word |= bit;
            }
        }
        pairs
    }

    fn bit(pair: [u8; 2]) -> (usize, u64) {
        let number = u16::from_be_bytes(pair);
        (usize::from(number >> 6), 1 << (number & 63))
    }

    fn may_hold(&self, word: &str) -> bool {
        word.as_bytes().array_windows().all(|pair| {
            let (place, bit) = Self::bit(*pair);
            self.0.get(place).is_some_and(|word| word & bit != 0)
        })
    }
}

/// Characters of the shortest result that is looked into for words.
const SHORTEST: usize = 10;

/// What runs text or programs, when it is all that was hidden.
const RUNNERS: &[&str] = &[
    "eval",
    "iex",
    "invoke-expression",
    "function",
    "execute",
    "wscript.shell",
    "shell.application",
    "location",
    "powershell",
    "cmd.exe",
    "activexobject",
    "document",
    "constructor",
];

/// What stands in most programs.
const CODE: &[&str] = &[
    "function",
    "return",
    "createobject(",
    "getobject(",
    "window.",
    "document.",
    "<script",
    "<html",
    "cmd /c",
    "password",
    "on error resume",
    "[convert]::",
    "[system.",
    "start-sleep",
    ".exe\"",
    "%temp%",
    "$env:",
];

/// What bytes are once they are inflated: gzip (RFC 1952), zlib (RFC 1950) or a bare stream (RFC 1951).
fn inflated(candidate: &Candidate, out: &mut Undone, budget: &mut Budget) -> Result<(), Stop> {
    let bytes: Vec<u8> = candidate.codes.iter().filter_map(|code| u8::try_from(*code).ok()).collect();
    let mut decoder: Box<dyn Read + '_> = match bytes.as_slice() {
        [0x1f, 0x8b, 8, ..] => Box::new(flate2::read::GzDecoder::new(bytes.as_slice())),
        [0x78, 1 | 0x5e | 0x9c | 0xda, ..] => Box::new(flate2::read::ZlibDecoder::new(bytes.as_slice())),
        _ => Box::new(flate2::read::DeflateDecoder::new(bytes.as_slice())),
    };
    let decoded = budget.read(&mut decoder);
    let codes: Vec<u32> = decoded.bytes.iter().map(|byte| u32::from(*byte)).collect();
    if let Some(stop) = decoded.stop {
        return Err(stop);
    }
    let is_text = codes.len() >= SHORTEST && codes.iter().take(HEAD).all(|code| is_printable(*code));
    if is_text || guess::begins_file(&decoded.bytes) {
        out.take(codes, candidate.at);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
