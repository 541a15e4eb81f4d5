//! What people allow until its end, and what that makes of a message. The report stays as it is: an exception changes what
//! is done with the message, not what is said of it.
//!
//! A **program** is known by the hash of its source. It lets a message pass only if nothing else stands against it: every
//! finding that makes the verdict lies on an excepted program, or says of a document no more than that it has programs;
//! and every program of that attachment is excepted, for two can share the work. What was read out of the document (its
//! properties, the texts of forms, hidden text) is no part of that hash: what is found there still counts, and so does what
//! could not be read.
//!
//! A **sender** is what anybody can write. He is believed if the envelope names him too and the message comes from the
//! server that the exception names, or from a client that logged in; and not if the message is malicious, for mails of
//! real colleagues are how such attacks travel.

use crate::detect::Strength;
use crate::kind::{Class, Kind};
use crate::message::addresses;
use crate::report::{ArtifactEntry, FindingEntry, Report};
use crate::verdict::{self, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Something that is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Its number.
    pub number: i64,
    /// What it allows.
    pub what: What,
    /// When it ends, in seconds since 1970.
    pub expires: i64,
}

/// What an exception allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A program in a document, by the SHA-256 of its source in hex.
    Program(String),
    /// A sender.
    Sender {
        /// The address in small letters.
        address: String,
        /// The server that the messages come from; without it only those of clients that logged in are meant.
        server: Option<IpAddr>,
    },
}

/// How a message came, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Way<'a> {
    /// The sender of the envelope.
    pub sender: &'a str,
    /// The address of the server that brought it, if that proves anything.
    pub server: Option<IpAddr>,
    /// Whether the client logged in.
    pub authenticated: bool,
}

/// What exceptions make of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excepted {
    /// The verdict that what is done follows; the report has its own.
    pub verdict: Verdict,
    /// The numbers of the exceptions.
    pub numbers: Vec<i64>,
}

/// Exceptions that are named of one message: each program may have its own.
const NAMED: usize = 20;

impl Excepted {
    /// How headers and the log name the exceptions.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.numbers.iter().take(NAMED).map(|number| format!("desk/{number}"))
    }
}

/// All exceptions that hold at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exceptions {
    programs: BTreeMap<String, (i64, i64)>,
    senders: BTreeMap<String, Vec<Sender>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Sender {
    server: Option<IpAddr>,
    expires: i64,
    number: i64,
}

impl FromIterator<Exception> for Exceptions {
    fn from_iter<T: IntoIterator<Item = Exception>>(all: T) -> Self {
        let mut exceptions = Self::default();
        for Exception { number, what, expires } in all {
            match what {
                What::Program(hash) => {
                    let known = exceptions.programs.entry(hash).or_insert((expires, number));
                    *known = (*known).max((expires, number));
                }
                What::Sender { address, server } => {
                    exceptions.senders.entry(address).or_default().push(Sender { server, expires, number });
                }
            }
        }
        exceptions
    }
}

