//! Long encoded text where programs keep settings: the captions of forms, the state of controls, properties.
//!
//! Macro droppers keep their command there and decode it when they run, so the macro itself shows nothing. Honest
//! settings are words, paths, markup and GUIDs; a hundred characters of base64, of hexadecimal, or of anything that
//! the same few characters are strewn into are none of these.

use crate::artifact::Fact;
use std::collections::HashMap;

/// The shortest run that is looked at. A command that fetches and starts something takes more when it is encoded.
const LEAST: usize = 120;
/// Characters of the head that a fact shows.
const SHOWN: usize = 80;
/// Facts for one stream; more would say nothing new.
const MOST: usize = 16;
/// How much of a run is weighed; its beginning tells what it is.
const WEIGHED: usize = 8192;

/// The encoded runs in `bytes`, in ASCII or UTF-16, as facts that name `place`.
pub(super) fn facts(place: &str, bytes: &[u8]) -> Vec<Fact> {
    let encoded = runs(bytes, LEAST).into_iter().filter(|run| is_encoded(run)).take(MOST);
    encoded.map(|run| told(place, &run)).collect()
}

/// The encoded text in one value, as facts that name `place`. Where other characters stand between those of ASCII,
/// what is left without them counts too.
pub(super) fn of_value(place: &str, value: &str) -> Vec<Fact> {
    if value.len() < LEAST {
        return Vec::new();
    }
    let found = facts(place, value.as_bytes());
    if !found.is_empty() || value.is_ascii() {
        return found;
    }
    let bare: Vec<u8> = value.bytes().filter(u8::is_ascii_graphic).collect();
    facts(place, &bare)
}

/// The encoded text that many values make together, none of them long enough alone. Names and sentences are no
/// pieces of such.
pub(super) fn joined(place: &str, values: &[String]) -> Option<Fact> {
    let is_piece = |value: &&String| {
        let bytes = value.as_bytes();
        let letters =
            bytes.iter().filter(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte)).count();
        bytes.len() >= LEAST_PIECE && letters * 20 >= bytes.len() * 19 && !is_words(bytes)
    };
    let pieces: Vec<&String> = values.iter().filter(is_piece).collect();
    let run: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes()).collect();
    (pieces.len() > 1 && run.len() >= 2 * LEAST && is_encoded(&run)).then(|| told(place, &run))
}

/// The shortest value that may be a piece of a longer text.
const LEAST_PIECE: usize = 16;

/// The texts in `bytes`, in ASCII or UTF-16, of at least `least` characters.
pub(super) fn texts(bytes: &[u8], least: usize) -> Vec<String> {
    runs(bytes, least).iter().map(|run| String::from_utf8_lossy(run).into_owned()).collect()
}

fn told(place: &str, run: &[u8]) -> Fact {
    let head = run.iter().take(SHOWN).map(|byte| char::from(*byte)).collect();
    Fact::HiddenText { place: place.into(), length: run.len(), head }
}

/// Whether `bytes` hold a run of text of at least `least` characters.
pub(super) fn holds_text(bytes: &[u8], least: usize) -> bool {
    !runs(bytes, least).is_empty()
}

/// Runs of printable ASCII and line ends, one byte or two bytes a character.
fn runs(bytes: &[u8], least: usize) -> Vec<Vec<u8>> {
    let narrow = bytes.split(|byte| !is_text(*byte)).filter(|run| run.len() >= least).map(<[u8]>::to_vec);
    let mut found: Vec<Vec<u8>> = narrow.collect();
    let mut wide = Vec::new();
    let mut rest = bytes;
    while let Some((first, tail)) = rest.split_first() {
        if is_text(*first) && tail.first() == Some(&0) {
            wide.push(*first);
            rest = tail.get(1..).unwrap_or_default();
            continue;
        }
        rest = tail;
        keep(&mut wide, least, &mut found);
    }
    keep(&mut wide, least, &mut found);
    found
}

fn keep(run: &mut Vec<u8>, least: usize, found: &mut Vec<Vec<u8>>) {
    let run = std::mem::take(run);
    if run.len() >= least {
        found.push(run);
    }
}

fn is_text(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n')
}

/// Whether a run looks encoded: dense in the letters of base64 or hexadecimal, or with one filler strewn all over.
fn is_encoded(run: &[u8]) -> bool {
    let run = run.get(..WEIGHED).unwrap_or(run);
    if entropy(run) < LEAST_ENTROPY || is_markup(run) || is_path(run) || without_guids(run) < LEAST {
        return false;
    }
    let count = |test: fn(&u8) -> bool| run.iter().filter(|byte| test(byte)).count();
    let spaces = count(|byte| matches!(byte, b' ' | b'\t'));
    let letters = count(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte));
    let dense = spaces * 50 <= run.len() && letters * 10 >= run.len() * 7 && !is_words(run);
    dense || has_filler(run)
}

/// Bits a character. Bitmaps that happen to be letters and lines drawn with signs have one or two; a filler of five
/// characters with little between has three, hexadecimal four, base64 more.
const LEAST_ENTROPY: f64 = 2.7;

