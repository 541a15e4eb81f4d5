//! The search around an anchor: the rest of its line, the lines below, the words before it, its table column.
//!
//! Every way is tried for every anchor, each with its own penalty; which way the sender meant is left to the
//! order. That is what finds phrases that nobody listed.

use super::anchors::{self, Hit, Strength};
use super::link::{self, Join, Link};
use super::pile::{ANCHORED, Pile, Place, SHORTEST};
use super::shape::{self, Shape};
use super::table::{self, Rows, Starts};
use super::value::{self, Taker};
use super::view::{Line, is_cjk};
use std::ops::Range;
use std::sync::LazyLock;

/// Anchors looked at in one text. More of them are no help to a reader either.
const ANCHORS: usize = 200;

/// Lines below an anchor that may hold its value.
const BELOW: usize = 4;

/// Words that say the value stands below.
const POINTERS: Rows = &[
    "以下|下記|次の|こちら|後述|below|following|follows|suivant|folgend|seguente|siguiente|seguinte",
    "volgende|poniżej|ниже|如下|아래|↓|here",
];

/// Searches around every anchor of a text.
pub(super) fn search(lines: &[Line], place: &Place, pile: &mut Pile) {
    let anchored: Vec<Vec<Hit>> = lines.iter().map(anchors::hits).collect();
    let mut left = ANCHORS;
    for ((index, line), hits) in lines.iter().enumerate().zip(&anchored) {
        for hit in hits.iter().take(left) {
            let taker = Taker { pile, place, rank: ANCHORED };
            Search { lines, anchored: &anchored, index, line, taker }.around(hit);
        }
        left = left.saturating_sub(hits.len());
    }
}

struct Search<'a> {
    lines: &'a [Line],
    anchored: &'a [Vec<Hit>],
    index: usize,
    line: &'a Line,
    taker: Taker<'a>,
}

