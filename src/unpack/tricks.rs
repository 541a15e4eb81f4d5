//! Tricks of archives that may be played a million times: the first few are named, the rest counted.

use crate::artifact::{Fact, Opened};
use std::collections::BTreeMap;

/// How often each trick was seen.
#[derive(Default)]
pub(super) struct Tricks(BTreeMap<&'static str, u64>);

/// Facts of one trick that tell a name each.
const MOST_NAMED: u64 = 16;

impl Tricks {
    /// Notes a trick.
    pub(super) fn note(&mut self, what: &'static str, detail: impl Into<String>, out: &mut Opened) {
        let count = self.0.entry(what).or_default();
        *count += 1;
        if *count <= MOST_NAMED {
            out.facts.push(Fact::Trick { what, detail: detail.into() });
        }
    }

    /// Tells of what was counted only.
    pub(super) fn close(self, out: &mut Opened) {
        for (what, count) in self.0 {
            if count > MOST_NAMED {
                let detail = format!("{} more", count - MOST_NAMED);
                out.facts.push(Fact::Trick { what, detail });
            }
        }
    }
}

/// Whether a name leads out of the folder that is unpacked into: absolute, with a drive letter, or by `..`.
pub(super) fn leads_outside(name: &str) -> bool {
    let has_drive = matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    let is_rooted = has_drive || name.starts_with(['/', '\\']);
    is_rooted || name.split(['/', '\\']).any(|part| part == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_out_are_seen() {
        for name in ["../a", "a/../../b", "/a", "\\a", "a\\..\\b", "C:\\a", "c:a"] {
            assert!(leads_outside(name), "{name}");
        }
        for name in ["a", "a/b", "..a", "a..", "a/...", "./a", "表:a", ""] {
            assert!(!leads_outside(name), "{name}");
        }
    }
}
