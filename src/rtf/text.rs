//! Rich text to text: what a reader sees of it, or the HTML or plain text that Outlook wrapped in it (MS-OXRTFEX).
//!
//! Read: groups, destinations that are not shown, letters that are set hidden, bytes in the code page of the font they
//! are set in, Unicode characters with their replacements, the tags of wrapped HTML and what is there for readers of
//! rich text alone.
//! Left out: pictures, objects and field instructions, which are no text.

use super::tokens::{Token, token};
use crate::limits::{Budget, Stop};
use crate::text;
use std::collections::BTreeMap;

/// Text read from rich text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Unwrapped {
    /// What was wrapped.
    pub form: Form,
    /// The text.
    pub text: String,
}

/// What was wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Nothing: the rich text is the original.
    #[default]
    Rich,
    /// Plain text (`\fromtext`).
    Text,
    /// HTML (`\fromhtml`).
    Html,
}

/// Reads rich text; never fails. The text is paid from the budget.
///
/// # Errors
/// A spent limit.
pub fn unwrap(bytes: &[u8], budget: &mut Budget) -> Result<Unwrapped, Stop> {
    let mut out = Writer::default();
    let mut rest = bytes;
    while let Some((token, after)) = token(rest) {
        rest = out.take(&token, after);
    }
    out.flush();
    budget.pay(out.out.text.len() as u64)?;
    Ok(out.out)
}

/// What holds within a group.
#[derive(Clone, Copy, Debug)]
struct State {
    /// The group is no text of the letter.
    skipped: bool,
    /// In wrapped HTML: only for readers of rich text.
    rich_only: bool,
    fonts: bool,
    /// Letters set hidden (`\v`).
    hidden: bool,
    /// Code page of the bytes; none where the document's own holds.
    page: Option<u16>,
    /// Characters behind a Unicode one that stand in for it.
    replacements: u32,
}

/// Puts the text together.
struct Writer {
    out: Unwrapped,
    state: State,
    above: Vec<State>,
    /// Groups deeper than are kept.
    deeper: u64,
    /// Bytes whose characters are not known yet.
    open: Vec<u8>,
    page: u16,
    pages: BTreeMap<i32, u16>,
    font: i32,
    /// The first half of a surrogate pair.
    half: Option<u16>,
    /// Replacements still to be left out.
    left_out: u32,
    /// The last token was `\*`: a group that only some readers know.
    optional: bool,
}

impl Default for Writer {
    fn default() -> Self {
        let state = State {
            skipped: false,
            rich_only: false,
            fonts: false,
            hidden: false,
            page: None,
            replacements: 1,
        };
        Self {
            out: Unwrapped::default(),
            state,
            above: Vec::new(),
            deeper: 0,
            open: Vec::new(),
            page: 0,
            pages: BTreeMap::new(),
            font: 0,
            half: None,
            left_out: 0,
            optional: false,
        }
    }
}

/// Groups in groups; Word writes some twenty.
const DEEPEST: usize = 1_000;
/// Fonts of one document.
const MOST_FONTS: usize = 4_096;

/// Groups that are no text.
const HIDDEN: &[&[u8]] = &[
    b"colortbl",
    b"stylesheet",
    b"info",
    b"pict",
    b"header",
    b"headerl",
    b"headerr",
    b"headerf",
    b"footer",
    b"footerl",
    b"footerr",
    b"footerf",
    b"objdata",
    b"fldinst",
    b"pntext",
    b"listtable",
    b"themedata",
    b"sp",
    b"objclass",
    b"objname",
    b"nonshppict",
    b"shprslt",
    b"filetbl",
    b"revtbl",
    b"xe",
    b"tc",
];

/// Groups that only some readers know and that hold what is shown: text boxes.
const SHOWN: &[&[u8]] = &[b"shpinst", b"shpgrp", b"shptxt"];

/// Words that stand for a character.
const CHARACTERS: &[(&[u8], &str)] = &[
    (b"par", "\r\n"),
    (b"line", "\r\n"),
    (b"sect", "\r\n"),
    (b"page", "\r\n"),
    (b"row", "\r\n"),
    (b"cell", "\t"),
    (b"tab", "\t"),
    (b"emdash", "—"),
    (b"endash", "–"),
    (b"bullet", "•"),
    (b"lquote", "‘"),
    (b"rquote", "’"),
    (b"ldblquote", "“"),
    (b"rdblquote", "”"),
    (b"emspace", "\u{2003}"),
    (b"enspace", "\u{2002}"),
];

