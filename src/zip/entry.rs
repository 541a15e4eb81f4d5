//! One entry of a ZIP file and its readings: as the directory describes it, as the local header does, and, where
//! neither fits, as the CRC-32 proves it.

use super::record::Header;
use crate::codec::Codec;
use crate::limits::{Budget, Decoded};
use std::io::{BufReader, Read};
use std::ops::Range;

/// An entry, still packed.
#[derive(Debug)]
pub struct Entry<'a> {
    /// Its name.
    pub name: String,
    /// The bytes of its name.
    pub raw_name: &'a [u8],
    /// What the local header calls it, if that is something else.
    pub other_name: Option<String>,
    /// How it is packed (APPNOTE 4.4.5), by the first reading; under AES what lies beneath it.
    pub method: u16,
    /// Whether it is encrypted, by the first reading.
    pub encrypted: bool,
    /// Whether it is a directory and nothing else.
    pub is_dir: bool,
    /// CRC-32 of its content, where it is known.
    pub crc32: Option<u32>,
    /// Size of its content in bytes as declared, where it is.
    pub size: Option<u64>,
    /// Its packed bytes, by the first reading.
    pub data: &'a [u8],
    /// Where they begin in the file.
    pub offset: usize,
    /// Whether a directory names it but its data are nowhere.
    pub is_lost: bool,
    readings: Vec<Reading<'a>>,
}

/// One way to understand an entry.
#[derive(Clone, Debug)]
pub(super) struct Reading<'a> {
    pub(super) method: u16,
    pub(super) lock: Lock,
    pub(super) crc: Option<u32>,
    pub(super) size: Option<u64>,
    pub(super) has_end_mark: bool,
    pub(super) data: &'a [u8],
}

/// How an entry is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lock {
    Open,
    /// The check bytes that may stand at the end of the header (APPNOTE 6.1.6).
    ZipCrypto([u8; 2]),
    /// The `WinZip` extra field 0x9901: length of the key in bytes.
    Aes(usize),
    Strong,
}

/// The content of an entry as far as it could be had.
#[derive(Debug)]
pub struct Content {
    /// The bytes; `broken` says why they are not all or not the right ones.
    pub decoded: Decoded,
    /// What became of it.
    pub state: State,
    /// Whether no header told the truth about how it is packed; the CRC-32 proved another way.
    pub is_disguised: bool,
}

/// What became of the content of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was read to its end; its CRC-32, where known, is right.
    Whole,
    /// It was read to its end, but the CRC-32 is another.
    OtherCrc,
    /// It breaks off.
    Broken,
    /// It is encrypted.
    Locked,
    /// It is packed by a method nobody uses or that is not supported.
    Unsupported(u16),
}

impl<'a> Entry<'a> {
    /// The entry that `first` describes, and `second`, where it has two headers.
    pub(super) fn new(
        bytes: &'a [u8],
        first: &Header<'a>,
        second: Option<&Header<'a>>,
        data: Range<usize>,
    ) -> Self {
        let packed = bytes.get(data.clone()).unwrap_or_default();
        let main = Reading::new(first, second, packed);
        let name = super::name::of(first);
        let mut entry = Self {
            is_dir: name.ends_with(['/', '\\']) && first.size == 0,
            name,
            raw_name: first.name,
            other_name: None,
            method: main.method,
            encrypted: main.lock != Lock::Open,
            crc32: main.crc,
            size: main.size,
            data: packed,
            offset: data.start,
            is_lost: false,
            readings: Vec::new(),
        };
        entry.readings.push(main);
        if let Some(second) = second {
            entry.add_second(bytes, first, second, data.start);
        }
        entry
    }

    /// Adds the reading of the other header where it differs. With a descriptor its sizes and CRC are the first's.
    fn add_second(&mut self, bytes: &'a [u8], first: &Header<'a>, second: &Header<'a>, start: usize) {
        let mut header = *second;
        let zeros = header.packed == 0 && header.crc == 0;
        if header.has_descriptor() || zeros {
            (header.packed, header.size, header.crc) = (first.packed, first.size, first.crc);
        }
        let (end, _) = super::walk::clip(bytes, start, header.packed);
        let reading = Reading::new(&header, Some(first), bytes.get(start..end).unwrap_or_default());
        if !self.readings.iter().any(|known| known.is_same(&reading)) {
            self.readings.push(reading);
        }
    }

