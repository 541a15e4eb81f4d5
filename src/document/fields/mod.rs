//! The instructions of Word's fields (ECMA-376 Part 1, 17.16), which start programs (`DDE`, `DDEAUTO`) and fetch what
//! stands elsewhere (`INCLUDETEXT`, `INCLUDEPICTURE`, `IMPORT`, `LINK`, `RD`).
//!
//! A field may stand in the instruction of another one. Those that only make text (`QUOTE`, with characters by their
//! numbers, `SET` and `REF`) are worked out, since they are what an instruction is hidden behind; the result of every
//! other field is taken as it was stored. Formulas, `IF` and merge fields are left out.

mod template;
mod word;

use super::relations::link;
use crate::artifact::Fact;
use std::collections::HashMap;
pub(super) use word::WordFields;

/// Fields while a document is walked.
#[derive(Debug, Default)]
pub(super) struct Fields {
    open: Vec<Field>,
    bookmarks: HashMap<String, String>,
    facts: Vec<Fact>,
}

/// A field that has begun.
#[derive(Debug, Default)]
struct Field {
    instruction: String,
    result: String,
    in_result: bool,
}

/// Fields in fields that are told apart, characters of one instruction, bookmarks, facts of one document.
const DEEPEST: usize = 64;
const LONGEST: usize = 8 << 10;
const MOST_BOOKMARKS: usize = 1000;
/// Bytes of a bookmark, which many fields may repeat.
const LONGEST_BOOKMARK: usize = 1 << 10;
const MOST_FACTS: usize = 200;

impl Fields {
    /// A field begins.
    pub(super) fn begin(&mut self) {
        if self.open.len() < DEEPEST {
            self.open.push(Field::default());
        }
    }

    /// Its instruction ends, its stored result begins.
    pub(super) fn separate(&mut self) {
        if let Some(field) = self.open.last_mut() {
            field.in_result = true;
        }
    }

    /// A field ends. What it says becomes a part of the field it stands in.
    pub(super) fn end(&mut self) {
        let Some(field) = self.open.pop() else { return };
        let text = self.said(&field);
        self.text(&text);
    }

    /// A field that is told at once.
    pub(super) fn simple(&mut self, instruction: &str) {
        self.begin();
        self.text(instruction);
        self.end();
    }

    /// Text of the innermost field.
    pub(super) fn text(&mut self, text: &str) {
        let Some(field) = self.open.last_mut() else { return };
        let place = if field.in_result { &mut field.result } else { &mut field.instruction };
        if place.len() + text.len() <= LONGEST {
            place.push_str(text);
        }
    }

    /// Whether a field is open.
    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// The facts; fields that never end are read as if they did.
    pub(super) fn finish(&mut self) -> Vec<Fact> {
        while self.is_open() {
            self.end();
        }
        std::mem::take(&mut self.facts)
    }

    /// What a field says; notes what it does.
    fn said(&mut self, field: &Field) -> String {
        let words = words(&field.instruction);
        let Some((name, arguments)) = words.split_first() else { return field.result.clone() };
        let name = name.to_ascii_uppercase();
        if let Some(fact) = fact(&name, arguments).filter(|_| self.facts.len() < MOST_FACTS) {
            self.facts.push(fact);
        }
        match (name.as_str(), arguments) {
            ("QUOTE", _) => quoted(arguments),
            ("SET", [bookmark, value @ ..]) => {
                let value = value.join(" ");
                if self.bookmarks.len() < MOST_BOOKMARKS && value.len() <= LONGEST_BOOKMARK {
                    self.bookmarks.insert(bookmark.to_lowercase(), value);
                }
                String::new()
            }
            ("REF", [bookmark, ..]) => self.bookmark(bookmark).unwrap_or_else(|| field.result.clone()),
            _ => self.bookmark(&name).unwrap_or_else(|| field.result.clone()),
        }
    }

    fn bookmark(&self, name: &str) -> Option<String> {
        self.bookmarks.get(&name.to_lowercase()).cloned()
    }
}

/// The fields that lead outside, and what each is called among the facts.
const OUTSIDE: &[(&str, &str)] = &[
    ("DDE", "dde-field"),
    ("DDEAUTO", "dde-field"),
    ("INCLUDETEXT", "include-text"),
    ("INCLUDE", "include-text"),
    ("INCLUDEPICTURE", "include-picture"),
    ("IMPORT", "include-picture"),
    ("LINK", "link-field"),
    ("RD", "include-text"),
];

