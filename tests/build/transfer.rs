//! Transfer encodings (RFC 2045 section 6, POSIX uuencode), right and wanted broken.

use serde::Deserialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transfer {
    #[serde(rename = "7bit")]
    SevenBit,
    #[serde(rename = "8bit")]
    EightBit,
    Base64,
    QuotedPrintable,
    /// `Content-Transfer-Encoding: x-uuencode`.
    Uuencode,
    /// No MIME at all: the file stands as `begin 644 name` in the text before it.
    UuencodeInText,
}

/// What is broken in the transfer encoding of a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    #[default]
    None,
    /// Characters that are no base64 between those that are.
    Junk,
    /// Text of a mailing list behind the base64.
    Footer,
    /// A second, lying Content-Transfer-Encoding header in front of the true one.
    SecondEncoding,
    /// The same behind the true one.
    SecondEncodingLast,
}

impl Transfer {
    pub fn name(self) -> &'static str {
        match self {
            Self::SevenBit => "7bit",
            Self::EightBit => "8bit",
            Self::Base64 => "base64",
            Self::QuotedPrintable => "quoted-printable",
            Self::Uuencode | Self::UuencodeInText => "x-uuencode",
        }
    }

    pub fn encode(self, bytes: &[u8], name: &[u8]) -> Vec<u8> {
        match self {
            Self::SevenBit | Self::EightBit => bytes.to_vec(),
            Self::Base64 => {
                let text = base64(bytes);
                text.as_bytes().chunks(76).flat_map(|line| [line, b"\r\n"].concat()).collect()
            }
            Self::QuotedPrintable => quoted_printable(bytes).into_bytes(),
            Self::Uuencode | Self::UuencodeInText => uuencode(name, bytes),
        }
    }
}

impl Fault {
    pub fn apply(self, out: &mut Vec<u8>) {
        match self {
            Self::Junk => {
                let body = out.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
                let lines = out.split_off(body);
                for (place, byte) in lines.iter().enumerate() {
                    out.push(*byte);
                    if place % 61 == 30 {
                        out.extend(b"!*");
                    }
                }
            }
            Self::Footer => out.extend(
                b"\r\n_______________________________________________\r\nstaff mailing list\r\nstaff@lists.example\r\nhttps://lists.example/listinfo/staff\r\n",
            ),
            Self::None | Self::SecondEncoding | Self::SecondEncodingLast => {}
        }
    }
}

/// RFC 4648 section 4, without line ends.
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let word =
            three.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for digit in 0..4 {
            let value = word >> (18 - 6 * digit) & 63;
            out.push(if digit > three.len() { '=' } else { char::from(DIGITS[value as usize]) });
        }
    }
    out
}

/// RFC 2045 6.7.
fn quoted_printable(bytes: &[u8]) -> String {
    let mut out = String::new();
    let mut column = 0;
    let text = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
    for (place, byte) in text.iter().enumerate() {
        let at_end = matches!(text.get(place + 1), None | Some(b'\r'));
        let piece = match byte {
            b'\r' => continue,
            b'\n' => {
                out += "\r\n";
                column = 0;
                continue;
            }
            b'=' => "=3D".to_string(),
            b' ' | b'\t' if at_end => format!("={byte:02X}"),
            b' '..=b'~' | b'\t' => char::from(*byte).to_string(),
            _ => format!("={byte:02X}"),
        };
        if column + piece.len() > 75 {
            out += "=\r\n";
            column = 0;
        }
        column += piece.len();
        out += &piece;
    }
    out + "\r\n"
}

/// POSIX `uuencode`, the space written as a grave accent.
pub fn uuencode(name: &[u8], bytes: &[u8]) -> Vec<u8> {
    let digit = |value: usize| char::from(if value == 0 { b'`' } else { 32 + u8::try_from(value).unwrap() });
    let mut out = [b"\r\nbegin 644 ", name, b"\r\n"].concat();
    for line in bytes.chunks(45) {
        let mut text = digit(line.len()).to_string();
        for three in line.chunks(3) {
            let byte = |place: usize| usize::from(three.get(place).copied().unwrap_or(0));
            let word = byte(0) << 16 | byte(1) << 8 | byte(2);
            text.extend([18, 12, 6, 0].map(|shift| digit(word >> shift & 63)));
        }
        out.extend([text.as_bytes(), b"\r\n"].concat());
    }
    out.extend(b"`\r\nend\r\n");
    out
}
