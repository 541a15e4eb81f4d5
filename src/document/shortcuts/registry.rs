//! Settings that Windows takes over on a double click: entries of the registry (`.reg`) and set-up information (`.inf`).
//! Read: the commands that Windows runs by itself once they are set, and those that a set-up runs.

use super::leads;
use crate::artifact::Fact;
use crate::text::decode;

/// Keys whose values Windows runs: the end of the key, or a part of it, and the names of the values; none for all.
const RUNNING: &[(&str, &[&str])] = &[
    ("\\currentversion\\run", &[]),
    ("\\policies\\explorer\\run", &[]),
    ("\\winlogon", &["shell", "userinit", "taskman"]),
    ("\\image file execution options\\", &["debugger"]),
    ("\\shell\\", &["", "delegateexecute"]),
    ("\\environment", &["userinitmprlogonscript", "comspec", "cor_profiler_path"]),
    ("\\command processor", &["autorun"]),
    ("\\currentversion\\windows", &["load", "run", "appinit_dlls"]),
    ("\\active setup\\installed components", &["stubpath"]),
    ("\\inprocserver32", &[""]),
    ("\\localserver32", &[""]),
    ("\\scriptleturl", &[""]),
    ("\\control panel\\desktop", &["scrnsave.exe"]),
];

/// Entries of the registry. A long value goes on behind a backslash.
pub(super) fn registry(text: &str, facts: &mut Vec<Fact>) {
    let text = text.replace("\\\r\n", "").replace("\\\n", "");
    let mut key = String::new();
    for line in text.lines().take(100_000).map(str::trim) {
        if let Some(named) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            key = named.to_lowercase();
            continue;
        }
        let Some((name, value)) = entry(line) else { continue };
        let name = name.to_lowercase();
        let runs = RUNNING
            .iter()
            .any(|(part, names)| key.contains(part) && (names.is_empty() || names.contains(&name.as_str())));
        if runs && facts.len() < super::MOST_FACTS {
            facts.push(leads("settings-command", &value));
        }
    }
}

/// The name and the text of an entry: `"name"="text"`, `@="text"`, `"name"=hex(2):70,00`.
fn entry(line: &str) -> Option<(String, String)> {
    let (name, value) = match line.strip_prefix("@=") {
        Some(value) => ("", value),
        None => line.strip_prefix('"')?.split_once("\"=")?,
    };
    let text = match value.strip_prefix('"') {
        Some(text) => text.strip_suffix('"').unwrap_or(text).replace("\\\\", "\\").replace("\\\"", "\""),
        None => {
            let (_, digits) = value.strip_prefix("hex")?.split_once(':')?;
            let bytes: Vec<u8> =
                digits.split(',').filter_map(|pair| u8::from_str_radix(pair.trim(), 16).ok()).collect();
            decode("utf-16le", &bytes).trim_end_matches('\0').to_string()
        }
    };
    Some((name.to_string(), text))
}

/// Entries of a set-up section that name sections whose lines are run or registered.
const STEPS: &[&str] = &[
    "registerocxs",
    "unregisterocxs",
    "registerdlls",
    "unregisterdlls",
    "runpresetupcommands",
    "runpostsetupcommands",
];

/// Set-up information: the lines of the sections that are run.
pub(super) fn setup(text: &str, facts: &mut Vec<Fact>) {
    let lines: Vec<&str> = text.lines().take(100_000).map(str::trim).collect();
    let mut named: Vec<String> = Vec::new();
    for (key, value) in lines.iter().filter_map(|line| line.split_once('=')) {
        if STEPS.contains(&key.trim().to_lowercase().as_str()) {
            let sections = value.split(',').map(|name| name.split(':').next().unwrap_or_default());
            named.extend(sections.map(|name| name.trim().to_lowercase()));
        }
    }
    let mut is_run = false;
    for line in lines.iter().filter(|line| !line.is_empty() && !line.starts_with(';')) {
        if let Some(section) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            is_run = named.contains(&section.trim().to_lowercase());
        } else if is_run && facts.len() < super::MOST_FACTS {
            facts.push(leads("settings-command", line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(reader: fn(&str, &mut Vec<Fact>), text: &str) -> Vec<String> {
        let mut facts = Vec::new();
        reader(text, &mut facts);
        facts
            .into_iter()
            .map(|fact| match fact {
                Fact::External { target, .. } => target,
                other => format!("{other:?}"),
            })
            .collect()
    }

    const ENTRIES: &str = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Run]\r\n\
        \"a\"=\"cmd /c \\\"C:\\\\x\\\"\"\r\n[HKCU\\Environment]\r\n\"UserInitMprLogonScript\"=hex(2):6d,00,73,\\\r\n  00,68,00,00,00\r\n\
        \"Path\"=\"C:\\\\x\"\r\n[HKCR\\x\\shell\\open\\command]\r\n@=\"y.exe\"\r\n";

    #[test]
    fn values_that_windows_runs_are_told() {
        assert_eq!(read(registry, ENTRIES), ["cmd /c \"C:\\x", "msh", "y.exe"]);
        assert!(read(registry, "[HKCU\\Software\\App]\r\n\"Run\"=\"x\"\r\n").is_empty());
    }

    #[test]
    fn commands_of_a_set_up_are_told() {
        let text = "[DefaultInstall]\r\nUnRegisterOCXs=U\r\nRunPreSetupCommands = A:1, B\r\n[U]\r\nx.dll,NI,y\r\n[B]\r\ncmd /c z\r\n[C]\r\nw";
        assert_eq!(read(setup, text), ["x.dll,NI,y", "cmd /c z"]);
        assert!(read(setup, "[DefaultInstall]\r\nCopyFiles=F\r\n[F]\r\na.dll").is_empty());
    }

    #[test]
    fn damaged_settings_end() {
        for length in 0..ENTRIES.len() {
            read(registry, ENTRIES.get(..length).unwrap());
            let mut bytes = ENTRIES.as_bytes().to_vec();
            bytes[length] ^= 1 << (length % 7);
            read(registry, &String::from_utf8_lossy(&bytes));
            read(setup, &String::from_utf8_lossy(&bytes));
        }
    }
}
