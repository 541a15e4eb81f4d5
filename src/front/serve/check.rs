//! `tenpu config check`: reads a configuration file as the service would, and says everything that is wrong with it
//! and what is better looked at twice.

use super::address::Address;
use super::log::action_id;
use super::milter::policy::{Action, Policy};
use super::settings::{Front, Listen, Settings, Told};
use crate::detect::heuristics::HEURISTICS;
use crate::detect::yara;
use crate::front::config::{self, Options, Passwords};
use crate::front::{Status, complain};
use crate::text::printable;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::net::ToSocketAddrs;
use std::path::{Path, PathBuf};

/// Arguments of `tenpu config`.
#[derive(clap::Args)]
pub(in crate::front) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Reads all sections and the rules, and says what is wrong and what would run where.
    Check {
        /// The configuration file; see docs/operators.md.
        file: PathBuf,
    },
}

/// Runs the subcommand.
pub(in crate::front) fn run(args: Args) -> anyhow::Result<Status> {
    let Command::Check { file: path } = args.command;
    file(&path, false)
}

/// Checks a file. For a service it must say where to listen.
pub(super) fn file(path: &Path, for_service: bool) -> anyhow::Result<Status> {
    let mut found = Found::default();
    let settings = found.sections(config::sections(path)?);
    #[cfg(feature = "desk")]
    if found.problems.is_empty()
        && let Err(error) = crate::front::desk::check_files(path)
    {
        found.problems.push(line(&error));
    }
    let unread = ["`", "[scan]", "[limits]", "[store]"];
    let is_unread = found.problems.iter().any(|line| unread.iter().any(|start| line.starts_with(start)));
    let counted = if is_unread { None } else { found.rules(path) };
    found.addresses(&settings.listens);
    match (settings.listens.is_empty(), for_service) {
        (true, true) => found.problems.push("no section says where to listen".into()),
        (true, false) => {
            found.doubts.push("no section says where to listen: `tenpu serve` would not start".into())
        }
        (false, _) => {}
    }
    found.policy(&settings);
    let tell = |kind: &str, line: &String| complain(&format!("{}: {kind}{line}", path.display()));
    found.problems.iter().for_each(|line| tell("", line));
    found.doubts.iter().for_each(|line| tell("warning: ", line));
    match counted {
        Some(counted) if found.problems.is_empty() => {
            writeln!(io::stdout(), "{}", printable(&plan(&settings, &counted)))?;
            Ok(Status::Quiet)
        }
        _ => Ok(Status::Failed),
    }
}

/// What was found.
#[derive(Default)]
struct Found {
    /// The service would not start.
    problems: Vec<String>,
    /// It would, and perhaps not as it was meant.
    doubts: Vec<String>,
}

/// What scans.
struct Counted {
    jobs: usize,
    rules: usize,
    input_bytes: u64,
}

impl Found {
    /// Takes all sections that are sound.
    fn sections(&mut self, sections: toml::Table) -> Settings {
        let mut settings = Settings::default();
        for (name, value) in sections {
            if !value.is_table() && !value.is_array() {
                self.problems.push(format!("`{name}`: unknown key outside any section"));
                continue;
            }
            let Err(whole) = section(&mut settings, &name, value.clone()) else { continue };
            let keys = keys(&name, &value);
            if keys.is_empty() {
                self.problems.push(format!("[{name}]: {}", line(&whole)));
            }
            self.problems.extend(keys);
        }
        settings
    }

    /// Reads passwords and rules.
    fn rules(&mut self, path: &Path) -> Option<Counted> {
        let scan = match config::Settings::new(Options::of_file(path), &Passwords::default(), None) {
            Ok(scan) => scan,
            Err(error) => {
                self.problems.push(line(&error));
                return None;
            }
        };
        let cache = yara::cache_folder();
        let (rules, problems) = yara::Rules::load(scan.builtin, &scan.rules, cache.as_deref());
        for problem in problems {
            let place = if problem.line > 0 { format!(":{}", problem.line) } else { String::new() };
            self.problems.push(format!("[scan] `rules`: {}{place}: {}", problem.file, problem.reason));
        }
        let own = if scan.builtin { HEURISTICS.len() } else { 0 };
        let rules = own + rules.list().len();
        Some(Counted { jobs: scan.jobs, rules, input_bytes: scan.limits.input_bytes })
    }

