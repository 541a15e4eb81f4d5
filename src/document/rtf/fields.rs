//! Instructions of fields that lead out of the document by themselves: DDE, and what includes files.
//!
//! Words may be put together by nested `QUOTE` fields, whose numbers are characters; those are read too.

use super::super::relations::link;
use crate::artifact::Fact;

/// What an instruction leads to.
pub(super) fn facts(instruction: &str) -> Vec<Fact> {
    let plain = instruction.trim();
    let quoted = quoted(plain);
    [Some(plain), quoted.as_deref()].into_iter().flatten().filter_map(fact).collect()
}

/// Kinds of fields that fetch something when they are updated.
const FETCHING: &[&str] =
    &["DDEAUTO", "DDE", "INCLUDETEXT", "INCLUDEPICTURE", "INCLUDE", "IMPORT", "LINK", "RD", HYPERLINK];
/// The field that leads away when it is clicked: told only where that starts something or leads to a file that does.
const HYPERLINK: &str = "HYPERLINK";
/// Characters of an instruction that are told.
const LONGEST: usize = 1000;

fn fact(instruction: &str) -> Option<Fact> {
    let instruction = instruction.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
    let upper = instruction.get(..16).unwrap_or(instruction).to_ascii_uppercase();
    let kind = FETCHING.iter().find(|kind| upper.starts_with(**kind))?;
    let rest = instruction.get(kind.len()..).unwrap_or_default();
    // A longer word is another field.
    if rest.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let target: String = rest.trim().chars().take(LONGEST).collect();
    if *kind == HYPERLINK {
        let address = target.split('"').nth(1).or(target.split_whitespace().next())?.to_string();
        return link(&address, "hyperlink");
    }
    Some(Fact::External { relation: format!("field {kind}"), target })
}

/// The text that `QUOTE` makes of numbers.
fn quoted(instruction: &str) -> Option<String> {
    let head = instruction.get(..5).filter(|head| head.eq_ignore_ascii_case("QUOTE"))?;
    let mut text = String::new();
    for word in instruction.get(head.len()..).unwrap_or_default().split_whitespace() {
        let number = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => word.parse(),
        };
        text.push(char::from_u32(number.ok()?)?);
    }
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(instruction: &str) -> Vec<(String, String)> {
        let each = facts(instruction).into_iter().filter_map(|fact| match fact {
            Fact::External { relation, target } => Some((relation, target)),
            _ => None,
        });
        each.collect()
    }

    #[test]
    fn fields_that_fetch() {
        let one = |relation: &str, target: &str| vec![(relation.to_string(), target.to_string())];
        assert_eq!(read(" ddeauto c:\\\\x.exe \"/k a\""), one("field DDEAUTO", "c:\\\\x.exe \"/k a\""));
        assert_eq!(read("DDE\"excel\""), one("field DDE", "\"excel\""));
        assert_eq!(
            read("INCLUDEPICTURE \"http://a.example/x.png\" \\d"),
            one("field INCLUDEPICTURE", "\"http://a.example/x.png\" \\d")
        );
        assert_eq!(read(" HYPERLINK \"ms-msdt:/id x\" \\h"), one("hyperlink", "ms-msdt:/id x"));
        assert_eq!(read("QUOTE 68 68 0x45 32 97"), one("field DDE", "a"));
        for other in [
            "HYPERLINK \"http://a.example\"",
            "PAGEREF x",
            "INCLUDES x",
            "QUOTE 4294967295",
            "QUOTE",
            "",
            "名前",
        ] {
            assert_eq!(read(other), [], "{other}");
        }
    }
}
