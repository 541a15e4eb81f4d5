//! What stands for the engine in a build without the feature `yara`: no rules, and a plain word about it.

use super::{Listed, Problem};
use crate::artifact::Tree;
use crate::detect::Finding;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// No such thing can exist in this build.
#[derive(Debug)]
pub(super) enum Engine {}

/// Scans nothing: there are no rules in this build.
pub struct Session<'a> {
    engine: PhantomData<&'a Engine>,
}

/// Answers no rules, and a problem for every path of rules that was asked for.
pub(super) fn load(
    _builtin: bool,
    user: &[PathBuf],
    _cache: Option<&Path>,
) -> (Option<Engine>, Vec<Problem>) {
    let reason = "this build of tenpu has no YARA engine (cargo feature `yara`)";
    let problem =
        |path: &PathBuf| Problem { file: path.display().to_string(), line: 0, reason: reason.to_string() };
    (None, user.iter().map(problem).collect())
}

impl Engine {
    pub(super) fn pack(&self) -> Result<Vec<u8>, String> {
        match *self {}
    }

    pub(super) fn unpack(_packed: &[u8]) -> Option<Self> {
        None
    }

    pub(super) fn list(&self) -> Vec<Listed> {
        match *self {}
    }
}

impl Session<'_> {
    pub(super) fn new(_engine: Option<&Engine>) -> Self {
        Self { engine: PhantomData }
    }

    /// Nothing, in this build.
    pub fn findings(&mut self, _tree: &Tree) -> Vec<Finding> {
        let _none = self.engine;
        Vec::new()
    }
}
