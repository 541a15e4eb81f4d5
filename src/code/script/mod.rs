//! Scripts that Windows runs on a double click, and those of pages: JavaScript, VBScript, PowerShell, batch files.
//!
//! Read: the texts that the source puts together from pieces (`fold`), and signs of what it does, in the source and in
//! those texts; look-ups in tables of texts (`tables`) and loops that decode (`loops`) are undone by their shape. Nothing
//! is run. What a script would compute otherwise in functions of its own stays unknown.

mod batch;
mod ciphers;
mod dialect;
mod encoded;
mod fold;
mod lexer;
mod loops;
mod plain;
mod signs;
mod tables;
mod values;
mod words;

use crate::artifact::{Artifact, Child, Fact, Format, Opened, Sign};
use crate::code::encoded::guess;
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};
use crate::text;
use dialect::Dialect;
pub use encoded::ScriptEncoder;
use fold::{Folded, Folding, GAP};
use lexer::Token;
use signs::Script;
use std::collections::BTreeSet;
use values::{Value, replaced};

/// Scripts.
pub struct Scripts;

impl Format for Scripts {
    fn id(&self) -> &'static str {
        "script"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        matches!(artifact.kind.id, "js" | "vbs" | "ps1" | "bat" | "vbe")
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let mut source = text::decode("", written(artifact));
        source.truncate(source.floor_char_boundary(LONGEST));
        let Some(dialect) = Dialect::of(artifact.kind.id, &source) else { return Ok(()) };
        budget.pay(source.len() as u64)?;
        let tokens = lexer::tokens(&source, dialect);
        let escaped = plain::escaped(&tokens, &source, dialect);
        let (tokens, looked_up) = tables::resolved(tokens, budget)?;
        let (tokens, mut named) = plain::members(tokens, dialect);
        named.extend(looked_up);
        named.extend(escaped);
        let mut folding = fold::fold(&tokens, dialect, budget);
        budget.pay(0)?;
        folding.texts.append(&mut named);
        if dialect == Dialect::Batch {
            folding.texts.extend(commands(&source));
        }
        let undone = loops::undone(&tokens, &source, dialect, &folding, budget)?;
        rewritten(&mut folding, &source, dialect);
        for payload in undone.payloads() {
            budget.pay(payload.len() as u64)?;
            let Some((kind, payload)) = guess::kind(payload) else { continue };
            let child = Child::new("decoded", "encoded", payload);
            out.push(Child { kind: Some(kind), ..child }, budget)?;
        }
        folding.texts.extend(undone.texts);
        budget.tick()?;
        out.facts.extend(signs(&source, dialect, &tokens, &folding));
        ciphers::tell(&source, dialect, &tokens, &folding, out);
        budget.tick()?;
        if written(artifact).len() < artifact.bytes.len() {
            let text = "a mark of wide text before narrow text".into();
            out.facts.push(Fact::Sign { sign: Sign::ChoppedText, text, line: 1 });
        }
        for page in pages(&folding.texts) {
            budget.pay(page.len() as u64)?;
            out.push(Child::new("page", "encoded", page.as_bytes().to_vec()).of_kind("html"), budget)?;
        }
        if let Some(child) = texts(artifact, &folding.texts) {
            budget.pay(child.size)?;
            out.push(child, budget)?;
        }
        Ok(())
    }
}

/// What the interpreter reads. That of batch files knows no marks of wide text; one before narrow text is there to
/// mislead other readers.
fn written(artifact: &Artifact) -> &[u8] {
    let bytes = artifact.bytes.as_slice();
    let is_batch = artifact.kind.id == "bat";
    let behind = bytes.strip_prefix(b"\xff\xfe").or_else(|| bytes.strip_prefix(b"\xfe\xff"));
    let narrow =
        behind.filter(|text| is_batch && !text.is_empty() && !text.iter().take(256).any(|byte| *byte == 0));
    narrow.unwrap_or(bytes)
}

/// The commands of a batch file as they are run, where that is not how they are written.
fn commands(source: &str) -> Vec<Folded> {
    let commands = batch::commands(source);
    let pieces = commands.undone.min(100) + 1;
    let run = Folded { at: 0, text: commands.text, pieces, is_decoded: false };
    let written = Folded { at: 0, pieces: 2, text: commands.echoed, is_decoded: false };
    let is_file = written.text.lines().take(3).count() == 3;
    [(run, commands.undone > 0), (written, is_file)]
        .into_iter()
        .filter(|(_, told)| *told)
        .map(|(text, _)| text)
        .collect()
}

