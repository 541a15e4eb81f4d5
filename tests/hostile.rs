//! Every case cut off and with bits turned over: no fault of a reader, no spent clock, always a report.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may panic, and reads the project's own files"
)]

mod build;

use build::cases::{self, Case};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use tenpu::Scanner;
use tenpu::limits::Limits;

/// Messages are cut at multiples of this, which meets every alignment in time.
const STEP: usize = 37;
/// The most cuts of one message, evenly spread, and the bits turned over in it, one at a time.
const CUTS: usize = 60;
const FLIPS: usize = 100;
/// Without optimisation one variant in so many must do.
const SHARE: usize = if cfg!(debug_assertions) { 10 } else { 1 };
/// What a case may unfold to before it gets only some variants, and how many.
const BIG: u64 = 1 << 20;
const OF_BIG: usize = 12;

/// One way to spoil a message.
#[derive(Clone, Copy, Debug)]
enum Spoil {
    Cut(usize),
    Flip { byte: usize, bit: u8 },
}

#[test]
fn spoiled_messages_are_reported_on() {
    let mut limits = Limits::default();
    limits.time = Duration::from_secs(20);
    // Guessing passwords is not what is tried here; the right one comes first anyway.
    limits.passwords = 30;
    let scanner = cases::scanner(limits);
    let cases = cases::all();
    let work: Vec<(&Case, Spoil)> = cases
        .iter()
        .flat_map(|case| spoils(case, unfolded(&scanner, case)).into_iter().map(move |spoil| (case, spoil)))
        .collect();
    assert!(work.len() > cases.len() * 10, "only {} variants", work.len());
    let wrong = cases::spread(&work, |(case, spoil)| fault(&scanner, case, *spoil));
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{} of {} variants:\n{}", wrong.len(), work.len(), wrong.join("\n"));
}

/// How many bytes all artifacts of a case have.
fn unfolded(scanner: &Scanner, case: &Case) -> u64 {
    let (report, _) = cases::scan(scanner, "message.eml", case.bytes.clone());
    report.artifacts.iter().map(|artifact| artifact.size).sum()
}

/// The variants of a case, the same in every run.
fn spoils(case: &Case, unfolded: u64) -> Vec<Spoil> {
    let big = unfolded.max(case.bytes.len() as u64) > BIG;
    let (cuts, flips) = if big { (OF_BIG, OF_BIG) } else { (CUTS, FLIPS) };
    let places = case.bytes.len() / STEP;
    let stride = places.div_ceil(cuts).max(1) * SHARE.min(places.max(1));
    let cuts = (0..places).step_by(stride).map(|place| Spoil::Cut(place * STEP));
    let mut random = u64::from(crc32fast::hash(case.name.as_bytes()));
    let mut next = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        random >> 33
    };
    let flips = (0..flips.div_ceil(SHARE)).map(|_| {
        let byte = usize::try_from(next()).unwrap() % case.bytes.len();
        Spoil::Flip { byte, bit: u8::try_from(next() % 8).unwrap() }
    });
    cuts.chain(flips.collect::<Vec<_>>()).collect()
}

/// What is wrong with how a variant was scanned.
fn fault(scanner: &Scanner, case: &Case, spoil: Spoil) -> Option<String> {
    let mut bytes = case.bytes.clone();
    match spoil {
        Spoil::Cut(length) => bytes.truncate(length),
        Spoil::Flip { byte, bit } => bytes[byte] ^= 1 << bit,
    }
    let scan = AssertUnwindSafe(|| cases::scan(scanner, "message.eml", bytes).0);
    let Ok(report) = catch_unwind(scan) else {
        return Some(format!("{}, {spoil:?}: a panic came through", case.name));
    };
    let bad = report.unread.iter().find(|unread| ["reader-fault", "limit-time"].contains(&unread.reason))?;
    Some(format!("{}, {spoil:?}: {} {}", case.name, bad.reason, bad.detail))
}
