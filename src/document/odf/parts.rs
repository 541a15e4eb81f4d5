//! One walk through a part of an `OpenDocument` file.

use super::super::relations::starts_something;
use super::super::xml::{self, Attributes, Node};
use crate::artifact::Fact;

/// What the parts of a document hold.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) modules: Vec<Module>,
    /// Basic procedures that events start by themselves: `Library.Module.Procedure`.
    pub(super) started: Vec<String>,
    pub(super) facts: Vec<Fact>,
    in_module: bool,
}

/// A Basic module.
#[derive(Debug)]
pub(super) struct Module {
    pub(super) name: String,
    pub(super) text: String,
}

/// The most modules, and facts or procedures, of one document; the longest module.
const MOST_MODULES: usize = 1000;
const MOST: usize = 1000;
const LONGEST: usize = 4 << 20;

/// Elements whose address is followed by itself, and what that is called.
const FOLLOWED: &[(&str, &str)] = &[
    ("object", "odf-object"),
    ("object-ole", "odf-object"),
    ("plugin", "odf-object"),
    ("applet", "odf-object"),
    ("floating-frame", "frame"),
    ("section-source", "include-text"),
    ("table-source", "include-text"),
    ("cell-range-source", "include-text"),
    ("image", "image"),
    ("fill-image", "image"),
];

/// Events that wait for a person.
const WAITING: &[&str] =
    &["click", "dblclick", "performaction", "keypress", "keydown", "keyup", "change", "textchange"];

/// The scheme of addresses of scripts.
const SCRIPT: &str = "vnd.sun.star.script:";

impl Parts {
    /// Reads a part.
    pub(super) fn read(&mut self, part: &[u8]) {
        self.in_module = false;
        xml::walk(part, &mut |node| match node {
            Node::Open { name, attributes } => self.element(name, attributes),
            Node::Text(text) => {
                if let Some(module) = self.modules.last_mut().filter(|_| self.in_module)
                    && module.text.len() + text.len() <= LONGEST
                {
                    module.text.push_str(text);
                }
            }
            Node::Close => self.in_module = false,
        });
    }

    fn element(&mut self, name: &str, attributes: &Attributes) {
        let of = |name: &str| attributes.value(name).unwrap_or_default();
        let address = of("href");
        match name {
            "module" if self.modules.len() < MOST_MODULES => {
                self.modules.push(Module { name: of("name").into(), text: String::new() });
                self.in_module = true;
            }
            "event-listener" => {
                let event = of("event-name").rsplit(':').next().unwrap_or_default().to_lowercase();
                if !WAITING.contains(&event.as_str()) {
                    self.event(if address.is_empty() { of("macro-name") } else { address });
                }
            }
            "dde-source" | "dde-connection-decl" => {
                let relation = if name == "dde-source" { "dde-link" } else { "dde-field" };
                self.note(
                    relation,
                    &format!("{} {} {}", of("dde-application"), of("dde-topic"), of("dde-item")),
                );
            }
            "a" if starts_something(address) => self.note("hyperlink", address),
            _ => {
                let followed = FOLLOWED.iter().find(|(known, _)| *known == name);
                if let Some((_, relation)) = followed.filter(|_| leads_outside(address)) {
                    self.note(relation, address);
                }
            }
        }
    }

    /// What an event that comes by itself starts.
    fn event(&mut self, script: &str) {
        let path = script.strip_prefix(SCRIPT).unwrap_or(script);
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let is_basic = query.is_empty() || query.to_lowercase().contains("language=basic");
        if is_basic && self.started.len() < MOST {
            self.started.push(path.into());
        } else if !is_basic {
            self.note("event-script", script);
        }
    }

    fn note(&mut self, relation: &str, target: &str) {
        if self.facts.len() < MOST {
            self.facts.push(Fact::External { relation: relation.into(), target: target.trim().into() });
        }
    }
}

/// Whether an address is none of a part of the package.
fn leads_outside(address: &str) -> bool {
    address.contains("://")
        || address.starts_with("\\\\")
        || address.starts_with("//")
        || address.starts_with("file:")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(part: &str) -> Parts {
        let mut parts = Parts::default();
        parts.read(part.as_bytes());
        parts
    }

    #[test]
    fn what_leads_outside_by_itself_is_a_fact() {
        let parts = read(
            "<draw:object xlink:href=\"http://a.example/x.ods\"/><draw:object xlink:href=\"./Object 1\"/>\
             <text:section-source xlink:href=\"\\\\b.example\\x.odt\"/><text:a xlink:href=\"http://c.example/\"/>\
             <text:a xlink:href=\"file:///\\\\b.example\\x.exe\"/>\
             <text:dde-connection-decl office:dde-application=\"cmd\" office:dde-topic=\"/c x\"/>",
        );
        let told: Vec<(&str, &str)> = parts
            .facts
            .iter()
            .filter_map(|fact| match fact {
                Fact::External { relation, target } => Some((relation.as_str(), target.as_str())),
                _ => None,
            })
            .collect();
        let want = [
            ("odf-object", "http://a.example/x.ods"),
            ("include-text", "\\\\b.example\\x.odt"),
            ("hyperlink", "file:///\\\\b.example\\x.exe"),
            ("dde-field", "cmd /c x"),
        ];
        assert_eq!(told, want);
    }

    #[test]
    fn events_that_come_by_themselves_start_scripts() {
        let listener = |event: &str, address: &str| {
            format!("<script:event-listener script:event-name=\"{event}\" xlink:href=\"{address}\"/>")
        };
        let basic = "vnd.sun.star.script:Standard.M.Main?language=Basic&amp;location=document";
        let python = "vnd.sun.star.script:x.py$f?language=Python&amp;location=document";
        let parts = read(
            &[listener("dom:load", basic), listener("dom:click", basic), listener("office:new", python)]
                .concat(),
        );
        assert_eq!((parts.started.as_slice(), parts.facts.len()), (&["Standard.M.Main".to_string()][..], 1));
        let old =
            read("<script:event-listener script:event-name=\"load\" script:macro-name=\"Standard.M.Main\"/>");
        assert_eq!(old.started, ["Standard.M.Main"]);
    }
}
