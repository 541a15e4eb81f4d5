//! How often signing in may fail: by account and by address, so that neither one account nor many are guessed from
//! one place. What is counted fades; the table is bounded, and where it is full the oldest goes.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures that are allowed within [`WINDOW`].
const OF_ACCOUNT: u32 = 20;
const OF_ADDRESS: u32 = 10;

/// How long failures are remembered.
const WINDOW: Duration = Duration::from_secs(15 * 60);

/// Accounts and addresses that are remembered.
const MOST: usize = 10_000;

/// Failures of the last quarter of an hour.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    failed: Mutex<BTreeMap<String, Failures>>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    first: Instant,
}

impl Attempts {
    /// Whether somebody at the address may try a password of the account. The attempt counts as failed until
    /// [`Attempts::succeeded`] is told, so that many at one time do not pass together.
    pub(super) fn may(&self, account: &str, address: IpAddr) -> bool {
        self.may_at(account, address, Instant::now())
    }

    fn may_at(&self, account: &str, address: IpAddr, now: Instant) -> bool {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.retain(|_, failures| now.duration_since(failures.first) < WINDOW);
        let keys = [(key("account", account), OF_ACCOUNT), (key("address", &network(address)), OF_ADDRESS)];
        let is_over = |(key, most): &(String, u32)| failed.get(key).is_some_and(|known| known.count >= *most);
        if keys.iter().any(is_over) {
            return false;
        }
        for (key, _) in keys {
            if failed.len() >= MOST && !failed.contains_key(&key) {
                forget_oldest(&mut failed);
            }
            failed.entry(key).or_insert(Failures { count: 0, first: now }).count += 1;
        }
        true
    }

    /// The password was right.
    pub(super) fn succeeded(&self, account: &str, address: IpAddr) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.remove(&key("account", account));
        failed.remove(&key("address", &network(address)));
    }
}

fn forget_oldest(failed: &mut BTreeMap<String, Failures>) {
    let oldest = failed.iter().min_by_key(|(_, failures)| failures.first).map(|(key, _)| key.clone());
    if let Some(oldest) = oldest {
        failed.remove(&oldest);
    }
}

/// What one customer of a provider has: an IPv4 address, or the 64 bits before the part of an IPv6 address that everybody
/// chooses alone (RFC 4291 section 2.5.1).
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let bits = address.to_bits() & !u128::from(u64::MAX);
            Ipv6Addr::from_bits(bits).to_string()
        }
    }
}

/// Names of any length are stored as their hash.
fn key(family: &str, name: &str) -> String {
    super::secret::derived(family, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn guessing_ends_and_fades() {
        let attempts = Attempts::default();
        let now = Instant::now();
        let tried = (0..50).filter(|n| attempts.may_at(&format!("user{n}"), at("::1"), now)).count();
        assert_eq!(tried, 10);
        let tried = (0..50).filter(|n| attempts.may_at("yamada", at(&format!("10.0.0.{n}")), now)).count();
        assert_eq!(tried, 20);
        assert!(!attempts.may_at("other", at("::1"), now) && !attempts.may_at("yamada", at("10.9.9.9"), now));
        assert!(attempts.may_at("yamada", at("::1"), now + WINDOW));
    }

    #[test]
    fn addresses_that_one_customer_has_are_one() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        let tried = |place: &str| {
            let may = |n: &u32| attempts.may_at(&format!("{place}{n}"), at(&format!("{place}{n:x}")), now);
            (0..50).filter(may).count()
        };
        assert_eq!((tried("2001:db8:1:2:3::"), tried("2001:db8:1:3:3::")), (10, 10));
        // Those of IPv4 are told apart in either form.
        assert_eq!(network(at("::ffff:192.0.2.7")), "192.0.2.7");
        assert_ne!(network(at("::ffff:192.0.2.7")), network(at("::ffff:192.0.2.8")));
    }

    #[test]
    fn who_knows_the_password_starts_anew() {
        let attempts = Attempts::default();
        for _ in 0..100 {
            assert!(attempts.may("yamada", at("::1")));
            attempts.succeeded("yamada", at("::1"));
        }
    }

    #[test]
    fn the_table_is_bounded() {
        let attempts = Attempts::default();
        for n in 0..MOST {
            attempts
                .failed
                .lock()
                .unwrap()
                .insert(n.to_string(), Failures { count: 1, first: Instant::now() });
        }
        assert!(attempts.may("yamada", at("::1")));
        assert_eq!(attempts.failed.lock().unwrap().len(), MOST);
    }
}
