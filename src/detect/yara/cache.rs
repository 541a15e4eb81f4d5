//! Compiled rules kept between runs, because compiling them costs a start many times what loading does.
//!
//! A compiled rule set holds machine code: whoever writes the file runs code as the reader. So a file is only
//! believed if nobody but ourselves (and root) could have written it: the folder is a real folder and ours, every
//! folder above it belongs to us or root and is not open to others (but for sticky ones such as a shared
//! temporary folder), the file is a regular one, ours, and not writable by others. A checksum finds what a full
//! disk or a crash left. On any doubt the answer is "not there", and the rules are compiled.

use std::path::PathBuf;

/// Where compiled rules are kept: `tenpu` in `$XDG_CACHE_HOME`, else in `~/.cache`; none without a home.
pub fn folder() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(base.join("tenpu"))
}

#[cfg(feature = "yara")]
pub(super) use kept::Cache;

#[cfg(all(feature = "yara", not(unix)))]
mod kept {
    use std::path::Path;

    /// Without file owners there is nothing to trust: rules are compiled at every start.
    pub(in super::super) enum Cache {}

    impl Cache {
        pub(in super::super) fn open(_folder: &Path) -> Option<Self> {
            None
        }

        pub(in super::super) fn read(&self, _name: &str) -> Option<Vec<u8>> {
            match *self {}
        }

        pub(in super::super) fn write(&self, _name: &str, _content: &[u8]) {
            match *self {}
        }
    }
}

#[cfg(all(feature = "yara", unix))]
mod kept {
    use crate::limits::{Budget, Limits};
    use sha2::{Digest, Sha256};
    use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
    use std::io::Write;
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
    use std::path::{Path, PathBuf};
    use std::time::SystemTime;

    /// A folder that nobody else can write to.
    pub(in super::super) struct Cache {
        folder: PathBuf,
        me: u32,
    }

    /// How many compiled rule sets are kept; the oldest go. One person tries few, and each takes about 1 MB.
    const KEPT: usize = 8;
    const SUFFIX: &str = "rules";
    const WRITABLE_BY_OTHERS: u32 = 0o022;
    const STICKY: u32 = 0o1000;

    impl Cache {
        /// The folder, made if it is not there; none where it cannot be trusted.
        pub(in super::super) fn open(folder: &Path) -> Option<Self> {
            // The owner of our own entry there is the user we act as; no other safe way in std tells.
            let me = fs::metadata("/proc/self").ok()?.uid();
            let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
            let found = made.and_then(|()| fs::symlink_metadata(folder)).ok()?;
            let folder = fs::canonicalize(folder).ok()?;
            let ours = found.is_dir() && found.uid() == me && found.mode() & WRITABLE_BY_OTHERS == 0;
            let shielded = folder.ancestors().skip(1).all(|above| is_shielded(above, me));
            (ours && shielded).then_some(Self { folder, me })
        }

        /// What was kept under that name, if nobody else can have written it and it is whole.
        pub(in super::super) fn read(&self, name: &str) -> Option<Vec<u8>> {
            let path = self.path(name);
            let named = fs::symlink_metadata(&path).ok().filter(|named| self.is_ours(named))?;
            let mut file = File::open(&path).ok()?;
            let opened = file.metadata().ok()?;
            if (named.dev(), named.ino()) != (opened.dev(), opened.ino()) {
                return None;
            }
            let got = Budget::new(&Limits::default()).read(&mut file);
            let (checksum, content) = got.bytes.split_first_chunk::<32>()?;
            let whole = got.broken.is_none() && *checksum == <[u8; 32]>::from(Sha256::digest(content));
            whole.then(|| content.to_vec())
        }

        /// Keeps something under a name; a cache that cannot be written to is no fault.
        pub(in super::super) fn write(&self, name: &str, content: &[u8]) {
            let passing = self.folder.join(format!("{name}.{}.tmp", std::process::id()));
            let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&passing);
            let Ok(mut file) = opened else { return };
            let written = file.write_all(&Sha256::digest(content)).and_then(|()| file.write_all(content));
            if written.and_then(|()| fs::rename(&passing, self.path(name))).is_err() {
                let _nothing_more_to_do = fs::remove_file(&passing);
            }
            self.forget_oldest();
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.join(format!("{name}.{SUFFIX}"))
        }

        fn is_ours(&self, found: &Metadata) -> bool {
            found.is_file() && found.uid() == self.me && found.mode() & WRITABLE_BY_OTHERS == 0
        }

        /// Removes the oldest rule sets, and what a crash left of writing one, beyond those that are kept.
        fn forget_oldest(&self) {
            let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
            let ours = |path: &PathBuf| path.extension().is_some_and(|end| end == SUFFIX || end == "tmp");
            let mut files: Vec<(SystemTime, PathBuf)> = entries
                .map(|entry| entry.path())
                .filter(ours)
                .filter_map(|path| Some((fs::symlink_metadata(&path).ok()?.modified().ok()?, path)))
                .collect();
            files.sort();
            for (_, path) in files.iter().rev().skip(KEPT) {
                let _nothing_more_to_do = fs::remove_file(path);
            }
        }
    }

    /// Whether others cannot rename what lies in a folder.
    fn is_shielded(folder: &Path, me: u32) -> bool {
        fs::symlink_metadata(folder).is_ok_and(|found| {
            let closed = found.mode() & WRITABLE_BY_OTHERS == 0 || found.mode() & STICKY != 0;
            found.is_dir() && closed && (found.uid() == me || found.uid() == 0)
        })
    }
}
