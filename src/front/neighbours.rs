//! The first pass over mailboxes: which mails may tell the password of another.
//!
//! Only heads of messages are read, on all cores; what cannot be read is told by the scan, which comes to it again.
//! A single message has no neighbours here, and standard input cannot be read twice.

use super::input::{self, Emit};
use super::pipeline::{self, Answer, Outcome};
use crate::kind::{Class, Kind};
use crate::message::neighbours::{HEAD, Neighbours, Note};
use crate::scan::Input;
use std::io;
use std::path::{Path, PathBuf};

/// The index of everything under the paths.
///
/// # Errors
/// No thread could be started.
pub(super) fn index(paths: &[PathBuf], jobs: usize) -> io::Result<Neighbours> {
    let mut neighbours = Neighbours::default();
    let paths: Vec<PathBuf> = paths.iter().filter(|path| path.as_os_str() != "-").cloned().collect();
    let mut each = |outcome: Outcome<Told>| {
        if let Outcome::Answer(told) = outcome {
            told.0.into_iter().for_each(|note| neighbours.add(note));
        }
        Ok(())
    };
    pipeline::run(|| read, jobs, move |emit: &mut Emit| input::each(&paths, HEAD, emit), &mut each)?;
    Ok(neighbours)
}

/// What a message tells, if anything.
struct Told(Option<Note>);

impl Answer for Told {
    fn fault(_: &str, _: usize, _: &str) -> Self {
        Self(None)
    }
}

fn read(input: Input) -> Told {
    let is_mail = input.is_message || Kind::of(&input.name, &input.bytes).class == Class::Message;
    Told(is_mail.then(|| Note::read(&input.bytes, &place(&input))).flatten())
}

/// The mail as a person would look for it: the name of its file, and which message of a mailbox it is.
fn place(input: &Input) -> String {
    let name = Path::new(&input.path).file_name().unwrap_or_default().to_string_lossy();
    match input.index {
        0 => name.into_owned(),
        index => format!("{name}, message {}", index + 1),
    }
}
