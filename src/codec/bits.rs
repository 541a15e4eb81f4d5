//! Bits with the highest first, and prefix codes over them: what LZH and LZX are written in.
//!
//! Both give only the lengths of the codes; the codes follow from them, shorter ones first and those of one length
//! in the order of their symbols.

/// A cursor over bits.
#[derive(Clone, Debug)]
pub struct Bits<'a> {
    bytes: &'a [u8],
    /// How many of the bytes are held or read.
    at: usize,
    order: Order,
    /// The next bits, at the low end.
    hold: u64,
    held: u32,
    /// How many of the held bits are not of the source.
    beyond: u32,
}

/// How bytes become bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Byte after byte.
    Bytes,
    /// Two bytes at a time, the second one first.
    Words,
}

/// The longest code.
const LONGEST: usize = 16;

impl<'a> Bits<'a> {
    /// A cursor at the first bit.
    pub fn new(bytes: &'a [u8], order: Order) -> Self {
        Self { bytes, at: 0, order, hold: 0, held: 0, beyond: 0 }
    }

    /// The next `count` bits, at most 16; zeros stand for what is past the end.
    pub fn peek(&mut self, count: u32) -> u32 {
        while self.held < count {
            self.fill();
        }
        let mask = (1u64 << count) - 1;
        u32::try_from((self.hold >> (self.held - count)) & mask).unwrap_or_default()
    }

    /// The next `count` bits, at most 16.
    pub fn take(&mut self, count: u32) -> Option<u32> {
        let bits = self.peek(count);
        self.held -= count;
        (self.held >= self.beyond).then_some(bits)
    }

    /// Steps to the next whole word, over at least one bit. Only of use for [`Order::Words`].
    pub fn align(&mut self) {
        let padding = if self.held.is_multiple_of(16) { 16 } else { self.held % 16 };
        self.take(padding);
        self.take_bytes(0);
    }

    /// The next `length` bytes, or as many as there are, where a whole word begins.
    pub fn take_bytes(&mut self, length: usize) -> &'a [u8] {
        // Words that were only peeked at are given back.
        let words = usize::try_from(self.held.saturating_sub(self.beyond) / 16).unwrap_or_default();
        self.at = self.at.saturating_sub(words * 2);
        (self.hold, self.held, self.beyond) = (0, 0, 0);
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = rest.get(..length).unwrap_or(rest);
        self.at += taken.len();
        taken
    }

    fn fill(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let (high, low) = match (self.order, rest) {
            (Order::Bytes, [high, low, ..]) | (Order::Words, [low, high, ..]) => (*high, *low),
            (Order::Bytes, [high]) => {
                self.beyond += 8;
                (*high, 0)
            }
            (Order::Words, [low]) => (0, *low),
            (_, []) => {
                self.beyond += 16;
                (0, 0)
            }
        };
        self.at += rest.len().min(2);
        self.hold = self.hold << 16 | u64::from(u16::from_be_bytes([high, low]));
        self.held += 16;
    }
}

/// A prefix code.
#[derive(Clone, Debug, Default)]
pub struct Code {
    /// For each length from 1: the first value of 16 bits that begins a longer code, and where the symbols of this
    /// length end in `symbols`.
    ends: [(u32, usize); LONGEST],
    /// The symbols, those of shorter codes first.
    symbols: Vec<u16>,
    /// Whether there is one symbol and it takes no bits.
    is_single: bool,
}

impl Code {
    /// The code of these lengths; 0 is for symbols without a code. `None` where a length is above 16 or there are
    /// more codes than fit. Codes that nobody bears are allowed, and fail when one comes.
    pub fn new(lengths: &[u8]) -> Option<Self> {
        let mut code = Self::default();
        let mut first = 0u32;
        for (length, end) in (1u8..).zip(&mut code.ends) {
            let of_length = lengths.iter().zip(0u16..).filter(|(found, _)| **found == length);
            let before = code.symbols.len();
            code.symbols.extend(of_length.map(|(_, symbol)| symbol));
            let count = u32::try_from(code.symbols.len() - before).ok()?;
            first = first.checked_add(count << (16 - u32::from(length)))?;
            if first > 1 << 16 {
                return None;
            }
            *end = (first, code.symbols.len());
        }
        let is_known = lengths.iter().all(|length| usize::from(*length) <= LONGEST);
        is_known.then_some(code)
    }

    /// The code of one symbol that takes no bits.
    pub fn single(symbol: u16) -> Self {
        Self { symbols: [symbol].into(), is_single: true, ..Self::default() }
    }

    /// Reads one symbol.
    pub fn read(&self, bits: &mut Bits<'_>) -> Option<u16> {
        if self.is_single {
            return self.symbols.first().copied();
        }
        let next = bits.peek(16);
        let mut length = 0;
        let (end, place) = self.ends.iter().find(|(end, _)| {
            length += 1;
            next < *end
        })?;
        bits.take(length)?;
        let behind = usize::try_from((end - 1 - next) >> (16 - length)).ok()?;
        self.symbols.get(place.checked_sub(behind + 1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_highest_first_and_end_with_the_source() {
        let mut bits = Bits::new(&[0b1010_0000, 0xff, 0x80], Order::Bytes);
        assert_eq!((bits.take(3), bits.peek(5), bits.take(5)), (Some(5), 0, Some(0)));
        assert_eq!((bits.take(16), bits.peek(4), bits.take(1)), (Some(0xff80), 0, None));
        let mut bits = Bits::new(&[0x34, 0x12, 0x78, 0x56, 1, 2], Order::Words);
        assert_eq!((bits.take(8), bits.take(16)), (Some(0x12), Some(0x3456)));
        bits.align();
        assert_eq!((bits.take_bytes(1), bits.take(16), bits.take(1)), (&[1][..], Some(2), None));
    }

    #[test]
    fn a_whole_word_is_stepped_over_where_bits_end_with_one() {
        let bits = || Bits::new(&[1, 2, 3, 4, 5, 6], Order::Words);
        for (before, ahead, rest) in [(16, 0, [5, 6]), (9, 16, [3, 4]), (16, 16, [5, 6]), (0, 0, [3, 4])] {
            let mut bits = bits();
            assert!(bits.take(before).is_some());
            bits.peek(ahead);
            bits.align();
            assert_eq!(bits.take_bytes(2), rest, "{before} {ahead}");
        }
    }

    #[test]
    fn codes_follow_from_their_lengths() {
        let code = Code::new(&[2, 0, 1, 3, 3]).unwrap();
        let mut bits = Bits::new(&[0b0101_1011, 0b1000_0000], Order::Bytes);
        let read: Vec<_> = (0..4).map(|_| code.read(&mut bits).unwrap()).collect();
        assert_eq!(read, [2, 0, 3, 4]);
        assert_eq!(Code::single(7).read(&mut Bits::new(&[], Order::Bytes)), Some(7));
    }

    #[test]
    fn codes_that_do_not_fit_are_refused_and_unborne_ones_fail() {
        assert!(Code::new(&[1, 1, 1]).is_none());
        assert!(Code::new(&[17]).is_none());
        let code = Code::new(&[2]).unwrap();
        assert_eq!(code.read(&mut Bits::new(&[0b0100_0000, 0], Order::Bytes)), None);
        assert_eq!(Code::new(&[0, 0]).unwrap().read(&mut Bits::new(&[0, 0], Order::Bytes)), None);
        assert_eq!(Code::new(&[1, 1]).unwrap().read(&mut Bits::new(&[], Order::Bytes)), None);
    }
}
