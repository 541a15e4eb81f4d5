//! Web addresses in text: finding them, and writing them so that nobody follows them by accident.

use crate::text::is_deceptive;

/// The schemes looked for, longer before shorter; `hxxp` is how people write links to malware.
const SCHEMES: [&str; 5] = ["https", "hxxps", "http", "hxxp", "ftp"];

/// The longest address taken, in bytes; browsers and gateways stop near it, and it keeps the search linear.
pub(super) const LONGEST: usize = 2048;

/// Every web address in a text, in order. An address that stands inside another (`…?to=http://…`) is found too.
pub fn find(text: &str) -> impl Iterator<Item = &str> {
    memchr::memmem::find_iter(text.as_bytes(), "://").filter_map(|colon| {
        let start = colon.checked_sub(scheme_before(text, colon)?.len())?;
        let after = text.get(colon + 3..)?;
        let end = colon + 3 + length(after);
        let url = text.get(start..end)?.trim_end_matches(['.', ',', ';', ':', ')', ']']);
        let named = url.get(colon + 3 - start..).is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
        named.then_some(url)
    })
}

/// Links written so that no program makes them clickable: `hxxp://host[.]example/path`.
pub fn defang(text: &str) -> String {
    let mut out = String::new();
    let mut done = 0;
    for colon in memchr::memmem::find_iter(text.as_bytes(), "://") {
        let Some(scheme) = scheme_before(text, colon) else { continue };
        let host = text.get(colon + 3..).map_or(0, |after| after.find(is_host_end).unwrap_or(after.len()));
        let parts = (
            text.get(done..colon - scheme.len()),
            text.get(colon - scheme.len()..colon),
            text.get(colon + 3..colon + 3 + host),
        );
        let (Some(before), Some(scheme), Some(host)) = parts else { continue };
        out.push_str(before);
        out.push_str(&scheme.replace("tt", "xx").replace("TT", "XX").replace("ft", "fx").replace("FT", "FX"));
        out.push_str("://");
        out.push_str(&host.replace('.', "[.]"));
        done = colon + 3 + host.len();
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out.replace("www.", "www[.]")
}

/// The scheme that ends right before byte `colon`.
fn scheme_before(text: &str, colon: usize) -> Option<&'static str> {
    let before = text.as_bytes().get(..colon)?;
    SCHEMES.into_iter().find(|scheme| {
        let tail = before.len().checked_sub(scheme.len()).and_then(|at| before.get(at..));
        tail.is_some_and(|tail| tail.eq_ignore_ascii_case(scheme.as_bytes()))
    })
}

/// How many bytes of `after` belong to the address.
fn length(after: &str) -> usize {
    let mut end = 0;
    for (at, c) in after.char_indices() {
        if is_end(c) || at + c.len_utf8() > LONGEST {
            break;
        }
        end = at + c.len_utf8();
    }
    next_in_list(after.get(..end).unwrap_or_default()).unwrap_or(end)
}

/// Droppers keep addresses in one string, `http://a@http://b` or `http://a*http://b`: where the next one begins
/// behind such a separator. Behind `=` or `/` the second address is an argument of the first.
fn next_in_list(address: &str) -> Option<usize> {
    memchr::memmem::find_iter(address.as_bytes(), "://").find_map(|colon| {
        let start = colon.checked_sub(scheme_before(address, colon)?.len())?;
        let head = address.get(..start)?;
        head.ends_with(['@', '*', '|', ',', ';', '+', '!', '^']).then(|| start.saturating_sub(1))
    })
}

fn is_end(c: char) -> bool {
    c.is_whitespace()
        || is_deceptive(c)
        || matches!(c, '"' | '\'' | '`' | '<' | '>' | '“' | '”' | '‘' | '’')
        || matches!(
            c,
            '」' | '』' | '）' | '】' | '、' | '。' | '＞' | '｣' | '､' | '｡' | '〉' | '》' | '\u{fffd}'
        )
}

fn is_host_end(c: char) -> bool {
    is_end(c) || matches!(c, '/' | '?' | '#' | '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<&str> {
        find(text).collect()
    }

    #[test]
    fn addresses_end_where_people_end_them() {
        let rows: &[(&str, &[&str])] = &[
            ("see http://a.example/x.", &["http://a.example/x"]),
            ("「http://a.example/請求」です", &["http://a.example/請求"]),
            ("x = \"HTTPS://a.example/b?c=d\" & y", &["HTTPS://a.example/b?c=d"]),
            ("(ftp://a.example/b),hxxp://c.test;", &["ftp://a.example/b", "hxxp://c.test"]),
            ("詳細はhttp://a.test/。次", &["http://a.test/"]),
            (
                "http://a.test/1@http://b.test/2*https://c.test/3",
                &["http://a.test/1", "http://b.test/2", "https://c.test/3"],
            ),
            ("http://a.test/?to=http://b.test/", &["http://a.test/?to=http://b.test/", "http://b.test/"]),
            ("file://x http:// http://\" xhttp//", &[]),
            ("http://a\u{202e}b.test", &["http://a"]),
        ];
        for (text, want) in rows {
            assert_eq!(all(text), *want, "{text}");
        }
    }

    #[test]
    fn long_addresses_are_cut_between_characters() {
        let text = format!("http://a.test/{}", "あ".repeat(5000));
        let found = all(&text);
        assert_eq!(found.len(), 1);
        assert!(found[0].len() <= LONGEST + 7 && found[0].ends_with('あ'));
    }

    #[test]
    fn hostile_text_is_harmless() {
        for text in ["://", "http", "http:/", "\u{1f600}://", "あhttp://", "http://http://http://"] {
            let _found = all(text);
            let _written = defang(text);
        }
        let many = "http://a.test/".repeat(2_000);
        assert_eq!(find(&many).count(), 2_000);
        assert!(!defang(&many).contains("http:"));
    }

    #[test]
    fn links_are_written_dead() {
        let rows = [
            ("http://a.b.example/x.doc", "hxxp://a[.]b[.]example/x.doc"),
            ("Shell \"https://a.test\" x", "Shell \"hxxps://a[.]test\" x"),
            ("FTP://a.test/", "FXP://a[.]test/"),
            ("www.a.test", "www[.]a.test"),
            ("https://a.test/?u=http://b.test", "hxxps://a[.]test/?u=hxxp://b[.]test"),
            ("1.5 mm, a.doc", "1.5 mm, a.doc"),
        ];
        for (text, want) in rows {
            assert_eq!(defang(text), want);
        }
    }
}
