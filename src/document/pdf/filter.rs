//! Filters of streams (ISO 32000-1 7.4) and the predictors behind them (7.4.4.4).
//!
//! Each stage but the last is read through the budget; the last is handed to whoever asked. Filters of pictures are
//! left alone: what they hold is given out as it is.

use super::ascii::{ascii_hex, ascii85};
use super::file::File;
use super::lzw::Lzw;
use super::object::{Dict, Object};
use super::predictor::Predictor;
use crate::codec;
use crate::limits::{Budget, Decoded};
use std::io::{self, Read};

/// The most filters of one stream; two are usual, attacks on scanners chain dozens.
const MOST: usize = 32;

/// A step of decoding.
#[derive(Debug)]
enum Step {
    Flate(Option<Predictor>),
    Lzw {
        early: bool,
        predictor: Option<Predictor>,
    },
    Hex,
    Base85,
    RunLength,
    /// Nothing to do: an encryption filter, which was dealt with before.
    Crypt,
    /// A picture: the rest stays packed.
    Picture,
    Unknown,
}

/// The decoded bytes of a stream, at most `most` of them.
pub(super) fn decode(file: &File, dict: &Dict, raw: &[u8], most: u64, budget: &mut Budget) -> Decoded {
    let mut steps = steps(file, dict);
    let end = steps.iter().position(|step| matches!(step, Step::Picture | Step::Unknown));
    let is_unknown = end.and_then(|end| steps.get(end)).is_some_and(|step| matches!(step, Step::Unknown));
    steps.truncate(end.unwrap_or(steps.len()));
    let last = steps.pop();
    let mut data: Vec<u8>;
    let mut bytes = raw;
    for step in &steps {
        let made = budget.read(&mut step.reader(bytes).take(most));
        if made.stop.is_some() {
            return made;
        }
        data = made.bytes;
        bytes = &data;
    }
    let mut made = budget.read(&mut last.unwrap_or(Step::Crypt).reader(bytes).take(most));
    if is_unknown && made.broken.is_none() {
        made.broken = Some("a filter is not known".into());
    }
    made
}

/// Whether a stream names no filter at all.
pub(super) fn is_plain(file: &File, dict: &Dict) -> bool {
    steps(file, dict).is_empty()
}

/// Whether the stream says itself that it is not encrypted (7.4.10).
pub(super) fn names_identity(file: &File, dict: &Dict) -> bool {
    filters(file, dict).iter().any(|(name, parameters)| {
        name == b"Crypt"
            && parameters.get("Name").and_then(Object::name).is_none_or(|name| name == b"Identity")
    })
}

/// The filters of a stream with their parameters.
fn filters(file: &File, dict: &Dict) -> Vec<(Vec<u8>, Dict)> {
    let value = |long, short| dict.get(long).or_else(|| dict.get(short)).map(|value| file.resolve(value));
    let list = |value: Object| match value {
        Object::Array(items) => items,
        Object::Null => Vec::new(),
        single => vec![single],
    };
    let names = value("Filter", "F").map(list).unwrap_or_default();
    let mut parameters = value("DecodeParms", "DP").map(list).unwrap_or_default().into_iter();
    let named = names.into_iter().take(MOST).filter_map(|name| {
        let parameters = parameters.next().map(|object| file.resolve(&object));
        let Object::Name(name) = file.resolve(&name) else { return None };
        Some((name, parameters.and_then(|object| object.dict().cloned()).unwrap_or_default()))
    });
    named.collect()
}

fn steps(file: &File, dict: &Dict) -> Vec<Step> {
    let step = |(name, parameters): (Vec<u8>, Dict)| {
        let predictor = || Predictor::of(file, &parameters);
        match name.as_slice() {
            b"FlateDecode" | b"Fl" => Step::Flate(predictor()),
            b"LZWDecode" | b"LZW" => {
                let early = parameters.get("EarlyChange").map(|value| file.resolve(value));
                let early = early.and_then(|value| value.int()) != Some(0);
                Step::Lzw { early, predictor: predictor() }
            }
            b"ASCIIHexDecode" | b"AHx" => Step::Hex,
            b"ASCII85Decode" | b"A85" => Step::Base85,
            b"RunLengthDecode" | b"RL" => Step::RunLength,
            b"Crypt" => Step::Crypt,
            b"DCTDecode" | b"DCT" | b"CCITTFaxDecode" | b"CCF" | b"JBIG2Decode" | b"JPXDecode" => {
                Step::Picture
            }
            _ => Step::Unknown,
        }
    };
    filters(file, dict).into_iter().map(step).collect()
}

