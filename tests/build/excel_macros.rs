//! Sheets of Excel 4 macros, in records with their formulas in tokens (MS-XLS 2.5.198) and in XML.

use super::excel::{bof, record};
use super::vba::wide;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The macros of a workbook as a recipe gives them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Macros {
    #[serde(rename = "sheet")]
    pub sheets: Vec<Sheet>,
    /// Names and the cells they stand for, as `Macro1!A1`. `Auto_Open` is written as Excel does, by its number.
    pub names: BTreeMap<String, String>,
    pub hidden_names: bool,
    /// A link by DDE: program, topic, item.
    pub dde: Option<[String; 3]>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    pub name: String,
    #[serde(default)]
    pub state: State,
    /// Whether it is an ordinary sheet with formulas.
    #[serde(default)]
    pub worksheet: bool,
    /// Formulas begin with an equals sign; everything else is a text or number.
    pub cells: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    #[default]
    Visible,
    Hidden,
    VeryHidden,
}

/// The functions and commands that recipes use, by their numbers; bit 15 marks commands.
const FUNCTIONS: &[(&str, u16)] = &[
    ("IF", 1),
    ("MID", 31),
    ("GOTO", 53),
    ("HALT", 54),
    ("RETURN", 55),
    ("NOW", 74),
    ("SET.NAME", 88),
    ("SET.VALUE", 108),
    ("EXEC", 110),
    ("CHAR", 111),
    ("FOPEN", 132),
    ("FCLOSE", 133),
    ("FWRITELN", 137),
    ("REGISTER", 149),
    ("CALL", 150),
    ("GET.CELL", 185),
    ("GET.WORKSPACE", 186),
    ("CONCATENATE", 336),
    ("HYPERLINK", 359),
    ("SAVE.AS", 0x8005),
    ("PRINT", 0x8008),
    ("CLOSE", 0x8010),
    ("RUN", 0x8011),
    ("COLUMN.WIDTH", 0x802f),
    ("FORMULA", 0x8060),
    ("FORMULA.FILL", 0x8061),
    ("SELECT", 0x806d),
    ("ALERT", 0x8076),
    ("WORKBOOK.COPY", 0x811b),
];

impl Macros {
    fn sheet_names(&self, first: &str) -> Vec<String> {
        [first.to_string()].into_iter().chain(self.sheets.iter().map(|sheet| sheet.name.clone())).collect()
    }

    /// The records that the globals need: the workbook as a target, a target a sheet, the names.
    pub fn globals(&self, out: &mut Vec<u8>, first: &str) {
        let names = self.sheet_names(first);
        let count = u16::try_from(names.len()).unwrap();
        record(out, 0x01ae, &[count.to_le_bytes(), [1, 4]].concat());
        if let Some([program, topic, item]) = &self.dde {
            let path = format!("{program}\u{3}{topic}");
            let length = u16::try_from(path.encode_utf16().count()).unwrap().to_le_bytes();
            record(out, 0x01ae, &[&[0, 0][..], &length, &[1], &wide(&path)].concat());
            let length = u8::try_from(item.encode_utf16().count()).unwrap();
            record(out, 0x0023, &[&[2, 0, 0, 0, 0, 0, length, 1][..], &wide(item)].concat());
        }
        let targets: Vec<u8> = (0..count).flat_map(|n| [0, n, n].map(u16::to_le_bytes).concat()).collect();
        record(out, 0x0017, &[&count.to_le_bytes()[..], &targets].concat());
        for (name, target) in &self.names {
            let tokens = Assembler::new(&names, 0).formula(target);
            let built_in = match name.as_str() {
                "Auto_Open" => Some("\u{1}"),
                "Auto_Close" => Some("\u{2}"),
                _ => None,
            };
            let flags = u16::from(built_in.is_some()) * 0x20 + u16::from(self.hidden_names) + 0x000a;
            let text = built_in.unwrap_or(name);
            let length = u8::try_from(text.encode_utf16().count()).unwrap();
            let mut data = [&flags.to_le_bytes()[..], &[0, length]].concat();
            data.extend(u16::try_from(tokens.len()).unwrap().to_le_bytes());
            data.extend([0; 8]);
            data.push(1);
            data.extend(wide(text));
            data.extend(tokens);
            record(out, 0x0018, &data);
        }
    }

    /// The part of a macro sheet.
    pub fn cells(&self, sheet: &Sheet, first: &str) -> Vec<u8> {
        let names = self.sheet_names(first);
        let own = names.iter().position(|name| *name == sheet.name).unwrap();
        let mut out = Vec::new();
        record(&mut out, 0x0809, &bof(if sheet.worksheet { 0x0010 } else { 0x0040 }));
        for (place, content) in &sheet.cells {
            let (row, column) = place_of(place);
            let head = [row, column, 15].map(u16::to_le_bytes).concat();
            if let Some(formula) = content.strip_prefix('=') {
                let tokens = Assembler::new(&names, own).formula(formula);
                let length = u16::try_from(tokens.len()).unwrap().to_le_bytes();
                record(&mut out, 0x0006, &[&head[..], &[0; 14], &length, &tokens].concat());
            } else if let Ok(number) = content.parse::<f64>() {
                record(&mut out, 0x0203, &[&head[..], &number.to_le_bytes()].concat());
            } else {
                let length = u16::try_from(content.encode_utf16().count()).unwrap().to_le_bytes();
                record(&mut out, 0x0204, &[&head[..], &length, &[1], &wide(content)].concat());
            }
        }
        record(&mut out, 0x000a, &[]);
        out
    }
}

