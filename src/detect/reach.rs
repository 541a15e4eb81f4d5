//! What of a project runs without a person's doing: the procedures that can be reached from its entry points.
//!
//! Generous on purpose: a name that stands in a procedure counts as a call, of every procedure of that name. What
//! stands outside of procedures, and projects whose calls are computed, count as reached.

use crate::artifact::{Artifact, Fact, Sign};
use std::collections::{HashMap, HashSet};

/// The procedures that run by themselves.
pub(super) struct Reach {
    /// Module → line each procedure begins on, and whether it is reached.
    procedures: HashMap<usize, Vec<(usize, bool)>>,
    /// A procedure calls by a computed name: anything may be reached.
    everything: bool,
}

struct Procedure<'a> {
    module: usize,
    form: &'a str,
    name: &'a str,
    line: usize,
    mentions: &'a [String],
}

impl Reach {
    /// Follows the names from the entry points, and from a procedure that the document calls, through all modules.
    pub(super) fn of(modules: &[&Artifact], called: Option<(usize, usize)>) -> Self {
        let all: Vec<Procedure> = modules.iter().flat_map(|module| procedures(module)).collect();
        let mut by_word: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, procedure) in all.iter().enumerate() {
            for word in procedure.callers() {
                by_word.entry(word).or_default().push(index);
            }
        }
        let mut reached: Vec<bool> = all.iter().map(|_| false).collect();
        let entries: HashSet<(usize, usize)> = entries(modules).into_iter().chain(called).collect();
        let mut waiting: Vec<usize> = all
            .iter()
            .enumerate()
            .filter(|(_, procedure)| entries.contains(&(procedure.module, procedure.line)))
            .map(|(index, _)| index)
            .collect();
        let mut said: HashSet<&str> = HashSet::new();
        while let Some(index) = waiting.pop() {
            let Some(procedure) = all.get(index) else { continue };
            if reached.get(index) != Some(&false) {
                continue;
            }
            if let Some(mark) = reached.get_mut(index) {
                *mark = true;
            }
            for word in procedure.mentions.iter().filter(|word| said.insert(word.as_str())) {
                waiting.extend(by_word.get(word.as_str()).into_iter().flatten());
            }
        }
        let mut procedures: HashMap<usize, Vec<(usize, bool)>> = HashMap::new();
        for (procedure, reached) in all.iter().zip(reached) {
            procedures.entry(procedure.module).or_default().push((procedure.line, reached));
        }
        Self { procedures, everything: said.contains("*") }
    }

    /// Whether a line of a module can be reached.
    pub(super) fn contains(&self, module: usize, line: usize) -> bool {
        let Some(procedures) = self.procedures.get(&module) else { return true };
        let before = procedures.partition_point(|(start, _)| *start <= line);
        let own = before.checked_sub(1).and_then(|index| procedures.get(index));
        self.everything || own.is_none_or(|(_, reached)| *reached)
    }
}

impl Procedure<'_> {
    /// The names by which it is called: its own; for an event of a control or class also the name of that.
    fn callers(&self) -> Vec<String> {
        let mut words = vec![self.name.to_string()];
        if let Some((object, _)) = self.name.rsplit_once('_') {
            match object {
                "userform" | "class" => words.push(self.form.to_lowercase()),
                _ => words.push(object.to_string()),
            }
        }
        words
    }
}

/// Module and line of every entry point.
fn entries(modules: &[&Artifact]) -> HashSet<(usize, usize)> {
    let of = |module: &&Artifact| {
        let id = module.id;
        module
            .facts
            .iter()
            .filter_map(move |fact| match fact {
                Fact::Sign { sign: Sign::EntryPoint, line, .. } => Some((id, *line)),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    modules.iter().flat_map(of).collect()
}

fn procedures(module: &Artifact) -> impl Iterator<Item = Procedure<'_>> {
    let form = module.name.rsplit_once('.').map_or(module.name.as_str(), |(stem, _)| stem);
    module.facts.iter().filter_map(move |fact| match fact {
        Fact::Procedure { name, line, mentions } => {
            Some(Procedure { module: module.id, form, name, line: *line, mentions })
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Tree};

    fn tree(procedures: &[(&str, &[&str])]) -> Tree {
        let mut tree = Tree::new(Child::new("m.bas", "vba-module", Vec::new()).of_kind("vba"));
        let facts = &mut tree.get_mut(0).unwrap().facts;
        facts.push(Fact::Sign { sign: Sign::EntryPoint, text: "autoopen".into(), line: 10 });
        for (index, (name, mentions)) in procedures.iter().enumerate() {
            let mentions = mentions.iter().map(ToString::to_string).collect();
            facts.push(Fact::Procedure { name: (*name).into(), line: (index + 1) * 10, mentions });
        }
        tree
    }

    fn reached(procedures: &[(&str, &[&str])]) -> Vec<bool> {
        let tree = tree(procedures);
        let reach = Reach::of(&[tree.get(0).unwrap()], None);
        (0..=procedures.len()).map(|index| reach.contains(0, index * 10 + 5)).collect()
    }

    #[test]
    fn calls_are_followed_from_the_entry_points() {
        let found = reached(&[
            ("autoopen", &["one"]),
            ("one", &["two"]),
            ("two", &["one"]),
            ("button_click", &["x"]),
        ]);
        assert_eq!(found, [true, true, true, true, false]);
    }

    #[test]
    fn a_procedure_that_the_document_calls_is_reached() {
        let tree = tree(&[("autoopen", &[]), ("prepare", &["two"]), ("two", &[]), ("button_click", &[])]);
        let reach = Reach::of(&[tree.get(0).unwrap()], Some((0, 20)));
        assert_eq!([15, 25, 35, 45].map(|line| reach.contains(0, line)), [true, true, true, false]);
    }

    #[test]
    fn events_of_mentioned_objects_run_and_computed_calls_reach_all() {
        let events: &[(&str, &[&str])] =
            &[("autoopen", &["text1"]), ("text1_change", &[]), ("class_initialize", &[])];
        assert_eq!(reached(events), [true, true, true, false]);
        assert_eq!(reached(&[("autoopen", &["*"]), ("other", &[])]), [true, true, true]);
    }
}
