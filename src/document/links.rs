//! What a part of a package does when it is shown or clicked: fields, links to other programs, actions on slides,
//! callbacks of a ribbon, templates by address, sources of data (ECMA-376 Part 1, 18.13).

use super::attack_elements::Attack;
use super::classes;
use super::control_state::ADDRESS;
use super::fields::Fields;
use super::xml::{self, Attributes, Node};
use crate::artifact::Fact;

/// Elements and attributes by which a part is worth a walk. They are names, which no entity can stand for.
const TELLING: &[&[u8]] = &[
    b"instrText",
    b"fldSimple",
    b"ddeLink",
    b"hlinkClick",
    b"hlinkHover",
    b"hlinkMouseOver",
    b"onLoad",
    b"attachedTemplate",
    b"webPr",
    b"dbPr",
    b"smartTag",
    b"OLEObject",
    b"classid",
    b"storeType",
];

/// The facts of a part.
pub(super) fn facts(part: &[u8]) -> Vec<Fact> {
    // What is not in ASCII is not searched but walked.
    let is_wide = part.iter().take(64).any(|byte| *byte == 0);
    let is_telling = || TELLING.iter().any(|name| memchr::memmem::find(part, name).is_some());
    if !is_wide && !is_telling() {
        return Vec::new();
    }
    let mut links = Links::default();
    xml::walk(part, &mut |node| links.take(node));
    links.finish()
}

/// The links of a part that is being walked.
#[derive(Debug, Default)]
pub(super) struct Links {
    fields: Fields,
    facts: Vec<Fact>,
    in_instruction: bool,
    attack: Attack,
    /// Whether the control of the part shows what an address names.
    is_web: bool,
}

/// The most facts of one part.
const MOST: usize = 1000;

impl Links {
    /// One step of the walk.
    pub(super) fn take(&mut self, node: Node) {
        match node {
            Node::Open { name, attributes } => {
                self.in_instruction = matches!(name, "instrText" | "delInstrText");
                self.facts.extend(self.attack.take(name, attributes));
                self.element(name, attributes);
            }
            Node::Text(text) if self.in_instruction => self.fields.text(text),
            Node::Text(_) => {}
            Node::Close => self.in_instruction = false,
        }
    }

    /// All facts.
    pub(super) fn finish(mut self) -> Vec<Fact> {
        let mut facts = self.fields.finish();
        facts.append(&mut self.facts);
        facts
    }

    fn element(&mut self, name: &str, attributes: &Attributes) {
        let of = |name: &str| attributes.value(name).unwrap_or_default();
        match name {
            "fldChar" => match of("fldCharType") {
                "begin" => self.fields.begin(),
                "separate" => self.fields.separate(),
                "end" => self.fields.end(),
                _ => {}
            },
            "fldSimple" => self.fields.simple(of("instr")),
            "ddeLink" => self.note("dde-link", format!("{} {}", of("ddeService"), of("ddeTopic"))),
            "hlinkClick" | "hlinkHover" | "hlinkMouseOver" => {
                let action = of("action").to_ascii_lowercase();
                if action.starts_with("ppaction://program") {
                    self.note("slide-action-program", format!("{name} {} {}", of("action"), of("id")));
                }
                // A click is a person's doing; a pointer passes by.
                if name != "hlinkClick"
                    && let Some((_, called)) = action.split_once("ppaction://macro?name=")
                {
                    self.note("slide-hover-macro", called.to_string());
                }
            }
            "webPr" => self.note("connection-web", of("url").to_string()),
            "dbPr" => self.note("connection", of("connection").to_string()),
            "connection" if !of("odcFile").is_empty() => self.note("connection", of("odcFile").to_string()),
            "customUI" if !of("onLoad").is_empty() => self.note("ribbon-on-load", of("onLoad").to_string()),
            "attachedTemplate" if !of("val").is_empty() => {
                self.note("attachedTemplate", of("val").to_string());
            }
            "ocx" => self.control(of("classid")),
            "ocxPr" if is_address(of("value")) => {
                self.note(if self.is_web { ADDRESS } else { "control-media" }, of("value").to_string());
            }
            // Where the catalogue lies that a task pane comes from; those of the store are no address.
            "reference" if is_address(of("store")) => self.note("web-extension", of("store").to_string()),
            _ => {}
        }
    }

    /// A control, whose class stands as a number.
    fn control(&mut self, number: &str) {
        let Some(class) = classes::written(number) else { return };
        self.is_web = classes::is_web(class);
        if self.facts.len() < MOST {
            self.facts.push(Fact::Object { class: class.into(), manner: "control".into() });
        }
    }

    fn note(&mut self, relation: &str, target: String) {
        if self.facts.len() < MOST && !target.is_empty() {
            self.facts.push(Fact::External { relation: relation.into(), target });
        }
    }
}

