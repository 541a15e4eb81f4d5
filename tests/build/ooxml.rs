//! Office Open XML files (ECMA-376): the parts a reader needs, with proper content types and relationships, and a
//! `vbaProject.bin` at the usual or at an unusual path.

use super::excel_macros::{Macros, State};
use super::ole::{self, Damage};
use super::vba::Project;
use super::zip::Archive;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A Word, Excel or PowerPoint file as a recipe gives it; with `vba` it is the macro-enabled kind.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Package {
    /// Paragraphs of a document or slide, separated by line ends.
    pub text: String,
    /// Rows of a workbook's sheet.
    pub rows: Vec<Vec<String>>,
    pub sheet: Option<String>,
    pub vba: Option<Project>,
    /// Sheets of Excel 4 macros in a workbook.
    pub macros: Option<Macros>,
    /// Path of the VBA project within the package.
    pub vba_path: Option<String>,
    /// Further parts in XML: path → text, without the declaration. One named like a usual part stands in its place.
    pub parts: BTreeMap<String, String>,
    /// Further parts that are files: path → what they hold.
    pub files: BTreeMap<String, super::Content>,
}

/// One kind of package: names of its main part and their types.
pub struct Shape {
    main: &'static str,
    folder: &'static str,
    plain: &'static str,
    macros: &'static str,
    body: fn(&Package) -> Vec<(String, String)>,
}

pub const WORD: Shape = Shape {
    main: "document.xml",
    folder: "word",
    plain: "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    macros: "application/vnd.ms-word.document.macroEnabled.main+xml",
    body: document,
};

pub const EXCEL: Shape = Shape {
    main: "workbook.xml",
    folder: "xl",
    plain: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    macros: "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    body: workbook,
};

pub const POWER_POINT: Shape = Shape {
    main: "presentation.xml",
    folder: "ppt",
    plain: "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
    macros: "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
    body: presentation,
};

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n";
const RELATION: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const MACRO_SHEET: &str = "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet";
const SHEET_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml";
const SLIDE_TYPE: &str = "application/vnd.openxmlformats-officedocument.presentationml.slide+xml";

/// Content types of further parts by the ends of their names.
const FURTHER: &[(&str, &str)] = &[
    ("word/settings.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"),
    ("externalLink1.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"),
];

impl Package {
    pub fn bytes(&self, shape: &Shape) -> Vec<u8> {
        let usual = format!("{}/vbaProject.bin", shape.folder);
        let vba_path = self.vba_path.clone().unwrap_or(usual);
        let mut parts = vec![
            ("[Content_Types].xml".to_string(), self.types(shape, &vba_path).into_bytes()),
            ("_rels/.rels".to_string(), relations(&[root(shape)]).into_bytes()),
        ];
        for (path, text) in (shape.body)(self) {
            parts.push((format!("{}/{path}", shape.folder), format!("{XML}{text}").into_bytes()));
        }
        let mut links = main_links(shape);
        for number in 1..=self.macro_sheets() {
            links.push((MACRO_SHEET, format!("macrosheets/sheet{number}.xml")));
        }
        if let Some(project) = &self.vba {
            links.push((
                "http://schemas.microsoft.com/office/2006/relationships/vbaProject",
                format!("/{vba_path}"),
            ));
            parts.push((vba_path, ole::compound([0; 16], &project.streams(""), Damage::None)));
        }
        let path = format!("{}/_rels/{}.rels", shape.folder, shape.main);
        parts.push((path, relations(&links).into_bytes()));
        for (path, text) in &self.parts {
            parts.retain(|(known, _)| known != path);
            parts.push((path.clone(), format!("{XML}{}", text.trim()).into_bytes()));
        }
        for (path, content) in &self.files {
            parts.push((path.clone(), content.bytes()));
        }
        Archive::plain(parts.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect())
    }

    fn macro_sheets(&self) -> usize {
        self.macros.as_ref().map_or(0, |macros| macros.sheets.len())
    }

    /// ECMA-376 Part 2, 10.1.2.
    fn types(&self, shape: &Shape, vba_path: &str) -> String {
        let main = if self.vba.is_some() || self.macros.is_some() { shape.macros } else { shape.plain };
        let mut out = format!(
            "{XML}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/>"
        );
        let mut part = |path: &str, kind: &str| {
            write!(out, "<Override PartName=\"/{path}\" ContentType=\"{kind}\"/>").unwrap();
        };
        part(&format!("{}/{}", shape.folder, shape.main), main);
        match shape.folder {
            "xl" => part("xl/worksheets/sheet1.xml", SHEET_TYPE),
            "ppt" => part("ppt/slides/slide1.xml", SLIDE_TYPE),
            _ => {}
        }
        for number in 1..=self.macro_sheets() {
            part(&format!("xl/macrosheets/sheet{number}.xml"), "application/vnd.ms-excel.macrosheet+xml");
        }
        for (end, kind) in FURTHER {
            for path in self.parts.keys().filter(|path| path.ends_with(end)) {
                part(path, kind);
            }
        }
        if self.vba.is_some() {
            part(vba_path, "application/vnd.ms-office.vbaProject");
        }
        out + "</Types>"
    }
}

