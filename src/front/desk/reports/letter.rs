//! Writes a mail of plain text: RFC 5322, with the subject in encoded words (RFC 2047) and the text in base64, so that every
//! line is short and in ASCII.

use crate::front::day::Day;
use crate::front::desk::{base64, secret, time};
use crate::report::Lang;

/// What a mail is made of.
pub(super) struct Letter<'a> {
    /// The address of the writer.
    pub(super) from: &'a str,
    /// The address of the reader.
    pub(super) to: &'a str,
    pub(super) subject: &'a str,
    /// The `Message-ID` of the mail that it answers; may be anything a stranger wrote.
    pub(super) answers: &'a str,
    /// Its text; lines end in a line feed.
    pub(super) body: &'a str,
    pub(super) lang: Lang,
}

/// The mail; none where the system gives no random number for its id.
pub(super) fn write(letter: &Letter<'_>) -> Option<Vec<u8>> {
    let token = secret::token().ok()?;
    let (_, domain) = letter.from.rsplit_once('@')?;
    let mut head = vec![
        format!("From: <{}>", letter.from),
        format!("To: <{}>", letter.to),
        format!("Subject: {}", words(letter.subject)),
        format!("Date: {}", date(time::now())),
        format!("Message-ID: <{}@{domain}>", token.get(..32)?),
    ];
    if is_message_id(letter.answers) {
        head.push(format!("In-Reply-To: {}", letter.answers));
        head.push(format!("References: {}", letter.answers));
    }
    head.extend([
        "Auto-Submitted: auto-replied".to_string(),
        "X-Auto-Response-Suppress: All".to_string(),
        "MIME-Version: 1.0".to_string(),
        "Content-Type: text/plain; charset=utf-8".to_string(),
        format!("Content-Language: {}", letter.lang.tag()),
        "Content-Transfer-Encoding: base64".to_string(),
    ]);
    let text = letter.body.replace('\n', "\r\n") + "\r\n";
    let code = base64::encode(text.as_bytes());
    let mut mail = head.join("\r\n").into_bytes();
    mail.extend_from_slice(b"\r\n\r\n");
    for line in code.as_bytes().chunks(76) {
        mail.extend_from_slice(line);
        mail.extend_from_slice(b"\r\n");
    }
    Some(mail)
}

/// Whether what stands in the other mail can stand in ours.
fn is_message_id(text: &str) -> bool {
    let inner = text.strip_prefix('<').and_then(|text| text.strip_suffix('>'));
    inner.is_some_and(|inner| {
        (1..=500).contains(&inner.len())
            && inner.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>')
    })
}

/// A header value in encoded words of whole characters, on lines of at most 78.
fn words(text: &str) -> String {
    const MOST: usize = 42;
    let mut words = vec![String::new()];
    for c in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        match words.last_mut() {
            Some(word) if word.len() + c.len_utf8() <= MOST => word.push(c),
            _ => words.push(c.to_string()),
        }
    }
    let coded: Vec<String> =
        words.iter().map(|word| format!("=?utf-8?B?{}?=", base64::encode(word.as_bytes()))).collect();
    coded.join("\r\n ")
}

/// A time as RFC 5322 3.3 has it, in UTC.
fn date(seconds: i64) -> String {
    const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let day = Day::of(seconds);
    let (year, month, of_month) = day.civil();
    let name = |names: &[&'static str], at: i64| {
        usize::try_from(at).ok().and_then(|at| names.get(at).copied()).unwrap_or_default()
    };
    let (weekday, month) = (name(&WEEKDAYS, day.0.rem_euclid(7)), name(&MONTHS, month - 1));
    let rest = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (rest / 3600, rest % 3600 / 60, rest % 60);
    format!("{weekday}, {of_month} {month} {year} {hour:02}:{minute:02}:{second:02} +0000")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::Keyring;
    use crate::scan::Scanner;

    #[test]
    fn the_mail_is_read_as_it_was_meant() {
        let subject = "[危険] お知らせのメールを調べました（受付番号 5f-1）。長い件名も、文字の途中では切れません\r\nBcc: x@evil.example";
        let letter = Letter {
            from: "help@city.example",
            to: "a@city.example",
            subject,
            answers: "<1@city.example>",
            body: "一行目\n.\nthird",
            lang: Lang::Ja,
        };
        let mail = write(&letter).unwrap();
        assert!(mail.is_ascii() && mail.split(|byte| *byte == b'\n').all(|line| line.len() <= 78));
        let report = Scanner::default().scan(&mail, &Keyring::new());
        assert_eq!(report.subject.as_deref(), Some(subject.replace("\r\n", "  ").as_str()));
        assert_eq!((report.to.len(), report.complete), (1, true));
        let text = String::from_utf8(mail).unwrap();
        assert!(text.contains("\r\nAuto-Submitted: auto-replied\r\n"));
        assert!(text.contains("\r\nIn-Reply-To: <1@city.example>\r\n"));
        assert!(
            text.ends_with(&format!("\r\n\r\n{}\r\n", base64::encode("一行目\r\n.\r\nthird\r\n".as_bytes())))
        );
    }

    #[test]
    fn ids_of_strangers_add_no_field() {
        for wrong in ["", "<>", "<a@b>\r\nBcc: <c@d>", "a@b", "<a b@c>", "<a><b>"] {
            assert!(!is_message_id(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn days() {
        assert_eq!(date(1_646_352_720), "Fri, 4 Mar 2022 00:12:00 +0000");
        assert_eq!(date(0), "Thu, 1 Jan 1970 00:00:00 +0000");
    }
}
