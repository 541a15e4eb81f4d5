#![no_main]
//! Password candidates out of a mail's text.

use libfuzzer_sys::fuzz_target;
use tenpu::message::{Letter, passwords};

fuzz_target!(|input: (String, String, String)| {
    let (text, subject, name) = input;
    let letter = Letter { texts: vec![text], subject, names: vec![name], date: None, from: String::new() };
    assert!(passwords::candidates(&letter).len() <= 4000);
});
