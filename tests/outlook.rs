//! Mail in the forms of Outlook is reported like any other: the same header, the same attachments, each once.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may panic, and reads the project's own files"
)]

mod build;

use build::outlook::Item;
use tenpu::artifact::Tree;
use tenpu::limits::Limits;
use tenpu::report::{Report, trail};

const MESSAGE: &str = r#"
from = "佐藤 花子 <sato@kikaku.example>"
to = "総務課, 第一係 <soumu@yakuba.example>"
subject = "会議資料"
[[part]]
text = "資料をお送りします。\n"
[[part]]
html = "<p>資料をお送りします。</p>"
[[part]]
rtf = "Attached."
[[part]]
name = "会議資料.doc"
[part.doc]
text = "本文"
[part.doc.vba.modules]
ThisDocument = "Sub AutoOpen()\n    MsgBox \"hello\"\nEnd Sub\n"
[[part]]
name = "表.png"
png = true
"#;

fn item(narrow: bool) -> Item {
    let mut item: Item = toml::from_str(MESSAGE).unwrap();
    item.narrow = narrow;
    item
}

fn scan(name: &str, bytes: Vec<u8>) -> (Report, Tree) {
    build::cases::scan(&build::cases::scanner(Limits::default()), name, bytes)
}

/// All four ways of writing the same message.
fn all() -> [(&'static str, Report, Tree); 4] {
    let files = [
        ("a.msg", item(false).msg()),
        ("b.msg", item(true).msg()),
        ("winmail.dat", item(false).tnef()),
        ("c.dat", item(true).tnef()),
    ];
    files.map(|(name, bytes)| {
        let (report, tree) = scan(name, bytes);
        (name, report, tree)
    })
}

#[test]
fn a_message_of_its_own_is_reported_with_its_header() {
    for (name, report, _) in all() {
        assert_eq!(report.from.as_deref(), Some("佐藤 花子 <sato@kikaku.example>"), "{name}");
        assert_eq!(report.to, ["\"総務課, 第一係\" <soumu@yakuba.example>"], "{name}");
        assert_eq!(report.subject.as_deref(), Some("会議資料"), "{name}");
        assert_eq!(report.date.as_deref(), Some("Wed, 02 Mar 2022 01:37:29 +0000"), "{name}");
        assert!(report.complete, "{name}: {:?}", report.unread);
    }
}

#[test]
fn everything_in_it_comes_out_once_and_unchanged() {
    let item = item(false);
    for (name, _, tree) in all() {
        let files: Vec<_> = tree.iter().filter(|artifact| artifact.via == "attachment").collect();
        let want: Vec<_> = item.parts.iter().filter(|part| part.name.is_some()).collect();
        assert_eq!(files.len(), want.len(), "{name}");
        for (file, part) in files.iter().zip(want) {
            assert_eq!(
                (Some(&file.name), &file.bytes),
                (part.name.as_ref(), &part.content.bytes()),
                "{name}"
            );
        }
        let kinds: Vec<_> =
            tree.iter().filter(|artifact| artifact.via == "body").map(|body| body.kind.id).collect();
        assert_eq!(kinds, ["text", "html", "rtf"], "{name}");
        let modules = tree.iter().filter(|artifact| artifact.via == "vba-module").count();
        assert_eq!(modules, 1, "{name}");
    }
}

#[test]
fn the_mail_itself_is_left_out_of_trails() {
    let (_, report, tree) = &all()[0];
    let file = tree.iter().find(|artifact| artifact.kind.id == "doc").unwrap();
    assert_eq!(trail(report, file.id), "会議資料.doc");
}

#[test]
fn a_saved_message_cut_short_is_never_called_clean() {
    let whole = item(false).msg();
    for length in (64..whole.len()).step_by(509) {
        let (report, _) = scan("a.msg", whole[..length].to_vec());
        let missing = length + 64 < whole.len();
        assert!(!(missing && report.complete), "{length} of {}", whole.len());
    }
}
