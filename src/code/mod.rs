//! Streams → source → signs: code found in documents.

use crate::artifact::Format;

pub mod signs;

/// The formats of this stage.
pub const FORMATS: &[&dyn Format] = &[&signs::Signs];
