//! Compiled code (the performance cache of MS-OVBA 2.3.4.3). Office runs the compiled code of a module if its own
//! version wrote it, so an attacker can empty or change the source ("VBA stomping") and scanners read nothing.
//!
//! Nobody specifies the cache; what is read of it is what the public work on disassembling it has found. It is put
//! back into text only to see what it names, and shown only where the source does not say the same.

mod lines;
mod listing;
mod names;
mod vba_3;
mod words;

use super::source;
use lines::Lines;
pub(super) use names::Names;
pub(super) use vba_3::page as page_of_vba_3;
#[cfg(test)]
pub(super) use vba_3::tests as vba_3_tests;

/// Compiled code smaller than this is what an empty module has, unless a procedure stands in it.
const LEAST: usize = 2048;

/// The compiled code of a module.
#[derive(Debug)]
pub(super) struct Compiled {
    /// How many lines are not empty.
    pub(super) lines: usize,
    /// The code as text that reads like a source.
    pub(super) listing: String,
    /// Whether all of it was understood.
    pub(super) whole: bool,
}

impl Compiled {
    /// The code in a performance cache, if there is any.
    pub(super) fn read(cache: &[u8], names: &Names, page: u16) -> Option<Self> {
        let lines = Lines::find(cache, names)?;
        let (listing, whole) = match names.is_empty() {
            true => (String::new(), false),
            false => listing::listing(&lines, names, page),
        };
        Some(Self { lines: lines.filled(), listing, whole })
    }

    /// Whether a module without source holds as much as this one only if its source was taken away.
    pub(super) fn is_more_than_empty(&self, cache: &[u8]) -> bool {
        self.lines > 0 && (cache.len() >= LEAST || self.has_procedure())
    }

    fn has_procedure(&self) -> bool {
        self.listing.lines().any(|line| line.starts_with(listing::PROCEDURE))
    }

    /// The telling names that stand in the compiled code and not in the source.
    pub(super) fn hidden(&self, source: &str) -> Vec<&'static str> {
        // What only a comment of the source names is not in it: comments are not compiled.
        let source = source::without_comments(source).to_lowercase();
        let listing = self.listing.to_lowercase();
        TELLING.iter().copied().filter(|name| has_word(&listing, name) && !source.contains(name)).collect()
    }
}

/// Names that attackers use and that an honest source does not lose.
const TELLING: &[&str] = &[
    "shell",
    "createobject",
    "getobject",
    "shellexecute",
    "shellexecutea",
    "wscript.shell",
    "shell.application",
    "urldownloadtofile",
    "urldownloadtofilea",
    "winexec",
    "createprocess",
    "createprocessa",
    "createthread",
    "virtualalloc",
    "virtualallocex",
    "rtlmovememory",
    "callwindowproc",
    "callwindowproca",
    "enumwindows",
    "autoopen",
    "auto_open",
    "autoexec",
    "autoclose",
    "auto_close",
    "document_open",
    "document_close",
    "document_new",
    "workbook_open",
    "workbook_activate",
    "workbook_beforeclose",
    "adodb.stream",
    "msxml2.xmlhttp",
    "microsoft.xmlhttp",
    "scripting.filesystemobject",
    "winhttp.winhttprequest.5.1",
    "executeexcel4macro",
    "callbyname",
];

