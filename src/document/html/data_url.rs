//! `data:` URLs (RFC 2397).

use crate::document::base64;
use crate::kind::{Class, Kind};
use crate::limits::{Budget, Decoded};

/// A `data:` URL.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DataUrl {
    /// What it says it is.
    pub(super) media_type: String,
    is_base64: bool,
    body: String,
}

impl DataUrl {
    /// Reads a URL; white space in it counts for nothing.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let url = url.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
        let scheme = url.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("data:"))?;
        let (head, body) = url.get(scheme.len()..)?.split_once(',')?;
        let mut fields = head.split(';').map(str::trim);
        let media_type = fields.next().unwrap_or_default().to_ascii_lowercase();
        let is_base64 = fields.any(|field| field.eq_ignore_ascii_case("base64"));
        Some(Self { media_type, is_base64, body: body.to_string() })
    }

    /// Its content, paid from the budget.
    pub(super) fn decode(&self, budget: &mut Budget) -> Decoded {
        let plain = percent(&self.body);
        match self.is_base64 {
            true => base64::decode(&String::from_utf8_lossy(&plain), budget),
            false => budget.read(&mut plain.as_slice()),
        }
    }

    /// The kind of the content, none where it is a picture, a font, a sound or plain text.
    pub(super) fn kind(&self, bytes: &[u8]) -> Option<&'static Kind> {
        let by_content = Kind::of("", bytes);
        match by_content.class {
            Class::Media => None,
            Class::Data | Class::Text if self.media_type.contains("javascript") => Kind::named("js"),
            Class::Data | Class::Text if self.media_type.contains("html") => Kind::named("html"),
            Class::Data | Class::Text => None,
            _ => Some(by_content),
        }
    }
}

/// Undoes percent encoding (RFC 3986 2.1); what is none stays.
pub(super) fn percent(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digit = |at: usize| after.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                out.extend(u8::try_from(high * 16 + low));
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn urls_are_read_as_browsers_read_them() {
        let rows: &[(&str, Option<&[u8]>)] = &[
            ("data:text/html,<b>a%20b%3c/b>", Some(b"<b>a b</b>")),
            ("DATA:text/html;charset=utf-8;base64,PGI%2B", Some(b"<b>")),
            (" data:;base64, PG\nI+", Some(b"<b>")),
            ("data:,%zz%4", Some(b"%zz%4")),
            ("data:text/html", None),
            ("http://a.example/,x", None),
            ("dat\u{e4}:,x", None),
        ];
        for (url, want) in rows {
            assert_eq!(
                DataUrl::parse(url)
                    .map(|url| url.decode(&mut Budget::new(&Limits::default())).bytes)
                    .as_deref(),
                *want,
                "{url}"
            );
        }
    }
}
