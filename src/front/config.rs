//! What the command line and the configuration file ask for, put together.
//!
//! One TOML file serves every front. This one reads `[scan]` and `[limits]`; sections of other fronts are left to
//! them, but a key it does not know in its own sections, or outside any section, is an error: a limit with a typing
//! slip in its name would silently not hold.

use super::input;
use crate::keyring::{Candidate, Keyring, Origin, Source};
use crate::limits::Limits;
use crate::report::Lang;
use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Options of every subcommand.
#[derive(clap::Args, Default)]
pub(super) struct Options {
    /// Language of the words [default: from LC_ALL, LC_MESSAGES or LANG].
    #[arg(long, value_enum, value_name = "LANG")]
    lang: Option<Lang>,
    /// Further YARA rules: a file, or a folder of them (repeatable).
    #[arg(long, value_name = "DIR_OR_FILE")]
    rules: Vec<PathBuf>,
    /// Applies only the rules given with --rules.
    #[arg(long)]
    no_builtin_rules: bool,
    /// Configuration file; see docs/report.md.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Options {
    /// What a front asks for that takes everything from its configuration file.
    #[cfg(any(unix, feature = "desk"))]
    pub(super) fn of_file(path: &Path) -> Self {
        Self { lang: None, rules: Vec::new(), no_builtin_rules: false, config: Some(path.to_path_buf()) }
    }
}

/// Passwords from the command line.
#[derive(clap::Args, Default)]
pub(super) struct Passwords {
    /// A further password to try (repeatable). Other users of this machine can see it while tenpu runs;
    /// --passwords does not show it.
    #[arg(long = "password", value_name = "P")]
    password: Vec<String>,
    /// A file of further passwords, one a line (repeatable).
    #[arg(long = "passwords", value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// What holds for a run.
#[derive(Debug)]
pub(super) struct Settings {
    /// The limits of each message.
    pub(super) limits: Limits,
    /// The user's rules.
    pub(super) rules: Vec<PathBuf>,
    /// Whether tenpu's own rules are applied.
    pub(super) builtin: bool,
    /// Passwords to try.
    pub(super) keys: Keyring,
    /// The language of the words.
    pub(super) lang: Lang,
    /// Worker threads.
    pub(super) jobs: usize,
    /// What is remembered, and where.
    #[cfg(feature = "desk")]
    pub(super) store: StoreSection,
}

impl Settings {
    /// Puts options and configuration file together; the command line goes before the file, rules and passwords
    /// add up.
    ///
    /// # Errors
    /// A file that cannot be read or holds what it must not.
    pub(super) fn new(options: Options, passwords: &Passwords, jobs: Option<u16>) -> anyhow::Result<Self> {
        let file = options.config.as_deref().map(File::read).transpose()?.unwrap_or_default();
        let mut limits = Limits::default();
        file.limits.apply(&mut limits);
        let mut keys = Keyring::new();
        for password in &passwords.password {
            keys.add(given(password, "--password"));
        }
        for list in passwords.files.iter().chain(&file.scan.passwords) {
            read_passwords(list, &mut keys)?;
        }
        let machine = || std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            limits,
            rules: file.scan.rules.into_iter().chain(options.rules).collect(),
            builtin: file.scan.builtin_rules.unwrap_or(true) && !options.no_builtin_rules,
            keys,
            lang: options.lang.or(file.scan.lang).unwrap_or_else(lang_of_environment),
            jobs: jobs.or(file.scan.jobs).map_or_else(machine, usize::from).clamp(1, JOBS),
            #[cfg(feature = "desk")]
            store: file.store,
        })
    }
}

/// The most worker threads; each may keep `kept_bytes` in memory.
const JOBS: usize = 256;

/// The most bytes of a configuration file or a list of passwords.
const FILE: u64 = 16 << 20;

/// The sections of the file that are ours.
#[derive(Debug, Default)]
struct File {
    scan: ScanSection,
    limits: LimitsSection,
    #[cfg(feature = "desk")]
    store: StoreSection,
}

/// `[scan]`: what `tenpu scan` takes as options.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ScanSection {
    /// YARA files or folders, relative to the configuration file.
    rules: Vec<PathBuf>,
    builtin_rules: Option<bool>,
    /// A file of passwords, one a line, relative to the configuration file.
    passwords: Option<PathBuf>,
    jobs: Option<u16>,
    lang: Option<Lang>,
}

