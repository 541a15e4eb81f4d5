//! Header facts of a message: from the header it came with, where Outlook kept that, and completed from its
//! properties.

use super::properties::{Properties, id};
use crate::artifact::{Fact, Opened};
use crate::message::{LONGEST_HEADER, record_headers};

/// Someone the message goes to.
#[derive(Debug, Default)]
pub(in crate::message) struct Recipient {
    /// How: 1 to, 2 cc, 3 bcc (MS-OXCMSG 2.2.3.1.2).
    how: u64,
    address: String,
}

impl Recipient {
    /// A recipient by its properties; `None` where these name nobody.
    pub(in crate::message) fn of(properties: &Properties) -> Option<Self> {
        let how = properties.number(id::RECIPIENT_TYPE).unwrap_or(1) & 0xf;
        let addresses = [id::SMTP_ADDRESS, id::EMAIL_ADDRESS];
        let address = mailbox(properties, &[id::DISPLAY_NAME], &addresses)?;
        Some(Self { how, address })
    }
}

/// Puts the header of a message into the facts.
pub(in crate::message) fn record(properties: &Properties, recipients: &[Recipient], out: &mut Opened) {
    if let Some(header) = properties.text(id::TRANSPORT_HEADERS) {
        let lines = header.replace("\r\n", "\n");
        record_headers(lines.split("\n\n").next().unwrap_or_default().as_bytes(), out);
    }
    for (name, value) in told(properties, recipients) {
        // Outlook shows the subject of the properties, whatever the header says.
        let differs = |known: &Fact| matches!(known, Fact::Header { name: of, value: other } if *of == name && (name != "subject" || *other == value));
        if !out.facts.iter().any(differs) {
            let value = cut(value);
            out.facts.push(Fact::Header { name, value });
        }
    }
}

