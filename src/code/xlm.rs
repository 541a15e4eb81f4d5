//! Listings of Excel 4 macros → signs of what they do.
//!
//! A listing holds a cell a line (`A1: =EXEC("calc")`), and before them the defined names (`' Auto_Open: =…`); the
//! texts that folding made have the same form. Calls are found outside of texts, words inside. Facts only: `detect`
//! weighs them.

mod line;

use super::signs::words;
use super::words::Word;
use crate::artifact::{Artifact, Fact, Format, Opened, Sign};
use crate::keyring::Keyring;
use crate::limits::{Budget, Stop};
use line::{Call, Line, Place};

/// The lexical pass over listings of macro sheets.
pub struct Xlm;

impl Format for Xlm {
    fn id(&self) -> &'static str {
        "xlm-signs"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        matches!(artifact.kind.id, "xlm" | "xlm-texts")
    }

    fn open(
        &self,
        artifact: &Artifact,
        _: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let text = String::from_utf8_lossy(&artifact.bytes);
        let mut seen = Seen::default();
        for (number, line) in text.lines().enumerate() {
            if number % 1024 == 0 {
                budget.tick()?;
            }
            seen.line(line, number + 1);
        }
        if artifact.kind.id == "xlm" {
            seen.sum();
        }
        out.facts.append(&mut seen.facts);
        Ok(())
    }
}

/// What was seen of a listing.
#[derive(Default)]
struct Seen {
    facts: Vec<Fact>,
    /// Calls and pieces that put texts together, and the first place of one.
    pieces: usize,
    /// Commands that write what is computed into cells.
    writes: usize,
    first_piece: Option<(String, usize)>,
    /// The first saving or copying of a workbook or sheet.
    first_copy: Option<(String, usize)>,
    /// Whether the folder is asked for from which Excel opens everything at its start.
    asks_startup: bool,
    first_write: Option<(String, usize)>,
    /// Cells into which what is computed is written, with the words, and cells that are run.
    written: Vec<(Place, String, usize)>,
    run: Vec<Place>,
}

/// Facts of one sign that are noted.
const MOST: usize = 8;
/// Characters of evidence.
const SHOWN: usize = 200;
/// Pieces of texts in one listing from which on nobody can read them.
const MANY_PIECES: usize = 24;
/// Writes of computed content from which on a macro makes another.
const MANY_WRITES: usize = 4;
/// Cells of each sort that are kept.
const MOST_CELLS: usize = 4096;
/// Rows below a macro into which it writes what it then comes to itself.
const NEAR: std::ops::RangeInclusive<u32> = 1..=4;

/// The beginnings of the names that Excel runs by itself; what follows does not matter to it.
const ENTRY_POINTS: &[&str] = &["auto_open", "auto_close", "auto_activate", "auto_deactivate"];
/// What functions of libraries are called by macros that attack, beside the words of all program text.
#[rustfmt::skip]
const LIBRARY_WORDS: &[Word] = &[
    Word { sign: Sign::Download, word: "urlmon" }, Word { sign: Sign::Download, word: "jjccbb" },
    Word { sign: Sign::Download, word: "jjccjj" }, Word { sign: Sign::Download, word: "wininet" },
    Word { sign: Sign::Download, word: "internetopen" },
    Word { sign: Sign::ProcessStart, word: "shellexecute" }, Word { sign: Sign::ProcessStart, word: "winexec" },
    Word { sign: Sign::ProcessStart, word: "createprocess" }, Word { sign: Sign::ProcessStart, word: "shell32" },
    Word { sign: Sign::ProcessStart, word: "loadlibrary" }, Word { sign: Sign::ProcessStart, word: "dllregisterserver" },
    Word { sign: Sign::Shellcode, word: "virtualalloc" }, Word { sign: Sign::Shellcode, word: "rtlmovememory" },
    Word { sign: Sign::Shellcode, word: "queueuserapc" }, Word { sign: Sign::Shellcode, word: "virtualprotect" },
    Word { sign: Sign::FileWrite, word: "createdirectory" }, Word { sign: Sign::FileWrite, word: "createfile" },
    Word { sign: Sign::FileWrite, word: "copyfile" },
];
/// The number by which `GET.WORKSPACE` tells the folder that Excel opens at its start.
const STARTUP: &str = "23)";
/// What it tells of the machine: the size of the screen, single steps, a mouse, sound.
const MACHINE: &[&str] = &["13", "14", "19", "31", "42"];

