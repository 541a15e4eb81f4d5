//! What was inside, as a tree that folds.

use super::super::words::say;
use crate::report::gist::{clip_middle, size};
use crate::report::{ArtifactEntry, Lang, Report, links, words};
use std::collections::BTreeMap;

/// One line of the tree.
pub(super) struct Row {
    /// The name; empty where it has none.
    pub(super) name: String,
    /// What kind of file, how it was reached, how large.
    pub(super) about: String,
    /// Whether lines follow that are inside this one.
    pub(super) is_parent: bool,
    /// Whether it stands open: something in it is a reason for the verdict.
    pub(super) is_open: bool,
    /// Whether a rule matched on this very artifact.
    pub(super) is_marked: bool,
    /// Whether something of it was not read, or was broken.
    pub(super) is_unread: bool,
    pub(super) is_damaged: bool,
    /// Levels that end behind this line; the template writes an end tag for each.
    pub(super) ends: Vec<()>,
}

/// The most lines that are shown.
const ROWS: usize = 300;

/// The lines in the order of a walk, and how many more there are.
pub(super) fn rows(report: &Report, lang: Lang) -> (Vec<Row>, usize) {
    let mut children: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for artifact in report.artifacts.iter().take(ROWS) {
        let parent = artifact.parent.filter(|parent| *parent < artifact.id);
        children.entry(parent).or_default().push(artifact.id);
    }
    let marked = marked(report);
    let mut rows: Vec<Row> = Vec::new();
    let mut waiting: Vec<(usize, usize)> = tops(&children, None, 0);
    while let Some((id, depth)) = waiting.pop() {
        let Some(artifact) = report.artifact(id) else { continue };
        let inner = tops(&children, Some(id), depth + 1);
        let next = inner.last().or(waiting.last()).map_or(0, |(_, depth)| *depth);
        let mut row = row(artifact, report, lang);
        row.is_parent = !inner.is_empty();
        row.is_open = depth == 0 || marked.contains(&id);
        row.ends = std::iter::repeat_n((), depth.saturating_sub(next)).collect();
        rows.push(row);
        waiting.extend(inner);
    }
    (rows, report.artifacts.len().saturating_sub(ROWS))
}

/// What stands in a parent, last first, with its depth.
fn tops(
    children: &BTreeMap<Option<usize>, Vec<usize>>,
    parent: Option<usize>,
    depth: usize,
) -> Vec<(usize, usize)> {
    children.get(&parent).into_iter().flatten().rev().map(|id| (*id, depth)).collect()
}

/// What holds something that a rule matched on.
fn marked(report: &Report) -> Vec<usize> {
    let mut marked = Vec::new();
    for finding in &report.findings {
        let mut next = report.artifact(finding.artifact);
        while let Some(artifact) = next {
            if marked.contains(&artifact.id) {
                break;
            }
            marked.push(artifact.id);
            next = artifact.parent.filter(|parent| *parent < artifact.id).and_then(|id| report.artifact(id));
        }
    }
    marked
}

fn row(artifact: &ArtifactEntry, report: &Report, lang: Lang) -> Row {
    let kind = say(lang, &format!("kind.{}", artifact.format));
    // The way says more than the kind of what has no word: parts and streams of documents.
    let via = words::word(lang, "via", artifact.via);
    let size = size(artifact.size);
    let is_top = artifact.parent.is_none();
    let about = [kind, if is_top { "" } else { via }, &size];
    let mut about: Vec<&str> = about.into_iter().filter(|word| !word.is_empty()).collect();
    about.dedup();
    Row {
        name: links::defang(&clip_middle(artifact.name.trim())),
        about: about.join(if lang == Lang::Ja { "、" } else { ", " }),
        is_parent: false,
        is_open: false,
        is_marked: report.findings.iter().any(|finding| finding.artifact == artifact.id),
        is_unread: report.unread.iter().any(|entry| entry.artifact == artifact.id),
        is_damaged: !artifact.damage.is_empty(),
        ends: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::malicious;

    #[test]
    fn every_level_that_begins_ends() {
        let (rows, more) = rows(&malicious(), Lang::Ja);
        let names: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names[..4], ["m.eml", "請求書.zip", "請求書.doc", "ThisDocument"]);
        assert_eq!((names.len(), more), (5, 0));
        let begins = rows.iter().filter(|row| row.is_parent).count();
        assert_eq!(begins, rows.iter().map(|row| row.ends.len()).sum::<usize>());
        assert!(rows[..4].iter().all(|row| row.is_open) && rows[4].is_unread);
    }

    #[test]
    fn an_empty_report_has_no_rows() {
        assert_eq!(rows(&Report::fault("a", 0, "b"), Lang::En).0.len(), 0);
    }
}
