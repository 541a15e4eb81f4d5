//! YARA rules over every artifact: tenpu's own signatures and the user's rules, compiled once, scanned with
//! YARA-X, answered as findings.
//!
//! Rules see six string variables beside the bytes of the artifact, the ones most rule sets expect:
//! `filename` (its name, printable), `filepath` (the names from the message down to it, joined by `/`),
//! `extension`, `filetype` (the kind's id in upper case: `VBA`, `LNK`, `HTML` …), `md5` and `owner` (empty).
//! Includes are off, so a rule file reads no other file. Every user file has a namespace of its own; a broken
//! rule costs itself, not its file, and a broken file never costs the others.
//!
//! The engine is the cargo feature `yara`. Without it there are no rules, and asking for user rules is answered
//! with a [`Problem`].

mod cache;
#[cfg(feature = "yara")]
mod card;
#[cfg(feature = "yara")]
mod engine;
#[cfg(not(feature = "yara"))]
#[path = "no_engine.rs"]
mod engine;
#[cfg(feature = "yara")]
mod evidence;
#[cfg(feature = "yara")]
mod session;
mod signatures;
#[cfg(feature = "yara")]
mod sources;

pub use cache::folder as cache_folder;
pub use engine::Session;
pub use signatures::SIGNATURES;

use super::Strength;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The id of the finding that says that rules could not be applied to an artifact to the end: a timeout or a
/// fault of the engine. What it names was not looked at with YARA.
pub const INCOMPLETE: &str = "yara-scan-incomplete";

/// Compiled rules; none by default.
#[derive(Debug, Default)]
pub struct Rules {
    engine: Option<engine::Engine>,
}

/// Something that kept a rule or a file of rules from being loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The file or folder, as it was named by the caller or found in a folder.
    pub file: String,
    /// The line, from 1; 0 where the whole file is meant.
    pub line: usize,
    /// What is wrong, in plain English.
    pub reason: String,
}

/// A rule in force, for people who ask which there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The id its findings carry; user rules start with `yara:`.
    pub id: String,
    /// How much its match says.
    pub strength: Strength,
    /// What it finds, in English.
    pub title_en: String,
    /// What it finds, in Japanese.
    pub title_ja: String,
    /// The file it stands in.
    pub file: String,
    /// Whether it is one of tenpu's own.
    pub builtin: bool,
}

impl Rules {
    /// Loads tenpu's own signatures (if `builtin`) and the user's rules.
    ///
    /// A user path is a file, or a folder that is searched for `*.yar` and `*.yara` in order of names. `cache` is
    /// the folder for compiled rules, see [`cache_folder`]; it is used only where nobody else can write to it,
    /// and without it the rules are compiled anew. What could not be loaded is named; the rest is in force.
    pub fn load(builtin: bool, user: &[PathBuf], cache: Option<&Path>) -> (Self, Vec<Problem>) {
        let (engine, problems) = engine::load(builtin, user, cache);
        (Self { engine }, problems)
    }

    /// The rules in a form that [`Rules::unpack`] takes; empty where there are none. It holds machine code.
    ///
    /// # Errors
    /// The engine cannot write them.
    pub fn pack(&self) -> Result<Vec<u8>, String> {
        self.engine.as_ref().map_or_else(|| Ok(Vec::new()), engine::Engine::pack)
    }

    /// Rules of [`Rules::pack`]. To load them means to run what they hold: only for what this very program packed.
    pub fn unpack(packed: &[u8]) -> Option<Self> {
        if packed.is_empty() {
            return Some(Self::default());
        }
        Some(Self { engine: Some(engine::Engine::unpack(packed)?) })
    }

    /// The rules in force, private ones left out: tenpu's own first, then in the order of files.
    pub fn list(&self) -> Vec<Listed> {
        self.engine.as_ref().map(engine::Engine::list).unwrap_or_default()
    }

    /// A scanner for one thread.
    pub fn session(&self) -> Session<'_> {
        Session::new(self.engine.as_ref())
    }
}

#[cfg(test)]
mod tests;
