//! Names that no person would choose. Droppers are made by generators that name everything at random
//! (`Pqn_ip7mtx2b`, `zwkGVjHH`); people abbreviate, but they keep words one can say.

use super::lexer::{Line, Token};
use std::collections::{BTreeSet, HashMap};

/// The names that a module declares or assigns, and how many of them are random.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Names {
    /// Distinct names of five characters or more.
    pub(super) all: usize,
    /// Those that look random.
    pub(super) random: usize,
    /// Up to three of these.
    pub(super) examples: Vec<String>,
}

/// Looks at the names of a module.
pub(super) fn names(source: &str, lines: &[Line]) -> Names {
    let spelling = spelling(source);
    let is_random =
        |name: &str| is_random(name) || spelling.get(name).is_some_and(|written| is_ragged(written));
    let declared: BTreeSet<&str> = lines.iter().flat_map(|line| declared(&line.tokens)).collect();
    let long: Vec<&str> = declared.into_iter().filter(|name| name.chars().count() >= 5).collect();
    let random: Vec<&str> = long.iter().copied().filter(|name| is_random(name)).collect();
    let examples = random.iter().take(3).map(ToString::to_string).collect();
    Names { all: long.len(), random: random.len(), examples }
}

/// How each name is written where it first stands: the editor keeps one spelling for all places.
fn spelling(source: &str) -> HashMap<String, &str> {
    let mut spelling = HashMap::new();
    for name in source.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|name| name.len() >= 5) {
        spelling.entry(name.to_lowercase()).or_insert(name);
    }
    spelling
}

/// Whether capitals stand in a name without order: `aOTNpGFFJ`. Names of people change case where a word begins
/// (`lastRow`, `LastRow`) and have one acronym at most (`objXMLHTTP`).
fn is_ragged(written: &str) -> bool {
    let letters: Vec<u8> = written.bytes().filter(u8::is_ascii_alphabetic).collect();
    let runs: Vec<&[u8]> =
        letters.chunk_by(|a, b| a.is_ascii_uppercase() == b.is_ascii_uppercase()).collect();
    let short =
        runs.iter().skip(1).filter(|run| run.len() == 1 && run.iter().all(u8::is_ascii_lowercase)).count();
    let acronyms = runs.iter().filter(|run| run.len() >= 2 && run.iter().all(u8::is_ascii_uppercase)).count();
    runs.len() >= 3 && acronyms + short >= 2
}

/// The words that a line declares or assigns: after `Dim`, `Sub`, `Function`, `Const`, `Set`, `For`, before `=`.
fn declared(tokens: &[Token]) -> Vec<&str> {
    let mut found = Vec::new();
    for pair in tokens.windows(2) {
        match pair {
            [Token::Word(keyword), Token::Word(name)] if DECLARING.contains(&keyword.as_str()) => {
                found.push(name.as_str())
            }
            [Token::Word(name), Token::Mark('=')] => found.push(name.as_str()),
            _ => {}
        }
    }
    found
}

const DECLARING: &[&str] =
    &["dim", "sub", "function", "const", "set", "for", "redim", "static", "each", "byval", "byref"];

/// Whether a name (in lower case) looks like a generator's.
fn is_random(name: &str) -> bool {
    if !name.is_ascii() || EVENTS.iter().any(|event| name.ends_with(event)) {
        return false;
    }
    let name = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    let name = SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
    let letters: Vec<u8> = name.bytes().filter(u8::is_ascii_alphabetic).collect();
    let digits_between = digit_islands(name.as_bytes());
    let vowels = letters.iter().filter(|byte| b"aeiouy".contains(byte)).count();
    let mostly_marks = letters.len() * 2 < name.len() && letters.len() <= 4 && digits_between >= 2;
    let unsayable = letters.len() >= 6 && (vowels * 5 < letters.len() || consonant_run(&letters) >= 6);
    mostly_marks || unsayable || digits_between >= 2 || rare_pairs(&letters) * 4 >= letters.len().max(6)
}

/// How often digits stand between letters or marks: `a7b_2c` has two islands.
fn digit_islands(name: &[u8]) -> usize {
    let mut islands = 0;
    let mut inside = false;
    for (index, byte) in name.iter().enumerate() {
        if byte.is_ascii_digit() {
            inside = index > 0;
        } else if inside {
            islands += 1;
            inside = false;
        }
    }
    islands
}

fn consonant_run(letters: &[u8]) -> usize {
    letters.split(|byte| b"aeiouy".contains(byte)).map(<[u8]>::len).max().unwrap_or(0)
}