impl Sheet {
    /// The part of a macro sheet in XML, every cell a row of its own.
    pub fn xml(&self) -> String {
        let mut out = String::from(
            "<xm:macrosheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:xm=\"http://schemas.microsoft.com/office/excel/2006/main\"><sheetData>",
        );
        for (place, content) in &self.cells {
            let row = place_of(place).0 + 1;
            let text = content.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            match text.strip_prefix('=') {
                Some(formula) => {
                    write!(out, "<row r=\"{row}\"><c r=\"{place}\"><f>{formula}</f><v>0</v></c></row>")
                        .unwrap();
                }
                None => {
                    let cell = format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
                    write!(out, "<row r=\"{row}\">{cell}</row>").unwrap();
                }
            }
        }
        out + "</sheetData></xm:macrosheet>"
    }
}

fn place_of(place: &str) -> (u16, u16) {
    let digits = place.find(|c: char| c.is_ascii_digit()).unwrap();
    let column = place[..digits].bytes().fold(0, |sum, letter| sum * 26 + u16::from(letter - b'A') + 1);
    (place[digits..].parse::<u16>().unwrap() - 1, column - 1)
}

/// Turns the text of a formula into tokens: texts, numbers, references, calls, and operators of two ranks.
struct Assembler<'a> {
    sheets: &'a [String],
    own: usize,
}

impl<'a> Assembler<'a> {
    fn new(sheets: &'a [String], own: usize) -> Self {
        Self { sheets, own }
    }

    fn formula(&self, text: &str) -> Vec<u8> {
        let (tokens, rest) = self.chain(text, 0);
        assert!(rest.is_empty(), "{text}: {rest}");
        tokens
    }

    fn chain<'t>(&self, text: &'t str, rank: usize) -> (Vec<u8>, &'t str) {
        const RANKS: [&[(&str, u8)]; 3] =
            [&[("<", 0x09), ("=", 0x0b)], &[("&", 0x08)], &[("+", 0x03), ("-", 0x04)]];
        let Some(signs) = RANKS.get(rank) else { return self.primary(text) };
        let (mut tokens, mut rest) = self.chain(text, rank + 1);
        while let Some((sign, token)) = signs.iter().find(|(sign, _)| rest.starts_with(sign)) {
            let (more, after) = self.chain(&rest[sign.len()..], rank + 1);
            tokens.extend(more);
            tokens.push(*token);
            rest = after;
        }
        (tokens, rest)
    }

    fn primary<'t>(&self, text: &'t str) -> (Vec<u8>, &'t str) {
        if let Some(quoted) = text.strip_prefix('"') {
            let end = quoted.find('"').unwrap();
            let inside = &quoted[..end];
            let length = u8::try_from(inside.encode_utf16().count()).unwrap();
            return ([vec![0x17, length, 1], wide(inside)].concat(), &quoted[end + 1..]);
        }
        if let Some(group) = text.strip_prefix('(') {
            let (tokens, rest) = self.chain(group, 0);
            return ([tokens, vec![0x15]].concat(), rest.strip_prefix(')').unwrap());
        }
        let end = text.find(|c: char| !(c.is_alphanumeric() || "._!$".contains(c))).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        if let Some(arguments) = rest.strip_prefix('(') {
            return self.call(word, arguments);
        }
        if let Ok(number) = word.parse::<u16>() {
            return ([vec![0x1e], number.to_le_bytes().to_vec()].concat(), rest);
        }
        if word == "FALSE" || word == "TRUE" {
            return (vec![0x1d, u8::from(word == "TRUE")], rest);
        }
        let (sheet, place) = word.split_once('!').unwrap_or((&self.sheets[self.own], word));
        let (row, column) = place_of(place);
        let number = self.sheets.iter().position(|known| known == sheet).unwrap();
        let reference = [u16::try_from(number).unwrap(), row, column | 0xc000].map(u16::to_le_bytes).concat();
        let is_own = number == self.own && !word.contains('!');
        (if is_own { [&[0x44], &reference[2..]].concat() } else { [&[0x5a], &reference[..]].concat() }, rest)
    }

    fn call<'t>(&self, name: &str, mut rest: &'t str) -> (Vec<u8>, &'t str) {
        let number = FUNCTIONS.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{name}")).1;
        let (mut tokens, mut count) = (Vec::new(), 0_u8);
        while !rest.starts_with(')') {
            rest = if count > 0 { rest.strip_prefix(',').unwrap() } else { rest };
            count += 1;
            if rest.starts_with([',', ')']) {
                tokens.push(0x16);
                continue;
            }
            let (argument, after) = self.chain(rest, 0);
            tokens.extend(argument);
            rest = after;
        }
        tokens.extend([&[0x42, count][..], &number.to_le_bytes()].concat());
        (tokens, &rest[1..])
    }
}
