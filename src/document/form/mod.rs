//! UserForms and ActiveX controls (MS-OFORMS): the texts that programs keep in them, as a listing of lines
//! `UserForm1.TextBox1.Text = …`.
//!
//! A form is a storage with the streams `f` (sites, 2.2.10) and `o` (the controls' own data, in the order of the
//! sites); frames and the pages of a multi-page are storages within it. A control of a document has a storage of its
//! own with a stream `contents` (`ObjectPool/_1`, `MBD…`, a part of an OOXML package), which its class identifier
//! tells; controls of old workbooks lie one behind the other in `Ctls`. What does not fit the specification, or is
//! of an unknown class, is searched for runs of text. Left out: sizes, colours, fonts, pictures.

mod class;
mod record;
mod site;

use super::listing::Listing;
use super::{controls, hidden_text};
use crate::artifact::{Artifact, Format, Opened};
use crate::compound::{Compound, Entry, What, is_compound};
use crate::keyring::Keyring;
use crate::kind::{Class as KindClass, Kind};
use crate::limits::{Budget, Stop};
use crate::text;
use class::Class;
use record::Record;
use site::Sheet;

/// Forms and controls in compound files and in binary parts of packages.
pub struct Form;

const ID: &str = "form";
const KIND: &str = "form-strings";
/// The content type of a control's part.
const PART: &str = "application/vnd.ms-office.activex";
/// Storages within one another that are read; MS-OFORMS sets no limit, people use three.
const DEEPEST: usize = 8;
/// The shortest run of text that is taken from bytes that do not fit.
const RUN: usize = 6;
/// Runs of text that are taken from one stream.
const MOST_RUNS: usize = 2000;

impl Format for Form {
    fn id(&self) -> &'static str {
        ID
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        is_compound(&artifact.bytes) || is_part(artifact)
    }

    fn open(
        &self,
        artifact: &Artifact,
        _keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        if is_part(artifact) {
            return open_part(artifact, out, budget);
        }
        let Some(compound) = Compound::read(&artifact.bytes, budget) else { return Ok(()) };
        if compound.is_installer() {
            return Ok(());
        }
        for stream in compound.streams() {
            budget.tick()?;
            open_stream(&compound, stream, stem(artifact), out, budget)?;
        }
        Ok(())
    }
}

/// Whether an artifact is the binary part of a control, not wrapped in a compound file.
fn is_part(artifact: &Artifact) -> bool {
    artifact.media_type.as_deref() == Some(PART)
        && artifact.bytes.len() > 16
        && !is_compound(&artifact.bytes)
        && artifact.kind.class == KindClass::Data
}

/// A part that is the class identifier of a control and its data.
fn open_part(artifact: &Artifact, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    let (clsid, data) = artifact.bytes.split_at_checked(16).unwrap_or_default();
    let name = stem(artifact);
    let mut listing = Listing::default();
    control(name, Class::of(clsid), data, &mut listing);
    finish(listing, &artifact.name, &[data], name, out, budget)
}

/// What a control that says no name of its own is called: as the page around it calls it, else as its part.
fn stem(artifact: &Artifact) -> &str {
    let file = artifact.name.rsplit('/').next().unwrap_or_default();
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    artifact.header(controls::NAME).unwrap_or(stem)
}

fn open_stream(
    compound: &Compound,
    stream: &Entry,
    holder: &str,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let name = stream.name.to_lowercase();
    match name.as_str() {
        "f" if is_outermost(compound, stream) => open_form(compound, stream, out, budget),
        "contents" => open_control(compound, stream, holder, out, budget),
        "ctls" => open_row(compound, stream, out, budget),
        // Without its `f` the data of controls say nothing of themselves but their texts.
        "o" if stream_in(compound, stream.parent, "f").is_none() => open_row(compound, stream, out, budget),
        _ => Ok(()),
    }
}

/// Whether the storage of an `f` stream lies in no other form.
fn is_outermost(compound: &Compound, stream: &Entry) -> bool {
    let storage = stream.parent.and_then(|id| compound.entries().get(id));
    storage.is_some_and(|storage| stream_in(compound, storage.parent, "f").is_none())
}

fn stream_in<'a>(compound: &'a Compound, storage: Option<usize>, name: &str) -> Option<&'a Entry> {
    compound.child(storage, name).filter(|entry| entry.what == What::Stream)
}

