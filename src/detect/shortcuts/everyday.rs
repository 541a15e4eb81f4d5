//! The commands of everyday shortcuts: those that Windows and installers make.

use super::words::{LIBRARIES, NESTED, SURE};
use super::{Command, PADDING, stem};
use crate::detect::hosts;
use crate::kind::Kind;

impl Command {
    /// Whether it is a shortcut that Windows or an installer makes.
    pub(super) fn is_everyday(&self) -> bool {
        let arguments = self.arguments.as_str();
        if arguments.contains(['^', '`', '!', '|', '>'])
            || arguments.contains("http")
            || self.padding >= PADDING
        {
            return false;
        }
        let first = arguments.trim_start_matches('"').trim_start();
        match self.program.as_str() {
            "explorer" => is_folder(first),
            "rundll32" => is_system_library(arguments),
            "msiexec" => {
                arguments.contains('{') && !arguments.contains(".msi") && !arguments.contains("\\\\")
            }
            "control" => {
                let is_foreign = arguments.contains(".cpl") && self.beside().is_some();
                !arguments.contains('\\') && !is_foreign || is_installed(arguments)
            }
            "hh" | "regedit" | "py" | "python" | "pythonw" | "java" | "javaw" | "node" => {
                is_local(first) || is_installed(arguments)
            }
            "cmd" => {
                let computes = ["&", "*", "for ", "call ", " in (", "set ", "~"];
                let borrows = self.words().any(|word| word != "cmd" && NESTED.contains(&word));
                is_installed(arguments)
                    && !borrows
                    && self.beside().is_none()
                    && !computes.iter().any(|mark| arguments.contains(mark))
            }
            "powershell" | "pwsh" => is_console(arguments),
            "mshta" | "wscript" | "cscript" => {
                is_installed(arguments) && !first.starts_with("/e:") && !first.starts_with("//e:")
            }
            "wsl" | "bash" | "sh" | "wt" => first.starts_with(['~', '-']) && !arguments.contains(" -c"),
            _ => false,
        }
    }

    /// Whether it starts a program that an administrator installed, and tells it nothing.
    pub(in crate::detect) fn only_starts_an_installed_program(&self) -> bool {
        let target = self.text.lines().next().unwrap_or_default();
        self.arguments.is_empty()
            && !self.is_borrowed()
            && self.sure_sign().is_none()
            && target.starts_with("c:\\program files")
            && is_installed(target)
    }
}

/// Whether all paths of a command lie where only an administrator writes.
fn is_installed(arguments: &str) -> bool {
    const PLACES: &[&str] = &[
        "c:\\program files",
        "%programfiles",
        "c:\\windows\\",
        "%systemroot%",
        "%windir%",
        "d:\\program files",
    ];
    const NOT: &[&str] = &["\\temp", "\\tasks", "..", "\\tracing"];
    let roots = arguments.matches(":\\").count()
        + arguments.matches("%\\").count()
        + arguments.matches("%programfiles(x86)%").count();
    let held: usize = PLACES.iter().map(|place| arguments.matches(place).count()).sum();
    held > 0
        && held >= roots
        && !arguments.contains("\\\\")
        && !NOT.iter().any(|place| arguments.contains(place))
}

/// Whether a path starts at a drive.
fn is_local(path: &str) -> bool {
    path.get(1..3) == Some(":\\") && !path.contains("\\\\")
}

/// Whether Explorer is given a folder to show.
fn is_folder(argument: &str) -> bool {
    let shown = ["shell:", "::{", "/e", "/n", "/root", "/select", "/idlist", "/separate", "%"];
    let is_place = shown.iter().any(|start| argument.starts_with(start))
        || is_local(argument)
        || argument.starts_with("\\\\");
    let runs = Kind::by_name(argument.trim_end_matches(['"', ' '])).is_some_and(Kind::runs);
    is_place && !runs && !argument.contains("search") && !hosts::is_remote(argument)
}

/// Whether rundll32 is given a library of Windows or an installed one, and a function that starts nothing else.
fn is_system_library(arguments: &str) -> bool {
    let (library, function) = arguments.split_once(',').unwrap_or((arguments, ""));
    let library = library.trim().trim_matches('"');
    let bare = !library.contains(['\\', '/', ':', '%'])
        && LIBRARIES.contains(&stem(library).trim_end_matches(".dll"));
    let names_elsewhere = function.contains("\\") && !is_installed(function) || function.contains("..");
    (bare || is_installed(library))
        && !names_elsewhere
        && !SURE.iter().any(|phrase| arguments.contains(phrase))
}

/// Whether PowerShell is only opened, or given a module that was installed.
fn is_console(arguments: &str) -> bool {
    const SWITCHES: &[&str] = &[
        "-noexit",
        "-importsystemmodules",
        "-nologo",
        "-noprofile",
        "-version",
        "-sta",
        "-mta",
        "-executionpolicy",
        "-psconsolefile",
        "-workingdirectory",
        "remotesigned",
        "1.0",
        "2.0",
        "3.0",
        "5.1",
        "~",
    ];
    let switches = arguments.split_whitespace().all(|word| SWITCHES.contains(&word));
    let hides = ["hidden", "-e", "download", "iex", "base64", "start-process"];
    let module = is_installed(arguments)
        && (arguments.contains("import-module")
            || arguments.contains("-psconsolefile")
            || arguments.contains("-file"));
    switches
        || module
            && !arguments
                .split_whitespace()
                .any(|word| hides.iter().any(|mark| word.starts_with(mark) && !word.starts_with("-ex")))
}
