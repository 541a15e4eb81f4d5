//! `tenpu rules`: the rules in force, their pages, and whether the user's own are well formed.

use super::config::{Options, Passwords, Settings};
use super::{Status, complain};
use crate::detect::heuristics::{HEURISTICS, Heuristic};
use crate::detect::{self, Strength, yara};
use crate::report::Lang;
use crate::report::words::{say, word};
use crate::text::printable;
use anyhow::bail;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

/// Arguments of `tenpu rules`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Lists every rule in force: id, strength, what it finds.
    List {
        #[command(flatten)]
        options: Options,
    },
    /// Shows the page of a rule.
    Show {
        /// The rule's id, as reports and `tenpu rules list` name it.
        id: String,
        #[command(flatten)]
        options: Options,
    },
    /// Tries to load YARA rules and says what is wrong with them.
    Check {
        /// YARA files, or folders of them.
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
}

/// Runs one of the subcommands.
pub(super) fn run(args: Args) -> anyhow::Result<Status> {
    let mut out = BufWriter::new(io::stdout().lock());
    let status = match args.command {
        Command::List { options } => list(&mut out, Settings::new(options, &Passwords::default(), None)?)?,
        Command::Show { id, options } => {
            show(&mut out, &id, Settings::new(options, &Passwords::default(), None)?)?
        }
        Command::Check { paths } => check(&mut out, &paths)?,
    };
    out.flush()?;
    Ok(status)
}

/// Loads the rules that the settings ask for. What could not be loaded is told on standard error and the rest
/// holds. A file that cannot be read is a wrong call and fails the run; a broken rule in a file does not, for then
/// its status would hide what the other rules found.
pub(super) fn load(settings: &Settings) -> (detect::Rules, Status) {
    let cache = yara::cache_folder();
    let (yara, problems) = yara::Rules::load(settings.builtin, &settings.rules, cache.as_deref());
    tell(&problems);
    let unread = problems.iter().any(|problem| problem.line == 0);
    let status = if unread { Status::Failed } else { Status::Quiet };
    (detect::Rules { yara, builtin: settings.builtin }, status)
}

/// The half of a rule's page that is in the language: the Japanese one stands below its heading.
pub(super) fn page(rule: &Heuristic, lang: Lang) -> &'static str {
    let halves = rule.page.split_once("\n## 日本語");
    match (halves, lang) {
        (Some((_, ja)), Lang::Ja) => ja.trim(),
        (Some((en, _)), Lang::En) => en.trim(),
        (None, _) => rule.page.trim(),
    }
}

/// The heuristic of that id.
pub(super) fn heuristic(id: &str) -> Option<&'static Heuristic> {
    HEURISTICS.iter().copied().find(|rule| rule.id == id)
}

fn tell(problems: &[yara::Problem]) {
    for problem in problems {
        let line = if problem.line > 0 { format!(":{}", problem.line) } else { String::new() };
        complain(&format!("rules: {}{line}: {}", problem.file, problem.reason));
    }
}

fn list(out: &mut dyn Write, settings: Settings) -> anyhow::Result<Status> {
    let (rules, status) = load(&settings);
    let lang = settings.lang;
    for rule in HEURISTICS.iter().filter(|_| settings.builtin) {
        line(out, rule.id, rule.strength, pick(lang, rule.title_en, rule.title_ja), lang)?;
    }
    for rule in rules.yara.list() {
        line(out, &rule.id, rule.strength, pick(lang, &rule.title_en, &rule.title_ja), lang)?;
    }
    Ok(status)
}

fn line(out: &mut dyn Write, id: &str, strength: Strength, title: &str, lang: Lang) -> io::Result<()> {
    let strength = word(lang, "strength", strength_id(strength));
    writeln!(out, "{:<36} {strength:<6} {}", printable(id), printable(title))
}

fn show(out: &mut dyn Write, id: &str, settings: Settings) -> anyhow::Result<Status> {
    let lang = settings.lang;
    if let Some(rule) = heuristic(id) {
        writeln!(out, "{}", page(rule, lang))?;
        return Ok(Status::Quiet);
    }
    let (rules, status) = load(&settings);
    let Some(rule) = rules.yara.list().into_iter().find(|rule| rule.id == id) else {
        bail!("there is no rule `{id}`; `tenpu rules list` names all");
    };
    line(out, &rule.id, rule.strength, pick(lang, &rule.title_en, &rule.title_ja), lang)?;
    writeln!(out, "{}: {}", say(lang, "label.file"), printable(&rule.file))?;
    Ok(status)
}

fn check(out: &mut dyn Write, paths: &[PathBuf]) -> anyhow::Result<Status> {
    let (rules, problems) = yara::Rules::load(false, paths, None);
    tell(&problems);
    writeln!(out, "{} rules loaded, {} problems", rules.list().len(), problems.len())?;
    Ok(if problems.is_empty() { Status::Quiet } else { Status::Failed })
}

/// The sentence in the language; the English one where there is no other.
pub(super) fn pick<'a>(lang: Lang, en: &'a str, ja: &'a str) -> &'a str {
    if lang == Lang::Ja && !ja.is_empty() { ja } else { en }
}

fn strength_id(strength: Strength) -> &'static str {
    match strength {
        Strength::Info => "info",
        Strength::Weak => "weak",
        Strength::Medium => "medium",
        Strength::Strong => "strong",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_two_halves() {
        let rule = Heuristic {
            id: "a",
            strength: Strength::Weak,
            title_en: "A.",
            title_ja: "あ。",
            attack: &[],
            page: "# a\n\nEnglish.\n\n## 日本語\n\n日本語です。\n",
            check: |_, _| {},
        };
        assert_eq!(page(&rule, Lang::En), "# a\n\nEnglish.");
        assert_eq!(page(&rule, Lang::Ja), "日本語です。");
        assert_eq!(page(&Heuristic { page: "only", ..rule }, Lang::Ja), "only");
    }

    #[test]
    fn a_missing_translation_falls_back() {
        assert_eq!(pick(Lang::Ja, "en", ""), "en");
        assert_eq!(pick(Lang::Ja, "en", "ja"), "ja");
        assert_eq!(pick(Lang::En, "en", "ja"), "en");
    }
}
