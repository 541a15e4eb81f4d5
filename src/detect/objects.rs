//! Objects in rich text, each with all that was found in it, for the rules that look at them as a whole; and where a
//! reference of a document leads.

use crate::artifact::{Artifact, Fact, Tree};
use crate::kind::extension;

/// An object in rich text.
pub(super) struct RichObject<'a> {
    /// The rich text.
    pub(super) document: &'a Artifact,
    /// The object, and whatever is in it.
    pub(super) parts: Vec<&'a Artifact>,
}

/// The way by which objects of rich text are reached.
const VIA: &str = "rtf-object";

/// Every object in rich text, in order.
pub(super) fn in_rich_text(tree: &Tree) -> Vec<RichObject<'_>> {
    let mut objects: Vec<RichObject> = Vec::new();
    // The object each artifact belongs to; parents stand before their children.
    let mut owners: Vec<Option<usize>> = Vec::new();
    for artifact in tree.iter() {
        let parent = artifact.parent.and_then(|parent| tree.get(parent));
        let inherited = artifact.parent.and_then(|parent| owners.get(parent).copied().flatten());
        let owner = match parent {
            Some(document) if artifact.via == VIA => {
                objects.push(RichObject { document, parts: Vec::new() });
                Some(objects.len() - 1)
            }
            _ => inherited,
        };
        owners.push(owner);
        if let Some(object) = owner.and_then(|owner| objects.get_mut(owner)) {
            object.parts.push(artifact);
        }
    }
    objects
}

impl<'a> RichObject<'a> {
    /// The id of the object itself.
    pub(super) fn id(&self) -> usize {
        self.parts.first().map_or(self.document.id, |part| part.id)
    }

    fn facts(&self) -> impl Iterator<Item = &'a Fact> {
        self.parts.iter().flat_map(|part| &part.facts)
    }

    /// The classes it is told to be of: by the rich text, by its header, by its storage.
    pub(super) fn classes(&self) -> impl Iterator<Item = &'a str> {
        self.facts().filter_map(|fact| match fact {
            Fact::Object { class, .. } => Some(class.as_str()),
            _ => None,
        })
    }

    /// Whether the rich text holds it in that manner: `objupdate`.
    pub(super) fn is_held(&self, wanted: &str) -> bool {
        self.facts().any(|fact| match fact {
            Fact::Object { manner, .. } => manner.split(' ').any(|manner| manner == wanted),
            _ => false,
        })
    }

    /// The evidence of a trick in it.
    pub(super) fn trick(&self, wanted: &str) -> Option<&'a str> {
        self.facts().find_map(|fact| match fact {
            Fact::Trick { what, detail } if *what == wanted => Some(detail.as_str()),
            _ => None,
        })
    }

    /// Whether it is one of the Equation Editor's.
    pub(super) fn is_equation(&self) -> bool {
        self.classes().any(is_equation)
    }
}

/// Whether a class is one of the Equation Editor's, not of MathType.
pub(super) fn is_equation(class: &str) -> bool {
    let class = class.to_ascii_lowercase();
    class == "equation" || class.starts_with("equation.2") || class.starts_with("equation.3")
}

/// The evidence of a trick of an artifact.
pub(super) fn trick<'a>(artifact: &'a Artifact, wanted: &str) -> Option<&'a str> {
    artifact.facts.iter().find_map(|fact| match fact {
        Fact::Trick { what, detail } if *what == wanted => Some(detail.as_str()),
        _ => None,
    })
}

/// Schemes that reach out of the machine.
const SCHEMES: &[&str] =
    &["http:", "https:", "ftp:", "mhtml:", "mk:", "its:", "ms-its:", "script:", "x-usc:"];

