//! What shortcuts start, for the rules that judge it: the program by its bare name, its arguments, and whether that is
//! an everyday shortcut of the Start menu.

mod everyday;
mod leads;
mod words;

use super::hosts;
use crate::artifact::{Artifact, Fact, Tree};
use crate::kind::Kind;
use crate::text::guess;
pub(super) use leads::{is_folder_of_work, is_target, leads};
use words::{ALWAYS, ANYWHERE, BORROWED, NESTED, POWERSHELL, SURE, SYSTEM_FILES, VIEWERS};

/// What a shortcut starts, all in lower case.
pub(in crate::detect) struct Command {
    /// The shortcut.
    pub(in crate::detect) artifact: usize,
    /// The name of the program without its folder and ending.
    pub(in crate::detect) program: String,
    /// Its arguments.
    pub(in crate::detect) arguments: String,
    /// The whole command, as it is written and as it is understood.
    pub(in crate::detect) text: String,
    /// The longest run of blanks in the arguments: what stands behind it is not seen in the properties of the file.
    pub(in crate::detect) padding: usize,
    /// Where the picture comes from.
    pub(in crate::detect) icon: String,
    /// Whether it names its target only by a way from the folder it lies in, and that target runs.
    is_portable: bool,
}

/// All commands of shortcuts that start an interpreter or a program that attackers borrow, everyday ones left out.
pub(in crate::detect) fn commands(tree: &Tree) -> impl Iterator<Item = Command> {
    let all = tree.iter().filter_map(|artifact| command(tree, artifact));
    all.filter(|command| command.is_borrowed() && !command.is_everyday())
}

/// The command of a shortcut, whatever it starts.
pub(in crate::detect) fn command(tree: &Tree, artifact: &Artifact) -> Option<Command> {
    let (target, arguments, icon) = artifact.facts.iter().find_map(|fact| match fact {
        Fact::Shortcut { target, arguments, icon, .. } => Some((target, arguments, icon)),
        _ => None,
    })?;
    let others = artifact.facts.iter().filter_map(|fact| match fact {
        Fact::External { relation, target } if relation == "lnk-target" => Some(target),
        _ => None,
    });
    let targets: Vec<&String> = [target].into_iter().chain(others).collect();
    let programs: Vec<String> = targets.iter().map(|target| stem(target)).collect();
    let program = programs.iter().find(|name| BORROWED.contains(&name.as_str())).or(programs.first());
    let understood = tree.children(artifact.id).find(|child| child.via == "lnk-command");
    let text = understood.map_or_else(|| format!("{target}\n{arguments}"), |child| guess(&child.bytes));
    Some(Command {
        artifact: artifact.id,
        program: program.cloned().unwrap_or_default(),
        arguments: arguments.trim().to_lowercase(),
        padding: padding(arguments),
        text: text.to_lowercase(),
        icon: icon.to_lowercase(),
        is_portable: targets.iter().all(|target| is_portable(target)),
    })
}

/// Whether a path starts at the folder in which the shortcut lies, and leads to a file that runs.
fn is_portable(target: &str) -> bool {
    let target = target.to_lowercase();
    let way = target.strip_prefix("%cd%").unwrap_or(&target);
    let is_rooted = way.contains([':', '%']) || way.starts_with("\\\\") || way.contains("\\windows\\");
    let is_bare = !way.contains(['\\', '/']) && way.ends_with(".exe");
    !is_rooted && !is_bare && Kind::by_name(way).is_some_and(|kind| kind.runs() && kind.id != "url")
}

fn padding(arguments: &str) -> usize {
    let runs = arguments.split(|c: char| !(c.is_whitespace() || c == '\u{2800}' || c == '\u{3164}'));
    runs.map(|run| run.chars().count()).max().unwrap_or_default()
}

/// The name of a program without its folder and ending, in lower case.
fn stem(target: &str) -> String {
    let name = target.trim().trim_matches('"').rsplit(['\\', '/']).next().unwrap_or_default();
    let name = name.to_lowercase();
    let ending = [".exe", ".com", ".vbs"].iter().find_map(|ending| name.strip_suffix(ending));
    let name = ending.unwrap_or(&name);
    if name == "%comspec%" { "cmd".into() } else { name.to_string() }
}

impl Command {
    /// Whether it starts a program that runs what it is given, and gives it something.
    fn is_borrowed(&self) -> bool {
        self.is_interpreter() && !self.arguments.is_empty()
            || self.is_portable
            || ANYWHERE.iter().any(|word| self.text.contains(word))
    }

