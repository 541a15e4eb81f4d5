//! What is said: the [`Report`] of one message, and its renderings. The report never decides.

use crate::artifact::{Artifact, Fact, Tree};
use crate::detect::Finding;
use crate::verdict::{self, Verdict};
use serde::Serialize;

/// The report of one message; serialises to the contract of `docs/report.schema.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// `tenpu/1`.
    pub schema: &'static str,
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
    /// Passwords that opened something.
    pub passwords: Vec<PasswordEntry>,
    /// What could not be read.
    pub unread: Vec<UnreadEntry>,
    /// Milliseconds the scan took.
    pub elapsed_ms: f64,
}

/// One finding of the report.
#[derive(Clone, Debug, Serialize)]
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
#[derive(Clone, Debug, Serialize)]
pub struct ArtifactEntry {
    /// Its id.
    pub id: usize,
    /// Its parent's id.
    pub parent: Option<usize>,
    /// Printable name.
    pub name: String,
    /// Kind by content.
    pub format: &'static str,
    /// Whole size in bytes.
    pub size: u64,
    /// SHA-256 in hex.
    pub sha256: String,
    /// How it was reached.
    pub via: &'static str,
    /// What was broken but read in part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damage: Vec<String>,
}

/// Something to search for elsewhere (MISP attribute types).
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Indicator {
    /// `url`, `domain`, `ip`, `email`, `filename`, `sha256`, `command`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The value, as found.
    pub value: String,
    /// The artifact's id.
    pub artifact: usize,
}

/// A password that opened something.
#[derive(Clone, Debug, Serialize)]
pub struct PasswordEntry {
    /// The artifact that was opened.
    pub artifact: usize,
    /// The password.
    pub password: String,
    /// The kind of place it was found in.
    pub source: &'static str,
    /// The place itself.
    pub place: String,
    /// What it opened: `zip-crypto`, `winzip-aes` …
    pub scheme: &'static str,
}

/// Something that could not be read.
#[derive(Clone, Debug, Serialize)]
pub struct UnreadEntry {
    /// The artifact's id.
    pub artifact: usize,
    /// Why, in kebab-case.
    pub reason: &'static str,
    /// Which entry or method.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

impl Report {
    /// The report of a tree and its findings. `elapsed_ms` is left 0; the conductor knows the clock.
    pub fn new(path: &str, index: usize, tree: &Tree, findings: &[Finding]) -> Self {
        let complete = tree.iter().all(|artifact| artifact.unread.is_empty());
        let verdict = verdict::decide(findings, complete);
        let root = tree.get(0);
        let header = |name| root.and_then(|root| root.header(name)).map(str::to_string);
        Self {
            schema: "tenpu/1",
            path: path.to_string(),
            index,
            message_id: header("message-id"),
            date: header("date"),
            from: header("from"),
            to: Vec::new(),
            subject: header("subject"),
            verdict,
            score: verdict::score(findings, verdict),
            complete,
            findings: findings.iter().map(FindingEntry::from).collect(),
            artifacts: tree.iter().map(ArtifactEntry::from).collect(),
            behaviours: Vec::new(),
            indicators: Vec::new(),
            passwords: tree.iter().flat_map(passwords).collect(),
            unread: tree.iter().flat_map(unread).collect(),
            elapsed_ms: 0.0,
        }
    }
}

fn passwords(artifact: &Artifact) -> impl Iterator<Item = PasswordEntry> {
    artifact.facts.iter().filter_map(|fact| match fact {
        Fact::OpenedWith { scheme, password, origin } => Some(PasswordEntry {
            artifact: artifact.id,
            password: password.clone(),
            source: origin.source.id(),
            place: origin.place.clone(),
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
            sha256: artifact.sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
            via: artifact.via,
            damage: artifact.damage.iter().map(|damage| damage.what.to_string()).collect(),
        }
    }
}
