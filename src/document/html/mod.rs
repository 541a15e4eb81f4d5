//! Web pages (HTML standard), SVG pictures and the other markup that runs scripts: HTML applications, Windows Script
//! files and scriptlets.
//!
//! Read: the scripts of a page, joined by language, with the handlers and `javascript:` links among them; `data:` URLs;
//! where the page leads (links with a scheme that starts something, forms with a password, frames, refreshes, scripts
//! and objects from elsewhere); the text a reader sees. Nothing is run and no style sheet is evaluated, so a script
//! that a reader would never meet counts all the same. What is to be XML and is not well-formed is read as HTML too,
//! since a picture that is served or sent as a page is.

mod attributes;
mod data_url;
mod declared;
mod entities;
mod nesting;
mod page;

use crate::artifact::{Artifact, Child, Format, Opened};
use crate::keyring::Keyring;
use crate::kind::Kind;
use crate::limits::{Budget, Decoded, Stop};
use crate::message::body::{html_text, markup};
use crate::text;
use data_url::DataUrl;
use declared::Declared;
use markup::Syntax;
use page::{Found, Page};
use std::borrow::Cow;

/// Web pages.
pub struct Html;

impl Format for Html {
    fn id(&self) -> &'static str {
        "html"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        let is_markup = match artifact.kind.id {
            "html" | "svg" | "hta" | "wsf" => true,
            "xml" => has_element_of_pages(&artifact.bytes),
            _ => false,
        };
        is_markup && (artifact.via != "body" || holds(&artifact.bytes, ACTIVE))
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let source = text::decode(&charset(&artifact.bytes), &artifact.bytes);
        budget.pay(source.len() as u64)?;
        let syntax = syntax(artifact, &source);
        let page = read(&source, syntax, out, budget)?;
        out.facts.extend(page.facts);
        let declared = declared(artifact, &source, out, budget)?;
        for (name, language, text) in page.scripts {
            let text = declared.complete(language, text);
            if !text.trim().is_empty() {
                out.push(Child::new(name, "html-script", text.into_bytes()).of_kind(language), budget)?;
            }
        }
        for (name, url) in &page.data {
            let decoded = url.decode(budget);
            let stop = decoded.stop;
            if let Some(child) = data_child(name, url, decoded) {
                out.push(child, budget)?;
            }
            stop.map_or(Ok(()), Err)?;
        }
        if artifact.via == "body" || artifact.kind.id != "html" {
            return Ok(());
        }
        let mut shown = html_text(&source).text;
        shown.truncate(shown.floor_char_boundary(LONGEST_TEXT));
        budget.pay(shown.len() as u64)?;
        if shown.trim().is_empty() {
            return Ok(());
        }
        out.push(Child::new("text", "text", shown.into_bytes()).of_kind("text"), budget)
    }
}

