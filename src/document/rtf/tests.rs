//! Rich text as attacks write it: one object behind every trick that Word tolerates.

use super::*;
use crate::artifact::Tree;
use crate::document::ole1::tests::embedded;
use crate::limits::Limits;

/// Every byte value stands in it, so that a lost or moved digit shows.
fn object() -> Vec<u8> {
    embedded(b"Equation.3", &(0..=255u8).cycle().take(700).collect::<Vec<u8>>())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Something between every so many digits.
fn strewn(digits: &str, every: usize, between: &str) -> String {
    let pieces = digits.as_bytes().chunks(every).map(|piece| std::str::from_utf8(piece).unwrap());
    pieces.collect::<Vec<_>>().join(between)
}

fn open(bytes: &[u8]) -> Opened {
    open_within(bytes, &Limits::default()).0
}

fn open_within(bytes: &[u8], limits: &Limits) -> (Opened, Result<(), Stop>) {
    let tree = Tree::new(Child::new("a.rtf", "file", bytes.to_vec()).of_kind("rtf"));
    let mut out = Opened::default();
    let ended = Rtf.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(limits));
    (out, ended)
}

/// The objects, and whether noise was told of each.
fn objects(bytes: &[u8]) -> Vec<(Vec<u8>, bool)> {
    let objects = open(bytes).children.into_iter().filter(|child| child.via == "rtf-object");
    let noise = |child: &Child| child.facts.iter().any(|fact| matches!(fact, Fact::Trick { .. }));
    objects.map(|child| (child.bytes.clone(), noise(&child))).collect()
}

fn in_object(digits: &str) -> Vec<u8> {
    format!("{{\\rtf1\\ansi text{{\\object\\objemb{{\\*\\objdata {digits}}}}}}}").into_bytes()
}

fn tricks(out: &Opened) -> Vec<&'static str> {
    let what = |fact: &Fact| match fact {
        Fact::Trick { what, .. } => Some(*what),
        _ => None,
    };
    out.facts.iter().filter_map(what).collect()
}

fn externals(text: &str) -> Vec<String> {
    let fact = |fact: Fact| match fact {
        Fact::External { relation, target } => Some(format!("{relation}: {target}")),
        _ => None,
    };
    open(text.as_bytes()).facts.into_iter().filter_map(fact).collect()
}

#[test]
fn an_object_as_word_writes_it_has_no_noise() {
    let (whole, digits) = (object(), hex(&object()));
    for digits in
        [digits.clone(), digits.to_uppercase(), strewn(&digits, 128, "\r\n"), strewn(&digits, 2, " ")]
    {
        assert_eq!(objects(&in_object(&digits)), [(whole.clone(), false)]);
    }
    let binary =
        [format!("{{\\rtf1{{\\object{{\\*\\objdata\\bin{} ", whole.len()).as_bytes(), &whole, b"}}}"]
            .concat();
    assert_eq!(objects(&binary), [(whole, false)]);
}

#[test]
fn noise_among_the_digits_is_stepped_over_and_told() {
    let (whole, digits) = (object(), hex(&object()));
    let long = format!("\\{} ", "a".repeat(249));
    for (every, between) in [
        (7, "\\par12 "),
        (7, "{}"),
        (8, "{\\*\\unknown 0123abcd}"),
        (9, "{\\pict 00ff{\\b 12}}"),
        (8, "\\'41"),
        (8, "\\'zz"),
        (50, "\\bin0 "),
        (50, "\\bin-5 "),
        (50, "\\bin4294967297 "),
        (11, "\\~"),
        (5, "?!"),
        (3, " \t\r\n  "),
        (90, long.as_str()),
        (13, "{\\*\\objupdate}"),
    ] {
        let found = objects(&in_object(&strewn(&digits, every, between)));
        assert_eq!(found, [(whole.clone(), true)], "{between}");
    }
}