impl Seen {
    fn line(&mut self, raw: &str, number: usize) {
        if let Some(name) = raw.strip_prefix("' ") {
            self.name(name, number);
            return;
        }
        let line = Line::of(raw);
        for call in &line.calls {
            self.call(call, number);
            self.cells(call, &line, number);
        }
        for text in &line.texts {
            self.text(text, raw, number);
        }
        if line.pieces > 0 {
            self.pieces += line.pieces;
            self.first_piece.get_or_insert_with(|| (clip(raw), number));
        }
    }

    /// A defined name. Zeros and prefixes in it do not matter to Excel.
    fn name(&mut self, name: &str, number: usize) {
        let bare = name.replace("\\0", "").to_lowercase();
        let bare = bare.strip_prefix("_xlnm.").unwrap_or(&bare);
        if ENTRY_POINTS.iter().any(|entry| bare.starts_with(entry)) {
            self.add(Sign::EntryPoint, name, number);
        }
    }

    fn call(&mut self, call: &Call, number: usize) {
        let arguments = call.arguments.to_lowercase();
        let shown = format!("{}({}", call.name, call.arguments);
        match call.name.as_str() {
            "EXEC" => self.add(Sign::ProcessStart, &shown, number),
            "INITIATE" | "EXECUTE"
                if says(words::texts(), &arguments, Sign::Interpreter) || arguments.contains("\"cmd") =>
            {
                self.add(Sign::ProcessStart, &shown, number);
            }
            "CALL" | "REGISTER" | "REGISTER.ID" => self.library(call, &arguments, &shown, number),
            "WORKBOOK.COPY" | "WORKBOOK.MOVE" | "SAVE.AS" | "SAVE.COPY.AS" => {
                self.first_copy.get_or_insert_with(|| (clip(&shown), number));
            }
            "FWRITE" | "FWRITELN" => self.add(Sign::FileWrite, &shown, number),
            "FORMULA" | "FORMULA.FILL" | "FORMULA.ARRAY" | "SET.VALUE" if call.is_computed => {
                self.writes += 1;
                self.first_write.get_or_insert_with(|| (clip(&shown), number));
            }
            "OPEN" => {
                let address = call.arguments.strip_prefix('"').and_then(|text| text.split('"').next());
                self.facts.extend(
                    address
                        .map(|address| Fact::External { relation: "xlm-open".into(), target: clip(address) }),
                );
            }
            "GET.WORKSPACE" if arguments.starts_with(STARTUP) => self.asks_startup = true,
            "GET.WORKSPACE" if MACHINE.iter().any(|told| arguments.starts_with(&format!("{told})"))) => {
                self.trick("xlm-asks-machine", shown);
            }
            _ => {}
        }
    }

    /// Which cells a call fills, and which it runs.
    fn cells(&mut self, call: &Call, line: &Line, number: usize) {
        if self.written.len() + self.run.len() >= MOST_CELLS {
            return;
        }
        let [_, second] = &call.places;
        match call.name.as_str() {
            "FORMULA" | "FORMULA.FILL" | "FORMULA.ARRAY" if call.is_computed => {
                let Some(target) = second.clone() else { return };
                let shown = clip(&format!("{}({}", call.name, call.arguments));
                let is_next = line.place.as_ref().is_some_and(|own| {
                    own.column == target.column && NEAR.contains(&target.row.wrapping_sub(own.row))
                });
                if is_next && call.arguments.contains('&') {
                    self.run.push(target.clone());
                }
                self.written.push((target, shown, number));
            }
            "GOTO" | "RUN" => self.run.extend(call.target()),
            name => self.run.extend(Place::of(name)),
        }
    }

    /// A function of a library is called. What it is may be computed; add-ins of Excel are left alone.
    fn library(&mut self, call: &Call, arguments: &str, shown: &str, number: usize) {
        let mut is_known = false;
        for word in LIBRARY_WORDS.iter().filter(|word| arguments.contains(word.word)) {
            self.add(word.sign, shown, number);
            is_known = true;
        }
        if is_known || arguments.contains(".xll") {
            return;
        }
        if call.is_computed {
            self.add(Sign::ComputedObject, shown, number);
        } else {
            self.trick("xlm-calls-library", shown.to_string());
        }
    }