/// `[limits]`: the fields of [`Limits`], sizes in bytes, `time` in seconds.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LimitsSection {
    input_bytes: Option<u64>,
    made_bytes: Option<u64>,
    artifact_bytes: Option<u64>,
    kept_bytes: Option<u64>,
    artifacts: Option<u32>,
    depth: Option<u32>,
    time: Option<u32>,
    derivation_rounds: Option<u64>,
    passwords: Option<u32>,
}

/// `[store]`: see docs/store.md.
#[cfg(feature = "desk")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct StoreSection {
    /// `sqlite:/path` or `postgres://…`.
    pub(super) url: Option<String>,
    /// The key file, relative to the configuration file.
    pub(super) key: Option<PathBuf>,
    /// Days for which mails are kept.
    pub(super) days: Option<u32>,
    /// Bytes of kept mails.
    pub(super) bytes: Option<u64>,
    /// Which mails of the mail flow are written into it.
    pub(super) keep: Keep,
    /// Whether those of the clamd protocol are too.
    pub(super) clamd: bool,
}

/// Which mails of the mail flow are written into the store.
#[cfg(feature = "desk")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Keep {
    /// Those that are not clean.
    #[default]
    Unclean,
    /// Every one.
    All,
}

impl File {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let mut file = Self::default();
        for (name, value) in sections(path)? {
            match name.as_str() {
                "scan" => file.scan = value.try_into().with_context(|| format!("{shown}: [scan]"))?,
                "limits" => file.limits = value.try_into().with_context(|| format!("{shown}: [limits]"))?,
                #[cfg(feature = "desk")]
                "store" => file.store = value.try_into().with_context(|| format!("{shown}: [store]"))?,
                _ if value.is_table() || value.is_array() => {}
                _ => bail!("{shown}: unknown key `{name}` outside any section"),
            }
        }
        ensure!(file.scan.jobs != Some(0), "{shown}: [scan]: `jobs` must be at least 1");
        let folder = path.parent().unwrap_or(Path::new(""));
        let paths = file.scan.rules.iter_mut().chain(&mut file.scan.passwords);
        paths.for_each(|path| *path = folder.join(&path));
        #[cfg(feature = "desk")]
        file.store.key.iter_mut().for_each(|path| *path = folder.join(&path));
        Ok(file)
    }
}

/// Whether a section of ours holds nothing that it must not; sections of others are never wrong here.
///
/// # Errors
/// It does.
#[cfg(unix)]
pub(super) fn check_section(name: &str, value: toml::Value) -> anyhow::Result<()> {
    match name {
        "scan" => {
            let section: ScanSection = value.try_into()?;
            ensure!(section.jobs != Some(0), "`jobs` must be at least 1");
        }
        "limits" => {
            let _sound: LimitsSection = value.try_into()?;
        }
        #[cfg(feature = "desk")]
        "store" => super::storage::check(&value.try_into()?)?,
        #[cfg(feature = "desk")]
        "desk" => super::desk::check(value)?,
        _ => {}
    }
    Ok(())
}

/// The sections of a configuration file, whosever they are.
///
/// # Errors
/// It cannot be read or is no TOML.
pub(super) fn sections(path: &Path) -> anyhow::Result<toml::Table> {
    let text = read_text(path)?;
    toml::from_str(&text).with_context(|| format!("{}: not valid TOML", path.display()))
}

impl LimitsSection {
    /// Every field of [`Limits`] is named here, so that a new one cannot be forgotten.
    fn apply(self, limits: &mut Limits) {
        let Limits {
            input_bytes,
            made_bytes,
            artifact_bytes,
            kept_bytes,
            artifacts,
            depth,
            time,
            derivation_rounds,
            passwords,
        } = limits;
        set(input_bytes, self.input_bytes);
        set(made_bytes, self.made_bytes);
        set(artifact_bytes, self.artifact_bytes);
        set(kept_bytes, self.kept_bytes);
        set(artifacts, self.artifacts);
        set(depth, self.depth);
        set(time, self.time.map(|seconds| Duration::from_secs(seconds.into())));
        set(derivation_rounds, self.derivation_rounds);
        set(passwords, self.passwords);
    }
}

fn set<T>(limit: &mut T, wanted: Option<T>) {
    if let Some(wanted) = wanted {
        *limit = wanted;
    }
}

