//! One leaf of a message to one artifact: its names, its type, its bytes decoded; files wrapped into its text as
//! further artifacts; its text for the search of passwords.

use super::boundary::Leaf;
use super::headers::{Field, fields};
use super::parameters::{self, Parameters};
use super::wrapped::{self, Block};
use super::{base64, body, transfer};
use crate::artifact::{Child, Damage, Fact, Opened, Unread};
use crate::keyring::Letter;
use crate::kind::{Class, Kind};
use crate::limits::{Budget, Decoded, Stop, Tail};
use crate::text;

/// Opens leaves of one message into the same results.
pub(super) struct Opener<'a> {
    pub(super) raw: &'a [u8],
    pub(super) out: &'a mut Opened,
    pub(super) letter: &'a mut Letter,
    pub(super) budget: &'a mut Budget,
}

/// What the header of a part says.
struct Label<'a> {
    /// The first media type, or what stands in for a missing one; empty if nothing is said.
    media_type: String,
    charset: String,
    /// All names, the one most programs show first.
    names: Vec<String>,
    is_attachment: bool,
    encodings: Vec<&'a [u8]>,
    content_types: Vec<&'a [u8]>,
}

impl Opener<'_> {
    /// Opens a leaf.
    ///
    /// # Errors
    /// A spent limit; what was decoded before is in the results.
    pub(super) fn open(&mut self, leaf: &Leaf) -> Result<(), Stop> {
        let header = self.raw.get(leaf.header.clone()).unwrap_or_default();
        let body = self.raw.get(leaf.body.clone()).unwrap_or_default();
        let label = label(&fields(header), leaf.in_digest);
        let mut decoded = transfer::decode(&label.encodings, body);
        if label.content_types.len() > 1 {
            let detail = format!("{} fields", label.content_types.len());
            decoded.damage.push(Damage { what: "content-type-twice", detail });
        }
        if label.is_body() {
            return self.body(&label, decoded);
        }
        if label.encodings.iter().all(|encoding| !transfer::is_known(encoding))
            && let Some(bytes) = base64::unannounced(body)
        {
            decoded.bytes = bytes;
            let detail = "no transfer encoding is named".to_string();
            decoded.damage.push(Damage { what: "base64-unannounced", detail });
        }
        self.letter.names.extend(label.names.iter().cloned());
        self.read_note(&label, &decoded.bytes);
        self.place(&label, "attachment", decoded)
    }

    /// A part the reader sees as text.
    fn body(&mut self, label: &Label<'_>, mut decoded: transfer::Decoded) -> Result<(), Stop> {
        if label.media_type.starts_with("multipart/") && !label.encodings.is_empty() {
            // An encoded multipart is against RFC 2045 6.4 and shows no delimiter before it is decoded.
            let fields = label.content_types.iter().flat_map(|value| [b"Content-Type:", *value].concat());
            decoded.bytes = fields.chain(*b"\r\n").chain(decoded.bytes).collect();
            return self.place(label, "attachment", decoded);
        }
        let blocks = wrapped::blocks(&decoded.bytes, self.budget.limits().artifact_bytes);
        self.read_text(label, &decoded.bytes, &blocks)?;
        if !decoded.bytes.is_empty() {
            self.place(label, "body", decoded)?;
        }
        blocks.into_iter().try_for_each(|block| self.wrapped(&label.charset, block))
    }

    /// Adds the text of a body to the letter, without the files encoded in it.
    fn read_text(&mut self, label: &Label<'_>, bytes: &[u8], blocks: &[Block]) -> Result<(), Stop> {
        let mut prose = Vec::new();
        let mut at = 0;
        for block in blocks {
            prose.extend_from_slice(bytes.get(at..block.place.start).unwrap_or_default());
            at = at.max(block.place.end);
        }
        prose.extend_from_slice(bytes.get(at..).unwrap_or_default());
        let read: usize = self.letter.texts.iter().map(String::len).sum();
        prose.truncate(LONGEST_TEXT.saturating_sub(read));
        if prose.is_empty() {
            return Ok(());
        }
        let text = self.text(label, &prose);
        let paid = self.budget.pay(text.len() as u64);
        self.letter.texts.push(text);
        paid
    }

    /// What a reader sees of a text or page.
    fn text(&mut self, label: &Label<'_>, bytes: &[u8]) -> String {
        let is_html = label.media_type == "text/html" || Kind::of("", bytes).id == "html";
        let charset =
            if label.charset.is_empty() && is_html { meta_charset(bytes) } else { label.charset.clone() };
        let text = text::decode(&charset, bytes);
        if !is_html {
            return text;
        }
        let page = body::html_text(&text);
        if !page.complete {
            self.out.broke("html-cut", "a tag has too many attributes");
        }
        page.text
    }

    /// Adds an attached note to the letter: a text or page short enough to be one.
    fn read_note(&mut self, label: &Label<'_>, bytes: &[u8]) {
        let name = label.names.first().cloned().unwrap_or_default();
        let kind = Kind::of(&name, bytes);
        if bytes.len() <= LONGEST_NOTE && (kind.class == Class::Text || kind.id == "html") {
            let text = self.text(label, bytes);
            self.letter.attached.push((name, text));
        }
    }

    /// A file found in a text.
    fn wrapped(&mut self, charset: &str, mut block: Block) -> Result<(), Stop> {
        let name = text::decode(charset, &block.name);
        self.letter.names.push(name.clone());
        let mut child = self.child(name, block.via, std::mem::take(&mut block.bytes));
        block.mark(&mut child);
        self.push(child)
    }

    /// A file found by its content alone, in a place where no part is.
    pub(super) fn stray(&mut self, bytes: Vec<u8>) -> Result<(), Stop> {
        let child = self.child(String::new(), "attachment", bytes);
        self.push(child)
    }

    /// A file wrapped into text in a place where no part is.
    pub(super) fn stray_block(&mut self, block: Block) -> Result<(), Stop> {
        self.wrapped("", block)
    }

    fn place(
        &mut self,
        label: &Label<'_>,
        via: &'static str,
        decoded: transfer::Decoded,
    ) -> Result<(), Stop> {
        let name = label.names.first().cloned().unwrap_or_default();
        let mut child = self.child(name, via, decoded.bytes);
        child.kind = label.kind(via, &child.bytes);
        child.media_type = Some(label.media_type.clone()).filter(|said| !said.is_empty());
        child.facts.extend(label.names.iter().skip(1).cloned().map(Fact::OtherName));
        child.damage.extend(decoded.damage);
        if let Some((_, detail)) = ELSEWHERE.iter().find(|(known, _)| *known == label.media_type) {
            child.unread.push(Unread { reason: "unsupported-format", detail: (*detail).into() });
        }
        self.push(child)
    }

    fn child(&mut self, name: String, via: &'static str, bytes: Vec<u8>) -> Child {
        let size = bytes.len() as u64;
        let decoded = if size > self.budget.limits().artifact_bytes {
            self.budget.read(&mut bytes.as_slice())
        } else {
            let tail = Tail::of(&bytes);
            Decoded { stop: self.budget.pay(size).err(), bytes, size, tail, ..Decoded::default() }
        };
        Child::decoded(name, via, decoded)
    }

    fn push(&mut self, child: Child) -> Result<(), Stop> {
        // The child says itself where a limit cut it; whether the walk ends is asked once more here.
        self.out.push(child, self.budget)?;
        self.budget.pay(0)
    }
}