    /// Forgets sizes and CRC that nothing told.
    pub(super) fn forget_sizes(&mut self) {
        (self.crc32, self.size) = (None, None);
        for reading in &mut self.readings {
            (reading.crc, reading.size) = (None, None);
        }
    }

    /// The content of an entry that is not locked; of a locked one nothing.
    pub fn decode(&self, budget: &mut Budget) -> Decoded {
        self.content(budget).decoded
    }

    /// The same with what became of it. Every reading is tried until one fits; an entry only called encrypted is
    /// read all the same if its CRC-32 proves that it is not.
    pub fn content(&self, budget: &mut Budget) -> Content {
        let mut best: Option<Content> = None;
        let is_sure = self.readings.iter().all(|reading| reading.lock == Lock::Open);
        for reading in self.readings.iter().filter(|reading| reading.lock == Lock::Open) {
            let content = reading.content(reading.method, reading.data, budget);
            let is_proven = content.state == State::Whole && (is_sure || reading.is_provable());
            if is_proven || content.decoded.stop.is_some() {
                return content;
            }
            if is_sure && best.as_ref().is_none_or(|best| content.rank() > best.rank()) {
                best = Some(content);
            }
        }
        self.disguised(budget).or(best).unwrap_or_else(Content::locked)
    }

    /// What unpackers get that believe another header than [`Entry::content`] did, where its CRC-32 proves it too.
    pub fn other_contents(&self, budget: &mut Budget) -> Vec<Content> {
        let provable = |reading: &&Reading<'_>| {
            reading.lock == Lock::Open && reading.is_provable() && reading.crc != self.crc32
        };
        let others = self.readings.iter().skip(1).filter(provable);
        let contents = others.map(|reading| reading.content(reading.method, reading.data, budget));
        contents.filter(|content| content.state == State::Whole || content.decoded.stop.is_some()).collect()
    }

    /// The content by a way of packing no header tells, if the CRC-32 proves it.
    fn disguised(&self, budget: &mut Budget) -> Option<Content> {
        let provable = self.readings.iter().filter(|reading| reading.is_provable());
        let plain = provable.filter(|reading| matches!(reading.lock, Lock::Open | Lock::ZipCrypto(_)));
        for reading in plain {
            let own = (reading.lock != Lock::Open).then_some(reading.method);
            let others = [8, 0].into_iter().filter(|method| *method != reading.method);
            for method in own.into_iter().chain(others) {
                if method == 0 && reading.size != Some(reading.data.len() as u64) {
                    continue;
                }
                let content = reading.content(method, reading.data, budget);
                if content.state == State::Whole {
                    return Some(Content { is_disguised: true, ..content });
                }
            }
        }
        None
    }

    pub(super) fn locked(&self) -> impl Iterator<Item = &Reading<'a>> {
        self.readings.iter().filter(|reading| reading.lock != Lock::Open)
    }
}

impl<'a> Reading<'a> {
    fn new(header: &Header<'a>, other: Option<&Header<'a>>, data: &'a [u8]) -> Self {
        let (method, lock) = lock(header, other);
        // AE-2 leaves the CRC out, because it would tell of the content.
        let crc = (!matches!(lock, Lock::Aes(_)) || header.crc != 0).then_some(header.crc);
        let (size, has_end_mark) = (Some(header.size), header.has_end_mark());
        Self { method, lock, crc, size, has_end_mark, data }
    }

    /// Whether two readings of one entry are the same. Their data are compared by place: comparing the bytes would
    /// cost a pass over the file for every entry.
    fn is_same(&self, other: &Self) -> bool {
        let terms = |one: &Self| (one.method, one.lock, one.crc, one.size, one.has_end_mark);
        std::ptr::eq(self.data, other.data) && terms(self) == terms(other)
    }

    /// Whether the CRC-32 can prove that this reading is the right one.
    pub(super) fn is_provable(&self) -> bool {
        self.crc.is_some_and(|crc| crc != 0)
    }

