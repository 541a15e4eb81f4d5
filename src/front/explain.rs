//! `tenpu explain`: all that is known of one message, for those who look closer.

use super::config::{Options, Passwords, Settings};
use super::{Status, input, rules};
use crate::artifact::{Artifact, Fact, Tree};
use crate::report::gist::{self, Gist};
use crate::report::words::{fill, say, word};
use crate::report::{Lang, Report, facts, text};
use crate::scan::Scanner;
use crate::text::{guess, printable};
use crate::verdict::Verdict;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

/// Arguments of `tenpu explain`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Message, mbox, bare attachment, or - for standard input.
    file: PathBuf,
    /// Which message of an mbox, from 0.
    #[arg(long, value_name = "N", default_value_t = 0)]
    index: usize,
    #[command(flatten)]
    passwords: Passwords,
    #[command(flatten)]
    options: Options,
}

/// The kinds of artifacts whose text is shown: source, and the texts that source uses.
const SHOWN: &[&str] = &["vba", "xlm", "xlm-texts", "form-strings", "properties", "hidden-text"];

/// The most lines of one macro that are shown; `extract` writes all.
const LINES: usize = 5_000;

/// The most characters of one line.
const COLUMNS: usize = 2_000;

/// Scans one message and prints everything about it.
pub(super) fn run(args: Args) -> anyhow::Result<Status> {
    let settings = Settings::new(args.options, &args.passwords, None)?;
    let lang = settings.lang;
    let (rules, loaded) = rules::load(&settings);
    let scanner = Scanner::new(settings.limits, rules);
    let input = input::one(&args.file, args.index, scanner.limits().input_bytes)?;
    let (report, tree) = scanner.session().scan(input, &settings.keys);
    let mut out = BufWriter::new(io::stdout().lock());
    write(&mut out, &report, &tree, lang)?;
    out.flush()?;
    let status = if report.verdict >= Verdict::Suspicious { Status::Alarm } else { Status::Quiet };
    Ok(status.max(loaded))
}

fn write(out: &mut dyn Write, report: &Report, tree: &Tree, lang: Lang) -> io::Result<()> {
    text::write(out, report, lang)?;
    if report.verdict == Verdict::Clean {
        text::reasons(out, &Gist::of(report, lang).reasons, lang)?;
        writeln!(out)?;
    }
    writeln!(out, "── {}", say(lang, "heading.tree"))?;
    tree.iter().try_for_each(|artifact| inside(out, artifact, lang))?;
    for macros in tree.iter().filter(|artifact| SHOWN.contains(&artifact.kind.id)) {
        let place = gist::place(report, macros.id, lang);
        writeln!(out, "\n── {}: {place}", say(lang, "heading.source"))?;
        source(out, macros, lang)?;
    }
    pages(out, report, lang)
}

/// One artifact, indented by its depth, and what was observed on it.
fn inside(out: &mut dyn Write, artifact: &Artifact, lang: Lang) -> io::Result<()> {
    let depth = usize::try_from(artifact.depth).unwrap_or(0).min(40);
    let indent = "  ".repeat(depth);
    let name = match artifact.name.trim() {
        "" => say(lang, "place.unnamed").to_string(),
        name => gist::clip_middle(&printable(name)),
    };
    let (format, size) = (artifact.kind.id, gist::size(artifact.size));
    let via = word(lang, "via", artifact.via);
    writeln!(out, "{indent}[{}] {name}  ({format}, {size}, {via})", artifact.id)?;
    let shown = |fact: &&Fact| !matches!(fact, Fact::Procedure { .. });
    for fact in artifact.facts.iter().filter(shown) {
        writeln!(out, "{indent}    · {}", facts::describe(fact, lang))?;
    }
    for damage in &artifact.damage {
        let what = format!("{} {}", damage.what, gist::quote(&damage.detail, 200));
        writeln!(out, "{indent}    ! {}", fill(lang, "explain.damage", &[what.trim_end()]))?;
    }
    if artifact.is_cut() {
        let read = gist::size(artifact.bytes.len() as u64);
        writeln!(out, "{indent}    ! {}", fill(lang, "explain.cut", &[&read]))?;
    }
    for unread in &artifact.unread {
        let reason = word(lang, "unread", unread.reason).to_string();
        let detail = gist::quote(&unread.detail, 200);
        writeln!(out, "{indent}    ? {} [{detail}]", fill(lang, "explain.unread", &[&reason]))?;
    }
    Ok(())
}

