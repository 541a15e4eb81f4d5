//! Files on other computers, as Windows names them: `\\host\share`, `file://host/share`, WebDAV.

use std::net::Ipv4Addr;

/// The computer that a path or address of a file leads to, in lower case; `None` for local files and web pages.
pub(super) fn host(target: &str) -> Option<String> {
    let target = target.trim().trim_matches('"').to_lowercase().replace("%5c", "\\").replace('/', "\\");
    let rest = match target.strip_prefix("file:") {
        Some(rest) => rest.trim_start_matches('\\'),
        None => target.strip_prefix("\\\\")?.trim_start_matches(['?', '\\']).trim_start_matches("unc\\"),
    };
    let host = rest.split('\\').next()?;
    let is_drive = host.get(1..2).is_some_and(|mark| matches!(mark, ":" | "|"));
    let is_name = host.chars().all(|c| c.is_alphanumeric() || ".-_@:[]".contains(c));
    let is_local = matches!(host, "" | "." | "localhost" | "127.0.0.1") || host.starts_with('%');
    (!is_drive && is_name && !is_local && rest.len() > host.len() || host.contains('@'))
        .then(|| host.to_string())
}

/// Whether a path leads to a computer outside the office, or to one with a name of the internet, which may be its own.
/// The drives of a company's web storage are reached so too and are left out.
pub(super) fn is_remote(target: &str) -> bool {
    let Some(host) = host(target) else { return false };
    let (name, port) = host.split_once('@').map_or((host.as_str(), ""), |(name, port)| (name, port));
    let is_storage = STORAGES.iter().any(|storage| name.ends_with(storage));
    !is_storage && (is_public(name) || !port.is_empty() && !is_private(name))
}

/// Whether a path leads to a computer that is certainly not the office's own: one named by its address, or reached
/// through the web (`host@SSL`, `host@8080`).
pub(super) fn is_foreign(target: &str) -> bool {
    let Some(host) = host(target).filter(|_| is_remote(target)) else { return false };
    host.contains('@') || host.parse::<Ipv4Addr>().is_ok()
}

const STORAGES: &[&str] =
    &[".sharepoint.com", "d.docs.live.net", ".sharepoint.cn", ".dropbox.com", ".box.com"];

/// Whether a name is one of the internet.
pub(super) fn is_public(name: &str) -> bool {
    let name = name.split(':').next().unwrap_or_default();
    if let Ok(address) = name.parse::<Ipv4Addr>() {
        return !(address.is_private() || address.is_loopback() || address.is_link_local());
    }
    let inside = [".local", ".lan", ".internal", ".intra", ".corp", ".home", ".localdomain"];
    name.contains('.') && !inside.iter().any(|end| name.ends_with(end))
}

fn is_private(name: &str) -> bool {
    name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_private() || address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_office_is_told_from_the_internet() {
        for outside in [
            "\\\\203.0.113.5\\x\\a.exe",
            "file://203.0.113.5/x/a.zip",
            "file:////a.example/x/a.js",
            "\\\\a.example@SSL\\DavWWWRoot\\x.lnk",
            "\\\\a@80\\x\\y",
            "\\\\?\\UNC\\a.example\\x",
            "file:\\\\a.example@8080\\x",
        ] {
            assert!(is_remote(outside), "{outside}");
        }
        for inside in [
            "\\\\server\\share\\a.exe",
            "\\\\192.168.1.4\\share",
            "file:///C:/a/b.exe",
            "file://server/share/a.doc",
            "C:\\a\\b",
            "https://a.example/x.exe",
            "\\\\nas.local\\x",
            "\\\\t.sharepoint.com@SSL\\DavWWWRoot\\x",
            "",
        ] {
            assert!(!is_remote(inside), "{inside}");
        }
        assert_eq!(host("\\\\Server\\share"), Some("server".into()));
        assert_eq!(host("file:///C|/x"), None);
    }
}
