//! Formats of cells that keep what stands in them from a person's eyes: letters in the colour behind them, and number
//! formats that show nothing (ECMA-376 Part 1, 18.8).

use super::unseen::Why;
use crate::document::xml::{self, Attributes, Node};
use std::collections::HashSet;

/// What the formats of cells hide, by the number that cells name.
#[derive(Debug, Default)]
pub(super) struct Styles {
    hidden: Vec<Option<Why>>,
}

/// The formats of one workbook that are kept; Excel takes fewer.
const MOST: usize = 66_000;

impl Styles {
    /// How a format hides its cell.
    pub(super) fn why(&self, number: u32) -> Option<Why> {
        self.hidden.get(usize::try_from(number).ok()?).copied().flatten()
    }

    /// Whether any format hides.
    pub(super) fn any(&self) -> bool {
        self.hidden.iter().any(Option::is_some)
    }
}

/// A colour, as far as it is known without the theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colour {
    Rgb(u32),
    /// One of the palette, which was not read.
    Indexed(u32),
    /// One of the theme, and how much lighter or darker it is.
    Theme(u32, i32),
    Unknown,
}

const WHITE: u32 = 0x00ff_ffff;

impl Colour {
    pub(super) const WHITE: Self = Self::Rgb(WHITE);
    pub(super) const BLACK: Self = Self::Rgb(0);

    /// A colour of the palette. The first sixteen are as of old, and two are those of the window.
    pub(super) fn indexed(number: u32) -> Self {
        match number {
            0 | 8 | 64 => Self::BLACK,
            1 | 9 | 65 => Self::WHITE,
            number => Self::Indexed(number),
        }
    }

    /// A colour of the theme, whose first two are window and letters.
    pub(super) fn theme(number: u32, tint: i32) -> Self {
        match (number, tint) {
            (0, 0) => Self::WHITE,
            (1, 0) => Self::BLACK,
            other => Self::Theme(other.0, other.1),
        }
    }

    /// Whether letters of the one are not seen before the other.
    fn is_like(self, other: Self) -> bool {
        let is_pale = |rgb: u32| rgb.to_le_bytes().iter().take(3).all(|part| *part >= 0xf0);
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => false,
            (Self::Rgb(one), Self::Rgb(other)) => one == other || is_pale(one) && is_pale(other),
            (one, other) => one == other,
        }
    }
}

/// The parts that formats of cells are made of, in the order in which they are told.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) fonts: Vec<Colour>,
    /// What stands behind the letters; white where a cell is not filled.
    pub(super) fills: Vec<Colour>,
    /// The number formats that show nothing.
    blank: HashSet<u32>,
    hidden: Vec<Option<Why>>,
}

impl Parts {
    pub(super) fn number_format(&mut self, number: u32, code: &str) {
        if is_blank(code) && self.blank.len() < MOST {
            self.blank.insert(number);
        }
    }

    pub(super) fn font(&mut self, colour: Colour) {
        if self.fonts.len() < MOST {
            self.fonts.push(colour);
        }
    }

    pub(super) fn fill(&mut self, colour: Colour) {
        if self.fills.len() < MOST {
            self.fills.push(colour);
        }
    }

    /// A format of cells, by the numbers of its parts.
    pub(super) fn cell(&mut self, number_format: u32, font: u32, fill: u32) {
        let at = |list: &[Colour], number: u32| {
            usize::try_from(number).ok().and_then(|number| list.get(number).copied())
        };
        let letters = at(&self.fonts, font).unwrap_or(Colour::BLACK);
        let behind = at(&self.fills, fill).unwrap_or(Colour::WHITE);
        self.cell_of(number_format, letters, behind);
    }

    /// A format of cells, by its colours.
    pub(super) fn cell_of(&mut self, number_format: u32, letters: Colour, behind: Colour) {
        let why = match () {
            () if self.blank.contains(&number_format) => Some(Why::Format),
            () if letters.is_like(behind) => Some(Why::Colour),
            () => None,
        };
        if self.hidden.len() < MOST {
            self.hidden.push(why);
        }
    }

    pub(super) fn done(self) -> Styles {
        Styles { hidden: self.hidden }
    }
}

/// Whether a number format shows neither numbers nor text: four sections with nothing in them.
fn is_blank(code: &str) -> bool {
    let mut sections = code.split(';');
    let empty = sections.by_ref().take(4).filter(|section| section.trim_matches([' ', '"']).is_empty());
    empty.count() == 4
}

/// Reads the part that tells the styles of a workbook in XML.
pub(super) fn read(bytes: &[u8]) -> Styles {
    let mut page = Page::default();
    xml::walk(bytes, &mut |node| {
        if let Node::Open { name, attributes } = node {
            page.element(name, attributes);
        }
    });
    page.parts.done()
}

