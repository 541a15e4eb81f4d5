//! Excel 97–2003 workbooks (`.xls`, MS-XLS): sheets, shared strings, macros.

use super::encrypted::{self, Binary};
use super::excel_macros::{Macros, State};
use super::ole::{self, Damage};
use super::vba::{Project, wide};
use serde::Deserialize;

/// An `.xls` as a recipe gives it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Xls {
    /// Rows of the first sheet.
    pub rows: Vec<Vec<String>>,
    pub sheet: Option<String>,
    pub vba: Option<Project>,
    /// Sheets of Excel 4 macros.
    pub macros: Option<Macros>,
    pub damage: Damage,
}

impl Xls {
    pub fn bytes(&self) -> Vec<u8> {
        self.file(self.workbook())
    }

    /// With the sheets encrypted; macros never are.
    pub fn encrypted(&self, how: Binary, password: &str) -> Vec<u8> {
        self.file(encrypted::workbook(&self.workbook(), how, password, false))
    }

    fn file(&self, workbook: Vec<u8>) -> Vec<u8> {
        let mut streams = vec![("Workbook".to_string(), workbook)];
        if let Some(project) = &self.vba {
            streams.extend(project.streams("_VBA_PROJECT_CUR"));
        }
        ole::compound(ole::class("00020820-0000-0000-C000-000000000046"), &streams, self.damage)
    }

    /// MS-XLS 2.1.7.20: globals and one sheet.
    fn workbook(&self) -> Vec<u8> {
        let name = self.sheet.as_deref().unwrap_or("Sheet1");
        let mut globals = Vec::new();
        record(&mut globals, 0x0809, &bof(0x0005));
        record(&mut globals, 0x0042, &1200_u16.to_le_bytes());
        record(&mut globals, 0x003d, &[0; 18]);
        if self.vba.is_some() {
            record(&mut globals, 0x00d3, &[]);
        }
        let mut sheet = vec![State::Visible as u8, 0, u8::try_from(name.encode_utf16().count()).unwrap(), 1];
        sheet.extend(wide(name));
        let strings = self.strings();
        let mut first = Vec::new();
        self.cells(&mut first);
        let mut sheets = vec![(sheet, first)];
        if let Some(macros) = &self.macros {
            for sheet in &macros.sheets {
                let length = u8::try_from(sheet.name.encode_utf16().count()).unwrap();
                let head =
                    [vec![sheet.state as u8, u8::from(!sheet.worksheet), length, 1], wide(&sheet.name)]
                        .concat();
                sheets.push((head, macros.cells(sheet, name)));
            }
            macros.globals(&mut globals, name);
        }
        let bounds: usize = sheets.iter().map(|(head, _)| 4 + 4 + head.len()).sum();
        let mut offset = globals.len() + bounds + 4 + strings.len() + 4;
        for (head, bytes) in &sheets {
            record(&mut globals, 0x0085, &[&u32::try_from(offset).unwrap().to_le_bytes()[..], head].concat());
            offset += bytes.len();
        }
        record(&mut globals, 0x00fc, &strings);
        record(&mut globals, 0x000a, &[]);
        globals.extend(sheets.into_iter().flat_map(|(_, bytes)| bytes));
        globals.resize(globals.len().max(4096), 0);
        globals
    }

    /// MS-XLS 2.4.265: the shared strings; recipes stay below one record.
    fn strings(&self) -> Vec<u8> {
        let count = u32::try_from(self.rows.iter().flatten().count()).unwrap();
        let mut table = [count.to_le_bytes(), count.to_le_bytes()].concat();
        for text in self.rows.iter().flatten() {
            table.extend(u16::try_from(text.encode_utf16().count()).unwrap().to_le_bytes());
            table.push(1);
            table.extend(wide(text));
        }
        assert!(table.len() < 8224, "too many strings for one SST record");
        table
    }

    fn cells(&self, out: &mut Vec<u8>) {
        record(out, 0x0809, &bof(0x0010));
        let width = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut size = [0_u32, u32::try_from(self.rows.len()).unwrap()].map(u32::to_le_bytes).concat();
        size.extend([0, u16::try_from(width).unwrap(), 0].map(u16::to_le_bytes).concat());
        record(out, 0x0200, &size);
        let mut string = 0_u32;
        for (row, cells) in self.rows.iter().enumerate() {
            for column in 0..cells.len() {
                let place = [row, column, 15].map(|n| u16::try_from(n).unwrap().to_le_bytes());
                record(out, 0x00fd, &[place.concat(), string.to_le_bytes().to_vec()].concat());
                string += 1;
            }
        }
        record(out, 0x000a, &[]);
    }
}

pub fn record(out: &mut Vec<u8>, id: u16, data: &[u8]) {
    out.extend(id.to_le_bytes());
    out.extend(u16::try_from(data.len()).unwrap().to_le_bytes());
    out.extend(data);
}

/// MS-XLS 2.4.21.
pub fn bof(kind: u16) -> Vec<u8> {
    let mut out = [0x0600_u16, kind, 0x0dbb, 0x07cc].map(u16::to_le_bytes).concat();
    out.extend([0x0000_00c1_u32, 0x0000_0006].map(u32::to_le_bytes).concat());
    out
}