/// What the properties say, under the names of header fields.
fn told(properties: &Properties, recipients: &[Recipient]) -> Vec<(&'static str, String)> {
    let representing = [id::REPRESENTING_SMTP, id::REPRESENTING_ADDRESS];
    let author = mailbox(properties, &[id::REPRESENTING_NAME], &representing);
    let sender = mailbox(properties, &[id::SENDER_NAME], &[id::SENDER_SMTP, id::SENDER_ADDRESS]);
    let listed = |how, shown| {
        let named = recipients.iter().filter(|recipient| recipient.how == how);
        let addresses: Vec<&str> = named.map(|recipient| recipient.address.as_str()).collect();
        if addresses.is_empty() { properties.text(shown) } else { Some(addresses.join(", ")) }
    };
    let time =
        [id::SUBMIT_TIME, id::DELIVERY_TIME].into_iter().find_map(|id| date_of(properties.number(id)?));
    let other_sender = sender.clone().filter(|sender| author.as_ref().is_some_and(|author| author != sender));
    let fields = [
        ("from", author.or(sender)),
        ("sender", other_sender),
        ("to", listed(1, id::DISPLAY_TO)),
        ("cc", listed(2, id::DISPLAY_CC)),
        ("subject", properties.text(id::SUBJECT).map(|subject| without_prefix_length(&subject))),
        ("date", time),
        ("message-id", properties.text(id::MESSAGE_ID)),
        ("reply-to", properties.text(id::REPLY_NAMES)),
        ("in-reply-to", properties.text(id::IN_REPLY_TO)),
        ("references", properties.text(id::REFERENCES)),
    ];
    fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// A subject may begin with a mark and the length of its prefix (MS-OXCMSG 2.2.1.46).
fn without_prefix_length(subject: &str) -> String {
    let mut chars = subject.chars();
    if chars.next() == Some('\u{1}') && chars.next().is_some() {
        chars.as_str().into()
    } else {
        subject.into()
    }
}

/// `Name <address>` as RFC 5322 writes it, an Internet address before one of Exchange.
fn mailbox(properties: &Properties, names: &[u16], addresses: &[u16]) -> Option<String> {
    let texts = |ids: &[u16]| ids.iter().filter_map(|id| properties.text(*id)).collect::<Vec<String>>();
    let addresses = texts(addresses);
    let address = addresses.iter().find(|address| address.contains('@')).or(addresses.first());
    let name = texts(names).into_iter().next();
    match (name, address) {
        (None, None) => None,
        (Some(name), None) => Some(phrase(&name)),
        (Some(name), Some(address)) if name.trim_matches('\'') != address => {
            Some(format!("{} <{address}>", phrase(&name)))
        }
        (_, Some(address)) => Some(address.clone()),
    }
}

/// A name, in quotes where a list would be split in it.
fn phrase(name: &str) -> String {
    let name = name.trim();
    if name.contains([',', '<', '>', ';', '"', '(', ')', '\\']) {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        name.to_string()
    }
}

fn cut(mut value: String) -> String {
    value.truncate(value.floor_char_boundary(LONGEST_HEADER));
    value
}

/// A time in units of 100 ns since 1601 as the text of a Date field, in UTC.
fn date_of(ticks: u64) -> Option<String> {
    const SECOND: u64 = 10_000_000;
    const DAY: u64 = 86_400;
    let seconds = ticks / SECOND;
    let days = i64::try_from(seconds / DAY).ok()?;
    let time = seconds % DAY;
    // Years are counted from 1 March of the year 0, so that the leap day is the last; 1601 began 584,694 days later.
    let shifted = days + 584_694;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12;
    let year = era * 400 + year_of_era + i64::from(month < 2);
    let clock = [time / 3600, time / 60 % 60, time % 60];
    // 1 January 1601 was a Monday.
    (ticks > 0).then(|| date(year, month, day, days % 7, clock)).flatten()
}

/// The text of a Date field: the month from 0, the day of the week from Monday as 0.
pub(in crate::message) fn date(
    year: i64,
    month: i64,
    day: i64,
    weekday: i64,
    clock: [u64; 3],
) -> Option<String> {
    let weekday = WEEKDAYS.get(usize::try_from(weekday).ok()?)?;
    let month = MONTHS.get(usize::try_from(month).ok()?)?;
    let [hour, minute, second] = clock;
    (1601..10_000)
        .contains(&year)
        .then(|| format!("{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} +0000"))
}

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Decoded;
    use crate::message::mapi::Property;

    fn properties(texts: &[(u16, &str)]) -> Properties {
        let mut properties = Properties::default();
        for (id, text) in texts {
            let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let value = Decoded { bytes, ..Decoded::default() };
            let _is_kept = properties.add(Property { id: *id, kind: 0x1f, value });
        }
        properties
    }

    fn facts(texts: &[(u16, &str)]) -> Vec<String> {
        let mut out = Opened::default();
        record(&properties(texts), &[], &mut out);
        let line = |fact: &Fact| match fact {
            Fact::Header { name, value } => format!("{name}: {value}"),
            other => panic!("{other:?}"),
        };
        out.facts.iter().map(line).collect()
    }

    #[test]
    fn times_become_dates() {
        let rows = [
            (132_900_000_000_000_000, "Tue, 22 Feb 2022 10:40:00 +0000"),
            (116_444_736_000_000_000, "Thu, 01 Jan 1970 00:00:00 +0000"),
            (125_963_423_999_990_000, "Tue, 29 Feb 2000 23:59:59 +0000"),
            (10_000_000, "Mon, 01 Jan 1601 00:00:01 +0000"),
        ];
        for (ticks, want) in rows {
            assert_eq!(date_of(ticks).as_deref(), Some(want));
        }
        assert_eq!((date_of(0), date_of(u64::MAX)), (None, None));
    }

    #[test]
    fn an_internet_address_goes_before_one_of_exchange() {
        let sender = [(id::SENDER_NAME, "請求, 太郎"), (id::SENDER_ADDRESS, "/O=X/CN=T")];
        assert_eq!(facts(&sender), ["from: \"請求, 太郎\" </O=X/CN=T>"]);
        let known = [sender.as_slice(), &[(id::SENDER_SMTP, "t@x.example")]].concat();
        assert_eq!(facts(&known), ["from: \"請求, 太郎\" <t@x.example>"]);
        let other = [
            known.as_slice(),
            &[(id::REPRESENTING_NAME, "'b@x.example'"), (id::REPRESENTING_ADDRESS, "b@x.example")],
        ]
        .concat();
        assert_eq!(facts(&other), ["from: b@x.example", "sender: \"請求, 太郎\" <t@x.example>"]);
    }

    #[test]
    fn the_header_goes_first_and_properties_complete_it() {
        let found = facts(&[
            (
                id::TRANSPORT_HEADERS,
                "Received: r\r\nFrom: =?utf-8?B?6KuL?= <a@b.example>\r\nSubject: one\r\n\r\nTo: no\r\n",
            ),
            (id::SUBJECT, "\u{1}\u{1}two"),
            (id::SENDER_NAME, "other"),
            (id::DISPLAY_TO, "to@b.example"),
        ]);
        let want =
            ["received: r", "from: 請 <a@b.example>", "subject: one", "to: to@b.example", "subject: two"];
        assert_eq!(found, want);
    }

    #[test]
    fn recipients_are_listed_by_their_kind() {
        let one = |how: u8, name| {
            let mut found = properties(&[(id::DISPLAY_NAME, name), (id::SMTP_ADDRESS, "a@b.example")]);
            let value = Decoded { bytes: [how, 0, 0, 0x10].to_vec(), ..Decoded::default() };
            found.add(Property { id: id::RECIPIENT_TYPE, kind: 3, value });
            Recipient::of(&found)
        };
        // The highest bits of the type are flags.
        let recipients: Vec<Recipient> =
            [one(1, "x"), one(2, "y"), one(1, "a@b.example")].into_iter().flatten().collect();
        let mut out = Opened::default();
        record(&Properties::default(), &recipients, &mut out);
        let want = [("to", "x <a@b.example>, a@b.example"), ("cc", "y <a@b.example>")];
        let want = want.map(|(name, value)| Fact::Header { name, value: value.into() });
        assert_eq!(out.facts, want);
    }
}
