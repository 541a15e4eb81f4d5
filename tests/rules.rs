//! Every rule has a page, words in both languages, and cases that it must hit and must miss.
//!
//! A case is a recipe, `tests/rules/<id>/hit-*.toml` or `miss-*.toml`, so that nothing live lies in the
//! repository: `name` is the artifact's name, `kind` its kind where its content does not tell, `why` what the
//! case shows, and each `[[bytes]]` adds to its content: `text`, `wide` (UTF-16) or `hex`, `times` as often.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may panic, and reads the project's own files"
)]

use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use tenpu::artifact::{Child, Tree};
use tenpu::detect::yara::SIGNATURES;

/// One artifact that a rule must hit or must miss.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    name: String,
    kind: Option<String>,
    why: String,
    #[serde(default)]
    bytes: Vec<Piece>,
}

/// A piece of an artifact's content.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Piece {
    text: Option<String>,
    wide: Option<String>,
    hex: Option<String>,
    #[serde(default = "once")]
    times: usize,
}

fn once() -> usize {
    1
}

impl Recipe {
    fn read(path: &Path) -> Self {
        let recipe = toml::from_str(&fs::read_to_string(path).unwrap());
        recipe.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The artifact alone in a tree.
    fn tree(&self) -> Tree {
        let content = self.bytes.iter().flat_map(Piece::content).collect();
        let mut child = Child::new(self.name.as_str(), "file", content);
        if let Some(kind) = &self.kind {
            child = child.of_kind(kind);
            assert!(child.kind.is_some(), "no kind {kind}");
        }
        Tree::new(child)
    }
}

impl Piece {
    fn content(&self) -> Vec<u8> {
        let text = self.text.iter().flat_map(|text| text.bytes());
        let wide = self.wide.iter().flat_map(|text| text.encode_utf16()).flat_map(u16::to_le_bytes);
        let hex = self.hex.iter().flat_map(|text| from_hex(text));
        text.chain(wide).chain(hex).collect::<Vec<u8>>().repeat(self.times)
    }
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let pairs = digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16));
    pairs.map(|byte| byte.unwrap_or_else(|_| panic!("not hexadecimal: {text}"))).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The cases of a rule whose file names start so, in order of names.
fn cases(id: &str, start: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("tests/rules").join(id)).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(start))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    paths.sort();
    paths
}

/// A value of the `meta` section of a signature.
fn meta<'a>(source: &'a str, key: &str) -> Option<&'a str> {
    let lines = source.lines().map(str::trim);
    let (_, value) = lines.filter_map(|line| line.split_once(" = ")).find(|(name, _)| *name == key)?;
    value.strip_prefix('"')?.strip_suffix('"')
}

/// What is wrong with the page of a rule.
fn faults_of_page(id: &str, title_en: &str, title_ja: &str) -> Vec<String> {
    let Ok(page) = fs::read_to_string(root().join(format!("docs/rules/{id}.md"))) else {
        return vec![format!("docs/rules/{id}.md is missing")];
    };
    let wanted = [
        format!("# {title_en}\n\nid: `{id}` · strength: "),
        "\n## What it looks for\n\n".to_string(),
        "\n## Why it matters\n\n".to_string(),
        "\n## Harmless look-alikes\n\n".to_string(),
        "\n## What to do\n\n".to_string(),
        format!("\n## 日本語\n\n**{title_ja}**\n"),
        "\n### 何を見るか\n\n".to_string(),
        "\n### なぜ危険か\n\n".to_string(),
        "\n### 似ている無害なもの\n\n".to_string(),
        "\n### どうすればよいか\n\n".to_string(),
    ];
    let mut from = 0;
    let mut faults = Vec::new();
    for part in wanted {
        match page.get(from..).and_then(|rest| rest.find(&part)) {
            Some(at) => from += at + part.len() - 1,
            None => faults.push(format!("docs/rules/{id}.md lacks, or has out of order: {part:?}")),
        }
    }
    faults
}

#[test]
fn the_table_of_signatures_is_the_folder() {
    let entries = fs::read_dir(root().join("signatures")).unwrap();
    let files = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let listed: BTreeSet<String> = SIGNATURES.iter().map(|(file, _)| file.to_string()).collect();
    assert_eq!(files.collect::<BTreeSet<_>>(), listed);
    assert_eq!(listed.len(), SIGNATURES.len(), "a file stands twice in the table");
    assert!(SIGNATURES.is_sorted_by_key(|(file, _)| *file));
}

