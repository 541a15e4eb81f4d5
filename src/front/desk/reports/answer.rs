//! The answer to who handed a mail on, and who gets one.
//!
//! RFC 3834: programs, lists and bounces get none; the answer goes to the sender of the envelope, says that a program wrote
//! it, and is never sent twice. Strangers get none either, because anybody can write any sender.

use super::letter::{self, Letter};
use crate::front::desk::settings::Settings;
use crate::front::desk::words::{fill, say};
use crate::message::forwarded::Forwarded;
use crate::report::gist::{Gist, quote};
use crate::report::{Lang, Report};
use crate::verdict::Verdict;

/// An answer that is ready to be sent.
pub(super) struct Answer {
    /// Who gets it.
    pub(super) recipient: String,
    /// The finished letter.
    pub(super) mail: Vec<u8>,
}

/// The longest address that is answered (RFC 5321 section 4.5.3.1: 64 for the name, 255 for the domain).
const ADDRESS: usize = 320;

impl Answer {
    /// The answer to a mail, if it is to get one.
    pub(super) fn to(
        forwarded: &Forwarded,
        taken: &[(String, Report)],
        is_inline: bool,
        settings: &Settings,
    ) -> Option<Self> {
        let from = settings.answer_from.as_deref()?;
        let to = recipient(forwarded, settings)?;
        let lang = lang(forwarded, taken);
        let worst = taken.iter().max_by_key(|(_, report)| (report.verdict, report.score))?;
        let id = taken.first().map(|(id, _)| id.as_str()).unwrap_or_default();
        let verdict = Gist::of(&worst.1, lang).verdict;
        let subject = fill(lang, "answer.subject", &[verdict, id]);
        let body = body(taken, is_inline, forwarded.more, settings, lang);
        let mail = letter::write(&Letter {
            from,
            to: &to,
            subject: &subject,
            answers: &forwarded.message_id,
            body: &body,
            lang,
        })?;
        Some(Self { recipient: to, mail })
    }
}

/// To whom it goes, if to anybody.
fn recipient(forwarded: &Forwarded, settings: &Settings) -> Option<String> {
    let from = forwarded.from.as_ref().map(|from| from.address.as_str());
    let to = forwarded.return_path.as_deref().or(from)?;
    let (_, domain) = to.rsplit_once('@')?;
    let is_ours = settings.answer_domains.iter().any(|ours| {
        domain == ours || domain.strip_suffix(ours.as_str()).is_some_and(|rest| rest.ends_with('.'))
    });
    let is_itself = settings.answer_from.as_deref() == Some(to);
    let is_plain = to.len() <= ADDRESS && to.bytes().all(|byte| byte.is_ascii_graphic());
    (is_ours && !is_itself && !forwarded.is_automatic && is_plain).then(|| to.to_string())
}

/// Japanese if the mail has Japanese text; where it has no text, if what it hands on has a Japanese subject.
fn lang(forwarded: &Forwarded, taken: &[(String, Report)]) -> Lang {
    let own = [forwarded.subject.as_str(), &forwarded.text];
    let is_empty = !own.iter().any(|text| text.chars().any(char::is_alphabetic));
    let subjects = taken.iter().filter_map(|(_, report)| report.subject.as_deref()).filter(|_| is_empty);
    if own.into_iter().chain(subjects).any(|text| text.chars().any(is_japanese)) {
        Lang::Ja
    } else {
        Lang::En
    }
}

fn is_japanese(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ff66}'..='\u{ff9f}')
}

/// What the answer says.
fn body(taken: &[(String, Report)], is_inline: bool, more: usize, settings: &Settings, lang: Lang) -> String {
    let mut lines = vec![say(lang, "answer.lead").to_string(), String::new()];
    for (id, report) in taken {
        of_one(id, report, lang, &mut lines);
    }
    if more > 0 {
        lines.extend([fill(lang, "answer.more", &[&more.to_string()]), String::new()]);
    }
    if is_inline {
        lines.extend([say(lang, "answer.inline").to_string(), String::new()]);
    }
    if !settings.contacts.is_empty() {
        lines.extend([say(lang, "contact").to_string()]);
        lines.extend(settings.contacts.iter().map(|line| format!("  {line}")));
        lines.push(String::new());
    }
    lines.push(say(lang, "answer.foot").to_string());
    lines.join("\n")
}