/// Types of parts whose content is not in this message, or not all of it (RFC 2046 5.2.2 and 5.2.3).
const ELSEWHERE: &[(&str, &str)] =
    &[("message/partial", "a piece of a message"), ("message/external-body", "the content is elsewhere")];

/// Whether a media type is that of a whole message (RFC 2046 5.2.1, RFC 6532).
pub(super) fn is_message(media_type: &str) -> bool {
    matches!(media_type, "message/rfc822" | "message/global")
}

/// Reads the fields of a part. Names come as programs prefer them: the disposition before the type, and of each the
/// RFC 2231 form first.
fn label<'a>(fields: &[Field<'a>], in_digest: bool) -> Label<'a> {
    let values = |name: &str| -> Vec<&'a [u8]> {
        fields.iter().filter(|field| field.is(name)).take(MOST_FIELDS).map(|field| field.value).collect()
    };
    let content_types = values("content-type");
    let types: Vec<Parameters> = content_types.iter().copied().map(parameters::parse).collect();
    let dispositions: Vec<Parameters> =
        values("content-disposition").into_iter().map(parameters::parse).collect();
    let said = types.iter().map(|read| read.value.as_str()).find(|value| !value.is_empty());
    let mut names: Vec<String> = Vec::new();
    let of_dispositions = dispositions.iter().flat_map(|read| [read.values("filename"), read.values("name")]);
    let of_types = types.iter().flat_map(|read| [read.values("name"), read.values("filename")]);
    for name in of_dispositions.chain(of_types).flatten() {
        if !names.contains(&name) && names.len() < MOST_FIELDS {
            names.push(name);
        }
    }
    Label {
        media_type: said.unwrap_or(if in_digest { "message/rfc822" } else { "" }).to_string(),
        charset: types.iter().find_map(|read| read.first("charset")).unwrap_or_default(),
        names,
        is_attachment: dispositions.iter().any(|read| read.value == "attachment"),
        encodings: values("content-transfer-encoding"),
        content_types,
    }
}

