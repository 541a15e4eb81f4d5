//! The part of a message that is folded away: what was inside, hashes, indicators.

use super::markup::{bdi, escape, mail};
use crate::report::gist::{clip_middle, place, quote, size};
use crate::report::words::{fill, say, word};
use crate::report::{ArtifactEntry, Indicator, Lang, Report};

/// Contents, hashes and indicators: for those who look closer, folded away for the others.
pub(super) fn technical(report: &Report, lang: Lang) -> String {
    let mut out = format!("<details><summary>{}</summary>\n", say(lang, "label.technical"));
    out += &inside(report, lang);
    out += &indicators(report, lang);
    let id = report.message_id.as_deref().map(|id| format!("Message-ID {}", mail(&quote(id, 200))));
    out + &format!(
        "<p class=\"small\">{} {} / 100 {}</p></details>\n",
        say(lang, "label.score"),
        report.score,
        id.unwrap_or_default()
    )
}

/// The most artifacts and indicators listed for one message.
const ROWS: usize = 200;

fn inside(report: &Report, lang: Lang) -> String {
    let heads = ["label.name", "label.format", "label.via", "label.size"].map(|key| say(lang, key));
    let [name, format, via, size] = heads;
    let mut out = format!(
        "<h3>{}</h3><table class=\"inside\"><thead><tr><th scope=\"col\">{name}</th><th scope=\"col\">{format}</th>\
         <th scope=\"col\">{via}</th><th scope=\"col\" class=\"number\">{size}</th></tr></thead><tbody>",
        say(lang, "heading.inside")
    );
    let mut depths: Vec<usize> = Vec::new();
    for artifact in report.artifacts.iter().take(ROWS) {
        let above = artifact.parent.and_then(|parent| depths.get(parent));
        let depth = above.map_or(0, |depth| depth + 1);
        depths.push(depth);
        out += &artifact_row(artifact, depth, lang);
    }
    out += "</tbody></table>";
    out + &more(report.artifacts.len(), lang)
}

fn artifact_row(artifact: &ArtifactEntry, depth: usize, lang: Lang) -> String {
    let name = match artifact.name.trim() {
        "" => format!("<span class=\"soft\">{}</span>", say(lang, "place.unnamed")),
        name => bdi(&clip_middle(name)),
    };
    format!(
        "<tr><td class=\"deep{}\">{name}<br><span class=\"hash\">SHA-256 {}</span></td><td>{}</td><td>{}</td>\
         <td class=\"number\">{}</td></tr>\n",
        depth.min(4),
        artifact.sha256,
        artifact.format,
        escape(word(lang, "via", artifact.via)),
        size(artifact.size)
    )
}

fn indicators(report: &Report, lang: Lang) -> String {
    if report.indicators.is_empty() {
        return String::new();
    }
    let row = |indicator: &Indicator| {
        let place = place(report, indicator.artifact, lang);
        let value = mail(&quote(&indicator.value, 400));
        format!(
            "<tr><th scope=\"row\">{}</th><td>{value}</td><td>{}</td></tr>\n",
            indicator.kind,
            bdi(&place)
        )
    };
    let rows: String = report.indicators.iter().take(ROWS).map(row).collect();
    let heading = say(lang, "heading.indicators");
    format!("<h3>{heading}</h3><table class=\"facts\"><tbody>{rows}</tbody></table>")
        + &more(report.indicators.len(), lang)
}

fn more(count: usize, lang: Lang) -> String {
    match count.checked_sub(ROWS) {
        None | Some(0) => String::new(),
        Some(rest) => format!("<p class=\"soft\">… {}</p>", fill(lang, "more", &[&rest.to_string()])),
    }
}
