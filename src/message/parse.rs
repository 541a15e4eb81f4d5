//! The parts of a message, seen twice: line by line as the standard has it ([`boundary`]), and with `mail_parser`,
//! which takes a boundary anywhere in a line and goes on differently over faults.
//!
//! Mail programs disagree in exactly these ways, and an attachment that only some of them see is an evasion; so a
//! part that either view finds is opened. Only places in the raw bytes are taken from `mail_parser`; decoding is
//! ours, because one stray byte makes it hand a part out undecoded.

use super::boundary::{self, Leaf, View};
use mail_parser::{HeaderName, Message, MessageParser, PartType};
use std::collections::HashSet;
use std::panic::catch_unwind;

/// All leaves of a message in the order in which they stand.
pub(super) fn parts(raw: &[u8]) -> View {
    let mut view = boundary::view(raw);
    if cost(raw) > AFFORDABLE {
        return view;
    }
    let known: HashSet<usize> =
        view.leaves.iter().flat_map(|leaf| [leaf.header.start, leaf.body.start]).collect();
    let second = second_view(raw).into_iter().filter(|leaf| {
        let header = raw.get(leaf.header.clone()).unwrap_or_default();
        !known.contains(&leaf.header.start) && !known.contains(&leaf.body.start) && is_part(header)
    });
    let before = view.leaves.len();
    view.leaves.extend(second);
    if view.leaves.len() > before {
        let detail = format!("{} parts that only some mail programs see", view.leaves.len() - before);
        view.damage.push(crate::artifact::Damage { what: "mime-views-disagree", detail });
        view.leaves.sort_by_key(|leaf| (leaf.body.start, leaf.header.start));
    }
    view
}

/// The time that a Date field (RFC 5322 3.3) tells, in seconds since 1970.
pub(super) fn time(field: &str) -> Option<i64> {
    let head: String = field.chars().take(80).collect();
    let parsed = catch_unwind(|| mail_parser::DateTime::parse_rfc822(&head)).ok()??;
    Some(parsed.to_timestamp())
}

/// Whether a header that only `mail_parser` sees is one of a part: it has a MIME field and is no multipart, whose
/// parts are listed by themselves.
fn is_part(header: &[u8]) -> bool {
    let fields = super::headers::fields(header);
    let multipart = |value: &[u8]| super::parameters::parse(value).value.starts_with("multipart");
    fields
        .iter()
        .any(|field| field.name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"content-")))
        && !fields.iter().any(|field| field.is("content-type") && multipart(field.value))
}

/// The leaves as `mail_parser` sees them; none if it panics. It is not told of transfer encodings: it would decode
/// and parse encoded messages inside, whose cost [`cost`] cannot see.
fn second_view(raw: &[u8]) -> Vec<Leaf> {
    let parser = MessageParser::new()
        .header_content_type(HeaderName::ContentType)
        .header_content_type(HeaderName::ContentDisposition)
        .default_header_ignore();
    let parsed = catch_unwind(|| parser.parse(raw).map(|message| leaves(&message)));
    parsed.ok().flatten().unwrap_or_default()
}

fn leaves(message: &Message<'_>) -> Vec<Leaf> {
    let leaf = |part: &mail_parser::MessagePart<'_>| {
        let header = usize::try_from(part.offset_header).ok()?;
        let body = usize::try_from(part.offset_body).ok()?;
        let end = usize::try_from(part.offset_end).ok()?;
        let multipart = matches!(part.body, PartType::Multipart(_));
        (!multipart && header <= body && body <= end).then_some(Leaf {
            header: header..body,
            body: body..end,
            in_digest: false,
        })
    };
    message.parts.iter().filter_map(leaf).collect()
}

/// Steps `mail_parser` may take on a message. In 0.11.9 each `*` and `'` in a header block may copy or search the
/// whole block, each `=?` and each boundary that never comes may search to the end, and each nested message is
/// dropped by recursion.
fn cost(raw: &[u8]) -> u64 {
    let whole = raw.len() as u64;
    let mut cost = 0u64;
    let (mut run, mut signs) = (0u64, 0u64);
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        if line.trim_ascii().is_empty() {
            cost = cost.saturating_add(run.saturating_mul(signs));
            (run, signs) = (0, 0);
        }
        run += line.len() as u64;
        signs += memchr::memchr2_iter(b'*', b'\'', line).count() as u64;
    }
    cost = cost.saturating_add(run.saturating_mul(signs));
    let searched = occurrences(raw, b"boundary") + memchr::memmem::find_iter(raw, b"=?").count() as u64;
    let nested = occurrences(raw, b"rfc822") + occurrences(raw, b"global");
    let deep = if nested > MOST_NESTED { u64::MAX } else { 0 };
    cost.saturating_add(searched.saturating_mul(whole)).saturating_add(deep)
}

/// A second or two in the worst case.
const AFFORDABLE: u64 = 2 << 30;

/// Nested messages whose recursive drop surely fits any stack.
const MOST_NESTED: u64 = 200;

/// How often a word stands in the bytes, in any case.
fn occurrences(raw: &[u8], word: &[u8]) -> u64 {
    let Some(&first) = word.first() else { return 0 };
    let found = memchr::memchr2_iter(first, first.to_ascii_uppercase(), raw);
    let same =
        |at: &usize| raw.get(*at..at + word.len()).is_some_and(|bytes| bytes.eq_ignore_ascii_case(word));
    found.filter(same).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_views_agree_on_honest_mail() {
        let raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\none\r\n--b\r\nContent-Type: a/b\r\n\r\ntwo\r\n--b--\r\n";
        let view = parts(raw);
        assert_eq!(view.leaves.len(), 2);
        assert_eq!(view.damage, []);
        let bodies = |leaves: &[Leaf]| leaves.iter().map(|leaf| leaf.body.clone()).collect::<Vec<_>>();
        assert_eq!(bodies(&second_view(raw)), bodies(&view.leaves));
    }

    #[test]
    fn a_part_that_one_view_sees_is_there() {
        let raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\none x--b\nContent-Type: application/zip\n\nPK\n--b--\n";
        let view = parts(raw);
        assert_eq!(view.leaves.len(), 2);
        assert_eq!(view.damage[0].what, "mime-views-disagree");
        assert_eq!(raw.get(view.leaves[1].body.clone()), Some(&b"PK"[..]));
        assert!(raw[view.leaves[0].body.clone()].ends_with(b"\n\nPK"));
    }

    #[test]
    fn what_would_cost_too_much_is_seen_once() {
        let nested = b"Content-Type: message/rfc822\n\n".repeat(100_000);
        assert_eq!(parts(&nested).leaves.len(), 1);
        let stars = [b"Content-Type: a/b".to_vec(), b"; a*1=x".repeat(1 << 20), b"\n\nx".to_vec()].concat();
        assert_eq!(parts(&stars).leaves.len(), 1);
        assert!(cost(&stars) > AFFORDABLE);
    }
}
