//! The safe preview: the letters of the mail and of its documents, as plain text.

use super::super::words::say;
use crate::front::excerpt::{Excerpt, TEXT_LINES, Text};
use crate::report::gist::{self, quote};
use crate::report::{Lang, Report};

/// The text of one body or document.
pub(super) struct Preview {
    /// Where it stands.
    pub(super) title: String,
    pub(super) blocks: Vec<Block>,
    /// Whether there is more of it.
    pub(super) is_cut: bool,
}

/// A run of paragraphs, or a table.
pub(super) enum Block {
    Paragraphs(Vec<String>),
    Table { caption: String, rows: Vec<Vec<String>> },
}

/// What is shown at most: characters of a line, cells of a row.
const COLUMNS: usize = 1_000;
const CELLS: usize = 30;

/// The texts of a message: those of the mail first.
pub(super) fn of(excerpt: &Excerpt, report: &Report, lang: Lang) -> Vec<Preview> {
    let shown = |text: &Text| preview(&text.text, title(text, report, lang), text.is_cut);
    excerpt.texts.iter().map(shown).collect()
}

fn title(text: &Text, report: &Report, lang: Lang) -> String {
    let entry = report.artifact(text.artifact);
    let parent = entry.filter(|entry| entry.via == "text").and_then(|entry| entry.parent);
    let of = parent.unwrap_or(text.artifact);
    let is_nested = report.artifact(of).and_then(|entry| entry.parent).is_some_and(|parent| parent > 0);
    match text.of_mail && !is_nested {
        true => say(lang, "message.preview-body").to_string(),
        false => gist::place(report, of, lang),
    }
}

fn preview(text: &str, title: String, is_cut: bool) -> Preview {
    let mut lines = text.lines();
    let mut blocks: Vec<Block> = Vec::new();
    let mut gap = false;
    for line in lines.by_ref().take(TEXT_LINES) {
        if line.trim().is_empty() {
            gap = true;
            continue;
        }
        match cell(line) {
            Some((sheet, row, value)) => add_cell(&mut blocks, sheet, row, value),
            None => add_line(&mut blocks, line, gap),
        }
        gap = false;
    }
    Preview { title, blocks, is_cut: is_cut || lines.next().is_some() }
}

/// `Sheet1!B7`, a tab and the words: how the cells of workbooks are told.
fn cell(line: &str) -> Option<(&str, &str, &str)> {
    let (place, value) = line.split_once('\t')?;
    let (sheet, reference) = place.rsplit_once('!')?;
    let row = reference.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let is_reference = row.len() < reference.len() && row.bytes().all(|byte| byte.is_ascii_digit());
    (is_reference && !row.is_empty()).then_some((sheet.trim_matches('\''), row, value))
}

/// Puts a cell into the table of its sheet; the first cell of each row is the number of the row.
fn add_cell(blocks: &mut Vec<Block>, sheet: &str, row: &str, value: &str) {
    let sheet = quote(sheet, 60);
    if !matches!(blocks.last(), Some(Block::Table { caption, .. }) if *caption == sheet) {
        blocks.push(Block::Table { caption: sheet, rows: Vec::new() });
    }
    let Some(Block::Table { rows, .. }) = blocks.last_mut() else { return };
    if rows.last().and_then(|cells| cells.first()).is_none_or(|number| number != row) {
        rows.push(vec![row.to_string()]);
    }
    if let Some(cells) = rows.last_mut().filter(|cells| cells.len() <= CELLS) {
        cells.push(quote(value, COLUMNS));
    }
}

/// Adds a line: to a table of lines with tabs, or to the paragraph before it.
fn add_line(blocks: &mut Vec<Block>, line: &str, gap: bool) {
    if line.trim().contains('\t') {
        let cells = line.split('\t').take(CELLS).map(|cell| quote(cell.trim(), COLUMNS)).collect();
        match blocks.last_mut() {
            Some(Block::Table { caption, rows }) if caption.is_empty() && !gap => rows.push(cells),
            _ => blocks.push(Block::Table { caption: String::new(), rows: vec![cells] }),
        }
        return;
    }
    let line = quote(line.trim_end(), COLUMNS);
    match blocks.last_mut() {
        Some(Block::Paragraphs(paragraphs)) => match paragraphs.last_mut().filter(|_| !gap) {
            Some(paragraph) => {
                paragraph.push('\n');
                paragraph.push_str(&line);
            }
            None => paragraphs.push(line),
        },
        _ => blocks.push(Block::Paragraphs(vec![line])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_and_tables() {
        let text = "請求書\n在中\n\nhttp://evil.example/\u{202e}\n品名\t数\nりんご\t3\n'売上 表'!A1\t品\n'売上 表'!B1\t4\n'売上 表'!A2\t x\n";
        let preview = preview(text, String::new(), false);
        assert_eq!(preview.blocks.len(), 3);
        let Block::Paragraphs(paragraphs) = &preview.blocks[0] else { panic!() };
        assert_eq!(paragraphs, &["請求書\n在中", "hxxp://evil[.]example/⟨U+202E⟩"]);
        let Block::Table { rows, .. } = &preview.blocks[1] else { panic!() };
        assert_eq!(rows[1], ["りんご", "3"]);
        let Block::Table { caption, rows } = &preview.blocks[2] else { panic!() };
        assert_eq!((caption.as_str(), rows.len()), ("売上 表", 2));
        assert_eq!(rows[0], ["1", "品", "4"]);
    }

    #[test]
    fn long_texts_are_cut_and_say_so() {
        let preview = preview(&"a\n".repeat(TEXT_LINES + 1), String::new(), false);
        assert!(preview.is_cut);
        let wide = super::preview(&"\ta".repeat(999), String::new(), false);
        let Block::Table { rows, .. } = &wide.blocks[0] else { panic!() };
        assert_eq!(rows[0].len(), CELLS);
    }
}