/// Code pages of character sets of fonts.
const CHARSETS: &[(i32, u16)] = &[
    (77, 10000),
    (128, 932),
    (129, 949),
    (134, 936),
    (136, 950),
    (161, 1253),
    (162, 1254),
    (163, 1258),
    (177, 1255),
    (178, 1256),
    (186, 1257),
    (204, 1251),
    (222, 874),
    (238, 1250),
];

impl Writer {
    /// Takes a token; answers where reading goes on, for raw data are stepped over.
    fn take<'a>(&mut self, token: &Token<'_>, rest: &'a [u8]) -> &'a [u8] {
        let optional = std::mem::take(&mut self.optional);
        match token {
            Token::Open => self.enter(),
            Token::Close => self.leave(),
            Token::Byte(byte) | Token::Escape(Some(byte)) => self.byte(*byte),
            Token::Symbol(symbol) => self.symbol(*symbol),
            Token::Word(b"bin", value) => {
                let length = value.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
                return rest.get(length..).unwrap_or_default();
            }
            Token::Word(word, value) => self.word(word, *value, optional),
            // White space between tokens says nothing of the groups around it.
            Token::Nothing | Token::Escape(None) => self.optional = optional,
        }
        rest
    }

    fn enter(&mut self) {
        self.left_out = 0;
        if self.above.len() < DEEPEST {
            self.above.push(self.state);
        } else {
            self.deeper += 1;
        }
    }

    fn leave(&mut self) {
        self.flush();
        self.left_out = 0;
        if self.deeper > 0 {
            self.deeper -= 1;
        } else if let Some(state) = self.above.pop() {
            self.state = state;
        }
    }

    fn byte(&mut self, byte: u8) {
        if self.left_out > 0 {
            self.left_out -= 1;
        } else if self.is_shown() {
            self.half = None;
            self.open.push(byte);
        }
    }

    fn symbol(&mut self, symbol: u8) {
        match symbol {
            b'*' => self.optional = true,
            b'{' | b'}' | b'\\' => self.byte(symbol),
            b'~' => self.put("\u{a0}"),
            b'\r' | b'\n' => self.put("\r\n"),
            _ => {}
        }
    }

    fn word(&mut self, word: &[u8], value: Option<i32>, optional: bool) {
        let is_known = SHOWN.contains(&word) || (word == b"htmltag" && self.out.form == Form::Html);
        if optional && !is_known {
            self.flush();
            self.state.skipped = true;
            return;
        }
        match word {
            b"fromhtml" => self.out.form = Form::Html,
            b"fromtext" => self.out.form = Form::Text,
            b"htmlrtf" => self.state.rich_only = value != Some(0),
            b"ansicpg" => self.page = value.and_then(|page| page.try_into().ok()).unwrap_or(0),
            b"fonttbl" => self.state.fonts = true,
            b"f" => self.font(value.unwrap_or(0)),
            b"fcharset" if self.state.fonts => self.charset(value.unwrap_or(0)),
            b"v" => self.state.hidden = value != Some(0),
            b"plain" => {
                self.state.hidden = false;
                self.turn(None);
            }
            b"uc" => self.state.replacements = value.and_then(|count| count.try_into().ok()).unwrap_or(1),
            b"u" => self.unicode(value.unwrap_or(0)),
            _ if HIDDEN.contains(&word) => {
                self.flush();
                self.state.skipped = true;
            }
            _ => {
                if let Some((_, text)) = CHARACTERS.iter().find(|(known, _)| *known == word) {
                    self.put(text);
                }
            }
        }
    }

    /// Whether what stands here is text of what was wrapped.
    fn is_shown(&self) -> bool {
        let is_rich_only = self.state.rich_only && self.out.form == Form::Html;
        !(self.state.skipped || self.state.fonts || self.state.hidden || is_rich_only)
    }

    fn font(&mut self, number: i32) {
        self.font = number;
        self.turn(self.pages.get(&number).copied());
    }

    fn charset(&mut self, charset: i32) {
        let known = CHARSETS.iter().find(|(number, _)| *number == charset);
        if let Some((_, page)) = known.filter(|_| self.pages.len() < MOST_FONTS) {
            self.pages.insert(self.font, *page);
        }
    }

    /// Goes on in another code page.
    fn turn(&mut self, page: Option<u16>) {
        if self.state.page != page {
            self.flush();
            self.state.page = page;
        }
    }

