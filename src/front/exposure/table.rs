//! The list as CSV (RFC 4180) and as JSON.

use super::tally::{People, Person};
use crate::front::cell::cell;
use crate::front::day::Day;
use crate::report::Lang;
use crate::text::printable;
use serde_json::{Value, json};
use std::io::{self, Write};

/// The columns.
const COLUMNS: [(&str, &str); 8] = [
    ("address", "メールアドレス"),
    ("name", "名前"),
    ("sent", "送信した件数"),
    ("received", "受信した件数"),
    ("named together", "宛先に並んだ件数"),
    ("first contact", "最初のやり取り"),
    ("last contact", "最後のやり取り"),
    ("bulk mail only", "一斉配信のみ"),
];

/// Writes the list as CSV. It begins with the mark of UTF-8: without it Excel garbles Japanese.
///
/// # Errors
/// Those of writing.
pub(in crate::front) fn csv(out: &mut dyn Write, people: &People, lang: Lang) -> io::Result<()> {
    let heads = COLUMNS.map(|(en, ja)| if lang == Lang::Ja { ja } else { en });
    write!(out, "\u{feff}{}\r\n", heads.join(","))?;
    for person in &people.people {
        write!(out, "{}\r\n", row(person, lang))?;
    }
    Ok(())
}

fn row(person: &Person, lang: Lang) -> String {
    let bulk = match (person.is_bulk, lang) {
        (false, _) => "",
        (true, Lang::En) => "yes",
        (true, Lang::Ja) => "はい",
    };
    let cells = [
        cell(&printable(&person.address)),
        cell(&printable(&person.name)),
        person.sent.to_string(),
        person.received.to_string(),
        person.together.to_string(),
        day(person.first),
        day(person.last),
        bulk.to_string(),
    ];
    cells.join(",")
}

fn day(time: Option<i64>) -> String {
    time.map(|time| Day::of(time).to_string()).unwrap_or_default()
}

/// The list as one JSON object.
pub(in crate::front) fn object(people: &People) -> Value {
    let each: Vec<Value> = people.people.iter().map(person).collect();
    json!({ "owners": people.owners, "messages": people.messages, "people": each })
}

fn person(person: &Person) -> Value {
    json!({
        "address": printable(&person.address),
        "name": printable(&person.name),
        "sent": person.sent,
        "received": person.received,
        "together": person.together,
        "first": day(person.first),
        "last": day(person.last),
        "bulk": person.is_bulk,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_strangers_are_text_to_a_spreadsheet() {
        let person = |name: &str| Person { name: name.into(), address: "@a".into(), ..Person::default() };
        let rows = [("Sato, T", "\"Sato, T\""), ("=1+1", "'=1+1"), ("a\u{202e}b", "a⟨U+202E⟩b")];
        for (name, want) in rows {
            assert_eq!(row(&person(name), Lang::En), format!("'@a,{want},0,0,0,,,"));
        }
    }

    #[test]
    fn both_forms_tell_the_same() {
        let person = Person {
            address: "a@b.example".into(),
            name: "佐藤".into(),
            sent: 1,
            received: 2,
            last: Some(1_646_352_720),
            is_bulk: true,
            ..Person::default()
        };
        let people = People { messages: 3, people: vec![person], ..People::default() };
        let mut out = Vec::new();
        csv(&mut out, &people, Lang::Ja).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("\u{feff}メールアドレス,名前,"));
        assert!(text.ends_with("\r\na@b.example,佐藤,1,2,0,,2022-03-04,はい\r\n"), "{text}");
        assert_eq!(object(&people)["people"][0]["last"], "2022-03-04");
    }
}
