//! The macros of one document seen together: modules share a project, and what one of them starts another may
//! have decoded.

use super::reach::Reach;
use crate::artifact::{Artifact, Fact, Sign, Tree};

/// A VBA project: the modules found in one artifact.
pub(super) struct Project<'a> {
    /// The artifact that holds the project.
    pub(super) holder: &'a Artifact,
    signs: Vec<Seen<'a>>,
    hidden_text: Option<(usize, &'a str, usize)>,
    modules: Vec<&'a Artifact>,
    /// The procedure that the document calls when it is loaded, or when the pointer passes by.
    called: Option<Seen<'a>>,
}

/// A sign and where it was seen.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    /// The module.
    pub(super) artifact: &'a Artifact,
    /// What it is a sign of.
    pub(super) sign: Sign,
    /// The words.
    pub(super) text: &'a str,
    /// Their line.
    pub(super) line: usize,
}

/// The projects of a tree.
pub(super) fn projects(tree: &Tree) -> Vec<Project<'_>> {
    let mut holders: Vec<usize> =
        tree.iter().filter(|a| a.kind.id == "vba").filter_map(|a| a.parent).collect();
    holders.sort_unstable();
    holders.dedup();
    holders.into_iter().filter_map(|holder| Project::of(tree, tree.get(holder)?)).collect()
}

impl<'a> Project<'a> {
    fn of(tree: &'a Tree, holder: &'a Artifact) -> Option<Self> {
        let modules: Vec<&Artifact> =
            tree.children(holder.id).filter(|module| module.kind.id == "vba").collect();
        let signs: Vec<Seen> = modules.iter().flat_map(|module| seen(module)).collect();
        let shown = !signs.is_empty();
        let called = called(tree, holder, &modules);
        shown.then(|| Self { holder, signs, hidden_text: hidden_text(tree, holder), modules, called })
    }

    /// The part of the project that runs by itself, and its first entry point.
    pub(super) fn by_itself(mut self) -> Option<(Seen<'a>, Self)> {
        let called = self.called;
        let entry = self.first(Sign::EntryPoint).or(called)?;
        // Calls may be hidden where names are.
        let hides = self.has(Sign::RandomNames) || self.has(Sign::ChoppedText) || self.hidden_text.is_some();
        if !hides {
            let reach = Reach::of(&self.modules, called.map(|called| (called.artifact.id, called.line)));
            self.signs.retain(|seen| reach.contains(seen.artifact.id, seen.line));
        }
        Some((entry, self))
    }

    /// The first place that shows a sign.
    pub(super) fn first(&self, sign: Sign) -> Option<Seen<'a>> {
        self.all(sign).next()
    }

    /// Every place that shows a sign.
    pub(super) fn all(&self, sign: Sign) -> impl Iterator<Item = Seen<'a>> {
        self.signs.iter().copied().filter(move |seen| seen.sign == sign)
    }

    /// Whether any place shows a sign.
    pub(super) fn has(&self, sign: Sign) -> bool {
        self.first(sign).is_some()
    }

    /// How many of the three ways to hide the project uses: random names, chopped text, encoded text.
    pub(super) fn hiding(&self) -> usize {
        [Sign::RandomNames, Sign::ChoppedText, Sign::EncodedText]
            .into_iter()
            .filter(|sign| self.has(*sign))
            .count()
    }

    /// Long encoded text in the document's forms, controls or properties: artifact, place, characters.
    pub(super) fn hidden_text(&self) -> Option<(usize, &'a str, usize)> {
        self.hidden_text
    }

    /// The place where the project acts: a computed or interpreter command, else an object of computed name.
    pub(super) fn act(&self) -> Option<Seen<'a>> {
        self.first(Sign::ProcessStart).or_else(|| self.first(Sign::ComputedObject))
    }

    /// Whether it writes a file and names one that runs.
    pub(super) fn drop(&self) -> Option<Seen<'a>> {
        self.first(Sign::FileWrite).and(self.first(Sign::ProgramName))
    }

    /// Whether it starts something that an interpreter or a computed command says.
    pub(super) fn start(&self) -> Option<Seen<'a>> {
        let hides = || self.has(Sign::HiddenWindow) || self.has(Sign::Interpreter);
        let dropped = || self.has(Sign::FileWrite) && (self.hiding() > 0 || self.drop().is_some() && hides());
        let told = || self.first(Sign::PlainStart).filter(|_| self.has(Sign::Interpreter) || dropped());
        self.first(Sign::ProcessStart).or_else(told)
    }

    /// Whether it fetches a file or command: by a function that does just that, or by a web request whose answer is
    /// written or started.
    pub(super) fn download(&self) -> Option<Seen<'a>> {
        let used = || self.has(Sign::FileWrite) || self.start().is_some();
        let by_parts = || self.first(Sign::WebRequest).filter(|_| used());
        self.first(Sign::Download).or_else(by_parts)
    }

    /// Whether it goes on to what harmless web queries do not: a program, a start, or hiding.
    pub(super) fn goes_further(&self) -> bool {
        let further =
            [Sign::ProgramName, Sign::ProcessStart, Sign::PlainStart, Sign::ComputedObject, Sign::Shellcode];
        further.into_iter().any(|sign| self.has(sign)) || self.hiding() > 0 || self.hidden_text().is_some()
    }
}

