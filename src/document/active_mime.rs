//! ActiveMime: the wrapping of macros and objects (`editdata.mso`, `oledata.mso`) in documents saved as MHT, HTML or
//! Word XML. A header that no specification describes, then a compound file compressed with zlib.

use crate::artifact::{Artifact, Child, Format, Opened};
use crate::codec;
use crate::compound::is_compound;
use crate::keyring::Keyring;
use crate::limits::{Budget, Decoded, Stop};

/// `ActiveMime` files.
pub struct ActiveMime;

const MAGIC: &[u8] = b"ActiveMime";
/// Where Office puts the compressed file.
const USUAL: [usize; 2] = [0x32, 0x22a];
/// How far a moved beginning is looked for, and how many are tried.
const SEARCHED: usize = 4096;
const TRIES: usize = 16;
/// The second byte of a zlib header, one for each level of compression (RFC 1950 2.2).
const LEVELS: &[u8] = &[0x01, 0x5e, 0x9c, 0xda];

impl Format for ActiveMime {
    fn id(&self) -> &'static str {
        "active-mime"
    }

    fn matches(&self, artifact: &Artifact) -> bool {
        artifact.bytes.starts_with(MAGIC)
    }

    fn open(
        &self,
        artifact: &Artifact,
        _keys: &Keyring,
        out: &mut Opened,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let mut best: Option<Decoded> = None;
        for at in beginnings(&artifact.bytes) {
            let made = budget.read(&mut codec::zlib(artifact.bytes.get(at..).unwrap_or_default()));
            let (stop, found) = (made.stop, is_compound(&made.bytes));
            if found || best.as_ref().is_none_or(|best| best.bytes.len() < made.bytes.len()) {
                best = Some(made);
            }
            if found || stop.is_some() {
                break;
            }
        }
        let Some(made) = best.filter(|made| !made.bytes.is_empty()) else {
            out.missed("damaged", "no compressed file after the ActiveMime header");
            return Ok(());
        };
        let stop = made.stop;
        out.push(Child::decoded(name(artifact), "stream", made), budget)?;
        stop.map_or(Ok(()), Err)
    }
}

/// Where a zlib stream may begin: the usual places, then any other.
fn beginnings(bytes: &[u8]) -> Vec<usize> {
    let is_zlib =
        |at: &usize| matches!(bytes.get(*at..*at + 2), Some([0x78, level]) if LEVELS.contains(level));
    let usual = USUAL.into_iter().filter(is_zlib);
    let others = (MAGIC.len()..bytes.len().min(SEARCHED)).filter(|at| is_zlib(at) && !USUAL.contains(at));
    usual.chain(others).take(TRIES).collect()
}

/// The name of the file inside: that of the wrapping without its extension.
fn name(artifact: &Artifact) -> String {
    artifact.name.rsplit_once('.').map_or(artifact.name.as_str(), |(name, _)| name).to_string()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::artifact::Tree;
    use crate::limits::Limits;
    use std::io::Write;

    /// An `ActiveMime` file whose zlib stream begins at `at`.
    pub(in crate::document) fn write(at: usize, inside: &[u8]) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend(std::iter::repeat_n(0, at - MAGIC.len()));
        let mut zlib = flate2::write::ZlibEncoder::new(out, flate2::Compression::default());
        zlib.write_all(inside).unwrap();
        zlib.finish().unwrap()
    }

    fn open(bytes: Vec<u8>) -> Opened {
        let tree = Tree::new(Child::new("editdata.mso", "file", bytes));
        let artifact = tree.get(0).unwrap();
        let mut out = Opened::default();
        assert!(ActiveMime.matches(artifact));
        ActiveMime.open(artifact, &Keyring::new(), &mut out, &mut Budget::new(&Limits::default())).unwrap();
        out
    }

    #[test]
    fn the_compound_file_is_found_at_any_place() {
        let inside = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on";
        for at in [0x32, 0x22a, 77] {
            let out = open(write(at, inside));
            assert_eq!(
                (out.children[0].name.as_str(), &out.children[0].bytes[..]),
                ("editdata", &inside[..])
            );
        }
    }

    #[test]
    fn a_cut_stream_keeps_its_head_and_none_is_told() {
        let whole = write(0x32, &(0..=255).collect::<Vec<u8>>());
        let out = open(whole[..whole.len() - 20].to_vec());
        assert_eq!(out.children[0].damage[0].what, "decoder");
        assert!(!out.children[0].bytes.is_empty());
        let out = open(b"ActiveMime and nothing".to_vec());
        assert_eq!((out.children.len(), out.unread[0].reason), (0, "damaged"));
        for length in MAGIC.len()..whole.len() {
            open(whole[..length].to_vec());
        }
    }
}
