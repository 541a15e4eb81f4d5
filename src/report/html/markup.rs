//! What a stranger wrote, as HTML that shows it and does nothing else.

use crate::text::printable;

/// What a stranger wrote, marked as such.
pub(super) fn mail(text: &str) -> String {
    format!("<bdi class=\"mail\">{}</bdi>", escape(text))
}

/// Text whose direction must not reach its neighbours.
pub(super) fn bdi(text: &str) -> String {
    format!("<bdi>{}</bdi>", escape(text))
}

/// Text for element content and for quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in printable(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_shown_and_directions_stay_inside() {
        assert_eq!(escape("<a href='x'>&\"\u{202e}"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;⟨U+202E⟩");
        assert_eq!(mail("</bdi><b>"), "<bdi class=\"mail\">&lt;/bdi&gt;&lt;b&gt;</bdi>");
        assert_eq!(bdi("مرحبا"), "<bdi>مرحبا</bdi>");
    }
}
