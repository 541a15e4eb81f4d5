//! Shell links (MS-SHLLINK), the shortcuts of Windows: what they start, with which arguments, under which icon, and
//! what stands behind them.
//!
//! A link names its target up to six times: as shell items, as a path, as a path on a server, relative to itself, with
//! names of the environment, as a property. Windows takes one of them and attackers write only that one, so all are
//! read. The command line is given out as a text as it stands and once more as `cmd` would understand it. Bytes behind
//! the terminal block (2.5) belong to no link and become a child; that is also what becomes of a link that breaks off.
//!
//! Left out: times, hot key, console settings, shim layers.

mod command;
mod extra;
mod items;
mod location;

use crate::artifact::{Artifact, Child, Fact, Format, Opened};
use crate::bytes::Reader;
use crate::keyring::Keyring;
use crate::kind::Kind;
use crate::limits::{Budget, Stop};
use crate::text::guess;

/// Shell links.
pub struct Lnk;

impl Format for Lnk {
    fn id(&self) -> &'static str {
        "lnk"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.kind.id == "lnk"
    }

    fn open(
        &self,
        artifact: &Artifact,
        _keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let mut reader = Reader::new(&artifact.bytes);
        let (link, is_whole) = read(&mut reader);
        if !is_whole {
            out.broke("lnk-cut", format!("at byte {}", reader.position()));
        }
        budget.tick()?;
        let command = command::text(&link.targets, &link.arguments);
        out.facts.push(link.fact());
        out.facts.extend(link.others());
        if !command.is_empty() {
            budget.pay(command.len() as u64)?;
            out.push(Child::new("command", "lnk-command", command.into_bytes()).of_kind("text"), budget)?;
        }
        append(reader.rest(), out, budget)
    }
}

/// Gives out what stands behind the link. Zeros alone are no content.
fn append(rest: &[u8], out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    if rest.iter().all(|byte| *byte == 0) {
        return Ok(());
    }
    budget.pay(rest.len() as u64)?;
    let mut child = Child::new("appended", "lnk-appended", rest.to_vec());
    child.kind = Kind::of_script(rest);
    out.push(child, budget)
}

/// What a link says.
#[derive(Debug, Default)]
struct Link {
    /// What it starts, in the order in which Windows looks.
    targets: Vec<String>,
    arguments: String,
    description: String,
    folder: String,
    icon: String,
    /// Whether the window is minimised.
    is_minimized: bool,
    /// The computer it was made on.
    machine: String,
}

impl Link {
    fn fact(&self) -> Fact {
        Fact::Shortcut {
            target: self.targets.first().cloned().unwrap_or_default(),
            arguments: self.arguments.clone(),
            icon: self.icon.clone(),
            is_minimized: self.is_minimized,
        }
    }

    /// What else it names.
    fn others(&self) -> impl Iterator<Item = Fact> {
        let named = |relation: &str, target: &str| Fact::External {
            relation: relation.to_string(),
            target: target.to_string(),
        };
        let mut facts: Vec<Fact> = self.targets.iter().map(|target| named("lnk-target", target)).collect();
        for (relation, target) in [
            ("lnk-icon", &self.icon),
            ("lnk-folder", &self.folder),
            ("lnk-description", &self.description),
            ("lnk-machine", &self.machine),
        ] {
            if !target.is_empty() {
                facts.push(named(relation, target));
            }
        }
        facts.into_iter()
    }

    fn target(&mut self, target: String) {
        if self.targets.len() < MOST_TARGETS && !target.trim().is_empty() && !self.targets.contains(&target) {
            self.targets.push(target);
        }
    }
}

/// Names of the target that are kept; a link has six.
const MOST_TARGETS: usize = 16;

const HAS_ITEMS: u32 = 1;
const HAS_LOCATION: u32 = 1 << 1;
const HAS_NAME: u32 = 1 << 2;
const HAS_RELATIVE_PATH: u32 = 1 << 3;
const HAS_WORKING_DIR: u32 = 1 << 4;
const HAS_ARGUMENTS: u32 = 1 << 5;
const HAS_ICON: u32 = 1 << 6;
const IS_UNICODE: u32 = 1 << 7;

/// `SW_SHOWMINNOACTIVE`, and `SW_SHOWMINIMIZED`, which Windows takes for it.
const MINIMIZED: [u32; 2] = [7, 2];

/// Reads a link to its end or as far as it goes; answers whether it had an end.
fn read(reader: &mut Reader) -> (Link, bool) {
    let mut link = Link::default();
    let is_whole = parts(reader, &mut link).is_some();
    (link, is_whole)
}

fn parts(reader: &mut Reader, link: &mut Link) -> Option<()> {
    reader.skip(20)?;
    let flags = reader.u32()?;
    reader.skip(36)?;
    link.is_minimized = MINIMIZED.contains(&reader.u32()?);
    reader.skip(12)?;
    if flags & HAS_ITEMS != 0 {
        let length = reader.u16()?;
        let list = reader.take(length.into())?;
        link.target(items::path(list));
    }
    if flags & HAS_LOCATION != 0 {
        let length = usize::try_from(Reader::new(reader.rest()).u32()?).ok()?;
        let info = reader.take(length.max(4))?;
        location::paths(info).into_iter().for_each(|path| link.target(path));
    }
    strings(reader, flags, link)?;
    let extra = extra::read(reader, link);
    // A relative path is what Windows falls back to.
    let relative = link.targets.iter().position(|target| target.starts_with(RELATIVE));
    if let Some(at) = relative {
        let mut target = link.targets.remove(at);
        target.drain(..RELATIVE.len());
        link.target(target);
    }
    extra
}

/// Marks the relative path until all other ways to the target are read.
const RELATIVE: &str = "\0";

/// StringData (2.4): the strings that the flags announce, in this order.
fn strings(reader: &mut Reader, flags: u32, link: &mut Link) -> Option<()> {
    let is_unicode = flags & IS_UNICODE != 0;
    for flag in [HAS_NAME, HAS_RELATIVE_PATH, HAS_WORKING_DIR, HAS_ARGUMENTS, HAS_ICON] {
        if flags & flag == 0 {
            continue;
        }
        let count = usize::from(reader.u16()?);
        let bytes = reader.take_up_to(if is_unicode { count * 2 } else { count });
        let text = if is_unicode { wide(bytes) } else { guess(bytes) };
        match flag {
            HAS_NAME => link.description = text,
            HAS_RELATIVE_PATH if !text.is_empty() => link.target(format!("{RELATIVE}{text}")),
            HAS_RELATIVE_PATH => {}
            HAS_WORKING_DIR => link.folder = text,
            HAS_ARGUMENTS => link.arguments = text,
            _ => link.icon = text,
        }
    }
    Some(())
}

/// UTF-16 up to a zero.
fn wide(bytes: &[u8]) -> String {
    let (units, _) = bytes.as_chunks();
    let units = units.iter().map(|unit| u16::from_le_bytes(*unit)).take_while(|unit| *unit != 0);
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Bytes of a code page up to a zero.
fn narrow(bytes: &[u8]) -> String {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    guess(bytes.get(..end).unwrap_or(bytes))
}

#[cfg(test)]
mod tests;
