//! Documents: what office files hold, and what in them leads outside or hides.

pub mod access;
pub mod active_mime;
mod art;
mod attack_elements;
pub(crate) mod base64;
pub mod build_files;
mod classes;
mod control_state;
mod controls;
pub mod decrypt;
pub mod doc;
mod equation;
pub mod excel;
mod fields;
pub mod flat_xml;
pub mod form;
mod hidden_text;
pub mod html;
mod links;
mod listing;
pub mod lnk;
pub mod mashup;
mod moniker;
mod native;
pub mod odf;
pub mod old;
pub mod ole;
pub mod ole1;
pub mod onenote;
pub mod ooxml;
pub mod packages;
pub mod pdf;
pub mod ppt;
pub mod properties;
mod prose;
mod relations;
pub mod rtf;
pub mod sealed;
pub mod shortcuts;
mod slides;
mod web_archive;
mod web_video;
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
    &rtf::Rtf,
    &ole1::Ole1,
    &excel::Biff,
    &excel::Package,
    &excel::Sylk,
    &excel::Table,
    &fields::WordFields,
    &web_archive::WebArchive,
    &lnk::Lnk,
    &onenote::OneNote,
    &shortcuts::Shortcuts,
    &shortcuts::Query,
    &doc::Doc,
    &form::Form,
    &properties::Properties,
    &html::Html,
    &packages::Jar,
    &access::Access,
    &excel::Xml2003,
    &old::OldDocument,
    &packages::Msix,
    &mashup::Mashup,
    &build_files::BuildFiles,
];
