//! What can be decided on a message: the acts, which of them a message allows, and the section of its page that offers
//! them and shows who did what.
//!
//! Every act has a page of its own that says what will happen and asks once ([`confirm`]). What was decided is written
//! with its entry in the audit log in one change. A mail is released by delivering it ([`release`]); only a mail that was
//! held, and whose envelope is known, can be.

mod allow;
mod confirm;
mod release;

pub(super) use allow::is_choice;
pub(super) use confirm::{COMMENT, Form, apply, ask, make, plan};
pub(super) use release::{Waiting, waiting};

use super::Desk;
use super::fail::Fail;
use super::time::told;
use super::words::{fill, member, say};
use crate::report::gist::quote;
use crate::report::{Lang, Report};
use crate::store::{Decision, Envelope, Exception, Filter, Order, Page, Role, State, Summary, User};
use crate::verdict::Verdict;

/// What somebody can decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Keep,
    Release,
    RefuseRelease,
    Delete,
    FalseAlarm,
    Missed,
    Exception,
}

const ACTS: [(Act, &str); 7] = [
    (Act::Keep, "keep"),
    (Act::Release, "release"),
    (Act::RefuseRelease, "refuse-release"),
    (Act::Delete, "delete"),
    (Act::FalseAlarm, "false-alarm"),
    (Act::Missed, "missed"),
    (Act::Exception, "exception"),
];

impl Act {
    /// That of an id.
    pub(super) fn of(id: &str) -> Option<Self> {
        ACTS.iter().find(|(_, known)| *known == id).map(|(act, _)| *act)
    }

    /// Its id.
    pub(super) fn id(self) -> &'static str {
        ACTS.iter().find(|(act, _)| *act == self).map_or("", |(_, id)| id)
    }
}

/// Whether an act is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Offered {
    Yes,
    /// It makes no sense for this message.
    No,
    /// It would make sense, but for the reason of this key.
    Not(&'static str),
}

/// A message, as decisions need to know it.
struct Case {
    summary: Summary,
    envelope: Envelope,
    decisions: Vec<Decision>,
    /// What of it can be excepted.
    allowable: allow::Allowable,
    /// The exceptions that let it pass, and when.
    passed: Vec<(i64, Exception)>,
    /// When a delivery was begun whose end is not known.
    begun: Option<i64>,
}

/// The most messages of a campaign that one act decides on; the rest waits for the next.
const MOST: u32 = 200;

impl Case {
    async fn read(desk: &Desk, id: &str) -> Result<Self, Fail> {
        let stored = desk.store.get(id).await?;
        Self::of(desk, stored.summary, &stored.report).await
    }

    async fn of(desk: &Desk, summary: Summary, report: &Report) -> Result<Self, Fail> {
        let envelope = desk.store.envelope(&summary.id).await?;
        let decisions = desk.store.decisions(&summary.id).await?;
        let allowable = allow::Allowable::of(&summary, report);
        let passed = desk.store.let_pass_by(&summary.id).await?;
        let begun = desk.store.open_release(&summary.id).await?;
        Ok(Self { summary, envelope, decisions, allowable, passed, begun })
    }

    /// The request to release it that nobody has answered yet.
    fn asked(&self) -> Option<&Decision> {
        let of_delivery =
            |act: &str| matches!(act, "ask-release" | "refuse-release" | "release" | "keep" | "delete");
        self.decisions.iter().rfind(|made| of_delivery(&made.act)).filter(|made| made.act == "ask-release")
    }

    fn is_released(&self) -> bool {
        self.decisions.iter().any(|made| made.act == "release")
    }

    /// Whether the mail was held back, so that its recipients do not have it.
    fn is_held(&self) -> bool {
        is_held(&self.summary, &self.envelope) && !self.is_released()
    }