/// Signs of what a script does, in its source and in its texts.
fn signs(source: &str, dialect: Dialect, tokens: &[(usize, Token)], folding: &Folding) -> Vec<Fact> {
    let decoded: BTreeSet<String> =
        folding.names.iter().filter(|(_, value)| value.is_decoded).map(|(name, _)| name.clone()).collect();
    let is_name = |folded: &&Folded| {
        folded.text.len() < 2000 && (folded.text.contains("://") || folded.text.contains('.'))
    };
    let named = folding.texts.iter().filter(is_name).take(500).collect();
    Script { source, dialect, tokens, texts: &folding.texts, names: &folding.names, decoded: &decoded, named }
        .signs()
}

/// Bytes of source that are read.
const LONGEST: usize = 16 << 20;

/// Bytes of folded text that are kept.
const LONGEST_TEXTS: usize = 4 << 20;

/// Texts with the fillers taken out that the program takes out somewhere, and turned around where it turns texts.
fn rewritten(folding: &mut Folding, source: &str, dialect: Dialect) {
    let lower = source.to_ascii_lowercase();
    let turns = ["reverse", "strreverse", "righttoleft", "[-1.."].iter().any(|word| lower.contains(word))
        || BACKWARDS.iter().any(|word| lower.contains(word));
    let mut made = 0;
    let mut more = Vec::new();
    for folded in folding.texts.iter().filter(|folded| folded.text.len() >= 8) {
        if made > LONGEST_TEXTS {
            break;
        }
        let value = Value { text: folded.text.clone(), pieces: folded.pieces, is_decoded: true };
        let mut plain = value.clone();
        for (what, with) in &folding.fillers {
            plain = replaced(&plain, what, with);
            made += value.text.len() / 8 + 1;
        }
        let filled = (plain.text != value.text).then_some(plain.clone());
        let turned = (turns && dialect != Dialect::Batch).then(|| plain.reversed());
        for value in filled.into_iter().chain(turned) {
            made += value.text.len();
            more.push(Folded { at: folded.at, text: value.text, pieces: value.pieces + 1, is_decoded: true });
        }
    }
    folding.texts.extend(more);
}

/// What nobody writes by chance, backwards: another script of the file may turn it.
const BACKWARDS: &[&str] = &[
    "llehs.tpircsw",
    "tcejbometsyselif",
    "ptthlmx",
    "tcejboxevitca",
    "llehsrewop",
    "noitacilppa.llehs",
    "maerts.bdoda",
];

/// The pages among the texts that were decoded.
fn pages(folded: &[Folded]) -> BTreeSet<&str> {
    let is_page = |text: &str| {
        let lower = text.to_ascii_lowercase();
        PAGE.iter().any(|tag| lower.contains(tag))
    };
    let decoded = folded.iter().filter(|folded| folded.is_decoded && folded.text.len() >= 32);
    decoded.map(|folded| folded.text.as_str()).filter(|text| is_page(text)).take(MOST_PAGES).collect()
}

/// What a page has that does something.
const PAGE: &[&str] = &["<html", "<script", "<form", "<body", "<iframe", "<input", "http-equiv"];

/// Pages of one script that are opened.
const MOST_PAGES: usize = 8;

/// The texts that were put together, one a line, as an artifact that rules see and that may hold payloads.
fn texts(artifact: &Artifact, folded: &[Folded]) -> Option<Child> {
    let mut joined = String::new();
    for folded in folded.iter().filter(|folded| folded.pieces > 1 && folded.text.len() > 3) {
        if joined.len() + folded.text.len() > LONGEST_TEXTS {
            continue;
        }
        joined.extend(folded.text.chars().map(|c| if c == GAP { ' ' } else { c }));
        joined.push('\n');
    }
    let name = format!("{} (texts)", artifact.name);
    (!joined.is_empty())
        .then(|| Child::new(name, "script-texts", joined.into_bytes()).of_kind("script-texts"))
}

#[cfg(test)]
mod tests;
