//! The walk over one message: opens artifact after artifact until none is left. What may be locked waits until all
//! else that may say its password was read; what stayed locked is tried once more with what turned up later.

use crate::artifact::{Artifact, Child, Fact, Format, Opened, Tree, Unread};
use crate::formats;
use crate::keyring::{Keyring, Letter};
use crate::kind::{Class, Kind};
use crate::limits::{Budget, Stop};
use crate::message::neighbours::Neighbours;
use crate::message::passwords;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One message being opened.
pub(super) struct Walk<'a> {
    tree: Tree,
    /// How many artifacts were looked at, and which of them wait because they may ask for passwords.
    seen: usize,
    waiting: VecDeque<(usize, Formats)>,
    keys: Keyring,
    /// Letters with the artifacts they came from, and how many of them were searched for passwords.
    letters: Vec<(usize, Letter)>,
    searched: usize,
    neighbours: &'a Neighbours,
    /// Whether the neighbours were asked.
    asked: bool,
    /// What stayed locked, and how many passwords there were when it was tried.
    shut: Vec<(usize, usize)>,
    budget: &'a mut Budget,
}

impl<'a> Walk<'a> {
    pub(super) fn new(tree: Tree, keys: Keyring, neighbours: &'a Neighbours, budget: &'a mut Budget) -> Self {
        Self {
            tree,
            seen: 0,
            waiting: VecDeque::new(),
            keys,
            letters: Vec::new(),
            searched: 0,
            neighbours,
            asked: false,
            shut: Vec::new(),
            budget,
        }
    }

    /// Opens everything; answers the tree.
    pub(super) fn finish(mut self) -> Tree {
        while let Some((id, formats)) = self.next() {
            if let Err(stop) = self.open(id, &formats) {
                note(&mut self.tree, id, stop.into());
                break;
            }
        }
        self.tell_elsewhere();
        self.tree
    }

    /// What is opened next: in the order of ids what asks for no password, because it may say one; then what does;
    /// at last once more what stayed locked.
    fn next(&mut self) -> Option<(usize, Formats)> {
        loop {
            while self.seen < self.tree.len() {
                let id = self.seen;
                self.seen += 1;
                let formats = self.tree.get(id).map(formats_of).unwrap_or_default();
                if !formats.iter().any(|format| format.asks_passwords()) {
                    return Some((id, formats));
                }
                self.waiting.push_back((id, formats));
            }
            if let Some(next) = self.waiting.pop_front() {
                return Some(next);
            }
            if !self.reopen_shut() {
                return None;
            }
        }
    }

