//! LZMA streams as ZIP, .lzma and .lz files wrap them, and xz streams, each knowing what of its source it left.

use super::DICTIONARY;
use lzma_rust2::{Action, LzmaReader, XzReader, XzStream};
use std::io::{self, BufRead, Read};

/// An LZMA stream in a slice.
pub struct Lzma<'a>(LzmaReader<&'a [u8]>);

impl<'a> Lzma<'a> {
    /// The stream that `source` begins with; `size` is the size it unpacks to where no end mark tells.
    ///
    /// # Errors
    /// The dictionary is too large, the properties are none, or the stream does not begin as one.
    pub fn new(source: &'a [u8], size: Option<u64>, properties: u8, dictionary: u32) -> io::Result<Self> {
        let mut reader = raw(source, size, properties, dictionary)?;
        // What is more than an end mark behind the size that was told is no end.
        reader.set_relaxed_end_condition(false);
        Ok(Self(reader))
    }

    /// How many bytes of the source stand behind the stream.
    pub fn left(self) -> usize {
        let (source, unused) = self.0.into_parts();
        source.len() + unused.len()
    }
}

impl Read for Lzma<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        self.0.read(output)
    }
}

/// One xz stream in a slice.
pub struct Xz<'a> {
    source: &'a [u8],
    reader: Sips<XzReader<&'a [u8]>>,
    given: u64,
    /// Why the reader gave up, and what goes on in its place.
    fault: Option<(String, Rescue<'a>)>,
}

impl<'a> Xz<'a> {
    /// The stream that `source` begins with.
    pub fn new(source: &'a [u8]) -> Self {
        let reader = Sips(XzReader::new_mem_limit(source, false, DICTIONARY_KIB));
        Self { source, reader, given: 0, fault: None }
    }

    /// How many bytes of the source stand behind the stream, once that was read to its end.
    pub fn left(self) -> usize {
        self.reader.0.inner().len()
    }
}

impl Read for Xz<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if self.fault.is_none() {
            match self.reader.read(output) {
                Ok(made) => {
                    self.given += made as u64;
                    return Ok(made);
                }
                Err(fault) => self.fault = Some((fault.to_string(), Rescue::new(self.source, self.given))),
            }
        }
        let Some((why, rescue)) = &mut self.fault else { return Ok(0) };
        match rescue.read(output) {
            0 if !output.is_empty() => Err(io::Error::other(why.clone())),
            made => Ok(made),
        }
    }
}

/// A stream that broke, decoded once more. The blocking decoder wants a whole chunk, up to 64 KiB of packed data,
/// before it gives out any of it; the other one takes the data as they come, but not every chain of filters.
struct Rescue<'a> {
    stream: XzStream,
    input: &'a [u8],
    /// Bytes that were given out before.
    known: u64,
}

impl<'a> Rescue<'a> {
    fn new(input: &'a [u8], known: u64) -> Self {
        Self { stream: XzStream::new_mem_limit(false, DICTIONARY_KIB), input, known }
    }

    /// The next bytes that were not given out before; none at the fault.
    fn read(&mut self, output: &mut [u8]) -> usize {
        let length = output.len().min(SIP);
        let output = output.get_mut(..length).unwrap_or_default();
        loop {
            let before = self.stream.total_out();
            // A stream that failed takes nothing more.
            let result = self.stream.process(self.input, output, Action::Run);
            let used = result.map_or(0, |result| result.bytes_consumed);
            self.input = self.input.get(used..).unwrap_or_default();
            let made = usize::try_from(self.stream.total_out() - before).unwrap_or(0).min(output.len());
            let known = usize::try_from(self.known).unwrap_or(made).min(made);
            self.known -= known as u64;
            output.copy_within(known..made, 0);
            if made > known || (used == 0 && made == 0) {
                return made - known;
            }
        }
    }
}

/// All xz streams of a source.
pub(super) fn xz_file<'a>(source: impl BufRead + 'a) -> impl Read + 'a {
    Sips(XzReader::new_mem_limit(source, true, DICTIONARY_KIB))
}

/// [`DICTIONARY`] in the unit of lzma-rust2, with room for what the decoder needs beside it.
const DICTIONARY_KIB: u32 = (DICTIONARY >> 10) + (1 << 10);

/// APPNOTE 5.8.8: two bytes version, two bytes length of the properties (always 5), the properties of LZMA.
pub(super) fn in_zip<'a>(mut source: impl BufRead + 'a, size: Option<u64>) -> io::Result<impl Read + 'a> {
    let mut header = [0; 9];
    source.read_exact(&mut header)?;
    let [_, _, 5, 0, properties, d0, d1, d2, d3] = header else {
        return Err(io::Error::other("the LZMA properties have no known form"));
    };
    raw(source, size, properties, u32::from_le_bytes([d0, d1, d2, d3]))
}

fn raw<R: Read>(source: R, size: Option<u64>, properties: u8, dictionary: u32) -> io::Result<LzmaReader<R>> {
    if dictionary > DICTIONARY {
        return Err(io::Error::other(format!("the LZMA dictionary of {dictionary} bytes is too large")));
    }
    let mut reader =
        LzmaReader::new_with_props(source, size.unwrap_or(u64::MAX), properties, dictionary, None)?;
    reader.set_defer_errors(true);
    Ok(reader)
}

/// A reader read in small pieces: the xz decoder gives up a whole piece where data break inside it.
struct Sips<R>(R);

/// Bytes asked for at once.
const SIP: usize = 256;

impl<R: Read> Read for Sips<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let length = output.len().min(SIP);
        self.0.read(output.get_mut(..length).unwrap_or_default())
    }
}
