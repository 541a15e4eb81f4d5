//! Texts to copy: what a help desk writes to others about a mail, filled in.
//!
//! What came from the mail stands in them as everywhere on the pages: printable, on one line, links dead. They are drafts in
//! the language of the page; places to fill in by hand are in brackets. The list for the gateway alone has names of
//! hosts as they are, for a gateway reads it; its web addresses stand without `http://`, so that no program makes links of
//! them.

use super::Desk;
use super::fail::Fail;
use super::message::mailbox;
use super::page::Page;
use super::time::told;
use super::visit::Visit;
use super::words::{fill, say};
use crate::report::gist::{Gist, clip_middle, quote};
use crate::report::{Lang, Report};
use crate::store::{Role, Summary};
use crate::text::printable;
use crate::verdict::Verdict;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "texts.html")]
struct Texts {
    page: Page,
    id: String,
    texts: Vec<Text>,
}

struct Text {
    id: &'static str,
    title: &'static str,
    note: &'static str,
    body: String,
    lines: usize,
}

/// Files, reasons and addresses that a text names.
const NAMED: usize = 10;

/// Lines of one kind in the list for the gateway.
const BLOCKED: usize = 200;

/// Shows the texts about a message.
pub(super) async fn show(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Fail> {
    visit.user(Role::Viewer)?;
    let lang = visit.lang;
    let stored = desk.store.get(&id).await?;
    let report = &stored.report;
    let mail = Mail::of(report, &stored.summary, &desk, lang);
    let mut texts = vec![mail.text("reporter", mail.to_reporter())];
    if report.verdict != Verdict::Clean {
        texts.push(mail.text("staff", mail.to_staff()));
        texts.push(mail.text("partner", mail.to_partner()));
        texts.push(mail.text("cert", mail.to_cert(report)));
        texts.push(mail.text("block", blocked(report, &stored.summary)));
    }
    let mut page = Page::new(&visit, "message", "texts.title");
    let name = if mail.subject.is_empty() { stored.summary.id.clone() } else { mail.subject.clone() };
    page.title = format!("{} – {name}", page.title);
    page.show(&Texts { id: stored.summary.id, texts, page: page.clone() })
}

/// What the texts tell of a mail.
struct Mail {
    lang: Lang,
    verdict: Verdict,
    gist: Gist,
    subject: String,
    /// The name of the sender as shown, and the address as it is.
    name: String,
    address: String,
    received: String,
    message_id: String,
    files: Vec<String>,
    contacts: Vec<String>,
}

impl Mail {
    fn of(report: &Report, summary: &Summary, desk: &Desk, lang: Lang) -> Self {
        let hidden = |text: &str, most: usize| quote(&report.without_passwords(text), most);
        let (name, address) = mailbox(report.from.as_deref().unwrap_or_default());
        let files = report.artifacts.iter().filter(|one| one.via == "attachment" && !one.name.is_empty());
        let root = report.artifacts.first().filter(|_| report.from.is_none());
        let files = files.chain(root).take(NAMED);
        Self {
            lang,
            verdict: report.verdict,
            gist: Gist::of(report, lang),
            subject: hidden(report.subject.as_deref().unwrap_or_default(), 150),
            name: hidden(name, 100),
            address: hidden(address, 150),
            received: told(summary.received, desk.settings.zone, lang),
            message_id: hidden(report.message_id.as_deref().unwrap_or_default(), 200),
            files: files.map(|one| hidden(&clip_middle(&one.name), 100)).collect(),
            contacts: desk.settings.contacts.clone(),
        }
    }

    fn text(&self, id: &'static str, body: Lines) -> Text {
        Text {
            id,
            title: say(self.lang, &format!("texts.{id}")),
            note: say(self.lang, &format!("texts.{id}-note")),
            lines: body.0.len().clamp(4, 24),
            body: body.0.join("\n"),
        }
    }

    fn say(&self, key: &str) -> &'static str {
        say(self.lang, key)
    }

    /// A label and what it labels; nothing if there is nothing.
    fn field(&self, key: &str, value: &str) -> Option<String> {
        (!value.trim().is_empty()).then(|| fill(self.lang, "text.field", &[self.say(key), value]))
    }

    /// By what somebody knows the mail again.
    fn marks(&self) -> Vec<String> {
        let fields = [
            self.field("text.subject", &self.subject),
            self.field("text.name", &self.name),
            self.field("text.address", &self.address),
            self.field("text.files", &self.files.join(self.say("text.comma"))),
        ];
        fields.into_iter().flatten().collect()
    }

    fn contact(&self, lines: &mut Lines) {
        let contact = if self.contacts.is_empty() {
            self.say("text.fill-contact").to_string()
        } else {
            self.contacts.join(" / ")
        };
        lines.add([String::new()]);
        lines.add(self.field("text.contact", &contact));
    }

    fn to_reporter(&self) -> Lines {
        let mut lines = Lines::default();
        lines.add([self.say("text.reporter-thanks").to_string()]);
        lines.add(self.marks());
        lines.add([String::new(), self.gist.headline.to_string()]);
        if !self.gist.why.is_empty() {
            lines.add([self.gist.why.clone()]);
        }
        let steps = match self.verdict {
            Verdict::Clean => (1..=3).map(|n| self.say(&format!("do.clean.{n}"))).collect(),
            _ => self.gist.steps.clone(),
        };
        let heading = if self.verdict == Verdict::Clean { "message.before" } else { "message.now" };
        lines.add([String::new(), self.say(heading).to_string()]);
        lines.numbered(&steps);
        self.contact(&mut lines);
        lines
    }

    fn to_staff(&self) -> Lines {
        let mut lines = Lines::default();
        lines.add([self.say("text.staff-subject").to_string(), String::new()]);
        lines.add([self.say("text.staff-lead").to_string(), String::new()]);
        lines.add(self.marks());
        lines.add([String::new(), self.say("message.now").to_string()]);
        let keys = ["text.staff-1", "text.staff-2", "text.staff-3", "text.staff-4", "text.staff-5"];
        lines.numbered(&keys.map(|key| self.say(key)));
        self.contact(&mut lines);
        lines
    }

    fn to_partner(&self) -> Lines {
        let who = if self.name.is_empty() { self.say("text.fill-name") } else { &self.name };
        let mut lines = Lines::default();
        lines.add([self.say("text.partner-subject").to_string(), String::new()]);
        lines.add([fill(self.lang, "text.partner-dear", &[who]), String::new()]);
        lines.add([fill(self.lang, "text.partner-lead", &[&self.received])]);
        lines.add(self.marks());
        lines.add([String::new()]);
        let keys = ["text.partner-1", "text.partner-2", "text.partner-3", "text.partner-4"];
        lines.add(keys.map(|key| self.say(key).to_string()));
        self.contact(&mut lines);
        lines
    }

    fn to_cert(&self, report: &Report) -> Lines {
        let mut lines = Lines::default();
        let heading = |n: usize| self.say(CERT.get(n).copied().unwrap_or_default()).to_string();
        lines.add([self.say("text.cert-subject").to_string(), String::new()]);
        lines.add([heading(0), self.say("text.cert-fill-reporter").to_string(), String::new()]);
        lines.add([heading(1), self.gist.headline.to_string()]);
        lines.add([String::new(), heading(2)]);
        lines.add(self.field("text.received", &self.received));
        lines.add(self.marks());
        lines.add(self.field("text.message-id", &self.message_id));
        lines.add([String::new(), heading(3)]);
        let reasons = self.gist.reasons.iter().take(NAMED);
        lines.add(reasons.map(|reason| format!("- {} [{}]", reason.title, reason.attack)));
        lines.add([String::new(), heading(4)]);
        let hashes = hashes(report).into_iter().take(NAMED);
        lines.add(hashes.map(|(name, hash)| format!("- {hash} {}", quote(&clip_middle(&name), 100))));
        lines.add([String::new(), heading(5)]);
        let urls = report.indicators.iter().filter(|one| matches!(one.kind, "url" | "domain" | "ip"));
        lines.add(urls.take(NAMED * 2).map(|one| {
            let value = quote(&report.without_passwords(&one.value), 500);
            format!("- {}", if one.kind == "url" { value } else { value.replace('.', "[.]") })
        }));
        lines.add([String::new(), heading(6), self.say("text.cert-fill-harm").to_string()]);
        lines.add([String::new(), heading(7), self.say("text.cert-fill-done").to_string()]);
        lines
    }
}

