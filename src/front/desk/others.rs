//! Who else got a mail: the recipients of its campaign, and the mailboxes in which it lies.

use super::Desk;
use super::fail::Fail;
use super::mailboxes::{Done, Found};
use super::time::told;
use super::words::{fill, say};
use crate::report::Lang;
use crate::report::gist::quote;
use crate::store::{self, Filter, Order, Page};

/// What is known of those who got a mail.
pub(super) struct Others {
    pub(super) campaign: i64,
    /// How many mails and people; empty if there is one mail with at most one recipient.
    pub(super) counts: String,
    pub(super) people: Vec<Person>,
    /// Whether more people, or mails, stand on the page of the campaign.
    pub(super) has_more: bool,
    /// What the mailboxes say; nothing if none are configured.
    pub(super) said: Option<String>,
    pub(super) is_partial: bool,
    pub(super) boxes: Vec<(String, &'static str)>,
}

/// A recipient.
pub(super) struct Person {
    pub(super) address: String,
    pub(super) messages: i64,
    /// The newest mail that went there.
    pub(super) id: String,
    pub(super) received: String,
}

/// Mailboxes that are listed, and messages whose numbers are looked for.
const BOXES: usize = 500;
const MESSAGES: u32 = 500;

impl Others {
    /// Those who got mails of a campaign: at most so many, from behind `after` on.
    ///
    /// # Errors
    /// The store failed, or there is no such campaign.
    pub(super) async fn of(
        desk: &Desk,
        campaign: i64,
        after: &str,
        most: u32,
        lang: Lang,
    ) -> Result<Self, Fail> {
        let filter = Filter { campaign: Some(campaign), ..Filter::default() };
        let messages = if desk.mailboxes.are_known() { MESSAGES } else { 1 };
        let mails = desk.store.queue(&filter, Order::Newest, &Page::first(messages)).await?;
        let first = mails.rows.first().ok_or(Fail::Missing)?;
        let counts = [first.messages.to_string(), first.people.to_string()];
        let is_alone = first.messages == 1 && first.people < 2;
        let people = desk.store.who_got(campaign, after, most + 1).await?;
        let is_cut = people.len() > usize::try_from(most).unwrap_or(usize::MAX);
        let ids = mails.rows.iter().map(|row| row.lead.message_id.clone()).filter(|id| !id.is_empty());
        let mut others = Self {
            campaign,
            counts: match is_alone {
                true => String::new(),
                false => fill(lang, "others.counts", &counts.each_ref().map(String::as_str)),
            },
            has_more: is_cut || first.messages > 1,
            people: people.iter().take(most as usize).map(|one| person(one, desk, lang)).collect(),
            said: None,
            is_partial: false,
            boxes: Vec::new(),
        };
        others.add(desk.mailboxes.look(&ids.collect::<Vec<_>>()).await, lang);
        Ok(others)
    }

    fn add(&mut self, found: Found, lang: Lang) {
        let Found::Seen(seen, is_partial) = found else {
            self.said = (found == Found::Reading).then(|| say(lang, "mailbox.reading").to_string());
            return;
        };
        let count = |done: &[Done]| seen.values().filter(|state| done.contains(state)).count().to_string();
        let all = seen.len().to_string();
        self.said = Some(match seen.len() {
            0 => say(lang, "mailbox.none").to_string(),
            _ => fill(
                lang,
                "mailbox.counts",
                &[&all, &count(&[Done::Read, Done::Answered]), &count(&[Done::Answered])],
            ),
        });
        self.is_partial = is_partial;
        let word = |done: Done| match done {
            Done::Unread => say(lang, "mailbox.unread"),
            Done::Trashed => say(lang, "mailbox.trashed"),
            Done::Read => say(lang, "mailbox.read"),
            Done::Answered => say(lang, "mailbox.answered"),
        };
        self.boxes = seen.iter().take(BOXES).map(|(name, done)| (quote(name, 100), word(*done))).collect();
    }
}

fn person(one: &store::Recipient, desk: &Desk, lang: Lang) -> Person {
    Person {
        address: one.address.clone(),
        messages: one.messages,
        id: one.id.clone(),
        received: told(one.received, desk.settings.zone, lang),
    }
}