/// A form with everything in it.
fn open_form(compound: &Compound, stream: &Entry, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    let Some(storage) = stream.parent.and_then(|id| compound.entries().get(id)) else { return Ok(()) };
    let name = ocx_name(compound, storage.id, budget)?.unwrap_or_else(|| storage.name.clone());
    let mut walk = Walk { compound, name: &name, listing: Listing::default(), loose: Vec::new() };
    walk.frame(storage.id, budget)?;
    walk.storage(storage.id, 0, budget)?;
    let Walk { mut listing, loose, .. } = walk;
    listing.note_joined(&storage.path, &loose);
    listing.give(&name, ID, KIND, out, budget)
}

/// A form being read.
struct Walk<'a> {
    compound: &'a Compound<'a>,
    name: &'a str,
    listing: Listing,
    /// All its values, which may belong together.
    loose: Vec<String>,
}

impl Walk<'_> {
    /// The `VBFrame` stream: settings of the form as text.
    fn frame(&mut self, storage: usize, budget: &mut Budget) -> Result<(), Stop> {
        let Some(entry) = stream_in(self.compound, Some(storage), "\u{3}VBFrame") else { return Ok(()) };
        let decoded = self.compound.stream(entry, budget);
        decoded.stop.map_or(Ok(()), Err)?;
        for line in text::guess(&decoded.bytes).lines().take(200) {
            if let Some((key, value)) = line.split_once('=') {
                let value = value.trim().split_once('"').map_or(value.trim(), |(_, quoted)| {
                    quoted.rsplit_once('"').map_or(quoted, |(inside, _)| inside)
                });
                let telling =
                    value.parse::<f64>().is_err() && !value.starts_with(|c: char| c.is_ascii_digit());
                if telling || key.trim() == "Caption" || key.trim() == "Tag" {
                    self.put("", key.trim(), value);
                }
            }
        }
        Ok(())
    }

    /// The form in a storage, and those in the storages within.
    fn storage(&mut self, storage: usize, depth: usize, budget: &mut Budget) -> Result<(), Stop> {
        if depth > DEEPEST {
            return Ok(());
        }
        budget.tick()?;
        let sites = self.bytes(storage, "f", budget)?;
        let data = self.bytes(storage, "o", budget)?;
        let sheet = Sheet::read(&sites);
        if depth > 0 {
            self.put("", "Caption", &sheet.caption);
        }
        let fits = self.controls(&sheet, &data);
        if !sheet.whole || !fits {
            self.carve(&[&sites, &data]);
        }
        let within: Vec<usize> = self
            .compound
            .children(Some(storage))
            .filter(|entry| entry.what == What::Storage)
            .map(|entry| entry.id)
            .collect();
        for id in within {
            if ["f", "o"].iter().any(|name| stream_in(self.compound, Some(id), name).is_some()) {
                self.storage(id, depth + 1, budget)?;
            }
        }
        Ok(())
    }

    /// The controls of a form. Answers whether their data were what the sites say.
    fn controls(&mut self, sheet: &Sheet, data: &[u8]) -> bool {
        let mut rest = data;
        let mut fits = true;
        for (index, site) in sheet.sites.iter().enumerate() {
            let name = site.text("Name").map_or_else(|| format!("control{}", index + 1), str::to_string);
            for (property, value) in &site.texts {
                if *property != "Name" {
                    self.put(&name, property, value);
                }
            }
            let size = site.number("size").and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
            let (own, behind) = rest.split_at_checked(size).unwrap_or((rest, &[]));
            fits &= own.len() == size && site.whole;
            rest = behind;
            let class = site.number("class").and_then(|number| Class::numbered(number & 0x7fff));
            match class.and_then(|class| Some((class, class.layout?))) {
                Some((class, layout)) if !own.is_empty() => match Record::read(own, layout) {
                    Some(record) => {
                        fits &= record.whole;
                        for (property, value) in &record.texts {
                            let property = if *property == "Value" { class.value } else { property };
                            self.put(&name, property, value);
                        }
                    }
                    None => fits = false,
                },
                Some(_) => {}
                None => fits &= own.is_empty() || class.is_some(),
            }
        }
        fits && rest.is_empty()
    }

    fn carve(&mut self, streams: &[&[u8]]) {
        for run in streams.iter().flat_map(|bytes| hidden_text::texts(bytes, RUN)).take(MOST_RUNS) {
            self.put("", "Strings", &run);
        }
    }

    fn put(&mut self, control: &str, property: &str, value: &str) {
        let name = self.name;
        let place = if control.is_empty() {
            format!("{name}.{property}")
        } else {
            format!("{name}.{control}.{property}")
        };
        self.listing.put(&place, value);
        if self.loose.len() < MOST_RUNS {
            self.loose.push(value.to_string());
        }
    }

    fn bytes(&self, storage: usize, name: &str, budget: &mut Budget) -> Result<Vec<u8>, Stop> {
        let Some(entry) = stream_in(self.compound, Some(storage), name) else { return Ok(Vec::new()) };
        let decoded = self.compound.stream(entry, budget);
        decoded.stop.map_or(Ok(decoded.bytes), Err)
    }
}

