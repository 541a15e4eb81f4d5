//! Rich text (RTF 1.9.1): its text, its objects, and what in it leads outside.
//!
//! Read as Word reads it, not as the specification has it: any header that begins `{\rt`, groups that are never closed
//! or never opened, control words among the digits of an object. Left out: pictures, which cannot start anything, and
//! fonts and themes, which only style the text.

mod data;
mod fields;
mod found;
mod walk;
mod words;

use super::ole1::Object as Ole1;
use crate::artifact::{Artifact, Child, Fact, Format, Opened};
use crate::keyring::{Keyring, Letter};
use crate::limits::{Budget, Stop};
use crate::rtf::{Form, Unwrapped, unwrap};
use data::Hex;
use found::{Data, Object};

/// Rich text.
pub struct Rtf;

impl Format for Rtf {
    fn id(&self) -> &'static str {
        "rtf"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "rtf"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        out.facts.extend(odd_header(&artifact.bytes));
        let found = walk::walk(&artifact.bytes, budget)?;
        out.facts.extend(found.tricks.into_iter().map(|(what, detail)| Fact::Trick { what, detail }));
        let templates = found.templates.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
        let templates = templates
            .take(MOST_FACTS)
            .map(|target| Fact::External { relation: "attached-template".into(), target: target.into() });
        out.facts.extend(templates);
        let fields = found.fields.iter().flat_map(|field| fields::facts(field));
        for fact in fields.take(MOST_FACTS) {
            if !out.facts.contains(&fact) {
                out.facts.push(fact);
            }
        }
        if found.is_cut {
            out.missed("limit-rtf-objects", "more objects or fields than are read");
        }
        for object in found.objects {
            give(object, out, budget)?;
        }
        tell(artifact, out, budget)
    }
}

/// Facts of one kind for one document.
const MOST_FACTS: usize = 64;
/// Bytes of text that are kept.
const LONGEST_TEXT: usize = 1 << 20;
/// Characters of a document that are searched for passwords.
const LONGEST_NOTE: usize = 16 << 10;

/// Gives the data of an object. Where it is in several pieces none of which is an object, they are joined too.
fn give(object: Object, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    let class = object.class.trim().to_string();
    let manner = object.manner.join(" ");
    let fact = || Fact::Object { class: class.clone(), manner: manner.clone() };
    let pieces: Vec<Data> = object.data.into_iter().filter(|data| !data.bytes.is_empty()).collect();
    if pieces.is_empty() && !class.is_empty() {
        out.facts.push(fact());
    }
    let best = pieces.iter().map(|data| Ole1::worth(&data.bytes)).max().unwrap_or(0);
    if pieces.len() > 1 && best < Ole1::BEST {
        let joined = join(&pieces);
        budget.pay(joined.len() as u64)?;
        if Ole1::worth(&joined) >= best {
            let detail = format!("{} pieces", pieces.len());
            let split = Fact::Trick { what: "rtf-object-noise", detail };
            return out.push(child(&class, joined).with(fact()).with(split), budget);
        }
    }
    for data in pieces {
        let noise = data.noise.tell().map(|detail| Fact::Trick { what: "rtf-object-noise", detail });
        let mut child = child(&class, data.bytes).with(fact());
        child.facts.extend(noise);
        out.push(child, budget)?;
    }
    Ok(())
}

/// The pieces as one: a byte may be split between two of them.
fn join(pieces: &[Data]) -> Vec<u8> {
    let mut hex = Hex::default();
    for piece in pieces {
        hex.binary(&piece.bytes);
        if let Some(half) = piece.half {
            hex.digit(half);
        }
    }
    hex.bytes
}

fn child(class: &str, bytes: Vec<u8>) -> Child {
    Child::new(class, "rtf-object", bytes).of_kind("ole1")
}

/// Gives the text, and has it searched for passwords of other files.
fn tell(artifact: &Artifact, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    // The bodies of a mail are told by the mail.
    if artifact.via == "body" {
        return Ok(());
    }
    let Unwrapped { mut text, form } = unwrap(&artifact.bytes, budget)?;
    if text.trim().is_empty() {
        return Ok(());
    }
    let end = (0..=LONGEST_TEXT.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.truncate(end.unwrap_or(0));
    if form == Form::Html {
        return out.push(Child::new("html", "text", text.into_bytes()).of_kind("html"), budget);
    }
    let note: String = text.chars().take(LONGEST_NOTE).collect();
    out.letters.push(Letter { attached: vec![(artifact.name.clone(), note)], ..Letter::default() });
    out.push(Child::new("text", "text", text.into_bytes()).of_kind("text"), budget)
}

/// A header other than `{\rtf` with a version of one or two digits, which all writers write.
fn odd_header(bytes: &[u8]) -> Option<Fact> {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let is_usual = start.strip_prefix(b"{\\rtf").is_some_and(|rest| {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        digits <= 2 && !rest.get(digits).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte > 0x7e)
    });
    let head = String::from_utf8_lossy(start.get(..24).unwrap_or(start)).into_owned();
    (!is_usual).then_some(Fact::Trick { what: "rtf-odd-header", detail: head })
}

#[cfg(test)]
mod tests;
