//! RC4, the stream cipher of old Office documents and PDF files.

/// The cipher; it encrypts and decrypts alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rc4 {
    state: [u8; 256],
    i: u8,
    j: u8,
}

impl Rc4 {
    /// Begins with a key.
    pub fn new(key: &[u8]) -> Self {
        let mut state = [0; 256];
        (0..=255).zip(&mut state).for_each(|(value, place)| *place = value);
        let mut new = Self { state, i: 0, j: 0 };
        let mut j = 0u8;
        for (i, key) in (0..=255u8).zip(key.iter().cycle()) {
            j = j.wrapping_add(new.at(i)).wrapping_add(*key);
            new.state.swap(i.into(), j.into());
        }
        new
    }

    fn at(&self, place: u8) -> u8 {
        self.state.get(usize::from(place)).copied().unwrap_or_default()
    }

    /// The next byte to be combined with the data.
    pub fn step(&mut self) -> u8 {
        self.i = self.i.wrapping_add(1);
        let x = self.at(self.i);
        self.j = self.j.wrapping_add(x);
        let y = self.at(self.j);
        self.state.swap(self.i.into(), self.j.into());
        self.at(x.wrapping_add(y))
    }

    /// Goes on over the next bytes.
    pub fn apply(&mut self, data: &mut [u8]) {
        data.iter_mut().for_each(|byte| *byte ^= self.step());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6229: the key of five bytes.
    #[test]
    fn the_stream_of_rfc_6229() {
        let want =
            [0xb2, 0x39, 0x63, 0x05, 0xf0, 0x3d, 0xc0, 0x27, 0xcc, 0xc3, 0x52, 0x4a, 0x0a, 0x11, 0x18, 0xa8];
        let mut data = [0; 16];
        let mut cipher = Rc4::new(&[1, 2, 3, 4, 5]);
        let (head, tail) = data.split_at_mut(5);
        cipher.apply(head);
        cipher.apply(tail);
        assert_eq!(data, want);
    }
}
