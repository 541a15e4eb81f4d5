//! One report in sentences of one language: what [`super::text`] and [`super::html`] lay out.
//!
//! Everything that a stranger wrote is printable, of bounded length, and its links are dead by the time it stands
//! in a [`Gist`].

use super::words::{fill, say, word};
use super::{FindingEntry, Lang, PasswordEntry, Report, UnreadEntry, links, trail};
use crate::detect::Strength;
use crate::text::printable;
use crate::verdict::Verdict;

/// What is said of one message.
#[derive(Clone, Debug)]
pub struct Gist {
    /// A sign that stands beside the colour, so that nothing depends on colour.
    pub sign: &'static str,
    /// The verdict in a word.
    pub verdict: &'static str,
    /// The verdict in a sentence.
    pub headline: &'static str,
    /// Why, in a sentence or two; empty where nothing was found.
    pub why: String,
    /// Which message: label and value.
    pub about: Vec<(&'static str, String)>,
    /// What was found, strongest first.
    pub reasons: Vec<Reason>,
    /// What was opened with which password.
    pub passwords: Vec<String>,
    /// What was not read: where, why, details.
    pub unread: Vec<Missed>,
    /// How many more things were not read.
    pub unread_more: usize,
    /// What to do now, in order.
    pub steps: Vec<&'static str>,
}

/// All hits of one rule.
#[derive(Clone, Debug)]
pub struct Reason {
    /// What was found, in a sentence.
    pub title: String,
    /// The rule's name.
    pub rule: String,
    /// How much it says, in a word.
    pub strength: &'static str,
    /// ATT&CK ids.
    pub attack: String,
    /// Where, and the words that show it.
    pub places: Vec<Place>,
    /// How many more places there are.
    pub more: usize,
}

/// One hit of a rule.
#[derive(Clone, Debug)]
pub struct Place {
    /// Where.
    pub trail: String,
    /// The words that show it; may be empty.
    pub evidence: String,
}

/// Something that was not read.
#[derive(Clone, Debug)]
pub struct Missed {
    /// Where.
    pub trail: String,
    /// Why, in a sentence.
    pub reason: String,
    /// Which entry or method; may be empty.
    pub detail: String,
}

/// The most places of one rule that are listed.
const PLACES: usize = 5;

/// The most unread things that are listed.
const UNREAD: usize = 10;

/// The most recipients that are listed.
const RECIPIENTS: usize = 10;

impl Gist {
    /// The gist of a report.
    pub fn of(report: &Report, lang: Lang) -> Self {
        let id = verdict_id(report.verdict);
        Self {
            sign: word(lang, "sign", id),
            verdict: word(lang, "verdict", id),
            headline: word(lang, "headline", id),
            why: why(report, lang),
            about: about(report, lang),
            reasons: reasons(report, lang),
            passwords: report.passwords.iter().map(|entry| password(report, entry, lang)).collect(),
            unread: report.unread.iter().take(UNREAD).map(|entry| missed(report, entry, lang)).collect(),
            unread_more: report.unread.len().saturating_sub(UNREAD),
            steps: steps(report, lang),
        }
    }
}

/// The stable word of a verdict.
pub fn verdict_id(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Clean => "clean",
        Verdict::Unverified => "unverified",
        Verdict::Suspicious => "suspicious",
        Verdict::Malicious => "malicious",
    }
}

/// The file and, where it holds several, the place of the message in it, counted from 1 as people do.
pub fn source(report: &Report, lang: Lang) -> String {
    let path = clip_middle(&printable(&report.path));
    if report.index == 0 { path } else { fill(lang, "file.index", &[&path, &(report.index + 1).to_string()]) }
}

/// Where an artifact stands, in words where it is the mail itself.
pub fn place(report: &Report, id: usize, lang: Lang) -> String {
    let trail = trail(report, id);
    if trail.is_empty() { say(lang, "place.message").into() } else { links::defang(&trail) }
}

/// A size as people say it.
pub fn size(bytes: u64) -> String {
    let units = [(30, "GB"), (20, "MB"), (10, "KB")];
    match units.into_iter().find(|(shift, _)| bytes >> shift > 0) {
        Some((shift, unit)) => {
            let tenths = (bytes >> (shift - 10)).saturating_mul(10) >> 10;
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} B"),
    }
}

/// What a stranger wrote, for people: printable, dead links, at most `most` characters.
pub fn quote(text: &str, most: usize) -> String {
    let mut shown: String = text.chars().take(most).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    links::defang(&printable(&shown))
}

