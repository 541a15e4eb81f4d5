//! A text as the search sees it: lines of characters in two views of equal length, one to match and one to take
//! values from, and the way back to the characters as they were written.
//!
//! Folding is Unicode NFKC per cluster (a base and its marks), because only so does each folded character know
//! where it came from. The match view is lower case with quotes, dashes and bars unified on top of it.

use crate::text;
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Bytes read from the start of a text. A password stands near what it opens, not after pages of padding.
const HEAD: usize = 256 << 10;

/// Bytes read from the end of a longer text: replies that are written below the quoted thread.
const TAIL: usize = 64 << 10;

/// One line of a text.
pub(super) struct Line {
    /// Its number in the text, from 1; 0 where it stands alone.
    pub(super) number: usize,
    /// Whether it is quoted from an earlier message.
    pub(super) quoted: bool,
    /// The folded characters, as a value is taken from them.
    pub(super) wide: Vec<char>,
    /// The same characters to match against: lower case, unified punctuation. As long as `wide`.
    pub(super) key: Vec<char>,
    written: Option<Written>,
}

/// The characters before folding, kept only where folding changed them.
struct Written {
    chars: Vec<char>,
    /// For each folded character the place of its cluster in `chars`.
    origins: Vec<usize>,
}

/// The lines of a text: of its head and, where it is long, of its tail.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let head_end = text.floor_char_boundary(HEAD);
    let tail_start = text.ceil_char_boundary(text.len().saturating_sub(TAIL)).max(head_end);
    let (head, rest) = text.split_at_checked(head_end).unwrap_or((text, ""));
    let (skipped, tail) = rest.split_at_checked(tail_start - head_end).unwrap_or(("", rest));
    let mut out = Vec::new();
    if skipped.is_empty() {
        collect(text, 1, &mut out);
    } else {
        let before = 1 + breaks(head) + breaks(skipped);
        collect(head, 1, &mut out);
        collect(tail, before, &mut out);
    }
    mark_quoted(&mut out);
    out
}

/// One line that stands alone, such as a subject or a name; it has no number.
pub(super) fn line(text: &str) -> Line {
    let end = text.floor_char_boundary(4096);
    Line::new(text.get(..end).unwrap_or(text), 0)
}