    fn offered(&self, act: Act, user: &User, desk: &Desk) -> Offered {
        let verdict = self.summary.verdict;
        let when = |is_so: bool| if is_so { Offered::Yes } else { Offered::No };
        match act {
            Act::Release => self.release_offered(user, desk),
            Act::RefuseRelease => when(self.asked().is_some_and(|asked| asked.name != user.name)),
            Act::Keep => when(self.summary.is_kept && !self.is_released()),
            Act::Delete => when(self.summary.is_kept),
            Act::FalseAlarm => when(verdict != Verdict::Clean),
            Act::Missed => when(matches!(verdict, Verdict::Clean | Verdict::Unverified)),
            Act::Exception => when(!self.allowable.is_empty()),
        }
    }

    fn release_offered(&self, user: &User, desk: &Desk) -> Offered {
        if self.is_released() {
            Offered::No
        } else if !self.is_held() {
            Offered::Not("decide.not-held")
        } else if !self.summary.is_kept {
            Offered::Not("decide.gone")
        } else if desk.settings.smtp.is_none() {
            Offered::Not("decide.no-smtp")
        } else if desk.settings.two_person && self.asked().is_some_and(|asked| asked.name == user.name) {
            Offered::Not("decide.asked-by-you")
        } else {
            Offered::Yes
        }
    }

    /// Whether to release it now means to approve what somebody else asked for.
    fn is_approval(&self, user: &User, desk: &Desk) -> bool {
        desk.settings.two_person && self.asked().is_some_and(|asked| asked.name != user.name)
    }

    /// Messages of its campaign that wait, this one left out; at most [`MOST`], and whether there are more.
    async fn others(&self, desk: &Desk) -> Result<(Vec<Summary>, bool), Fail> {
        let filter = Filter { campaign: Some(self.summary.campaign), only_open: true, ..Filter::default() };
        let listing = desk.store.queue(&filter, Order::Newest, &Page::first(MOST)).await?;
        let others = listing.rows.into_iter().map(|row| row.lead).filter(|lead| lead.id != self.summary.id);
        let is_open = |lead: &Summary| lead.state == State::Waiting;
        Ok((others.filter(is_open).collect(), listing.next.is_some()))
    }
}

/// Whether a mail was held back when it came. What was let through, marked or not, its recipients have; what was put off
/// comes again.
fn is_held(summary: &Summary, envelope: &Envelope) -> bool {
    let is_through =
        matches!(summary.action.as_str(), "" | "accept" | "tag" | "defer" | "keep-copy" | "delete-copy");
    !is_through && summary.action != "release" && !envelope.recipients.is_empty()
}

/// The section of the message page.
pub(super) struct Section {
    pub(super) state: &'static str,
    pub(super) offers: Vec<Offer>,
    /// What is known besides: a release that was asked for, exceptions that hold.
    pub(super) notes: Vec<String>,
    pub(super) record: Vec<Line>,
}

/// One act.
pub(super) struct Offer {
    pub(super) id: &'static str,
    pub(super) label: &'static str,
    /// Why it is not possible; empty if it is.
    pub(super) hindrance: &'static str,
}

/// One line of what was done.
#[derive(PartialEq, Eq)]
pub(super) struct Line {
    pub(super) when: String,
    pub(super) what: String,
    pub(super) who: String,
    pub(super) comment: String,
}

/// The section about a message for somebody.
pub(super) async fn section(
    desk: &Desk,
    user: &User,
    lang: Lang,
    (summary, report): (&Summary, &Report),
) -> Result<Section, Fail> {
    let case = Case::of(desk, summary.clone(), report).await?;
    let mut notes = Vec::new();
    if let Some(asked) = case.asked() {
        let when = told(asked.made, desk.settings.zone, lang);
        notes.push(fill(lang, "decide.asked", &[&asked.name, &when]));
    }
    notes.extend(case.begun.map(|made| fill(lang, "decide.begun", &[&told(made, desk.settings.zone, lang)])));
    notes.extend(case.allowable.in_force(desk, lang).await?);
    let may_act = user.role >= Role::Operator;
    let offers = if may_act { offers(&case, user, desk, lang) } else { Vec::new() };
    let state = match case.summary.state {
        State::Waiting => "decide.waiting",
        State::Decided => "decide.decided",
        State::Filed => "decide.filed",
    };
    Ok(Section { state: say(lang, state), offers, notes, record: record(&case, desk, lang) })
}

