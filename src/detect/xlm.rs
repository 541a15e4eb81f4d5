//! The Excel 4 macros of one workbook seen together: macro sheets share names and cells, and VBA may start them.

use super::macros::projects;
use crate::artifact::{Artifact, Fact, Sign, Tree};

/// The macro sheets of one workbook, and the texts they put together.
pub(super) struct Workbook<'a> {
    /// The workbook.
    pub(super) holder: &'a Artifact,
    sheets: Vec<&'a Artifact>,
    /// How one of the sheets is hidden, if one is.
    pub(super) hidden: Option<&'a str>,
    /// What runs the macros without a person's doing: a name, or VBA.
    pub(super) entry: Option<String>,
}

/// A sign and where it was seen.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    /// The listing.
    pub(super) artifact: &'a Artifact,
    /// The words.
    pub(super) text: &'a str,
    line: usize,
}

/// The workbooks of a tree that have macro sheets.
pub(super) fn workbooks(tree: &Tree) -> Vec<Workbook<'_>> {
    let mut holders: Vec<usize> =
        tree.iter().filter(|sheet| is_listing(sheet)).filter_map(|sheet| sheet.parent).collect();
    holders.sort_unstable();
    holders.dedup();
    holders.into_iter().filter_map(|holder| Some(Workbook::of(tree, tree.get(holder)?))).collect()
}

fn is_listing(artifact: &Artifact) -> bool {
    matches!(artifact.kind.id, "xlm" | "xlm-texts")
}

impl<'a> Workbook<'a> {
    fn of(tree: &'a Tree, holder: &'a Artifact) -> Self {
        let sheets: Vec<&Artifact> = tree.children(holder.id).filter(|sheet| is_listing(sheet)).collect();
        let hidden = sheets.iter().find_map(|sheet| trick(sheet, "xlm-hidden-sheet"));
        let mut workbook = Self { holder, sheets, hidden, entry: None };
        let own = workbook.first(Sign::EntryPoint).map(|seen| seen.text.to_string());
        workbook.entry = own.or_else(|| by_vba(tree, holder));
        workbook
    }

    /// Every place that shows a sign.
    pub(super) fn all(&self, sign: Sign) -> impl Iterator<Item = Seen<'a>> {
        self.sheets.iter().flat_map(move |artifact| {
            artifact.facts.iter().filter_map(move |fact| match fact {
                Fact::Sign { sign: known, text, line } if *known == sign => {
                    Some(Seen { artifact, text, line: *line })
                }
                _ => None,
            })
        })
    }

    /// The first place that shows a sign.
    pub(super) fn first(&self, sign: Sign) -> Option<Seen<'a>> {
        self.all(sign).next()
    }

    /// The first command that is run.
    pub(super) fn command(&self) -> Option<Seen<'a>> {
        self.all(Sign::ProcessStart).find(|seen| !seen.is_library_call())
    }

    /// A function of Windows is called that fetches, starts or puts code into memory.
    pub(super) fn windows_call(&self) -> Option<Seen<'a>> {
        let start = || self.all(Sign::ProcessStart).find(Seen::is_library_call);
        self.first(Sign::Download).or_else(|| self.first(Sign::Shellcode)).or_else(start)
    }

    /// A command, or a function of Windows or one whose name is computed.
    pub(super) fn act(&self) -> Option<Seen<'a>> {
        self.command().or_else(|| self.windows_call()).or_else(|| self.first(Sign::ComputedObject))
    }

    /// A call of any other library but an add-in of Excel.
    pub(super) fn library_call(&self) -> Option<(&'a Artifact, &'a str)> {
        self.sheets.iter().find_map(|sheet| Some((*sheet, trick(sheet, "xlm-calls-library")?)))
    }

    /// Writing that hides what it does: texts in pieces, or macros that write macros.
    pub(super) fn hiding(&self) -> Option<Seen<'a>> {
        self.first(Sign::Decoding).or_else(|| self.first(Sign::ChoppedText))
    }

    /// A question about the machine that tells a person's from a test's.
    pub(super) fn question(&self) -> Option<(&'a Artifact, &'a str)> {
        self.sheets.iter().find_map(|sheet| Some((*sheet, trick(sheet, "xlm-asks-machine")?)))
    }
}

impl Seen<'_> {
    /// The evidence: sheet, line and words.
    pub(super) fn evidence(&self) -> String {
        format!("{}:{} {}", self.artifact.name, self.line, self.text)
    }

    fn is_library_call(&self) -> bool {
        self.text.starts_with("CALL(") || self.text.starts_with("REGISTER")
    }
}

fn trick<'a>(artifact: &'a Artifact, wanted: &str) -> Option<&'a str> {
    artifact.facts.iter().find_map(|fact| match fact {
        Fact::Trick { what, detail } if *what == wanted => Some(detail.as_str()),
        _ => None,
    })
}

/// The entry point of a VBA project in the same workbook.
fn by_vba(tree: &Tree, holder: &Artifact) -> Option<String> {
    // A stream whose lock was opened stands below the document that holds the project.
    let document = holder.parent.filter(|_| holder.via == "decrypted").unwrap_or(holder.id);
    let is_inside = |id: usize| id == document || tree.ancestors(id).any(|above| above.id == document);
    let own = projects(tree).into_iter().filter(|project| is_inside(project.holder.id));
    own.filter_map(|project| project.first(Sign::EntryPoint).map(|entry| entry.text.to_string())).next()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::artifact::Child;
    use crate::artifact::{Format, Opened};
    use crate::code::xlm::Xlm;
    use crate::keyring::Keyring;
    use crate::limits::{Budget, Limits};

    /// A workbook whose one macro sheet has this listing.
    pub(in crate::detect) fn workbook(listing: &str, hidden: bool) -> Tree {
        let mut tree = Tree::new(Child::new("a.xls", "file", b"\xd0\xcf".to_vec()).of_kind("xls"));
        let mut sheet = Child::new("Macro1", "xlm-sheet", listing.as_bytes().to_vec()).of_kind("xlm");
        if hidden {
            let detail = "Macro1: very hidden".into();
            sheet = sheet.with(Fact::Trick { what: "xlm-hidden-sheet", detail });
        }
        let scratch = Tree::new(Child::new("Macro1", "xlm-sheet", sheet.bytes.clone()).of_kind("xlm"));
        let mut out = Opened::default();
        Xlm.open(scratch.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(&Limits::default()))
            .unwrap();
        sheet.facts.extend(out.facts);
        tree.add(Some(0), sheet);
        tree
    }

    /// The hits of a rule.
    pub(in crate::detect) fn hits(rule: &crate::detect::heuristics::Heuristic, tree: &Tree) -> usize {
        let mut hits = 0;
        (rule.check)(tree, &mut |_, _| hits += 1);
        hits
    }

    #[test]
    fn sheets_of_one_workbook_are_seen_together() {
        let tree = workbook("' Auto_Open: =Macro1!$A$1\nA1: =EXEC(\"calc\")\nA2: =CALL(B1,B2,B3)\n", true);
        let [workbook] = &workbooks(&tree)[..] else { panic!() };
        assert_eq!(workbook.hidden, Some("Macro1: very hidden"));
        assert_eq!(workbook.entry.as_deref(), Some("Auto_Open: =Macro1!$A$1"));
        assert!(
            workbook.command().is_some() && workbook.windows_call().is_none() && workbook.hiding().is_none()
        );
        assert_eq!(workbook.act().unwrap().evidence(), "Macro1:2 EXEC(\"calc\")");
    }
}
