//! Objects, frames and texts that are fetched when the document opens: the document is harmless until the server decides.

use super::{Check, Heuristic, externals};
use crate::artifact::{Artifact, Tree};
use crate::detect::Strength;
use crate::detect::objects::is_paper;
use crate::detect::outside::{Place, is_numbered};
use crate::detect::scripts::{Bundle, is_lent, pages};
use crate::kind::{Class, Kind};
use std::cell::LazyCell;

pub(super) const RULE: Heuristic = Heuristic {
    id: "remote-object",
    strength: Strength::Medium,
    title_en: "The document fetches an object, a frame or a text from somewhere on the internet when it is opened",
    title_ja: "文書を開くと、インターネット上の見知らぬ場所から、部品や文章を読み込みます",
    attack: &["T1221", "T1187"],
    page: include_str!("../../../docs/rules/remote-object.md"),
    check,
};

/// What is fetched and then shown by the program that its content asks for.
const FETCHED: &[&str] = &[
    "oleObject",
    "package",
    "frame",
    "aFChunk",
    "control",
    "activeXControlBinary",
    "include-text",
    "link-field",
    "odf-object",
    "subDocument",
    "control-address",
    "web-extension",
];

/// What is only read, so that just the visit to a server of files matters: it takes the user's password along.
const READ: &[&str] =
    &["image", "video", "audio", "media", "externalLinkPath", "include-picture", "control-media", "protocol"];

/// Tables that are read anew when the workbook opens, workbooks that a macro opens, and videos on the web.
const SOURCES: &[&str] = &[
    "connection-web",
    "connection",
    "query-source",
    "xlm-open",
    "web-video",
    "mailMergeSource",
    "mailMergeHeaderSource",
];

fn check(tree: &Tree, hit: &mut Check) {
    let pages = LazyCell::new(|| pages(tree));
    for (artifact, relation, target) in externals(tree) {
        let relation = match relation {
            "field INCLUDEPICTURE" => "include-picture",
            // What a page shows from a server; other programs are another rule's.
            "protocol" if !target.trim_start().to_lowercase().starts_with("file:") => continue,
            _ => relation,
        };
        let is = |list: &[&str]| list.iter().any(|known| known.eq_ignore_ascii_case(relation));
        if is(SOURCES) {
            // Offices read the tables of others too, but from hosts that have a name.
            if target.split([';', '=']).any(|word| is_numbered(word.trim_matches('"'))) {
                hit(artifact.id, format!("{relation}: {target}"));
            }
            continue;
        }
        // Of a field, the address is one word among others.
        let place = target
            .split_whitespace()
            .map(|word| Place::of(word.trim_matches('"')))
            .find(|place| place.is_foreign());
        let shown = match place {
            Some(Place::Web) => {
                let is_quiet = is(&["frame"]) && is_honest(&pages, artifact, target)
                    // A book names its chapters, which it does not fetch before a person asks for them.
                    || is(&["subDocument"]) && is_paper(target);
                is(FETCHED) && !is_picture(target) && !is_quiet
            }
            Some(Place::Server) => is(FETCHED) || is(READ),
            _ => false,
        };
        if shown {
            hit(artifact.id, format!("{relation}: {target}"));
        }
    }
}

/// Whether a frame stands in a page as films, maps and advertisements do: beside much to read, or from who lends such
/// frames to everybody. A page by the name of a document is opened by Office; the text of a mail shows no frames at all.
fn is_honest(pages: &[Bundle], artifact: &Artifact, target: &str) -> bool {
    let by_name = Kind::by_name(&artifact.name);
    let is_page = artifact.kind.id == "html" && by_name.is_none_or(|kind| matches!(kind.id, "html" | "text"));
    let holder = || pages.iter().find(|page| page.members().any(|member| member.id == artifact.id));
    is_page
        && (is_lent(target)
            || holder().is_none_or(|page| page.holder.id == artifact.id && page.shown() > LITTLE))
}

/// Letters that a page may show and still be no more than the surroundings of a frame.
const LITTLE: usize = 600;

/// Whether the address ends in the name of a picture, which pages link to as objects too.
fn is_picture(target: &str) -> bool {
    Kind::by_name(target).is_some_and(|kind| kind.class == Class::Media)
}