    /// What a text says.
    fn text(&mut self, text: &str, line: &str, number: usize) {
        let text = text.to_lowercase().replace('^', "");
        for word in words::texts().filter(|word| text.contains(word.word)) {
            // A line that calls is told as the call.
            if word.sign != Sign::ProcessStart || text.contains('=') {
                self.add(word.sign, line, number);
            }
        }
        let ends = |extension: &&&str| {
            text.match_indices(**extension).any(|(at, found)| {
                let after = text.get(at + found.len()..).and_then(|rest| rest.chars().next());
                after.is_none_or(|after| !after.is_alphanumeric() && after != '.')
            })
        };
        if words::PROGRAM_EXTENSIONS.iter().find(ends).is_some() {
            self.add(Sign::ProgramName, line, number);
        }
        self.asks_startup |= text.contains("xlstart");
        if text.contains("http://") || text.contains("https://") {
            self.add(Sign::WebRequest, line, number);
        }
    }

    /// What only the whole listing shows.
    fn sum(&mut self) {
        if let Some((text, line)) = self.first_copy.take().filter(|_| self.asks_startup) {
            self.add(Sign::CopiesCode, &text, line);
        }
        if let Some((text, line)) = self.first_piece.take().filter(|_| self.pieces >= MANY_PIECES) {
            self.add(Sign::ChoppedText, &format!("{} pieces: {text}", self.pieces), line);
        }
        let made = self.written.iter().find(|(place, ..)| self.run.contains(place));
        if let Some((_, text, line)) = made.cloned() {
            self.add(Sign::Decoding, &format!("written, then run: {text}"), line);
        }
        if let Some((text, line)) = self.first_write.take().filter(|_| self.writes >= MANY_WRITES) {
            self.add(Sign::Decoding, &format!("{} writes: {text}", self.writes), line);
        }
    }

    fn add(&mut self, sign: Sign, text: &str, line: usize) {
        let fact = Fact::Sign { sign, text: clip(text), line };
        let same =
            self.facts.iter().filter(|fact| matches!(fact, Fact::Sign { sign: known, .. } if *known == sign));
        if same.count() < MOST && !self.facts.contains(&fact) {
            self.facts.push(fact);
        }
    }

    fn trick(&mut self, what: &'static str, detail: String) {
        let is_known = |fact: &Fact| matches!(fact, Fact::Trick { what: known, .. } if *known == what);
        if !self.facts.iter().any(is_known) {
            self.facts.push(Fact::Trick { what, detail: clip(&detail) });
        }
    }
}

fn says<'a>(list: impl IntoIterator<Item = &'a Word>, text: &str, sign: Sign) -> bool {
    list.into_iter().any(|word| word.sign == sign && text.contains(word.word))
}

