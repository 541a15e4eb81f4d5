//! What the walk through rich text brings home.

use super::data::Noise;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) objects: Vec<Object>,
    pub(super) templates: Vec<String>,
    pub(super) fields: Vec<String>,
    /// Tricks and their evidence.
    pub(super) tricks: Vec<(&'static str, String)>,
    pub(super) fonts: u32,
    /// Whether there was more than is kept.
    pub(super) is_cut: bool,
}

/// An object (`\object`).
#[derive(Debug, Default)]
pub(super) struct Object {
    pub(super) class: String,
    /// How it is held: `objemb objupdate`.
    pub(super) manner: Vec<&'static str>,
    pub(super) data: Vec<Data>,
}

/// What one `\objdata` holds.
#[derive(Debug, Default)]
pub(super) struct Data {
    pub(super) bytes: Vec<u8>,
    /// The first half of a byte whose second half did not come.
    pub(super) half: Option<u8>,
    pub(super) noise: Noise,
}
