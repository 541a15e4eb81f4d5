//! `[[exception]]`: messages for which a rule is disregarded or another action holds. What a sender writes of
//! himself can be forged, so a sender alone makes no exception.

use super::decide::Facts;
use super::network::Network;
use super::policy::Action;
use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use toml::value::{Date, Datetime};

/// One exception.
#[derive(Clone, Debug)]
pub(in crate::front::serve) struct Exception {
    /// Its name in the log and in the header.
    pub(super) name: String,
    senders: Vec<String>,
    recipients: Vec<String>,
    clients: Vec<Network>,
    authenticated: bool,
    /// Rules whose findings are disregarded.
    rules: Vec<String>,
    /// What is done instead.
    pub(super) action: Option<Action>,
    /// It holds for malicious messages too.
    pub(super) malicious: bool,
    until: Option<Date>,
}

/// One or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Listed {
    One(String),
    More(Vec<String>),
}

/// The table as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: String,
    reason: String,
    sender: Option<Listed>,
    recipient: Option<Listed>,
    client: Option<Listed>,
    #[serde(default)]
    authenticated: bool,
    rule: Option<Listed>,
    action: Option<Action>,
    #[serde(default)]
    malicious: bool,
    until: Option<Datetime>,
}

/// Reads all of them.
///
/// # Errors
/// The first slip.
pub(in crate::front::serve) fn read(value: toml::Value) -> anyhow::Result<Vec<Exception>> {
    let toml::Value::Array(tables) = value else { bail!("exceptions are written as [[exception]]") };
    let mut exceptions: Vec<Exception> = Vec::new();
    for (n, table) in tables.into_iter().enumerate() {
        let table: Table = table.try_into().with_context(|| format!("exception {}", n + 1))?;
        let name = table.name.clone();
        let exception = Exception::new(table).with_context(|| format!("exception `{name}`"))?;
        ensure!(exceptions.iter().all(|other| other.name != name), "two exceptions are named `{name}`");
        exceptions.push(exception);
    }
    Ok(exceptions)
}

/// Characters of a name, which stands in a header.
const NAME: usize = 60;

impl Exception {
    fn new(table: Table) -> anyhow::Result<Self> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let name = table.name;
        ensure!(
            !name.is_empty() && name.len() <= NAME && name.chars().all(is_plain),
            "`name`: letters, digits, . _ -"
        );
        ensure!(!table.reason.trim().is_empty(), "`reason` is empty");
        ensure!(table.rule.is_some() != table.action.is_some(), "either `rule` or `action` must be there");
        let clients = list(table.client).into_iter().map(|text| text.parse().context("`client`"));
        let exception = Self {
            name,
            senders: addresses(table.sender, "sender")?,
            recipients: addresses(table.recipient, "recipient")?,
            clients: clients.collect::<anyhow::Result<_>>()?,
            authenticated: table.authenticated,
            rules: list(table.rule),
            action: table.action,
            malicious: table.malicious,
            until: table.until.map(day).transpose()?,
        };
        let is_sure = !exception.clients.is_empty() || exception.authenticated;
        ensure!(
            is_sure || exception.senders.is_empty(),
            "anyone can write any `sender`: `client` or `authenticated = true` must stand beside it"
        );
        ensure!(is_sure || !exception.recipients.is_empty(), "says of no message that it is meant");
        Ok(exception)
    }

    /// Whether its last day is over.
    pub(in crate::front::serve) fn is_over(&self, today: Date) -> bool {
        let number = |date: Date| (date.year, date.month, date.day);
        self.until.is_some_and(|until| number(until) < number(today))
    }

    /// The rules that it disregards.
    pub(in crate::front::serve) fn rules(&self) -> &[String] {
        &self.rules
    }

    /// Its name.
    pub(in crate::front::serve) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the message is meant: everything that is written must hold, for every recipient.
    pub(super) fn means(&self, facts: &Facts) -> bool {
        let is_sender = self.senders.is_empty() || is_among(facts.sender, &self.senders);
        let is_client = self.clients.is_empty()
            || facts.client.is_some_and(|client| self.clients.iter().any(|network| network.holds(client)));
        let mut recipients = facts.recipients.iter();
        let are_recipients = self.recipients.is_empty()
            || (facts.knows_recipients()
                && recipients.all(|recipient| is_among(recipient, &self.recipients)));
        let is_user = !self.authenticated || facts.authenticated;
        !self.is_over(facts.today) && is_sender && is_client && are_recipients && is_user
    }
}

