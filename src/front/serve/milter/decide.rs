//! Verdict, envelope and configuration → what becomes of a message: one pure function, its truth table is its test.

use super::exception::Exception;
use super::network::Network;
use super::policy::{Action, Direction, Policy, Quarantine, Rows};
use crate::report::Report;
use crate::verdict::{self, Verdict};
use anyhow::{Context, ensure};
use std::net::IpAddr;
use toml::value::Date;

/// What the configuration says, but for single listeners.
#[derive(Clone, Debug, Default)]
pub(in crate::front::serve) struct Book {
    /// `[policy]`.
    pub(in crate::front::serve) rows: Rows,
    /// Where mails in quarantine lie.
    pub(in crate::front::serve) quarantine: Quarantine,
    /// Who comes from there is one of us.
    pub(in crate::front::serve) own_networks: Vec<Network>,
    /// Domains whose mail is delivered here.
    pub(in crate::front::serve) own_domains: Vec<String>,
    /// `[[exception]]`.
    pub(in crate::front::serve) exceptions: Vec<Exception>,
}

impl Book {
    /// What holds for one direction at a listener, whose own section says so much.
    pub(in crate::front::serve) fn policy(&self, listener: &Rows, direction: Direction) -> Policy {
        let mut policy = Policy::default();
        self.rows.directed(direction, &mut policy);
        listener.directed(direction, &mut policy);
        policy
    }

    /// Takes over `[policy]`.
    ///
    /// # Errors
    /// A slip.
    pub(in crate::front::serve) fn take_over(&mut self, mut section: toml::Value) -> anyhow::Result<()> {
        let mut take = |key: &str| section.as_table_mut().and_then(|table| table.remove(key));
        if let Some(networks) = take("own_networks") {
            self.own_networks = networks.try_into().context("`own_networks`")?;
        }
        if let Some(domains) = take("own_domains") {
            self.own_domains = domains.try_into().context("`own_domains`")?;
            let is_bare = |domain: &String| !domain.is_empty() && !domain.contains(['@', '*', ' ']);
            ensure!(
                self.own_domains.iter().all(is_bare),
                "`own_domains`: domains are written as \"example.jp\""
            );
        }
        if let Some(place) = take("quarantine") {
            self.quarantine = place.try_into().context("`quarantine`")?;
        }
        self.rows = section.try_into()?;
        Ok(())
    }
}

/// What is known of a message beside its report.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    /// The address of the client.
    pub(super) client: Option<IpAddr>,
    /// The client logged in.
    pub(super) authenticated: bool,
    /// The sender of the envelope.
    pub(super) sender: &'a str,
    /// Its recipients.
    pub(super) recipients: &'a [String],
    /// There were more than are kept.
    pub(super) more_recipients: bool,
    /// The day, in UTC.
    pub(super) today: Date,
}

/// What becomes of a message, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decision<'a> {
    /// What is done.
    pub(super) action: Action,
    /// The way it goes.
    pub(super) direction: Direction,
    /// Names of the exceptions that made a difference.
    pub(super) exceptions: Vec<&'a str>,
}

/// What becomes of a message. `listener` is what its own section says; none as the report stands for a message that
/// could not be scanned, for which there are no exceptions.
///
/// Exceptions without `malicious = true` do not exist for a malicious message. Those that disregard rules come
/// first, all of them; then the first one that sets an action, if the message is not clean.
pub(super) fn decide<'a>(
    book: &'a Book,
    listener: &Rows,
    facts: &Facts,
    report: Option<&Report>,
) -> Decision<'a> {
    let direction = facts.direction(book);
    let policy = book.policy(listener, direction);
    let Some(report) = report else {
        return Decision { action: policy.action(None), direction, exceptions: Vec::new() };
    };
    let is_malicious = report.verdict == Verdict::Malicious;
    let meant = |exception: &&Exception| (exception.malicious || !is_malicious) && exception.means(facts);
    let meant: Vec<&Exception> = book.exceptions.iter().filter(meant).collect();
    let (verdict, mut exceptions) = without(&meant, report);
    let mut action = policy.action(Some(verdict));
    let mut others = meant.iter().filter_map(|exception| Some((exception, exception.action?)));
    if verdict != Verdict::Clean
        && let Some((exception, instead)) = others.next()
    {
        action = instead;
        exceptions.push(&exception.name);
    }
    Decision { action, direction, exceptions }
}

