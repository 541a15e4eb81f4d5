//! Whether a mail lies in the mailboxes of this machine, and what was done with it there: by its `Message-ID` over the
//! Maildirs of `[desk] maildirs`, with the flags of the file names.
//!
//! All mailboxes are listed at once, on a thread of its own, and what was found is kept for a while. A file is opened
//! once, for the beginning of its header; later walks know it by its name. Files, days and time are bounded.

use super::time::now;
use crate::front::input;
use crate::message::maildir;
use crate::text::printable;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, UNIX_EPOCH};

/// How long a walk is believed, how long a page waits for one, and the longest a walk may take.
const FRESH: Duration = Duration::from_secs(300);
const WAIT: Duration = Duration::from_secs(3);
const LONGEST: Duration = Duration::from_secs(300);

/// Mailboxes and files of a walk, and the age in seconds of the oldest files it opens.
const MAILBOXES: usize = 10_000;
const FILES: usize = 300_000;
const AGE: i64 = 60 * 86_400;

/// Bytes of a file in which its `Message-ID` must stand.
const HEAD: u64 = 32 << 10;

/// The mailboxes, and what the last walk found in them.
#[derive(Debug, Default)]
pub(super) struct Mailboxes {
    patterns: Vec<PathBuf>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    index: Option<Arc<Index>>,
    made: Option<Instant>,
    is_running: bool,
}

/// What was done with a mail in a mailbox; the last one says most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Done {
    /// Nobody looked at it.
    Unread,
    /// It was thrown away unread.
    Trashed,
    /// It was read.
    Read,
    /// It was answered or passed on.
    Answered,
}

/// What the mailboxes say of some mails.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// No mailboxes are configured.
    Off,
    /// The first walk has not ended.
    Reading,
    /// By mailbox; whether something could not be looked through.
    Seen(BTreeMap<String, Done>, bool),
}

impl Mailboxes {
    /// Those of some paths, in which `*` stands for any name.
    pub(super) fn new(patterns: Vec<PathBuf>) -> Self {
        Self { patterns, state: Arc::default() }
    }

    /// Whether any are configured.
    pub(super) fn are_known(&self) -> bool {
        !self.patterns.is_empty()
    }

    /// Looks for mails by their `Message-ID`s.
    pub(super) async fn look(&self, ids: &[String]) -> Found {
        if self.patterns.is_empty() {
            return Found::Off;
        }
        if let Some(walk) = self.begin() {
            // A walk that takes longer goes on, and the next look has what it found.
            let _late = tokio::time::timeout(WAIT, walk).await;
        }
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.index.as_ref().map_or(Found::Reading, |index| index.look(ids))
    }

    /// Begins a walk if the last one is too old and none is under way.
    fn begin(&self) -> Option<tokio::task::JoinHandle<()>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.is_running || state.made.is_some_and(|made| made.elapsed() < FRESH) {
            return None;
        }
        state.is_running = true;
        let (patterns, shared, before) = (self.patterns.clone(), self.state.clone(), state.index.clone());
        Some(tokio::task::spawn_blocking(move || {
            let walk = || Index::read(&patterns, &before.unwrap_or_default());
            let index = std::panic::catch_unwind(std::panic::AssertUnwindSafe(walk));
            let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
            state.index = index.ok().map(Arc::new).or(state.index.take());
            (state.made, state.is_running) = (Some(Instant::now()), false);
        }))
    }
}

/// What a walk found.
#[derive(Debug, Default)]
struct Index {
    /// By `Message-ID`: mailbox and state.
    mails: BTreeMap<String, Vec<(Arc<str>, Done)>>,
    /// The `Message-ID` of each file, by mailbox and the part of its name that never changes.
    files: BTreeMap<(Arc<str>, String), String>,
    is_partial: bool,
}

impl Index {
    fn look(&self, ids: &[String]) -> Found {
        let mut seen: BTreeMap<String, Done> = BTreeMap::new();
        for (mailbox, done) in ids.iter().filter_map(|id| self.mails.get(id)).flatten() {
            let known = seen.entry(mailbox.to_string()).or_insert(*done);
            *known = (*known).max(*done);
        }
        Found::Seen(seen, self.is_partial)
    }