/// Pairs of letters that neither English nor romanised Japanese nor usual abbreviations join.
fn rare_pairs(letters: &[u8]) -> usize {
    letters.windows(2).filter(|pair| RARE.iter().any(|rare| rare.as_slice() == *pair)).count()
}

#[rustfmt::skip]
const RARE: &[&[u8; 2]] = &[
    b"bq", b"bz", b"cj", b"cv", b"cx", b"dx", b"fq", b"fv", b"fx", b"fz", b"gq", b"gv", b"gx", b"gz", b"hj", b"hq", b"hv",
    b"hx", b"hz", b"jb", b"jc", b"jd", b"jf", b"jg", b"jh", b"jk", b"jl", b"jm", b"jn", b"jp", b"jq", b"jr", b"js", b"jt",
    b"jv", b"jw", b"jx", b"jz", b"kq", b"kv", b"kx", b"kz", b"lq", b"lx", b"lz", b"mq", b"mx", b"mz", b"pq", b"pv", b"pz",
    b"qa", b"qb", b"qc", b"qd", b"qe", b"qf", b"qg", b"qh", b"qi", b"qj", b"qk", b"qm", b"qn", b"qo", b"qp", b"qr", b"qs",
    b"qt", b"qv", b"qw", b"qx", b"qy", b"qz", b"sx", b"tq", b"vb", b"vc", b"vd", b"vf", b"vg", b"vh", b"vj", b"vk", b"vm",
    b"vn", b"vp", b"vq", b"vt", b"vv", b"vw", b"vx", b"vz", b"wj", b"wq", b"wv", b"wx", b"wz", b"xb", b"xd", b"xf", b"xg",
    b"xh", b"xj", b"xk", b"xn", b"xq", b"xr", b"xs", b"xv", b"xw", b"xz", b"zb", b"zc", b"zd", b"zf", b"zg", b"zj", b"zk",
    b"zm", b"zn", b"zp", b"zq", b"zr", b"zs", b"zt", b"zv", b"zw", b"zx",
];

/// Prefixes by which people say what type a name has; they have no vowels to judge by.
const PREFIXES: &[&str] = &[
    "str", "lng", "obj", "wks", "wbk", "wsh", "rng", "txt", "cmd", "btn", "lbl", "frm", "cls", "bln", "dbl",
    "arr", "ctl", "xls", "xml", "tmp", "num", "cnt", "mstr", "mlng", "sht", "wrk", "tbl", "chk", "cbo",
    "lst", "img",
];

/// Endings of Japanese office names: code, class, date, number, name, count, amount.
const SUFFIXES: &[&str] = &["kbn", "ymd", "cd", "nm", "no", "su", "kin", "dt", "flg"];

/// Event procedures are named by the editor.
const EVENTS: &[&str] =
    &["_click", "_change", "_open", "_activate", "_initialize", "_keydown", "_beforeclose"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generators_are_told_from_people() {
        let random =
            ["pqn_ip7mtx2bwpm", "zwkgvjhh", "c9_5_2_x", "ihhpnvvxdk9h", "x7cxc5q", "nhwkrbkzm", "vwjdg0t7k"];
        let people = [
            "lastrow",
            "strfilename",
            "wbtarget",
            "rngselected",
            "seikyusho",
            "kingaku",
            "tmpsheet",
            "objshell",
            "請求書番号",
            "column2",
            "sheet10",
            "commandbutton1_click",
            "iloop",
            "xlwbk",
            "printarea",
            "workbook_open",
            "strpath",
        ];
        for name in random {
            assert!(is_random(name), "{name}");
        }
        for name in people {
            assert!(!is_random(name), "{name}");
        }
    }

    #[test]
    fn capitals_without_order_are_seen() {
        for name in ["aOTNpGFFJ", "GXOghGA", "XaXiEc", "YEYxCnAN", "RtKSEXETs"] {
            assert!(is_ragged(name), "{name}");
        }
        for name in [
            "lastRow",
            "strFileName",
            "objXMLHTTP",
            "wsData",
            "getValueOfCell",
            "CommandButton1",
            "TOTAL",
            "nextRowNo",
        ] {
            assert!(!is_ragged(name), "{name}");
        }
    }

    #[test]
    fn names_are_those_declared_or_assigned() {
        let source = "Dim lastRow As Long\nzwkgvjhh = 1\nDebug.Print lastRow, qqqqq";
        let lines = super::super::lexer::lines(source);
        assert_eq!(names(source, &lines), Names { all: 2, random: 1, examples: vec!["zwkgvjhh".into()] });
    }
}
