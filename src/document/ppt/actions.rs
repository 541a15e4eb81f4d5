//! What a click on a shape, or the pointer over it, starts: the action of an `InteractiveInfoAtom` (MS-PPT 2.8.77),
//! and the targets of hyperlinks that start something (2.10.16).

use super::super::relations::starts_something;
use crate::artifact::Fact;
use crate::bytes::Reader;

/// The header of an `InteractiveInfoAtom` (RT 0x0FF3, 16 bytes), and where its action stands behind that.
const ACTION: &[u8] = b"\0\0\xf3\x0f\x10\0\0\0";
const PLACE: usize = 8;
/// The action that starts a program.
const RUN: u8 = 2;

/// The header of a `CString` with the target of a hyperlink (RT 0x0FBA, instance 1), without its length.
const TARGET: &[u8] = b"\x10\0\xba\x0f";
const LONGEST: usize = 4096;
const MOST: usize = 100;

/// The facts of a stream.
pub(super) fn facts(stream: &[u8]) -> Vec<Fact> {
    let targets: Vec<String> = memchr::memmem::find_iter(stream, TARGET)
        .filter_map(|at| target(stream, at + TARGET.len()))
        .filter(|target| starts_something(target))
        .take(MOST)
        .collect();
    let runs = memchr::memmem::find_iter(stream, ACTION)
        .any(|at| stream.get(at + ACTION.len() + PLACE) == Some(&RUN));
    let external = |relation: &str, target: String| Fact::External { relation: relation.into(), target };
    let shown = targets.first().cloned().unwrap_or_default();
    let action =
        runs.then(|| external("slide-action-program", format!("InteractiveInfo {shown}").trim().to_string()));
    targets.into_iter().map(|target| external("hyperlink", target)).chain(action).collect()
}

fn target(stream: &[u8], at: usize) -> Option<String> {
    let mut reader = Reader::at(stream, at)?;
    let length = usize::try_from(reader.u32()?).ok().filter(|length| *length <= LONGEST)?;
    let (units, _) = reader.take(length)?.as_chunks::<2>();
    let units: Vec<u16> = units.iter().copied().map(u16::from_le_bytes).collect();
    Some(String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(action: u8, target: &str) -> Vec<u8> {
        let wide: Vec<u8> = target.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let length = u32::try_from(wide.len()).unwrap().to_le_bytes();
        [ACTION, &[0; PLACE], &[action], &[0; 7], TARGET, &length, &wide].concat()
    }

    #[test]
    fn programs_are_told_and_pages_are_not() {
        let fact = |relation: &str, target: &str| Fact::External {
            relation: relation.into(),
            target: target.into(),
        };
        let command = "powershell -c x";
        let want =
            [fact("hyperlink", command), fact("slide-action-program", "InteractiveInfo powershell -c x")];
        assert_eq!(facts(&stream(RUN, command)), want);
        assert_eq!(facts(&stream(4, "http://a.example/")), []);
        assert_eq!(facts(&stream(1, "")), []);
        let whole = stream(RUN, command);
        for length in 0..whole.len() {
            facts(&whole[..length]);
        }
        for at in 0..whole.len() * 8 {
            let mut bad = whole.clone();
            bad[at / 8] ^= 1 << (at % 8);
            facts(&bad);
        }
    }
}
