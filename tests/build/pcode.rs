//! Compiled VBA code: the table of names in `_VBA_PROJECT` and performance caches, as VBA 7 of 32 bits lays them out.
//!
//! Nothing of it would run: descriptions of modules, types and imports are missing.

use serde::Deserialize;

/// A line: a procedure that begins, or a call with texts.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    Procedure(String),
    Call(Vec<String>),
}

/// Every name in the code, in order.
pub fn names<'a>(modules: impl Iterator<Item = &'a Vec<Line>>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for line in modules.flatten() {
        let name = match line {
            Line::Procedure(name) => name,
            Line::Call(words) => &words[0],
        };
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// The `_VBA_PROJECT` stream: no references, no modules, the names.
pub fn table(names: &[String]) -> Vec<u8> {
    let mut out = vec![0xcc, 0x61, 0xb2, 0];
    out.extend([0; 0x1a + 4 + 2 + 2 + 2]);
    out.extend([0xff; 6]);
    out.extend([0; 0x64 + 2 + 6 + 4 + 6]);
    let count = u16::try_from(names.len()).unwrap().to_le_bytes();
    out.extend([count, count, [0, 0], [0, 0], [0, 0]].concat());
    for name in names {
        out.extend([u8::try_from(name.len()).unwrap(), 0]);
        out.extend(name.bytes());
        out.extend([0; 4]);
    }
    out
}

/// A performance cache: declarations of procedures of eight bytes each, a gap, the lines, their code.
pub fn cache(lines: &[Line], names: &[String]) -> Vec<u8> {
    let number = |name: &str| {
        let index = names.iter().position(|known| known == name).unwrap();
        (u16::try_from(0x104 + index).unwrap() << 1).to_le_bytes()
    };
    let (mut declared, mut code, mut table) = (Vec::new(), Vec::new(), Vec::new());
    for line in lines {
        let at = code.len();
        match line {
            Line::Procedure(name) => {
                code.extend([150, 0]);
                code.extend(u32::try_from(declared.len()).unwrap().to_le_bytes());
                declared.extend([[0, 0], number(name), [0, 0], [0, 0]].concat());
            }
            Line::Call(words) => {
                for text in &words[1..] {
                    code.extend([182, 0]);
                    code.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
                    code.extend(text.bytes());
                    code.extend(vec![0; text.len() % 2]);
                }
                code.extend([65, 0]);
                code.extend(number(&words[0]));
                code.extend(u16::try_from(words.len() - 1).unwrap().to_le_bytes());
            }
        }
        table.extend([0; 4]);
        table.extend(u16::try_from(code.len() - at).unwrap().to_le_bytes());
        table.extend([0; 2]);
        table.extend(u32::try_from(at).unwrap().to_le_bytes());
    }
    let mut out = vec![0; 0x40];
    out[0x11] = 0x36;
    out.extend(u32::try_from(declared.len()).unwrap().to_le_bytes());
    out.extend(declared);
    out.extend([0; 2100]);
    out.extend([0xfe, 0xca, 1, 0]);
    out.extend(u16::try_from(lines.len()).unwrap().to_le_bytes());
    out.extend(table);
    out.extend([0; 10]);
    out.extend(code);
    out
}