    /// What in it no shortcut of an office has.
    pub(in crate::detect) fn sure_sign(&self) -> Option<String> {
        let borrowed = self.words().find(|word| *word != self.program && NESTED.contains(word));
        let phrase = SURE.iter().chain(ANYWHERE).find(|phrase| self.text.contains(**phrase)).copied();
        let code = POWERSHELL.iter().find(|phrase| self.text.contains(**phrase)).copied();
        let code = code.filter(|_| matches!(self.program.as_str(), "powershell" | "pwsh" | "powershell_ise"));
        let always = Some("always").filter(|_| ALWAYS.contains(&self.program.as_str()));
        borrowed
            .or(phrase)
            .or(code)
            .or(always)
            .map(str::to_string)
            .or_else(|| self.beside())
            .or_else(|| self.foreign())
            .or_else(|| (self.padding >= PADDING).then(|| "padding".to_string()))
            .or_else(|| self.document_icon())
    }

    /// Whether its program runs what it is given.
    pub(in crate::detect) fn is_interpreter(&self) -> bool {
        BORROWED.contains(&self.program.as_str())
    }

    /// The command, its blanks drawn together.
    pub(in crate::detect) fn evidence(&self) -> String {
        let arguments = self.arguments.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{} {arguments}", self.program)
    }

    /// The words of the command as it is understood, programs without their ending.
    fn words(&self) -> impl Iterator<Item = &str> {
        let is_end = |c: char| c.is_whitespace() || "\"'\\/();,|&<>=@{}%".contains(c);
        self.text.split(is_end).map(|word| word.strip_suffix(".exe").unwrap_or(word))
    }

    /// A file that runs and stands beside the shortcut: the folder it was unpacked to.
    fn beside(&self) -> Option<String> {
        let library = self.arguments.split(',').next().unwrap_or_default().trim().trim_matches('"');
        if self.program == "rundll32" && !library.contains([':', '%']) && !library.starts_with("\\\\") {
            return Some(library.to_string());
        }
        // Written without quotes, the name of this folder is two words.
        let arguments = self.arguments.replace("program files", "program-files");
        paths(&arguments).into_iter().find(|word| is_beside(word)).map(str::to_string)
    }

    /// A file on a computer that is not the office's own.
    fn foreign(&self) -> Option<String> {
        let is_end = |c: char| c.is_whitespace() || "\"'(),;|&<>=".contains(c);
        self.text.split(is_end).find(|word| hosts::is_foreign(word)).map(str::to_string)
    }

    /// The picture of a document on a command.
    pub(in crate::detect) fn document_icon(&self) -> Option<String> {
        let icon = self.icon.trim().trim_matches('"');
        let name = stem(icon);
        let by_ending = PAPERS.contains(&crate::kind::extension(icon).as_str());
        let is_own = name == self.program || self.text.contains(&format!("{name}.exe"));
        (by_ending || VIEWERS.contains(&name.as_str()) && !is_own).then(|| self.icon.clone())
    }
}

/// The words of the arguments, what stands in quotes as one.
fn paths(arguments: &str) -> Vec<&str> {
    let is_end = |c: char| c.is_whitespace() || "'(),|&<>=@".contains(c);
    let mut paths = Vec::new();
    let mut is_quoted = false;
    // A quote right behind another opens or closes nothing.
    for (at, piece) in arguments.split('"').enumerate() {
        if is_quoted && !piece.is_empty() {
            paths.push(piece);
        }
        if !is_quoted || piece.contains(['&', '|']) {
            paths.extend(piece.split(is_end));
        }
        is_quoted = at == 0 || is_quoted == piece.is_empty();
    }
    paths
}

/// Whether a word of a command is a file that runs and is named from the folder of the shortcut.
fn is_beside(word: &str) -> bool {
    let is_rooted = word.contains([':', '%']) || word.starts_with(['\\', '/', '-', '$']);
    let is_system = !word.contains(['\\', '/'])
        && (SYSTEM_FILES.contains(&word) || SYSTEM_FILES.contains(&stem(word).as_str()));
    let runs =
        Kind::by_name(word).is_some_and(Kind::runs) && (!word.starts_with('.') || word.starts_with(".\\"));
    runs && !is_rooted && !is_system && !BORROWED.contains(&stem(word).as_str())
}

/// Endings of files whose picture stands for a document.
const PAPERS: &[&str] =
    &["pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "rtf", "txt", "zip", "jpg", "png", "html"];

/// Blanks in a row that nobody types.
const PADDING: usize = 50;
