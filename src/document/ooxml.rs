//! Office Open XML packages (ECMA-376 Part 2): every part as an artifact, and what leads out of the document.
//!
//! What a part is follows from its content type and its content, never from its path: `vbaProject.bin` works under
//! any name. Left out are parts that only style the document, and only while their content is what they say.
//! Names of parts are compared without regard to case (Part 2, 6.2.2.3); interleaved pieces are not put together.

use super::controls::Controls;
use super::links;
use super::properties;
use super::prose::{Backdrop, Prose};
use super::relations;
use super::web_video;
use super::xml::{self, Node};
use super::{classes, control_state};
use crate::artifact::{Artifact, Child, Fact, Format, Opened, Unread};
use crate::keyring::Keyring;
use crate::kind::{Kind, extension};
use crate::limits::{Budget, Stop};
use crate::zip::{Archive, Content, Entry, State};
use std::collections::HashMap;

/// Word, Excel, PowerPoint and Visio files since 2007, and other packages.
pub struct Ooxml;

const KINDS: &[&str] = &["docx", "xlsx", "pptx", "vsdx", "ooxml"];
const CONTENT_TYPES: &str = "[content_types].xml";

impl Format for Ooxml {
    fn id(&self) -> &'static str {
        "ooxml"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        KINDS.contains(&artifact.kind.id)
    }

    fn open(
        &self,
        artifact: &Artifact,
        _keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let Some(mut archive) = Archive::read(&artifact.bytes, budget) else {
            out.missed("damaged", "no ZIP directory and no entries");
            return Ok(());
        };
        if archive.damage.iter().any(|damage| damage.what == "zip-no-central-directory") {
            out.missed("damaged", "the package has no directory: parts may be missing");
        }
        out.damage.append(&mut archive.damage);
        out.facts.append(&mut archive.facts);
        out.unread.append(&mut archive.unread);
        let types = Types::read(&archive, out, budget)?;
        let mut seen = Seen::default();
        if artifact.kind.id == "pptx" {
            backdrop(&archive, &types, &mut seen.prose, budget)?;
        }
        for entry in archive.entries.iter().filter(|entry| !entry.is_dir) {
            open_part(entry, &types, &mut seen, out, budget)?;
        }
        seen.controls.note(&mut out.children);
        out.facts.extend(seen.controls.repeated());
        seen.properties.give(&seen.controls, out, budget)?;
        seen.prose.give(&artifact.name, out, budget)
    }
}

/// What the parts say together.
#[derive(Debug, Default)]
struct Seen {
    prose: Prose,
    properties: properties::Parts,
    controls: Controls,
}

/// The content types of parts (ECMA-376 Part 2, 7.2.3): one a part, else one an extension.
#[derive(Debug, Default)]
struct Types {
    parts: HashMap<String, String>,
    extensions: HashMap<String, String>,
}

impl Types {
    fn read(archive: &Archive, out: &mut Opened, budget: &mut Budget) -> Result<Self, Stop> {
        let mut types = Self::default();
        let lists =
            archive.entries.iter().filter(|entry| part_name(&entry.name).to_lowercase() == CONTENT_TYPES);
        for (count, entry) in lists.enumerate() {
            if count >= MOST_LISTS {
                out.missed("limit-artifacts", format!("more than {MOST_LISTS} lists of content types"));
                break;
            }
            let decoded = entry.decode(budget);
            decoded.stop.map_or(Ok(()), Err)?;
            if let Some(why) = decoded.broken {
                out.missed("damaged", format!("{}: {why}", entry.name));
            }
            if !xml::walk(&decoded.bytes, &mut |node| types.take(node)) {
                out.broke("xml-damaged", entry.name.as_str());
            }
        }
        Ok(types)
    }

