//! The words by which program text shows what it does, one table a sign.

use crate::artifact::Sign;
use crate::code::words::{SHARED, Word, word};

/// Procedures that Office calls by itself (MS-VBAL has none; these are the object models' events and Word's
/// automatic macros).
pub(super) const ENTRY_POINTS: &[&str] = &[
    "autoopen",
    "autoclose",
    "autoexec",
    "autonew",
    "autoexit",
    "auto_open",
    "auto_close",
    "auto_activate",
    "auto_deactivate",
    "auto_exec",
    "auto_new",
    "auto_exit",
    "document_open",
    "documentopen",
    "document_close",
    "document_new",
    "newdocument",
    "document_beforeclose",
    "document_beforesave",
    "document_contentcontrolonenter",
    "workbook_open",
    "workbook_activate",
    "workbook_beforeclose",
    "workbook_close",
    "workbook_new",
    "workbook_deactivate",
    "workbook_windowactivate",
    "workbook_windowdeactivate",
    "workbook_windowresize",
    "workbook_sheetdeactivate",
    "worksheet_deactivate",
    "workbook_beforeprint",
    "workbook_aftersave",
    "workbook_addininstall",
    "document_beforeprint",
    "workbook_beforesave",
    "presentation_open",
    "app_documentopen",
    "app_workbookopen",
    "onslideshowpagechange",
    "slideshowbegin",
    "auto_ppt",
    "onload",
    "document_activate",
    "worksheet_activate",
    "worksheet_calculate",
    "workbook_sheetactivate",
    "workbook_sheetcalculate",
    // The first click into a sheet or a text selects.
    "worksheet_selectionchange",
    "workbook_sheetselectionchange",
    "app_windowselectionchange",
];

/// Commands of Word that a macro of the same name takes the place of: a person means to save or close.
pub(super) const WORD_COMMANDS: &[&str] = &[
    "filesave",
    "filesaveas",
    "fileopen",
    "fileclose",
    "filenew",
    "filenewdefault",
    "fileprint",
    "fileprintdefault",
    "fileexit",
    "filetemplates",
    "toolsmacro",
    "viewvbcode",
    "toolsoptions",
];

/// What only modules of Word speak of.
pub(super) const WORD_NAMES: &[&str] = &["activedocument", "normaltemplate", "wordbasic"];

/// Events of controls that fire without a person choosing to (as `<control>_<event>`).
pub(super) const CONTROL_EVENTS: &[&str] = &[
    "layout",
    "painted",
    "painting",
    "gotfocus",
    "lostfocus",
    "mousehover",
    "mousemove",
    "resize",
    "beforenavigate2",
    "documentcomplete",
    "downloadcomplete",
    "navigatecomplete2",
    "statustextchange",
    "titlechange",
    "propertychange",
    "progresschange",
    "onconnecting",
    "ondisconnected",
    "onlogincomplete",
    "clientsitechanged",
];

/// Names used as code (not in literals): functions, methods, declared imports. Lower case.
#[rustfmt::skip]
pub(super) const NAMES: &[Word] = &[
    // Offices open papers and pages with it; an interpreter named beside it makes the difference.
    word(Sign::PlainStart, "shellexecute"), word(Sign::PlainStart, "shellexecutea"),
    word(Sign::PlainStart, "shellexecutew"), word(Sign::PlainStart, "shellexecuteex"),
    word(Sign::ProcessStart, "createprocess"), word(Sign::ProcessStart, "createprocessa"),
    word(Sign::ProcessStart, "createprocessw"), word(Sign::ProcessStart, "winexec"),
    word(Sign::ProcessStart, "macscript"), word(Sign::PlainStart, "loadlibrary"),
    word(Sign::PlainStart, "loadlibrarya"), word(Sign::PlainStart, "loadlibraryw"),
    word(Sign::Shellcode, "virtualalloc"), word(Sign::Shellcode, "virtualallocex"), word(Sign::Shellcode, "virtualprotect"),
    word(Sign::Shellcode, "createthread"), word(Sign::Shellcode, "createremotethread"),
    word(Sign::Shellcode, "writeprocessmemory"), word(Sign::Shellcode, "ntallocatevirtualmemory"),
    word(Sign::Shellcode, "ntwritevirtualmemory"), word(Sign::Shellcode, "heapcreate"),
    word(Sign::Shellcode, "queueuserapc"), word(Sign::Shellcode, "rtlmovememory") ,
    word(Sign::Shellcode, "rtlcopymemory"), word(Sign::Shellcode, "enumtimeformatsa"),
    word(Sign::Shellcode, "enumsystemlocalesa"), word(Sign::Shellcode, "enumsystemlanguagegroupsa"),
    word(Sign::Shellcode, "enumdateformatsa"), word(Sign::Shellcode, "createtimerqueuetimer"),
    // Members of objects that start programs, tasks or scripts.
    word(Sign::ProcessStart, "executeshellcommand"), word(Sign::ProcessStart, "registertaskdefinition"),
    word(Sign::CopiesCode, "macrocopy"), word(Sign::CopiesCode, "wdorganizerobjectprojectitems"),
    word(Sign::Download, "urldownloadtofile"), word(Sign::Download, "urldownloadtofilea"),
    word(Sign::Download, "urldownloadtofilew"), word(Sign::Download, "urldownloadtocachefile"),
    word(Sign::Download, "urldownloadtocachefilea"), word(Sign::Download, "internetopenurl"),
    word(Sign::Download, "internetopenurla"), word(Sign::Download, "internetreadfile"),
    word(Sign::FileWrite, "createtextfile"), word(Sign::FileWrite, "savetofile"), word(Sign::FileWrite, "writetext"),
    word(Sign::FileWrite, "opentextfile"), word(Sign::FileWrite, "filecopy"), word(Sign::FileWrite, "copyfile"),
    word(Sign::FileWrite, "copyhere"), word(Sign::FileWrite, "movefile"),
];

