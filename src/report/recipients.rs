//! Who a message was sent to.

use crate::artifact::{Artifact, Fact};
use crate::message::addresses;
use crate::text::printable;

/// The most recipients of a message that are listed.
const RECIPIENTS: usize = 1000;

/// Every recipient of the `To` and `Cc` headers.
pub(super) fn recipients(root: &Artifact) -> Vec<String> {
    let headers = root.facts.iter().filter_map(|fact| match fact {
        Fact::Header { name: "to" | "cc", value } => Some(value.as_str()),
        _ => None,
    });
    headers.flat_map(addresses::split).map(printable).take(RECIPIENTS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Tree};

    #[test]
    fn all_recipients_are_listed_printable() {
        let header = |name, value: &str| Fact::Header { name, value: value.into() };
        let mail = Child::new("", "file", Vec::new())
            .with(header("to", "\"x, y\" <a@b.example>, c@d.example"))
            .with(header("from", "z@b.example"))
            .with(header("cc", "\u{202e}e@f.example"));
        let tree = Tree::new(mail);
        let got = recipients(tree.get(0).unwrap());
        assert_eq!(got, ["\"x, y\" <a@b.example>", "c@d.example", "⟨U+202E⟩e@f.example"]);
    }
}