/// The headings of a report.
const CERT: [&str; 8] = [
    "text.cert-1",
    "text.cert-2",
    "text.cert-3",
    "text.cert-4",
    "text.cert-5",
    "text.cert-6",
    "text.cert-7",
    "text.cert-8",
];

/// Lines of a text; each is one line, whatever a sender wrote.
#[derive(Default)]
struct Lines(Vec<String>);

impl Lines {
    fn add(&mut self, lines: impl IntoIterator<Item = String>) {
        self.0.extend(lines.into_iter().map(|line| printable(&line)));
    }

    fn numbered(&mut self, steps: &[&str]) {
        self.add((1..).zip(steps).map(|(n, step)| format!("{n}. {step}")));
    }
}

/// Name and SHA-256 of what was attached, and of files inside on which a rule matched.
fn hashes(report: &Report) -> Vec<(String, String)> {
    let found: BTreeSet<usize> = report.findings.iter().map(|finding| finding.artifact).collect();
    let named = report.artifacts.iter().filter(|one| {
        let is_mail = one.parent.is_none() && report.from.is_some();
        !is_mail && (one.via == "attachment" || one.parent.is_none() || found.contains(&one.id))
    });
    let mut seen = BTreeSet::new();
    let named = named.filter(|one| one.size > 0 && seen.insert(one.sha256.clone()));
    named.map(|one| (report.without_passwords(&one.name), one.sha256.clone())).collect()
}

