//! What a reader sees of the parts of an Office Open XML package (ECMA-376 Part 1): paragraphs as lines, cells
//! of a table side by side. The text of a document says passwords and lures; it is also what can be shown of a
//! document without opening it.
//!
//! Text that is set hidden, in white or two points high is kept apart, and so are descriptions of pictures and shapes.
//! White is looked for in Word alone, because slides and cells are dark often enough; in drawings letters are hidden that
//! have the colour their own shape is filled with, or where nothing else lies behind them that of the slide, are
//! transparent, at most two points high, or stand in a shape that is hidden or lies beside its slide.
//!
//! Left out: what fields and formulas compute, the order of cells that share their strings, text in pictures, styles.

mod backdrop;
mod drawing;
mod place;

use super::art;
use super::listing::Listing;
use super::xml::{self, Attributes, Node};
use crate::artifact::{Child, Opened};
use crate::keyring::Letter;
use crate::limits::{Budget, Stop};
pub(super) use backdrop::Backdrop;
use drawing::Drawing;
use place::{Place, hiding};

/// The text of a document, part by part.
#[derive(Debug, Default)]
pub(super) struct Prose {
    text: String,
    unseen: Listing,
    /// The values in `unseen`, which may belong together.
    pieces: Vec<String>,
    /// What all slides have behind them; to be told before the first one is added.
    pub(super) backdrop: Backdrop,
}

