#![no_main]
//! The mailbox splitter.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    let total: usize =
        tenpu::message::mbox::Messages::new(raw, 1 << 20).flatten().map(|message| message.bytes.len()).sum();
    assert!(total <= raw.len());
});
