//! What becomes of a message: a table from verdicts to actions, written in the configuration file.

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