/// Values that are kept to be looked at together.
const MOST_PIECES: usize = 4096;

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
        let ground = media_type.ends_with(".slide+xml").then(|| self.backdrop.ground());
        self.read(part, Drawing::on(ground));
    }

    /// Adds what a reader sees of a whole document in one XML file.
    pub(super) fn page(&mut self, part: &[u8]) {
        self.read(part, Drawing::default());
    }

    fn read(&mut self, part: &[u8], drawing: Drawing) {
        let text = std::mem::take(&mut self.text);
        let mut page = Page {
            text,
            open: Vec::new(),
            cells: 0,
            boxes: 0,
            boxed: String::new(),
            hidden: None,
            run: Default::default(),
            drawing,
            prose: self,
        };
        xml::walk(part, &mut |node| page.take(node));
        page.end_run();
        page.end_line();
        self.text = std::mem::take(&mut page.text);
    }

    /// Gives the text, and what is not seen.
    pub(super) fn give(mut self, name: &str, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
        self.unseen.note_joined("hidden text", &self.pieces);
        self.unseen.give(art::ID, art::ID, art::ID, out, budget)?;
        tell(name, self.text, out, budget)
    }

    fn put(&mut self, place: &str, value: &str) {
        if !value.trim().is_empty() {
            self.unseen.put(place, value.trim());
            if self.pieces.len() < MOST_PIECES {
                self.pieces.push(value.trim().to_string());
            }
        }
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
struct Page<'a> {
    text: String,
    open: Vec<Place>,
    /// How many cells are open.
    cells: usize,
    /// How many text boxes are open, and what they say.
    boxes: usize,
    boxed: String,
    /// What hides the run being read.
    hidden: Option<&'static str>,
    /// What hides the letters read last that are not seen, and the letters.
    run: (&'static str, String),
    drawing: Drawing,
    prose: &'a mut Prose,
}

impl Page<'_> {
    fn take(&mut self, node: Node) {
        match node {
            Node::Open { name, attributes } => self.element(name, attributes),
            Node::Text(text) if self.open.last() == Some(&Place::Text) => self.letters(text),
            Node::Text(_) => {}
            Node::Close => self.close(),
        }
    }

    fn element(&mut self, name: &str, attributes: &Attributes) {
        let place = Place::of(name, attributes);
        match name {
            "br" | "cr" => self.end_line(),
            "tab" => self.put("\t"),
            "docPr" | "cNvPr" | "shape" | "rect" | "image" => self.described(attributes),
            "tag" | "alias" | "tblCaption" | "tblDescription" => self.noted(attributes),
            _ if place == Place::Run => self.hidden = self.drawing.hidden,
            _ => self.hidden = hiding(name, attributes).or(self.hidden),
        }
        self.hidden = self.drawing.take(name, attributes, &self.open, &self.prose.backdrop).or(self.hidden);
        if self.drawing.is_recoloured(name, &self.open) {
            self.hidden = self.drawing.hidden;
        }
        if self.open.len() < DEEPEST {
            self.open.push(place);
            self.cells += usize::from(place == Place::Cell);
            self.boxes += usize::from(place == Place::Box);
        }
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(Place::Line) if self.cells > 0 => {
                self.end_run();
                self.put(" ");
            }
            Some(Place::Line) => {
                self.end_run();
                self.end_line();
            }
            Some(Place::Cell) => self.end_cell(),
            Some(Place::Box) => self.end_box(),
            Some(Place::Shape) => {
                if self.drawing.hidden.is_some() {
                    self.end_run();
                    self.hidden = None;
                }
                self.drawing.end();
            }
            _ => {}
        }
    }

    fn letters(&mut self, text: &str) {
        if self.boxes > 0 && self.boxed.len() < MOST {
            self.boxed.push_str(text);
        }
        let Some(hidden) = self.hidden else { return self.put(text) };
        if self.run.0 != hidden {
            self.end_run();
            self.run.0 = hidden;
        }
        if self.run.1.len() < MOST {
            self.run.1.push_str(text);
        }
    }

    /// Notes the hidden letters of a line.
    fn end_run(&mut self) {
        let run = std::mem::take(&mut self.run.1);
        self.prose.put(self.run.0, &run);
    }

    /// What is said of a picture or shape.
    fn described(&mut self, attributes: &Attributes) {
        for key in ["descr", "title", "alt"] {
            if let Some(value) = attributes.value(key) {
                self.prose.put("Shape.AlternativeText", value);
            }
        }
    }

    /// Names that do not show; only an encoded one is worth telling.
    fn noted(&mut self, attributes: &Attributes) {
        for value in attributes.values() {
            self.prose.unseen.note("name of a field", value);
        }
    }

    /// A text box is seen, but a macro can read it by name.
    fn end_box(&mut self) {
        self.boxes = self.boxes.saturating_sub(1);
        let boxed = std::mem::take(&mut self.boxed);
        self.prose.unseen.note("text box", &boxed);
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
    use crate::artifact::Fact;

    fn read(media_type: &str, part: &str) -> String {
        let mut prose = Prose::default();
        prose.add(media_type, part.as_bytes());
        prose.text
    }

    pub(super) fn given(part: &str) -> Opened {
        let (mut prose, mut out) = (Prose::default(), Opened::default());
        prose.page(part.as_bytes());
        prose.give("a.docx", &mut out, &mut Budget::new(&crate::limits::Limits::default())).unwrap();
        out
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
    fn what_is_not_seen_is_told_with_its_place() {
        let run =
            |settings: &str, text: &str| format!("<w:r><w:rPr>{settings}</w:rPr><w:t>{text}</w:t></w:r>");
        let document = format!(
            "<w:p>{}{}{}{}</w:p><w:p>{}<wp:docPr id=\"1\" name=\"Picture 1\" descr=\"a description\"/></w:p>",
            run("<w:vanish/>", "go"),
            run("<w:vanish/>", "ne"),
            run("", "seen"),
            run("<w:color w:val=\"FFFFFF\"/>", "white"),
            run("<w:sz w:val=\"2\"/>", "tiny"),
        );
        let out = given(&document);
        let texts: Vec<_> = out.children.iter().map(|child| String::from_utf8_lossy(&child.bytes)).collect();
        assert_eq!(
            texts,
            [
                "hidden text = gone\nwhite text = white\nShape.AlternativeText = a description\ntiny text = tiny\n",
                "seen\n"
            ]
        );
    }

    #[test]
    fn encoded_text_in_boxes_names_and_descriptions_is_a_fact() {
        let payload = "JABzAD0AJwBoAGUAbABsAG8AJwA7AFcAcgBpAHQAZQAtAEgAbwBzAHQAIAAkAHMA".repeat(3);
        for part in [
            format!("<w:txbxContent><w:p><w:r><w:t>{payload}</w:t></w:r></w:p></w:txbxContent>"),
            format!("<w:sdtPr><w:tag w:val=\"{payload}\"/></w:sdtPr>"),
            format!("<v:shape alt=\"{payload}\"/>"),
            format!("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>{payload}</w:t></w:r></w:p>"),
        ] {
            let found = given(&part).facts;
            assert!(
                matches!(&found[..], [Fact::HiddenText { length, .. }] if *length == payload.len()),
                "{part}"
            );
        }
        assert!(given(&format!("<w:p><w:r><w:t>{payload}</w:t></w:r></w:p>")).facts.is_empty());
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
