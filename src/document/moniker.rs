//! Monikers in the `\x01Ole` stream of linked objects (MS-OLEDS 2.3.3): what the object is loaded from.
//!
//! A moniker is its class and its own data (MS-OSHARED 2.3.7). They are looked for by class wherever they stand, so that
//! monikers within monikers and streams with wrong lengths are read alike. Left out: items, pointers and everything
//! else that only leads on within a file.

use crate::artifact::Fact;
use crate::bytes::Reader;
use crate::text;

/// What monikers of a stream lead to.
pub(super) fn facts(stream: &[u8]) -> Vec<Fact> {
    let mut found = Vec::new();
    for at in 0..stream.len().min(MOST_BYTES) {
        let Some(class) = stream.get(at..at + 16) else { break };
        let Some((_, relation, layout)) = MONIKERS.iter().find(|(known, ..)| *known == class) else {
            continue;
        };
        let data = stream.get(at + 16..).unwrap_or_default();
        let target = match layout {
            Layout::Url => url(data),
            Layout::File => file(data),
            Layout::Other => texts(data),
        };
        let fact = Fact::External { relation: (*relation).into(), target: target.unwrap_or_default() };
        if found.len() < MOST && !found.contains(&fact) {
            found.push(fact);
        }
    }
    found
}

/// Bytes of a stream that are searched, and monikers that are told of.
const MOST_BYTES: usize = 1 << 20;
const MOST: usize = 16;
/// Bytes of a target that are kept.
const LONGEST: usize = 4096;

/// How the data behind a class are laid out.
#[derive(Clone, Copy)]
enum Layout {
    /// A length and UTF-16.
    Url,
    /// A path in a code page, then perhaps in UTF-16.
    File,
    /// Unknown: the first text in it is told.
    Other,
}

/// Classes as their bytes stand, the relation that is told, and the layout.
const MONIKERS: &[([u8; 16], &str, Layout)] = &[
    (*b"\xe0\xc9\xea\x79\xf9\xba\xce\x11\x8c\x82\x00\xaa\x00\x4b\xa9\x0b", "moniker", Layout::Url),
    (*b"\x03\x03\0\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", "moniker-file", Layout::File),
    (*b"\xd3\x3b\x29\x06\xaa\x48\xd2\x11\x84\x32\x00\x60\x08\xc3\xfb\xfc", "moniker-script", Layout::Other),
    (*b"\xd2\x3b\x29\x06\xaa\x48\xd2\x11\x84\x32\x00\x60\x08\xc3\xfb\xfc", "moniker-script", Layout::Other),
    (*b"\xc7\xb0\xab\xec\x19\x7f\xd2\x11\x97\x8e\x00\x00\xf8\x75\x7e\x2a", "moniker-soap", Layout::Other),
    (*b"\xc6\xaf\xab\xec\x19\x7f\xd2\x11\x97\x8e\x00\x00\xf8\x75\x7e\x2a", "moniker-new", Layout::Other),
    (*b"\xd8\xf4\x50\x30\xb5\x98\xcf\x11\xbb\x82\x00\xaa\x00\xbd\xce\x0b", "moniker-hta", Layout::Other),
];

/// MS-OSHARED 2.3.7.6: a length in bytes, and a zero-terminated URL in UTF-16.
fn url(data: &[u8]) -> Option<String> {
    let mut reader = Reader::new(data);
    let length = usize::try_from(reader.u32()?).ok()?;
    let units = reader.take_up_to(length.min(LONGEST));
    let url = wide(units);
    if url.is_empty() { texts(data) } else { Some(url) }
}

/// MS-OSHARED 2.3.7.8: levels to go up, a path in a code page, and perhaps the same in UTF-16.
fn file(data: &[u8]) -> Option<String> {
    let mut reader = Reader::new(data);
    let up = reader.u16()?;
    let length = usize::try_from(reader.u32()?).ok()?;
    let narrow = reader.take_up_to(length.min(LONGEST));
    let narrow = narrow.split(|byte| *byte == 0).next().unwrap_or_default();
    let path = (|| {
        reader.skip(2 + 2 + 20)?;
        let size = reader.u32().filter(|size| *size > 6)?;
        let bytes = reader.u32().filter(|bytes| *bytes < size)?;
        reader.skip(2)?;
        Some(wide(reader.take_up_to(usize::try_from(bytes).ok()?.min(LONGEST))))
    })();
    let path = path.filter(|path| !path.is_empty()).unwrap_or_else(|| text::guess(narrow));
    Some("..\\".repeat(usize::from(up.min(8))) + &path)
}

