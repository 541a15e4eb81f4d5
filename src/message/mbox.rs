//! mbox files (RFC 4155 and its relatives) and the folders of Becky! to messages, one at a time; a mailbox of gigabytes
//! never sits in memory.
//!
//! A separator is a line `From ` with a plausible date that stands at the start of the file or after an empty line.
//! Both are asked for, because bodies hold lines that begin with `From ` and not every program quotes them.
//! Quoted lines (`>From `, mboxrd) lose one sign. `Content-Length` (mboxcl) is not believed: it is wrong after every
//! edit, and a wrong one hides messages.
//!
//! A folder of Becky! (`.bmf`) is known by the field `X-Becky-Status` in the first header. A line of a single dot ends a
//! message, and dots at the start of a line are doubled, as in SMTP; Thunderbird's importer reads them so. The dot
//! counts only before a header field or the end, because a message that was taken out of such a folder may hold one.
//! What stands in other files (`X-Becky-Include`) is told by the message itself.

mod style;

pub use style::{Style, style};

use std::io::{self, BufRead};
use style::{is_separator, may_be_field};

/// One message of a mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Its place in the mailbox, from 0.
    pub index: usize,
    /// Its bytes without the separator, or their head where it is longer than the limit.
    pub bytes: Vec<u8>,
    /// Its whole size in bytes.
    pub size: u64,
}

/// The messages of an mbox, in order. What stands before the first separator is a message too, so that nothing is
/// lost.
#[derive(Debug)]
pub struct Messages<R: BufRead> {
    reader: R,
    style: Style,
    /// Bytes of one message that are kept.
    limit: u64,
    index: usize,
    /// Whether a separator opened a message that was not given out yet.
    is_open: bool,
    /// The empty line before the present one, which may belong to a separator.
    blank: Vec<u8>,
    at_line_start: bool,
    after_blank: bool,
    done: bool,
}

impl<R: BufRead> Messages<R> {
    /// The messages that `reader` holds; of each at most `limit` bytes are kept.
    pub fn new(reader: R, style: Style, limit: u64) -> Self {
        Self {
            reader,
            style,
            limit,
            index: 0,
            is_open: false,
            blank: Vec::new(),
            at_line_start: true,
            after_blank: true,
            done: false,
        }
    }

    /// The next message, `None` at the end.
    fn message(&mut self) -> io::Result<Option<Message>> {
        let mut message = Message { index: self.index, ..Message::default() };
        let mut line = Vec::new();
        loop {
            line.clear();
            self.piece(&mut line)?;
            if line.is_empty() {
                self.done = true;
                self.put_back_blank(&mut message);
                break;
            }
            if self.style == Style::Becky && self.ends_message(&line)? {
                self.put_back_blank(&mut message);
                self.pass(&line);
                if message.size > 0 {
                    break;
                }
                continue;
            }
            if self.style == Style::Mbox && self.begins_message(&line)? {
                self.blank.clear();
                let before = std::mem::replace(&mut self.is_open, true);
                self.pass(&line);
                self.skip_line(&mut line)?;
                if before || message.size > 0 {
                    break;
                }
                continue;
            }
            self.take(&line, &mut message);
        }
        let is_message = message.size > 0 || (!self.done && self.is_open) || (self.done && self.was_open());
        self.index += usize::from(is_message);
        Ok(is_message.then_some(message))
    }

    /// Whether a line opens a message of an mbox.
    fn begins_message(&mut self, line: &[u8]) -> io::Result<bool> {
        let is_there = self.at_line_start && self.after_blank && line.starts_with(b"From ");
        Ok(is_there && is_separator(line, self.reader.fill_buf()?))
    }

    /// Whether a line ends a message of Becky!: a dot alone, and behind it a field or the end.
    fn ends_message(&mut self, line: &[u8]) -> io::Result<bool> {
        if !self.at_line_start || !matches!(line, b".\n" | b".\r\n" | b".") {
            return Ok(false);
        }
        let next = self.reader.fill_buf()?;
        Ok(next.is_empty() || may_be_field(next))
    }

