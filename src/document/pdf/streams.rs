//! Object streams (ISO 32000-1 7.5.7): the objects in them take their places among the others.

use super::file::{Entry, File, packed_objects};
use super::object::Object;
use crate::artifact::Opened;
use crate::limits::{Budget, Stop};

/// Bytes of one object stream that are read. Writers put a hundred or two hundred objects into one.
const LARGEST: u64 = 32 << 20;

/// Bytes of all object streams of a file that are kept.
const KEPT: usize = 128 << 20;

/// Unpacks every object stream.
pub(super) fn unpack(file: &mut File, out: &mut Opened, budget: &mut Budget) -> Result<(), Stop> {
    let mut entries = Vec::new();
    let mut kept = 0usize;
    for at in 0..file.entries.len() {
        let Some(entry) = file.entries.get(at).cloned() else { break };
        let (number, has_data) = (entry.number, entry.data.is_some());
        let counts = file.find(number) == Some(at);
        entries.push(entry);
        let Some(first) = (if has_data { first(file, at) } else { None }) else { continue };
        if kept >= KEPT {
            out.missed("limit-artifact-bytes", "object streams");
            break;
        }
        let made = file.data(at, LARGEST, budget);
        if let Some(stop) = made.stop {
            return Err(stop);
        }
        if made.size >= LARGEST {
            out.missed("limit-artifact-bytes", format!("object stream {number}"));
        }
        let objects = packed_objects(&made.bytes, first);
        if let Some(detail) = made.broken.filter(|_| counts) {
            out.broke("pdf-object-stream", format!("{number}: {detail}"));
            if objects.is_empty() {
                out.missed("damaged", format!("object stream {number}"));
            }
        }
        kept += made.bytes.len();
        file.add_packed(made.bytes, objects, &mut entries);
    }
    let rest = entries.iter().filter(|entry: &&Entry| entry.stream.is_none()).count();
    entries.extend(file.entries.drain(..).skip(rest));
    file.entries = entries;
    file.index();
    Ok(())
}

/// Where the objects begin in an object stream; none if the stream is no such.
fn first(file: &File, at: usize) -> Option<usize> {
    let Object::Dict(dict) = file.object(at) else { return None };
    dict.get("N")?;
    let first = file.value(&dict, "First").int()?;
    usize::try_from(first).ok()
}
