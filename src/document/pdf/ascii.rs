//! The two filters that make bytes of letters: `ASCIIHexDecode` (ISO 32000-1 7.4.2) and `ASCII85Decode` (7.4.3).
//! Both make less than they take.

use super::parser::unhex;

/// Up to `>`.
pub(super) fn ascii_hex(letters: &[u8]) -> Vec<u8> {
    let end = memchr::memchr(b'>', letters).unwrap_or(letters.len());
    unhex(letters.get(..end).unwrap_or_default())
}

/// Groups of five letters make four bytes; `z` is four zeros, `~` the end.
pub(super) fn ascii85(letters: &[u8]) -> Vec<u8> {
    let letters = letters.trim_ascii_start();
    let letters = letters.strip_prefix(b"<~").unwrap_or(letters);
    let mut out = Vec::new();
    let mut group = Group::default();
    for letter in letters {
        match letter {
            b'~' => break,
            b'z' if group.count == 0 => out.extend([0; 4]),
            b'!'..=b'u' => {
                group.add(u32::from(letter - b'!'));
                if group.count == 5 {
                    out.extend(std::mem::take(&mut group).value.to_be_bytes());
                }
            }
            _ => {}
        }
    }
    let kept = group.count.saturating_sub(1);
    if kept > 0 {
        while group.count < 5 {
            group.add(84);
        }
        out.extend(group.value.to_be_bytes().get(..kept).unwrap_or_default());
    }
    out
}

#[derive(Default)]
struct Group {
    value: u32,
    count: usize,
}

impl Group {
    fn add(&mut self, digit: u32) {
        self.value = self.value.wrapping_mul(85).wrapping_add(digit);
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The letters are those of Python's `base64.a85encode`.
    #[test]
    fn letters_become_bytes() {
        assert_eq!(ascii85(b"z87cURD]j7BEbo7~>xx"), b"\0\0\0\0Hello world"[..15].to_vec());
        assert_eq!(ascii85(b"87cUR\nD]j7BEbo80"), b"Hello world!");
        assert_eq!(ascii85(b"5~>"), b"");
        assert_eq!(ascii85(b""), b"");
        assert_eq!(ascii_hex(b"4 8 6\n9 7>41"), b"Hip");
    }
}