    fn take(&mut self, node: Node) {
        let Node::Open { name, attributes } = node else { return };
        let Some(media_type) = attributes.value("ContentType") else { return };
        let (map, key) = match name {
            "Override" => (&mut self.parts, attributes.value("PartName")),
            "Default" => (&mut self.extensions, attributes.value("Extension")),
            _ => return,
        };
        if let Some(key) = key {
            map.insert(part_name(key).to_lowercase(), media_type.to_lowercase());
        }
    }

    fn of(&self, name: &str) -> Option<&str> {
        let by_part = self.parts.get(&name.to_lowercase());
        by_part.or_else(|| self.extensions.get(&extension(name))).map(String::as_str)
    }
}

/// Lists of content types that are read. A package has one; each costs a walk through its XML.
const MOST_LISTS: usize = 8;

/// A part name without what entries and references write differently.
fn part_name(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_string()
}

/// Reads what all slides have behind them, which stands anywhere in the package.
fn backdrop(archive: &Archive, types: &Types, prose: &mut Prose, budget: &mut Budget) -> Result<(), Stop> {
    let parts = archive.entries.iter().filter(|entry| !entry.is_dir && !entry.encrypted);
    let media_type = |entry: &&Entry| types.of(&part_name(&entry.name)).unwrap_or_default();
    for entry in parts.filter(|entry| Backdrop::wants(media_type(entry))).take(MOST_BACKDROPS) {
        let decoded = entry.decode(budget);
        decoded.stop.map_or(Ok(()), Err)?;
        prose.backdrop.add(media_type(&entry), &decoded.bytes);
    }
    Ok(())
}

/// Masters, layouts and themes that are read before the slides.
const MOST_BACKDROPS: usize = 200;

fn open_part(
    entry: &Entry,
    types: &Types,
    seen: &mut Seen,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let name = part_name(&entry.name);
    if entry.encrypted {
        out.facts.push(Fact::LockedName(name.clone()));
        out.missed("encrypted", name);
        return Ok(());
    }
    let Content { decoded, state, .. } = entry.content(budget);
    let stop = decoded.stop;
    if let State::Unsupported(method) = state {
        out.missed("unsupported-method", format!("{name}: method {method}"));
        return Ok(());
    }
    let media_type = types.of(&name).unwrap_or_default();
    let kind = Kind::of(&name, &decoded.bytes);
    match Role::of(&name, media_type, kind) {
        Role::Relations => {
            if let Some(why) = decoded.broken {
                out.missed("damaged", format!("{name}: {why}"));
            }
            note_relations(&name, types, &decoded.bytes, seen, out);
        }
        // How it was read was told when the types were.
        Role::ContentTypes => {}
        Role::Boilerplate if decoded.broken.is_none() => {}
        _ => {
            seen.properties.add(&name, media_type, &decoded.bytes);
            seen.prose.add(media_type, &decoded.bytes);
            if matches!(kind.id, "xml" | "text" | "html") {
                seen.controls.part(&name, &decoded.bytes);
                out.facts.extend(links::facts(&decoded.bytes));
                web_video::give(&decoded.bytes, out, budget)?;
            }
            // The state of a control that has no storage begins with its class.
            if let Some(class) = classes::leading(&decoded.bytes) {
                out.facts.extend(control_state::facts(Some(class), &decoded.bytes));
            }
            let mut child = Child::decoded(name.as_str(), "part", decoded);
            if entry.is_lost && child.unread.is_empty() {
                child.unread.push(Unread { reason: "damaged", detail: "its data are nowhere".into() });
            }
            child.media_type = types.of(&name).map(str::to_string);
            out.push(child, budget)?;
        }
    }
    stop.map_or(Ok(()), Err)
}

/// What a part is to the package.
enum Role {
    Relations,
    ContentTypes,
    Boilerplate,
    Content,
}

