//! How scans are kept apart from the service.

use serde::Deserialize;

/// What `[serve]` says of workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::front::serve) struct Options {
    /// Where scans happen; stays as it is until a restart.
    pub(in crate::front::serve) isolation: Isolation,
    /// Whether a machine must have all of the lock-down.
    pub(in crate::front::serve) lockdown: Lockdown,
    /// Answers that are remembered.
    pub(in crate::front::serve) cache: usize,
    /// Bytes of memory one worker process may take; from the limits of a message where it is not set.
    pub(in crate::front::serve) memory: Option<u64>,
}

/// Where scans happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::front::serve) enum Isolation {
    /// In processes that are locked in. Linux only.
    Process,
    /// In threads of the service.
    Thread,
}

/// How much of the lock-down must be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::front::serve) enum Lockdown {
    /// All of it, or the service does not start.
    Require,
    /// What there is; the log says what is missing.
    Try,
}

impl Default for Options {
    fn default() -> Self {
        let isolation = if cfg!(target_os = "linux") { Isolation::Process } else { Isolation::Thread };
        Self { isolation, lockdown: Lockdown::Try, cache: 1000, memory: None }
    }
}