#[cfg(test)]
mod tests {
    use super::super::tests::externals as hits;
    use super::*;
    use crate::detect::scripts::tests as scripts;
    #[test]
    fn objects_of_strangers_hit_and_pictures_do_not() {
        let web = ["http://a.example/x.doc", "https://203.0.113.9/x"];
        let server = ["\\\\203.0.113.9\\x\\a.png"];
        assert_eq!(hits(check, "oleObject", &web), 2);
        assert_eq!(hits(check, "include-text", &["http://a.example/x.txt Switch"]), 1);
        let pages = ["http://a.example/x?y", "https://203.0.113.9/x"];
        for relation in ["subDocument", "control-address", "web-extension"] {
            assert_eq!(hits(check, relation, &pages) + hits(check, relation, &server), 3, "{relation}");
            assert_eq!(hits(check, relation, &["https://co.sharepoint.com/x", "C:\\x.htm"]), 0, "{relation}");
        }
        assert_eq!(hits(check, "subDocument", &["http://a.example/chapters/chapter1.docx"]), 0);
        let shares = ["file://203.0.113.9/a/b.png", "file://server/a/b.png", "ms-word:x", "file:///C:/a.png"];
        assert_eq!(hits(check, "protocol", &shares), 1);
        assert_eq!(hits(check, "control-media", &server), 1);
        assert_eq!(hits(check, "control-media", &["http://a.example/v/x", "\\\\server\\x.wmv"]), 0);
        assert_eq!(hits(check, "image", &server), 1);
        assert_eq!(hits(check, "image", &web) + hits(check, "include-picture", &web), 0);
        let own = ["file:///C:\\x.xlsb", "https://co.sharepoint.com/x.xlsx", "\\\\server\\x.xls", "2.xlsx"];
        assert_eq!(hits(check, "oleObject", &own) + hits(check, "externalLinkPath", &own), 0);
        assert_eq!(hits(check, "link-field", &["Excel.Sheet.8 C:\\x.xls"]), 0);
        let quoted = ["\"file://203.0.113.9/s/a.jpg\" \\d"];
        assert_eq!(hits(check, "field INCLUDEPICTURE", &quoted) + hits(check, "field HYPERLINK", &quoted), 1);
    }

    #[test]
    fn frames_of_pages_hit_where_they_are_all_there_is() {
        let frame = |address: &str| format!("<iframe src='{address}' width=560></iframe>");
        let (foreign, film) = (frame("https://a.example/x"), frame("https://www.youtube.com/embed/x"));
        let much = "<p>Figures of the branch offices for the spring.</p>".repeat(20);
        let hits = |name: &str, page: String| scripts::hits(&RULE, name, page.as_bytes()).len();
        assert_eq!(hits("a.html", format!("<html><p>Please wait for us.</p>{foreign}")), 1);
        assert_eq!(hits("a.doc", format!("<html>{much}{foreign}")), 1);
        assert_eq!(hits("a.html", format!("<html>{much}{foreign}")), 0);
        assert_eq!(hits("a.html", format!("<html><p>See our film.</p>{film}")), 0);
        assert_eq!(hits("a.html", format!("<html>{much}{}", frame("\\\\203.0.113.9\\x"))), 1);
    }

    #[test]
    fn sources_of_tables_hit_where_they_have_a_number_for_a_name() {
        for relation in SOURCES {
            let strange = [
                "http://203.0.113.9/x",
                "Provider=X;Data Source=\\\\203.0.113.9\\s\\x.accdb",
                "\\\\203.0.113.9\\x",
            ];
            assert_eq!(hits(check, relation, &strange), 3, "{relation}");
            let own = [
                "https://statistics.example/cpi.csv",
                "Provider=X;Data Source=\\\\server\\s\\x.accdb",
                "Provider=SQLOLEDB.1;Data Source=192.168.0.4",
                "DSN=Sales;DATABASE=sales",
                "K:\\SALES\\MONTH.XLS",
            ];
            assert_eq!(hits(check, relation, &own), 0, "{relation}");
        }
    }
}
