//! Containers: each format opens one kind and gives out the files in it.

mod gzip;
mod tar;
mod zip;

use crate::artifact::Format;

/// The formats of this stage.
pub const FORMATS: &[&dyn Format] = &[&gzip::Gzip, &zip::Zip, &tar::Tar];