/// Macro source with line numbers. Tabs are widened; everything else that does not show itself is shown by number.
fn source(out: &mut dyn Write, macros: &Artifact, lang: Lang) -> io::Result<()> {
    let text = guess(&macros.bytes);
    let mut lines = text.lines().enumerate();
    for (n, line) in lines.by_ref().take(LINES) {
        let line = line.replace('\t', "    ");
        writeln!(out, "{:>5} | {}", n + 1, gist::quote(&line, COLUMNS))?;
    }
    match lines.count() {
        0 => Ok(()),
        rest => writeln!(out, "      … {}", fill(lang, "explain.more-lines", &[&rest.to_string()])),
    }
}

/// The page of every rule that matched, once.
fn pages(out: &mut dyn Write, report: &Report, lang: Lang) -> io::Result<()> {
    let mut told: Vec<&str> = Vec::new();
    if !report.findings.is_empty() {
        writeln!(out, "\n── {}", say(lang, "heading.rules"))?;
    }
    for finding in &report.findings {
        if told.contains(&finding.id.as_str()) {
            continue;
        }
        told.push(&finding.id);
        let title = rules::pick(lang, &finding.title, &finding.title_ja);
        writeln!(out, "\n{}: {}", printable(&finding.id), printable(title))?;
        let page = rules::heuristic(&finding.id)
            .map_or(say(lang, "explain.no-page"), |rule| rules::page(rule, lang));
        writeln!(out, "\n{page}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Damage, Fact, Unread};
    use crate::detect::{Finding, Strength, Title};
    use crate::text::is_deceptive;

    #[test]
    fn everything_is_told_and_nothing_hides() {
        let mut root = Child::new("請求書\u{202e}.zip", "file", b"PK\x03\x04".to_vec())
            .with(Fact::LockedName("a\u{1b}.doc".into()));
        root.damage.push(Damage { what: "zip-no-central-directory", detail: String::new() });
        root.unread.push(Unread { reason: "encrypted", detail: "a\u{1b}.doc".into() });
        root.size = 4096;
        let mut tree = Tree::new(root);
        let code = b"Sub AutoOpen()\n\tx\x1b = \"http://evil.example/\"\nEnd Sub\n".to_vec();
        tree.add(Some(0), Child::new("ThisDocument", "vba-module", code).of_kind("vba"));
        let finding = Finding {
            rule: "yara:mine".into(),
            strength: Strength::Strong,
            artifact: 1,
            title: Title { en: "Mine.".into(), ja: String::new() },
            evidence: String::new(),
            attack: Vec::new(),
        };
        let report = Report::new("請求書.zip", 0, &tree, &[finding]);
        let mut out = Vec::new();
        write(&mut out, &report, &tree, Lang::En).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.chars().any(|c| is_deceptive(c) && c != '\n'));
        for line in [
            "[0] 請求書⟨U+202E⟩.zip  (zip, 4.0 KB, file)",
            "    · locked inside: a⟨U+001B⟩.doc",
            "    ! damage: zip-no-central-directory",
            "    ! only the first 4 B were read",
            "    ? not read: It is locked, and no password was found. [a⟨U+001B⟩.doc]",
            "  [1] ThisDocument  (vba, 52 B, macro)",
            "    2 |     x⟨U+001B⟩ = \"hxxp://evil[.]example/\"",
            "yara:mine: Mine.",
            "This rule has no page.",
        ] {
            assert!(text.lines().any(|got| got == line), "lacks {line:?}:\n{text}");
        }
    }

    #[test]
    fn long_macros_are_cut_and_say_so() {
        let code = "x\n".repeat(LINES + 7).into_bytes();
        let tree = Tree::new(Child::new("m", "file", code).of_kind("vba"));
        let mut out = Vec::new();
        source(&mut out, tree.get(0).unwrap(), Lang::En).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), LINES + 1);
        assert!(text.contains("… 7 more lines"));
    }
}
