//! Calls of functions that make text of text.

use super::numbers::{character, count};
use super::{Cursor, GAP, LONGEST};

impl Cursor<'_> {
    /// A call of one of [`TEXT_CALLS`], the parenthesis read.
    pub(super) fn call(&mut self, word: &str) -> String {
        if word.starts_with("chr") {
            let code = self.number();
            self.close();
            return match code.and_then(character) {
                Some(known) => self.piece(known.into()),
                None => GAP.into(),
            };
        }
        if CUTS.contains(&word) {
            return self.cut(word);
        }
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.text());
            match self.peek() {
                Some(token) if token.is_mark(',') && arguments.len() < 4 => self.at += 1,
                _ => break,
            }
        }
        self.close();
        apply(word, &arguments)
    }

    /// `Left(text, n)`, `Right(text, n)`, `Mid(text, from, n)`. Variables that nothing is known of are empty: junk
    /// around the text that is cut out. Where a place is not known the text is given whole.
    fn cut(&mut self, word: &str) -> String {
        let text = self.text();
        let mut places = [None, None];
        for place in &mut places {
            if !self.peek().is_some_and(|token| token.is_mark(',')) {
                break;
            }
            self.at += 1;
            *place = self.number();
        }
        self.close();
        cut_out(word, &text, places).unwrap_or(text)
    }
}

/// Functions that make text from text or codes.
pub(super) const TEXT_CALLS: &[&str] = &[
    "chr",
    "chrw",
    "chrb",
    "strreverse",
    "replace",
    "lcase",
    "ucase",
    "trim",
    "ltrim",
    "rtrim",
    "cstr",
    "join",
    "split",
    "format",
    "mid",
    "left",
    "right",
];

/// Functions that cut a text out of another.
const CUTS: &[&str] = &["mid", "left", "right"];

fn cut_out(word: &str, text: &str, places: [Option<f64>; 2]) -> Option<String> {
    let [first, second] = places.map(|place| place.and_then(count));
    let letters = text.chars().filter(|c| *c != GAP);
    Some(match word {
        "left" => letters.take(first?).collect(),
        "right" => {
            let all = letters.clone().count();
            letters.skip(all.saturating_sub(first?)).collect()
        }
        _ => letters.skip(first?.checked_sub(1)?).take(second.unwrap_or(LONGEST)).collect(),
    })
}

/// What a text function makes of its arguments.
fn apply(word: &str, arguments: &[String]) -> String {
    let argument = |index: usize| arguments.get(index).map(String::as_str).unwrap_or_default();
    match word {
        "strreverse" => argument(0).chars().rev().collect(),
        "replace" if !argument(1).is_empty() && argument(2).len() <= argument(1).len() => {
            argument(0).replace(argument(1), argument(2))
        }
        // `Join(Split(text, filler), "")` takes the filler out, and so does `Split` alone for a reader.
        "split" if !argument(1).is_empty() => argument(0).replace(argument(1), ""),
        "lcase" => argument(0).to_lowercase(),
        "ucase" => argument(0).to_uppercase(),
        "trim" | "ltrim" | "rtrim" => argument(0).trim().to_string(),
        _ => argument(0).to_string(),
    }
}
