//! Writes the mails of `tests/cases` as files, for a program that does not read recipes: a mail program, a browser.
//!
//! `cargo run --example write-cases -- FOLDER [NAME…]`: all of them, or those named, as `FOLDER/NAME.eml`. Where a
//! part is a mail saved by Outlook, that is written too, as `FOLDER/NAME.msg`.

#![allow(clippy::disallowed_methods, reason = "it writes where its caller says")]

#[path = "../tests/build/mod.rs"]
mod build;

use build::{Content, cases};
use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let Some(folder) = arguments.next().map(PathBuf::from) else {
        return Err(io::Error::other("usage: write-cases FOLDER [NAME…]"));
    };
    let names: Vec<String> = arguments.collect();
    let all = || cases::sorted(&cases::place("tests/cases"));
    let sources = match names.as_slice() {
        [] => all(),
        some => some.iter().map(|name| cases::place("tests/cases").join(name)).collect(),
    };
    fs::create_dir_all(&folder)?;
    for source in sources.iter().filter(|source| source.is_dir()) {
        let message = cases::recipe(&source.join("build.toml")).message;
        let target = folder.join(source.file_name().unwrap_or_default());
        fs::write(target.with_extension("eml"), message.bytes())?;
        for part in &message.parts {
            if let Content::Msg(item) = &part.content {
                fs::write(target.with_extension("msg"), item.msg())?;
            }
        }
    }
    Ok(())
}
