//! What of a report goes into columns: printable, of bounded length, and without the passwords that were found.

use super::campaign;
use super::message::NewMessage;
use crate::report::{Report, trail};
use crate::text::{nfkc, printable};
use std::collections::BTreeSet;

/// Characters of a column. An index of PostgreSQL holds a third of a page.
const COLUMN: usize = 500;

/// Characters of the text that a search looks through.
const TEXT: usize = 8_000;

/// Artifacts, indicators, recipients and rules of one message that are stored in rows of their own.
const ROWS: usize = 1_000;

/// The rows of one message.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// The `From` header and the address in it.
    pub(super) shown_from: String,
    pub(super) address: String,
    pub(super) subject: String,
    /// The strongest finding.
    pub(super) rule: String,
    pub(super) title: String,
    pub(super) title_ja: String,
    pub(super) evidence: String,
    pub(super) trail: String,
    pub(super) unread: String,
    pub(super) locked: bool,
    /// Address and domain.
    pub(super) recipients: Vec<(String, String)>,
    pub(super) artifacts: Vec<ArtifactRow>,
    /// Kind and value.
    pub(super) indicators: Vec<(&'static str, String)>,
    /// The same of web addresses and hosts that the message only names; a search finds them.
    pub(super) named: Vec<(&'static str, String)>,
    pub(super) rules: Vec<String>,
    /// What a search looks through.
    pub(super) text: String,
}

/// One artifact.
#[derive(Debug)]
pub(super) struct ArtifactRow {
    pub(super) name: String,
    pub(super) format: &'static str,
    pub(super) via: &'static str,
    pub(super) size: i64,
    pub(super) sha256: String,
}

impl Rows {
    /// The rows of a message and its report.
    pub(super) fn of(report: &Report, recipients: &BTreeSet<String>, names: &[&str]) -> Self {
        let hide = |text: &str| column(&report.without_passwords(text));
        let lead = report.findings.first();
        let of_lead = |part: fn(&crate::report::FindingEntry) -> &str| {
            lead.map(|lead| hide(part(lead))).unwrap_or_default()
        };
        let shown_from = hide(report.from.as_deref().unwrap_or_default());
        let mut rows = Self {
            address: address(report.from.as_deref().unwrap_or_default()),
            shown_from,
            subject: hide(report.subject.as_deref().unwrap_or_default()),
            rule: of_lead(|lead| &lead.id),
            title: of_lead(|lead| &lead.title),
            title_ja: of_lead(|lead| &lead.title_ja),
            evidence: of_lead(|lead| &lead.evidence),
            trail: lead.map(|lead| hide(&trail(report, lead.artifact))).unwrap_or_default(),
            unread: report.unread.first().map(|unread| unread.reason.to_string()).unwrap_or_default(),
            locked: report.unread.iter().any(|unread| unread.reason == "encrypted"),
            recipients: recipients.iter().take(ROWS).map(|to| (to.clone(), domain(to))).collect(),
            artifacts: report.artifacts.iter().take(ROWS).map(|one| artifact(one, &hide)).collect(),
            indicators: indicators(report, &hide),
            named: named(report, &hide),
            rules: rules(report),
            text: String::new(),
        };
        rows.text = rows.searched(names);
        rows
    }

    /// What is searched, one thing a line, folded as a query is.
    fn searched(&self, names: &[&str]) -> String {
        let mut seen = BTreeSet::new();
        let head = [self.subject.as_str(), &self.shown_from].into_iter().chain(names.iter().copied());
        let people = self.recipients.iter().map(|(address, _)| address.as_str());
        let rules = self.rules.iter().map(String::as_str);
        let files = self.artifacts.iter().map(|artifact| artifact.name.as_str());
        let found =
            self.indicators.iter().filter(|(kind, _)| *kind != "sha256").map(|(_, value)| value.as_str());
        let named = self.named.iter().map(|(_, value)| value.as_str());
        let mut text = String::new();
        for line in head.chain(rules).chain(files.take(200)).chain(found).chain(people).chain(named) {
            if !line.is_empty() && seen.insert(line) {
                text.push_str(line);
                text.push('\n');
            }
        }
        clipped(&fold(&text), TEXT)
    }
}

/// Everybody a message went to: the envelope and the headers, each address once.
pub(super) fn recipients(mail: &NewMessage) -> BTreeSet<String> {
    let named = mail.report.to.iter().chain(mail.recipients).map(|to| address(to));
    named.filter(|address| !address.is_empty()).collect()
}

/// Text for a column.
pub(super) fn column(text: &str) -> String {
    clipped(&printable(text), COLUMN)
}

/// Text as it is compared: width, case and composition do not count.
pub(super) fn fold(text: &str) -> String {
    nfkc(text).to_lowercase()
}

fn clipped(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// The address of a mailbox, in small letters.
pub(super) fn address(mailbox: &str) -> String {
    let inside =
        mailbox.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(inside, _)| inside);
    let words = mailbox.split(|c: char| c.is_whitespace() || "<>()\",;".contains(c));
    let found = inside.into_iter().chain(words).find(|word| word.contains('@'));
    column(&found.unwrap_or_default().trim().to_lowercase())
}

fn domain(address: &str) -> String {
    address.rsplit_once('@').map(|(_, domain)| domain.to_string()).unwrap_or_default()
}

fn artifact(artifact: &crate::report::ArtifactEntry, hide: &impl Fn(&str) -> String) -> ArtifactRow {
    ArtifactRow {
        name: hide(&artifact.name),
        format: artifact.format,
        via: artifact.via,
        size: i64::try_from(artifact.size).unwrap_or(i64::MAX),
        sha256: artifact.sha256.clone(),
    }
}

fn indicators(report: &Report, hide: &impl Fn(&str) -> String) -> Vec<(&'static str, String)> {
    report.indicators.iter().take(ROWS).map(|one| (one.kind, hide(&one.value))).collect()
}

/// Web addresses of texts that are no indicators, and the hosts of all.
fn named(report: &Report, hide: &impl Fn(&str) -> String) -> Vec<(&'static str, String)> {
    let urls = report.indicators.iter().filter(|one| one.kind == "url").map(|one| &one.value);
    let known: BTreeSet<String> = urls.map(|url| hide(url)).collect();
    let links: BTreeSet<String> = report.links.iter().map(|link| hide(link)).collect();
    let hosts: BTreeSet<String> = known.union(&links).filter_map(|url| campaign::host(url)).collect();
    let links = links.difference(&known).map(|link| ("url", link.clone())).collect::<Vec<_>>();
    links.into_iter().chain(hosts.into_iter().map(|host| ("host", host))).take(ROWS).collect()
}

fn rules(report: &Report) -> Vec<String> {
    let rules: BTreeSet<String> = report.findings.iter().map(|finding| column(&finding.id)).collect();
    rules.into_iter().take(ROWS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::malicious;

    #[test]
    fn columns_hold_no_passwords_and_nothing_that_hides() {
        let mut report = malicious();
        report.subject = Some("the password is p<w>\u{202e}1".into());
        let names = ["5f-1"];
        let rows = Rows::of(&report, &BTreeSet::from(["a@b.test".to_string()]), &names);
        assert_eq!(rows.subject, "the password is [password]");
        assert_eq!(rows.trail, "請求書.zip › 請求書.doc › ThisDocument");
        assert_eq!((rows.rule.as_str(), rows.unread.as_str()), ("macro-runs", "unsupported-format"));
        assert_eq!(rows.recipients, [("a@b.test".to_string(), "b.test".to_string())]);
        let all = format!("{rows:?}");
        assert!(!all.contains("p<w>"), "{all}");
        for line in ["請求書.zip", "macro-runs", "http://evil.example/a.exe", "a@city.example", "5f-1"] {
            assert!(rows.text.contains(line), "{line} in {}", rows.text);
        }
    }

    #[test]
    fn addresses_are_found_in_mailboxes() {
        for (mailbox, want) in
            [("\"Doe, J\" <J@A.test>", "j@a.test"), ("x@y.test", "x@y.test"), ("nobody", ""), ("<>", "")]
        {
            assert_eq!(address(mailbox), want);
        }
        assert_eq!(column(&"あ".repeat(900)).chars().count(), COLUMN);
        assert_eq!(column("a\0b"), "a⟨U+0000⟩b");
    }
}
