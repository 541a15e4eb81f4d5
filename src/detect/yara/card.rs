//! What a rule says of itself: its `meta` section turned into what findings need.
//!
//! tenpu's own signatures carry `id`, `title_en`, `title_ja`, `strength`, `attack` and `reference`, and a test
//! holds them to it. User rules may; where they do not, the habits of public rule sets are read instead:
//! `description`, `score` (0–100), `severity` (a word, or 0–100).

use super::Listed;
use super::sources::Source;
use crate::detect::{Strength, Title};
use crate::text::printable;
use yara_x::{MetaValue, Rule};

/// What findings say of one rule.
#[derive(Debug)]
pub(super) struct Card {
    pub listed: Listed,
    pub attack: Vec<String>,
    /// Author and reference of a user rule. Rule licences such as the Detection Rule License want the author
    /// named wherever a match is shown.
    pub credit: Option<String>,
    /// A private rule serves other rules and finds nothing itself.
    pub private: bool,
}

impl Card {
    pub(super) fn new(rule: &Rule, source: &Source) -> Self {
        let title = title(rule);
        Self {
            listed: Listed {
                id: id(rule, source.builtin),
                strength: strength(rule),
                title_en: title.en,
                title_ja: title.ja,
                file: source.file.clone(),
                builtin: source.builtin,
            },
            attack: attack(rule),
            credit: (!source.builtin).then(|| credit(rule)),
            private: rule.is_private(),
        }
    }

    pub(super) fn title(&self) -> Title {
        Title { en: self.listed.title_en.clone(), ja: self.listed.title_ja.clone() }
    }
}

/// The longest text of a user's `meta` that is kept, in characters.
const LONGEST: usize = 200;

fn text(rule: &Rule, wanted: &str) -> Option<String> {
    rule.metadata().find_map(|(name, value)| match value {
        MetaValue::String(text) if name == wanted && !text.trim().is_empty() => {
            Some(printable(text.trim()).chars().take(LONGEST).collect())
        }
        _ => None,
    })
}

fn number(rule: &Rule, wanted: &str) -> Option<i64> {
    rule.metadata().find_map(|(name, value)| match value {
        MetaValue::Integer(number) if name == wanted => Some(number),
        MetaValue::String(text) if name == wanted => text.trim().parse().ok(),
        _ => None,
    })
}

/// User ids are marked, so that no user rule can pass for one of tenpu's own. Public rule sets keep UUIDs in
/// `id`, which tell a reader nothing; those give way to the rule's name.
fn id(rule: &Rule, builtin: bool) -> String {
    let own = text(rule, "id").filter(|id| is_kebab(id));
    match (builtin, own) {
        (true, own) => own.unwrap_or_else(|| rule.identifier().replace('_', "-")),
        (false, own) => format!("yara:{}", own.as_deref().unwrap_or(rule.identifier())),
    }
}

fn is_kebab(id: &str) -> bool {
    let kebab = id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let uuid = id.len() == 36 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    kebab && !uuid
}

fn strength(rule: &Rule) -> Strength {
    let word = text(rule, "strength").or_else(|| text(rule, "severity"));
    word.and_then(|word| named(&word.to_lowercase()))
        .or_else(|| number(rule, "score").or_else(|| number(rule, "severity")).map(scored))
        .unwrap_or(Strength::Medium)
}

fn named(word: &str) -> Option<Strength> {
    Some(match word {
        "strong" | "critical" | "high" => Strength::Strong,
        "medium" | "moderate" => Strength::Medium,
        "weak" | "low" => Strength::Weak,
        "info" | "informational" => Strength::Info,
        _ => return None,
    })
}

fn scored(score: i64) -> Strength {
    match score {
        80.. => Strength::Strong,
        60.. => Strength::Medium,
        _ => Strength::Weak,
    }
}

fn attack(rule: &Rule) -> Vec<String> {
    let listed = text(rule, "attack").unwrap_or_default();
    listed.split(',').map(str::trim).filter(|id| is_technique(id)).map(str::to_string).collect()
}

/// `T1204` or `T1204.002`.
fn is_technique(id: &str) -> bool {
    let (technique, part) = id.split_once('.').unwrap_or((id, "000"));
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    technique.strip_prefix('T').is_some_and(|number| digits(number, 4)) && digits(part, 3)
}

fn title(rule: &Rule) -> Title {
    let name = rule.identifier();
    let en = text(rule, "title_en").or_else(|| text(rule, "description"));
    Title {
        en: en.unwrap_or_else(|| format!("Matches the YARA rule {name}")),
        ja: text(rule, "title_ja").unwrap_or_else(|| format!("YARAルール「{name}」に一致しました")),
    }
}

fn credit(rule: &Rule) -> String {
    let mut credit = format!("rule {}", rule.identifier());
    for (before, name) in [(" by ", "author"), (", see ", "reference")] {
        if let Some(text) = text(rule, name) {
            credit.push_str(before);
            credit.push_str(&text);
        }
    }
    credit
}
