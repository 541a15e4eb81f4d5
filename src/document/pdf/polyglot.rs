//! Other files in a PDF: a web archive, which Word opens the file as, and a page before the header, which a browser shows
//! where the name of the file says so.

use crate::kind::Kind;

use memchr::{memchr2_iter, memmem};

/// Whether a page begins before the header of the PDF (ISO 32000-1 Annex H, note 13: it may stand within the first
/// 1024 bytes).
pub(super) fn is_page(bytes: &[u8]) -> bool {
    let header = memmem::find(bytes, b"%PDF-").and_then(|at| bytes.get(..at));
    header.is_some_and(|before| Kind::of("", before).id == "html")
}

/// How far behind `MIME-Version:` the type of the content must stand.
const NEAR: usize = 4096;

/// The message in the bytes, from the first line of its header on.
pub(super) fn message(bytes: &[u8]) -> Option<&[u8]> {
    const FIELD: &[u8] = b"mime-version:";
    let at = memchr2_iter(b'm', b'M', bytes).find(|at| {
        let field = bytes.get(*at..at + FIELD.len());
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        field.is_some_and(|field| field.eq_ignore_ascii_case(FIELD))
            && before.is_none_or(|byte| matches!(byte, b'\r' | b'\n'))
            && has_type(bytes.get(*at..at + NEAR).or(bytes.get(*at..)).unwrap_or_default())
    })?;
    bytes.get(header_start(bytes, at)..)
}

fn has_type(bytes: &[u8]) -> bool {
    memmem::find(&bytes.to_ascii_lowercase(), b"content-type:").is_some()
}

/// The first of the header lines that stand right before `at`.
fn header_start(bytes: &[u8], at: usize) -> usize {
    let mut start = at;
    for _ in 0..64 {
        let before = bytes.get(..start.saturating_sub(1)).unwrap_or_default();
        let before = before.strip_suffix(b"\r").unwrap_or(before);
        let line = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
        let is_field = before.get(line..).is_some_and(|line| {
            let name = line.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
            name > 0 && line.get(name) == Some(&b':')
        });
        if !is_field || line >= start {
            break;
        }
        start = line;
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_before_the_header_is_told() {
        assert!(is_page(b"<html><script>location = 'https://a.example/'</script><!--\n%PDF-1.4\n1 0 obj"));
        assert!(!is_page(b"%PDF-1.4\n<html>") && !is_page(b"junk\n%PDF-1.4") && !is_page(b"<html>"));
    }

    #[test]
    fn the_header_is_found_with_its_first_line() {
        let mail = &b"From: a\r\nmime-VERSION: 1.0\r\nContent-Type: multipart/related\r\n\r\nx"[..];
        let file = [&b"%PDF-1.4\n1 0 obj\n<<>>\n"[..], mail].concat();
        assert_eq!(message(&file), Some(mail));
        for no in
            [&b"%PDF (MIME-Version: 1.0 Content-Type: x)"[..], b"\nMIME-Version: 1.0", b"MIME-Version", b"m"]
        {
            assert_eq!(message(no), None);
        }
    }
}