/// A name of at most 80 characters that keeps its beginning and its end, where the extension is: many spaces
/// before `.exe` are a trick, and a name cut behind would play along.
pub fn clip_middle(name: &str) -> String {
    const HEAD: usize = 46;
    const TAIL: usize = 33;
    let count = name.chars().count();
    if count <= HEAD + TAIL + 1 {
        return name.to_string();
    }
    let head: String = name.chars().take(HEAD).collect();
    let tail: String = name.chars().skip(count - TAIL).collect();
    format!("{head}…{tail}")
}

/// One sentence: what the strongest finding says. A password from the mail is told first, because it explains
/// how something locked could be read.
fn why(report: &Report, lang: Lang) -> String {
    let strongest = report.findings.first().filter(|_| report.verdict >= Verdict::Suspicious);
    let Some(strongest) = strongest else {
        let unread = report.unread.first().filter(|_| report.verdict == Verdict::Unverified);
        return unread.map(|unread| word(lang, "unread", unread.reason).to_string()).unwrap_or_default();
    };
    let opened = report.passwords.iter().find_map(|entry| match entry.source {
        "body" | "subject" => Some("why.password"),
        "other-mail" => Some("why.password-of-other-mail"),
        _ => None,
    });
    let (gap, stop) = if lang == Lang::En { (" ", ".") } else { ("", "。") };
    let what = format!("{}{stop}", title(strongest, lang).trim_end_matches(stop));
    opened.map_or(what.clone(), |key| format!("{}{gap}{what}", say(lang, key)))
}

fn title(finding: &FindingEntry, lang: Lang) -> String {
    let wanted =
        if lang == Lang::Ja && !finding.title_ja.is_empty() { &finding.title_ja } else { &finding.title };
    quote(if wanted.is_empty() { &finding.id } else { wanted }, 300)
}

fn about(report: &Report, lang: Lang) -> Vec<(&'static str, String)> {
    let mut to = report.to.iter().take(RECIPIENTS).map(|to| quote(to, 100)).collect::<Vec<_>>().join(", ");
    if report.to.len() > RECIPIENTS {
        to.push_str(" … ");
        to.push_str(&fill(lang, "more", &[&(report.to.len() - RECIPIENTS).to_string()]));
    }
    let header = |value: &Option<String>| value.as_deref().map(|value| quote(value, 200)).unwrap_or_default();
    let mut about = vec![
        (say(lang, "label.subject"), header(&report.subject)),
        (say(lang, "label.from"), header(&report.from)),
        (say(lang, "label.to"), to),
        (say(lang, "label.date"), header(&report.date)),
        (say(lang, "label.file"), source(report, lang)),
    ];
    about.retain(|(_, value)| !value.trim().is_empty());
    about
}

/// The findings, folded by rule; they come strongest first.
fn reasons(report: &Report, lang: Lang) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    let mut known = std::collections::BTreeMap::new();
    for finding in &report.findings {
        let at = *known.entry((finding.id.as_str(), finding.title.as_str())).or_insert(reasons.len());
        if at == reasons.len() {
            reasons.push(reason(finding, lang));
        }
        let Some(reason) = reasons.get_mut(at) else { continue };
        if reason.places.len() < PLACES {
            let trail = place(report, finding.artifact, lang);
            reason.places.push(Place { trail, evidence: quote(&finding.evidence, 300) });
        } else {
            reason.more += 1;
        }
    }
    reasons
}

fn reason(finding: &FindingEntry, lang: Lang) -> Reason {
    let strength = match finding.strength {
        Strength::Info => "info",
        Strength::Weak => "weak",
        Strength::Medium => "medium",
        Strength::Strong => "strong",
    };
    Reason {
        title: title(finding, lang),
        rule: quote(&finding.id, 100),
        strength: word(lang, "strength", strength),
        attack: quote(&finding.attack.join(" "), 100),
        places: Vec::new(),
        more: 0,
    }
}

fn password(report: &Report, entry: &PasswordEntry, lang: Lang) -> String {
    let source = password_source(entry, lang);
    let values = [&*place(report, entry.artifact, lang), &*quote(&entry.password, 100), &*source];
    fill(lang, "password.line", &values)
}

/// Where a password was found, in words.
pub fn password_source(entry: &PasswordEntry, lang: Lang) -> String {
    let mut source = word(lang, "source", entry.source).to_string();
    if !entry.place.is_empty() {
        source.push_str(": ");
        source.push_str(&quote(&spot(&entry.place, lang), 160));
    }
    source
}

/// The place of a password in the reader's language: `line 3 of “subject” (1.eml)` is how it is noted.
fn spot(place: &str, lang: Lang) -> String {
    let Some((line, of)) =
        place.strip_prefix("line ").map(|rest| rest.split_once(" of ").unwrap_or((rest, "")))
    else {
        return place.to_string();
    };
    let key = if of.is_empty() { "place.line" } else { "place.line-of" };
    fill(lang, key, &[line, of])
}

