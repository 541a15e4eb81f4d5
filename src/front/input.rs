//! The way in: paths become inputs, one message or file at a time.
//!
//! This is the only place that reads the files of the user. Every file is read up to a limit and its true size
//! kept beside it; folders are walked in the order of names, symbolic links in them are not followed, and what is
//! neither a file nor a folder (a device, a pipe) is left alone there, because reading it might never end.

use crate::message::{maildir, mbox};
use crate::scan::Input;
use anyhow::bail;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::ControlFlow::{self, Break, Continue};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// An input that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// The file or folder.
    pub(super) path: String,
    /// Why.
    pub(super) reason: String,
}

/// What a walk hands on: an input, or what could not be read. `Break` ends the walk.
pub(super) type Emit<'a> = dyn FnMut(Result<Input, Problem>) -> ControlFlow<()> + 'a;

/// Hands on every input under the paths, in order. Each holds at most `limit` bytes.
pub(super) fn each(paths: &[PathBuf], limit: u64, emit: &mut Emit) -> ControlFlow<()> {
    paths.iter().try_for_each(|path| {
        if path.as_os_str() == "-" {
            stream("-", "", io::stdin().lock(), None, limit, emit)
        } else if path.is_dir() {
            folder(path, limit, emit)
        } else {
            file(path, limit, emit)
        }
    })
}

/// Hands on what bytes hold that came from no file: the messages of a mailbox one by one, or all of them as one.
#[cfg(feature = "desk")]
pub(super) fn bytes(bytes: &[u8], limit: u64, emit: &mut Emit) -> ControlFlow<()> {
    stream("", "", bytes, Some(bytes.len() as u64), limit, emit)
}

/// The one message that stands at place `index` of a file.
///
/// # Errors
/// There is no such file or message.
pub(super) fn one(path: &Path, index: usize, limit: u64) -> anyhow::Result<Input> {
    let shown = path.display();
    if path.is_dir() {
        bail!("{shown}: is a folder; name one file");
    }
    let mut found = None;
    let mut seen = 0;
    let _ended = each(&[path.to_path_buf()], limit, &mut |input| {
        seen += 1;
        found = Some(input);
        if seen > index { Break(()) } else { Continue(()) }
    });
    match found {
        Some(Err(problem)) => bail!("{}: {}", problem.path, problem.reason),
        Some(Ok(input)) if seen > index => Ok(input),
        _ => bail!("{shown}: holds {seen} messages, there is none at place {index} (places begin at 0)"),
    }
}

/// The head of a file and its whole size.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// The bytes, at most as many as were asked for.
    pub(super) bytes: Vec<u8>,
    /// The whole size; of a stream that goes on, just more than was read.
    pub(super) size: u64,
}

/// Reads at most `limit` bytes of a file.
///
/// # Errors
/// Those of the file system.
pub(super) fn read_file(path: &Path, limit: u64) -> io::Result<Head> {
    let file = File::open(path)?;
    let size = regular_size(&file)?;
    read(file, size, limit)
}

/// The size of a regular file; of anything else it is not known beforehand.
fn regular_size(file: &File) -> io::Result<Option<u64>> {
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Ok(metadata.is_file().then_some(metadata.len()))
}

/// Reads at most `limit` bytes. `size` is what is known of the whole.
///
/// # Errors
/// Those of the reader.
#[expect(clippy::disallowed_methods, reason = "this is the bounded reader that the others are told to use")]
pub(super) fn read(mut reader: impl Read, size: Option<u64>, limit: u64) -> io::Result<Head> {
    let mut bytes = Vec::new();
    reader.by_ref().take(limit).read_to_end(&mut bytes)?;
    let got = bytes.len() as u64;
    let more = got == limit && reader.read(&mut [0])? > 0;
    Ok(Head { bytes, size: if more { size.unwrap_or(0).max(got + 1) } else { got } })
}

