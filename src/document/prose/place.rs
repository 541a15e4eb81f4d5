//! What elements are to the text in and behind them, and which settings of letters hide them.

use super::backdrop::is_plain;
use crate::document::xml::Attributes;

/// What an element is to the text in and behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Holds letters.
    Text,
    /// Ends a line.
    Line,
    /// Ends a cell.
    Cell,
    /// Letters with one setting.
    Run,
    /// Holds paragraphs that float.
    Box,
    /// A shape, a group of shapes, the look of a shape, of letters, and what either is filled with (DrawingML).
    Shape,
    Group,
    Look,
    Letters,
    Fill,
    /// The background of a slide, and that by reference to the plain colour of the theme.
    Ground,
    Plain,
    Other,
}

impl Place {
    pub(super) fn of(name: &str, attributes: &Attributes) -> Self {
        match name {
            "t" => Self::Text,
            "p" | "si" | "row" | "tr" | "comment" => Self::Line,
            "tc" | "c" => Self::Cell,
            "r" => Self::Run,
            "txbxContent" => Self::Box,
            "sp" | "wsp" | "pic" | "graphicFrame" | "cxnSp" => Self::Shape,
            "grpSp" => Self::Group,
            "spPr" => Self::Look,
            "rPr" => Self::Letters,
            "solidFill" => Self::Fill,
            "bg" => Self::Ground,
            "bgRef" if is_plain(attributes) => Self::Plain,
            _ => Self::Other,
        }
    }
}

/// What an element of the settings of a run does to hide it.
pub(super) fn hiding(name: &str, attributes: &Attributes) -> Option<&'static str> {
    let value = || attributes.value("val");
    match name {
        "vanish" | "specVanish" | "webHidden" => {
            (!matches!(value().unwrap_or("true"), "0" | "false" | "off")).then_some("hidden text")
        }
        "color" => value().filter(|value| value.eq_ignore_ascii_case("ffffff")).map(|_| "white text"),
        "sz" => {
            value().and_then(|value| value.parse::<u32>().ok()).filter(|size| *size <= 4).map(|_| "tiny text")
        }
        _ => None,
    }
}
