//! Text in and out: charsets of mail and documents, width folding, and the printing of what an attacker named.
//!
//! The charsets are those of the WHATWG Encoding Standard plus what mail says beside it: the Windows names of the
//! Japanese sets, ISO-2022 with every escape (RFC 1468, RFC 1554, RFC 1557, Microsoft's CP50220 to CP50222), UTF-7
//! (RFC 2152). Left out: HZ and the DOS pages, which are guessed, because nothing that reaches a desktop uses them.

mod guess;
mod iso2022;
mod reader;
mod utf7;

pub use guess::guess;
pub use reader::names_reader;

use encoding_rs::Encoding;
use std::fmt::Write;
use unicode_normalization::UnicodeNormalization;

/// Decodes bytes of a named charset to text; never fails, bad bytes become U+FFFD.
///
/// The label is what mail and documents write (`iso-2022-jp`, `cp932`, `utf-8` …); where it is unknown, empty or
/// plain ASCII the charset is guessed from the bytes: [`guess`].
pub fn decode(label: &str, bytes: &[u8]) -> String {
    let label = canonical(label);
    match label.as_str() {
        "iso-2022-jp" => iso2022::decode(bytes),
        "utf-7" => utf7::decode(bytes),
        "utf-16" => utf16(bytes).decode(bytes).0.into_owned(),
        "us-ascii" => guess(bytes),
        label => match Encoding::for_label(label.as_bytes()) {
            Some(encoding) if encoding != encoding_rs::REPLACEMENT => encoding.decode(bytes).0.into_owned(),
            _ => guess(bytes),
        },
    }
}

/// Decodes bytes of a Windows code page, as office files number them; 0 and unknown pages are guessed.
pub fn code_page(page: u16, bytes: &[u8]) -> String {
    let known = CODE_PAGES.iter().find(|(number, _)| *number == page);
    decode(known.map_or("", |(_, label)| label), bytes)
}

/// Full-width and half-width forms folded to their usual ones, marks composed (Unicode NFKC).
pub fn nfkc(text: &str) -> String {
    text.nfkc().collect()
}

/// Text that an attacker named, made safe to print: control characters, bidirectional overrides and invisible
/// characters are shown by number (`⟨U+202E⟩`), so that a name looks the way its bytes stand.
pub fn printable(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if is_deceptive(c) {
            let _infallible = write!(out, "⟨U+{:04X}⟩", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// Characters that do not show themselves or move others: controls, bidi marks and overrides, joiners, fillers,
/// tags, private use.
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}')
        || matches!(c, '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}')
        || matches!(c, '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' | '\u{e000}'..='\u{f8ff}')
}

/// The label without quotes and white space, in lower case, under the name this module or `encoding_rs` knows.
fn canonical(label: &str) -> String {
    let label = label.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\0'));
    let label = label.to_ascii_lowercase();
    let known = LABELS.iter().find(|(_, aliases)| aliases.contains(&label.as_str()));
    known.map_or(label, |(name, _)| (*name).to_string())
}

/// UTF-16 whose byte order is not said: by its mark (`Encoding::decode` sees that itself), else by the side on
/// which the zero bytes of ASCII stand.
fn utf16(bytes: &[u8]) -> &'static Encoding {
    let zeros =
        |from: usize| bytes.iter().skip(from).step_by(2).take(2048).filter(|byte| **byte == 0).count();
    if zeros(0) > zeros(1) { encoding_rs::UTF_16BE } else { encoding_rs::UTF_16LE }
}

/// What mail writes, under the name it is decoded by.
const LABELS: &[(&str, &[&str])] = &[
    (
        "iso-2022-jp",
        &[
            "iso-2022-jp-1",
            "iso-2022-jp-2",
            "iso-2022-jp-3",
            "iso-2022-jp-2004",
            "iso-2022-jp-ms",
            "iso2022jp",
            "iso-2022jp",
            "iso_2022-jp",
            "csiso2022jp",
            "csiso2022jp2",
            "cp50220",
            "cp50221",
            "cp50222",
            "windows-50220",
            "windows-50221",
            "jis",
            "jis7",
            "iso-2022-kr",
            "csiso2022kr",
            "iso-2022-cn",
            "iso-2022-cn-ext",
        ],
    ),
    (
        "shift_jis",
        &[
            "cp932",
            "cp943",
            "cp943c",
            "ibm-943",
            "sjis-win",
            "sjis-open",
            "shiftjis",
            "shift_jis-2004",
            "shift_jisx0213",
            "shift_jis-ms",
            "cswindows31j",
            "windows-932",
            "x-ms-cp932",
            "mskanji",
            "x-mac-japanese",
            "x-mac-japan",
            "macjapanese",
        ],
    ),
    (
        "euc-jp",
        &[
            "eucjp",
            "euc_jp",
            "eucjp-ms",
            "eucjp-win",
            "eucjp-open",
            "cp51932",
            "cp20932",
            "ujis",
            "euc-jis-2004",
            "euc-jisx0213",
            "eucjp-0213",
        ],
    ),
    (
        "utf-7",
        &["utf7", "unicode-1-1-utf-7", "x-unicode-1-1-utf-7", "x-unicode-2-0-utf-7", "csutf7", "cp65000"],
    ),
    ("utf-16", &["utf16", "ucs-2", "unicode", "iso-10646-ucs-2", "csunicode"]),
    ("utf-16le", &["utf16le", "ucs-2le", "utf-16-le", "cp1200"]),
    ("utf-16be", &["utf16be", "ucs-2be", "utf-16-be", "cp1201"]),
    ("utf-8", &["utf_8", "utf8mb4", "utf-8-sig", "cp65001"]),
    ("us-ascii", &["ascii", "usascii", "us_ascii", "ansi_x3.4-1968", "iso646-us", "iso_646.irv:1991", "646"]),
    ("euc-kr", &["cp949", "ms949", "uhc", "x-windows-949", "euckr", "cp51949", "ksc5601"]),
    ("gb18030", &["cp54936", "gb18030-2000", "gb18030-2005", "gb18030-2022"]),
    ("gbk", &["cp936", "ms936", "windows-936", "euc-cn", "euccn", "gb2312-80"]),
    ("big5", &["cp950", "ms950", "windows-950", "big5hkscs", "big-5", "euc-tw"]),
    ("windows-874", &["cp874", "tis620"]),
    ("iso-8859-1", &["iso8859_1", "iso_8859_1", "8859_1", "iso-8859-1-windows-3.1-latin-1"]),
    ("koi8-r", &["cp878", "koi-8", "koi8r"]),
    ("macintosh", &["macroman", "mac-roman", "x-mac-western"]),
];

