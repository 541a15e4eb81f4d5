//! The pages of those who watch the service.

use super::service::{Milter, Server, wait_until};
use super::{CLEAN, case, locked, malicious, stream};
use rustix::process::Signal;
use std::collections::{BTreeMap, BTreeSet};

/// Every line of a page of metrics, held against the text format 0.0.4: a family has one `HELP` and one `TYPE` before its
/// samples, samples of a family stand together, and no series comes twice.
pub(super) fn series(page: &str) -> BTreeMap<String, f64> {
    assert!(page.ends_with('\n'));
    let (mut all, mut families, mut family, mut kind) = (BTreeMap::new(), BTreeSet::new(), "", "");
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            family = help.split_once(' ').unwrap().0;
            let of_type = lines.next().unwrap().strip_prefix(&format!("# TYPE {family} ")).unwrap();
            kind = ["counter", "gauge", "histogram"].into_iter().find(|kind| *kind == of_type).unwrap();
            assert!(families.insert(family), "{family} comes twice");
            assert_eq!(kind == "counter", family.ends_with("_total"), "{family}");
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap();
        let bare = name.split('{').next().unwrap();
        let of_family = match kind {
            "histogram" => ["_bucket", "_sum", "_count"].iter().any(|end| bare == format!("{family}{end}")),
            _ => bare == family,
        };
        assert!(of_family, "{line} stands below {family}");
        assert!(bare.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{line}");
        if let Some(labels) = name.strip_prefix(bare).filter(|labels| !labels.is_empty()) {
            let labels = labels.strip_prefix('{').unwrap().strip_suffix('}').unwrap();
            for label in labels.split(',') {
                let (label, word) = label.split_once("=\"").unwrap();
                let word = word.strip_suffix('"').unwrap();
                assert!(label.bytes().all(|byte| byte.is_ascii_lowercase()), "{line}");
                assert!(
                    word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._+".contains(&byte)),
                    "{line}"
                );
            }
        }
        assert!(all.insert(name.to_string(), value.parse().unwrap()).is_none(), "{name} comes twice");
    }
    all
}

#[test]
fn what_was_done_is_on_the_page_of_metrics() {
    let server = Server::new("");
    let mut milter = Milter::new(&server);
    let before = series(&server.page("/metrics").1);
    assert_eq!(before["tenpu_reloads_total{result=\"ok\"}"], 0.0);
    assert_eq!(milter.message("Q1", &malicious()).end, "c");
    assert_eq!(milter.message("Q2", &case("password-in-subject")).end, "c");
    assert_eq!(server.clamd(&stream(&locked())), "stream: Heuristics.Encrypted.Zip FOUND\0");
    assert_eq!(server.clamd(&stream(CLEAN)), "stream: OK\0");
    assert_eq!(server.events_once("message", 4).len(), 4);
    server.signal(Signal::HUP);
    assert_eq!(server.events_once("reloaded", 1).len(), 1);
    // What a message takes up is given back after its line is written.
    let taken = || series(&server.page("/metrics").1)["tenpu_memory_bytes"];
    wait_until("memory is not given back", || taken() == 0.0);
    let (status, page) = server.page("/metrics");
    assert_eq!(status, 200);
    let after = series(&page);
    let rows = [
        ("tenpu_build_info{version=\"0.1.0\"}", 1.0),
        ("tenpu_messages_total{front=\"milter\",verdict=\"malicious\"}", 2.0),
        ("tenpu_messages_total{front=\"clamd\",verdict=\"unverified\"}", 1.0),
        ("tenpu_messages_total{front=\"clamd\",verdict=\"clean\"}", 1.0),
        ("tenpu_actions_total{action=\"quarantine\"}", 2.0),
        ("tenpu_actions_total{action=\"found\"}", 1.0),
        ("tenpu_scan_seconds_count", 4.0),
        ("tenpu_scan_seconds_bucket{le=\"+Inf\"}", 4.0),
        ("tenpu_wait_seconds_count", 4.0),
        ("tenpu_scans_total", 4.0),
        ("tenpu_uninspected_total{reason=\"encrypted\"}", 1.0),
        ("tenpu_password_unlocked_total{source=\"subject\"}", 1.0),
        ("tenpu_password_unlocked_total{source=\"body\"}", 0.0),
        ("tenpu_failures_total{reason=\"overloaded\"}", 0.0),
        ("tenpu_findings_total{rule=\"vba-autoexec-runs-command\"}", 2.0),
        ("tenpu_connections{front=\"milter\"}", 1.0),
        ("tenpu_memory_bytes", 0.0),
        ("tenpu_reloads_total{result=\"ok\"}", 1.0),
        ("tenpu_reloads_total{result=\"failed\"}", 0.0),
    ];
    for (name, value) in rows {
        assert_eq!(after.get(name), Some(&value), "{name} in {page}");
    }
    assert!(after["tenpu_rules_loaded"] > 50.0 && after["tenpu_connections{front=\"http\"}"] >= 1.0);
    let read = "tenpu_rules_reload_timestamp_seconds";
    assert!(after[read] > before[read] && before[read] >= before["process_start_time_seconds"]);
    let attached: f64 =
        after.iter().filter(|(name, _)| name.starts_with("tenpu_attachments_total{")).map(|(_, n)| n).sum();
    assert!(attached >= 3.0);
    for (name, value) in &before {
        let grows = name.contains("_total") || name.contains("_bucket") || name.ends_with("_count");
        assert!(!grows || after[name] >= *value, "{name}");
    }
    assert!(!page.contains("example"), "names of a mail are on the page");
}

