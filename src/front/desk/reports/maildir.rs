//! The Maildir of reports: each file in `new` is looked at and moved to `cur` with the flag S. Nothing is ever deleted.

use super::{Arrived, handle};
use crate::front::desk::{Desk, time};
use crate::front::input;
use anyhow::ensure;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};
use tokio::task::spawn_blocking;

/// How often the folder is looked at.
const TICK: Duration = Duration::from_secs(3);

/// How long a mail that failed is left alone.
const AGAIN: Duration = Duration::from_secs(300);

/// The most mails of one look.
const MOST: usize = 1_000;

/// Whether the folder can be watched.
///
/// # Errors
/// It has no `new` and `cur`.
pub(super) fn check(path: &Path) -> anyhow::Result<()> {
    let is_maildir = path.join("new").is_dir() && path.join("cur").is_dir();
    ensure!(
        is_maildir,
        "[desk] `reports`: {} is no Maildir; it has no folders `new` and `cur`",
        path.display()
    );
    Ok(())
}

/// Looks at every mail that comes in, one after the other.
pub(super) async fn watch(desk: Arc<Desk>, path: PathBuf) {
    let mut failed: BTreeMap<OsString, Instant> = BTreeMap::new();
    loop {
        match blocking(&path, waiting).await {
            Ok(names) => {
                failed.retain(|name, since| names.contains(name) && since.elapsed() < AGAIN);
                for name in names {
                    if failed.contains_key(&name) {
                        continue;
                    }
                    if let Err(error) = one(&desk, &path, &name).await {
                        let shown = path.join("new").join(&name);
                        desk.reports.note_problem(&format!("{}: {error}", shown.display()));
                        failed.insert(name, Instant::now());
                    }
                }
            }
            Err(error) => {
                desk.reports.note_problem(&format!("{}: {error}", path.join("new").display()));
                tokio::time::sleep(AGAIN).await;
            }
        }
        tokio::time::sleep(TICK).await;
    }
}

/// Looks at one mail, and moves it once it and its answer are in the store. If the desk is stopped between the two, the
/// mail is looked at again; it has the same id then, and is neither stored nor answered twice.
async fn one(desk: &Arc<Desk>, path: &Path, name: &OsString) -> io::Result<()> {
    let limit = desk.engine.largest();
    let file = path.join("new").join(name);
    let arrived = blocking(&file, move |file| arrived(file, limit)).await?;
    handle(desk, arrived)
        .await
        .map_err(|fail| io::Error::other(format!("{}; it is tried again in some minutes", fail.id())))?;
    let (path, name) = (path.to_path_buf(), name.clone());
    spawn_blocking(move || settle(&path, &name)).await.map_err(io::Error::other)?
}

/// Work of the file system on a thread of its own.
async fn blocking<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let path = path.to_path_buf();
    spawn_blocking(move || work(&path)).await.map_err(io::Error::other)?
}

/// The files in `new`, in the order of their names, which begin with the time.
fn waiting(path: &Path) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path.join("new"))?.take(MOST) {
        let entry = entry?;
        // Links are left alone: they could lead to any file.
        let is_mail = entry.file_type()?.is_file() && !entry.file_name().to_string_lossy().starts_with('.');
        names.extend(is_mail.then(|| entry.file_name()));
    }
    names.sort();
    Ok(names)
}

fn arrived(file: &Path, limit: u64) -> io::Result<Arrived> {
    let modified = fs::symlink_metadata(file)?.modified()?;
    let since = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
    let received = i64::try_from(since.as_secs()).unwrap_or(0).min(time::now());
    let head = input::read_file(file, limit)?;
    Ok(Arrived { raw: head.bytes, size: head.size, received, sender: None })
}

/// Moves a mail to `cur` as one that was seen. A mail of that name that lies there is never written over.
fn settle(path: &Path, name: &OsString) -> io::Result<()> {
    let name = name.to_string_lossy();
    let plain = name.split(":2,").next().unwrap_or_default();
    let from = path.join("new").join(name.as_ref());
    for n in 0..100 {
        let more = if n == 0 { String::new() } else { format!("_{n}") };
        let to = path.join("cur").join(format!("{plain}{more}:2,S"));
        if !to.try_exists()? {
            return fs::rename(&from, &to);
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn mails_are_found_moved_and_never_written_over() {
        let path = std::env::temp_dir().join(format!("tenpu-reports-{}", std::process::id()));
        assert!(check(&path).is_err());
        for part in ["new", "cur"] {
            fs::create_dir_all(path.join(part)).unwrap();
        }
        check(&path).unwrap();
        for name in ["2.host", "1.host", ".hidden"] {
            fs::write(path.join("new").join(name), name).unwrap();
        }
        std::os::unix::fs::symlink("/etc/hostname", path.join("new/0.link")).unwrap();
        let names = waiting(&path).unwrap();
        assert_eq!(names, ["1.host", "2.host"]);
        fs::write(path.join("cur/1.host:2,S"), "older").unwrap();
        for name in &names {
            settle(&path, name).unwrap();
        }
        assert!(waiting(&path).unwrap().is_empty());
        let held = |name: &str| input::read_file(&path.join("cur").join(name), 99).unwrap().bytes;
        assert_eq!((held("1.host:2,S"), held("1.host_1:2,S")), (b"older".to_vec(), b"1.host".to_vec()));
        assert_eq!(arrived(&path.join("cur/2.host:2,S"), 3).unwrap().size, 6);
        fs::remove_dir_all(&path).unwrap();
    }
}
