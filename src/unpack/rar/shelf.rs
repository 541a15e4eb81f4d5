//! Takes the members out of an archive: first what is open, then what a password opens.

use super::decoder::Decoder;
use super::lock::{Key, Keys, Lock};
use super::locksmith::Locksmith;
use super::member::{Member, Packing, Role};
use super::rebuilt::Ready;
use crate::artifact::{Child, Fact, Opened};
use crate::codec::DICTIONARY;
use crate::limits::{Budget, Decoded, Stop};
use std::io::{self, Read};

/// What is taken out of an archive.
pub(super) struct Shelf<'a> {
    out: &'a mut Opened,
    shut: usize,
}

/// Members that are unpacked together, because each but the first needs the one before it.
type Group<'m, 'b> = Vec<&'m Member<'b>>;

impl<'a> Shelf<'a> {
    pub(super) fn new(out: &'a mut Opened) -> Self {
        Self { out, shut: 0 }
    }

    /// Takes out all members that have content.
    pub(super) fn take(
        &mut self,
        members: &[Member<'_>],
        smith: &mut Locksmith<'_>,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let (mut locked, open): (Vec<_>, Vec<_>) =
            groups(members).into_iter().partition(|group| group.iter().any(|member| is_locked(member)));
        for group in open {
            self.put_group(&group, None, smith, budget)?;
        }
        // The smallest shows the password at the least cost.
        locked.sort_by_key(|group| group.iter().find(|member| is_locked(member)).map(|first| cost(first)));
        for group in locked {
            match unlock(&group, smith, budget)? {
                Some(password) => self.put_group(&group, Some(&password), smith, budget)?,
                None => self.put_shut(&group, smith, budget)?,
            }
        }
        if self.shut > 0 {
            self.out.missed("encrypted", format!("locked entries: {}", self.shut));
        }
        Ok(())
    }

    /// Of a group that stays shut, what comes before the first lock.
    fn put_shut(
        &mut self,
        group: &Group<'_, '_>,
        smith: &mut Locksmith<'_>,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let open = group.iter().take_while(|member| !is_locked(member)).count();
        let (open, shut) = group.split_at_checked(open).unwrap_or_default();
        self.put_group(open, None, smith, budget)?;
        for member in shut {
            self.shut += 1;
            self.out.facts.push(Fact::LockedName(member.name.clone()));
        }
        Ok(())
    }

    fn put_group(
        &mut self,
        group: &[&Member<'_>],
        password: Option<&[u8]>,
        smith: &mut Locksmith<'_>,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let mut keys = Vec::new();
        for member in group {
            let key = match password {
                Some(password) => smith.key(&member.lock, password, budget)?,
                None => None,
            };
            keys.push(key);
        }
        if let [member] = group
            && !is_packed(member)
        {
            return self.put_plain(member, keys.pop().flatten(), budget);
        }
        let mut decoder = decoder(group, &keys, budget);
        let mut total = 0u64;
        for (member, key) in group.iter().zip(keys) {
            total = total.saturating_add(member.size);
            let Some(decoder) = decoder.as_mut().filter(|_| window(member).min(total) <= DICTIONARY.into())
            else {
                let detail = format!("its dictionary has {} bytes", window(member));
                self.put_unsupported(member, detail, budget)?;
                continue;
            };
            decoder.begin();
            let content = Content::read(decoder, budget);
            self.put(member, content, key, budget)?;
        }
        Ok(())
    }

    /// Puts a member that is stored, empty or of an unknown method.
    fn put_plain(&mut self, member: &Member<'_>, key: Option<Key>, budget: &mut Budget) -> Result<(), Stop> {
        if let (Packing::Unknown(method), false) = (&member.packing, member.split.before) {
            return self.put_unsupported(member, method.clone(), budget);
        }
        let content = Content::read(&mut stored(member, key), budget);
        self.put(member, content, key, budget)
    }

    fn put_unsupported(&mut self, member: &Member<'_>, detail: String, budget: &Budget) -> Result<(), Stop> {
        let mut child = Child::new(member.name.as_str(), "rar", Vec::new());
        child.unread.push(crate::artifact::Unread { reason: "unsupported-method", detail });
        self.out.push(child, budget)
    }

    fn put(
        &mut self,
        member: &Member<'_>,
        content: Content,
        key: Option<Key>,
        budget: &Budget,
    ) -> Result<(), Stop> {
        let Content { mut decoded, crc } = content;
        let stop = decoded.stop.or(budget.tick().err());
        if decoded.broken.is_none() && stop.is_none() {
            decoded.broken = fault(member, &decoded, crc, key);
        }
        let room = self.out.push(Child::decoded(member.name.as_str(), "rar", decoded), budget);
        stop.map_or(room, Err)
    }
}

/// What is wrong with content that was unpacked to its end.
fn fault(member: &Member<'_>, decoded: &Decoded, crc: u32, key: Option<Key>) -> Option<String> {
    if member.split.before || member.split.after {
        return Some("a part of a split archive".to_string());
    }
    if decoded.size != member.size {
        return Some(format!("{} of {} bytes", decoded.size, member.size));
    }
    let crc = key.map_or(crc, |key| key.sign_crc(crc));
    member.crc.is_some_and(|wanted| wanted != crc).then(|| "the CRC-32 is wrong".to_string())
}

/// The members that have content, those together that are unpacked together.
fn groups<'m, 'b>(members: &'m [Member<'b>]) -> Vec<Group<'m, 'b>> {
    let mut groups: Vec<Group<'_, '_>> = Vec::new();
    // Where the last packed file went.
    let mut last: Option<usize> = None;
    let with_content = members.iter().filter(|member| matches!(member.role, Role::File | Role::Stream));
    for member in with_content {
        let follows = last.filter(|_| is_packed(member) && member.is_solid);
        match follows.and_then(|last| groups.get_mut(last)) {
            Some(group) if fits(group, member) => group.push(member),
            _ => {
                if is_packed(member) && member.role == Role::File {
                    last = Some(groups.len());
                }
                groups.push(vec![member]);
            }
        }
    }
    groups
}

/// Whether a member goes with those before it: one archive has one family of methods.
fn fits(group: &[&Member<'_>], member: &Member<'_>) -> bool {
    let family = |member: &Member<'_>| std::mem::discriminant(&member.packing);
    group.first().is_some_and(|first| family(first) == family(member))
}

/// Whether the crate has to unpack it. What began in another part cannot be.
fn is_packed(member: &Member<'_>) -> bool {
    let packed = matches!(member.packing, Packing::Old { .. } | Packing::New { .. });
    packed && member.size > 0 && !member.split.before
}

/// Whether it is locked and has something in it.
fn is_locked(member: &Member<'_>) -> bool {
    member.lock != Lock::Open && member.size > 0
}

/// What it costs to try a password on a member; of those so small that a wrong one might fit by chance, all the more.
fn cost(member: &Member<'_>) -> (bool, usize) {
    (!member.lock.has_check() && member.size < 4, member.data.len())
}

/// The window a member asks for.
fn window(member: &Member<'_>) -> u64 {
    let Packing::New { information, .. } = member.packing else { return 0 };
    let power = information >> 10 & 0x1f;
    match information & 0x3f {
        0 => (128 << 10) << (power & 0xf),
        _ => ((information >> 15 & 0x1f) + 32) << (power + 12),
    }
}

/// The bytes of a stored member.
fn stored<'b>(member: &Member<'b>, key: Option<Key>) -> Box<dyn Read + 'b> {
    match key {
        _ if member.split.before && !matches!(member.packing, Packing::Stored) => Box::new(io::empty()),
        Some(key) => Box::new(key.decrypt(member.data).take(member.size)),
        None => Box::new(member.data.take(member.size)),
    }
}

