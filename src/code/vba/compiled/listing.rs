//! Compiled code as text that reads like its source: a stack machine whose values are the texts of expressions.
//!
//! Only what names something, calls something or holds a value is put back; statements that steer are left out, so
//! that the text shows what a module uses, not what it does with it.

use super::lines::Lines;
use super::names::Names;
use super::words;
use crate::bytes::Reader;
use crate::text;

/// The listing of a module, bounded in length, and whether every line of it was read to its end and all its names
/// are known.
pub(super) fn listing(lines: &Lines, names: &Names, page: u16) -> (String, bool) {
    let (mut out, mut room, mut whole) = (String::new(), WORK, true);
    for (library, alias) in lines.libraries_of_vba_3() {
        if let Some(library) = names.get(library) {
            let alias = text::code_page(page, alias);
            out.push_str(&format!("{}\r\n", declaration(&alias, library, &alias)));
        }
    }
    for line in lines.iter() {
        let mut machine =
            Machine { names, lines, page, stack: Vec::new(), said: String::new(), room, strange: false };
        // A line that ends early has said something all the same.
        whole &= machine.run(line).is_some() && !machine.strange && !line.is_empty();
        room = machine.room;
        let text = machine.finish();
        if !text.is_empty() {
            out.push_str(&text);
            out.push_str("\r\n");
        }
        if out.len() > LONGEST || room == 0 {
            return (out, false);
        }
    }
    (out, whole)
}

/// The line that declares a procedure of a library.
fn declaration(name: &str, library: &str, alias: &str) -> String {
    format!("Declare Sub {name} Lib \"{library}\" Alias \"{alias}\"")
}

/// How the line of a procedure begins.
pub(super) const PROCEDURE: &str = "Sub ";

/// Bytes of a listing, of one expression, and of one line of code.
const LONGEST: usize = 1 << 20;
const LONGEST_EXPRESSION: usize = 32 << 10;
const LONGEST_LINE: usize = 64 << 10;
/// Operations and bytes of expressions of one module: lines may overlap, and expressions be copied again and again.
const WORK: usize = 32 << 20;

/// What an operation takes from the code behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operands {
    /// Words without a meaning here.
    Words(usize),
    /// A name.
    Name,
    /// A name and how many values it is called with.
    Call,
    /// A name, then words and a place.
    NameAnd(usize),
    /// Words, then a counted text.
    Text(usize),
    /// A place among the declarations.
    Procedure,
    /// A variable: a place, and a word more where its flags say so.
    Variable,
    /// A place whose width is that of the Office.
    Place,
}

use Operands::{Call, Name, NameAnd, Place, Procedure, Text, Variable, Words};

/// The operations of VBA 7 that have operands, by number.
#[rustfmt::skip]
const OPERANDS: &[(u16, u16, Operands)] = &[
    (31, 34, Name), (35, 35, Words(1)), (36, 38, Call), (39, 41, Name), (42, 42, Words(1)), (43, 45, Call),
    (46, 48, Name), (49, 49, Words(1)), (50, 52, Call), (53, 54, Name), (55, 56, Call), (57, 58, Name),
    (59, 60, Call), (61, 62, Name), (63, 68, Call), (70, 70, Words(1)), (73, 74, Name), (85, 86, Words(1)),
    (90, 90, Place), (92, 92, Words(2)), (102, 102, Words(1)), (114, 114, Words(1)), (116, 116, Procedure),
    (117, 119, Call), (138, 138, Words(1)), (145, 145, Words(1)), (148, 148, Words(1)), (150, 151, Procedure),
    (153, 154, Name), (157, 158, Words(1)), (159, 159, Words(4)), (163, 163, Name), (165, 165, Words(1)),
    (166, 166, Text(0)), (168, 168, Name), (169, 170, Words(4)), (172, 172, Words(1)), (173, 173, Words(2)),
    (174, 174, Words(4)), (175, 175, Words(1)), (176, 176, Words(2)), (177, 177, Words(4)), (179, 179, Words(1)),
    (180, 180, Words(2)), (181, 181, Words(4)), (182, 182, Words(2)), (183, 183, Words(4)), (185, 185, Text(0)),
    (194, 197, NameAnd(1)), (201, 201, Words(1)), (204, 204, Name), (205, 206, Text(0)), (207, 207, Words(1)),
    (212, 212, Name), (225, 225, Words(1)), (227, 227, Text(1)), (228, 229, NameAnd(1)), (230, 231, Text(0)),
    (232, 232, Name), (235, 235, Words(1)), (238, 238, Words(1)), (241, 241, Words(2)), (243, 243, Variable),
    (245, 245, Variable), (251, 251, Name), (261, 261, Name),
];

