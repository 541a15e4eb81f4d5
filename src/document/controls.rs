//! Names of ActiveX controls in packages. A macro calls a control by the name that the page around it tells, while the
//! control's own part is named by a number: the `control` element of a document, sheet or slide (ECMA-376 Part 1,
//! 17.3.3.3, 18.3.1.18, 19.3.2.1) leads by a relationship to the part of the control, and that by another to its data.

use super::relations;
use super::xml::{self, Attributes, Node};
use crate::artifact::{Child, Fact};
use std::collections::{BTreeMap, HashMap};

/// The fact of a part that tells the name of its control.
pub(super) const NAME: &str = "control-name";

/// What the parts of a package say of controls.
#[derive(Debug, Default)]
pub(super) struct Controls {
    /// The part that holds a control, the number of the relationship, and the name.
    named: Vec<(String, String, String)>,
    /// The part that a relationship of a part leads to.
    targets: BTreeMap<(String, String), String>,
    /// How many controls have their state in a part.
    shared: BTreeMap<String, usize>,
}

/// Controls, and relationships to controls, of one package.
const MOST: usize = 4096;
/// Controls with one state between them that no program writes.
const REPEATED: usize = 8;
/// Relationships that lead to controls and to their data.
const RELATIONS: &[&str] = &["control", "activexcontrolbinary"];

impl Controls {
    /// Adds the names that a part tells.
    pub(super) fn part(&mut self, name: &str, bytes: &[u8]) {
        if memchr::memmem::find(bytes, b"control ").is_none() {
            return;
        }
        xml::walk(bytes, &mut |node| {
            if let Node::Open { name: "control", attributes } = node {
                self.control(name, attributes);
            }
        });
    }

    /// Adds the name that a `control` element of a part tells.
    pub(super) fn control(&mut self, part: &str, attributes: &Attributes) {
        let (Some(id), Some(told)) = (attributes.value("id"), attributes.value("name")) else { return };
        if self.named.len() < MOST && !told.is_empty() {
            self.named.push((part.to_lowercase(), id.into(), told.into()));
        }
    }

    /// Adds a relationship of a part.
    pub(super) fn relation(&mut self, owner: &str, attributes: &Attributes) {
        let value = |name: &str| attributes.value(name).unwrap_or_default();
        let kind = value("Type").rsplit('/').next().unwrap_or_default().to_lowercase();
        if self.targets.len() < MOST && RELATIONS.contains(&kind.as_str()) {
            let folder = owner.rsplit_once('/').map_or("", |(folder, _)| folder);
            let target = relations::resolve(folder, value("Target")).to_lowercase();
            if kind != "control" {
                *self.shared.entry(target.clone()).or_default() += 1;
            }
            self.targets.insert((owner.to_lowercase(), value("Id").into()), target);
        }
    }

    /// The names by the parts that they belong to, in lower case: the part of each control, and that of its data.
    pub(super) fn names(&self) -> HashMap<&str, &str> {
        let mut names = HashMap::new();
        for (owner, id, name) in &self.named {
            if let Some(part) = self.targets.get(&(owner.clone(), id.clone())) {
                names.entry(part.as_str()).or_insert(name.as_str());
            }
        }
        let data = self.targets.iter().filter_map(|((owner, _), target)| {
            names.get(owner.as_str()).map(|name| (target.as_str(), *name))
        });
        for (target, name) in data.collect::<Vec<_>>() {
            names.entry(target).or_insert(name);
        }
        names
    }

    /// The fact of one state that many controls are filled with, as attacks fill the memory (CVE-2013-3906). Office
    /// writes each control a state of its own.
    pub(super) fn repeated(&self) -> Option<Fact> {
        let (part, count) = self.shared.iter().find(|(_, count)| **count >= REPEATED)?;
        Some(Fact::Trick { what: "control-repeated-state", detail: format!("{count} controls have {part}") })
    }

