//! Program text that was found inside: what it does in words, then its lines.

use crate::front::excerpt::{self, Excerpt, PROGRAM_LINES};
use crate::report::gist::{self, quote};
use crate::report::{Lang, Report, words};
use crate::text::printable;

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

/// The most characters of a line.
const COLUMNS: usize = 600;

/// The programs of a message, those first that do something.
pub(super) fn of(excerpt: &Excerpt, report: &Report, lang: Lang) -> Vec<Program> {
    excerpt.programs.iter().map(|found| program(found, report, lang)).collect()
}

fn program(found: &excerpt::Program, report: &Report, lang: Lang) -> Program {
    let via = report.artifact(found.artifact).map(|artifact| words::word(lang, "via", artifact.via));
    let does = found.does.iter().map(|(en, ja)| if lang == Lang::Ja { ja } else { en });
    let lines = found.text.lines().take(PROGRAM_LINES);
    Program {
        title: gist::place(report, found.artifact, lang),
        via: via.unwrap_or_default(),
        does: does.map(|line| printable(line)).collect(),
        lines: lines.map(|line| quote(&line.replace('\t', "    "), COLUMNS)).collect(),
        more: found.more,
    }
}
