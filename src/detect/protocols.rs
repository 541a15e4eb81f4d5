//! Addresses that hand something to a program of Windows instead of leading to a page, and have no harmless use in a
//! mail.

use super::hosts;
use super::outside::Place;

/// Whether an address runs a command, shows files of a stranger, or makes a program of Office fetch a document from one.
pub(super) fn is_abuse(target: &str) -> bool {
    let target = plain(target);
    let Some((scheme, rest)) = target.split_once(':') else { return false };
    match scheme {
        "search-ms" | "search" => {
            let crumb = rest.split("location:").nth(1).unwrap_or_default();
            hosts::host(crumb.split('&').next().unwrap_or_default()).is_some()
        }
        "mhtml" => rest.contains("!x-usc:"),
        "file" => is_item_of_file(rest) && Place::of(&target).is_foreign(),
        _ if RUNNING.contains(&scheme) => true,
        _ if OFFICE.contains(&scheme) && is_of_stranger(rest) => true,
        _ => scheme.starts_with("ms-") && (rest.contains("\\\\") || rest.contains("file://")),
    }
}

/// Whether a path goes on behind the name of a file with an exclamation mark: the program of the file is then started
/// without a question, to look for an item in it (CVE-2024-21413).
fn is_item_of_file(path: &str) -> bool {
    let file = path.rsplit(['/', '\\']).next().unwrap_or_default();
    file.split_once('!').is_some_and(|(name, item)| name.contains('.') && !item.is_empty())
}

/// An address as Windows reads it: lower case, with the escapes that hide a path taken away.
pub(super) fn plain(target: &str) -> String {
    let target = target.trim().to_lowercase();
    // What one program decodes the next one may decode again.
    let shown = unescaped(&unescaped(&target));
    // What stands before the scheme is ignored where links are opened.
    shown.trim_start_matches(|c: char| c.is_whitespace() || c.is_control()).to_string()
}

/// Escapes of printable characters as what they stand for.
fn unescaped(target: &str) -> String {
    let mut pieces = target.split('%');
    let mut shown = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        let code = piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code.filter(u8::is_ascii_graphic) {
            Some(code) => {
                shown.push(char::from(code.to_ascii_lowercase()));
                shown.push_str(piece.get(2..).unwrap_or_default());
            }
            None => {
                shown.push('%');
                shown.push_str(piece);
            }
        }
    }
    shown
}

/// Programs that do what the address says.
const RUNNING: &[&str] = &["ms-msdt", "ms-officecmd", "ms-cxh-full"];

/// Programs of Office, which open what the address names: `ms-word:ofe|u|http://…`.
const OFFICE: &[&str] = &[
    "ms-word",
    "ms-excel",
    "ms-powerpoint",
    "ms-visio",
    "ms-access",
    "ms-project",
    "ms-publisher",
    "ms-infopath",
];

/// Whether a document lies on a server that has a number for a name, which no house gives its own.
fn is_of_stranger(rest: &str) -> bool {
    let Some(at) = rest.find("http") else { return false };
    let address = rest.get(at..).unwrap_or_default();
    let host = address.split_once("://").map_or("", |(_, rest)| rest);
    let host = host.split(['/', ':', '?']).next().unwrap_or_default();
    let is_number = !host.is_empty() && host.chars().all(|c| c.is_ascii_digit() || c == '.');
    is_number && Place::of(address).is_foreign()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abuse_is_told_from_programs_that_people_use() {
        for yes in [
            "search-ms:query=invoice&crumb=location:\\\\203.0.113.1@80\\docs&displayname=Documents",
            "search-ms:displayname=x&crumb=location%3A%5C%5Ca.example%5Cx",
            "search-ms:query=x&crumb=location:%5C%5C203.0.113.9%40SSL%5CDavWWWRoot",
            "%73earch-ms:query=x&crumb=location%253A%255C%255Ca.example%255Cx",
            " Search:query=*.lnk&crumb=location:\\\\a.example\\x",
            "ms-msdt:/id PCWDiagnostic /skip force",
            "ms-officecmd:{\"LocalProviders.LaunchOfficeAppForResult\":{}}",
            "mhtml:http://a.example/x!x-usc:http://a.example/y",
            "ms-photos:viewer?fileName=\\\\203.0.113.1\\x\\a.png",
            "ms-word:ofe%7Cu%7Chttp://203.0.113.1/x.docx",
            "ms-excel:ofv|u|\\\\a.example\\x.xlsx",
            "file:///\\\\203.0.113.1\\s\\x.rtf!item",
            "FILE://a.example/s/x.rtf!item",
        ] {
            assert!(is_abuse(yes), "{yes}");
        }
        for no in [
            "https://a.example/search?x=ms-msdt:",
            "ms-settings:display",
            "ms-word:ofe|u|https://a.example/x.docx",
            "ms-word:ofe|u|http://192.168.1.4/x.docx",
            "search-ms:query=invoice&crumb=location:C:\\docs",
            "ms-appinstaller:?source=https://a.example/a.appinstaller",
            "mailto:a@a.example",
            "javascript:history.back()",
            "file:///\\\\server\\s\\x.xlsx!Sheet1",
            "file:///\\\\203.0.113.1\\s\\hello!.rtf",
            "file:///C:\\x.xlsx!Sheet1",
            "",
        ] {
            assert!(!is_abuse(no), "{no}");
        }
    }
}
