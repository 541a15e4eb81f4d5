//! A web archive hidden in a PDF: Word opens the file as that, PDF readers show a page.

use memchr::{memchr2_iter, memmem};

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
