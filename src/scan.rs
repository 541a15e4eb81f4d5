//! The one conductor: opens a message stage by stage until nothing is left to open, then has it judged.

use crate::artifact::{Artifact, Child, Fact, Format, Opened, Tree, Unread};
use crate::detect::{Judge, Rules, yara};
use crate::formats;
use crate::keyring::{Keyring, Letter};
use crate::kind::Class;
use crate::limits::{Budget, Limits, Stop};
use crate::message::passwords;
use crate::report::Report;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Scans messages. Make one and keep it; it is shared between threads.
#[derive(Debug, Default)]
pub struct Scanner {
    limits: Limits,
    rules: Rules,
}

/// A scanner's work on one thread.
pub struct Session<'a> {
    scanner: &'a Scanner,
    judge: Judge<'a>,
}

/// One message or file to scan.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Where it came from, as the report shall name it.
    pub path: String,
    /// Its place in that file, from 0.
    pub index: usize,
    /// Its file name, which tells what kind of script a bare attachment is.
    pub name: String,
    /// Its bytes, at most `Limits::input_bytes`.
    pub bytes: Vec<u8>,
    /// Its whole size; larger than `bytes` where the input limit cut it.
    pub size: u64,
}

impl Scanner {
    /// A scanner with these limits and rules.
    pub fn new(limits: Limits, rules: Rules) -> Self {
        Self { limits, rules }
    }

    /// Its limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// A session for one thread; it saves the set-up that every single scan would cost.
    pub fn session(&self) -> Session<'_> {
        Session { scanner: self, judge: self.rules.judge() }
    }

    /// Scans one message from memory.
    pub fn scan(&self, raw: &[u8], keys: &Keyring) -> Report {
        let input =
            Input { path: "-".into(), bytes: raw.to_vec(), size: raw.len() as u64, ..Input::default() };
        self.session().scan(input, keys).0
    }
}

impl Session<'_> {
    /// Scans one input; answers the report and the tree it speaks of.
    pub fn scan(&mut self, input: Input, keys: &Keyring) -> (Report, Tree) {
        let mut budget = Budget::new(&self.scanner.limits);
        let (path, index) = (input.path.clone(), input.index);
        let mut tree = open(input, keys.clone(), &mut budget);
        let findings = self.judge.findings(&tree);
        for finding in findings.iter().filter(|finding| finding.rule == yara::INCOMPLETE) {
            note(&mut tree, finding.artifact, Unread { reason: "rules-incomplete", detail: String::new() });
        }
        let mut report = Report::new(&path, index, &tree, &findings);
        report.elapsed_ms = budget.elapsed().as_secs_f64() * 1000.0;
        (report, tree)
    }
}

/// Opens an input and everything inside it.
pub fn open(input: Input, keys: Keyring, budget: &mut Budget) -> Tree {
    let mut root = Child::new(input.name, "file", input.bytes);
    if input.size > root.size {
        root.unread.push(Unread { reason: "limit-input-bytes", detail: format!("{} bytes", input.size) });
        root.size = input.size;
    }
    let mut walk = Walk { tree: Tree::new(root), keys, letters: Vec::new(), budget };
    let mut next = 0;
    while next < walk.tree.len() {
        if let Err(stop) = walk.open(next) {
            note(&mut walk.tree, next, stop.into());
            break;
        }
        next += 1;
    }
    walk.tree
}

/// One message being opened.
struct Walk<'a> {
    tree: Tree,
    keys: Keyring,
    /// Letters not yet searched for passwords.
    letters: Vec<Letter>,
    budget: &'a mut Budget,
}

impl Walk<'_> {
    /// Opens one artifact as every format that knows it, and hangs what it holds into the tree.
    fn open(&mut self, id: usize) -> Result<(), Stop> {
        let Some(artifact) = self.tree.get(id) else { return Ok(()) };
        let mut opened = Opened::default();
        let mut known = 0;
        let mut stopped = Ok(());
        for format in formats::all().filter(|format| format.matches(artifact)) {
            known += 1;
            if artifact.depth >= self.budget.limits().depth {
                opened.unread.push(Stop::Depth.into());
                break;
            }
            if format.asks_passwords() {
                search(&mut self.letters, &mut self.keys);
            }
            stopped = stopped.and(open_as(format, artifact, &self.keys, &mut opened, self.budget));
        }
        if known == 0 && artifact.kind.class == Class::ShutArchive {
            opened.missed("unsupported-format", artifact.kind.id);
        }
        self.place(id, opened).and(stopped)
    }

    /// Hangs what was found into the tree and onto the keyring.
    fn place(&mut self, id: usize, opened: Opened) -> Result<(), Stop> {
        self.letters.extend(opened.letters);
        for fact in &opened.facts {
            if let Fact::OpenedWith { password, .. } = fact {
                self.keys.promote(password);
            }
        }
        if let Some(artifact) = self.tree.get_mut(id) {
            artifact.facts.extend(opened.facts);
            artifact.damage.extend(opened.damage);
            artifact.unread.extend(opened.unread);
        }
        for child in opened.children {
            self.budget.artifact(child.bytes.len() as u64)?;
            self.tree.add(Some(id), child);
        }
        Ok(())
    }
}

/// Marks an artifact as not read; the same mark twice says no more.
fn note(tree: &mut Tree, id: usize, unread: Unread) {
    if let Some(artifact) = tree.get_mut(id).filter(|artifact| !artifact.unread.contains(&unread)) {
        artifact.unread.push(unread);
    }
}

/// Searches the letters for passwords and puts these onto the keyring.
fn search(letters: &mut Vec<Letter>, keys: &mut Keyring) {
    for letter in letters.drain(..) {
        for candidate in passwords::candidates(&letter) {
            keys.add(candidate);
        }
    }
}

/// Opens an artifact as one format. A panic costs what this format would have found, and is reported.
fn open_as(
    format: &dyn Format,
    artifact: &Artifact,
    keys: &Keyring,
    opened: &mut Opened,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let attempt = AssertUnwindSafe(|| format.open(artifact, keys, opened, budget));
    catch_unwind(attempt).unwrap_or_else(|_| {
        opened.missed("reader-fault", format.id());
        Ok(())
    })
}
