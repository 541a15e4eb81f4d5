//! HTML bodies to the text a reader sees, and the links in them.
//!
//! Only the tokenizer of `html5ever` is used: a tree would cost memory per tag and is not needed to know where lines
//! break. Elements hidden by `hidden` or an inline style are left out, as are scripts, styles and titles; style
//! sheets are not evaluated. What is hidden ends with the element, with a block that ends it by HTML's rules, or with
//! the end of its parent, so that an element left open does not hide the rest of the mail.

mod hidden;
pub(crate) mod markup;

use hidden::Hidden;
use html5ever::tokenizer::{Tag, TagKind};
use markup::Markup;

/// What a reader of an HTML body sees.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct HtmlText {
    /// The text: blocks and rows on lines of their own, cells apart by tabs.
    pub text: String,
    /// The links, in order.
    pub links: Vec<Link>,
    /// Whether all of it was read; one tag of tens of thousands of attributes ends reading.
    pub complete: bool,
}

/// A link and the words it stands under.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// What the reader sees, at most 500 bytes.
    pub text: String,
    /// Where it leads, as written.
    pub href: String,
}

/// The text and links of an HTML body. Never fails.
pub fn html_text(html: &str) -> HtmlText {
    let (mut page, complete) = markup::read(html, markup::Syntax::Html, Page::default());
    page.end_link();
    HtmlText { text: page.text, links: page.links, complete }
}

/// Links kept, and bytes of their words.
const MOST_LINKS: usize = 10_000;
const LONGEST_LINK_TEXT: usize = 500;

/// The text as it grows.
#[derive(Default)]
struct Page {
    text: String,
    links: Vec<Link>,
    /// The link that is open and where its words start.
    link: Option<(String, usize)>,
    hidden: Hidden,
    /// Depth of `pre`, in which white space counts.
    preformatted: u32,
    gap: Gap,
}

/// What stands between the text so far and the text to come.
#[derive(Default)]
struct Gap {
    lines: u32,
    tab: bool,
    space: bool,
    /// In a cell that has no text yet: blocks in it do not break the row.
    in_fresh_cell: bool,
    /// In a row that has no cell yet.
    in_fresh_row: bool,
}

impl Markup for Page {
    fn text(&mut self, text: &str) {
        self.words(text);
    }

    fn tag(&mut self, tag: &Tag) {
        let opens = tag.kind == TagKind::StartTag;
        self.hidden.tag(tag);
        if self.hidden.is_visible() {
            self.layout(&tag.name, opens);
        }
        if &*tag.name == "a" || &*tag.name == "area" {
            self.end_link();
            if let Some(href) = tag.attrs.iter().find(|attribute| opens && &*attribute.name.local == "href") {
                self.link = Some((href.value.to_string(), self.text.len()));
            }
        }
    }
}

impl Page {
    /// Breaks the text where a tag breaks it on the screen.
    fn layout(&mut self, name: &str, opens: bool) {
        match name {
            "br" => self.gap.lines = (self.gap.lines + 1).min(3),
            "tr" => {
                self.break_line();
                self.gap.in_fresh_row = opens;
                self.gap.in_fresh_cell = false;
                self.gap.tab = false;
            }
            "td" | "th" if opens => {
                if !self.gap.in_fresh_row {
                    self.gap.tab = true;
                    self.gap.lines = 0;
                }
                self.gap.in_fresh_row = false;
                self.gap.in_fresh_cell = true;
            }
            "pre" | "textarea" | "listing" => {
                self.break_line();
                let depth = self.preformatted;
                self.preformatted = if opens { depth.saturating_add(1) } else { depth.saturating_sub(1) };
            }
            name if BLOCKS.contains(&name) && !self.gap.in_fresh_cell => self.break_line(),
            _ => {}
        }
    }

    fn break_line(&mut self) {
        self.gap.lines = self.gap.lines.max(1);
    }

    /// Adds text, white space folded outside `pre`.
    fn words(&mut self, text: &str) {
        if !self.hidden.is_visible() {
            return;
        }
        if self.preformatted > 0 {
            self.close_gap();
            self.text.push_str(text);
            return;
        }
        for c in text.chars() {
            match c {
                ' ' | '\t' | '\n' | '\r' | '\x0c' => self.gap.space = true,
                c => {
                    self.close_gap();
                    self.text.push(if c == '\u{a0}' { ' ' } else { c });
                }
            }
        }
    }

