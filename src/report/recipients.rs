//! Who a message was sent to: RFC 5322 3.4 address lists, split into mailboxes.

use crate::artifact::{Artifact, Fact};
use crate::text::printable;

/// The most recipients of a message that are listed.
const RECIPIENTS: usize = 1000;

/// Every recipient of the `To` and `Cc` headers, split at the commas outside quotes and brackets.
pub(super) fn recipients(root: &Artifact) -> Vec<String> {
    let headers = root.facts.iter().filter_map(|fact| match fact {
        Fact::Header { name: "to" | "cc", value } => Some(value.as_str()),
        _ => None,
    });
    let each = headers.flat_map(addresses).map(printable);
    each.take(RECIPIENTS).collect()
}

/// RFC 5322 3.4: mailboxes of an address list. Comments and groups are not taken apart.
fn addresses(list: &str) -> impl Iterator<Item = &str> {
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
            assert_eq!(addresses(list).collect::<Vec<_>>(), *want, "{list}");
        }
    }
}
