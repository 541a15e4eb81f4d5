//! What shortcuts start, for the rules that judge it: the program by its bare name, its arguments, and whether that is
//! an everyday shortcut of the Start menu.

use crate::artifact::{Artifact, Fact, Tree};
use crate::kind::Kind;
use crate::text::guess;

/// What a shortcut starts, all in lower case.
pub(super) struct Command {
    /// The shortcut.
    pub(super) artifact: usize,
    /// The name of the program without its folder and ending.
    pub(super) program: String,
    /// Its arguments.
    pub(super) arguments: String,
    /// The whole command, as it is written and as it is understood.
    pub(super) text: String,
    /// The longest run of blanks in the arguments: what stands behind it is not seen in the properties of the file.
    pub(super) padding: usize,
    /// Where the picture comes from.
    pub(super) icon: String,
}

/// All commands of shortcuts that start an interpreter or a program that attackers borrow, everyday ones left out.
pub(super) fn commands(tree: &Tree) -> impl Iterator<Item = Command> {
    let all = tree.iter().filter_map(|artifact| command(tree, artifact));
    all.filter(|command| command.is_borrowed() && !command.is_everyday())
}

/// The command of a shortcut, whatever it starts.
pub(super) fn command(tree: &Tree, artifact: &Artifact) -> Option<Command> {
    let (target, arguments, icon) = artifact.facts.iter().find_map(|fact| match fact {
        Fact::Shortcut { target, arguments, icon, .. } => Some((target, arguments, icon)),
        _ => None,
    })?;
    let others = artifact.facts.iter().filter_map(|fact| match fact {
        Fact::External { relation, target } if relation == "lnk-target" => Some(target),
        _ => None,
    });
    let programs: Vec<String> = [target].into_iter().chain(others).map(|target| stem(target)).collect();
    let program = programs.iter().find(|name| BORROWED.contains(&name.as_str())).or(programs.first());
    let understood = tree.children(artifact.id).find(|child| child.via == "lnk-command");
    let text = understood.map_or_else(|| format!("{target}\n{arguments}"), |child| guess(&child.bytes));
    Some(Command {
        artifact: artifact.id,
        program: program.cloned().unwrap_or_default(),
        arguments: arguments.trim().to_lowercase(),
        padding: padding(arguments),
        text: text.to_lowercase(),
        icon: icon.to_lowercase(),
    })
}

fn padding(arguments: &str) -> usize {
    let runs = arguments.split(|c: char| !(c.is_whitespace() || c == '\u{2800}' || c == '\u{3164}'));
    runs.map(|run| run.chars().count()).max().unwrap_or_default()
}

/// The name of a program without its folder and ending, in lower case.
fn stem(target: &str) -> String {
    let name = target.trim().trim_matches('"').rsplit(['\\', '/']).next().unwrap_or_default();
    let name = name.to_lowercase();
    let name = name.strip_suffix(".exe").or_else(|| name.strip_suffix(".com")).unwrap_or(&name);
    if name == "%comspec%" { "cmd".into() } else { name.to_string() }
}

/// Programs of Windows that run what they are given. A shortcut to one of them is a command.
#[rustfmt::skip]
pub(super) const BORROWED: &[&str] = &[
    "cmd", "powershell", "powershell_ise", "pwsh", "mshta", "wscript", "cscript", "rundll32", "regsvr32", "msiexec", "certutil",
    "bitsadmin", "forfiles", "conhost", "ftp", "explorer", "findstr", "curl", "schtasks", "wmic", "pcalua", "hh",
    "msbuild", "installutil", "regasm", "regsvcs", "cmstp", "odbcconf", "msxsl", "scriptrunner", "pcwrun", "control",
    "syncappvpublishingserver", "wsl", "bash", "sh", "sftp", "finger", "expand", "makecab", "xcopy", "robocopy", "diskshadow",
    "atbroker", "presentationhost", "infdefaultinstall", "mavinject", "ieexec", "extexport", "desktopimgdownldr", "wt",
    "runonce", "at", "sc", "net", "netsh", "reg", "regedit", "replace", "print", "esentutl", "extrac32", "cmdl32", "msdt",
    "stordiag", "workfolders", "tttracer", "dfsvc", "winget", "py", "python", "pythonw", "node", "java", "javaw", "autoit3", "wget", "tar",
];

impl Command {
    /// Whether it starts a program that runs what it is given, and gives it something.
    fn is_borrowed(&self) -> bool {
        BORROWED.contains(&self.program.as_str()) && !self.arguments.is_empty()
            || ANYWHERE.iter().any(|word| self.text.contains(word))
    }

