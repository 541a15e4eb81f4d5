//! Auto-exec VBA that copies program text into other documents and switches protection off, takes its own into every
//! open document, or copies it into the template or folder that every start of Office opens: a macro virus.

use super::{Check, Heuristic};
use crate::artifact::{Sign, Tree};
use crate::detect::Strength;
use crate::detect::macros::{Project, Seen, projects};

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-spreads-itself",
    strength: Strength::Strong,
    title_en: "A macro that runs by itself copies itself into other documents",
    title_ja: "自動で実行されるマクロが、自分自身をほかの文書へ複製します",
    attack: &["T1137.001", "T1080", "T1059.005"],
    page: include_str!("../../../docs/rules/vba-spreads-itself.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        let both = goes_both_ways(&project);
        let Some((entry, project)) = project.by_itself() else { continue };
        let Some(copy) = project.first(Sign::CopiesCode) else { continue };
        let everywhere = project.has(Sign::ReadsCode) && project.has(Sign::EveryDocument);
        if both || everywhere || project.has(Sign::WeakensOffice) {
            hit(copy.artifact.id, format!("{} → {}", entry.text, copy.evidence()));
        }
    }
}

/// Whether macros are copied into the global template and out of it again: what installs a template does the first
/// only.
fn goes_both_ways(project: &Project) -> bool {
    let copies: Vec<(bool, bool)> = project.all(Sign::CopiesCode).filter_map(|seen| copy(&seen)).collect();
    let out = copies.iter().any(|(from, to)| *from && !to);
    let into = copies.iter().any(|(from, to)| *to && !from);
    out && into
}

/// Whether a line of `MacroCopy` or `OrganizerCopy` copies from the global template, and whether into it. A macro without a template
/// before its name stands in the global one.
fn copy(seen: &Seen) -> Option<(bool, bool)> {
    let text = String::from_utf8_lossy(&seen.artifact.bytes);
    let line = text.lines().nth(seen.line.checked_sub(1)?)?.to_lowercase();
    if let Some((_, arguments)) = line.split_once("organizercopy") {
        let mut arguments = arguments.split(',').map(|argument| argument.contains("normaltemplate"));
        return Some((arguments.next()?, arguments.next()?));
    }
    let (_, arguments) = line.split_once("macrocopy")?;
    let mut quoted = false;
    let mut arguments = arguments.split(|c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    let is_global = |argument: &str| !argument.contains(':') || argument.contains("global:");
    Some((is_global(arguments.next()?), is_global(arguments.next()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Fact};

    fn hits(modules: &[&str]) -> usize {
        let mut tree = Tree::new(Child::new("a.doc", "attachment", vec![0]));
        for source in modules {
            let mut child = Child::new("m.bas", "wordbasic-macro", source.as_bytes().to_vec()).of_kind("vba");
            for (at, line) in source.lines().enumerate() {
                let mut told = |sign, text: &str| {
                    child.facts.push(Fact::Sign { sign, text: text.into(), line: at + 1 });
                };
                if line.starts_with("Sub Auto") {
                    told(Sign::EntryPoint, "autoopen");
                }
                if line.contains("MacroCopy") || line.contains("OrganizerCopy") {
                    told(Sign::CopiesCode, "copy");
                }
            }
            tree.add(Some(0), child);
        }
        let mut count = 0;
        check(&tree, &mut |_, _| count += 1);
        count
    }

    #[test]
    fn copies_into_the_global_template_and_out_of_it_hit() {
        let into = "Sub AutoOpen\nMacroCopy F$ + \":Save\", \"Global:FileSave\"";
        let out = "Sub FileSave\nMacroCopy \"Global:FileSave\", T$ + \":Save\"";
        let short = "Sub FileSave\nWordBasic.MacroCopy \"a,b\", T$ + \":Save\"";
        assert_eq!(hits(&[into, out]), 1);
        assert_eq!(hits(&[into, short]), 1);
        assert_eq!(hits(&[into]), 0);
        assert_eq!(hits(&[into, "Sub FileSave\nMacroCopy T$ + \":a\", U$ + \":b\""]), 0);
        assert_eq!(hits(&[&into.replace("Auto", "On"), out]), 0);
        let into = "Sub AutoOpen\nOrganizerCopy Source:=f, Destination:=NormalTemplate.FullName, Name:=\"m\", Object:=3";
        let out = "Sub AutoClose\nOrganizerCopy NormalTemplate.FullName, f, \"m\", 3";
        assert_eq!((hits(&[into, out]), hits(&[into])), (1, 0));
    }
}
