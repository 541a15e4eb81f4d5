//! The sentence that says the password comes another way: in a second mail, by telephone, as a picture, as always.

use super::anchors::{self, Strength};
use super::link::{self, Join};
use super::pile::{ANCHORED, Pile, Place};
use super::shape::{self, Shape};
use super::table::{self, Rows};
use super::value::{self, Taker};
use super::view::{self, Line};
use crate::keyring::Letter;
use crate::keyring::Source;

/// Characters of a sentence that are kept.
const LONGEST: usize = 240;

/// Sentences looked at in one message.
const SENTENCES: usize = 4_000;

/// Another way, however it is phrased.
const WAYS: Rows = &[
    "別途|別メール|別のメール|別mail|別送|別便|別の手段|別経路|別電文|後ほど|のちほど|後送|追って",
    "改めて|あらためて|後から|後で|この後|次のメール|次便|続けて|続いて|電話|口頭|sms|ショートメ",
    "ショートメール|teams|slack|チャット|line|line works|chatwork|fax|ファックス|郵送|携帯|いつもの",
    "いつも通り|いつもと同|従来|前回と同|毎回同|既定の|規定の|所定の|共通の|お決まり|事前にお|以前お",
    "ご存知の|ご存じの|取り決め|お知らせ済|ご連絡済|お伝え済|お問い合わせ|お問合せ|お尋ね|separate",
    "separately|another email|another mail|another e-mail|another message|different email|next email",
    "next mail|second email|following email|follow-up|will follow|by phone|by text|text message",
    "by telephone|call me|call us|over the phone|whatsapp|as usual|usual password|the usual",
    "same password|same as|as before|you already|you know|as agreed|previously|contact me|ask me",
    "gesondert|separat|separater|telefonisch|wie üblich|wie immer|séparément|par téléphone|autre mail",
    "comme d'habitude|separata|separatamente|por separado|otro correo|em separado|aparte|osobno",
    "отдельн|另行|另外|单独|별도|따로",
    "画像|写真|スクリーンショット|picture|image|screenshot|bild|imagen|immagine",
];

/// The first sentence that says so, as it was written.
pub(super) fn sentence(letter: &Letter) -> Option<String> {
    let mut left = SENTENCES;
    for text in letter.texts.iter().take(super::TEXTS) {
        let lines = view::lines(text);
        let mut sentences = sentences(&lines);
        sentences.truncate(left);
        left -= sentences.len();
        let found = sentences.iter().find(|sentence| says_elsewhere(sentence)).or_else(|| across(&sentences));
        if let Some(sentence) = found {
            return Some(sentence.chars().take(LONGEST).collect());
        }
    }
    None
}

/// Whether one sentence names a password and another way, and holds no value itself.
fn says_elsewhere(sentence: &str) -> bool {
    let line = view::line(sentence);
    let labels: Vec<_> = labels(&line);
    let (Some(first), Some(last)) = (labels.first(), labels.last()) else { return false };
    let head: String = line.key.iter().take(*first).collect();
    let tail: String = line.key.iter().skip(*last).collect();
    let after = table::says(&tail, WAYS);
    let before = table::says(&head, WAYS) && !speaks_of_the_file(&head);
    (after || before) && !holds_value(&line)
}

/// `添付ファイルは暗号化しています。パスワードは…` in one sentence, the way in the next.
fn across(sentences: &[String]) -> Option<&String> {
    sentences.windows(2).find_map(|pair| match pair {
        [first, second] => {
            let (first_line, second_line) = (view::line(first), view::line(second));
            let sent = ["送", "連絡", "知らせ", "通知", "send", "sent"]
                .iter()
                .any(|word| second_line.key_text().contains(word));
            let told = !labels(&first_line).is_empty() && table::says(&second_line.key_text(), WAYS) && sent;
            (told && !holds_value(&first_line) && !holds_value(&second_line)).then_some(second)
        }
        _ => None,
    })
}

fn labels(line: &Line) -> Vec<usize> {
    let sure = |strength| matches!(strength, Strength::Sure | Strength::Short);
    anchors::hits(line).into_iter().filter(|hit| sure(hit.strength)).map(|hit| hit.span.end).collect()
}