impl Role {
    /// Names and types are believed only of content that they fit.
    fn of(name: &str, media_type: &str, kind: &Kind) -> Self {
        let is_xml = matches!(kind.id, "xml" | "text");
        let is_settings = kind.id == "data" && media_type.ends_with(PRINTER);
        if is_xml && extension(name) == "rels" {
            Self::Relations
        } else if is_xml && name.eq_ignore_ascii_case(CONTENT_TYPES) {
            Self::ContentTypes
        } else if is_settings || (is_xml && BOILERPLATE.iter().any(|end| media_type.ends_with(end))) {
            Self::Boilerplate
        } else {
            Self::Content
        }
    }
}

fn note_relations(name: &str, types: &Types, bytes: &[u8], seen: &mut Seen, out: &mut Opened) {
    let owner = owner(name);
    let media_type = types.of(&owner).unwrap_or_default();
    let whole = xml::walk(bytes, &mut |node| {
        if let Node::Open { name: "Relationship", attributes } = node {
            seen.controls.relation(&owner, attributes);
            let mut fact = relations::external(attributes);
            if let Some(Fact::External { relation, .. }) = &mut fact
                && !is_followed(relation, &owner, media_type)
            {
                *relation = format!("{relation} of {owner}");
            }
            out.facts.extend(fact);
        }
    });
    if !whole {
        out.broke("xml-damaged", name);
    }
}

/// Relationships that count only from one kind of part: the ends of its content type and of its name.
const BOUND: &[(&str, &str, &str)] = &[
    ("attachedTemplate", ".settings+xml", "settings.xml"),
    ("frame", ".websettings+xml", "websettings.xml"),
];

/// Whether Office follows such a relationship of a part by itself. The data of a chart wait for a person.
fn is_followed(relation: &str, owner: &str, media_type: &str) -> bool {
    let owner = owner.to_lowercase();
    let is_chart = media_type.ends_with(".chart+xml") || owner.contains("/charts/");
    let bound = BOUND.iter().find(|(known, ..)| known.eq_ignore_ascii_case(relation));
    !is_chart && bound.is_none_or(|(_, kind, name)| media_type.ends_with(kind) || owner.ends_with(name))
}

/// The part whose relationships a part of that name holds (ECMA-376 Part 2, 9.3.4).
pub(super) fn owner(name: &str) -> String {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
    let file = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    if folder.is_empty() { file.into() } else { format!("{folder}/{file}") }
}

/// The ends of content types of parts that only style a document.
const BOILERPLATE: &[&str] = &[
    ".theme+xml",
    ".themeoverride+xml",
    ".styles+xml",
    ".styleswitheffects+xml",
    ".fonttable+xml",
    ".websettings+xml",
    ".tablestyles+xml",
    ".presprops+xml",
    ".viewprops+xml",
    ".calcchain+xml",
];
/// The end of the content type of printer settings, which are the printer driver's own bytes.
const PRINTER: &str = ".printersettings";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Tree;
    use crate::limits::Limits;

    /// A ZIP of stored entries.
    fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut out, mut directory) = (Vec::new(), Vec::new());
        for (name, bytes) in entries {
            let at = u32::try_from(out.len()).unwrap().to_le_bytes();
            let (crc, size) =
                (crc32fast::hash(bytes).to_le_bytes(), u32::try_from(bytes.len()).unwrap().to_le_bytes());
            let length = u16::try_from(name.len()).unwrap().to_le_bytes();
            let common =
                [&[20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x58], &crc[..], &size, &size, &length, &[0, 0]].concat();
            out.extend([b"PK\x03\x04", common.as_slice(), name.as_bytes(), bytes].concat());
            directory
                .extend([b"PK\x01\x02\x14\0", common.as_slice(), &[0; 10], &at, name.as_bytes()].concat());
        }
        let at = u32::try_from(out.len()).unwrap().to_le_bytes();
        let (size, count) = (
            u32::try_from(directory.len()).unwrap().to_le_bytes(),
            u16::try_from(entries.len()).unwrap().to_le_bytes(),
        );
        out.extend(directory);
        out.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &size, &at, &[0, 0]].concat());
        out
    }

    fn open(entries: &[(&str, &[u8])]) -> Opened {
        let tree = Tree::new(Child::new("a.docx", "file", zip(entries)));
        let (artifact, mut out) = (tree.get(0).unwrap(), Opened::default());
        assert!(Ooxml.matches(artifact));
        Ooxml.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        out
    }

    const TYPES: &[u8] = br#"<?xml version="1.0"?><Types><Default Extension="xml" ContentType="application/xml"/>