    /// What in it no shortcut of an office has.
    pub(super) fn sure_sign(&self) -> Option<String> {
        let borrowed = self.words().find(|word| *word != self.program && NESTED.contains(word));
        let phrase = SURE.iter().chain(ANYWHERE).find(|phrase| self.text.contains(**phrase)).copied();
        let code = POWERSHELL.iter().find(|phrase| self.text.contains(**phrase)).copied();
        let code = code.filter(|_| matches!(self.program.as_str(), "powershell" | "pwsh" | "powershell_ise"));
        let always = Some("always").filter(|_| ALWAYS.contains(&self.program.as_str()));
        borrowed
            .or(phrase)
            .or(code)
            .or(always)
            .map(str::to_string)
            .or_else(|| self.beside())
            .or_else(|| (self.padding >= PADDING).then(|| "padding".to_string()))
            .or_else(|| self.document_icon())
    }

    /// The command, its blanks drawn together.
    pub(super) fn evidence(&self) -> String {
        let arguments = self.arguments.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{} {arguments}", self.program)
    }

    /// The words of the command as it is understood, programs without their ending.
    fn words(&self) -> impl Iterator<Item = &str> {
        let is_end = |c: char| c.is_whitespace() || "\"'\\/();,|&<>=@{}%".contains(c);
        self.text.split(is_end).map(|word| word.strip_suffix(".exe").unwrap_or(word))
    }

    /// A file that runs and stands beside the shortcut: the folder it was unpacked to.
    fn beside(&self) -> Option<String> {
        let library = self.arguments.split(',').next().unwrap_or_default().trim().trim_matches('"');
        if self.program == "rundll32" && !library.contains([':', '%']) && !library.starts_with("\\\\") {
            return Some(library.to_string());
        }
        let is_end = |c: char| c.is_whitespace() || "\"'(),|&<>=@".contains(c);
        let names = self.arguments.split(is_end).filter(|word| {
            let is_rooted =
                word.contains(':') || word.starts_with(['\\', '/', '%', '-', '$']) || word.contains('%');
            let bare = !word.contains(['\\', '/']);
            let system = bare && (SYSTEM_FILES.contains(word) || SYSTEM_FILES.contains(&stem(word).as_str()));
            let runs = Kind::by_name(word).is_some_and(Kind::runs) && !word.starts_with('.')
                || word.starts_with(".\\") && Kind::by_name(word).is_some_and(Kind::runs);
            runs && !is_rooted && !system && !BORROWED.contains(&stem(word).as_str())
        });
        names.map(str::to_string).next()
    }

    /// The picture of a document on a command.
    pub(super) fn document_icon(&self) -> Option<String> {
        let icon = self.icon.trim().trim_matches('"');
        let name = stem(icon);
        let by_ending = matches!(
            crate::kind::extension(icon).as_str(),
            "pdf"
                | "doc"
                | "docx"
                | "xls"
                | "xlsx"
                | "ppt"
                | "pptx"
                | "rtf"
                | "txt"
                | "zip"
                | "jpg"
                | "png"
                | "html"
        );
        let is_own = name == self.program || self.text.contains(&format!("{name}.exe"));
        (by_ending || VIEWERS.contains(&name.as_str()) && !is_own).then(|| self.icon.clone())
    }

    /// Whether it is a shortcut that Windows or an installer makes.
    fn is_everyday(&self) -> bool {
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
            "control" => !arguments.contains('\\') || is_installed(arguments),
            "hh" | "regedit" | "py" | "python" | "pythonw" | "java" | "javaw" | "node" => {
                is_local(first) || is_installed(arguments)
            }
            "cmd" => !arguments.contains('&') && is_installed(arguments),
            "powershell" | "pwsh" => is_console(arguments),
            "mshta" | "wscript" | "cscript" => is_installed(arguments),
            "wsl" | "bash" | "sh" | "wt" => first.starts_with(['~', '-']) && !arguments.contains(" -c"),
            _ => false,
        }
    }
}

/// Blanks in a row that nobody types.
const PADDING: usize = 50;

/// Programs that have no honest work in a shortcut with arguments.
const ALWAYS: &[&str] = &[
    "mshta",
    "regsvr32",
    "certutil",
    "bitsadmin",
    "forfiles",
    "conhost",
    "curl",
    "pcalua",
    "cmstp",
    "odbcconf",
    "msxsl",
    "scriptrunner",
    "syncappvpublishingserver",
    "finger",
    "installutil",
    "regasm",
    "regsvcs",
    "findstr",
    "infdefaultinstall",
    "msdt",
    "cmdl32",
    "wget",
    "ieexec",
    "mavinject",
    "presentationhost",
    "extrac32",
    "expand",
];

/// Programs that another one starts in the command of an attack.
const NESTED: &[&str] = &[
    "powershell",
    "pwsh",
    "mshta",
    "wscript",
    "cscript",
    "rundll32",
    "regsvr32",
    "certutil",
    "bitsadmin",
    "forfiles",
    "findstr",
    "curl",
    "schtasks",
    "msiexec",
    "wmic",
    "conhost",
    "installutil",
    "msbuild",
    "cmstp",
    "expand",
    "wget",
    "iex",
    "extrac32",
    "cscript",
];

