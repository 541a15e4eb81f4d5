//! The packets that answer a message: changes first, then what becomes of it.

use super::policy::Action;
use super::session::{Message, Session};
use super::{subject, verdict_word, wire};
use crate::report::Report;

/// What shall become of a message.
pub(super) struct Plan<'a> {
    /// What is done.
    pub(super) action: Action,
    /// What was found; none where it could not be scanned.
    pub(super) report: Option<&'a Report>,
    /// The id under which the help desk finds it.
    pub(super) id: &'a str,
    /// The mark of the subject.
    pub(super) subject: &'a str,
    /// The exceptions that were applied.
    pub(super) exceptions: &'a [String],
}

/// The packets, one after the other.
pub(super) fn replies(plan: &Plan, session: &Session, message: &Message) -> Vec<u8> {
    let id = plan.id;
    let verdict = verdict_word(plan.report.map(|report| report.verdict));
    let reply = |line: String| wire::packet(wire::REPLY_CODE, &zero(line.as_bytes()));
    match plan.action {
        Action::Accept => passing(plan, session, message),
        Action::Tag => [tag(plan, session, message), passing(plan, session, message)].concat(),
        Action::Quarantine => {
            let reason = zero(format!("tenpu: {verdict} (id {id})").as_bytes());
            [wire::packet(wire::QUARANTINE, &reason), passing(plan, session, message)].concat()
        }
        Action::Reject if plan.report.is_none() => {
            reply(format!("550 5.7.1 Message refused: it could not be checked (id {id})"))
        }
        Action::Reject => reply(format!("550 5.7.1 Message refused: {verdict} content (id {id})")),
        Action::Discard => wire::packet(wire::DISCARD, b""),
        Action::Defer => reply(format!("451 4.7.1 Message not accepted now, try again later (id {id})")),
    }
}

/// Headers, and that the message goes on.
fn passing(plan: &Plan, session: &Session, message: &Message) -> Vec<u8> {
    [headers(plan, session, message), wire::packet(wire::CONTINUE, b"")].concat()
}

/// Takes the headers away that only we may write, and writes ours.
fn headers(plan: &Plan, session: &Session, message: &Message) -> Vec<u8> {
    let mut packets = Vec::new();
    if session.allows(wire::MAY_CHANGE_HEADERS) {
        for (name, count) in &message.forged {
            // From the last one on, because some servers count anew after each.
            let changes = (1..=*count).rev().map(|index| change(index, name.as_bytes(), b""));
            packets.extend(changes.flatten());
        }
    }
    if session.allows(wire::MAY_ADD_HEADERS) {
        for (name, value) in values(plan) {
            packets.extend(add(name, &spaced(session, value.as_bytes())));
        }
    }
    packets
}

/// Our headers and their values.
fn values(plan: &Plan) -> Vec<(&'static [u8], String)> {
    let verdict = verdict_word(plan.report.map(|report| report.verdict));
    let mut values: Vec<(&[u8], String)> = vec![(b"X-Tenpu-Verdict", verdict.to_string())];
    if let Some(report) = plan.report {
        values.push((b"X-Tenpu-Score", report.score.to_string()));
        let findings = findings(report);
        if !findings.is_empty() {
            values.push((b"X-Tenpu-Findings", findings));
        }
    }
    let exceptions = plan.exceptions.iter().map(|name| (&b"X-Tenpu-Exception"[..], name.clone()));
    values.extend(exceptions);
    values.push((b"X-Tenpu-Id", plan.id.to_string()));
    values
}

/// The ids of the rules that matched, strongest first, in lines of a usual length.
fn findings(report: &Report) -> String {
    let mut ids: Vec<String> = Vec::new();
    for finding in &report.findings {
        let id = finding.id.chars().take(ID).map(|c| if c.is_ascii_graphic() && c != ',' { c } else { '?' });
        let id = id.collect();
        if !ids.contains(&id) && ids.len() < FINDINGS {
            ids.push(id);
        }
    }
    let mut value = String::new();
    let mut line = "X-Tenpu-Findings: ".len();
    for id in ids {
        if !value.is_empty() {
            let fits = line + id.len() + 2 <= LINE;
            value.push_str(if fits { ", " } else { ",\n\t" });
            line = if fits { line + 2 } else { 8 };
        }
        line += id.len();
        value.push_str(&id);
    }
    value
}

/// Ids of one header, characters of one, and of a line.
const FINDINGS: usize = 40;
const ID: usize = 100;
const LINE: usize = 76;

/// Marks every subject; a message without one gets it.
fn tag(plan: &Plan, session: &Session, message: &Message) -> Vec<u8> {
    let verdict = plan.report.map(|report| report.verdict);
    let tagged = |old: &[u8]| spaced(session, &subject::tagged(plan.subject, verdict, old));
    if plan.subject.is_empty() {
        return Vec::new();
    }
    if message.subjects.is_empty() && session.allows(wire::MAY_ADD_HEADERS) {
        return add(b"Subject", &tagged(b""));
    }
    if !session.allows(wire::MAY_CHANGE_HEADERS) {
        return Vec::new();
    }
    let numbered = (1u32..).zip(&message.subjects);
    numbered.flat_map(|(index, old)| change(index, b"Subject", &tagged(old))).collect()
}

/// Where the server gives values with the space before them, it wants them so too.
fn spaced(session: &Session, value: &[u8]) -> Vec<u8> {
    let space = if session.speaks(wire::LEADING_SPACE) { &b" "[..] } else { b"" };
    [space, value].concat()
}

