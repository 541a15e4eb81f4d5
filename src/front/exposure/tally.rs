//! Whom a mailbox corresponded with: every address, counted.

use crate::front::day::Day;
use crate::message::addresses::Mailbox;
use crate::message::correspondence::Correspondence;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The period that is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::front) struct Period {
    /// Its first day.
    pub(in crate::front) since: Option<Day>,
    /// Its last day.
    pub(in crate::front) until: Option<Day>,
}

impl Period {
    /// Whether a time lies in it. A day counts as long as it is that day anywhere on earth, and what bears no date
    /// counts always: one address too many does less harm than one too few.
    fn holds(self, time: Option<i64>) -> bool {
        const HOUR: i64 = 3600;
        let Some(time) = time else { return true };
        self.since.is_none_or(|day| time >= day.start() - 14 * HOUR)
            && self.until.is_none_or(|day| time < day.end() + 12 * HOUR)
    }
}

/// What is counted, of the whole mailbox.
#[derive(Debug, Default)]
pub(in crate::front) struct Tally {
    period: Period,
    /// The messages of the period; who owns the mailbox shows only when all are there.
    messages: Vec<Correspondence>,
    /// How often each address takes part in messages of the mailbox, whenever they were written.
    parts: HashMap<String, usize>,
    /// Messages that were read.
    pub(in crate::front) read: usize,
    /// Addresses in all messages of the period.
    pub(in crate::front) addresses: usize,
    /// Messages of the period that bear no date.
    pub(in crate::front) undated: usize,
}

/// One address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::front) struct Person {
    /// The address.
    pub(in crate::front) address: String,
    /// The name that stands beside it most often.
    pub(in crate::front) name: String,
    /// Messages that the owner sent to it.
    pub(in crate::front) sent: usize,
    /// Messages that the owner got from it.
    pub(in crate::front) received: usize,
    /// Messages of others in which it is named together with the owner.
    pub(in crate::front) together: usize,
    /// The times of the first and the last message.
    pub(in crate::front) first: Option<i64>,
    /// The last one.
    pub(in crate::front) last: Option<i64>,
    /// Whether all that it sent went to many: newsletters and lists need no warning.
    pub(in crate::front) is_bulk: bool,
}

/// Whom the owner corresponded with.
#[derive(Debug, Default)]
pub(in crate::front) struct People {
    /// The addresses of the mailbox itself.
    pub(in crate::front) owners: BTreeSet<String>,
    /// Messages of the period.
    pub(in crate::front) messages: usize,
    /// Everybody else, the busiest first.
    pub(in crate::front) people: Vec<Person>,
}

impl Tally {
    /// Counts for one period.
    pub(in crate::front) fn new(period: Period) -> Self {
        Self { period, ..Self::default() }
    }

    /// Counts one message.
    pub(in crate::front) fn add(&mut self, message: Correspondence) {
        self.read += 1;
        let all: BTreeSet<&str> =
            message.from.iter().chain(&message.to).map(|m| m.address.as_str()).collect();
        for address in all {
            *self.parts.entry(address.to_string()).or_default() += 1;
        }
        if self.period.holds(message.date) {
            self.undated += usize::from(message.date.is_none());
            self.addresses += message.from.len() + message.to.len();
            self.messages.push(message);
        }
    }

    /// The list. Where no owner is named it is the address that takes part in most messages.
    pub(in crate::front) fn finish(self, owners: &[String]) -> People {
        let mut owners: BTreeSet<String> = owners.iter().map(|owner| owner.to_lowercase()).collect();
        if owners.is_empty() {
            let busiest = self.parts.iter().max_by(|a, b| a.1.cmp(b.1).then_with(|| b.0.cmp(a.0)));
            owners.extend(busiest.map(|(address, _)| address.clone()));
        }
        let mut counts: BTreeMap<String, Count> = BTreeMap::new();
        for message in &self.messages {
            count(message, &owners, &mut counts);
        }
        let mut people: Vec<Person> =
            counts.into_iter().map(|(address, count)| count.person(address)).collect();
        people.sort_by_key(|person| std::cmp::Reverse((person.sent + person.received, person.together)));
        People { owners, messages: self.messages.len(), people }
    }
}

#[derive(Default)]
struct Count {
    person: Person,
    names: BTreeMap<String, usize>,
    bulk: usize,
}

impl Count {
    fn person(self, address: String) -> Person {
        let name = self.names.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
        let Person { sent, received, together, .. } = self.person;
        let is_bulk = received > 0 && self.bulk == received && sent + together == 0;
        Person { address, name: name.map(|(name, _)| name).unwrap_or_default(), is_bulk, ..self.person }
    }
}

