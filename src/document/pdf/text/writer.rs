//! Puts shown strings together to lines.

/// Text being written, and where the pen is.
#[derive(Debug, Default)]
pub(super) struct Writer {
    text: String,
    /// Where the last string ended.
    end: Option<(f64, f64)>,
}

/// Gaps and steps in the size of the font: beyond them a space, or a line, is between two strings.
const SPACE: f64 = 0.18;
const LINE: f64 = 0.4;
/// How far back the pen may go within a line, for accents and overprinting.
const BACK: f64 = 2.0;

impl Writer {
    /// The pen goes to a place, to show something in that size. Where the widths are guessed, gaps must be wider.
    pub(super) fn go(&mut self, (x, y): (f64, f64), size: f64, is_guess: bool) {
        let Some((last_x, last_y)) = self.end else {
            self.line();
            return;
        };
        let gap = x - last_x;
        let space = if is_guess { 4.0 * SPACE } else { SPACE };
        if (y - last_y).abs() > LINE * size || gap < -BACK * size {
            self.line();
        } else if gap > space * size {
            self.space();
        }
    }

    /// Shows something; the pen stands behind it.
    pub(super) fn show(&mut self, text: &str, end: (f64, f64)) {
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            self.text.push_str(text);
        } else {
            self.text.extend(text.chars().filter(|c| !c.is_control()));
        }
        self.end = Some(end);
    }

    /// A line of its own.
    pub(super) fn note(&mut self, text: &str) {
        self.line();
        self.text.push_str(text);
        self.end = None;
    }

    /// What comes next begins on a line of its own.
    pub(super) fn leave(&mut self) {
        self.end = None;
    }

    fn line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// A space, but not between letters of scripts that know none.
    fn space(&mut self) {
        if self.text.chars().next_back().is_some_and(|last| !last.is_whitespace() && last < '\u{2e80}') {
            self.text.push(' ');
        }
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn finish(mut self) -> String {
        self.line();
        self.text
    }
}
