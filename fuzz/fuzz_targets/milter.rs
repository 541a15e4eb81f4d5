#![no_main]
//! A mail server that says anything: packets, and the session over them.

use libfuzzer_sys::fuzz_target;
use tenpu::front::serve::milter::session::{Session, Step};
use tenpu::front::serve::milter::wire::{self, Command};
use tenpu::front::serve::room::Room;

fuzz_target!(|raw: &[u8]| {
    let mut session = Session::new(Room::default());
    session.bound(4096, 1 << 20);
    let _negotiated =
        session.step(&Command::Negotiate(wire::Options { version: 6, actions: 0x1ff, protocol: 0x1f_ffff }));
    let (mut input, mut packet) = (raw, Vec::new());
    while let Ok(true) = wire::read(&mut input, &mut packet) {
        let Ok(command) = Command::parse(&packet) else { return };
        match session.step(&command) {
            Step::Ended(mut message) => {
                let (bytes, size) = message.take();
                assert!(bytes.len() <= 4096 && bytes.len() as u64 <= size);
            }
            Step::Close => return,
            Step::Silent | Step::Reply(_) => {}
        }
    }
});