/// What a text may hold that the code makes or writes. Lower case; carets and back-ticks are taken out of the text
/// before it is compared.
#[rustfmt::skip]
const TEXTS: &[Word] = &[
    // Excel 4 formulas that start programs and call functions of libraries.
    word(Sign::ProcessStart, "=cmd|"), word(Sign::ProcessStart, "=exec("), word(Sign::ProcessStart, "=call("), word(Sign::ProcessStart, "=register("),
    // What OpenOffice starts programs with.
    word(Sign::PlainStart, "com.sun.star.system.systemshellexecute"),
    // A moniker that fetches and runs a script; an object of the script engines inside a text.
    word(Sign::ProcessStart, "script:http"), word(Sign::ProcessStart, "new activexobject("),
    // Places from which Windows starts programs at logon.
    word(Sign::ProcessStart, "\\currentversion\\run"), word(Sign::ProcessStart, "start menu\\programs\\startup\\"),
    word(Sign::WeakensOffice, "accessvbom"), word(Sign::WeakensOffice, "vbawarnings"),
    word(Sign::Shellcode, "ntwritevirtualmemory"), word(Sign::Shellcode, "rtlcopymemory"),
    word(Sign::Shellcode, "zwwritevirtualmemory"), word(Sign::Shellcode, "zwallocatevirtualmemory"),
    word(Sign::Shellcode, "ntprotectvirtualmemory"), word(Sign::Shellcode, "ntcreatethreadex"),
    word(Sign::Shellcode, "ntmapviewofsection"), word(Sign::Shellcode, "rtlcreateuserthread"),
    word(Sign::Shellcode, "enumtimeformats"), word(Sign::Shellcode, "enumsystemlocales"),
    word(Sign::Shellcode, "enumsystemlanguagegroups"), word(Sign::Shellcode, "enumdateformats"),
    word(Sign::Shellcode, "createtimerqueuetimer"), word(Sign::Shellcode, "heapcreate"),
    word(Sign::Interpreter, "mmc20.application"), word(Sign::Interpreter, "schedule.service"),
    word(Sign::Interpreter, "script:http"), word(Sign::Interpreter, "new activexobject("),
    word(Sign::ProcessStart, "win32_processstartup"),
    word(Sign::ProcessStart, "c08afd90-f2a1-11d1-8455-00a0c91f3880"),
    word(Sign::ProcessStart, "9ba05972-f6a8-11cf-a442-00a0c90a8f39"),
    word(Sign::PlainStart, "shellexecutea"), word(Sign::ProcessStart, "winexec"),
    word(Sign::Shellcode, "virtualprotect"),
    word(Sign::Shellcode, "createremotethread"),
    word(Sign::Shellcode, "queueuserapc"), word(Sign::Shellcode, "ntallocatevirtualmemory"),
    word(Sign::Download, "downloadfile("), word(Sign::Download, "downloadstring("),
    word(Sign::WebRequest, "msxml2.xmlhttp"), word(Sign::WebRequest, "msxml2.serverxmlhttp"),
    word(Sign::WebRequest, "microsoft.xmlhttp"), word(Sign::WebRequest, "winhttp.winhttprequest"),
    word(Sign::Decoding, "bin.base64"), word(Sign::Decoding, "bin.hex"),
    word(Sign::Interpreter, "pwsh.exe"),
    word(Sign::Interpreter, "wscript.exe"), word(Sign::Interpreter, "wscript "),
    word(Sign::Interpreter, "bitsadmin"), word(Sign::Interpreter, "msiexec"),
    word(Sign::Interpreter, "cmd /"), word(Sign::Interpreter, "command.com /"), word(Sign::Interpreter, "cmd.exe /"), word(Sign::Interpreter, "cmd.exe\" /"), word(Sign::Interpreter, "%comspec%"),
    word(Sign::Interpreter, "msbuild.exe"),
    word(Sign::Interpreter, "curl "), word(Sign::Interpreter, "forfiles"), word(Sign::Interpreter, "cmstp"),
    // Accounts with the rights of an administrator; programs that raise rights.
    word(Sign::Interpreter, "localgroup administrators"), word(Sign::Interpreter, "fodhelper"), word(Sign::Interpreter, "eventvwr"),
    word(Sign::Interpreter, "computerdefaults.exe"),
    // A database that runs VBA; .NET objects that run what they read.
    word(Sign::ProcessStart, "select shell("), word(Sign::ProcessStart, "system.runtime.serialization.formatters"),
    word(Sign::Interpreter, "system.runtime.serialization.formatters"),
    word(Sign::Interpreter, "frombase64string"), word(Sign::Interpreter, "explorer.exe http"),
];

