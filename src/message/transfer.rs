//! Transfer encodings (RFC 2045 section 6) as they arrive, not as they should be.
//!
//! Mail software skips what it does not understand, and a scanner that gives up where Outlook goes on is evaded by
//! one stray byte. So every decoder here answers bytes and says by name what was wrong. yEnc and BinHex are no encodings of MIME; files
//! in them are opened as such.

use super::{base64, uuencode};
use crate::artifact::Damage;

/// What a decoder made and what it stumbled over.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    pub(super) damage: Vec<Damage>,
}

/// A transfer encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Base64,
    QuotedPrintable,
    Uuencode,
}

/// Undoes the encoding that the `Content-Transfer-Encoding` fields name; where they contradict each other, the one
/// that fits the body.
pub(super) fn decode(fields: &[&[u8]], body: &[u8]) -> Decoded {
    let mut named: Vec<Encoding> = Vec::new();
    let mut damage = Vec::new();
    for field in fields.iter().take(MOST_FIELDS) {
        match encoding(field) {
            Some(encoding) if !named.contains(&encoding) => named.push(encoding),
            Some(_) => {}
            None => note(&mut damage, "transfer-encoding-unknown", crate::text::guess(field.trim_ascii())),
        }
    }
    if fields.len() > 1 {
        note(&mut damage, "transfer-encoding-twice", format!("{} fields", fields.len()));
    }
    let mut decoded = match fitting(&named, body) {
        Encoding::Identity => Decoded { bytes: body.to_vec(), damage: Vec::new() },
        Encoding::Base64 => base64_or_plain(body),
        Encoding::QuotedPrintable => quoted_printable(body),
        Encoding::Uuencode => uuencoded(body),
    };
    decoded.damage.extend(damage);
    decoded
}

/// More fields of one name than this say nothing new.
const MOST_FIELDS: usize = 16;

/// Whether a field value names an encoding that is known.
pub(super) fn is_known(value: &[u8]) -> bool {
    encoding(value).is_some()
}

/// The encoding a field value names: its first token, without comments and quotes, in any case.
fn encoding(value: &[u8]) -> Option<Encoding> {
    let mut depth = 0u32;
    let mut token = Vec::new();
    for byte in value.iter().take(1000) {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => token.push(byte.to_ascii_lowercase()),
            _ if token.is_empty() => {}
            _ => break,
        }
    }
    ENCODINGS.iter().find(|(name, _)| *name == token).map(|(_, encoding)| *encoding)
}

const ENCODINGS: &[(&[u8], Encoding)] = &[
    (b"7bit", Encoding::Identity),
    (b"7-bit", Encoding::Identity),
    (b"8bit", Encoding::Identity),
    (b"8-bit", Encoding::Identity),
    (b"binary", Encoding::Identity),
    (b"none", Encoding::Identity),
    (b"", Encoding::Identity),
    (b"base64", Encoding::Base64),
    (b"base-64", Encoding::Base64),
    (b"x-base64", Encoding::Base64),
    (b"quoted-printable", Encoding::QuotedPrintable),
    (b"quotedprintable", Encoding::QuotedPrintable),
    (b"quoted-printeable", Encoding::QuotedPrintable),
    (b"x-uuencode", Encoding::Uuencode),
    (b"uuencode", Encoding::Uuencode),
    (b"x-uue", Encoding::Uuencode),
    (b"uue", Encoding::Uuencode),
    (b"x-uu", Encoding::Uuencode),
];

/// Of several named encodings the one the body bears out.
fn fitting(named: &[Encoding], body: &[u8]) -> Encoding {
    match named {
        [] => Encoding::Identity,
        [only] => *only,
        several => {
            let fits = |encoding: &Encoding| match encoding {
                Encoding::Base64 => base64::is_all(body),
                Encoding::Uuencode => !uuencode::blocks(body).is_empty(),
                Encoding::QuotedPrintable => memchr::memchr(b'=', body).is_some(),
                Encoding::Identity => false,
            };
            several.iter().copied().find(fits).unwrap_or(Encoding::Identity)
        }
    }
}

/// Base64, unless the body is plainly something else and decodes to nothing known.
fn base64_or_plain(body: &[u8]) -> Decoded {
    let decoded = base64::decode(body);
    let wordy = || {
        let lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
        let (all, with_spaces) = lines
            .take(200)
            .fold((0u32, 0u32), |(all, spaced), line| (all + 1, spaced + u32::from(line.contains(&b' '))));
        all > 0 && with_spaces * 2 >= all
    };
    let empty = decoded.bytes.is_empty() && !body.trim_ascii().is_empty();
    if empty || (!decoded.damage.is_empty() && wordy() && !base64::is_known_kind(&decoded.bytes)) {
        let mut plain = Decoded { bytes: body.to_vec(), damage: Vec::new() };
        note(&mut plain.damage, "base64-none", "declared base64, but is not");
        return plain;
    }
    decoded
}

/// Quoted-printable (RFC 2045 section 6.7); a bad escape stays as it stands.
fn quoted_printable(body: &[u8]) -> Decoded {
    let mut out = Decoded::default();
    let mut bad = 0u64;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let text = line.trim_ascii_end();
        let ending = ENDINGS.iter().find(|ending| line.ends_with(ending)).copied().unwrap_or_default();
        let soft = text.strip_suffix(b"=").filter(|_| !text.ends_with(b"=="));
        bad += unescape(soft.unwrap_or(text), b'=', &mut out.bytes);
        if soft.is_none() {
            out.bytes.extend_from_slice(ending);
        }
    }
    if bad > 0 {
        note(&mut out.damage, "qp-bad-escape", format!("{bad} escapes without two hexadecimal digits"));
    }
    out
}

