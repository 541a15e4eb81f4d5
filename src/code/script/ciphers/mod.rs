//! Scripts that carry a cipher text and decrypt it when they run: by AES and its kin, by decompression, or with a key
//! that is made of what stands around the script. Nothing is decrypted here; they are known by their structure.
//!
//! Three things must come together: a long cipher text (or a script that reads its own file), a decryptor, and a place
//! where text is run or written. Where the key is typed by a reader the content stays shut, and that is told.

mod key;

use super::dialect::Dialect;
use super::fold::Folding;
use super::lexer::Token;
use crate::artifact::{Fact, Opened, Sign};

/// Tokens with their places.
type Tokens<'a> = [(usize, Token<'a>)];

/// A way of decrypting: what is told of it, and groups of words of which each must show one.
struct Way {
    name: &'static str,
    words: &'static [&'static [&'static str]],
}

#[rustfmt::skip]
const OF_PAGES: &[Way] = &[
    Way { name: "AES by CryptoJS", words: &[&["cryptojs"], &["aes"], &["decrypt"]] },
    Way { name: "a cipher of CryptoJS", words: &[&["cryptojs"], &["tripledes", "des", "rc4", "rabbit"], &["decrypt"]] },
    Way { name: "a cipher of the browser", words: &[&["subtle"], &["decrypt"], &["importkey"]] },
    Way { name: "AES by aes-js", words: &[&["aesjs"], &["decrypt"]] },
    Way { name: "AES by SJCL", words: &[&["sjcl"], &["decrypt"]] },
    Way { name: "a cipher of Forge", words: &[&["forge"], &["createdecipher"]] },
    Way { name: "a cipher of Node.js", words: &[&["createdecipheriv", "createdecipher"]] },
];

#[rustfmt::skip]
const OF_WINDOWS: &[Way] = &[
    Way { name: "AES by System.Security.Cryptography", words: &[&["createdecryptor", "decryptcbc", "decryptecb"], &["aes", "rijndael"]] },
    Way { name: "a cipher of System.Security.Cryptography", words: &[&["createdecryptor"], &["cryptography.", "descrypto", "tripledes"]] },
    Way { name: "a secure string", words: &[&["convertto-securestring"], &["-key", "-k "], &["ptrtostring", "getnetworkcredential"]] },
    Way { name: "CAPICOM", words: &[&["capicom.encrypteddata"], &["decrypt"]] },
    Way { name: "System.IO.Compression", words: &[&["io.compression"], &["gzipstream", "deflatestream"], &["frombase64string"]] },
];

/// Letters of the shortest cipher text: pages are full of hashes and of the alphabets of libraries.
const IN_PAGES: usize = 128;
const IN_WINDOWS: usize = 80;
/// How what OpenSSL and CryptoJS encrypt begins, in base64 and hexadecimal, and its shortest length.
const SALTED: &[&str] = &["U2FsdGVkX1", "53616c7465645f5f"];
const SHORTEST_SALTED: usize = 44;
/// Numbers of the shortest list that is one.
const LIST: usize = 100;
/// Letters that a cipher text shows at the least, of sixteen that hexadecimal has.
const DIFFERENT: usize = 10;
/// Tokens of a script that somebody wrote, not a program that packs libraries.
const SMALL: usize = 4_000;
/// Bytes of folded texts that are looked at.
const LOOKED_AT: usize = 1 << 20;

/// What runs or writes text in a page.
const SINKS: &[&str] = &[
    "document.write",
    "innerhtml",
    "outerhtml",
    "insertadjacenthtml",
    "srcdoc",
    "createobjecturl",
    "location",
    "window.open",
    "eval(",
    "parsefromstring",
];
/// How scripts of Windows read themselves.
const OWN_FILE: &[&str] =
    &["scriptfullname", "$pscommandpath", "mycommand.path", "mycommand.definition", "scriptblock.ast"];
/// How a page asks its reader for a key.
const ASKS: &[&str] = &[
    "prompt(",
    "type=password",
    "type=\"password\"",
    "passwordinput",
    "getelementbyid('pass",
    "getelementbyid(\"pass",
];

/// Tells of a script that decrypts itself.
pub(super) fn tell(source: &str, dialect: Dialect, tokens: &Tokens, folding: &Folding, out: &mut Opened) {
    if dialect == Dialect::Batch {
        return;
    }
    let is_cipher = |text: &str| is_cipher(text, dialect);
    let holds = tokens.iter().any(|(_, token)| matches!(token, Token::Text(text) if is_cipher(text)))
        || folding.texts.iter().any(|folded| is_cipher(&folded.text))
        || longest_list(tokens) >= LIST;
    if !holds && dialect == Dialect::JavaScript {
        return;
    }
    let words = haystack(source, tokens, folding);
    let reads_itself = || OWN_FILE.iter().any(|word| words.contains(word));
    if !(holds || reads_itself()) || !ends(dialect, &words, out) {
        return;
    }
    let way = OF_PAGES.iter().chain(OF_WINDOWS).find(|way| way.fits(&words));
    let is_small = tokens.len() <= SMALL;
    let is_page = dialect == Dialect::JavaScript;
    // Bundles of pages hold ciphers, long texts and short names that mean many things.
    let way = way.filter(|_| is_small || !is_page || key::decrypts_own(tokens, &is_cipher));
    let key = if is_small || !is_page { key::source(tokens, &is_cipher, way.is_some()) } else { None };
    if way.is_some()
        && key.is_none()
        && dialect == Dialect::JavaScript
        && ASKS.iter().any(|word| words.contains(word))
    {
        out.missed("encrypted", "content for which a page asks its reader for a password");
        return;
    }
    if let Some(key) = key {
        let name = way.map_or("exclusive or", |way| way.name);
        let detail = format!("{name}, the key is made of {key}");
        out.facts.push(Fact::Trick { what: "script-keyed", detail });
    } else if let Some(way) = way {
        out.facts.push(Fact::Trick { what: "script-decrypts", detail: way.name.into() });
    }
}

/// All that a script says, in lower case: its source, its texts, the members it names by texts.
fn haystack(source: &str, tokens: &Tokens, folding: &Folding) -> String {
    let mut words = source.to_ascii_lowercase();
    let most = words.len() + LOOKED_AT;
    let members = tokens.iter().filter_map(|(_, token)| match token {
        Token::Word(word) => Some(word.as_ref()),
        _ => None,
    });
    let texts = folding.texts.iter().filter(|folded| folded.pieces > 1).map(|folded| folded.text.as_str());
    for word in texts.chain(members) {
        if words.len() + word.len() >= most {
            break;
        }
        words.push('\n');
        words.push_str(&word.to_ascii_lowercase());
    }
    words
}

impl Way {
    fn fits(&self, words: &str) -> bool {
        self.words.iter().all(|group| group.iter().any(|word| words.contains(word)))
    }
}

/// Whether a script ends in running or writing what it made.
fn ends(dialect: Dialect, words: &str, out: &Opened) -> bool {
    let has = |wanted: &[Sign]| {
        out.facts.iter().any(|fact| matches!(fact, Fact::Sign { sign, .. } if wanted.contains(sign)))
    };
    has(&[Sign::Decoding, Sign::Shellcode, Sign::WritesPage, Sign::SavesFile])
        || match dialect {
            Dialect::JavaScript => {
                has(&[Sign::ProcessStart]) || SINKS.iter().any(|word| words.contains(word))
            }
            Dialect::VisualBasic => has(&[Sign::ProcessStart, Sign::ComputedObject]),
            _ => words.contains("scriptblock]::create"),
        }
}

/// Whether a text is written as cipher texts are.
fn is_cipher(text: &str, dialect: Dialect) -> bool {
    let shortest = if dialect == Dialect::JavaScript { IN_PAGES } else { IN_WINDOWS };
    let is_salted = SALTED.iter().any(|start| text.starts_with(start));
    let is_long = text.len() >= if is_salted { SHORTEST_SALTED } else { shortest };
    let is_letter = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'\r' | b'\n')
    };
    if !is_long || !text.bytes().all(is_letter) {
        return false;
    }
    // Alphabets stand in the source of every decoder.
    let is_alphabet = text.contains("ABCDEFGHIJKLM") || text.contains("abcdefghijklm");
    let mut seen = [false; 256];
    for byte in text.bytes().take(1000) {
        if let Some(place) = seen.get_mut(usize::from(byte)) {
            *place = true;
        }
    }
    !is_alphabet && seen.iter().filter(|seen| **seen).count() >= DIFFERENT
}

/// The length of the longest list of numbers.
fn longest_list(tokens: &Tokens) -> usize {
    let (mut longest, mut length) = (0, 0);
    for (_, token) in tokens {
        length = match token {
            Token::Number(_) => length + 1,
            Token::Mark(',' | '-' | '\n' | '_') => length,
            _ => 0,
        };
        longest = longest.max(length);
    }
    longest
}

#[cfg(test)]
mod tests;
