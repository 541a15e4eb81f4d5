//! Formulas in tokens (MS-XLS 2.2.2 and 2.5.198, MS-XLSB 2.2.2 and 2.5.97) back to their text.
//!
//! All file versions share the tokens; what follows each differs and stands in `operand`. A token that nobody knows
//! ends the formula, and what was read before stays, with `?xx` at the place. The text is put together from pieces
//! at the end, so that no nesting makes it be copied again and again.

mod operand;
mod telling;
#[cfg(test)]
mod tests;

use super::book::{self, Place};
use super::functions::{USER_DEFINED, command, function};
use crate::bytes::Reader;
pub(super) use operand::{Elsewhere, Names, Target, Version, short_string};
pub(super) use telling::may_reach;

/// Where a formula stands, and what its names mean.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) version: Version,
    pub(super) names: &'a Names,
    /// The cell, to which relative references of shared formulas and names are counted.
    pub(super) base: Place,
}

/// The tokens of a formula, and what stands behind them: array constants.
pub(super) type Tokens<'a> = (&'a [u8], &'a [u8]);

/// The most bytes of tokens that are read of one formula. Excel writes at most 1,800, since 2007 16 KiB.
const MOST_BYTES: usize = 32 << 10;
/// The most characters of one formula that are written.
const MOST_TEXT: usize = 64 << 10;

/// The text of a formula, without the equals sign. `extra` holds what stands behind the tokens: array constants.
pub(super) fn text(tokens: &[u8], extra: &[u8], context: Context) -> String {
    let tokens = tokens.get(..MOST_BYTES).unwrap_or(tokens);
    let mut stack = Stack::default();
    let mut reader = Reader::new(tokens);
    let mut extra = Reader::new(extra);
    while let Some(token) = reader.u8() {
        if step(token, &mut reader, &mut extra, context, &mut stack).is_none() {
            stack.push(vec![Piece::Text(format!("?{token:02x}"))]);
            break;
        }
    }
    stack.written()
}

/// The cell whose formula this is, where the tokens just say so (`PtgExp`, `PtgTbl`).
pub(super) fn leads_to(tokens: &[u8], version: Version) -> Option<Place> {
    let mut reader = Reader::new(tokens);
    let token = reader.u8()?;
    matches!(token, 0x01 | 0x02).then(|| operand::lead(&mut reader, version))?
}

/// A piece of text, or a node that stands there.
enum Piece {
    Text(String),
    Fixed(&'static str),
    Node(usize),
}

/// The operands that wait, and every node made.
#[derive(Default)]
struct Stack {
    nodes: Vec<Vec<Piece>>,
    waiting: Vec<usize>,
}

impl Stack {
    fn push(&mut self, pieces: Vec<Piece>) {
        self.waiting.push(self.nodes.len());
        self.nodes.push(pieces);
    }

    /// The operand on top; a question mark where there is none.
    fn pop(&mut self) -> Piece {
        self.waiting.pop().map_or(Piece::Fixed("?"), Piece::Node)
    }

    fn binary(&mut self, sign: &'static str) {
        let right = self.pop();
        let left = self.pop();
        self.push(vec![left, Piece::Fixed(sign), right]);
    }

    fn around(&mut self, before: &'static str, after: &'static str) {
        let inside = self.pop();
        self.push(vec![Piece::Fixed(before), inside, Piece::Fixed(after)]);
    }

    /// A call with its arguments, which wait in their order.
    fn call(&mut self, name: String, arguments: usize) {
        let first = self.waiting.len().saturating_sub(arguments);
        let given = self.waiting.split_off(first);
        let mut pieces = vec![Piece::Text(name), Piece::Fixed("(")];
        for (n, argument) in given.into_iter().enumerate() {
            if n > 0 {
                pieces.push(Piece::Fixed(","));
            }
            pieces.push(Piece::Node(argument));
        }
        pieces.push(Piece::Fixed(")"));
        self.push(pieces);
    }

    /// A call whose name is its first argument.
    fn user_defined(&mut self, arguments: usize) {
        let first = self.waiting.len().saturating_sub(arguments);
        let name = (first < self.waiting.len()).then(|| self.waiting.remove(first));
        self.call(String::new(), arguments.saturating_sub(1));
        if let (Some(name), Some(call)) = (name, self.nodes.last_mut()) {
            call.insert(0, Piece::Node(name));
        }
    }

