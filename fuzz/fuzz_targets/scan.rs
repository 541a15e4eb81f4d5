#![no_main]
//! The whole path: bytes in, report out.

use libfuzzer_sys::fuzz_target;
use tenpu::keyring::Keyring;

fuzz_target!(|raw: &[u8]| {
    let report = tenpu::Scanner::default().scan(raw, &Keyring::new());
    assert!(report.unread.iter().all(|unread| unread.reason != "reader-fault"));
});