<Default Extension="png" ContentType="application/vnd.ms-office.vbaProject"/>
<Override PartName="/word/document.xml" ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>
<Override PartName="/word/theme/theme1.xml" ContentType="application/vnd.openxmlformats-officedocument.theme+xml"/>
<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>
<Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/>
</Types>"#;

    #[test]
    fn parts_are_what_their_type_and_content_say() {
        let out = open(&[
            ("[Content_Types].xml", TYPES),
            ("_rels/.rels", b"<Relationships/>"),
            ("word/document.xml", b"<?xml version=\"1.0\"?><w:document/>"),
            ("word\\Theme\\theme1.xml", b"<?xml version=\"1.0\"?><a:theme/>"),
            ("word/styles.xml", b"MZ no styles\x00\x01"),
            ("word/media/pretty.png", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ]);
        let parts: Vec<_> = out
            .children
            .iter()
            .map(|child| (child.name.as_str(), child.media_type.as_deref().unwrap_or("")))
            .collect();
        let want = [
            ("word/document.xml", "application/vnd.ms-word.document.macroenabled.main+xml"),
            ("word/styles.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"),
            ("word/media/pretty.png", "application/vnd.ms-office.vbaproject"),
        ];
        assert_eq!(parts, want);
        assert!(out.children.iter().all(|child| child.via == "part"), "{:?}", out.children);
        assert_eq!((out.damage.len(), out.unread.len()), (0, 0));
    }

    #[test]
    fn external_relationships_are_facts_even_in_broken_xml() {
        let relations = br#"<Relationships><Relationship Id="1" Type="http://x/attachedTemplate" TargetMode="External"
            Target="http://a.example/t.dotm"/><broken attribute=><Relationship Type='http://x/oleObject' Target='\\b.example\f' TargetMode='External'/>"#;
        let out = open(&[
            ("[Content_Types].xml", TYPES),
            ("word/_rels/settings.xml.rels", relations),
            ("word/x.xml", b"<a/>"),
        ]);
        let targets: Vec<_> = out
            .facts
            .iter()
            .filter_map(|fact| match fact {
                Fact::External { relation, target } => Some((relation.as_str(), target.as_str())),
                _ => None,
            })
            .collect();
        assert_eq!(
            targets,
            [("attachedTemplate", "http://a.example/t.dotm"), ("oleObject", "\\\\b.example\\f")]
        );
    }

    #[test]
    fn document_variables_that_hide_text_are_a_fact() {
        let payload = "JABzAD0AJwBoAGUAbABsAG8AJwA7AFcAcgBpAHQAZQAtAEgAbwBzAHQAIAAkAHMA".repeat(3);
        let settings = format!(
            "<?xml version=\"1.0\"?><w:settings><w:docVars><w:docVar w:name=\"a\" w:val=\"{payload}\"/><w:rsid w:val=\"{payload}\"/></w:docVars></w:settings>"
        );
        let out = open(&[("[Content_Types].xml", TYPES), ("word/settings.xml", settings.as_bytes())]);
        let places = out.facts.iter().filter_map(|fact| match fact {
            Fact::HiddenText { place, length, .. } => Some((place.as_str(), *length)),
            _ => None,
        });
        assert_eq!(places.collect::<Vec<_>>(), [("ActiveDocument.Variables(\"a\")", payload.len())]);
    }
}