/// What says enough behind any interpreter.
#[rustfmt::skip]
const SURE: &[&str] = &[
    "http://", "https://", "hxxp", "ftp://", "javascript:", "vbscript:", "//e:", ".lnk", "%temp%", "%tmp%", "%appdata%", "%localappdata%",
    "\\appdata\\", "\\temp\\", "users\\public", "%public%", "programdata\\", "davwwwroot", "@ssl", "@80\\", "frombase64",
    "-encodedcommand", "copy /b", "shellexec_rundll", "runhtmlapplication", "fileprotocolhandler", "launchapplication",
    "routethecall", "launchinfsection", "shopenverb", "installhinfsection", "regsvr", "/v:on", "-windowstyle h", "openurl",
    ":~", " echo ", "type ", "search-ms", "\\startup",
];

/// What says enough behind any program.
const ANYWHERE: &[&str] = &[
    "proxycommand=",
    "proxycommand ",
    "localcommand=",
    "--gpu-launcher",
    "-cmd-prefix",
    "-encodedcommand",
    "frombase64string",
    "invoke-expression",
    "javascript:",
    "vbscript:",
    "downloadstring(",
    "downloadfile(",
    "search-ms:",
    "ms-msdt:",
];

/// What says enough behind PowerShell.
const POWERSHELL: &[&str] = &[
    " -e ",
    " -en",
    " -ec ",
    " /e ",
    " /en",
    "hidden",
    " -w h",
    " -w 1",
    " -win",
    "iex",
    "invoke-",
    "download",
    "start-process",
    "saps ",
    "[char]",
    "-join",
    "[system",
    "[text",
    "[convert",
    "net.webclient",
    "gc ",
    "get-content",
    "out-string",
    "iwr",
    "irm ",
    "$env:",
    "new-object",
    "start-bitstransfer",
    "replace(",
    "-split",
    "::",
    "foreach",
    "|%",
    "$",
];

/// Endings that shortcuts of Windows name without a folder.
const SYSTEM_FILES: &[&str] = &[
    "shell32.dll",
    "user32.dll",
    "main.cpl",
    "appwiz.cpl",
    "desk.cpl",
    "inetcpl.cpl",
    "mmsys.cpl",
    "ncpa.cpl",
    "sysdm.cpl",
    "timedate.cpl",
    "powercfg.cpl",
    "firewall.cpl",
    "intl.cpl",
    "joy.cpl",
    "hdwwiz.cpl",
    "printui.dll",
    "keymgr.dll",
    "shutdown",
    "notepad",
    "calc",
    "mspaint",
    "ping",
    "net",
    "ipconfig",
    "taskkill",
    "logoff",
    "excel",
    "winword",
    "robocopy",
    "xcopy",
    "chkdsk",
    "gpupdate",
];

/// Programs whose picture stands for a document.
const VIEWERS: &[&str] = &[
    "winword",
    "excel",
    "powerpnt",
    "wordicon",
    "xlicons",
    "pptico",
    "acrord32",
    "acrobat",
    "msedge",
    "msedge.dll",
    "chrome",
    "firefox",
    "wordpad",
    "notepad",
    "iexplore",
    "foxitreader",
    "foxitpdfreader",
    "sumatrapdf",
    "outlook",
    "onenote",
    "visio",
];

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
        && held >= roots.min(held + 1)
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
    is_place && !runs && !argument.contains("search") && !super::hosts::is_remote(argument)
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

/// Libraries that shortcuts of Windows give to rundll32.
const LIBRARIES: &[&str] = &[
    "shell32",
    "user32",
    "printui",
    "keymgr",
    "sysdm.cpl",
    "netplwiz",
    "newdev",
    "powrprof",
    "devmgr",
    "inetcpl.cpl",
    "van",
    "wmdmps",
    "tcpmonui",
    "amigoui",
    "themecpl",
    "cryptext",
    "oobefldr",
    "photoviewer",
    "shimgvw",
    "netshell",
    "hnetwiz",
    "appwiz.cpl",
    "main.cpl",
];

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

/// Where shortcuts lead: artifact, relation, target.
pub(super) fn leads(tree: &Tree) -> impl Iterator<Item = (usize, &str, &str)> {
    tree.iter().flat_map(|artifact| {
        artifact.facts.iter().filter_map(|fact| match fact {
            Fact::External { relation, target } if is_lead(relation) => {
                Some((artifact.id, relation.as_str(), target.as_str()))
            }
            _ => None,
        })
    })
}

fn is_lead(relation: &str) -> bool {
    relation.starts_with("shortcut-") || matches!(relation, "lnk-target" | "lnk-folder" | "lnk-icon")
}

/// Whether a reference is what a shortcut opens.
pub(super) fn is_target(relation: &str) -> bool {
    matches!(relation, "lnk-target" | "shortcut-url" | "shortcut-library")
}

/// Whether a reference is the folder in which a shortcut starts its program.
pub(super) fn is_folder_of_work(relation: &str) -> bool {
    matches!(relation, "lnk-folder" | "shortcut-folder")
}