fn breaks(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

fn collect(text: &str, first: usize, out: &mut Vec<Line>) {
    for (number, row) in (first..).zip(text.split('\n')) {
        for part in row.trim_end_matches('\r').split(['\r', '\u{b}', '\u{c}', '\u{2028}', '\u{2029}']) {
            out.push(Line::new(part, number));
        }
    }
}

/// Marks what follows the head of a quoted message; `>` is seen line by line already.
fn mark_quoted(lines: &mut [Line]) {
    let Some(first) = lines.iter().position(opens_quotation) else { return };
    for line in lines.iter_mut().skip(first) {
        line.quoted = true;
    }
}

/// Heads that mail programs put above the message they quote.
fn opens_quotation(line: &Line) -> bool {
    const HEADS: &[&str] = &["from:", "差出人:", "送信元:", "von:", "expéditeur:"];
    const RULES: &[&str] = &[
        "original message",
        "forwarded message",
        "元のメッセージ",
        "転送メッセージ",
        "ursprüngliche nachricht",
    ];
    let key: String = line.key.iter().take(80).collect();
    let ruled = key.starts_with("--") && RULES.iter().any(|rule| key.contains(rule));
    let headed = line.number > 3 && key.contains('@') && HEADS.iter().any(|head| key.starts_with(head));
    ruled || headed
}

impl Line {
    fn new(text: &str, number: usize) -> Self {
        let cleaned: Vec<char> = text.chars().filter_map(clean).collect();
        let (start, quoted) = quotation(&cleaned);
        let chars = cleaned.get(start..).unwrap_or(&[]);
        if chars.is_ascii_only() {
            let wide = chars.to_vec();
            let key = wide.iter().map(|c| c.to_ascii_lowercase()).collect();
            return Self { number, quoted, wide, key, written: None };
        }
        let (wide, origins) = fold(chars);
        let written = (wide != chars).then(|| Written { chars: chars.to_vec(), origins });
        let key = keyed(&wide);
        Self { number, quoted, wide, key, written }
    }

    /// How many characters it has.
    pub(super) fn len(&self) -> usize {
        self.key.len()
    }

    /// Whether nothing but white space is on it.
    pub(super) fn is_blank(&self) -> bool {
        self.key.iter().all(|c| c.is_whitespace())
    }

    /// Whether it only draws a rule: `----`, `====`, `****`, `____`, box characters.
    pub(super) fn is_rule(&self) -> bool {
        let drawn = |c: &&char| {
            matches!(
                **c,
                '-' | '='
                    | '*'
                    | '_'
                    | '~'
                    | '+'
                    | '#'
                    | '.'
                    | '・'
                    | '|'
                    | '◆'
                    | '■'
                    | '<'
                    | '>'
                    | '/'
                    | '\\'
            )
        };
        self.key.iter().filter(drawn).count() >= 3 && self.key.iter().all(|c| c.is_whitespace() || drawn(&c))
    }

    /// The match view as text.
    pub(super) fn key_text(&self) -> String {
        self.key.iter().collect()
    }

    /// A piece in its folded form.
    pub(super) fn folded(&self, span: Range<usize>) -> String {
        self.wide.get(span).unwrap_or(&[]).iter().collect()
    }

    /// The same piece as it was written, where that differs.
    pub(super) fn as_written(&self, span: Range<usize>) -> Option<String> {
        let written = self.written.as_ref()?;
        let start = written.origins.get(span.start).copied()?;
        let end = written.origins.get(span.end).copied().unwrap_or(written.chars.len());
        let text: String = written.chars.get(start..end)?.iter().collect();
        (text != self.folded(span)).then_some(text)
    }

    /// The whole line as it was written, without what does not show.
    pub(super) fn whole(&self) -> String {
        self.as_written(0..self.len()).unwrap_or_else(|| self.folded(0..self.len()))
    }
}

trait AsciiOnly {
    fn is_ascii_only(&self) -> bool;
}

impl AsciiOnly for [char] {
    fn is_ascii_only(&self) -> bool {
        self.iter().all(char::is_ascii)
    }
}

/// Drops what does not show; reads the punctuation of Windows-1252 that was taken for Latin-1.
fn clean(c: char) -> Option<char> {
    match c {
        '\t' => Some('\t'),
        '\u{91}' | '\u{92}' => Some('\''),
        '\u{93}' | '\u{94}' => Some('"'),
        '\u{96}' | '\u{97}' => Some('-'),
        '\u{fe00}'..='\u{fe0f}' => None,
        _ if text::is_deceptive(c) => None,
        _ => Some(c),
    }
}

/// How many leading characters are quotation marks of mail (`> > `), and whether there are any.
fn quotation(chars: &[char]) -> (usize, bool) {
    let length = chars.iter().take_while(|c| matches!(c, '>' | ' ')).count();
    let quoted = chars.iter().take(length).any(|c| *c == '>');
    if quoted { (length, true) } else { (0, false) }
}

/// NFKC cluster by cluster, each folded character with the place its cluster began.
fn fold(chars: &[char]) -> (Vec<char>, Vec<usize>) {
    let (mut wide, mut origins) = (Vec::new(), Vec::new());
    let mut cluster = String::new();
    let mut start = 0;
    for (place, &c) in chars.iter().enumerate() {
        if !joins(c) {
            flush(&mut cluster, start, &mut wide, &mut origins);
            start = place;
        }
        cluster.push(c);
    }
    flush(&mut cluster, start, &mut wide, &mut origins);
    (wide, origins)
}

fn flush(cluster: &mut String, start: usize, wide: &mut Vec<char>, origins: &mut Vec<usize>) {
    for folded in cluster.nfkc() {
        wide.push(folded);
        origins.push(start);
    }
    cluster.clear();
}

/// Characters that fold together with the one before: marks, half-width voicing marks, Korean vowels and finals.
fn joins(c: char) -> bool {
    matches!(c, '\u{ff9e}' | '\u{ff9f}' | '\u{1160}'..='\u{11ff}') || is_combining_mark(c)
}

fn keyed(wide: &[char]) -> Vec<char> {
    let mut key: Vec<char> = wide.iter().map(|c| unified(*c)).collect();
    let stroke = |place: usize| {
        let near = |at: Option<usize>| at.and_then(|at| wide.get(at)).copied().is_some_and(is_katakana);
        near(place.checked_sub(1)) && near(place.checked_add(1))
    };
    // `パスワ－ド` and `パスワ一ド` are typed for `パスワード`.
    for (place, c) in key.iter_mut().enumerate() {
        if matches!(*c, '-' | '一') && stroke(place) {
            *c = 'ー';
        }
    }
    key
}

/// One spelling for characters that look the same to a reader.
fn unified(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '─' | '━' | '\u{fe63}' => '-',
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' | '〝' | '〞' | '〟' => '"',
        '‘' | '’' | '‚' | '‛' | '′' | '`' | '´' | '‹' | '›' => '\'',
        '│' | '┃' | '║' | '¦' => '|',
        '〜' | '∼' => '~',
        '∶' | '︰' | 'ː' | '꞉' => ':',
        '═' => '=',
        c if c.is_whitespace() && c != '\t' => ' ',
        c => single_lower(c),
    }
}

