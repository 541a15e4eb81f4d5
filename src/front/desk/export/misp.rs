//! An event for MISP: an object `email` for each mail, `file` for its attachments and where something was found, `url`
//! for web addresses, by the templates of misp-objects. Recipients are left out, for an event is made to be handed on;
//! it is not published, and shared with nobody until somebody says so.

use super::super::message::mailbox;
use super::super::time::utc;
use super::{Item, uuid};
use crate::report::Report;
use crate::verdict::Verdict;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Objects of one message.
const FILES: usize = 200;

/// A template of misp-objects: name, id, version, category.
struct Template(&'static str, &'static str, &'static str, &'static str);

const EMAIL: Template = Template("email", "a0c666e0-fc65-4be8-b48f-3423d788b552", "19", "network");
const FILE: Template = Template("file", "688c46fb-5edb-40a3-8273-1af7923e2215", "25", "file");
const URL: Template = Template("url", "60efb77b-40b5-4c46-871b-ed1ed999fce5", "10", "network");

/// Indicators that are attributes of the event itself: their type and category there.
const LOOSE: &[(&str, &str, &str)] = &[
    ("domain", "domain", "Network activity"),
    ("ip", "ip-dst", "Network activity"),
    ("email", "email-src", "Payload delivery"),
    ("command", "text", "Artifacts dropped"),
];

/// The event of some messages.
pub(super) fn of(items: &[Item]) -> Value {
    let worst = items.iter().map(|item| item.report.verdict).max().unwrap_or(Verdict::Clean);
    let threat = match worst {
        Verdict::Malicious => "1",
        Verdict::Suspicious => "2",
        Verdict::Unverified | Verdict::Clean => "4",
    };
    let lead = items.iter().rev().max_by_key(|item| item.summary.score);
    let subject = lead.map(|item| item.summary.subject.as_str()).unwrap_or_default();
    let ids: Vec<&str> = items.iter().map(|item| item.summary.id.as_str()).collect();
    let received = items.first().map(|item| item.summary.received).unwrap_or_default();
    let mut event =
        Event { made: items.iter().map(|item| item.made).max().unwrap_or_default(), ..Event::default() };
    items.iter().for_each(|item| event.message(item));
    json!({ "Event": {
        "uuid": uuid::of(&format!("event {}", ids.join(" "))), "info": format!("tenpu: {subject}"),
        "date": utc(received).get(..10), "timestamp": event.made.to_string(), "threat_level_id": threat,
        "analysis": "0", "distribution": "0", "published": false,
        "Attribute": event.attributes, "Object": event.objects,
    } })
}

#[derive(Default)]
struct Event {
    made: i64,
    attributes: Vec<Value>,
    objects: Vec<Value>,
    seen: BTreeSet<String>,
}

impl Event {
    fn message(&mut self, item: &Item) {
        let report = &item.report;
        let is_bad = report.verdict >= Verdict::Suspicious;
        let mut inside = Vec::new();
        let is_told =
            |id: usize| report.indicators.iter().any(|one| one.kind == "sha256" && one.artifact == id);
        let files = report.artifacts.iter().filter(|one| one.via == "attachment" || is_told(one.id));
        for artifact in files.take(FILES) {
            let name = report.without_passwords(artifact.name.trim());
            let cells = [
                ("filename", "filename", "Payload delivery", name.as_str(), false),
                ("sha256", "sha256", "Payload delivery", &artifact.sha256, is_bad && is_told(artifact.id)),
                ("size-in-bytes", "size-in-bytes", "Other", &artifact.size.to_string(), false),
            ];
            inside.push(self.object(&FILE, &format!("file {} {name}", artifact.sha256), &cells, &[]));
        }
        for url in report.indicators.iter().filter(|one| one.kind == "url") {
            let cells = [("url", "url", "Network activity", url.value.as_str(), is_bad)];
            inside.push(self.object(&URL, &format!("url {}", url.value), &cells, &[]));
        }
        self.loose(report, is_bad);
        self.mail(item, &inside);
    }

