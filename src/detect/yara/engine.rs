//! Loading: sources → compiled rules, or the same from the cache.

pub use super::session::Session;

use super::card::Card;
use super::sources::{self, Source};
use super::{Listed, Problem, cache::Cache};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use yara_x::{Compiler, SourceCode};

/// The variables every rule may use; without them public rules that do would not compile.
pub(super) const GLOBALS: [&str; 6] = ["filename", "filepath", "extension", "filetype", "md5", "owner"];

/// Compiled rules and what their findings say.
#[derive(Debug)]
pub(super) struct Engine {
    pub rules: yara_x::Rules,
    /// Every rule in the order of its source.
    pub cards: Vec<Card>,
    /// Namespace and name → place in `cards`.
    places: HashMap<String, usize>,
    /// Those of [`GLOBALS`] that some rule names. The others need not be computed for each artifact.
    pub globals: Vec<&'static str>,
    /// What the rules were made of.
    sources: Vec<Source>,
}

/// Loads tenpu's own rules and the user's.
pub(super) fn load(builtin: bool, user: &[PathBuf], cache: Option<&Path>) -> (Option<Engine>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut sources = if builtin { sources::builtin() } else { Vec::new() };
    sources.extend(sources::user(user, &mut problems));
    if sources.is_empty() {
        return (None, problems);
    }
    let (rules, broken) = cached(&sources, cache);
    problems.extend(broken);
    (Some(Engine::new(rules, sources)), problems)
}

impl Engine {
    fn new(rules: yara_x::Rules, sources: Vec<Source>) -> Self {
        let mut cards = Vec::new();
        let mut places = HashMap::new();
        for rule in rules.iter() {
            let source = rule.namespace().parse().ok().and_then(|at: usize| sources.get(at));
            if let Some(source) = source {
                places.insert(place_name(&rule), cards.len());
                cards.push(Card::new(&rule, source));
            }
        }
        let names = |name: &str| sources.iter().any(|source| has_word(&source.text, name));
        let globals = GLOBALS.into_iter().filter(|name| names(name)).collect();
        Self { rules, cards, places, globals, sources }
    }

    /// Length of the sources, the sources, the compiled rules.
    pub(super) fn pack(&self) -> Result<Vec<u8>, String> {
        let sources = serde_json::to_vec(&self.sources).map_err(|error| error.to_string())?;
        let rules = self.rules.serialize().map_err(|error| error.to_string())?;
        Ok([&(sources.len() as u64).to_le_bytes()[..], &sources, &rules].concat())
    }

    pub(super) fn unpack(packed: &[u8]) -> Option<Self> {
        let (length, rest) = packed.split_first_chunk()?;
        let (sources, rules) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        Some(Self::new(yara_x::Rules::deserialize(rules).ok()?, serde_json::from_slice(sources).ok()?))
    }

    pub(super) fn list(&self) -> Vec<Listed> {
        self.cards.iter().filter(|card| !card.private).map(|card| card.listed.clone()).collect()
    }

    /// The place of a rule in `cards`.
    pub(super) fn place(&self, rule: &yara_x::Rule) -> Option<usize> {
        self.places.get(&place_name(rule)).copied()
    }
}

fn place_name(rule: &yara_x::Rule) -> String {
    format!("{}/{}", rule.namespace(), rule.identifier())
}

/// The rules of the cache if it has them, else compiled ones, which the cache then keeps.
fn cached(sources: &[Source], folder: Option<&Path>) -> (yara_x::Rules, Vec<Problem>) {
    let name = fingerprint(sources);
    let cache = folder.and_then(Cache::open);
    let kept = cache.as_ref().and_then(|cache| cache.read(&name));
    if let Some(kept) = kept.and_then(|kept| unpack(&kept)) {
        return kept;
    }
    let (rules, problems) = compile(sources);
    if let (Some(cache), Some(packed)) = (cache, pack(&rules, &problems)) {
        cache.write(&name, &packed);
    }
    (rules, problems)
}

