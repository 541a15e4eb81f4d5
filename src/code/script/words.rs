//! The words by which scripts of Windows show what they do, one table a sign. Lower case.

use crate::artifact::Sign;
use crate::code::words::{SHARED, Word, word};

/// The words of scripts, those that they share with macros first.
pub(super) fn words() -> impl Iterator<Item = &'static Word> {
    SHARED.iter().chain(WORDS)
}

#[rustfmt::skip]
const WORDS: &[Word] = &[
    word(Sign::Download, "msxml2.xmlhttp"), word(Sign::Download, "msxml2.serverxmlhttp"),
    word(Sign::Download, "microsoft.xmlhttp"), word(Sign::Download, "winhttp.winhttprequest"),
    word(Sign::Download, "internetexplorer.application"),
    word(Sign::Download, "bitsadmin"),
    word(Sign::Download, "-urlcache"), word(Sign::Download, "/urlcache"), word(Sign::Download, "net.webclient"),
    word(Sign::Download, ".downloadstring"), word(Sign::Download, ".downloadfile"), word(Sign::Download, ".downloaddata"),
    word(Sign::Download, "invoke-restmethod"),
    word(Sign::Download, "iwr "), word(Sign::Download, "irm "), word(Sign::Download, "curl "), word(Sign::Download, "curl.exe"),
    word(Sign::Download, "wget "), word(Sign::Download, "mshta http"), word(Sign::Download, "mshta.exe http"),
    word(Sign::Download, "mshta \"http"), word(Sign::Download, "/i:http"), word(Sign::Download, "davwwwroot"),
    word(Sign::Download, "@ssl\\"), word(Sign::Download, "msiexec /i http"), word(Sign::Download, "net.httpwebrequest"),
    word(Sign::Download, "net.http.httpclient"), word(Sign::Download, "net.webrequest]::create"),
    word(Sign::ProcessStart, "wscript.shell"), word(Sign::ProcessStart, "shell.application"),
    word(Sign::ProcessStart, "win32_process"), word(Sign::ProcessStart, "shellexecute"),
    word(Sign::ProcessStart, "start-process"), word(Sign::ProcessStart, "saps "), word(Sign::ProcessStart, "script:http"),
    word(Sign::Download, "script:http"), word(Sign::Download, "/i http"),
    word(Sign::ProcessStart, "new:72c24dd5-d70a-438b-8a42-98424b88afb8"), word(Sign::ProcessStart, "new:f935dc22-1cf0-11d0-adb9-00c04fd58a0b"),
    word(Sign::ProcessStart, "new:13709620-c279-11ce-a49e-444553540000"), word(Sign::ProcessStart, "new:c08afd90-f2a1-11d1-8455-00a0c91f3880"),
    word(Sign::ProcessStart, "new:9ba05972-f6a8-11cf-a442-00a0c90a8f39"), word(Sign::ComputedObject, "getobject(\"new:"),
    word(Sign::Decoding, "getobject(\"new:"),
    word(Sign::ProcessStart, "invoke-expression"), word(Sign::ProcessStart, "diagnostics.process"),
    word(Sign::ProcessStart, "invoke-item"),
    word(Sign::ProcessStart, "schedule.service"),
    word(Sign::Interpreter, "pwsh"),
    word(Sign::Interpreter, "cmd /c"),
    word(Sign::Interpreter, "cmd.exe"), word(Sign::Interpreter, "msbuild"),
    word(Sign::Interpreter, "regasm"),
    word(Sign::HiddenWindow, "-windowstyle hidden"), word(Sign::HiddenWindow, "-w hidden"), word(Sign::HiddenWindow, "-windowstyle h"),
    word(Sign::HiddenWindow, "-win hidden"), word(Sign::HiddenWindow, "-w h "), word(Sign::HiddenWindow, "-wi h"),
    word(Sign::HiddenWindow, "windowstyle = 'hidden'"), word(Sign::HiddenWindow, "windowstyle=hidden"),
    word(Sign::HiddenWindow, "-w 1 "), word(Sign::HiddenWindow, "start /min"), word(Sign::HiddenWindow, "createnowindow"),
    word(Sign::HiddenWindow, "showwindow(0"), word(Sign::HiddenWindow, "showwindow = 0"), word(Sign::HiddenWindow, "-windowstyle 1"),
    word(Sign::HiddenWindow, "resizeto(0"), word(Sign::HiddenWindow, "resizeto 0"), word(Sign::HiddenWindow, "resizeto(1,"), word(Sign::HiddenWindow, "resizeto 1,"),
    word(Sign::HiddenWindow, "moveto(-"), word(Sign::HiddenWindow, "moveto -"), word(Sign::HiddenWindow, "-windowstyle minimized"),
    word(Sign::FileWrite, ".savetofile"), word(Sign::FileWrite, "createtextfile"),
    word(Sign::FileWrite, "writeallbytes"), word(Sign::FileWrite, "writealltext"), word(Sign::FileWrite, "-outfile"),
    word(Sign::FileWrite, "-decode "), word(Sign::FileWrite, "set-content"),
    word(Sign::Shellcode, "getdelegateforfunctionpointer"),
    word(Sign::Shellcode, "reflection.assembly]::load"), word(Sign::Shellcode, "assembly]::load("), word(Sign::Shellcode, ".entrypoint.invoke"),
    word(Sign::Shellcode, "appdomain]::currentdomain.load"),
    word(Sign::Shellcode, "deserialize_2"), word(Sign::Shellcode, "dynamicwrapperx"),
    word(Sign::WeakensOffice, "add-mppreference"), word(Sign::WeakensOffice, "set-mppreference"), word(Sign::WeakensOffice, "amsiutils"),
    word(Sign::WeakensOffice, "amsiinitfailed"), word(Sign::WeakensOffice, "amsiscanbuffer"), word(Sign::WeakensOffice, "disablerealtimemonitoring"),
    word(Sign::WeakensOffice, "disableantispyware"), word(Sign::WeakensOffice, "delete shadows"), word(Sign::WeakensOffice, "recoveryenabled no"),
    word(Sign::CopiesCode, "currentversion\\run"), word(Sign::CopiesCode, "scriptfullname"), word(Sign::CopiesCode, "start menu\\programs\\startup"),
    word(Sign::CopiesCode, "schtasks /create"),
    word(Sign::ComputedObject, "activexobject"),
    word(Sign::ChoppedText, "$shellid["), word(Sign::ChoppedText, "$pshome["), word(Sign::ChoppedText, "$env:comspec["),
    word(Sign::ChoppedText, "'*mdr*'"), word(Sign::ChoppedText, "$verbosepreference"),
];

