//! Shortcuts and settings in text, known by how they begin or by their root element where no name tells.

use super::page::{narrow, text_start};

/// How much of a file is looked at.
const LOOKED_AT: usize = 4 << 10;

/// The ending that Windows would ask for, the marks of which one begins the file, and what must be said too.
type Mark = (&'static str, &'static [&'static str], &'static str);

/// Profile files and lists of lines begin so; sections may come in any order.
#[rustfmt::skip]
const LINES: &[Mark] = &[
    ("url", &["[internetshortcut]", "[defaulturl]", "[{000214a0-"], "url="),
    ("scf", &["[shell]"], "command="),
    ("theme", &["[theme]", "; copyright"], "[visualstyles]"),
    ("rdp", &["full address:s:", "screen mode id:i:", "remoteapplication", "prompt for credentials"], "full address:s:"),
    ("reg", &["windows registry editor version", "regedit4"], "[hkey_"),
    ("inf", &["[version]"], "[defaultinstall"),
    ("iqy", &["web\n1\nhttp", "web\r\n1\r\nhttp"], "://"),
    ("oqy", &["querytype=oledb"], "connectionstring="),
    ("dqy", &["xlodbc"], "driver="),
];

/// Root elements.
#[rustfmt::skip]
const ELEMENTS: &[Mark] = &[
    ("library-ms", &["<librarydescription"], "searchconnectordescription"),
    ("searchconnector-ms", &["<searchconnectordescription"], "<url"),
    ("search-ms", &["<persistedquery"], "<query"),
    ("settingcontent-ms", &["<pcsettings"], "<deeplink"),
    ("msc", &["<mmc_consolefile"], "consoleversion"),
    ("jnlp", &["<jnlp"], "<resources"),
];

/// The ending under which Windows knows such a file.
pub(super) fn ending(bytes: &[u8]) -> Option<&'static str> {
    let narrow = narrow(bytes, LOOKED_AT);
    let start = text_start(&narrow);
    let first = start.first()?;
    if !matches!(first, b'<' | b'[' | b';') && !first.is_ascii_alphabetic() {
        return None;
    }
    let lower = start.to_ascii_lowercase();
    let says = |word: &str| memchr::memmem::find(&lower, word.as_bytes()).is_some();
    let is_root = |word: &str| {
        let at = memchr::memmem::find(&lower, word.as_bytes());
        at.and_then(|at| lower.get(..at)).is_some_and(|before| !has_element(before))
    };
    let begins = |mark: &&Mark| mark.1.iter().any(|word| lower.starts_with(word.as_bytes())) && says(mark.2);
    let holds = |mark: &&Mark| mark.1.iter().any(|word| is_root(word)) && says(mark.2);
    if *first == b'<' {
        return ELEMENTS.iter().find(holds).map(|(ending, _, _)| *ending);
    }
    LINES.iter().find(begins).map(|(ending, _, _)| *ending)
}

/// Whether it is a file of one of these endings.
pub(super) fn is_one(bytes: &[u8], endings: &[&str]) -> bool {
    ending(bytes).is_some_and(|ending| endings.contains(&ending))
}

/// Whether an element begins, other than declarations and comments.
fn has_element(text: &[u8]) -> bool {
    memchr::memchr_iter(b'<', text).any(|at| text.get(at + 1).is_some_and(u8::is_ascii_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;

    #[test]
    fn shortcuts_without_a_name_are_known() {
        for (text, want) in [
            ("[InternetShortcut]\r\nURL=file://203.0.113.9/x/a.exe\r\n", "url"),
            ("\u{feff}[Shell]\r\nCommand=2\r\nIconFile=\\\\203.0.113.9\\a.ico\r\n", "scf"),
            ("full address:s:203.0.113.9\r\n", "rdp"),
            ("Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\x]\r\n", "reg"),
            ("[Version]\r\nSignature=$chicago$\r\n[DefaultInstall]\r\n", "inf"),
            ("WEB\r\n1\r\nhttp://a.example/x\r\n", "iqy"),
            ("QueryType=OLEDB\r\nConnectionString=x\r\n", "oqy"),
            (
                "<?xml version='1.0'?><!-- x --><libraryDescription><searchConnectorDescriptionList/></libraryDescription>",
                "library-ms",
            ),
            ("<?xml version='1.0'?><persistedQuery version='1.0'><query/></persistedQuery>", "search-ms"),
            ("<PCSettings><SearchableContent><DeepLink>x</DeepLink>", "settingcontent-ms"),
        ] {
            assert_eq!(ending(text.as_bytes()), Some(want), "{text}");
            let wide: Vec<u8> =
                "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
            assert_eq!(ending(&wide), Some(want), "{text}");
            assert!(matches!(Kind::of("f", text.as_bytes()).id, "url" | "reg" | "iqy"), "{text}");
        }
    }

    #[test]
    fn other_texts_are_none() {
        for text in [
            "[InternetShortcut] is how such files begin.",
            "[Theme]\nname=x\n",
            "Web services\n1\nhttp://a.example/",
            "<html><body><PCSettings><DeepLink>",
            "<?xml version='1.0'?><project><target name='x'/></project>",
            "[version]\nnumber=1\n",
            "",
        ] {
            assert_eq!(ending(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Kind::of("a.url", b"x").id, "url");
        assert_eq!(Kind::of("a.reg", b"x").id, "reg");
        assert_eq!(Kind::of("a.txt", b"[Section]\r\na=1\r\n").id, "text");
    }
}