impl Exceptions {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.programs.len() + self.senders.values().map(Vec::len).sum::<usize>()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.programs.is_empty() && self.senders.is_empty()
    }

    /// What they make of a message, as far as `counts` says that a finding counts at all; none if they change nothing.
    pub fn of(
        &self,
        report: &Report,
        counts: impl Fn(&FindingEntry) -> bool,
        way: &Way,
        now: i64,
    ) -> Option<Excepted> {
        if self.is_empty() || report.error.is_some() {
            return None;
        }
        let found: Vec<&FindingEntry> = report.findings.iter().filter(|finding| counts(finding)).collect();
        let before = verdict::of(found.iter().map(|finding| finding.strength).max(), report.complete);
        if before == Verdict::Clean {
            return None;
        }
        let of_sender = || {
            let number = self.sender(report, way, now)?;
            Some(Excepted { verdict: Verdict::Clean, numbers: vec![number] })
        };
        let of_programs = self.programs(report, &found, now);
        let is_clean = of_programs.as_ref().is_some_and(|excepted| excepted.verdict == Verdict::Clean);
        if is_clean { of_programs } else { of_sender().or(of_programs) }
    }

    /// The verdict without what excepted programs are the reason of.
    fn programs(&self, report: &Report, found: &[&FindingEntry], now: i64) -> Option<Excepted> {
        let (reasons, rest): (Vec<&FindingEntry>, Vec<_>) =
            found.iter().partition(|finding| finding.strength >= Strength::Medium);
        let places = places(report);
        let mut attachments = BTreeSet::new();
        for reason in reasons {
            let place = places.get(reason.artifact)?;
            if !place.is_program && !OF_PROGRAMS.contains(&reason.id.as_str()) {
                return None;
            }
            attachments.insert(place.attachment);
        }
        let mut numbers = BTreeSet::new();
        for attachment in &attachments {
            numbers.extend(self.all_programs(report, &places, *attachment, now)?);
        }
        let strongest = rest.iter().map(|finding| finding.strength).max();
        let excepted = || Excepted {
            verdict: verdict::of(strongest, report.complete),
            numbers: numbers.into_iter().collect(),
        };
        (!attachments.is_empty()).then(excepted)
    }

    /// The exceptions of all programs of an attachment; none if one of them has none, or there is no program.
    fn all_programs(
        &self,
        report: &Report,
        places: &[Place],
        attachment: usize,
        now: i64,
    ) -> Option<BTreeSet<i64>> {
        let all = report.artifacts.iter().zip(places);
        let programs = all.filter(|(_, place)| place.attachment == attachment && place.is_outermost);
        let number = |(program, _): (&ArtifactEntry, &Place)| {
            let (expires, number) = self.programs.get(&program.sha256)?;
            (*expires > now).then_some(*number)
        };
        let numbers: BTreeSet<i64> = programs.map(number).collect::<Option<_>>()?;
        Some(numbers).filter(|numbers| !numbers.is_empty())
    }

    /// The exception that means the sender, if he is who he says.
    fn sender(&self, report: &Report, way: &Way, now: i64) -> Option<i64> {
        let address = sender(report).filter(|address| way.sender.eq_ignore_ascii_case(address))?;
        let is_sure = |one: &&Sender| way.authenticated || (one.server.is_some() && one.server == way.server);
        let means = |one: &&Sender| one.expires > now && is_sure(one);
        let known = self.senders.get(&address).filter(|_| report.verdict != Verdict::Malicious)?;
        known.iter().find(means).map(|one| one.number)
    }
}

/// Kinds of artifacts that are programs in a document. Those below one are made of it.
const PROGRAMS: &[&str] = &["vba", "vba-texts", "xlm", "xlm-texts"];

/// Rules that lie on a document and say no more of it than that it has programs, and how it asks to run them.
const OF_PROGRAMS: &[&str] = &["lure-macro-document", "macro-document-without-text", "xlm-hidden-autoexec"];

/// Where an artifact stands.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// The artifact under the mail that it is in; the mail itself is in none but itself.
    attachment: usize,
    /// Whether it is a program, or was made of one.
    is_program: bool,
    /// Whether it is a program that was made of no other.
    is_outermost: bool,
}

/// The place of every artifact, in their order.
fn places(report: &Report) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for artifact in &report.artifacts {
        let here = places.len();
        let above = artifact.parent.and_then(|parent| Some((parent, *places.get(parent)?)));
        let is_mail = |id: usize| {
            let format = report.artifacts.get(id).map_or("", |artifact| artifact.format);
            id == 0 && Kind::named(format).is_some_and(|kind| kind.class == Class::Message)
        };
        let attachment = match above {
            Some((parent, place)) if !is_mail(parent) => place.attachment,
            _ => here,
        };
        let is_inside = above.is_some_and(|(_, place)| place.is_program);
        let is_one = PROGRAMS.contains(&artifact.format) && artifact.size > 0;
        places.push(Place {
            attachment,
            is_program: is_inside || is_one,
            is_outermost: is_one && !is_inside,
        });
    }
    places
}