    /// All that waits, side by side: more than one where the formula is damaged.
    fn written(mut self) -> String {
        let mut out = String::new();
        let mut todo: Vec<Piece> = Vec::new();
        for (n, node) in self.waiting.iter().enumerate().rev() {
            todo.push(Piece::Node(*node));
            if n > 0 {
                todo.push(Piece::Fixed(" "));
            }
        }
        while let Some(piece) = todo.pop() {
            match piece {
                Piece::Text(text) => out.push_str(&text),
                Piece::Fixed(text) => out.push_str(text),
                Piece::Node(node) => {
                    let pieces = self.nodes.get_mut(node).map(std::mem::take).unwrap_or_default();
                    todo.extend(pieces.into_iter().rev());
                }
            }
            if out.len() > MOST_TEXT {
                out.push('…');
                break;
            }
        }
        out
    }
}

/// The operators from 0x03 on.
const BINARY: [&str; 15] = ["+", "-", "*", "/", "^", "&", "<", "<=", "=", ">=", ">", "<>", " ", ",", ":"];

/// Reads one token with its operand.
fn step(
    token: u8,
    reader: &mut Reader,
    extra: &mut Reader,
    context: Context,
    stack: &mut Stack,
) -> Option<()> {
    let at_operator = || BINARY.get(usize::from(token).checked_sub(3)?);
    if token < 0x12
        && let Some(sign) = at_operator()
    {
        stack.binary(sign);
        return Some(());
    }
    match token {
        0x01 | 0x02 => {
            let place = operand::lead(reader, context.version)?;
            stack.push(vec![Piece::Text(format!("{{={place}}}"))]);
        }
        0x12 => stack.around("+", ""),
        0x13 => stack.around("-", ""),
        0x14 => stack.around("", "%"),
        0x15 => stack.around("(", ")"),
        0x16 => stack.push(Vec::new()),
        0x17 => {
            let text = operand::string(reader, context.version)?;
            stack.push(vec![Piece::Text(book::quoted(&text))]);
        }
        0x18 => operand::extended(reader, context.version, &mut |text| stack.push(vec![Piece::Text(text)]))?,
        0x19 => attribute(reader, context.version, stack)?,
        0x1a => reader.skip(if context.version == Version::Biff5 { 10 } else { 7 })?,
        0x1b => reader.skip(if context.version == Version::Biff5 { 4 } else { 3 })?,
        0x1c => stack.push(vec![Piece::Fixed(book::error(reader.u8()?))]),
        0x1d => stack.push(vec![Piece::Fixed(if reader.u8()? == 0 { "FALSE" } else { "TRUE" })]),
        0x1e => stack.push(vec![Piece::Text(reader.u16()?.to_string())]),
        0x1f => stack.push(vec![Piece::Text(f64::from_bits(reader.u64()?).to_string())]),
        0x20..=0x7f => classed(token, reader, extra, context, stack)?,
        _ => return None,
    }
    Some(())
}

/// `PtgAttr`: jumps and blanks, which change nothing in the text, and the sum of one argument.
fn attribute(reader: &mut Reader, version: Version, stack: &mut Stack) -> Option<()> {
    const CHOOSE: u8 = 0x04;
    const SUM: u8 = 0x10;
    let flags = reader.u8()?;
    let (value, width) =
        if version == Version::Biff2 { (reader.u8()?.into(), 1) } else { (reader.u16()?, 2) };
    if flags & CHOOSE != 0 {
        reader.skip((usize::from(value) + 1) * width)?;
    } else if flags & SUM != 0 {
        stack.call("SUM".into(), 1);
    }
    Some(())
}

/// Tokens that come in three classes: reference (0x20), value (0x40) and array (0x60). The class does not change
/// the text.
fn classed(
    token: u8,
    reader: &mut Reader,
    extra: &mut Reader,
    context: Context,
    stack: &mut Stack,
) -> Option<()> {
    let version = context.version;
    let mut text = |text: String| stack.push(vec![Piece::Text(text)]);
    match token & 0x1f {
        0x00 => {
            reader.skip(version.array_filler())?;
            text(operand::array(extra, version).unwrap_or_else(|| "{?}".into()));
        }
        0x01 => {
            let number = if version.has_short_calls() { reader.u8()?.into() } else { reader.u16()? };
            match function(number) {
                Some(found) => stack.call(found.name.into(), found.arguments.unwrap_or(1)),
                None => stack.call(format!("FUNCTION.{number}"), 1),
            }
        }
        0x02 | 0x18 => call(token, reader, version, stack)?,
        0x03 => text(operand::name(reader, context)?),
        0x04 => text(operand::cell(reader, version)?.written(None)),
        0x05 => text(operand::area(reader, version)?.written(None)),
        0x06 => {
            reader.skip(if version == Version::Biff2 { 3 } else { 4 })?;
            operand::inner_length(reader, version)?;
            operand::skip_areas(extra, version);
        }
        0x07 | 0x08 => {
            reader.skip(if version == Version::Biff2 { 3 } else { 4 })?;
            operand::inner_length(reader, version)?;
        }
        0x09 | 0x0e | 0x0f => operand::inner_length(reader, version)?,
        0x0a => {
            reader.skip(version.cell_width())?;
            text("#REF!".into());
        }
        0x0b => {
            reader.skip(version.area_width())?;
            text("#REF!".into());
        }
        0x0c => text(operand::cell(reader, version)?.written(Some(context.base))),
        0x0d => text(operand::area(reader, version)?.written(Some(context.base))),
        0x19 => text(operand::name_elsewhere(reader, context)?),
        0x1a => {
            let sheet = operand::sheet(reader, context)?;
            text(sheet + &operand::cell(reader, version)?.written(None));
        }
        0x1b => {
            let sheet = operand::sheet(reader, context)?;
            text(sheet + &operand::area(reader, version)?.written(None));
        }
        0x1c | 0x1d => {
            let sheet = operand::sheet(reader, context)?;
            let width = if token & 0x1f == 0x1c { version.cell_width() } else { version.area_width() };
            reader.skip(width)?;
            text(sheet + "#REF!");
        }
        _ => return None,
    }
    Some(())
}

/// `PtgFuncVar`, and `PtgFuncCE` of BIFF2 and BIFF3, which is for commands only.
fn call(token: u8, reader: &mut Reader, version: Version, stack: &mut Stack) -> Option<()> {
    const COMMAND: u16 = 0x8000;
    let arguments = usize::from(reader.u8()? & 0x7f);
    let number = if version.has_short_calls() { reader.u8()?.into() } else { reader.u16()? };
    let is_command = token & 0x1f == 0x18 || number & COMMAND != 0;
    let number = number & !COMMAND;
    let found = if is_command { command(number) } else { function(number) };
    match found {
        Some(found) => stack.call(found.name.into(), arguments),
        None if number == USER_DEFINED && !is_command => stack.user_defined(arguments),
        None => {
            stack.call(format!("{}.{number}", if is_command { "COMMAND" } else { "FUNCTION" }), arguments)
        }
    }
    Some(())
}
