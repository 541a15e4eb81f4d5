//! What is said: the [`Report`] of one message, and its renderings. The report never decides.
//!
//! [`Report`] holds what programs read ([`json`]); [`gist`] puts it into sentences of one language, which
//! [`text`] and [`html`] lay out. Names, evidence and header values went through `text::printable` before they
//! came in here or do so in [`Report::new`]; only `path` and passwords stand as they are, because both must work
//! when typed again, and every rendering shows their hidden characters.

pub mod facts;
pub mod gist;
pub mod html;
mod indicators;
pub mod json;
mod known;
pub mod links;
mod recipients;
pub mod text;
pub mod words;

pub use known::Word;
pub use words::Lang;

use crate::artifact::{Artifact, Fact, Tree};
use crate::detect::Finding;
use crate::kind::{Class, Kind};
use crate::verdict::{self, Verdict};
use serde::{Deserialize, Serialize};

/// The report of one message; serialises to the contract of `docs/report.schema.json` and is read back from it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// `tenpu/1`.
    #[serde(deserialize_with = "known::word")]
    pub schema: Word,
    /// The file or folder entry the message came from; `-` for standard input.
    pub path: String,
    /// The place of the message in that file, from 0.
    pub index: usize,
    /// Header facts of the message; null where the input was no message.
    pub message_id: Option<String>,
    /// The `Date` header as written.
    pub date: Option<String>,
    /// The `From` header, decoded.
    pub from: Option<String>,
    /// Each recipient of `To` and `Cc`, decoded.
    pub to: Vec<String>,
    /// The subject, decoded.
    pub subject: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// 0 to 100, to order a queue.
    pub score: u8,
    /// Whether everything was read.
    pub complete: bool,
    /// What was found, strongest first.
    pub findings: Vec<FindingEntry>,
    /// Everything that was inside.
    pub artifacts: Vec<ArtifactEntry>,
    /// What the code would do; empty until programs are emulated.
    pub behaviours: Vec<serde_json::Value>,
    /// What to search for elsewhere.
    pub indicators: Vec<Indicator>,
    /// Web addresses that stand in texts. They are no indicators, and no part of what is written: a store lets them be
    /// found.
    #[serde(skip)]
    pub links: Vec<String>,
    /// Passwords that opened something.
    pub passwords: Vec<PasswordEntry>,
    /// What could not be read.
    pub unread: Vec<UnreadEntry>,
    /// Milliseconds the scan took.
    pub elapsed_ms: f64,
    /// Why the message could not be scanned at all; absent where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One finding of the report.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FindingEntry {
    /// The rule.
    pub id: String,
    /// How much it says.
    pub strength: crate::detect::Strength,
    /// The artifact's id.
    pub artifact: usize,
    /// English sentence.
    pub title: String,
    /// The same in Japanese.
    pub title_ja: String,
    /// Printable evidence.
    pub evidence: String,
    /// ATT&CK ids.
    pub attack: Vec<String>,
}

/// One artifact of the report.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ArtifactEntry {
    /// Its id.
    pub id: usize,
    /// Its parent's id.
    pub parent: Option<usize>,
    /// Printable name.
    pub name: String,
    /// Kind by content.
    #[serde(deserialize_with = "known::word")]
    pub format: Word,
    /// Whole size in bytes.
    pub size: u64,
    /// SHA-256 in hex.
    pub sha256: String,
    /// How it was reached.
    #[serde(deserialize_with = "known::word")]
    pub via: Word,
    /// What was broken but read in part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damage: Vec<String>,
}

/// Something to search for elsewhere (MISP attribute types).
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Indicator {
    /// `url`, `domain`, `ip`, `email`, `filename`, `sha256`, `command`.
    #[serde(rename = "type", deserialize_with = "known::word")]
    pub kind: Word,
    /// The value, as found.
    pub value: String,
    /// The artifact's id.
    pub artifact: usize,
}

/// A password that opened something.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PasswordEntry {
    /// The artifact that was opened.
    pub artifact: usize,
    /// The password.
    pub password: String,
    /// The kind of place it was found in.
    #[serde(deserialize_with = "known::word")]
    pub source: Word,
    /// The place itself.
    pub place: String,
    /// What it opened: `zip-crypto`, `winzip-aes` …
    #[serde(deserialize_with = "known::word")]
    pub scheme: Word,
}

/// Something that could not be read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UnreadEntry {
    /// The artifact's id.
    pub artifact: usize,
    /// Why, in kebab-case.
    #[serde(deserialize_with = "known::word")]
    pub reason: Word,
    /// Which entry or method.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

impl Report {
    /// How many parts of the message are locked.
    pub fn locked(&self) -> usize {
        self.unread.iter().filter(|unread| unread.reason == "encrypted").count()
    }

