//! Containers: each format opens one kind and gives out the files in it.

mod bzip2;
mod compress;
mod gzip;
mod lz4;
mod lzip;
mod lzma;
mod stream;
mod tar;
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
];
