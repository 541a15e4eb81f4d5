//! What the codes of WordBasic stand for: words of the language, commands and functions of Word, and settings of its
//! dialogs. Commands that only edit or format a text are left out; they are shown by their number.

/// A word of the language or a sign, by its code.
pub(super) fn word(code: u8) -> Option<&'static str> {
    WORDS.iter().find(|(known, _)| *known == code).map(|(_, word)| *word)
}

/// A command or function.
pub(super) fn command(code: u16) -> Option<&'static str> {
    COMMANDS.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

/// A setting of a command.
pub(super) fn setting(code: u16) -> Option<&'static str> {
    SETTINGS.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

#[rustfmt::skip]
const WORDS: &[(u8, &str)] = &[
    (0x01, "-"), (0x02, "Not"), (0x03, "And"), (0x04, "Or"), (0x05, "("), (0x06, ")"), (0x07, "+"), (0x08, "-"),
    (0x09, "/"), (0x0a, "*"), (0x0b, "Mod"), (0x0c, "="), (0x0d, "<>"), (0x0e, "<"), (0x0f, ">"), (0x10, "<="),
    (0x11, ">="), (0x12, ","), (0x18, "Resume"), (0x19, ":"), (0x1a, "End"), (0x1b, "Sub"), (0x1c, "Function"),
    (0x1d, "If"), (0x1e, "Then"), (0x1f, "ElseIf"), (0x20, "Else"), (0x21, "While"), (0x22, "Wend"), (0x23, "For"),
    (0x24, "To"), (0x25, "Step"), (0x26, "Next"), (0x28, ";"), (0x29, "Call"), (0x2a, "Goto"), (0x2c, "On"),
    (0x2d, "Error"), (0x2e, "Let"), (0x2f, "Dim"), (0x30, "Shared"), (0x31, "Select"), (0x32, "Is"), (0x33, "Case"),
    (0x34, "As"), (0x35, "Redim"), (0x36, "Print"), (0x37, "Input"), (0x38, "Line"), (0x39, "Write"), (0x3a, "Name"),
    (0x3b, "Output"), (0x3c, "Append"), (0x3d, "Open"), (0x3e, "GetCurValues"), (0x3f, "Dialog"), (0x40, "Super"),
    (0x41, "Declare"), (0x42, "Double"), (0x43, "Integer"), (0x44, "Long"), (0x45, "Single"), (0x46, "String"),
    (0x47, "Cdecl"), (0x48, "Alias"), (0x49, "Any"), (0x4c, "Close"), (0x4d, "Begin"), (0x4e, "Lib"), (0x4f, "Read"),
    (0x50, "CheckDialog"), (0x51, " "), (0x52, " "), (0x54, "End If"), (0x71, "#"), (0x72, "\\"),
];