    /// Opens one artifact as every format that knows it, and hangs what it holds into the tree.
    fn open(&mut self, id: usize, formats: &[&'static dyn Format]) -> Result<(), Stop> {
        let Some(artifact) = self.tree.get(id) else { return Ok(()) };
        let mut opened = Opened::default();
        let mut stopped = Ok(());
        let mut asks = false;
        for format in formats {
            if artifact.depth >= self.budget.limits().depth {
                opened.unread.push(Stop::Depth.into());
                break;
            }
            if format.asks_passwords() {
                asks = true;
                gather(&mut self.letters, &mut self.searched, &mut self.keys);
                if !std::mem::replace(&mut self.asked, true) {
                    self.neighbours.lend(&self.tree, &mut self.keys);
                }
            }
            stopped = stopped.and(open_as(*format, artifact, &self.keys, &mut opened, self.budget));
        }
        // A ZIP inside or behind it is opened, and says nothing of the rest.
        let is_opened = || formats::all().any(|format| format.id() == artifact.kind.id);
        if artifact.kind.class == Class::Archive && !is_opened() {
            opened.missed("unsupported-format", artifact.kind.id);
        }
        if let Some(kind) = unlike_its_name(artifact).filter(|_| opened.children.is_empty()) {
            opened.missed("damaged", format!("it is called {kind} and is none"));
        }
        if asks && is_locked(&opened.unread) {
            self.shut.push((id, self.keys.len()));
        }
        self.place(id, opened).and(stopped)
    }

    /// Hangs what was found into the tree and onto the keyring.
    fn place(&mut self, id: usize, opened: Opened) -> Result<(), Stop> {
        self.letters.extend(opened.letters.into_iter().map(|letter| (id, letter)));
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

    /// Tries what stayed locked once more if passwords were found since: in a document or archive that was opened
    /// after it. Answers whether that brought anything new.
    fn reopen_shut(&mut self) -> bool {
        if self.shut.is_empty() {
            return false;
        }
        gather(&mut self.letters, &mut self.searched, &mut self.keys);
        let known = self.keys.len();
        let before = self.tree.len();
        for (id, tried) in std::mem::take(&mut self.shut) {
            let fresh = self.keys.since(tried);
            let still_shut = fresh.is_empty() || !self.reopen(id, &fresh);
            if still_shut {
                self.shut.push((id, known));
            }
        }
        self.tree.len() > before
    }

    /// Opens a locked artifact with other passwords. Answers whether nothing of it is locked any more.
    fn reopen(&mut self, id: usize, keys: &Keyring) -> bool {
        let Some(artifact) = self.tree.get(id) else { return true };
        let mut opened = Opened::default();
        for format in formats::all().filter(|format| format.asks_passwords() && format.matches(artifact)) {
            // A limit that is spent now was spent on what is read already; it ends only this attempt.
            if open_as(format, artifact, keys, &mut opened, self.budget).is_err() {
                break;
            }
        }
        if !opened.facts.iter().any(|fact| matches!(fact, Fact::OpenedWith { .. })) {
            return false;
        }
        self.keep_new(id, &mut opened);
        let is_open = !is_locked(&opened.unread);
        if let Err(stop) = self.place(id, opened) {
            note(&mut self.tree, id, stop.into());
        }
        is_open
    }

    /// Takes out of a second opening what the first one brought, and out of the artifact what is locked no more.
    fn keep_new(&mut self, id: usize, opened: &mut Opened) {
        let children: Vec<&Artifact> = self.tree.children(id).collect();
        let is_known = |child: &Child| {
            children.iter().any(|known| {
                known.name == child.name && known.size == child.size && known.bytes == child.bytes
            })
        };
        opened.children.retain(|child| !is_known(child));
        if let Some(artifact) = self.tree.get_mut(id) {
            artifact.facts.retain(|fact| !matches!(fact, Fact::LockedName(_)));
            artifact.unread.retain(|unread| !LOCKED.contains(&unread.reason));
            opened.facts.retain(|fact| !artifact.facts.contains(fact));
            opened.damage.retain(|damage| !artifact.damage.contains(damage));
            opened.unread.retain(|unread| !artifact.unread.contains(unread));
        }
    }

    /// Where something stayed locked, notes the sentence that says how its password comes.
    fn tell_elsewhere(&mut self) {
        if !self.tree.iter().any(|artifact| artifact.unread.iter().any(|unread| unread.reason == "encrypted"))
        {
            return;
        }
        for (id, letter) in &self.letters {
            if let (Some(sentence), Some(artifact)) = (passwords::elsewhere(letter), self.tree.get_mut(*id)) {
                artifact.facts.push(Fact::PasswordElsewhere(sentence));
            }
        }
    }
}

/// The formats that want to open an artifact.
type Formats = Vec<&'static dyn Format>;

fn formats_of(artifact: &Artifact) -> Formats {
    formats::all().filter(|format| format.matches(artifact)).collect()
}

/// Why something is unread that a password may open.
const LOCKED: &[&str] = &["encrypted", "limit-key-derivation"];

fn is_locked(unread: &[Unread]) -> bool {
    unread.iter().any(|unread| unread.reason == "encrypted")
}

/// Searches the letters that were not searched yet, and puts what may be a password onto the keyring.
fn gather(letters: &mut [(usize, Letter)], searched: &mut usize, keys: &mut Keyring) {
    for (_, letter) in letters.iter().skip(*searched) {
        for candidate in passwords::candidates(letter) {
            keys.add(candidate);
        }
    }
    *searched = letters.len();
}

/// The kind that the name of an artifact promises where its content is that of nothing known: an archive or document
/// too broken to be told.
fn unlike_its_name(artifact: &Artifact) -> Option<&'static str> {
    let promised = Kind::by_name(&artifact.name)?;
    let holds = matches!(promised.class, Class::Archive | Class::Document | Class::Message);
    let is_nothing = artifact.kind.class == Class::Data && !artifact.bytes.is_empty();
    (holds && is_nothing && artifact.via != "stream").then_some(promised.id)
}

/// Marks an artifact as not read; the same mark twice says no more.
pub(super) fn note(tree: &mut Tree, id: usize, unread: Unread) {
    if let Some(artifact) = tree.get_mut(id).filter(|artifact| !artifact.unread.contains(&unread)) {
        artifact.unread.push(unread);
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
