//! Compound files of every kind as documents: which of their streams are files of their own, and which of them hide
//! text.
//!
//! Left out: what is encrypted, which `decrypt` opens; the text, sheets and slides themselves (`WordDocument`, `Workbook` …), which are formats of their own,
//! and everything in a VBA project, which `code::vba` reads.

use super::{classes, control_state, equation, hidden_text, moniker, native};
use crate::artifact::{Artifact, Child, Fact, Format, Opened};
use crate::compound::{Compound, Entry, installer_name, is_compound};
use crate::keyring::Keyring;
use crate::kind::{Class, Kind};
use crate::limits::{Budget, Decoded, Stop};
use crate::message::msg;
use crate::text;

/// Compound files.
pub struct Ole;

impl Format for Ole {
    fn id(&self) -> &'static str {
        "ole"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        is_compound(&artifact.bytes)
    }

    fn open(
        &self,
        artifact: &Artifact,
        _keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let Some(compound) = Compound::read(&artifact.bytes, budget) else {
            out.missed("damaged", "the header of the compound file is cut");
            return Ok(());
        };
        out.damage.extend_from_slice(compound.damage());
        if let Some(damage) = compound.damage().first() {
            out.missed("damaged", damage.detail.as_str());
        }
        out.unread.extend_from_slice(compound.unread());
        classes::tell(&compound, out);
        let is_installer = compound.is_installer();
        // The streams of an installer that bear packed names are given out by `unpack::msi`.
        let is_elsewhere = |stream: &Entry| {
            msg::gives(&compound, stream) || is_installer && installer_name(&stream.name).is_some()
        };
        for stream in compound.streams().filter(|stream| !is_elsewhere(stream)) {
            open_stream(&compound, stream, out, budget)?;
        }
        Ok(())
    }
}

/// What a stream is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worth {
    /// Read by another format, or by none.
    Nothing,
    /// A packaged file.
    Native,
    /// An artifact of its own.
    Whole,
    /// The state of forms and controls: an artifact that may hide text.
    State,
    /// Document properties: an artifact only where they hold long text.
    Properties,
    /// An attachment of a .msg file whose directory is damaged, so that it hangs on no message.
    Attachment,
    /// Where a linked object is loaded from.
    Link,
    /// A formula.
    Equation,
    /// An artifact where its content is of a known kind.
    IfKnown,
}

/// The streams that are known by name.
const NAMED: &[(&str, Worth)] = &[
    ("\u{1}ole10native", Worth::Native),
    ("\u{1}ole", Worth::Link),
    ("equation native", Worth::Equation),
    ("package", Worth::Whole),
    ("contents", Worth::State),
    (OLD_STATE, Worth::State),
    ("ctls", Worth::State),
    ("f", Worth::State),
    ("o", Worth::State),
    ("\u{3}vbframe", Worth::State),
    ("\u{5}summaryinformation", Worth::Properties),
    ("\u{5}documentsummaryinformation", Worth::Properties),
    ("worddocument", Worth::Nothing),
    ("0table", Worth::Nothing),
    ("1table", Worth::Nothing),
    ("workbook", Worth::Nothing),
    ("book", Worth::Nothing),
    ("powerpoint document", Worth::Nothing),
    ("current user", Worth::Nothing),
    ("visiodocument", Worth::Nothing),
    ("encryptedpackage", Worth::Nothing),
];

/// Where Word keeps the state of a control that has no storage of its own; texts in it are read by `form`.
const OLD_STATE: &str = "\u{3}ocxdata";

/// MS-OXMSG 2.1.3: the property that holds an attachment's bytes.
const ATTACHED: &str = "__substg1.0_3701";
/// The properties that hold its name: long, short, displayed.
const ATTACHED_NAMES: [&str; 3] = ["__substg1.0_3707", "__substg1.0_3704", "__substg1.0_3001"];

