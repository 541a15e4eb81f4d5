//! What the desk remembers: messages with their reports, decisions, accounts and the audit log, in an embedded SQLite or
//! in a PostgreSQL that several machines share. See docs/store.md for what is kept where and for how long.
//!
//! One schema serves both databases: numbered files in `migrations/`, run when the store is opened; what the databases do
//! differently stands in a second file of the same number. Times are seconds since 1970, UTC. Mails, reports, notes of
//! passwords and answers that wait are packed and encrypted (module `seal`) before they reach the database; every other column is text that went
//! through `text::printable`, without the passwords that the report names.

mod accounts;
mod audit;
mod campaign;
mod connect;
mod decisions;
mod envelope;
mod error;
mod exceptions;
mod key;
mod letters;
mod message;
mod migrate;
mod outbox;
mod put;
mod queue;
mod related;
mod release;
mod renew;
mod retention;
mod seal;
mod search;
mod state;
mod status;
mod summary;

pub use accounts::{Role, Session, Token, User, UserChange, hash_password, is_password};
pub use audit::{Audited, Entry};
pub use decisions::{Decision, Ruling};
pub use envelope::Envelope;
pub use error::{Error, Result};
pub use exceptions::{Answered, Exception, NewException};
pub use letters::{HOURS, Locked, Told};
pub use message::{Message, NewMessage, Source, Summary, Version};
pub use outbox::Unsent;
pub use put::new_id;
pub use queue::{Counts, Filter, Listing, Order, Page, Row};
pub use related::{Recipient, Sighting};
pub use release::Begun;
pub use retention::{Pruned, Retention};
pub use state::State;
pub use status::Status;

use connect::Dialect;
use seal::Seal;
use sqlx::AnyPool;
use std::path::Path;
use std::sync::Arc;

/// The store. Cheap to clone; every clone shares the connections.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
    dialect: Dialect,
    seal: Arc<Seal>,
}

impl Store {
    /// Opens a store, and makes it where there is none: `sqlite:/var/lib/tenpu/tenpu.db`, the path alone, or
    /// `postgres://…`. The key file is made too if the database is new; for SQLite it lies beside the database unless
    /// another place is given.
    ///
    /// # Errors
    /// The database cannot be reached, was made by a newer tenpu, or the key file is not the one it was filled with.
    pub async fn open(url: &str, key: Option<&Path>) -> Result<Self> {
        let place = connect::Place::of(url, key)?;
        let pool = place.connect().await?;
        let dialect = place.dialect();
        migrate::run(&pool, dialect).await?;
        let seal = Arc::new(key::open(&pool, place.key()?).await?);
        Ok(Self { pool, dialect, seal })
    }

    /// Whether such an address and key could be those of a store. Nothing is opened.
    ///
    /// # Errors
    /// They could not.
    pub fn check(url: &str, key: Option<&Path>) -> Result<()> {
        connect::Place::of(url, key)?.key().map(drop)
    }

    /// Waits for what is under way and closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }
}

/// Seconds since 1970.
pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Bytes in lower-case hex.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of bytes in hex.
fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    hex(&sha2::Sha256::digest(bytes))
}

/// Random bytes of the system.
fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::Random(error.to_string()))?;
    Ok(bytes)
}