/// From which number of VBA 3 on which number is added to get that of VBA 7.
const VBA_3_STEPS: &[(u16, u16)] =
    &[(68, 2), (71, 4), (112, 8), (151, 9), (165, 10), (167, 11), (170, 12), (239, 24)];

/// The last operation there is.
const LAST: u16 = 263;

/// What stands for a word of the language that is used as a name.
const KEYWORD: &str = "word";

/// Operations that join two values.
const SIGNS: &[(u16, &str)] = &[
    (2, "Xor"),
    (4, "And"),
    (3, "Or"),
    (11, "+"),
    (12, "-"),
    (13, "Mod"),
    (15, "*"),
    (16, "/"),
    (17, "&"),
    (20, "Is"),
];

const LITERAL_TEXT: u16 = 185;
const UNCOMPILED: u16 = 230;
const NAMED_VALUE: u16 = 212;
const OPEN: u16 = 207;
const OMITTED: u16 = 211;

struct Machine<'a> {
    names: &'a Names,
    lines: &'a Lines<'a>,
    page: u16,
    stack: Vec<String>,
    /// What the line says so far.
    said: String,
    /// What is left of the work.
    room: usize,
    /// Whether a name is not known.
    strange: bool,
}

impl Machine<'_> {
    /// Runs a line; `None` where it ends early or holds what is no operation.
    fn run(&mut self, line: &[u8]) -> Option<()> {
        let mut reader = Reader::new(line.get(..LONGEST_LINE).unwrap_or(line));
        while !reader.is_empty() {
            self.room = self.room.checked_sub(1)?;
            let word = reader.u16()?;
            let (flags, operation) = (word >> 10, self.translated(word & 0x3ff));
            if operation > LAST {
                return None;
            }
            let operands = OPERANDS.iter().find(|(first, last, _)| (*first..=*last).contains(&operation));
            match operands.map_or(Words(0), |(_, _, operands)| *operands) {
                Words(count) => self.plain((operation, flags), count, &mut reader)?,
                Name => {
                    let name = self.name(reader.u16()?);
                    self.named(operation, name);
                }
                Call => {
                    let name = self.name(reader.u16()?);
                    let count = usize::from(reader.u16()?);
                    self.called(operation, &name, count);
                }
                NameAnd(count) => {
                    let name = self.name(reader.u16()?);
                    reader.skip(count * 2 + self.place_width())?;
                    self.push(name);
                }
                Text(before) => {
                    reader.skip(before * 2)?;
                    let length = usize::from(reader.u16()?);
                    let bytes = reader.take(length)?;
                    reader.skip(length & 1).or(Some(()))?;
                    let text = text::code_page(self.page, bytes);
                    match operation {
                        LITERAL_TEXT => self.push(format!("\"{}\"", text.replace('"', "\"\""))),
                        // A line that was never compiled stands there as it was written.
                        UNCOMPILED => self.say(&text),
                        _ => {}
                    }
                }
                Procedure => {
                    let place = self.place(&mut reader)?;
                    self.procedure(place);
                }
                Variable => {
                    self.place(&mut reader)?;
                    reader.skip(if flags & 0x10 != 0 { 2 } else { 0 })?;
                }
                Place => reader.skip(self.place_width() * if self.names.is_64_bit { 2 } else { 1 })?,
            }
        }
        Some(())
    }

    /// The number an operation has in VBA 7 of 64 bits, which knows all of them.
    fn translated(&self, operation: u16) -> u16 {
        let steps: &[(u16, u16)] = if self.names.is_vba_3 {
            VBA_3_STEPS
        } else if self.names.version < super::names::VBA_6 {
            &[(69, 1), (72, 3), (113, 7), (152, 8), (166, 9), (168, 10), (171, 11)]
        } else if self.names.is_64_bit {
            &[]
        } else {
            &[(174, 1), (176, 2), (179, 3)]
        };
        let step = steps.iter().rev().find(|(from, _)| operation >= *from);
        operation + step.map_or(0, |(_, more)| *more)
    }

    fn name(&mut self, number: u16) -> String {
        let known = self.names.get(number);
        self.strange |= known.is_none();
        // VBA 3 numbers words of the language in a way that nobody has described.
        let word = || words::word(number >> 1).filter(|_| !self.names.is_vba_3);
        known.or_else(word).unwrap_or(KEYWORD).to_string()
    }

    /// A place among the declarations.
    fn place(&self, reader: &mut Reader) -> Option<u32> {
        if self.names.is_vba_3 { reader.u16().map(u32::from) } else { reader.u32() }
    }

    fn place_width(&self) -> usize {
        if self.names.is_vba_3 { 2 } else { 4 }
    }

    /// A procedure that begins, or one of a library that is declared.
    fn procedure(&mut self, place: u32) {
        let Some(number) = self.lines.declared(place) else {
            self.strange = true;
            return;
        };
        let name = self.name(number);
        let library = self.lines.library(place).and_then(|(number, alias)| {
            Some((self.names.get(number)?.to_string(), text::code_page(self.page, alias)))
        });
        match library {
            Some((library, alias)) => {
                self.say(&declaration(&name, &library, &alias));
            }
            None => self.say(&format!("{PROCEDURE}{name}()")),
        }
    }

    /// Operations without a name: those that join two values, numbers, and many that do nothing here.
    fn plain(&mut self, (operation, flags): (u16, u16), count: usize, reader: &mut Reader) -> Option<()> {
        let words: Vec<u16> = (0..count).map_while(|_| reader.u16()).collect();
        if words.len() < count {
            return None;
        }
        if let Some((name, count)) = words::function(operation) {
            let values = self.values(count);
            self.push(format!("{name}({values})"));
            return Some(());
        }
        match (operation, words.as_slice()) {
            (0..=20, _) => {
                let (right, left) = (self.pop(), self.pop());
                let sign = SIGNS.iter().find(|(known, _)| *known == operation).map_or("=", |(_, sign)| *sign);
                self.push(format!("{left} {sign} {right}"));
            }
            (29, _) => {
                let inner = self.pop();
                self.push(format!("({inner})"));
            }
            (171 | 178, _) => self.push("Nothing".into()),
            (184 | 186, _) => self.push(flags.to_string()),
            (192, _) => self.push("Me".into()),
            (172 | 175 | 179, [value]) => self.push(value.to_string()),
            (173 | 176 | 180, [low, high]) => {
                self.push((u32::from(*low) | u32::from(*high) << 16).to_string());
            }
            (169 | 170 | 174 | 177 | 181..=183, _) => self.push("0".into()),
            (OMITTED, _) => self.push(String::new()),
            (OPEN, [how]) => {
                let (_record, file, name) = (self.pop(), self.pop(), self.pop());
                self.say(&format!("Open {name} For {} As #{file}", words::mode(*how)));
            }
            _ => {}
        }
        Some(())
    }

    /// Operations with a name: loads push it, stores make a statement.
    fn named(&mut self, operation: u16, name: String) {
        match operation {
            // Loads, of variables and of members.
            31 | 32 | 73 => self.push(name),
            NAMED_VALUE => {
                let value = self.pop();
                self.push(format!("{name}:={value}"));
            }
            33 | 34 | 74 => {
                let object = self.pop();
                self.push(format!("{object}.{name}"));
            }
            53 | 54 => self.push(format!(".{name}")),
            39 | 46 | 261 => {
                let value = self.pop();
                self.say(&format!("{name} = {value}"));
            }
            40 | 41 | 47 | 48 => {
                let (object, value) = (self.pop(), self.pop());
                self.say(&format!("{object}.{name} = {value}"));
            }
            57 | 58 | 61 | 62 => {
                let value = self.pop();
                self.say(&format!(".{name} = {value}"));
            }
            _ => {}
        }
    }

    /// Calls: of a procedure, of a member, of a member of what `With` holds; as a value, as a place, as a statement.
    fn called(&mut self, operation: u16, name: &str, count: usize) {
        let member = matches!(operation, 37 | 38 | 44 | 45 | 51 | 52 | 66);
        let owner = match operation {
            _ if member => self.pop(),
            _ => String::new(),
        };
        let with = matches!(operation, 55 | 56 | 59 | 60 | 63 | 64 | 67);
        let dot = if member || with { "." } else { "" };
        let values = self.values(count);
        match operation {
            65..=67 => self.say(&format!("{owner}{dot}{name} {values}")),
            43..=45 | 50..=52 | 59 | 60 | 63 | 64 => {
                let value = self.pop();
                self.say(&format!("{owner}{dot}{name}({values}) = {value}"));
            }
            _ => self.push(format!("{owner}{dot}{name}({values})")),
        }
    }

    fn push(&mut self, text: String) {
        self.room = self.room.saturating_sub(text.len());
        if self.stack.len() < 1000 && text.len() <= LONGEST_EXPRESSION {
            self.stack.push(text);
        }
    }

    /// The last values, in the order they were given.
    fn values(&mut self, count: usize) -> String {
        let mut values: Vec<String> = (0..count.min(self.stack.len())).map(|_| self.pop()).collect();
        values.reverse();
        values.join(", ")
    }

    fn pop(&mut self) -> String {
        self.stack.pop().unwrap_or_default()
    }

    fn say(&mut self, statement: &str) {
        if !self.said.is_empty() {
            self.said.push_str(": ");
        }
        self.said.push_str(statement.trim_end());
    }

    /// What the line says; values that nothing took are said behind.
    fn finish(mut self) -> String {
        for value in std::mem::take(&mut self.stack) {
            self.say(&value);
        }
        self.said.retain(|c| !matches!(c, '\r' | '\n'));
        self.said
    }
}
