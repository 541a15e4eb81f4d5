//! Which mails belong to one attack.
//!
//! The rule: every message has marks ([`marks`]), the strongest first. A new message joins the campaign that bears
//! its strongest shared mark, if a message with that mark came within [`DAYS`] days of it; else it begins one. Then
//! its marks lead to its campaign, except those that still lead to another. So the same messages in the same order
//! always fall into the same campaigns.

use super::Result;
use super::message::{NewMessage, verdict_code};
use super::state::State;
use super::summary::fold;
use crate::kind::{Class, Kind};
use crate::report::{ArtifactEntry, Report};
use crate::text::printable;
use crate::verdict::Verdict;
use sqlx::AnyConnection;
use sqlx::Row;

/// Days after which a mark no longer joins.
const DAYS: i64 = 14;

/// Marks of one kind that a message has at most.
const EACH: usize = 20;

/// By what a message is known to others of its attack, the strongest first: the hash of an attachment, the hash of
/// macro source, the pattern of a name inside, the host of an address found in code, the family of the subject.
///
/// Pictures are no marks, for every letter of a firm has its logo. Names, hosts and subjects are common words, so that
/// they join only mails about which the same is said: dangerous, not verified, or nothing found; names and hosts of mails
/// in which nothing was found are no marks at all.
pub(super) fn marks(report: &Report) -> Vec<String> {
    let said = match report.verdict {
        Verdict::Clean => "clean",
        Verdict::Unverified => "unverified",
        Verdict::Suspicious | Verdict::Malicious => "flagged",
    };
    let is_quiet = report.verdict == Verdict::Clean;
    let hide = |text: &str| printable(&report.without_passwords(text));
    let files = report.artifacts.iter().filter(|one| one.via == "attachment" && is_telling(one));
    let macros = report.artifacts.iter().filter(|one| class(one) == Some(Class::Source) && one.size >= 40);
    let inner = report.artifacts.iter().filter(|one| !is_quiet && is_member(report, one));
    let links = report.indicators.iter().filter(|one| !is_quiet && one.kind == "url");
    let hosts = links.filter_map(|one| host(&hide(&one.value)));
    let subject = family(&hide(report.subject.as_deref().unwrap_or_default()));
    let mut marks = Vec::new();
    add(&mut marks, files.map(|one| format!("file {}", one.sha256)));
    add(&mut marks, macros.map(|one| format!("macro {}", one.sha256)));
    add(&mut marks, inner.map(|one| format!("name {said} {}", pattern(&hide(&one.name)))));
    add(&mut marks, hosts.map(|host| format!("host {said} {host}")));
    add(&mut marks, subject.map(|subject| format!("subject {said} {subject}")).into_iter());
    marks
}

fn add(marks: &mut Vec<String>, of_a_kind: impl Iterator<Item = String>) {
    for mark in of_a_kind.take(EACH).map(|mark| mark.chars().take(300).collect::<String>()) {
        if !marks.contains(&mark) {
            marks.push(mark);
        }
    }
}

fn class(artifact: &ArtifactEntry) -> Option<Class> {
    Kind::named(artifact.format).map(|kind| kind.class)
}

/// Whether an attachment tells one attack from another.
fn is_telling(artifact: &ArtifactEntry) -> bool {
    artifact.size >= 16 && !matches!(class(artifact), Some(Class::Media | Class::Text | Class::Message))
}

/// A file of an archive that was attached.
fn is_member(report: &Report, artifact: &ArtifactEntry) -> bool {
    let parent = artifact.parent.and_then(|parent| report.artifact(parent));
    let in_archive = parent.and_then(class) == Some(Class::Archive);
    in_archive && artifact.name.chars().count() >= 4
}

/// A name with its digits folded: `Invoice 0312-7.xls` is `invoice #-#.xls`.
fn pattern(name: &str) -> String {
    let mut out = String::new();
    for c in fold(name).trim().chars() {
        if !c.is_numeric() {
            out.push(c);
        } else if !out.ends_with('#') {
            out.push('#');
        }
    }
    out
}

/// The host of a web address.
pub(super) fn host(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?.trim_end_matches('.');
    host.contains('.').then(|| fold(host))
}

/// A subject without reply marks, its digits folded; none if too little is left to tell it from others.
fn family(subject: &str) -> Option<String> {
    let folded = fold(subject);
    let mut rest = folded.trim();
    while let Some(shorter) = REPLIES.iter().find_map(|mark| rest.strip_prefix(mark)) {
        rest = shorter.trim_start();
    }
    let pattern = pattern(rest);
    let letters = pattern.chars().filter(|c| c.is_alphabetic()).count();
    (letters >= 4).then_some(pattern)
}

/// What replies and forwards put before a subject.
const REPLIES: &[&str] =
    &["re:", "fw:", "fwd:", "aw:", "wg:", "sv:", "rv:", "tr:", "vs:", "返信:", "転送:", "[external]"];