/// The verdict without the findings that are disregarded, and the exceptions that disregard one.
fn without<'a>(meant: &[&'a Exception], report: &Report) -> (Verdict, Vec<&'a str>) {
    let is_left = |id: &str| meant.iter().all(|exception| exception.rules().iter().all(|rule| rule != id));
    let hits = |exception: &&&Exception| {
        report.findings.iter().any(|finding| exception.rules().contains(&finding.id))
    };
    let applied: Vec<&str> = meant.iter().filter(hits).map(|exception| exception.name()).collect();
    if applied.is_empty() {
        return (report.verdict, applied);
    }
    let left = report.findings.iter().filter(|finding| is_left(&finding.id));
    let strongest = left.map(|finding| finding.strength).max();
    (verdict::of(strongest, report.complete), applied)
}

impl Facts<'_> {
    /// Whether all recipients are known, and there is one.
    pub(super) fn knows_recipients(&self) -> bool {
        !self.recipients.is_empty() && !self.more_recipients
    }

    fn direction(&self, book: &Book) -> Direction {
        let is_near = |client: IpAddr| book.own_networks.iter().any(|network| network.holds(client));
        if !self.authenticated && !self.client.is_some_and(is_near) {
            return Direction::Incoming;
        }
        let is_own = |address: &String| {
            let domain = address.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
            book.own_domains.iter().any(|own| own.eq_ignore_ascii_case(domain))
        };
        let is_internal = self.knows_recipients() && self.recipients.iter().all(is_own);
        if is_internal { Direction::Internal } else { Direction::Outgoing }
    }
}

#[cfg(test)]
mod tests {
    use super::super::exception::tests::all;
    use super::super::network::client;
    use super::*;
    use crate::report::tests::malicious;

