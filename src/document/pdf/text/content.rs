//! Content streams (ISO 32000-1 7.8.2): the operators that set and show text (9.3, 9.4), those that move the page
//! under it (8.4.4), and forms inside forms (8.10).

use super::super::file::File;
use super::super::object::{Dict, Object};
use super::super::parser::{Item, Parser};
use super::font::{Font, Shown};
use super::matrix::Matrix;
use super::pages::Page;
use super::writer::Writer;
use crate::limits::{Budget, Stop};
use memchr::memmem;
use std::collections::HashMap;
use std::rc::Rc;

/// How deep forms may stand in forms, how many are drawn, and how deep states are saved.
const DEEPEST: usize = 8;
const FORMS: usize = 2_000;
const STATES: usize = 64;
/// Operands that one operator may have; what is behind is no page.
const OPERANDS: usize = 64;

/// Reads content streams.
pub(super) struct Reader<'f, 'a> {
    file: &'f File<'a>,
    writer: Writer,
    fonts: HashMap<u32, Rc<Font>>,
    /// Bytes of content that may still be gone through, and the length of text to stop at.
    room: usize,
    longest: usize,
    forms: usize,
}

/// The state of the page that text depends on.
#[derive(Clone)]
struct State {
    page: Matrix,
    text: Matrix,
    line: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    /// Between letters, between words, in the width of letters, between lines.
    letter: f64,
    word: f64,
    stretch: f64,
    leading: f64,
}

/// A stream and the names it uses.
struct Scope<'s> {
    resources: &'s Dict,
    /// The dictionary of fonts, read when the first is asked for.
    named: Option<Object>,
    fonts: HashMap<Vec<u8>, Rc<Font>>,
    depth: usize,
}

impl<'f, 'a> Reader<'f, 'a> {
    pub(super) fn new(file: &'f File<'a>, room: usize, longest: usize) -> Self {
        Self { file, writer: Writer::default(), fonts: HashMap::new(), room, longest, forms: 0 }
    }

    pub(super) fn has_room(&self) -> bool {
        self.room > 0 && self.writer.len() < self.longest
    }

    /// Lets more be read: so much content, until so much text is there in addition.
    pub(super) fn give_room(&mut self, room: usize, more: usize) {
        self.room = room;
        self.longest = self.writer.len().saturating_add(more);
    }

    pub(super) fn note(&mut self, text: &str) {
        self.writer.note(text);
    }

    pub(super) fn finish(self) -> String {
        self.writer.finish()
    }

    /// Reads a page: its content, then how its annotations look.
    pub(super) fn page(&mut self, page: &Page, budget: &mut Budget) -> Result<(), Stop> {
        let contents = page.dict.get("Contents").cloned().unwrap_or_default();
        let parts = match self.file.resolve(&contents) {
            Object::Array(parts) => parts,
            _ => vec![contents],
        };
        let mut content = Vec::new();
        for part in &parts {
            if content.len() >= self.room {
                break;
            }
            content.extend(self.stream(part, budget)?);
            content.push(b'\n');
        }
        self.writer.leave();
        self.run(&content, &page.resources, 0, State::default(), budget)?;
        for annotation in &page.annotations {
            let Object::Dict(looks) = self.file.value(annotation, "AP") else { continue };
            if let Some(look) = looks.get("N") {
                self.writer.leave();
                self.form(look, &page.resources, 1, State::default(), budget)?;
            }
        }
        Ok(())
    }

    /// The content of a stream, no more than there is room for.
    fn stream(&mut self, reference: &Object, budget: &mut Budget) -> Result<Vec<u8>, Stop> {
        let Some(at) = self.file.stream_of(reference) else { return Ok(Vec::new()) };
        let made = self.file.data(at, self.room as u64, budget);
        made.stop.map_or(Ok(made.bytes), Err)
    }

