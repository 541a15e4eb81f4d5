//! Texts that want to hurt: cut anywhere, mutated, huge, full of anchors. And mail that gives no password.

use super::*;
use crate::keyring::Candidate;

const LETTER: &str = "お世話になっております。\r\n解凍ﾊﾟｽﾜｰﾄﾞは「ｋ７Ｒｍ２ｘ」です。\u{feff}\r\n> Password: \u{93}Joe Biden\u{94} (A B C 1 2 3)\n\
[パスワード/Password]\n-----\nX-9!\n表\tPW\n請求.zip\tH17\n本日の日付＋tenpu TEL：03-1234-9876 <a@b.example>\n“\u{301}ハ\u{309a}ス：é\u{308}́";

fn letter(text: String) -> Letter {
    let date = Some("Tue, 7 Sep 2021 09:12:44 +0900".into());
    Letter {
        subject: text.chars().take(200).collect(),
        names: vec![text.chars().take(60).collect()],
        texts: vec![text],
        date,
        from: "a <b@c.example>".into(),
        ..Letter::default()
    }
}

fn check(letter: &Letter) -> Vec<Candidate> {
    let got = candidates(letter);
    assert!(got.len() <= 2_000);
    assert!(got.is_sorted_by_key(|candidate| candidate.rank));
    assert!(got.iter().all(|candidate| (3..=64).contains(&candidate.text.chars().count())));
    elsewhere(letter);
    got
}

/// A small linear congruential generator, so that each run tries the same texts.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

#[test]
fn a_letter_may_end_anywhere() {
    let chars: Vec<char> = LETTER.chars().collect();
    for end in 0..=chars.len() {
        check(&letter(chars[..end].iter().collect()));
        check(&letter(chars[end..].iter().collect()));
    }
}

#[test]
fn mutated_letters_are_only_letters() {
    let strange: Vec<char> =
        "()（）「」[]<>\"'\t\n \u{3000}:：-ー…パスワードpwis\u{309a}\u{ff9f}\u{200b}\u{301}İﬃ㍿﷽0Aé。、>*_"
            .chars()
            .collect();
    let mut dice = Dice(7);
    for _ in 0..150 {
        let mut chars: Vec<char> = LETTER.chars().collect();
        for _ in 0..dice.roll(24) {
            let at = dice.roll(chars.len());
            match dice.roll(3) {
                0 => chars[at] = strange[dice.roll(strange.len())],
                1 => chars.insert(at, strange[dice.roll(strange.len())]),
                _ => drop(chars.remove(at)),
            }
        }
        check(&letter(chars.into_iter().collect()));
    }
}

#[test]
fn floods_stay_small() {
    for piece in [
        "password: ",
        "パスワード「",
        "(((((",
        "''\"\"",
        "a b c ",
        "が。は、",
        "> > ",
        "pw\n",
        "@a.jp ",
        "0-0 ",
        "ハ\u{309a}",
        "﷽",
        "k7Rm2x\n",
        "\t|",
    ] {
        let text = piece.repeat(20_000 / piece.len());
        check(&letter(text));
    }
}

#[test]
fn the_middle_of_a_huge_text_is_not_read() {
    let text = format!("パスワード：k7Rm2x\n{}\nPassword: Zq81aa\n", "padding words here\n".repeat(60_000));
    let got = check(&letter(text));
    assert_eq!(
        got.iter().take(2).map(|candidate| candidate.text.as_str()).collect::<Vec<_>>(),
        ["k7Rm2x", "Zq81aa"]
    );
    assert_eq!(got[1].origin.place, "line 60003");
}

#[test]
fn decoys_do_not_crowd_out() {
    let decoys: String = (0..3_000).map(|number| format!("decoy{number} ")).collect();
    let got = check(&letter(format!("{decoys}\nその解凍パスワードは k7Rm2x です\n{decoys}")));
    assert!(got.iter().take(12).any(|candidate| candidate.text == "k7Rm2x"));
    for guess in ["infected", "20210907", "VelvetSweatshop"] {
        assert!(got.iter().any(|candidate| candidate.text == guess), "{guess}");
    }
}

#[test]
fn an_ordinary_letter_gives_few_and_no_links_first() {
    let sentence = "Dear colleagues, the minutes of our meeting on 12 May are at https://files.example/minutes.html and the next one takes \
place in room 4, please write to office@minato.example until Friday. ";
    let got = check(&letter(sentence.repeat(16)));
    let linked =
        |candidate: &Candidate| candidate.text.contains("://") || candidate.text.contains("@minato.example");
    assert!(got.iter().take(50).all(|candidate| !linked(candidate)));
    assert!(got.iter().all(|candidate| candidate.rank != pile::ANCHORED));
    assert!(got.len() < 400, "{}", got.len());
}

#[test]
fn no_link_is_anchored() {
    let text = "Password: k7Rm2x\nhttps://www.minato.example/bill?id=20931\nURL：https://a.example/x:y=z9\nE-mail:tani@mail.minato.example";
    let got = check(&letter(text.into()));
    assert_eq!(got[0].text, "k7Rm2x");
    for candidate in got.iter().filter(|candidate| candidate.rank == pile::ANCHORED) {
        assert!(
            !["minato.example", "20931", "a.example", "z9", "@"]
                .iter()
                .any(|part| candidate.text.contains(part)),
            "{candidate:?}"
        );
    }
}

#[test]
fn a_password_inside_prose_is_among_the_first_hundred() {
    let sentence =
        "We met on Monday in room 4 to speak about the budget of the year and the plans for autumn. ";
    let japanese = "本日は会議室にて予算と今後の計画についてご相談いたしました。";
    for prose in [sentence, japanese] {
        for value in ["k7Rm2x", "H17", "747", "Xk#92$pL"] {
            let got = check(&letter(format!("{}{value} {}", prose.repeat(20), prose.repeat(20))));
            let at = got.iter().position(|candidate| candidate.text == value);
            assert!(at.is_some_and(|at| at < 100), "{value} at {at:?}");
        }
        let got = check(&letter(format!("{}sunflower {}", prose.repeat(20), prose.repeat(20))));
        assert!(got.iter().take(300).any(|candidate| candidate.text == "sunflower"));
    }
}

#[test]
fn nothing_gives_only_guesses() {
    let got = check(&Letter::default());
    assert!(got.iter().all(|candidate| candidate.rank == pile::GUESSED));
    assert_eq!(got[0].text, "infected");
    assert!(elsewhere(&Letter::default()).is_none());
}
