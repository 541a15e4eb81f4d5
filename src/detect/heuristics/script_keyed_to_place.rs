//! A script that decrypts itself with a key made of the computer, the user, its file name or the address it is opened at:
//! it shows what it does only there.

use super::script_decrypts_itself::holders;
use super::{Check, Heuristic};
use crate::artifact::Tree;
use crate::detect::Strength;

pub(super) const RULE: Heuristic = Heuristic {
    id: "script-keyed-to-place",
    strength: Strength::Strong,
    title_en: "A script decrypts itself only in one place: its key is made of where it runs",
    title_ja: "スクリプトが、特定の環境でだけ中身を復号します",
    attack: &["T1480.001", "T1027.013"],
    page: include_str!("../../../docs/rules/script-keyed-to-place.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    holders(tree, "script-keyed", hit);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::scripts::tests::hits;

    #[test]
    fn keys_of_the_place_hit_and_names_in_logs_do_not() {
        let cipher = "WbmNZ7xkfP0LrtY5uVhG2d9Q".repeat(5);
        let keyed = format!(
            "n = CreateObject(\"WScript.Network\").ComputerName\nx = \"{cipher}\"\nFor i = 1 To Len(x)\n\
             r = r & Chr(Asc(Mid(x, i, 1)) Xor Asc(Mid(n, i Mod Len(n), 1)))\nNext\nExecute r"
        );
        assert_eq!(hits(&RULE, "a.vbs", keyed.as_bytes()).len(), 1);
        let open = format!("$log = \"C:\\logs\\$env:COMPUTERNAME.log\"\n$icon = '{cipher}'\niex $update");
        assert_eq!(hits(&RULE, "a.ps1", open.as_bytes()), [""; 0]);
    }
}
