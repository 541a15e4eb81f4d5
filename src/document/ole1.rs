//! Objects as OLE 1.0 streams (MS-OLEDS 2.2): what `\objdata` of rich text holds.
//!
//! Read: the header, a linked object's topic (2.2.6), an embedded object's native data (2.2.5): a compound file, a
//! package, an equation or what else it is. The version is not looked at and lengths that are too large are cut, as
//! OLE does. Where there is no header, compound files are looked for. Left out: the presentation behind the data,
//! which is a picture.

use super::{classes, equation, moniker, native};
use crate::artifact::{Artifact, Child, Fact, Format, Opened};
use crate::bytes::Reader;
use crate::keyring::Keyring;
use crate::kind::Kind;
use crate::limits::{Budget, Stop};
use crate::text;

/// The format.
pub struct Ole1;

impl Format for Ole1 {
    fn id(&self) -> &'static str {
        "ole1"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "ole1"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        out.facts.extend(classes::in_bytes(&artifact.bytes));
        match Object::read(&artifact.bytes) {
            Some(object) => object.open(&artifact.bytes, out, budget),
            None => salvage(&artifact.bytes, out, budget),
        }
    }
}

/// An object with a header.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Object<'a> {
    pub(super) class: String,
    topic: &'a [u8],
    item: &'a [u8],
    /// None where the object is a link.
    native: Option<&'a [u8]>,
    is_cut: bool,
}

/// MS-OLEDS 2.2.4: the format of a linked and of an embedded object.
const LINKED: u32 = 1;
const EMBEDDED: u32 = 2;
/// The longest class name that the registry takes.
const LONGEST_CLASS: usize = 256;
/// The beginning of a compound file.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

impl<'a> Object<'a> {
    /// What [`Object::worth`] answers for a whole object.
    pub(super) const BEST: u8 = 3;

    /// How much bytes look like an object: 3 with a header and all the data it tells of, 2 with a header, 1 if a
    /// compound file or an equation is in them, else 0.
    pub(super) fn worth(bytes: &'a [u8]) -> u8 {
        let has = |needle| memchr::memmem::find(bytes, needle).is_some();
        match Self::read(bytes) {
            Some(object) if !object.is_cut => Self::BEST,
            Some(_) => 2,
            None => u8::from(has(COMPOUND) || has(b"Equation.") || has(b"\x02\0\0\0\x09\0\0\0OLE2Link")),
        }
    }

    /// Reads the header; `None` where there is none.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        reader.skip(4)?;
        let format = reader.u32().filter(|format| matches!(*format, LINKED | EMBEDDED))?;
        let class = string(&mut reader).filter(|class| class.len() <= LONGEST_CLASS)?;
        let class = class.split(|byte| *byte == 0).next().unwrap_or_default();
        if !class.iter().all(|byte| (b' '..0x7f).contains(byte)) {
            return None;
        }
        let class = String::from_utf8_lossy(class).into_owned();
        let (topic, item) =
            (string(&mut reader).unwrap_or_default(), string(&mut reader).unwrap_or_default());
        let mut object = Self { class, topic, item, native: None, is_cut: false };
        if format == EMBEDDED {
            let length = reader.u32().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
            let native = reader.take_up_to(length);
            object.is_cut = native.len() < length;
            object.native = Some(native);
        }
        // Without a class only a compound file tells what it is.
        let is_known =
            !object.class.is_empty() || object.native.is_some_and(|data| data.starts_with(COMPOUND));
        is_known.then_some(object)
    }

    fn open(&self, bytes: &[u8], out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
        let manner = if self.native.is_some() { "embedded" } else { "linked" };
        out.facts.push(Fact::Object { class: self.class.clone(), manner: manner.into() });
        if self.native.is_none() && !self.topic.is_empty() {
            out.facts.push(Fact::External { relation: "ole-link".into(), target: self.target() });
        }
        if self.is_cut {
            out.broke("ole1-cut", "the native data end early");
        }
        let Some(native) = self.native else { return Ok(()) };
        if native.starts_with(COMPOUND) {
            return give(&self.class, native, out, budget);
        }
        if let Some(at) = memchr::memmem::find(bytes, COMPOUND) {
            return give(&self.class, bytes.get(at..).unwrap_or_default(), out, budget);
        }
        let class = self.class.to_ascii_lowercase();
        if is_equation(&class) && !native.is_empty() {
            out.facts.extend(equation::facts(native));
        }
        if class.contains("link") {
            out.facts.extend(moniker::facts(bytes));
        }
        let is_package = native.starts_with(&[2, 0]) || class == "package";
        match native::packaged(native).filter(|_| is_package) {
            Some(child) => {
                budget.pay(child.bytes.len() as u64)?;
                out.push(child, budget)
            }
            None if native.is_empty() => Ok(()),
            None => give(&self.class, native, out, budget),
        }
    }

    /// The topic with the item behind it, as links are written.
    fn target(&self) -> String {
        let text = |bytes: &[u8]| text::guess(bytes).trim_end_matches('\0').to_string();
        match text(self.item) {
            item if item.is_empty() => text(self.topic),
            item => format!("{}!{item}", text(self.topic)),
        }
    }
}

