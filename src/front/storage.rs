//! `[store]` of the configuration file: where the store is, and how long it keeps mails.

use super::config;
use crate::store::{Retention, Store};
use anyhow::{Context, ensure};
use serde::Deserialize;
use std::fs::DirBuilder;
use std::path::{Path, PathBuf};

/// Where the store is and what it forgets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Storage {
    url: String,
    key: Option<PathBuf>,
    /// What is forgotten.
    pub(super) retention: Retention,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Section {
    /// `sqlite:/path`, a path, or `postgres://…`.
    url: Option<String>,
    /// The file of the key, relative to the configuration file.
    key: Option<PathBuf>,
    days: Option<u32>,
    bytes: Option<u64>,
}

impl Storage {
    /// Reads `[store]` of the file, if there is one; else the store is in the user's data folder.
    ///
    /// # Errors
    /// The file cannot be read or holds what it must not, or there is no data folder.
    pub(super) fn read(path: Option<&Path>) -> anyhow::Result<Self> {
        let section = path.map(config::sections).transpose()?.and_then(|mut all| all.remove("store"));
        let section: Option<Section> = section.map(toml::Value::try_into).transpose().context("[store]")?;
        let Section { url, key, days, bytes } = section.unwrap_or_default();
        ensure!(days != Some(0), "[store]: `days` must be at least 1");
        let folder = path.and_then(Path::parent).unwrap_or(Path::new(""));
        let url = match url {
            Some(url) => url,
            None => default_path()?.to_string_lossy().into_owned(),
        };
        Ok(Self { url, key: key.map(|key| folder.join(key)), retention: Retention { days, bytes } })
    }

    /// Opens the store. Its folder is made if it is not there, for its owner alone.
    ///
    /// # Errors
    /// The folder cannot be made, or the store does not open.
    pub(super) async fn open(&self) -> anyhow::Result<Store> {
        if !self.url.contains("://") {
            let path = Path::new(self.url.strip_prefix("sqlite:").unwrap_or(&self.url));
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                make_private(folder).with_context(|| folder.display().to_string())?;
            }
        }
        Store::open(&self.url, self.key.as_deref()).await.context("the store")
    }
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

    fn read(name: &str, text: &str) -> anyhow::Result<Storage> {
        let path = std::env::temp_dir().join(format!("tenpu-storage-{}-{name}.toml", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let storage = Storage::read(Some(&path));
        std::fs::remove_file(&path).unwrap();
        storage
    }

    #[test]
    fn the_section_is_read() {
        let storage = read("good", "[store]\nurl = \"postgres://h/d\"\nkey = \"k\"\ndays = 90\n").unwrap();
        let retention = Retention { days: Some(90), bytes: None };
        let key = Some(std::env::temp_dir().join("k"));
        assert_eq!(storage, Storage { url: "postgres://h/d".into(), key, retention });
        assert!(read("none", "[scan]\n").unwrap().url.ends_with("tenpu.db"));
        for (n, text) in ["[store]\npath = \"x\"\n", "[store]\ndays = 0\n"].iter().enumerate() {
            assert!(format!("{:#}", read(&format!("bad{n}"), text).unwrap_err()).contains("[store]"));
        }
    }
}
