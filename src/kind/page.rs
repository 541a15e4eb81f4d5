//! Text with a form of its own: pages and messages.

use super::{head, starts};
use std::borrow::Cow;

/// A page begins with one of its elements, behind comments and the XML declaration.
pub(super) fn is_html(bytes: &[u8]) -> bool {
    let narrow: Vec<u8> = if starts(bytes, b"\xff\xfe") || starts(bytes, b"\xfe\xff") {
        head(bytes, 4096).iter().copied().filter(|byte| !matches!(byte, 0 | 0xfe | 0xff)).collect()
    } else {
        head(text_start(bytes), 2048).to_vec()
    };
    let start = narrow.trim_ascii_start().to_ascii_lowercase();
    let start = if starts(&start, b"<!--") { behind_comments(bytes).unwrap_or(start) } else { start };
    if starts(&start, b"<!--") || starts(&start, b"<?xml") {
        let picture = memchr::memmem::find(&start, b"<svg").unwrap_or(usize::MAX);
        let first = |tag: &&[u8]| memchr::memmem::find(&start, tag).is_some_and(|at| at < picture);
        let tags = if starts(&start, b"<?xml") { PAGE_STARTS.get(..2) } else { Some(PAGE_STARTS) };
        return tags.unwrap_or_default().iter().any(first);
    }
    let named =
        |tag: &&&[u8]| starts(&start, tag) && !start.get(tag.len()).is_some_and(u8::is_ascii_alphanumeric);
    PAGE_STARTS.iter().chain(PAGE_PARTS).find(named).is_some()
}

/// What stands behind the comments that a text begins with, where these are longer than the head that is looked at.
fn behind_comments(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = head(text_start(bytes), LONGEST_COMMENT);
    for _ in 0..MOST_COMMENTS {
        let Some(comment) = rest.strip_prefix(b"<!--") else { break };
        let end = memchr::memmem::find(comment, b"-->")?;
        rest = comment.get(end + 3..)?.trim_ascii_start();
    }
    Some(head(rest, 2048).to_ascii_lowercase())
        .filter(|start| PAGE_STARTS.iter().any(|tag| starts(start, tag)))
}

/// Comments at the beginning of a page that are skipped, and bytes in which they end.
const MOST_COMMENTS: usize = 64;
const LONGEST_COMMENT: usize = 256 << 10;

/// A page that is a program of its own (HTA): it says so, or its script in Visual Basic makes objects of Windows and
/// sizes or closes its window, which no browser lets it do.
pub(super) fn is_application(bytes: &[u8]) -> bool {
    let lower = narrow(bytes, 64 << 10).to_ascii_lowercase();
    let says =
        |words: &[&str]| words.iter().any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some());
    says(&["<hta:application"])
        || says(&["vbscript"])
            && says(&["createobject", "getobject", "execute"])
            && says(&["window.close", "self.close", "resizeto", "moveto"])
}

/// A picture's element stands near the beginning, or is the first one whatever its prefix.
pub(super) fn is_svg(bytes: &[u8]) -> bool {
    let start = narrow(bytes, 1024);
    memchr::memmem::find(&start, b"<svg").is_some() || has_prefixed_root(&start)
}

/// A script file or scriptlet: its first element says so, with a script in it where other files have that too.
pub(super) fn is_script_file(bytes: &[u8]) -> bool {
    let narrow = narrow(bytes, 16 << 10);
    let start = text_start(&narrow);
    if !starts(start, b"<") {
        return false;
    }
    let start = head(start, 8 << 10);
    let has_script = || {
        let lower = start.to_ascii_lowercase();
        memchr::memmem::find(&lower, b"<script").is_some()
            && memchr::memmem::find(&lower, b"language").is_some()
    };
    match root(start).as_slice() {
        b"scriptlet" => true,
        b"package" | b"job" | b"component" => has_script(),
        _ => false,
    }
}

/// Whether the first element behind declarations and comments is `svg` of a prefix.
fn has_prefixed_root(start: &[u8]) -> bool {
    root(start).ends_with(b":svg")
}

