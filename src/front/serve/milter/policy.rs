//! What becomes of a message: a table from verdicts to actions, written in the configuration file. Tables for one
//! direction or one listener name only what differs.

use crate::verdict::Verdict;
use serde::Deserialize;

/// What is done with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::front::serve) enum Action {
    /// It passes, with headers that tell the verdict.
    Accept,
    /// The same, and its subject is marked.
    Tag,
    /// It is held in the quarantine of the mail server.
    Quarantine,
    /// It is refused, and its sender is told so.
    Reject,
    /// It vanishes.
    Discard,
    /// The sending server shall try again later.
    Defer,
}

/// Where mails in quarantine lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::front::serve) enum Quarantine {
    /// In the quarantine of the mail server.
    #[default]
    Mta,
    /// In tenpu's own store; the mail server forgets them.
    Store,
}

/// The action of each verdict, and of messages that could not be scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::front::serve) struct Policy {
    /// Of malicious messages.
    pub(in crate::front::serve) malicious: Action,
    /// Of suspicious ones.
    pub(in crate::front::serve) suspicious: Action,
    /// Of those not all of which could be read.
    pub(in crate::front::serve) unverified: Action,
    /// Of those that could not be scanned.
    pub(in crate::front::serve) failure: Action,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            malicious: Action::Quarantine,
            suspicious: Action::Tag,
            unverified: Action::Tag,
            failure: Action::Defer,
        }
    }
}

/// Which way a message goes, seen from the owner of the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::front::serve) enum Direction {
    /// From a stranger.
    #[default]
    Incoming,
    /// From one of us.
    Outgoing,
    /// From one of us, and to nobody else.
    Internal,
}

impl Direction {
    /// Its name in the configuration and the log.
    pub(in crate::front::serve) fn id(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Outgoing => "outgoing",
            Self::Internal => "internal",
        }
    }
}

/// `[policy]` or `[milter.policy]`: what is written there of a [`Policy`], for all directions and for single ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::front::serve) struct Rows {
    malicious: Option<Action>,
    suspicious: Option<Action>,
    unverified: Option<Action>,
    failure: Option<Action>,
    incoming: Row,
    outgoing: Row,
    internal: Row,
}

/// What is written for one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Row {
    malicious: Option<Action>,
    suspicious: Option<Action>,
    unverified: Option<Action>,
    failure: Option<Action>,
}

impl Rows {
    /// Puts what holds for all directions into a policy.
    pub(in crate::front::serve) fn general(&self, policy: &mut Policy) {
        let Self { malicious, suspicious, unverified, failure, .. } = *self;
        Row { malicious, suspicious, unverified, failure }.put(policy);
    }

    /// Puts what holds for one direction into a policy.
    pub(super) fn directed(&self, direction: Direction, policy: &mut Policy) {
        self.general(policy);
        match direction {
            Direction::Incoming => self.incoming.put(policy),
            Direction::Outgoing => self.outgoing.put(policy),
            Direction::Internal => self.internal.put(policy),
        }
    }
}

impl Row {
    fn put(&self, policy: &mut Policy) {
        let Policy { malicious, suspicious, unverified, failure } = policy;
        *malicious = self.malicious.unwrap_or(*malicious);
        *suspicious = self.suspicious.unwrap_or(*suspicious);
        *unverified = self.unverified.unwrap_or(*unverified);
        *failure = self.failure.unwrap_or(*failure);
    }
}

impl Policy {
    /// The action of a verdict; none stands for a message that could not be scanned.
    pub(in crate::front::serve) fn action(&self, verdict: Option<Verdict>) -> Action {
        match verdict {
            Some(Verdict::Clean) => Action::Accept,
            Some(Verdict::Unverified) => self.unverified,
            Some(Verdict::Suspicious) => self.suspicious,
            Some(Verdict::Malicious) => self.malicious,
            None => self.failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direction_changes_what_it_names() {
        let text = "suspicious = \"defer\"\nfailure = \"accept\"\n[outgoing]\nsuspicious = \"reject\"\n";
        let rows: Rows = toml::from_str(text).unwrap();
        let of = |direction| {
            let mut policy = Policy::default();
            rows.directed(direction, &mut policy);
            (policy.malicious, policy.suspicious, policy.failure)
        };
        assert_eq!(of(Direction::Incoming), (Action::Quarantine, Action::Defer, Action::Accept));
        assert_eq!(of(Direction::Outgoing), (Action::Quarantine, Action::Reject, Action::Accept));
        assert_eq!(of(Direction::Internal), of(Direction::Incoming));
    }

    #[test]
    fn every_verdict_has_its_action() {
        let policy = Policy { unverified: Action::Discard, ..Policy::default() };
        let rows = [
            (Some(Verdict::Clean), Action::Accept),
            (Some(Verdict::Unverified), Action::Discard),
            (Some(Verdict::Suspicious), Action::Tag),
            (Some(Verdict::Malicious), Action::Quarantine),
            (None, Action::Defer),
        ];
        for (verdict, action) in rows {
            assert_eq!(policy.action(verdict), action, "{verdict:?}");
        }
    }
}