#[test]
fn what_could_not_be_scanned_is_counted() {
    let server = Server::new("[serve]\nmemory = 100");
    assert_eq!(Milter::new(&server).message("Q1", &malicious()).end.get(..5), Some("y451 "));
    assert_eq!(server.events_once("message", 1).len(), 1);
    let series = series(&server.page("/metrics").1);
    assert_eq!(series["tenpu_messages_total{front=\"milter\",verdict=\"unscanned\"}"], 1.0);
    assert_eq!(series["tenpu_failures_total{reason=\"overloaded\"}"], 1.0);
    assert_eq!(series["tenpu_actions_total{action=\"defer\"}"], 1.0);
}

#[test]
fn a_service_that_stops_is_alive_and_not_ready() {
    let mut server = Server::new("");
    assert_eq!(server.page("/healthz"), (200, "ok\n".into()));
    assert_eq!(server.page("/readyz"), (200, "ok\n".into()));
    let mut busy = Milter::new(&server);
    busy.begin("Q1", CLEAN);
    busy.send(b"Bmore\r\n");
    let taken = || series(&server.page("/metrics").1)["tenpu_memory_bytes"];
    wait_until("the message is not taken up", || taken() > 0.0);
    server.signal(Signal::TERM);
    server.wait_for("stopping");
    assert_eq!(server.page("/readyz"), (503, "stopping\n".into()));
    assert_eq!(server.page("/healthz"), (200, "ok\n".into()));
    assert_eq!(busy.end().end, "c");
    assert_eq!(server.ended(), Some(0));
    assert!(!server.folder.join("http").exists());
}

#[test]
fn http_is_answered_to_the_letter() {
    let server = Server::new("");
    let ask = |bytes: &[u8]| String::from_utf8(server.ask("http", bytes)).unwrap();
    let long = [&b"GET / HTTP/1.0\r\nA: "[..], &b"a".repeat(9000), b"\r\n\r\n"].concat();
    let rows: &[(&[u8], &str)] = &[
        (b"GET /healthz HTTP/1.0\r\n\r\n", "200 OK"),
        (b"GET /healthz?x HTTP/1.1\r\nHost: a\r\n\r\n", "200 OK"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "404 Not Found"),
        (b"GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", "404 Not Found"),
        (b"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "405 Method Not Allowed"),
        (b"GET /healthz HTTP/1.1\r\n\r\n", "400 Bad Request"),
        (b"\0\0\0\x0dO\0\0\0\x06\0\0\0\x01\0\n\n", "400 Bad Request"),
        (&long, "431 Request Header Fields Too Large"),
    ];
    for (request, status) in rows {
        let answer = ask(request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{answer}");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{answer}");
        assert!(head.ends_with("\r\nConnection: close"), "{answer}");
    }
    let head = ask(b"HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(head.ends_with("\r\n\r\n"), "{head}");
    assert!(head.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{head}");
}
