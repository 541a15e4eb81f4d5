//! Decoders driven step by step, so that nothing made before an error is lost and an early end is seen.

use flate2::{Decompress, FlushDecompress};
use std::io::{self, BufRead, Read};

/// A raw deflate stream (RFC 1951) that knows how much of its source it used.
pub type Inflate<R> = Stepped<R, Decompress>;

/// Unpacks a raw deflate stream.
pub fn inflate<R: BufRead>(source: R) -> Inflate<R> {
    Stepped::new(source, Decompress::new(false))
}

/// bzip2 streams, one behind the other, that know how much of their source they used.
pub type Bunzip2<R> = Stepped<R, Bzip2>;

/// Unpacks bzip2 streams.
pub fn bunzip2<R: BufRead>(source: R) -> Bunzip2<R> {
    Stepped::new(source, Bzip2::new())
}

/// A decoder and the source it reads.
#[derive(Debug)]
pub struct Stepped<R, E> {
    source: R,
    engine: E,
    consumed: u64,
    state: State,
}

/// Streams one behind the other that are read. Parallel packers begin one for each megabyte; a file of nothing but
/// beginnings costs time and gives nothing.
pub(super) const MOST_STREAMS: u32 = 100_000;

/// A decoder that takes some input and makes some output.
pub trait Engine {
    /// Takes from `input` and writes to `output`, as far as either goes.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step;
}

/// What one step of an [`Engine`] did.
#[derive(Debug)]
pub struct Step {
    pub(super) consumed: u64,
    pub(super) made: u64,
    pub(super) state: State,
}

/// Where a decoder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Going,
    Ended,
    Broken(&'static str),
}

impl<R: BufRead, E: Engine> Stepped<R, E> {
    pub(super) fn new(source: R, engine: E) -> Self {
        Self { source, engine, consumed: 0, state: State::Going }
    }

    /// How many bytes of the source belong to the stream so far.
    pub fn consumed(&self) -> u64 {
        self.consumed
    }

    /// Whether the stream came to its own end.
    pub fn has_ended(&self) -> bool {
        self.state == State::Ended
    }
}

impl<R: BufRead, E: Engine> Read for Stepped<R, E> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.state {
                State::Ended => return Ok(0),
                State::Broken(why) => return Err(io::Error::other(why)),
                State::Going if output.is_empty() => return Ok(0),
                State::Going => {}
            }
            let input = self.source.fill_buf()?;
            let length = input.len();
            let step = self.engine.step(input, output);
            self.source.consume(usize::try_from(step.consumed).map_or(length, |used| used.min(length)));
            self.consumed += step.consumed;
            self.state = match step.state {
                State::Going if step.made == 0 && length == 0 => {
                    State::Broken("the packed data ends too early")
                }
                State::Going if step.made == 0 && step.consumed == 0 => {
                    State::Broken("the packed data leads nowhere")
                }
                state => state,
            };
            if step.made > 0 {
                return Ok(usize::try_from(step.made).unwrap_or(0));
            }
        }
    }
}

impl Engine for Decompress {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let (before_in, before_out) = (self.total_in(), self.total_out());
        let state = match self.decompress(input, output, FlushDecompress::None) {
            Ok(flate2::Status::StreamEnd) => State::Ended,
            Ok(_) => State::Going,
            Err(_) => State::Broken("the deflate data is corrupt"),
        };
        Step { consumed: self.total_in() - before_in, made: self.total_out() - before_out, state }
    }
}

/// bzip2 streams, one behind the other, as bzip2 itself joins them.
pub struct Bzip2 {
    stream: bzip2::Decompress,
    /// How many streams began.
    count: u32,
    /// Whether a stream has ended and no other has begun.
    is_between: bool,
}

impl Bzip2 {
    fn new() -> Self {
        Self { stream: bzip2::Decompress::new(false), count: 1, is_between: false }
    }

    /// Begins the next stream, if there is one.
    fn go_on(&mut self, input: &[u8]) -> State {
        if !input.starts_with(b"BZh") {
            return State::Ended;
        }
        self.count += 1;
        self.is_between = false;
        self.stream = bzip2::Decompress::new(false);
        if self.count > MOST_STREAMS {
            State::Broken("there are too many bzip2 streams")
        } else {
            State::Going
        }
    }
}

impl Engine for Bzip2 {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        if self.is_between {
            let state = self.go_on(input);
            if state != State::Going {
                return Step { consumed: 0, made: 0, state };
            }
        }
        let (before_in, before_out) = (self.stream.total_in(), self.stream.total_out());
        let state = match self.stream.decompress(input, output) {
            Ok(bzip2::Status::MemNeeded) => State::Broken("the bzip2 data needs too much memory"),
            Ok(status) => {
                self.is_between = status == bzip2::Status::StreamEnd;
                State::Going
            }
            Err(_) => State::Broken("the bzip2 data is corrupt"),
        };
        let consumed = self.stream.total_in() - before_in;
        Step { consumed, made: self.stream.total_out() - before_out, state }
    }
}

impl Engine for Box<deflate64::InflaterManaged> {
    /// The inflater holds back made bytes when it fails; it gives them on further calls, and only when none are
    /// left is it broken.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let result = self.inflate(input, output);
        let state = match result.bytes_written {
            0 if result.data_error => State::Broken("the deflate64 data is corrupt"),
            0 if self.finished() => State::Ended,
            _ => State::Going,
        };
        Step { consumed: result.bytes_consumed as u64, made: result.bytes_written as u64, state }
    }
}