/// What a script file or an application declares. Its texts, which may be anything, are given too.
fn declared(
    artifact: &Artifact,
    source: &str,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<Declared, Stop> {
    let syntax = match artifact.kind.id {
        "wsf" | "xml" => Syntax::Xml,
        "hta" => Syntax::Html,
        _ => return Ok(Declared::default()),
    };
    budget.pay(source.len() as u64)?;
    let declared = Declared::read(source, syntax);
    out.facts.extend(declared.facts.iter().cloned());
    for (name, text) in declared.resources.iter().filter(|(_, text)| !text.trim().is_empty()) {
        budget.pay(text.len() as u64)?;
        let child = Child::new(format!("resource {name}"), "html-data", text.clone().into_bytes());
        let kind = Kind::of_script(&child.bytes);
        out.push(Child { kind, ..child }, budget)?;
    }
    Ok(declared)
}

/// What is found in a page; in one that is torn, by the rules of HTML too.
fn read(source: &str, syntax: Syntax, out: &mut Opened, budget: &mut Budget) -> Result<Found, Stop> {
    let source = if syntax == Syntax::Xml { entities::expanded(source) } else { Cow::Borrowed(source) };
    if let Cow::Owned(source) = &source {
        budget.pay(source.len() as u64)?;
    }
    let (page, mut complete) = markup::read(&source, syntax, Page::new(syntax));
    let is_torn = syntax == Syntax::Xml && page.is_torn();
    let mut found = page.finish();
    if is_torn {
        budget.pay(source.len() as u64)?;
        let (page, is_whole) = markup::read(&source, Syntax::Html, Page::new(Syntax::Html));
        complete &= is_whole;
        found.join(page.finish());
    }
    if !complete {
        out.broke("html-cut", "a tag has too many attributes");
    }
    Ok(found)
}

/// Bytes of a page's text that are kept.
const LONGEST_TEXT: usize = 1 << 20;

/// What the text of a mail must have for its markup to be worth a look: the rest is prose, thousands of times a day.
const ACTIVE: &[&[u8]] = &[
    b"<script",
    b"data:",
    b"<form",
    b"<iframe",
    b"<object",
    b"<embed",
    b"javascript:",
    b"search-ms:",
    b"ms-",
    b"file:",
    b"http-equiv=\"refresh",
    b"<base",
];

/// Whether bytes hold one of the words, whatever their case, ASCII or UTF-16.
fn holds(bytes: &[u8], words: &[&[u8]]) -> bool {
    is_wide(bytes) || {
        let lower = bytes.to_ascii_lowercase();
        words.iter().any(|word| memchr::memmem::find(&lower, word).is_some())
    }
}

/// Whether bytes begin with the mark of UTF-16.
fn is_wide(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff")
}

/// Whether XML has an element of pages, be it under a prefix. Most OpenDocument files only declare such prefixes, or have
/// scripts of their own kind, and reading tables of many megabytes as a page takes long.
fn has_element_of_pages(bytes: &[u8]) -> bool {
    if is_wide(bytes) {
        return true;
    }
    let lower = bytes.to_ascii_lowercase();
    let is_tag = |at: usize, name: &[u8]| {
        let (before, behind) = lower.split_at_checked(at).unwrap_or_default();
        let before = before.strip_suffix(b":").map_or(before, |prefixed| {
            let length = prefixed.iter().rev().take(LONGEST_PREFIX).take_while(|byte| is_part(byte)).count();
            prefixed.split_at_checked(prefixed.len() - length).map_or(prefixed, |(before, _)| before)
        });
        before.ends_with(b"<") && behind.get(name.len()).is_none_or(|byte| !is_part(byte) && *byte != b':')
    };
    let names: [&[u8]; 3] = [b"script", b"svg", b"html"];
    names.iter().any(|name| memchr::memmem::find_iter(&lower, name).any(|at| is_tag(at, name)))
}

/// Whether a byte can stand in the name of an element, without its colon.
fn is_part(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') || *byte >= 0x80
}

/// Bytes of a prefix that is looked behind for the beginning of a tag.
const LONGEST_PREFIX: usize = 256;

/// The charset a page names itself; a byte order mark says more and is read by the decoder.
fn charset(bytes: &[u8]) -> String {
    let head = bytes.get(..2048).unwrap_or(bytes).to_ascii_lowercase();
    let Some(at) = memchr::memmem::find(&head, b"charset=") else { return String::new() };
    let value =
        head.get(at + 8..).unwrap_or_default().iter().skip_while(|byte| matches!(byte, b'"' | b'\'' | b' '));
    let word = value.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    word.take(40).map(|byte| char::from(*byte)).collect()
}

/// Script files are read as HTML too, because Windows Script Host takes their text as it stands.
fn syntax(artifact: &Artifact, source: &str) -> Syntax {
    let head = source.get(..source.floor_char_boundary(1024)).unwrap_or_default();
    let is_xml = artifact.kind.id == "svg"
        || (matches!(artifact.kind.id, "xml" | "html")
            && head.trim_start_matches('\u{feff}').trim_start().starts_with("<?xml"));
    if is_xml { Syntax::Xml } else { Syntax::Html }
}

/// What a `data:` URL holds, where that can do more than be looked at.
fn data_child(name: &str, url: &DataUrl, decoded: Decoded) -> Option<Child> {
    let mut child = Child::decoded(name, "html-data", decoded);
    child.media_type = Some(url.media_type.clone()).filter(|said| !said.is_empty());
    child.kind = url.kind(&child.bytes);
    child.kind.is_some().then_some(child)
}

#[cfg(test)]
mod tests;