    /// Whether the end of the file ends an open message; closes it.
    fn was_open(&mut self) -> bool {
        std::mem::take(&mut self.is_open)
    }

    /// Adds a piece of a line to the message. An empty line is held back until it is known whether it belongs to a
    /// separator.
    fn take(&mut self, piece: &[u8], message: &mut Message) {
        self.put_back_blank(message);
        let starts = self.at_line_start;
        self.pass(piece);
        if starts && matches!(piece, b"\n" | b"\r\n") {
            self.blank.extend_from_slice(piece);
        } else if starts {
            self.keep(self.style.unquoted(piece), message);
        } else {
            self.keep(piece, message);
        }
    }

    fn put_back_blank(&mut self, message: &mut Message) {
        let blank = std::mem::take(&mut self.blank);
        self.keep(&blank, message);
    }

    /// Notes where the reader stands after a piece.
    fn pass(&mut self, piece: &[u8]) {
        self.after_blank = self.at_line_start && matches!(piece, b"\n" | b"\r\n");
        self.at_line_start = piece.ends_with(b"\n");
    }

    fn keep(&self, bytes: &[u8], message: &mut Message) {
        message.size += bytes.len() as u64;
        let room = self.limit.saturating_sub(message.bytes.len() as u64);
        let kept = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
        message.bytes.extend_from_slice(bytes.get(..kept).unwrap_or_default());
    }

    /// Reads on to the end of a separator longer than a piece.
    fn skip_line(&mut self, line: &mut Vec<u8>) -> io::Result<()> {
        while !self.at_line_start {
            line.clear();
            self.piece(line)?;
            if line.is_empty() {
                return Ok(());
            }
            self.at_line_start = line.ends_with(b"\n");
        }
        Ok(())
    }

