//! The bodies of a message: plain text, HTML, and compressed rich text with what may be wrapped in it.

use super::lzfu::Compressed;
use super::properties::{Properties, Property, id};
use crate::artifact::{Child, Damage, Opened, Unread};
use crate::keyring::Letter;
use crate::kind::{Class, Kind};
use crate::limits::{Budget, Decoded, Stop};
use crate::message::body;
use crate::message::part::{LONGEST_TEXT, meta_charset};
use crate::rtf::{self, Form};
use crate::text;

/// Gives every body as a child, and its text to the letter.
///
/// # Errors
/// A spent limit.
pub(in crate::message) fn open(
    properties: &Properties,
    out: &mut Opened,
    letter: &mut Letter,
    budget: &mut Budget,
) -> Result<(), Stop> {
    for property in properties.all(id::BODY).filter(|property| property.is_text()) {
        let text = properties.decoded(property);
        if letter.texts.contains(&text) {
            continue;
        }
        give(text.as_bytes(), "text", Some(property), out, budget)?;
        read(text, letter, budget)?;
    }
    let mut has_html = false;
    for property in properties.all(id::HTML) {
        let bytes = properties.plain(property);
        give(&bytes, "html", Some(property), out, budget)?;
        let source = if property.is_text() { properties.decoded(property) } else { page(properties, &bytes) };
        read_html(&source, out, letter, budget)?;
        has_html |= !bytes.is_empty();
    }
    for property in properties.all(id::RTF_COMPRESSED) {
        open_rtf(property, has_html, out, letter, budget)?;
    }
    Ok(())
}

/// The text of HTML kept as bytes: in the code page the message names, else in the charset the page names itself.
fn page(properties: &Properties, bytes: &[u8]) -> String {
    match properties.page(id::INTERNET_CODE_PAGE) {
        Some(page) => text::code_page(page, bytes),
        None => text::decode(&meta_charset(bytes), bytes),
    }
}

/// Gives rich text, and the HTML wrapped in it where the message has none beside it.
fn open_rtf(
    property: &Property,
    has_html: bool,
    out: &mut Opened,
    letter: &mut Letter,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let packed = &property.value.bytes;
    let Some(compressed) = Compressed::read(packed) else {
        let bare = packed.starts_with(b"{\\rt");
        if !bare && !packed.is_empty() {
            out.missed("unsupported-method", "rich text compressed in an unknown way");
        }
        give(packed, "rtf", Some(property), out, budget)?;
        return if bare { unwrap(packed, has_html, out, letter, budget) } else { Ok(()) };
    };
    if !compressed.intact {
        out.broke("rtf-checksum", "the checksum of the compressed rich text is wrong");
    }
    let decoded = budget.read(&mut compressed.decoder());
    let text = decoded.bytes.clone();
    push(decoded, "rtf", Some(property), out, budget)?;
    unwrap(&text, has_html, out, letter, budget)
}

fn unwrap(
    rich: &[u8],
    has_html: bool,
    out: &mut Opened,
    letter: &mut Letter,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let unwrapped = rtf::unwrap(rich, budget)?;
    if unwrapped.form != Form::Html {
        return read(unwrapped.text, letter, budget);
    }
    if !has_html {
        give(unwrapped.text.as_bytes(), "html", None, out, budget)?;
    }
    read_html(&unwrapped.text, out, letter, budget)
}

/// Gives a body of those bytes.
fn give(
    mut bytes: &[u8],
    kind: &str,
    source: Option<&Property>,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let decoded = budget.read(&mut bytes);
    push(decoded, kind, source, out, budget)
}