/// UTF-16 up to its zero.
fn wide(bytes: &[u8]) -> String {
    let units =
        bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)).take_while(|unit| *unit != 0);
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The first run of some letters near the start, one or two bytes each.
fn texts(data: &[u8]) -> Option<String> {
    let near = data.get(..LONGEST).unwrap_or(data);
    let is_text = |byte: &u8| (b' '..=b'~').contains(byte);
    let narrow = near.split(|byte| !is_text(byte)).find(|run| run.len() >= LEAST);
    let wide = (0..near.len()).find_map(|at| {
        let units =
            near.get(at..)?.as_chunks::<2>().0.iter().take_while(|[low, high]| is_text(low) && *high == 0);
        let run: String = units.map(|[low, _]| char::from(*low)).collect();
        (run.len() >= LEAST).then_some(run)
    });
    wide.or_else(|| narrow.map(|run| String::from_utf8_lossy(run).into_owned()))
}

/// Letters that are a text.
const LEAST: usize = 6;

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The moniker of a URL.
    pub(in crate::document) fn of_url(url: &str) -> Vec<u8> {
        let text: Vec<u8> = url.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        let length = u32::try_from(text.len()).unwrap().to_le_bytes();
        [&MONIKERS[0].0[..], &length, &text].concat()
    }

    fn of_file(path: &[u8], wide: &str) -> Vec<u8> {
        let length = u32::try_from(path.len() + 1).unwrap().to_le_bytes();
        let text: Vec<u8> = wide.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let bytes = u32::try_from(text.len()).unwrap();
        let (size, bytes) = ((bytes + 6).to_le_bytes(), bytes.to_le_bytes());
        [&MONIKERS[1].0[..], &[0, 0], &length, path, &[0; 25], &size, &bytes, &[3, 0], &text].concat()
    }

    fn found(stream: &[u8]) -> Vec<(String, String)> {
        let each = facts(stream).into_iter().filter_map(|fact| match fact {
            Fact::External { relation, target } => Some((relation, target)),
            _ => None,
        });
        each.collect()
    }

    #[test]
    fn urls_and_files_within_others() {
        let composite = [
            &b"\x09\x03\0\0\0\0\0\0\xc0\0\0\0\0\0\0\x46\x02\0\0\0"[..],
            &of_url("http://a.example/x.hta"),
            &of_file(b"C:\\T\\a.sct", "C:\\Téa\\a.sct"),
        ]
        .concat();
        let stream = [&[1, 0, 0, 2, 9][..], &composite].concat();
        assert_eq!(
            found(&stream),
            [
                ("moniker".to_string(), "http://a.example/x.hta".to_string()),
                ("moniker-file".to_string(), "C:\\Téa\\a.sct".to_string())
            ]
        );
        let soap =
            [&MONIKERS[4].0[..], &[7, 0, 0, 0], &b"w\0s\0d\0l\0=\0h\0t\0t\0p\0:\0/\0/\0a\0\0\0"[..]].concat();
        assert_eq!(found(&soap)[0], ("moniker-soap".to_string(), "wsdl=http://a".to_string()));
        assert_eq!(found(b"nothing of the kind"), []);
    }

    #[test]
    fn cut_or_flipped_it_ends() {
        let whole = [of_url("http://a.example/x"), of_file(b"\\\\a\\b", "")].concat();
        for length in 0..whole.len() {
            facts(&whole[..length]);
        }
        for at in 0..whole.len() {
            let mut bad = whole.clone();
            bad[at] ^= 1 << (at % 8);
            facts(&bad);
        }
        assert!(facts(&whole.repeat(1000)).len() <= MOST);
    }
}