/// What a text may hold, in macros and in formulas.
pub(in crate::code) fn texts() -> impl Iterator<Item = &'static Word> {
    SHARED.iter().chain(TEXTS)
}

/// Objects whose `Run`, `Exec` or `ShellExecute` starts a process.
pub(super) const SHELL_OBJECTS: &[&str] = &[
    "wscript.shell",
    "shell.application",
    "72c24dd5-d70a-438b-8a42-98424b88afb8",
    "13709620-c279-11ce-a49e-444553540000",
    "f935dc22-1cf0-11d0-adb9-00c04fd58a0b",
    "wscript.shell.1",
];

/// The same objects as types of their libraries: `New WshShell`, `Shell32.Shell`.
pub(super) const SHELL_TYPES: &[&str] =
    &["wshshell", "iwshshell", "iwshshell2", "iwshshell3", "shelldispatch", "ishelldispatch"];

/// The methods of these.
pub(super) const SHELL_METHODS: &[&str] = &["run", "exec", "shellexecute", "execquery"];

/// Where a document keeps text that a person does not see in it, as members of the object models.
pub(super) const HIDING_PLACES: &[&str] = &[
    "alternativetext",
    "textframe",
    "builtindocumentproperties",
    "customdocumentproperties",
    "variables",
    "customxmlparts",
    "storyranges",
    "comment",
    "comments",
    "controltiptext",
    "tag",
    "groupname",
];

/// Commands that offices run: begun with one of these, a command is plain.
pub(super) const OFFICE_COMMANDS: &[&str] = &[
    "ping ",
    "net ",
    "net.exe ",
    "xcopy",
    "robocopy",
    "python",
    "py ",
    "java ",
    "git ",
    "7z",
    "pdftk",
    "tar ",
    "r.exe",
    "rscript",
    "sqlcmd",
    "taskkill",
    "control ",
    "rasdial",
    "subst ",
    "print ",
    "cmd /c dir",
    "cmd.exe /c dir",
    "cmd /c copy",
    "cmd /c net ",
    "cmd /c ping ",
    "cmd /c mkdir",
    "cmd /c md ",
    "cmd /c xcopy",
    "cmd /c robocopy",
];

/// Endings of files that hold a script.
pub(super) const SCRIPT_EXTENSIONS: &[&str] =
    &[".vbs", ".vbe", ".js", ".jse", ".wsf", ".hta", ".bat", ".cmd", ".ps1", ".sct"];

/// Endings of files that a person opens and reads.
pub(super) const PAPER_EXTENSIONS: &[&str] = &[
    ".csv", ".txt", ".log", ".xls", ".xlsx", ".pdf", ".html", ".htm", ".doc", ".docx", ".xml", ".jpg", ".png",
];

/// Programs that an office macro starts for the person before the screen. Anything of these after `Shell` with a
/// written command is a plain start.
pub(super) const VIEWERS: &[&str] = &[
    "explorer",
    "notepad",
    "calc",
    "mspaint",
    "wordpad",
    "hh.exe",
    "excel.exe",
    "winword.exe",
    "powerpnt.exe",
    "outlook.exe",
    "acrord32.exe",
    "acrobat.exe",
    "msedge",
    "chrome",
    "iexplore",
    "firefox",
    "snippingtool",
    "osk",
];

/// Extensions of files that run.
pub(in crate::code) const PROGRAM_EXTENSIONS: &[&str] = &[
    ".exe", ".dll", ".ocx", ".scr", ".vbs", ".vbe", ".js", ".jse", ".wsf", ".hta", ".bat", ".cmd", ".ps1",
    ".pif", ".cpl", ".msi", ".sct", ".lnk", ".wll",
];
