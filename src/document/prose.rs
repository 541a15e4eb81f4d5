//! What a reader sees of the parts of an Office Open XML package (ECMA-376 Part 1): paragraphs as lines, cells
//! of a table side by side, text that is set hidden left out. The text of a document says passwords and lures; it
//! is also what can be shown of a document without opening it.
//!
//! Left out: what fields and formulas compute, the order of cells that share their strings, text in pictures.

use super::xml::{self, Node};
use crate::artifact::{Child, Opened};
use crate::keyring::Letter;
use crate::limits::{Budget, Stop};

/// The text of a document, part by part.
#[derive(Debug, Default)]
pub(super) struct Prose {
    text: String,
}

/// Bytes of text that are kept of one document.
const MOST: usize = 1 << 20;

/// The ends of the content types of parts that hold text for the reader.
const READ: &[&str] = &[
    ".document.main+xml",
    ".document.macroenabled.main+xml",
    ".template.main+xml",
    ".template.macroenabledtemplate.main+xml",
    ".header+xml",
    ".footer+xml",
    ".footnotes+xml",
    ".endnotes+xml",
    ".comments+xml",
    ".slide+xml",
    ".notesslide+xml",
    ".sharedstrings+xml",
    ".worksheet+xml",
    ".drawing+xml",
];

impl Prose {
    /// Adds what a reader sees of a part.
    pub(super) fn add(&mut self, media_type: &str, part: &[u8]) {
        if self.text.len() >= MOST || !READ.iter().any(|end| media_type.ends_with(end)) {
            return;
        }
        let mut page =
            Page { text: std::mem::take(&mut self.text), open: Vec::new(), cells: 0, is_hidden: false };
        xml::walk(part, &mut |node| page.take(node));
        page.end_line();
        self.text = page.text;
    }

    /// All of it.
    pub(super) fn text(self) -> String {
        self.text
    }
}

/// Gives the text of the document, and has it searched for passwords of other files.
pub(super) fn tell(name: &str, text: String, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    if text.trim().is_empty() {
        return Ok(());
    }
    budget.pay(text.len() as u64)?;
    let note: String = text.chars().take(LONGEST_NOTE).collect();
    out.letters.push(Letter { attached: vec![(name.to_string(), note)], ..Letter::default() });
    out.push(Child::new("text", "text", text.into_bytes()).of_kind("text"), budget)
}

/// Characters of a document that are searched for passwords.
const LONGEST_NOTE: usize = 16 << 10;

/// A part being read.
struct Page {
    text: String,
    open: Vec<Place>,
    /// How many cells are open.
    cells: usize,
    /// Whether the run being read is set hidden.
    is_hidden: bool,
}

/// What an element is to the text in and behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Holds letters.
    Text,
    /// Ends a line.
    Line,
    /// Ends a cell.
    Cell,
    /// Letters with one setting.
    Run,
    Other,
}

impl Place {
    fn of(name: &str) -> Self {
        match name {
            "t" => Self::Text,
            "p" | "si" | "row" | "tr" | "comment" => Self::Line,
            "tc" | "c" => Self::Cell,
            "r" => Self::Run,
            _ => Self::Other,
        }
    }
}

impl Page {
    fn take(&mut self, node: Node) {
        match node {
            Node::Open { name, attributes } => {
                let place = Place::of(name);
                match name {
                    "br" | "cr" => self.end_line(),
                    "tab" => self.put("\t"),
                    "vanish" => {
                        let value = attributes.value("val").unwrap_or("true");
                        self.is_hidden = !matches!(value, "0" | "false" | "off");
                    }
                    _ if place == Place::Run => self.is_hidden = false,
                    _ => {}
                }
                if self.open.len() < DEEPEST {
                    self.open.push(place);
                    self.cells += usize::from(place == Place::Cell);
                }
            }
            Node::Text(text) if self.open.last() == Some(&Place::Text) && !self.is_hidden => {
                self.put(text);
            }
            Node::Text(_) => {}
            Node::Close => match self.open.pop() {
                Some(Place::Line) if self.cells > 0 => self.put(" "),
                Some(Place::Line) => self.end_line(),
                Some(Place::Cell) => self.end_cell(),
                _ => {}
            },
        }
    }

    fn put(&mut self, text: &str) {
        if self.text.len() < MOST {
            self.text.push_str(text);
        }
    }

    fn end_cell(&mut self) {
        self.cells = self.cells.saturating_sub(1);
        let length = self.text.trim_end_matches(' ').len();
        self.text.truncate(length);
        self.put("\t");
    }

    /// Ends the line, if it has begun.
    fn end_line(&mut self) {
        let length = self.text.trim_end_matches(['\t', ' ']).len();
        self.text.truncate(length);
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.put("\n");
        }
    }
}

/// Elements within elements that are told apart; what is deeper is no text.
const DEEPEST: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(media_type: &str, part: &str) -> String {
        let mut prose = Prose::default();
        prose.add(media_type, part.as_bytes());
        prose.text()
    }

    #[test]
    fn paragraphs_are_lines_and_cells_stand_side_by_side() {
        let document = "<w:document><w:p><w:r><w:t>パス</w:t></w:r><w:r><w:t>ワード &amp; x</w:t></w:r></w:p>\
            <w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>\
            <w:p><w:r><w:t>one</w:t><w:br/><w:t>two</w:t></w:r></w:p><w:p/></w:document>";
        let got = read("application/x.document.main+xml", document);
        assert_eq!(got, "パスワード & x\na\tb\none\ntwo\n");
        let strings = "<sst><si><t>Password</t></si><si><r><t>k7</t></r><r><t>Rm2x</t></r></si></sst>";
        assert_eq!(read("x.sharedstrings+xml", strings), "Password\nk7Rm2x\n");
        let sheet = "<row><c><is><t>Password</t></is></c><c><v>7</v></c><c><is><t>x</t></is></c></row>";
        assert_eq!(read("x.worksheet+xml", sheet), "Password\t\tx\n");
        assert_eq!(read("x.styles+xml", "<t>x</t>"), "");
    }

    #[test]
    fn hidden_runs_and_field_codes_are_not_read() {
        let document = "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>\
            <w:r><w:rPr><w:vanish w:val=\"0\"/></w:rPr><w:t>seen</w:t></w:r>\
            <w:r><w:instrText>DDE x</w:instrText></w:r></w:p>";
        assert_eq!(read("x.document.main+xml", document), "seen\n");
    }

    #[test]
    fn broken_and_endless_parts_end() {
        let document = "<w:p><w:r><w:t>text</w:t></w:r></w:p><w:p><w:r><w:t>more";
        for length in (0..document.len()).filter(|at| document.is_char_boundary(*at)) {
            assert!(read("x.document.main+xml", document.get(..length).unwrap()).len() <= 10);
        }
        let deep = "<a>".repeat(200_000) + "<t>x</t>";
        assert_eq!(read("x.document.main+xml", &deep), "");
        let long = format!("<w:p><w:t>{}</w:t></w:p>", "x".repeat(1000)).repeat(2_000);
        assert!(read("x.document.main+xml", &long).len() <= MOST + 1001);
    }
}
