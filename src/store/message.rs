//! A stored message: what is handed in, and what comes back.

use super::connect::sql;
use super::state::State;
use super::summary::column;
use super::{Answered, Error, Result, Store};
use crate::report::Report;
use crate::verdict::Verdict;
use sqlx::AnyConnection;
use sqlx::Row;
use sqlx::any::AnyRow;

/// A message to store.
#[derive(Clone, Copy, Debug)]
pub struct NewMessage<'a> {
    /// The id under which it was logged; empty if it has none yet, then it gets one.
    pub id: &'a str,
    /// Its bytes.
    pub raw: &'a [u8],
    /// What the scan said.
    pub report: &'a Report,
    /// Which way it came.
    pub source: Source,
    /// Who handed it in: the account that uploaded it, the address that forwarded it.
    pub reporter: &'a str,
    /// The sender of the envelope.
    pub sender: &'a str,
    /// The recipients of the envelope; those of the header are known from the report.
    pub recipients: &'a [String],
    /// The address of the client.
    pub client: &'a str,
    /// The queue id of the mail server.
    pub queue_id: &'a str,
    /// What was done with it: `accept`, `tag`, `quarantine` …
    pub action: &'a str,
    /// Which exceptions were applied when it was answered.
    pub answered: Answered<'a>,
    /// When it came, in seconds since 1970.
    pub received: i64,
}

/// Which way a message came into the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A mail server's milter connection.
    Milter,
    /// The clamd protocol.
    Clamd,
    /// `tenpu scan --store`.
    Scan,
    /// The page for uploads.
    Upload,
    /// The mailbox for reports.
    Mailbox,
}

/// What lists show of a message. All text is printable, without the passwords that were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its number: the later a message was stored, the greater.
    pub number: i64,
    /// Its id, short enough to be read out on the telephone.
    pub id: String,
    /// When it came, in seconds since 1970.
    pub received: i64,
    /// Which way it came.
    pub source: Source,
    /// The file it was read from.
    pub path: String,
    /// Who handed it in.
    pub reporter: String,
    /// The address of the client.
    pub client: String,
    /// The queue id of the mail server.
    pub queue_id: String,
    /// What was done with it when it came.
    pub action: String,
    /// The sender of the envelope.
    pub sender: String,
    /// The `From` header, decoded.
    pub shown_from: String,
    /// The address in it.
    pub address: String,
    /// The subject.
    pub subject: String,
    /// The `Message-ID`.
    pub message_id: String,
    /// The `Date` header as written.
    pub dated: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Bytes of the mail.
    pub size: i64,
    /// Whether the mail itself is still kept.
    pub is_kept: bool,
    /// The verdict.
    pub verdict: Verdict,
    /// 0 to 100.
    pub score: i64,
    /// Whether everything was read.
    pub complete: bool,
    /// Whether something in it is locked by a password nobody found.
    pub locked: bool,
    /// Whether it waits for a decision.
    pub state: State,
    /// The rule of the strongest finding; empty if there is none.
    pub rule: String,
    /// Its sentence in English.
    pub title: String,
    /// The same in Japanese.
    pub title_ja: String,
    /// Its evidence.
    pub evidence: String,
    /// Where it stands: `請求書.zip › 請求書.xls`.
    pub trail: String,
    /// The first reason for which something was not read; empty if all was.
    pub unread: String,
    /// How many recipients it names.
    pub recipients: i64,
    /// The campaign it belongs to.
    pub campaign: i64,
}

/// A message with its reports.
#[derive(Clone, Debug)]
pub struct Message {
    /// What lists show of it.
    pub summary: Summary,
    /// Its newest report. It names the passwords that were found.
    pub report: Report,
    /// Every report it had, the oldest first.
    pub versions: Vec<Version>,
}

/// That a report was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// When, in seconds since 1970.
    pub made: i64,
    /// What it said.
    pub verdict: Verdict,
    /// Its score.
    pub score: i64,
}

