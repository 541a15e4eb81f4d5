//! The lexer and parser of objects (ISO 32000-1 7.2, 7.3), for hostile bytes.
//!
//! Containers may nest [`DEEPEST`] deep; what opens below that is read as if its brackets were not there, so nothing
//! in it is lost. A container that is not closed ends where the next object begins.

use super::object::{Dict, Object};

/// What stands next at the top level.
#[derive(Debug, PartialEq)]
pub(super) enum Item<'a> {
    Object(Object),
    Word(&'a [u8]),
}

/// The deepest nesting of containers that is kept. Honest files stay below twenty.
const DEEPEST: usize = 96;

/// Words that begin or end an object: no container goes on beyond them.
const BORDERS: &[&[u8]] = &[b"obj", b"endobj", b"stream", b"endstream", b"xref", b"trailer", b"startxref"];

/// A cursor over bytes that hold objects.
#[derive(Clone, Debug)]
pub(super) struct Parser<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
    /// Whether the last object ended because the bytes did.
    pub(super) is_cut: bool,
}

enum Token<'a> {
    Object(Object),
    Open(bool),
    Close,
    Word(&'a [u8]),
}

/// A container being read.
struct Open {
    is_dict: bool,
    items: Vec<Object>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, is_cut: false }
    }

    /// The next object, `null` where there is none.
    pub(super) fn object(&mut self) -> Object {
        match self.item() {
            Some(Item::Object(first @ Object::Int(_))) => self.reference(first),
            Some(Item::Object(object)) => object,
            Some(Item::Word(word)) => constant(word).unwrap_or_default(),
            None => Object::Null,
        }
    }

    /// The next object or operator. Two numbers and `R` are not joined at the top level.
    pub(super) fn item(&mut self) -> Option<Item<'a>> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            let before = self.at;
            let Some(token) = self.token() else {
                self.is_cut |= !open.is_empty();
                return close_all(open).map(Item::Object);
            };
            let done = match token {
                Token::Open(is_dict) => {
                    if open.len() < DEEPEST {
                        open.push(Open { is_dict, items: Vec::new() });
                    }
                    continue;
                }
                Token::Close => match open.pop() {
                    Some(container) => container.close(),
                    None => continue,
                },
                Token::Word(word) => {
                    let Some(inner) = open.last_mut() else { return Some(Item::Word(word)) };
                    if BORDERS.contains(&word) {
                        self.at = before;
                        return close_all(open).map(Item::Object);
                    }
                    inner.word(word);
                    continue;
                }
                Token::Object(object) => object,
            };
            match open.last_mut() {
                Some(inner) => inner.items.push(done),
                None => return Some(Item::Object(done)),
            }
        }
    }

    /// A number, or the reference that it begins.
    fn reference(&mut self, first: Object) -> Object {
        let before = self.clone();
        let second = self.item();
        let third = self.item();
        if let (Some(Item::Object(Object::Int(_))), Some(Item::Word(b"R"))) = (second, third)
            && let Some(number) = first.int().and_then(|number| u32::try_from(number).ok())
        {
            return Object::Reference(number);
        }
        *self = before;
        first
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Steps over white space and comments.
    pub(super) fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                let line = memchr::memchr2(b'\r', b'\n', self.rest());
                self.at = line.map_or(self.bytes.len(), |length| self.at + length);
            } else if is_space(byte) {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    fn token(&mut self) -> Option<Token<'a>> {
        self.skip_space();
        let first = self.peek()?;
        let second = self.bytes.get(self.at + 1).copied();
        let token = match (first, second) {
            (b'/', _) => Token::Object(Object::Name(self.name())),
            (b'(', _) => Token::Object(Object::Text(self.literal())),
            (b'<', Some(b'<')) => {
                self.at += 2;
                Token::Open(true)
            }
            (b'>', Some(b'>')) => {
                self.at += 2;
                Token::Close
            }
            (b'<', _) => Token::Object(Object::Text(self.hexadecimal())),
            (b'[', _) => {
                self.at += 1;
                Token::Open(false)
            }
            (b']', _) => {
                self.at += 1;
                Token::Close
            }
            (b'{' | b'}' | b')' | b'>', _) => Token::Word(self.take(1)),
            (b'0'..=b'9' | b'+' | b'-' | b'.', _) => self.number(),
            _ => {
                let length = self.regular();
                Token::Word(self.take(length.max(1)))
            }
        };
        Some(token)
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let taken = self.rest().get(..length).unwrap_or_default();
        self.at += taken.len();
        taken
    }

    /// How many regular characters stand next.
    fn regular(&self) -> usize {
        let rest = self.rest();
        rest.iter().position(|byte| !is_regular(*byte)).unwrap_or(rest.len())
    }

    /// A name behind its slash, with `#xx` taken back (7.3.5).
    fn name(&mut self) -> Vec<u8> {
        self.at += 1;
        let mut raw = self.take(self.regular());
        if memchr::memchr(b'#', raw).is_none() {
            return raw.to_vec();
        }
        let mut name = Vec::new();
        while let Some((first, rest)) = raw.split_first() {
            let escaped = || Some(digit(*rest.first()?)? << 4 | digit(*rest.get(1)?)?);
            let escape = if *first == b'#' { escaped() } else { None };
            name.push(escape.unwrap_or(*first));
            raw = if escape.is_some() { rest.get(2..).unwrap_or_default() } else { rest };
        }
        name
    }

    /// A string in parentheses (7.3.4.2).
    fn literal(&mut self) -> Vec<u8> {
        self.at += 1;
        let mut text = Vec::new();
        let mut depth = 1usize;
        loop {
            let rest = self.rest();
            let plain = rest.iter().position(|byte| matches!(byte, b'\\' | b'(' | b')' | b'\r'));
            text.extend_from_slice(self.take(plain.unwrap_or(rest.len())));
            let Some(byte) = self.peek() else { break };
            self.at += 1;
            match byte {
                b'\\' => self.escape(&mut text),
                b'(' => depth += 1,
                b')' => depth -= 1,
                b'\r' if self.peek() == Some(b'\n') => self.at += 1,
                _ => {}
            }
            match byte {
                b'\\' => {}
                b')' if depth == 0 => return text,
                b'\r' => text.push(b'\n'),
                _ => text.push(byte),
            }
        }
        self.is_cut = true;
        text
    }

    fn escape(&mut self, text: &mut Vec<u8>) {
        let Some(byte) = self.peek() else { return };
        self.at += 1;
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\n' => {}
            b'\r' => self.at += usize::from(self.peek() == Some(b'\n')),
            b'0'..=b'7' => {
                let mut code = byte - b'0';
                for _ in 0..2 {
                    let Some(next @ b'0'..=b'7') = self.peek() else { break };
                    code = code.wrapping_shl(3) | (next - b'0');
                    self.at += 1;
                }
                text.push(code);
            }
            other => text.push(other),
        }
    }

    /// A string in hexadecimal (7.3.4.3).
    fn hexadecimal(&mut self) -> Vec<u8> {
        self.at += 1;
        let end = memchr::memchr(b'>', self.rest());
        self.is_cut |= end.is_none();
        let raw = self.take(end.unwrap_or(self.rest().len()));
        self.at += usize::from(end.is_some());
        unhex(raw)
    }

    /// A number. Readers take `--5`, `1.2.3` and `+.`; so much of it as is a number counts.
    fn number(&mut self) -> Token<'a> {
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.');
        let length = self.rest().iter().take_while(|byte| is_part(byte)).count();
        let raw = self.take(length);
        if let Some(number) = short(raw) {
            return Token::Object(number);
        }
        let text = std::str::from_utf8(raw).unwrap_or_default();
        let text = text.trim_start_matches(['+', '-']);
        let sign = if raw.starts_with(b"-") { -1 } else { 1 };
        let text = text.split(['+', '-']).next().unwrap_or_default();
        Token::Object(match text.split_once('.') {
            None => Object::Int(text.parse::<i64>().unwrap_or_default() * sign),
            Some((whole, part)) => {
                let length = whole.len() + 1 + part.find('.').unwrap_or(part.len());
                let value = text.get(..length).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
                Object::Real(if sign < 0 { -value } else { value })
            }
        })
    }
}

