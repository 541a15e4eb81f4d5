//! `tenpu extract`: everything inside a message, written to a folder for those who look closer.
//!
//! The files are hostile. Their names are made of their number, of what is harmless in the name the sender gave,
//! and of an extension that no desktop runs. No file is ever overwritten; nobody else may read them.

use super::config::{Options, Passwords, Settings};
use super::{Status, complain, input, rules};
use crate::artifact::Artifact;
use crate::kind::Class;
use crate::report::{Report, gist};
use crate::scan::Scanner;
use crate::text::is_deceptive;
use anyhow::Context;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Arguments of `tenpu extract`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Message, mbox, bare attachment, or - for standard input.
    file: PathBuf,
    /// The folder to write to; made if it is not there.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Which message of an mbox, from 0.
    #[arg(long, value_name = "N", default_value_t = 0)]
    index: usize,
    #[command(flatten)]
    passwords: Passwords,
    #[command(flatten)]
    options: Options,
}

/// Opens one message, writes what is in it, and prints an index.
pub(super) fn run(args: Args) -> anyhow::Result<Status> {
    let settings = Settings::new(args.options, &args.passwords, None)?;
    let (rules, mut status) = rules::load(&settings);
    let scanner = Scanner::new(settings.limits, rules);
    let input = input::one(&args.file, args.index, scanner.limits().input_bytes)?;
    make_folder(&args.to).with_context(|| args.to.display().to_string())?;
    let (report, tree) = scanner.session().scan(input, &settings.keys);
    let mut out = BufWriter::new(io::stdout().lock());
    for artifact in tree.iter() {
        let name = file_name(artifact);
        match write_new(&args.to.join(&name), &artifact.bytes) {
            Ok(()) => line(&mut out, &name, artifact, &report)?,
            Err(error) => {
                complain(&format!("{name}: {error}"));
                status = Status::Failed;
            }
        }
    }
    out.flush()?;
    Ok(status)
}

/// A line of the index: file, kind, size, hash, where it was.
fn line(out: &mut dyn Write, name: &str, artifact: &Artifact, report: &Report) -> io::Result<()> {
    let hash: String = artifact.sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    let cut = if artifact.is_cut() { " (cut)" } else { "" };
    let trail = crate::report::trail(report, artifact.id);
    writeln!(out, "{name}\t{}\t{}{cut}\t{hash}\t{trail}", artifact.kind.id, gist::size(artifact.size))
}

/// The longest file name, in bytes: short enough for every file system and for a folder name before it.
const LONGEST: usize = 100;

/// How many bytes of the sender's name are kept from its end, where the extension is.
const TAIL: usize = 24;

/// A harmless name: `0003-請求書.doc.bin`.
fn file_name(artifact: &Artifact) -> String {
    let extension = match artifact.kind.class {
        Class::Text | Class::Source | Class::Script => "txt",
        _ => "bin",
    };
    let cleaned: String = artifact.name.chars().map(|c| if is_harmless(c) { c } else { '_' }).collect();
    let cleaned = cleaned.trim_matches(['.', ' ', '_', '\u{a0}', '\u{3000}']);
    let name = if cleaned.is_empty() { artifact.kind.id } else { cleaned };
    let number = format!("{:04}-", artifact.id);
    let room = LONGEST.saturating_sub(number.len() + 1 + extension.len());
    format!("{number}{}.{extension}", fit(name, room))
}

/// Neither a separator of paths nor a character that file systems, shells or eyes stumble over.
fn is_harmless(c: char) -> bool {
    !is_deceptive(c)
        && !matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '`' | '$' | '\u{fffd}')
}

/// At most `room` bytes of a name: its beginning and its end.
fn fit(name: &str, room: usize) -> String {
    if name.len() <= room {
        return name.to_string();
    }
    let head = name.floor_char_boundary(room.saturating_sub(TAIL + 1));
    let tail = name.ceil_char_boundary(name.len().saturating_sub(TAIL));
    let (head, tail) = (name.get(..head).unwrap_or_default(), name.get(tail..).unwrap_or_default());
    format!("{head}~{tail}")
}

fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Writes a file that is not there yet.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file: File = options.open(path)?;
    file.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Tree};

    fn name(given: &str, bytes: &[u8]) -> String {
        let mut tree = Tree::new(Child::new("mail", "file", b"x".to_vec()));
        let id = tree.add(Some(0), Child::new(given, "attachment", bytes.to_vec()));
        file_name(tree.get(id).unwrap())
    }

    #[test]
    fn names_are_harmless() {
        let rows = [
            ("請求書.doc", "0001-請求書.doc.bin"),
            ("../../etc/passwd", "0001-etc_passwd.bin"),
            ("C:\\a\\b.exe", "0001-C__a_b.exe.bin"),
            ("...hidden", "0001-hidden.bin"),
            ("exe\u{202e}cod.doc\n", "0001-exe_cod.doc.bin"),
            ("", "0001-data.bin"),
            ("/", "0001-data.bin"),
            ("CON", "0001-CON.bin"),
            ("a`$(x)`.lnk", "0001-a__(x)_.lnk.bin"),
        ];
        for (given, want) in rows {
            assert_eq!(name(given, b"\0\x01"), want, "{given}");
        }
        assert_eq!(name("a.js", b"var a = 1;"), "0001-a.js.txt");
    }

    #[test]
    fn long_names_fit_and_keep_their_end() {
        for given in ["あ".repeat(500) + ".doc", "a".repeat(500) + ".doc", "👪".repeat(99) + "é.doc"] {
            let name = name(&given, b"\0");
            assert!(name.len() <= LONGEST, "{name}");
            assert!(name.ends_with(".doc.bin") && name.contains('~'), "{name}");
        }
    }
}