#[test]
fn every_signature_has_its_meta_its_page_and_its_cases() {
    let mut faults = Vec::new();
    for (file, source) in SIGNATURES {
        let id = file.strip_suffix(".yar").unwrap().replace('_', "-");
        let name = id.replace('-', "_");
        if source.matches("\nrule ").count() != 1 || !source.contains(&format!("\nrule {name} {{\n")) {
            faults.push(format!("{file}: wants one rule, named {name}"));
        }
        if meta(source, "id") != Some(&id) {
            faults.push(format!("{file}: its id is not {id}"));
        }
        for key in ["title_en", "title_ja", "reference"] {
            if meta(source, key).is_none_or(|value| value.trim().is_empty()) {
                faults.push(format!("{file}: no {key}"));
            }
        }
        if meta(source, "title_ja").is_some_and(str::is_ascii) {
            faults.push(format!("{file}: title_ja is not Japanese"));
        }
        if !matches!(meta(source, "strength"), Some("strong" | "medium" | "weak" | "info")) {
            faults.push(format!("{file}: no strength"));
        }
        if meta(source, "attack").is_none() {
            faults.push(format!("{file}: no attack"));
        }
        let title = |key| meta(source, key).unwrap_or_default();
        faults.extend(faults_of_page(&id, title("title_en"), title("title_ja")));
        for start in ["hit-", "miss-"] {
            if cases(&id, start).is_empty() {
                faults.push(format!("tests/rules/{id}/{start}*.toml is missing"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_case_is_a_recipe_that_says_why() {
    let folders = fs::read_dir(root().join("tests/rules")).unwrap().map(|entry| entry.unwrap());
    for folder in folders {
        for path in cases(folder.file_name().to_str().unwrap(), "") {
            let recipe = Recipe::read(&path);
            assert!(!recipe.why.is_empty(), "{}", path.display());
            assert!(!recipe.name.is_empty(), "{}", path.display());
            assert!(recipe.tree().len() == 1, "{}", path.display());
        }
    }
}

#[test]
fn recipes_are_built_as_they_read() {
    let recipe: Recipe = toml::from_str(
        "name = 'a.txt'\nwhy = 'x'\n[[bytes]]\ntext = 'ab'\ntimes = 2\n[[bytes]]\nwide = 'c'\n[[bytes]]\nhex = '00 fF'",
    )
    .unwrap();
    assert_eq!(recipe.tree().get(0).unwrap().bytes, b"ababc\0\0\xff");
}

#[cfg(feature = "yara")]
mod with_engine {
    use super::*;
    use tenpu::detect::yara::{Listed, Rules};
    use tenpu::detect::{Finding, Strength};

    fn builtin() -> Rules {
        let (rules, problems) = Rules::load(true, &[], None);
        assert_eq!(problems, []);
        rules
    }

    #[test]
    fn every_signature_is_in_force_as_its_meta_says() {
        let listed = builtin().list();
        assert_eq!(listed.len(), SIGNATURES.len());
        for ((file, source), rule) in SIGNATURES.iter().zip(listed) {
            let expected = Listed {
                id: meta(source, "id").unwrap().to_string(),
                strength: match meta(source, "strength") {
                    Some("strong") => Strength::Strong,
                    Some("medium") => Strength::Medium,
                    Some("weak") => Strength::Weak,
                    _ => Strength::Info,
                },
                title_en: meta(source, "title_en").unwrap().to_string(),
                title_ja: meta(source, "title_ja").unwrap().to_string(),
                file: format!("signatures/{file}"),
                builtin: true,
            };
            assert_eq!(rule, expected);
        }
    }

    #[test]
    fn hits_hit_and_misses_miss() {
        let rules = builtin();
        let mut session = rules.session();
        let mut wrong = Vec::new();
        let mut tried = 0;
        for rule in rules.list() {
            for (start, wanted) in [("hit-", true), ("miss-", false)] {
                for path in cases(&rule.id, start) {
                    tried += 1;
                    let findings = session.findings(&Recipe::read(&path).tree());
                    if findings.iter().any(|finding| finding.rule == rule.id) != wanted {
                        wrong.push(format!("{}: {:?}", path.display(), named(&findings)));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "of {tried} cases:\n{}", wrong.join("\n"));
    }

    /// Cut and damaged artifacts: findings may come and go, but nothing breaks.
    #[test]
    fn damaged_cases_break_nothing() {
        let rules = builtin();
        let mut session = rules.session();
        for rule in rules.list() {
            for path in cases(&rule.id, "hit-") {
                let whole = Recipe::read(&path).tree().get(0).unwrap().clone();
                for length in (0..whole.bytes.len()).step_by(7) {
                    let mut child = Child::new(whole.name.as_str(), "file", whole.bytes.clone());
                    child.bytes.truncate(length);
                    if let Some(last) = child.bytes.last_mut() {
                        *last ^= 0x80;
                    }
                    let findings = session.findings(&Tree::new(child));
                    assert!(findings.iter().all(|finding| finding.evidence.chars().count() <= 120));
                    assert!(findings.iter().all(|finding| finding.rule != tenpu::detect::yara::INCOMPLETE));
                }
            }
        }
    }

    /// What harmless files look like: none of the signatures says a word about them.
    #[test]
    fn harmless_files_of_the_corpus_stay_quiet() {
        let Some(corpus) = std::env::var_os("TENPU_CORPUS") else {
            println!("skipped: TENPU_CORPUS is not set");
            return;
        };
        let rules = builtin();
        let mut session = rules.session();
        let mut loud = Vec::new();
        let mut artifacts = 0;
        for entry in walkdir::WalkDir::new(corpus).sort_by_file_name() {
            let path = entry.unwrap().into_path();
            if !path.is_file() {
                continue;
            }
            let tree = opened(&path);
            artifacts += tree.len();
            let findings = session.findings(&tree);
            if findings.is_empty() {
                continue;
            }
            let line = format!("{}: {:?}", path.display(), named(&findings));
            if path.components().any(|part| part.as_os_str() == "benign") {
                loud.push(line)
            } else {
                println!("{line}")
            }
        }
        println!("{artifacts} artifacts");
        assert!(loud.is_empty(), "{} harmless files are not:\n{}", loud.len(), loud.join("\n"));
    }

    fn opened(path: &Path) -> Tree {
        let bytes = fs::read(path).unwrap();
        let input = tenpu::scan::Input {
            path: path.display().to_string(),
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            size: bytes.len() as u64,
            bytes,
            ..Default::default()
        };
        let mut budget = tenpu::limits::Budget::new(&tenpu::limits::Limits::default());
        tenpu::scan::open(
            input,
            tenpu::keyring::Keyring::new(),
            &tenpu::message::neighbours::Neighbours::default(),
            &mut budget,
        )
    }

    fn named(findings: &[Finding]) -> Vec<(&str, &str)> {
        findings.iter().map(|finding| (finding.rule.as_str(), finding.evidence.as_str())).collect()
    }
}
