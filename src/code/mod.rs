//! Streams → source → signs: code found in documents.

use crate::artifact::Format;

pub mod signs;
pub mod vba;
pub mod xlm;

/// The formats of this stage.
pub const FORMATS: &[&dyn Format] = &[&vba::Vba, &signs::Signs, &xlm::Xlm];
