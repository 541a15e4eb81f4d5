//! Queries of Excel: where they load their rows from. A web query is the word `WEB`, a version, an address, and what is
//! posted there; the others name a connection.

use super::leads;
use crate::artifact::Fact;

/// The address or connection of a query.
pub(super) fn read(text: &str, facts: &mut Vec<Fact>) {
    let mut lines =
        text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty()).take(50);
    let first = lines.next().unwrap_or_default();
    if first.eq_ignore_ascii_case("web") {
        let address = lines.find(|line| line.contains("://") || line.starts_with("\\\\"));
        facts.extend(address.map(|address| leads("web-query", address)));
        return;
    }
    let all = [first].into_iter().chain(lines);
    let connection = all.filter(|line| {
        line.contains("://") || line.contains("\\\\") || line.to_lowercase().contains("driver=")
    });
    facts.extend(connection.take(5).map(|line| leads("data-query", line)));
}