/// Gives a body, with what was broken where it came from. It is shown as text or HTML whatever it begins with, unless
/// it is a file of another kind altogether.
fn push(
    decoded: Decoded,
    kind: &str,
    source: Option<&Property>,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<(), Stop> {
    if decoded.size == 0 && source.is_none_or(|source| source.value.broken.is_none()) {
        return decoded.stop.map_or(Ok(()), Err);
    }
    let stop = decoded.stop;
    let mut child = Child::decoded("", "body", decoded);
    if let Some(detail) = source.and_then(|source| source.value.broken.clone()) {
        child.unread.push(Unread { reason: "damaged", detail: detail.clone() });
        child.damage.push(Damage { what: "decoder", detail });
    }
    if let Some(source) = source.filter(|source| source.value.sha256.is_some()) {
        let detail = format!("{} bytes", source.value.size);
        child.unread.push(Unread { reason: "limit-artifact-bytes", detail });
    }
    let by_content = Kind::of("", &child.bytes);
    if matches!(by_content.class, Class::Text | Class::Data) || by_content.id == "eml" {
        child = child.of_kind(kind);
    }
    out.push(child, budget)?;
    stop.map_or(Ok(()), Err)
}

fn read_html(source: &str, out: &mut Opened, letter: &mut Letter, budget: &mut Budget) -> Result<(), Stop> {
    let known: usize = letter.texts.iter().map(String::len).sum();
    let room = source.floor_char_boundary(LONGEST_TEXT.saturating_sub(known));
    let page = body::html_text(source.get(..room).unwrap_or(source));
    if !page.complete {
        out.broke("html-cut", "a tag has too many attributes");
    }
    read(page.text, letter, budget)
}

/// Adds a text to the letter, as far as letters are searched.
fn read(mut text: String, letter: &mut Letter, budget: &mut Budget) -> Result<(), Stop> {
    let known: usize = letter.texts.iter().map(String::len).sum();
    text.truncate(text.floor_char_boundary(LONGEST_TEXT.saturating_sub(known)));
    if text.is_empty() || letter.texts.contains(&text) {
        return Ok(());
    }
    let paid = budget.pay(text.len() as u64);
    letter.texts.push(text);
    paid
}

#[cfg(test)]
mod tests {
    use super::super::lzfu::tests::pack;
    use super::*;
    use crate::limits::Limits;

    fn opened(list: &[(u16, u16, &[u8])]) -> (Opened, Letter) {
        let mut properties = Properties::default();
        for (id, kind, bytes) in list {
            let value = Decoded { bytes: bytes.to_vec(), size: bytes.len() as u64, ..Decoded::default() };
            let _is_kept = properties.add(Property { id: *id, kind: *kind, value });
        }
        let (mut out, mut letter) = (Opened::default(), Letter::default());
        open(&properties, &mut out, &mut letter, &mut Budget::new(&Limits::default())).unwrap();
        (out, letter)
    }

    fn kinds(out: &Opened) -> Vec<&str> {
        out.children.iter().map(|child| child.kind.unwrap_or(Kind::of("", &child.bytes)).id).collect()
    }

    #[test]
    fn every_body_is_a_child_and_read() {
        let rich = pack(b"{\\rtf1\\ansi rich \\'82\\'a0}");
        let (out, letter) = opened(&[
            (id::BODY, 0x1e, b"Subject: narrow"),
            (id::BODY, 0x1f, b"w\0i\0d\0e\0"),
            (id::HTML, 0x102, b"<b>\x90\xbf</b>"),
            (id::RTF_COMPRESSED, 0x102, &rich),
            (id::INTERNET_CODE_PAGE, 3, &932u32.to_le_bytes()),
        ]);
        assert_eq!(kinds(&out), ["text", "text", "html", "rtf"]);
        assert_eq!(letter.texts, ["wide", "Subject: narrow", "請", "rich あ"]);
        assert!(out.children.iter().all(|child| child.via == "body"));
        assert_eq!((out.damage.len(), out.unread.len()), (0, 0));
    }

    #[test]
    fn html_wrapped_in_rich_text_is_a_body_where_there_is_no_other() {
        let rich = pack(
            b"{\\rtf1\\fromhtml1 {\\*\\htmltag <p>}a&amp;b\\htmlrtf hidden\\htmlrtf0{\\*\\htmltag </p>}}",
        );
        let (out, letter) = opened(&[(id::RTF_COMPRESSED, 0x102, &rich)]);
        assert_eq!(kinds(&out), ["rtf", "html"]);
        assert_eq!(out.children[1].bytes, b"<p>a&amp;b</p>");
        assert_eq!(letter.texts[0].trim(), "a&b");
        let (out, _) = opened(&[(id::RTF_COMPRESSED, 0x102, &rich), (id::HTML, 0x102, b"<p>a</p>")]);
        assert_eq!(kinds(&out), ["html", "rtf"]);
    }

    #[test]
    fn what_is_wrong_with_rich_text_is_told() {
        let mut rich = pack(b"{\\rtf1 text}");
        rich[12] ^= 1;
        assert_eq!(opened(&[(id::RTF_COMPRESSED, 0x102, &rich)]).0.damage[0].what, "rtf-checksum");
        let (out, letter) = opened(&[(id::RTF_COMPRESSED, 0x102, b"{\\rtf1 bare}")]);
        assert_eq!((out.unread.len(), letter.texts), (0, ["bare".to_string()].to_vec()));
        let (out, _) = opened(&[(id::RTF_COMPRESSED, 0x102, b"what is this, pray?")]);
        assert_eq!(out.unread[0].reason, "unsupported-method");
    }

    #[test]
    fn a_file_in_place_of_a_body_is_what_it_is() {
        let (out, _) = opened(&[(id::HTML, 0x102, b"PK\x03\x04 and so on")]);
        assert_eq!(kinds(&out), ["zip"]);
    }
}
