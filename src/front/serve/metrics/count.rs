//! Counters and histograms. None of them grows with what a stranger sends.

use super::text::Page;
use crate::front::pool::lock;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A counter for each combination of `N` words.
#[derive(Debug)]
pub(super) struct Counts<const N: usize> {
    name: &'static str,
    labels: [&'static str; N],
    help: &'static str,
    values: Mutex<BTreeMap<[String; N], u64>>,
}

/// The most combinations of one counter. All words are ours, so that this is never reached; it is here so that a slip
/// could not fill the memory.
const MOST: usize = 2000;

impl<const N: usize> Counts<N> {
    /// A counter without any combination yet.
    pub(super) fn new(name: &'static str, labels: [&'static str; N], help: &'static str) -> Self {
        Self { name, labels, help, values: Mutex::default() }
    }

    /// The same, with these combinations at zero: what has not happened yet is told too.
    pub(super) fn starting<'a>(self, words: impl IntoIterator<Item = [&'a str; N]>) -> Self {
        words.into_iter().for_each(|words| self.add(words, 0));
        self
    }

    /// Counts.
    pub(super) fn add(&self, words: [&str; N], more: u64) {
        let mut values = lock(&self.values);
        let mut key = words.map(str::to_string);
        if values.len() >= MOST && !values.contains_key(&key) {
            key = [const { "other" }; N].map(str::to_string);
        }
        *values.entry(key).or_default() += more;
    }

    /// Writes the family.
    pub(super) fn write(&self, page: &mut Page) {
        page.family(self.name, "counter", self.help);
        for (words, value) in lock(&self.values).iter() {
            let labels: Vec<_> = self.labels.iter().copied().zip(words.iter().map(String::as_str)).collect();
            page.sample(self.name, &labels, value);
        }
    }
}

/// The upper bounds of the buckets in milliseconds, and as they are written.
const BUCKETS: [(u64, &str); 14] = [
    (5, "0.005"),
    (10, "0.01"),
    (25, "0.025"),
    (50, "0.05"),
    (100, "0.1"),
    (250, "0.25"),
    (500, "0.5"),
    (1000, "1"),
    (2500, "2.5"),
    (5000, "5"),
    (10_000, "10"),
    (30_000, "30"),
    (60_000, "60"),
    (120_000, "120"),
];

/// How long things took.
#[derive(Debug, Default)]
pub(in crate::front::serve) struct Histogram {
    /// How many ended within each bound and not within the one before; the last is for all that took longer.
    buckets: [AtomicU64; BUCKETS.len() + 1],
    micros: AtomicU64,
}

impl Histogram {
    /// Notes one time.
    pub(in crate::front::serve) fn observe(&self, time: Duration) {
        let place = BUCKETS.iter().position(|(bound, _)| time <= Duration::from_millis(*bound));
        if let Some(bucket) = self.buckets.get(place.unwrap_or(BUCKETS.len())) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// Writes the family.
    pub(super) fn write(&self, page: &mut Page, name: &str, help: &str) {
        page.family(name, "histogram", help);
        let bucket = format!("{name}_bucket");
        let mut count = 0;
        let bounds = BUCKETS.iter().map(|(_, shown)| *shown).chain(["+Inf"]);
        for (ended, bound) in self.buckets.iter().zip(bounds) {
            count += ended.load(Ordering::Relaxed);
            page.sample(&bucket, &[("le", bound)], count);
        }
        page.sample(
            &format!("{name}_sum"),
            &[],
            Duration::from_micros(self.micros.load(Ordering::Relaxed)).as_secs_f64(),
        );
        page.sample(&format!("{name}_count"), &[], count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combinations_are_counted_apart_and_bounded() {
        let counts = Counts::new("x_total", ["a", "b"], "Help.").starting([["one", "two"]]);
        counts.add(["one", "two"], 1);
        counts.add(["one", "three"], 2);
        let mut page = Page::default();
        counts.write(&mut page);
        let text = page.finish();
        assert!(text.contains("x_total{a=\"one\",b=\"two\"} 1\n"), "{text}");
        assert!(text.contains("x_total{a=\"one\",b=\"three\"} 2\n"), "{text}");
        for n in 0..2 * MOST {
            counts.add(["many", &n.to_string()], 1);
        }
        assert_eq!(lock(&counts.values).len(), MOST + 1);
        assert_eq!(lock(&counts.values).values().sum::<u64>(), 3 + 2 * MOST as u64);
    }

    #[test]
    fn buckets_add_up() {
        let histogram = Histogram::default();
        for millis in [0, 5, 6, 100, 300_000] {
            histogram.observe(Duration::from_millis(millis));
        }
        let mut page = Page::default();
        histogram.write(&mut page, "x_seconds", "Help.");
        let text = page.finish();
        for line in [
            "x_seconds_bucket{le=\"0.005\"} 2",
            "x_seconds_bucket{le=\"0.01\"} 3",
            "x_seconds_bucket{le=\"120\"} 4",
            "x_seconds_bucket{le=\"+Inf\"} 5",
            "x_seconds_sum 300.111",
            "x_seconds_count 5",
        ] {
            assert!(text.lines().any(|is| is == line), "{line} in {text}");
        }
    }
}
