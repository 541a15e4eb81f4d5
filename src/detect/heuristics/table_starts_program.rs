//! A DDE link of a table whose server is an interpreter: Excel starts it to ask it for a value.

use super::{Check, Heuristic};
use crate::artifact::{Artifact, Fact, Tree};
use crate::detect::Strength;

pub(super) const RULE: Heuristic = Heuristic {
    id: "table-starts-program",
    strength: Strength::Strong,
    title_en: "A cell of the table starts a command",
    title_ja: "表のセルがコマンドを実行しようとします",
    attack: &["T1559.002"],
    page: include_str!("../../../docs/rules/table-starts-program.md"),
    check,
};

/// Programs that run commands or scripts, as the servers of links name them. `MSEXCEL` is no server; with a path as
/// topic Windows looks for a program of that name.
const SERVERS: &[&str] = &[
    "cmd",
    "command",
    "msexcel",
    "powershell",
    "pwsh",
    "mshta",
    "rundll32",
    "regsvr32",
    "certutil",
    "wscript",
    "cscript",
    "msiexec",
    "bitsadmin",
    "wmic",
    "forfiles",
    "explorer",
    "curl",
    "ftp",
    "cmstp",
    "conhost",
    "schtasks",
];

fn check(tree: &Tree, hit: &mut Check) {
    for artifact in tree.iter() {
        for link in links(artifact) {
            hit(artifact.id, link.to_string());
        }
    }
}

/// The links of an artifact that lead to an interpreter.
fn links(artifact: &Artifact) -> impl Iterator<Item = &str> {
    artifact.facts.iter().filter_map(|fact| match fact {
        Fact::External { relation, target } if relation == "dde" && is_interpreter(target) => {
            Some(target.as_str())
        }
        _ => None,
    })
}

/// Whether the server of a link is an interpreter, wherever it lies and however its case is written.
fn is_interpreter(target: &str) -> bool {
    let Some((server, topic)) = target.split_once('|') else { return false };
    let program = |path: &str| {
        let name = path.rsplit(['\\', '/']).next().unwrap_or_default().trim().to_lowercase();
        let name = name.strip_suffix(".exe").unwrap_or(&name).to_string();
        SERVERS.contains(&name.as_str())
    };
    let topic = topic.trim_start_matches(['\'', '"', ' ']).to_lowercase();
    let climbs =
        topic.contains("..\\") && SERVERS.iter().any(|server| topic.contains(&format!("\\{server}")));
    program(server) || climbs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Child;

    #[test]
    fn interpreters_are_told_from_servers_of_data() {
        for (target, want) in [
            ("cmd|'/c calc'!A0", true),
            ("CMD.EXE|/k whoami!'A1'", true),
            ("C:\\Windows\\System32\\cmd.exe|'/c x'!_x", true),
            ("MSEXCEL|'\\..\\..\\..\\Windows\\System32\\cmd.exe /c calc'!A", true),
            ("Excel|[Rates.xls]Sheet1!R1C1", false),
            ("WinWord|'C:\\letter.doc'!DDE_LINK1", false),
            ("Reuter|IDN!'JPY= LAST'", false),
        ] {
            let fact = Fact::External { relation: "dde".into(), target: target.into() };
            let tree = Tree::new(Child::new("a.csv", "file", Vec::new()).with(fact));
            let mut hits = 0;
            check(&tree, &mut |_, _| hits += 1);
            assert_eq!(hits == 1, want, "{target}");
        }
    }
}
