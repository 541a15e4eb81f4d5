//! A request of the olefy protocol: `OLEFY/1.0`, headers, an empty line, the file.

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// Whether somebody is there.
    Ping,
    /// To look for macros.
    File {
        /// What rspamd calls its task.
        id: &'a [u8],
        /// The file.
        bytes: &'a [u8],
    },
    /// Not this protocol.
    Malformed,
}

/// The most bytes before the file.
pub const HEAD: u64 = 4096;

/// Reads a request.
pub fn split(request: &[u8]) -> Request<'_> {
    if request.starts_with(b"PING") {
        return Request::Ping;
    }
    let head = request.get(..usize::try_from(HEAD).unwrap_or(0)).unwrap_or(request);
    let Some(end) = memchr::memmem::find(head, b"\n\n") else { return Request::Malformed };
    let (head, bytes) = (head.get(..end).unwrap_or_default(), request.get(end + 2..).unwrap_or_default());
    let mut lines = head.split(|byte| *byte == b'\n');
    if !lines.next().is_some_and(|line| line.starts_with(b"OLEFY/1")) {
        return Request::Malformed;
    }
    let mut values = lines.filter_map(|line| line.strip_prefix(b"Rspamd-ID: "));
    Request::File { id: values.next().unwrap_or_default(), bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_split() {
        let whole = b"OLEFY/1.0\nMethod: oletools\nRspamd-ID: ab12\n\n\xd0\xcf\n\nrest";
        assert_eq!(split(whole), Request::File { id: b"ab12", bytes: b"\xd0\xcf\n\nrest" });
        assert_eq!(split(b"OLEFY/1.0\n\n"), Request::File { id: b"", bytes: b"" });
        assert_eq!(split(b"PING\n"), Request::Ping);
        for bad in [&b""[..], b"GET / HTTP/1.0\n\n", b"OLEFY/1.0\nMethod: oletools\n", &[b'x'; 9000]] {
            assert_eq!(split(bad), Request::Malformed);
        }
        for cut in 0..whole.len() {
            let _answered = split(&whole[..cut]);
        }
    }
}