/// The fact of a field that leads outside.
fn fact(name: &str, arguments: &[String]) -> Option<Fact> {
    if name == "HYPERLINK" {
        return link(arguments.first()?, "hyperlink");
    }
    let (_, relation) = OUTSIDE.iter().find(|(known, _)| *known == name)?;
    let told: Vec<&str> =
        arguments.iter().map(String::as_str).filter(|word| !is_switch(word) && !is_format(word)).collect();
    let target = told.join(" ");
    (!target.is_empty()).then(|| Fact::External { relation: (*relation).into(), target })
}

/// Whether a word is a switch: a backslash and one or two characters.
fn is_switch(word: &str) -> bool {
    word.strip_prefix('\\').is_some_and(|rest| matches!(rest.chars().count(), 1 | 2))
}

/// Whether a word says how the result shall look (17.16.4.3); Word itself writes it at the end of every field.
fn is_format(word: &str) -> bool {
    ["MERGEFORMAT", "CHARFORMAT"].iter().any(|format| word.eq_ignore_ascii_case(format))
}

/// The words of an instruction. Quotation marks hold a word together; a backslash stands before the character it
/// protects.
fn words(instruction: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = instruction.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' | '\u{201c}' | '\u{201d}' => {
                quoted = !quoted;
                words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
            }
            '\\' if matches!(chars.peek(), Some('\\' | '"')) => word.extend(chars.next()),
            c if !quoted && (c.is_whitespace() || c.is_control()) => {
                words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
            }
            c => word.push(c),
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

/// What `QUOTE` says: its text, or the characters of its numbers (17.16.5.49).
fn quoted(arguments: &[String]) -> String {
    let numbers: Option<String> =
        arguments.iter().filter(|word| !is_switch(word)).map(|word| character(word)).collect();
    numbers.unwrap_or_else(|| arguments.join(" "))
}

fn character(word: &str) -> Option<char> {
    let number = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => word.parse().ok()?,
    };
    char::from_u32(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn external(relation: &str, target: &str) -> Fact {
        Fact::External { relation: relation.into(), target: target.into() }
    }

    fn read(instruction: &str) -> Vec<Fact> {
        let mut fields = Fields::default();
        fields.simple(instruction);
        fields.finish()
    }

    #[test]
    fn fields_that_lead_outside_are_facts() {
        let command = r#" DDEAUTO c:\\windows\\system32\\cmd.exe "/k echo \"x\"" "#;
        assert_eq!(read(command), [external("dde-field", r#"c:\windows\system32\cmd.exe /k echo "x""#)]);
        let picture = r#"INCLUDEPICTURE "http://a.example/x.png" \* MERGEFORMATINET \d"#;
        assert_eq!(read(picture), [external("include-picture", "http://a.example/x.png MERGEFORMATINET")]);
        assert_eq!(
            read(r#"LINK Excel.Sheet.8 "C:\\a b.xls" "" \a \p"#),
            [external("link-field", r"Excel.Sheet.8 C:\a b.xls")]
        );
        for plain in
            ["PAGE", "HYPERLINK \"http://a.example/\"", "DDE", "", "TOC \\o \"1-3\"", "ADDRESS DDE cmd"]
        {
            assert_eq!(read(plain), [], "{plain}");
        }
    }

    #[test]
    fn pieces_are_joined_and_numbers_are_characters() {
        let mut fields = Fields::default();
        fields.begin();
        fields.text("DD");
        fields.text("E ");
        fields.simple("QUOTE 99 109 0x64 46 101 120 101");
        fields.text(" \"/c x\"");
        fields.separate();
        fields.text("no such result");
        fields.end();
        assert_eq!(fields.finish(), [external("dde-field", "cmd.exe /c x")]);
    }

    #[test]
    fn bookmarks_are_put_in() {
        let mut fields = Fields::default();
        fields.begin();
        fields.text("SET c ");
        fields.simple("QUOTE 99 109 100");
        fields.end();
        fields.begin();
        fields.text("DDEAUTO ");
        fields.simple("REF C");
        fields.text(" /k ");
        fields.simple("c");
        assert_eq!(fields.finish(), [external("dde-field", "cmd /k cmd")]);
        assert_eq!(read("DDE \\* MERGEFORMAT"), []);
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let mut fields = Fields::default();
        for _ in 0..10_000 {
            fields.begin();
            fields.text("DDE ");
        }
        fields.text(&"x".repeat(LONGEST));
        for _ in 0..20_000 {
            fields.end();
        }
        assert!(!fields.is_open() && fields.finish().len() <= DEEPEST);
    }
}
