//! Files embedded by the Packager: the `\x01Ole10Native` stream (MS-OLEDS 2.3.6) and the package in it, which is
//! in no specification: label, file name, path, data, and then the three names once more in UTF-16.

use crate::artifact::{Child, Damage, Fact};
use crate::bytes::Reader;
use crate::kind::extension;
use crate::text;

/// What an `\x01Ole10Native` stream holds: the packaged file under its own name, or the bare data of another kind of
/// object under the stream's.
pub(super) fn child(path: &str, stream: &[u8]) -> Option<Child> {
    let mut reader = Reader::new(stream);
    let length = usize::try_from(reader.u32()?).ok()?;
    let data = reader.take_up_to(length);
    Some(match package(data) {
        Some(package) => package.child(),
        None if linked(data).is_some() => {
            let target = linked(data).map(text::guess).unwrap_or_default();
            let link = Fact::External { relation: "package-link".into(), target };
            Child::new(path, "stream", data.to_vec()).with(link)
        }
        None => Child::new(path, "stream", data.to_vec()),
    })
}

/// The packaged file in the native data of an OLE 1.0 object, which begin as those of the stream do behind its length;
/// some writers put the length there too.
pub(super) fn packaged(native: &[u8]) -> Option<Child> {
    let behind = native.get(4..).filter(|rest| rest.starts_with(b"\x02\0"));
    let found = package(native).filter(|found| behind.is_none() || !found.cut);
    found.or_else(|| package(behind?)).map(Package::child)
}

struct Package<'a> {
    label: String,
    file: String,
    data: &'a [u8],
    cut: bool,
}

/// Reads a package. The two numbers that stand around the names have one value in all that Office writes; they are
/// not looked at, for it does not look at them either.
fn package(native: &[u8]) -> Option<Package<'_>> {
    let mut reader = Reader::new(native);
    reader.skip(2)?;
    let (label, file) = (string(&mut reader)?, string(&mut reader)?);
    reader.skip(4)?;
    let path = usize::try_from(reader.u32()?).ok()?;
    let path = text::guess(reader.take(path)?);
    let length = usize::try_from(reader.u32()?).ok()?;
    let data = reader.take_up_to(length);
    let wide = [wide(&mut reader), wide(&mut reader), wide(&mut reader)];
    let [_, wide_label, wide_file] = wide;
    let label = wide_label.unwrap_or_else(|| text::guess(label));
    let file = wide_file.unwrap_or_else(|| text::guess(file));
    Some(Package {
        file: if is_icon(&file, &label, &path) { String::new() } else { file },
        label,
        cut: data.len() < length,
        data,
    })
}

/// Whether the file name is that of the picture instead, which early versions of the Packager take out of a library of
/// Windows: the label and the path agree on another extension. No library starts by its name alone.
fn is_icon(file: &str, label: &str, path: &str) -> bool {
    let lower = file.to_ascii_lowercase();
    let is_library =
        lower.contains("\\system") && [".dll", ".icl", ".ico"].iter().any(|end| lower.ends_with(end));
    let own = extension(path.trim_end_matches('\0'));
    is_library && !own.is_empty() && own == extension(label) && own != extension(file)
}

/// The path of a package that holds a link to a file: behind its names stand the number one, twice, and the path.
fn linked(native: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(native);
    reader.skip(2)?;
    string(&mut reader)?;
    string(&mut reader)?;
    reader.skip(2)?;
    let is_link = (reader.u16()?, reader.u16()?) == (1, 1);
    string(&mut reader).filter(|path| is_link && !path.is_empty())
}

impl Package<'_> {
    /// The file under the name it is started by; the label, which the reader sees, is the other name.
    fn child(self) -> Child {
        let base = self.file.rsplit(['\\', '/']).next().unwrap_or_default();
        // A short name of the same extension says less than the label does.
        let is_short = base.contains('~') && extension(base) == extension(&self.label);
        let (name, other) = if base.is_empty() || is_short {
            (self.label.as_str(), base)
        } else {
            (base, self.label.as_str())
        };
        let mut child = Child::new(name, "ole-package", self.data.to_vec());
        if !other.is_empty() && other != name {
            child = child.with(Fact::OtherName(other.into()));
        }
        if self.cut {
            let detail = "the packaged file is longer than its stream".into();
            child.damage.push(Damage { what: "ole-package-cut", detail });
        }
        child
    }
}

/// A zero-terminated string.
fn string<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = memchr::memchr(0, reader.rest())?;
    let text = reader.take(length)?;
    reader.skip(1)?;
    Some(text)
}