/// What it says of one mail: the verdict, which mail, what to do.
fn of_one(id: &str, report: &Report, lang: Lang, lines: &mut Vec<String>) {
    let gist = Gist::of(report, lang);
    lines.push(format!("{} {}", gist.sign, gist.headline));
    lines.extend(Some(gist.why).filter(|why| !why.is_empty()));
    lines.push(String::new());
    let subject = report.subject.as_deref().map(|subject| quote(subject, 100));
    let from = report.from.as_deref().map(|from| quote(from, 200));
    let file = Some(quote(&report.path, 100)).filter(|path| !path.is_empty() && subject.is_none());
    let rows = [
        ("label.subject", subject),
        ("label.from", from),
        ("label.file", file),
        ("answer.number", Some(id.into())),
    ];
    for (label, value) in rows {
        lines.extend(value.map(|value| format!("  {}: {value}", say(lang, label))));
    }
    lines.push(String::new());
    let is_clean = report.verdict == Verdict::Clean;
    lines.push(say(lang, if is_clean { "message.before" } else { "message.now" }).to_string());
    let clean = ["do.clean.1", "do.clean.2", "do.clean.3"].map(|key| say(lang, key));
    let steps: Vec<&str> = if is_clean { clean.to_vec() } else { gist.steps };
    lines.extend(steps.iter().enumerate().map(|(n, step)| format!("  {}. {step}", n + 1)));
    lines.push(String::new());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::desk::smtp::Server;
    use crate::limits::Limits;
    use crate::report::tests::malicious;

    fn settings() -> Settings {
        Settings {
            smtp: Some(Server::at("mx:25")),
            answer_from: Some("help@city.example".into()),
            answer_domains: vec!["city.example".into()],
            contacts: vec!["内線1234".into()],
            ..Settings::default()
        }
    }

    fn forwarded(head: &str) -> Forwarded {
        Forwarded::read(format!("{head}\r\n\r\nx").as_bytes(), &Limits::default())
    }

    #[test]
    fn people_of_the_house_get_an_answer_and_nobody_else() {
        let rows = [
            ("From: a@city.example", Some("a@city.example")),
            ("Return-Path: <b@city.example>\r\nFrom: a@evil.example", Some("b@city.example")),
            ("Return-Path: <b@evil.example>\r\nFrom: a@city.example", None),
            ("From: a@ward.city.example", Some("a@ward.city.example")),
            ("From: a@notcity.example", None),
            ("Return-Path: <>\r\nFrom: a@city.example", None),
            ("From: a@city.example\r\nAuto-Submitted: auto-replied", None),
            ("From: help@city.example", None),
            ("From: nobody", None),
            ("Subject: x", None),
        ];
        for (head, want) in rows {
            assert_eq!(recipient(&forwarded(head), &settings()).as_deref(), want, "{head}");
        }
        let silent = Settings { answer_from: None, ..settings() };
        let taken = [("5f-1".to_string(), malicious())];
        assert!(Answer::to(&forwarded("From: a@city.example"), &taken, false, &silent).is_none());
    }

    #[test]
    fn the_language_is_that_of_the_reporter() {
        let mut report = malicious();
        report.subject = Some("請求書".into());
        let taken = [("5f-1".to_string(), report)];
        let of = |subject: &str, text: &str| {
            lang(&Forwarded { subject: subject.into(), text: text.into(), ..Forwarded::default() }, &taken)
        };
        assert_eq!(of("Fwd: invoice", "これは何ですか"), Lang::Ja);
        assert_eq!(of("Fwd: invoice", "What is this?"), Lang::En);
        assert_eq!(of("", " \n"), Lang::Ja, "only what was handed on tells");
    }

    #[test]
    fn the_answer_tells_verdict_steps_and_number() {
        let taken = [("5f-1".to_string(), malicious())];
        let text = body(&taken, true, 2, &settings(), Lang::En);
        for part in [
            "■ Dangerous: very likely a virus mail",
            "5f-1",
            "What to do now",
            "  1. ",
            "内線1234",
            "as an attachment",
            "2 more",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let text = body(&taken, false, 0, &settings(), Lang::Ja);
        assert!(
            text.contains("■ 危険") && text.contains("今すること") && !text.contains("http://"),
            "{text}"
        );
        let mut clean = malicious();
        (clean.verdict, clean.findings) = (Verdict::Clean, Vec::new());
        let text = body(&[("5f-2".to_string(), clean)], false, 0, &settings(), Lang::En);
        assert!(text.contains("Nothing suspicious was found (this is no guarantee)"), "{text}");
    }
}
