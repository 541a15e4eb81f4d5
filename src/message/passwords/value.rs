//! Cuts of a value: from the place where it begins to each place where it may end.
//!
//! Nobody marks the end of a password. It ends at white space, at the first character that is not ASCII, before a
//! closing phrase (`です`), before punctuation that may or may not belong to it, or with the line.

use super::link::{self, closing, group, is_closing};
use super::pile::{ANCHORED, Cost, LONGEST, Pile, Place, SHAPED, SHORTEST, WORD};
use super::shape::{self, Shape};
use super::table::{Rows, Starts};
use super::view::Line;
use std::ops::Range;
use std::sync::LazyLock;

/// A penalty above this is no longer called anchored.
const STILL_ANCHORED: u16 = 48;

/// Takes candidates of one line and gives them to the pile.
pub(super) struct Taker<'a> {
    pub(super) pile: &'a mut Pile,
    pub(super) place: &'a Place,
    /// The rank of what is taken.
    pub(super) rank: u8,
}

/// Phrases that follow a value in Japanese and Korean and are no part of it.
const TAILS: Rows = &[
    "です|でござい|で御座い|でごさい|となり|となっ|と成り|になり|になっ|に成り|である|でお願い",
    "にてお願い|を入力|をご入力|を入れ|をお使い|を使|をご使用|をご利用|を用い|を設定|で開|でロック",
    "で解凍|で展開|で復号|で解除|で暗号|でお開き|にて解凍|にて開|とさせて|としており|と致し|といたし",
    "にしており|に設定|(半角|(全角|(英|(数字|(大文字|(小文字|(すべて|(全て|(※|(注|※|。|、|입니다|이며",
    "입니|이다",
];

static TAIL_STARTS: LazyLock<Starts> = LazyLock::new(|| Starts::new(TAILS));

impl Taker<'_> {
    /// Offers a piece of a line, folded and as written, and both without wrapping or closing punctuation.
    pub(super) fn piece(&mut self, line: &Line, span: Range<usize>, penalty: u16) {
        let span = stripped(&line.key, span);
        if span.is_empty() {
            return;
        }
        let bare = unpunctuated(&line.key, span.clone());
        let sentence_end =
            line.key.get(span.end - 1).is_some_and(|c| matches!(c, '.' | ',' | ';' | ':' | '。' | '、'));
        if bare == span {
            return self.offer(line, span, penalty);
        }
        let (whole, trimmed) = if sentence_end { (3, 0) } else { (0, 3) };
        if bare.end + 1 < span.end {
            self.offer(line, span.start..span.end - 1, penalty + 1);
            self.offer(line, span.start..bare.end + 1, penalty + 2);
        }
        self.offer(line, bare, penalty + trimmed);
        self.offer(line, span, penalty + whole);
    }

    fn offer(&mut self, line: &Line, span: Range<usize>, penalty: u16) {
        if !(SHORTEST..=LONGEST).contains(&span.len()) {
            return;
        }
        let folded = line.folded(span.clone());
        let looks = shape::of(folded.trim());
        self.add(&folded, looks, penalty, line);
        if let Some(written) = line.as_written(span) {
            self.add(&written, looks, penalty + 1, line);
        }
    }

    /// Offers a text that is not a piece of the line as it stands.
    fn text(&mut self, text: &str, penalty: u16, line: &Line) {
        self.add(text, shape::of(text), penalty, line);
    }

    fn add(&mut self, text: &str, looks: Shape, penalty: u16, line: &Line) {
        let quoted = if line.quoted { 10 } else { 0 };
        let penalty = penalty.saturating_add(looks.penalty()).saturating_add(quoted);
        let rank = match looks {
            Shape::Reference => WORD,
            _ if self.rank != ANCHORED || penalty <= STILL_ANCHORED => self.rank,
            Shape::Strong | Shape::Fair => SHAPED,
            _ => WORD,
        };
        self.pile.add(text, Cost { rank, penalty }, self.place, line.number);
    }

    /// Offers every cut of a value that begins at `start`.
    pub(super) fn cuts(&mut self, line: &Line, start: usize, penalty: u16) {
        let key = &line.key;
        let start = start + key.iter().skip(start).take_while(|c| c.is_whitespace()).count();
        if start >= key.len() || is_inside_url(key, start) {
            return;
        }
        if let Some(inside) = group(key, start) {
            self.inside(line, inside, penalty);
        }
        let token = token_end(key, start);
        let latin = start + key.iter().skip(start).take_while(|c| c.is_ascii_graphic()).count();
        self.piece(line, start..latin, penalty);
        self.piece(line, start..latin_part(key, start, latin), penalty + 1);
        if token != latin {
            self.piece(line, start..tail_start(key, start, token), penalty);
            self.piece(line, start..token, penalty + 6);
        }
        self.spelled_out(line, start, penalty);
        self.rest(line, start, token, penalty);
    }

    /// Offers the inside of brackets, also without a second pair of them.
    pub(super) fn inside(&mut self, line: &Line, inside: Range<usize>, penalty: u16) {
        if let Some(inner) = group(&line.key, inside.start).filter(|inner| inner.end + 1 == inside.end) {
            self.piece(line, inner, penalty);
        }
        let first = line.key.get(inside.start);
        if inside.len() < 200 && first.is_some() {
            self.piece(line, inside.clone(), penalty);
            self.spelled_out(line, inside.start, penalty);
        }
    }

    /// `A B C 1 2 3` and `A-B-C`: single characters with thin joins.
    pub(super) fn spelled_out(&mut self, line: &Line, start: usize, penalty: u16) {
        let mut places = Vec::new();
        let mut at = start;
        while places.len() < LONGEST && line.key.get(at).is_some_and(|c| c.is_ascii_graphic()) {
            places.push(at);
            let gap = line.key.iter().skip(at + 1).take(4).take_while(|c| is_thin(**c)).count();
            if gap == 0 {
                let alone = line.key.get(at + 1).is_none_or(|c| !c.is_ascii_alphanumeric());
                if !alone {
                    places.pop();
                }
                break;
            }
            at += 1 + gap;
        }
        if places.len() < 3 {
            return;
        }
        let text: String = places.iter().filter_map(|place| line.wide.get(*place)).collect();
        self.text(&text, penalty, line);
    }

    /// The rest of the line where a value may hold spaces.
    fn rest(&mut self, line: &Line, start: usize, token: usize, penalty: u16) {
        let key = &line.key;
        let limit = key.len().min(start + LONGEST + 24);
        let end = tail_start(key, start, limit);
        let end = cell_end(key, start, end);
        let words = words(key, start..end);
        if words.len() < 2 {
            return;
        }
        let strong = shape::of(&line.folded(start..token)) == Shape::Strong;
        let base = penalty + if strong { 12 } else { 0 };
        if words.len() <= 6 {
            self.piece(line, start..end, base + 2);
            self.joined(line, &words, base + 12);
        }
        for (count, word) in words.iter().enumerate().skip(1).take(3) {
            self.piece(line, start..word.end, base + 8 + u16::try_from(count).unwrap_or(0));
        }
    }

    /// The same without its spaces: `k7R m2x`.
    fn joined(&mut self, line: &Line, words: &[Range<usize>], penalty: u16) {
        let text: String = words.iter().map(|word| line.folded(word.clone())).collect();
        if text.is_ascii() && text.len() <= LONGEST {
            self.text(&text, penalty, line);
        }
    }
}

