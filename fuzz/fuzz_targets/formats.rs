#![no_main]
//! Every format of the tables, whether it would match or not: the first byte chooses it.

use libfuzzer_sys::fuzz_target;
use tenpu::artifact::{Child, Opened, Tree};
use tenpu::keyring::Keyring;
use tenpu::limits::{Budget, Limits};

fuzz_target!(|input: (u8, &[u8])| {
    let formats: Vec<_> = tenpu::formats::all().collect();
    let Some(format) = formats.get(usize::from(input.0) % formats.len().max(1)) else { return };
    let tree = Tree::new(Child::new("fuzz", "file", input.1.to_vec()));
    let Some(artifact) = tree.get(0) else { return };
    let mut budget = Budget::new(&Limits::default());
    let _spent = format.open(artifact, &Keyring::new(), &mut Opened::default(), &mut budget);
});
