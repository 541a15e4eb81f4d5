//! Markup → text and tags, one after the other: the tokenizer of `html5ever` under a bound of its work.

use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use std::cell::RefCell;

/// What takes the text and tags of a page.
pub(crate) trait Markup {
    /// A run of text, its character references replaced.
    fn text(&mut self, text: &str);
    /// A start tag or an end tag.
    fn tag(&mut self, tag: &Tag);
}

/// How a page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// HTML: scripts and styles are text as it stands, but for styles and titles inside a picture, whose tags count.
    Html,
    /// XML, as in SVG and XHTML: elements may close themselves, scripts have character references and CDATA.
    Xml,
}

/// Gives a page to `taker` bit by bit. Answers the taker and whether all was read; one tag of tens of thousands of
/// attributes ends reading.
pub(crate) fn read<T: Markup>(page: &str, syntax: Syntax, taker: T) -> (T, bool) {
    let sink = Sink { state: RefCell::new(State { taker, work: Work::default(), pictures: 0 }), syntax };
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let input = BufferQueue::default();
    let mut complete = true;
    let mut rest = page;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at_checked(rest.floor_char_boundary(PIECE)).unwrap_or((rest, ""));
        tokenizer.sink.state.borrow_mut().work.feed(piece);
        if tokenizer.sink.state.borrow().work.done > MOST_WORK {
            complete = false;
            break;
        }
        input.push_back(piece.into());
        // The sink never asks the tokenizer to pause, so it always reads all it is fed.
        let _done = tokenizer.feed(&input);
        rest = after;
    }
    tokenizer.end();
    (tokenizer.sink.state.into_inner().taker, complete)
}

/// Bytes fed at a time, so that a tag that grows without end is noticed.
const PIECE: usize = 16 << 10;

/// Comparisons of attribute names that may be done: the tokenizer compares each attribute with all before it.
const MOST_WORK: u64 = 1 << 28;

/// White space in one tag that is fed before reading ends.
const MOST_SEPARATORS: u64 = 16 << 10;

struct Sink<T> {
    state: RefCell<State<T>>,
    syntax: Syntax,
}

struct State<T> {
    taker: T,
    work: Work,
    /// Pictures and formulas (`svg`, `math`) that are open in HTML.
    pictures: u32,
}

/// What the tokenizer has compared, and is about to.
#[derive(Default)]
struct Work {
    /// White space in the tag that is being fed: an upper bound of its attributes.
    separators: u64,
    done: u64,
}

impl Work {
    /// Counts what the tokenizer is about to compare if this piece belongs to a tag not yet closed.
    fn feed(&mut self, piece: &str) {
        let tail = piece.rfind('>').and_then(|at| piece.get(at..)).unwrap_or(piece);
        let blanks = tail
            .bytes()
            .filter(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'/' | b'"' | b'\''))
            .count();
        self.separators = self.separators.saturating_add(blanks as u64);
        if self.separators > MOST_SEPARATORS {
            self.done = u64::MAX;
        }
    }

    fn tag(&mut self, tag: &Tag) {
        let attributes = tag.attrs.len() as u64;
        self.done = self.done.saturating_add(attributes.saturating_mul(attributes));
    }
}

impl<T: Markup> TokenSink for Sink<T> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.state.borrow_mut();
        let mut next = TokenSinkResult::Continue;
        match token {
            Token::CharacterTokens(text) => state.taker.text(&text),
            Token::TagToken(tag) => {
                state.work.tag(&tag);
                state.taker.tag(&tag);
                if self.syntax == Syntax::Html {
                    state.count(&tag);
                    next = state.raw_text(&tag);
                }
            }
            Token::NullCharacterToken | Token::ParseError(_) => return next,
            Token::DoctypeToken(_) | Token::CommentToken(_) | Token::EOFToken => {}
        }
        state.work.separators = 0;
        next
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.syntax == Syntax::Xml
    }
}

impl<T> State<T> {
    /// Counts the pictures that are open.
    fn count(&mut self, tag: &Tag) {
        if matches!(&*tag.name, "svg" | "math") && !tag.self_closing {
            self.pictures = match tag.kind {
                TagKind::StartTag => self.pictures.saturating_add(1),
                TagKind::EndTag => self.pictures.saturating_sub(1),
            };
        }
    }

    /// How the tokenizer must read what follows. Inside a picture tags count everywhere (13.2.6.5); its scripts are
    /// taken as they stand all the same, so that a `<` in one of them hides nothing.
    fn raw_text(&self, tag: &Tag) -> TokenSinkResult<()> {
        let is_plain = self.pictures > 0 && (tag.self_closing || &*tag.name != "script");
        if tag.kind == TagKind::EndTag || is_plain {
            return TokenSinkResult::Continue;
        }
        raw_text(&tag.name)
    }
}

/// How the tokenizer must read what follows a start tag (HTML standard, 13.2.6.4).
fn raw_text(name: &str) -> TokenSinkResult<()> {
    match name {
        "script" => TokenSinkResult::RawData(RawKind::ScriptData),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => TokenSinkResult::RawData(RawKind::Rawtext),
        "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
        "plaintext" => TokenSinkResult::Plaintext,
        _ => TokenSinkResult::Continue,
    }
}