impl Search<'_> {
    fn around(&mut self, hit: &Hit) {
        let link = link::after(&self.line.key, hit.span.end);
        match hit.strength {
            Strength::Sure => self.every_way(hit, &link, 0),
            Strength::Short => self.every_way(hit, &link, 1),
            Strength::Weak if link.join >= Join::Particle => self.every_way(hit, &link, 12),
            Strength::Weak => self.before(hit, 20),
            Strength::VerbAfter => self.before(hit, 10),
            Strength::VerbBefore => self.taker.cuts(self.line, link.value, 10),
        }
    }

    fn every_way(&mut self, hit: &Hit, link: &Link, base: u16) {
        self.same_line(hit, link, base);
        self.before(hit, base);
        self.below(hit, link, base);
        self.column(hit, base);
    }

    /// The value on the same line: right after the join, in a group, after a later join, any token.
    fn same_line(&mut self, hit: &Hit, link: &Link, base: u16) {
        let line = self.line;
        let direct = match link.join {
            Join::Separator => 0,
            Join::Particle => 1,
            Join::Space => 6,
            Join::Touching => 9,
        };
        self.taker.cuts(line, link.value, base + direct);
        if let Some(first) = link.first {
            self.taker.cuts(line, first, base + direct + 2);
        }
        for inside in &link.groups {
            let note = if link.value < line.len() { 5 } else { 0 };
            self.taker.inside(line, inside.clone(), base + note);
        }
        for (later, start) in (base + 7..).zip(value::later_joins(&line.key, hit.span.end)) {
            let link = link::after(&line.key, start);
            self.taker.cuts(line, link.value, later);
            for inside in link.groups.iter().take(2) {
                self.taker.inside(line, inside.clone(), later);
            }
        }
        let rest = hit.span.end..line.len().min(hit.span.end + link::REACH);
        self.tokens(rest, worst(hit), base + 24);
    }

    /// Tokens that look like passwords, wherever they stand in a span of the line. Between Japanese words even a
    /// plain Latin word stands out.
    fn tokens(&mut self, span: Range<usize>, worst: Shape, penalty: u16) {
        let key = &self.line.key;
        let japanese = key.iter().skip(span.start).take(span.len()).any(|c| is_cjk(*c));
        let worst = if japanese { Shape::Plain } else { worst };
        for word in value::words(key, span).into_iter().take(24) {
            for part in latin_parts(key, word).into_iter().take(6) {
                if shape::of(&self.line.folded(part.clone())) <= worst {
                    self.taker.piece(self.line, part, penalty);
                }
            }
        }
    }

    /// The value before the label: `「X」がパスワードです`, `X is the password`.
    fn before(&mut self, hit: &Hit, base: u16) {
        let key = &self.line.key;
        let from = hit.span.start.saturating_sub(link::REACH);
        let joins = back_joins(key, from..hit.span.start);
        let lonely = joins.is_empty() && hit.strength != Strength::VerbAfter;
        for (order, end) in joins.into_iter().rev().take(4).enumerate() {
            let penalty = base + 4 + 3 * u16::try_from(order).unwrap_or(0);
            self.ending_at(from, end, penalty);
        }
        if hit.strength == Strength::VerbAfter {
            self.ending_at(from, hit.span.start, base);
        } else {
            self.ending_at(from, hit.span.start, base + 16);
        }
        self.tokens(from..hit.span.start, Shape::Fair, base + 28);
        let opens = key.iter().take(hit.span.start).all(|c| c.is_whitespace() || is_cjk(*c));
        if opens && lonely || hit.span.start <= 2 {
            self.above(base + 22);
        }
    }

    /// The token or bracket that ends at `end`.
    fn ending_at(&mut self, from: usize, end: usize, penalty: u16) {
        let key = &self.line.key;
        let white = key
            .iter()
            .take(end)
            .skip(from)
            .rev()
            .take_while(|c| c.is_whitespace() || matches!(c, ':' | ',' | '-' | '=' | '←' | '<'))
            .count();
        let end = end - white;
        let Some(&last) = end.checked_sub(1).and_then(|at| key.get(at)) else { return };
        if link::is_closing(last)
            && let Some(open) =
                (from..end - 1).rev().find(|at| key.get(*at).and_then(|c| link::closing(*c)) == Some(last))
        {
            self.taker.inside(self.line, open + 1..end - 1, penalty);
        }
        let latin = key.iter().take(end).skip(from).rev().take_while(|c| c.is_ascii_graphic()).count();
        if latin >= SHORTEST {
            self.taker.piece(self.line, end - latin..end, penalty);
        }
        let stop = |c: &&char| !c.is_whitespace() && !matches!(c, '。' | '、');
        let token = key.iter().take(end).skip(from).rev().take_while(stop).count();
        if token > latin && (latin > 0 || token <= 16) {
            self.taker.piece(self.line, end - token..end, penalty + 8);
        }
        self.two_words(from, end, penalty);
        self.spelled_before(from, end, penalty);
    }

    /// `Joe Biden is the password`.
    fn two_words(&mut self, from: usize, end: usize, penalty: u16) {
        let words = value::words(&self.line.key, from..end);
        if let [.., first, _] = words.as_slice() {
            self.taker.piece(self.line, first.start..end, penalty + 8);
        }
    }

    fn spelled_before(&mut self, from: usize, end: usize, penalty: u16) {
        let words = value::words(&self.line.key, from..end);
        let singles = words.iter().rev().take_while(|word| word.len() == 1).count();
        if let Some(first) = words.get(words.len().saturating_sub(singles)).filter(|_| singles >= SHORTEST) {
            self.taker.spelled_out(self.line, first.start, penalty);
        }
    }

    /// The value on a line below the label.
    fn below(&mut self, hit: &Hit, link: &Link, base: u16) {
        let mut penalty = base + if self.points_down(hit, link) { 2 } else { 16 };
        let mut seen = 0;
        for (line, hits) in self.lines.iter().zip(self.anchored).skip(self.index + 1).take(16) {
            if line.is_blank() || line.is_rule() {
                continue;
            }
            let labelled = hits.iter().any(|hit| matches!(hit.strength, Strength::Sure | Strength::Short));
            if labelled && seen > 0 {
                break;
            }
            self.whole_line(line, penalty);
            penalty += 7;
            seen += 1;
            if seen == BELOW || labelled {
                break;
            }
        }
    }

    /// A line that may be a value as a whole or end in one.
    fn whole_line(&mut self, line: &Line, penalty: u16) {
        let link = link::after(&line.key, 0);
        let several = value::words(&line.key, link.value..line.len()).len() > 1;
        let penalty = if several { penalty + 4 } else { penalty };
        self.taker.cuts(line, link.value, penalty);
        self.taker.cuts(line, 0, penalty + 1);
        for inside in link.groups.iter().take(3) {
            self.taker.inside(line, inside.clone(), penalty);
        }
        for word in value::words(&line.key, 0..line.len().min(link::REACH)).iter().skip(1).take(3) {
            self.taker.cuts(line, word.start, penalty + 9);
        }
        for start in value::later_joins(&line.key, 0).into_iter().take(4) {
            let link = link::after(&line.key, start);
            self.taker.cuts(line, link.value, penalty + 8);
        }
    }

    /// Whether the line of the label leaves its value to the lines below.
    fn points_down(&self, hit: &Hit, link: &Link) -> bool {
        let rest: String = self.line.key.iter().skip(hit.span.end).take(link::REACH).collect();
        let left = self.line.len().saturating_sub(link.value);
        let ends_open = rest.trim_end().ends_with([':', '。', 'は', '→', '↓', '=', ']', '】', '>', '〉']);
        left == 0 || ends_open || table::words(POINTERS).any(|word| rest.contains(word))
    }

    /// The nearest line above, where a sentence goes on with `がパスワードです`.
    fn above(&mut self, penalty: u16) {
        let lines = self.lines.get(..self.index).unwrap_or(&[]);
        if let Some(line) = lines.iter().rev().take(4).find(|line| !line.is_blank() && !line.is_rule()) {
            let link = link::after(&line.key, 0);
            self.taker.cuts(line, link.value, penalty);
            for inside in link.groups.iter().take(3) {
                self.taker.inside(line, inside.clone(), penalty);
            }
        }
    }

    /// The cell below a table's head cell.
    fn column(&mut self, hit: &Hit, base: u16) {
        let column = cell_borders(self.line).iter().take_while(|border| **border < hit.span.start).count();
        if cell_borders(self.line).is_empty() {
            return;
        }
        for (row, line) in self
            .lines
            .iter()
            .skip(self.index + 1)
            .filter(|line| !line.is_blank() && !line.is_rule())
            .take(3)
            .enumerate()
        {
            let borders = cell_borders(line);
            let start =
                column.checked_sub(1).map_or(Some(0), |before| borders.get(before).map(|border| border + 1));
            if let Some(start) = start.filter(|_| !borders.is_empty()) {
                let end = borders.get(column).copied().unwrap_or(line.len());
                let penalty = base + 2 + 4 * u16::try_from(row).unwrap_or(0);
                self.taker.inside(line, start..end, penalty);
            }
        }
    }
}

