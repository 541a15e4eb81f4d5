//! The one conductor: opens a message stage by stage until nothing is left to open, then has it judged.

mod walk;

use crate::artifact::{Child, Tree, Unread};
use crate::detect::{Judge, Rules, yara};
use crate::keyring::Keyring;
use crate::kind::{Class, Kind};
use crate::limits::{Budget, Limits};
use crate::message::neighbours::Neighbours;
use crate::report::Report;
use walk::{Walk, note};

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
    /// Whether it lay where only messages lie, so that it is one even with a damaged first line.
    pub is_message: bool,
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

    /// Its rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
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
        self.scan_among(input, keys, &Neighbours::default())
    }

    /// Scans one input whose passwords may stand in other mails.
    pub fn scan_among(&mut self, input: Input, keys: &Keyring, neighbours: &Neighbours) -> (Report, Tree) {
        let mut budget = Budget::new(&self.scanner.limits);
        let (path, index) = (input.path.clone(), input.index);
        let mut tree = open(input, keys.clone(), neighbours, &mut budget);
        let findings = self.judge.findings(&tree);
        for finding in findings.iter().filter(|finding| finding.rule == yara::INCOMPLETE) {
            note(&mut tree, finding.artifact, Unread { reason: "rules-incomplete", detail: String::new() });
        }
        let mut report = Report::new(&path, index, &tree, &findings);
        report.elapsed_ms = budget.elapsed().as_secs_f64() * 1000.0;
        (report, tree)
    }
}

/// Opens an input and everything inside it. Passwords are looked for in the message and in its neighbours.
pub fn open(input: Input, keys: Keyring, neighbours: &Neighbours, budget: &mut Budget) -> Tree {
    let mut root = Child::new(input.name, "file", input.bytes);
    if input.is_message && matches!(Kind::of(&root.name, &root.bytes).class, Class::Text | Class::Data) {
        root = root.of_kind("eml");
    }
    if input.size > root.size {
        root.unread.push(Unread { reason: "limit-input-bytes", detail: format!("{} bytes", input.size) });
        root.size = input.size;
    }
    Walk::new(Tree::new(root), keys, neighbours, budget).finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zip::writer::{archive, deflated, stored};

    /// The reasons for which something in a file of that name stayed unread.
    fn unread(name: &str, bytes: &[u8]) -> Vec<&'static str> {
        let input =
            Input { name: name.into(), bytes: bytes.to_vec(), size: bytes.len() as u64, ..Input::default() };
        let tree = open(input, Keyring::new(), &Neighbours::default(), &mut Budget::new(&Limits::default()));
        tree.iter().flat_map(|artifact| artifact.unread.iter().map(|unread| unread.reason)).collect()
    }

    #[test]
    fn a_zip_in_a_shut_archive_does_not_open_the_rest() {
        let zip = archive(&[stored("a.txt", b"text")]);
        let shut = [&b"ALZ\x01 what nobody reads"[..], &zip].concat();
        assert_eq!(unread("a.alz", &shut), ["unsupported-format"]);
        assert_eq!(unread("a.zip", &zip), [""; 0]);
    }

    #[test]
    fn a_message_with_a_damaged_beginning_is_read_as_one() {
        let bytes = b"\x02 junk\nContent-Type: message/partial\n\nhello".to_vec();
        let input = Input { size: bytes.len() as u64, bytes, is_message: true, ..Input::default() };
        let tree = open(input, Keyring::new(), &Neighbours::default(), &mut Budget::new(&Limits::default()));
        assert_eq!((tree.get(0).unwrap().kind.id, tree.len()), ("eml", 2));
    }

    #[test]
    fn what_is_nothing_like_its_name_is_unread() {
        assert_eq!(unread("a.rar", b"\0\x01\x02 no mark"), ["damaged"]);
        assert_eq!(unread("a.docx", b"\0\x01\x02 no mark"), ["damaged"]);
        for (name, bytes) in [("a.bin", &b"\0\x01\x02"[..]), ("a.rar", b"a text"), ("a.rar", b"")] {
            assert_eq!(unread(name, bytes), [""; 0], "{name}");
        }
    }

    #[test]
    fn parts_of_a_package_that_cannot_be_unpacked_are_unread() {
        let types = stored("[Content_Types].xml", b"<?xml version=\"1.0\"?><Types/>");
        let with = |part| {
            archive(&[types.clone(), stored("word/document.xml", b"<?xml version=\"1.0\"?><w/>"), part])
        };
        let part = || deflated("word/vbaProject.bin", &b"\x01macros, macros".repeat(9));
        assert_eq!(unread("a.docx", &with(part())), [""; 0]);
        assert_eq!(
            unread("a.docx", &with(part().both(|fields| (fields.method, fields.crc) = (98, 1)))),
            ["unsupported-method"]
        );
        assert_eq!(unread("a.docx", &with(part().both(|fields| fields.crc ^= 1))), ["damaged"]);
    }
}
