//! What becomes of formulas.

use super::*;
use crate::document::excel::book::{self, Name, Sheet};
use crate::limits::Limits;

/// A macro sheet `M` and a worksheet `W`; cells as `M!A1=formula` or `W!A1:text`.
fn workbook(cells: &[&str]) -> Book {
    let mut book = Book::default();
    for (name, is_macro) in [("M", true), ("W", false)] {
        book.sheets.push(Sheet { name: name.into(), is_macro, ..Sheet::default() });
    }
    book.names.push(Name { name: "Spot".into(), is_hidden: false, formula: "M!$Z$9".into() });
    for cell in cells {
        let sheet = usize::from(cell.starts_with('W'));
        let at = cell.find(['=', ':']).unwrap();
        let (place, content) = (cell.get(2..at).unwrap(), cell.get(at + 1..).unwrap());
        let place = book::place(place).unwrap();
        let is_formula = cell.as_bytes()[at] == b'=';
        let value = content.parse().map_or_else(|_| Value::text(content), Value::Number);
        let cell =
            Cell { formula: is_formula.then(|| content.to_string()), value: (!is_formula).then_some(value) };
        book.put(sheet, place, cell);
    }
    book
}

fn folded(cells: &[&str]) -> Vec<String> {
    let book = workbook(cells);
    let lines = fold(&book, &Budget::new(&Limits::default())).unwrap();
    lines.iter().map(|line| shown(&book, line)).collect()
}

#[test]
fn constants_are_joined() {
    for (formula, want) in [
        ("CHAR(61)&\"E\"&CHAR(88)", "\"=EX\""),
        ("EXEC(CONCATENATE(\"c\",\"alc\"))", "EXEC(\"calc\")"),
        ("EXEC(A9&\"b\"&\"c\")", "EXEC(A9&\"bc\")"),
        ("MID(\"xcmdx\",2,3)&LEFT(\"ab\")&RIGHT(\"yz\",1)", "\"cmdaz\""),
        ("SUBSTITUTE(\"c#m#d\",\"#\",\"\")&UPPER(\"a\")&LOWER(\"B\")", "\"cmdAb\""),
        ("REPLACE(\"abc\",2,1,\"-\")&REPT(\"x\",3)&LEN(\"four\")", "\"a-cxxx4\""),
        ("CHAR(2*30+5)&CHAR(200/2)&CHAR(-1+66)", "\"AdA\""),
        ("CHAR(MOD(165,100))&CHAR(INT(65.9))&CHAR(ABS(-65))", "\"AAA\""),
        ("IF(1=1,\"yes\",\"no\")&IF(\"a\"=\"B\",1,2)", "\"yes2\""),
        ("CHOOSE(2,\"a\",\"b\")&T(5)", "\"b\""),
        ("-(1+2)*3", "-9"),
        ("NOW()-1-2", "NOW()-1-2"),
        ("50%&\"\"", "\"0.5\""),
    ] {
        let got = folded(&[&format!("M!A1={formula}")]);
        let want = if want == formula { vec![] } else { vec![format!("M!A1: ={want}")] };
        assert_eq!(got, want, "{formula}");
    }
}

#[test]
fn cells_names_and_computed_references_are_followed() {
    let got = folded(&[
        "W!B2:reg",
        "W!C3:svr32",
        "M!Z9:calc",
        "M!A1=EXEC(W!B2&W!$C$3)",
        "M!A2=EXEC(Spot)",
        "M!A3=A4&\"x\"",
        "M!A4=W!B2&\"1\"",
        "M!A5=INDIRECT(\"W!B2\")&OFFSET(W!B2,1,1)",
        "M!A6=EXEC(W!B99)",
    ]);
    let want = [
        "M!A1: =EXEC(\"regsvr32\")",
        "M!A2: =EXEC(\"calc\")",
        "M!A3: =\"reg1x\"",
        "M!A4: =\"reg1\"",
        "M!A5: =\"regsvr32\"",
    ];
    assert_eq!(got, want);
}

#[test]
fn ranges_are_joined_and_picked_from() {
    let got = folded(&[
        "W!B1:c",
        "W!B2:m",
        "W!B3:d",
        "W!C1:x",
        "M!A1=EXEC(CONCAT(W!B1:B3,\" /c\"))",
        "M!A2=EXEC(_xlfn.TEXTJOIN(\"\",TRUE,W!$B$1:$B$3))",
        "M!A3=EXEC(INDEX(W!B1:B3,1)&INDEX(W!B1:C3,1,2)&INDEX(W!B1:C1,2))",
        "M!A4=EXEC(INDEX(W!B1:B3,4))",
        "M!A5=EXEC(CONCAT(W!B1:B3,NOW()))",
        "M!A6=CONCAT(A1:B9999)",
    ]);
    let want = ["M!A1: =EXEC(\"cmd /c\")", "M!A2: =EXEC(\"cmd\")", "M!A3: =EXEC(\"cxx\")"];
    assert_eq!(got.get(..3).unwrap(), want, "{got:?}");
    assert!(!got.iter().any(|line| line.starts_with("M!A4") || line.starts_with("M!A5")), "{got:?}");
}

