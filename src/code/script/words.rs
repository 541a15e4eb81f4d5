//! The words by which scripts of Windows show what they do, one table a sign. Lower case.

use crate::artifact::Sign;

/// A word or phrase, and what it is a sign of.
pub(super) struct Word(pub(super) Sign, pub(super) &'static str);

#[rustfmt::skip]
pub(super) const WORDS: &[Word] = &[
    Word(Sign::Download, "msxml2.xmlhttp"), Word(Sign::Download, "msxml2.serverxmlhttp"),
    Word(Sign::Download, "microsoft.xmlhttp"), Word(Sign::Download, "winhttp.winhttprequest"),
    Word(Sign::Download, "internetexplorer.application"), Word(Sign::Download, "urldownloadtofile"),
    Word(Sign::Download, "bitsadmin"), Word(Sign::Download, "start-bitstransfer"),
    Word(Sign::Download, "-urlcache"), Word(Sign::Download, "/urlcache"), Word(Sign::Download, "net.webclient"),
    Word(Sign::Download, ".downloadstring"), Word(Sign::Download, ".downloadfile"), Word(Sign::Download, ".downloaddata"),
    Word(Sign::Download, "invoke-webrequest"), Word(Sign::Download, "invoke-restmethod"),
    Word(Sign::Download, "iwr "), Word(Sign::Download, "irm "), Word(Sign::Download, "curl "), Word(Sign::Download, "curl.exe"),
    Word(Sign::Download, "wget "), Word(Sign::Download, "mshta http"), Word(Sign::Download, "mshta.exe http"),
    Word(Sign::Download, "mshta \"http"), Word(Sign::Download, "/i:http"), Word(Sign::Download, "davwwwroot"),
    Word(Sign::Download, "@ssl\\"), Word(Sign::Download, "msiexec /i http"), Word(Sign::Download, "net.httpwebrequest"),
    Word(Sign::Download, "net.http.httpclient"), Word(Sign::Download, "net.webrequest]::create"),
    Word(Sign::ProcessStart, "wscript.shell"), Word(Sign::ProcessStart, "shell.application"),
    Word(Sign::ProcessStart, "win32_process"), Word(Sign::ProcessStart, "shellexecute"),
    Word(Sign::ProcessStart, "start-process"), Word(Sign::ProcessStart, "createprocess"),
    Word(Sign::ProcessStart, "invoke-expression"), Word(Sign::ProcessStart, "diagnostics.process"),
    Word(Sign::ProcessStart, "invoke-item"), Word(Sign::ProcessStart, "shellbrowserwindow"),
    Word(Sign::ProcessStart, "schedule.service"),
    Word(Sign::Interpreter, "powershell"), Word(Sign::Interpreter, "pwsh"), Word(Sign::Interpreter, "mshta"), Word(Sign::Interpreter, "rundll32"),
    Word(Sign::Interpreter, "regsvr32"), Word(Sign::Interpreter, "certutil"), Word(Sign::Interpreter, "cmd /c"),
    Word(Sign::Interpreter, "cmd.exe"), Word(Sign::Interpreter, "wmic "), Word(Sign::Interpreter, "msbuild"),
    Word(Sign::Interpreter, "installutil"), Word(Sign::Interpreter, "regasm"), Word(Sign::Interpreter, "cscript"), Word(Sign::Interpreter, "schtasks"),
    Word(Sign::HiddenWindow, "-windowstyle hidden"), Word(Sign::HiddenWindow, "-w hidden"), Word(Sign::HiddenWindow, "-windowstyle h"),
    Word(Sign::HiddenWindow, "-win hidden"), Word(Sign::HiddenWindow, "-w h "), Word(Sign::HiddenWindow, "-wi h"),
    Word(Sign::HiddenWindow, "windowstyle = 'hidden'"), Word(Sign::HiddenWindow, "windowstyle=hidden"),
    Word(Sign::HiddenWindow, "-w 1 "), Word(Sign::HiddenWindow, "start /min"), Word(Sign::HiddenWindow, "createnowindow"),
    Word(Sign::HiddenWindow, "showwindow(0"), Word(Sign::HiddenWindow, "showwindow = 0"), Word(Sign::HiddenWindow, "-windowstyle 1"),
    Word(Sign::HiddenWindow, "resizeto(0"), Word(Sign::HiddenWindow, "resizeto 0"), Word(Sign::HiddenWindow, "resizeto(1,"), Word(Sign::HiddenWindow, "resizeto 1,"),
    Word(Sign::HiddenWindow, "moveto(-"), Word(Sign::HiddenWindow, "moveto -"), Word(Sign::HiddenWindow, "-windowstyle minimized"),
    Word(Sign::FileWrite, "adodb.stream"), Word(Sign::FileWrite, ".savetofile"), Word(Sign::FileWrite, "createtextfile"),
    Word(Sign::FileWrite, "writeallbytes"), Word(Sign::FileWrite, "writealltext"), Word(Sign::FileWrite, "-outfile"),
    Word(Sign::FileWrite, "-decode "), Word(Sign::FileWrite, "set-content"),
    Word(Sign::Shellcode, "virtualalloc"), Word(Sign::Shellcode, "createthread"), Word(Sign::Shellcode, "getdelegateforfunctionpointer"),
    Word(Sign::Shellcode, "reflection.assembly]::load"), Word(Sign::Shellcode, "assembly]::load("), Word(Sign::Shellcode, ".entrypoint.invoke"),
    Word(Sign::Shellcode, "appdomain]::currentdomain.load"), Word(Sign::Shellcode, "writeprocessmemory"),
    Word(Sign::Shellcode, "deserialize_2"), Word(Sign::Shellcode, "dynamicwrapperx"),
    Word(Sign::WeakensOffice, "add-mppreference"), Word(Sign::WeakensOffice, "set-mppreference"), Word(Sign::WeakensOffice, "amsiutils"),
    Word(Sign::WeakensOffice, "amsiinitfailed"), Word(Sign::WeakensOffice, "amsiscanbuffer"), Word(Sign::WeakensOffice, "disablerealtimemonitoring"),
    Word(Sign::WeakensOffice, "disableantispyware"), Word(Sign::WeakensOffice, "delete shadows"), Word(Sign::WeakensOffice, "recoveryenabled no"),
    Word(Sign::CopiesCode, "currentversion\\run"), Word(Sign::CopiesCode, "scriptfullname"), Word(Sign::CopiesCode, "start menu\\programs\\startup"),
    Word(Sign::CopiesCode, "schtasks /create"),
    Word(Sign::ComputedObject, "activexobject"),
    Word(Sign::ChoppedText, "$shellid["), Word(Sign::ChoppedText, "$pshome["), Word(Sign::ChoppedText, "$env:comspec["),
    Word(Sign::ChoppedText, "'*mdr*'"), Word(Sign::ChoppedText, "$verbosepreference"),
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
