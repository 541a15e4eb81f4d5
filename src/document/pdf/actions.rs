//! What a file does or leads to (ISO 32000-1 12.6): every action in every object, whatever leads to it, in every
//! revision; and the forms of XFA (12.7.8), which hold program text too.

use super::file::File;
use super::object::{Dict, Object};
use super::strings;
use crate::artifact::{Child, Fact, Opened, Sign};
use crate::limits::{Budget, Stop};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap, HashSet};

/// What was found while going through the objects.
#[derive(Default)]
pub(super) struct Found {
    seen: BTreeSet<(&'static str, String)>,
    scripts: Vec<Script>,
    known: HashMap<[u8; 32], usize>,
    /// Dictionaries that name a file in the document, each with its names and its streams.
    pub(super) files: Vec<Filespec>,
    /// Packets of forms, in order.
    forms: Vec<u8>,
    form_streams: HashSet<usize>,
    /// Where actions lead that need no click.
    opened: BTreeSet<String>,
    /// The entries of the pages, and of the last catalog.
    pub(super) pages: Vec<usize>,
    pub(super) catalog: Option<usize>,
}

/// A program text.
struct Script {
    text: Vec<u8>,
    /// What makes it run by itself.
    runs: Option<&'static str>,
}

/// A file specification (7.11.3) whose file lies in the document.
pub(super) struct Filespec {
    pub(super) names: Vec<String>,
    pub(super) stream: usize,
}

/// The most links and the like of one document. A book has some thousands.
const MOST: usize = 20_000;

/// Scripts that become artifacts of their own; forms have one for each field. The others are put together.
const SCRIPTS: usize = 250;

/// Actions that lead to a file or an address, by their names (12.6.4).
const LEADING: &[(&[u8], &str)] = &[
    (b"Launch", "launch"),
    (b"GoToR", "remote-go-to"),
    (b"GoToE", "embedded-go-to"),
    (b"SubmitForm", "submit-form"),
    (b"ImportData", "import-data"),
    (b"Thread", "thread"),
];

/// Annotations that play something (13.2, 13.6, 13.7).
const PLAYING: &[&[u8]] = &[b"RichMedia", b"Screen", b"Movie", b"Sound", b"3D"];

/// Events that come without a person's doing more than opening the document or a page (12.6.3).
const EVENTS: &[&str] = &["O", "PO", "PV", "WC", "C"];

/// Goes through every object.
pub(super) fn find(file: &File, out: &mut Opened, budget: &mut Budget) -> Result<Found, Stop> {
    let mut found = Found::default();
    for at in 0..file.entries.len() {
        budget.tick()?;
        let object = file.object(at);
        found.note_page(file, &object, at);
        found.run(file, &object, budget)?;
    }
    for at in 0..file.entries.len() {
        budget.tick()?;
        let object = file.object(at);
        found.look(file, &object, out, budget)?;
    }
    for target in std::mem::take(&mut found.opened) {
        found.link("opens-by-itself", target, out);
    }
    if found.seen.len() >= MOST {
        out.missed("limit-artifacts", format!("more than {MOST} links and actions"));
    }
    Ok(found)
}

impl Found {
    /// Keeps the places of the pages and of the catalog as they are now.
    fn note_page(&mut self, file: &File, object: &Object, at: usize) {
        let counts = || file.entries.get(at).and_then(|entry| file.find(entry.number)) == Some(at);
        match object.dict().and_then(|dict| dict.get("Type")).and_then(Object::name) {
            Some(b"Page") if counts() => self.pages.push(at),
            Some(b"Catalog") if counts() => self.catalog = Some(at),
            _ => {}
        }
    }

    /// Looks for what runs by itself in an object and in the objects inside it.
    fn run(&mut self, file: &File, object: &Object, budget: &mut Budget) -> Result<(), Stop> {
        match object {
            Object::Array(items) => items.iter().try_for_each(|item| self.run(file, item, budget)),
            Object::Dict(dict) => {
                if let Some(action) = dict.get("OpenAction") {
                    self.follow(file, action, "OpenAction", budget)?;
                }
                // Fields and pages both have additional actions; what calculates or formats a field waits for it.
                if let Object::Dict(events) = file.value(dict, "AA") {
                    let is_field =
                        dict.get("FT").is_some() || dict.get("Parent").is_some() && dict.get("T").is_some();
                    for event in EVENTS.iter().filter(|event| !(is_field && **event == "C")) {
                        if let Some(action) = events.get(event) {
                            self.follow(file, action, "AA", budget)?;
                        }
                    }
                }
                if let Some(tree) = dict.get("JavaScript").filter(|_| dict.get("S").is_none()) {
                    self.follow(file, tree, "Names", budget)?;
                }
                dict.0.iter().try_for_each(|(_, value)| self.run(file, value, budget))
            }
            _ => Ok(()),
        }
    }

