//! What shapes of DrawingML (ECMA-376 Part 1, 20.1 and 21.1) do to hide the letters in them.

use super::Place;
use crate::document::xml::Attributes;

/// The shape being read, as far as it hides its letters.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    /// What hides all of it.
    pub(super) hidden: Option<&'static str>,
    /// The colour it is filled with.
    fill: Option<String>,
    /// Left and upper edge.
    corner: Option<(i64, i64)>,
}

/// The highest letters that count as tiny, in hundredths of a point.
const TINY: u32 = 200;

impl Drawing {
    /// Answers what an element does to hide the letters that follow.
    pub(super) fn take(
        &mut self,
        name: &str,
        attributes: &Attributes,
        open: &[Place],
    ) -> Option<&'static str> {
        let number = |key| attributes.value(key).and_then(|value| value.parse::<i64>().ok());
        let is_within = open.contains(&Place::Shape);
        match (name, open) {
            ("cNvPr", _) if is_within && matches!(attributes.value("hidden"), Some("1" | "true")) => {
                self.hidden = Some("hidden shape");
            }
            // The places of shapes in a group are those of the group's own space.
            ("off", _) if is_within && !open.contains(&Place::Group) => {
                self.corner = number("x").zip(number("y"))
            }
            ("ext", _) if open.contains(&Place::Look) => {
                let size = number("cx").zip(number("cy"));
                if let (Some((x, y)), Some((width, height))) = (self.corner.take(), size)
                    && (x.saturating_add(width) < 0 || y.saturating_add(height) < 0)
                {
                    self.hidden = Some("shape beside the slide");
                }
            }
            ("srgbClr" | "schemeClr", [.., Place::Look, Place::Fill]) => {
                self.fill = attributes.value("val").map(str::to_lowercase);
            }
            ("srgbClr" | "schemeClr", [.., Place::Letters, Place::Fill]) => {
                let color = attributes.value("val").map(str::to_lowercase);
                return (color.is_some() && color == self.fill).then_some("text of the colour behind it");
            }
            ("alpha", [.., Place::Letters, Place::Fill, _]) if number("val") == Some(0) => {
                return Some("transparent text");
            }
            ("rPr", _) => {
                let size = attributes.value("sz").and_then(|size| size.parse::<u32>().ok());
                return size.filter(|size| *size <= TINY).map(|_| "tiny text");
            }
            _ if Place::of(name) == Place::Shape => *self = Self::default(),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::given;

    #[test]
    fn letters_that_a_slide_hides_are_told_apart() {
        let shape = |name: &str, look: &str, run: &str, text: &str| {
            format!(
                "<p:sp><p:nvSpPr><p:cNvPr id=\"1\" {name}/></p:nvSpPr><p:spPr>{look}</p:spPr><p:txBody><a:p>\
                <a:r><a:rPr {run}</a:rPr><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
            )
        };
        let fill = |color: &str| format!("<a:solidFill><a:srgbClr val=\"{color}\"/></a:solidFill>");
        let beside = "<a:xfrm><a:off x=\"-900\" y=\"0\"/><a:ext cx=\"800\" cy=\"9\"/></a:xfrm>";
        let all = [
            shape("hidden=\"1\"", "", "lang=\"ja\">", "one"),
            shape("", beside, ">", "two"),
            shape("", &fill("ffFFff"), &format!(">{}", fill("FFFFFF")), "three"),
            shape("", "", "sz=\"100\">", "four"),
            shape(
                "",
                "",
                "><a:solidFill><a:srgbClr val=\"000000\"><a:alpha val=\"0\"/></a:srgbClr></a:solidFill>",
                "five",
            ),
            shape("", &fill("000000"), &format!("sz=\"1800\">{}", fill("FFFFFF")), "seen"),
            shape(
                "",
                &format!("<a:ln>{}</a:ln>", fill("FFFFFF")),
                &format!(">{}", fill("FFFFFF")),
                "on a dark slide",
            ),
            format!("<p:grpSp>{}</p:grpSp>", shape("", beside, ">", "in a group")),
        ];
        let out = given(&format!("<p:sld>{}</p:sld>", all.concat()));
        let texts: Vec<_> = out.children.iter().map(|child| String::from_utf8_lossy(&child.bytes)).collect();
        let hidden = "hidden shape = one\nshape beside the slide = two\ntext of the colour behind it = three\n\
            tiny text = four\ntransparent text = five\n";
        assert_eq!(texts, [hidden, "seen\non a dark slide\nin a group\n"]);
    }

    #[test]
    fn a_hidden_picture_hides_no_text_behind_it() {
        let out = given(
            "<w:p><w:r><pic:pic><pic:cNvPr hidden=\"1\"/></pic:pic><w:t>seen</w:t></w:r><w:r><w:t> too</w:t></w:r></w:p>",
        );
        assert_eq!(out.children.len(), 1);
        assert_eq!(out.children[0].bytes, b"seen too\n");
    }
}
