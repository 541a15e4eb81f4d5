//! Words by which program text of every language shows what it does; each language has further ones beside its reader.

use crate::artifact::Sign;

/// A word or phrase, and what it is a sign of. Lower case.
pub(super) struct Word {
    pub(super) sign: Sign,
    pub(super) word: &'static str,
}

pub(super) const fn word(sign: Sign, word: &'static str) -> Word {
    Word { sign, word }
}

/// What scripts and the texts of macros say alike.
#[rustfmt::skip]
pub(super) const SHARED: &[Word] = &[
    word(Sign::Download, "urldownloadtofile"), word(Sign::Download, "start-bitstransfer"),
    word(Sign::Download, "invoke-webrequest"), word(Sign::ProcessStart, "createprocess"),
    word(Sign::ProcessStart, "shellbrowserwindow"), word(Sign::Interpreter, "powershell"),
    word(Sign::Interpreter, "mshta"), word(Sign::Interpreter, "rundll32"), word(Sign::Interpreter, "regsvr32"),
    word(Sign::Interpreter, "certutil"), word(Sign::Interpreter, "wmic "), word(Sign::Interpreter, "installutil"),
    word(Sign::Interpreter, "cscript"), word(Sign::Interpreter, "schtasks"), word(Sign::FileWrite, "adodb.stream"),
    word(Sign::Shellcode, "virtualalloc"), word(Sign::Shellcode, "createthread"),
    word(Sign::Shellcode, "writeprocessmemory"),
];
