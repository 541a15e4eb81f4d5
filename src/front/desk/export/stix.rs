//! A bundle of STIX 2.1 (OASIS): the mail as `email-message` with its sender and files, what tenpu said as
//! `malware-analysis`, and `indicator`s that other programs can search for.
//!
//! Ids of observables are those the specification prescribes (2.9), so that two exports of one thing meet; all other ids
//! are made of the id of the message. Nothing found is `unknown`, not `benign`: that is no guarantee. Recipients are left
//! out, for a bundle is made to be handed on.

use super::super::message::mailbox;
use super::super::time::utc;
use super::{Item, uuid};
use crate::kind::{Class, Kind};
use crate::report::{ArtifactEntry, Report};
use crate::verdict::Verdict;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Files of one message.
const FILES: usize = 200;

/// Which pattern searches for an indicator, and the observable of its value.
const PATTERNS: &[(&str, &str, &str)] = &[
    ("sha256", "file:hashes.'SHA-256'", ""),
    ("url", "url:value", "url"),
    ("domain", "domain-name:value", "domain-name"),
    ("email", "email-addr:value", "email-addr"),
    ("ip", "ipv4-addr:value", "ipv4-addr"),
    ("command", "process:command_line", ""),
];

/// The bundle of some messages.
pub(super) fn of(items: &[Item]) -> Value {
    let mut bundle = Bundle::default();
    items.iter().for_each(|item| bundle.message(item));
    let ids: Vec<&str> = bundle.objects.iter().filter_map(|object| object.get("id")?.as_str()).collect();
    let id = format!("bundle--{}", uuid::of(&ids.join(" ")));
    json!({ "type": "bundle", "id": id, "objects": bundle.objects })
}

#[derive(Default)]
struct Bundle {
    objects: Vec<Value>,
    seen: BTreeSet<String>,
    /// The indicator of a pattern.
    indicators: BTreeMap<String, String>,
}

impl Bundle {
    /// Adds an object; answers its id. One that is there already is not added again.
    fn add(&mut self, kind: &str, uuid: &str, rest: Value) -> String {
        let id = format!("{kind}--{uuid}");
        if self.seen.insert(id.clone()) {
            let mut object = json!({ "type": kind, "spec_version": "2.1", "id": id });
            if let (Some(object), Value::Object(rest)) = (object.as_object_mut(), rest) {
                object.extend(rest.into_iter().filter(|(_, value)| !value.is_null()));
            }
            self.objects.push(object);
        }
        id
    }

    fn value(&mut self, kind: &str, value: &str) -> String {
        self.add(kind, &uuid::observable(&json!({ "value": value }).to_string()), json!({ "value": value }))
    }

    fn message(&mut self, item: &Item) {
        let files = self.files(&item.report);
        let mail = self.mail(item, &files);
        let sample = files.get(&0).cloned();
        let mut seen: Vec<String> = mail.clone().into_iter().chain(files.into_values()).collect();
        if item.report.verdict >= Verdict::Suspicious {
            self.indicators(item, mail.as_ref().or(sample.as_ref()), &mut seen);
        }
        seen.sort();
        seen.dedup();
        let result = match item.report.verdict {
            Verdict::Malicious => "malicious",
            Verdict::Suspicious => "suspicious",
            Verdict::Unverified | Verdict::Clean => "unknown",
        };
        let (received, made) = (utc(item.summary.received), utc(item.made));
        let analysis = json!({
            "created": received, "modified": made, "product": "tenpu", "version": env!("CARGO_PKG_VERSION"),
            "analysis_ended": made, "result": result,
            "result_name": item.report.findings.first().map(|finding| &finding.id),
            "sample_ref": sample, "analysis_sco_refs": Some(seen).filter(|seen| !seen.is_empty()),
        });
        self.add("malware-analysis", &uuid::of(&format!("analysis {}", item.summary.id)), analysis);
    }

