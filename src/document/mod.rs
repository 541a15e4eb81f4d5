//! Documents: what office files hold, and what in them leads outside or hides.

pub mod active_mime;
pub(crate) mod base64;
pub mod decrypt;
pub mod flat_xml;
mod hidden_text;
pub mod html;
mod native;
pub mod odf;
pub mod ole;
pub mod ooxml;
pub mod pdf;
pub mod ppt;
mod prose;
mod relations;
pub mod sealed;
mod xml;

use crate::artifact::Format;

/// The formats of this stage.
pub const FORMATS: &[&dyn Format] = &[
    &ole::Ole,
    &ppt::Ppt,
    &ooxml::Ooxml,
    &flat_xml::FlatXml,
    &active_mime::ActiveMime,
    &odf::Odf,
    &pdf::Pdf,
    &pdf::EncryptedPdf,
    &sealed::Sealed,
    &decrypt::OfficeEncryption,
    &html::Html,
];
