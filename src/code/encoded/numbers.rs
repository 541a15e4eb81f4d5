//! Lists and escapes of character codes: `[80,75,3,4]`, `\x50\x4b`, `%50%4b`, `0x50,0x4b`, `&H50`, `&#x50;`, `\u0050`.

use super::guess;

/// How a code is written: what stands before it, its base, the most digits.
struct Form {
    prefix: &'static [u8],
    base: u32,
    digits: usize,
}

const fn form(prefix: &'static [u8], base: u32, digits: usize) -> Form {
    Form { prefix, base, digits }
}

const FORMS: &[Form] = &[
    form(b"\\x", 16, 2),
    form(b"\\u", 16, 4),
    form(b"0x", 16, 4),
    form(b"0X", 16, 4),
    form(b"&#x", 16, 4),
    form(b"&#", 10, 5),
    form(b"&H", 16, 2),
    form(b"&h", 16, 2),
    form(b"%", 16, 2),
    form(b"", 10, 5),
];

/// Codes that a run must have.
const SHORTEST: usize = 24;

/// Codes of one run that are kept.
const LONGEST: usize = 32 << 20;

/// The runs of codes in a text.
pub(super) fn runs(bytes: &[u8]) -> Vec<Vec<u32>> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while let Some(start) =
        rest.iter().position(|byte| byte.is_ascii_digit() || matches!(byte, b'\\' | b'%' | b'&'))
    {
        rest = rest.get(start..).unwrap_or_default();
        let (codes, length) = FORMS.iter().find_map(|form| run(rest, form)).unwrap_or((Vec::new(), 1));
        if codes.len() >= SHORTEST {
            found.push(codes);
        }
        rest = rest.get(length.max(1)..).unwrap_or_default();
        if length > 1 && rest.first().is_some_and(u8::is_ascii_digit) {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            rest = rest.get(digits..).unwrap_or_default();
        }
    }
    found
}

/// A run of codes written in one form, and how long it is; none if not one stands here.
fn run(bytes: &[u8], form: &Form) -> Option<(Vec<u32>, usize)> {
    let mut codes = Vec::new();
    let mut at = 0;
    while let Some((code, length)) =
        code(bytes.get(at..).unwrap_or_default(), form).filter(|_| codes.len() < LONGEST)
    {
        codes.push(code);
        at += length;
        let gap = bytes
            .get(at..)
            .unwrap_or_default()
            .iter()
            .take(8)
            .take_while(|byte| is_gap(**byte, form))
            .count();
        if form.prefix.is_empty() && gap == 0 {
            break;
        }
        at += gap;
    }
    (!codes.is_empty()).then_some((codes, at))
}

fn code(bytes: &[u8], form: &Form) -> Option<(u32, usize)> {
    let rest = bytes.strip_prefix(form.prefix)?;
    let digits: Vec<u32> =
        rest.iter().take(form.digits).map_while(|byte| char::from(*byte).to_digit(form.base)).collect();
    let code = digits.iter().fold(0u32, |code, digit| code.saturating_mul(form.base).saturating_add(*digit));
    (!digits.is_empty()).then_some((code, form.prefix.len() + digits.len()))
}

/// What may stand between two codes. Between escapes in a text that is nothing.
fn is_gap(byte: u8, form: &Form) -> bool {
    match form.prefix {
        b"\\x" | b"\\u" | b"%" => false,
        b"&#x" | b"&#" => byte == b';',
        _ => matches!(byte, b',' | b' ' | b'\r' | b'\n' | b'\t' | b';' | b'|' | b'_'),
    }
}

/// What codes stand for, plain or shifted.
pub(super) fn payload(codes: &[u32]) -> Option<Vec<u8>> {
    let plain: Option<Vec<u8>> = codes.iter().map(|code| u8::try_from(*code).ok()).collect();
    if let Some(plain) = &plain {
        if guess::begins(plain) {
            return Some(plain.clone());
        }
        if let Some(found) = guess::with_key(plain) {
            return Some(found);
        }
    }
    let shifted = |shift: i64| -> Option<Vec<u8>> {
        codes.iter().map(|code| u8::try_from(i64::from(*code) - shift).ok()).collect()
    };
    let first = i64::from(*codes.first()?);
    let shifts =
        guess::FIRST_LETTERS.iter().map(|letter| first - i64::from(*letter)).filter(|shift| *shift != 0);
    shifts.filter_map(shifted).find(|bytes| guess::begins_told(bytes))
}

/// Pairs of hexadecimal digits.
pub(super) fn hexadecimal(letters: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default();
    let (pairs, _) = letters.as_chunks::<2>();
    pairs.iter().filter_map(|[high, low]| u8::try_from(digit(*high) * 16 + digit(*low)).ok()).collect()
}