/// Whether a class is one of the Equation Editor's; OLE does not tell letters by their case.
pub(super) fn is_equation(class: &str) -> bool {
    let class = class.to_ascii_lowercase();
    class == "equation"
        || class == "eqnedit"
        || class.starts_with("equation.2")
        || class.starts_with("equation.3")
}

/// What can be got where there is no header.
fn salvage(bytes: &[u8], out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    let detail = format!("{} bytes", bytes.len());
    out.facts.push(Fact::Trick { what: "ole1-without-header", detail });
    out.facts.extend(moniker::facts(bytes));
    if let Some(at) = class_at(bytes) {
        out.facts.push(Fact::Object { class: "Equation".into(), manner: "damaged".into() });
        out.facts.extend(equation::facts(bytes.get(at..).unwrap_or_default()));
    }
    for magic in [COMPOUND, b"MZ\x90\0", b"PK\x03\x04"] {
        if let Some(at) = memchr::memmem::find(bytes, magic) {
            return give("", bytes.get(at..).unwrap_or_default(), out, budget);
        }
    }
    Ok(())
}

/// Where the name of the Equation Editor ends in the data.
fn class_at(bytes: &[u8]) -> Option<usize> {
    let at = memchr::memmem::find(bytes, b"quation.")?;
    let version = bytes.get(at + 8).filter(|version| matches!(version, b'2' | b'3'));
    version.map(|_| at + 9)
}

fn give(class: &str, native: &[u8], out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    budget.pay(native.len() as u64)?;
    let child =
        Child { kind: Some(Kind::of("", native)), ..Child::new(class, "ole-native", native.to_vec()) };
    out.push(child, budget)
}