/// The decoder of a group; none if there is nothing to decode.
fn decoder(group: &[&Member<'_>], keys: &[Option<Key>], budget: &Budget) -> Option<Decoder> {
    let ready: Vec<Ready> = group.iter().zip(keys).map(|(member, key)| ready(member, *key)).collect();
    (!ready.is_empty()).then(|| Decoder::start(&ready, budget))
}

/// A member in the clear.
#[expect(clippy::disallowed_methods, reason = "decrypting makes no more than what lies in memory already")]
fn ready(member: &Member<'_>, key: Option<Key>) -> Ready {
    let mut data = Vec::new();
    match key {
        Some(key) => {
            let _endless = key.decrypt(member.data).read_to_end(&mut data);
        }
        None => data.extend_from_slice(member.data),
    }
    let packing = match member.packing {
        // A hash that was made with the key is not that of the content.
        Packing::New { information, .. } if key.is_some() => Packing::New { information, hash: None },
        ref packing => packing.clone(),
    };
    Ready { data, size: member.size, crc: member.crc, packing }
}

/// The password of a group: what the check value of its first locked member takes, or else what gives that member
/// the right CRC-32.
fn unlock(
    group: &Group<'_, '_>,
    smith: &mut Locksmith<'_>,
    budget: &mut Budget,
) -> Result<Option<Vec<u8>>, Stop> {
    let Some(place) = group.iter().position(|member| is_locked(member)) else { return Ok(None) };
    let (Some(first), Some(chain)) = (group.get(place), group.get(..=place)) else { return Ok(None) };
    let scheme = match first.lock {
        Lock::Open | Lock::Old => return Ok(None),
        Lock::Sha1 { .. } => "rar3-aes",
        Lock::Pbkdf2(_) => "rar5-aes",
    };
    smith.find(scheme, budget, |keys, password, budget| {
        let Some(key) = keys.derive(&first.lock, password, budget)? else { return Ok(None) };
        let fits = first.lock.has_check() || proves(chain, keys, key, password, budget)?;
        Ok(fits.then(|| password.to_vec()))
    })
}

/// Whether the last of these members has the right CRC-32 under the key.
fn proves(
    chain: &[&Member<'_>],
    keys: &mut Keys,
    key: Key,
    password: &[u8],
    budget: &mut Budget,
) -> Result<bool, Stop> {
    let Some(last) = chain.last() else { return Ok(false) };
    let Some(crc) = last.crc else { return Ok(false) };
    // To unpack all of it is what a try costs.
    budget.derive(1 + chain.iter().fold(0, |sum: u64, member| sum.saturating_add(member.size)) / 16)?;
    if !is_packed(last) {
        return Ok(key.sign_crc(crc_of(&mut stored(last, Some(key)), budget)?) == crc);
    }
    let mut derived = Vec::new();
    for member in chain {
        derived.push(keys.derive(&member.lock, password, budget)?);
    }
    let Some(mut decoder) = decoder(chain, &derived, budget) else { return Ok(false) };
    for _ in 1..chain.len() {
        decoder.begin();
        crc_of(&mut decoder, budget)?;
    }
    decoder.begin();
    Ok(key.sign_crc(crc_of(&mut decoder, budget)?) == crc)
}

/// The CRC-32 of a stream that is not kept.
fn crc_of(source: &mut dyn Read, budget: &Budget) -> Result<u32, Stop> {
    let mut crc = crc32fast::Hasher::new();
    let mut chunk = [0; 32 << 10];
    while let Ok(length @ 1..) = source.read(&mut chunk) {
        crc.update(chunk.get(..length).unwrap_or_default());
        budget.tick()?;
    }
    Ok(crc.finalize())
}

/// Content and its CRC-32.
struct Content {
    decoded: Decoded,
    crc: u32,
}

impl Content {
    fn read(source: &mut dyn Read, budget: &mut Budget) -> Self {
        let mut summed = Summed { source, crc: crc32fast::Hasher::new() };
        let decoded = budget.read(&mut summed);
        Self { decoded, crc: summed.crc.finalize() }
    }
}

/// A stream whose CRC-32 is taken on the way.
struct Summed<'a> {
    source: &'a mut dyn Read,
    crc: crc32fast::Hasher,
}

impl Read for Summed<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(output)?;
        self.crc.update(output.get(..length).unwrap_or_default());
        Ok(length)
    }
}
