#![no_main]
//! The mailbox splitter.

use libfuzzer_sys::fuzz_target;
use tenpu::message::mbox::{Messages, Style};

fuzz_target!(|raw: &[u8]| {
    for style in [Style::Mbox, Style::Becky] {
        let messages = Messages::new(raw, style, 1 << 20);
        let total: usize = messages.flatten().map(|message| message.bytes.len()).sum();
        assert!(total <= raw.len());
    }
});
