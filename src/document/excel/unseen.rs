//! Text of cells that a person does not see: on hidden sheets, in hidden rows and columns, in letters of the colour
//! behind them, under a number format that shows nothing.
//!
//! Harmless workbooks are full of such cells. Only what looks like a command, an address, program text or something
//! encoded is told.

use super::book::{Place, sheet_reference};
use crate::artifact::Opened;
use crate::document::art::ID;
use crate::document::hidden_text;
use crate::document::listing::Listing;
use crate::limits::{Budget, Stop};
use std::borrow::Cow;
use std::sync::LazyLock;

/// Why a cell is not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Sheet,
    Row,
    Column,
    Format,
    Colour,
}

impl Why {
    fn words(self) -> &'static str {
        match self {
            Self::Sheet => "hidden sheet",
            Self::Row => "hidden row",
            Self::Column => "hidden column",
            Self::Format => "empty format",
            Self::Colour => "colour of the cell",
        }
    }
}

/// The telling texts of the cells that are not seen.
#[derive(Debug, Default)]
pub(super) struct Unseen {
    listing: Listing,
    /// Texts that may be pieces of a longer one, side by side.
    pieces: Vec<String>,
    kept: usize,
}

/// What commands and program text say, in lower case without the signs that shells leave out; some backwards.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "http://", "https://", "ftp://", "file://", "javascript:", "vbscript:", "winmgmts:",
    "powershell", "pwsh ", "cmd.exe", "cmd /", "%comspec%", "mshta", "wscript", "cscript", "rundll32", "regsvr32",
    "certutil", "bitsadmin", "msiexec", "schtasks", "forfiles", "wmic ", "shellexecute", "urldownloadtofile",
    "createobject(", "activexobject", "shell.application", "adodb.stream", "xmlhttp", "win32_process",
    "frombase64string", "downloadstring", "downloadfile", "invoke-", "net.webclient", "<script", "&lt;script",
    "//:ptth", "//:sptth", "llehsrewop", "tpircsw", "athsm", "exe.dmc",
];
/// The shortest text that can be a command or an address.
const SHORTEST: usize = 8;
/// The shortest piece of a longer text. What offices number and name has fewer signs in a row.
const SHORTEST_PIECE: usize = 48;
/// The longest text that is searched, and bytes of pieces that are kept.
const MOST: usize = 1 << 20;
/// The length from which on an encoded text is told.
const ENCODED: usize = 120;

impl Unseen {
    /// Looks at the text of a cell that is not seen.
    pub(super) fn take(&mut self, sheet: &str, place: Place, why: Why, text: &str) {
        if is_telling(text) {
            let name = format!("{}!{place} ({})", sheet_reference(sheet), why.words());
            self.listing.put(&name.replace(['\r', '\n', '='], " "), text);
        } else if is_piece(text) && self.kept < MOST {
            self.kept += text.len();
            self.pieces.push(text.to_string());
        }
    }

    /// Gives the texts as a child, and what is encoded in them as facts.
    pub(super) fn give(mut self, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
        if hidden_text::joined("", &self.pieces).is_some() {
            self.listing.put("hidden cells together", &self.pieces.concat());
        }
        self.listing.give(ID, ID, ID, out, budget)
    }
}

/// Whether a text is a command, an address, program text or encoded.
pub(super) fn is_telling(text: &str) -> bool {
    if text.len() < SHORTEST {
        return false;
    }
    says(text.as_bytes()) || text.len() >= ENCODED && !hidden_text::of_value("", text).is_empty()
}

/// Whether a text may be a piece of a longer one that is encoded.
pub(super) fn is_piece(text: &str) -> bool {
    text.len() >= SHORTEST_PIECE && !text.contains(' ') && text.is_ascii()
}

/// Whether any text that stands in a sheet in XML, and not among the shared strings, may be telling, so that the sheet
/// is worth a walk.
pub(super) fn may_tell(sheet: &[u8]) -> bool {
    let has = |mark: &[u8]| memchr::memmem::find(sheet, mark).is_some();
    if !has(b"inlineStr") && !has(b"=\"str\"") {
        return false;
    }
    // Before the cells stand only the addresses of namespaces.
    let cells = memchr::memmem::find(sheet, b"sheetData").and_then(|at| sheet.get(at..)).unwrap_or(sheet);
    let mut text = 0;
    let is_long = memchr::memchr2_iter(b'<', b'>', cells).any(|at| {
        let is_end = cells.get(at) == Some(&b'<') && at - text >= SHORTEST_PIECE;
        text = at;
        is_end
    });
    is_long || says(cells)
}

