//! Relationships of an open packaging document (ECMA-376 Part 2, 9.3): what leads out of it.

use super::xml::Attributes;
use crate::artifact::Fact;
use crate::kind::{Class, extension};

/// The fact of a `Relationship` element that leads outside. Hyperlinks, which a person must click, are left out but
/// for those that start something or lead to a file that does.
pub(super) fn external(attributes: &Attributes) -> Option<Fact> {
    let is_external =
        attributes.value("TargetMode").is_some_and(|mode| mode.trim().eq_ignore_ascii_case("External"));
    let target = attributes.value("Target").filter(|_| is_external)?;
    let relation = attributes.value("Type").unwrap_or_default().rsplit('/').next().unwrap_or_default();
    if relation.eq_ignore_ascii_case("hyperlink") {
        return link(target, relation);
    }
    Some(Fact::External { relation: relation.into(), target: target.into() })
}

/// The fact of a link that a person clicks: under the name it bears where it starts something, `download-link` where
/// it leads to a file on the web that is unpacked or run. Links to pages are none.
pub(super) fn link(target: &str, relation: &str) -> Option<Fact> {
    let fact = |relation: &str| Fact::External { relation: relation.into(), target: target.into() };
    if starts_something(target) {
        return Some(fact(relation));
    }
    is_download(target).then(|| fact(DOWNLOAD))
}

/// The relation of links to files on the web that are unpacked or run.
const DOWNLOAD: &str = "download-link";

/// Whether the path of a web address ends in a file that is unpacked or run.
fn is_download(address: &str) -> bool {
    let Some((scheme, rest)) = address.trim().split_once("://") else { return false };
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let Some((_, path)) = path.split_once('/') else { return false };
    let file = percent_decoded(path.rsplit('/').next().unwrap_or_default());
    let kind = crate::kind::Kind::by_name(&file);
    let is_packed = kind.is_some_and(|kind| {
        kind.class == Class::Archive || kind.runs() || PACKED.contains(&extension(&file).as_str())
    });
    let is_web = ["http", "https", "ftp"].iter().any(|known| known.eq_ignore_ascii_case(scheme.trim()));
    is_web && is_packed && !file.to_lowercase().ends_with(".com")
}

/// Endings of documents that bring macros or files of their own.
const PACKED: &[&str] = &["docm", "dotm", "xlsm", "xlsb", "xlam", "pptm", "ppam", "one", "onepkg"];

/// The name of a part that a reference from a folder leads to (ECMA-376 Part 2, 6.3).
pub(super) fn resolve(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    let folder = if target.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            step => parts.push(step),
        }
    }
    parts.join("/")
}

/// Schemes of addresses that lead to pages and mailboxes, and no further.
const PLAIN: &[&str] =
    &["http", "https", "mailto", "ftp", "tel", "sip", "news", "onenote", "callto", "msteams"];

/// Whether a click on an address starts a program: a file that runs, a command, or a protocol that a program answers.
pub(super) fn starts_something(address: &str) -> bool {
    let address = percent_decoded(address.trim()).to_lowercase();
    let scheme = address.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| is_scheme(scheme));
    match scheme {
        Some("file") => runs(&address) || is_moniker(&address),
        Some(scheme) if PLAIN.contains(&scheme) => false,
        Some(_) => true,
        // A place in this document.
        None if address.starts_with('#') => false,
        None => runs(&address),
    }
}

/// Whether the path of a file on a server goes on behind an exclamation mark: Windows then asks the program of the
/// file for what is in it, without asking the user (CVE-2024-21413).
fn is_moniker(address: &str) -> bool {
    let path = address.trim_start_matches("file:").replace('\\', "/");
    let is_server = path.starts_with("//") && !path.trim_start_matches('/').contains(':');
    let (file, item) = path.rsplit('/').next().and_then(|file| file.split_once('!')).unwrap_or_default();
    is_server && file.contains('.') && !item.is_empty()
}

/// Whether it is a scheme and not the letter of a drive.
fn is_scheme(scheme: &str) -> bool {
    scheme.len() > 1 && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'))
}