fn file(path: &Path, limit: u64, emit: &mut Emit) -> ControlFlow<()> {
    let opened = File::open(path).and_then(|file| Ok((regular_size(&file)?, file)));
    let shown = path.to_string_lossy();
    match opened {
        Ok((size, file)) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            stream(&shown, &name, BufReader::with_capacity(64 << 10, file), size, limit, emit)
        }
        Err(error) => emit(Err(problem(&shown, &error))),
    }
}

/// Hands on what a stream holds: the messages of a mailbox one by one, or itself.
fn stream(
    path: &str,
    name: &str,
    mut reader: impl BufRead,
    size: Option<u64>,
    limit: u64,
    emit: &mut Emit,
) -> ControlFlow<()> {
    let head = match reader.fill_buf() {
        Ok(head) => head,
        Err(error) => return emit(Err(problem(path, &error))),
    };
    if let Some(style) = mbox::style(head) {
        return messages(path, reader, style, limit, emit);
    }
    emit(match read(reader, size, limit) {
        Ok(head) => Ok(Input {
            path: path.to_string(),
            index: 0,
            name: name.to_string(),
            bytes: head.bytes,
            size: head.size,
            is_message: is_of_maildir(path),
        }),
        Err(error) => Err(problem(path, &error)),
    })
}

/// Whether a file lies where a Maildir keeps its messages.
fn is_of_maildir(path: &str) -> bool {
    let folder = Path::new(path).parent().and_then(Path::file_name);
    folder.is_some_and(|folder| folder == "cur" || folder == "new")
}

fn messages(
    path: &str,
    reader: impl BufRead,
    style: mbox::Style,
    limit: u64,
    emit: &mut Emit,
) -> ControlFlow<()> {
    for message in mbox::Messages::new(reader, style, limit) {
        match message {
            Ok(mbox::Message { bytes, size, index }) => {
                let (path, name) = (path.to_string(), String::new());
                emit(Ok(Input { path, index, name, bytes, size, is_message: true }))?;
            }
            Err(error) => return emit(Err(problem(path, &error))),
        }
    }
    Continue(())
}

/// Walks a folder, and the Maildirs in it as such.
fn folder(path: &Path, limit: u64, emit: &mut Emit) -> ControlFlow<()> {
    let mut maildirs: Vec<usize> = Vec::new();
    let mut walk = WalkDir::new(path).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                emit(Err(walk_problem(path, &error)))?;
                continue;
            }
        };
        maildirs.retain(|depth| *depth < entry.depth());
        let in_maildir = maildirs.last().is_some_and(|depth| depth + 1 == entry.depth());
        let kind = entry.file_type();
        if kind.is_dir() && in_maildir && belongs_to_maildir(&entry) {
            walk.skip_current_dir();
        } else if kind.is_dir() && is_maildir(entry.path()) {
            maildirs.push(entry.depth());
            messages_of(entry.path(), limit, emit)?;
        } else if kind.is_file() && !in_maildir {
            file(entry.path(), limit, emit)?;
        }
    }
    Continue(())
}

/// Both folders must be there: a folder that merely has one called `new` holds more than mail, and the files
/// beside it would be passed over.
fn is_maildir(path: &Path) -> bool {
    path.join("cur").is_dir() && path.join("new").is_dir()
}

/// Whether an entry of a Maildir is dealt with when its messages are: their folders, what is still being delivered
/// (`tmp`), and Maildir++ subfolders. The files the mail server keeps beside them are no mail.
fn belongs_to_maildir(entry: &walkdir::DirEntry) -> bool {
    let is_part = ["cur", "new", "tmp"].iter().any(|part| entry.file_name() == *part);
    let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
    is_part || (is_hidden && maildir::is_maildir(entry.path()))
}

/// The messages of a Maildir and of its Maildir++ subfolders.
fn messages_of(path: &Path, limit: u64, emit: &mut Emit) -> ControlFlow<()> {
    let found = maildir::folder(path);
    found.messages.iter().try_for_each(|message| file(&message.path, limit, emit))?;
    found.unread.iter().try_for_each(|(path, error)| emit(Err(problem(&path.to_string_lossy(), error))))
}

