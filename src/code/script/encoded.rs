//! Scripts of the Microsoft Script Encoder (`#@~^`): JSE and VBE files, and the encoded scripts of pages. The encoder was
//! published to keep readers out and hides nothing: each character is exchanged by one of three tables, in a fixed
//! order of 64 steps. Characters outside ASCII stand as they are; those that would end a tag have escapes.

use super::dialect::Dialect;
use crate::artifact::{Artifact, Child, Fact, Format, Opened};
use crate::keyring::Keyring;
use crate::kind::Class;
use crate::limits::{Budget, Stop};

/// Encoded scripts.
pub struct ScriptEncoder;

impl Format for ScriptEncoder {
    fn id(&self) -> &'static str {
        "script-encoder"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        let is_code = matches!(artifact.kind.class, Class::Script | Class::Text)
            || matches!(artifact.kind.id, "html" | "svg" | "xml");
        is_code && memchr::memmem::find(&artifact.bytes, START).is_some()
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        for (place, block) in blocks(&artifact.bytes).into_iter().take(MOST).enumerate() {
            budget.pay(block.len() as u64)?;
            let plain = decode(block);
            let language = match crate::kind::extension(&artifact.name).as_str() {
                "vbe" | "vbs" => "vbs",
                "jse" | "js" => "js",
                _ => Dialect::guess(&String::from_utf8_lossy(&plain)).kind(),
            };
            out.facts
                .push(Fact::Trick { what: "script-encoded", detail: format!("{} characters", plain.len()) });
            let name = format!("{} (decoded {})", artifact.name, place + 1);
            out.push(Child::new(name, "encoded", plain).of_kind(language), budget)?;
        }
        Ok(())
    }
}

const START: &[u8] = b"#@~^";
const END: &[u8] = b"^#~@";

/// Encoded scripts of one artifact.
const MOST: usize = 64;

/// The encoded texts: behind the mark, eight characters of length, and before eight of a checksum and the mark.
fn blocks(bytes: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    for at in memchr::memmem::find_iter(bytes, START) {
        let rest = bytes.get(at + START.len()..).unwrap_or_default();
        let rest = if rest.get(6..8) == Some(b"==") { rest.get(8..).unwrap_or_default() } else { rest };
        let end = memchr::memmem::find(rest, END).unwrap_or(rest.len());
        let block = rest.get(..end).unwrap_or_default();
        let sum = block.len().saturating_sub(8);
        let is_whole = block.get(sum + 6..) == Some(b"==");
        found.push(if is_whole { block.get(..sum).unwrap_or_default() } else { block });
    }
    found
}

/// Which table is used for each of 64 characters.
const ORDER: &[u8; 64] = b"0120121221210212021200122102122100212120200120210212001220012021";

/// What stands for the bytes from 32 on.
const TABLES: [&[u8; 96]; 3] = [
    b".GzVBj/&IA42[vrC89pEhqO\x09bD#uJ~J^@wJa]\"KoN;LPg*}tT+-,0nkf5%!dMRc?{x)(sY3\x7fmUS|:_eFX1ilZH'\\=$y7`Q 6",
    b"-uR`q^I\\b})6 |z\x7fkc3+hQfv1dTCL:L~LE,*t'7DyY/o&rj9{?8wgSG4x]0#Z[lHUpi.L!$NP\x09Vs5aKX;W\"mM%(FJ2A=_OBe",
    b"20!)[83=X:5e9\\VsfNEkbYx^}JmqA`AS@B'Hru17MR\"TjGd- \x7f.L]~loytC&v%$+(#A4\x09*D?w;UiacPgQIOFh|6pnz/_KZ,W",
];

/// What stands for a tab.
const TAB: &[u8; 3] = b"Wn{";

/// Escapes and their characters.
const ESCAPES: &[(u8, u8)] = &[(b'&', b'\n'), (b'#', b'\r'), (b'*', b'>'), (b'!', b'<'), (b'$', b'@')];

