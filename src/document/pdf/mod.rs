//! PDF (ISO 32000-1 and -2): actions, program text, embedded files, the text of the pages, and what is encrypted.
//!
//! ```text
//! bytes → outline (where objects stand) → file (objects, by object) → unlock (crypt, password)
//!       → streams (object streams) → actions, attachments, text (pages, fonts, character maps)
//! ```
//!
//! The cross-reference table is not believed (7.5.4): objects are looked for, in every revision. Left out: pictures,
//! the layout of text, signatures, handlers of encryption with certificates.

mod actions;
mod cipher;
mod ascii;
mod attachments;
mod crypt;
mod file;
mod filter;
mod lzw;
mod mark;
mod object;
mod outline;
mod parser;
mod password;
mod polyglot;
mod predictor;
mod streams;
mod strings;
mod text;
mod unlock;

use crate::artifact::{Artifact, Child, Format, Opened};
use crate::keyring::{Keyring, Letter};
use crate::limits::{Budget, Stop};
use file::File;
use mark::is_encrypted;
use unlock::Lock;

/// PDF files without encryption.
pub struct Pdf;

/// PDF files that name an encryption dictionary. They are a format of their own because only they ask for passwords.
pub struct EncryptedPdf;

impl Format for Pdf {
    fn id(&self) -> &'static str {
        "pdf"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "pdf" && !is_encrypted(&artifact.bytes)
    }

    fn open(
        &self,
        artifact: &Artifact,
        keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        open(artifact, keys, out, budget)
    }
}

impl Format for EncryptedPdf {
    fn id(&self) -> &'static str {
        "pdf-encrypted"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "pdf" && is_encrypted(&artifact.bytes)
    }

    fn asks_passwords(&self) -> bool {
        true
    }

    fn open(
        &self,
        artifact: &Artifact,
        keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        open(artifact, keys, out, budget)
    }
}

fn open(artifact: &Artifact, keys: &Keyring, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    let bytes = &artifact.bytes;
    if let Some(message) = polyglot::message(bytes) {
        budget.pay(message.len() as u64)?;
        out.push(Child::new("message.mht", "part", message.to_vec()).of_kind("eml"), budget)?;
    }
    if polyglot::is_page(bytes) {
        budget.pay(bytes.len() as u64)?;
        out.push(Child::new("page.html", "part", bytes.clone()).of_kind("html"), budget)?;
    }
    let mut file = File::read(bytes);
    if let Lock::Shut = unlock::unlock(&mut file, keys, out, budget)? {
        return Ok(());
    }
    streams::unpack(&mut file, out, budget)?;
    let mut found = actions::find(&file, out, budget)?;
    found.give(out, budget)?;
    attachments::give(&file, &found.files, out, budget)?;
    let text = text::read(&file, &found, out, budget)?;
    if !text.is_empty() {
        let letter = (artifact.name.clone(), head(&text, LETTER).to_string());
        out.letters.push(Letter { attached: vec![letter], ..Letter::default() });
        out.push(Child::new("text", "text", text.into_bytes()).of_kind("text"), budget)?;
    }
    if file.is_spent() {
        out.missed("damaged", "its objects refer to each other without end");
    }
    Ok(())
}

/// How much of the text is searched for passwords.
const LETTER: usize = 64 << 10;

/// The beginning of a text, whole characters.
fn head(text: &str, length: usize) -> &str {
    let end = (0..=length.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