/// The hashes of all programs in the attachments of a message, as exceptions name them.
pub fn programs(report: &Report) -> BTreeSet<&str> {
    let all = report.artifacts.iter().zip(places(report));
    all.filter(|(_, place)| place.is_outermost).map(|(artifact, _)| artifact.sha256.as_str()).collect()
}

/// The one address that a message names as its author, in small letters.
pub fn sender(report: &Report) -> Option<String> {
    let mut authors = addresses::mailboxes(report.from.as_deref()?);
    let first = authors.next()?;
    authors.next().is_none().then_some(first.address)
}

/// The address of a server, as mail servers tell it.
pub fn server(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix("IPv6:").unwrap_or(text);
    bare.parse().ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::heuristics::HEURISTICS;
    use crate::report::tests::{finding, tree};

    const NOW: i64 = 1_000;

    /// The mail of `report::tests` with these findings, all of it read unless said otherwise.
    fn report(findings: &[(&str, Strength, usize)]) -> Report {
        let findings: Vec<_> =
            findings.iter().map(|(id, strength, at)| finding(id, *strength, *at)).collect();
        let mut report = Report::new("a.eml", 0, &tree(), &findings);
        (report.unread, report.complete) = (Vec::new(), true);
        report.verdict = verdict::of(findings.iter().map(|finding| finding.strength).max(), true);
        report
    }

    fn programs_of(report: &Report, expires: i64) -> Exceptions {
        let hashes = programs(report).into_iter().map(String::from);
        (1..)
            .zip(hashes)
            .map(|(number, hash)| Exception { number, what: What::Program(hash), expires })
            .collect()
    }

    fn of(exceptions: &Exceptions, report: &Report, way: &Way) -> Option<(Verdict, Vec<i64>)> {
        exceptions.of(report, |_| true, way, NOW).map(|excepted| (excepted.verdict, excepted.numbers))
    }

    #[test]
    fn a_program_lets_pass_what_has_no_other_reason() {
        use Strength::{Medium, Strong, Weak};
        let lure = "lure-macro-document";
        type Row<'a> = (&'a [(&'a str, Strength, usize)], bool);
        let rows: &[Row] = &[
            (&[("a", Strong, 3)], true),
            (&[("a", Strong, 3), (lure, Medium, 2), ("b", Weak, 1)], true),
            (&[("a", Strong, 3), ("b", Medium, 2)], false),
            (&[("a", Strong, 3), ("b", Medium, 0)], false),
            (&[("a", Strong, 3), (lure, Medium, 4)], false),
            (&[("a", Strong, 3), (lure, Medium, 99)], false),
            (&[("a", Weak, 3)], false),
        ];
        for (findings, want) in rows {
            let report = report(findings);
            let exceptions = programs_of(&report, NOW + 1);
            let got = of(&exceptions, &report, &Way::default());
            assert_eq!(got, want.then(|| (Verdict::Clean, vec![1])), "{findings:?}");
            assert_eq!(of(&programs_of(&report, NOW), &report, &Way::default()), None, "it has ended");
            assert_eq!(of(&Exceptions::default(), &report, &Way::default()), None);
        }
    }

    #[test]
    fn every_program_of_the_attachment_must_be_excepted() {
        let mut tree = tree();
        tree.add(Some(2), crate::artifact::Child::new("b", "vba-module", b"x".to_vec()).of_kind("vba"));
        let report = Report::new("a.eml", 0, &tree, &[finding("a", Strength::Strong, 3)]);
        let all = programs_of(&report, NOW + 1);
        assert_eq!(all.len(), 2);
        assert_eq!(of(&all, &report, &Way::default()), Some((Verdict::Unverified, vec![1, 2])));
        let one = Exception {
            number: 7,
            what: What::Program(report.artifacts[3].sha256.clone()),
            expires: NOW + 1,
        };
        assert_eq!(of(&[one].into_iter().collect(), &report, &Way::default()), None);
    }

    #[test]
    fn what_is_made_of_a_program_is_part_of_it() {
        let mut tree = tree();
        let text = crate::artifact::Child::new("t", "folded", b"calc".to_vec()).of_kind("vba-texts");
        let text = tree.add(Some(3), text);
        let report = Report::new("a.eml", 0, &tree, &[finding("a", Strength::Medium, text)]);
        assert_eq!(programs(&report).len(), 1);
        let got = of(&programs_of(&report, NOW + 1), &report, &Way::default());
        assert_eq!(got, Some((Verdict::Unverified, vec![1])));
    }

    #[test]
    fn a_document_that_is_no_attachment_is_one() {
        let doc = crate::artifact::Child::new("a.doc", "file", b"\0doc".to_vec());
        let mut tree = crate::artifact::Tree::new(doc);
        let code = crate::artifact::Child::new("b", "vba-module", b"x".to_vec()).of_kind("vba");
        let code = tree.add(Some(0), code);
        let report = Report::new("a.doc", 0, &tree, &[finding("a", Strength::Strong, code)]);
        let got = of(&programs_of(&report, NOW + 1), &report, &Way::default());
        assert_eq!(got, Some((Verdict::Clean, vec![1])));
    }

    #[test]
    fn a_sender_is_believed_by_his_server_or_his_login() {
        let server = server("192.0.2.7");
        let what = What::Sender { address: "a@city.example".into(), server };
        let all: Exceptions = [Exception { number: 5, what, expires: NOW + 1 }].into_iter().collect();
        let suspicious = report(&[("x", Strength::Medium, 1)]);
        let way = Way { sender: "A@City.example", server, authenticated: false };
        assert_eq!(of(&all, &suspicious, &way), Some((Verdict::Clean, vec![5])));
        let login = Way { server: None, authenticated: true, ..way };
        assert_eq!(of(&all, &suspicious, &login), Some((Verdict::Clean, vec![5])));
        for other in [
            Way { server: None, ..way },
            Way { server: super::server("192.0.2.8"), ..way },
            Way { sender: "b@city.example", ..way },
            Way { sender: "", ..way },
        ] {
            assert_eq!(of(&all, &suspicious, &other), None, "{other:?}");
        }
        let malicious = report(&[("x", Strength::Strong, 1)]);
        assert_eq!(of(&all, &malicious, &way), None, "never what is malicious");
        let mut two = suspicious.clone();
        two.from = Some("a@city.example, b@city.example".into());
        assert_eq!(of(&all, &two, &way), None, "two authors are none");
        assert_eq!(all.of(&suspicious, |_| true, &way, NOW + 1), None, "it has ended");
        let fault = Report { from: suspicious.from.clone(), ..Report::fault("a.eml", 0, "x") };
        assert_eq!(of(&all, &fault, &way), None, "what could not be scanned has none");
    }

    #[test]
    fn what_does_not_count_is_no_reason() {
        let report = report(&[("a", Strength::Strong, 3), ("b", Strength::Medium, 1)]);
        let exceptions = programs_of(&report, NOW + 1);
        let without = |id: &'static str| {
            exceptions.of(&report, move |finding| finding.id != id, &Way::default(), NOW).is_some()
        };
        assert!(without("b") && !without("a"));
    }

    #[test]
    fn the_rules_of_programs_are_there() {
        assert!(OF_PROGRAMS.iter().all(|id| HEURISTICS.iter().any(|rule| rule.id == *id)));
        assert!(PROGRAMS.iter().all(|kind| Kind::named(kind).is_some()));
    }
}