/// Counts everybody in a message but the owner, each once.
fn count(message: &Correspondence, owners: &BTreeSet<String>, counts: &mut BTreeMap<String, Count>) {
    let is_sent = message.from.iter().any(|mailbox| owners.contains(&mailbox.address));
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let from = message.from.iter().map(|mailbox| (mailbox, true));
    for (mailbox, wrote) in from.chain(message.to.iter().map(|mailbox| (mailbox, false))) {
        if owners.contains(&mailbox.address) || !seen.insert(&mailbox.address) {
            continue;
        }
        let entry = counts.entry(mailbox.address.clone()).or_default();
        let person = &mut entry.person;
        match (is_sent, wrote) {
            (true, _) => person.sent += 1,
            (false, true) => person.received += 1,
            (false, false) => person.together += 1,
        }
        entry.bulk += usize::from(wrote && message.is_bulk);
        person.first = message.date.into_iter().chain(person.first).min();
        person.last = message.date.into_iter().chain(person.last).max();
        note_name(mailbox, &mut entry.names);
    }
}

/// Names that only repeat the address tell nothing.
fn note_name(mailbox: &Mailbox, names: &mut BTreeMap<String, usize>) {
    const MOST: usize = 20;
    let is_new = !mailbox.name.is_empty() && !mailbox.name.eq_ignore_ascii_case(&mailbox.address);
    if is_new && (names.len() < MOST || names.contains_key(&mailbox.name)) {
        *names.entry(mailbox.name.clone()).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(from: &str, to: &str, day: &str) -> Correspondence {
        let head = format!("From: {from}\nTo: {to}\nDate: {day} Mar 2022 09:00:00 +0900\n\n");
        Correspondence::read(head.as_bytes(), true).unwrap()
    }

    fn tally(since: &str, until: &str) -> Tally {
        let day = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
        let mut tally = Tally::new(Period { since: day(since), until: day(until) });
        tally.add(mail("Me <me@city.example>", "A <a@b.example>, c@d.example", "1"));
        tally.add(mail("A <a@b.example>", "me@city.example, e@f.example", "3"));
        tally.add(mail("\"A, B\" <a@b.example>", "me@city.example", "4"));
        tally.add(mail("old@b.example", "me@city.example", "20"));
        tally
    }

    #[test]
    fn everybody_is_counted_by_direction() {
        let people = tally("", "2022-03-10").finish(&[]);
        assert_eq!(people.owners, BTreeSet::from(["me@city.example".to_string()]));
        assert_eq!(people.messages, 3);
        let told: Vec<_> = people
            .people
            .iter()
            .map(|p| (p.address.as_str(), p.name.as_str(), p.sent, p.received, p.together))
            .collect();
        let want =
            [("a@b.example", "A", 1, 2, 0), ("c@d.example", "", 1, 0, 0), ("e@f.example", "", 0, 0, 1)];
        assert_eq!(told, want);
        let person = &people.people[0];
        assert_eq!(Day::of(person.first.unwrap()).to_string(), "2022-03-01");
        assert_eq!(Day::of(person.last.unwrap()).to_string(), "2022-03-04");
    }

    #[test]
    fn a_day_counts_wherever_it_is_that_day() {
        assert_eq!(tally("2022-03-04", "2022-03-04").finish(&[]).messages, 1);
        assert_eq!(tally("2022-03-05", "2022-03-19").finish(&[]).messages, 1, "the evening before, by UTC");
        let mut undated = tally("2030-01-01", "");
        undated.add(Correspondence::read(b"From: x@y.example\n\n", true).unwrap());
        assert_eq!((undated.undated, undated.finish(&[]).people.len()), (1, 1));
    }

    #[test]
    fn owners_may_be_named() {
        let people = tally("", "").finish(&["A@b.example".into(), "me@city.example".into()]);
        let addresses: Vec<_> = people.people.iter().map(|person| person.address.as_str()).collect();
        assert_eq!(addresses, ["c@d.example", "e@f.example", "old@b.example"]);
    }

    #[test]
    fn newsletters_are_told() {
        let mut tally = tally("", "");
        let letter = b"From: n@news.example\nTo: me@city.example\nList-Id: <n>\n\n";
        tally.add(Correspondence::read(letter, true).unwrap());
        let people = tally.finish(&[]).people;
        let bulk: Vec<_> = people.iter().filter(|p| p.is_bulk).map(|p| p.address.as_str()).collect();
        assert_eq!(bulk, ["n@news.example"]);
    }
}
