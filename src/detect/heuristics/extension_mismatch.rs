//! Extension and content disagree in a way that mail systems of offices do not produce.

use super::program_behind_document_name::is_sent;
use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;
use crate::kind::{Class, Kind};

pub(super) const RULE: Heuristic = Heuristic {
    id: "extension-mismatch",
    strength: Strength::Weak,
    title_en: "The extension of a file does not fit its content",
    title_ja: "ファイルの拡張子と中身が合っていません",
    attack: &["T1036.008"],
    page: include_str!("../../../docs/rules/extension-mismatch.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter().filter(|artifact| is_sent(artifact)) {
        let Some(shown) = Kind::by_name(&artifact.name) else { continue };
        let told =
            artifact.kind.class != Class::Data && artifact.kind.class != Class::Text && artifact.size > 0;
        // What has only the shape of a script may be a listing.
        let told = told && artifact.kind.is_told(&artifact.bytes);
        if told && shown != artifact.kind && !is_everyday(shown, artifact.kind) {
            hit(artifact.id, format!("{}: {}", artifact.name, artifact.kind.id));
        }
    }
}

/// Office programs save one kind under the name of another; web systems send tables as `.xls`; a picture with a
/// wrong ending is a slip; what macOS keeps beside a file bears its name; containers by other names are opened as what they are.
fn is_everyday(shown: &Kind, real: &Kind) -> bool {
    let media = shown.class == Class::Media && real.class == Class::Media;
    media
        || real.id == "apple-double"
        || EVERYDAY.iter().any(|(names, kinds)| names.contains(&shown.id) && kinds.contains(&real.id))
}

#[rustfmt::skip]
const EVERYDAY: &[(&[&str], &[&str])] = &[
    (&["doc", "docx", "rtf"], &["doc", "docx", "rtf", "html", "xml", "ole", "ooxml", "odf", "eml", "encrypted-office", "old-document"]),
    (&["xls", "xlsx", "csv"], &["xls", "xlsx", "html", "xml", "ole", "ooxml", "odf", "eml", "encrypted-office", "csv", "slk", "biff"]),
    (&["ppt", "pptx"], &["ppt", "pptx", "ole", "ooxml", "odf", "encrypted-office", "eml", "old-document"]),
    (&["vsd", "vsdx", "pub", "mpp", "msg", "odf", "ooxml"], &["ole", "ooxml", "vsd", "vsdx", "zip", "odf", "encrypted-office"]),
    (&["eml", "msg"], &["html", "xml", "ole", "eml", "msg"]),
    (&["html", "xml", "svg", "text"], &["html", "xml", "svg", "eml", "pdf"]),
    (&["zip", "jar"], &["zip", "jar", "docx", "xlsx", "pptx", "ooxml", "odf"]),
    (&["exe"], &["exe", "zip", "cab", "7z", "rar"]),
    (&["iso", "disk"], &["iso", "disk"]),
    (&["gzip", "tar", "compress"], &["gzip", "tar", "compress"]),
    (&["slk", "iqy", "onenote"], &["xls", "xlsx", "cab"]),
];
