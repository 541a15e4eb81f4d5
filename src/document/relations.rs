//! Relationships of an open packaging document (ECMA-376 Part 2, 9.3): what leads out of it.

use super::xml::Attributes;
use crate::artifact::Fact;

/// The fact of a `Relationship` element that leads outside. Hyperlinks, which a person must click, are left out.
pub(super) fn external(attributes: &Attributes) -> Option<Fact> {
    let is_external =
        attributes.value("TargetMode").is_some_and(|mode| mode.trim().eq_ignore_ascii_case("External"));
    let target = attributes.value("Target").filter(|_| is_external)?;
    let relation = attributes.value("Type").unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let is_hyperlink = relation.eq_ignore_ascii_case("hyperlink");
    (!is_hyperlink).then(|| Fact::External { relation: relation.into(), target: target.into() })
}

#[cfg(test)]
mod tests {
    use super::super::xml::{Node, walk};
    use super::*;

    #[test]
    fn only_what_leads_outside_by_itself() {
        let xml = br#"<Relationships>
            <Relationship Id="1" Type="http://x/attachedTemplate" Target="http://a.example/t.dotm" TargetMode="External"/>
            <Relationship Id="2" Type="http://x/hyperlink" Target="http://b.example/" TargetMode="External"/>
            <Relationship Id="3" Type="http://x/image" Target="media/1.png"/>
            <Relationship Id="4" Type="http://x/oleObject" Target="\\c.example\x" TargetMode="external"/>
            </Relationships>"#;
        let mut found = Vec::new();
        walk(xml, &mut |node| {
            if let Node::Open { attributes, .. } = node {
                found.extend(external(attributes));
            }
        });
        let fact = |relation: &str, target: &str| Fact::External {
            relation: relation.into(),
            target: target.into(),
        };
        assert_eq!(
            found,
            [fact("attachedTemplate", "http://a.example/t.dotm"), fact("oleObject", "\\\\c.example\\x")]
        );
    }
}
