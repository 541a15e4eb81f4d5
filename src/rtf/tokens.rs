//! Rich text to its pieces: groups, control words, control symbols, bytes. Words end where they end for Word, which
//! takes far longer ones than the specification allows.

/// A piece of rich text.
#[derive(Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// `{`
    Open,
    /// `}`
    Close,
    /// A control word and its number.
    Word(&'a [u8], Option<i32>),
    /// A control symbol.
    Symbol(u8),
    /// A byte as it stands.
    Byte(u8),
    /// A byte in hexadecimal (`\'e9`), if its digits are some.
    Escape(Option<u8>),
    /// What says nothing: line ends.
    Nothing,
}

/// The letters of a word, and its letters, sign and digits together, that Word reads.
const LONGEST_NAME: usize = 250;
const LONGEST_WORD: usize = 252;

/// The first piece, and what follows it.
pub fn token(bytes: &[u8]) -> Option<(Token<'_>, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let token = match first {
        b'{' => Token::Open,
        b'}' => Token::Close,
        b'\r' | b'\n' | 0 => Token::Nothing,
        b'\\' => return Some(control(rest)),
        byte => Token::Byte(*byte),
    };
    Some((token, rest))
}

/// A control word, a control symbol or a byte in hex, behind its backslash.
fn control(bytes: &[u8]) -> (Token<'_>, &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return (Token::Nothing, &[]) };
    if *first == b'\'' {
        let digits = rest.split_at_checked(2).and_then(|(digits, rest)| {
            let digits =
                std::str::from_utf8(digits).ok().filter(|text| text.is_ascii() && !text.starts_with('+'))?;
            Some((Token::Escape(Some(u8::from_str_radix(digits, 16).ok()?)), rest))
        });
        return digits.unwrap_or((Token::Escape(None), rest));
    }
    if !first.is_ascii_alphabetic() {
        return (Token::Symbol(*first), rest);
    }
    let (word, rest) = split(bytes, LONGEST_NAME, |_, byte| byte.is_ascii_alphabetic());
    let most = LONGEST_WORD.saturating_sub(word.len());
    let is_signed = rest.first() == Some(&b'-') && rest.get(1).is_some_and(u8::is_ascii_digit);
    let (digits, rest) =
        split(rest, most, |at, byte| byte.is_ascii_digit() || (at == 0 && is_signed && byte == b'-'));
    (Token::Word(word, number(digits)), rest.strip_prefix(b" ").unwrap_or(rest))
}

/// A number with all its leading zeros; one that is too large is the largest.
fn number(digits: &[u8]) -> Option<i32> {
    let (sign, digits) = digits.strip_prefix(b"-").map_or((1, digits), |digits| (-1, digits));
    let (first, rest) = digits.split_first()?;
    let value = |digit: &u8| i32::from(digit.wrapping_sub(b'0'));
    let sum =
        rest.iter().fold(value(first), |sum, digit| sum.saturating_mul(10).saturating_add(value(digit)));
    Some(sum.saturating_mul(sign))
}

/// The bytes of a kind at the start, at most so many, and the rest.
fn split(bytes: &[u8], most: usize, is: impl Fn(usize, u8) -> bool) -> (&[u8], &[u8]) {
    let length = bytes.iter().enumerate().take(most).take_while(|(at, byte)| is(*at, **byte)).count();
    bytes.split_at_checked(length).unwrap_or((bytes, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_numbers_and_symbols() {
        let first = |bytes| token(bytes).unwrap();
        assert_eq!(first(b"\\bin0000000000000000012 x"), (Token::Word(b"bin", Some(12)), &b"x"[..]));
        assert_eq!(first(b"\\u-10x"), (Token::Word(b"u", Some(-10)), &b"x"[..]));
        assert_eq!(first(b"\\b-x"), (Token::Word(b"b", None), &b"-x"[..]));
        assert_eq!(first(b"\\bin99999999999"), (Token::Word(b"bin", Some(i32::MAX)), &b""[..]));
        assert_eq!(first(b"\\'e9a"), (Token::Escape(Some(0xe9)), &b"a"[..]));
        assert_eq!(first(b"\\'+9a"), (Token::Escape(None), &b"+9a"[..]));
        assert_eq!(first(b"\\*\\x"), (Token::Symbol(b'*'), &b"\\x"[..]));
        let long = [b"\\".as_slice(), &[b'a'; 300]].concat();
        assert!(
            matches!(first(&long), (Token::Word(word, None), rest) if word.len() == 250 && rest.len() == 50)
        );
    }
}