/// The name of the first element behind declarations and comments, in lower case.
fn root(start: &[u8]) -> Vec<u8> {
    let mut tags = memchr::memchr_iter(b'<', start).filter_map(|at| start.get(at + 1..));
    let root = tags.find(|tag| tag.first().is_some_and(u8::is_ascii_alphabetic)).unwrap_or_default();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'_' | b'.');
    let end = root.iter().position(|byte| !is_name(byte)).unwrap_or(root.len());
    root.get(..end).unwrap_or_default().to_ascii_lowercase()
}

/// What only a page has.
const PAGE_STARTS: &[&[u8]] =
    &[b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<meta", b"<title"];

/// Elements with which a page without a head begins.
const PAGE_PARTS: &[&[u8]] = &[
    b"<a",
    b"<b",
    b"<base",
    b"<br",
    b"<button",
    b"<center",
    b"<details",
    b"<div",
    b"<font",
    b"<form",
    b"<frameset",
    b"<header",
    b"<h1",
    b"<h2",
    b"<h3",
    b"<iframe",
    b"<img",
    b"<input",
    b"<link",
    b"<main",
    b"<noscript",
    b"<object",
    b"<embed",
    b"<p",
    b"<section",
    b"<span",
    b"<style",
    b"<table",
    b"<textarea",
    b"<template",
];

/// The beginning of a text without its byte order mark and without the zeros of UTF-16, so that ASCII in it stands as
/// such.
pub(super) fn narrow(bytes: &[u8], length: usize) -> Cow<'_, [u8]> {
    let is_wide = starts(bytes, b"\xff\xfe")
        || starts(bytes, b"\xfe\xff")
        || starts(bytes, b"<\0")
        || starts(bytes, b"\0<");
    if is_wide {
        let letters = head(bytes, 2 * length).iter().copied();
        letters.filter(|byte| !matches!(byte, 0 | 0xfe | 0xff)).collect()
    } else {
        Cow::Borrowed(head(text_start(bytes), length))
    }
}

/// The text behind a byte order mark and leading white space.
pub(super) fn text_start(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start()
}

/// RFC 5322: the text starts with header fields, and one of them is a field that mail software writes.
pub(super) fn is_message(bytes: &[u8]) -> bool {
    let is_cut = bytes.len() > LONGEST_HEADER;
    let text = text_start(head(bytes, LONGEST_HEADER));
    let whole_lines = memchr::memrchr(b'\n', text).and_then(|end| text.get(..end)).filter(|_| is_cut);
    let text = whole_lines.unwrap_or(text);
    let mut telling = false;
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if index == 0 && (line.starts_with(b"From ") || line.starts_with(b">From ")) {
            continue;
        }
        match field_name(line) {
            Some(name) => telling |= MAIL_FIELDS.contains(&name.to_ascii_lowercase().as_slice()),
            None if line.is_empty() || index == 0 => return telling,
            None if line.starts_with(b" ") || line.starts_with(b"\t") => {}
            None => return telling,
        }
        if telling && index >= 200 {
            return true;
        }
    }
    telling || is_cut
}

/// How far the fields that mail software writes are looked for: a sender may put thousands of his own before them.
pub(super) const LONGEST_HEADER: usize = 1 << 20;

/// The name of a header field: printable ASCII but the colon (RFC 5322 2.2), white space before the colon allowed.
fn field_name(line: &[u8]) -> Option<&[u8]> {
    let colon = memchr::memchr(b':', line)?;
    let name = line.get(..colon)?.trim_ascii_end();
    let legal = !name.is_empty() && name.len() <= 76 && name.iter().all(u8::is_ascii_graphic);
    legal.then_some(name)
}

const MAIL_FIELDS: &[&[u8]] = &[
    b"received",
    b"return-path",
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
    b"delivered-to",
    b"x-original-to",
    b"content-type",
    b"reply-to",
    b"sender",
    b"cc",
    b"envelope-to",
    b"dkim-signature",
    b"content-transfer-encoding",
    b"x-mailer",
    b"authentication-results",
    b"arc-seal",
    b"content-disposition",
];