    /// Draws a form.
    fn form(
        &mut self,
        reference: &Object,
        resources: &Dict,
        depth: usize,
        mut state: State,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        self.forms += 1;
        if depth > DEEPEST || self.forms > FORMS || !self.has_room() {
            return Ok(());
        }
        let Object::Dict(dict) = self.file.resolve(reference) else { return Ok(()) };
        if dict.is("Subtype", "Image") {
            return Ok(());
        }
        let content = self.stream(reference, budget)?;
        if let Some(matrix) = matrix(self.file.value(&dict, "Matrix").array()) {
            state.page = matrix.then(state.page);
        }
        let own = self.file.value(&dict, "Resources");
        self.run(&content, own.dict().unwrap_or(resources), depth, state, budget)
    }

    fn run(
        &mut self,
        content: &[u8],
        resources: &Dict,
        depth: usize,
        state: State,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        self.room = self.room.saturating_sub(content.len());
        let mut parser = Parser::new(content, 0);
        let mut operands: Vec<Object> = Vec::new();
        let mut states = vec![state];
        let mut scope = Scope { resources, named: None, fonts: HashMap::new(), depth };
        while let Some(item) = parser.item() {
            match item {
                Item::Object(object) if operands.len() < OPERANDS => operands.push(object),
                Item::Object(_) => {}
                Item::Word(b"ID") => {
                    skip_picture(content, &mut parser);
                    operands.clear();
                }
                Item::Word(word) => {
                    self.operator(word, &operands, &mut states, &mut scope, budget)?;
                    operands.clear();
                    if self.writer.len() >= self.longest {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    fn operator(
        &mut self,
        word: &[u8],
        operands: &[Object],
        states: &mut Vec<State>,
        scope: &mut Scope,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        if word == b"Q" && states.len() > 1 {
            states.pop();
        }
        if word == b"q" && states.len() < STATES {
            states.extend(states.last().cloned());
        }
        let Some(state) = states.last_mut() else { return Ok(()) };
        match word {
            b"Do" => {
                let name = operands.first().and_then(Object::name);
                let forms = self.file.value(scope.resources, "XObject");
                let form = name.and_then(|name| forms.dict()?.get(std::str::from_utf8(name).ok()?));
                if let Some(form) = form {
                    let state = state.clone();
                    self.form(form, scope.resources, scope.depth + 1, state, budget)?;
                }
            }
            b"Tf" => {
                state.size = operands.get(1).and_then(Object::number).unwrap_or_default();
                if let Some(name) = operands.first().and_then(Object::name) {
                    state.font = self.font(name, scope, budget)?;
                }
            }
            b"Tj" | b"TJ" | b"'" | b"\"" => self.show(word, operands, state),
            _ => state.set(word, operands),
        }
        Ok(())
    }

    fn font(
        &mut self,
        name: &[u8],
        scope: &mut Scope,
        budget: &mut Budget,
    ) -> Result<Option<Rc<Font>>, Stop> {
        if let Some(font) = scope.fonts.get(name) {
            return Ok(Some(Rc::clone(font)));
        }
        let resources = scope.resources;
        let fonts = scope.named.get_or_insert_with(|| self.file.value(resources, "Font"));
        let key = std::str::from_utf8(name).unwrap_or_default();
        let Some(value) = fonts.dict().and_then(|fonts| fonts.get(key)) else { return Ok(None) };
        let number = if let Object::Reference(number) = value { Some(*number) } else { None };
        let known = number.and_then(|number| self.fonts.get(&number)).map(Rc::clone);
        let font = match known {
            Some(font) => font,
            None => Rc::new(Font::read(self.file, &self.file.resolve(value), budget)?),
        };
        scope.fonts.insert(name.to_vec(), Rc::clone(&font));
        if let Some(number) = number {
            self.fonts.insert(number, Rc::clone(&font));
        }
        Ok(Some(font))
    }

    /// Shows text (9.4.3).
    fn show(&mut self, word: &[u8], operands: &[Object], state: &mut State) {
        if word == b"\"" {
            let number = |at| operands.get(at).and_then(Object::number);
            (state.word, state.letter) = (number(0).unwrap_or_default(), number(1).unwrap_or_default());
        }
        if matches!(word, b"'" | b"\"") {
            state.next_line(0.0, -state.leading);
        }
        let Some(last) = operands.last() else { return };
        for piece in if word == b"TJ" { last.array() } else { std::slice::from_ref(last) } {
            match piece {
                Object::Text(text) => self.text(text, state),
                other => state.advance(-other.number().unwrap_or_default() / 1000.0 * state.size),
            }
        }
    }

    fn text(&mut self, text: &[u8], state: &mut State) {
        let Some(font) = state.font.clone() else { return };
        let Shown { text, width, letters, spaces } = font.show(text);
        let size = state.size.abs() * state.text.then(state.page).scale();
        self.writer.go(state.pen(), size, font.is_guessed());
        let width =
            width / 1000.0 * state.size + f64::from(letters) * state.letter + f64::from(spaces) * state.word;
        if font.is_vertical() {
            state.text = Matrix::shift(0.0, -width).then(state.text);
        } else {
            state.advance(width);
        }
        self.writer.show(&text, state.pen());
    }
}

impl Default for State {
    fn default() -> Self {
        Self {
            page: Matrix::UNIT,
            text: Matrix::UNIT,
            line: Matrix::UNIT,
            font: None,
            size: 0.0,
            letter: 0.0,
            word: 0.0,
            stretch: 1.0,
            leading: 0.0,
        }
    }
}

impl State {
    fn pen(&self) -> (f64, f64) {
        self.text.then(self.page).origin()
    }

    fn advance(&mut self, width: f64) {
        self.text = Matrix::shift(width * self.stretch, 0.0).then(self.text);
    }

    fn next_line(&mut self, x: f64, y: f64) {
        self.line = Matrix::shift(x, y).then(self.line);
        self.text = self.line;
    }

    /// The operators that only set something.
    fn set(&mut self, word: &[u8], operands: &[Object]) {
        let number = |at: usize| operands.get(at).and_then(Object::number).unwrap_or_default();
        match word {
            b"BT" => (self.text, self.line) = (Matrix::UNIT, Matrix::UNIT),
            b"cm" => {
                if let Some(matrix) = matrix(operands) {
                    self.page = matrix.then(self.page);
                }
            }
            b"Tm" => {
                if let Some(matrix) = matrix(operands) {
                    (self.text, self.line) = (matrix, matrix);
                }
            }
            b"Td" => self.next_line(number(0), number(1)),
            b"TD" => {
                self.leading = -number(1);
                self.next_line(number(0), number(1));
            }
            b"T*" => self.next_line(0.0, -self.leading),
            b"TL" => self.leading = number(0),
            b"Tc" => self.letter = number(0),
            b"Tw" => self.word = number(0),
            b"Tz" => self.stretch = number(0) / 100.0,
            _ => {}
        }
    }
}

fn matrix(operands: &[Object]) -> Option<Matrix> {
    let numbers: Vec<f64> = operands.iter().filter_map(Object::number).collect();
    numbers.as_slice().try_into().ok().map(Matrix)
}

/// Steps over the data of a picture in the content, to the `EI` between white space (8.9.7).
fn skip_picture(content: &[u8], parser: &mut Parser) {
    let rest = content.get(parser.at..).unwrap_or_default();
    let is_end = |at: &usize| {
        let before = at.checked_sub(1).and_then(|at| rest.get(at)).is_some_and(u8::is_ascii_whitespace);
        before && rest.get(at + 2).is_none_or(u8::is_ascii_whitespace)
    };
    let end = memmem::find_iter(rest, b"EI").find(is_end);
    parser.at += end.map_or(rest.len(), |end| end + 2);
}
