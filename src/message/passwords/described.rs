//! What a text says a password is made of instead of giving it: today's date, the last digits of a telephone
//! number, the name of a company.

use super::anchors::{self, Hit, Strength};
use super::table::{self, Rows};
use super::view::Line;

/// How far below a label a description may stand, its own line counted.
const NEAR: usize = 3;

/// The lines that describe a password.
#[derive(Clone, Copy, Default)]
pub(super) struct Described<'a> {
    /// By a date.
    pub(super) date: Option<&'a Line>,
    /// By a telephone number.
    pub(super) phone: Option<&'a Line>,
    /// By the name of a company or a person.
    pub(super) name: Option<&'a Line>,
}

/// Words that describe a day, on the line of the label.
const DATES: Rows = &[
    "日付|本日|今日|送信日|送付日|昨日|明日|西暦|today|today's|date|datum|heute|data di oggi|fecha",
    "hoje",
];

/// Words that ask for digits of a day, also on the lines below the label.
const DATES_BELOW: Rows = &["日付|年月日|送信日|yyyymmdd|mmdd|yymmdd|ddmm|ddmmyyyy|today's date"];

/// Words that ask for digits of a telephone number.
const PHONES: Rows = &["下4|下四|末尾|下6|下3|下六|下三|last four|last 4|last six|last 6"];

/// Words that may ask for a whole one, on the line of the label.
const WHOLE_PHONES: Rows = &["電話番号|携帯番号|phone number|telephone number|numero di telefono"];

/// Words that ask for a name, on the line of the label.
const NAMES: Rows = &[
    "貴社名|弊社名|御社名|当社名|会社名|社名|貴社|弊社|御社|メールアドレス|ドメイン|アカウント|苗字",
    "名字|お名前|company|domain|your name|e-mail address|email address|firmenname",
];

impl<'a> Described<'a> {
    /// The first line of each kind at or below a label.
    pub(super) fn by(lines: &'a [Line]) -> Self {
        let mut out = Self::default();
        let mut near = 0;
        for line in lines {
            let sure = |hit: &Hit| matches!(hit.strength, Strength::Sure | Strength::Short);
            let labelled = anchors::hits(line).iter().any(sure);
            if labelled {
                near = NEAR;
            }
            if near == 0 {
                continue;
            }
            near -= 1;
            let text = line.key_text();
            let says = |rows: Rows| table::says(&text, rows).then_some(line);
            let on_label = |rows: Rows| says(rows).filter(|_| labelled);
            out.date = out.date.or_else(|| says(DATES_BELOW)).or_else(|| on_label(DATES));
            out.phone = out.phone.or_else(|| says(PHONES)).or_else(|| on_label(WHOLE_PHONES));
            out.name = out.name.or_else(|| on_label(NAMES));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::view;
    use super::*;

    fn described(text: &str) -> [Option<usize>; 3] {
        let lines = view::lines(text);
        let Described { date, phone, name } = Described::by(&lines);
        [date, phone, name].map(|line| line.map(|line| line.number))
    }

    #[test]
    fn descriptions_stand_near_a_label() {
        assert_eq!(described("hello\nパスワードは本日の日付です"), [Some(2), None, None]);
        assert_eq!(described("パスワードは以下です。\n\n弊社電話番号の下４桁"), [None, Some(3), None]);
        assert_eq!(described("The password is your company name"), [None, None, Some(1)]);
    }

    #[test]
    fn other_mentions_describe_nothing() {
        assert_eq!(described("本日の日付\n電話番号下4桁\n貴社名"), [None; 3]);
        assert_eq!(described("Password: x\n\n\n\n日付"), [None; 3]);
        assert_eq!(described("Passwort für die Datei: x"), [None; 3]);
    }
}
