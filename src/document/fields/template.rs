//! The template a Word 97 document is attached to: the second text of the `SttbfAssoc` in the table stream (MS-DOC
//! 2.9.277), whose place the header of the document tells.

use crate::artifact::Fact;
use crate::bytes::Reader;

/// Where the header says which table stream it means, and where in it the texts stand (MS-DOC 2.5.2, 2.5.6).
const FLAGS: usize = 0x0a;
const SECOND_TABLE: u16 = 0x0200;
const PLACE: usize = 0x19a;

/// The name of the table stream that a document uses.
pub(super) fn table_name(document: &[u8]) -> &'static str {
    let flags = Reader::at(document, FLAGS).and_then(|mut reader| reader.u16()).unwrap_or_default();
    if flags & SECOND_TABLE == 0 { "0Table" } else { "1Table" }
}

/// The template, where it lies on a server.
pub(super) fn template(document: &[u8], table: &[u8]) -> Option<Fact> {
    let mut header = Reader::at(document, PLACE)?;
    let (at, length) = (usize::try_from(header.u32()?).ok()?, usize::try_from(header.u32()?).ok()?);
    let mut texts = Reader::new(Reader::at(table, at)?.take_up_to(length));
    // The texts are of sixteen bits, at least two of them, without further data.
    let (wide, count, extra) = (texts.u16()?, texts.u16()?, texts.u16()?);
    if wide != 0xffff || count < 2 || extra != 0 {
        return None;
    }
    text(&mut texts)?;
    let target = text(&mut texts)?;
    let is_server = target.contains("://") || target.starts_with("\\\\");
    is_server.then(|| Fact::External { relation: "attachedTemplate".into(), target })
}

fn text(reader: &mut Reader) -> Option<String> {
    let length = usize::from(reader.u16()?).checked_mul(2)?;
    let (units, _) = reader.take(length)?.as_chunks::<2>();
    let units: Vec<u16> = units.iter().copied().map(u16::from_le_bytes).collect();
    Some(String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(template_name: &str) -> Option<Fact> {
        let mut document = [0; 0x200];
        document[FLAGS + 1] = 2;
        document[PLACE] = 4;
        document[PLACE + 4] = 200;
        let mut table = b"????\xff\xff\x02\0\0\0\0\0".to_vec();
        table.extend(u16::try_from(template_name.len()).unwrap().to_le_bytes());
        table.extend(template_name.encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(table_name(&document), "1Table");
        for length in 0..table.len() {
            template(&document, &table[..length]);
        }
        template(&document, &table)
    }

    #[test]
    fn a_template_on_a_server_is_told() {
        let address = "http://a.example/t.dot";
        let fact = Fact::External { relation: "attachedTemplate".into(), target: address.into() };
        assert_eq!(read(address), Some(fact));
        assert_eq!(read("Normal.dot"), None);
        assert_eq!(read("C:\\t.dot"), None);
        assert_eq!(template(&[0; 100], b""), None);
    }
}
