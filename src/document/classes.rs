//! Classes of objects in compound files that attacks on documents need, known by number, told by name.
//!
//! The number stands in the storage of the object, and OLE goes by it whatever name stands elsewhere. Others, which
//! are all the honest ones, are left out.

use crate::artifact::{Fact, Opened};
use crate::compound::{Compound, Entry};

/// Tells of every object of such a class.
pub(super) fn tell(compound: &Compound, out: &mut Opened) {
    let root = (compound.clsid(), "root storage");
    let storages = compound.entries().iter().map(|entry| (entry.clsid, entry.path.as_str()));
    for (number, place) in std::iter::once(root).chain(storages) {
        let Some(class) = name(number) else { continue };
        let fact = Fact::Object { class: class.into(), manner: place.into() };
        if !out.facts.contains(&fact) && out.facts.len() < MOST {
            out.facts.push(fact);
        }
    }
}

/// Facts of one file.
const MOST: usize = 256;

/// Classes whose number stands somewhere in bytes, for compound files that are too broken to be read. Controls, which
/// forms of honest workbooks have too, are left out.
pub(super) fn in_bytes(bytes: &[u8]) -> impl Iterator<Item = Fact> {
    let is_control =
        |name: &str| ["MSComctlLib.", "ShockwaveFlash.", "Forms."].iter().any(|of| name.starts_with(of));
    CLASSES
        .iter()
        .filter(move |(number, name)| !is_control(name) && memchr::memmem::find(bytes, number).is_some())
        .map(|(_, name)| Fact::Object { class: (*name).into(), manner: "class id".into() })
}

/// Whether the storage a stream lies in is an equation.
pub(super) fn is_equation(compound: &Compound, stream: &Entry) -> bool {
    of_storage(compound, stream).is_some_and(|name| name.starts_with("Equation"))
}

/// The class whose number is written out: `{EAB22AC3-30C1-11CF-A7EB-0000C05BAE0B}`.
pub(super) fn written(text: &str) -> Option<&'static str> {
    let plain = text.trim().trim_matches(['{', '}']);
    let parts: Vec<&str> = plain.split('-').collect();
    let [first, second, third, rest @ ..] = parts.as_slice() else { return None };
    let mut number = u32::from_str_radix(first, 16).ok()?.to_le_bytes().to_vec();
    for part in [second, third] {
        number.extend(u16::from_str_radix(part, 16).ok()?.to_le_bytes());
    }
    let rest = u64::from_str_radix(&rest.concat(), 16).ok()?;
    number.extend(rest.to_be_bytes());
    name(number.try_into().ok()?)
}

/// The class of a control whose state begins with its number, as those without a storage have it.
pub(super) fn leading(state: &[u8]) -> Option<&'static str> {
    name(*state.first_chunk()?)
}

/// The class of the storage a stream lies in.
pub(super) fn of_storage(compound: &Compound, stream: &Entry) -> Option<&'static str> {
    let storage = stream.parent.and_then(|parent| compound.entries().get(parent));
    name(storage.map_or_else(|| compound.clsid(), |storage| storage.clsid))
}

/// Whether a control of that class shows what an address names.
pub(super) fn is_web(class: &str) -> bool {
    ["Shell.Explorer", "Forms.HTML", "htmlfile"].iter().any(|known| class.starts_with(known))
}

fn name(number: [u8; 16]) -> Option<&'static str> {
    CLASSES.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

