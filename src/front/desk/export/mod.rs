//! What is taken along from a message or a campaign: the report, indicators for a gateway, STIX and MISP for those one
//! shares with, and the mail itself under a password. Everything goes out as a file to save, never as a page.

mod csv;
mod misp;
mod stix;
mod uuid;

use super::Desk;
use super::fail::Fail;
use super::time::dos;
use super::visit::Visit;
use super::words::fill;
use crate::report::{Lang, Report};
use crate::store::{Filter, Order, Page, Role, Summary};
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;

/// The password of a sample: the one that everybody in the field uses.
const PASSWORD: &str = "infected";

/// The name of the mail in its archive: one that no program opens by itself.
const SAMPLE: &str = "sample.eml.bin";

/// Messages of a campaign that are exported, the newest; more would not be read by anybody.
const MESSAGES: u32 = 200;

/// A message that is exported.
pub(super) struct Item {
    summary: Summary,
    report: Report,
    /// When the report was made.
    made: i64,
}

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Report,
    Csv,
    Stix,
    Misp,
    Sample,
}

/// The names of the forms in addresses, and their media types.
const FORMS: [(&str, Form, &str); 5] = [
    ("report.json", Form::Report, "application/json"),
    ("indicators.csv", Form::Csv, "text/csv; charset=utf-8"),
    ("stix.json", Form::Stix, "application/stix+json;version=2.1"),
    ("misp.json", Form::Misp, "application/json"),
    ("sample.zip", Form::Sample, "application/zip"),
];

/// The links of a page to its exports.
pub(super) struct Exports {
    pub(super) base: String,
    /// The words of the link to the mail itself, if it is kept.
    pub(super) sample: Option<String>,
}

impl Exports {
    pub(super) fn of_message(summary: &Summary, lang: Lang) -> Self {
        let sample = summary.is_kept.then(|| fill(lang, "export.sample", &[PASSWORD]));
        Self { base: format!("/messages/{}/export", summary.id), sample }
    }

    pub(super) fn of_campaign(number: i64) -> Self {
        Self { base: format!("/campaigns/{number}/export"), sample: None }
    }
}

impl Form {
    /// The form of a name in an address.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn of(name: &str) -> Result<Self, Fail> {
        FORMS.iter().find(|(known, _, _)| *known == name).map(|(_, form, _)| *form).ok_or(Fail::Missing)
    }

    /// Who may have it.
    pub(super) fn role(self) -> Role {
        if self == Self::Sample { Role::Operator } else { Role::Viewer }
    }

    fn name(self) -> &'static str {
        FORMS.iter().find(|(_, form, _)| *form == self).map_or("", |(name, _, _)| name)
    }

    fn media_type(self) -> &'static str {
        FORMS.iter().find(|(_, form, _)| *form == self).map_or("", |(_, _, media_type)| media_type)
    }
}

/// The export of a message, for the reader of its page.
pub(super) async fn message(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path((id, form)): Path<(String, String)>,
) -> Result<Response, Fail> {
    let form = Form::of(&form)?;
    of_message(&desk, &visit.user(form.role())?.name, &id, form).await
}

/// The export of a campaign, for the reader of its page.
pub(super) async fn campaign(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path((number, form)): Path<(i64, String)>,
) -> Result<Response, Fail> {
    let form = Form::of(&form)?;
    of_campaign(&desk, &visit.user(form.role())?.name, number, form).await
}

/// A message in a form.
///
/// # Errors
/// There is no such message, or its mail is no longer kept.
pub(super) async fn of_message(desk: &Desk, who: &str, id: &str, form: Form) -> Result<Response, Fail> {
    let item = item(desk, id).await?;
    let bytes = match form {
        Form::Report => json(&item.report)?,
        Form::Sample => sample(desk, &item.summary).await?,
        form => text(&[item], form),
    };
    desk.store.audit(who, "export", id, form.name()).await?;
    Ok(file(form, &format!("tenpu-{id}"), bytes))
}