/// `別メールにて送信した添付ファイルの…`: the other mail carried the file, and this one carries the password.
fn speaks_of_the_file(head: &str) -> bool {
    [
        "した",
        "済み",
        "済の",
        "ました",
        "の添付",
        "添付ファイル",
        "先ほど",
        "先程",
        "sent earlier",
        "sent before",
        "attached",
    ]
    .iter()
    .any(|word| head.contains(word))
}

/// Whether a value that looks like a password follows the label.
fn holds_value(line: &Line) -> bool {
    let mut pile = Pile::default();
    let place = Place::new(Source::Body, "");
    for label in labels(line) {
        let link = link::after(&line.key, label);
        let mut taker = Taker { pile: &mut pile, place: &place, rank: ANCHORED };
        if link.join >= Join::Particle {
            taker.cuts(line, link.value, 0);
        }
        for inside in link.groups {
            taker.inside(line, inside, 0);
        }
        for start in value::later_joins(&line.key, label) {
            taker.cuts(line, link::after(&line.key, start).value, 0);
        }
    }
    pile.candidates()
        .iter()
        .any(|candidate| candidate.rank == ANCHORED && shape::of(&candidate.text) == Shape::Strong)
}

/// Sentences over the lines they are wrapped on; an empty line ends one.
fn sentences(lines: &[Line]) -> Vec<String> {
    let mut out = Vec::new();
    let mut current = String::new();
    for line in lines {
        if line.is_blank() || line.is_rule() {
            close(&mut current, &mut out);
            continue;
        }
        let whole = line.whole();
        let spaced = current.chars().next_back().is_some_and(|c| c.is_ascii());
        if spaced && !current.is_empty() {
            current.push(' ');
        }
        for c in whole.trim().chars() {
            let after_stop = current.ends_with(['.', '!', '?']) && c == ' ';
            if after_stop || current.len() > 1_200 {
                close(&mut current, &mut out);
            } else {
                current.push(c);
            }
            if matches!(c, '。' | '！' | '？' | '．' | '｡') {
                close(&mut current, &mut out);
            }
        }
        if out.len() >= SENTENCES {
            break;
        }
    }
    close(&mut current, &mut out);
    out
}

fn close(current: &mut String, out: &mut Vec<String>) {
    let sentence = current.trim();
    if !sentence.is_empty() {
        out.push(sentence.to_string());
    }
    current.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<String> {
        sentence(&Letter { texts: vec![text.into()], ..Letter::default() })
    }

    #[test]
    fn another_way_is_told() {
        for text in [
            "パスワードは別途お送りします。",
            "添付ファイルのパスワードは別のメールにてお知らせいたします。",
            "解凍パスワードはお電話でご連絡いたします。",
            "別途パスワードをお送りいたします。",
            "ＰＷは後ほどSMSでお送りします",
            "パスワードはいつものものです。",
            "The password will be sent separately.",
            "I will send you the password in a separate email.",
            "Please use the usual password.",
            "Das Passwort erhalten Sie gesondert.",
            "密码另行通知。",
        ] {
            assert_eq!(of(text).as_deref(), Some(text));
            assert_eq!(of(&format!("お世話になっております。\n\n{text}\n\n山田")).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_wrapped_sentence_is_one() {
        assert_eq!(
            of("添付のパスワードは\n別メールにてお送りいたします。").as_deref(),
            Some("添付のパスワードは別メールにてお送りいたします。")
        );
        assert_eq!(
            of("The password will be\nsent separately. Bye.").as_deref(),
            Some("The password will be sent separately.")
        );
        let got = of("添付にはパスワードを設定しております。\n別途ご連絡いたします。");
        assert_eq!(got.as_deref(), Some("別途ご連絡いたします。"));
    }

    #[test]
    fn a_password_that_is_here_is_not_elsewhere() {
        for text in [
            "別メールにて送信した添付ファイルのパスワードは\n「k7Rm2x」\nになります。",
            "先ほど別メールでお送りした添付ファイルのパスワード：k7Rm2x",
            "Password: k7Rm2x",
            "The password for the file sent in a separate email is k7Rm2x.",
            "パスワードは k7Rm2x です。ご不明な点はお電話ください。",
            "本日はお電話ありがとうございました。",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