/// Windows code pages by number.
const CODE_PAGES: &[(u16, &str)] = &[
    (866, "ibm866"),
    (874, "windows-874"),
    (932, "shift_jis"),
    (936, "gbk"),
    (949, "euc-kr"),
    (950, "big5"),
    (1200, "utf-16le"),
    (1201, "utf-16be"),
    (1250, "windows-1250"),
    (1251, "windows-1251"),
    (1252, "windows-1252"),
    (1253, "windows-1253"),
    (1254, "windows-1254"),
    (1255, "windows-1255"),
    (1256, "windows-1256"),
    (1257, "windows-1257"),
    (1258, "windows-1258"),
    (10000, "macintosh"),
    (10001, "shift_jis"),
    (10007, "x-mac-cyrillic"),
    (20127, "us-ascii"),
    (20866, "koi8-r"),
    (20932, "euc-jp"),
    (21866, "koi8-u"),
    (28591, "iso-8859-1"),
    (28592, "iso-8859-2"),
    (28595, "iso-8859-5"),
    (28605, "iso-8859-15"),
    (50220, "iso-2022-jp"),
    (50221, "iso-2022-jp"),
    (50222, "iso-2022-jp"),
    (51932, "euc-jp"),
    (51949, "euc-kr"),
    (54936, "gb18030"),
    (65000, "utf-7"),
    (65001, "utf-8"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_shown() {
        assert_eq!(printable("exe\u{202e}cod.doc"), "exe⟨U+202E⟩cod.doc");
        assert_eq!(printable("a\x1b[2J\n請求書"), "a⟨U+001B⟩[2J⟨U+000A⟩請求書");
    }

    #[test]
    fn widths_are_folded() {
        assert_eq!(nfkc("ＰＷ：ﾊﾟｽﾜｰﾄﾞ"), "PW:パスワード");
    }

    #[test]
    fn labels_that_only_mail_uses_are_known() {
        for label in
            ["cp932", "CP943C", "x-mac-japanese", "\"Shift_JIS\"", " windows-31j ", "ms932", "sjis-win"]
        {
            assert_eq!(decode(label, b"\x90\xbf\x8b\x81\x8f\x91\x87\x40"), "請求書①", "{label}");
        }
        for label in ["eucJP-ms", "EUC-JIS-2004", "cp51932", "euc-jp", "ujis"] {
            assert_eq!(decode(label, b"\xc0\xc1\xb5\xe1\xbd\xf1"), "請求書", "{label}");
        }
        for label in ["cp50220", "cp50221", "cp50222", "iso-2022-jp-ms", "ISO-2022-JP-3", "iso-2022-jp-2004"]
        {
            assert_eq!(decode(label, b"\x1b$B@A5a=q\x1b(B!"), "請求書!", "{label}");
        }
        assert_eq!(decode("cp949", b"\xb0\xa1"), "가");
        assert_eq!(decode("gb18030", b"\xc7\xeb"), "请");
        assert_eq!(decode("utf-7", b"+istsQmb4-!"), "請求書!");
    }

    #[test]
    fn utf16_is_read_in_either_order() {
        assert_eq!(decode("utf-16", b"a\0b\0"), "ab");
        assert_eq!(decode("utf-16", b"\0a\0b"), "ab");
        assert_eq!(decode("utf-16", b"\xfe\xff\0a"), "a");
        assert_eq!(decode("utf-16be", b"\x8a\xcb"), "請");
    }

    #[test]
    fn a_label_that_cannot_be_right_is_not_believed() {
        assert_eq!(decode("us-ascii", "請求書".as_bytes()), "請求書");
        assert_eq!(decode("x-unknown", b"\x1b$B@A5a=q\x1b(B"), "請求書");
        assert_eq!(decode("iso-2022-kr", b"\x1b$)C\x0e0!\x0f!"), "가!");
    }

    #[test]
    fn code_pages_go_by_number() {
        assert_eq!(code_page(932, b"\x95\x5c"), "表");
        assert_eq!(code_page(10001, b"\x95\x5c"), "表");
        assert_eq!(code_page(1251, b"\xcf"), "П");
        assert_eq!(code_page(65001, "表".as_bytes()), "表");
        assert_eq!(code_page(10000, b"\x8e"), "é");
        assert_eq!(code_page(0, "é".as_bytes()), "é");
        assert_eq!(code_page(31337, b"plain"), "plain");
    }

    #[test]
    fn no_bytes_break_any_decoder() {
        let noise: Vec<u8> =
            (0u32..4096).map(|n| (n.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
        for label in ["iso-2022-jp", "utf-7", "utf-16", "shift_jis", "", "big5"] {
            for length in (0..noise.len()).step_by(37) {
                let text = decode(label, &noise[..length]);
                assert!(text.len() <= length * 3 + 3, "{label} {length}");
            }
        }
    }
}