fn offers(case: &Case, user: &User, desk: &Desk, lang: Lang) -> Vec<Offer> {
    let each = ACTS.iter().filter_map(|(act, id)| {
        let hindrance = match case.offered(*act, user, desk) {
            Offered::No => return None,
            Offered::Yes => "",
            Offered::Not(key) => say(lang, key),
        };
        Some(Offer { id, label: label(*act, case, user, desk, lang), hindrance })
    });
    each.collect()
}

/// What stands on the button of an act.
fn label(act: Act, case: &Case, user: &User, desk: &Desk, lang: Lang) -> &'static str {
    match act {
        Act::Release if case.is_approval(user, desk) => say(lang, "offer.approve-release"),
        Act::Release if desk.settings.two_person => say(lang, "offer.ask-release"),
        Act::Keep if !case.is_held() => say(lang, "offer.keep-copy"),
        _ => member(lang, "offer", act.id()),
    }
}

/// What was done with a message, the first first.
fn record(case: &Case, desk: &Desk, lang: Lang) -> Vec<Line> {
    let zone = desk.settings.zone;
    let first = Line {
        when: told(case.summary.received, zone, lang),
        what: member(lang, "came", case.summary.source.id()).to_string(),
        who: case.summary.reporter.clone(),
        comment: member(lang, "done", &case.summary.action).to_string(),
    };
    let made = case.decisions.iter().map(|made| {
        let line = Line {
            when: told(made.made, zone, lang),
            what: match member(lang, "act", &made.act) {
                "" => made.act.clone(),
                known => known.to_string(),
            },
            who: made.name.clone(),
            comment: quote(&made.comment, 500),
        };
        (made.made, line)
    });
    let passed = case.passed.iter().map(|(made, exception)| (*made, let_pass(*made, exception, zone, lang)));
    let mut later: Vec<(i64, Line)> = passed.chain(made).collect();
    later.sort_by_key(|(made, _)| *made);
    let mut lines: Vec<Line> =
        std::iter::once(first).chain(later.into_iter().map(|(_, line)| line)).collect();
    // Each macro has an exception of its own; those that were made together are one to the reader.
    lines.dedup();
    lines
}

/// That an exception let it pass.
fn let_pass(made: i64, exception: &Exception, zone: i32, lang: Lang) -> Line {
    let what = &exception.what;
    let (kind, until) = (member(lang, "kind-of", &what.kind), told(what.expires, zone, lang));
    Line {
        when: told(made, zone, lang),
        what: say(lang, "act.let-pass").to_string(),
        who: what.asked_by.clone(),
        comment: fill(lang, "decide.let-pass", &[kind, &until, &quote(&what.reason, 300)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_held_back_can_be_released() {
        let to = Envelope { sender: String::new(), recipients: vec!["a@city.example".into()] };
        for (action, want) in [("quarantine", true), ("reject", true), ("discard", true), ("keep", true)] {
            assert_eq!(is_held(&summary(action), &to), want, "{action}");
            assert!(!is_held(&summary(action), &Envelope::default()), "{action}");
        }
        for action in ["", "accept", "tag", "defer", "release", "keep-copy"] {
            assert!(!is_held(&summary(action), &to), "{action}");
        }
    }

    fn summary(action: &str) -> Summary {
        Summary {
            number: 1,
            id: "1".into(),
            received: 0,
            source: crate::store::Source::Milter,
            path: String::new(),
            reporter: String::new(),
            client: String::new(),
            queue_id: String::new(),
            action: action.into(),
            sender: String::new(),
            shown_from: String::new(),
            address: String::new(),
            subject: String::new(),
            message_id: String::new(),
            dated: String::new(),
            sha256: String::new(),
            size: 0,
            is_kept: true,
            verdict: Verdict::Malicious,
            score: 0,
            complete: true,
            locked: false,
            state: State::Waiting,
            rule: String::new(),
            title: String::new(),
            title_ja: String::new(),
            evidence: String::new(),
            trail: String::new(),
            unread: String::new(),
            recipients: 0,
            campaign: 1,
        }
    }
}
