//! What the forms of mail of Outlook have in common: a message is a bag of numbered properties (MS-OXCMSG, numbers in
//! MS-OXPROPS). Properties to header facts, body texts and attachments; where they come from is told by
//! [`msg`](super::msg) and [`tnef`](super::tnef).

mod attachment;
mod bodies;
mod headers;
mod lzfu;
mod properties;

pub(super) use attachment::Attachment;
pub(super) use bodies::open as open_bodies;
pub(super) use headers::{Recipient, date, record};
pub(super) use properties::{BINARY, OBJECT, Properties, Property, STRING8, UNICODE, id};
