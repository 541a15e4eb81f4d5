//! Rich text (RTF 1.9.1): its pieces, and the text in it; mail of Outlook and documents come in it.

mod text;
mod tokens;

pub use text::{Form, Unwrapped, unwrap};
pub use tokens::{Token, token};
