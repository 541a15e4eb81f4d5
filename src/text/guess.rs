//! The charset of text that does not say it, or says it wrongly.
//!
//! Valid UTF-8 and ISO-2022 escapes prove themselves. Shift_JIS and EUC-JP are weighed by the characters they would
//! make: kana, punctuation and common kanji speak for a charset, rare kanji alone among ASCII letters against it,
//! because Latin letters with accents read as Shift_JIS make exactly those. What neither explains is Windows-1252.

use super::iso2022;
use encoding_rs::{EUC_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Decodes bytes without a label: by byte order mark, UTF-8 if valid, else ISO-2022-JP, Shift_JIS, EUC-JP or
/// Windows-1252.
pub fn guess(bytes: &[u8]) -> String {
    if bytes.starts_with(b"\xff\xfe") {
        UTF_16LE.decode(bytes).0.into_owned()
    } else if bytes.starts_with(b"\xfe\xff") {
        UTF_16BE.decode(bytes).0.into_owned()
    } else if iso2022::has_escape(bytes) {
        iso2022::decode(bytes)
    } else {
        guess_8bit(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
    }
}

/// The same for bytes that hold no escapes and no mark.
pub(super) fn guess_8bit(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_string();
    }
    let weighed = bytes.get(..WEIGHED).unwrap_or(bytes);
    let candidates = [(UTF_8, utf8(weighed)), (SHIFT_JIS, shift_jis(weighed)), (EUC_JP, euc_jp(weighed))];
    let mut best = (WINDOWS_1252, 0);
    for (encoding, tally) in candidates {
        if tally.weight() > best.1 {
            best = (encoding, tally.weight());
        }
    }
    best.0.decode_without_bom_handling(bytes).0.into_owned()
}

/// So many bytes tell the charset; a body of megabytes need not be weighed whole.
const WEIGHED: usize = 64 << 10;

/// What speaks for a charset.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    score: i64,
    characters: i64,
    errors: i64,
}

impl Tally {
    /// The score, or nothing where more than one character in twenty is broken. One cut character at the end of
    /// a line or a text is common, so one error is always forgiven if there is more than that.
    fn weight(self) -> i64 {
        let forgiven = 1.max(self.characters / 20);
        if self.errors > forgiven || self.characters <= self.errors {
            0
        } else {
            self.score - 4 * self.errors
        }
    }

    fn add(&mut self, score: i64) {
        self.score += score;
        self.characters += 1;
    }
}

/// UTF-8 with a few bytes broken. Each well-formed sequence is strong evidence: other charsets make them rarely.
fn utf8(bytes: &[u8]) -> Tally {
    let mut tally = Tally::default();
    for chunk in bytes.utf8_chunks() {
        let wide = chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        for _ in 0..wide {
            tally.add(4);
        }
        tally.errors += i64::from(!chunk.invalid().is_empty());
    }
    tally
}

/// Shift_JIS as Windows has it (code page 932).
fn shift_jis(bytes: &[u8]) -> Tally {
    let mut tally = Tally::default();
    let mut rest = bytes;
    let mut wide_before = false;
    while let Some((&lead, after)) = rest.split_first() {
        rest = after;
        let wide = match lead {
            0..=0x7f => false,
            0xa1..=0xdf => {
                tally.add(if wide_before { 1 } else { 0 });
                true
            }
            0x81..=0x9f | 0xe0..=0xfc => match after.split_first() {
                Some((&trail @ (0x40..=0x7e | 0x80..=0xfc), after)) => {
                    rest = after;
                    tally.add(weight_of_shift_jis(lead, trail, wide_before));
                    true
                }
                _ => {
                    tally.errors += 1;
                    false
                }
            },
            _ => {
                tally.errors += 1;
                false
            }
        };
        wide_before = wide;
    }
    tally
}

/// How much one double-byte character says for Shift_JIS.
fn weight_of_shift_jis(lead: u8, trail: u8, wide_before: bool) -> i64 {
    match (lead, trail) {
        (0x82, 0x9f..=0xf1) | (0x83, 0x40..=0x96) => 4,
        (0x81 | 0x82, _) | (0x88..=0x97, _) => 3,
        _ if wide_before => 1,
        _ => -1,
    }
}

/// EUC-JP.
fn euc_jp(bytes: &[u8]) -> Tally {
    let mut tally = Tally::default();
    let mut rest = bytes;
    let mut kana_before = false;
    while let Some((&lead, after)) = rest.split_first() {
        rest = after;
        if lead < 0x80 {
            continue;
        }
        let kana = lead == 0x8e;
        match (lead, after) {
            (0x8e, [0xa1..=0xdf, after @ ..]) => {
                // One alone may be a kanji of Shift_JIS (社); a run of them is not.
                tally.add(if kana_before { 4 } else { 2 });
                rest = after;
            }
            (0x8f, [0xa1..=0xfe, 0xa1..=0xfe, after @ ..]) => {
                tally.add(1);
                rest = after;
            }
            (0xa1..=0xfe, [0xa1..=0xfe, after @ ..]) => {
                tally.add(weight_of_euc(lead));
                rest = after;
            }
            _ => tally.errors += 1,
        }
        kana_before = kana;
    }
    tally
}

/// How much one double-byte character says for EUC-JP: kana rows, punctuation and first-level kanji, the rest.
fn weight_of_euc(lead: u8) -> i64 {
    match lead {
        0xa4 | 0xa5 => 4,
        0xa1 | 0xa3 | 0xb0..=0xcf => 3,
        0xd0..=0xf4 => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sjis(text: &str) -> Vec<u8> {
        SHIFT_JIS.encode(text).0.into_owned()
    }

    fn euc(text: &str) -> Vec<u8> {
        EUC_JP.encode(text).0.into_owned()
    }

    #[test]
    fn japanese_is_told_apart() {
        let texts = [
            "請求書.zip",
            "表紙",
            "添付ファイルの解凍パスワードをお知らせします。",
            "ソ能 Password: k7Rm",
            "ﾊﾟｽﾜｰﾄﾞは別途",
        ];
        for text in texts {
            assert_eq!(guess(text.as_bytes()), text);
            assert_eq!(guess(&sjis(text)), text, "Shift_JIS");
            assert_eq!(guess(&euc(text)), text, "EUC-JP");
        }
        for text in &texts[..4] {
            assert_eq!(guess(&encoding_rs::ISO_2022_JP.encode(text).0), *text, "ISO-2022-JP");
        }
    }

    #[test]
    fn latin_letters_are_not_taken_for_kanji() {
        for text in ["Müller", "Käse", "café", "Größe und Änderung", "naïve façade", "São Paulo – “quoted”"]
        {
            assert_eq!(guess(&WINDOWS_1252.encode(text).0), text);
        }
    }

    #[test]
    fn a_cut_character_does_not_turn_the_guess() {
        let whole = "パスワードは次の通り".as_bytes();
        assert!(guess(&whole[..whole.len() - 1]).starts_with("パスワードは次の通"));
        let whole = sjis("パスワードは次の通り");
        assert!(guess(&whole[..whole.len() - 1]).starts_with("パスワードは次の通"));
    }

    #[test]
    fn marks_decide() {
        assert_eq!(guess(b"\xff\xfea\0"), "a");
        assert_eq!(guess(b"\xfe\xff\0a"), "a");
        assert_eq!(guess(b"\xef\xbb\xbfa"), "a");
        assert_eq!(guess(b""), "");
    }
}