    fn addresses(&mut self, listens: &[Listen]) {
        let mut taken = BTreeSet::new();
        for Listen { front, address, mode } in listens {
            let key = format!("[{}] `listen`: {address}", front.id());
            // Those that are handed over are told apart by their names.
            let place = if *address == Address::Handed { &key } else { &address.to_string() };
            if !taken.insert(place.clone()) {
                self.problems.push(format!("{key}: somebody else of this file listens there"));
            }
            match address {
                Address::Inet(host, port) => match is_ours_alone(host, *port) {
                    Ok(true) => {}
                    Ok(false) => self
                        .doubts
                        .push(format!("{key}: others can reach it, and nobody is asked who they are")),
                    Err(error) => self.problems.push(format!("{key}: {error}")),
                },
                Address::Handed => {}
                Address::Unix(path) => {
                    if !path.parent().is_some_and(Path::is_dir) {
                        self.doubts.push(format!("{key}: its folder is not there"));
                    }
                    if mode & 0o002 != 0 {
                        self.doubts
                            .push(format!("[{}] `mode`: everybody may write to {address}", front.id()));
                    }
                }
            }
        }
    }

    /// Words that let mails vanish or pass unseen.
    fn policy(&mut self, settings: &Settings) {
        self.problems.extend(settings.is_consistent().err().map(|error| line(&error)));
        for (key, action) in rows(&settings.policy) {
            if action == Action::Discard {
                self.doubts.push(format!("[policy] `{key}`: discarded mails are lost, and nobody is told"));
            }
        }
        if settings.policy.failure == Action::Accept {
            self.doubts.push("[policy] `failure`: mails that could not be scanned pass".into());
        }
        if settings.policy.malicious == Action::Accept {
            self.doubts.push("[policy] `malicious`: malicious mails pass".into());
        }
        if settings.clamd.failure == Some(Told::Ok) {
            self.doubts.push("[clamd] `failure`: what could not be scanned is told to be clean".into());
        }
    }
}

/// Whether only this machine reaches an address.
fn is_ours_alone(host: &str, port: u16) -> io::Result<bool> {
    Ok((host, port).to_socket_addrs()?.all(|place| place.ip().is_loopback()))
}

fn section(settings: &mut Settings, name: &str, value: toml::Value) -> anyhow::Result<()> {
    config::check_section(name, value.clone())?;
    settings.section(name, value)
}

/// What is wrong with each key of a section alone: reading all of it ends at the first slip.
fn keys(name: &str, value: &toml::Value) -> Vec<String> {
    let is_front = Front::ALL.iter().any(|front| front.id() == name);
    let mut wrong = Vec::new();
    let Some(section_of) = value.as_table() else { return wrong };
    for (key, value) in section_of {
        let mut alone = toml::Table::new();
        if is_front {
            alone.insert("listen".into(), "unix:/".into());
        }
        alone.insert(key.clone(), value.clone());
        for partner in partners(name, key) {
            let theirs = section_of.get(*partner).cloned();
            theirs.and_then(|value| alone.insert((*partner).into(), value));
        }
        if let Err(error) = section(&mut Settings::default(), name, alone.into()) {
            wrong.push(format!("[{name}] `{key}`: {}", line(&error)));
        }
    }
    wrong
}

/// Keys that mean nothing without a key.
fn partners(section: &str, key: &str) -> &'static [&'static str] {
    match (section, key) {
        ("desk", "cert" | "key") => &["cert", "key"],
        ("desk", "smtp_tls" | "smtp_name" | "smtp_ca") => &["smtp"],
        ("desk", "smtp_user" | "smtp_password_file") => {
            &["smtp", "smtp_tls", "smtp_user", "smtp_password_file"]
        }
        ("desk", "answer_from") => &["smtp"],
        ("desk", "answer_domains") => &["smtp", "answer_from"],
        ("store", "url") => &["key"],
        _ => &[],
    }
}

fn line(error: &anyhow::Error) -> String {
    format!("{error:#}").trim().replace('\n', " ")
}

