//! Which formulas of ordinary worksheets are worth their text: those that call what reaches outside. The bytes of the
//! tokens are looked at without reading them, so that a sheet full of sums costs next to nothing; a number that only
//! looks like such a call costs one text too many.

use super::{Names, Version};
use crate::document::excel::functions::USER_DEFINED;

/// Functions that open an address or call a library: `HYPERLINK`, `CALL`, `REGISTER`, `REGISTER.ID`.
const CALLED: &[u16] = &[359, 150, 149, 267];
/// Functions since 2010 have no number: the name is the first argument.
const NAMED: &[&str] = &["WEBSERVICE", "IMAGE"];

impl Names {
    /// Whether a name that formulas may call is one of a function that asks a server.
    pub(in crate::document::excel) fn ask(&self) -> bool {
        self.defined.iter().chain(self.books.iter().flat_map(|book| &book.names)).any(|name| {
            let upper = name.to_ascii_uppercase();
            NAMED.contains(&upper.rsplit(['.', '!']).next().unwrap_or_default())
        })
    }
}

/// Whether a formula may reach outside. `asks` says that names of functions are defined that do.
pub(in crate::document::excel) fn may_reach(tokens: &[u8], version: Version, asks: bool) -> bool {
    let is_call = |number: u16| CALLED.contains(&number) || asks && number == USER_DEFINED;
    let class = |token: u8| if (0x20..0x80).contains(&token) { token & 0x1f } else { 0 };
    if version.has_short_calls() {
        return tokens.windows(3).any(|at| match at {
            [token, number, _] if class(*token) == 0x01 => is_call((*number).into()),
            [token, _, number] if class(*token) == 0x02 => is_call((*number).into()),
            _ => false,
        });
    }
    let is_there = |low: u8, high: u8| is_call(u16::from_le_bytes([low, high]));
    tokens.array_windows().any(|[token, low, high]| class(*token) == 0x01 && is_there(*low, *high))
        || tokens.array_windows().any(|[token, _, low, high]| class(*token) == 0x02 && is_there(*low, *high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_in_every_class_and_version() {
        let call = |token: u8, number: u16| {
            let [low, high] = number.to_le_bytes();
            [&[0x17, 1, 0, b'x'][..], &[token, 2, low, high]].concat()
        };
        for token in [0x22, 0x42, 0x62] {
            assert!(may_reach(&call(token, 359), Version::Biff8, false));
            assert!(may_reach(&call(token, 150), Version::Biff5, false));
            assert!(may_reach(&call(token, 255), Version::Biff12, true));
            assert!(!may_reach(&call(token, 255), Version::Biff12, false));
            assert!(!may_reach(&call(token, 4), Version::Biff8, true));
        }
        assert!(may_reach(&[0x41, 0x0b, 0x01], Version::Biff8, false));
        assert!(may_reach(&[0x42, 3, 150], Version::Biff3, false));
        for tokens in [&[][..], &[0x42], &[0x42, 2, 0x67], &[0x1f, 0x67, 0x01, 0, 0]] {
            assert!(!may_reach(tokens, Version::Biff8, true), "{tokens:?}");
        }
    }

    #[test]
    fn names_of_functions_are_known_with_their_prefix() {
        let told = |name: &str| Names { defined: vec!["x".into(), name.into()], ..Names::default() }.ask();
        assert!(told("_xlfn.WEBSERVICE") && told("_xlfn._xlws.Image") && told("webservice"));
        assert!(!told("Print_Area") && !told("WebServiceUrl"));
    }
}