/// Whether `://` stands before `start` in the same run of ASCII: the colon of a URL joins nothing.
fn is_inside_url(key: &[char], start: usize) -> bool {
    let run = key.iter().take(start).rev().take(128).take_while(|c| c.is_ascii_graphic()).count();
    let before = key.get(start - run..start).unwrap_or(&[]);
    before.windows(3).any(|window| window == [':', '/', '/']) || before.ends_with(&[':', '/'])
}

/// The words of a span.
pub(super) fn words(key: &[char], span: Range<usize>) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut at = span.start;
    while at < span.end {
        let white = key.iter().take(span.end).skip(at).take_while(|c| c.is_whitespace()).count();
        let start = at + white;
        let length = key.iter().take(span.end).skip(start).take_while(|c| !c.is_whitespace()).count();
        if length > 0 {
            out.push(start..start + length);
        }
        at = start + length.max(1);
    }
    out
}

fn is_thin(c: char) -> bool {
    matches!(c, ' ' | '-' | ',' | '.' | '・' | '/' | '_' | '、')
}

/// The end of the token: white space or Japanese punctuation.
fn token_end(key: &[char], start: usize) -> usize {
    start
        + key
            .iter()
            .skip(start)
            .take(2 * LONGEST)
            .take_while(|c| !c.is_whitespace() && !matches!(c, '。' | '、'))
            .count()
}

/// The end of a table cell.
fn cell_end(key: &[char], start: usize, end: usize) -> usize {
    key.iter()
        .take(end)
        .skip(start)
        .position(|c| matches!(c, '\t' | '|'))
        .map_or(end, |length| start + length)
}

/// Where a closing phrase begins, but never at the very start.
fn tail_start(key: &[char], start: usize, end: usize) -> usize {
    let ends = |at: &usize| match key.get(*at) {
        Some(c) if c.is_ascii() && *c != '(' => is_latin_stop(key, *at),
        Some(_) => TAIL_STARTS.at(key, *at).next().is_some(),
        None => true,
    };
    (start + 1..end).find(ends).unwrap_or(end)
}

/// `. ` and a blank before an open parenthesis end a value in prose.
fn is_latin_stop(key: &[char], at: usize) -> bool {
    let next = key.get(at + 1);
    match key.get(at) {
        Some('.' | '!' | '?' | ',' | ';') => next == Some(&' '),
        Some(' ') => matches!(next, Some('(' | '*' | '-' | '/' | '※')),
        _ => false,
    }
}

/// The ASCII part without a note, a list or a second field that touches it.
fn latin_part(key: &[char], start: usize, end: usize) -> usize {
    let cut = |c: &char| matches!(c, '(' | '[' | '<' | ',' | ';' | '|' | '"' | '/' | '*');
    let found = key.iter().take(end).skip(start).skip(1).position(cut);
    found.map_or(end, |length| start + 1 + length)
}