/// Shannon's entropy of the characters of a run, in bits.
fn entropy(run: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    for byte in run {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let all: f64 = counts.iter().copied().map(f64::from).sum();
    let share = |count: &u32| f64::from(*count) / all;
    counts.iter().filter(|count| **count > 0).map(share).map(|share| -share * share.log2()).sum()
}

fn is_markup(run: &[u8]) -> bool {
    let has = |needle: &[u8]| memchr::memmem::find(run, needle).is_some();
    has(b"</") || has(b"/>") || has(b"<?xml") || has(b"xmlns") || run.starts_with(b"{\\rtf")
}

/// Paths and addresses: long, dense, and honest.
fn is_path(run: &[u8]) -> bool {
    let backslashes = run.iter().filter(|byte| **byte == b'\\').count();
    let address = memchr::memmem::find(run.get(..16).unwrap_or(run), b"://").is_some();
    address || backslashes * 40 > run.len()
}

/// Names joined by dots, underscores or line ends, as in lists of types, fonts or items: pieces of usual length
/// without the mix of digits and letters that encoding makes.
fn is_words(run: &[u8]) -> bool {
    let pieces = run.split(|byte| !byte.is_ascii_alphanumeric()).filter(|piece| !piece.is_empty());
    let (mut all, mut words) = (0usize, 0usize);
    for piece in pieces {
        let is_word = piece.len() <= 24
            && piece.iter().all(u8::is_ascii_alphabetic)
            && case_changes(piece) * 3 <= piece.len();
        all += piece.len();
        words += if is_word { piece.len() } else { 0 };
    }
    words * 10 >= all * 8
}

/// How often a letter stands beside one of the other case; names change it at the start of a word.
fn case_changes(piece: &[u8]) -> usize {
    piece
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.is_ascii_uppercase() != b.is_ascii_uppercase()))
        .count()
}

/// Characters outside of GUIDs (8-4-4-4-12 hexadecimal digits), with the signs that stand between them left out.
fn without_guids(run: &[u8]) -> usize {
    let pieces = run.split(|byte| b"{}(),; \t\r\n".contains(byte));
    pieces.filter(|piece| !is_guid(piece)).map(<[u8]>::len).sum()
}

fn is_guid(piece: &[u8]) -> bool {
    let groups = piece.split(|byte| *byte == b'-');
    piece.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')
        && groups.map(<[u8]>::len).eq([8, 4, 4, 4, 12])
}

/// Whether the same four characters, three of them different, make up a third of the run.
fn has_filler(run: &[u8]) -> bool {
    let mut counts: HashMap<[u8; 4], usize> = HashMap::new();
    for gram in run.array_windows::<4>() {
        *counts.entry(*gram).or_default() += 1;
    }
    let most = counts.iter().map(|(gram, count)| (*count, *gram)).max();
    most.is_some_and(|(count, gram)| count >= 12 && count * 12 >= run.len() && differ(gram))
}

fn differ(gram: [u8; 4]) -> bool {
    gram.iter().collect::<std::collections::BTreeSet<_>>().len() >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<Fact> {
        facts("Macros/Form/o", text.as_bytes())
    }

    #[test]
    fn base64_hexadecimal_and_fillers_show() {
        let base64 = "JABzAD0AJwBoAGUAbABsAG8AJwA7AFcAcgBpAHQAZQAtAEgAbwBzAHQAIAAkAHMA".repeat(2);
        assert_eq!(
            found(&base64),
            [Fact::HiddenText {
                place: "Macros/Form/o".into(),
                length: base64.len(),
                head: base64.get(..80).unwrap().to_string()
            }]
        );
        let hex: String = (0..100u32).map(|n| format!("{:02x}", (n * 37) % 256)).collect();
        assert_eq!(found(&hex).len(), 1);
        let spaced: String = "powershell -enc nothing".chars().map(|c| format!("{c}x [ sh b")).collect();
        assert_eq!(found(&spaced).len(), 1);
        let numbers: String = (0..60u32).map(|n| format!("{},", 160 + n * 7 % 61)).collect();
        assert_eq!(found(&numbers).len(), 1);
    }

    #[test]
    fn wide_text_shows_at_any_offset() {
        let text = "QWJjZGVm0aGlz9IGlzIG5vdGhpbmc1".repeat(5);
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for before in [&b""[..], b"\x01", b"\x01\x02"] {
            let bytes = [before, wide.as_slice(), b"\xff\xff"].concat();
            let lengths: Vec<usize> = runs(&bytes, LEAST).iter().map(Vec::len).collect();
            assert_eq!((lengths, facts("o", &bytes).len()), (Vec::from([text.len()]), 1), "{before:?}");
        }
    }

    #[test]
    fn honest_settings_do_not() {
        let guid = "{000204EF-0000-0000-C000-000000000046};".repeat(8);
        let path = "C:\\Program Files\\Common Files\\Microsoft Shared\\VBA\\VBA7.1\\VBE7.DLL;".repeat(4);
        let prose =
            "Please fill in the yellow cells only and send this form to your office before noon. ".repeat(3);
        let xml = "<a:b xmlns:a=\"urn:x\"><c>QWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXo</c></a:b>".repeat(4);
        let types = "Microsoft.Office.Interop.Excel.Application.WorkbookEvents.SheetChange;".repeat(4);
        let bitmap = "IJIJIJIJIJIJIJNPRVW".repeat(4) + &"Z".repeat(200);
        let line = "_".repeat(300) + &"-+".repeat(100);
        for text in [guid, path, prose, xml, types, bitmap, line, "0".repeat(500)] {
            assert_eq!(found(&text), [], "{text}");
        }
    }

    #[test]
    fn text_of_a_length_is_seen() {
        assert!(holds_text(&[b'a'; 200], 200));
        assert!(!holds_text(&[b'a'; 199], 200));
    }
}