/// What reads, writes, starts, copies, asks the machine or puts texts together.
#[rustfmt::skip]
const COMMANDS: &[(u16, &str)] = &[
    (0x004f, "FileNew"), (0x0050, "FileOpen"), (0x0053, "FileSave"), (0x0054, "FileSaveAs"), (0x0056, "FileSummaryInfo"),
    (0x0057, "FileTemplates"), (0x0058, "FilePrint"), (0x0063, "FileFind"), (0x0070, "EditFind"), (0x0075, "EditReplace"),
    (0x0098, "ToolsCustomize"), (0x00a4, "InsertFile"), (0x00ac, "InsertObject"), (0x00ca, "ToolsOptions"),
    (0x00cb, "ToolsOptionsGeneral"), (0x00d1, "ToolsOptionsSave"), (0x00d7, "ToolsMacro"), (0x00de, "Organizer"),
    (0x00e1, "ToolsOptionsFileLocations"), (0x0129, "UserDialog"), (0x012c, "CopyFile"), (0x01b0, "ToolsCustomizeKeyboard"),
    (0x01b1, "ToolsCustomizeMenus"), (0x01f7, "ToolsProtectDocument"), (0x0209, "ToolsUnprotectDocument"),
    (0x0265, "FileSendMail"), (0x0267, "ToolsCustomizeMenuBar"), (0x8000, "Abs"), (0x8001, "Sgn"), (0x8002, "Int"),
    (0x8003, "Len"), (0x8004, "Asc"), (0x8005, "Chr$"), (0x8006, "Val"), (0x8007, "Str$"), (0x8008, "Left$"),
    (0x8009, "Right$"), (0x800a, "Mid$"), (0x800b, "String$"), (0x800c, "Date$"), (0x800d, "Time$"), (0x800e, "Rnd"),
    (0x800f, "InStr"), (0x8012, "Insert"), (0x8013, "InsertPara"), (0x8015, "Selection$"), (0x8023, "IsDocumentDirty"),
    (0x8024, "SetDocumentDirty"), (0x8025, "FileName$"), (0x8026, "CountFiles"), (0x8027, "GetAutoText$"), (0x802a, "SetAutoText"),
    (0x802b, "MsgBox"), (0x802c, "Beep"), (0x802d, "Shell"), (0x803b, "WindowName$"), (0x8041, "AppMinimize"),
    (0x8045, "GetProfileString$"), (0x8046, "SetProfileString"), (0x805c, "DDEInitiate"), (0x805d, "DDETerminate"),
    (0x805f, "DDEExecute"), (0x8060, "DDEPoke"), (0x8061, "DDERequest$"), (0x8063, "AppActivate"), (0x8064, "SendKeys"),
    (0x809e, "DisableInput"), (0x809f, "DocClose"), (0x80a0, "FileClose"), (0x80a1, "Files$"), (0x80a2, "FileExit"),
    (0x80a3, "FileSaveAll"), (0x80a7, "Input$"), (0x80a8, "Seek"), (0x80a9, "Eof"), (0x80aa, "Lof"), (0x80ab, "Kill"),
    (0x80ac, "ChDir"), (0x80ad, "MkDir"), (0x80ae, "RmDir"), (0x80af, "UCase$"), (0x80b0, "LCase$"), (0x80b1, "InputBox$"),
    (0x80b3, "OnTime"), (0x80b5, "AppInfo$"), (0x80b7, "CountMacros"), (0x80b8, "MacroName$"), (0x80be, "MacroDesc$"),
    (0x80c1, "KeyMacro$"), (0x80c2, "MacroCopy"), (0x80c3, "IsExecuteOnly"), (0x80d5, "ExitWindows"),
    (0x80d6, "DisableAutoMacros"), (0x80ea, "LTrim$"), (0x80eb, "RTrim$"), (0x80ee, "Environ$"), (0x80f2, "Day"),
    (0x80f4, "Hour"), (0x80f5, "Minute"), (0x80f6, "Month"), (0x80f7, "Now"), (0x80f9, "Year"), (0x80ff, "Second"),
    (0x8101, "Today"), (0x8103, "SetAttr"), (0x8107, "AppClose"), (0x810a, "AppHide"), (0x810b, "AppIsRunning"),
    (0x810c, "GetSystemInfo$"), (0x810d, "GetPrivateProfileString$"), (0x810e, "SetPrivateProfileString"), (0x810f, "GetAttr"),
    (0x8111, "ScreenUpdating"), (0x8118, "IsTemplateDirty"), (0x8119, "SetTemplateDirty"), (0x813e, "MenuItemMacro$"),
    (0x8147, "Stop"), (0x814a, "FileCloseAll"), (0x814c, "SetDocumentVar"), (0x814d, "GetDocumentVar$"), (0x8152, "IsMacro"),
    (0x8153, "FileNameFromWindow$"), (0x8178, "AddAddIn"), (0x818c, "DefaultDir$"), (0x818d, "FileNameInfo$"),
    (0x818e, "MacroFileName$"), (0x8198, "ChDefaultDir"), (0x81a2, "FileQuit"), (0x81fc, "GetDocumentProperty$"),
    (0xc010, "StartOfDocument"), (0xc011, "EndOfDocument"),
];

#[rustfmt::skip]
const SETTINGS: &[(u16, &str)] = &[
    (0x0001, "Name"), (0x0002, "KeyCode"), (0x0003, "Context"), (0x0007, "Menu"), (0x0008, "MenuText"), (0x000b, "Delete"),
    (0x0034, "AutoSave"), (0x0052, "Template"), (0x0060, "Password"), (0x0062, "Title"), (0x0064, "Author"),
    (0x0065, "Keywords"), (0x0066, "Comments"), (0x0067, "FileName"), (0x0068, "Directory"), (0x0074, "Rename"),
    (0x0075, "NewName"), (0x007f, "Source"), (0x0086, "Destination"), (0x0095, "Link"), (0x0098, "Add"),
    (0x009f, "ReadOnly"), (0x00cb, "Format"), (0x00cd, "Replace"), (0x0131, "Text"), (0x0136, "Description"),
    (0x0139, "Setting"), (0x0148, "Category"), (0x0149, "ConfirmConversions"), (0x0150, "Show"), (0x0156, "FastSaves"),
    (0x0157, "SaveInterval"), (0x0194, "Find"), (0x0196, "Path"), (0x01b9, "Remove"), (0x01da, "Class"), (0x01de, "Hide"),
    (0x01eb, "Address"), (0x01f5, "Run"), (0x01f6, "Edit"), (0x0255, "AddToMru"), (0x0287, "Copy"),
    (0x02c8, "WritePassword"), (0x02c9, "RecommendReadOnly"), (0x0316, "SendMailAttach"), (0x032a, "Message"),
    (0x03ac, "GlobalDotPrompt"), (0x045e, "VirusProtection"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once_and_in_order() {
        assert!(WORDS.is_sorted_by(|one, next| one.0 < next.0));
        assert!(COMMANDS.is_sorted_by(|one, next| one.0 < next.0));
        assert!(SETTINGS.is_sorted_by(|one, next| one.0 < next.0));
        assert_eq!(
            (word(0x1b), command(0x802d), setting(0x03ac)),
            (Some("Sub"), Some("Shell"), Some("GlobalDotPrompt"))
        );
    }
}
