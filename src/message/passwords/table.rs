//! Tables of words: rows of spellings with a bar between, in the form of the match view.

use std::collections::HashMap;

/// Rows of words with bars between; the rows mean nothing.
pub(super) type Rows = &'static [&'static str];

/// Every word of a table.
pub(super) fn words(rows: Rows) -> impl Iterator<Item = &'static str> {
    rows.iter().flat_map(|row| row.split('|'))
}

/// Whether a match-view text holds a word of the table: Latin words whole, others anywhere.
pub(super) fn says(text: &str, rows: Rows) -> bool {
    words(rows).any(|word| if word.is_ascii() { says_whole(text, word) } else { text.contains(word) })
}

fn says_whole(text: &str, word: &str) -> bool {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|tail| tail.chars().next());
        !letter(before) && !letter(after)
    })
}

/// A table by first character, to ask what begins at a place.
pub(super) struct Starts(HashMap<char, Vec<Vec<char>>>);

impl Starts {
    /// Sorts a table.
    pub(super) fn new(rows: Rows) -> Self {
        let mut map: HashMap<char, Vec<Vec<char>>> = HashMap::new();
        for word in words(rows) {
            if let Some(first) = word.chars().next() {
                map.entry(first).or_default().push(word.chars().collect());
            }
        }
        Self(map)
    }

    /// The lengths of the words that begin at `at`.
    pub(super) fn at<'a>(&'a self, key: &'a [char], at: usize) -> impl Iterator<Item = usize> + 'a {
        let begun = key.get(at).and_then(|first| self.0.get(first)).map_or(&[][..], Vec::as_slice);
        let rest = key.get(at..).unwrap_or(&[]);
        begun.iter().filter(move |word| rest.starts_with(word)).map(Vec::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_said_whole() {
        assert!(says("the date is", &["x|date"]));
        assert!(!says("die datei", &["x|date"]));
        assert!(says("本日の日付です", &["日付"]));
    }

    #[test]
    fn a_place_is_asked_for_what_begins_there() {
        let key: Vec<char> = "passwords".chars().collect();
        let starts = Starts::new(&["pass|password", "word"]);
        assert_eq!(starts.at(&key, 0).collect::<Vec<_>>(), [4, 8]);
        assert_eq!(starts.at(&key, 4).collect::<Vec<_>>(), [4]);
        assert_eq!(starts.at(&key, 99).count(), 0);
    }
}
