//! Containers: each format opens one kind and gives out the files in it.

mod ace;
mod arj;
mod cab;
mod chm;
mod disk;
mod gzip;
mod iso;
mod lzh;
mod msi;
mod rar;
mod sevenz;
mod vhd;
mod vhdx;
mod zip;

use crate::artifact::Format;

/// The formats of this stage.
pub const FORMATS: &[&dyn Format] = &[
    &gzip::Gzip,
    &zip::Zip,
    &lzh::Lzh,
    &cab::Cab,
    &chm::Chm,
    &msi::Msi,
    &iso::Iso,
    &disk::Disk,
    &vhd::Vhd,
    &vhdx::Vhdx,
    &rar::Rar,
    &arj::Arj,
    &ace::Ace,
    &sevenz::SevenZip,
];
