//! Elements of WordprocessingML in places and with numbers that Word does not write, because an attack on its reader needs
//! them: a smart tag whose name is an address, around a range with a number beyond all counting (CVE-2015-1641), and a
//! font inside of the text, around an object (CVE-2017-11826).

use super::xml::Attributes;
use crate::artifact::Fact;

/// What of an attack was seen so far in a part.
#[derive(Debug, Default)]
pub(super) struct Attack {
    tag: Option<String>,
    in_text: bool,
    font: Option<String>,
    is_told: bool,
}

/// Numbers of ranges from which on no document counts.
const BEYOND: u64 = 1 << 31;

impl Attack {
    /// One element. Answers a fact where the attack is whole.
    pub(super) fn take(&mut self, name: &str, attributes: &Attributes) -> Option<Fact> {
        let of = |name: &str| attributes.value(name).unwrap_or_default();
        match name {
            // A font stands in the table of fonts, which has no text.
            "p" | "r" => self.in_text = true,
            "font" if self.in_text => self.font = Some(of("name").into()),
            "smartTag" => self.tag = Some(of("element")).filter(|name| is_address(name)).map(str::to_string),
            "moveFromRangeStart" | "moveToRangeStart" => {
                let is_beyond = of("id").parse::<u64>().is_ok_and(|id| id >= BEYOND);
                let tag = self.tag.clone().filter(|_| is_beyond)?;
                return self.tell(format!("smart tag {tag:?}, range {}", of("id")));
            }
            "OLEObject" | "idmap" => {
                let font = self.font.clone().filter(|name| is_address(name))?;
                return self.tell(format!("font {font:?} around an object"));
            }
            _ => {}
        }
        None
    }

    fn tell(&mut self, detail: String) -> Option<Fact> {
        let is_first = !std::mem::replace(&mut self.is_told, true);
        is_first.then_some(Fact::Trick { what: "ooxml-parser-attack", detail })
    }
}

/// Whether a name is no word: two to four characters, none of them a letter of the West, as bytes of an address look.
fn is_address(name: &str) -> bool {
    (1..=4).contains(&name.chars().count()) && !name.chars().any(|c| c.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::super::links::facts;
    use super::*;

    fn is_told(part: &str) -> bool {
        let facts = facts(part.as_bytes());
        facts.iter().filter(|fact| matches!(fact, Fact::Trick { what: "ooxml-parser-attack", .. })).count()
            == 1
    }

    #[test]
    fn attacks_on_the_reader_are_told_from_what_word_writes() {
        let tag = |element: &str, id: &str| {
            format!(
                "<w:p><w:smartTag w:element=\"{element}\"><w:moveFromRangeStart w:id=\"{id}\" w:name=\"a\"/></w:smartTag></w:p>"
            )
        };
        assert!(is_told(&tag("&#xBD50;&#x7C38;", "4294960790").repeat(2)));
        assert!(!is_told(&tag("City", "4294960790")) && !is_told(&tag("&#xBD50;&#x7C38;", "7")));
        assert!(is_told(
            "<w:p><w:r><w:font w:name=\"&#x0C0C;&#x0C0C;\"><o:idmap/><o:OLEObject/></w:font></w:r></w:p>"
        ));
        assert!(!is_told("<w:p><w:r><w:object><o:OLEObject/></w:object></w:r></w:p>"));
        assert!(!is_told("<w:fonts><w:font w:name=\"&#x660E;&#x671D;\"/></w:fonts><o:OLEObject/>"));
    }
}