    /// The mail itself; a bare file is none.
    fn mail(&mut self, item: &Item, files: &BTreeMap<usize, String>) -> Option<String> {
        let (summary, report) = (&item.summary, &item.report);
        let is_mail =
            |root: &ArtifactEntry| Kind::named(root.format).is_some_and(|kind| kind.class == Class::Message);
        report.artifact(0).filter(|root| is_mail(root))?;
        let from = (!summary.address.is_empty())
            .then(|| self.sender(&summary.address, mailbox(&summary.shown_from).0));
        let subject = (!summary.subject.is_empty()).then_some(summary.subject.as_str());
        let attached = report.artifacts.iter().filter(|artifact| artifact.via == "attachment");
        let parts: Vec<Value> = attached
            .filter_map(|artifact| files.get(&artifact.id))
            .map(|file| json!({ "body_raw_ref": file, "content_disposition": "attachment" }))
            .collect();
        let named: Vec<String> = [("from_ref", from.as_deref()), ("subject", subject)]
            .iter()
            .filter_map(|(name, value)| value.map(|value| format!("\"{name}\":{}", json!(value))))
            .collect();
        let uuid = match named.is_empty() {
            true => uuid::of(&format!("mail {}", summary.id)),
            false => uuid::observable(&format!("{{{}}}", named.join(","))),
        };
        let date = crate::message::date(&summary.dated).map(utc);
        let id = (!summary.message_id.is_empty()).then_some(&summary.message_id);
        let mail = json!({
            "is_multipart": !parts.is_empty(), "date": date, "from_ref": from, "subject": subject, "message_id": id,
            "body_multipart": (!parts.is_empty()).then_some(parts),
        });
        Some(self.add("email-message", &uuid, mail))
    }

    fn sender(&mut self, address: &str, name: &str) -> String {
        let uuid = uuid::observable(&json!({ "value": address }).to_string());
        let name = (!name.is_empty()).then_some(name);
        self.add("email-addr", &uuid, json!({ "value": address, "display_name": name }))
    }

    /// The files that are told of, by artifact: the mail, its attachments, and where something was found. What is
    /// inside stands before what holds it.
    fn files(&mut self, report: &Report) -> BTreeMap<usize, String> {
        let told: BTreeSet<usize> = report
            .artifacts
            .iter()
            .filter(|artifact| {
                artifact.id == 0 || artifact.via == "attachment" || is_marked(report, artifact.id)
            })
            .map(|artifact| artifact.id)
            .take(FILES)
            .collect();
        let mut inside: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        let mut files = BTreeMap::new();
        for artifact in told.iter().rev().filter_map(|id| report.artifact(*id)) {
            let id = self.file(report, artifact, inside.remove(&artifact.id).unwrap_or_default());
            if let Some(holder) = holder(report, artifact, &told) {
                let list = inside.entry(holder).or_default();
                if !list.contains(&id) {
                    list.insert(0, id.clone());
                }
            }
            files.insert(artifact.id, id);
        }
        files
    }

    fn file(&mut self, report: &Report, artifact: &ArtifactEntry, mut inside: Vec<String>) -> String {
        let name = report.without_passwords(artifact.name.trim());
        let name = (!name.is_empty()).then_some(name);
        let hashes = json!({ "SHA-256": artifact.sha256 });
        let named = name.as_ref().map(|name| format!(",\"name\":{}", json!(name))).unwrap_or_default();
        let uuid = uuid::observable(&format!("{{\"hashes\":{hashes}{named}}}"));
        inside.retain(|id| !id.ends_with(&uuid));
        let inside = Some(inside).filter(|inside| !inside.is_empty());
        let file = json!({ "hashes": hashes, "size": artifact.size, "name": name, "contains_refs": inside });
        self.add("file", &uuid, file)
    }

    /// What other programs can search for; each leads to the mail it was found in.
    fn indicators(&mut self, item: &Item, found_in: Option<&String>, seen: &mut Vec<String>) {
        let received = utc(item.summary.received);
        let kind = if item.report.verdict == Verdict::Malicious {
            "malicious-activity"
        } else {
            "anomalous-activity"
        };
        for indicator in &item.report.indicators {
            let wanted = PATTERNS.iter().find(|(kind, _, _)| *kind == indicator.kind);
            let Some((_, path, observable)) = wanted else { continue };
            if !observable.is_empty() {
                seen.push(self.value(observable, &indicator.value));
            }
            let value = indicator.value.replace('\\', "\\\\").replace('\'', "\\'");
            let pattern = format!("[{path} = '{value}']");
            let id = match self.indicators.get(&pattern) {
                Some(id) => id.clone(),
                None => {
                    let uuid = uuid::of(&format!("indicator {} {pattern}", item.summary.id));
                    let rest = json!({
                        "created": received, "modified": received, "valid_from": received, "pattern": pattern,
                        "pattern_type": "stix", "pattern_version": "2.1", "indicator_types": [kind],
                        "name": format!("{} in a {} mail", indicator.kind, kind.split('-').next().unwrap_or_default()),
                    });
                    self.add("indicator", &uuid, rest)
                }
            };
            self.indicators.insert(pattern, id.clone());
            if let Some(found_in) = found_in {
                let rest = json!({
                    "created": received, "modified": received, "relationship_type": "related-to",
                    "source_ref": id, "target_ref": found_in,
                });
                self.add("relationship", &uuid::of(&format!("{id} {found_in}")), rest);
            }
        }
    }
}

