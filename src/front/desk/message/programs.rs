//! Program text that was found inside: what it does in words, then its lines.

use crate::artifact::{Artifact, Fact, Tree};
use crate::kind::Class;
use crate::report::gist::{self, quote};
use crate::report::{Lang, Report, facts, words};
use crate::text::guess;

/// One program.
pub(super) struct Program {
    /// Where it stands.
    pub(super) title: String,
    /// How it was found there.
    pub(super) via: &'static str,
    /// What it does, a line each.
    pub(super) does: Vec<String>,
    pub(super) lines: Vec<String>,
    /// Lines that are not shown.
    pub(super) more: usize,
}

/// Kinds that are shown although they are no program: texts that programs use.
const TEXTS: &[&str] = &["xlm-texts", "form-strings", "vba-texts"];

/// Ways by which a decoder puts out what a program hides.
const DECODED: &[&str] = &["lnk-command", "lnk-appended", "encoded", "folded", "script-texts"];

/// What is shown at most: programs, lines of one, characters of a line, signs.
const PROGRAMS: usize = 30;
const LINES: usize = 300;
const COLUMNS: usize = 600;
const SIGNS: usize = 12;

/// The programs of a message, those first that do something.
pub(super) fn of(tree: &Tree, report: &Report, lang: Lang) -> Vec<Program> {
    let mut found: Vec<&Artifact> = tree.iter().filter(|artifact| is_program(artifact)).collect();
    found.sort_by_key(|artifact| (signs(artifact).next().is_none(), artifact.id));
    found.into_iter().take(PROGRAMS).map(|artifact| program(artifact, report, lang)).collect()
}

fn is_program(artifact: &Artifact) -> bool {
    let is_text = matches!(artifact.kind.class, Class::Source | Class::Script)
        || TEXTS.contains(&artifact.kind.id)
        || DECODED.contains(&artifact.via) && artifact.kind.class == Class::Text;
    is_text && !artifact.bytes.is_empty()
}

fn signs(artifact: &Artifact) -> impl Iterator<Item = &Fact> {
    artifact.facts.iter().filter(|fact| matches!(fact, Fact::Sign { .. } | Fact::Shortcut { .. }))
}

fn program(artifact: &Artifact, report: &Report, lang: Lang) -> Program {
    let text = guess(&artifact.bytes);
    let mut lines = text.lines();
    let shown = lines.by_ref().take(LINES).map(|line| quote(&line.replace('\t', "    "), COLUMNS)).collect();
    Program {
        title: gist::place(report, artifact.id, lang),
        via: words::word(lang, "via", artifact.via),
        does: signs(artifact).take(SIGNS).map(|fact| facts::describe(fact, lang)).collect(),
        lines: shown,
        more: lines.count(),
    }
}