fn walk_problem(root: &Path, error: &walkdir::Error) -> Problem {
    let path = error.path().unwrap_or(root).to_string_lossy().into_owned();
    let reason = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
    Problem { path, reason }
}

fn problem(path: &str, error: &io::Error) -> Problem {
    Problem { path: path.to_string(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str, files: &[(&str, &[u8])]) -> Self {
            let folder = std::env::temp_dir().join(format!("tenpu-input-{}-{name}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            for (path, bytes) in files {
                let path = folder.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
            Self(folder)
        }

        fn found(&self, limit: u64) -> Vec<(String, usize, u64)> {
            let mut found = Vec::new();
            let _ended = each(std::slice::from_ref(&self.0), limit, &mut |input| {
                let input = input.unwrap();
                let path = input.path.strip_prefix(&*self.0.to_string_lossy()).unwrap().to_string();
                found.push((path, input.bytes.len(), input.size));
                Continue(())
            });
            found
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _gone = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn files_come_in_order_of_names_and_cut_at_the_limit() {
        let folder =
            Folder::new("walk", &[("b", b"12345678"), ("a/z", b"1234"), ("a/b", b""), ("c", b"12345")]);
        let want = [("/a/b", 0, 0), ("/a/z", 4, 4), ("/b", 5, 8), ("/c", 5, 5)];
        assert_eq!(folder.found(5), want.map(|(path, kept, size)| (path.to_string(), kept, size)));
    }

    #[test]
    fn a_maildir_gives_its_messages_and_those_of_its_subfolders() {
        let folder = Folder::new(
            "maildir",
            &[
                ("mail/cur/2:2,S", b"two"),
                ("mail/new/1", b"one"),
                ("mail/tmp/3", b"half"),
                ("mail/dovecot.index.log", b"index"),
                ("mail/.Sent/cur/4:2,S", b"four"),
                ("mail/.Sent/maildirfolder", b""),
                ("other", b"file"),
            ],
        );
        fs::create_dir_all(folder.0.join("mail/.Sent/new")).unwrap();
        let mut paths: Vec<_> = folder.found(99).into_iter().map(|(path, _, _)| path).collect();
        paths.sort();
        assert_eq!(paths, ["/mail/.Sent/cur/4:2,S", "/mail/cur/2:2,S", "/mail/new/1", "/other"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_in_folders_are_not_followed() {
        let folder = Folder::new("links", &[("a", b"1")]);
        std::os::unix::fs::symlink("/etc", folder.0.join("etc")).unwrap();
        std::os::unix::fs::symlink(folder.0.join("a"), folder.0.join("b")).unwrap();
        assert_eq!(folder.found(9), [("/a".to_string(), 1, 1)]);
    }

    #[test]
    fn an_endless_stream_is_cut() {
        let head = read(io::repeat(7), None, 1000).unwrap();
        assert_eq!((head.bytes.len(), head.size), (1000, 1001));
    }

    #[test]
    fn one_message_by_its_place() {
        let mbox = b"From a@b.example Fri Mar  4 09:12:00 2022\nSubject: 1\n\nx\n\n\
            From a@b.example Fri Mar  4 09:13:00 2022\nSubject: 2\n\ny\n";
        let folder = Folder::new("one", &[("m", mbox), ("f", b"file")]);
        let second = one(&folder.0.join("m"), 1, 999).unwrap();
        assert_eq!(second.index, 1);
        assert!(second.bytes.starts_with(b"Subject: 2"));
        for (path, index, why) in [("m", 2, "holds 2 messages"), ("f", 1, "holds 1 "), ("none", 0, "No such")]
        {
            let error = one(&folder.0.join(path), index, 999).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        assert!(one(&folder.0, 0, 999).unwrap_err().to_string().contains("folder"));
    }
}