/// How much of a stream tells its kind; volume descriptors of discs lie deepest.
const HEAD: u64 = 40 << 10;
/// The shortest text that makes document properties worth an artifact.
const LONG_PROPERTY: usize = 200;

fn worth(compound: &Compound, stream: &Entry) -> Worth {
    let name = stream.name.to_lowercase();
    let is_code = ["dir", "_VBA_PROJECT"].iter().any(|mark| compound.child(stream.parent, mark).is_some());
    match NAMED.iter().find(|(known, _)| *known == name) {
        _ if is_code => Worth::Nothing,
        Some((_, worth)) => *worth,
        None if name.starts_with(ATTACHED) => Worth::Attachment,
        None => Worth::IfKnown,
    }
}

fn open_stream(
    compound: &Compound,
    stream: &Entry,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let worth = worth(compound, stream);
    if worth == Worth::Nothing
        || stream.size == 0
        || (worth == Worth::IfKnown && !is_known(compound, stream, budget)?)
    {
        return Ok(());
    }
    let decoded = compound.stream(stream, budget);
    let stop = decoded.stop;
    out.facts.extend(formula(compound, stream, worth, &decoded.bytes));
    if worth == Worth::State {
        shown(compound, stream, &decoded.bytes, out, budget)?;
    }
    match worth {
        Worth::Link => out.facts.extend(moniker::facts(&decoded.bytes)),
        Worth::Native => out.push(packaged(stream, decoded), budget)?,
        Worth::Attachment => {
            let name = attachment_name(compound, stream, budget)?.unwrap_or_else(|| stream.path.clone());
            out.push(Child::decoded(name, "attachment", decoded), budget)?;
        }
        Worth::State if stream.name.to_lowercase() == OLD_STATE => {}
        Worth::Properties if !hidden_text::holds_text(&decoded.bytes, LONG_PROPERTY) => {}
        _ => out.push(Child::decoded(&stream.path, "stream", decoded), budget)?,
    }
    stop.map_or(Ok(()), Err)
}

/// Where a control leads, and the shortcut in its state.
fn shown(
    compound: &Compound,
    stream: &Entry,
    state: &[u8],
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let class = classes::of_storage(compound, stream);
    out.facts.extend(control_state::facts(class, state));
    let shortcut = control_state::shortcut(class, state).and_then(|at| state.get(at..));
    if let Some(shortcut) = shortcut {
        budget.pay(shortcut.len() as u64)?;
        out.push(Child::new("shortcut.lnk", "stream", shortcut.to_vec()).of_kind("lnk"), budget)?;
    }
    Ok(())
}

/// What is wrong with a formula, if the stream is one: under the name of one, or packed into a storage of its class.
fn formula(compound: &Compound, stream: &Entry, worth: Worth, bytes: &[u8]) -> Option<Fact> {
    let is_equation = || classes::is_equation(compound, stream);
    match worth {
        Worth::Equation if is_equation() => equation::facts(bytes),
        Worth::Equation => equation::facts_of_any(bytes),
        // The length stands before the data.
        Worth::Native if is_equation() => equation::facts(bytes.get(4..).unwrap_or_default()),
        _ => None,
    }
}

/// The packaged file in a stream, with what was broken in the stream.
fn packaged(stream: &Entry, decoded: Decoded) -> Child {
    let Some(mut child) = native::child(&stream.path, &decoded.bytes) else {
        return Child::decoded(&stream.path, "stream", decoded);
    };
    let bare = Child::decoded("", "stream", Decoded { bytes: Vec::new(), ..decoded });
    child.damage.extend(bare.damage);
    child.unread.extend(bare.unread);
    child
}

/// Whether the head of a stream is of a kind that is worth its own look.
fn is_known(compound: &Compound, stream: &Entry, budget: &mut Budget) -> Result<bool, Stop> {
    let head = compound.head(stream, HEAD, budget);
    head.stop.map_or(Ok(()), Err)?;
    Ok(!matches!(Kind::of("", &head.bytes).class, Class::Data | Class::Text))
}

