//! Entities that a document of XML declares itself (XML 1.0, 4.2): scripts and links are hidden in them.
//!
//! Only those whose value stands in the document are read, and only as far as the document does not grow beyond
//! [`GROWTH`]; what is beyond stays as it was written.

use std::borrow::Cow;
use std::collections::HashMap;

/// Entities of one document, and where they are looked for.
const MOST: usize = 200;
const HEAD: usize = 256 << 10;

/// How many bytes a document may grow, and how often entities may stand in entities.
const GROWTH: usize = 1 << 20;
const ROUNDS: usize = 4;

/// The document with its entities in place.
pub(super) fn expanded(source: &str) -> Cow<'_, str> {
    let head = source.get(..source.floor_char_boundary(HEAD)).unwrap_or_default();
    let entities = declared(head);
    let mut text = Cow::Borrowed(source);
    if entities.is_empty() {
        return text;
    }
    let mut room = GROWTH;
    for _ in 0..ROUNDS {
        let Some(next) = round(&text, &entities, &mut room) else { break };
        text = Cow::Owned(next);
    }
    text
}

/// Names and values of the entities that a document declares.
fn declared(head: &str) -> HashMap<&str, &str> {
    let mut found = HashMap::new();
    for (at, mark) in head.match_indices("<!ENTITY").take(MOST) {
        let _known = head.get(at + mark.len()..).and_then(entity).map(|(name, value)| {
            // The first declaration counts.
            found.entry(name).or_insert(value);
        });
    }
    found
}

/// The name and the value of a declaration behind its keyword.
fn entity(rest: &str) -> Option<(&str, &str)> {
    let (name, rest) = rest.trim_start().split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (value, _) = rest.get(1..)?.split_once(quote)?;
    Some((name, value))
}

/// Puts values in the place of references; none if there was nothing to put.
fn round(text: &str, entities: &HashMap<&str, &str>, room: &mut usize) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    let mut is_changed = false;
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        let name = behind.split(';').next().filter(|name| name.len() < behind.len() && name.len() <= 64);
        match name.and_then(|name| Some((name, entities.get(name)?))) {
            Some((name, value)) if value.len() <= *room => {
                *room -= value.len();
                out.push_str(value);
                rest = behind.get(name.len() + 1..).unwrap_or_default();
                is_changed = true;
            }
            _ => {
                out.push('&');
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    is_changed.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_entities_are_put_in_their_places() {
        let rows = [
            (
                "<!DOCTYPE svg [<!ENTITY a \"java\"> <!ENTITY b '&a;script:'>]><a href='&b;x'/>",
                "<a href='javascript:x'/>",
            ),
            ("<!ENTITY a SYSTEM \"file.txt\">&a; &amp;", "&a; &amp;"),
            ("<!ENTITY a \"1\"><!ENTITY a \"2\">&a", "&a"),
            ("<!ENTITY a \"1\"><!ENTITY a \"2\">&a;", "1"),
        ];
        for (source, want) in rows {
            assert!(expanded(source).ends_with(want), "{source}: {}", expanded(source));
        }
    }

    #[test]
    fn entities_in_entities_do_not_grow_without_end() {
        let mut source = "<!ENTITY a \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\">".to_string();
        for (name, of) in ["b", "c", "d", "e", "f"].iter().zip(["a", "b", "c", "d", "e"]) {
            source.push_str(&format!("<!ENTITY {name} \"{}\">", format!("&{of};").repeat(40)));
        }
        source.push_str("&f;");
        assert!(expanded(&source).len() <= source.len() + GROWTH);
        assert!(expanded("<!ENTITY a \"&a;\">&a;").len() < 200);
        for length in (0..source.len()).step_by(7) {
            expanded(source.get(..length).unwrap());
        }
    }
}
