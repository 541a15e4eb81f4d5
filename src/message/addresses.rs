//! Address lists: RFC 5322 3.4, as strangers write them.

use serde::{Deserialize, Serialize};

/// A mailbox of an address list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// The name that is shown; empty where there is none.
    pub name: String,
    /// The address in lower case.
    pub address: String,
}

/// The mailboxes of a decoded `From`, `To` or `Cc` value. What has no address is left out.
pub fn mailboxes(list: &str) -> impl Iterator<Item = Mailbox> {
    split(list).filter_map(mailbox)
}

/// The entries of an address list as they are written, split at the commas outside quotes and brackets. Comments and
/// groups are not taken apart.
pub fn split(list: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped, mut bracketed) = (false, false, false);
    let parts = list.split(move |c| {
        let splits = c == ',' && !quoted && !bracketed;
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = quoted,
            '"' => quoted = !quoted,
            '<' if !quoted => bracketed = true,
            '>' if !quoted => bracketed = false,
            _ => {}
        }
        splits
    });
    parts.map(str::trim).filter(|address| !address.is_empty())
}

/// The mailbox of one entry. The begin and end of a group (`Team: a@b.example;`) may stand at it, Outlook parts
/// entries by semicolons.
fn mailbox(entry: &str) -> Option<Mailbox> {
    let entry = entry.trim_end_matches([';', ' ']);
    let (name, address) = match entry.rsplit_once('<') {
        Some((name, rest)) => (name, rest.split('>').next().unwrap_or_default()),
        None => ("", entry.rsplit(':').next().unwrap_or_default().split('(').next().unwrap_or_default()),
    };
    let address = address.trim().trim_matches(['"', '\'']).to_lowercase();
    let is_address = address.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    let is_plain = !address.contains(char::is_whitespace);
    (is_address && is_plain).then(|| Mailbox { name: unquoted(name), address })
}

/// A name without the quotes around it and the backslashes in it.
fn unquoted(name: &str) -> String {
    let name = name.trim();
    let Some(inner) = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return name.to_string();
    };
    let mut out = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_quotes_and_brackets_do_not_split() {
        let rows: &[(&str, &[&str])] = &[
            ("a@b.example", &["a@b.example"]),
            (r#""x, \"y, z" <a@b.example>, c@d.example"#, &[r#""x, \"y, z" <a@b.example>"#, "c@d.example"]),
            (",, ,", &[]),
            ("\"never closed, a@b", &["\"never closed, a@b"]),
        ];
        for (list, want) in rows {
            assert_eq!(split(list).collect::<Vec<_>>(), *want, "{list}");
        }
    }

    #[test]
    fn names_and_addresses_are_told_apart() {
        let rows: &[(&str, &[(&str, &str)])] = &[
            ("佐藤 太郎 <Taro@City.example>", &[("佐藤 太郎", "taro@city.example")]),
            (
                r#""Sato, \"T\"" <a@b.example>, c@d.example (Home)"#,
                &[("Sato, \"T\"", "a@b.example"), ("", "c@d.example")],
            ),
            ("Team: a@b.example, C <c@d.example>;", &[("", "a@b.example"), ("C", "c@d.example")]),
            ("undisclosed-recipients:;", &[]),
            ("\"a@shown.example\" <real@hidden.example>", &[("a@shown.example", "real@hidden.example")]),
            ("nobody, <>, <a@>, x y@z", &[]),
        ];
        for (list, want) in rows {
            let got: Vec<_> = mailboxes(list).map(|mailbox| (mailbox.name, mailbox.address)).collect();
            let want: Vec<_> = want.iter().map(|(n, a)| ((*n).to_string(), (*a).to_string())).collect();
            assert_eq!(got, want, "{list}");
        }
    }
}