/// Whether a text is the address of something outside.
fn is_address(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("\\\\") || text.starts_with("//") || text.contains("://") || text.starts_with("file:")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(part: &str) -> Vec<(String, String)> {
        let tell = |fact| match fact {
            Fact::External { relation, target } => (relation, target),
            other => panic!("{other:?}"),
        };
        facts(part.as_bytes()).into_iter().map(tell).collect()
    }

    fn one(relation: &str, target: &str) -> Vec<(String, String)> {
        vec![(relation.into(), target.into())]
    }

    #[test]
    fn an_instruction_in_pieces_is_one() {
        let part = r#"<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>DDE</w:instrText></w:r>
            <w:r><w:t>seen</w:t></w:r><w:r><w:instrText xml:space="preserve">AUTO cmd </w:instrText></w:r><w:r><w:instrText>"/c &amp;x"</w:instrText></w:r>
            <w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>Error</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>"#;
        assert_eq!(told(part), one("dde-field", "cmd /c &x"));
        assert_eq!(told(r#"<w:fldSimple w:instr="DDE cmd /c"/>"#), one("dde-field", "cmd /c"));
        let open = r#"<w:fldChar w:fldCharType="begin"/><w:instrText>INCLUDETEXT "\\\\a.example\\b""#;
        assert_eq!(told(open), one("include-text", r"\\a.example\b"));
    }

    #[test]
    fn other_programs_actions_callbacks_and_templates() {
        let link = r#"<externalLink><ddeLink ddeService="cmd" ddeTopic="/c x"/></externalLink>"#;
        assert_eq!(told(link), one("dde-link", "cmd /c x"));
        let hover = r#"<a:hlinkMouseOver r:id="rId2" action="ppaction://program"/>"#;
        assert_eq!(told(hover), one("slide-action-program", "hlinkMouseOver ppaction://program rId2"));
        assert_eq!(told(r#"<a:hlinkClick action="ppaction://media"/>"#), []);
        assert_eq!(told(r#"<customUI onLoad="Go"/>"#), one("ribbon-on-load", "Go"));
        assert_eq!(
            told(r#"<w:attachedTemplate w:val="http://a.example/x"/>"#),
            one("attachedTemplate", "http://a.example/x")
        );
        assert_eq!(told(r#"<w:attachedTemplate r:id="rId1"/><w:p/>"#), []);
    }

    #[test]
    fn sources_of_data_and_macros_under_the_pointer() {
        let web = r#"<connections><connection id="1" refreshOnLoad="1"><webPr url="http://203.0.113.4/x"/></connection></connections>"#;
        assert_eq!(told(web), one("connection-web", "http://203.0.113.4/x"));
        let database =
            r#"<connection odcFile="a.odc"><dbPr connection="DSN=x" command="SELECT 1"/></connection>"#;
        let want = [("connection", "a.odc"), ("connection", "DSN=x")];
        assert_eq!(told(database), want.map(|(a, b)| (a.to_string(), b.to_string())));
        let hover = r#"<a:hlinkMouseOver r:id="" action="ppaction://macro?name=Go"/>"#;
        assert_eq!(told(hover), one("slide-hover-macro", "go"));
        assert_eq!(told(r#"<a:hlinkClick r:id="" action="ppaction://macro?name=Go"/>"#), []);
    }

    #[test]
    fn controls_and_task_panes_tell_what_they_show() {
        let ocx = |class: &str| {
            format!(
                r#"<ax:ocx ax:classid="{{{class}}}" ax:persistence="persistPropertyBag"><ax:ocxPr ax:name="Src" ax:value="\\203.0.113.9\s\i.png"/><ax:ocxPr ax:name="Caption" ax:value="OK"/></ax:ocx>"#
            )
        };
        let shown = facts(ocx("5512D112-5CC6-11CF-8D67-00AA00BDCE1D").as_bytes());
        let target = "\\\\203.0.113.9\\s\\i.png".to_string();
        let class = Fact::Object { class: "Forms.HTML:Image".into(), manner: "control".into() };
        assert_eq!(shown, [class, Fact::External { relation: ADDRESS.into(), target: target.clone() }]);
        assert_eq!(told(&ocx("8BD21D10-EC42-11CE-9E0D-00AA006002F3")), one("control-media", &target));
        let pane = r#"<we:webextension><we:reference id="a" store="https://a.example/c" storeType="SPCatalog"/></we:webextension>"#;
        assert_eq!(told(pane), one("web-extension", "https://a.example/c"));
        assert_eq!(told(&pane.replace("https://a.example/c", "en-US")), []);
    }

    #[test]
    fn parts_in_utf16_are_walked_too() {
        let part: Vec<u8> = "<ddeLink ddeService=\"a\"/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(facts(&part).len(), 1);
    }
}