/// Whether a target lies outside the office: on the web, or on a server that is named with dots, by number, or with a
/// port. A bare server name is one of the office's own.
pub(super) fn is_remote(target: &str) -> bool {
    let target = target.trim().trim_start_matches('"').trim().replace('\\', "/").to_lowercase();
    if SCHEMES.iter().any(|scheme| target.starts_with(scheme)) {
        return true;
    }
    let path = target.strip_prefix("file:").unwrap_or(&target);
    if !path.starts_with("//") {
        return false;
    }
    let host = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    // Behind three slashes a drive stands, not a server.
    !host.ends_with(':') && (host.contains('.') || host.contains('@'))
}

/// Extensions of documents that offices link to.
const PAPERS: &[&str] = &[
    "doc", "docx", "docm", "dot", "dotx", "dotm", "xls", "xlsx", "xlsm", "xlsb", "xlt", "xltx", "csv", "ppt",
    "pptx", "pps", "ppsx", "pdf", "vsd", "vsdx", "png", "jpg", "jpeg", "gif", "bmp", "emf", "wmf",
];

/// Whether a target is a document or picture on a named server, as offices link to.
pub(super) fn is_paper(target: &str) -> bool {
    let path = target.split(['?', '#', '!']).next().unwrap_or_default();
    let host =
        path.split(['/', '\\']).find(|part| !part.is_empty() && !part.ends_with(':')).unwrap_or_default();
    let is_number =
        host.split(':').next().unwrap_or_default().bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    !is_number && !target.trim_end().ends_with('!') && PAPERS.contains(&extension(path).as_str())
}

#[cfg(test)]
pub(in crate::detect) mod tests {
    use super::*;
    use crate::artifact::Child;

    /// A document in rich text with one object of those facts.
    pub(in crate::detect) fn with_object(facts: Vec<Fact>) -> Tree {
        let mut tree = Tree::new(Child::new("a.rtf", "file", b"{\\rtf1}".to_vec()));
        let mut child = Child::new("", VIA, vec![1, 5]).of_kind("ole1");
        child.facts = facts;
        tree.add(Some(0), child);
        tree
    }

    /// What a rule finds in a tree.
    pub(in crate::detect) fn hits(
        check: fn(&Tree, &mut super::super::heuristics::Check),
        tree: &Tree,
    ) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        check(tree, &mut |id, evidence| found.push((id, evidence)));
        found
    }

    /// The fact of an object.
    pub(in crate::detect) fn object(class: &str, manner: &str) -> Fact {
        Fact::Object { class: class.into(), manner: manner.into() }
    }

    #[test]
    fn remote_is_what_is_outside_the_office() {
        for yes in [
            "http://a.example/x",
            " \"HTTPS://a.example\"",
            "\\\\203.0.113.5\\s\\x",
            "//a.example/x",
            "\\\\host@8080\\x",
            "file://a.example/x",
            "file:///\\\\a.example\\x",
            "mhtml:http://x",
        ] {
            assert!(is_remote(yes), "{yes}");
        }
        for no in
            ["C:\\a\\b.xls", "\\\\server\\share\\a.dot", "file:///C:/a.b/x", "Normal.dotm", "", "file:a.doc"]
        {
            assert!(!is_remote(no), "{no}");
        }
        assert!(is_paper("https://firm.example/sites/a.xlsx!Sheet1!R1C1"));
        for no in [
            "http://a.example/x.hta",
            "http://203.0.113.5/a.doc",
            "http://a.example/x.doc!",
            "http://a.example/",
        ] {
            assert!(!is_paper(no), "{no}");
        }
    }

    #[test]
    fn an_object_is_all_its_parts() {
        let mut tree = with_object(vec![object("Package", "objemb objupdate")]);
        tree.add(
            Some(1),
            Child::new("x", "ole-native", Vec::new()).with(object("Equation.3", "root storage")),
        );
        tree.add(Some(0), Child::new("text", "text", Vec::new()));
        let objects = in_rich_text(&tree);
        let object = objects.first().unwrap();
        assert_eq!((objects.len(), object.id(), object.parts.len()), (1, 1, 2));
        assert!(object.is_equation() && object.is_held("objupdate") && !object.is_held("obj"));
        assert!(!is_equation("Equation.DSMT4") && is_equation("eQUATION.3"));
    }
}