    /// Takes the scripts of everything that is reached from an action or a name tree.
    fn follow(
        &mut self,
        file: &File,
        from: &Object,
        runs: &'static str,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let mut waiting = vec![from.clone()];
        let mut seen = HashSet::new();
        while let Some(object) = waiting.pop() {
            budget.tick()?;
            if let Object::Reference(number) = object
                && !seen.insert(number)
            {
                continue;
            }
            match file.resolve(&object) {
                Object::Array(items) => waiting.extend(items),
                Object::Dict(dict) => {
                    self.script(file, &dict, Some(runs), budget)?;
                    self.opens(file, &dict);
                    let keys = ["Next", "Kids", "Names"];
                    waiting.extend(keys.iter().filter_map(|key| dict.get(key)).cloned());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Notes where an action leads that runs by itself. What it starts on this machine is told as any launch is.
    fn opens(&mut self, file: &File, dict: &Dict) {
        let kind = dict.get("S").and_then(Object::name).unwrap_or_default();
        let target = match file.value(dict, "URI").text() {
            Some(uri) if kind == b"URI" => strings::decode(uri),
            _ if kind != b"Launch" && LEADING.iter().any(|(name, _)| *name == kind) => target(file, dict),
            _ => return,
        };
        if !target.is_empty() && self.opened.len() < MOST {
            self.opened.insert(target);
        }
    }

    /// Notes a field of a form that shows dots for letters (12.7.4.3), or has the name of one that should.
    fn asks(&mut self, file: &File, dict: &Dict, out: &mut Opened) {
        let is_text = dict.get("FT").and_then(Object::name) == Some(b"Tx");
        let is_dotted = file.value(dict, "Ff").int().is_some_and(|flags| flags & 1 << 13 != 0);
        let name = file.value(dict, "T").text().map(strings::decode).unwrap_or_default();
        let lower = name.to_lowercase();
        let is_named = ["passw", "pwd", "パスワード", "暗証"].iter().any(|word| lower.contains(word));
        if is_text && (is_dotted || is_named) && self.seen.insert(("password-field", name.clone())) {
            out.facts.push(Fact::Trick { what: "pdf-password-field", detail: name });
        }
    }

    /// Takes what an object and the objects inside it do.
    fn look(
        &mut self,
        file: &File,
        object: &Object,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        match object {
            Object::Array(items) => items.iter().try_for_each(|item| self.look(file, item, out, budget)),
            Object::Dict(dict) => {
                self.script(file, dict, None, budget)?;
                self.form(file, dict, budget)?;
                self.file(file, dict);
                self.links(file, dict, out);
                self.asks(file, dict, out);
                dict.0.iter().try_for_each(|(_, value)| self.look(file, value, out, budget))
            }
            _ => Ok(()),
        }
    }

    /// The program text of an action; whatever its type, since readers differ in what they take.
    fn script(
        &mut self,
        file: &File,
        dict: &Dict,
        runs: Option<&'static str>,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let Some(value) = dict.get("JS") else { return Ok(()) };
        let text = match file.resolve(value) {
            Object::Text(text) => strings::decode(&text).into_bytes(),
            Object::Dict(_) => {
                let Some(at) = file.stream_of(value) else { return Ok(()) };
                let made = file.data(at, budget.limits().artifact_bytes, budget);
                if let Some(stop) = made.stop {
                    return Err(stop);
                }
                let is_marked =
                    [&b"\xfe\xff"[..], b"\xff\xfe"].iter().any(|mark| made.bytes.starts_with(mark));
                if is_marked { strings::decode(&made.bytes).into_bytes() } else { made.bytes }
            }
            _ => return Ok(()),
        };
        if text.trim_ascii().is_empty() {
            return Ok(());
        }
        let place = *self.known.entry(Sha256::digest(&text).into()).or_insert(self.scripts.len());
        match self.scripts.get_mut(place) {
            Some(known) => known.runs = known.runs.or(runs),
            None => self.scripts.push(Script { text, runs }),
        }
        Ok(())
    }

    /// The packets of a form: one stream, or names and streams in turn.
    fn form(&mut self, file: &File, dict: &Dict, budget: &mut Budget) -> Result<(), Stop> {
        let Some(value) = dict.get("XFA") else { return Ok(()) };
        let packets = match file.resolve(value) {
            Object::Array(items) => items,
            _ => vec![value.clone()],
        };
        for at in packets.iter().filter_map(|packet| file.stream_of(packet)) {
            if !self.form_streams.insert(at) {
                continue;
            }
            let made = file.data(at, budget.limits().artifact_bytes, budget);
            self.opened.extend(style_sheet(&made.bytes));
            self.forms.extend(made.bytes);
            if let Some(stop) = made.stop {
                return Err(stop);
            }
        }
        Ok(())
    }

    fn file(&mut self, file: &File, dict: &Dict) {
        let Object::Dict(streams) = file.value(dict, "EF") else { return };
        let mut names: Vec<String> = Vec::new();
        for key in ["UF", "F", "Unix", "Mac", "DOS", "Desc"] {
            let name = file.value(dict, key).text().map(strings::decode).filter(|name| !name.is_empty());
            let fits = key != "Desc" || names.is_empty();
            names.extend(name.filter(|name| fits && !names.contains(name)));
        }
        for (_, reference) in &streams.0 {
            let Some(stream) = file.stream_of(reference) else { continue };
            if self.files.len() < MOST {
                self.files.push(Filespec { names: names.clone(), stream });
            }
        }
    }

    fn links(&mut self, file: &File, dict: &Dict, out: &mut Opened) {
        if let Some(uri) = file.value(dict, "URI").text() {
            self.link("uri", strings::decode(uri), out);
        }
        let Some(kind) = dict.get("S").or_else(|| dict.get("Subtype")).and_then(Object::name) else { return };
        if let Some((_, relation)) = LEADING.iter().find(|(name, _)| *name == kind) {
            let target = target(file, dict);
            if !target.is_empty() {
                self.link(relation, target, out);
            }
        }
        if PLAYING.contains(&kind) && dict.get("Rect").is_some() {
            let detail = String::from_utf8_lossy(kind).into_owned();
            if self.seen.insert(("", detail.clone())) {
                out.facts.push(Fact::Trick { what: "pdf-plays-media", detail });
            }
        }
    }

    fn link(&mut self, relation: &'static str, target: String, out: &mut Opened) {
        if self.seen.len() < MOST && self.seen.insert((relation, target.clone())) {
            out.facts.push(Fact::External { relation: relation.into(), target });
        }
    }

    /// The scripts and forms as children.
    pub(super) fn give(&mut self, out: &mut Opened, budget: &Budget) -> Result<(), Stop> {
        let mut scripts = std::mem::take(&mut self.scripts);
        scripts.sort_by_key(|script| script.runs.is_none());
        let rest: Vec<u8> = if scripts.len() > SCRIPTS {
            scripts.drain(SCRIPTS..).flat_map(|script| [script.text, b"\n".to_vec()].concat()).collect()
        } else {
            Vec::new()
        };
        if !rest.is_empty() {
            scripts.push(Script { text: rest, runs: None });
        }
        for (number, script) in scripts.into_iter().enumerate() {
            let mut child =
                Child::new(format!("javascript-{}.js", number + 1), "part", script.text).of_kind("js");
            if let Some(runs) = script.runs {
                child = child.with(Fact::Sign { sign: Sign::EntryPoint, text: runs.into(), line: 1 });
            }
            out.push(child, budget)?;
        }
        let forms = std::mem::take(&mut self.forms);
        if !forms.is_empty() {
            out.push(Child::new("xfa.xml", "part", forms).of_kind("xml"), budget)?;
        }
        Ok(())
    }
}

/// The style sheet that a packet names, which is fetched as soon as the form is shown.
fn style_sheet(packet: &[u8]) -> Option<String> {
    let at = memchr::memmem::find(packet, b"<?xml-stylesheet")?;
    let told = String::from_utf8_lossy(packet.get(at..)?.get(..1000.min(packet.len() - at))?).into_owned();
    let (_, value) = told.split("?>").next()?.split_once("href=")?;
    let value = value.trim_start_matches(['"', '\'']).split(['"', '\'']).next()?;
    Some(value.to_string()).filter(|value| !value.is_empty())
}

/// Where an action leads: the file, and what is handed to it.
fn target(file: &File, dict: &Dict) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut add = |word: String| {
        if !word.is_empty() && !words.contains(&word) {
            words.push(word);
        }
    };
    add(file_name(file, &file.value(dict, "F")));
    for system in ["Win", "Unix", "Mac"] {
        if let Object::Dict(of) = file.value(dict, system) {
            add(file_name(file, &file.value(&of, "F")));
            for key in ["P", "D", "O"] {
                if let Some(text) = file.value(&of, key).text().filter(|text| *text != b"open") {
                    add(strings::decode(text));
                }
            }
        }
    }
    if let Object::Dict(inner) = file.value(dict, "T") {
        add(file.value(&inner, "N").text().map(strings::decode).unwrap_or_default());
    }
    words.join(" ")
}

/// The name in a file specification, which is a string or a dictionary (7.11.2).
fn file_name(file: &File, object: &Object) -> String {
    match object {
        Object::Text(text) => strings::decode(text),
        Object::Dict(dict) => {
            let keys = ["UF", "F", "Unix", "Mac", "DOS"];
            let found = keys.iter().find_map(|key| file.value(dict, key).text().map(strings::decode));
            found.unwrap_or_default()
        }
        _ => String::new(),
    }
}