fn is_marked(report: &Report, id: usize) -> bool {
    report.indicators.iter().any(|indicator| indicator.kind == "sha256" && indicator.artifact == id)
}

/// The nearest file above that is told of; the mail holds its attachments in another way.
fn holder(report: &Report, artifact: &ArtifactEntry, told: &BTreeSet<usize>) -> Option<usize> {
    let mut next = artifact.parent.filter(|parent| *parent < artifact.id);
    while let Some(id) = next {
        if told.contains(&id) {
            return Some(id).filter(|id| *id > 0);
        }
        next = report.artifact(id)?.parent.filter(|parent| *parent < id);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::tests::item;
    use super::*;

    fn of_type<'a>(bundle: &'a Value, kind: &str) -> Vec<&'a Value> {
        bundle["objects"].as_array().unwrap().iter().filter(|object| object["type"] == kind).collect()
    }

    #[test]
    fn a_mail_its_files_and_what_was_said_of_it() {
        let bundle = of(&[item("7k")]);
        let mail = of_type(&bundle, "email-message")[0];
        let sender = of_type(&bundle, "email-addr")[0];
        assert_eq!((&mail["from_ref"], sender["display_name"].as_str()), (&sender["id"], Some("佐藤 太郎")));
        assert_eq!(mail["body_multipart"].as_array().unwrap().len(), 2);
        assert_eq!(mail["date"], "2022-03-04T00:12:00Z");
        let files = of_type(&bundle, "file");
        assert!(files.iter().any(|file| file["name"] == "請求書.zip" && file["contains_refs"].is_array()));
        let analysis = of_type(&bundle, "malware-analysis")[0];
        assert_eq!(
            (&analysis["result"], &analysis["result_name"]),
            (&json!("malicious"), &json!("macro-runs"))
        );
        let indicators = of_type(&bundle, "indicator");
        let pattern = "[url:value = 'http://evil.example/a.exe']";
        assert!(indicators.iter().any(|indicator| indicator["pattern"] == pattern), "{indicators:?}");
        assert_eq!(of_type(&bundle, "relationship").len(), indicators.len());
    }

    #[test]
    fn every_reference_leads_to_an_object_and_no_id_stands_twice() {
        let bundle = of(&[item("7k"), item("7m")]);
        let objects = bundle["objects"].as_array().unwrap();
        let ids: BTreeSet<&str> = objects.iter().filter_map(|object| object["id"].as_str()).collect();
        assert_eq!(ids.len(), objects.len());
        let text = bundle.to_string();
        let strings = text.split('"').filter(|part| part.len() < 60 && part.contains("--"));
        let mut references = 0;
        for id in strings {
            assert!(ids.contains(id) || id.starts_with("bundle--"), "{id}");
            references += 1;
        }
        assert!(references > ids.len(), "{references}");
        // One file in two mails is one object, and has one indicator.
        assert_eq!(of_type(&bundle, "file").len(), of_type(&of(&[item("7k")]), "file").len());
        assert_eq!(of(&[item("7k")]), of(&[item("7k")]));
    }

    #[test]
    fn files_have_the_ids_of_the_specification() {
        let mut bundle = Bundle::default();
        let mut report = crate::report::tests::malicious();
        report.artifacts[1].sha256 = "a".repeat(64);
        report.artifacts[1].name = "請求\"書.zip".into();
        let id = bundle.file(&report, &report.artifacts[1], Vec::new());
        // By the `stix2` library of OASIS.
        assert_eq!(id, "file--19580af9-69f2-5e86-8f22-b72a6219be9d");
    }

    #[test]
    fn what_is_clean_is_no_indicator() {
        let mut item = item("7k");
        item.report.verdict = Verdict::Clean;
        let bundle = of(&[item]);
        assert!(of_type(&bundle, "indicator").is_empty());
        assert_eq!(of_type(&bundle, "malware-analysis")[0]["result"], "unknown");
    }
}
