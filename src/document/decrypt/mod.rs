//! Encrypted Office documents (MS-OFFCRYPTO), opened with the passwords that Office has built in and those of the
//! message: packages (2.3.4), and the streams of workbooks (MS-XLS 2.2.10), texts (MS-DOC 2.2.6) and presentations
//! (MS-PPT 2.3.7) inside compound files.
//!
//! A password counts as found when the verifier of the document proves it. Left out: rights management, where a
//! server gives the key; extensible encryption; ciphers other than AES, RC4 and XOR; document properties that are
//! encrypted (2.3.5.4) and the pictures of presentations.

mod aes;
mod agile;
mod hash;
mod marks;
mod package;
mod passwords;
mod rc4;
mod slides;
mod standard;
#[cfg(test)]
mod tests;
mod through;
mod word;
mod workbook;
mod xor;

use crate::artifact::{Artifact, Format, Opened, Unread};
use crate::compound::{Compound, Entry, is_compound};
use crate::keyring::Keyring;
use crate::limits::{Budget, Limits, Stop};
use marks::{Lock, Mark};
use passwords::Passwords;

/// Encrypted Office documents.
pub struct OfficeEncryption;

impl Format for OfficeEncryption {
    fn id(&self) -> &'static str {
        "office-encryption"
    }

    /// Looks at the marks themselves, because the letters of the message are searched for whatever matches.
    fn matches(&self, artifact: &Artifact) -> bool {
        if artifact.kind.id == "biff" {
            return marks::has_file_pass(&artifact.bytes);
        }
        let mut budget = Budget::new(&Limits::default());
        let compound =
            is_compound(&artifact.bytes).then(|| Compound::read(&artifact.bytes, &budget)).flatten();
        compound
            .is_some_and(|compound| marks::find(&compound, &mut budget).is_ok_and(|found| !found.is_empty()))
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
        let mut passwords = Passwords::new(keys, budget);
        let Some(compound) = Compound::read(&artifact.bytes, budget) else {
            let tried = workbook::open_bare(artifact, &mut passwords, out, budget);
            return told(tried, &artifact.name, "the sheets", out);
        };
        for (stream, mark) in marks::find(&compound, budget)? {
            let door = Door { compound: &compound, stream, name: &artifact.name };
            let tried = door.open(mark, &mut passwords, out, budget);
            told(tried, &stream.path, mark.what, out)?;
        }
        Ok(())
    }
}

/// What came of trying the passwords on a lock.
enum Tried {
    /// It stays shut, for a reason of its own or because no password fits.
    Shut(Option<&'static str>),
    /// It was opened; a limit may have ended the taking out.
    Open(Result<(), Stop>),
}

/// One locked part of a document.
struct Door<'d> {
    compound: &'d Compound<'d>,
    /// The stream that bears the mark.
    stream: &'d Entry,
    /// The name of the document.
    name: &'d str,
}

impl Door<'_> {
    fn open(
        &self,
        mark: &Mark,
        passwords: &mut Passwords,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<Tried, Stop> {
        match mark.lock {
            Lock::Package => package::open(self, passwords, out, budget),
            Lock::Word => word::open(self, passwords, out, budget),
            Lock::Workbook => workbook::open(self, passwords, out, budget),
            Lock::Slides => slides::open(self, passwords, out, budget),
            Lock::Rights => Ok(Tried::Shut(None)),
        }
    }

    /// The stream of that name beside the one that bears the mark.
    fn sibling(&self, name: &str) -> Option<&Entry> {
        self.compound.child(self.stream.parent, name)
    }

    /// The beginning of a stream.
    fn head(&self, stream: &Entry, budget: &mut Budget) -> Result<Vec<u8>, Stop> {
        let head = self.compound.head(stream, marks::HEAD, budget);
        head.stop.map_or(Ok(head.bytes), Err)
    }
}

/// Tells what stays shut. A spent limit of key derivation ends nothing but the trying.
fn told(tried: Result<Tried, Stop>, place: &str, what: &str, out: &mut Opened) -> Result<(), Stop> {
    let (what, stop) = match tried {
        Ok(Tried::Open(ended)) => return ended,
        Ok(Tried::Shut(why)) => (why.unwrap_or(what), None),
        Err(stop) => (what, Some(stop)),
    };
    out.missed("encrypted", format!("{place}: {what}"));
    match stop {
        Some(Stop::KeyDerivation) => {
            let spent = Unread::from(Stop::KeyDerivation);
            if !out.unread.contains(&spent) {
                out.unread.push(spent);
            }
            Ok(())
        }
        Some(stop) => Err(stop),
        None => Ok(()),
    }
}