    /// Notes the names on the parts of controls.
    pub(super) fn note(&self, parts: &mut [Child]) {
        let names = self.names();
        for part in parts.iter_mut().filter(|_| !names.is_empty()) {
            if let Some(name) = names.get(part.name.to_lowercase().as_str()) {
                part.facts.push(Fact::Header { name: NAME, value: (*name).to_string() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relations(controls: &mut Controls, owner: &str, xml: &str) {
        xml::walk(xml.as_bytes(), &mut |node| {
            if let Node::Open { name: "Relationship", attributes } = node {
                controls.relation(owner, attributes);
            }
        });
    }

    const PAGES: &[(&str, &str, &str)] = &[
        (
            "word/document.xml",
            "activeX/activeX1.xml",
            "<w:object><w:control r:id=\"r1\" w:name=\"TextBox1\" w:shapeid=\"x\"/></w:object>",
        ),
        (
            "xl/worksheets/Sheet1.xml",
            "../activeX/activeX1.xml",
            "<controls><control shapeId=\"1025\" r:id=\"r1\" name=\"TextBox1\"><x/></control></controls>",
        ),
        (
            "ppt/slides/slide1.xml",
            "/ppt/activeX/activeX1.xml",
            "<p:controls><p:control spid=\"1\" r:id=\"r1\" name=\"TextBox1\"/></p:controls>",
        ),
    ];

    #[test]
    fn a_control_is_named_by_the_page_it_stands_on() {
        for (page, target, xml) in PAGES {
            let folder = page.split('/').next().unwrap();
            let part = format!("{folder}/activeX/activeX1.xml");
            let mut controls = Controls::default();
            controls.part(page, xml.as_bytes());
            relations(
                &mut controls,
                page,
                &format!(
                    "<R><Relationship Id=\"r1\" Type=\"http://x/control\" Target=\"{target}\"/>\
                <Relationship Id=\"r2\" Type=\"http://x/image\" Target=\"a.png\"/></R>"
                ),
            );
            relations(
                &mut controls,
                &part,
                "<R><Relationship Id=\"r1\" Type=\"http://x/activeXControlBinary\" Target=\"activeX1.bin\"/></R>",
            );
            let data = format!("{folder}/activeX/activeX1.bin");
            let mut parts =
                [part, data.clone(), "a.png".into()].map(|name| Child::new(name, "part", Vec::new()));
            controls.note(&mut parts);
            let told = parts.map(|part| part.facts.len());
            assert_eq!(told, [1, 1, 0], "{page}");
            assert_eq!(controls.names().get(data.to_lowercase().as_str()), Some(&"TextBox1"));
        }
    }

    #[test]
    fn what_leads_nowhere_or_round_names_nothing() {
        let mut controls = Controls::default();
        controls.part(
            "a.xml",
            b"<control id=\"r1\" name=\"A\"/><control id=\"r2\" name=\"\"/><control name=\"B\"/>",
        );
        assert!(controls.names().is_empty());
        relations(
            &mut controls,
            "a.xml",
            "<R><Relationship Id=\"r1\" Type=\"control\" Target=\"a.xml\"/></R>",
        );
        assert_eq!(controls.names().len(), 1);
        let xml = PAGES[0].2;
        for length in 0..xml.len() {
            Controls::default().part("a.xml", &xml.as_bytes()[..length]);
        }
        assert_eq!(controls.repeated(), None);
        for owner in 0..REPEATED {
            let binary = "<R><Relationship Id=\"r1\" Type=\"x/activeXControlBinary\" Target=\"a.bin\"/></R>";
            relations(&mut controls, &format!("w/activeX{owner}.xml"), binary);
        }
        assert!(matches!(controls.repeated(), Some(Fact::Trick { what: "control-repeated-state", .. })));
        let many = "<control id=\"r\" name=\"A\"/>".repeat(2 * MOST);
        controls.part("b.xml", many.as_bytes());
        assert_eq!(controls.named.len(), MOST);
    }
}
