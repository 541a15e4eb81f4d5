//! Containers: each format opens one kind and gives out the files in it.

mod ace;
mod ar;
mod arj;
mod bzip2;
mod cab;
mod chm;
mod compress;
mod cpio;
mod disk;
mod gzip;
mod iso;
mod lz4;
mod lzh;
mod lzip;
mod lzma;
mod msi;
mod rar;
mod rpm;
mod sevenz;
mod stream;
mod tar;
mod tricks;
mod vhd;
mod vhdx;
mod xz;
mod zip;
mod zstd;

use crate::artifact::Format;

/// The formats of this stage.
pub const FORMATS: &[&dyn Format] = &[
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
    &gzip::GZIP,
    &tar::Tar,
    &bzip2::BZIP2,
    &xz::XZ,
    &lzma::LZMA,
    &lzip::LZIP,
    &zstd::ZSTD,
    &compress::COMPRESS,
    &lz4::LZ4,
    &ar::Ar,
    &cpio::Cpio,
    &rpm::Rpm,
];
