//! tenpu (添付, "attachment") opens every e-mail attachment before a person does, and says whether the mail is
//! dangerous, why, and what to do now.
//!
//! The path of one message is the module list below, read from top to bottom:
//!
//! ```text
//! raw bytes → message → unpack → document → code → detect → verdict → report
//! ```
//!
//! A module may use only what stands above it; `tests/layering.rs` holds that. [`scan`] is the one conductor and
//! the one entry; the fronts know only `scan`, `report` and the ways in.
//!
//! Invariants: opening never fails (what was got, plus what was broken); formats record facts, `detect` turns
//! facts into findings, `verdict` turns findings into one verdict; what was not read is never called clean; every
//! byte a decoder makes is paid from the [`limits::Budget`]; nothing runs and nothing is fetched.

pub mod limits;
pub mod bytes;
pub mod text;
pub mod kind;
pub mod keyring;
pub mod artifact;
pub mod codec;
pub mod cipher;
pub mod compound;
pub mod zip;
pub mod rtf;
pub mod message;
pub mod unpack;
pub mod document;
pub mod code;
pub mod formats;
pub mod detect;
pub mod verdict;
pub mod report;
pub mod exception;
pub mod scan;
#[cfg(feature = "desk")]
pub mod store;
pub mod front;

pub use report::Report;
pub use scan::Scanner;