    fn mail(&mut self, item: &Item, inside: &[String]) {
        let (summary, report) = (&item.summary, &item.report);
        let is_bad = report.verdict >= Verdict::Suspicious;
        let domain = summary.address.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
        let date = crate::message::date(&summary.dated).map(utc).unwrap_or_default();
        let mut cells = vec![
            ("from", "email-src", "Payload delivery", summary.address.as_str(), is_bad),
            (
                "from-display-name",
                "email-src-display-name",
                "Payload delivery",
                mailbox(&summary.shown_from).0,
                false,
            ),
            ("from-domain", "domain", "Payload delivery", domain, false),
            ("subject", "email-subject", "Payload delivery", summary.subject.as_str(), false),
            ("message-id", "email-message-id", "Payload delivery", summary.message_id.as_str(), false),
            ("send-date", "datetime", "Other", date.as_str(), false),
        ];
        let attached = report.artifacts.iter().filter(|one| one.via == "attachment");
        let names: Vec<String> = attached.map(|one| report.without_passwords(one.name.trim())).collect();
        cells.extend(
            names
                .iter()
                .map(|name| ("attachment", "email-attachment", "Payload delivery", name.as_str(), false)),
        );
        // A bare file was no mail.
        if report.message_id.is_some() || !summary.address.is_empty() || !summary.subject.is_empty() {
            self.object(&EMAIL, &format!("mail {}", summary.id), &cells, inside);
        }
    }

    fn loose(&mut self, report: &Report, is_bad: bool) {
        for one in &report.indicators {
            let Some((_, kind, category)) = LOOSE.iter().find(|(kind, _, _)| *kind == one.kind) else {
                continue;
            };
            let uuid = uuid::of(&format!("attribute {kind} {}", one.value));
            if self.seen.insert(uuid.clone()) {
                self.attributes.push(json!({
                    "uuid": uuid, "type": kind, "category": category, "value": one.value,
                    "to_ids": is_bad && *kind != "text", "timestamp": self.made.to_string(),
                }));
            }
        }
    }

    /// Adds an object with the cells that hold something; answers its id. One that is there already is not added again.
    fn object(
        &mut self,
        template: &Template,
        name: &str,
        cells: &[(&str, &str, &str, &str, bool)],
        inside: &[String],
    ) -> String {
        let Template(kind, template, version, category) = *template;
        let id = uuid::of(name);
        if !self.seen.insert(id.clone()) {
            return id;
        }
        let made = self.made.to_string();
        let cells = cells.iter().enumerate().filter(|(_, cell)| !cell.3.trim().is_empty());
        let cells: Vec<Value> = cells
            .map(|(n, (relation, kind, category, value, to_ids))| {
                json!({
                    "uuid": uuid::of(&format!("{id} {n} {value}")), "object_relation": relation, "type": kind,
                    "category": category, "value": value, "to_ids": to_ids, "timestamp": made,
                })
            })
            .collect();
        let inside = inside.iter().collect::<BTreeSet<_>>();
        let references: Vec<Value> = inside
            .into_iter()
            .map(|to| {
                json!({
                    "uuid": uuid::of(&format!("{id} {to}")), "object_uuid": id, "referenced_uuid": to,
                    "relationship_type": "contains", "timestamp": made,
                })
            })
            .collect();
        self.objects.push(json!({
            "uuid": id, "name": kind, "template_uuid": template, "template_version": version,
            "meta-category": category, "timestamp": made, "Attribute": cells, "ObjectReference": references,
        }));
        id
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::item;
    use super::*;

    #[test]
    fn the_mail_contains_its_files_and_addresses() {
        let event = of(&[item("7k"), item("7m")])["Event"].clone();
        let objects = event["Object"].as_array().unwrap();
        let count = |kind: &str| objects.iter().filter(|object| object["name"] == kind).count();
        assert_eq!((count("email"), count("url")), (2, 1), "{event}");
        let ids: BTreeSet<&str> = objects.iter().filter_map(|object| object["uuid"].as_str()).collect();
        assert_eq!(ids.len(), objects.len());
        for reference in objects.iter().filter_map(|object| object["ObjectReference"].as_array()).flatten() {
            assert!(ids.contains(reference["referenced_uuid"].as_str().unwrap()), "{reference}");
        }
        assert_eq!((&event["threat_level_id"], &event["date"]), (&json!("1"), &json!("2022-03-04")));
    }

    #[test]
    fn only_what_was_found_dangerous_is_searched_for() {
        let mut item = item("7k");
        item.report.verdict = Verdict::Unverified;
        let event = of(&[item]);
        assert!(!event.to_string().contains("\"to_ids\":true"), "{event}");
    }
}