fn root(shape: &Shape) -> (&'static str, String) {
    let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument";
    (kind, format!("{}/{}", shape.folder, shape.main))
}

fn main_links(shape: &Shape) -> Vec<(&'static str, String)> {
    let kind = |kind| match kind {
        "xl" => Some((
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet",
            "worksheets/sheet1.xml",
        )),
        "ppt" => Some((
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships/slide",
            "slides/slide1.xml",
        )),
        _ => None,
    };
    kind(shape.folder).into_iter().map(|(kind, target)| (kind, target.to_string())).collect()
}

/// ECMA-376 Part 2, 9.3.
fn relations(links: &[(&str, String)]) -> String {
    let mut out = format!(
        "{XML}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
    );
    for (index, (kind, target)) in links.iter().enumerate() {
        let id = index + 1;
        write!(out, "<Relationship Id=\"rId{id}\" Type=\"{kind}\" Target=\"{target}\"/>").unwrap();
    }
    out + "</Relationships>"
}

fn document(package: &Package) -> Vec<(String, String)> {
    let paragraphs: String = package
        .text
        .trim()
        .lines()
        .map(|line| format!("<w:p><w:r><w:t xml:space=\"preserve\">{}</w:t></w:r></w:p>", escape(line)))
        .collect();
    let text = format!(
        "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{paragraphs}<w:sectPr/></w:body></w:document>"
    );
    vec![("document.xml".into(), text)]
}

fn workbook(package: &Package) -> Vec<(String, String)> {
    let name = escape(package.sheet.as_deref().unwrap_or("Sheet1"));
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let mut book = format!(
        "<workbook xmlns=\"{main}\" xmlns:r=\"{RELATION}\"><sheets><sheet name=\"{name}\" sheetId=\"1\" r:id=\"rId1\"/>"
    );
    let mut parts = Vec::new();
    for (number, sheet) in package.macros.iter().flat_map(|macros| &macros.sheets).enumerate() {
        let state = match sheet.state {
            State::Visible => "",
            State::Hidden => " state=\"hidden\"",
            State::VeryHidden => " state=\"veryHidden\"",
        };
        let (name, id) = (escape(&sheet.name), number + 2);
        write!(book, "<sheet name=\"{name}\" sheetId=\"{id}\"{state} r:id=\"rId{id}\"/>").unwrap();
        parts.push((format!("macrosheets/sheet{}.xml", number + 1), sheet.xml()));
    }
    book += "</sheets>";
    if let Some(macros) = &package.macros {
        book += "<definedNames>";
        for (name, target) in &macros.names {
            let prefix = if name.starts_with("Auto_") { "_xlnm." } else { "" };
            let hidden = if macros.hidden_names { " hidden=\"1\"" } else { "" };
            write!(book, "<definedName name=\"{prefix}{name}\"{hidden}>{target}</definedName>").unwrap();
        }
        book += "</definedNames>";
    }
    book += "</workbook>";
    let mut sheet = format!("<worksheet xmlns=\"{main}\"><sheetData>");
    for (row, cells) in package.rows.iter().enumerate() {
        write!(sheet, "<row r=\"{}\">", row + 1).unwrap();
        for (column, text) in cells.iter().enumerate() {
            let place = char::from(b'A' + u8::try_from(column).unwrap());
            let text = escape(text);
            write!(sheet, "<c r=\"{place}{}\" t=\"inlineStr\"><is><t>{text}</t></is></c>", row + 1).unwrap();
        }
        sheet += "</row>";
    }
    sheet += "</sheetData></worksheet>";
    parts.extend([("workbook.xml".into(), book), ("worksheets/sheet1.xml".into(), sheet)]);
    parts
}

fn presentation(package: &Package) -> Vec<(String, String)> {
    let names = format!(
        "xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" xmlns:r=\"{RELATION}\" xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\""
    );
    let main = format!(
        "<p:presentation {names}><p:sldIdLst><p:sldId id=\"256\" r:id=\"rId1\"/></p:sldIdLst><p:sldSz cx=\"9144000\" cy=\"6858000\"/><p:notesSz cx=\"6858000\" cy=\"9144000\"/></p:presentation>"
    );
    let lines: String = package
        .text
        .trim()
        .lines()
        .map(|line| format!("<a:p><a:r><a:t>{}</a:t></a:r></a:p>", escape(line)))
        .collect();
    let slide = format!(
        "<p:sld {names}><p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id=\"1\" name=\"\"/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/><p:sp><p:nvSpPr><p:cNvPr id=\"2\" name=\"Title 1\"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/>{lines}</p:txBody></p:sp></p:spTree></p:cSld></p:sld>"
    );
    vec![("presentation.xml".into(), main), ("slides/slide1.xml".into(), slide)]
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
