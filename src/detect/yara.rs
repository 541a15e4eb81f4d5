//! YARA rules over every artifact.

use super::Finding;
use crate::artifact::Tree;

/// Compiled rules.
#[derive(Debug, Default)]
pub struct Rules {}

/// Scans trees on one thread.
pub struct Session<'a> {
    _rules: &'a Rules,
}

impl Rules {
    /// A scanner for one thread.
    pub fn session(&self) -> Session<'_> {
        Session { _rules: self }
    }
}

impl Session<'_> {
    /// Every match in the tree.
    pub fn findings(&mut self, _tree: &Tree) -> Vec<Finding> {
        Vec::new()
    }
}
