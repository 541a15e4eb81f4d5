//! What is shipped beside the program agrees with it.

#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test may panic, starts the program, and reads the project's own files"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

fn tenpu(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tenpu")).args(arguments).output().unwrap()
}

fn shipped(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("packaging").join(name)
}

fn folder(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("tenpu-packaging-{}-{name}", std::process::id()))
}

/// The subcommands that `--help` tells of, each as its words.
fn subcommands(above: &[&str]) -> Vec<Vec<String>> {
    let help = String::from_utf8(tenpu(&[above, &["--help"]].concat()).stdout).unwrap();
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    let names = listed.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.map(|name| above.iter().copied().chain([name]).map(str::to_string).collect()).collect()
}

#[test]
fn the_configuration_is_accepted_and_so_is_what_it_shows() {
    let path = shipped("tenpu.toml");
    let output = tenpu(&["serve", "--check", "--config", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));

    // Everything that is commented out, too; files that it names are not there.
    let text = fs::read_to_string(path).unwrap();
    let is_setting = |line: &str| {
        line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '))
    };
    let shown = text.lines().map(|line| match line.strip_prefix("# ") {
        Some(inner) if is_setting(inner) => inner,
        _ => line,
    });
    let hidden = ["rules = [\"/etc", "passwords = "];
    let mut seen = BTreeSet::new();
    let mut section = String::new();
    let mut all = String::new();
    for line in shown.filter(|line| !hidden.iter().any(|start| line.starts_with(start))) {
        if line.starts_with('[') {
            section = line.to_string();
        }
        // `listen` is shown twice, with one address and with several.
        let key = line.split(" = ").next().unwrap_or_default();
        if line.is_empty() || line.starts_with('#') || seen.insert(format!("{section}{key}")) {
            all += &format!("{line}\n");
        }
    }
    assert!(all.contains("\n[policy.outgoing]") && all.contains("\nkept_bytes = "), "{all}");
    let path = folder("all.toml");
    fs::write(&path, all.replace("/run/tenpu", "/nowhere")).unwrap();
    let output = tenpu(&["serve", "--check", "--config", path.to_str().unwrap()]);
    fs::remove_file(&path).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}\n{all}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn every_subcommand_has_a_manual_page_and_completions_name_it() {
    let to = folder("made");
    for what in ["man", "completions"] {
        assert_eq!(tenpu(&["generate", what, "--to", to.to_str().unwrap()]).status.code(), Some(0));
    }
    let mut commands = subcommands(&[]);
    assert!(commands.len() >= 5, "{commands:?}");
    commands.extend(subcommands(&["rules"]));
    for command in &commands {
        let page = fs::read_to_string(to.join(format!("tenpu-{}.1", command.join("-")))).unwrap();
        assert!(page.contains(".SH OPTIONS"), "{command:?}");
        for file in ["tenpu.bash", "_tenpu", "tenpu.fish"] {
            let name = command.last().unwrap();
            assert!(fs::read_to_string(to.join(file)).unwrap().contains(name), "{file}: {name}");
        }
    }
    fs::remove_dir_all(&to).unwrap();
}

#[test]
fn the_unit_calls_the_program_as_it_is() {
    let unit = fs::read_to_string(shipped("tenpu.service")).unwrap();
    let calls =
        unit.lines().filter_map(|line| line.strip_prefix("ExecStart")?.split_once("=/usr/bin/tenpu "));
    let calls: Vec<Vec<&str>> = calls.map(|(_, call)| call.split_whitespace().collect()).collect();
    assert_eq!(calls.len(), 2, "{calls:?}");
    for call in calls {
        let (subcommand, arguments) = call.split_first().unwrap();
        let help = String::from_utf8(tenpu(&[subcommand, "--help"]).stdout).unwrap();
        for option in arguments.iter().filter(|argument| argument.starts_with("--")) {
            assert!(
                help.contains(&format!("{option} ")) || help.contains(&format!("{option}\n")),
                "{option}: {help}"
            );
        }
    }
    // What is installed and what is called have one name.
    let manifest = fs::read_to_string(shipped("../Cargo.toml")).unwrap();
    assert!(manifest.contains("[\"packaging/tenpu.toml\", \"etc/tenpu/\", \"644\"]"));
    assert!(unit.contains("--config /etc/tenpu/tenpu.toml"));
}