fn rows(policy: &Policy) -> [(&'static str, Action); 4] {
    let Policy { malicious, suspicious, unverified, failure } = *policy;
    [("malicious", malicious), ("suspicious", suspicious), ("unverified", unverified), ("failure", failure)]
}

/// What would run, and where.
fn plan(settings: &Settings, counted: &Counted) -> String {
    let mut parts: Vec<String> = settings
        .listens
        .iter()
        .map(|listen| format!("{} at {}", listen.front.id(), listen.address))
        .collect();
    let Counted { jobs, rules, input_bytes } = counted;
    parts.push(format!("{jobs} workers, {rules} rules, up to {input_bytes} bytes a message"));
    if settings.listens.iter().any(|listen| listen.front == Front::Milter) {
        let policy =
            rows(&settings.policy).map(|(verdict, action)| format!("{verdict} {}", action_id(action)));
        parts.push(policy.join(", "));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (Found, Settings) {
        let mut found = Found::default();
        let settings = found.sections(toml::from_str(text).unwrap());
        found.addresses(&settings.listens);
        found.policy(&settings);
        (found, settings)
    }

    fn each_is_named(found: &Found, starts: &[&str]) {
        for start in starts {
            assert!(
                found.problems.iter().any(|line| line.starts_with(start)),
                "{start}: {:#?}",
                found.problems
            );
        }
        assert_eq!(found.problems.len(), starts.len(), "{:#?}", found.problems);
    }

    #[test]
    fn every_slip_is_named_with_its_key() {
        let (found, _) = found(
            "[milter]\nlisten = \"inet:8891\"\nmode = \"rw\"\nsubjekt = \"x\"\n[policy]\nmalicous = \"reject\"\n\
             failure = \"later\"\n[serve]\nconnections = 0\nwait = \"x\"\n[scan]\njobs = 0\n[limits]\ntyme = 1\n\
             [clamd]\nmode = \"0660\"\n[miltre]\nlisten = \"x\"\n",
        );
        let starts = [
            "[milter] `listen`: ",
            "[milter] `mode`: ",
            "[milter] `subjekt`: ",
            "[policy] `malicous`: ",
            "[policy] `failure`: ",
            "[serve] `connections`: ",
            "[serve] `wait`: ",
            "[scan] `jobs`: ",
            "[limits] `tyme`: ",
            "[clamd]: `listen` is missing",
            "[miltre] `listen`: there is no such section",
        ];
        each_is_named(&found, &starts);
    }

    #[test]
    fn what_is_better_looked_at_twice_is_a_warning() {
        let (found, _) = found(
            "[milter]\nlisten = [\"inet:0.0.0.0:1\", \"unix:/no/such/folder/x\"]\nmode = \"0666\"\n\
             [clamd]\nlisten = \"inet:127.0.0.1:2\"\nfailure = \"ok\"\n\
             [policy]\nsuspicious = \"discard\"\nfailure = \"accept\"\nmalicious = \"accept\"\n",
        );
        let words =
            ["0.0.0.0", "folder", "`mode`", "`suspicious`", "[policy] `failure`", "`malicious`", "[clamd]"];
        assert!(found.problems.is_empty());
        assert_eq!(found.doubts.len(), words.len(), "{:#?}", found.doubts);
        for word in words {
            assert!(found.doubts.iter().any(|line| line.contains(word)), "{word}: {:#?}", found.doubts);
        }
    }

    #[test]
    fn what_is_sound_is_told_in_one_line() {
        let (found, settings) = found(
            "[milter]\nlisten = \"inet:127.0.0.1:1\"\n[http]\nlisten = \"127.0.0.1:2\"\n[desk]\nlisten = \"127.0.0.1:3\"\n",
        );
        assert!(found.problems.is_empty() && found.doubts.is_empty());
        let counted = Counted { jobs: 2, rules: 3, input_bytes: 4 };
        let want = "milter at inet:127.0.0.1:1; http at inet:127.0.0.1:2; 2 workers, 3 rules, up to 4 bytes a message; \
                    malicious quarantine, suspicious tag, unverified tag, failure defer";
        assert_eq!(
            plan(&settings, &counted).split("; ").collect::<BTreeSet<_>>(),
            want.split("; ").collect()
        );
        assert!(!plan(&settings, &counted).contains('\n'));
    }

    #[cfg(feature = "desk")]
    #[test]
    fn the_sections_of_the_desk_are_read_too() {
        let (found, _) = found(
            "[store]\nurl = \"mysql://h/d\"\ndays = 0\nkeep = \"some\"\nday = 1\n[desk]\ncert = \"a\"\nzone = \"JST\"\n\
             contakt = \"x\"\n[policy]\nquarantine = \"shop\"\n",
        );
        let starts = [
            "[store] `url`: ",
            "[store] `days`: ",
            "[store] `keep`: ",
            "[store] `day`: ",
            "[desk] `cert`: ",
            "[desk] `zone`: ",
            "[desk] `contakt`: ",
            "[policy] `quarantine`: ",
        ];
        each_is_named(&found, &starts);
    }

    #[test]
    fn a_quarantine_in_the_store_needs_one() {
        let text = "[policy]\nquarantine = \"store\"\n";
        assert_eq!(found(text).0.problems.len(), 1);
        #[cfg(feature = "desk")]
        assert_eq!(found(&format!("{text}[store]\nurl = \"sqlite:/a.db\"\n")).0.problems, [""; 0]);
    }

    #[test]
    fn two_at_one_address_is_a_problem() {
        let (found, _) =
            found("[clamd]\nlisten = \"inet:127.0.0.1:2\"\n[olefy]\nlisten = \"inet:2@127.0.0.1\"\n");
        assert_eq!(found.problems.len(), 1);
    }
}
