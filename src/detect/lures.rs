//! Lures: the words by which a document or mail makes its reader switch the protection of Office off.
//!
//! To tell how macros are allowed is everyday: manuals, newsletters and workbooks with macros do. A lure also gives a
//! reason that is not true: an older version, another device, a document that is protected or cannot be shown. A
//! reason that honest files give too counts only beside both steps, "Enable Editing" and "Enable Content".

use crate::artifact::{Artifact, Fact, Sign, Tree};
use crate::text::{guess, nfkc};
use std::ops::Range;

/// Characters of a text that are read, and those within which reason and request stand.
const READ: usize = 64 << 10;
const NEAR: usize = 1500;

/// Asks to leave the protected view.
const EDITING: &[&str] = &[
    "enable editing",
    "enable edit",
    "編集を有効に",
    "編集の有効化",
    "bearbeitung aktivieren",
    "bearbeiten aktivieren",
    "activer la modification",
    "habilitar edición",
    "habilitar edicion",
    "abilita modifica",
    "habilitar edição",
    "bewerken inschakelen",
    "włącz edycję",
    "разрешить редактирование",
    "启用编辑",
    "啟用編輯",
    "편집 사용",
];

/// Asks to let macros run.
const CONTENT: &[&str] = &[
    "enable content",
    "enable the content",
    "enable macro",
    "enable all macros",
    "enable active content",
    "コンテンツの有効化",
    "コンテンツを有効",
    "マクロを有効",
    "マクロの有効化",
    "inhalt aktivieren",
    "inhalte aktivieren",
    "makros aktivieren",
    "activer le contenu",
    "activer les macros",
    "habilitar contenido",
    "habilitar el contenido",
    "habilitar macros",
    "abilita contenuto",
    "attiva macro",
    "habilitar conteúdo",
    "inhoud inschakelen",
    "włącz zawartość",
    "включить содержимое",
    "启用内容",
    "启用宏",
    "啟用內容",
    "콘텐츠 사용",
];

/// Reasons that are never true. All words of one must stand there in their order.
const UNTRUE: &[&[&str]] = &[
    &["created in", "earlier version"],
    &["created in", "previous version"],
    &["created in", "older version"],
    &["created in", "newer version"],
    &["created with", "earlier version"],
    &["created with", "newer version"],
    &["created using", "version of"],
    &["created in openoffice"],
    &["created on", "ios"],
    &["created in", "android"],
    &["created on", "android"],
    &["created on", "mobile"],
    &["created in", "online version"],
    &["created with", "online version"],
    &["saved in microsoft office word"],
    &["operation did not complete successfully"],
    &["action can't be completed"],
    &["apps need to be updated"],
    &["owner privacy policy"],
    &["no content will be displayed until"],
    &["document is encrypted by"],
    &["document encrypted by"],
    &["document is protected by"],
    &["document protected by"],
    &["file is protected by"],
    &["content was encrypted"],
    &["decrypt", "document"],
    &["decryption", "content"],
    &["only available for desktop"],
    &["only available on desktop"],
    &["以前のバージョン", "作成され"],
    &["古いバージョン", "作成され"],
    &["旧バージョン", "作成され"],
    &["新しいバージョン", "作成され"],
    &["openoffice", "作成され"],
    &["ios", "作成され"],
    &["モバイル", "作成され"],
    &["früheren version", "erstellt"],
    &["version antérieure", "créé"],
    &["versione precedente", "creato"],
    &["早期版本", "创建"],
];

/// Reasons that honest files give too.
const DOUBTFUL: &[&[&str]] = &[
    &["document is protected"],
    &["this document protected"],
    &["protected document"],
    &["document is secured"],
    &["file is protected"],
    &["protected view"],
    &["to view this"],
    &["to view the"],
    &["to see the content"],
    &["to display the content"],
    &["can't view"],
    &["cannot view"],
    &["can not view"],
    &["cannot be displayed"],
    &["cannot be viewed"],
    &["unable to view"],
    &["preview is not available"],
    &["preview not available"],
    &["not available for preview"],
    &["online preview"],
    &["compatib"],
    &["文書は保護されています"],
    &["ドキュメントは保護されています"],
    &["文書が保護されて"],
    &["プレビューできません"],
    &["表示されない場合"],
    &["内容を表示するには"],
    &["文書を表示するには"],
    &["dokument ist geschützt"],
    &["document est protégé"],
    &["documento protetto"],
    &["documento está protegido"],
    &["受保护"],
];

