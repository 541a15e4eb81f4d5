//! The headers of a mail, in words: who it says it is from, where answers would go, which servers it came through.

use super::super::words::{fill, say};
use crate::front::excerpt::Excerpt;
use crate::report::Lang;
use crate::report::gist::quote;

/// One header.
pub(super) struct Row {
    pub(super) label: &'static str,
    pub(super) value: String,
    /// What to know about it; may be empty.
    pub(super) note: &'static str,
    /// Whether the note is a warning.
    pub(super) is_odd: bool,
}

/// One server on the way.
pub(super) struct Hop {
    pub(super) text: String,
    pub(super) time: String,
}

/// The most characters of a value, and the most servers.
const SHOWN: usize = 300;
const HOPS: usize = 30;

/// The headers that tell where a mail came from; none for a bare file.
pub(super) fn rows(excerpt: &Excerpt, lang: Lang) -> Vec<Row> {
    let mut rows = Vec::new();
    let from = excerpt.header("from").unwrap_or_default();
    let (name, address) = mailbox(from);
    if !from.is_empty() {
        let shown = if name.is_empty() { address } else { name };
        let other = address_in(name).is_some_and(|shown| !shown.eq_ignore_ascii_case(address));
        let note = if other { "note.name-address" } else { "note.from" };
        rows.push(row(lang, "from", shown, note, other));
        rows.extend((!address.is_empty()).then(|| row(lang, "address", address, "", false)));
    }
    for (name, note) in [("reply-to", "note.reply-to"), ("sender", ""), ("return-path", "note.return-path")] {
        if let Some(value) = excerpt.header(name).filter(|value| !value.trim().is_empty()) {
            let differs = !note.is_empty() && !same_domain(mailbox(value).1, address);
            let note = if differs { note } else { "" };
            rows.push(row(lang, name, value, note, differs && name == "reply-to"));
        }
    }
    for name in ["date", "message-id", "x-mailer"] {
        if let Some(value) = excerpt.header(name).filter(|value| !value.trim().is_empty()) {
            rows.push(row(lang, name, value, "", false));
        }
    }
    rows
}

fn row(lang: Lang, header: &str, value: &str, note: &str, is_odd: bool) -> Row {
    let note = if note.is_empty() { "" } else { say(lang, note) };
    Row { label: say(lang, &format!("header.{header}")), value: quote(value, SHOWN), note, is_odd }
}

/// The servers from first to last; a mail notes them the other way round.
pub(super) fn hops(excerpt: &Excerpt, lang: Lang) -> Vec<Hop> {
    let mut hops: Vec<Hop> = excerpt.all("received").take(HOPS).map(|value| hop(value, lang)).collect();
    hops.reverse();
    hops
}

/// RFC 5321 4.4: `from HOST (…) by HOST with …; TIME`.
fn hop(value: &str, lang: Lang) -> Hop {
    let (way, time) = value.rsplit_once(';').unwrap_or((value, ""));
    let words: Vec<&str> = way.split_whitespace().take(100).collect();
    let behind = |wanted: &str| {
        let at = words.iter().position(|word| word.eq_ignore_ascii_case(wanted))?;
        words.get(at + 1).map(|host| quote(host, 100))
    };
    let text = match (behind("by"), behind("from")) {
        (Some(by), Some(from)) => fill(lang, "header.hop", &[&by, &from]),
        (Some(by), None) => fill(lang, "header.hop-by", &[&by]),
        (None, Some(from)) => fill(lang, "header.hop-from", &[&from]),
        (None, None) => quote(way.trim(), SHOWN),
    };
    Hop { text, time: quote(time.trim(), 60) }
}

/// The name and the address of `name <address>`. What stands last in angle brackets counts, as mail programs take
/// it, if it can be an address at all.
pub(in super::super) fn mailbox(value: &str) -> (&str, &str) {
    let value = value.trim();
    let (name, rest) = value.rsplit_once('<').unwrap_or(("", value));
    let address = rest.split('>').next().unwrap_or_default().trim();
    if address.contains('@') {
        return (name.trim().trim_matches('"').trim(), address);
    }
    let words = value.split(|c: char| c.is_whitespace() || "<>()\",;".contains(c));
    (value, words.into_iter().find(|word| word.contains('@')).unwrap_or_default())
}