/// Adds each line of a file. Only line ends are taken off: a password may begin or end in a space.
fn read_passwords(path: &Path, keys: &mut Keyring) -> anyhow::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for (n, line) in read_text(path)?.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
        keys.add(given(line, &format!("{name}:{}", n + 1)));
    }
    Ok(())
}

/// Passwords given by hand come after what the mail itself says and before what everybody knows.
fn given(password: &str, place: &str) -> Candidate {
    let origin = Origin { source: Source::Given, place: place.to_string() };
    Candidate { text: password.to_string(), rank: 50, origin }
}

/// The text of a small file of ours, in UTF-8 or a Japanese charset.
fn read_text(path: &Path) -> anyhow::Result<String> {
    let shown = path.display();
    let file = input::read_file(path, FILE).with_context(|| format!("{shown}"))?;
    ensure!(file.size <= FILE, "{shown}: larger than {FILE} bytes");
    let bytes = file.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&file.bytes);
    Ok(crate::text::guess(bytes))
}

/// POSIX: the first of these that is set and not empty counts.
pub(super) fn lang_of_environment() -> Lang {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
    set.into_iter().find(|value| !value.is_empty()).map(|value| Lang::of_locale(&value)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> anyhow::Result<File> {
        let path = std::env::temp_dir().join(format!("tenpu-config-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let file = File::read(&path);
        std::fs::remove_file(&path).unwrap();
        file
    }

    #[test]
    fn our_sections_are_read_and_others_left_alone() {
        let text = "[milter]\nlisten = \"x\"\n[scan]\nrules = [\"a\", \"/b\"]\njobs = 3\nlang = \"ja\"\n\
                    [limits]\ntime = 5\nartifact_bytes = 1000\n";
        let file = read("good.toml", text).unwrap();
        let folder = std::env::temp_dir();
        assert_eq!(file.scan.rules, [folder.join("a"), PathBuf::from("/b")]);
        assert_eq!((file.scan.jobs, file.scan.lang), (Some(3), Some(Lang::Ja)));
        let mut limits = Limits::default();
        file.limits.apply(&mut limits);
        assert_eq!((limits.time, limits.artifact_bytes), (Duration::from_secs(5), 1000));
        assert_eq!(limits.depth, Limits::default().depth);
    }

    #[cfg(feature = "desk")]
    #[test]
    fn the_store_has_a_section() {
        let text = "[store]\nurl = \"sqlite:/a.db\"\nkey = \"k\"\ndays = 90\nbytes = 5000000000\n";
        let store = read("store.toml", text).unwrap().store;
        let key = Some(std::env::temp_dir().join("k"));
        let want = StoreSection {
            url: Some("sqlite:/a.db".into()),
            key,
            days: Some(90),
            bytes: Some(5_000_000_000),
            ..StoreSection::default()
        };
        assert_eq!(store, want);
        let error = format!("{:#}", read("badstore.toml", "[store]\npath = \"x\"\n").unwrap_err());
        assert!(error.contains("[store]") && error.contains("path"), "{error}");
    }

    #[test]
    fn slips_are_named_with_file_and_key() {
        let rows = [
            ("[limits]\nartefact_bytes = 1\n", "artefact_bytes"),
            ("[scan]\nlanguage = \"ja\"\n", "language"),
            ("[scan]\nlang = \"fr\"\n", "fr"),
            ("[scan]\njobs = 0\n", "jobs"),
            ("[limits]\ntime = -1\n", "-1"),
            ("rules = 1\n", "rules"),
            ("[scan\n", "TOML"),
        ];
        for (n, (text, key)) in rows.iter().enumerate() {
            let name = format!("bad{n}.toml");
            let error = format!("{:#}", read(&name, text).unwrap_err());
            assert!(error.contains(&name) && error.contains(key), "{error}");
        }
    }

    #[test]
    fn passwords_are_whole_lines() {
        let path = std::env::temp_dir().join(format!("tenpu-passwords-{}", std::process::id()));
        std::fs::write(&path, b"\xef\xbb\xbfone\r\n\r\n two \n\x95\x5c\n").unwrap();
        let mut keys = Keyring::new();
        read_passwords(&path, &mut keys).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(keys.len(), 3);
        let texts: Vec<_> = keys.candidates().iter().map(|c| c.text.clone()).collect();
        assert_eq!(texts[1], " two ");
        assert!(keys.candidates()[0].origin.place.ends_with(":1"));
    }
}