/// Fields of one name, and names of one part, that are read.
const MOST_FIELDS: usize = 16;

/// Bytes of body text of one message that are searched for passwords. No letter is longer; logs are.
pub(super) const LONGEST_TEXT: usize = 4 << 20;

/// Bytes of an attached text that is searched for passwords: a note, not a log.
pub(super) const LONGEST_NOTE: usize = 64 << 10;

impl Label<'_> {
    /// Whether the reader sees the part as text of the letter: text, or what a missing or broken type makes text.
    fn is_body(&self) -> bool {
        let media_type = self.media_type.as_str();
        let is_text = media_type.starts_with("text/") || media_type.starts_with("multipart/");
        let unknown = !media_type.contains('/');
        (is_text || unknown) && !self.is_attachment && self.names.is_empty()
    }

    /// The kind where the part's place in the mail tells more than its content: a body is shown as text or HTML
    /// whatever it begins with, a nested message is a message even without a known field.
    fn kind(&self, via: &str, bytes: &[u8]) -> Option<&'static Kind> {
        let is_encoded_multipart = self.media_type.starts_with("multipart/") && via == "attachment";
        if is_message(&self.media_type) || (is_encoded_multipart && self.names.is_empty()) {
            return Kind::named("eml");
        }
        let by_content = Kind::of("", bytes);
        let is_plain =
            matches!(by_content.class, Class::Text | Class::Data) || matches!(by_content.id, "eml" | "html");
        match self.media_type.as_str() {
            "text/html" if via == "body" && is_plain => Kind::named("html"),
            _ if via == "body" && (by_content.id == "eml" || by_content.class == Class::Script) => {
                Kind::named("text")
            }
            _ => None,
        }
    }
}

/// The charset an HTML text names itself.
pub(super) fn meta_charset(html: &[u8]) -> String {
    let head = html.get(..2_048).unwrap_or(html).to_ascii_lowercase();
    let Some(at) = memchr::memmem::find(&head, b"charset=") else { return String::new() };
    let value = head.get(at + 8..).unwrap_or_default();
    let value = value.iter().skip_while(|byte| matches!(byte, b'"' | b'\'' | b' '));
    let word = value.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    word.take(40).map(|byte| char::from(*byte)).collect()
}
