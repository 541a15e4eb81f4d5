//! Auto-exec VBA that sends mail with an attachment to the people of the address book: a mail worm.

use super::{Check, Heuristic};
use crate::artifact::{Sign, Tree};
use crate::detect::Strength;
use crate::detect::macros::projects;

pub(super) const RULE: Heuristic = Heuristic {
    id: "vba-mails-itself",
    strength: Strength::Strong,
    title_en: "A macro that runs by itself sends mail to the people in the address book",
    title_ja: "自動で実行されるマクロが、アドレス帳の宛先へメールを送ります",
    attack: &["T1204.002", "T1059.005", "T1534"],
    page: include_str!("../../../docs/rules/vba-mails-itself.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for project in projects(tree) {
        let Some((entry, project)) = project.by_itself() else { continue };
        let Some(act) = project.first(Sign::MailsOut) else { continue };
        hit(act.artifact.id, format!("{} → {}", entry.text, act.evidence()));
    }
}
