//! ZIP files (PKWARE APPNOTE 6.3.10), as every unpacker would see them: the central directory, each one there is,
//! and the local headers no directory names. Windows, macOS, mail gateways and 7-Zip believe different ones, and an
//! attacker writes the file so that the scanner believes the harmless one; so both are read, and where they disagree
//! that is a fact.
//!
//! ```text
//! bytes → record (one header) → directory (a central directory) → layout (what lies where, both views)
//!       → entry (its readings, unpacked) → lock (the password, by zip_crypto or winzip_aes)
//! ```
//!
//! Left out: strong encryption (APPNOTE 7, no free description of the masked directory), the other parts of split
//! archives, comments, times and file attributes, which no rule asks for.

mod directory;
mod entry;
mod layout;
mod lock;
mod name;
mod notes;
mod record;
mod sample;
mod walk;
mod winzip_aes;
#[cfg(test)]
pub(crate) mod writer;
mod zip_crypto;

pub use entry::{Content, Entry, State};
pub use lock::Unlocked;
pub use sample::locked;

use crate::artifact::{Damage, Fact, Unread};
use crate::limits::Budget;

/// A ZIP file: its entries, still packed, and what is strange about it.
#[derive(Debug, Default)]
pub struct Archive<'a> {
    /// The entries of the directories in their order, then those only a local header tells of.
    pub entries: Vec<Entry<'a>>,
    /// What was broken.
    pub damage: Vec<Damage>,
    /// [`Fact::Trick`]s named `zip-…`, each at most once, with a count and the first example.
    pub facts: Vec<Fact>,
    /// Set where a limit ended the list of entries.
    pub unread: Vec<Unread>,
}

impl<'a> Archive<'a> {
    /// Reads the structure of `bytes`; nothing is unpacked yet. `None` if there is no ZIP structure in it at all.
    /// At most [`artifacts`](crate::limits::Limits::artifacts) entries are listed.
    pub fn read(bytes: &'a [u8], budget: &Budget) -> Option<Self> {
        let limit = usize::try_from(budget.limits().artifacts).unwrap_or(usize::MAX);
        layout::read(bytes, limit)
    }
}

/// Where the last ZIP directory with entries ends in `bytes`, whatever they begin with. Costs one search for four
/// bytes where there is none.
pub fn last_end(bytes: &[u8]) -> Option<usize> {
    let holds = |found: &directory::Directory<'_>| !found.entries.is_empty();
    let ends = directory::ends(bytes);
    let read = ends.iter().find(|end| directory::read(bytes, end, 1).iter().any(holds));
    let found = read.or_else(|| ends.first().filter(|end| directory::search(bytes, end, 1).is_some()));
    found.map(|end| end.end)
}

pub(crate) use name::decode as decode_name;

#[cfg(test)]
mod tests {
    use super::writer::{archive, deflated, stored};
    use super::*;
    use crate::keyring::{Keyring, Trials};
    use crate::limits::Limits;

    #[test]
    fn cut_or_flipped_anywhere_nothing_panics() {
        let items = [
            stored("a.txt", b"first"),
            deflated("dir/b.txt", b"second second second").streamed(true),
            stored("c", b"z").crypto(b"p"),
            deflated("d", b"zzzz").aes(b"p", 1, 1),
        ];
        let whole = archive(&items);
        for at in 0..whole.len() {
            let budget = Budget::new(&Limits::default());
            if let Some(archive) = Archive::read(&whole[..at], &budget) {
                assert!(archive.entries.len() <= 4, "cut at {at}");
            }
            for bit in 0..8 {
                let mut bad = whole.clone();
                bad[at] ^= 1 << bit;
                let mut budget = Budget::new(&Limits::default());
                let keys = Keyring::new();
                let mut passwords = Trials::new(&keys, &budget);
                for entry in Archive::read(&bad, &budget).map(|archive| archive.entries).unwrap_or_default() {
                    let _any = entry.decode(&mut budget);
                    let _none = entry.unlock(&mut passwords, &mut budget);
                }
            }
        }
        assert!(Archive::read(b"no archive at all", &Budget::new(&Limits::default())).is_none());
    }

    #[test]
    fn the_last_directory_is_found_wherever_it_ends() {
        let whole = archive(&[stored("a", b"x")]);
        let end = whole.len();
        assert_eq!(last_end(&whole), Some(end));
        assert_eq!(last_end(&[b"GIF89a", whole.as_slice(), b"junk"].concat()), Some(end + 6));
        assert_eq!(last_end(b"PK\x05\x06 by chance in some text, with no directory"), None);
        assert_eq!(last_end(&writer::end_record(0, 0, 0)), None);
    }
}