impl Store {
    /// A message with its newest report.
    ///
    /// # Errors
    /// There is none of that id, or its report does not open or cannot be read.
    pub async fn get(&self, id: &str) -> Result<Message> {
        let summary = self.summary(id).await?;
        let query = "SELECT version, made, verdict, score FROM reports WHERE message = $1 ORDER BY version";
        let rows = sqlx::query(query).bind(summary.number).fetch_all(&self.pool).await?;
        let versions = rows.iter().map(Version::read).collect::<Result<Vec<_>>>()?;
        let query = "SELECT version, sealed FROM reports WHERE message = $1 ORDER BY version DESC LIMIT 1";
        let newest = sqlx::query(query).bind(summary.number).fetch_optional(&self.pool).await?;
        let newest = newest.ok_or_else(|| Error::Damaged(id.to_string()))?;
        let (version, sealed): (i64, Vec<u8>) = (newest.try_get(0)?, newest.try_get(1)?);
        let text = self.seal.open(&report_owner(&summary.id, version), &sealed)?;
        let report = serde_json::from_slice(&text);
        let report = report.map_err(|error| Error::Report { id: summary.id.clone(), error })?;
        Ok(Message { summary, report, versions })
    }

    /// What lists show of a message.
    ///
    /// # Errors
    /// There is none of that id.
    pub async fn summary(&self, id: &str) -> Result<Summary> {
        let query = sql(format!("SELECT {HEAD} FROM messages m WHERE m.id = $1"));
        let row = sqlx::query(query).bind(column(id)).fetch_optional(&self.pool).await?;
        Summary::read(&row.ok_or_else(|| unknown(id))?)
    }

    /// The bytes of a message; none if they are no longer kept.
    ///
    /// # Errors
    /// There is no message of that id, or it does not open.
    pub async fn raw(&self, id: &str) -> Result<Option<Vec<u8>>> {
        let number = number(&mut *self.pool.acquire().await?, id).await?;
        let sealed = sqlx::query_scalar("SELECT sealed FROM raws WHERE message = $1");
        let sealed: Option<Vec<u8>> = sealed.bind(number).fetch_optional(&self.pool).await?;
        sealed.map(|sealed| heavy(|| self.seal.open(&raw_owner(id), &sealed))).transpose()
    }
}

/// The number of a message.
pub(super) async fn number(connection: &mut AnyConnection, id: &str) -> Result<i64> {
    let number = sqlx::query_scalar("SELECT number FROM messages WHERE id = $1");
    number.bind(column(id)).fetch_optional(connection).await?.ok_or_else(|| unknown(id))
}

/// No message has that id.
pub(super) fn unknown(id: &str) -> Error {
    Error::Unknown(column(id))
}

/// To what a sealed mail and a sealed report belong.
pub(super) fn raw_owner(id: &str) -> String {
    format!("mail {id}")
}

/// The same for a report.
pub(super) fn report_owner(id: &str, version: i64) -> String {
    format!("report {id} {version}")
}

