//! What a token looks like: a password, a plain word, half a sentence, or an address.
//!
//! The shape never decides alone. It is a penalty that is added to that of the place, so that `sunshine` right
//! after `Password:` still comes before `k7Rm2x` somewhere below.

use super::table::{self, Rows};
use super::view::is_cjk;
use std::collections::HashSet;
use std::sync::LazyLock;

/// The looks of a token, the most password-like first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    /// Letters with digits or symbols, or three to twelve digits.
    Strong,
    /// Letters that change case inside, or capitals only.
    Fair,
    /// Two or three plain words.
    Phrase,
    /// One plain word.
    Plain,
    /// Latin letters or digits together with another script.
    Mixed,
    /// A date, a time, a telephone number, an amount.
    Datum,
    /// A word of another script.
    Foreign,
    /// A word that every letter has.
    Stop,
    /// A piece of a sentence.
    Prose,
    /// A whole sentence.
    Sentence,
    /// A mail address, a URL, a file name: tried last.
    Reference,
}

impl Shape {
    /// What it costs among candidates of the same place.
    pub(super) fn penalty(self) -> u16 {
        match self {
            Self::Strong => 0,
            Self::Fair => 6,
            Self::Phrase => 8,
            Self::Plain => 12,
            Self::Mixed => 14,
            Self::Datum => 18,
            Self::Foreign => 22,
            Self::Stop => 30,
            Self::Prose => 38,
            Self::Sentence => 60,
            Self::Reference => 500,
        }
    }
}

/// The shape of a folded token.
pub(super) fn of(token: &str) -> Shape {
    if is_reference(token) {
        Shape::Reference
    } else if token.chars().any(char::is_whitespace) {
        of_several(token)
    } else if token.is_ascii() {
        of_ascii(token)
    } else {
        of_foreign(token)
    }
}

/// Whether a token is a mail address, a URL, a host or a file name.
pub(super) fn is_reference(token: &str) -> bool {
    let lower = token.trim_matches(is_wrapping).to_ascii_lowercase();
    let linked =
        lower.contains("://") || ["www.", "mailto:", "cid:"].iter().any(|head| lower.starts_with(head));
    linked || is_address(&lower) || is_file_name(&lower) || is_host(&lower)
}

fn is_wrapping(c: char) -> bool {
    matches!(
        c,
        '<' | '>' | '(' | ')' | '[' | ']' | '"' | '\'' | ',' | ';' | '.' | ':' | '「' | '」' | '。' | '、'
    )
}

fn is_address(token: &str) -> bool {
    let Some((local, host)) = token.rsplit_once('@') else { return false };
    !local.is_empty() && is_host(host)
}

/// Labels with dots between and an alphabetic last one, such as `mail.example.co.jp`.
fn is_host(token: &str) -> bool {
    let token = token.split(['/', ':', '?']).next().unwrap_or(token);
    let named = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    };
    let Some((rest, last)) = token.rsplit_once('.') else { return false };
    let top = KNOWN_TOPS.contains(&last) || (last.len() == 2 && rest.contains('.'));
    top && last.chars().all(|c| c.is_ascii_alphabetic()) && rest.split('.').all(named)
}

const KNOWN_TOPS: &[&str] = &[
    "com", "org", "net", "jp", "de", "fr", "it", "es", "br", "ru", "cn", "kr", "uk", "nl", "pl", "cz",
    "info", "biz", "example", "test", "invalid", "local", "edu", "gov", "eu", "us", "io",
];

const FILE_ENDS: &[&str] = &[
    "zip", "rar", "7z", "lzh", "gz", "tgz", "tar", "iso", "img", "vhd", "cab", "doc", "docx", "docm", "dot",
    "dotm", "xls", "xlsx", "xlsm", "xlsb", "xlam", "ppt", "pptx", "pptm", "pdf", "txt", "csv", "rtf", "one",
    "lnk", "exe", "scr", "js", "vbs", "wsf", "hta", "bat", "cmd", "ps1", "html", "htm", "png", "jpg", "jpeg",
    "gif", "bmp", "eml", "msg", "dll", "xml",
];