/// Whether words of commands or addresses stand in a text.
fn says(text: &[u8]) -> bool {
    let has_sign = text.iter().any(|byte| b"/.(:%- ".contains(byte));
    if !has_sign {
        return false;
    }
    let is_filler = |byte: &u8| matches!(byte, b'^' | b'`' | b'"' | b'\'');
    let plain: Cow<[u8]> = if text.iter().any(is_filler) {
        text.iter().copied().filter(|byte| !is_filler(byte)).collect()
    } else {
        Cow::Borrowed(text)
    };
    let begins = |rest: &[u8], word: &str| {
        rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
    };
    (0..plain.len()).any(|at| {
        let rest = plain.get(at..).unwrap_or_default();
        let words = rest.first().and_then(|first| BY_LETTER.get(usize::from(first.to_ascii_lowercase())));
        words.is_some_and(|words| words.iter().any(|word| begins(rest, word)))
    })
}

/// The words by their first letter, because most cells have no such word.
static BY_LETTER: LazyLock<Vec<Vec<&str>>> = LazyLock::new(|| {
    let of =
        |letter: u8| WORDS.iter().copied().filter(|word| word.as_bytes().first() == Some(&letter)).collect();
    (0..=u8::MAX).map(of).collect()
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn given(texts: &[&str]) -> (String, usize) {
        let mut unseen = Unseen::default();
        for (row, text) in (0..).zip(texts) {
            unseen.take("My sheet", Place { row, column: 1 }, Why::Row, text);
        }
        let mut out = Opened::default();
        unseen.give(&mut out, &mut Budget::new(&Limits::default())).unwrap();
        let text = out.children.first().map(|child| String::from_utf8(child.bytes.clone()).unwrap());
        (text.unwrap_or_default(), out.facts.len())
    }

    #[test]
    fn commands_addresses_and_program_text_are_told() {
        for text in [
            "C:\\Windows\\System32\\cmd.exe /c start x",
            "PowerShell -enc JAB4",
            "m^s\"h\"ta http://a.example/",
            "https://a.example/x.bin",
            "Set x = CreateObject(\"WScript.Shell\")",
            "exe.x/elpmaxe.a//:ptth",
        ] {
            assert_eq!(given(&["x", text]), (format!("'My sheet'!B2 (hidden row) = {text}\n"), 0));
        }
    }

    #[test]
    fn encoded_texts_are_told_whole_and_in_pieces() {
        let base64 = "JABzAD0AJwBoAGUAbABsAG8AJwA7AFcAcgBpAHQAZQAtAEgAbwBzAHQAIAAkAHMA".repeat(4);
        let (text, facts) = given(&[&base64]);
        assert!(text.ends_with(&format!("= {base64}\n")) && facts == 1);
        let pieces: Vec<&str> =
            base64.as_bytes().chunks(64).map(|piece| std::str::from_utf8(piece).unwrap()).collect();
        let (text, facts) = given(&pieces);
        assert_eq!((text, facts), (format!("hidden cells together = {base64}\n"), 1));
    }

    #[test]
    fn helper_cells_are_not() {
        let texts = [
            "12345678",
            "Tokyo",
            "2020/01/02",
            "Total (incl. tax)",
            "株式会社タナカ",
            "AB-1234-XY",
            "C:\\Users\\tanaka\\Documents\\list.xlsx",
            "{000204EF-0000-0000-C000-000000000046}",
            "Choose one of these: yes, no, perhaps",
        ];
        assert_eq!(given(&texts), (String::new(), 0));
        assert_eq!(given(&["d41d8cd98f00b204e9800998ecf8427e"; 50]), (String::new(), 0));
    }

    #[test]
    fn sheets_are_walked_only_for_a_reason() {
        let sheet = |text: &str| {
            format!(
                "<worksheet xmlns=\"http://a\"><sheetData><c t=\"str\"><v>{text}</v></c></sheetData></worksheet>"
            )
        };
        assert!(!may_tell(sheet("plain words").as_bytes()));
        assert!(!may_tell(sheet("cmd /c x").replace("str", "s").as_bytes()));
        assert!(may_tell(sheet("cmd /c x").as_bytes()) && may_tell(sheet(&"x".repeat(60)).as_bytes()));
    }
}