    /// Reads a line, or a piece of it where it is long; nothing at the end of the file.
    fn piece(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        while out.len() < PIECE && !out.ends_with(b"\n") {
            let available = match self.reader.fill_buf() {
                Ok([]) => return Ok(()),
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let window = available.get(..PIECE - out.len()).unwrap_or(available);
            let length = memchr::memchr(b'\n', window).map_or(window.len(), |end| end + 1);
            out.extend_from_slice(window.get(..length).unwrap_or_default());
            self.reader.consume(length);
        }
        Ok(())
    }
}

/// Bytes of a line that are read at once.
const PIECE: usize = 16 << 10;

impl<R: BufRead> Iterator for Messages<R> {
    type Item = io::Result<Message>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        match self.message() {
            Ok(message) => message.map(Ok),
            Err(error) => {
                self.done = true;
                Some(Err(error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: &str = "From a@b.example Thu Jan  4 12:34:56 2024\n";

    fn split(text: &str) -> Vec<String> {
        let messages = Messages::new(text.as_bytes(), style(text.as_bytes()).unwrap_or(Style::Mbox), 1 << 20);
        messages.map(|message| String::from_utf8(message.unwrap().bytes).unwrap()).collect()
    }

    #[test]
    fn messages_are_split_at_dated_lines_after_blank_ones() {
        let text =
            format!("{FROM}A: 1\n\none\n\n{FROM}A: 2\n\ntwo\nFrom here on it is text\n\nFrom there too\n");
        assert_eq!(
            split(&text),
            ["A: 1\n\none\n", "A: 2\n\ntwo\nFrom here on it is text\n\nFrom there too\n"]
        );
        assert_eq!(split(&format!("{FROM}A: 1\n\nx\n{FROM}y")), [format!("A: 1\n\nx\n{FROM}y")]);
    }

    #[test]
    fn a_line_of_from_alone_counts_before_a_field() {
        let text = "From \r\nA: 1\r\n\r\none\r\n\r\nFrom \r\nX-Mozilla-Status: 0001\r\n\r\ntwo\r\n\r\nFrom \r\nhere on\r\n";
        let last = "X-Mozilla-Status: 0001\r\n\r\ntwo\r\n\r\nFrom \r\nhere on\r\n";
        assert_eq!(split(text), ["A: 1\r\n\r\none\r\n", last]);
        assert_eq!(style(b"From \nhere on it is text\n"), None);
        let old =
            "From - Thu Jan  4 12:34:56 2024\nX-Mozilla-Status: 0001\nX-Mozilla-Status2: 00000000\nA: 1\n";
        assert_eq!(style(old.as_bytes()), Some(Style::Mbox));
    }

    #[test]
    fn folders_of_becky_are_split_at_dots() {
        let one = "Received: from x\r\n\tby y\r\nX-Becky-Status: 01\r\nA: 1\r\n\r\none\r\n..\r\n...x\r\n\r\n";
        let two = "A: 2\r\n\r\n.\r\n\r\na dot in the text\r\n";
        let folder = format!("{one}.\r\n{two}.\r\n");
        assert_eq!(style(folder.as_bytes()), Some(Style::Becky));
        assert_eq!(split(&folder), [one.replace("\r\n.", "\r\n"), two.to_string()]);
        assert_eq!(style(b"A: 1\r\n\r\nX-Becky-Status: 01\r\n"), None);
        for length in 0..folder.len() {
            let messages = Messages::new(&folder.as_bytes()[..length], Style::Becky, 1 << 20);
            assert!(messages.flatten().count() <= 2);
        }
    }

    #[test]
    fn quoting_is_undone_and_line_ends_are_kept() {
        let text = format!("{FROM}A: 1\r\n\r\n>From x\r\n>>From y\r\n> From z\r\n\r\n{FROM}B: 1\r\n");
        assert_eq!(split(&text), ["A: 1\r\n\r\nFrom x\r\n>From y\r\n> From z\r\n", "B: 1\r\n"]);
    }

    #[test]
    fn what_precedes_the_first_separator_is_not_lost() {
        assert_eq!(split(&format!("A: 0\n\nzero\n\n{FROM}A: 1\n")), ["A: 0\n\nzero\n", "A: 1\n"]);
        assert_eq!(split(""), Vec::<String>::new());
        assert_eq!(split(FROM), [""]);
        assert_eq!(split(&format!("{FROM}\n{FROM}x")), ["", "x"]);
    }

    #[test]
    fn dates_are_taken_as_programs_write_them() {
        for line in [
            "From - Thu Jan  4 12:34:56 2024",
            "From a@b.example  Thu Jan 04 12:34 2024 +0900",
            "From MAILER-DAEMON Thu, 4 Jan 2024 12:34:56 +0900",
            "From a b c Thu Jan  4 12:34:56 JST 2024 remote from x",
        ] {
            assert_eq!(style(line.as_bytes()), Some(Style::Mbox), "{line}");
        }
        for line in
            ["From a@b.example", "From Thu to Fri 12:34", "from a Thu Jan  4 12:34:56 2024", "From: a"]
        {
            assert_eq!(style(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn a_message_beyond_the_limit_is_counted_and_not_kept() {
        let text = format!("{FROM}{}\n\n{FROM}B", "x".repeat(100_000));
        let found: Vec<_> = Messages::new(io::BufReader::with_capacity(7, text.as_bytes()), Style::Mbox, 10)
            .map(Result::unwrap)
            .collect();
        assert_eq!((found[0].bytes.len(), found[0].size, found[0].index), (10, 100_001, 0));
        assert_eq!((found[1].bytes.as_slice(), found[1].index), (&b"B"[..], 1));
    }

    #[test]
    fn a_reader_that_fails_ends_the_mailbox() {
        struct Fails;
        impl io::Read for Fails {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("disk"))
            }
        }
        let mut messages = Messages::new(io::BufReader::new(Fails), Style::Mbox, 10);
        assert!(messages.next().unwrap().is_err());
        assert!(messages.next().is_none());
    }

    #[test]
    fn the_whole_is_the_sum_of_its_messages_at_every_cut() {
        let text = format!("{FROM}A: 1\n\none\n\n{FROM}A: 2\n\n>From two\n");
        for length in 0..text.len() {
            for message in Messages::new(&text.as_bytes()[..length], Style::Mbox, 1 << 20) {
                let message = message.unwrap();
                assert_eq!(message.size, message.bytes.len() as u64);
            }
        }
    }
}
