//! Finding the password of an encrypted entry.
//!
//! A password counts as found when the content proves it: by its CRC-32 under `ZipCrypto`, by its authentication
//! code under AES. Nothing less will do: of a few hundred words of a mail, one passes the check byte of `ZipCrypto`
//! every other time.

use super::entry::{Content, Entry, Lock, Reading, State};
use super::winzip_aes::Sealed;
use super::zip_crypto::{self, Decrypt, Keys};
use crate::keyring::{Candidate, Trials};
use crate::limits::{Budget, Stop};
use std::io::Read;

/// The content of an entry that was locked, and what opened it.
#[derive(Debug)]
pub struct Unlocked<'k> {
    /// The content.
    pub content: Content,
    /// `zip-crypto` or `winzip-aes`.
    pub scheme: &'static str,
    /// The password.
    pub candidate: &'k Candidate,
}

impl Entry<'_> {
    /// The content of an encrypted entry, if one of the passwords opens it. An entry without content tells nothing
    /// of its password and stays shut.
    ///
    /// # Errors
    /// A spent limit.
    pub fn unlock<'k>(
        &self,
        passwords: &mut Trials<'k>,
        budget: &mut Budget,
    ) -> Result<Option<Unlocked<'k>>, Stop> {
        for reading in self.locked() {
            let (scheme, found) = match reading.lock {
                Lock::Open | Lock::Strong => continue,
                Lock::ZipCrypto(checks) => ("zip-crypto", reading.unlock_crypto(checks, passwords, budget)?),
                Lock::Aes(key) => ("winzip-aes", reading.unlock_aes(key, passwords, budget)?),
            };
            if let Some((content, candidate)) = found {
                return Ok(Some(Unlocked { content, scheme, candidate }));
            }
        }
        Ok(None)
    }
}

impl Reading<'_> {
    fn unlock_crypto<'k>(
        &self,
        checks: [u8; 2],
        passwords: &mut Trials<'k>,
        budget: &mut Budget,
    ) -> Result<Option<(Content, &'k Candidate)>, Stop> {
        let Some((header, data)) = self.data.split_first_chunk::<{ zip_crypto::HEADER }>() else {
            return Ok(None);
        };
        if !self.is_provable() {
            return Ok(None);
        }
        passwords.find(|password| match Keys::new(password).open(header, checks) {
            Some(keys) => self.prove(|| Decrypt { keys, data }, budget),
            None => Ok(None),
        })
    }

    /// The content, if its CRC-32 is the right one. What is merely stored is checked before it is unpacked: it has
    /// no form that a wrong password would break, and every try would be paid in full.
    fn prove<R: Read>(&self, source: impl Fn() -> R, budget: &mut Budget) -> Result<Option<Content>, Stop> {
        budget.tick()?;
        if self.method == 0 && crc_of(source(), budget)? != self.crc {
            return Ok(None);
        }
        let content = self.content(self.method, source(), budget);
        match content.decoded.stop {
            Some(stop) => Err(stop),
            None => Ok((content.state == State::Whole && content.decoded.size > 0).then_some(content)),
        }
    }

    fn unlock_aes<'k>(
        &self,
        key: usize,
        passwords: &mut Trials<'k>,
        budget: &mut Budget,
    ) -> Result<Option<(Content, &'k Candidate)>, Stop> {
        let Some(sealed) = Sealed::new(key, self.data) else { return Ok(None) };
        let found = passwords.find(|password| sealed.open(password, budget))?;
        Ok(found.map(|(stream, candidate)| (self.content(self.method, stream, budget), candidate)))
    }
}

/// The CRC-32 of a stream that is not kept.
fn crc_of(mut source: impl Read, budget: &Budget) -> Result<Option<u32>, Stop> {
    let mut crc = crc32fast::Hasher::new();
    let mut chunk = [0; 32 << 10];
    while let Ok(length @ 1..) = source.read(&mut chunk) {
        crc.update(chunk.get(..length).unwrap_or_default());
        budget.tick()?;
    }
    Ok(Some(crc.finalize()))
}

#[cfg(test)]
mod tests {
    use super::super::layout;
    use super::super::writer::{Item, archive, deflated, stored};
    use super::*;
    use crate::keyring::{Keyring, Origin, Source};
    use crate::limits::Limits;