fn is_file_name(token: &str) -> bool {
    token.rsplit_once('.').is_some_and(|(stem, end)| !stem.is_empty() && FILE_ENDS.contains(&end))
}

fn of_several(text: &str) -> Shape {
    let words: Vec<&str> = text.split_whitespace().collect();
    let stops = words.iter().filter(|word| is_stop(word)).count();
    if words.iter().any(|word| is_reference(word)) {
        Shape::Reference
    } else if !text.is_ascii() {
        if words.len() <= 3 && !has_hiragana(text) { Shape::Foreign } else { Shape::Sentence }
    } else if words.len() > 4 || stops > 1 {
        Shape::Sentence
    } else if stops == 1 {
        Shape::Prose
    } else {
        Shape::Phrase
    }
}

fn of_ascii(token: &str) -> Shape {
    let (mut digits, mut letters, mut symbols, mut uppers) = (0, 0, 0, 0);
    for byte in token.bytes() {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'A'..=b'Z' => uppers += 1,
            b'a'..=b'z' => letters += 1,
            _ => symbols += 1,
        }
    }
    let alphabetic = letters + uppers;
    if alphabetic + digits == 0 {
        return if (4..=16).contains(&symbols) && varied(token) { Shape::Fair } else { Shape::Stop };
    }
    if is_datum(token, digits, alphabetic) {
        return Shape::Datum;
    }
    if digits > 0 {
        let countable = alphabetic + symbols > 0 || digits <= 12;
        return if countable { Shape::Strong } else { Shape::Datum };
    }
    let bare = token.trim_end_matches(['.', ',', ':', ';', '!', '?', '\'', '"', ')']);
    if is_stop(bare) { Shape::Stop } else { of_letters(bare, uppers) }
}

/// A token of letters and symbols without a digit.
fn of_letters(token: &str, uppers: usize) -> Shape {
    let odd = |c: char| {
        matches!(c, '!' | '#' | '$' | '%' | '&' | '*' | '+' | '=' | '?' | '@' | '^' | '_' | '~' | '|' | '\\')
    };
    if token.chars().any(odd) {
        return Shape::Strong;
    }
    let plain = |part: &str| part.chars().skip(1).all(|c| c.is_ascii_lowercase());
    if token.split(['-', '/', '.', '\'', ',']).all(plain) {
        return Shape::Plain;
    }
    if uppers >= 3 || uppers > 0 && token.len() >= 5 { Shape::Fair } else { Shape::Plain }
}

fn varied(token: &str) -> bool {
    let first = token.chars().next();
    token.chars().any(|c| Some(c) != first)
}

/// Dates, times, telephone numbers, percentages and amounts as letters write them.
fn is_datum(token: &str, digits: usize, alphabetic: usize) -> bool {
    let rest = token.trim_start_matches(|c: char| c.is_ascii_digit());
    if alphabetic > 0 {
        let unit = rest.to_ascii_lowercase();
        return digits <= 4 && rest.len() + digits == token.len() && UNITS.contains(&unit.as_str());
    }
    let dotted = token
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '-' | '/' | '.' | ':' | '(' | ')' | '+' | ',' | '%'));
    let numbered = token.starts_with('0') || token.starts_with('+') || token.starts_with('(');
    let pieces = token.split(['-', '/', ':', '(', ')']).filter(|piece| !piece.is_empty()).count();
    dotted
        && (pieces > 1
            && (digits >= 9 && numbered || token.contains('/') || token.contains(':') || pieces == 3)
            || token.ends_with('%')
            || token.contains(',')
            || digits <= 4 && token.contains('.') && !token.ends_with('.'))
}

const UNITS: &[&str] =
    &["kb", "mb", "gb", "tb", "am", "pm", "st", "nd", "rd", "th", "bit", "px", "usd", "eur", "yen", "f", "k"];