/// Whether an address is one of these, or of one of these domains.
fn is_among(address: &str, patterns: &[String]) -> bool {
    let address = address.to_ascii_lowercase();
    let domain = address.rfind('@').and_then(|at| address.get(at..)).unwrap_or_default();
    patterns.iter().any(|pattern| match pattern.starts_with('@') {
        true => pattern == domain,
        false => *pattern == address,
    })
}

fn list(given: Option<Listed>) -> Vec<String> {
    match given {
        None => Vec::new(),
        Some(Listed::One(text)) => vec![text],
        Some(Listed::More(texts)) => texts,
    }
}

/// Addresses and domains, in small letters.
fn addresses(given: Option<Listed>, key: &str) -> anyhow::Result<Vec<String>> {
    let texts = list(given);
    for text in &texts {
        let domain = text.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
        ensure!(
            !domain.is_empty() && domain.is_ascii() && !text.contains(['*', '<', '>', ' ']),
            "`{key}`: `{text}` is neither an address nor a domain as in \"@example.jp\""
        );
    }
    Ok(texts.iter().map(|text| text.to_ascii_lowercase()).collect())
}

/// The day of a TOML date.
fn day(until: Datetime) -> anyhow::Result<Date> {
    let day = until.date.filter(|_| until.time.is_none());
    day.with_context(|| format!("`until` must be a day, such as 2027-03-31, and is {until}"))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Exceptions of a text.
    pub(in super::super) fn all(text: &str) -> anyhow::Result<Vec<Exception>> {
        let mut table: toml::Table = toml::from_str(text)?;
        read(table.remove("exception").unwrap())
    }

    #[test]
    fn slips_are_named() {
        let rows = [
            ("sender = \"a@b.test\"\nrule = \"x\"", "anyone can write"),
            ("rule = \"x\"", "no message"),
            ("client = \"192.0.2.1\"", "`rule` or `action`"),
            ("client = \"192.0.2.1\"\nrule = \"x\"\naction = \"accept\"", "`rule` or `action`"),
            ("client = \"mail.test\"\nrule = \"x\"", "mail.test"),
            ("recipient = \"b.test\"\nrule = \"x\"", "b.test"),
            ("recipient = \"@\"\nrule = \"x\"", "recipient"),
            ("recipient = \"*@b.test\"\nrule = \"x\"", "recipient"),
            ("recipient = \"@b.test\"\nrule = \"x\"\nuntil = 2027-01-01T00:00:00Z", "until"),
            ("recipient = \"@b.test\"\nrule = \"x\"\nuntil = \"soon\"", "soon"),
            ("recipient = \"@b.test\"\nrules = \"x\"", "rules"),
            ("recipient = \"@b.test\"\nrule = \"x\"\nreason = \" \"", "reason"),
            ("recipient = \"@b.test\"\nrule = \"x\"\nname = \"a b\"", "name"),
        ];
        for (more, word) in rows {
            let name = if more.contains("name =") { "" } else { "name = \"n\"\n" };
            let reason = if more.contains("reason =") { "" } else { "reason = \"r\"\n" };
            let error = all(&format!("[[exception]]\n{name}{reason}{more}\n")).unwrap_err();
            let error = format!("{error:#}");
            assert!(error.contains(word), "{more}: {error}");
        }
        let one = "[[exception]]\nname = \"n\"\nreason = \"r\"\nrecipient = \"@b.test\"\nrule = \"x\"\n";
        assert_eq!(all(one).unwrap().len(), 1);
        assert!(all(&one.repeat(2)).unwrap_err().to_string().contains("two exceptions"));
        assert!(format!("{:#}", all("[[exception]]\nname = \"n\"\n").unwrap_err()).contains("reason"));
        assert!(all("exception = 1").is_err());
    }

    #[test]
    fn addresses_are_compared_whole() {
        let patterns = ["@b.test".to_string(), "c@d.test".into()];
        for (address, want) in [
            ("x@b.test", true),
            ("X@B.Test", true),
            ("x@a.b.test", false),
            ("x@bb.test", false),
            ("\"@b.test\"@evil.test", false),
            ("c@d.test", true),
            ("cc@d.test", false),
            ("", false),
        ] {
            assert_eq!(is_among(address, &patterns), want, "{address}");
        }
    }

    #[test]
    fn the_last_day_counts() {
        let text = "[[exception]]\nname = \"n\"\nreason = \"r\"\nrecipient = \"@b.test\"\nrule = \"x\"\n\
            until = 2027-03-31\n";
        let exception = &all(text).unwrap()[0];
        let on = |year, month, day| exception.is_over(Date { year, month, day });
        assert!(!on(2027, 3, 31) && !on(2026, 12, 31) && on(2027, 4, 1) && on(2028, 1, 1));
    }
}