/// Numbers as their bytes stand: the first three fields are little-endian.
const CLASSES: &[([u8; 16], &str)] = &[
    (*b"\x02\xce\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", "Equation.3"),
    (*b"\x00\x17\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", "Equation.2"),
    (*b"\x0b\0\x03\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", "Equation"),
    (*b"\x4b\xf0\xd1\xbd\x8b\x85\xd1\x11\xb1\x6a\x00\xc0\xf0\x28\x36\x28", "MSComctlLib.ListViewCtrl"),
    (*b"\xe0\xf5\x6b\x99\x44\x80\x50\x46\xad\xeb\x0b\x01\x39\x14\xe9\x9c", "MSComctlLib.ListViewCtrl"),
    (*b"\xb6\x90\x41\xc7\x89\x85\xd1\x11\xb1\x6a\x00\xc0\xf0\x28\x36\x28", "MSComctlLib.TreeCtrl"),
    (*b"\x5f\xdc\x81\x91\x7d\xe0\x8a\x41\xac\xa6\x8e\xea\x1e\xcb\x8e\x9e", "MSComctlLib.TreeCtrl"),
    (*b"\x96\x65\xfb\x1e\x7c\x85\xd1\x11\xb1\x6a\x00\xc0\xf0\x28\x36\x28", "MSComctlLib.TabStrip"),
    (*b"\xe6\x3f\x83\x66\x83\x85\xd1\x11\xb1\x6a\x00\xc0\xf0\x28\x36\x28", "MSComctlLib.Toolbar"),
    (*b"\x66\xa6\x9d\xdd\x94\x85\xd1\x11\xb1\x6a\x00\xc0\xf0\x28\x36\x28", "MSComctlLib.ImageComboCtl"),
    (*b"\xc3\x2a\xb2\xea\xc1\x30\xcf\x11\xa7\xeb\x00\x00\xc0\x5b\xae\x0b", "Shell.Explorer"),
    (*b"\x20\x69\x33\x25\xf9\x03\xcf\x11\x8f\xd0\x00\xaa\x00\x68\x6f\x13", "htmlfile"),
    (*b"\xd8\xf4\x50\x30\xb5\x98\xcf\x11\xbb\x82\x00\xaa\x00\xbd\xce\x0b", "htafile"),
    (*b"\xd2\x3b\x29\x06\xaa\x48\xd2\x11\x84\x32\x00\x60\x08\xc3\xfb\xfc", "scriptletfile"),
    (*b"\xd3\x3b\x29\x06\xaa\x48\xd2\x11\x84\x32\x00\x60\x08\xc3\xfb\xfc", "script"),
    (*b"\xd5\xf1\x59\x0e\xbe\x1f\xd0\x11\x8f\xf2\x00\xa0\xd1\x00\x38\xbc", "MSScriptControl.ScriptControl"),
    (*b"\x6e\xdb\x7c\xd2\x6d\xae\xcf\x11\x96\xb8\x44\x45\x53\x54\0\0", "ShockwaveFlash.ShockwaveFlash"),
    (*b"\xc2\x73\xbd\x33\xb4\x7b\xf4\x48\x8d\xbc\x82\xb8\xb3\x13\xae\x16", "osf.SandboxManager"),
    (*b"\x7c\xcc\xbb\xcd\x18\xbe\x58\x4a\x9c\xbf\xd6\x2a\x01\x22\x72\xce", "osf.Sandbox"),
    (*b"\x61\xf9\x56\x88\x0a\x34\xd0\x11\xa9\x6b\x00\xc0\x4f\xd7\x05\xa2", "Shell.Explorer"),
    (*b"\x10\xd1\x12\x55\xc6\x5c\xcf\x11\x8d\x67\x00\xaa\x00\xbd\xce\x1d", "Forms.HTML:Submitbutton"),
    (*b"\x12\xd1\x12\x55\xc6\x5c\xcf\x11\x8d\x67\x00\xaa\x00\xbd\xce\x1d", "Forms.HTML:Image"),
    (*b"\x14\xd1\x12\x55\xc6\x5c\xcf\x11\x8d\x67\x00\xaa\x00\xbd\xce\x1d", "Forms.HTML:Reset"),
    (*b"\x16\xd1\x12\x55\xc6\x5c\xcf\x11\x8d\x67\x00\xaa\x00\xbd\xce\x1d", "Forms.HTML:Checkbox"),
    (*b"\x18\xd1\x12\x55\xc6\x5c\xcf\x11\x8d\x67\x00\xaa\x00\xbd\xce\x1d", "Forms.HTML:Option"),
    (*b"\x1a\xd1\x12\x55\xc6\x5c\xcf\x11\x8d\x67\x00\xaa\x00\xbd\xce\x1d", "Forms.HTML:Text"),
    (*b"\x1c\xd1\x12\x55\xc6\x5c\xcf\x11\x8d\x67\x00\xaa\x00\xbd\xce\x1d", "Forms.HTML:Hidden"),
    (*b"\x1e\xd1\x12\x55\xc6\x5c\xcf\x11\x8d\x67\x00\xaa\x00\xbd\xce\x1d", "Forms.HTML:Password"),
    (*b"\x22\xd1\x12\x55\xc6\x5c\xcf\x11\x8d\x67\x00\xaa\x00\xbd\xce\x1d", "Forms.HTML:Select"),
    (*b"\x24\xd1\x12\x55\xc6\x5c\xcf\x11\x8d\x67\x00\xaa\x00\xbd\xce\x1d", "Forms.HTML:TextArea"),
];
