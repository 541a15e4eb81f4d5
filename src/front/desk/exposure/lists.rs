//! The making of lists, and those that are kept for who asked.

use crate::front::complain;
use crate::front::desk::fail::Fail;
use crate::front::desk::secret;
use crate::front::exposure::tally::{People, Period, Tally};
use crate::front::exposure::{self};
use crate::front::input::{self, Emit};
use crate::message::neighbours::HEAD;
use std::collections::VecDeque;
use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// What is read for one list at most.
const MESSAGES: usize = 500_000;
const ADDRESSES: usize = 5_000_000;
const TIME: Duration = Duration::from_secs(600);

/// Threads that read. The pages need the others.
const JOBS: usize = 2;

/// Lists that are kept, and for how long.
const KEPT: usize = 8;
const HOUR: Duration = Duration::from_secs(3600);

/// What is read.
#[derive(Debug)]
pub(super) enum Mailbox {
    /// A Maildir, or any folder of mails.
    Folder(PathBuf),
    /// An mbox.
    Bytes(Vec<u8>),
}

/// A list that was made.
#[derive(Debug)]
pub(super) struct List {
    /// What its address ends in.
    pub(super) token: String,
    user: String,
    made: Instant,
    /// The list.
    pub(super) people: People,
    /// The period that was asked for.
    pub(super) period: Period,
    /// Messages that were read.
    pub(super) read: usize,
    /// Those of the period that bear no date.
    pub(super) undated: usize,
    /// Files that could not be read.
    pub(super) unread: usize,
    /// Whether not everything was looked at.
    pub(super) is_cut: bool,
}

/// All lists that are kept.
#[derive(Debug)]
pub(in crate::front::desk) struct Lists {
    kept: Mutex<VecDeque<Arc<List>>>,
    place: Arc<Semaphore>,
}

impl Default for Lists {
    fn default() -> Self {
        Self { kept: Mutex::default(), place: Arc::new(Semaphore::new(1)) }
    }
}

impl Lists {
    /// Makes a list; answers its token. None if another is being made.
    pub(super) fn make(
        &self,
        mailbox: Mailbox,
        period: Period,
        owners: Vec<String>,
        user: &str,
    ) -> Option<impl Future<Output = Result<String, Fail>>> {
        // The place is held by the thread, which goes on when the reader of the page has left.
        let place = self.place.clone().try_acquire_owned().ok()?;
        let work = spawn_blocking(move || {
            let _place = place;
            count(mailbox, period, &owners)
        });
        Some(async move {
            let list = work.await.map_err(|_| Fail::Fault)?.map_err(|error| {
                complain(&format!("a list of correspondents: {error}"));
                Fail::Fault
            })?;
            let token = secret::token().map_err(|_| Fail::Fault)?.chars().take(32).collect::<String>();
            self.keep(List { token: token.clone(), user: user.to_string(), ..list });
            Ok(token)
        })
    }

    fn keep(&self, list: List) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|list| list.made.elapsed() < HOUR);
        kept.push_back(Arc::new(list));
        if kept.len() > KEPT {
            kept.pop_front();
        }
    }

    /// A list of somebody.
    pub(super) fn get(&self, token: &str, user: &str) -> Option<Arc<List>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|list| list.made.elapsed() < HOUR);
        kept.iter().find(|list| secret::same(&list.token, token) && list.user == user).cloned()
    }
}

/// Reads a mailbox.
fn count(mailbox: Mailbox, period: Period, owners: &[String]) -> std::io::Result<List> {
    let made = Instant::now();
    let (mut unread, mut is_cut) = (0, false);
    let mut goes_on = |tally: &Tally| {
        is_cut = tally.read >= MESSAGES || tally.addresses >= ADDRESSES || made.elapsed() > TIME;
        !is_cut
    };
    let feed = move |emit: &mut Emit| match &mailbox {
        Mailbox::Folder(path) => input::each(std::slice::from_ref(path), HEAD, emit),
        Mailbox::Bytes(bytes) => input::bytes(bytes, HEAD, emit),
    };
    let tally = exposure::count(feed, JOBS, period, &mut |_| unread += 1, &mut goes_on)?;
    let (read, undated) = (tally.read, tally.undated);
    let people = tally.finish(owners);
    let (token, user) = (String::new(), String::new());
    Ok(List { token, user, made: Instant::now(), people, period, read, undated, unread, is_cut })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MBOX: &[u8] = b"From a@b.example Fri Mar  4 09:12:00 2022\nFrom: a@b.example\nTo: me@city.example\n\nx\n\n\
                          From me@city.example Fri Mar  4 09:13:00 2022\nFrom: me@city.example\nTo: c@d.example\n\ny\n";

    #[test]
    fn a_list_is_for_who_asked() {
        let lists = Lists::default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let token = runtime.block_on(async {
            let mailbox = Mailbox::Bytes(MBOX.to_vec());
            let making = lists.make(mailbox, Period::default(), Vec::new(), "山田").unwrap();
            let other = lists.make(Mailbox::Bytes(Vec::new()), Period::default(), Vec::new(), "山田");
            assert!(other.is_none(), "one at a time");
            making.await.unwrap()
        });
        let list = lists.get(&token, "山田").unwrap();
        let people: Vec<_> = list.people.people.iter().map(|person| person.address.as_str()).collect();
        assert_eq!((people, list.read, list.is_cut), (vec!["a@b.example", "c@d.example"], 2, false));
        assert!(lists.get(&token, "佐藤").is_none() && lists.get("", "山田").is_none());
        for _ in 0..KEPT {
            lists.keep(List {
                people: People::default(),
                token: "t".into(),
                user: "u".into(),
                ..list_of(&list)
            });
        }
        assert!(lists.get(&token, "山田").is_none(), "the oldest goes");
    }

    fn list_of(list: &List) -> List {
        let List { period, read, undated, unread, is_cut, made, .. } = *list;
        let (people, token, user) = (People::default(), String::new(), String::new());
        List { token, user, made, people, period, read, undated, unread, is_cut }
    }
}