/// The first word with an `@` in a name.
fn address_in(name: &str) -> Option<&str> {
    let ends = |c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | '(' | ')' | '<' | '>' | '「' | '」' | '（' | '）')
    };
    name.split(ends)
        .find(|word| word.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.')))
}

/// Whether two addresses are of one organisation, as far as their last labels tell.
fn same_domain(one: &str, other: &str) -> bool {
    let domain = |address: &str| {
        let domain =
            address.trim_matches(['<', '>', ' ']).rsplit('@').next().unwrap_or_default().to_lowercase();
        let labels: Vec<&str> = domain.rsplit('.').take(3).collect();
        let is_short = labels.get(1).is_some_and(|label| {
            matches!(*label, "co" | "or" | "ne" | "go" | "lg" | "ac" | "ed" | "com" | "org")
        });
        let count = if is_short { 3 } else { 2 };
        labels.into_iter().take(count).map(str::to_string).collect::<Vec<_>>()
    };
    domain(one) == domain(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Fact, Tree};

    fn mail(headers: &[(&'static str, &str)]) -> Excerpt {
        let child = Child::new("m.eml", "file", b"Subject: x\r\n\r\n".to_vec());
        let with = |child: Child, (name, value): &(&'static str, &str)| {
            child.with(Fact::Header { name, value: (*value).to_string() })
        };
        Excerpt::of(&Tree::new(headers.iter().fold(child, with)))
    }

    #[test]
    fn a_name_that_shows_another_address_is_odd() {
        let excerpt =
            mail(&[("from", "\"佐藤 a@city.example\" <x@foreign.example>"), ("reply-to", "y@other.test")]);
        let rows = rows(&excerpt, Lang::En);
        assert!(rows[0].is_odd && rows[0].value == "佐藤 a@city.example");
        assert_eq!(rows[1].value, "x@foreign.example");
        assert!(rows[2].is_odd && !rows[2].note.is_empty());
    }

    #[test]
    fn what_is_no_address_is_not_taken_for_one() {
        let rows = [
            ("山田 <a@b.example>", ("山田", "a@b.example")),
            ("a@b.example", ("", "a@b.example")),
            ("x <a@b.example> <img src=x>", ("x <a@b.example> <img src=x>", "a@b.example")),
            ("nobody", ("nobody", "")),
            ("", ("", "")),
        ];
        for (value, want) in rows {
            assert_eq!(mailbox(value), want, "{value}");
        }
    }

    #[test]
    fn domains_of_one_organisation() {
        assert!(
            same_domain("a@mail.city.lg.jp", "<b@city.lg.jp>")
                || same_domain("a@x.city.lg.jp", "b@city.lg.jp")
        );
        assert!(same_domain("a@b.example", "<c@mail.b.example>"));
        assert!(!same_domain("a@one.co.jp", "a@two.co.jp") && !same_domain("a@b.example", ""));
    }

    #[test]
    fn servers_come_first_to_last() {
        let excerpt = mail(&[
            (
                "received",
                "from b.example (b [10.0.0.1]) by mx.city.example with ESMTP; Fri, 4 Mar 2022 09:12:00 +0900",
            ),
            ("received", "by b.example id 1; Fri, 4 Mar 2022 09:11:00 +0900"),
            ("received", "odd http://x.example"),
        ]);
        let hops = hops(&excerpt, Lang::En);
        assert_eq!(hops[0].text, "odd hxxp://x[.]example");
        assert_eq!(hops[1].text, "b.example took it");
        assert_eq!(hops[2].text, "mx.city.example took it from b.example");
        assert_eq!(hops[2].time, "Fri, 4 Mar 2022 09:12:00 +0900");
    }
}