#[test]
fn an_escape_costs_half_a_byte() {
    let whole = object();
    let spoilt: String = whole.iter().map(|byte| format!("{byte:02x}f\\'41")).collect();
    assert_eq!(objects(&in_object(&spoilt)), [(whole, true)]);
}

#[test]
fn readings_other_than_words_are_tried() {
    let (whole, digits) = (object(), hex(&object()));
    // A first digit too many, an escape that is a byte, a group that counts.
    assert_eq!(objects(&in_object(&format!("0{digits}")))[0].0, whole);
    let escaped: String = whole.iter().map(|byte| format!("\\'{byte:02x}")).collect();
    assert_eq!(objects(&in_object(&escaped))[0].0, whole);
    let (head, tail) = digits.split_at(100);
    assert_eq!(objects(&in_object(&format!("{{\\*\\unknown {head}}}{tail}")))[0].0, whole);
}

#[test]
fn objects_are_found_wherever_they_stand() {
    let (whole, digits) = (object(), hex(&object()));
    let (head, tail) = digits.split_at(301);
    let deep = "{".repeat(200_000);
    for text in [
        format!("{{\\rt{{\\*\\objdata {digits}"),
        format!("{{\\rtf1{{\\object\\objdata {digits}}}"),
        format!("{{\\rtf1{{\\info{{\\*\\xyz{{\\object{{\\*\\objdata {digits}}}}}}}}}}}"),
        format!("{{\\rtf1 x}}}}}}{{\\object{{\\*\\objdata {digits}}}}}"),
        format!("{{\\rtf1{{\\oBject{{\\*\\OBJDATA {digits}}}}}}}"),
        format!("{{\\rtf1{{\\object{{\\*\\objdata 00{{\\*\\objdata {digits}}}}}}}}}"),
        format!("{{\\rtf1{deep}{{\\object{{\\*\\objdata {digits}}}}}"),
    ] {
        let found = objects(text.as_bytes());
        assert!(found.iter().any(|(bytes, _)| *bytes == whole), "{}", text.get(..40).unwrap());
    }
    let split = format!("{{\\rtf1{{\\object{{\\*\\objdata {head}}}{{\\*\\objdata {tail}}}}}}}");
    assert_eq!(objects(split.as_bytes()), [(whole, true)]);
}

#[test]
fn class_and_manner_are_told() {
    let text = "{\\rtf1{\\object\\objautlink\\objupdate{\\*\\objclass Word.\\'44ocument.8}{\\*\\objdata 01}}{\\object\\objocx{\\*\\objclass Forms.X}}}";
    let out = open(text.as_bytes());
    let fact = |class: &str, manner: &str| Fact::Object { class: class.into(), manner: manner.into() };
    assert_eq!(out.facts, [fact("Forms.X", "objocx")]);
    let [child] = &out.children[..] else { panic!("{out:?}") };
    assert_eq!(child.facts, [fact("Word.Document.8", "objautlink objupdate")]);
}

#[test]
fn templates_and_fields_lead_outside() {
    assert_eq!(
        externals("{\\rtf1{\\*\\template http://a.example/t}}"),
        ["attached-template: http://a.example/t"]
    );
    assert_eq!(
        externals("{\\rtf1{\\*\\template \\u-65432?t\\u116?\\'70://a.example/t}}"),
        ["attached-template: http://a.example/t"]
    );
    let split = "{\\rtf1{\\field{\\*\\fldinst {\\rtlch\\fcs1 DD}{\\b E\\b0 AU}\r\n{TO }{c:\\\\\\\\x.exe}}{\\fldrslt y}}}";
    assert_eq!(externals(split), ["field DDEAUTO: c:\\\\x.exe"]);
    let nested = "{\\rtf1{\\field{\\*\\fldinst SET c \"{\\field{\\*\\fldinst QUOTE 68 68 69 32 97}{\\fldrslt }}\"}{\\fldrslt }}}";
    assert_eq!(externals(nested), ["field DDE: a"]);
    assert_eq!(
        externals("{\\rtf1{\\field{\\*\\fldinst HYPERLINK \"http://a.example\"}{\\fldrslt x}}}"),
        Vec::<String>::new()
    );
}