    fn read(patterns: &[PathBuf], before: &Self) -> Self {
        let (mut index, end) = (Self::default(), Instant::now() + LONGEST);
        let mut places: Vec<Place> = patterns.iter().flat_map(|pattern| expand(pattern)).collect();
        index.is_partial = places.len() > MAILBOXES;
        places.truncate(MAILBOXES);
        for place in places {
            let folder = maildir::folder(&place.path);
            index.is_partial |= !folder.unread.is_empty();
            let mailbox: Arc<str> = printable(&place.name).into();
            for entry in folder.messages {
                if index.files.len() >= FILES || Instant::now() > end {
                    index.is_partial = true;
                    return index;
                }
                index.add(&mailbox, &entry, before);
            }
        }
        index
    }

    fn add(&mut self, mailbox: &Arc<str>, entry: &maildir::Entry, before: &Self) {
        let name = entry.path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        if now() - delivered(&name, &entry.path) > AGE {
            return;
        }
        let unique = name.split([':', ';', '!', ',']).next().unwrap_or_default();
        let key = (mailbox.clone(), unique.to_string());
        let id = match before.files.get(&key) {
            Some(id) => id.clone(),
            None => {
                let Ok(head) = input::read_file(&entry.path, HEAD) else {
                    // A mail program that renamed it since is no damage; anything else is a mailbox that cannot be read.
                    self.is_partial |= entry.path.exists();
                    return;
                };
                message_id(&head.bytes).unwrap_or_default()
            }
        };
        if !id.is_empty() {
            self.mails.entry(id.clone()).or_default().push((mailbox.clone(), done(entry)));
        }
        self.files.insert(key, id);
    }
}

fn done(entry: &maildir::Entry) -> Done {
    let flags = entry.flags;
    match () {
        () if flags.replied || flags.passed => Done::Answered,
        () if flags.seen => Done::Read,
        () if flags.trashed => Done::Trashed,
        () => Done::Unread,
    }
}

/// When a file was delivered: its name begins with that time.
fn delivered(name: &str, path: &Path) -> i64 {
    let time = name.split('.').next().and_then(|time| time.parse::<i64>().ok());
    time.filter(|time| *time > 1_000_000_000).unwrap_or_else(|| {
        let changed = fs::symlink_metadata(path).and_then(|data| data.modified()).ok();
        let since = changed.and_then(|changed| changed.duration_since(UNIX_EPOCH).ok());
        since.and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or_default()
    })
}

/// The `Message-ID` in the header of a mail, as the store has it.
fn message_id(head: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.lines().take_while(|line| !line.trim_end().is_empty()).peekable();
    while let Some(line) = lines.next() {
        let Some((name, value)) = line.split_once(':') else { continue };
        if !name.trim().eq_ignore_ascii_case("message-id") {
            continue;
        }
        let mut value = value.trim().to_string();
        while let Some(more) = lines.next_if(|line| line.starts_with([' ', '\t'])) {
            if !value.is_empty() {
                value.push(' ');
            }
            value.push_str(more.trim());
        }
        return Some(printable(&value).chars().take(500).collect());
    }
    None
}

/// A Maildir and what it is called.
struct Place {
    path: PathBuf,
    name: String,
}

/// The Maildirs that a path stands for, sorted. They are called after what stands in the place of the stars.
fn expand(pattern: &Path) -> Vec<Place> {
    let mut places = vec![Place { path: PathBuf::new(), name: String::new() }];
    for part in pattern.components() {
        let star = match part {
            Component::Normal(part) => part.to_str().filter(|part| part.contains('*')),
            _ => None,
        };
        places = match star {
            None => places.into_iter().map(|place| Place { path: place.path.join(part), ..place }).collect(),
            Some(star) => places.iter().flat_map(|place| matching(place, star)).take(MAILBOXES + 1).collect(),
        };
    }
    let called = |place: Place| {
        let parent = || place.path.parent().and_then(Path::file_name);
        let own = place.path.file_name().filter(|name| *name != "Maildir").or_else(parent);
        let own = own.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Place { name: if place.name.is_empty() { own } else { place.name }, path: place.path }
    };
    places.into_iter().filter(|place| maildir::is_maildir(&place.path)).map(called).collect()
}

