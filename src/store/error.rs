//! What can go wrong with the store.

/// An answer of the store.
pub type Result<T> = std::result::Result<T, Error>;

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What the database answered.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// No address of a database.
    #[error("{0}: not a store; write sqlite:/path, a path, or postgres://…")]
    Url(String),
    /// A PostgreSQL database has no folder in which a key could lie.
    #[error("a store in PostgreSQL needs the path of its key file")]
    NoKeyPath,
    /// The key file or the folder of the database could not be read or made.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// The key file is not there, but the database was filled with one.
    #[error("{0}: the key file of this store is missing; without it nothing in the store can be read")]
    KeyMissing(String),
    /// The key file holds something else than a key.
    #[error("{0}: not a key file, which is 32 bytes")]
    NoKey(String),
    /// The key is another one.
    #[error("{0}: this key file is not the one this store was filled with")]
    WrongKey(String),
    /// A newer tenpu made the database.
    #[error("the store has schema {found}, this tenpu knows up to {known}: use a newer tenpu")]
    Newer {
        /// The version found.
        found: i64,
        /// The newest version known.
        known: i64,
    },
    /// Something stored was changed or cut.
    #[error("{0}: what is stored is damaged or was changed")]
    Damaged(String),
    /// The report of a message is none that this tenpu can read.
    #[error("the report of message {id}: {error}")]
    Report {
        /// The message.
        id: String,
        /// Why.
        error: serde_json::Error,
    },
    /// There is no such thing.
    #[error("{0}: not in the store")]
    Unknown(String),
    /// It is there already.
    #[error("{0}: is in the store already")]
    Exists(String),
    /// A value that cannot be stored.
    #[error("{0}")]
    Invalid(String),
    /// The system gives no random bytes.
    #[error("no random bytes: {0}")]
    Random(String),
}
