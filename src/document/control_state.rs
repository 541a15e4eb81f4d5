//! The states of controls (ActiveX) that attacks write: an address that the control shows as soon as the document
//! opens, a length that overflows the reader of `MSCOMCTL.OCX` (CVE-2012-0158), a shortcut to start. No specification
//! describes these states: addresses are looked for as text, the length behind the mark it always has.

use super::classes;
use crate::artifact::Fact;

/// The relation of an address in the state of a control.
pub(super) const ADDRESS: &str = "control-address";

/// What the state of a control of that class shows, or that of an unknown one.
pub(super) fn facts(class: Option<&str>, state: &[u8]) -> Vec<Fact> {
    let mut found: Vec<Fact> = overflow(state).into_iter().collect();
    if class.is_some_and(classes::is_web) {
        let near = state.get(..MOST_BYTES).unwrap_or(state);
        let addresses = addresses(near).into_iter();
        found.extend(addresses.map(|target| Fact::External { relation: ADDRESS.into(), target }));
    }
    found
}

/// Bytes of a state that are searched, addresses of one state, and characters of an address.
const MOST_BYTES: usize = 64 << 10;
const MOST: usize = 8;
const LONGEST: usize = 1024;

/// The fact of a list, tree or tab strip whose inner state says to be longer than the eight bytes there is room for.
fn overflow(state: &[u8]) -> Option<Fact> {
    let lengths = memchr::memmem::find_iter(state, INNER).filter_map(|at| {
        let length = state.get(at + INNER.len()..)?.first_chunk()?;
        Some(u32::from_le_bytes(*length))
    });
    let length = lengths.take(MOST).find(|length| *length > ROOM)?;
    Some(Fact::Trick {
        what: "control-overflow",
        detail: format!("{length} bytes where there is room for {ROOM}"),
    })
}

/// How the inner state begins, and how long it is.
const INNER: &[u8] = b"Cobjd\0\0\0";
const ROOM: u32 = 8;

/// How addresses of pages and of files on servers begin.
const STARTS: &[&str] = &["http://", "https://", "file:", "ftp://", "mhtml:", "mk:@", "\\\\"];

/// The addresses in a state, in letters of one byte or of two.
fn addresses(state: &[u8]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for start in STARTS {
        let wide: Vec<u8> = start.bytes().flat_map(|byte| [byte, 0]).collect();
        let narrow = memchr::memmem::find_iter(state, start.as_bytes()).map(|at| (at, 1));
        let wide = memchr::memmem::find_iter(state, &wide).map(|at| (at, 2));
        for (at, step) in narrow.chain(wide).take(MOST) {
            let address = text(state.get(at..).unwrap_or_default(), step);
            let is_more = address.len() > start.len() && !found.iter().any(|known| known.contains(&address));
            if is_more && found.len() < MOST {
                found.push(address);
            }
        }
    }
    found
}

/// Printable letters of one byte, or of two whose second is zero.
fn text(bytes: &[u8], step: usize) -> String {
    let letters = bytes.chunks(step).map(|letter| match letter {
        [byte] | [byte, 0] if byte.is_ascii_graphic() => Some(char::from(*byte)),
        _ => None,
    });
    letters.map_while(|letter| letter).take(LONGEST).collect()
}

/// Where a shortcut begins in a state (MS-SHLLINK 2.1).
pub(super) fn shortcut(class: Option<&str>, state: &[u8]) -> Option<usize> {
    class.filter(|class| classes::is_web(class))?;
    memchr::memmem::find(state.get(..MOST_BYTES).unwrap_or(state), SHORTCUT)
}

const SHORTCUT: &[u8] = b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46";

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn told(class: Option<&str>, state: &[u8]) -> Vec<String> {
        let each = facts(class, state).into_iter().map(|fact| match fact {
            Fact::External { target, .. } => target,
            Fact::Trick { what, .. } => what.into(),
            other => panic!("{other:?}"),
        });
        each.collect()
    }

    #[test]
    fn addresses_are_told_of_controls_that_show_them() {
        let state =
            [&b"\x01\0\0"[..], &wide("\\\\203.0.113.9\\s\\i.png"), b"\0\0\xffhttp://a.example/x\0", &[7; 9]]
                .concat();
        let web = told(Some("Forms.HTML:Image"), &state);
        assert_eq!(web, ["http://a.example/x", "\\\\203.0.113.9\\s\\i.png"]);
        assert_eq!(told(Some("MSComctlLib.ListViewCtrl"), &state), [""; 0]);
        assert_eq!(told(None, &state), [""; 0]);
        assert_eq!(told(Some("Shell.Explorer"), &wide("http://")), [""; 0]);
    }

    #[test]
    fn a_length_without_room_is_told_of_any_control() {
        let state =
            |length: u32| [b"!C4\x12\x08\0\0\0Cobjd\0\0\0", &length.to_le_bytes()[..], &[0; 12]].concat();
        assert_eq!(told(None, &state(0x8282)), ["control-overflow"]);
        assert_eq!(told(None, &state(8)), [""; 0]);
    }

    #[test]
    fn shortcuts_are_found_and_nothing_ends_it() {
        let state = [&[1, 2, 3][..], SHORTCUT, &wide("http://a.example/\\\\b")].concat();
        assert_eq!(shortcut(Some("Shell.Explorer"), &state), Some(3));
        assert_eq!(shortcut(None, &state), None);
        for length in 0..state.len() {
            facts(Some("Shell.Explorer"), &state[..length]);
            let mut bad = state.clone();
            bad[length] ^= 1 << (length % 8);
            facts(Some("Shell.Explorer"), &bad);
        }
        assert!(facts(Some("Shell.Explorer"), &b"http://".repeat(20_000)).len() <= MOST);
    }
}