impl Step {
    fn reader<'a>(&'a self, bytes: &'a [u8]) -> Box<dyn Read + 'a> {
        match self {
            Self::Flate(predictor) => predicted(codec::zlib(zlib_start(bytes)), predictor.as_ref()),
            Self::Lzw { early, predictor } => predicted(Lzw::new(bytes, *early), predictor.as_ref()),
            Self::Hex => Box::new(io::Cursor::new(ascii_hex(bytes))),
            Self::Base85 => Box::new(io::Cursor::new(ascii85(bytes))),
            Self::RunLength => Box::new(RunLength { packed: bytes, run: (0, 0), literal: 0 }),
            Self::Crypt | Self::Picture | Self::Unknown => Box::new(bytes),
        }
    }
}

fn predicted<'a>(inner: impl Read + 'a, predictor: Option<&Predictor>) -> Box<dyn Read + 'a> {
    match predictor {
        Some(predictor) => Box::new(predictor.reader(inner)),
        None => Box::new(inner),
    }
}

/// Broken writers leave the end of the line before the data in the data.
fn zlib_start(bytes: &[u8]) -> &[u8] {
    let is_deflate = |bytes: &[u8]| bytes.first().is_some_and(|first| first & 15 == 8);
    let trimmed = bytes.trim_ascii_start();
    if !is_deflate(bytes) && is_deflate(trimmed) { trimmed } else { bytes }
}

/// Run lengths (7.4.5): a byte below 128 is followed by that many literals and one, one above by a byte to repeat.
struct RunLength<'a> {
    packed: &'a [u8],
    run: (u8, usize),
    literal: usize,
}

impl Read for RunLength<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let mut made = 0;
        for place in output {
            if self.run.1 == 0 && self.literal == 0 {
                let Some((length, rest)) = self.packed.split_first() else { break };
                match (*length, rest.split_first()) {
                    (128, _) | (_, None) => {
                        self.packed = &[];
                        break;
                    }
                    (129.., Some((byte, rest))) => {
                        self.run = (*byte, 257 - usize::from(*length));
                        self.packed = rest;
                    }
                    (_, Some(_)) => {
                        self.literal = usize::from(*length) + 1;
                        self.packed = rest;
                    }
                }
            }
            if self.run.1 > 0 {
                *place = self.run.0;
                self.run.1 -= 1;
            } else {
                let Some((byte, rest)) = self.packed.split_first() else { break };
                *place = *byte;
                self.packed = rest;
                self.literal -= 1;
            }
            made += 1;
        }
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use std::io::Write;

    fn run(dict: &[u8], raw: &[u8]) -> Decoded {
        let mut budget = Budget::new(&Limits::default());
        let file = File::empty();
        let dict = super::super::parser::Parser::new(dict, 0).object();
        decode(&file, dict.dict().unwrap(), raw, 1 << 20, &mut budget)
    }

    fn deflated(plain: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(plain).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn filters_are_taken_off_in_their_order() {
        let hex: Vec<u8> =
            deflated(b"hello").iter().flat_map(|byte| format!("{byte:02X} ").into_bytes()).collect();
        assert_eq!(run(b"<</Filter[/AHx/Fl]>>", &[&hex[..], b">"].concat()).bytes, b"hello");
        assert_eq!(run(b"<</Filter/RunLengthDecode>>", b"\x02abc\xfeZ\x80junk").bytes, b"abcZZZ");
        assert_eq!(run(b"<</Filter/A85>>", b"<~87cURD]j7BEbo80~>").bytes, b"Hello world!");
        assert_eq!(run(b"<<>>", b"as it is").bytes, b"as it is");
        assert_eq!(run(b"<</Filter/DCTDecode>>", b"\xff\xd8").bytes, b"\xff\xd8");
        assert!(run(b"<</Filter/Own>>", b"x").broken.is_some());
        assert_eq!(run(b"<</Filter/Fl>>", &[b"\r\n", &deflated(b"moved")[..]].concat()).bytes, b"moved");
    }

    #[test]
    fn predictors_are_taken_back() {
        let rows = deflated(&[2, 1, 2, 3, 2, 1, 1, 1, 1, 5, 1, 1]);
        let parameters = b"<</Filter/Fl/DecodeParms<</Predictor 12/Columns 3>>>>";
        assert_eq!(run(parameters, &rows).bytes, [1, 2, 3, 2, 3, 4, 5, 6, 7]);
        let parameters = b"<</Filter/Fl/DecodeParms<</Predictor 2/Columns 3>>>>";
        assert_eq!(run(parameters, &deflated(&[1, 1, 1, 9, 1, 1])).bytes, [1, 2, 3, 9, 10, 11]);
    }

    #[test]
    fn a_chain_of_bombs_is_cut_at_what_was_asked_for() {
        let mut bomb = deflated(&b"\0".repeat(3 << 20));
        bomb = deflated(&bomb);
        assert_eq!(run(b"<</Filter[/Fl/Fl]>>", &bomb).size, 1 << 20);
        for cut in 0..bomb.len() {
            run(b"<</Filter[/Fl/Fl/LZW/A85/RL]>>", &bomb[..cut]);
        }
    }
}