    /// The report of a tree and its findings. `elapsed_ms` is left 0; the conductor knows the clock.
    pub fn new(path: &str, index: usize, tree: &Tree, findings: &[Finding]) -> Self {
        let complete = tree.iter().all(|artifact| artifact.unread.is_empty());
        let verdict = verdict::decide(findings, complete);
        let root = tree.get(0);
        let header = |name| root.and_then(|root| root.header(name)).map(crate::text::printable);
        Self {
            schema: "tenpu/1",
            path: path.to_string(),
            index,
            message_id: header("message-id"),
            date: header("date"),
            from: header("from"),
            to: root.map(recipients::recipients).unwrap_or_default(),
            subject: header("subject"),
            verdict,
            score: verdict::score(findings, verdict),
            complete,
            findings: findings.iter().map(FindingEntry::from).collect(),
            artifacts: tree.iter().map(ArtifactEntry::from).collect(),
            behaviours: Vec::new(),
            indicators: indicators::indicators(tree, findings),
            links: indicators::links(tree),
            passwords: tree.iter().flat_map(passwords).collect(),
            unread: tree.iter().flat_map(unread).collect(),
            elapsed_ms: 0.0,
            error: None,
        }
    }

    /// The report of a message that could not be scanned because the scanner itself failed on it.
    pub fn fault(path: &str, index: usize, reason: &str) -> Self {
        let unread =
            UnreadEntry { artifact: 0, reason: "scan-fault", detail: crate::text::printable(reason) };
        Self {
            path: path.to_string(),
            index,
            verdict: Verdict::Unverified,
            score: verdict::score(&[], Verdict::Unverified),
            complete: false,
            error: Some(unread.detail.clone()),
            unread: vec![unread],
            ..Self::new(path, index, &Tree::default(), &[])
        }
    }

    /// A text without the passwords that were found: a subject or a file name may tell one.
    pub fn without_passwords(&self, text: &str) -> String {
        let passwords = self.passwords.iter().map(|entry| entry.password.as_str());
        passwords.filter(|password| !password.is_empty()).fold(text.to_string(), |text, password| {
            text.replace(password, "[password]").replace(&crate::text::printable(password), "[password]")
        })
    }

    /// Whether links are as [`Report::new`] finds them: what comes from somewhere else may be anything.
    pub fn are_links(links: &[String]) -> bool {
        links.len() <= indicators::MOST_LINKS && links.iter().all(|link| link.len() <= links::LONGEST)
    }

    /// The entry of an artifact.
    pub fn artifact(&self, id: usize) -> Option<&ArtifactEntry> {
        self.artifacts.get(id).filter(|artifact| artifact.id == id)
    }
}

/// Where an artifact stands, as a person would walk to it: `請求書.zip › 請求書.doc › ThisDocument`. The mail
/// itself is left out, for everything is inside it; it alone gives an empty trail. Long names lose their middle,
/// never their extension.
pub fn trail(report: &Report, id: usize) -> String {
    let mut names = Vec::new();
    let mut next = report.artifact(id);
    while let Some(artifact) = next {
        let parent = artifact.parent.filter(|parent| *parent < artifact.id);
        let is_mail = Kind::named(artifact.format).is_some_and(|kind| kind.class == Class::Message);
        if parent.is_some() || !is_mail {
            names.push(shown(artifact));
        }
        next = parent.and_then(|parent| report.artifact(parent));
    }
    names.reverse();
    names.join(" › ")
}

/// The name of an artifact, or its kind in brackets where it has none.
fn shown(artifact: &ArtifactEntry) -> String {
    match artifact.name.trim() {
        "" => format!("[{}]", artifact.format),
        name => gist::clip_middle(name),
    }
}

/// Bytes in lower-case hex.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn passwords(artifact: &Artifact) -> impl Iterator<Item = PasswordEntry> {
    artifact.facts.iter().filter_map(|fact| match fact {
        Fact::OpenedWith { scheme, password, origin } => Some(PasswordEntry {
            artifact: artifact.id,
            password: password.clone(),
            source: origin.source.id(),
            place: crate::text::printable(&origin.place),
            scheme,
        }),
        _ => None,
    })
}

fn unread(artifact: &Artifact) -> impl Iterator<Item = UnreadEntry> {
    artifact.unread.iter().map(|unread| UnreadEntry {
        artifact: artifact.id,
        reason: unread.reason,
        detail: crate::text::printable(&unread.detail),
    })
}

impl From<&Finding> for FindingEntry {
    fn from(finding: &Finding) -> Self {
        Self {
            id: finding.rule.clone(),
            strength: finding.strength,
            artifact: finding.artifact,
            title: finding.title.en.clone(),
            title_ja: finding.title.ja.clone(),
            evidence: finding.evidence.clone(),
            attack: finding.attack.clone(),
        }
    }
}