/// Finds the campaign of a new message, or begins one.
pub(super) async fn join(change: &mut AnyConnection, marks: &[String], received: i64) -> Result<i64> {
    let mut known = Vec::new();
    for mark in marks {
        let query = sqlx::query("SELECT campaign, seen FROM campaign_keys WHERE mark = $1");
        let row = query.bind(mark).fetch_optional(&mut *change).await?;
        let (campaign, seen) = match row {
            Some(row) => (row.try_get::<i64, _>(0)?, row.try_get::<i64, _>(1)?),
            None => (0, i64::MIN),
        };
        let is_near = seen.abs_diff(received) <= DAYS.unsigned_abs() * 86_400;
        known.push((mark, (campaign > 0 && is_near).then_some(campaign), seen));
    }
    let campaign = match known.iter().find_map(|(_, campaign, _)| *campaign) {
        Some(campaign) => campaign,
        None => begin(change, received).await?,
    };
    for (mark, bearer, seen) in known {
        let insert = "INSERT INTO campaign_keys (mark, campaign, seen) VALUES ($1, $2, $3) \
                      ON CONFLICT (mark) DO UPDATE SET campaign = excluded.campaign, seen = excluded.seen";
        let insert = sqlx::query(insert).bind(mark).bind(bearer.unwrap_or(campaign));
        insert.bind(seen.max(received)).execute(&mut *change).await?;
    }
    Ok(campaign)
}

async fn begin(change: &mut AnyConnection, received: i64) -> Result<i64> {
    let insert = "INSERT INTO campaigns (first, last, messages, waiting, people, sources, verdict, score, lead) \
                  VALUES ($1, $1, 0, 0, 0, 0, 0, 0, 0) RETURNING number";
    Ok(sqlx::query_scalar(insert).bind(received).fetch_one(change).await?)
}

/// Counts a message that joined. The lead is the message of the highest score, of equals the newest.
pub(super) async fn count(
    change: &mut AnyConnection,
    campaign: i64,
    number: i64,
    (mail, state): (&NewMessage<'_>, State),
    people: &[(String, String)],
) -> Result<()> {
    let mut added = 0;
    for (address, domain) in people {
        let insert = "INSERT INTO people (campaign, address, domain, messages, newest) VALUES ($1, $2, $3, 1, $4) \
                      ON CONFLICT (campaign, address) DO UPDATE \
                      SET messages = people.messages + 1, newest = excluded.newest RETURNING messages";
        let insert = sqlx::query_scalar(insert).bind(campaign).bind(address).bind(domain).bind(number);
        let messages: i64 = insert.fetch_one(&mut *change).await?;
        added += i64::from(messages == 1);
    }
    let update = "UPDATE campaigns SET messages = messages + 1, waiting = waiting + $2, people = people + $3, \
                  first = CASE WHEN first < $4 THEN first ELSE $4 END, \
                  last = CASE WHEN last > $4 THEN last ELSE $4 END, \
                  lead = CASE WHEN lead = 0 OR score <= $5 THEN $6 ELSE lead END, \
                  verdict = CASE WHEN verdict > $7 THEN verdict ELSE $7 END, \
                  score = CASE WHEN score > $5 THEN score ELSE $5 END, sources = sources | $8 WHERE number = $1";
    let waits = i64::from(state == State::Waiting);
    let update = sqlx::query(update).bind(campaign).bind(waits).bind(added).bind(mail.received);
    let update = update.bind(i64::from(mail.report.score)).bind(number);
    let update = update.bind(verdict_code(mail.report.verdict)).bind(mail.source.bit());
    update.execute(change).await?;
    Ok(())
}

/// Counts a campaign anew, after one of its messages changed. Each verdict has its own range of scores, so that the
/// message of the highest score has the worst verdict.
pub(super) async fn refresh(change: &mut AnyConnection, campaign: i64) -> Result<()> {
    let update = "UPDATE campaigns SET \
                  waiting = (SELECT COUNT(*) FROM messages WHERE campaign = $1 AND state = 1), \
                  (lead, verdict, score) = (SELECT number, verdict, score FROM messages WHERE campaign = $1 \
                          ORDER BY score DESC, received DESC, number DESC LIMIT 1) \
                  WHERE number = $1 AND EXISTS (SELECT 1 FROM messages WHERE campaign = $1)";
    sqlx::query(update).bind(campaign).execute(change).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::malicious;

    #[test]
    fn marks_stand_in_their_order() {
        let marks = marks(&malicious());
        let kinds: Vec<&str> = marks.iter().filter_map(|mark| mark.split(' ').next()).collect();
        assert_eq!(kinds, ["macro", "name", "host", "subject"]);
        assert_eq!(marks[1..3], ["name flagged 請求書.doc", "host flagged evil.example"]);
    }

    #[test]
    fn names_and_hosts_join_only_what_was_flagged() {
        let mut report = malicious();
        report.verdict = Verdict::Clean;
        assert!(marks(&report).iter().all(|mark| !mark.starts_with("name") && !mark.starts_with("host")));
        assert!(marks(&report).iter().any(|mark| mark.starts_with("subject clean ")));
    }

    #[test]
    fn names_and_subjects_fold_what_changes_from_mail_to_mail() {
        assert_eq!(pattern("Invoice 0312-７.XLS"), "invoice #-#.xls");
        for (one, other) in [
            ("Re: FW: 請求書の件 0304", "請求書の件 12"),
            ("ＲＥ：見積書送付", "見積書送付"),
            ("[External] Invoice 1", "invoice 99"),
        ] {
            assert_eq!(family(one), family(other), "{one}");
            assert!(family(one).is_some(), "{one}");
        }
        assert_eq!((family("Re: 12"), family("件名")), (None, None));
    }

    #[test]
    fn hosts_are_taken_from_odd_addresses() {
        for (url, want) in [
            ("http://Evil.example:80/a", Some("evil.example")),
            ("https://user@x.test?q", Some("x.test")),
            ("http://localhost/", None),
            ("evil.example", None),
        ] {
            assert_eq!(host(url).as_deref(), want, "{url}");
        }
    }
}
