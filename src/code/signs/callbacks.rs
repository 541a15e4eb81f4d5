//! Functions of Windows that call back what they are given, where they are given data: machine code that sits in an
//! array is run by them without a thread of its own. Honest modules hand over a procedure, by `AddressOf`.

use super::Collected;
use super::lexer::{Line, Token};
use crate::artifact::Sign;

/// Calls of such functions in a module that names no procedure: with the address of a variable, or with a pointer.
pub(super) fn callbacks(lines: &[Line], signs: &mut Collected) {
    let imports: Vec<_> = lines.iter().filter(|line| is_declaration(line)).filter_map(taker).collect();
    let has =
        |line: &Line, words: &[&str]| line.tokens.iter().any(|token| words.iter().any(|word| token.is(word)));
    if imports.is_empty() || lines.iter().any(|line| has(line, &["addressof"])) {
        return;
    }
    for line in lines.iter().filter(|line| !is_declaration(line)) {
        let Some(import) = imports.iter().find(|import| has(line, &[import.name])) else { continue };
        let is_data = has(line, &["varptr"]);
        // What stood in the place of a procedure is handed on in honest modules too.
        if is_data || !import.hands_on && line.tokens.len() > 2 {
            signs.add_line(Sign::Shellcode, line);
        }
        if is_data {
            signs.add_line(Sign::Shellcode, import.line);
        }
    }
}

/// An imported function that calls back.
struct Import<'a> {
    line: &'a Line,
    /// The name that the module gives it.
    name: &'a str,
    /// Whether it is there to hand messages on.
    hands_on: bool,
}

fn is_declaration(line: &Line) -> bool {
    line.tokens.iter().take(2).any(|token| token.is("declare"))
}

/// The function that a `Declare` statement imports, if it calls back (MS-VBAL 5.2.3.5).
fn taker(line: &Line) -> Option<Import<'_>> {
    let mut after = line.tokens.iter().skip_while(|token| !token.is("function") && !token.is("sub"));
    after.next();
    let Some(Token::Word(name)) = after.next() else { return None };
    let alias = line.tokens.windows(2).find_map(|pair| match pair {
        [alias, Token::Text(text)] if alias.is("alias") => Some(text.to_ascii_lowercase()),
        _ => None,
    });
    let import = alias.unwrap_or_else(|| name.clone());
    is_taker(&import).then(|| Import { line, name, hands_on: import.starts_with("callwindowproc") })
}

/// Whether a function calls back what it is given; `A` and `W` at the end tell its form.
fn is_taker(import: &str) -> bool {
    let bare = import.strip_suffix(['a', 'w']).unwrap_or(import);
    TAKERS.contains(&import) || TAKERS.contains(&bare)
}

#[rustfmt::skip]
const TAKERS: &[&str] = &[
    "callwindowproc", "enumwindows", "enumchildwindows", "enumdesktopwindows", "enumthreadwindows", "enumdesktops",
    "enumwindowstations", "enumsystemcodepages", "enumsystemlocales", "enumsystemlocalesex", "enumsystemgeoid",
    "enumuilanguages", "enumcalendarinfo", "enumcalendarinfoex", "enumdateformats", "enumtimeformats",
    "enumlanguagegrouplocales", "enumsystemlanguagegroups", "enumresourcetypes", "enumresourcenames", "enumfonts",
    "enumfontfamilies", "enumfontfamiliesex", "enumobjects", "enumprops", "enumpropsex", "enumdisplaymonitors",
    "enumpagefiles", "enumerateloadedmodules", "enumpwrschemes", "enumicmprofiles", "enummetafile",
    "enumdirtree", "graystring", "linedda", "copyfileex", "settimer", "settimerqueuetimer", "createtimerqueuetimer",
    "timesetevent", "createfiber", "createthreadpoolwait", "certenumsystemstore", "cryptenumoidinfo",
    "imagegetdigeststream", "symenumprocesses", "symfindfileinpath", "verifierenumerateresource",
    "internetsetstatuscallback", "setupcommitfilequeue", "initonceexecuteonce", "flsalloc", "registerwaitforsingleobject",
];

#[cfg(test)]
mod tests {
    use super::super::lexer;
    use super::*;

    fn signs(source: &str) -> usize {
        let lines = lexer::lines(source);
        let mut signs = Collected { source: source.lines().collect(), ..Collected::default() };
        callbacks(&lines, &mut signs);
        signs.facts.len()
    }

    const IMPORT: &str = "Private Declare PtrSafe Function Go Lib \"user32\" Alias \"EnumWindows\" (ByVal a As LongPtr, ByVal b As LongPtr) As Long\n";

    #[test]
    fn data_that_is_called_back_is_told() {
        assert_eq!(signs(&format!("{IMPORT}Sub A()\nGo VarPtr(b(0)), 0\nEnd Sub")), 2);
        assert_eq!(signs(&format!("{IMPORT}Sub A()\nGo p, 0\nEnd Sub")), 1);
        let plain = "Declare Function CallWindowProcA Lib \"user32\" (a As Any) As Long\nSub A()\nx = CallWindowProcA(VarPtr(c(0)))\nEnd Sub";
        assert_eq!(signs(plain), 2);
    }

    #[test]
    fn procedures_that_are_called_back_are_not() {
        for source in [
            format!("{IMPORT}Sub A()\nGo AddressOf Found, 0\nEnd Sub"),
            "Declare Function SetWindowLong Lib \"user32\" Alias \"SetWindowLongA\" () As Long\nDeclare Function CallWindowProc Lib \"user32\" Alias \"CallWindowProcA\" () As Long\nSub A()\nold = SetWindowLong(h, -4, AddressOf Wheel)\nEnd Sub\nFunction Wheel()\nWheel = CallWindowProc(old, h, m, w, l)\nEnd Function".into(),
            "Declare Function GetUserNameW Lib \"advapi32\" () As Long\nSub A()\nGetUserNameW StrPtr(s), VarPtr(n)\nEnd Sub".into(),
            // A module of imports alone.
            IMPORT.into(),
            "Declare Function CallWindowProc Lib \"user32\" (a As Any) As Long\nFunction Wheel()\nWheel = CallWindowProc(old, h, m, w, l)\nEnd Function".into(),
            "Sub EnumWindows()\nx = VarPtr(a)\nEnd Sub".into(),
        ] {
            assert_eq!(signs(&source), 0, "{source}");
        }
    }
}
