//! XML as office files use it: elements by their local names, attributes, text. Entities are never expanded but for
//! the five of the specification, so none can grow.
//!
//! What is no well-formed XML is read on from the fault by looking for tags alone: a relationship that Office would
//! refuse costs nothing to see.

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;

/// One step through a document.
pub(super) enum Node<'a> {
    /// An element begins.
    Open {
        /// Its name without prefix.
        name: &'a str,
        /// Its attributes.
        attributes: &'a Attributes,
    },
    /// Text between tags.
    Text(&'a str),
    /// The innermost element ends.
    Close,
}

/// Attributes by their names without prefix, values unescaped.
#[derive(Debug, Default)]
pub(super) struct Attributes(Vec<(String, String)>);

impl Attributes {
    /// The first value of that name, case ignored.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All values.
    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, value)| value.as_str())
    }
}

/// Walks through a document. Answers whether it was well-formed as far as that was looked at.
pub(super) fn walk(bytes: &[u8], visit: &mut dyn FnMut(Node)) -> bool {
    let text = text(bytes);
    let mut reader = Reader::from_str(&text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => open(&tag, visit),
            Ok(Event::Empty(tag)) => {
                open(&tag, visit);
                visit(Node::Close);
            }
            Ok(Event::End(_)) => visit(Node::Close),
            Ok(Event::Text(text)) => visit(Node::Text(&text.into_inner())),
            Ok(Event::CData(text)) => visit(Node::Text(&text.into_inner())),
            Ok(Event::GeneralRef(name)) => visit(Node::Text(&unescaped(&format!("&{};", &*name)))),
            Ok(Event::Eof) => return true,
            Ok(_) => {}
            Err(_) => break,
        }
    }
    let fault = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
    scan(text.get(fault..).unwrap_or_default(), visit);
    false
}

/// Text between tags with the five entities of the specification and numbered characters put in.
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    unescape(text).unwrap_or(Cow::Borrowed(text))
}

/// The text of a document: by its byte order mark, as UTF-16 by its looks, by its declaration, else as UTF-8.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    let encoding = match bytes {
        [b'<', 0, ..] => encoding_rs::UTF_16LE,
        [0, b'<', ..] => encoding_rs::UTF_16BE,
        _ => declared(bytes).unwrap_or(encoding_rs::UTF_8),
    };
    encoding.decode(bytes).0
}

/// The encoding that the XML declaration names.
fn declared(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let head = bytes.get(..200).unwrap_or(bytes);
    let declaration = head.get(..memchr::memmem::find(head, b"?>")?)?;
    let value = declaration.get(memchr::memmem::find(declaration, b"encoding")? + 8..)?;
    let value = value.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, value) = value.split_first()?;
    let known = encoding_rs::Encoding::for_label(value.split(|byte| byte == quote).next()?)?;
    // A declaration that could be read byte by byte is not UTF-16, whatever it says.
    Some(known).filter(|known| *known != encoding_rs::UTF_16LE && *known != encoding_rs::UTF_16BE)
}

fn open(tag: &BytesStart, visit: &mut dyn FnMut(Node)) {
    let mut attributes = Attributes::default();
    for attribute in tag.attributes().with_checks(false).flatten() {
        let value = unescape(&attribute.value).map_or_else(|_| attribute.value.to_string(), Cow::into_owned);
        attributes.0.push((attribute.key.local_name().into_inner().to_string(), value));
    }
    visit(Node::Open { name: tag.local_name().into_inner(), attributes: &attributes });
}

/// Walks through what is left after a fault, by tags alone.
fn scan(text: &str, visit: &mut dyn FnMut(Node)) {
    for piece in text.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
        match tag.chars().next() {
            Some('/') => visit(Node::Close),
            Some('!' | '?') | None => {}
            Some(_) => {
                let (name, rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
                visit(Node::Open {
                    name: local(name.trim_end_matches('/')),
                    attributes: &scan_attributes(rest),
                });
                if tag.ends_with('/') {
                    visit(Node::Close);
                }
            }
        }
        if !text.is_empty() {
            visit(Node::Text(text));
        }
    }
}

fn scan_attributes(tag: &str) -> Attributes {
    let mut attributes = Attributes::default();
    let mut rest = tag;
    while let Some((name, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let quoted = after.strip_prefix(['"', '\'']);
        let end = if after.starts_with('"') { '"' } else { '\'' };
        let (value, next) = match quoted {
            Some(quoted) => quoted.split_once(end).unwrap_or((quoted, "")),
            None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        let name = name.trim().rsplit(char::is_whitespace).next().unwrap_or_default();
        let value = unescape(value).map_or_else(|_| value.to_string(), Cow::into_owned);
        attributes.0.push((local(name).to_string(), value));
        rest = next;
    }
    attributes
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(bytes: &[u8]) -> (String, bool) {
        let mut out = String::new();
        let whole = walk(bytes, &mut |node| match node {
            Node::Open { name, attributes } => {
                let values: Vec<&str> = attributes.values().collect();
                out.push_str(&format!("<{name} {}>", values.join("|")));
            }
            Node::Text(text) => out.push_str(text),
            Node::Close => out.push_str("</>"),
        });
        (out, whole)
    }

    #[test]
    fn local_names_values_and_text() {
        let xml = b"<?xml version=\"1.0\"?><a:b x:c='1&amp;2' d=\"&nope;\">t<e/></a:b>";
        assert_eq!(told(xml), ("<b 1&2|&nope;>t<e ></></>".into(), true));
    }

    #[test]
    fn utf16_and_declared_encodings() {
        let xml = "<a b=\"表\"/>";
        let wide = |mark: &[u16]| {
            mark.iter().copied().chain(xml.encode_utf16()).flat_map(u16::to_le_bytes).collect()
        };
        let (bare, marked): (Vec<u8>, Vec<u8>) = (wide(&[]), wide(&[0xfeff]));
        let big: Vec<u8> = xml.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let japanese = b"<?xml version=\"1.0\" encoding='Shift_JIS'?><a b=\"\x95\x5c\"/>";
        for bytes in [&bare[..], &marked, &big, japanese] {
            assert_eq!(told(bytes).0.trim_start_matches('\u{feff}'), "<a 表></>");
        }
        assert_eq!(told(b"<a b=\"\xff\"/>").0, "<a \u{fffd}></>");
    }

    #[test]
    fn broken_xml_is_read_on_by_its_tags() {
        let xml = b"<a><b c=\"1\"/><!-- <d e=\"2\"/> <f:g h='3' i=4>x</f:g><j k=\"5";
        let (out, whole) = told(xml);
        assert!(!whole);
        assert!(out.contains("<g 3|4>x</>") && out.contains("<j 5>"), "{out}");
    }

    #[test]
    fn no_cut_panics() {
        let xml = "<?xml version='1.0' encoding='utf-8'?><!DOCTYPE a [<!ENTITY x 'y'>]><a b='表'>&x;<![CDATA[z]]></a>";
        for length in 0..xml.len() {
            told(&xml.as_bytes()[..length]);
        }
    }
}
