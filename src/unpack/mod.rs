//! Containers: each format opens one kind and gives out the files in it.

mod gzip;
mod zip;
mod disk;
mod iso;
mod vhd;
mod vhdx;

use crate::artifact::Format;

/// The formats of this stage.
pub const FORMATS: &[&dyn Format] = &[&gzip::Gzip, &zip::Zip, &iso::Iso, &disk::Disk, &vhd::Vhd, &vhdx::Vhdx];
