//! Names of glyphs, as `Differences` of an encoding give them (ISO 32000-1 annex D), and the standard encoding.

use unicode_normalization::UnicodeNormalization;

/// The text of a glyph name; none for names that say nothing, such as `g12`.
pub(super) fn text(name: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(name).ok()?;
    let name = name.split('.').next().filter(|name| !name.is_empty())?;
    if name.len() == 1 {
        return Some(name.to_string());
    }
    if let Some((_, text)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Some((*text).to_string());
    }
    let code = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
    let uni = name.strip_prefix("uni").filter(|digits| digits.len() == 4).and_then(code);
    let long = || name.strip_prefix('u').filter(|digits| (4..=6).contains(&digits.len())).and_then(code);
    if let Some(c) = uni.or_else(long) {
        return Some(c.to_string());
    }
    let mut letters = name.chars();
    let letter = letters.next().filter(char::is_ascii_alphabetic)?;
    let (_, mark) = MARKS.iter().find(|(known, _)| *known == letters.as_str())?;
    Some([letter, *mark].into_iter().nfc().collect())
}

/// A code of the standard encoding above ASCII.
pub(super) fn standard(code: u8) -> Option<char> {
    match code {
        b'\'' => Some('’'),
        b'`' => Some('‘'),
        32..=126 => Some(char::from(code)),
        0xa1.. => STANDARD.chars().nth(usize::from(code - 0xa1)).filter(|c| *c != ' '),
        _ => None,
    }
}

/// From A1 on; a space where there is nothing.
const STANDARD: &str =
    "¡¢£⁄¥ƒ§¤'“«‹›ﬁﬂ –†‡· ¶•‚„”»…‰ ¿ `´ˆ˜¯˘˙¨ ˚¸ ˝˛ˇ—                Æ ª    ŁØŒº     æ   ı  łøœß";

const MARKS: &[(&str, char)] = &[
    ("acute", '\u{301}'),
    ("grave", '\u{300}'),
    ("circumflex", '\u{302}'),
    ("dieresis", '\u{308}'),
    ("tilde", '\u{303}'),
    ("ring", '\u{30a}'),
    ("cedilla", '\u{327}'),
    ("caron", '\u{30c}'),
    ("macron", '\u{304}'),
    ("breve", '\u{306}'),
    ("ogonek", '\u{328}'),
    ("dotaccent", '\u{307}'),
    ("hungarumlaut", '\u{30b}'),
];

#[rustfmt::skip]
const NAMES: &[(&str, &str)] = &[
    ("space", " "), ("nbspace", " "), ("exclam", "!"), ("quotedbl", "\""), ("numbersign", "#"), ("dollar", "$"),
    ("percent", "%"), ("ampersand", "&"), ("quotesingle", "'"), ("quoteright", "’"), ("quoteleft", "‘"),
    ("parenleft", "("), ("parenright", ")"), ("asterisk", "*"), ("plus", "+"), ("comma", ","), ("hyphen", "-"),
    ("minus", "−"), ("period", "."), ("slash", "/"), ("zero", "0"), ("one", "1"), ("two", "2"), ("three", "3"),
    ("four", "4"), ("five", "5"), ("six", "6"), ("seven", "7"), ("eight", "8"), ("nine", "9"), ("colon", ":"),
    ("semicolon", ";"), ("less", "<"), ("equal", "="), ("greater", ">"), ("question", "?"), ("at", "@"),
    ("bracketleft", "["), ("backslash", "\\"), ("bracketright", "]"), ("asciicircum", "^"), ("underscore", "_"),
    ("grave", "`"), ("braceleft", "{"), ("bar", "|"), ("braceright", "}"), ("asciitilde", "~"), ("exclamdown", "¡"),
    ("cent", "¢"), ("sterling", "£"), ("currency", "¤"), ("yen", "¥"), ("brokenbar", "¦"), ("section", "§"),
    ("dieresis", "¨"), ("copyright", "©"), ("ordfeminine", "ª"), ("guillemotleft", "«"), ("logicalnot", "¬"),
    ("registered", "®"), ("macron", "¯"), ("degree", "°"), ("plusminus", "±"), ("acute", "´"), ("mu", "µ"),
    ("paragraph", "¶"), ("periodcentered", "·"), ("cedilla", "¸"), ("ordmasculine", "º"), ("guillemotright", "»"),
    ("onequarter", "¼"), ("onehalf", "½"), ("threequarters", "¾"), ("questiondown", "¿"), ("AE", "Æ"), ("ae", "æ"),
    ("Eth", "Ð"), ("eth", "ð"), ("multiply", "×"), ("divide", "÷"), ("Oslash", "Ø"), ("oslash", "ø"), ("Thorn", "Þ"),
    ("thorn", "þ"), ("germandbls", "ß"), ("OE", "Œ"), ("oe", "œ"), ("Lslash", "Ł"), ("lslash", "ł"),
    ("dotlessi", "ı"), ("florin", "ƒ"), ("circumflex", "ˆ"), ("caron", "ˇ"), ("tilde", "˜"), ("endash", "–"),
    ("emdash", "—"), ("quotesinglbase", "‚"), ("quotedblleft", "“"), ("quotedblright", "”"), ("quotedblbase", "„"),
    ("dagger", "†"), ("daggerdbl", "‡"), ("bullet", "•"), ("ellipsis", "…"), ("perthousand", "‰"),
    ("guilsinglleft", "‹"), ("guilsinglright", "›"), ("fraction", "⁄"), ("Euro", "€"), ("trademark", "™"),
    ("fi", "fi"), ("fl", "fl"), ("ff", "ff"), ("ffi", "ffi"), ("ffl", "ffl"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_text() {
        let rows = [
            ("A", Some("A")),
            ("eacute", Some("é")),
            ("Zcaron", Some("Ž")),
            ("uni8ACB", Some("請")),
            ("u1F600", Some("😀")),
            ("one.oldstyle", Some("1")),
            ("g12", None),
            (".notdef", None),
        ];
        for (name, want) in rows {
            assert_eq!(text(name.as_bytes()).as_deref(), want, "{name}");
        }
    }

    /// Places from the table of annex D.
    #[test]
    fn the_standard_encoding_is_in_place() {
        let rows =
            [(0xa9, '\''), (0xae, 'ﬁ'), (0xb1, '–'), (0xbf, '¿'), (0xc1, '`'), (0xd0, '—'), (0xe1, 'Æ')];
        let more = [(0xe8, 'Ł'), (0xeb, 'º'), (0xf1, 'æ'), (0xf5, 'ı'), (0xf8, 'ł'), (0xfb, 'ß')];
        for (code, want) in rows.into_iter().chain(more) {
            assert_eq!(standard(code), Some(want), "{code:x}");
        }
        assert_eq!(standard(0xc0), None);
    }
}
