//! Releases: the stored mail goes to the recipients of its envelope. With the rule of two persons one account asks and
//! another one approves.

use super::super::Desk;
use super::super::fail::Fail;
use super::super::smtp::{self, Refused};
use super::super::time::told;
use super::super::words::{fill, say};
use super::{Case, Offered};
use crate::report::Lang;
use crate::report::gist::quote;
use crate::store::{Begun, Ruling, State, User};

/// What is waiting for somebody else's approval.
pub(in super::super) struct Waiting {
    /// Messages whose release was asked for: id and sentence.
    pub(in super::super) releases: Vec<(String, String)>,
    /// Exceptions that nobody approved yet.
    pub(in super::super) exceptions: usize,
}

/// Releases that the queue names.
const NAMED: u32 = 20;

/// What waits for approval.
pub(in super::super) async fn waiting(desk: &Desk, lang: Lang) -> Result<Waiting, Fail> {
    let mut releases = Vec::new();
    for asked in desk.store.asked_releases(NAMED).await? {
        let subject = match desk.store.summary(&asked.message).await {
            Ok(summary) => quote(&summary.subject, 60),
            Err(_) => continue,
        };
        let when = told(asked.made, desk.settings.zone, lang);
        releases.push((asked.message, fill(lang, "decide.asked-for", &[&asked.name, &when, &subject])));
    }
    let open = desk.store.exceptions(false).await?;
    let exceptions = open.iter().filter(|exception| exception.approved_by.is_empty()).count();
    Ok(Waiting { releases, exceptions })
}

/// What became of a release.
pub(super) enum Outcome {
    Done,
    /// It was not delivered, or that is not known: a sentence.
    Failed(String),
    /// It is not possible any more: somebody else decided in the meantime.
    Overtaken,
}

/// Delivers one message, or asks for it. Only what was delivered is marked as released.
pub(super) async fn release(
    desk: &Desk,
    user: &User,
    case: &Case,
    comment: &str,
    lang: Lang,
) -> Result<Outcome, Fail> {
    if case.release_offered(user, desk) != Offered::Yes {
        return Ok(Outcome::Overtaken);
    }
    let ids = std::slice::from_ref(&case.summary.id);
    let ruling = Ruling { name: &user.name, comment, ..Ruling::default() };
    if desk.settings.two_person && !case.is_approval(user, desk) {
        desk.store.rule(ids, &Ruling { act: "ask-release", ..ruling }).await?;
        return Ok(Outcome::Done);
    }
    let Some(server) = &desk.settings.smtp else { return Ok(Outcome::Overtaken) };
    let Some(raw) = desk.store.raw(&case.summary.id).await? else { return Ok(Outcome::Overtaken) };
    let to = case.envelope.recipients.join(", ");
    // The attempt stands in the log before the mail is out, whatever happens then.
    let detail = format!("to {to} by {server}");
    match desk.store.begin_release(&case.summary.id, &user.name, &detail).await? {
        Begun::Now => {}
        Begun::Over => return Ok(Outcome::Overtaken),
        Begun::Since(made) => {
            let when = told(made, desk.settings.zone, lang);
            return Ok(Outcome::Failed(fill(lang, "decide.under-way", &[&when])));
        }
    }
    let mail = [note(&case.summary.id, &user.name).into_bytes(), raw].concat();
    match smtp::deliver(server, &case.envelope, &mail).await {
        Ok(()) => {
            let asked = case.asked().filter(|_| desk.settings.two_person);
            let detail = match asked {
                Some(asked) => format!("to {to}; asked for by {}", asked.name),
                None => format!("to {to}"),
            };
            let state = Some(State::Decided);
            let ruling = Ruling { act: "release", action: "release", state, detail: &detail, ..ruling };
            desk.store.rule(ids, &ruling).await?;
            Ok(Outcome::Done)
        }
        Err(refused) => {
            let act = if matches!(refused, Refused::Unclear) { "release-unclear" } else { "release-failed" };
            desk.store.audit(&user.name, act, &case.summary.id, &refused.to_string()).await?;
            Ok(Outcome::Failed(why(&refused, lang)))
        }
    }
}

/// Why a mail was not delivered, as a sentence.
fn why(refused: &Refused, lang: Lang) -> String {
    let with = |key: &str, detail: &str| fill(lang, key, &[&quote(detail, 500)]);
    match refused {
        Refused::Answer { .. } => with("refused.answer", &refused.to_string()),
        Refused::Connection(why) => with("refused.connection", why),
        Refused::Address(address) => with("refused.address", address),
        Refused::Lacks(what) => with("refused.lacks", what),
        Refused::Unclear => say(lang, "refused.unclear").to_string(),
    }
}

/// The header that a released mail gets.
fn note(id: &str, user: &str) -> String {
    let id: String = id.chars().filter(char::is_ascii_graphic).take(100).collect();
    format!("X-Tenpu-Released: {id} by{}\r\n", encoded(user))
}

/// A name as a header carries it: as it is, or in encoded words (RFC 2047 section 2) of a few characters each, so that
/// none is longer than 75.
fn encoded(name: &str) -> String {
    if name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')) {
        return format!(" {name}");
    }
    let mut out = String::new();
    for some in name.chars().collect::<Vec<_>>().chunks(4) {
        let text: String = some.iter().collect();
        let bytes: String = text.bytes().map(|byte| format!("={byte:02X}")).collect();
        out.push_str("\r\n =?utf-8?q?");
        out.push_str(&bytes);
        out.push_str("?=");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_wrong_is_a_sentence_in_both_languages() {
        let address = "a <b>".to_string();
        for refused in [
            Refused::Connection("no route".into()),
            Refused::Answer { step: "DATA".into(), answer: "554 no".into() },
            Refused::Address(address),
            Refused::Lacks("8BITMIME"),
            Refused::Unclear,
        ] {
            let [english, japanese] = [Lang::En, Lang::Ja].map(|lang| why(&refused, lang));
            assert!(english.is_ascii() && !japanese.is_ascii(), "{english} {japanese}");
            let is_known = english.contains("was not delivered");
            assert_eq!(is_known, !matches!(refused, Refused::Unclear), "{english}");
            assert_eq!(is_known, japanese.contains("配送できませんでした"), "{japanese}");
        }
    }

    #[test]
    fn the_note_is_one_header_whatever_the_name() {
        assert_eq!(note("1-a", "yamada"), "X-Tenpu-Released: 1-a by yamada\r\n");
        let note = note("1\r\n-a b", "山田 太郎\r\nX: y");
        assert!(
            note.starts_with("X-Tenpu-Released: 1-ab by\r\n =?utf-8?q?=E5=B1=B1=E7=94=B0=20=E5=A4=AA?=\r\n ")
        );
        assert!(note.is_ascii() && note.lines().skip(1).all(|line| line.starts_with(' ') && line.len() < 76));
    }
}