    fn close_gap(&mut self) {
        let gap = std::mem::take(&mut self.gap);
        if self.text.is_empty() {
            return;
        }
        if gap.lines > 0 {
            self.text.extend(std::iter::repeat_n('\n', usize::try_from(gap.lines).unwrap_or(1)));
        } else if gap.tab {
            self.text.push('\t');
        } else if gap.space && !self.text.ends_with(['\n', '\t', ' ']) {
            self.text.push(' ');
        }
    }

    fn end_link(&mut self) {
        let Some((href, start)) = self.link.take() else { return };
        if self.links.len() < MOST_LINKS {
            let text = self.text.get(start..).unwrap_or_default().trim();
            let text = text.get(..text.floor_char_boundary(LONGEST_LINK_TEXT)).unwrap_or_default();
            self.links.push(Link { text: text.to_string(), href });
        }
    }
}

/// Elements that stand on lines of their own.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "html",
    "legend",
    "li",
    "main",
    "menu",
    "nav",
    "ol",
    "option",
    "p",
    "section",
    "select",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "ul",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str) -> String {
        html_text(html).text
    }

    #[test]
    fn lines_break_where_the_screen_breaks_them() {
        assert_eq!(text("<p>a</p><p>b<br>c</p><br><br>d"), "a\nb\nc\n\n\nd");
        assert_eq!(text("a<br><br>b"), "a\n\nb");
        assert_eq!(text("<div>a\n  b</div>\n<div>c</div>"), "a b\nc");
        assert_eq!(text("<pre>a\n  b</pre>c"), "a\n  b\nc");
    }

    #[test]
    fn cells_are_apart_and_rows_on_lines() {
        let table = "<table><tr><td>Password:</td><td><p>k7</p></td></tr>\n<tr><th>x<th>y</table>z";
        assert_eq!(text(table), "Password:\tk7\nx\ty\nz");
    }

    #[test]
    fn spans_do_not_split_words() {
        assert_eq!(
            text("pa<b>ss</b>wo<span style='color:red'>rd</span> : <font>k&amp;7</font>"),
            "password : k&7"
        );
        assert_eq!(text("&#x30D1;&#12473;&nbsp;&yen;"), "パス ¥");
    }

    #[test]
    fn what_is_not_shown_is_not_read() {
        let hidden = [
            "a<div style='display: none'>x<div>y</div>z</div>b",
            "a<span style=\"VISIBILITY:hidden\">x</span>b",
            "a<span hidden>x</span>b",
            "a<span style='font-size:0px'>x</span>b",
            "a<script>x</script><style>y</style><title>z</title>b<!-- c -->",
        ];
        for html in hidden {
            assert_eq!(text(html).replace(['\n', ' '], ""), "ab", "{html}");
        }
        assert_eq!(text("<span style='font-size:0.9em'>a</span>"), "a");
    }

    #[test]
    fn an_element_left_open_does_not_hide_the_rest() {
        assert_eq!(text("<p style='display:none'>x<p>a"), "a");
        assert_eq!(text("<div><span hidden>x</div>a"), "a");
        assert_eq!(text("<table><tr><td hidden>x<td>a</table>"), "a");
        assert_eq!(text("<br style='display:none'>a"), "a");
    }

    #[test]
    fn links_keep_their_words() {
        let page = html_text(
            "<a href='http://a.example/?x=1&amp;y'>cl<b>ick</b></a> <a name=x>no</a><a href=b>open",
        );
        let link = |text: &str, href: &str| Link { text: text.into(), href: href.into() };
        assert_eq!(page.links, [link("click", "http://a.example/?x=1&y"), link("open", "b")]);
    }

    #[test]
    fn hostile_markup_ends() {
        assert_eq!(text(&format!("{}x", "<div>".repeat(300_000))), "x");
        assert_eq!(text(&format!("{}x", "<p hidden>".repeat(300_000))), "");
        let page =
            html_text(&format!("a<b {}>c", (0..400_000).map(|n| format!("a{n} ")).collect::<String>()));
        assert_eq!((page.text.as_str(), page.complete), ("a", false));
        let page = html_text(&format!("<img src='data:{}'>b", "QUJD".repeat(1 << 18)));
        assert_eq!((page.text.as_str(), page.complete), ("b", true));
        let whole = "<p a='&lt;\u{3042}<td>&#x;&notanentity;<pre></p --><!-- ";
        for length in 0..whole.len() {
            if let Some(cut) = whole.get(..length) {
                html_text(cut);
            }
        }
    }
}