/// The messages of a campaign in a form.
///
/// # Errors
/// There is no such campaign, or it has no such form.
pub(super) async fn of_campaign(desk: &Desk, who: &str, number: i64, form: Form) -> Result<Response, Fail> {
    if form == Form::Sample {
        return Err(Fail::Missing);
    }
    let filter = Filter { campaign: Some(number), ..Filter::default() };
    let newest = desk.store.queue(&filter, Order::Newest, &Page::first(MESSAGES)).await?.rows;
    if newest.is_empty() {
        return Err(Fail::Missing);
    }
    let mut items = Vec::new();
    for row in newest.iter().rev() {
        items.push(item(desk, &row.lead.id).await?);
    }
    let bytes = match form {
        Form::Report => json(&items.iter().map(|item| &item.report).collect::<Vec<_>>())?,
        form => text(&items, form),
    };
    desk.store.audit(who, "export", &format!("campaign {number}"), form.name()).await?;
    Ok(file(form, &format!("tenpu-campaign-{number}"), bytes))
}

async fn item(desk: &Desk, id: &str) -> Result<Item, Fail> {
    let stored = desk.store.get(id).await?;
    let made = stored.versions.last().map_or(stored.summary.received, |version| version.made);
    Ok(Item { summary: stored.summary, report: stored.report, made })
}

/// One report or several as they are.
fn json(reports: &impl Serialize) -> Result<Vec<u8>, Fail> {
    serde_json::to_vec(reports).map_err(|_| Fail::Fault)
}

/// The forms that are made of reports.
fn text(items: &[Item], form: Form) -> Vec<u8> {
    match form {
        Form::Csv => csv::of(items),
        Form::Stix => stix::of(items).to_string(),
        Form::Misp => misp::of(items).to_string(),
        Form::Report | Form::Sample => String::new(),
    }
    .into_bytes()
}

/// The mail itself in a ZIP.
async fn sample(desk: &Desk, summary: &Summary) -> Result<Vec<u8>, Fail> {
    let (raw, _share) = desk.raw(summary).await?.ok_or(Fail::Missing)?;
    let mut salt = [0; 11];
    getrandom::fill(&mut salt).map_err(|_| Fail::Fault)?;
    crate::zip::locked(SAMPLE, &raw, PASSWORD, salt, dos(summary.received)).ok_or(Fail::Large)
}

/// A file to save. Ids are letters and digits.
fn file(form: Form, stem: &str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{stem}-{}\"", form.name());
    ([(CONTENT_TYPE, form.media_type().to_string()), (CONTENT_DISPOSITION, disposition)], bytes)
        .into_response()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::store::{Source, State as Waiting};
    use crate::verdict::Verdict;

    /// The dangerous mail of the tests of reports, as it was stored.
    pub(in super::super) fn item(id: &str) -> Item {
        let report = crate::report::tests::malicious();
        let summary = Summary {
            number: 1,
            id: id.into(),
            received: 1_646_352_720,
            source: Source::Upload,
            path: "m.eml".into(),
            reporter: "山田".into(),
            client: String::new(),
            queue_id: String::new(),
            action: String::new(),
            sender: String::new(),
            shown_from: "佐藤 太郎 <a@city.example>".into(),
            address: "a@city.example".into(),
            subject: "=Re: 請求書の件".into(),
            message_id: "<1@a.example>".into(),
            dated: "Fri, 4 Mar 2022 09:12:00 +0900".into(),
            sha256: "ab".repeat(32),
            size: 100,
            is_kept: true,
            verdict: Verdict::Malicious,
            score: 90,
            complete: true,
            locked: false,
            state: Waiting::Waiting,
            rule: "macro-runs".into(),
            title: String::new(),
            title_ja: String::new(),
            evidence: String::new(),
            trail: String::new(),
            unread: String::new(),
            recipients: 3,
            campaign: 1,
        };
        Item { summary, report, made: 1_646_352_721 }
    }

    #[test]
    fn forms_have_names_and_the_mail_itself_is_for_operators() {
        for (name, form, _) in FORMS {
            assert_eq!((Form::of(name), form.name()), (Ok(form), name));
        }
        assert_eq!(Form::of("raw.eml"), Err(Fail::Missing));
        assert_eq!((Form::Stix.role(), Form::Sample.role()), (Role::Viewer, Role::Operator));
    }

    #[test]
    fn passwords_and_recipients_are_not_handed_on() {
        for form in [Form::Csv, Form::Stix, Form::Misp] {
            let text = String::from_utf8(text(&[item("a")], form)).unwrap();
            assert!(!text.contains("p<w>") && !text.contains("j@a.example"), "{form:?}: {text}");
            assert!(text.contains("http://evil.example/a.exe"), "{form:?}: {text}");
        }
    }
}