/// Lower case where that is one character, so that the views stay as long as each other.
fn single_lower(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

/// Katakana with its long-vowel mark.
pub(super) fn is_katakana(c: char) -> bool {
    matches!(c, '\u{30a1}'..='\u{30fa}' | 'ー')
}

/// Scripts written without spaces between words: kana, Chinese characters, Hangul with its particles.
pub(super) fn is_cjk(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> String {
        line(text).key_text()
    }

    #[test]
    fn what_reads_the_same_matches_the_same() {
        assert_eq!(key("ﾊﾟｽﾜｰﾄﾞ：Ｘ１"), "パスワード:x1");
        assert_eq!(key("ハ\u{309a}スワード"), "パスワード");
        assert_eq!(key("パスワ－ド パスワ一ド"), "パスワード パスワード");
        assert_eq!(key("pass\u{200b}wo\u{ad}rd \u{93}X\u{94} \u{201c}Y\u{201d}"), "password \"x\" \"y\"");
        assert_eq!(key("A\u{2013}B\u{a0}c"), "a-b c");
    }

    #[test]
    fn a_value_is_known_folded_and_as_written() {
        let line = line("ﾊﾟｽ：ｋ７Ｒ");
        assert_eq!(line.folded(3..6), "k7R");
        assert_eq!(line.as_written(3..6).as_deref(), Some("ｋ７Ｒ"));
        assert_eq!(super::line("abc").as_written(0..3), None);
    }

    #[test]
    fn lines_keep_their_numbers_over_the_cut() {
        let text = format!("first\r\n{}\nlast", "x\n".repeat(400_000));
        let lines = lines(&text);
        assert_eq!(lines.first().map(|line| (line.number, line.key_text())), Some((1, "first".into())));
        assert_eq!(lines.last().map(|line| (line.number, line.key_text())), Some((400_003, "last".into())));
        assert!(lines.len() < 200_000);
    }

    #[test]
    fn quoted_text_is_marked() {
        let lines = lines("own\n> > old\n-----Original Message-----\nolder");
        let marks: Vec<_> = lines.iter().map(|line| (line.quoted, line.key_text())).collect();
        assert_eq!(marks[1], (true, "old".into()));
        assert_eq!(marks.iter().map(|mark| mark.0).collect::<Vec<_>>(), [false, true, true, true]);
    }

    #[test]
    fn rules_are_no_words() {
        for (text, rule) in
            [("-----", true), ("＝＝＝＝", true), ("━━━━", true), ("--", false), ("-- a --", false)]
        {
            assert_eq!(line(text).is_rule(), rule, "{text}");
        }
    }
}