#[derive(Debug, Default)]
struct Page {
    parts: Parts,
    section: Section,
    is_solid: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Section {
    #[default]
    Other,
    Formats,
    Fonts,
    Fills,
    Cells,
}

impl Page {
    fn element(&mut self, name: &str, attributes: &Attributes) {
        let number = |name: &str| attributes.value(name).and_then(|number| number.trim().parse().ok());
        match (name, self.section) {
            ("numFmts", _) => self.section = Section::Formats,
            ("fonts", _) => self.section = Section::Fonts,
            ("fills", _) => self.section = Section::Fills,
            ("cellXfs", _) => self.section = Section::Cells,
            ("borders" | "cellStyleXfs" | "cellStyles" | "dxfs" | "tableStyles" | "colors", _) => {
                self.section = Section::Other;
            }
            ("numFmt", Section::Formats) => {
                let code = attributes.value("formatCode").unwrap_or_default();
                self.parts.number_format(number("numFmtId").unwrap_or(0), code);
            }
            ("font", Section::Fonts) => self.parts.font(Colour::BLACK),
            ("color", Section::Fonts) => replace_last(&mut self.parts.fonts, colour(attributes)),
            ("fill", Section::Fills) => {
                self.is_solid = false;
                self.parts.fill(Colour::WHITE);
            }
            ("patternFill", Section::Fills) => {
                self.is_solid = attributes.value("patternType") == Some("solid");
                if !matches!(attributes.value("patternType"), None | Some("none")) {
                    replace_last(&mut self.parts.fills, Colour::Unknown);
                }
            }
            ("gradientFill", Section::Fills) => replace_last(&mut self.parts.fills, Colour::Unknown),
            ("fgColor", Section::Fills) if self.is_solid => {
                replace_last(&mut self.parts.fills, colour(attributes));
            }
            ("xf", Section::Cells) => {
                let part = |name: &str| number(name).unwrap_or(0);
                self.parts.cell(part("numFmtId"), part("fontId"), part("fillId"));
            }
            _ => {}
        }
    }
}

fn replace_last(list: &mut [Colour], colour: Colour) {
    if let Some(last) = list.last_mut() {
        *last = colour;
    }
}

/// The colour that an element tells.
fn colour(attributes: &Attributes) -> Colour {
    let number = |name: &str| attributes.value(name).and_then(|number| number.trim().parse::<u32>().ok());
    let rgb = attributes.value("rgb").and_then(|rgb| u32::from_str_radix(rgb.trim(), 16).ok());
    let tint = attributes.value("tint").and_then(|tint| tint.trim().parse::<f64>().ok());
    if let Some(rgb) = rgb {
        Colour::Rgb(rgb & WHITE)
    } else if let Some(theme) = number("theme") {
        // Three digits tell tints apart.
        let steps = tint.map(|tint| format!("{:.0}", tint.clamp(-1.0, 1.0) * 1000.0));
        Colour::theme(theme, steps.and_then(|steps| steps.parse().ok()).unwrap_or(0))
    } else if let Some(indexed) = number("indexed") {
        Colour::indexed(indexed)
    } else {
        Colour::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLES: &str = "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\";;;\"/>\
        <numFmt numFmtId=\"165\" formatCode=\"0;;;@\"/></numFmts>\
        <fonts><font/><font><color rgb=\"FFFFFFFF\"/></font><font><color theme=\"0\"/></font>\
        <font><color theme=\"4\" tint=\"0.4\"/></font></fonts>\
        <fills><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill>\
        <fill><patternFill patternType=\"solid\"><fgColor theme=\"4\" tint=\"0.4\"/></patternFill></fill>\
        <fill><patternFill patternType=\"solid\"><fgColor indexed=\"9\"/><bgColor indexed=\"64\"/></patternFill></fill></fills>\
        <cellStyleXfs><xf fontId=\"1\"/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/>\
        <xf numFmtId=\"165\"/><xf fontId=\"1\" fillId=\"0\"/><xf fontId=\"2\" fillId=\"1\"/><xf fontId=\"2\" fillId=\"2\"/>\
        <xf fontId=\"3\" fillId=\"2\"/><xf fontId=\"2\" fillId=\"3\"/></cellXfs>\
        <dxfs><dxf><font><color rgb=\"FFFFFFFF\"/></font></dxf></dxfs></styleSheet>";

    #[test]
    fn formats_that_show_nothing_and_letters_like_their_ground_hide() {
        let styles = read(STYLES.as_bytes());
        let want = [
            None,
            Some(Why::Format),
            None,
            Some(Why::Colour),
            None,
            None,
            Some(Why::Colour),
            Some(Why::Colour),
        ];
        assert_eq!((styles.hidden.as_slice(), styles.any()), (&want[..], true));
        assert_eq!((styles.why(3), styles.why(99), styles.why(u32::MAX)), (Some(Why::Colour), None, None));
        assert!(!read(b"<styleSheet><cellXfs><xf/></cellXfs></styleSheet>").any());
    }

    #[test]
    fn no_cut_and_no_flipped_bit_panics() {
        for at in 0..STYLES.len() {
            read(STYLES.as_bytes().get(..at).unwrap());
            let mut bad = STYLES.as_bytes().to_vec();
            bad[at] ^= 1 << (at % 8);
            assert!(read(&bad).hidden.len() <= 9);
        }
    }

    #[test]
    fn blank_formats_have_four_empty_sections() {
        for code in [";;;", "\"\";\"\";\"\";\"\"", " ; ; ; "] {
            assert!(is_blank(code), "{code}");
        }
        for code in ["General", ";;", "0;-0;;@", ";;;@", ""] {
            assert!(!is_blank(code), "{code}");
        }
    }
}
