//! The lines that go to and fro.

use super::Refused;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::time::timeout;

/// How long one answer may take, and sending.
pub(super) const ANSWER: Duration = Duration::from_secs(30);
const SENDING: Duration = Duration::from_secs(120);

/// The most bytes of one line of an answer, and the most lines.
const LINE: u64 = 2048;
const LINES: usize = 100;

/// A connection, with TLS or without.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// What is said on one connection.
pub(super) struct Dialogue {
    stream: BufReader<Box<dyn Wire>>,
}

impl Dialogue {
    /// One that begins.
    pub(super) fn new(stream: Box<dyn Wire>) -> Self {
        Self { stream: BufReader::new(stream) }
    }

    /// The connection, if the other side has said nothing more: what comes before TLS must not count behind it.
    ///
    /// # Errors
    /// It has.
    pub(super) fn end(self) -> Result<Box<dyn Wire>, Refused> {
        if !self.stream.buffer().is_empty() {
            return Err(gone("the mail server talks before TLS begins"));
        }
        Ok(self.stream.into_inner())
    }

    /// Says something and reads the answer, which must be of that number; its lines without the number.
    ///
    /// # Errors
    /// It is of another number, or none came.
    pub(super) async fn expect(
        &mut self,
        step: &str,
        command: &str,
        wanted: u16,
    ) -> Result<Vec<String>, Refused> {
        self.send(command.as_bytes()).await?;
        let answer = timeout(ANSWER, self.answer()).await.map_err(|_| gone("no answer in time"))?;
        let (number, lines) = answer?;
        // 251 takes a recipient too, and forwards.
        if number == wanted || (wanted == 250 && number == 251) {
            return Ok(lines);
        }
        Err(Refused::Answer { step: step.to_string(), answer: format!("{number} {}", lines.join(" ")) })
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// The connection is lost, or nobody takes them.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        let stream = self.stream.get_mut();
        let sent = timeout(SENDING, async {
            stream.write_all(bytes).await?;
            stream.flush().await
        });
        sent.await.map_err(|_| gone("the mail server takes nothing"))?.map_err(gone)
    }

    /// One answer of one or several lines.
    ///
    /// # Errors
    /// It is none, or has no end.
    pub(super) async fn answer(&mut self) -> Result<(u16, Vec<String>), Refused> {
        let mut lines = Vec::new();
        for _ in 0..LINES {
            let mut line = Vec::new();
            let read = (&mut self.stream).take(LINE).read_until(b'\n', &mut line).await.map_err(gone)?;
            if read == 0 || line.last() != Some(&b'\n') {
                return Err(gone("the mail server closed the connection or answered without end"));
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\r', '\n']);
            let number = text.get(..3).and_then(|number| number.parse::<u16>().ok());
            let number = number.ok_or_else(|| gone("what answers is no mail server"))?;
            lines.push(text.get(4..).unwrap_or_default().to_string());
            if text.as_bytes().get(3) != Some(&b'-') {
                return Ok((number, lines));
            }
        }
        Err(gone("the mail server answered without end"))
    }
}

/// The connection is of no more use.
pub(super) fn gone(why: impl ToString) -> Refused {
    Refused::Connection(why.to_string())
}
