//! The mailboxes that the configuration names. `*` stands for any name, or for a part of one, within one folder.

use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};
use tokio::task::spawn_blocking;

/// The most mailboxes that are listed.
const MOST: usize = 5_000;

/// Every mailbox there is, in order.
pub(super) async fn all(patterns: Vec<PathBuf>) -> Vec<PathBuf> {
    spawn_blocking(move || found(&patterns)).await.unwrap_or_default()
}

fn found(patterns: &[PathBuf]) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = patterns.iter().flat_map(|pattern| expanded(pattern)).collect();
    found.retain(|path| path.exists());
    found.sort();
    found.dedup();
    found.truncate(MOST);
    found
}

fn expanded(pattern: &Path) -> Vec<PathBuf> {
    let mut paths = vec![PathBuf::new()];
    for component in pattern.components() {
        let name = component.as_os_str();
        let is_pattern = matches!(component, Component::Normal(_)) && name.to_string_lossy().contains('*');
        paths = match is_pattern {
            false => paths.into_iter().map(|path| path.join(name)).collect(),
            true => paths.iter().flat_map(|path| members(path, name)).take(MOST).collect(),
        };
    }
    paths
}

/// The folders in a folder whose names fit. Links are left out: whoever owns a mailbox could lead elsewhere by one.
fn members(folder: &Path, pattern: &OsStr) -> Vec<PathBuf> {
    let pattern: Vec<char> = pattern.to_string_lossy().chars().collect();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let fitting = entries.filter(|entry| {
        let name: Vec<char> = entry.file_name().to_string_lossy().chars().collect();
        let is_hidden = name.first() == Some(&'.') && pattern.first() != Some(&'.');
        !is_hidden && fits(&pattern, &name) && entry.file_type().is_ok_and(|kind| kind.is_dir())
    });
    fitting.map(|entry| entry.path()).collect()
}

/// Whether a name fits a pattern; on a mismatch the last `*` takes one letter more.
fn fits(pattern: &[char], name: &[char]) -> bool {
    let (mut at, mut of_name) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while of_name < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at + 1, of_name));
                at += 1;
            }
            Some(letter) if name.get(of_name) == Some(letter) => (at, of_name) = (at + 1, of_name + 1),
            _ => match star {
                Some((after, taken)) => {
                    star = Some((after, taken + 1));
                    (at, of_name) = (after, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|letter| *letter == '*')
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn patterns_stand_for_names() {
        let rows = [
            ("*", "taro", true),
            ("t*o", "taro", true),
            ("*a*", "taro", true),
            ("t*x", "taro", false),
            ("taro*", "taro", true),
            ("**", "", true),
            ("a", "", false),
            ("*.example", "city.example", true),
        ];
        for (pattern, name, want) in rows {
            let letters = |text: &str| text.chars().collect::<Vec<char>>();
            assert_eq!(fits(&letters(pattern), &letters(name)), want, "{pattern} {name}");
        }
    }

    #[test]
    fn only_folders_that_are_there_and_no_links() {
        let root = std::env::temp_dir().join(format!("tenpu-places-{}", std::process::id()));
        for user in ["taro", "hanako", ".hidden"] {
            fs::create_dir_all(root.join("city.example").join(user).join("Maildir")).unwrap();
        }
        fs::create_dir_all(root.join("city.example/nobody")).unwrap();
        std::os::unix::fs::symlink("/", root.join("city.example/link")).unwrap();
        let patterns = [root.join("*/*/Maildir"), root.join("city.example/taro/Maildir"), root.join("none")];
        let places = found(&patterns);
        let want = ["hanako", "taro"].map(|user| root.join("city.example").join(user).join("Maildir"));
        assert_eq!(places, want);
        fs::remove_dir_all(&root).unwrap();
    }
}