/// Without white space, wrapping pairs, and brackets that have no partner in the piece.
fn stripped(key: &[char], span: Range<usize>) -> Range<usize> {
    let Range { mut start, end } = span;
    let mut end = end.min(key.len());
    for _ in 0..6 {
        while start < end && key.get(start).is_some_and(|c| c.is_whitespace()) {
            start += 1;
        }
        while start < end && key.get(end - 1).is_some_and(|c| c.is_whitespace()) {
            end -= 1;
        }
        let (Some(&first), Some(&last)) = (key.get(start), key.get(end.wrapping_sub(1))) else { break };
        if start >= end {
            break;
        }
        let inner = key.get(start..end).unwrap_or(&[]);
        if end - start > 2 && closing(first) == Some(last) {
            start += 1;
            end -= 1;
        } else if is_lonely_close(inner, last) {
            end -= 1;
        } else if closing(first).is_some_and(|close| !inner.iter().skip(1).any(|c| *c == close)) {
            start += 1;
        } else if end - start > 4 && first == last && matches!(first, '*' | '_' | '~') {
            start += 1;
            end -= 1;
        } else {
            break;
        }
    }
    start..end
}

/// A closing bracket at the end that nothing in the piece opened.
fn is_lonely_close(inner: &[char], last: char) -> bool {
    is_closing(last) && inner.iter().filter(|c| **c == last || closing(**c) == Some(last)).count() == 1
}

/// Without the punctuation that ends sentences.
fn unpunctuated(key: &[char], span: Range<usize>) -> Range<usize> {
    let closes = |c: &char| "。．.,、;:!?)]>」』】\"'*([<「（".contains(*c);
    let mut end = span.end;
    while end > span.start && key.get(end - 1).is_some_and(closes) {
        end -= 1;
    }
    let opens = |c: &char| "・*→⇒:([<\"'※■●◆".contains(*c);
    let mut start = span.start;
    while start < end && key.get(start).is_some_and(opens) {
        start += 1;
    }
    start..end
}

const LATE: Rows = &["is|are|ist|lautet|est|è|es|é|jest|to|below|with|は|が|を|、|。|是|为|는|은"];

static LATE_STARTS: LazyLock<Starts> = LazyLock::new(|| Starts::new(LATE));

/// Places on a line, from `start`, where a value may follow a later join: `… to open the file is X`.
pub(super) fn later_joins(key: &[char], start: usize) -> Vec<usize> {
    let end = key.len().min(start.saturating_add(link::REACH));
    let mut out = Vec::new();
    for at in start..end {
        let arrow = key.get(at).copied().is_some_and(|c| link::is_separator(c) || closing(c).is_some());
        let dash = key.get(at) == Some(&'-') && key.get(at + 1) == Some(&' ');
        let word = || LATE_STARTS.at(key, at).filter(|length| link::is_whole(key, at, *length)).max();
        if let Some(length) = if arrow || dash { Some(0) } else { word() } {
            out.push(at + length);
        }
        if out.len() >= 10 {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::pile::Place;
    use super::super::view::line;
    use super::*;
    use crate::keyring::Source;

    fn cuts(text: &str) -> Vec<String> {
        let mut pile = Pile::default();
        let place = Place::new(Source::Body, "");
        let line = line(text);
        Taker { pile: &mut pile, place: &place, rank: ANCHORED }.cuts(&line, 0, 0);
        pile.candidates().into_iter().map(|candidate| candidate.text).collect()
    }

    #[test]
    fn the_likeliest_cut_comes_first() {
        for (text, want) in [
            ("k7Rm2xです。", "k7Rm2x"),
            ("k7Rm2x.", "k7Rm2x"),
            ("qz81（半角英数）", "qz81"),
            ("「k7Rm2x」となります。", "k7Rm2x"),
            ("Xk#92$pLになります", "Xk#92$pL"),
            ("A B C 1 2 3", "ABC123"),
            ("“k7Rm2x”", "k7Rm2x"),
            ("*k7Rm2x*", "k7Rm2x"),
            ("日本語pass", "日本語pass"),
        ] {
            let got = cuts(text);
            assert!(got.iter().take(2).any(|text| text == want), "{text}: {got:?}");
        }
    }

    #[test]
    fn both_ends_of_a_doubtful_value_are_offered() {
        for (text, wants) in [
            ("k7Rm2x!", ["k7Rm2x!", "k7Rm2x"]),
            ("k7Rm2x.", ["k7Rm2x", "k7Rm2x."]),
            ("ｋ７Ｒ", ["k7R", "ｋ７Ｒ"]),
            ("Joe Biden", ["Joe Biden", "Joe"]),
            ("A-B-C", ["ABC", "A-B-C"]),
        ] {
            let got = cuts(text);
            assert!(wants.iter().all(|want| got.iter().take(4).any(|text| text == want)), "{text}: {got:?}");
        }
    }
}
