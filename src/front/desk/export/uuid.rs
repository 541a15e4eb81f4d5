//! Name-based identifiers (RFC 9562 5.5): the same thing has the same id in every export.

use sha1::{Digest, Sha1};

/// The namespace that STIX 2.1 (2.9) gives to observables.
const OBSERVABLES: u128 = 0x00ab_edb4_aa42_466c_9c01_fed2_3315_a9b7;

/// Our own, for all else.
const OURS: u128 = 0x5d0e_6c1f_94b7_4f3a_8a61_2f6f_0b7c_d942;

/// The id of a STIX observable by its contributing properties, which are canonical JSON (RFC 8785).
pub(super) fn observable(properties: &str) -> String {
    version_5(OBSERVABLES, properties)
}

/// The id of anything else.
pub(super) fn of(name: &str) -> String {
    version_5(OURS, name)
}

fn version_5(namespace: u128, name: &str) -> String {
    let hash = Sha1::new().chain_update(namespace.to_be_bytes()).chain_update(name).finalize();
    let number = hash.iter().take(16).fold(0u128, |number, byte| number << 8 | u128::from(*byte));
    let number = number & !(0xf << 76) & !(0b11 << 62) | 5 << 76 | 0b10 << 62;
    let hex = format!("{number:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| hex.get(part).unwrap_or_default());
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_other_programs() {
        // By the `stix2` library of OASIS.
        assert_eq!(observable(r#"{"value":"a@b.example"}"#), "20f95e88-019c-5ac7-a027-aba10fdcb3ca");
        assert_eq!(observable(r#"{"value":"http://x/"}"#), "c6d428d7-82e5-5c5f-8402-b358d5c1731f");
        assert_ne!(of("a"), of("b"));
    }
}
