//! Containers: each format opens one kind and gives out the files in it.

mod ace;
mod arj;
mod gzip;
mod rar;
mod zip;

use crate::artifact::Format;

/// The formats of this stage.
pub const FORMATS: &[&dyn Format] = &[&gzip::Gzip, &zip::Zip, &rar::Rar, &arj::Arj, &ace::Ace];
