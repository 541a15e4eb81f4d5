//! The store of the desk: the one that `[store]` names, or one in the user's data folder.

use super::config::StoreSection;
use crate::store::{Retention, Store};
use anyhow::{Context, ensure};
use std::borrow::Cow;
use std::fs::DirBuilder;
use std::path::{Path, PathBuf};

/// Opens the store. The folder of a file is made if it is not there, for its owner alone.
///
/// # Errors
/// There is no data folder, the folder cannot be made, or the store does not open.
pub(super) async fn open(section: &StoreSection) -> anyhow::Result<Store> {
    let url = match &section.url {
        Some(url) => Cow::Borrowed(url.as_str()),
        None => Cow::Owned(default_path()?.to_string_lossy().into_owned()),
    };
    if let Some(folder) = folder(&url) {
        make_private(folder).with_context(|| folder.display().to_string())?;
    }
    Store::open(&url, section.key.as_deref()).await.context("the store")
}

/// Whether a section could be that of a store. Nothing is opened.
///
/// # Errors
/// It could not.
#[cfg(unix)]
pub(super) fn check(section: &StoreSection) -> anyhow::Result<()> {
    retention(section)?;
    match &section.url {
        Some(url) => Store::check(url, section.key.as_deref()).context("`url`"),
        None => default_path().map(drop),
    }
}

/// How much of it is kept.
///
/// # Errors
/// Nothing would be.
pub(super) fn retention(section: &StoreSection) -> anyhow::Result<Retention> {
    ensure!(section.days != Some(0), "[store]: `days` must be at least 1");
    Ok(Retention { days: section.days, bytes: section.bytes })
}

/// The folder of a store that is a file.
fn folder(url: &str) -> Option<&Path> {
    let path = url.strip_prefix("sqlite://").or(url.strip_prefix("sqlite:")).unwrap_or(url);
    let is_file = !path.contains("://");
    Path::new(path).parent().filter(|folder| is_file && !folder.as_os_str().is_empty())
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Of root, the place of the system; of others, the data folder of the XDG base directories.
fn default_path() -> anyhow::Result<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = folder("XDG_DATA_HOME").map(|folder| folder.join("tenpu"));
    #[cfg(unix)]
    let data = data.or_else(|| rustix::process::geteuid().is_root().then(|| PathBuf::from("/var/lib/tenpu")));
    #[cfg(windows)]
    let data = data.or_else(|| folder("LOCALAPPDATA").map(|folder| folder.join("tenpu")));
    let data = data.or_else(|| folder("HOME").map(|home| home.join(".local/share/tenpu")));
    let data =
        data.context("there is no data folder: say where the store is, in [store] of a configuration file")?;
    Ok(data.join("tenpu.db"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_have_a_folder() {
        let rows = [
            ("sqlite:/a/b.db", Some("/a")),
            ("sqlite:///a/b.db", Some("/a")),
            ("a/b.db", Some("a")),
            ("b.db", None),
            ("postgres://h/d", None),
        ];
        for (url, want) in rows {
            assert_eq!(folder(url), want.map(Path::new), "{url}");
        }
    }

    #[test]
    fn a_store_that_keeps_nothing_is_a_slip() {
        let none = StoreSection { days: Some(0), ..StoreSection::default() };
        assert!(retention(&none).unwrap_err().to_string().contains("days"));
        assert_eq!(retention(&StoreSection::default()).unwrap(), Retention::default());
    }
}