    /// Unpacks `source`, which is the data of this reading, decrypted where they were not open.
    pub(super) fn content(&self, method: u16, source: impl Read, budget: &mut Budget) -> Content {
        let Some(codec) = self.codec(method) else { return Content::unsupported(method) };
        let mut checked =
            Checked { source: codec.reader(BufReader::new(source)), crc: crc32fast::Hasher::new() };
        let mut decoded = budget.read(&mut checked);
        let got = checked.crc.finalize();
        let state = match self.crc {
            _ if decoded.broken.is_some() || decoded.stop.is_some() => State::Broken,
            Some(crc) if crc != got => State::OtherCrc,
            _ => State::Whole,
        };
        if state == State::OtherCrc {
            decoded.broken = Some(format!("its CRC-32 is {got:08x}, not {:08x}", self.crc.unwrap_or(0)));
        }
        Content { decoded, state, is_disguised: false }
    }

    /// APPNOTE 4.4.5. Shrink (1), reduce (2 to 5), implode (6), `PPMd` (98) and the rest are not supported.
    fn codec(&self, method: u16) -> Option<Codec> {
        let size = if self.has_end_mark { None } else { self.size };
        match method {
            0 => Some(Codec::Stored),
            8 => Some(Codec::Deflate),
            9 => Some(Codec::Deflate64),
            12 => Some(Codec::Bzip2),
            14 => Some(Codec::Lzma { size }),
            93 | 20 => Some(Codec::Zstd),
            95 => Some(Codec::Xz),
            _ => None,
        }
    }
}

/// How a header says the data are packed and locked. The AES field may stand in just one of the two.
fn lock(header: &Header<'_>, other: Option<&Header<'_>>) -> (u16, Lock) {
    let aes = || aes(header).or_else(|| aes(other?)).filter(|_| header.method == 99);
    match (header.is_strongly_encrypted(), aes(), header.is_encrypted()) {
        (true, ..) => (header.method, Lock::Strong),
        (_, Some((key, method)), _) => (method, Lock::Aes(key)),
        (_, None, true) => {
            let [.., crc] = header.crc.to_le_bytes();
            let time = if header.has_descriptor() { header.time.to_be_bytes()[0] } else { crc };
            (header.method, Lock::ZipCrypto([crc, time]))
        }
        (_, None, false) => (header.method, Lock::Open),
    }
}

/// The `WinZip` AES field: version, vendor `AE`, strength 1 to 3, the method beneath. Answers the length of the key
/// in bytes and that method.
fn aes(header: &Header<'_>) -> Option<(usize, u16)> {
    let mut field = header.extra(0x9901)?;
    field.skip(4)?;
    let (strength, method) = (field.u8()?, field.u16()?);
    (1..=3).contains(&strength).then(|| (8 + 8 * usize::from(strength), method))
}

impl Content {
    fn unsupported(method: u16) -> Self {
        let decoded =
            Decoded { broken: Some(format!("method {method} is not supported")), ..Decoded::default() };
        Self { decoded, state: State::Unsupported(method), is_disguised: false }
    }

    fn locked() -> Self {
        let decoded = Decoded { broken: Some("it is encrypted".to_string()), ..Decoded::default() };
        Self { decoded, state: State::Locked, is_disguised: false }
    }

    /// Which of two failed contents is worth more: read to an end, then the longer one.
    fn rank(&self) -> (bool, u64) {
        (self.state == State::OtherCrc, self.decoded.size)
    }
}