/// Whether a word stands in a text, not as a part of a longer one.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    memchr::memmem::find_iter(text.as_bytes(), word).any(|at| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        !is_part(before) && !is_part(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 6] = ["AutoOpen", "Shell", "x", "CreateObject", "Run", "Module1"];
    const VERSION: u16 = 0xb2;

    /// A `_VBA_PROJECT` stream of no references and no modules.
    fn table(version: u16) -> Vec<u8> {
        let mut out = vec![0xcc, 0x61];
        out.extend(version.to_le_bytes());
        out.extend([0; 0x1e - 4]);
        out.extend([0; 4 + 2 + 2 + 2]);
        out.extend([0xff; 6]);
        out.extend([0; 0x64 + 2 + 6 + 4 + 6]);
        let count = u16::try_from(NAMES.len()).unwrap().to_le_bytes();
        out.extend([count, count, [0, 0], [0, 0], [0, 0]].concat());
        for name in NAMES {
            out.extend([u8::try_from(name.len()).unwrap(), 0]);
            out.extend(name.bytes());
            out.extend([0; 4]);
        }
        out
    }

    /// The number of a name in code.
    fn number(name: &str) -> u16 {
        let index = NAMES.iter().position(|known| *known == name).unwrap();
        u16::try_from(0x104 + index).unwrap() << 1
    }

    /// A performance cache of VBA 7 in 32 bits with these lines, whose procedure is `AutoOpen`.
    fn cache(lines: &[Vec<u16>]) -> Vec<u8> {
        let mut out = [0; 0x40].to_vec();
        out[0x11] = 0x36;
        out.extend(8u32.to_le_bytes());
        out.extend([0, 0]);
        out.extend(number("AutoOpen").to_le_bytes());
        out.extend([0; 2100]);
        out.extend([0xfe, 0xca, 1, 0]);
        out.extend(u16::try_from(lines.len()).unwrap().to_le_bytes());
        let mut at = 0u32;
        for line in lines {
            let length = u16::try_from(line.len() * 2).unwrap();
            out.extend([[0; 4].as_slice(), &length.to_le_bytes(), &[0; 2], &at.to_le_bytes()].concat());
            at += u32::from(length);
        }
        out.extend([0; 10]);
        out.extend(lines.iter().flatten().flat_map(|word| word.to_le_bytes()));
        out
    }

    fn text(text: &str) -> Vec<u16> {
        let bytes = text.as_bytes();
        let pairs =
            bytes.chunks(2).map(|pair| u16::from(pair[0]) | u16::from(*pair.get(1).unwrap_or(&0)) << 8);
        [182, u16::try_from(bytes.len()).unwrap()].into_iter().chain(pairs).collect()
    }

    fn sample() -> Vec<u8> {
        let shell = [text("cmd"), text(" /c x"), vec![17, 65, number("Shell"), 1]].concat();
        let run = [
            vec![32, number("x"), 33, number("x")],
            text("odd"),
            vec![36, number("CreateObject"), 1, 66, number("Run"), 0, 172, 7, 39, number("x")],
        ];
        cache(&[vec![150, 0, 0], Vec::new(), shell, run.concat()])
    }

    fn read(cache: &[u8]) -> Option<Compiled> {
        Compiled::read(cache, &Names::read(&table(VERSION), 1252, false), 1252)
    }

    #[test]
    fn code_is_put_back_into_text() {
        let compiled = read(&sample()).unwrap();
        let want = "Sub AutoOpen()\r\nShell \"cmd\" & \" /c x\"\r\nCreateObject(\"odd\").Run: x = 7: x.x\r\n";
        assert_eq!((compiled.lines, compiled.listing.as_str()), (3, want));
    }

    #[test]
    fn a_declared_procedure_shows_its_library_and_its_name_there() {
        let mut bytes = cache(&[vec![150, 0, 0]]);
        // The declaration is longer, and at its end stands the place of the library's entry, which is the first.
        bytes[0x40] = 60;
        let entry =
            [&[0, 0], number("Run").to_le_bytes().as_slice(), &[0x14, 0], &[0; 14], b"WinExec\0"].concat();
        let block = [&[0xff, 0xff, 1, 1, 28, 0, 0, 0], entry.as_slice()].concat();
        bytes.splice(0x100..0x100 + block.len(), block);
        let want = "Declare Sub AutoOpen Lib \"Run\" Alias \"WinExec\"\r\n";
        assert_eq!(read(&bytes).unwrap().listing, want);
        // What points elsewhere than right behind the entry, or into nothing, is no declaration.
        for at in [0x10c, 0x74] {
            let mut other = bytes.clone();
            other[at] ^= 0x40;
            assert_eq!(read(&other).unwrap().listing, "Sub AutoOpen()\r\n");
        }
    }

    #[test]
    fn words_functions_and_files_are_put_back() {
        let open = vec![32, number("x"), 172, 1, 30, 171, 204, 2];
        let mid = vec![32, number("x"), 172, 2, 172, 9, 139, 32, number("x"), 40, 131 << 1];
        let named = [text("a"), vec![209, number("Run"), 208, 65, number("Shell"), 2]].concat();
        let uncompiled = [vec![227], text("If Then!").split_off(1)].concat();
        let compiled = read(&cache(&[open, mid, named, uncompiled])).unwrap();
        let want = "Open x For Output As #1\r\nx.Name = Mid(x, 2, 9)\r\nShell Run:=\"a\",\r\nIf Then!\r\n";
        assert_eq!(compiled.listing, want);
    }

    #[test]
    fn a_small_module_with_a_procedure_had_a_source() {
        let mut small = sample();
        small.drain(0x60..0x60 + 2000);
        assert!(small.len() < LEAST && read(&small).unwrap().is_more_than_empty(&small));
        let mut bare = cache(&[vec![32, number("x")]]);
        bare.drain(0x60..0x60 + 2000);
        assert!(!read(&bare).unwrap().is_more_than_empty(&bare));
    }

    #[test]
    fn telling_names_that_the_source_lacks_are_hidden() {
        let compiled = read(&sample()).unwrap();
        assert!(compiled.is_more_than_empty(&sample()));
        assert_eq!(compiled.hidden("Sub autoopen()\nSHELL x\nCreateObject(y)"), [""; 0]);
        let disguised = "Sub Other() ' CreateObject\nRem Shell\nx = \"' AutoOpen\"";
        assert_eq!(compiled.hidden(disguised), ["shell", "createobject"]);
        assert_eq!(compiled.hidden("Sub Other()"), ["shell", "createobject", "autoopen"]);
        assert!(has_word("a = shell(1)", "shell") && !has_word("powershell myshell_ shell2", "shell"));
    }

    #[test]
    fn without_names_lines_are_only_counted() {
        let compiled = Compiled::read(&sample(), &Names::default(), 1252).unwrap();
        assert_eq!((compiled.lines, compiled.listing.as_str()), (3, ""));
        assert!(Compiled::read(&[7; 5000], &Names::default(), 1252).is_none());
    }

    #[test]
    fn no_cut_and_no_flipped_bit_panics() {
        let (whole, names) = (sample(), table(VERSION));
        for length in (0..whole.len()).filter(|at| *at > 2150 || at % 97 == 0) {
            read(&whole[..length]);
        }
        for at in 0..names.len() {
            let mut bad = names.clone();
            bad[at] ^= 1 << (at % 8);
            for (bytes, version) in [(&bad[..], 0), (&names[..at], 0x5e)] {
                let mut bytes = bytes.to_vec();
                if let Some(place) = bytes.get_mut(2).filter(|_| version > 0) {
                    *place = version;
                }
                Compiled::read(&whole, &Names::read(&bytes, 932, true), 932);
            }
        }
        for at in (0..whole.len()).filter(|at| *at > 2150 || at % 13 == 0) {
            let mut bad = whole.clone();
            bad[at] ^= 1 << (at % 8);
            assert!(read(&bad).is_none_or(|compiled| compiled.listing.len() < 1 << 20));
        }
    }
}
