//! Verdict, envelope and configuration → what becomes of a message: one pure function, its truth table is its test.

use super::exception::Exception;
use super::network::Network;
use super::policy::{Action, Direction, Policy, Quarantine, Rows};
use crate::exception::{Excepted, Exceptions, Way};
use crate::report::{FindingEntry, Report};
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

    /// Whether an address is one of ours.
    fn is_near(&self, client: IpAddr) -> bool {
        self.own_networks.iter().any(|network| network.holds(client))
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
    /// What the help desk allows.
    pub(super) allowed: &'a Exceptions,
    /// The time, in seconds since 1970.
    pub(super) now: i64,
}

/// What becomes of a message, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    /// What is done.
    pub(super) action: Action,
    /// The way it goes.
    pub(super) direction: Direction,
    /// Names of the exceptions that made a difference.
    pub(super) exceptions: Vec<String>,
    /// What those of the help desk made of it.
    pub(super) excepted: Option<Excepted>,
}

/// What becomes of a message. `listener` is what its own section says; none as the report stands for a message that
/// could not be scanned, for which there are no exceptions.
///
/// Exceptions without `malicious = true` do not exist for a malicious message. Those that disregard rules come
/// first, all of them; then those of the help desk; then the first one that sets an action, if the message is not clean.
pub(super) fn decide(book: &Book, listener: &Rows, facts: &Facts, report: Option<&Report>) -> Decision {
    let direction = facts.direction(book);
    let policy = book.policy(listener, direction);
    let Some(report) = report else {
        return Decision { action: policy.action(None), direction, exceptions: Vec::new(), excepted: None };
    };
    let is_malicious = report.verdict == Verdict::Malicious;
    let meant = |exception: &&Exception| (exception.malicious || !is_malicious) && exception.means(facts);
    let meant: Vec<&Exception> = book.exceptions.iter().filter(meant).collect();
    let (mut verdict, mut exceptions) = without(&meant, report);
    let counts = |finding: &FindingEntry| is_left(&meant, &finding.id);
    let excepted = facts.allowed.of(report, counts, &facts.way(book), facts.now);
    if let Some(excepted) = &excepted {
        verdict = excepted.verdict;
        exceptions.extend(excepted.names());
    }
    let mut action = policy.action(Some(verdict));
    let mut others = meant.iter().filter_map(|exception| Some((exception, exception.action?)));
    if verdict != Verdict::Clean
        && let Some((exception, instead)) = others.next()
    {
        action = instead;
        exceptions.push(exception.name.clone());
    }
    Decision { action, direction, exceptions, excepted }
}

/// Whether findings of a rule are not disregarded.
fn is_left(meant: &[&Exception], id: &str) -> bool {
    meant.iter().all(|exception| exception.rules().iter().all(|rule| rule != id))
}

/// The verdict without the findings that are disregarded, and the exceptions that disregard one.
fn without(meant: &[&Exception], report: &Report) -> (Verdict, Vec<String>) {
    let hits = |exception: &&&Exception| {
        report.findings.iter().any(|finding| exception.rules().contains(&finding.id))
    };
    let applied: Vec<String> =
        meant.iter().filter(hits).map(|exception| exception.name().to_string()).collect();
    if applied.is_empty() {
        return (report.verdict, applied);
    }
    let left = report.findings.iter().filter(|finding| is_left(meant, &finding.id));
    let strongest = left.map(|finding| finding.strength).max();
    (verdict::of(strongest, report.complete), applied)
}

