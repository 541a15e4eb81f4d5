//! Maildir folders: the messages of `cur` and `new`, of the folder itself and of its Maildir++ sub-folders.
//!
//! `tmp` holds what is being delivered and is left out. Symbolic links are not followed: a mailbox must not lead out
//! of itself. The order is that of the names, so that two runs give one output.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A Maildir and its sub-folders.
#[derive(Debug, Default)]
pub struct Folder {
    /// The messages, by folder and file name.
    pub messages: Vec<Entry>,
    /// Directories that could not be listed, and why.
    pub unread: Vec<(PathBuf, io::Error)>,
}

/// One message file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where the file is.
    pub path: PathBuf,
    /// The sub-folder as Maildir++ names it (`.Archive.2024`); empty for the folder itself.
    pub folder: String,
    /// Whether it lies in `new`: no program has seen it yet.
    pub is_new: bool,
    /// What mail programs noted on it.
    pub flags: Flags,
}

/// What mail programs noted on a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// Passed on: resent, forwarded or bounced (`P`).
    pub passed: bool,
    /// Replied to (`R`).
    pub replied: bool,
    /// Seen (`S`).
    pub seen: bool,
    /// To be deleted (`T`).
    pub trashed: bool,
    /// A draft (`D`).
    pub draft: bool,
    /// Flagged (`F`).
    pub flagged: bool,
}

/// Whether a directory is a Maildir: it has `cur` or `new`.
pub fn is_maildir(path: &Path) -> bool {
    ["cur", "new"].iter().any(|name| is_directory(&path.join(name)))
}

/// The messages of the Maildir at `path`. A directory that cannot be listed costs its own messages only.
pub fn folder(path: &Path) -> Folder {
    let mut found = Folder::default();
    add(path, String::new(), &mut found);
    for name in names(path, &mut found) {
        let sub = path.join(&name);
        let name = name.to_string_lossy().into_owned();
        if name.starts_with('.') && is_directory(&sub) && is_maildir(&sub) {
            add(&sub, name, &mut found);
        }
    }
    found
}

/// Adds the messages of one folder.
fn add(path: &Path, folder: String, found: &mut Folder) {
    let mut entries: Vec<Entry> = Vec::new();
    for (directory, is_new) in [("cur", false), ("new", true)] {
        let directory = path.join(directory);
        if !is_directory(&directory) {
            continue;
        }
        for name in names(&directory, found) {
            let path = directory.join(&name);
            let name = name.to_string_lossy();
            let is_file = fs::symlink_metadata(&path).is_ok_and(|data| data.is_file());
            if is_file && !name.starts_with('.') {
                entries.push(Entry { path, folder: folder.clone(), is_new, flags: Flags::of(&name) });
            }
        }
    }
    entries.sort_by(|a, b| a.path.file_name().cmp(&b.path.file_name()).then_with(|| a.path.cmp(&b.path)));
    found.messages.extend(entries);
}

/// The names in a directory, sorted.
fn names(path: &Path, found: &mut Folder) -> Vec<std::ffi::OsString> {
    let mut names = Vec::new();
    match fs::read_dir(path) {
        Ok(entries) => names.extend(entries.flatten().map(|entry| entry.file_name())),
        Err(error) => found.unread.push((path.to_path_buf(), error)),
    }
    names.sort();
    names
}

/// Whether the path is a directory and no link to one.
fn is_directory(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|data| data.is_dir())
}

impl Flags {
    /// The flags in a file name: after `:2,`, or after `;2,` and `!2,` where the file system forbids the colon, or
    /// after the character that stands for it on others. Keywords and sizes (`,S=`) are passed over.
    pub fn of(name: &str) -> Self {
        let start = SEPARATORS.iter().filter_map(|sign| name.rfind(sign).map(|at| at + sign.len())).max();
        let letters = start.and_then(|at| name.get(at..)).unwrap_or_default();
        let letters = letters.split(',').next().unwrap_or_default();
        let has = |letter: char| letters.contains(letter);
        Self {
            passed: has('P'),
            replied: has('R'),
            seen: has('S'),
            trashed: has('T'),
            draft: has('D'),
            flagged: has('F'),
        }
    }
}

const SEPARATORS: &[&str] = &[":2,", ";2,", "!2,", "\u{f03a}2,"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_behind_every_separator() {
        let seen = Flags { seen: true, ..Flags::default() };
        for name in ["1.M2P3.host:2,S", "1.host,S=123,W=125;2,S", "1.host!2,Sab", "1.host\u{f03a}2,S"] {
            assert_eq!(Flags::of(name), seen, "{name}");
        }
        let all =
            Flags { passed: true, replied: true, seen: true, trashed: true, draft: true, flagged: true };
        assert_eq!(Flags::of("1.host:2,DFPRST"), all);
        assert_eq!(Flags::of("1.SPFR.host,S=12"), Flags::default());
    }

    #[test]
    fn messages_are_found_in_order_and_links_are_not_followed() {
        let root = std::env::temp_dir().join(format!("tenpu-maildir-{}", std::process::id()));
        for directory in ["cur", "new", "tmp", ".Archive/cur", ".Archive/tmp", "other/cur"] {
            fs::create_dir_all(root.join(directory)).unwrap();
        }
        for file in [
            "new/3.h",
            "cur/2.h:2,S",
            "cur/1.h:2,",
            "tmp/0.h",
            "cur/.hidden",
            ".Archive/cur/5.h:2,R",
            "other/cur/6.h",
        ] {
            fs::write(root.join(file), "A: b\n").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(root.join("new/3.h"), root.join("cur/9.h")).unwrap();
        let found = folder(&root);
        fs::remove_dir_all(&root).unwrap();
        let listed: Vec<_> = found
            .messages
            .iter()
            .map(|entry| {
                (
                    entry.folder.as_str(),
                    entry.path.strip_prefix(&root).unwrap().to_str().unwrap(),
                    entry.is_new,
                )
            })
            .collect();
        let expected = [
            ("", "cur/1.h:2,", false),
            ("", "cur/2.h:2,S", false),
            ("", "new/3.h", true),
            (".Archive", ".Archive/cur/5.h:2,R", false),
        ];
        assert_eq!(listed, expected);
        assert!(found.unread.is_empty() && found.messages[1].flags.seen && found.messages[3].flags.replied);
    }

    #[test]
    fn what_is_not_there_is_said() {
        let found = folder(Path::new("/nonexistent/maildir"));
        assert_eq!((found.messages.len(), found.unread.len()), (0, 1));
        assert!(!is_maildir(Path::new("/nonexistent/maildir")));
    }
}