fn decode(block: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = block.iter().copied().peekable();
    let mut step = 0usize;
    while let Some(byte) = bytes.next() {
        if byte >= 0x80 {
            out.push(byte);
            continue;
        }
        let table = ORDER.get(step % ORDER.len()).map_or(0, |digit| usize::from(digit - b'0'));
        step += 1;
        let next = bytes.peek().copied();
        let escaped = || next.as_ref().and_then(|next| ESCAPES.iter().find(|(code, _)| code == next));
        let plain = match byte {
            b'@' => escaped().map(|(_, plain)| *plain),
            b'\t' => TAB.get(table).copied(),
            b'<' | b'>' | b'\r' | b'\n' => None,
            _ => usize::from(byte).checked_sub(32).and_then(|place| TABLES.get(table)?.get(place)).copied(),
        };
        if byte == b'@' && plain.is_some() {
            bytes.next();
        }
        out.push(plain.unwrap_or(byte));
    }
    out
}

#[cfg(test)]
pub(in crate::code) mod tests {
    use super::*;
    use crate::artifact::Tree;
    use crate::limits::Limits;

    /// Encodes as the encoder of Windows does, the length and checksum left blank.
    pub(in crate::code) fn encode(plain: &str) -> Vec<u8> {
        let mut out = b"#@~^AAAAAA==".to_vec();
        for (step, byte) in plain.bytes().enumerate() {
            let table = usize::from(ORDER[step % 64] - b'0');
            match ESCAPES.iter().find(|(_, escaped)| *escaped == byte) {
                Some((code, _)) => out.extend([b'@', *code]),
                None if byte >= 0x80 => out.push(byte),
                None if TAB[table] == byte => out.push(b'\t'),
                None => out.push(
                    TABLES[table]
                        .iter()
                        .enumerate()
                        .position(|(at, known)| *known == byte && !matches!(at, 28 | 30 | 32))
                        .and_then(|at| u8::try_from(at + 32).ok())
                        .unwrap(),
                ),
            }
        }
        out.extend(b"AAAAAA==^#~@");
        out
    }

    fn opened(name: &str, bytes: &[u8]) -> Opened {
        let tree = Tree::new(Child::new(name, "attachment", bytes.to_vec()));
        let mut out = Opened::default();
        let artifact = tree.get(0).unwrap();
        if ScriptEncoder.matches(artifact) {
            ScriptEncoder
                .open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default()))
                .unwrap();
        }
        out
    }

    #[test]
    fn encoded_scripts_are_read() {
        let plain = "Dim a\r\nSet a = CreateObject(\"WScript.Shell\")\r\nIf 1 < 2 And 3 > 2 Then MsgBox \"Hello @ all\"\r\n";
        let bytes = encode(plain);
        let out = opened("a.vbe", &bytes);
        assert_eq!(String::from_utf8_lossy(&out.children[0].bytes), plain);
        assert_eq!(out.children[0].kind.unwrap().id, "vbs");
        let page =
            [b"<html><script language='JScript.Encode'>", encode("var a = 1;").as_slice(), b"</script>"]
                .concat();
        let out = opened("a.html", &page);
        assert_eq!(
            (out.children[0].bytes.as_slice(), out.children[0].kind.unwrap().id),
            (&b"var a = 1;"[..], "js")
        );
    }

    #[test]
    fn known_text_of_the_encoder_is_read() {
        assert_eq!(decode(b"\\ko$K6"), b"MsgBox");
    }

    #[test]
    fn damaged_scripts_end() {
        let bytes = encode("var a = '<b>';\r\n");
        for length in 0..bytes.len() {
            opened("a.jse", &bytes[..length]);
            let mut flipped = bytes.clone();
            flipped[length] ^= 1 << (length % 8);
            opened("a.jse", &flipped);
        }
        assert!(opened("a.jse", &b"#@~^".repeat(1000)).children.len() <= MOST);
    }
}
