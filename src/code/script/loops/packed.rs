//! Programs that a packer made small: a text of numbers, and the words that the numbers stand for
//! (`eval(function(p,a,c,k,e,d){…}('0 1=2;', 36, 3, 'var|a|b'.split('|')))`). Libraries are packed so too; what comes out is a
//! program and is looked at as one.

use crate::code::script::lexer::Token;
use crate::limits::{Budget, Stop};

/// Packed programs of one script, and bytes that one may grow to.
const MOST: usize = 8;
const LARGEST: usize = 1 << 20;

/// The programs before they were packed.
pub(super) fn unpacked(tokens: &[(usize, Token)], budget: &mut Budget) -> Result<Vec<String>, Stop> {
    let mut found = Vec::new();
    for near in tokens.windows(11) {
        let [
            (_, Token::Text(program)),
            (_, Token::Mark(',')),
            (_, Token::Number(base)),
            (_, Token::Mark(',')),
            (_, Token::Number(_)),
            (_, Token::Mark(',')),
            (_, Token::Text(words)),
            (_, Token::Mark('.')),
            (_, split),
            (_, Token::Mark('(')),
            (_, Token::Text(by)),
        ] = near
        else {
            continue;
        };
        let base = u32::try_from(*base).ok().filter(|base| (2..=62).contains(base));
        let Some(base) = base.filter(|_| split.is("split") && !by.is_empty() && found.len() < MOST) else {
            continue;
        };
        let words: Vec<&str> = words.split(&**by).collect();
        let program = put_in(program, base, &words);
        budget.pay(program.len() as u64)?;
        found.push(program);
    }
    Ok(found)
}

/// A program with its numbers exchanged for the words they stand for; an empty word stands for the number itself.
fn put_in(program: &str, base: u32, words: &[&str]) -> String {
    let mut out = String::new();
    let mut rest = program;
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    while !rest.is_empty() && out.len() < LARGEST {
        let start = rest.find(is_letter).unwrap_or(rest.len());
        let (before, number) = rest.split_at_checked(start).unwrap_or((rest, ""));
        let end = number.find(|c| !is_letter(c)).unwrap_or(number.len());
        let (number, after) = number.split_at_checked(end).unwrap_or((number, ""));
        let word = place(number, base).and_then(|place| words.get(place)).filter(|word| !word.is_empty());
        out.push_str(before);
        out.push_str(word.copied().unwrap_or(number));
        rest = after;
    }
    out
}

/// A number in a base of up to 62: digits, small letters, great letters.
fn place(number: &str, base: u32) -> Option<usize> {
    let digit = |c: char| match c {
        'A'..='Z' => u32::from(c).checked_sub(29),
        _ => c.to_digit(36),
    };
    let value = number.chars().take(8).try_fold(0u64, |value, c| {
        let digit = digit(c).filter(|digit| *digit < base)?;
        Some(value * u64::from(base) + u64::from(digit))
    })?;
    usize::try_from(value).ok().filter(|_| !number.is_empty() && number.len() <= 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::script::dialect::Dialect;
    use crate::code::script::lexer;
    use crate::limits::Limits;

    fn read(source: &str) -> Vec<String> {
        unpacked(&lexer::tokens(source, Dialect::JavaScript), &mut Budget::new(&Limits::default())).unwrap()
    }

    #[test]
    fn numbers_become_words() {
        let packed = "eval(function(p,a,c,k,e,d){return p}('0 1=2 3(\"4.5\");a Z',62,6,'var|s|new|ActiveXObject|WScript|Shell||||||x'.split('|'),0,{}))";
        assert_eq!(read(packed), ["var s=new ActiveXObject(\"WScript.Shell\");a Z"]);
        assert_eq!(read("f('0 1', 36, 2, '|b'.split('|'))"), ["0 b"]);
        assert_eq!(read("f('a,b', 1, 2, 'c'.split(','))"), [""; 0]);
    }

    #[test]
    fn growth_is_bounded() {
        let word = "x".repeat(4096);
        let grows = format!("f('{}', 2, 2, '{word}|y'.split('|'))", "0 ".repeat(4096));
        assert!(read(&grows).iter().all(|program| program.len() <= LARGEST + 8192));
    }
}