/// A token with letters outside ASCII.
fn of_foreign(token: &str) -> Shape {
    let length = token.chars().count();
    let latin = token.chars().filter(char::is_ascii_alphanumeric).count();
    let spaced = !token.chars().any(is_cjk);
    if table::words(PROSE).any(|piece| token.contains(piece)) {
        return Shape::Sentence;
    }
    if spaced {
        let digits = token.chars().any(|c| c.is_ascii_digit());
        return if is_stop(token) {
            Shape::Stop
        } else if digits {
            Shape::Mixed
        } else {
            Shape::Plain
        };
    }
    let hiragana = token.chars().filter(|c| is_hiragana(*c)).count();
    match () {
        () if hiragana > 3 && length > 12 || length > 24 => Shape::Sentence,
        () if latin >= 2 && hiragana <= 3 => Shape::Mixed,
        () if hiragana > 0 => Shape::Prose,
        () => Shape::Foreign,
    }
}

/// Pieces that only sentences of business mail hold.
const PROSE: Rows = &[
    "ます|ました|ません|です|でした|ください|下さい|以下|下記|上記|次の|通り|とおり|お知らせ|別途",
    "添付|送付|送信|連絡|ご確認|願い|パスワード|ファイル|について|株式会社|有限会社|御中|解凍|展開",
    "開封|本日|いつも|日付|電話|桁|半角|全角|大文字|小文字|英数|您|请|附件|입니다|습니다|첨부",
];

fn has_hiragana(text: &str) -> bool {
    text.chars().any(is_hiragana)
}

/// Hiragana without its marks.
pub(super) fn is_hiragana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{3096}')
}

/// Whether a word stands in every letter.
fn is_stop(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    STOP.contains(bare.as_str())
}

/// Lower case: words around passwords and greetings that are hardly ever a password.
const STOP_ROWS: Rows = &[
    "a|about|above|access|after|all|already|also|am|an|and|any|archive|are|as|at|attached|attachment",
    "attachments|be|been|before|below|best|but|by|call|can|case|code|com|con|contact|could|date|de",
    "dear|del|der|des|did|die|do|document|documents|due|e|email|encrypted|enter|est|extract|fichier",
    "file|files|find|first|follow|following|follows|for|from|fw|fwd|get|had|has|have|hello|her|here",
    "hi|him|his|http|https|i|id|if|in|is|ist|it|its|je|jest|key|kind|known|last|later|lautet|let|like",
    "lower|mail|may|me|message|mit|monday|mr|mrs|ms|must|my|name|need|new|no|not|note|now|of|on|one",
    "only|open|or|other|our|out|over|para|pass|password|passwords|per|phone|plain|please|protected|pw",
    "quotes|re|read|received|regarding|regards|reply|see|send|sensitive|sent|separate|separately",
    "should|sie|sincerely|so|some|soon|subject|such|tel|text|than|thank|thanks|that|the|their|them",
    "then|there|these|they|this|through|to|today|type|unlock|unzip|up|upper|us|use|used|using|view",
    "was|we|well|were|what|when|which|who|will|with|within|without|would|write|wrote|yes|you|your",
    "yours|zip|zipped|è|é",
];

static STOP: LazyLock<HashSet<&'static str>> = LazyLock::new(|| table::words(STOP_ROWS).collect());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks() {
        for (token, shape) in [
            ("k7Rm2x", Shape::Strong),
            ("747", Shape::Strong),
            ("Xk#92$pL", Shape::Strong),
            ("P@ss:w0rd", Shape::Strong),
            ("a-b_c!1", Shape::Strong),
            ("kRmXqT", Shape::Fair),
            ("Joe Biden", Shape::Phrase),
            ("sunshine", Shape::Plain),
            ("日本語pass", Shape::Mixed),
            ("10:30", Shape::Datum),
            ("2022/03/04", Shape::Datum),
            ("03-1234-5678", Shape::Datum),
            ("12MB", Shape::Datum),
            ("株式", Shape::Foreign),
            ("the", Shape::Stop),
            ("さくら", Shape::Prose),
            ("別途お送りします", Shape::Sentence),
            ("taro@mail.example", Shape::Reference),
            ("<https://a.example/x>", Shape::Reference),
            ("report.zip", Shape::Reference),
        ] {
            assert_eq!(of(token), shape, "{token}");
        }
    }
}
