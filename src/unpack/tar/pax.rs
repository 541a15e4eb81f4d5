//! PAX records (POSIX.1-2001 pax, "Extended Header"): `length keyword=value`, of which those that tell where data end
//! and what they are called are read.

use super::sparse::Piece;
use crate::bytes::Reader;

/// What the records say of the member behind them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pax {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    /// The map of a sparse file (GNU 0.0 and 0.1).
    pub(super) pieces: Vec<Piece>,
    /// Whether the map stands before the data instead (GNU 1.0).
    pub(super) has_map_inside: bool,
    /// The size of a sparse file with its holes.
    pub(super) real_size: Option<u64>,
    /// Whether not all bytes were records.
    pub(super) is_broken: bool,
    /// Where the next piece of a 0.0 map begins.
    offset: u64,
}

impl Pax {
    /// Takes in the records.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((record, after)) = record(rest) {
            rest = after;
            let mut halves = record.splitn(2, |byte| *byte == b'=');
            let (keyword, value) = (halves.next().unwrap_or_default(), halves.next());
            match value {
                Some(value) => self.take(keyword, value),
                None => self.is_broken = true,
            }
        }
        self.is_broken |= rest.iter().any(|byte| *byte != 0);
    }

    fn take(&mut self, keyword: &[u8], value: &[u8]) {
        match keyword {
            b"path" | b"GNU.sparse.name" => self.path = Some(value.to_vec()),
            b"linkpath" => self.link = Some(value.to_vec()),
            b"size" => self.size = decimal(value),
            b"GNU.sparse.size" | b"GNU.sparse.realsize" => self.real_size = decimal(value),
            b"GNU.sparse.major" => self.has_map_inside = value == b"1",
            b"GNU.sparse.offset" => self.offset = decimal(value).unwrap_or_default(),
            b"GNU.sparse.numbytes" => {
                let length = decimal(value).unwrap_or_default();
                self.pieces.push(Piece { at: self.offset, length });
            }
            b"GNU.sparse.map" => {
                let numbers: Vec<u64> =
                    value.split(|byte| *byte == b',').map(|word| decimal(word).unwrap_or_default()).collect();
                let (pairs, _) = numbers.as_chunks();
                self.pieces = pairs.iter().map(|[at, length]| Piece { at: *at, length: *length }).collect();
            }
            _ => {}
        }
    }
}

/// The first record without its length and line feed, and what follows it.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let digits = bytes.iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
    let length = decimal(bytes.get(..digits)?).and_then(|length| usize::try_from(length).ok())?;
    let mut reader = Reader::new(bytes);
    let record = reader.take(length)?.get(digits..)?.strip_prefix(b" ")?;
    Some((record.strip_suffix(b"\n").unwrap_or(record), reader.rest()))
}

/// A decimal number.
pub(super) fn decimal(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.trim().parse().ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Records with their lengths.
    pub(in super::super) fn records(pairs: &[(&str, &str)]) -> Vec<u8> {
        let record = |(keyword, value): &(&str, &str)| {
            let body = format!(" {keyword}={value}\n");
            let digits = (body.len() + 1).to_string().len();
            let digits = (body.len() + digits).to_string().len();
            format!("{}{body}", body.len() + digits).into_bytes()
        };
        pairs.iter().flat_map(record).collect()
    }

    fn read(bytes: &[u8]) -> Pax {
        let mut pax = Pax::default();
        pax.read(bytes);
        pax
    }

    #[test]
    fn records_are_read_and_what_is_none_is_told() {
        let written =
            records(&[("path", "請求書.xls"), ("size", "123"), ("linkpath", "/a=b/c"), ("x.y", "")]);
        let pax = read(&[written, b"\0\0".to_vec()].concat());
        assert_eq!(pax.path.as_deref(), Some("請求書.xls".as_bytes()));
        assert_eq!((pax.size, pax.link.as_deref()), (Some(123), Some(&b"/a=b/c"[..])));
        assert!(!pax.is_broken);
        let broken: [&[u8]; 5] =
            [b"99 path=x\n", b"0 x=y\n", b"path=x\n", b"6 xyz\n", b"99999999999999999999999 a=b\n"];
        for broken in broken {
            assert!(read(broken).is_broken, "{broken:?}");
        }
    }

    #[test]
    fn maps_of_both_versions_are_read() {
        let pieces = [Piece { at: 1, length: 2 }, Piece { at: 5, length: 6 }];
        assert_eq!(read(&records(&[("GNU.sparse.map", "1,2,5,6")])).pieces, pieces);
        let single = [("offset", "1"), ("numbytes", "2"), ("offset", "5"), ("numbytes", "6")]
            .map(|(word, value)| (format!("GNU.sparse.{word}"), value));
        let single: Vec<_> = single.iter().map(|(word, value)| (word.as_str(), *value)).collect();
        assert_eq!(read(&records(&single)).pieces, pieces);
    }
}
