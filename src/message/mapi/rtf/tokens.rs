//! Rich text to its pieces: groups, control words, control symbols, bytes.

/// A piece of rich text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open,
    Close,
    Word(&'a [u8], Option<i32>),
    Symbol(u8),
    Byte(u8),
    Nothing,
}

/// The first piece, and what follows it.
pub(super) fn token(bytes: &[u8]) -> Option<(Token<'_>, &[u8])> {
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
            let byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
            Some((Token::Byte(byte), rest))
        });
        return digits.unwrap_or((Token::Nothing, rest));
    }
    if !first.is_ascii_alphabetic() {
        return (Token::Symbol(*first), rest);
    }
    let (word, rest) = split(bytes, |_, byte| byte.is_ascii_alphabetic());
    let (digits, rest) = split(rest, |at, byte| byte.is_ascii_digit() || (at == 0 && byte == b'-'));
    let value = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
    (Token::Word(word, value), rest.strip_prefix(b" ").unwrap_or(rest))
}

/// The bytes of a kind at the start, at most as many as any word has, and the rest.
fn split(bytes: &[u8], is: impl Fn(usize, u8) -> bool) -> (&[u8], &[u8]) {
    let length = bytes.iter().enumerate().take(32).take_while(|(at, byte)| is(*at, **byte)).count();
    bytes.split_at_checked(length).unwrap_or((bytes, &[]))
}
