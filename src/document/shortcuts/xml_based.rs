//! Shortcuts in XML: libraries and search connectors, settings, installers from the web, consoles.

use super::{leads, starts};
use crate::artifact::Fact;
use crate::document::xml::{self, Node};

/// Calls back with each element's text and name, and with each attribute's value under the element's and its own name.
fn each(text: &str, visit: &mut dyn FnMut(&str, &str)) {
    let mut open: Vec<String> = Vec::new();
    xml::walk(text.trim_start_matches('\u{feff}').as_bytes(), &mut |node| match node {
        Node::Open { name, attributes } => {
            for key in ["uri", "codebase", "command", "params", "publisher", "file", "path"] {
                if let Some(value) = attributes.value(key) {
                    visit(&format!("{}@{key}", name.to_ascii_lowercase()), value);
                }
            }
            if open.len() < DEEPEST {
                open.push(name.to_ascii_lowercase());
            }
        }
        Node::Text(text) if !text.trim().is_empty() => {
            visit(open.last().map(String::as_str).unwrap_or_default(), text.trim());
        }
        Node::Text(_) => {}
        Node::Close => {
            open.pop();
        }
    });
}

/// Elements within elements that are told apart.
const DEEPEST: usize = 1_000;

/// Libraries, saved searches and search connectors: the places they show, and their pictures.
pub(super) fn library(text: &str, facts: &mut Vec<Fact>) {
    each(text, &mut |place, value| match place {
        "url" | "domain" | "connectedurl" | "path" | "linkurl" | "include@path"
            if facts.len() < super::MOST_FACTS =>
        {
            facts.push(leads("shortcut-library", value));
        }
        "iconreference" | "imagelink" if facts.len() < super::MOST_FACTS => {
            facts.push(leads("shortcut-icon", value))
        }
        _ => {}
    });
}

/// Shortcuts to pages of the settings: the command behind one.
pub(super) fn setting(text: &str, facts: &mut Vec<Fact>) {
    each(text, &mut |place, value| match place {
        "deeplink" if facts.len() < super::MOST_FACTS => facts.push(starts(value)),
        "icon" if facts.len() < super::MOST_FACTS => facts.push(leads("shortcut-icon", value)),
        _ => {}
    });
}

/// Installers of packages and applications: where these come from, who says that he made them, what they start.
pub(super) fn installer(text: &str, facts: &mut Vec<Fact>) {
    let mut said: Vec<Fact> = Vec::new();
    each(text, &mut |place, value| {
        let name = match place {
            "description@publisher" | "mainpackage@publisher" | "mainbundle@publisher" => {
                "installer-publisher"
            }
            "commandline@file" => "installer-entry",
            _ => "",
        };
        if !name.is_empty() && said.len() < super::MOST_FACTS {
            said.push(Fact::Header { name, value: value.into() });
        }
        let is_source = place.ends_with("@uri") || place.ends_with("@codebase");
        if is_source && !value.is_empty() && facts.len() < super::MOST_FACTS {
            facts.push(leads("app-installer", value));
        }
    });
    facts.append(&mut said);
}

/// Applications of Java from the web: the archives that are fetched and started.
pub(super) fn web_start(text: &str, facts: &mut Vec<Fact>) {
    let mut base = String::new();
    let mut archives: Vec<String> = Vec::new();
    xml::walk(text.trim_start_matches('\u{feff}').as_bytes(), &mut |node| {
        let Node::Open { name, attributes } = node else { return };
        let name = name.to_ascii_lowercase();
        if name == "jnlp" {
            base = attributes.value("codebase").unwrap_or_default().trim_end_matches('/').to_string();
        } else if matches!(name.as_str(), "jar" | "nativelib" | "extension")
            && archives.len() < super::MOST_FACTS
        {
            archives.extend(attributes.value("href").map(str::to_string));
        }
    });
    let whole = |href: &String| if href.contains("://") { href.clone() } else { format!("{base}/{href}") };
    facts.extend(archives.iter().map(|href| leads("shortcut-url", &whole(href))));
}

/// Marks of program text inside a console: it is shown by the browser of Windows without its protection.
const SCRIPTS: &[&str] = &[
    "apds.dll",
    "javascript:",
    "vbscript:",
    "<script",
    "ms:script",
    "msxsl:script",
    "xsl:stylesheet",
    "transformnode",
    "activexobject",
    "createobject",
];

/// Consoles of Windows: program text in their strings, commands of their tasks, pages of the web.
pub(super) fn console(text: &str, facts: &mut Vec<Fact>) {
    let mut command = String::new();
    each(text, &mut |place, value| {
        if facts.len() >= super::MOST_FACTS {
            return;
        }
        match place {
            "task@command" => command = value.to_string(),
            "commandline@params" => command = format!("{command} {value}"),
            _ => {}
        }
        let lower = value.to_lowercase();
        let unescaped = lower.replace("%3c", "<").replace("&lt;", "<").replace("%3a", ":");
        if SCRIPTS.iter().any(|mark| unescaped.contains(mark)) {
            let head: String = value.chars().take(200).collect();
            facts.push(leads("console-script", &head));
        } else if lower.starts_with("http://") || lower.starts_with("https://") {
            facts.push(leads("shortcut-url", value));
        }
    });
    if !command.trim().is_empty() {
        facts.push(starts(&command));
    }
}