/// MS-OLEDS 2.1.4: a length and a string with its zero.
fn string<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let mut ahead = *reader;
    let length = usize::try_from(ahead.u32()?).ok()?;
    let text = ahead.take(length)?;
    *reader = ahead;
    Some(text)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::artifact::Tree;
    use crate::document::equation::tests::{HONEST, write as formula};
    use crate::document::native::tests::write as package;
    use crate::limits::Limits;

    /// An embedded object as Office writes it.
    pub(in crate::document) fn embedded(class: &[u8], native: &[u8]) -> Vec<u8> {
        let length = |bytes: usize| u32::try_from(bytes).unwrap().to_le_bytes();
        let name = [&length(class.len() + 1)[..], class, &[0]].concat();
        [&[1, 5, 0, 0, 2, 0, 0, 0][..], &name, &[0; 8], &length(native.len()), native].concat()
    }

    fn open(bytes: &[u8]) -> Opened {
        let tree = Tree::new(Child::new("", "rtf-object", bytes.to_vec()).of_kind("ole1"));
        let mut out = Opened::default();
        Ole1.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(&Limits::default()))
            .unwrap();
        out
    }

    fn children(out: &Opened) -> Vec<(&str, &str, &[u8])> {
        out.children.iter().map(|child| (child.name.as_str(), child.via, child.bytes.as_slice())).collect()
    }

    fn tricks(out: &Opened) -> Vec<&'static str> {
        let of = |fact: &Fact| match fact {
            Fact::Trick { what, .. } => Some(*what),
            _ => None,
        };
        out.facts.iter().filter_map(of).collect()
    }

    #[test]
    fn native_data_packages_and_compound_files() {
        let out = open(&embedded(b"PBrush", b"BMx"));
        assert_eq!(children(&out), [("PBrush", "ole-native", &b"BMx"[..])]);
        assert_eq!(out.facts, [Fact::Object { class: "PBrush".into(), manner: "embedded".into() }]);
        let stream = package(b"a.pdf", b"C:\\x\\a.js", b"var a;", &[]);
        let out = open(&embedded(b"package", stream.get(4..).unwrap()));
        assert_eq!(children(&out), [("a.js", "ole-package", &b"var a;"[..])]);
        let compound = [COMPOUND, b"rest"].concat();
        let mut whole = embedded(b"", &compound);
        assert_eq!(children(&open(&whole)), [("", "ole-native", compound.as_slice())]);
        // The version says nothing, and a length that is too large is cut.
        whole[..4].copy_from_slice(b"\xde\xad\xbe\xef");
        let at = whole.len() - compound.len() - 1;
        whole[at] = 0x7f;
        let out = open(&whole);
        assert_eq!((children(&out).len(), out.damage[0].what), (1, "ole1-cut"));
    }

    #[test]
    fn links_lead_outside() {
        let mut link =
            [&[1, 5, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0][..], b"htmlfile\0", &[7, 0, 0, 0], b"http:x\0"].concat();
        let target = |target: &str| Fact::External { relation: "ole-link".into(), target: target.into() };
        assert!(open(&link).facts.contains(&target("http:x")));
        link.extend([2, 0, 0, 0, b'r', 0]);
        assert!(open(&link).facts.contains(&target("http:x!r")));
    }

    #[test]
    fn equations_are_looked_into() {
        assert_eq!(tricks(&open(&embedded(b"Equation.3", &formula(HONEST)))), Vec::<&str>::new());
        assert_eq!(tricks(&open(&embedded(b"eQUATION.2", b"no formula at all"))), ["equation-not-mtef"]);
    }

    #[test]
    fn without_a_header_what_is_known_is_found() {
        let out = open(&[b"junk".as_slice(), COMPOUND, b"rest"].concat());
        assert_eq!((tricks(&out), out.children.len()), (vec!["ole1-without-header"], 1));
        let url = crate::document::moniker::tests::of_url("http://a.example/");
        assert!(open(&url).facts.iter().any(|fact| matches!(fact, Fact::External { .. })));
        let cut = open(b"\x01\x05\0\0\x02\0\0\0\x0b\0\0Equation.3\0");
        assert!(
            cut.facts.iter().any(|fact| matches!(fact, Fact::Object { class, .. } if class == "Equation"))
        );
    }

    #[test]
    fn cut_or_flipped_it_ends() {
        let stream = package(b"a.pdf", b"a.js", b"var a;", &["p", "l", "f"]);
        for whole in
            [embedded(b"Package", stream.get(4..).unwrap()), embedded(b"Equation.3", &formula(HONEST))]
        {
            for length in 0..whole.len() {
                open(&whole[..length]);
            }
            for at in 0..whole.len() {
                let mut bad = whole.clone();
                bad[at] ^= 1 << (at % 8);
                open(&bad);
            }
        }
    }
}
