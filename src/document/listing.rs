//! Texts that macros read by name, written as the lines of source that would set them: `UserForm1.TextBox1.Text = …`.
//! So a reader of the macro finds what the name stands for, and rules that look at source look at them too.

use super::hidden_text;
use crate::artifact::{Child, Fact, Opened};
use crate::limits::{Budget, Stop};

/// Lines of the form `name = value`.
#[derive(Debug, Default)]
pub(super) struct Listing {
    text: String,
    facts: Vec<Fact>,
}

/// Bytes of text that are kept of one listing.
const MOST: usize = 1 << 20;
/// Facts of one listing; more would say nothing new.
const MOST_FACTS: usize = 16;

impl Listing {
    /// Adds a line. Empty values say nothing. Line ends in a value are written as `\r` and `\n`, so that each value
    /// keeps to its line.
    pub(super) fn put(&mut self, name: &str, value: &str) {
        let value = value.trim_end_matches('\0');
        if value.is_empty() || self.text.len() >= MOST {
            return;
        }
        self.note(name, value);
        self.text.push_str(name);
        self.text.push_str(" = ");
        let room = MOST.saturating_sub(self.text.len());
        let value = value.split_at_checked(value.floor_char_boundary(room)).map_or(value, |(head, _)| head);
        for c in value.chars() {
            match c {
                '\r' => self.text.push_str("\\r"),
                '\n' => self.text.push_str("\\n"),
                c => self.text.push(c),
            }
        }
        self.text.push('\n');
    }

    /// Adds what a drawing says of itself. Names are numbers mostly, and need no line.
    pub(super) fn put_words(&mut self, name: &str, value: &str) {
        if name.ends_with(".Name") { self.note(name, value) } else { self.put(name, value) }
    }

    /// Notes the encoded text in a value that needs no line.
    pub(super) fn note(&mut self, name: &str, value: &str) {
        if self.facts.len() < MOST_FACTS {
            self.facts.extend(hidden_text::of_value(name, value));
        }
    }

    /// Notes the encoded text that many short values make together.
    pub(super) fn note_joined(&mut self, place: &str, values: &[String]) {
        if self.facts.is_empty() {
            self.facts.extend(hidden_text::joined(place, values));
        }
    }

    /// Whether any value is a long encoded text.
    pub(super) fn hides(&self) -> bool {
        !self.facts.is_empty()
    }

    /// Gives the lines as a child, and what hides in them as facts of its holder.
    pub(super) fn give(
        self,
        name: &str,
        via: &'static str,
        kind: &str,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        out.facts.extend(self.facts);
        if self.text.is_empty() {
            return Ok(());
        }
        budget.pay(self.text.len() as u64)?;
        out.push(Child::new(name, via, self.text.into_bytes()).of_kind(kind), budget)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn each_value_keeps_to_its_line_and_the_whole_to_its_room() {
        let mut listing = Listing::default();
        listing.put("F.A.Text", "one\r\ntwo\0");
        listing.put("F.B.Text", "");
        listing.put("F.C.Text", &"表 ".repeat(MOST));
        listing.put("F.D.Text", "past the end");
        let mut out = Opened::default();
        listing.give("F", "form", "form-strings", &mut out, &mut Budget::new(&Limits::default())).unwrap();
        let text = String::from_utf8(out.children[0].bytes.clone()).unwrap();
        assert!(text.starts_with("F.A.Text = one\\r\\ntwo\nF.C.Text = 表"));
        assert!(text.len() <= MOST + 8 && !text.contains("F.D"));
        assert_eq!(out.children[0].kind.unwrap().id, "form-strings");
    }
}