fn add(name: &[u8], value: &[u8]) -> Vec<u8> {
    wire::packet(wire::ADD_HEADER, &[zero(name), zero(value)].concat())
}

fn change(index: u32, name: &[u8], value: &[u8]) -> Vec<u8> {
    wire::packet(wire::CHANGE_HEADER, &[&index.to_be_bytes()[..], &zero(name), &zero(value)].concat())
}

fn zero(text: &[u8]) -> Vec<u8> {
    [text, b"\0"].concat()
}

#[cfg(test)]
mod tests {
    use super::super::session::Step;
    use super::super::wire::{Command, Options};
    use super::*;
    use crate::report::tests::malicious;

    fn session(actions: u32) -> Session {
        let mut session = Session::new(super::super::super::room::Room::default());
        let protocol = wire::LEADING_SPACE;
        let _reply = session.step(&Command::Negotiate(Options { version: 6, actions, protocol }));
        session
    }

    fn message(session: &mut Session, headers: &[&[u8]]) -> Message {
        for header in headers {
            let _reply = session.step(&Command::parse(header).unwrap());
        }
        let Step::Ended(message) = session.step(&Command::EndOfBody(b"")) else { panic!() };
        *message
    }

    /// The packets that answer, each as its code and its data with `|` for NUL.
    fn answered(action: Action, report: Option<&Report>, actions: u32, headers: &[&[u8]]) -> Vec<String> {
        let mut session = session(actions);
        let message = message(&mut session, headers);
        let subject = "[tenpu: {verdict}] ";
        let plan = Plan { action, report, id: "7-1", subject, exceptions: &[] };
        let sent = replies(&plan, &session, &message);
        let (mut input, mut packet, mut packets) = (&sent[..], Vec::new(), Vec::new());
        while wire::read(&mut input, &mut packet).unwrap() {
            packets.push(String::from_utf8_lossy(&packet).replace('\0', "|"));
        }
        packets
    }

    const MALICIOUS: [&str; 4] = [
        "hX-Tenpu-Verdict| malicious|",
        "hX-Tenpu-Score| 90|",
        "hX-Tenpu-Findings| macro-runs, small|",
        "hX-Tenpu-Id| 7-1|",
    ];

    #[test]
    fn every_action_has_its_packets() {
        let report = malicious();
        let headers: [&[u8]; 4] = [
            b"LX-Tenpu-Verdict\0 clean\0",
            b"LSubject\0 a\0",
            b"LX-Tenpu-Verdict\0 clean\0",
            b"LSubject\0 b\0",
        ];
        let answer = |action| answered(action, Some(&report), 0x31, &headers);
        let gone = ["m|||\u{2}x-tenpu-verdict||", "m|||\u{1}x-tenpu-verdict||"];
        let passing = [&gone[..], &MALICIOUS, &["c"]].concat();
        assert_eq!(answer(Action::Accept), passing);
        let tags = ["m|||\u{1}Subject| [tenpu: malicious] a|", "m|||\u{2}Subject| [tenpu: malicious] b|"];
        assert_eq!(answer(Action::Tag), [&tags[..], &passing].concat());
        let held = ["qtenpu: malicious (id 7-1)|"];
        assert_eq!(answer(Action::Quarantine), [&held[..], &passing].concat());
        assert_eq!(answer(Action::Reject), ["y550 5.7.1 Message refused: malicious content (id 7-1)|"]);
        assert_eq!(answer(Action::Discard), ["d"]);
        assert_eq!(answer(Action::Defer), ["y451 4.7.1 Message not accepted now, try again later (id 7-1)|"]);
    }

    #[test]
    fn what_was_not_scanned_says_so() {
        let want = ["hX-Tenpu-Verdict| unscanned|", "hX-Tenpu-Id| 7-1|", "c"];
        assert_eq!(answered(Action::Accept, None, 0x31, &[]), want);
        let want = [&["hSubject| [tenpu: unscanned] |"][..], &want].concat();
        assert_eq!(answered(Action::Tag, None, 0x31, &[]), want);
    }

    #[test]
    fn only_what_the_server_allows_is_done() {
        let report = malicious();
        let headers: [&[u8]; 2] = [b"LX-Tenpu-Score\0 0\0", b"LSubject\0 a\0"];
        assert_eq!(answered(Action::Tag, Some(&report), 0, &headers), ["c"]);
        let want = [&MALICIOUS[..], &["c"]].concat();
        assert_eq!(answered(Action::Tag, Some(&report), 0x01, &headers), want);
        assert_eq!(session(0x11).possible(Action::Quarantine), Action::Defer);
        assert_eq!(session(0x31).possible(Action::Quarantine), Action::Quarantine);
    }

    #[test]
    fn long_lists_are_folded_and_odd_ids_made_plain() {
        let mut report = malicious();
        let first = report.findings[0].clone();
        report.findings = (0..90)
            .map(|n| crate::report::FindingEntry { id: format!("yara:{n}\r\nX: ü,"), ..first.clone() })
            .collect();
        let value = findings(&report);
        assert!(value.is_ascii() && value.starts_with("yara:0??X:???, yara:1??X:???"), "{value}");
        assert!(value.lines().all(|line| line.len() <= LINE) && !value.contains('\r'));
        assert_eq!(value.split(',').count(), FINDINGS);
    }
}
