//! What an LZ77 decoder made so far, to copy from and to hand out.

/// The bytes made, as far back as copies may reach.
#[derive(Clone, Debug)]
pub struct History {
    made: Vec<u8>,
    /// How far back copies may reach.
    reach: usize,
    /// How much of `made` was handed out or was there from the beginning.
    given: usize,
}

impl History {
    /// A history that begins with bytes nobody wrote; copies may reach as far back as these.
    pub fn new(before: Vec<u8>) -> Self {
        Self { reach: before.len(), given: before.len(), made: before }
    }

    /// An empty history; copies may reach `reach` bytes back.
    pub fn empty(reach: usize) -> Self {
        Self { made: Vec::new(), reach, given: 0 }
    }

    /// How many bytes wait to be handed out.
    pub fn waiting(&self) -> usize {
        self.made.len() - self.given
    }

    /// Adds one byte.
    pub fn push(&mut self, byte: u8) {
        self.made.push(byte);
    }

    /// Adds bytes.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.made.extend_from_slice(bytes);
    }

    /// Adds `length` bytes from `distance` bytes back; they may be among those being added.
    pub fn copy(&mut self, distance: usize, mut length: usize) -> Option<()> {
        if distance > self.reach {
            return None;
        }
        let from = self.made.len().checked_sub(distance).filter(|_| distance > 0)?;
        while length > 0 {
            let run = length.min(self.made.len() - from);
            self.made.extend_from_within(from..from + run);
            length -= run;
        }
        Some(())
    }

    /// The next bytes that wait, at most `length`.
    pub fn give(&mut self, length: usize) -> &[u8] {
        if self.given > self.reach * 2 + SPARE {
            self.made.drain(..self.given - self.reach);
            self.given = self.reach;
        }
        let from = self.given;
        self.given += length.min(self.waiting());
        self.made.get(from..self.given).unwrap_or_default()
    }
}

/// How much more than what copies reach is kept before it is dropped, so that this is not done all the time.
const SPARE: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_reach_back_and_into_themselves() {
        let mut history = History::new(b"    ".to_vec());
        history.extend(b"ab");
        assert_eq!((history.copy(2, 5), history.copy(4, 1)), (Some(()), Some(())));
        assert_eq!((history.copy(5, 1), history.copy(0, 1)), (None, None));
        assert_eq!(history.give(99), b"abababab"[..7].iter().chain(b"b").copied().collect::<Vec<_>>());
        assert_eq!(history.waiting(), 0);
    }

    #[test]
    fn what_no_copy_reaches_is_dropped() {
        let mut history = History::new(b"12345678".to_vec());
        for round in 0..SPARE {
            history.extend(&[round.to_le_bytes()[0]; 4]);
            history.copy(8, 4).unwrap();
            assert_eq!(history.give(99).len(), 8);
            assert!(history.made.len() <= SPARE + 8 * 4);
        }
    }
}