/// The least password-like shape that is still taken from the rest of a label's line.
fn worst(hit: &Hit) -> Shape {
    if hit.strength == Strength::Sure { Shape::Plain } else { Shape::Fair }
}

fn cell_borders(line: &Line) -> Vec<usize> {
    line.key.iter().enumerate().filter(|(_, c)| matches!(c, '\t' | '|')).map(|(at, _)| at).take(64).collect()
}

const BACK: Rows = &["が|を|は|も|=|:|(|[|<|「|is|as|ist|est|è|es|é|-|←|是"];

static BACK_STARTS: LazyLock<Starts> = LazyLock::new(|| Starts::new(BACK));

/// Ends of values before a join that looks back: が, を, is, as.
fn back_joins(key: &[char], span: Range<usize>) -> Vec<usize> {
    let joins = |at: &usize| BACK_STARTS.at(key, *at).any(|length| is_back_join(key, *at, length));
    span.filter(joins).collect()
}

fn is_back_join(key: &[char], at: usize, length: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| key.get(before));
    match key.get(at) {
        Some('-') => before == Some(&' '),
        Some(':' | '=' | '←' | '(' | '[' | '<') => true,
        _ => link::is_whole(key, at, length),
    }
}

/// The runs of ASCII inside a word of mixed scripts.
pub(super) fn latin_parts(key: &[char], word: Range<usize>) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut at = word.start;
    while at < word.end {
        let length = key.iter().take(word.end).skip(at).take_while(|c| c.is_ascii_graphic()).count();
        if length > 0 {
            out.push(at..at + length);
        }
        at += length.max(1);
    }
    out
}
