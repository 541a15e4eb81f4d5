//! Whether a file says that it is encrypted: the name `Encrypt` in the trailer or in the dictionary of a cross-reference
//! stream, both of which stand in the clear (ISO 32000-1 7.6.1).

use super::parser::digit;

/// Whether a name `Encrypt` stands somewhere before a reference or a dictionary.
pub(super) fn is_encrypted(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'/', bytes).any(|at| {
        let rest = bytes.get(at + 1..at + 1 + LONGEST).or(bytes.get(at + 1..)).unwrap_or_default();
        encrypt(rest).is_some_and(|value| is_reference(value) || value.starts_with(b"<<"))
    })
}

/// Bytes behind a slash that are looked at: the name fully escaped, and a reference.
const LONGEST: usize = 96;

/// What follows the name `Encrypt`, of which any letter may be escaped as `#45` (7.3.5).
fn encrypt(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes;
    for letter in b"Encrypt" {
        rest = match rest {
            [first, after @ ..] if first == letter => after,
            [b'#', high, low, after @ ..] if digit(*high)? << 4 | digit(*low)? == *letter => after,
            _ => return None,
        };
    }
    let ends = rest.first().is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b'<');
    ends.then(|| rest.trim_ascii_start())
}

/// `12 0 R` (7.3.10).
fn is_reference(bytes: &[u8]) -> bool {
    let mut words = bytes.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty());
    let mut number = || words.next().is_some_and(|word| word.iter().all(u8::is_ascii_digit));
    number() && number() && words.next().is_some_and(|word| word.starts_with(b"R"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_counts_where_it_leads_to_a_dictionary() {
        for yes in [
            &b"trailer<</Root 1 0 R/Encrypt 5 0 R/ID[]>>"[..],
            b"<</Type/XRef /#45ncr#79pt\r\n12  0\nR>>",
            b"/Encrypt<</Filter/Standard>>",
        ] {
            assert!(is_encrypted(yes), "{}", String::from_utf8_lossy(yes));
        }
        for no in [
            &b"<</EncryptMetadata false>>"[..],
            b"(/Encrypt me)",
            b"/Encrypt null",
            b"/Encrypt",
            b"/#4",
            b"/",
            b"/Encrypt 5 0",
        ] {
            assert!(!is_encrypted(no), "{}", String::from_utf8_lossy(no));
        }
    }
}
