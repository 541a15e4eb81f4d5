//! What a page shows of a message beside its report: some headers, texts and programs. It is made where the message is
//! opened, is bounded, and can be handed over; the page puts it into words.

use crate::artifact::{Artifact, Fact, Tree};
use crate::kind::Class;
use crate::report::{Lang, facts};
use crate::text::guess;
use serde::{Deserialize, Serialize};

/// What is shown of a message.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Excerpt {
    /// Headers as they were decoded, in their order.
    headers: Vec<(String, String)>,
    /// Texts, those of the mail first.
    pub(super) texts: Vec<Text>,
    /// Programs, those first that do something.
    pub(super) programs: Vec<Program>,
}

/// The text of a body or a document.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Text {
    /// The artifact it is.
    pub(super) artifact: usize,
    /// Whether the mail says it, and no file in it.
    pub(super) of_mail: bool,
    /// Its first lines.
    pub(super) text: String,
    /// Whether there is more of it.
    pub(super) is_cut: bool,
}

/// Program text that was found inside.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Program {
    /// The artifact it is.
    pub(super) artifact: usize,
    /// What it does, a line each, in English and in Japanese.
    pub(super) does: Vec<(String, String)>,
    /// Its first lines.
    pub(super) text: String,
    /// Lines that were left out.
    pub(super) more: usize,
}

/// Headers that are shown, and the most values of them with the most characters of each.
const HEADERS: &[&str] =
    &["from", "reply-to", "sender", "return-path", "date", "message-id", "x-mailer", "received"];
const VALUES: usize = 100;
const VALUE: usize = 4096;

/// The most texts, and lines of one.
const TEXTS: usize = 20;
pub(super) const TEXT_LINES: usize = 400;

/// The most programs, lines of one, and things that one does.
const PROGRAMS: usize = 30;
pub(super) const PROGRAM_LINES: usize = 300;
const SIGNS: usize = 12;

/// The most characters of a line: a little more than a page shows, so that it sees where it cuts.
const LINE: usize = 1100;

/// The most bytes of all texts and programs.
const BYTES: usize = 4 << 20;

/// Kinds that are shown although they are no program: texts that programs use.
const TEXTS_OF_PROGRAMS: &[&str] = &["xlm-texts", "form-strings", "vba-texts"];

/// Ways by which a decoder puts out what a program hides.
const DECODED: &[&str] = &["lnk-command", "lnk-appended", "encoded", "folded", "script-texts"];

impl Excerpt {
    /// What of a tree is shown.
    pub(super) fn of(tree: &Tree) -> Self {
        let mut left = BYTES;
        let headers = tree.get(0).map(headers).unwrap_or_default();
        let texts = texts(tree, &mut left);
        let programs = programs(tree, &mut left);
        Self { headers, texts, programs }
    }
}

#[cfg(feature = "desk")]
impl Excerpt {
    /// The first header of a name, in lower case.
    pub(super) fn header(&self, wanted: &str) -> Option<&str> {
        self.all(wanted).next()
    }

    /// All headers of a name.
    pub(super) fn all(&self, wanted: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }

    /// About how many bytes it takes.
    #[cfg(test)]
    fn size(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len());
        let texts = self.texts.iter().map(|text| text.text.len());
        let does = |program: &Program| program.does.iter().map(|(en, ja)| en.len() + ja.len()).sum::<usize>();
        let programs = self.programs.iter().map(|program| program.text.len() + does(program));
        headers.chain(texts).chain(programs).sum()
    }
}

fn headers(root: &Artifact) -> Vec<(String, String)> {
    let found = root.facts.iter().filter_map(|fact| match fact {
        Fact::Header { name, value } if HEADERS.contains(name) => {
            Some(((*name).to_string(), value.chars().take(VALUE).collect()))
        }
        _ => None,
    });
    found.take(VALUES).collect()
}

/// The texts of a message: those of the mail first.
fn texts(tree: &Tree, left: &mut usize) -> Vec<Text> {
    let mut found: Vec<(bool, &Artifact)> = Vec::new();
    for artifact in tree.iter().filter(|artifact| matches!(artifact.kind.id, "text" | "csv")) {
        let parent = artifact.parent.and_then(|parent| tree.get(parent));
        let of_mail = artifact.via == "body" || parent.is_some_and(|parent| parent.via == "body");
        let is_file = artifact.parent.is_none() || artifact.via == "attachment" || artifact.is_member();
        if of_mail || artifact.via == "text" || is_file {
            found.push((of_mail, artifact));
        }
    }
    found.sort_by_key(|(of_mail, artifact)| (!of_mail, artifact.id));
    let mut shown: Vec<String> = Vec::new();
    let mut texts = Vec::new();
    for (of_mail, artifact) in found {
        if texts.len() >= TEXTS {
            break;
        }
        let whole = guess(&artifact.bytes);
        // A mail says the same once plain and once as a web page.
        let words: String = whole.split_whitespace().collect();
        if words.is_empty() || shown.contains(&words) {
            continue;
        }
        shown.push(words);
        let (text, more) = head(&whole, TEXT_LINES, left);
        texts.push(Text { artifact: artifact.id, of_mail, text, is_cut: more > 0 || artifact.is_cut() });
    }
    texts
}

