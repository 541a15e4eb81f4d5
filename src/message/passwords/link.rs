//! What stands between a label and its value: separators, particles, copulas, notes in parentheses.

use super::table::{Rows, Starts};
use super::view::is_cjk;
use std::ops::Range;
use std::sync::LazyLock;

/// How far after a label its value may begin on the same line, in characters.
pub(super) const REACH: usize = 160;

/// The join between a label and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Join {
    /// The value touches the label.
    Touching,
    /// White space only.
    Space,
    /// A particle or copula: は, is, lautet.
    Particle,
    /// A separator: colon, equals sign, arrow, cell border.
    Separator,
}

/// What was skipped after a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// Where the value begins, or the end of the line.
    pub(super) value: usize,
    /// The strongest join that was skipped.
    pub(super) join: Join,
    /// The inside of groups that were skipped: `(半角英数8桁)`, but also `【k7Rm2x】` before more text.
    pub(super) groups: Vec<Range<usize>>,
    /// Where a value would begin if only the first separator were one.
    pub(super) first: Option<usize>,
}

/// Bracket pairs of the match view; quotes open and close with the same character.
const PAIRS: &[(char, char)] = &[
    ('「', '」'),
    ('『', '』'),
    ('【', '】'),
    ('〔', '〕'),
    ('〈', '〉'),
    ('《', '》'),
    ('[', ']'),
    ('(', ')'),
    ('<', '>'),
    ('{', '}'),
    ('"', '"'),
    ('\'', '\''),
];

/// The character that closes what `open` opened.
pub(super) fn closing(open: char) -> Option<char> {
    PAIRS.iter().find(|pair| pair.0 == open).map(|pair| pair.1)
}

/// Whether a character only closes.
pub(super) fn is_closing(c: char) -> bool {
    PAIRS.iter().any(|pair| pair.1 == c)
}

/// The inside of the group that opens at `at`, if it closes soon on this line.
pub(super) fn group(key: &[char], at: usize) -> Option<Range<usize>> {
    let open = *key.get(at)?;
    let close = closing(open)?;
    let mut depth = 0usize;
    for (place, &c) in key.iter().enumerate().skip(at + 1).take(70) {
        if c == close && depth == 0 {
            return Some(at + 1..place);
        }
        if c == close {
            depth -= 1;
        } else if c == open {
            depth += 1;
        }
    }
    None
}

/// Separators of the match view.
pub(super) fn is_separator(c: char) -> bool {
    ":=→⇒⇨➡➔➜►▶▷⟶|\t…;↓⇓⬇".contains(c)
}

/// Marks that may decorate a join but also begin a value.
fn is_soft(c: char) -> bool {
    "->~.*_/,#".contains(c) || is_mark(c)
}

/// Words that join, longest first among those that begin alike.
const COPULAS: Rows = &[
    "につきましては|については|に関しては|としては|といたしまして|として|には|とは|にて|は|が|を|も",
    "の|コード|は次の|will be|would be|should be|has been set to|is set to|set to|is as follows",
    "as follows|is|are|was|being|ist|lautet|wird|sera|est|è|e'|é|es|jest|este|คือ|là|adalah|je|er|är|on|to|это|这是|是",
    "为|為|의|는|은|이|가",
];

/// Skips from `start` over everything that joins a label to its value.
pub(super) fn after(key: &[char], start: usize) -> Link {
    let mut link = Link { value: start, join: Join::Touching, groups: Vec::new(), first: None };
    let end = key.len().min(start.saturating_add(REACH));
    for _ in 0..24 {
        let Some(&c) = key.get(link.value).filter(|_| link.value < end) else { break };
        let Some(step) = step(key, &mut link, c) else { break };
        link.value += step;
    }
    link.value = link.value.min(key.len());
    link
}

