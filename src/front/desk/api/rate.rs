//! How often a program may ask: so many requests a minute and token.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Requests within [`WINDOW`].
const MOST: u32 = 600;

const WINDOW: Duration = Duration::from_secs(60);

/// Requests of the present minute, by the number of the token. Only tokens that hold are counted, so that there are
/// few.
#[derive(Debug, Default)]
pub(in super::super) struct Rates {
    asked: Mutex<BTreeMap<i64, (Instant, u32)>>,
}

impl Rates {
    /// Counts a request.
    ///
    /// # Errors
    /// There were too many; the seconds after which there may be more.
    pub(super) fn take(&self, token: i64) -> Result<(), u64> {
        self.take_at(token, Instant::now())
    }

    fn take_at(&self, token: i64, now: Instant) -> Result<(), u64> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|_, (begun, _)| now.duration_since(*begun) < WINDOW);
        let (begun, count) = asked.entry(token).or_insert((now, 0));
        if *count >= MOST {
            let left = WINDOW.saturating_sub(now.duration_since(*begun));
            return Err(left.as_secs() + 1);
        }
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_waits_for_the_next_minute_and_others_do_not() {
        let (rates, now) = (Rates::default(), Instant::now());
        assert!((0..MOST).all(|_| rates.take_at(1, now).is_ok()));
        assert_eq!(rates.take_at(1, now + Duration::from_secs(20)), Err(41));
        assert_eq!((rates.take_at(2, now), rates.take_at(1, now + WINDOW)), (Ok(()), Ok(())));
    }
}