impl Open {
    /// A word inside: a constant, or the `R` that makes two numbers a reference.
    fn word(&mut self, word: &[u8]) {
        if word == b"R"
            && let [.., Object::Int(number), Object::Int(_)] = self.items.as_slice()
            && let Ok(number) = u32::try_from(*number)
        {
            self.items.pop();
            self.items.pop();
            self.items.push(Object::Reference(number));
        } else if let Some(constant) = constant(word) {
            self.items.push(constant);
        }
    }

    /// The finished container. Between the pairs of a dictionary, what is no name is stepped over.
    fn close(self) -> Object {
        if !self.is_dict {
            return Object::Array(self.items);
        }
        let mut pairs = Vec::new();
        let mut items = self.items.into_iter();
        while let Some(key) = items.next() {
            if let Object::Name(key) = key {
                pairs.push((key, items.next().unwrap_or_default()));
            }
        }
        Object::Dict(Dict(pairs))
    }
}

/// The outermost of containers that nothing closed.
fn close_all(mut open: Vec<Open>) -> Option<Object> {
    let mut done = open.pop()?.close();
    while let Some(mut outer) = open.pop() {
        outer.items.push(done);
        done = outer.close();
    }
    Some(done)
}

/// A number of few digits, as nearly all are; none for what must be read with care.
fn short(raw: &[u8]) -> Option<Object> {
    let (is_below, digits) = match raw {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    let (mut whole, mut scale) = (0i32, None);
    for byte in digits {
        match (byte, scale) {
            (b'0'..=b'9', _) => {
                whole = whole * 10 + i32::from(byte - b'0');
                scale = scale.map(|scale| scale * 10.0);
            }
            (b'.', None) => scale = Some(1.0),
            _ => return None,
        }
    }
    let whole = if is_below { -whole } else { whole };
    // Both are whole numbers that a double holds exactly, so their quotient is the nearest one.
    Some(scale.map_or(Object::Int(i64::from(whole)), |scale| Object::Real(f64::from(whole) / scale)))
}

fn constant(word: &[u8]) -> Option<Object> {
    match word {
        b"true" => Some(Object::Bool(true)),
        b"false" => Some(Object::Bool(false)),
        b"null" => Some(Object::Null),
        _ => None,
    }
}

/// The bytes of hexadecimal digits; what is none is left out, a last half byte is filled up with zero.
pub(super) fn unhex(raw: &[u8]) -> Vec<u8> {
    let mut digits = raw.iter().filter_map(|byte| digit(*byte));
    let mut bytes = Vec::new();
    while let Some(high) = digits.next() {
        bytes.push(high << 4 | digits.next().unwrap_or_default());
    }
    bytes
}

pub(super) fn digit(letter: u8) -> Option<u8> {
    char::from(letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// White space (7.2.2).
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 12 | b'\r' | b' ')
}

fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bytes: &[u8]) -> Object {
        Parser::new(bytes, 0).object()
    }

    #[test]
    fn every_type_is_read() {
        let rows: &[(&[u8], Object)] = &[
            (b"true", Object::Bool(true)),
            (b"-12", Object::Int(-12)),
            (b"--5", Object::Int(-5)),
            (b"+.5", Object::Real(0.5)),
            (b"-1.25.3", Object::Real(-1.25)),
            (b"-0.7", Object::Real(-0.7)),
            (b"123456.789", Object::Real(123_456.789)),
            (b"12345678901", Object::Int(12_345_678_901)),
            (b".", Object::Real(0.0)),
            (b"-", Object::Int(0)),
            (b"/A#42#zC", Object::Name(b"AB#zC".to_vec())),
            (b"(a(b)\\)\\101\\n\\\r\nc\r\nd)", Object::Text(b"a(b))A\nc\nd".to_vec())),
            (b"<48 656>", Object::Text(b"He`".to_vec())),
            (b"12 0 R", Object::Reference(12)),
            (b"12 0 X", Object::Int(12)),
            (b"% note\n [1 2 R 3 0 R]", Object::Array(vec![Object::Reference(1), Object::Reference(3)])),
        ];
        for (bytes, want) in rows {
            assert_eq!(parse(bytes), *want, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_broken_dictionary_gives_what_it_holds() {
        let dict = parse(b"<</A 1 7 /B [(x) /C <</D (y)>> endobj 2 0 obj <</E 1>>");
        let dict = dict.dict().unwrap();
        assert_eq!(dict.get("A"), Some(&Object::Int(1)));
        assert_eq!(dict.get("B").unwrap().array().len(), 3);
        let mut parser = Parser::new(b"<</A (never closed", 0);
        parser.object();
        assert!(parser.is_cut);
    }

    #[test]
    fn deep_nesting_is_flat_and_loses_nothing() {
        let bytes = [b"[".repeat(50_000), b"(x)".to_vec()].concat();
        let mut object = &parse(&bytes);
        let mut depth = 0;
        while let [inner] = object.array() {
            object = inner;
            depth += 1;
        }
        assert_eq!((depth, object.text()), (DEEPEST, Some(&b"x"[..])));
    }
}