/// Asks to put the file where Office trusts it. All words must stand there.
const TRUSTED: &[&[&str]] = &[
    &["copy the file", "templates"],
    &["copy this file", "templates"],
    &["コピー", "templates"],
    &["requirements of your security policy", "copy the file"],
];

/// The lure in a text, as far as it tells.
pub(super) fn lure(text: &str) -> Option<String> {
    let text = fold(text);
    let asks = first(&text, CONTENT).or_else(|| first(&text, EDITING));
    let found = asks.and_then(|asks| {
        let both = || Some(all(first(&text, EDITING)?, first(&text, CONTENT)?));
        let told = || UNTRUE.iter().find_map(|words| near(&text, words, &asks));
        let doubtful = || {
            let both = both()?;
            DOUBTFUL.iter().find_map(|words| near(&text, words, &both))
        };
        told().or_else(doubtful)
    });
    let found = found.or_else(|| TRUSTED.iter().find_map(|words| in_order(&text, words)));
    found.map(|place| excerpt(&text, place))
}

/// The words of a lure as evidence, from the first that says it.
fn excerpt(text: &str, place: Range<usize>) -> String {
    text.get(place).unwrap_or_default().chars().take(160).collect()
}

/// Folded width and case, blanks as one, what does not show left out.
fn fold(text: &str) -> String {
    let head = text.get(..text.floor_char_boundary(READ)).unwrap_or(text);
    let shown =
        head.replace(['\u{200b}', '\u{200c}', '\u{200d}', '\u{feff}', '\u{ad}'], "").replace('’', "'");
    let folded = nfkc(&shown).to_lowercase();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn first(text: &str, phrases: &[&str]) -> Option<Range<usize>> {
    phrases.iter().find_map(|phrase| text.find(phrase).map(|at| at..at + phrase.len()))
}

fn all(a: Range<usize>, b: Range<usize>) -> Range<usize> {
    a.start.min(b.start)..a.end.max(b.end)
}

/// Words in their order, not far from a place; answers where all of it stands.
fn near(text: &str, words: &[&str], place: &Range<usize>) -> Option<Range<usize>> {
    let start = text.floor_char_boundary(place.start.saturating_sub(NEAR));
    let end = text.ceil_char_boundary(place.end.saturating_add(NEAR));
    let found = in_order(text.get(start..end)?, words)?;
    Some(all(start + found.start..start + found.end, place.clone()))
}

/// Words in their order within one sentence or two.
fn in_order(text: &str, words: &[&str]) -> Option<Range<usize>> {
    let (first, rest) = words.split_first()?;
    text.match_indices(first).take(MOST_STARTS).find_map(|(start, _)| {
        let end = text.floor_char_boundary(start + SENTENCES);
        let mut at = start + first.len();
        for word in rest {
            at += text.get(at..end)?.find(word)? + word.len();
        }
        Some(start..at)
    })
}

/// Bytes in which the words of one reason stand, and places at which they are looked for.
const SENTENCES: usize = 400;
const MOST_STARTS: usize = 1000;

/// The texts of a tree that a person reads, and what is written in them.
pub(super) fn lures(tree: &Tree) -> impl Iterator<Item = (&Artifact, String)> {
    tree.iter().filter(|artifact| is_read(artifact)).filter_map(|artifact| {
        let head = artifact.bytes.get(..2 * READ).unwrap_or(&artifact.bytes);
        Some((artifact, lure(&guess(head))?))
    })
}

/// Texts of documents, what is hidden in them by its colour, and texts of messages.
fn is_read(artifact: &Artifact) -> bool {
    matches!(artifact.via, "text" | "hidden-text" | "body")
}

/// The document that holds an artifact; parts of a package stand for the package.
pub(super) fn document<'a>(tree: &'a Tree, artifact: &'a Artifact) -> &'a Artifact {
    let mut found = artifact;
    while INNER.contains(&found.via) {
        match found.parent.and_then(|parent| tree.get(parent)) {
            Some(parent) => found = parent,
            None => break,
        }
    }
    found
}

/// Ways from a document to what belongs to it.
const INNER: &[&str] = &["part", "text", "hidden-text", "form", "properties", "stream", "decrypted"];

/// What in a document runs by itself, or is fetched when it is opened: artifact and words.
pub(super) fn runs(tree: &Tree, document: &Artifact) -> Option<(usize, String)> {
    let inside = |artifact: &&Artifact| {
        artifact.id == document.id || tree.ancestors(artifact.id).any(|above| above.id == document.id)
    };
    tree.iter().skip(document.id).filter(inside).find_map(|artifact| {
        artifact.facts.iter().find_map(|fact| match fact {
            Fact::Sign { sign: Sign::EntryPoint, text, .. } => Some((artifact.id, text.clone())),
            Fact::External { relation, target } if relation.eq_ignore_ascii_case("attachedTemplate") => {
                is_web(target).then(|| (artifact.id, target.clone()))
            }
            _ => None,
        })
    })
}

fn is_web(target: &str) -> bool {
    let target = target.trim_start().to_ascii_lowercase();
    target.starts_with("http:") || target.starts_with("https:") || target.starts_with("\\\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lures_of_many_wordings_are_seen() {
        for text in [
            "You are attempting to open a file that was created in an earlier version of Microsoft Office.\n\
             If the file opens in Protected View, click Enable Editing, and then click Enable Content.",
            "This document was created in OpenOffice. Please click Enable\u{a0}Content",
            "Operation did not complete successfully because the file was created on IOS device. To view and edit \
             document, click Enable Editing and then Enable Content.",
            "Office 365 Protected View. No content will be displayed until editing and content are enabled: \
             ENABLE CONTENT",
            "THIS DOCUMENT IS PROTECTED\n1. Open the document in Microsoft Office. Previewing online is not available\n\
             2. Press Enable Editing\n3. Press Enable Content",
            "CAN'T VIEW THE CONTENT? READ THE BELOW STEPS. enable editing … enable content",
            "この文書は以前のバージョンの Microsoft Office で作成されています。表示するには「ｺﾝﾃﾝﾂの有効化」を押してください",
            "この文書は保護されています。「編集を有効にする」を押し、「コンテンツの有効化」を押してください。",
            "RELAUNCH REQUIRED In accordance with the requirements of your security policy, to display the contents of \
             the document, you need to copy the file to the following folder and run it again: C:\\Program Files\\Microsoft Office\\Templates",
            "Dieses Dokument wurde in einer früheren Version von Microsoft Office erstellt. Bitte Inhalt aktivieren.",
        ] {
            assert!(lure(text).is_some(), "{text}");
        }
    }

    #[test]
    fn a_first_word_that_leads_nowhere_does_not_hide_the_second() {
        let text =
            format!("created in May.{} created in an earlier version. Enable content", " text".repeat(90));
        assert!(lure(&text).is_some());
    }

    #[test]
    fn instructions_and_news_are_none() {
        for text in [
            "この計算書にはマクロが含まれています。開いたら「コンテンツの有効化」をクリックしてください。",
            "保護ビューで開いた場合は「編集を有効にする」をクリックしてから印刷してください。",
            "To use the buttons of this workbook, enable macros when Excel asks. The sheet is protected.",
            "Security news: never press Enable Content in a document from a stranger.",
            "The template is in the folder Templates. Copy the files you need.",
            "This report was created in an earlier version of our system.",
            "",
        ] {
            assert_eq!(lure(text), None, "{text}");
        }
        let apart = format!("created in an earlier version{}enable content", " filler text".repeat(300));
        assert_eq!(lure(&apart), None);
    }

    #[test]
    fn any_cut_of_any_text_is_read() {
        let text =
            "created in 作成され an earlier version 以前のバージョン enable content 編集を有効に ".repeat(3);
        for at in 0..text.len() {
            let _found = lure(text.get(text.ceil_char_boundary(at)..).unwrap());
        }
    }
}