#[test]
fn texts_are_taken_for_formulas_where_a_macro_does() {
    let got =
        folded(&["W!B1:EX", "M!A1=EVALUATE(W!B1&\"EC(\"\"calc\"\")\")", "M!A2=EVALUATE(\"EVALUATE(A2)\")"]);
    assert_eq!(got.first().unwrap(), "M!A1: =EXEC(\"calc\")", "{got:?}");
    let deep = "EVALUATE(".repeat(60) + "\"1\"" + &")".repeat(60);
    folded(&[&format!("M!A1={deep}"), "M!A2=EVALUATE(A3)", "M!A3=\"EVALUATE(A2)\""]);
}

#[test]
fn what_macros_write_is_read_again() {
    let got = folded(&[
        "M!A1=SET.NAME(\"eq\",CHAR(61))",
        "M!A2=FORMULA(eq&\"EX\"&\"EC(B1)\",A9)",
        "M!A3=SET.VALUE(B1,\"ca\"&\"lc\")",
        "M!A4=FORMULA(\"=HALT()\",R10C1)",
        "M!A5=IF(GET.WORKSPACE(13)<700,CLOSE(FALSE),FORMULA(\"=ALERT(1&2)\",C1))",
    ]);
    assert!(got.contains(&"M!A2: =FORMULA(\"=EXEC(B1)\",A9)".into()), "{got:?}");
    assert!(got.contains(&"M!A9: =EXEC(\"calc\")".into()), "{got:?}");
    assert!(got.contains(&"M!B1: =\"calc\"".into()));
    assert!(got.contains(&"M!A10: =HALT()".into()));
    assert!(got.contains(&"M!C1: =ALERT(\"12\")".into()));
}

#[test]
fn last_values_are_believed_of_texts_and_worksheets_only() {
    let mut book = workbook(&["M!A1=EXEC(B1)", "M!A2=CHAR(W!A1)&\"\"", "M!A3=CHAR(B2)"]);
    let unknown = |value: Value| Cell { formula: Some("GET.CELL(5,C1)".into()), value: Some(value) };
    book.put(0, Place { row: 0, column: 1 }, unknown(Value::text("calc")));
    book.put(0, Place { row: 1, column: 1 }, unknown(Value::Number(65.0)));
    book.put(1, Place { row: 0, column: 0 }, unknown(Value::Number(65.0)));
    let lines = fold(&book, &Budget::new(&Limits::default())).unwrap();
    let got: Vec<String> = lines.iter().map(|line| shown(&book, line)).collect();
    assert_eq!(got, ["M!A1: =EXEC(\"calc\")", "M!A2: =\"A\""]);
}

#[test]
fn links_quotes_and_odd_names_stay_as_they_are() {
    for formula in [
        "cmd|'/c calc'!A0",
        "'My Sheet'!A1&\"x\"",
        "[Book1.xls]Sheet1!A1+1",
        "{1,2;3,4}",
        "売上!A1",
        "SUM(A1:B2,C3:C9)",
        "FOO.BAR(x_1,,)",
        "\"unfinished",
        "A1)",
    ] {
        assert_eq!(folded(&[&format!("M!A7={formula}")]), Vec::<String>::new(), "{formula}");
    }
}

#[test]
fn circles_depth_and_growth_end() {
    assert_eq!(folded(&["M!A1=A2&\"x\"", "M!A2=A1&\"y\""]), Vec::<String>::new());
    let deep = format!("M!A1={}1{}", "(".repeat(5_000), ")".repeat(5_000));
    assert_eq!(folded(&[&deep]), Vec::<String>::new());
    let signs = format!("M!A1={}1", "-".repeat(50_000));
    assert_eq!(folded(&[&signs]), Vec::<String>::new());
    let wide = format!("M!A1={}\"a\"", "\"a\"&".repeat(20_000));
    assert_eq!(folded(&[&wide])[0].len(), "M!A1: =\"\"".len() + 20_001);
    let mut doubling = vec!["M!A1=\"xxxxxxxx\"".to_string()];
    doubling.extend((2..40).map(|row| format!("M!A{row}=A{0}&A{0}", row - 1)));
    let cells: Vec<&str> = doubling.iter().map(String::as_str).collect();
    assert!(folded(&cells).iter().all(|line| line.len() < 40_000));
}