/// A control with a storage of its own. What other programs keep under the same name is left to them.
fn open_control(
    compound: &Compound,
    stream: &Entry,
    holder: &str,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<(), Stop> {
    if stream.path.to_lowercase().starts_with("quill/") {
        return Ok(());
    }
    let decoded = compound.stream(stream, budget);
    decoded.stop.map_or(Ok(()), Err)?;
    if !matches!(Kind::of("", &decoded.bytes).class, KindClass::Data | KindClass::Text) {
        return Ok(());
    }
    let storage = stream.parent.and_then(|id| compound.entries().get(id));
    let clsid = storage.map_or_else(|| compound.clsid(), |storage| storage.clsid);
    let told = match storage {
        Some(storage) => ocx_name(compound, storage.id, budget)?,
        None => None,
    };
    let name = told.unwrap_or_else(|| storage.map_or(holder, |storage| storage.name.as_str()).to_string());
    let mut listing = Listing::default();
    control(&name, Class::of(&clsid), &decoded.bytes, &mut listing);
    finish(listing, &stream.path, &[&decoded.bytes], &name, out, budget)
}

/// Controls that lie one behind the other without their sites.
fn open_row(compound: &Compound, stream: &Entry, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    let decoded = compound.stream(stream, budget);
    decoded.stop.map_or(Ok(()), Err)?;
    let mut listing = Listing::default();
    carve(&stream.name, &decoded.bytes, &mut listing);
    finish(listing, &stream.path, &[&decoded.bytes], &stream.path, out, budget)
}

/// The properties of one control by its class, else by the first that fits, else its runs of text.
fn control(name: &str, class: Option<&'static Class>, data: &[u8], listing: &mut Listing) {
    let known = class.and_then(|class| Some((class, Record::read(data, class.layout?)?)));
    let record = known.filter(|(_, record)| record.whole).or_else(|| {
        let tried = Class::likely().filter_map(|class| Some((class, Record::read(data, class.layout?)?)));
        let fits = |record: &Record| record.whole && !record.texts.is_empty();
        tried.into_iter().find(|(_, record)| class.is_none() && fits(record))
    });
    let Some((class, record)) = record else {
        carve(name, data, listing);
        return;
    };
    for (property, value) in &record.texts {
        let property = if *property == "Value" { class.value } else { property };
        listing.put(&format!("{name}.{property}"), value);
    }
}

fn carve(name: &str, data: &[u8], listing: &mut Listing) {
    for run in hidden_text::texts(data, RUN).into_iter().take(MOST_RUNS) {
        listing.put(&format!("{name}.Strings"), &run);
    }
}

/// Gives a listing; where its values hide nothing, the bare bytes are looked at too.
fn finish(
    listing: Listing,
    place: &str,
    streams: &[&[u8]],
    name: &str,
    out: &mut Opened,
    budget: &mut Budget,
) -> Result<(), Stop> {
    if !listing.hides() {
        out.facts.extend(streams.iter().flat_map(|bytes| hidden_text::facts(place, bytes)));
    }
    listing.give(name, ID, KIND, out, budget)
}

/// The name by which macros of a Word document call a control (`\x03OCXNAME`).
fn ocx_name(compound: &Compound, storage: usize, budget: &mut Budget) -> Result<Option<String>, Stop> {
    let Some(entry) = stream_in(compound, Some(storage), "\u{3}OCXNAME") else { return Ok(None) };
    let decoded = compound.head(entry, 512, budget);
    decoded.stop.map_or(Ok(()), Err)?;
    let name = text::decode("utf-16le", &decoded.bytes);
    let name = name.trim_end_matches('\0').trim();
    Ok((!name.is_empty()).then(|| name.to_string()))
}

#[cfg(test)]
mod tests;
