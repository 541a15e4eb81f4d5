//! The module list of `lib.rs` is the order of the data: a module may use only what stands above it.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "a test may panic, and reads the project's own sources"
)]

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn imports_run_one_way() {
    let order = modules();
    assert!(order.len() > 10, "lib.rs lists {order:?}");
    let mut wrong = Vec::new();
    for (place, module) in order.iter().enumerate() {
        for file in files_of(module) {
            let source = fs::read_to_string(&file).unwrap();
            for used in uses(&source) {
                match order.iter().position(|known| *known == used) {
                    Some(at) if at > place => wrong.push(format!("{} uses crate::{used}", file.display())),
                    _ => {}
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports that run against the path of the data:\n{}", wrong.join("\n"));
}

/// The modules in the order in which `lib.rs` lists them.
fn modules() -> Vec<String> {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    lib.lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .map(str::to_string)
        .collect()
}

/// `src/x.rs` and everything below `src/x/`.
fn files_of(module: &str) -> Vec<PathBuf> {
    let mut files = vec![root().join(format!("src/{module}.rs"))];
    files.retain(|file| file.exists());
    let folder = walkdir::WalkDir::new(root().join("src").join(module)).sort_by_file_name();
    files.extend(folder.into_iter().flatten().map(walkdir::DirEntry::into_path));
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    assert!(!files.is_empty(), "no source for module {module}");
    files
}

/// Every `x` of `crate::x` and of `crate::{x, y::z}` in a source, its comments left out.
fn uses(source: &str) -> Vec<String> {
    let code: Vec<&str> = source.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let mut used = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            used.extend(grouped(list));
        } else {
            used.push(word(rest));
        }
    }
    used
}

/// The first words of the members of a use group, nested groups skipped.
fn grouped(list: &str) -> Vec<String> {
    let mut depth = 0;
    let mut names = vec![String::new()];
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(String::new()),
            c if depth == 0 => names.last_mut().unwrap().push(c),
            _ => {}
        }
    }
    names.iter().map(|name| word(name.trim())).filter(|name| !name.is_empty()).collect()
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_reader_of_uses_sees_groups_and_paths() {
    let source = "use crate::{a, b::{c, d}, e::f};\nfn x() { crate::g::h() } // crate::not\n";
    assert_eq!(uses(source), ["a", "b", "e", "g"]);
}