/// What compiled rules depend on. The engine checks the processor itself and compiles again where it must.
fn fingerprint(sources: &[Source]) -> String {
    let mut hasher = Sha256::new();
    let program = [env!("CARGO_PKG_VERSION"), yara_x::VERSION, std::env::consts::ARCH, std::env::consts::OS];
    let mut add = |part: &[u8]| {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    };
    program.iter().for_each(|part| add(part.as_bytes()));
    for source in sources {
        add(source.file.as_bytes());
        add(&[u8::from(source.builtin)]);
        add(&source.text);
    }
    hex(&hasher.finalize())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Length of the problems, the problems, the compiled rules.
fn pack(rules: &yara_x::Rules, problems: &[Problem]) -> Option<Vec<u8>> {
    let problems = serde_json::to_vec(problems).ok()?;
    let length = u32::try_from(problems.len()).ok()?.to_le_bytes();
    Some([&length[..], &problems, &rules.serialize().ok()?].concat())
}

fn unpack(packed: &[u8]) -> Option<(yara_x::Rules, Vec<Problem>)> {
    let (length, rest) = packed.split_first_chunk()?;
    let (problems, rules) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    Some((yara_x::Rules::deserialize(rules).ok()?, serde_json::from_slice(problems).ok()?))
}

/// Compiles every source in a namespace of its own, named by its number. A broken rule is left out and named.
///
/// A global rule narrows the other rules of its file; with a broken one they would match too much, so such a
/// file is left out whole.
fn compile(sources: &[Source]) -> (yara_x::Rules, Vec<Problem>) {
    let all: Vec<usize> = (0..sources.len()).collect();
    let (rules, problems) = compile_these(sources, &all);
    let unsound = |source: &Source| {
        has_word(&source.text, "global") && problems.iter().any(|problem| problem.file == source.file)
    };
    let sound: Vec<usize> =
        sources.iter().enumerate().filter(|(_, source)| !unsound(source)).map(|(at, _)| at).collect();
    if sound.len() == sources.len() {
        return (rules, problems);
    }
    let left_out = sources.iter().filter(|source| unsound(source)).map(|source| Problem {
        file: source.file.clone(),
        line: 0,
        reason: "left out whole: it has global rules, and not all of its rules could be compiled".to_string(),
    });
    let left_out: Vec<Problem> = left_out.collect();
    (compile_these(sources, &sound).0, [problems, left_out].concat())
}

fn compile_these(sources: &[Source], wanted: &[usize]) -> (yara_x::Rules, Vec<Problem>) {
    let mut compiler = Compiler::new();
    // Public rules are written for YARA, which takes more for a regular expression than YARA-X does.
    compiler.relaxed_re_syntax(true).enable_includes(false).switch_all_warnings(false);
    for name in GLOBALS {
        let _defined = compiler.define_global(name, "");
    }
    let mut problems = Vec::new();
    for (at, source) in sources.iter().enumerate().filter(|(at, _)| wanted.contains(at)) {
        let known = compiler.errors().len();
        compiler.new_namespace(&at.to_string());
        let text = SourceCode::from(source.text.as_slice()).with_origin(source.file.as_str());
        let _noted_in_errors = compiler.add_source(text);
        problems.extend(compiler.errors().iter().skip(known).map(|error| problem(error, source)));
    }
    (compiler.build(), problems)
}

fn problem(error: &yara_x::errors::CompileError, source: &Source) -> Problem {
    let label = error.labels().next();
    let line = label.as_ref().map_or(0, |label| {
        let before = source.text.get(..label.span().start()).unwrap_or(&source.text);
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    });
    let detail = label.map(|label| format!(": {}", label.text())).unwrap_or_default();
    Problem { file: source.file.clone(), line, reason: format!("{}{detail}", error.title()) }
}

/// Whether `word` stands somewhere in the text, not as a part of a longer word.
fn has_word(text: &[u8], word: &str) -> bool {
    let of_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    memchr::memmem::find_iter(text, word).any(|at| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        !of_word(before) && !of_word(text.get(at + word.len()))
    })
}
