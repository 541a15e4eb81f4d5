//! What shapes of DrawingML (ECMA-376 Part 1, 20.1 and 21.1) do to hide the letters in them.

use super::Place;
use super::backdrop::{Backdrop, Ground, changes_color, color};
use crate::document::xml::Attributes;

/// The shape being read, as far as it hides its letters.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    /// What hides all of it.
    pub(super) hidden: Option<&'static str>,
    /// The colour it is filled with.
    fill: Option<String>,
    /// Whether it is filled with something else.
    is_filled: bool,
    /// Left and upper edge.
    corner: Option<(i64, i64)>,
    /// What lies behind it; none where that is no slide.
    ground: Option<Ground>,
}

/// The highest letters that count as tiny, in hundredths of a point.
const TINY: u32 = 200;

impl Drawing {
    /// Drawings on a slide.
    pub(super) fn on(ground: Option<Ground>) -> Self {
        Self { ground, ..Self::default() }
    }

    /// Ends a shape, which may lie behind the next ones if it is filled.
    pub(super) fn end(&mut self) {
        let mut ground = self.ground.take();
        if let Some(ground) = &mut ground {
            ground.is_covered |= self.is_filled || self.fill.is_some();
        }
        *self = Self::on(ground);
    }

    /// Answers what an element does to hide the letters that follow.
    pub(super) fn take(
        &mut self,
        name: &str,
        attributes: &Attributes,
        open: &[Place],
        slides: &Backdrop,
    ) -> Option<&'static str> {
        let is_within = open.contains(&Place::Shape);
        if let Some(ground) = self.ground.as_mut().filter(|_| !is_within) {
            ground.take(name, attributes, open);
        }
        match (name, open) {
            ("cNvPr", _) if is_within && matches!(attributes.value("hidden"), Some("1" | "true")) => {
                self.hidden = Some("hidden shape");
            }
            ("off" | "ext", _) if is_within => self.place(name, attributes, open, slides),
            ("gradFill" | "blipFill" | "pattFill", [.., Place::Look]) => self.is_filled = true,
            ("fillRef", _) if attributes.value("idx") != Some("0") => self.is_filled = true,
            ("srgbClr" | "schemeClr", [.., Place::Look, Place::Fill]) => {
                self.fill = color(name, attributes);
            }
            ("srgbClr" | "schemeClr" | "sysClr", [.., Place::Letters, Place::Fill]) => {
                return self.colored(&color(name, attributes)?, slides);
            }
            ("alpha", [.., Place::Letters, Place::Fill, _]) if attributes.value("val") == Some("0") => {
                return Some("transparent text");
            }
            ("rPr", _) => {
                let size = attributes.value("sz").and_then(|size| size.parse::<u32>().ok());
                return size.filter(|size| *size <= TINY).map(|_| "tiny text");
            }
            _ if Place::of(name, attributes) == Place::Shape => self.end(),
            _ => {}
        }
        None
    }

    /// Whether an element makes another colour of that of the letters, so that they are seen.
    pub(super) fn is_recoloured(&self, name: &str, open: &[Place]) -> bool {
        let is_seen = self.ground.is_some() && name != "alpha" && changes_color(name);
        is_seen && matches!(open, [.., Place::Letters, Place::Fill, _])
    }

    /// Takes the place of a shape, and its size. Those of shapes in a group are in the group's own space.
    fn place(&mut self, name: &str, attributes: &Attributes, open: &[Place], slides: &Backdrop) {
        let number = |key| attributes.value(key).and_then(|value| value.parse::<i64>().ok());
        if name == "off" {
            if !open.contains(&Place::Group) {
                self.corner = number("x").zip(number("y"));
            }
            return;
        }
        let size = number("cx").zip(number("cy")).filter(|_| open.contains(&Place::Look));
        if let (Some((x, y)), Some((width, height))) = (self.corner, size) {
            let (right, bottom) = (x.saturating_add(width), y.saturating_add(height));
            let slide = slides.size.filter(|_| self.ground.is_some());
            let is_behind = slide.is_some_and(|(width, height)| x > width || y > height);
            if right < 0 || bottom < 0 || is_behind {
                self.hidden = Some("shape beside the slide");
            }
        }
    }

    /// Whether letters of a colour do not show.
    fn colored(&self, color: &str, slides: &Backdrop) -> Option<&'static str> {
        if let Some(fill) = &self.fill {
            return (fill == color).then_some("text of the colour behind it");
        }
        let ground = self.ground.as_ref().filter(|_| !self.is_filled)?;
        let same = slides.value(ground.bare()?)? == slides.value(color)?;
        same.then_some("text of the colour of the slide")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::given;
    use crate::artifact::Opened;
    use crate::document::prose::Prose;
    use crate::limits::{Budget, Limits};

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

    const SHOW: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml";
    const SIZE: &str = "<p:presentation><p:sldSz cx=\"9000\" cy=\"5000\"/></p:presentation>";
    const THEME: &str = "<a:theme><a:themeElements><a:clrScheme><a:dk1><a:srgbClr val=\"000000\"/></a:dk1>\
        <a:lt1><a:sysClr val=\"window\" lastClr=\"FFFFFF\"/></a:lt1></a:clrScheme></a:themeElements></a:theme>";
    const MASTER: &str = "<p:sldMaster><p:cSld><p:bg><p:bgRef idx=\"1001\"><a:schemeClr val=\"bg1\"/></p:bgRef></p:bg>\
        </p:cSld><p:clrMap bg1=\"lt1\" tx1=\"dk1\"/></p:sldMaster>";

    /// What is told of one slide with those parts before it: what is not seen, and what is.
    fn slide(parts: &[(&str, &str)], slide: &str) -> [String; 2] {
        let (mut prose, mut out) = (Prose::default(), Opened::default());
        for (kind, part) in parts {
            prose.backdrop.add(kind, part.as_bytes());
        }
        prose.add("x.slide+xml", format!("<p:sld>{slide}</p:sld>").as_bytes());
        prose.give("a.pptx", &mut out, &mut Budget::new(&Limits::default())).unwrap();
        ["hidden-text", "text"].map(|via| {
            let child = out.children.iter().find(|child| child.via == via);
            child.map(|child| String::from_utf8_lossy(&child.bytes).trim().to_string()).unwrap_or_default()
        })
    }

    fn shape(look: &str, color: &str, text: &str) -> String {
        format!(
            "<p:sp><p:spPr>{look}</p:spPr><p:txBody><a:p><a:r><a:rPr><a:solidFill>{color}</a:solidFill></a:rPr>\
            <a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
        )
    }

    #[test]
    fn letters_of_the_colour_of_the_slide_are_told() {
        let theme = [("x.theme+xml", THEME), ("x.slidemaster+xml", MASTER), (SHOW, SIZE)];
        let white = "<a:srgbClr val=\"FFFFFF\"/>";
        let ground = |color: &str| {
            format!(
                "<p:cSld><p:bg><p:bgPr><a:solidFill><a:srgbClr val=\"{color}\"/></a:solidFill></p:bgPr></p:bg>"
            )
        };
        let filled = "<a:solidFill><a:srgbClr val=\"112233\"/></a:solidFill>";
        let rows = [
            (shape("", white, "one"), true),
            (shape("", "<a:schemeClr val=\"bg1\"/>", "one"), true),
            (shape("", "<a:schemeClr val=\"tx1\"/>", "one"), false),
            (shape("", "<a:schemeClr val=\"bg1\"><a:lumMod val=\"50000\"/></a:schemeClr>", "one"), false),
            (shape(filled, white, "one"), false),
            (shape("<a:gradFill/>", white, "one"), false),
            (format!("<p:pic><p:spPr/></p:pic>{}", shape("", white, "one")), false),
            (format!("{}{}", shape(filled, white, ""), shape("", white, "one")), false),
            (format!("{}{}", ground("112233"), shape("", white, "one")), false),
            (format!("{}{}", ground("112233"), shape("", "<a:srgbClr val=\"112233\"/>", "one")), true),
            (
                format!("<p:cSld><p:bg><p:bgPr><a:gradFill/></p:bgPr></p:bg>{}", shape("", white, "one")),
                false,
            ),
        ];
        for (source, is_hidden) in rows {
            let want = if is_hidden { ["text of the colour of the slide = one", ""] } else { ["", "one"] };
            assert_eq!(slide(&theme, &source), want, "{source}");
        }
        // Nothing is known of the slide, or two masters differ.
        assert_eq!(slide(&[], &shape("", white, "one")), ["", "one"]);
        let other = MASTER.replace("\"bg1\"/>", "\"tx1\"/>");
        let two = [theme[0], theme[1], ("x.slidemaster+xml", other.as_str())];
        assert_eq!(slide(&two, &shape("", white, "one")), ["", "one"]);
        let layout = "<p:sldLayout><p:pic/></p:sldLayout>";
        let covered = [theme[0], theme[1], ("x.slidelayout+xml", layout)];
        assert_eq!(slide(&covered, &shape("", white, "one")), ["", "one"]);
    }

    #[test]
    fn shapes_beyond_every_edge_of_the_slide_are_told() {
        let at = |x: i32, y: i32| {
            let look = format!("<a:xfrm><a:off x=\"{x}\" y=\"{y}\"/><a:ext cx=\"100\" cy=\"100\"/></a:xfrm>");
            slide(&[(SHOW, SIZE)], &shape(&look, "", "one"))
        };
        for (x, y) in [(-200, 0), (0, -200), (9001, 0), (0, 5001)] {
            assert_eq!(at(x, y), ["shape beside the slide = one", ""], "{x} {y}");
        }
        for (x, y) in [(-50, -50), (8950, 4950), (0, 0)] {
            assert_eq!(at(x, y), ["", "one"], "{x} {y}");
        }
        let far = "<a:xfrm><a:off x=\"99999\" y=\"0\"/><a:ext cx=\"1\" cy=\"1\"/></a:xfrm>";
        assert_eq!(slide(&[], &shape(far, "", "one")), ["", "one"]);
    }

    #[test]
    fn damaged_backdrops_end() {
        for (kind, part) in [("x.theme+xml", THEME), ("x.slidemaster+xml", MASTER), (SHOW, SIZE)] {
            for length in 0..part.len() {
                let mut bytes = part.as_bytes().to_vec();
                bytes[length] ^= 1 << (length % 8);
                let mut prose = Prose::default();
                prose.backdrop.add(kind, &bytes);
                prose.backdrop.add(kind, &part.as_bytes()[..length]);
            }
        }
    }
}
