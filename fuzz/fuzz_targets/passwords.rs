#![no_main]
//! Password candidates out of a mail's text.

use libfuzzer_sys::fuzz_target;
use tenpu::keyring::Letter;
use tenpu::message::passwords;

fuzz_target!(|input: (String, String, String)| {
    let (text, subject, name) = input;
    let letter = Letter { texts: vec![text], subject, names: vec![name], ..Letter::default() };
    assert!(passwords::candidates(&letter).len() <= 4000);
});