fn missed(report: &Report, entry: &UnreadEntry, lang: Lang) -> Missed {
    Missed {
        trail: place(report, entry.artifact, lang),
        reason: word(lang, "unread", entry.reason).to_string(),
        detail: quote(&entry.detail, 100),
    }
}

/// What to do now, by verdict; a clean mail needs nothing done.
fn steps(report: &Report, lang: Lang) -> Vec<&'static str> {
    let keys: &[&str] = match report.verdict {
        Verdict::Clean => &[],
        Verdict::Unverified => {
            &["step.unverified.1", "step.unverified.2", "step.encrypted", "step.unverified.3"]
        }
        Verdict::Suspicious => {
            &["step.suspicious.1", "step.suspicious.2", "step.suspicious.3", "step.opened", "step.enabled"]
        }
        Verdict::Malicious => &[
            "step.malicious.1",
            "step.malicious.2",
            "step.malicious.3",
            "step.malicious.4",
            "step.opened",
            "step.enabled",
            "step.typed",
        ],
    };
    let encrypted = report.unread.iter().any(|entry| entry.reason == "encrypted");
    keys.iter().filter(|key| encrypted || **key != "step.encrypted").map(|key| say(lang, key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Child, Tree, Unread};
    use crate::report::tests::{finding, malicious, tree};
    use crate::text::is_deceptive;

    #[test]
    fn the_gist_of_a_dangerous_mail() {
        let gist = Gist::of(&malicious(), Lang::Ja);
        assert_eq!((gist.sign, gist.verdict), ("■", "危険"));
        assert!(
            gist.why.starts_with("添付ファイルには鍵が")
                && gist.why.ends_with("macro-runsの印が見つかりました。")
        );
        assert_eq!(gist.reasons.len(), 2);
        assert_eq!(gist.reasons[0].places[0].trail, "請求書.zip › 請求書.doc › ThisDocument");
        assert_eq!(gist.reasons[0].places[0].evidence, "Shell \"hxxp://evil[.]example/a.exe\" <b>");
        let line = "請求書.zip：パスワード「p<w>⟨U+202E⟩1」で開きました（メールの本文で見つけました: 3行目）";
        assert_eq!(gist.passwords, [line]);
        assert_eq!(gist.unread[0].reason, "この種類のファイルには、まだ対応していません。");
        assert_eq!(gist.steps.len(), 7);
        assert!(gist.about.iter().all(|(_, value)| !value.chars().any(is_deceptive)));
    }

    #[test]
    fn every_verdict_has_its_words_and_steps() {
        for lang in [Lang::En, Lang::Ja] {
            for verdict in [Verdict::Clean, Verdict::Unverified, Verdict::Suspicious, Verdict::Malicious] {
                let gist = Gist::of(&Report { verdict, ..malicious() }, lang);
                assert!(!gist.headline.is_empty() && gist.headline != verdict_id(verdict));
                assert_eq!(gist.steps.is_empty(), verdict == Verdict::Clean);
                assert!(gist.steps.iter().all(|step| !step.is_empty()));
            }
        }
    }

    #[test]
    fn hits_of_one_rule_are_folded() {
        let findings: Vec<_> = (0..9).map(|_| finding("macro-runs", Strength::Weak, 3)).collect();
        let report = Report::new("a", 0, &tree(), &findings);
        let gist = Gist::of(&report, Lang::En);
        assert_eq!((gist.reasons.len(), gist.reasons[0].places.len(), gist.reasons[0].more), (1, 5, 4));
    }

    #[test]
    fn what_is_locked_asks_for_its_password() {
        let mut shut = Child::new("a.zip", "file", b"PK\x03\x04".to_vec());
        for n in 0..12 {
            shut.unread.push(Unread { reason: "encrypted", detail: format!("{n}.doc") });
        }
        let gist = Gist::of(&Report::new("a.zip", 0, &Tree::new(shut), &[]), Lang::En);
        assert_eq!(gist.why, "It is locked, and no password was found.");
        assert_eq!((gist.unread.len(), gist.unread_more, gist.steps.len()), (10, 2, 4));
    }

    #[test]
    fn sizes_and_clipped_names() {
        let rows =
            [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KB"), (1536, "1.5 KB"), (550 << 20, "550.0 MB")];
        for (bytes, want) in rows {
            assert_eq!(size(bytes), want);
        }
        assert_eq!(size(u64::MAX), "17179869183.9 GB");
        let long = format!("invoice.pdf{}.exe", " ".repeat(500));
        let clipped = clip_middle(&long);
        assert_eq!(clipped.chars().count(), 80);
        assert!(clipped.starts_with("invoice.pdf") && clipped.ends_with(".exe"));
    }
}