/// Counts the CRC-32 of what passes.
struct Checked<R> {
    source: R,
    crc: crc32fast::Hasher,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, output: &mut [u8]) -> std::io::Result<usize> {
        let length = self.source.read(output)?;
        self.crc.update(output.get(..length).unwrap_or_default());
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout;
    use super::super::writer::{Item, archive, deflated, item, stored};
    use super::*;
    use crate::limits::{Limits, Stop};

    fn content(item: &Item) -> Content {
        let bytes = archive(std::slice::from_ref(item));
        let archive = layout::read(&bytes, 10).unwrap();
        archive.entries[0].content(&mut Budget::new(&Limits::default()))
    }

    const PLAIN: &[u8] = b"some content, some content, some content";

    #[test]
    fn every_method_is_unpacked() {
        let methods = [
            (0, Codec::Stored),
            (8, Codec::Deflate),
            (9, Codec::Deflate64),
            (12, Codec::Bzip2),
            (14, Codec::Lzma { size: Some(1) }),
            (20, Codec::Zstd),
            (93, Codec::Zstd),
            (95, Codec::Xz),
        ];
        for (method, codec) in methods {
            let content = content(&item("a", method, codec, PLAIN));
            assert_eq!((content.decoded.bytes.as_slice(), content.state), (PLAIN, State::Whole), "{method}");
        }
        let marked = item("a", 14, Codec::Lzma { size: None }, PLAIN).both(|fields| fields.flags |= 2);
        assert_eq!(content(&marked).state, State::Whole);
    }

    #[test]
    fn what_is_not_supported_says_which_method() {
        for method in [1, 6, 98] {
            let content =
                content(&stored("a", PLAIN).both(|fields| (fields.method, fields.crc) = (method, 7)));
            assert_eq!((content.state, content.decoded.size), (State::Unsupported(method), 0));
        }
    }

    #[test]
    fn a_wrong_crc_keeps_the_bytes_and_a_cut_stream_its_beginning() {
        let wrong = content(&deflated("a", PLAIN).both(|fields| fields.crc = 7));
        assert_eq!((wrong.state, wrong.decoded.bytes.as_slice()), (State::OtherCrc, PLAIN));
        assert_eq!(wrong.decoded.broken.as_deref(), Some("its CRC-32 is 04886a6c, not 00000007"));
        let mut cut = deflated("a", &PLAIN.repeat(9));
        cut.body.truncate(25);
        let cut = content(&cut.both(|fields| fields.packed = 25));
        assert_eq!(cut.state, State::Broken);
        assert!(PLAIN.repeat(9).starts_with(&cut.decoded.bytes) && cut.decoded.size > 10);
    }

    #[test]
    fn a_false_encryption_flag_is_seen_through_and_a_true_one_is_not() {
        let plain = content(&deflated("a", PLAIN).both(|fields| fields.flags |= 1));
        assert_eq!(
            (plain.state, plain.is_disguised, plain.decoded.bytes.as_slice()),
            (State::Whole, true, PLAIN)
        );
        assert_eq!(content(&deflated("a", PLAIN).crypto(b"x")).state, State::Locked);
        // Only one header says that it is encrypted, and it is.
        for item in [deflated("a", PLAIN), stored("a", PLAIN)] {
            let locked = content(&item.crypto(b"x").central(|fields| fields.flags = 0));
            assert_eq!((locked.state, locked.decoded.size), (State::Locked, 0));
        }
        let strong = deflated("a", PLAIN).both(|fields| fields.flags |= 1 | 1 << 6);
        assert_eq!(content(&strong).state, State::Locked);
    }

    #[test]
    fn a_stored_name_for_deflated_data_hides_nothing() {
        let zombie = deflated("a", PLAIN).both(|fields| fields.method = 0);
        let content = content(&zombie);
        assert_eq!((content.state, content.is_disguised), (State::Whole, true));
    }

    #[test]
    fn a_padded_document_is_measured_and_its_crc_checked_over_all() {
        let plain: Vec<u8> = b"head".iter().copied().chain(std::iter::repeat_n(0, 3 << 20)).collect();
        let bytes = archive(&[deflated("a.doc", &plain)]);
        let archive = layout::read(&bytes, 10).unwrap();
        let limits = Limits { artifact_bytes: 1000, ..Limits::default() };
        let content = archive.entries[0].content(&mut Budget::new(&limits));
        assert_eq!((content.state, content.decoded.bytes.len()), (State::Whole, 1000));
        assert_eq!(content.decoded.tail.length, 3 << 20);
        let limits = Limits { made_bytes: 100_000, ..Limits::default() };
        let content = archive.entries[0].content(&mut Budget::new(&limits));
        assert_eq!(content.decoded.stop, Some(Stop::Bytes));
        assert!(content.decoded.bytes.starts_with(b"head"));
    }
}
