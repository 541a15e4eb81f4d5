//! All formats in the order of the path.

use crate::artifact::Format;

/// Every format of every stage: message, unpack, document, code.
pub fn all() -> impl Iterator<Item = &'static dyn Format> {
    [crate::message::FORMATS, crate::unpack::FORMATS, crate::document::FORMATS, crate::code::FORMATS]
        .into_iter()
        .flatten()
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_its_section_in_the_docs() {
        let docs = include_str!("../docs/formats.md");
        for format in all() {
            assert!(
                docs.contains(&format!("\n## `{}`", format.id())),
                "docs/formats.md lacks ## `{}`",
                format.id()
            );
        }
    }

    #[test]
    fn no_two_formats_share_an_id() {
        let mut ids: Vec<_> = all().map(Format::id).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
