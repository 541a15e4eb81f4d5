//! RC4, the stream cipher of old PDF files.

/// Encrypts or decrypts: the cipher is its own reverse.
pub(super) fn apply(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut state: [u8; 256] = std::array::from_fn(|at| u8::try_from(at).unwrap_or_default());
    if key.is_empty() {
        return data.to_vec();
    }
    let mut other = 0u8;
    for (at, key) in (0..=255u8).zip(key.iter().cycle()) {
        other = other.wrapping_add(byte(&state, at)).wrapping_add(*key);
        state.swap(usize::from(at), usize::from(other));
    }
    let (mut at, mut other) = (0u8, 0u8);
    let step = |byte_in: &u8| {
        at = at.wrapping_add(1);
        other = other.wrapping_add(byte(&state, at));
        state.swap(usize::from(at), usize::from(other));
        byte_in ^ byte(&state, byte(&state, at).wrapping_add(byte(&state, other)))
    };
    data.iter().map(step).collect()
}

fn byte(state: &[u8; 256], at: u8) -> u8 {
    state.get(usize::from(at)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6229: the key of five bytes.
    #[test]
    fn the_stream_of_rfc_6229() {
        let want =
            [0xb2, 0x39, 0x63, 0x05, 0xf0, 0x3d, 0xc0, 0x27, 0xcc, 0xc3, 0x52, 0x4a, 0x0a, 0x11, 0x18, 0xa8];
        assert_eq!(apply(&[1, 2, 3, 4, 5], &[0; 16]), want);
        assert_eq!(apply(b"", b"as it is"), b"as it is");
    }
}