    const BOOK: &str = "
[[exception]]
name = \"partner-macros\"
reason = \"their order form\"
sender = \"@partner.test\"
client = \"198.51.100.0/24\"
rule = [\"macro-runs\"]
[[exception]]
name = \"abuse-desk\"
reason = \"people send attacks there on purpose\"
recipient = \"abuse@own.test\"
action = \"accept\"
malicious = true
[[exception]]
name = \"users\"
reason = \"they are many\"
authenticated = true
action = \"accept\"
[[exception]]
name = \"form\"
reason = \"a test\"
recipient = \"forms@own.test\"
rule = \"macro-runs\"
malicious = true
[[exception]]
name = \"old\"
reason = \"a test\"
recipient = \"old@own.test\"
action = \"discard\"
until = 2026-01-31
";

    fn book() -> Book {
        let rows =
            "malicious = \"reject\"\n[outgoing]\nsuspicious = \"defer\"\n[internal]\nfailure = \"accept\"\n";
        Book {
            quarantine: Quarantine::Mta,
            rows: toml::from_str(rows).unwrap(),
            own_networks: vec!["192.0.2.0/24".parse().unwrap()],
            own_domains: vec!["own.test".into()],
            exceptions: all(BOOK).unwrap(),
        }
    }

    const STRANGER: &str = "203.0.113.9";
    const PARTNER: &str = "198.51.100.7";
    const OWN: &str = "192.0.2.7";

    /// Client, whether it logged in, sender, recipients.
    type Way<'a> = (&'a str, bool, &'a str, &'a [&'a str]);

    fn decided(way: Way, report: Option<&Report>, listener: &Rows) -> (Action, &'static str, String) {
        let recipients: Vec<String> = way.3.iter().map(ToString::to_string).collect();
        let facts = Facts {
            client: client(way.0),
            authenticated: way.1,
            sender: way.2,
            recipients: &recipients,
            more_recipients: false,
            today: Date { year: 2026, month: 2, day: 1 },
        };
        let book = book();
        let decision = decide(&book, listener, &facts, report);
        (decision.action, decision.direction.id(), decision.exceptions.join(" "))
    }

    /// A report of `macro-runs` and `small`, whose verdict is this.
    fn report(verdict: Option<Verdict>) -> Option<Report> {
        use crate::detect::Strength::{Medium, Strong, Weak};
        let verdict = verdict?;
        let mut report = malicious();
        for finding in report.findings.iter_mut().filter(|finding| finding.id == "macro-runs") {
            finding.strength = match verdict {
                Verdict::Malicious => Strong,
                Verdict::Suspicious => Medium,
                _ => Weak,
            };
        }
        report.verdict = verdict;
        report.complete = verdict != Verdict::Unverified;
        Some(report)
    }

    #[test]
    fn truth_table() {
        use Action::{Accept, Defer, Quarantine, Reject, Tag};
        const BAD: Option<Verdict> = Some(Verdict::Malicious);
        const ODD: Option<Verdict> = Some(Verdict::Suspicious);
        const SHUT: Option<Verdict> = Some(Verdict::Unverified);
        const FINE: Option<Verdict> = Some(Verdict::Clean);
        let a: &[&str] = &["a@own.test"];
        let far: &[&str] = &["x@far.test", "a@own.test"];
        type Row<'a> = (Way<'a>, Option<Verdict>, (Action, &'a str, &'a str));
        let rows: &[Row] = &[
            // Directions.
            ((STRANGER, false, "s@x.test", a), BAD, (Reject, "incoming", "")),
            ((STRANGER, false, "s@x.test", a), ODD, (Tag, "incoming", "")),
            ((STRANGER, false, "s@x.test", a), SHUT, (Tag, "incoming", "")),
            ((STRANGER, false, "s@x.test", a), FINE, (Accept, "incoming", "")),
            ((STRANGER, false, "a@own.test", a), ODD, (Tag, "incoming", "")),
            ((STRANGER, false, "s@x.test", a), None, (Defer, "incoming", "")),
            (("unknown", false, "s@x.test", a), ODD, (Tag, "incoming", "")),
            ((OWN, false, "a@own.test", far), ODD, (Defer, "outgoing", "")),
            ((OWN, false, "a@own.test", a), ODD, (Tag, "internal", "")),
            ((OWN, false, "a@own.test", a), None, (Accept, "internal", "")),
            ((OWN, false, "a@own.test", &[]), ODD, (Defer, "outgoing", "")),
            // A rule that is disregarded: the sender alone, the network alone, and both.
            ((STRANGER, false, "s@partner.test", a), ODD, (Tag, "incoming", "")),
            ((PARTNER, false, "s@x.test", a), ODD, (Tag, "incoming", "")),
            ((PARTNER, false, "s@partner.test", a), ODD, (Accept, "incoming", "partner-macros")),
            ((PARTNER, false, "s@partner.test", a), SHUT, (Tag, "incoming", "partner-macros")),
            ((PARTNER, false, "s@partner.test", a), BAD, (Reject, "incoming", "")),
            ((STRANGER, false, "s@x.test", &["forms@own.test"]), BAD, (Accept, "incoming", "form")),
            // Another action: only where every recipient is meant, and not for the malicious unless it says so.
            ((STRANGER, false, "s@x.test", &["abuse@own.test"]), BAD, (Accept, "incoming", "abuse-desk")),
            ((STRANGER, false, "s@x.test", &["abuse@own.test", "a@own.test"]), BAD, (Reject, "incoming", "")),
            ((STRANGER, false, "s@x.test", &["abuse@own.test"]), FINE, (Accept, "incoming", "")),
            ((STRANGER, false, "s@x.test", &["abuse@own.test"]), None, (Defer, "incoming", "")),
            ((STRANGER, true, "a@own.test", far), ODD, (Accept, "outgoing", "users")),
            ((STRANGER, true, "a@own.test", far), BAD, (Reject, "outgoing", "")),
            // Over.
            ((STRANGER, false, "s@x.test", &["old@own.test"]), ODD, (Tag, "incoming", "")),
        ];
        for (way, verdict, want) in rows {
            let (action, direction, exceptions) = decided(*way, report(*verdict).as_ref(), &Rows::default());
            assert_eq!((action, direction, exceptions.as_str()), *want, "{way:?} {verdict:?}");
        }
        let listener: Rows = toml::from_str("suspicious = \"quarantine\"").unwrap();
        let way = (OWN, false, "a@own.test", far);
        assert_eq!(decided(way, report(ODD).as_ref(), &listener).0, Quarantine);
    }

    #[test]
    fn recipients_that_are_not_known_are_not_meant() {
        let recipients = ["abuse@own.test".to_string()];
        let facts = Facts {
            client: client(STRANGER),
            authenticated: false,
            sender: "",
            recipients: &recipients,
            more_recipients: true,
            today: Date { year: 2026, month: 2, day: 1 },
        };
        let report = report(Some(Verdict::Malicious));
        let book = book();
        assert_eq!(decide(&book, &Rows::default(), &facts, report.as_ref()).action, Action::Reject);
    }
}
