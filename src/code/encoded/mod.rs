//! Files written as text inside pages, scripts and notes: base64 (RFC 4648; wrapped, or backwards), hexadecimal, and
//! lists and escapes of character codes, also shifted or exclusive-ored with one short key.
//!
//! Read: what turns out to be a file that holds or runs something, a page, or program text. Pictures, fonts and plain
//! data are left where they are; pages are full of them.

pub(in crate::code) mod guess;
mod numbers;

use crate::artifact::{Artifact, Child, Format, Opened};
use crate::document::base64;
use crate::keyring::Keyring;
use crate::kind::Class;
use crate::limits::{Budget, Stop};
use crate::text;
use std::borrow::Cow;

/// Files written as text.
pub struct Encoded;

impl Format for Encoded {
    fn id(&self) -> &'static str {
        "encoded"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        let is_read = matches!(artifact.kind.class, Class::Script | Class::Text)
            || matches!(artifact.kind.id, "html" | "svg" | "script-texts");
        is_read && artifact.via != "body" && artifact.via != "text" && artifact.bytes.len() >= SHORTEST
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let bytes = narrow(&artifact.bytes);
        budget.tick()?;
        let is_note = artifact.kind.class == Class::Text;
        for (place, payload) in payloads(&bytes, budget)?.into_iter().enumerate() {
            let Some((kind, payload)) = guess::kind(payload) else { continue };
            if is_note
                && kind.class != Class::Program
                && kind.class != Class::Archive
                && kind.class != Class::Shortcut
            {
                continue;
            }
            let child = Child::new(format!("payload {}", place + 1), "encoded", payload);
            out.push(Child { kind: Some(kind), ..child }, budget)?;
        }
        Ok(())
    }
}

/// Letters that a run must have to be looked at.
const SHORTEST: usize = 40;

/// Payloads of one text.
const MOST: usize = 32;

/// Runs of letters whose code is looked for where their plain reading is nothing.
const MOST_KEYED: usize = 16;

/// Bytes as one-byte text, whatever they were.
fn narrow(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        Cow::Owned(text::decode("", bytes).into_bytes())
    } else {
        Cow::Borrowed(bytes)
    }
}

/// What the runs of a text decode to, where it begins like something.
fn payloads(bytes: &[u8], budget: &mut Budget) -> Result<Vec<Vec<u8>>, Stop> {
    let is_keyed = [&b"^"[..], b"xor", b"Xor", b"charCodeAt", b"XOR"]
        .iter()
        .any(|word| memchr::memmem::find(bytes, word).is_some());
    let mut found = Vec::new();
    let mut keyed = 0;
    for run in Runs(bytes) {
        if found.len() >= MOST {
            return Ok(found);
        }
        let letters: Vec<u8> = run.iter().copied().filter(|byte| is_letter(*byte)).collect();
        let mut decoded = best(&letters, budget)?;
        let is_told = decoded.as_ref().is_some_and(|bytes| guess::begins_told(bytes));
        if !is_told && is_keyed && keyed < MOST_KEYED && letters.len() >= 100 {
            keyed += 1;
            decoded = guess::with_key(&decode(&letters, budget)?).or(decoded);
        }
        found.extend(decoded);
    }
    for codes in numbers::runs(bytes) {
        budget.tick()?;
        if found.len() >= MOST {
            break;
        }
        if let Some(payload) = numbers::payload(&codes) {
            budget.pay(payload.len() as u64)?;
            found.push(payload);
        }
    }
    Ok(found)
}

/// The reading of a run that begins like something: base64, base64 backwards, hexadecimal.
fn best(letters: &[u8], budget: &mut Budget) -> Result<Option<Vec<u8>>, Stop> {
    if letters.iter().take(64).all(u8::is_ascii_hexdigit) && letters.iter().all(u8::is_ascii_hexdigit) {
        let bytes = numbers::hexadecimal(letters);
        budget.pay(bytes.len() as u64)?;
        return Ok(guess::begins(&bytes).then_some(bytes));
    }
    if guess::begins(&decode(letters.get(..64).unwrap_or(letters), budget)?) {
        return decode(letters, budget).map(Some);
    }
    let backwards: Vec<u8> =
        letters.iter().rev().copied().skip_while(|letter| *letter == b'=').take(64).collect();
    if guess::begins_file(&decode(&backwards, budget)?) {
        let whole: Vec<u8> = letters.iter().rev().copied().filter(|letter| *letter != b'=').collect();
        return decode(&whole, budget).map(Some);
    }
    Ok(None)
}

fn decode(letters: &[u8], budget: &mut Budget) -> Result<Vec<u8>, Stop> {
    let decoded = base64::decode(std::str::from_utf8(letters).unwrap_or_default(), budget);
    decoded.stop.map_or(Ok(decoded.bytes), Err)
}

/// The long runs of letters of base64 in a text. A run goes on behind the end of a long line.
struct Runs<'a>(&'a [u8]);

impl<'a> Iterator for Runs<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let start = self.0.iter().position(|byte| is_letter(*byte))?;
            let rest = self.0.get(start..)?;
            let end = end_of_run(rest);
            let (run, after) = rest.split_at_checked(end)?;
            self.0 = after;
            if run.len() >= SHORTEST {
                return Some(run);
            }
        }
    }
}

fn end_of_run(rest: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let line = rest.get(at..).unwrap_or_default();
        let letters = line.iter().position(|byte| !is_letter(*byte)).unwrap_or(line.len());
        at += letters;
        let gap = rest
            .get(at..)
            .unwrap_or_default()
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        let goes_on = rest.get(at + gap).is_some_and(|byte| is_letter(*byte));
        if letters < SHORTEST || gap == 0 || gap > 2 || !goes_on {
            return at;
        }
        at += gap;
    }
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

#[cfg(test)]
mod tests;
