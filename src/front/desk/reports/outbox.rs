//! Sends the answers that wait in the store, one after the other, with growing pauses while the mail server is away.
//!
//! An answer goes out once: its row is deleted as soon as the server has taken it, and a desk that is told to stop first
//! waits for the letter that is under way. What is left is what SMTP leaves to every client (RFC 5321 section 4.5.4.1,
//! RFC 1047): if the machine or the database fails between the word of the server and the deletion, the letter is sent
//! again. It then bears the same `Message-ID`, by which many servers drop the second one.

use crate::front::desk::smtp::{self, Refused, Server};
use crate::front::desk::{Desk, time};
use crate::store::{self, Envelope, Unsent};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// How often it is looked for answers that are due, besides when one was written.
const TICK: Duration = Duration::from_secs(15);

/// The longest that sending one may take, and for how many seconds it belongs to the desk that sends it, which is more.
const LONGEST: Duration = Duration::from_secs(25 * 60);
const HELD: i64 = 30 * 60;

/// Seconds before an answer is tried the second time, and the most between two tries.
const FIRST_PAUSE: i64 = 60;
const LONGEST_PAUSE: i64 = 3600;

/// Seconds after which an answer is given up.
const GIVEN_UP: i64 = 3 * 86_400;

/// How long the letter under way is waited for when the desk stops.
const FAREWELL: Duration = Duration::from_secs(10);

/// How long until a database that failed is told again that a letter was sent.
const AGAIN: Duration = Duration::from_secs(5);

/// By what the sender is woken.
#[derive(Debug, Default)]
pub(in crate::front::desk) struct Bell {
    rung: Notify,
    is_stopping: AtomicBool,
}

impl Bell {
    /// There is an answer to send.
    pub(super) fn ring(&self) {
        self.rung.notify_one();
    }

    fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::SeqCst)
    }
}

/// The task that sends.
pub(in crate::front::desk) struct Sender {
    desk: Arc<Desk>,
    task: JoinHandle<()>,
}

impl Sender {
    /// Starts it.
    pub(in crate::front::desk) fn start(desk: &Arc<Desk>) -> Self {
        Self { desk: desk.clone(), task: tokio::spawn(work(desk.clone())) }
    }

    /// Ends it, if it can be after the letter that is under way.
    pub(in crate::front::desk) async fn stop(mut self) {
        self.desk.bell.is_stopping.store(true, Ordering::SeqCst);
        self.desk.bell.ring();
        if timeout(FAREWELL, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

/// Sends what is due until the desk stops.
async fn work(desk: Arc<Desk>) {
    let mut is_begun = false;
    while !desk.bell.is_stopping() {
        if let Err(error) = step(&desk, &mut is_begun).await {
            desk.reports.note_problem(&format!("answers to reporters: {error}"));
        }
        let _rung = timeout(TICK, desk.bell.rung.notified()).await;
    }
}

async fn step(desk: &Desk, is_begun: &mut bool) -> store::Result<()> {
    if !*is_begun {
        // A server that was away when the desk stopped may be there again.
        desk.store.retry_answers().await?;
        *is_begun = true;
    }
    round(desk).await
}

/// Sends what is due. The first that finds no server ends the round: the others would find none either.
async fn round(desk: &Desk) -> store::Result<()> {
    while !desk.bell.is_stopping() {
        let Some(unsent) = desk.store.next_answer(HELD).await? else { return Ok(()) };
        match send(desk.settings.smtp.as_ref(), &unsent).await {
            Ok(()) => sent(desk, &unsent).await?,
            Err(why) => {
                let next = next_try(&why, (unsent.made, unsent.attempts), time::now());
                let what = if let Some(next) = next {
                    desk.store.put_off_answer(&unsent, next).await?;
                    "has to wait"
                } else {
                    desk.store.give_up_answer(&unsent, &why.to_string()).await?;
                    "is given up"
                };
                let problem = format!("the answer to the report {} {what}: {why}", unsent.message);
                desk.reports.note_problem(&problem);
                if matches!(why, Refused::Connection(_)) {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

async fn send(server: Option<&Server>, unsent: &Unsent) -> Result<(), Refused> {
    let Some(server) = server else {
        return Err(Refused::Connection("[desk] `smtp` is not set".into()));
    };
    let envelope = Envelope { sender: String::new(), recipients: vec![unsent.recipient.clone()] };
    let sent = timeout(LONGEST, smtp::deliver(server, &envelope, &unsent.letter)).await;
    sent.unwrap_or(Err(Refused::Unclear))
}

/// Deletes what was sent. While the database fails it is told again, as long as nobody else gets the letter.
async fn sent(desk: &Desk, unsent: &Unsent) -> store::Result<()> {
    let until = time::now().saturating_add(HELD - i64::try_from(LONGEST.as_secs()).unwrap_or(0));
    loop {
        match desk.store.answer_sent(unsent).await {
            Err(error) if time::now() < until => {
                desk.reports.note_problem(&format!("answers to reporters: {error}"));
                sleep(AGAIN).await;
            }
            ended => return ended,
        }
    }
}

/// When an answer is tried again that was written at a time and tried so often; none if it is given up.
fn next_try(why: &Refused, (made, attempts): (i64, i64), now: i64) -> Option<i64> {
    let is_over = is_final(why) || now.saturating_sub(made) >= GIVEN_UP;
    (!is_over).then(|| now.saturating_add(pause(attempts)))
}

/// Whether another try would change nothing, or could make a second letter of one that was taken.
fn is_final(why: &Refused) -> bool {
    match why {
        Refused::Unclear | Refused::Address(_) => true,
        // Those before are between the two machines, and whoever runs them may put them right.
        Refused::Answer { step, answer } => {
            let is_about_the_mail = ["MAIL", "RCPT", "DATA"].iter().any(|about| step.starts_with(about));
            is_about_the_mail && answer.starts_with('5')
        }
        Refused::Connection(_) | Refused::Lacks(_) => false,
    }
}

/// Seconds until the next try: a minute, two, four … an hour.
fn pause(attempts: i64) -> i64 {
    let doubled = attempts.saturating_sub(1).clamp(0, 30);
    FIRST_PAUSE.saturating_mul(1 << doubled).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour() {
        let pauses: Vec<i64> = (0..9).map(pause).collect();
        assert_eq!(pauses, [60, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
        assert_eq!((pause(i64::MAX), pause(i64::MIN)), (3600, 60));
    }

    #[test]
    fn only_what_may_change_is_tried_again() {
        let answer = |step: &str, answer: &str| Refused::Answer { step: step.into(), answer: answer.into() };
        let rows = [
            (Refused::Connection("away".into()), false),
            (Refused::Lacks("STARTTLS"), false),
            (Refused::Unclear, true),
            (Refused::Address("a b".into()), true),
            (answer("RCPT a@b.test", "550 5.1.1 unknown"), true),
            (answer("RCPT a@b.test", "450 4.2.0 greylisted"), false),
            (answer("DATA", "554 5.7.1 no"), true),
            (answer("DATA", "452 4.3.1 full"), false),
            (answer("AUTH", "535"), false),
            (answer("greeting", "554 no"), false),
        ];
        for (why, want) in rows {
            assert_eq!(next_try(&why, (1_000, 1), 2_000), (!want).then_some(2_060), "{why}");
        }
        let away = Refused::Connection("away".into());
        let three_days = 1_000 + 3 * 86_400;
        assert_eq!(next_try(&away, (1_000, 80), three_days - 1), Some(three_days + 3599));
        assert_eq!(next_try(&away, (1_000, 80), three_days), None);
    }
}
