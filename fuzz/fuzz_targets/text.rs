#![no_main]
//! Charsets, folding, printing, HTML.

use libfuzzer_sys::fuzz_target;
use tenpu::text;

fuzz_target!(|input: (String, &[u8])| {
    let decoded = text::decode(&input.0, input.1);
    let shown = text::printable(&text::nfkc(&decoded));
    assert!(!shown.contains('\u{202e}'));
    tenpu::message::body::html_text(&decoded);
});
