//! Passwords and random tokens.

use crate::store;
use anyhow::Context;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// The fewest characters of a password, as NIST SP 800-63B has it for a password alone, and the most bytes.
pub(super) const SHORTEST: usize = 10;
const LONGEST: usize = 1024;

/// Whether a password may be chosen.
pub(super) fn is_password(password: &str) -> bool {
    password.len() <= LONGEST && password.chars().count() >= SHORTEST
}

/// Whether the password is that of the PHC string. Without one it takes as long, so that the time tells nobody
/// which accounts there are.
pub(super) fn verify(password: &str, phc: Option<&str>) -> bool {
    let (phc, exists) = match phc {
        Some(phc) => (phc, true),
        None => (NOBODY.as_str(), false),
    };
    password.len() <= LONGEST && store::is_password(password, phc) && exists
}

/// The hash that stands for an account that is not there.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| store::hash_password("nobody has this").unwrap_or_default());

/// 256 random bits in hex.
///
/// # Errors
/// The system gives no random numbers.
pub(super) fn token() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).ok().context("the system gives no random numbers")?;
    Ok(hex(&bytes))
}

/// What is kept of a token, and the tokens derived from it: SHA-256 of a purpose and the token.
pub(super) fn derived(purpose: &str, token: &str) -> String {
    hex(&Sha256::digest(format!("tenpu {purpose}\0{token}")))
}

/// Whether two texts are equal, in a time that does not tell how much of them is.
pub(super) fn same(one: &str, other: &str) -> bool {
    let differs = one.bytes().zip(other.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
    one.len() == other.len() && differs == 0
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash_alone() {
        let phc = store::hash_password("correct horse").unwrap();
        assert!(phc.starts_with("$argon2id$v=19$"), "{phc}");
        assert!(verify("correct horse", Some(&phc)));
        assert!(!verify("correct hors", Some(&phc)) && !verify("", Some("x")));
        assert!(!verify("nobody has this", None));
        assert_ne!(phc, store::hash_password("correct horse").unwrap());
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert!(is_password("あいうえおかきくけこ") && !is_password("123456789"));
        assert!(!is_password(&"x".repeat(2000)));
    }

    #[test]
    fn tokens_are_random_and_compared_whole() {
        let (one, other) = (token().unwrap(), token().unwrap());
        assert_eq!((one.len(), derived("a", &one).len()), (64, 64));
        assert!(one != other && derived("a", &one) != derived("b", &one));
        assert!(same(&one, &one) && !same(&one, &other) && !same(&one, "") && !same("a", "ab"));
    }
}