fn clip(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Tree};
    use crate::limits::Limits;

    fn signs(listing: &str) -> Vec<(Sign, usize)> {
        let tree = Tree::new(Child::new("Macro1", "xlm-sheet", listing.as_bytes().to_vec()).of_kind("xlm"));
        let mut out = Opened::default();
        let artifact = tree.get(0).unwrap();
        assert!(Xlm.matches(artifact));
        Xlm.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        let signs = out.facts.iter().filter_map(|fact| match fact {
            Fact::Sign { sign, line, .. } => Some((*sign, *line)),
            _ => None,
        });
        signs.collect()
    }

    #[test]
    fn names_that_run_by_themselves() {
        let listing = "' Auto_Open: =Macro1!$A$1\n' _xlnm.Auto_closeXY (hidden): =A\n' auto\\0_open1: =A\n' Print_Area: =A\n";
        assert_eq!(signs(listing), [(Sign::EntryPoint, 1), (Sign::EntryPoint, 2), (Sign::EntryPoint, 3)]);
    }

    #[test]
    fn calls_are_seen_outside_of_texts_only() {
        let listing = "A1: =EXEC(A5)\nA2: =ALERT(\"EXEC(a)\")\nA3: =IF(B1,CALL(\"urlmon\",\"URLDownloadToFileA\",\"JJCCBB\",0,B2,B3,0,0),HALT())\n\
            A4: =CALL(B1,B2,B3)\nA5: =REGISTER(\"tool.xll\",\"F\",\"J\")\nA6: =MYEXEC(1)\n";
        let found = signs(listing);
        assert!(found.contains(&(Sign::ProcessStart, 1)));
        assert!(found.contains(&(Sign::Download, 3)) && found.contains(&(Sign::ComputedObject, 4)));
        assert!(!found.iter().any(|(_, line)| [2, 5, 6].contains(line)), "{found:?}");
    }

    #[test]
    fn texts_in_pieces_and_computed_writes_need_many() {
        let char = |count: usize| format!("A1: =FORMULA({},B1)\n", ["CHAR(61)"].repeat(count).join("&"));
        assert_eq!(signs(&char(5)), []);
        assert_eq!(signs(&char(30)), [(Sign::ChoppedText, 1)]);
        let writes = "A1: =FORMULA(B1&C1,D1)\n".repeat(4);
        assert_eq!(signs(&writes), [(Sign::Decoding, 1)]);
        let recorded = "A1: =FORMULA(\"=SUM(R[-3]C:R[-1]C)\")\nA2: =SELECT(\"R1C1\")\n".repeat(40);
        assert_eq!(signs(&recorded), []);
    }

    #[test]
    fn workbooks_that_are_opened_are_told_by_their_address() {
        let tree = Tree::new(
            Child::new("M", "xlm-sheet", b"A1: =OPEN(\"\\\\a.example\\x.xls\",0)\nA2: =OPEN(B1)\n".to_vec())
                .of_kind("xlm"),
        );
        let mut out = Opened::default();
        Xlm.open(tree.get(0).unwrap(), &Keyring::new(), &mut out, &mut Budget::new(&Limits::default()))
            .unwrap();
        let want = Fact::External { relation: "xlm-open".into(), target: "\\\\a.example\\x.xls".into() };
        assert_eq!(out.facts, [want]);
    }

    #[test]
    fn cells_that_are_written_and_then_run_are_told() {
        for listing in [
            "C7: =FORMULA(r,D1)\nC8: =GOTO($D$1)\n",
            "C7: =FORMULA(\"a,)(\"&B1,Macro1!D1)\nC8: =RUN(D1)\n",
            "C7: =FORMULA.FILL(r,D1)\nC8: =D1()\n",
            "C7: =FORMULA(r,AB12)\nC8: =RUN(\"Macro1!R12C28\")\n",
            "C7: =FORMULA(r,D1)\nC8: =RUN(\"D1\",FALSE)\n",
            "C7: =FORMULA(B1&B2,C8)\n",
        ] {
            assert!(signs(listing).contains(&(Sign::Decoding, 1)), "{listing}");
        }
        for listing in [
            "C7: =FORMULA(B1*2,D1)\nC8: =GOTO(E1)\n",
            "C7: =FORMULA(\"=SUM(A1:A9)\",D1)\nC8: =GOTO(D1)\n",
            "C7: =FORMULA(B1&B2,\"R8C3\")\nC8: =RETURN()\n",
            "C7: =FORMULA(B1&B2,C400)\n",
            "C7: =FORMULA(B1,C8)\n",
            "C7: =FORMULA(r,D1)\nC8: =RUN(\"R1C5\")\n",
            "C7: =SET.VALUE(D1,B1&B2)\nC8: =GOTO(D1)\n",
        ] {
            assert_eq!(signs(listing), [], "{listing}");
        }
        let letters = "A1: =FORMULA(".to_string() + &"chr(61)&".repeat(30) + "\"\",B1)\n";
        assert!(signs(&letters).contains(&(Sign::ChoppedText, 1)));
    }

    #[test]
    fn interpreters_and_programs_are_read_in_texts() {
        let found = signs(
            "A1: \"C:\\Users\\Public\\x.dll\"\nA2: =EXEC(\"cm^d /c po^wershell -x\")\nA3: \"a.dllx\"\n",
        );
        assert!(
            found.contains(&(Sign::ProgramName, 1)) && found.contains(&(Sign::Interpreter, 2)),
            "{found:?}"
        );
        assert!(!found.iter().any(|(_, line)| *line == 3));
    }
}