impl Facts<'_> {
    /// Whether all recipients are known, and there is one.
    pub(super) fn knows_recipients(&self) -> bool {
        !self.recipients.is_empty() && !self.more_recipients
    }

    /// How it came, as exceptions of the help desk look at it. What one of our own servers hands on says nothing of who
    /// brought it there.
    fn way(&self, book: &Book) -> Way<'_> {
        let server = self.client.filter(|client| !client.is_loopback() && !book.is_near(*client));
        Way { sender: self.sender, server, authenticated: self.authenticated }
    }

    fn direction(&self, book: &Book) -> Direction {
        if !self.authenticated && !self.client.is_some_and(|client| book.is_near(client)) {
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
    use super::*;
    use crate::exception::{What, server};
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
            client: server(way.0),
            authenticated: way.1,
            sender: way.2,
            recipients: &recipients,
            more_recipients: false,
            today: Date { year: 2026, month: 2, day: 1 },
            allowed: &Exceptions::default(),
            now: 0,
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
    fn the_help_desk_lets_programs_and_proven_senders_pass() {
        use crate::exception::{Exception, programs};
        let (bad, odd) = (report(Some(Verdict::Malicious)), report(Some(Verdict::Suspicious)));
        let hashes = programs(bad.as_ref().unwrap()).into_iter().map(String::from);
        let sender = What::Sender { address: "a@city.example".into(), server: server(PARTNER) };
        let all = hashes.map(What::Program).chain([sender]).enumerate();
        let all = all.map(|(n, what)| Exception { number: n as i64 + 1, what, expires: 10 });
        let all: Exceptions = all.collect();
        let (nothing, book) = (Exceptions::default(), book());
        let told = |client: &str, sender: &str, report: &Option<Report>, allowed: &Exceptions, now: i64| {
            let facts = Facts {
                client: server(client),
                authenticated: false,
                sender,
                recipients: &["a@own.test".to_string()],
                more_recipients: false,
                today: Date { year: 2026, month: 2, day: 1 },
                allowed,
                now,
            };
            let decision = decide(&book, &Rows::default(), &facts, report.as_ref());
            let verdict = decision.excepted.map(|excepted| excepted.verdict);
            (decision.action, decision.exceptions.join(" "), verdict)
        };
        let clean = Some(Verdict::Clean);
        assert_eq!(told(STRANGER, "", &bad, &all, 9), (Action::Accept, "desk/1".into(), clean));
        // Not all of it was read: the policy of what is not verified holds.
        let part = Some(Report { complete: false, ..bad.clone().unwrap() });
        let shut = Some(Verdict::Unverified);
        assert_eq!(told(STRANGER, "", &part, &all, 9), (Action::Tag, "desk/1".into(), shut));
        assert_eq!(told(STRANGER, "", &bad, &all, 10), (Action::Reject, String::new(), None));
        assert_eq!(told(STRANGER, "", &bad, &nothing, 9), (Action::Reject, String::new(), None));
        assert_eq!(told(STRANGER, "", &None, &all, 9).0, Action::Defer);
        let alien = Some(Report { artifacts: Vec::new(), ..odd.clone().unwrap() });
        let a = "a@city.example";
        assert_eq!(told(PARTNER, a, &alien, &all, 9), (Action::Accept, "desk/2".into(), clean));
        assert_eq!(told(STRANGER, a, &alien, &all, 9), (Action::Tag, String::new(), None));
        // What one of our own servers hands on may come from anybody.
        let own: Exceptions = [What::Sender { address: a.into(), server: server(OWN) }]
            .into_iter()
            .map(|what| Exception { number: 3, what, expires: 10 })
            .collect();
        assert_eq!(told(OWN, a, &alien, &own, 9).2, None);
    }

    #[test]
    fn recipients_that_are_not_known_are_not_meant() {
        let recipients = ["abuse@own.test".to_string()];
        let facts = Facts {
            client: server(STRANGER),
            authenticated: false,
            sender: "",
            recipients: &recipients,
            more_recipients: true,
            today: Date { year: 2026, month: 2, day: 1 },
            allowed: &Exceptions::default(),
            now: 0,
        };
        let report = report(Some(Verdict::Malicious));
        let book = book();
        assert_eq!(decide(&book, &Rows::default(), &facts, report.as_ref()).action, Action::Reject);
    }
}
