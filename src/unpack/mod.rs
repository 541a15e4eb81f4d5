//! Containers: each format opens one kind and gives out the files in it.

mod ar;
mod bzip2;
mod compress;
mod cpio;
mod gzip;
mod lz4;
mod lzip;
mod lzma;
mod rpm;
mod stream;
mod tar;
mod tricks;
mod xz;
mod zip;
mod zstd;

use crate::artifact::Format;

/// The formats of this stage.
pub const FORMATS: &[&dyn Format] = &[
    &gzip::GZIP,
    &zip::Zip,
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
