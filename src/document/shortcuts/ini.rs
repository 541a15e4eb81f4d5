//! Shortcuts of lines: `key=value` in sections, and the `key:type:value` of remote desktops.

use super::{leads, starts};
use crate::artifact::Fact;
use crate::text::decode;

/// The keys that lead somewhere, in lower case, and what they are.
const KEYS: &[(&str, &str)] = &[
    ("url", "shortcut-url"),
    ("baseurl", "shortcut-url"),
    ("iconfile", "shortcut-icon"),
    ("iconresource", "shortcut-icon"),
    ("icon", "shortcut-icon"),
    ("logo", "shortcut-icon"),
    ("wallpaper", "shortcut-icon"),
    ("brandimage", "shortcut-icon"),
    ("localizedresourcename", "shortcut-icon"),
    ("infotip", "shortcut-icon"),
    ("path", "shortcut-icon"),
    ("scrnsave.exe", "shortcut-url"),
    ("workingdirectory", "shortcut-folder"),
];

/// Internet shortcuts, Explorer commands, themes, folder settings, entries of a Linux desktop.
pub(super) fn shortcut(text: &str, facts: &mut Vec<Fact>) {
    let mut is_utf7 = false;
    for line in text.lines().take(10_000) {
        let line = line.trim();
        if line.starts_with('[') {
            // Names that a code page cannot hold stand in a section of their own.
            is_utf7 = line.to_ascii_lowercase().ends_with(".w]");
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let key = key.trim().to_ascii_lowercase();
        let value = if is_utf7 { decode("utf-7", value.as_bytes()) } else { value.to_string() };
        if key == "exec" && !value.is_empty() {
            facts.push(starts(&value));
        }
        let known = KEYS.iter().find(|(name, _)| *name == key);
        let value = value.trim().trim_start_matches('@');
        if let Some((_, relation)) = known.filter(|_| !value.is_empty()) {
            let fact = leads(relation, value);
            if !facts.contains(&fact) && facts.len() < super::MOST_FACTS {
                facts.push(fact);
            }
        }
    }
}

/// The settings of a remote desktop that say where it leads and what it hands over.
const DESKTOP: &[(&str, &str)] = &[
    ("full address", "remote-desktop"),
    ("alternate full address", "remote-desktop"),
    ("gatewayhostname", "remote-desktop-gateway"),
    ("drivestoredirect", "remote-desktop-drives"),
    ("devicestoredirect", "remote-desktop-drives"),
    ("remoteapplicationprogram", "remote-desktop-program"),
    ("remoteapplicationname", "remote-desktop-program"),
    ("alternate shell", "remote-desktop-program"),
];

/// Connections to a remote desktop.
pub(super) fn remote_desktop(text: &str, facts: &mut Vec<Fact>) {
    for line in text.lines().take(10_000) {
        let mut parts = line.trim().splitn(3, ':');
        let (Some(key), Some(_), Some(value)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let key = key.trim().to_ascii_lowercase();
        let known = DESKTOP.iter().find(|(name, _)| *name == key);
        if let Some((_, relation)) =
            known.filter(|_| !value.trim().is_empty() && facts.len() < super::MOST_FACTS)
        {
            facts.push(leads(relation, value));
        }
    }
}

/// A reference to an application installed from the web: its address up to `#`.
pub(super) fn application(text: &str, facts: &mut Vec<Fact>) {
    let address = text.trim_start_matches('\u{feff}').split('#').next().unwrap_or_default().trim();
    if address.contains("://") || address.starts_with("\\\\") {
        facts.push(leads("app-installer", address.lines().next().unwrap_or_default()));
    }
}
