//! What the desk remembers.

use super::fail::Fail;
use crate::report::Report;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What somebody may do; each may what those before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(super) enum Role {
    /// Reads.
    Viewer,
    /// Uploads and decides.
    Operator,
    /// Everything.
    Administrator,
}

impl Role {
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Administrator => "administrator",
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) role: Role,
}

#[derive(Debug, Default)]
pub(super) struct Ledger(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    users: BTreeMap<String, (User, String)>,
    sessions: BTreeMap<String, (String, i64)>,
    messages: BTreeMap<String, (Stored, Vec<u8>)>,
}

#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) id: String,
    pub(super) received: i64,
    pub(super) report: Report,
    pub(super) reporter: String,
}

impl Ledger {
    pub(super) async fn open(_: Option<&std::path::Path>) -> anyhow::Result<Self> {
        Ok(Self::default())
    }
    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub(super) async fn has_users(&self) -> Result<bool, Fail> {
        Ok(!self.inner().users.is_empty())
    }
    pub(super) async fn add_user(&self, name: &str, role: Role, hash: String) -> Result<bool, Fail> {
        let user = User { name: name.into(), role };
        Ok(self.inner().users.insert(name.into(), (user, hash)).is_none())
    }
    pub(super) async fn hash_of(&self, name: &str) -> Result<Option<String>, Fail> {
        Ok(self.inner().users.get(name).map(|user| user.1.clone()))
    }
    pub(super) async fn set_hash(&self, name: &str, hash: String) -> Result<(), Fail> {
        if let Some(user) = self.inner().users.get_mut(name) {
            user.1 = hash;
        }
        Ok(())
    }
    pub(super) async fn start_session(&self, hash: &str, name: &str, expires: i64) -> Result<(), Fail> {
        self.inner().sessions.insert(hash.into(), (name.into(), expires));
        Ok(())
    }
    pub(super) async fn user_of_session(&self, hash: &str) -> Result<Option<User>, Fail> {
        let inner = self.inner();
        let name = inner.sessions.get(hash).filter(|session| session.1 > super::time::now());
        Ok(name.and_then(|(name, _)| inner.users.get(name)).map(|user| user.0.clone()))
    }
    pub(super) async fn end_session(&self, hash: &str) -> Result<(), Fail> {
        self.inner().sessions.remove(hash);
        Ok(())
    }
    pub(super) async fn end_sessions_of(&self, name: &str) -> Result<(), Fail> {
        self.inner().sessions.retain(|_, session| session.0 != name);
        Ok(())
    }
    pub(super) async fn put(&self, report: Report, raw: Vec<u8>, reporter: &str) -> Result<String, Fail> {
        let mut inner = self.inner();
        let id = format!("{}", inner.messages.len() + 1);
        let stored =
            Stored { id: id.clone(), received: super::time::now(), report, reporter: reporter.into() };
        inner.messages.insert(id.clone(), (stored, raw));
        Ok(id)
    }
    pub(super) async fn message(&self, id: &str) -> Result<Option<Stored>, Fail> {
        Ok(self.inner().messages.get(id).map(|known| known.0.clone()))
    }
    pub(super) async fn raw(&self, id: &str) -> Result<Option<Vec<u8>>, Fail> {
        Ok(self.inner().messages.get(id).map(|known| known.1.clone()))
    }
}
