//! How the store reaches its database.

use super::{Error, Result, Store};
use sqlx::any::{Any, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool};
use sqlx::{AssertSqlSafe, Executor, Transaction};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The two databases, for the few statements in which they differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Embedded.
    Sqlite,
    /// A server.
    Postgres,
}

/// Where a store is.
pub(super) enum Place {
    /// A file, and its key.
    File { path: PathBuf, key: PathBuf },
    /// An address, and the key if one was named.
    Server { url: String, key: Option<PathBuf> },
}

/// Connections of one process. A single one writes in SQLite, the others read beside it.
const CONNECTIONS: u32 = 8;

/// Said to every connection to SQLite. `FULL`, because a mail in quarantine lies nowhere else.
const PRAGMAS: &str = "PRAGMA busy_timeout = 20000; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; \
                       PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; \
                       PRAGMA cache_size = -32768; PRAGMA mmap_size = 268435456;";

impl Place {
    /// Reads an address.
    pub(super) fn of(url: &str, key: Option<&Path>) -> Result<Self> {
        let key = key.map(Path::to_path_buf);
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Server { url: url.to_string(), key });
        }
        let path = url.strip_prefix("sqlite://").or(url.strip_prefix("sqlite:")).unwrap_or(url);
        if path.is_empty() || path.contains("://") || path.starts_with(':') {
            return Err(Error::Url(crate::text::printable(url)));
        }
        let beside = || PathBuf::from(format!("{path}.key"));
        Ok(Self::File { path: path.into(), key: key.unwrap_or_else(beside) })
    }

    /// Which database it is.
    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Self::File { .. } => Dialect::Sqlite,
            Self::Server { .. } => Dialect::Postgres,
        }
    }

    /// The path of the key file.
    pub(super) fn key(&self) -> Result<&Path> {
        match self {
            Self::File { key, .. } | Self::Server { key: Some(key), .. } => Ok(key),
            Self::Server { key: None, .. } => Err(Error::NoKeyPath),
        }
    }

    /// Connects. The file of a new SQLite database is readable by its owner alone, which its journals inherit.
    pub(super) async fn connect(&self) -> Result<AnyPool> {
        sqlx::any::install_default_drivers();
        self.key()?;
        let dialect = self.dialect();
        let url = match self {
            Self::File { path, .. } => {
                private_file(path, &[]).map_err(|error| file_error(path, error))?;
                format!("sqlite:{}", escaped(path))
            }
            Self::Server { url, .. } => url.clone(),
        };
        let options = AnyPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(Duration::from_secs(30))
            .after_connect(move |connection: &mut AnyConnection, _| {
                Box::pin(async move {
                    if dialect == Dialect::Sqlite {
                        connection.execute(sqlx::raw_sql(PRAGMAS)).await?;
                    }
                    Ok(())
                })
            });
        Ok(options.connect(&url).await?)
    }
}

impl Store {
    /// Begins a change. Those of one database go one after the other, so that counters and chains stay whole: SQLite
    /// has a single writer, and PostgreSQL gets a lock.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Any>> {
        Ok(begin(&self.pool, self.dialect).await?)
    }
}

/// The same for a pool.
pub(super) async fn begin(pool: &AnyPool, dialect: Dialect) -> sqlx::Result<Transaction<'static, Any>> {
    match dialect {
        Dialect::Sqlite => pool.begin_with("BEGIN IMMEDIATE").await,
        Dialect::Postgres => {
            let mut change = pool.begin().await?;
            sqlx::query("SELECT CAST(pg_advisory_xact_lock(1952804981) AS TEXT)")
                .execute(&mut *change)
                .await?;
            Ok(change)
        }
    }
}

/// A statement put together from our own words; values are never part of it.
pub(super) fn sql(text: String) -> AssertSqlSafe<String> {
    AssertSqlSafe(text)
}

/// Makes a file that only its owner can read, unless it is there. Whether it was made.
pub(super) fn private_file(path: &Path, content: &[u8]) -> std::io::Result<bool> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => {
            file.write_all(content)?;
            file.sync_all()?;
            Ok(true)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// An error with the file on which it happened.
pub(super) fn file_error(path: &Path, error: std::io::Error) -> Error {
    Error::File { path: path.display().to_string(), error }
}

/// A path as a part of a URL: what would end it or be read as an escape is written by number.
fn escaped(path: &Path) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    let bytes = path.as_os_str().as_encoded_bytes().iter();
    bytes
        .map(|byte| if is_plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_a_file_or_a_server() {
        for (url, path) in [
            ("sqlite:/a/b.db", "/a/b.db"),
            ("sqlite:///a/b.db", "/a/b.db"),
            ("b.db", "b.db"),
            ("/x y/b?.db", "/x y/b?.db"),
        ] {
            let Place::File { path: found, key } = Place::of(url, None).unwrap() else { panic!("{url}") };
            assert_eq!((found, key), (PathBuf::from(path), PathBuf::from(format!("{path}.key"))));
        }
        let server = Place::of("postgres://h/d", None).unwrap();
        assert!(matches!(server.key(), Err(Error::NoKeyPath)));
        for url in ["", "mysql://h/d", "sqlite::memory:", "sqlite:"] {
            assert!(matches!(Place::of(url, None), Err(Error::Url(_))), "{url}");
        }
        assert_eq!(escaped(Path::new("/x y/b?%.db")), "/x%20y/b%3F%25.db");
    }
}