/// The directories in a place that a name with stars stands for; links are not followed.
fn matching(place: &Place, star: &str) -> Vec<Place> {
    let entries = fs::read_dir(&place.path).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let names = folders.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.') && is_like(name, star)).collect();
    names.sort();
    let inner = names.into_iter().map(|name| Place {
        path: place.path.join(&name),
        name: if place.name.is_empty() { name } else { format!("{}/{name}", place.name) },
    });
    inner.collect()
}

/// Whether a name is what a pattern stands for.
fn is_like(name: &str, pattern: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return name == pattern };
    let Some(name) = name.strip_prefix(start) else { return false };
    let Some((middle, end)) = rest.rsplit_once('*') else { return name.ends_with(rest) };
    let Some(mut name) = name.strip_suffix(end) else { return false };
    for piece in middle.split('*') {
        let Some((_, behind)) = name.split_once(piece).or((piece.is_empty()).then_some(("", name))) else {
            return false;
        };
        name = behind;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("tenpu-mailboxes-{}-{name}", std::process::id()))
    }

    fn deliver(folder: &Path, user: &str, name: &str, text: &str) {
        let cur = folder.join(user).join("Maildir/cur");
        fs::create_dir_all(&cur).unwrap();
        fs::write(cur.join(name), text).unwrap();
    }

    #[test]
    fn flags_tell_what_was_done_in_each_mailbox() {
        let folder = folder("flags");
        let mail = "Subject: x\r\nMessage-Id:\r\n <1@a.example>\r\n\r\nMessage-ID: <2@a.example>\r\n";
        deliver(&folder, "ando", &format!("{}.1.host:2,S", now()), mail);
        deliver(&folder, "baba", &format!("{}.2.host:2,RS", now()), mail);
        deliver(&folder, "chiba", &format!("{}.3.host,S=9:2,", now()), mail);
        deliver(&folder, "chiba", "1500000000.4.host:2,S", mail);
        deliver(
            &folder,
            "doi",
            &format!("{}.5.host:2,S", now()),
            "Subject: y\r\n\r\nMessage-ID: <1@a.example>",
        );
        let mailboxes = Mailboxes::new(vec![folder.join("*/Maildir")]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let found = runtime.block_on(mailboxes.look(&["<1@a.example>".to_string()]));
        let want = [("ando", Done::Read), ("baba", Done::Answered), ("chiba", Done::Unread)];
        let want = want.into_iter().map(|(name, done)| (name.to_string(), done)).collect();
        assert_eq!(found, Found::Seen(want, false));
        // What was read is known by the name of the file and not opened again.
        let index = mailboxes.state.lock().unwrap().index.clone().unwrap();
        deliver(&folder, "ando", &format!("{}.6.host:2,", now()), mail);
        let again = Index::read(&mailboxes.patterns, &index);
        assert_eq!((index.files.len(), again.files.len()), (4, 5));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn without_mailboxes_nothing_is_said() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        assert_eq!(runtime.block_on(Mailboxes::default().look(&["x".into()])), Found::Off);
        assert_eq!(message_id(b"Subject: x\r\n\r\nMessage-ID: <a>"), None);
    }

    #[test]
    fn stars_stand_for_names() {
        let rows = [
            ("a", "*", true),
            ("ab", "a*", true),
            ("ab", "*b", true),
            ("a", "a*a", false),
            ("axbyc", "a*b*c", true),
            ("axyc", "a*b*c", false),
            ("abc", "a**c", true),
            ("b", "a*", false),
        ];
        for (name, pattern, want) in rows {
            assert_eq!(is_like(name, pattern), want, "{name} {pattern}");
        }
    }
}
