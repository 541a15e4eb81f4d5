//! Rules and configuration as the workers need them.

use super::options::Options;
use crate::keyring::Keyring;
use crate::scan::Scanner;
use serde_json::Value;
use std::time::Duration;

/// Where events go: their level, their name, and what more there is to tell.
pub(in crate::front) type Tell = fn(&str, &str, &Value);

/// Rules and configuration that belong together; a message keeps those it began with.
#[derive(Debug)]
pub(in crate::front) struct Base {
    /// The scanner with its limits and rules.
    pub(in crate::front) scanner: Scanner,
    /// Passwords to try.
    pub(in crate::front) keys: Keyring,
    /// How scans are kept apart.
    pub(in crate::front) options: Options,
    /// How long an input waits for a free place.
    pub(in crate::front) wait: Duration,
    /// Who is told what happens to workers.
    pub(in crate::front) tell: Tell,
}

impl Default for Base {
    fn default() -> Self {
        Self {
            scanner: Scanner::default(),
            keys: Keyring::new(),
            options: Options::default(),
            wait: Duration::from_secs(20),
            tell: |_, _, _| (),
        }
    }
}

impl Base {
    /// How long one scan may take at most. It ends at its own time limit; one that does not is given up.
    pub(super) fn patience(&self) -> Duration {
        self.scanner.limits().time * 2 + Duration::from_secs(10)
    }

    /// Bytes a worker may take: what a message may keep, itself and its largest artifacts while they are made, and the
    /// program with its rules.
    #[cfg(target_os = "linux")]
    pub(super) fn memory(&self) -> u64 {
        let limits = self.scanner.limits();
        let sizes = [limits.kept_bytes, limits.input_bytes, limits.input_bytes, 512 << 20];
        let artifacts = limits.artifact_bytes.saturating_mul(4);
        let usual = sizes.into_iter().fold(artifacts, u64::saturating_add);
        self.options.memory.unwrap_or(usual)
    }
}