/// One value a line: senders, hosts, hashes, web addresses.
fn blocked(report: &Report, summary: &Summary) -> Lines {
    let mut senders = BTreeSet::new();
    senders.extend([&summary.address, &summary.sender].into_iter().filter(|one| one.contains('@')).cloned());
    let urls = || report.indicators.iter().filter(|one| one.kind == "url");
    let plain = |url: &str| url.split_once("://").map(|(_, rest)| rest.to_string());
    let host = |url: &str| {
        let rest = plain(url)?;
        let host = rest.split(['/', '?', '#', '\\']).next()?.rsplit('@').next()?.to_string();
        Some(host.split(':').next()?.to_lowercase()).filter(|host| host.contains('.'))
    };
    let mut hosts: BTreeSet<String> = urls().filter_map(|one| host(&one.value)).collect();
    let named = report.indicators.iter().filter(|one| matches!(one.kind, "domain" | "ip"));
    hosts.extend(named.map(|one| one.value.to_lowercase()));
    let hashes: BTreeSet<String> = hashes(report).into_iter().map(|(_, hash)| hash).collect();
    let urls: BTreeSet<String> = urls().filter_map(|one| plain(&one.value)).collect();
    let mut lines = Lines::default();
    for (heading, values) in [("senders", senders), ("hosts", hosts), ("sha256", hashes), ("urls", urls)] {
        if !values.is_empty() {
            lines.add([format!("# {heading}")]);
            // No scheme is left that a program could make a link of.
            let values = values.iter().filter(|value| !value.contains("://"));
            lines.add(values.take(BLOCKED).map(|value| report.without_passwords(value)));
        }
    }
    lines
}
