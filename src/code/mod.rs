//! Streams → source → signs: code found in documents, scripts, and programs.

use crate::artifact::Format;

pub mod encoded;
pub mod pe;
pub mod script;
pub mod signs;
pub mod vba;
pub mod wordbasic;
mod words;
pub mod xlm;

/// The formats of this stage.
pub const FORMATS: &[&dyn Format] = &[
    &vba::Vba,
    &signs::Signs,
    &xlm::Xlm,
    &encoded::Encoded,
    &script::ScriptEncoder,
    &script::Scripts,
    &wordbasic::WordBasic,
    &pe::Pe,
];