    /// A character by its number, negative above 32,767.
    fn unicode(&mut self, value: i32) {
        self.left_out = self.state.replacements;
        let Some(unit) = u16::try_from(value & 0xffff).ok().filter(|_| self.is_shown()) else { return };
        let pair = [self.half.take().unwrap_or_default(), unit];
        if (0xd800..0xdc00).contains(&unit) {
            self.half = Some(unit);
            return;
        }
        let [first, _] = pair;
        let units = if first == 0 { pair.get(1..) } else { Some(pair.as_slice()) };
        self.put(&String::from_utf16_lossy(units.unwrap_or_default()));
    }

    fn put(&mut self, text: &str) {
        if self.is_shown() {
            self.flush();
            self.out.text.push_str(text);
        }
    }

    /// Decodes the bytes gathered so far.
    fn flush(&mut self) {
        if !self.open.is_empty() {
            let page = self.state.page.unwrap_or(self.page);
            self.out.text.push_str(&text::code_page(page, &self.open));
            self.open.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn read(rtf: &[u8]) -> Unwrapped {
        unwrap(rtf, &mut Budget::new(&Limits::default())).unwrap()
    }

    const HTML: &[u8] = b"{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 \\deff0{\\fonttbl\r\n{\\f0\\fswiss Arial;}{\\f1\\fnil\\fcharset128 MS Gothic;}}\r\n\
        {\\colortbl\\red0;}\\uc1\\pard\\plain\\deftab360 \\f0\\fs24 \r\n\
        {\\*\\htmltag19 <html>}{\\*\\htmltag64 <p>}\\htmlrtf {\\b \\htmlrtf0 Pass \\f1 \\'90\\'bf\\u27714 ?\\htmlrtf\\f0}\\htmlrtf0\r\n\
        {\\*\\htmltag84 &nbsp;}\\htmlrtf\\'a0\\htmlrtf0 \\{x\\}{\\*\\mhtmltag72 <no>}\r\n\
        \\htmlrtf\\par}\\htmlrtf0\\par{\\*\\htmltag72 </p>}{\\*\\htmltag27 </html>}}";

    #[test]
    fn wrapped_html_comes_out() {
        let out = read(HTML);
        assert_eq!(out.form, Form::Html);
        assert!(out.text.starts_with("<html><p>Pass 請求"), "{}", out.text);
        assert!(out.text.contains("&nbsp;{x}") && !out.text.contains("<no>"), "{}", out.text);
    }

    #[test]
    fn plain_and_rich_text_come_out() {
        let text = read(
            b"{\\rtf1\\ansi\\ansicpg932\\fromtext{\\fonttbl{\\f0 x;}}\\'83p\\'83X\\par a\\tab b\\line c}",
        );
        assert_eq!((text.form, text.text.as_str()), (Form::Text, "パス\r\na\tb\r\nc"));
        let rich = read(b"{\\rtf1\\ansi{\\info{\\title t}}{\\*\\generator g;}{\\pict\\bin3 }}}0a}x\\u-10179 ?\\u-8704 ?\\~\\'z}");
        assert_eq!((rich.form, rich.text.as_str()), (Form::Rich, "x\u{1f600}\u{a0}z"));
    }

    #[test]
    fn a_page_ends_with_its_group() {
        let out = read(b"{\\rtf1\\ansicpg1252{\\fonttbl{\\f5\\fcharset204 x;}}{\\f5 \\'cf}\\'cf}");
        assert_eq!(out.text, "ПÏ");
    }

    #[test]
    fn hidden_letters_are_left_out_and_text_boxes_are_not() {
        let out = read(b"{\\rtf1 a{\\v hidden\\v0 b}{\\v c\\plain d}\\par{\\shp{\\*\\shpinst{\\sp{\\sn x}{\\sv 1}}{\\shptxt box}}{\\shprslt box}}}");
        assert_eq!(out.text, "abd\r\nbox");
    }

    #[test]
    fn nothing_breaks_it() {
        for length in 0..HTML.len() {
            read(&HTML[..length]);
        }
        for at in 0..HTML.len() {
            let mut bad = HTML.to_vec();
            bad[at] ^= 1 << (at % 8);
            read(&bad);
        }
        assert_eq!(read(&b"{".repeat(3_000_000)).text, "");
        assert_eq!(read(&b"}".repeat(3_000_000)).text, "");
        assert_eq!(read(&b"{\\f1\\u1".repeat(300_000)).text.chars().count(), 300_000);
        let limits = Limits { made_bytes: 3, ..Limits::default() };
        assert_eq!(unwrap(b"long text", &mut Budget::new(&limits)), Err(Stop::Bytes));
    }
}