impl From<&Artifact> for ArtifactEntry {
    fn from(artifact: &Artifact) -> Self {
        Self {
            id: artifact.id,
            parent: artifact.parent,
            name: crate::text::printable(&artifact.name),
            format: artifact.kind.id,
            size: artifact.size,
            sha256: hex(&artifact.sha256),
            via: artifact.via,
            damage: artifact.damage.iter().map(|damage| damage.what.to_string()).collect(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::artifact::{Child, Damage, Unread};
    use crate::detect::{Strength, Title};
    use crate::keyring::{Origin, Source};

    /// A dangerous mail with hostile names, as the tests of every rendering use it.
    pub(crate) fn tree() -> Tree {
        let mut root = Child::new("m.eml", "file", b"Subject: x\r\n\r\n".to_vec());
        for (name, value) in [
            ("subject", "Re: 請求書の件 \u{202e}<script>alert(1)</script>"),
            ("from", "佐藤 太郎 <a@city.example>"),
            ("to", "\"Doe, Jane\" <j@a.example>, b@a.example"),
            ("cc", "c@a.example,"),
            ("date", "Fri, 4 Mar 2022 09:12:00 +0900"),
            ("message-id", "<1@a.example>"),
        ] {
            root = root.with(Fact::Header { name, value: value.into() });
        }
        let mut tree = Tree::new(root);
        let origin = Origin { source: Source::Body, place: "line 3".into() };
        let password = "p<w>\u{202e}1".to_string();
        let opened = Fact::OpenedWith { scheme: "zip-crypto", password, origin };
        let zip = Child::new("請求書.zip", "attachment", b"PK\x03\x04".to_vec()).with(opened);
        let zip = tree.add(Some(0), zip);
        let doc = tree.add(Some(zip), Child::new("請求書.doc", "zip", b"\0doc".to_vec()));
        let code = b"Sub AutoOpen()\n\tx = \"http://evil.example/a.exe\"\nEnd Sub\n".to_vec();
        tree.add(Some(doc), Child::new("ThisDocument", "vba-module", code).of_kind("vba"));
        let mut shut =
            Child::new("<img src=x onerror=alert(1)>.7z", "attachment", b"7z\xbc\xaf\x27\x1c".to_vec());
        shut.unread.push(Unread { reason: "unsupported-format", detail: "\u{1b}[31m7z".into() });
        shut.damage.push(Damage { what: "base64-junk", detail: "3 characters".into() });
        tree.add(Some(0), shut);
        tree
    }

    pub(crate) fn finding(rule: &str, strength: Strength, artifact: usize) -> Finding {
        Finding {
            rule: rule.into(),
            strength,
            artifact,
            title: Title {
                en: format!("The {rule} sign was found."),
                ja: format!("{rule}の印が見つかりました。"),
            },
            evidence: "Shell \"http://evil.example/a.exe\" <b>".into(),
            attack: vec!["T1204.002".into()],
        }
    }

    pub(crate) fn malicious() -> Report {
        let findings = [finding("macro-runs", Strength::Strong, 3), finding("small", Strength::Weak, 1)];
        Report::new("mail/<b>\u{202e}.eml", 0, &tree(), &findings)
    }

    #[test]
    fn the_report_of_a_tree() {
        let report = malicious();
        assert_eq!((report.verdict, report.score, report.complete), (Verdict::Malicious, 90, false));
        assert_eq!(report.to, ["\"Doe, Jane\" <j@a.example>", "b@a.example", "c@a.example"]);
        let subject = "Re: 請求書の件 ⟨U+202E⟩<script>alert(1)</script>";
        assert_eq!(report.subject.as_deref(), Some(subject));
        assert_eq!(report.unread[0].detail, "⟨U+001B⟩[31m7z");
        assert_eq!(report.passwords[0].password, "p<w>\u{202e}1");
        let urls: Vec<_> = report.indicators.iter().filter(|i| i.kind == "url").map(|i| &i.value).collect();
        assert_eq!(urls, ["http://evil.example/a.exe"]);
    }

    #[test]
    fn trails_lead_to_the_artifact() {
        let report = malicious();
        assert_eq!(trail(&report, 3), "請求書.zip › 請求書.doc › ThisDocument");
        assert_eq!(trail(&report, 0), "");
        assert_eq!(trail(&report, 99), "");
        let bare = Tree::new(Child::new("a.doc", "file", b"\0".to_vec()));
        assert_eq!(trail(&Report::new("a.doc", 0, &bare, &[]), 0), "a.doc");
        let unnamed = Tree::new(Child::new(" ", "file", b"\0".to_vec()));
        assert_eq!(trail(&Report::new("-", 0, &unnamed, &[]), 0), "[data]");
    }

    #[test]
    fn a_fault_is_unverified_and_says_so() {
        let report = Report::fault("a.eml", 3, "bad\n");
        assert_eq!((report.verdict, report.score, report.complete), (Verdict::Unverified, 20, false));
        assert_eq!((report.index, report.error.as_deref()), (3, Some("bad⟨U+000A⟩")));
        assert_eq!(report.unread[0].reason, "scan-fault");
    }
}
