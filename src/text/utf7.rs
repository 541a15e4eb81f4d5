//! UTF-7 (RFC 2152). Our own because no charset library kept it: browsers dropped it for being an attack, mail of
//! old Exchange servers still carries it.

/// Decodes; what is not UTF-7 becomes U+FFFD or stays as it is.
pub(super) fn decode(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut rest = bytes;
    while let Some(plus) = memchr::memchr(b'+', rest) {
        let (plain, shifted) = rest.split_at_checked(plus).unwrap_or((rest, &[]));
        text.push_str(&super::guess::guess_8bit(plain));
        let shifted = shifted.strip_prefix(b"+").unwrap_or(shifted);
        let length = shifted.iter().take_while(|byte| sextet(**byte).is_some()).count();
        let (coded, after) = shifted.split_at_checked(length).unwrap_or((shifted, &[]));
        let closed = after.strip_prefix(b"-");
        if coded.is_empty() {
            text.push('+');
        } else {
            text.extend(char::decode_utf16(units(coded)).map(|c| c.unwrap_or('\u{fffd}')));
        }
        rest = closed.unwrap_or(after);
    }
    text.push_str(&super::guess::guess_8bit(rest));
    text
}

/// The UTF-16 units in base64 without padding; leftover bits are dropped.
fn units(coded: &[u8]) -> Vec<u16> {
    let mut units = Vec::new();
    let (mut bits, mut held) = (0u32, 0u32);
    for value in coded.iter().filter_map(|byte| sextet(*byte)) {
        bits = (bits << 6 | u32::from(value)) & 0x3f_ffff;
        held += 6;
        if held >= 16 {
            held -= 16;
            let [_, _, high, low] = (bits >> held).to_be_bytes();
            units.push(u16::from_be_bytes([high, low]));
        }
    }
    units
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_rfc() {
        assert_eq!(decode(b"A+ImIDkQ."), "A≢Α.");
        assert_eq!(decode(b"Hi Mom -+Jjo--!"), "Hi Mom -☺-!");
        assert_eq!(decode(b"+ZeVnLIqe-"), "日本語");
        assert_eq!(decode(b"1 +- 1"), "1 + 1");
    }

    #[test]
    fn damage_stays_text() {
        assert_eq!(decode(b"+"), "+");
        assert_eq!(decode(b"+2Ac"), "\u{fffd}");
        assert_eq!(decode(b"+Z"), "");
    }
}