impl Seen<'_> {
    /// The evidence: module, line and words.
    pub(super) fn evidence(&self) -> String {
        format!("{}:{} {}", self.artifact.name, self.line, self.text)
    }
}

/// The procedure that the ribbon calls when it is loaded, or a slide when the pointer passes over a shape.
fn called<'a>(tree: &'a Tree, holder: &'a Artifact, modules: &[&'a Artifact]) -> Option<Seen<'a>> {
    let document = tree.get(holder.parent.filter(|_| holder.via == "part")?)?;
    let names = document.facts.iter().filter_map(|fact| match fact {
        Fact::External { relation, target } if CALLS.contains(&relation.as_str()) => {
            target.rsplit(['!', '.']).next().map(str::to_lowercase)
        }
        _ => None,
    });
    let names: Vec<String> = names.collect();
    modules.iter().find_map(|module| {
        module.facts.iter().find_map(|fact| match fact {
            Fact::Procedure { name, line, .. } if names.contains(&name.to_lowercase()) => {
                Some(Seen { artifact: module, sign: Sign::EntryPoint, text: name, line: *line })
            }
            _ => None,
        })
    })
}

const CALLS: &[&str] = &["ribbon-on-load", "slide-hover-macro"];

fn seen(artifact: &Artifact) -> impl Iterator<Item = Seen<'_>> {
    artifact.facts.iter().filter_map(move |fact| match fact {
        Fact::Sign { sign, text, line } => Some(Seen { artifact, sign: *sign, text, line: *line }),
        _ => None,
    })
}

/// Hidden text anywhere in the document that the project belongs to. In OOXML the project is a part, and the
/// controls are other parts.
fn hidden_text<'a>(tree: &'a Tree, holder: &'a Artifact) -> Option<(usize, &'a str, usize)> {
    let document = match holder.parent {
        Some(parent) if holder.via == "part" => parent,
        _ => holder.id,
    };
    let inside =
        tree.iter().filter(|a| a.id == document || tree.ancestors(a.id).any(|above| above.id == document));
    let texts = inside.flat_map(|artifact| {
        artifact.facts.iter().filter_map(move |fact| match fact {
            Fact::HiddenText { place, length, .. } => Some((artifact.id, place.as_str(), *length)),
            _ => None,
        })
    });
    texts.max_by_key(|(_, _, length)| *length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;

    /// A package that calls a procedure of that name by that relation, with one procedure that starts a program.
    fn package(relation: &str, target: &str) -> Tree {
        let called = Fact::External { relation: relation.into(), target: target.into() };
        let mut tree = Tree::new(Child::new("a.docm", "attachment", Vec::new()).with(called));
        tree.add(Some(0), Child::new("word/vbaProject.bin", "part", Vec::new()));
        let procedure = Fact::Procedure { name: "prepare".into(), line: 3, mentions: Vec::new() };
        let start = Fact::Sign { sign: Sign::ProcessStart, text: "shell".into(), line: 4 };
        let module = Child::new("Module1", "vba-module", Vec::new()).of_kind("vba");
        tree.add(Some(1), module.with(procedure).with(start));
        tree
    }

    #[test]
    fn what_the_ribbon_or_the_pointer_calls_runs_by_itself() {
        for (relation, target, want) in [
            ("ribbon-on-load", "Prepare", true),
            ("ribbon-on-load", "Module1.Prepare", true),
            ("slide-hover-macro", "prepare", true),
            ("ribbon-on-load", "Other", false),
            ("slide-action-program", "Prepare", false),
        ] {
            let tree = package(relation, target);
            let by_itself = projects(&tree).into_iter().find_map(Project::by_itself);
            let starts =
                by_itself.is_some_and(|(entry, project)| entry.line == 3 && project.start().is_some());
            assert_eq!(starts, want, "{relation} {target}");
        }
    }
}
