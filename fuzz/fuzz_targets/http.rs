#![no_main]
//! A client of the pages for watching that says anything.

use libfuzzer_sys::fuzz_target;
use tenpu::front::serve::http::request::{self, HEAD, Method};

fuzz_target!(|raw: &[u8]| {
    let mut input = raw;
    if let Ok(Some(Ok(request))) = request::read(&mut input) {
        assert!(raw.len() - input.len() <= HEAD && request.path.len() < HEAD);
        assert!(request.path.starts_with('/') || request.method == Method::Other);
    }
});
