//! Which elements of an HTML body a reader does not see, and where they end.

use html5ever::LocalName;
use html5ever::tokenizer::{Tag, TagKind};
use std::collections::HashMap;

/// Whether the present place is inside a hidden element.
#[derive(Default)]
pub(super) struct Hidden {
    /// The hidden element.
    element: Option<LocalName>,
    /// Elements open inside it, itself included, by name.
    open: HashMap<LocalName, u32>,
}

impl Hidden {
    pub(super) fn is_visible(&self) -> bool {
        self.element.is_none()
    }

    /// Follows a tag into or out of a hidden element.
    pub(super) fn tag(&mut self, tag: &Tag) {
        let opens = tag.kind == TagKind::StartTag;
        if let Some(element) = self.element.clone() {
            let count = self.open.entry(tag.name.clone()).or_default();
            if opens && !ends(&element, &tag.name) {
                *count += 1;
                return;
            }
            let before = *count;
            *count = before.saturating_sub(1);
            let parents_end = !opens && before == 0 && STRUCTURE.contains(&&*tag.name);
            let own_end = !opens && element == tag.name && before <= 1;
            if opens || own_end || parents_end {
                self.show();
            }
        }
        if opens && !VOID.contains(&&*tag.name) && self.is_visible() && is_hidden(tag) {
            self.element = Some(tag.name.clone());
            self.open.insert(tag.name.clone(), 1);
        }
    }

    fn show(&mut self) {
        self.element = None;
        self.open.clear();
    }
}

/// Whether a start tag ends the hidden element without an end tag (HTML standard, optional tags).
fn ends(element: &str, next: &str) -> bool {
    match element {
        "p" => ["p", "div", "table", "ul", "ol", "pre", "h1", "h2", "h3", "blockquote", "hr", "form"]
            .contains(&next),
        "li" => next == "li",
        "td" | "th" => ["td", "th", "tr"].contains(&next),
        "tr" => next == "tr",
        "option" => next == "option",
        "dt" | "dd" => ["dt", "dd"].contains(&next),
        _ => false,
    }
}

/// Elements whose end closes whatever is still open inside.
const STRUCTURE: &[&str] = &[
    "div",
    "td",
    "th",
    "tr",
    "table",
    "tbody",
    "body",
    "html",
    "ul",
    "ol",
    "li",
    "section",
    "blockquote",
    "center",
];

/// Elements that hold nothing.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

/// Whether a start tag hides what follows: by nature, by attribute or by inline style.
fn is_hidden(tag: &Tag) -> bool {
    if ["script", "style", "title", "template", "iframe", "noembed", "noframes"].contains(&&*tag.name) {
        return true;
    }
    tag.attrs.iter().any(|attribute| match &*attribute.name.local {
        "hidden" => true,
        "style" => hides(&attribute.value),
        _ => false,
    })
}

/// Whether an inline style makes its element invisible.
fn hides(style: &str) -> bool {
    let style = style.get(..style.floor_char_boundary(4_096)).unwrap_or_default();
    let style: String = style.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    let size = style.split("font-size:").nth(1).unwrap_or_default();
    let number: String = size.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    ["display:none", "visibility:hidden", "mso-hide:all"].iter().any(|sign| style.contains(sign))
        || number.parse::<f32>().is_ok_and(|number| number == 0.0)
}