/// Whether the first word of a command, or the whole of a path, names a file that runs.
fn runs(path: &str) -> bool {
    let path = path.split(['#', '?']).next().unwrap_or_default();
    let first = path.split_whitespace().next().unwrap_or_default();
    let names = |path: &str| {
        let is_command = path.contains(['\\', '/']) || path.contains(".exe");
        let file = path.rsplit(['\\', '/']).next().unwrap_or_default();
        let by_name = crate::kind::Kind::by_name(file);
        // A name on the internet ends like the program of old.
        let is_host = file.ends_with(".com") && !is_command;
        COMMANDS.contains(&file.trim_end_matches(".exe"))
            || by_name.is_some_and(|kind| kind.runs() && !is_host)
    };
    names(path) || names(first)
}

/// Programs of the system that a command begins with.
const COMMANDS: &[&str] = &[
    "cmd",
    "powershell",
    "pwsh",
    "mshta",
    "rundll32",
    "regsvr32",
    "wscript",
    "cscript",
    "certutil",
    "bitsadmin",
    "msiexec",
    "forfiles",
    "pcalua",
    "explorer",
    "conhost",
    "wmic",
    "syncappvpublishingserver",
];

/// The address without its percent signs.
fn percent_decoded(address: &str) -> String {
    let (mut out, mut rest) = (Vec::new(), address.as_bytes());
    while let Some((byte, after)) = rest.split_first() {
        let digits = after.split_at_checked(2).filter(|_| *byte == b'%');
        let code = digits.and_then(|(hex, behind)| {
            Some((u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?, behind))
        });
        let (byte, behind) = code.unwrap_or((*byte, after));
        out.push(byte);
        rest = behind;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::xml::{Node, walk};
    use super::*;

    #[test]
    fn only_what_leads_outside_by_itself() {
        let xml = br#"<Relationships>
            <Relationship Id="1" Type="http://x/attachedTemplate" Target="http://a.example/t.dotm" TargetMode="External"/>
            <Relationship Id="2" Type="http://x/hyperlink" Target="http://b.example/" TargetMode="External"/>
            <Relationship Id="3" Type="http://x/image" Target="media/1.png"/>
            <Relationship Id="4" Type="http://x/oleObject" Target="\\c.example\x" TargetMode="external"/>
            </Relationships>"#;
        let mut found = Vec::new();
        walk(xml, &mut |node| {
            if let Node::Open { attributes, .. } = node {
                found.extend(external(attributes));
            }
        });
        let fact = |relation: &str, target: &str| Fact::External {
            relation: relation.into(),
            target: target.into(),
        };
        assert_eq!(
            found,
            [fact("attachedTemplate", "http://a.example/t.dotm"), fact("oleObject", "\\\\c.example\\x")]
        );
    }

    #[test]
    fn links_that_start_something_are_told_from_pages() {
        for address in [
            "file:///\\\\a.example\\x.exe",
            "\\\\a.example\\b\\run.vbs",
            "powershell%20-NoP%20-c%20x",
            "ms-msdt:/id%20x",
            "search-ms:query=x",
            "C:\\Windows\\System32\\calc.exe",
            "SyncAppvPublishingServer.vbs x",
            "javascript:x",
            "file:///\\\\a.example\\s\\x.rtf!y",
        ] {
            assert!(starts_something(address), "{address}");
        }
        for address in [
            "http://a.example/x.exe",
            "mailto:a@b.example",
            "www.a.example.com",
            "file:///C:\\Temp\\Book1.xlsx",
            "#Sheet1!A1",
            "..\\Sales\\Book2.xlsx",
            "Саёҳат1,%20семь1",
            "file:///C:\\a!b\\x.xlsx",
            "file:///\\\\server\\s\\plan!.xlsx",
            "file:///C:\\a.xlsx!Sheet1",
        ] {
            assert!(!starts_something(address), "{address}");
        }
    }

    #[test]
    fn links_to_files_that_run_or_are_unpacked_are_told() {
        for address in [
            "http://203.0.113.4/docs/invoice.iso",
            "https://a.example/x/order.js?id=7",
            "https://a.example/inv%2ezip",
            "http://a.example/a.docm",
        ] {
            let want = Fact::External { relation: "download-link".into(), target: address.into() };
            assert_eq!(link(address, "hyperlink"), Some(want), "{address}");
        }
        for address in
            ["https://a.example/x.pdf", "https://a.zip/", "http://www.a.example", "mailto:a@b.example", ""]
        {
            assert_eq!(link(address, "hyperlink"), None, "{address}");
        }
    }
}