/// How many characters are skipped next; nothing where the value begins.
fn step(key: &[char], link: &mut Link, c: char) -> Option<usize> {
    let at = link.value;
    if is_separator(c) {
        link.join = Join::Separator;
        link.first = link.first.or(Some(at + 1));
        return Some(1);
    }
    if c.is_whitespace() {
        link.join = link.join.max(Join::Space);
        return Some(1);
    }
    let run = key.iter().skip(at).take_while(|next| **next == c).count();
    if run > 1 && is_soft(c) {
        link.join = link.join.max(Join::Particle);
        link.first = link.first.or(Some(at));
        return Some(run);
    }
    if let Some(inside) = group(key, at) {
        let length = inside.len() + 2;
        let more = key.iter().skip(at + length).any(|c| !c.is_whitespace());
        link.groups.push(inside);
        return more.then_some(length);
    }
    if is_soft(c) || is_closing(c) {
        let followed = key.get(at + 1).is_none_or(|next| {
            next.is_whitespace()
                || is_soft(*next)
                || is_separator(*next)
                || is_closing(*next)
                || is_cjk(*next)
                || closing(*next).is_some()
        });
        let loose = followed || is_closing(c) || is_mark(c);
        link.first = link.first.or(Some(at));
        link.join = link.join.max(Join::Space);
        return loose.then_some(1);
    }
    let copula = copula(key, at)?;
    link.join = link.join.max(Join::Particle);
    Some(copula)
}

/// Japanese punctuation and list marks, which never belong to a value.
fn is_mark(c: char) -> bool {
    "、。※・■□●○◆◇★☆▼▽◎".contains(c)
}

/// The length of the joining word at `at`.
pub(super) fn copula(key: &[char], at: usize) -> Option<usize> {
    WORDS.at(key, at).filter(|length| is_whole(key, at, *length)).max()
}

/// Whether so many characters at `at` are a word of their own; scripts without spaces need no edges.
pub(super) fn is_whole(key: &[char], at: usize, length: usize) -> bool {
    let spaced = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric() && !is_cjk(*c));
    let before = at.checked_sub(1).and_then(|before| key.get(before));
    key.get(at).copied().is_some_and(is_cjk) || !spaced(before) && !spaced(key.get(at + length))
}

static WORDS: LazyLock<Starts> = LazyLock::new(|| Starts::new(COPULAS));

#[cfg(test)]
mod tests {
    use super::super::view::line;
    use super::*;

    fn value(text: &str, label: usize) -> (String, Join) {
        let line = line(text);
        let link = after(&line.key, label);
        (line.folded(link.value..line.len()), link.join)
    }

    #[test]
    fn joins_are_skipped() {
        for (text, label, rest, join) in [
            ("パスワード：X1a", 5, "X1a", Join::Separator),
            ("パスワード(半角英数8桁)：X1a", 5, "X1a", Join::Separator),
            ("パスワードは「X1a」です", 5, "です", Join::Particle),
            ("【パスワード】X1a", 6, "X1a", Join::Space),
            ("Password is: X1a", 8, "X1a", Join::Separator),
            ("Password - X1a", 8, "X1a", Join::Space),
            ("PW=> X1a", 2, "X1a", Join::Separator),
            ("PASS X1a", 4, "X1a", Join::Space),
            ("パスワード\tX1a", 5, "X1a", Join::Separator),
            ("Password island", 8, "island", Join::Space),
            ("パスワード", 5, "", Join::Touching),
        ] {
            assert_eq!(value(text, label), (rest.into(), join), "{text}");
        }
    }

    #[test]
    fn a_group_is_offered_and_skipped() {
        let line = line("パスワード【a-b_c!1】");
        let link = after(&line.key, 5);
        assert_eq!(link.groups.first(), Some(&(6..13)));
        assert_eq!(line.folded(6..13), "a-b_c!1");
    }

    #[test]
    fn a_symbol_may_begin_a_value() {
        assert_eq!(value("PW: #92$pL", 2).0, "#92$pL");
        assert_eq!(value("PW: -abc1", 2).0, "-abc1");
    }
}