    fn ring<'a>(texts: impl IntoIterator<Item = &'a str>) -> Keyring {
        let mut ring = Keyring::new();
        for text in texts {
            let origin = Origin { source: Source::Body, place: String::new() };
            ring.add(Candidate { text: text.into(), rank: 30, origin });
        }
        ring
    }

    /// What opens the first entry: scheme, password, content.
    fn opened(bytes: &[u8], keys: &Keyring) -> Option<(&'static str, String, Vec<u8>)> {
        let archive = layout::read(bytes, 10).unwrap();
        let mut budget = Budget::new(&Limits::default());
        let mut passwords = Trials::new(keys, &budget);
        let unlocked = archive.entries[0].unlock(&mut passwords, &mut budget).unwrap()?;
        let Content { decoded, state, .. } = unlocked.content;
        assert_eq!(state, State::Whole);
        Some((unlocked.scheme, unlocked.candidate.text.clone(), decoded.bytes))
    }

    const PLAIN: &[u8] = b"the quarterly figures, the quarterly figures";

    #[test]
    fn both_schemes_open_with_the_right_password_only() {
        let keys = ring(["wrong", "747", "Joe Biden", "表1"]);
        type Locks = [(&'static str, fn(Item) -> Item); 9];
        let locks: Locks = [
            ("zip-crypto", |item| item.crypto(b"747")),
            ("zip-crypto", |item| item.streamed(true).crypto(b"747")),
            ("zip-crypto", |item| item.streamed(false).crypto(b"747")),
            ("winzip-aes", |item| item.aes(b"747", 1, 1)),
            ("winzip-aes", |item| item.aes(b"747", 2, 1)),
            ("winzip-aes", |item| item.aes(b"747", 3, 1)),
            ("winzip-aes", |item| item.aes(b"747", 1, 2)),
            ("winzip-aes", |item| item.aes(b"747", 2, 2)),
            ("winzip-aes", |item| item.aes(b"747", 3, 2)),
        ];
        for (place, (scheme, lock)) in locks.into_iter().enumerate() {
            for plain in [stored("a.doc", PLAIN), deflated("a.doc", PLAIN)] {
                let bytes = archive(&[lock(plain)]);
                let want = Some((scheme, "747".to_string(), PLAIN.to_vec()));
                assert_eq!(opened(&bytes, &keys), want, "{place}");
                assert_eq!(opened(&bytes, &ring(["746", "7470", ""])), None, "{place}");
            }
        }
    }

    #[test]
    fn passwords_are_tried_in_both_japanese_encodings() {
        for password in ["表1".as_bytes(), b"\x95\x5c1"] {
            let bytes = archive(&[deflated("a", PLAIN).crypto(password)]);
            assert_eq!(opened(&bytes, &ring(["表1"])).unwrap().1, "表1");
        }
    }

    /// A hundred thousand wrong passwords: some hundreds pass the check byte, none is accepted.
    #[test]
    fn the_check_byte_alone_opens_nothing() {
        for item in [stored("a", PLAIN), deflated("a", PLAIN), stored("a", b"tiny")] {
            let bytes = archive(&[item.crypto(b"right")]);
            let archive = layout::read(&bytes, 10).unwrap();
            let reading = archive.entries[0].locked().next().unwrap();
            let Lock::ZipCrypto(checks) = reading.lock else { panic!("{reading:?}") };
            let header = reading.data.first_chunk().unwrap();
            let wrong: Vec<String> = (0..100_000).map(|number| format!("w{number}")).collect();
            let passes = |text: &&String| Keys::new(text.as_bytes()).open(header, checks).is_some();
            let passing: Vec<&str> = wrong.iter().filter(passes).map(String::as_str).collect();
            assert!((250..550).contains(&passing.len()), "{}", passing.len());
            assert_eq!(opened(&bytes, &ring(passing.iter().copied())), None);

            let limits = Limits { passwords: 200_000, ..Limits::default() };
            let mut budget = Budget::new(&limits);
            let keys = ring(wrong.iter().map(String::as_str).chain(["right"]));
            let mut passwords = Trials::new(&keys, &budget);
            let unlocked = archive.entries[0].unlock(&mut passwords, &mut budget).unwrap().unwrap();
            assert_eq!(unlocked.candidate.text, "right");
        }
    }

    #[test]
    fn a_damaged_entry_accepts_no_password() {
        let keys = ring(["747"]);
        for item in [stored("a", PLAIN).crypto(b"747"), stored("a", PLAIN).aes(b"747", 3, 2)] {
            for at in 0..item.body.len() {
                let mut bad = item.clone();
                bad.body[at] ^= 0x10;
                // The check byte and the random part before it are no content.
                let is_header = item.central.method != 99 && at < zip_crypto::HEADER;
                assert!(is_header || opened(&archive(&[bad]), &keys).is_none(), "{at}");
            }
            let whole = archive(std::slice::from_ref(&item));
            let data = 31 + item.local.extra.len();
            for cut in data..data + item.body.len() {
                assert_eq!(opened(&whole[..cut], &keys), None, "cut at {cut}");
            }
        }
    }

    #[test]
    fn an_entry_without_content_proves_no_password() {
        assert_eq!(opened(&archive(&[stored("a", b"").crypto(b"x")]), &ring(["x", "y", "z"])), None);
    }

    #[test]
    fn key_derivation_is_paid() {
        let keys = ring(["a", "b", "c", "747"]);
        let bytes = archive(&[stored("a", PLAIN).aes(b"747", 3, 2)]);
        let archive = layout::read(&bytes, 10).unwrap();
        for (rounds, want) in
            [(3_999, Err(Stop::KeyDerivation)), (6_999, Err(Stop::KeyDerivation)), (7_000, Ok(true))]
        {
            let mut budget = Budget::new(&Limits { derivation_rounds: rounds, ..Limits::default() });
            let mut passwords = Trials::new(&keys, &budget);
            let unlocked = archive.entries[0].unlock(&mut passwords, &mut budget);
            assert_eq!(unlocked.map(|unlocked| unlocked.is_some()), want, "{rounds}");
        }
    }
}