/// The name of a .msg attachment: the best of its name properties, in UTF-16 (`001F`) or a code page (`001E`).
fn attachment_name(compound: &Compound, stream: &Entry, budget: &mut Budget) -> Result<Option<String>, Stop> {
    for property in ATTACHED_NAMES {
        for (kind, label) in [("001F", "utf-16le"), ("001E", "")] {
            let Some(entry) = compound.child(stream.parent, &format!("{property}{kind}")) else { continue };
            let decoded = compound.head(entry, 1024, budget);
            decoded.stop.map_or(Ok(()), Err)?;
            let name = text::decode(label, &decoded.bytes).trim_matches('\0').to_string();
            if !name.is_empty() {
                return Ok(Some(name));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Tree;
    use crate::document::native::tests::write as package;
    use crate::limits::Limits;
    use std::io::{Cursor, Write};

    fn file(streams: &[(&str, &[u8])]) -> Vec<u8> {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        for (path, bytes) in streams {
            if let Some((storage, _)) = path.rsplit_once('/') {
                file.create_storage_all(format!("/{storage}")).unwrap();
            }
            file.create_stream(format!("/{path}")).unwrap().write_all(bytes).unwrap();
        }
        file.into_inner().into_inner()
    }

    fn open(bytes: &[u8]) -> Opened {
        let tree = Tree::new(Child::new("a.doc", "file", bytes.to_vec()));
        let (artifact, mut out) = (tree.get(0).unwrap(), Opened::default());
        if Ole.matches(artifact) {
            Ole.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        }
        out
    }

    fn names(out: &Opened) -> Vec<(&str, &str)> {
        out.children.iter().map(|child| (child.name.as_str(), child.via)).collect()
    }

    #[test]
    fn streams_that_are_files_become_children_and_main_streams_do_not() {
        let native = package(b"label.txt", b"run.vbs", b"x = 1", &[]);
        let out = open(&file(&[
            ("WordDocument", b"text"),
            ("1Table", b"%PDF-1.4"),
            ("ObjectPool/_1/\u{1}Ole10Native", &native),
            ("ObjectPool/_2/Package", b"anything"),
            ("ObjectPool/_3/CONTENTS", b"state"),
            ("MBD1/picture", b"\x89PNG\r\n\x1a\n"),
            ("MBD1/unknown", b"\x01\x02\x03"),
            ("MBD1/prose", b"only text"),
            ("Macros/VBA/dir", b"{\\rtf"),
            ("Macros/VBA/Module1", b"{\\rtf"),
            ("Macros/Form/o", b"captions"),
        ]));
        let mut found = names(&out);
        found.sort_unstable();
        let want = [
            ("MBD1/picture", "stream"),
            ("Macros/Form/o", "stream"),
            ("ObjectPool/_2/Package", "stream"),
            ("ObjectPool/_3/CONTENTS", "stream"),
            ("run.vbs", "ole-package"),
        ];
        assert_eq!(found, want);
        assert_eq!((out.damage.len(), out.unread.len(), out.facts.len()), (0, 0, 0));
    }

    #[test]
    fn properties_are_an_artifact_where_they_hold_long_text() {
        let long = [b"\x00\x02".as_slice(), &[b'a'; 300], b"\x00"].concat();
        let out =
            open(&file(&[("\u{5}SummaryInformation", &long), ("\u{5}DocumentSummaryInformation", b"ab")]));
        assert_eq!(names(&out), [("\u{5}SummaryInformation", "stream")]);
    }

    #[test]
    fn links_and_formulas_are_looked_into() {
        let url = crate::document::moniker::tests::of_url("http://a.example/x");
        let junk = [0x90; 40];
        let mut file = cfb::CompoundFile::open(Cursor::new(file(&[
            ("_1/\u{1}Ole", &[&[0; 20][..], &url].concat()),
            ("_2/\u{1}oLE10nATIVE", &junk),
            ("_3/Equation Native", &equation::tests::write(equation::tests::HONEST)),
        ])))
        .unwrap();
        let number = "0002ce02-0000-0000-c000-000000000046".parse().unwrap();
        file.set_storage_clsid("/_2", number).unwrap();
        let facts = open(&file.into_inner().into_inner()).facts;
        let [Fact::Object { class, manner }, rest @ ..] = &facts[..] else { panic!("{facts:?}") };
        assert_eq!((class.as_str(), manner.as_str(), rest.len()), ("Equation.3", "_2", 2));
        let target = "http://a.example/x".to_string();
        assert!(rest.contains(&Fact::External { relation: "moniker".into(), target }));
        assert!(rest.iter().any(|fact| matches!(fact, Fact::Trick { what: "equation-not-mtef", .. })));
    }

    #[test]
    fn attachments_that_hang_on_no_message_bear_their_names() {
        let wide: Vec<u8> = "請求書.doc".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let out = open(&file(&[
            ("lost/__substg1.0_37010102", b"content"),
            ("lost/__substg1.0_3707001F", &wide),
            ("found/__substg1.0_37010102", b"content"),
            ("found/__substg1.0_3704001E", b"SHORT~1.DOC"),
        ]));
        let mut found = names(&out);
        found.sort_unstable();
        assert_eq!(found, [("SHORT~1.DOC", "attachment"), ("請求書.doc", "attachment")]);
    }

    #[test]
    fn what_a_message_gives_is_left_to_it() {
        let picture = b"\x89PNG\r\n\x1a\n";
        let out = open(&file(&[
            ("__properties_version1.0", b""),
            ("__substg1.0_80010102", picture),
            ("__substg1.0_10130102", b"<html>"),
            ("__attach_version1.0_#00000000/__substg1.0_37010102", picture),
            ("__attach_version1.0_#00000001/__substg1.0_3701000D/EncryptedPackage", b"junk"),
        ]));
        assert_eq!(names(&out), [("__substg1.0_80010102", "stream")]);
        assert_eq!(out.unread.len(), 0);
    }

    #[test]
    fn what_a_broken_chain_or_a_spent_limit_leaves_is_unread() {
        let big = [7; 60_000].to_vec();
        let whole = file(&[("a/\u{1}Ole10Native", &big), ("b/\u{1}Ole10Native", &big)]);
        let cut = open(&whole[..whole.len() - 40_000]);
        let reasons = |out: &Opened| {
            let of_children = out.children.iter().flat_map(|child| &child.unread);
            out.unread.iter().chain(of_children).map(|unread| unread.reason).collect::<Vec<_>>()
        };
        assert!(reasons(&cut).contains(&"damaged"), "{cut:?}");
        let tree = Tree::new(Child::new("a.doc", "file", whole));
        let limits = Limits { kept_bytes: 70_000, ..Limits::default() };
        let mut out = Opened::default();
        let ended = Ole.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(&limits));
        assert_eq!((ended, out.children.len()), (Err(Stop::Bytes), 2));
    }

    #[test]
    fn a_cut_header_is_unread_and_nothing_panics() {
        assert_eq!(open(&file(&[("a", b"b")])[..40]).unread[0].reason, "damaged");
        let native = package(b"a", b"b.exe", b"MZ", &["p", "l", "f"]);
        let whole = file(&[
            ("\u{1}Ole10Native", &native),
            ("Macros/Form/o", &[b'a'; 300]),
            ("WordDocument", b"\xec\xa5"),
        ]);
        for length in (8..whole.len()).step_by(53) {
            open(&whole[..length]);
        }
        for at in (8..whole.len()).step_by(11) {
            let mut bad = whole.clone();
            bad[at] ^= 1 << (at % 8);
            open(&bad);
        }
    }
}