/// What decodes text in a page, in lower case.
pub(super) const DECODERS: &[&str] = &[
    "unescape",
    "atob",
    "decodeuricomponent",
    "decodeuri",
    "fromcharcode",
    "cryptojs",
    "charcodeat",
    "pako",
    "lzstring",
    "textdecoder",
    "decrypt",
];

/// Words that programs write openly; one that appears only when pieces are put together was hidden.
pub(super) const HIDDEN: &[&str] = &[
    "http://",
    "https://",
    "location",
    "createelement",
    "createobjecturl",
    "document",
    "activexobject",
    "wscript",
    "scripting.filesystemobject",
    "eval",
    "responsebody",
    "adodb",
    "frombase64string",
    "invoke-expression",
    "iex",
    "new-object",
];

/// Programs of Windows that a command handed to a reader begins with.
pub(super) const COMMANDS: &[&str] = &[
    "powershell",
    "pwsh",
    "cmd",
    "mshta",
    "msiexec",
    "rundll32",
    "regsvr32",
    "conhost",
    "wscript",
    "cscript",
    "certutil",
    "bitsadmin",
    "curl",
    "forfiles",
    "ssh",
    "%comspec%",
    "iex",
    "start",
    "finger",
    "nslookup",
    "wt",
    "explorer",
    "pcalua",
    "schtasks",
];
