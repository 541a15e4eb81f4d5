#![no_main]
//! Clients of the clamd protocol and of olefy that say anything.

use libfuzzer_sys::fuzz_target;
use tenpu::front::serve::clamd::wire::{self, Command};
use tenpu::front::serve::olefy::request::{self, Request};
use tenpu::front::serve::room::Room;

fuzz_target!(|raw: &[u8]| {
    if let Request::File { bytes, .. } = request::split(raw) {
        assert!(raw.ends_with(bytes));
    }
    let mut input = raw;
    while let Ok(Some(request)) = wire::read(&mut input) {
        if request.command() == Command::Stream {
            let Ok(streamed) = wire::stream(&mut input, 1024, Room::default().share(1 << 20)) else { return };
            assert!(streamed.bytes.len() <= 1024 && streamed.bytes.len() as u64 <= streamed.size);
        }
    }
});
