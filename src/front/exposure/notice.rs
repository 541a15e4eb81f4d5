//! A draft of the notice to those whom the mailbox corresponded with.

use super::tally::{People, Period};
use crate::report::Lang;

/// The draft. What the writer must fill in stands in brackets.
pub(in crate::front) fn draft(people: &People, period: Period, lang: Lang) -> String {
    let day =
        |day: Option<crate::front::day::Day>, open: &str| day.map_or(open.into(), |day| day.to_string());
    let count = people.people.iter().filter(|person| !person.is_bulk).count();
    match lang {
        Lang::En => EN
            .replace("{owners}", &owners(people, ", "))
            .replace("{since}", &day(period.since, "[first day]"))
            .replace("{until}", &day(period.until, "[last day]"))
            .replace("{count}", &count.to_string()),
        Lang::Ja => JA
            .replace("{owners}", &owners(people, "、"))
            .replace("{since}", &day(period.since, "【開始日】"))
            .replace("{until}", &day(period.until, "【終了日】"))
            .replace("{count}", &count.to_string()),
    }
}

fn owners(people: &People, between: &str) -> String {
    let owners: Vec<String> = people.owners.iter().map(|owner| crate::text::printable(owner)).collect();
    owners.join(between)
}

const EN: &str = "\
(Draft. Fill in what stands in brackets, and have it checked before it goes out. {count} addresses, without newsletters.)

Subject: Please beware of mails sent under our name

To those who exchange mail with [name of our organisation]

A computer of ours ran a malicious program on [day]. Mail of this address may have been taken from it:

  {owners}

You exchanged mail with this address between {since} and {until}. Mails that look like an answer to it may reach you, with the
names of our staff and with text of earlier mails.

What we ask of you
 1. Look at the address behind the name of the sender. Mail of ours comes only from [our domain].
 2. Do not open attachments of a mail that you doubt, and do not press a link in it. Do not press \"Enable Content\".
 3. If you opened one, cut the network of that computer and ask your IT staff.
 4. If you are not sure whether a mail is ours, call us on the number that you know.

We apologise for the trouble.

Contact: [name, telephone, hours]
";

const JA: &str = "\
(下書きです。【 】の中を埋め、発信する前に確認を受けてください。宛先は{count}件です。一斉配信の差出人は除いています。)

件名：当方の職員をかたるメールにご注意ください

【組織名】とメールのやり取りがある皆様

【日付】に、当方のパソコンで不正なプログラムが動きました。
次のアドレスのメールが、外部に持ち出されたおそれがあります。

  {owners}

{since}から{until}までの間に、このアドレスとメールのやり取りがあった方へお知らせしています。
当方の職員の名前や、過去のメールの文面を使った、返信を装うメールが届くおそれがあります。

お願い
 1. 差出人の名前だけでなく、メールアドレスを確かめてください。当方からのメールは【ドメイン】から届きます。
 2. 不審なメールの添付ファイルやリンクは開かないでください。「コンテンツの有効化」は押さないでください。
 3. 開いてしまった場合は、そのパソコンをネットワークから切り離し、情報システム担当へ知らせてください。
 4. 当方からのメールか判断できない場合は、以前からご存じの番号へ電話でお問い合わせください。

ご迷惑をおかけし、申し訳ございません。

お問い合わせ先：【担当、電話番号、受付時間】
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_unfilled_but_what_the_writer_knows() {
        let period = Period { since: "2022-03-01".parse().ok(), until: None };
        for (lang, open) in [(Lang::En, "[last day]"), (Lang::Ja, "【終了日】")] {
            let people = People { owners: ["me@city.example".to_string()].into(), ..People::default() };
            let text = draft(&people, period, lang);
            assert!(text.contains("2022-03-01") && text.contains(open) && text.contains("me@city.example"));
            assert!(!text.contains(['{', '}']), "{text}");
        }
    }
}