/// The programs of a message, those first that do something.
fn programs(tree: &Tree, left: &mut usize) -> Vec<Program> {
    let mut found: Vec<&Artifact> = tree.iter().filter(|artifact| is_program(artifact)).collect();
    found.sort_by_key(|artifact| (signs(artifact).next().is_none(), artifact.id));
    let told = |fact: &Fact| (facts::describe(fact, Lang::En), facts::describe(fact, Lang::Ja));
    let whole = found.into_iter().take(PROGRAMS).map(|artifact| {
        let (text, more) = head(&guess(&artifact.bytes), PROGRAM_LINES, left);
        let does = signs(artifact).take(SIGNS).map(told).collect();
        Program { artifact: artifact.id, does, text, more }
    });
    whole.collect()
}

fn is_program(artifact: &Artifact) -> bool {
    let is_text = matches!(artifact.kind.class, Class::Source | Class::Script)
        || TEXTS_OF_PROGRAMS.contains(&artifact.kind.id)
        || DECODED.contains(&artifact.via) && artifact.kind.class == Class::Text;
    is_text && !artifact.bytes.is_empty()
}

fn signs(artifact: &Artifact) -> impl Iterator<Item = &Fact> {
    artifact.facts.iter().filter(|fact| matches!(fact, Fact::Sign { .. } | Fact::Shortcut { .. }))
}

/// The first lines of a text as far as there is room, and how many more it has.
fn head(text: &str, most: usize, left: &mut usize) -> (String, usize) {
    let mut lines = text.lines().peekable();
    let mut head = String::new();
    let mut count = 0;
    while let Some(line) = lines.peek().filter(|_| count < most) {
        let end = line.char_indices().nth(LINE).map_or(line.len(), |(end, _)| end);
        let line = line.get(..end).unwrap_or_default();
        let Some(rest) = left.checked_sub(line.len() + 1) else { break };
        *left = rest;
        head.push_str(line);
        head.push('\n');
        lines.next();
        count += 1;
    }
    (head, lines.count())
}

#[cfg(all(test, feature = "desk"))]
mod tests {
    use super::*;
    use crate::artifact::{Child, Sign};

    fn tree() -> Tree {
        let header = |name, value: &str| Fact::Header { name, value: value.into() };
        let mail = Child::new("m.eml", "file", b"x".to_vec()).of_kind("eml");
        let mail = mail.with(header("from", "a@b.example")).with(header("subject", "not shown"));
        let mail = mail.with(header("received", "by one")).with(header("received", "by two"));
        Tree::new(mail)
    }

    #[test]
    fn it_holds_what_pages_show_and_comes_back_as_it_went() {
        let mut tree = tree();
        tree.add(Some(0), Child::new("", "body", "こんにちは\nzwei\n".into()).of_kind("text"));
        tree.add(Some(0), Child::new("", "body", "こんにちは zwei".into()).of_kind("text"));
        let sign = Fact::Sign { sign: Sign::EntryPoint, text: "AutoOpen".into(), line: 1 };
        tree.add(Some(0), Child::new("A", "vba-module", b"Sub A".to_vec()).of_kind("vba"));
        tree.add(
            Some(0),
            Child::new("M", "vba-module", b"Sub M\nEnd Sub".to_vec()).of_kind("vba").with(sign),
        );
        let excerpt: Excerpt =
            serde_json::from_slice(&serde_json::to_vec(&Excerpt::of(&tree)).unwrap()).unwrap();
        assert_eq!(excerpt.header("from"), Some("a@b.example"));
        assert_eq!(excerpt.all("received").collect::<Vec<_>>(), ["by one", "by two"]);
        assert_eq!(excerpt.header("subject"), None);
        assert_eq!(excerpt.texts.len(), 1, "the same is not shown twice");
        assert!(excerpt.texts[0].of_mail && excerpt.texts[0].text == "こんにちは\nzwei\n");
        let programs: Vec<_> = excerpt.programs.iter().map(|program| program.artifact).collect();
        assert_eq!(programs, [4, 3]);
        assert!(excerpt.programs[0].does[0].0.contains("AutoOpen"));
    }

    #[test]
    fn it_is_bounded_and_says_what_is_missing() {
        let mut tree = tree();
        let long = format!("{}\n", "あ".repeat(LINE + 5)).repeat(TEXT_LINES + 2);
        for n in 0..TEXTS + 5 {
            let text = format!("{n}\n{long}");
            tree.add(Some(0), Child::new(format!("{n}.txt"), "attachment", text.into()).of_kind("text"));
        }
        let excerpt = Excerpt::of(&tree);
        assert_eq!(excerpt.texts.len(), TEXTS);
        assert!(excerpt.size() <= BYTES + VALUE && excerpt.texts.iter().all(|text| text.is_cut));
        assert_eq!(excerpt.texts[0].text.lines().count(), TEXT_LINES);
        assert_eq!(excerpt.texts[0].text.lines().last().unwrap().chars().count(), LINE);
    }
}