#[test]
fn headers_and_values_that_no_writer_writes() {
    for usual in
        ["{\\rtf1\\ansi x}", "{\\rtf1 x}", "{\\rtf\\ansi}", "\u{feff}\r\n{\\rtf1{\\fonttbl}}", "{\\rtf0\r\n}"]
    {
        assert_eq!(tricks(&open(usual.as_bytes())), Vec::<&str>::new(), "{usual}");
    }
    for odd in ["{\\rt\\ansi}", "{\\rtxa", "{\\rtf1234}", "{\\rt1{", "{\\rtfx1"] {
        assert_eq!(tricks(&open(odd.as_bytes())), ["rtf-odd-header"], "{odd}");
    }
    let shape = format!("{{\\rtf1{{\\shp{{\\sp{{\\sn pFragments}}{{\\sv 1;1;{}}}}}}}}}", "41".repeat(60));
    assert_eq!(tricks(&open(shape.as_bytes())), ["rtf-shape-overflow"]);
    let honest =
        format!("{{\\rtf1{{\\shp{{\\sp{{\\sn pVerticies}}{{\\sv 8;60;{}}}}}}}}}", "(100,200);".repeat(60));
    assert_eq!(tricks(&open(honest.as_bytes())), Vec::<&str>::new());
    assert_eq!(tricks(&open(b"{\\rtf1{\\listoverride\\listoverridecount25}}")), ["rtf-list-override"]);
    assert_eq!(tricks(&open(b"{\\rtf1{\\listoverride\\listoverridecount9}}")), Vec::<&str>::new());
    let fonts: String = (0..20_001).map(|font| format!("{{\\f{font}A;}}")).collect();
    assert_eq!(
        tricks(&open(format!("{{\\rtf1{{\\fonttbl{fonts}}}}}").as_bytes())),
        ["rtf-font-table-overflow"]
    );
}

#[test]
fn the_text_is_told() {
    let out =
        open(b"{\\rtf1\\ansicpg932{\\fonttbl{\\f0\\fcharset128 x;}}\\f0 \\'83p\\'83X: k7{\\v hidden}\\par}");
    assert_eq!((out.children[0].via, out.children[0].bytes.as_slice()), ("text", "パス: k7\r\n".as_bytes()));
    assert_eq!(out.letters[0].attached, [("a.rtf".to_string(), "パス: k7\r\n".to_string())]);
    let long = format!("{{\\rtf1 {}}}", "表".repeat(1 << 19));
    let out = open(long.as_bytes());
    assert!(out.children[0].bytes.len() <= LONGEST_TEXT);
}

#[test]
fn limits_hold() {
    let many = "{\\object{\\*\\objdata 00}}".repeat(5000);
    let out = open(format!("{{\\rtf1{many}").as_bytes());
    assert_eq!(out.unread[0].reason, "limit-rtf-objects");
    let limits = Limits { made_bytes: 300, ..Limits::default() };
    let (_, ended) = open_within(&in_object(&hex(&object())), &limits);
    assert_eq!(ended, Err(Stop::Bytes));
}

#[test]
fn cut_or_flipped_it_ends() {
    let whole = "{\\rtf1\\ansi{\\*\\template a}{\\fonttbl{\\f0 x;}}{\\object\\objemb{\\*\\objclass Equation.3}{\\*\\objdata 0105{\\*\\u 00}\\'000000\\bin2 ab02}}\
        {\\field{\\*\\fldinst DDE x\\u10?}}{\\sp{\\sn pFragments}{\\sv 1;2}}t\\'41}".to_string();
    for length in 0..whole.len() {
        open(&whole.as_bytes()[..length]);
    }
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bad = whole.clone().into_bytes();
            bad[at] ^= 1 << bit;
            open(&bad);
        }
    }
}