/// Work of more than a moment, without holding up the other tasks of a runtime of several threads.
pub(super) fn heavy<T>(work: impl FnOnce() -> T) -> T {
    let flavor = tokio::runtime::Handle::try_current().map(|handle| handle.runtime_flavor());
    match flavor {
        Ok(tokio::runtime::RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// The columns of [`Summary::read`].
pub(super) const HEAD: &str = "m.number, m.id, m.received, m.source, m.path, m.reporter, m.client, m.queue_id, \
     m.action, m.sender, m.shown_from, m.address, m.subject, m.message_id, m.dated, m.sha256, m.size, m.kept, \
     m.verdict, m.score, m.complete, m.locked, m.state, m.rule, m.title, m.title_ja, m.evidence, m.trail, \
     m.unread, m.recipients, m.campaign";

impl Summary {
    /// Reads a row that begins with the columns of [`HEAD`].
    pub(super) fn read(row: &AnyRow) -> Result<Self> {
        let text = |name: &str| row.try_get::<String, _>(name);
        let count = |name: &str| row.try_get::<i64, _>(name);
        let id = text("id")?;
        let damaged = || Error::Damaged(id.clone());
        Ok(Self {
            number: count("number")?,
            received: count("received")?,
            source: Source::of(&text("source")?).ok_or_else(damaged)?,
            path: text("path")?,
            reporter: text("reporter")?,
            client: text("client")?,
            queue_id: text("queue_id")?,
            action: text("action")?,
            sender: text("sender")?,
            shown_from: text("shown_from")?,
            address: text("address")?,
            subject: text("subject")?,
            message_id: text("message_id")?,
            dated: text("dated")?,
            sha256: text("sha256")?,
            size: count("size")?,
            is_kept: count("kept")? > 0,
            verdict: verdict(count("verdict")?).ok_or_else(damaged)?,
            score: count("score")?,
            complete: count("complete")? != 0,
            locked: count("locked")? != 0,
            state: State::of_code(count("state")?).ok_or_else(damaged)?,
            rule: text("rule")?,
            title: text("title")?,
            title_ja: text("title_ja")?,
            evidence: text("evidence")?,
            trail: text("trail")?,
            unread: text("unread")?,
            recipients: count("recipients")?,
            campaign: count("campaign")?,
            id,
        })
    }
}

impl Version {
    fn read(row: &AnyRow) -> Result<Self> {
        let code = row.try_get("verdict")?;
        let verdict = verdict(code).ok_or_else(|| Error::Damaged(format!("verdict {code}")))?;
        Ok(Self { made: row.try_get("made")?, verdict, score: row.try_get("score")? })
    }
}

const VERDICTS: [Verdict; 4] = [Verdict::Clean, Verdict::Unverified, Verdict::Suspicious, Verdict::Malicious];

/// The verdict of a number.
pub(super) fn verdict(code: i64) -> Option<Verdict> {
    VERDICTS.get(usize::try_from(code).ok()?).copied()
}

/// The number of a verdict.
pub(super) fn verdict_code(verdict: Verdict) -> i64 {
    match verdict {
        Verdict::Clean => 0,
        Verdict::Unverified => 1,
        Verdict::Suspicious => 2,
        Verdict::Malicious => 3,
    }
}

const SOURCES: [(Source, &str); 5] = [
    (Source::Milter, "milter"),
    (Source::Clamd, "clamd"),
    (Source::Scan, "scan"),
    (Source::Upload, "upload"),
    (Source::Mailbox, "mailbox"),
];

impl Source {
    /// Its stable word.
    pub fn id(self) -> &'static str {
        SOURCES.iter().find(|(source, _)| *source == self).map_or("", |(_, id)| id)
    }

    /// Its bit among the sources of a campaign.
    pub(super) fn bit(self) -> i64 {
        SOURCES.iter().position(|(source, _)| *source == self).map_or(0, |place| 1 << place)
    }

    /// The source of a word.
    pub fn of(id: &str) -> Option<Self> {
        SOURCES.iter().find(|(_, known)| *known == id).map(|(source, _)| *source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::malicious;

    #[test]
    fn a_report_that_cannot_be_read_names_its_message() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = std::env::temp_dir().join(format!("tenpu-report-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        runtime.block_on(async {
            let store =
                Store::open(&format!("sqlite:{}", folder.join("a.db").display()), None).await.unwrap();
            let report = malicious();
            let mail = NewMessage {
                id: "m-1",
                raw: b"x",
                report: &report,
                source: Source::Scan,
                reporter: "",
                sender: "",
                recipients: &[],
                client: "",
                queue_id: "",
                action: "",
                answered: Answered::No,
                received: 0,
            };
            store.put(&mail).await.unwrap();
            for (text, word) in [("{}", "schema"), ("", "EOF"), ("\u{0}", "expected value")] {
                let sealed = store.seal.seal(&report_owner("m-1", 1), text.as_bytes()).unwrap();
                sqlx::query("UPDATE reports SET sealed = $1")
                    .bind(sealed)
                    .execute(&store.pool)
                    .await
                    .unwrap();
                let error = store.get("m-1").await.unwrap_err().to_string();
                assert!(error.contains("m-1") && error.contains(word), "{error}");
            }
            store.close().await;
        });
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