/// A UTF-16 string after its count of characters.
fn wide(reader: &mut Reader) -> Option<String> {
    let mut ahead = *reader;
    let length = usize::try_from(ahead.u32()?).ok()?.checked_mul(2)?;
    let units = ahead.take(length)?.as_chunks::<2>().0;
    *reader = ahead;
    let text = char::decode_utf16(units.iter().copied().map(u16::from_le_bytes));
    let text: String = text.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Some(text.trim_end_matches('\0').to_string()).filter(|text| !text.is_empty())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A package stream as Office writes it.
    pub(in crate::document) fn write(label: &[u8], file: &[u8], data: &[u8], wide: &[&str]) -> Vec<u8> {
        let mut native = vec![2, 0];
        for text in [label, file] {
            native.extend(text);
            native.push(0);
        }
        native.extend([0, 0, 3, 0]);
        let path = b"C:\\Temp\\x.tmp\0";
        native.extend(u32::try_from(path.len()).unwrap().to_le_bytes());
        native.extend(path);
        native.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        native.extend(data);
        for text in wide {
            let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            native.extend(u32::try_from(units.len() / 2).unwrap().to_le_bytes());
            native.extend(units);
        }
        [u32::try_from(native.len()).unwrap().to_le_bytes().to_vec(), native].concat()
    }

    #[test]
    fn a_package_is_the_file_it_holds() {
        let stream = write(b"Invoice.pdf", b"C:\\x\\invoice.js", b"var a;", &[]);
        let found = child("Native", &stream).unwrap();
        assert_eq!(
            (found.name.as_str(), found.via, found.bytes.as_slice()),
            ("invoice.js", "ole-package", &b"var a;"[..])
        );
        assert_eq!(found.facts, [Fact::OtherName("Invoice.pdf".into())]);
    }

    #[test]
    fn a_package_may_be_a_link() {
        let native = b"\x02\0calc.exe\0C:\\x\\calc.exe\0\0\0\x01\0\x01\0C:\\x\\calc.exe\0\0";
        let stream = [u32::try_from(native.len()).unwrap().to_le_bytes().as_slice(), native].concat();
        let link = Fact::External { relation: "package-link".into(), target: "C:\\x\\calc.exe".into() };
        assert_eq!(child("Native", &stream).unwrap().facts, [link]);
    }

    #[test]
    fn a_short_name_gives_way_to_its_label() {
        let found = child("x", &write(b"c.xls.zip", b"C:\\CXLS~1.ZIP", b"PK", &[])).unwrap();
        assert_eq!(
            (found.name.as_str(), &found.facts[..]),
            ("c.xls.zip", &[Fact::OtherName("CXLS~1.ZIP".into())][..])
        );
        assert_eq!(child("x", &write(b"a.pdf", b"A~1.EXE", b"MZ", &[])).unwrap().name, "A~1.EXE");
    }

    #[test]
    fn a_library_that_holds_the_icon_names_nothing() {
        let stream = |label: &[u8], path: &str| {
            let mut native = [b"\x02\0", label, b"\0C:\\WINNT\\system32\\SHELL32.DLL\0\0\0\x03\0"].concat();
            native.extend(u32::try_from(path.len() + 1).unwrap().to_le_bytes());
            native.extend([path.as_bytes(), b"\0\x04\0\0\0%PDF"].concat());
            [u32::try_from(native.len()).unwrap().to_le_bytes().to_vec(), native].concat()
        };
        let found = child("x", &stream(b"Price list.pdf", "C:\\Temp\\PRICEL~1.PDF")).unwrap();
        assert_eq!((found.name.as_str(), found.facts.len()), ("Price list.pdf", 0));
        let other = child("x", &stream(b"Price list.pdf", "C:\\Temp\\PRICEL~1.EXE")).unwrap();
        assert_eq!(other.name, "SHELL32.DLL");
        assert_eq!(child("x", &stream(b"a.js", "C:\\Temp\\a.js")).unwrap().name, "a.js");
    }

    #[test]
    fn names_in_utf16_go_before_others() {
        let stream = write(b"??.vbs", b"??.vbs", b"x", &["C:\\Temp\\請求書.vbs", "請求書.vbs", "請求書.vbs"]);
        let found = child("Native", &stream).unwrap();
        assert_eq!((found.name.as_str(), found.facts.len()), ("請求書.vbs", 0));
    }

    #[test]
    fn other_objects_are_their_data() {
        let found = child("A/\u{1}Ole10Native", b"\x03\0\0\0BMx").unwrap();
        assert_eq!(
            (found.name.as_str(), found.via, found.bytes.as_slice()),
            ("A/\u{1}Ole10Native", "stream", &b"BMx"[..])
        );
    }

    #[test]
    fn no_cut_panics_and_a_cut_file_keeps_its_head() {
        let stream = write(b"a.exe", b"a.exe", b"0123456789", &["p", "l", "f"]);
        for length in 0..stream.len() {
            let _cut = child("x", &stream[..length]);
        }
        let cut = child("x", &stream[..stream.len() - 25]).unwrap();
        assert_eq!((cut.bytes.len(), cut.damage.len()), (3, 1));
    }
}
