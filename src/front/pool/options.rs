//! How scans are kept apart from the rest.

use anyhow::ensure;
use serde::Deserialize;

/// What the configuration says of workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::front) struct Options {
    /// Where scans happen; stays as it is until a restart.
    pub(in crate::front) isolation: Isolation,
    /// Whether a machine must have all of the lock-down.
    pub(in crate::front) lockdown: Lockdown,
    /// Answers that are remembered.
    pub(in crate::front) cache: usize,
    /// Bytes of memory one worker process may take; from the limits of a message where it is not set.
    pub(in crate::front) memory: Option<u64>,
}

/// Where scans happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::front) enum Isolation {
    /// In processes that are locked in. Linux only.
    Process,
    /// In threads of the service.
    Thread,
}

/// How much of the lock-down must be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::front) enum Lockdown {
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

impl Options {
    /// Takes over what is said.
    ///
    /// # Errors
    /// This system has no worker processes.
    pub(in crate::front) fn set(
        &mut self,
        isolation: Option<Isolation>,
        lockdown: Option<Lockdown>,
        memory: Option<u64>,
    ) -> anyhow::Result<()> {
        let is_possible = cfg!(target_os = "linux") || isolation != Some(Isolation::Process);
        ensure!(is_possible, "`isolation`: worker processes need Linux");
        self.isolation = isolation.unwrap_or(self.isolation);
        self.lockdown = lockdown.unwrap_or(self.lockdown);
        self.memory = memory.or(self.memory);
        Ok(())
    }
}
