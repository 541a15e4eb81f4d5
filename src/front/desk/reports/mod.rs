//! Mails that staff hand on to have them looked at: what is inside is scanned and stored, and who handed it on gets an
//! answer in their language.
//!
//! They come in through a Maildir ([`maildir`]) or over LMTP ([`lmtp`]); answers go out through the [`outbox`]. A file of the
//! Maildir comes to the queue once, even if the desk was stopped before it was moved: the id is made of its bytes and the
//! time it came. So does a mail that the mail server sends over LMTP again, as long as the desk runs.

pub(super) mod answer;
mod letter;
mod lmtp;
mod maildir;
pub(super) mod outbox;

use super::Desk;
use super::engine::Share;
use super::fail::Fail;
use super::intake::Handed;
use crate::front::complain;
use crate::report::Report;
use crate::scan::Input;
use crate::store::Source;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinSet;

/// What the page of the operator tells of the ways in.
#[derive(Debug, Default)]
pub(super) struct Watch {
    seen: Mutex<Seen>,
    /// When mails came over LMTP, the newest last. What a mail server did not hear the answer to it sends once more.
    came: Mutex<VecDeque<(Mark, i64)>>,
}

/// By what a mail is known that comes a second time.
type Mark = [u8; 32];

/// Mails that are known.
const KNOWN: usize = 2_000;

/// What was seen since the desk was started.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// When the last mail came in.
    pub(super) last: Option<i64>,
    /// How many did.
    pub(super) mails: u64,
    /// What went wrong last, and when.
    pub(super) problem: Option<(i64, String)>,
}

impl Watch {
    /// What was seen.
    pub(super) fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When the same mail came first, which may be now; so it gets the same id.
    fn came(&self, raw: &[u8], now: i64) -> i64 {
        let mark: Mark = Sha256::digest(raw).into();
        let mut came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, first)) = came.iter().find(|(known, _)| *known == mark) {
            return *first;
        }
        if came.len() >= KNOWN {
            came.pop_front();
        }
        came.push_back((mark, now));
        now
    }

    fn note_mail(&self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.last = Some(super::time::now());
        seen.mails += 1;
    }

    fn note_problem(&self, problem: &str) {
        complain(problem);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.problem = Some((super::time::now(), problem.to_string()));
    }
}

/// Starts to watch every way in that the configuration names.
///
/// # Errors
/// The mailbox is no Maildir, or an address cannot be used.
pub(super) fn start(desk: &Arc<Desk>) -> anyhow::Result<JoinSet<()>> {
    let mut watching = JoinSet::new();
    if let Some(path) = &desk.settings.reports {
        maildir::check(path)?;
        watching.spawn(maildir::watch(desk.clone(), path.clone()));
    }
    if let Some(listen) = &desk.settings.lmtp {
        watching.spawn(lmtp::open(listen)?.serve(desk.clone()));
    }
    Ok(watching)
}

/// A mail that came in.
struct Arrived {
    raw: Vec<u8>,
    /// Its whole size, which is more where the limit cut it.
    size: u64,
    /// When, in seconds since 1970.
    received: i64,
    /// The sender of the envelope, where the delivery tells it.
    sender: Option<String>,
}

/// Scans and stores what a mail hands on, and has the answer wait in the store, if there is to be one; the ids of what was
/// handed on. Whoever handed the mail over may forget it then.
///
/// # Errors
/// Too much is going on, or the store fails; then the mail is to be tried again.
async fn handle(desk: &Desk, arrived: Arrived) -> Result<Vec<String>, Fail> {
    let mut share = Share::default();
    desk.engine.grow(&mut share, (arrived.raw.len() as u64).saturating_mul(4))?;
    let Arrived { raw, size, received, sender } = arrived;
    let input = Input { bytes: raw.clone(), size, is_message: true, ..Input::default() };
    // Where reading it failed it is scanned as it is.
    let mut forwarded = desk.engine.take_apart(input).await?.unwrap_or_default();
    if let Some(sender) = sender {
        forwarded.is_automatic |= sender.is_empty();
        forwarded.return_path = Some(sender.to_lowercase());
    }
    let from = forwarded.from.as_ref().map(|from| from.address.clone());
    let reporter = from.or_else(|| forwarded.return_path.clone()).unwrap_or_default();
    let digest = Sha256::digest(&raw);
    let missing = size.saturating_sub(raw.len() as u64);
    let is_inline = forwarded.parts.is_empty();
    let mut handed: Vec<Handed> = std::mem::take(&mut forwarded.parts)
        .into_iter()
        .map(|part| Handed {
            name: part.name,
            size: part.size.saturating_add(missing),
            bytes: part.bytes,
            is_message: part.is_message,
            ..Handed::default()
        })
        .collect();
    if is_inline {
        handed.push(Handed { bytes: raw, size, is_message: true, ..Handed::default() });
    }
    let mut taken = Vec::new();
    for (place, part) in handed.into_iter().enumerate() {
        let id = id(received, &digest, place);
        let part = Handed { id, reporter: reporter.clone(), received, source: Source::Mailbox, ..part };
        let one = desk.take_in(part).await?;
        desk.store.audit("tenpu", "report-mail", &one.id, &reporter).await?;
        taken.push((one.id, one.report));
    }
    let answer = answer::Answer::to(&forwarded, &taken, is_inline, &desk.settings);
    let ids: Vec<String> = taken.into_iter().map(|(id, _): (String, Report)| id).collect();
    if let (Some(answer), Some(id), Some(_)) = (answer, ids.first(), &desk.settings.smtp) {
        desk.store.queue_answer(id, &answer.recipient, &answer.mail).await?;
        desk.bell.ring();
    }
    desk.reports.note_mail();
    Ok(ids)
}

/// The id of one part of a mail.
fn id(received: i64, digest: &[u8], place: usize) -> String {
    let mark: String = digest.iter().take(3).map(|byte| format!("{byte:02x}")).collect();
    let start = format!("{:x}-{mark}", received.max(0));
    if place == 0 { start } else { format!("{start}-{}", place + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_that_comes_again_came_when_it_came_first() {
        let watch = Watch::default();
        assert_eq!([watch.came(b"a", 1), watch.came(b"b", 2), watch.came(b"a", 3)], [1, 2, 1]);
        (0..KNOWN).for_each(|n| assert_eq!(watch.came(n.to_string().as_bytes(), 4), 4));
        assert_eq!((watch.came(b"a", 5), watch.came.lock().unwrap().len()), (5, KNOWN));
    }

    #[test]
    fn the_id_of_a_report_is_the_same_whenever_it_is_read() {
        let digest = Sha256::digest(b"mail");
        let first = id(0x6200_0000, &digest, 0);
        assert!(first.starts_with("62000000-") && first.len() == 15, "{first}");
        assert_eq!(id(0x6200_0000, &digest, 1), format!("{first}-2"));
    }
}
