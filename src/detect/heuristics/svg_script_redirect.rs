//! SVG opens in the browser and may hold scripts. Interactive charts have them too, but do not decode text, build files or send the reader elsewhere.

use super::{Check, Heuristic};
use crate::artifact::Sign;
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::detect::scripts::pages;

pub(super) const RULE: Heuristic = Heuristic {
    id: "svg-script-redirect",
    strength: Strength::Medium,
    title_en: "The picture file runs a script that leads away or unpacks something",
    title_ja: "画像ファイル(SVG)の中でスクリプトが動きます",
    attack: &["T1027.017", "T1204.002"],
    page: include_str!("../../../docs/rules/svg-script-redirect.md"),
    check,
};

const TELLING: &[Sign] = &[
    Sign::Redirect,
    Sign::WritesPage,
    Sign::SavesFile,
    Sign::Decoding,
    Sign::ChoppedText,
    Sign::EncodedText,
    Sign::RandomNames,
];

fn check(tree: &Tree, hit: &mut Check) {
    for page in pages(tree) {
        let is_picture =
            page.members().any(|artifact| artifact.kind.id == "svg" && artifact.via != "encoded");
        if !is_picture || page.holder.kind.id != "svg" {
            continue;
        }
        let sign = TELLING.iter().find_map(|sign| page.first(*sign));
        let ways =
            ["frame", "object", "form-password", "refresh", "script", "link-to-file", "link-names-reader"];
        let way = || ways.iter().find_map(|way| page.leads(way).next());
        let layer = || page.decoded().next().map(|layer| layer.kind.id);
        if let Some(shown) = sign.or_else(way).or_else(layer) {
            hit(page.holder.id, shown.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::scripts::tests::hits;

    #[test]
    fn scripts_that_lead_on_hit_and_charts_do_not() {
        for (inside, want) in [
            ("<script>window.location.href = 'https://a.test';</script>", 1),
            ("<script>eval(atob(x));</script>", 1),
            ("<script href='https://a.test/x.js'/>", 1),
            ("<script xlink:href='https://a.test/x.js'/>", 1),
            ("<a xlink:href='https://a.test/x.zip'><image width='9'/></a>", 1),
            ("<a xlink:href='https://a.test/?e=desk@bakery.example'><text>Play</text></a>", 1),
            ("<foreignObject><iframe xmlns='x' src='https://a.test'></iframe></foreignObject>", 1),
            ("<script>&#x6c;ocation = 'https://a.test';</script>", 1),
            ("<g width=1><script>if (a<b) { location = 'https://a.test'; }", 1),
            ("<h:iframe src='https://a.test'><g width=1>", 1),
            ("<g width=1><script>if (a<b) { zoom(c); }", 0),
            (
                "<script>function zoom(e) { e.target.setAttribute('x', 1); }</script><g onclick='zoom(evt)'/>",
                0,
            ),
            ("<path d='M0 0h24'/><a href='https://a.example'>x</a>", 0),
        ] {
            let svg = format!("<svg xmlns='http://www.w3.org/2000/svg'>{inside}</svg>");
            assert_eq!(hits(&RULE, "a.svg", svg.as_bytes()).len(), want, "{inside}");
        }
    }
}