const ENDINGS: &[&[u8]] = &[b"\r\n", b"\n"];

/// Replaces `=41` or `%41` by its byte; answers how many escapes were bad and left as they stand.
pub(super) fn unescape(text: &[u8], sign: u8, out: &mut Vec<u8>) -> u64 {
    let mut bad = 0;
    let mut rest = text;
    while let Some(at) = memchr::memchr(sign, rest) {
        let (plain, escape) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        out.extend_from_slice(plain);
        match escape {
            [_, high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push(hex(*high) << 4 | hex(*low));
                rest = after;
            }
            _ => {
                bad += 1;
                out.push(sign);
                rest = escape.get(1..).unwrap_or_default();
            }
        }
    }
    out.extend_from_slice(rest);
    bad
}

/// The value of a hexadecimal digit.
fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => 0,
    }
}

/// The first uuencoded block of the body, or its lines where the opening one is missing.
fn uuencoded(body: &[u8]) -> Decoded {
    let block = uuencode::blocks(body).into_iter().next();
    let (bytes, whole) = match block {
        Some(block) => (block.bytes, block.broken.is_none()),
        None => (uuencode::lines(body).0, false),
    };
    let mut out = Decoded { bytes, damage: Vec::new() };
    if out.bytes.is_empty() {
        out.bytes = body.to_vec();
        note(&mut out.damage, "uuencode-none", "declared uuencode, but is not");
    } else if !whole {
        note(&mut out.damage, "uuencode-cut", "the begin or end line is missing");
    }
    out
}

/// Adds a damage.
pub(super) fn note(damage: &mut Vec<Damage>, what: &'static str, detail: impl Into<String>) {
    damage.push(Damage { what, detail: detail.into() });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(decoded: &Decoded) -> Vec<&'static str> {
        decoded.damage.iter().map(|damage| damage.what).collect()
    }

    fn run(field: &str, body: &[u8]) -> (Vec<u8>, Vec<&'static str>) {
        let decoded = decode(&[field.as_bytes()], body);
        let names = names(&decoded);
        (decoded.bytes, names)
    }

    #[test]
    fn what_is_declared_base64_and_is_prose_stays_prose() {
        let prose = b"Dear colleague,\nplease find the file below. Thank you!\n";
        assert_eq!(run("base64", prose), (prose.to_vec(), vec!["base64-none"]));
    }

    #[test]
    fn field_values_are_read_through_their_decoration() {
        for field in
            ["base64", " BASE64 ", "base64 (x)", "(x) base64", "\"base64\"", "base64; x", "Base64\r\n"]
        {
            assert_eq!(run(field, b"SGVsbG8=").0, b"Hello", "{field}");
        }
        assert_eq!(run("x-secret", b"SGVs"), (b"SGVs".to_vec(), vec!["transfer-encoding-unknown"]));
    }

    #[test]
    fn of_contradicting_fields_the_one_that_fits_is_taken() {
        let twice: &[&[u8]] = &[b"base64", b"7bit"];
        let decoded = decode(twice, b"SGVsbG8gd29ybGQhIQ==");
        assert_eq!(decoded.bytes, b"Hello world!!");
        assert_eq!(names(&decoded), ["transfer-encoding-twice"]);
        assert_eq!(decode(&[b"7bit", b"base64"], b"SGVsbG8gd29ybGQhIQ==").bytes, b"Hello world!!");
        assert_eq!(decode(&[b"base64", b"7bit"], b"Hello, world").bytes, b"Hello, world");
    }

    #[test]
    fn quoted_printable_keeps_what_is_no_escape() {
        assert_eq!(run("quoted-printable", b"a=3D=\r\nb =\t\r\nc  \r\n"), (b"a=b c\r\n".to_vec(), vec![]));
        assert_eq!(
            run("quoted-printable", b"a==b=ZZ=e3\n"),
            (b"a==b=ZZ\xe3\n".to_vec(), vec!["qp-bad-escape"])
        );
        assert_eq!(run("quoted-printable", b"x=="), (b"x==".to_vec(), vec!["qp-bad-escape"]));
        assert_eq!(run("quoted-printable", b"x="), (b"x".to_vec(), vec![]));
    }

    #[test]
    fn uuencode_is_a_transfer_encoding_too() {
        let body = b"begin 644 a.txt\n%:&5L;&\\\n`\nend\n";
        assert_eq!(run("x-uuencode", body), (b"hello".to_vec(), vec![]));
        assert_eq!(run("uuencode", b"%:&5L;&\\\n"), (b"hello".to_vec(), vec!["uuencode-cut"]));
    }

    #[test]
    fn every_cut_and_flip_decodes_to_something() {
        let body = b"QUJD\r\nREVG=\r\n==\x85 begin 644 x\n%:&5L;&\\\n`\nend\n=3D=\n";
        for field in ["base64", "quoted-printable", "x-uuencode"] {
            for length in 0..body.len() {
                run(field, &body[..length]);
                let mut flipped = body.to_vec();
                flipped[length] ^= 0x15;
                run(field, &flipped);
            }
        }
    }
}
