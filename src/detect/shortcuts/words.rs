//! The words by which commands of shortcuts are told apart, all in lower case.

/// Programs of Windows that run what they are given. A shortcut to one of them is a command.
#[rustfmt::skip]
pub(super) const BORROWED: &[&str] = &[
    "cmd", "powershell", "powershell_ise", "pwsh", "mshta", "wscript", "cscript", "rundll32", "regsvr32",
    "msiexec", "certutil", "bitsadmin", "forfiles", "conhost", "ftp", "explorer", "findstr", "curl", "schtasks",
    "wmic", "pcalua", "hh", "msbuild", "installutil", "regasm", "regsvcs", "cmstp", "odbcconf", "msxsl",
    "scriptrunner", "pcwrun", "control", "syncappvpublishingserver", "wsl", "bash", "sh", "sftp", "finger",
    "expand", "makecab", "xcopy", "robocopy", "diskshadow", "atbroker", "presentationhost", "infdefaultinstall",
    "mavinject", "ieexec", "extexport", "desktopimgdownldr", "wt", "runonce", "at", "sc", "net", "netsh", "reg",
    "regedit", "replace", "print", "esentutl", "extrac32", "cmdl32", "msdt", "stordiag", "workfolders",
    "tttracer", "dfsvc", "winget", "py", "python", "pythonw", "node", "java", "javaw", "autoit3", "wget", "tar",
    "autohotkey", "autohotkeyu64", "autohotkey64",
];

/// Programs that have no honest work in a shortcut with arguments.
#[rustfmt::skip]
pub(super) const ALWAYS: &[&str] = &[
    "mshta", "regsvr32", "certutil", "bitsadmin", "forfiles", "conhost", "curl", "pcalua", "cmstp", "odbcconf",
    "msxsl", "scriptrunner", "syncappvpublishingserver", "finger", "installutil", "regasm", "regsvcs",
    "findstr", "infdefaultinstall", "msdt", "cmdl32", "wget", "ieexec", "mavinject", "presentationhost",
    "extrac32", "expand", "msbuild",
];

/// Programs that another one starts in the command of an attack.
#[rustfmt::skip]
pub(super) const NESTED: &[&str] = &[
    "powershell", "pwsh", "mshta", "wscript", "cscript", "rundll32", "regsvr32", "certutil", "bitsadmin",
    "forfiles", "findstr", "curl", "schtasks", "msiexec", "wmic", "conhost", "installutil", "msbuild", "cmstp",
    "expand", "wget", "iex", "extrac32", "ftp",
];

/// What says enough behind any interpreter.
#[rustfmt::skip]
pub(super) const SURE: &[&str] = &[
    "http://", "https://", "hxxp", "ftp://", "javascript:", "vbscript:", "//e:", ".lnk", "%temp%", "%tmp%",
    "%appdata%", "%localappdata%", "\\appdata\\", "\\temp\\", "users\\public", "%public%", "programdata\\",
    "davwwwroot", "@ssl", "@80\\", "frombase64", "-encodedcommand", "copy /b", "shellexec_rundll",
    "runhtmlapplication", "fileprotocolhandler", "launchapplication", "routethecall", "launchinfsection",
    "shopenverb", "installhinfsection", "regsvr", "/v:on", "-windowstyle h", "openurl", ":~", " echo ", "type ",
    "search-ms", "\\startup", "/e:vb", "/e:js", "/e:{", " -s:",
];

/// What says enough behind any program.
#[rustfmt::skip]
pub(super) const ANYWHERE: &[&str] = &[
    "proxycommand=", "proxycommand ", "localcommand=", "--gpu-launcher", "-cmd-prefix", "-encodedcommand",
    "frombase64string", "invoke-expression", "javascript:", "vbscript:", "downloadstring(", "downloadfile(",
    "search-ms:", "ms-msdt:", "process call create",
];

/// What says enough behind PowerShell.
#[rustfmt::skip]
pub(super) const POWERSHELL: &[&str] = &[
    " -e ", " -en", " -ec ", " /e ", " /en", "hidden", " -w h", " -w 1", " -win", "iex", "invoke-", "download",
    "start-process", "saps ", "[char]", "-join", "[system", "[text", "[convert", "net.webclient", "gc ",
    "get-content", "out-string", "iwr", "irm ", "$env:", "new-object", "start-bitstransfer", "replace(",
    "-split", "::", "foreach", "|%", "$",
];

/// Endings that shortcuts of Windows name without a folder.
#[rustfmt::skip]
pub(super) const SYSTEM_FILES: &[&str] = &[
    "shell32.dll", "user32.dll", "main.cpl", "appwiz.cpl", "desk.cpl", "inetcpl.cpl", "mmsys.cpl", "ncpa.cpl",
    "sysdm.cpl", "timedate.cpl", "powercfg.cpl", "firewall.cpl", "intl.cpl", "joy.cpl", "hdwwiz.cpl",
    "printui.dll", "keymgr.dll", "shutdown", "notepad", "calc", "mspaint", "ping", "net", "ipconfig",
    "taskkill", "logoff", "excel", "winword", "robocopy", "xcopy", "chkdsk", "gpupdate",
];

/// Programs whose picture stands for a document.
#[rustfmt::skip]
pub(super) const VIEWERS: &[&str] = &[
    "winword", "excel", "powerpnt", "wordicon", "xlicons", "pptico", "acrord32", "acrobat", "msedge",
    "msedge.dll", "chrome", "firefox", "wordpad", "notepad", "iexplore", "foxitreader", "foxitpdfreader",
    "sumatrapdf", "outlook", "onenote", "visio",
];

/// Libraries that shortcuts of Windows give to rundll32.
#[rustfmt::skip]
pub(super) const LIBRARIES: &[&str] = &[
    "shell32", "user32", "printui", "keymgr", "sysdm.cpl", "netplwiz", "newdev", "powrprof", "devmgr",
    "inetcpl.cpl", "van", "wmdmps", "tcpmonui", "amigoui", "themecpl", "cryptext", "oobefldr", "photoviewer",
    "shimgvw", "netshell", "hnetwiz", "appwiz.cpl", "main.cpl",
];
