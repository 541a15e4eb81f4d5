//! What a run of bytes is: one table of kinds, known by content first and by name where content cannot tell
//! (scripts are just text).

mod disk;
mod old;
mod outlook;
mod packed;
mod page;
mod script;
mod shortcut;

use disk::is_disk;
pub(crate) use disk::{is_disc, is_fat, is_partitioned, is_vhd};
pub(crate) use old::old_document;
use packed::{behind_skippable, is_bzip2, is_cpio, is_lzh, is_lzma, is_tar};
use page::{is_html, is_message, is_script_file, is_svg, narrow, text_start};

/// One kind of file.
#[derive(Debug)]
pub struct Kind {
    /// Stable word used in reports (`format`): `eml`, `zip`, `doc`, `docx`, `exe`, `vba` …
    pub id: &'static str,
    /// What the kind is to a scanner.
    pub class: Class,
    /// Lower-case extensions under which a desktop opens this kind, the usual one first.
    pub extensions: &'static [&'static str],
    /// How to know it by content; none for kinds that only a name tells.
    test: Option<fn(&[u8]) -> bool>,
}

/// What a kind of file is to a scanner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// A message.
    Message,
    /// Holds other files. Where no format bears the name of its kind, tenpu does not open it and it is unread.
    Archive,
    /// A document.
    Document,
    /// Machine code or an installer.
    Program,
    /// Program text that a double click runs.
    Script,
    /// A file that starts another: LNK, URL.
    Shortcut,
    /// Program text found inside a document.
    Source,
    /// A picture, sound or film.
    Media,
    /// Text.
    Text,
    /// Anything else.
    Data,
}

impl Kind {
    /// The kind of `bytes`, by content where content tells, else by the extension of `name`, else `text` or `data`.
    pub fn of(name: &str, bytes: &[u8]) -> &'static Self {
        let is_page = |kind: &Self| matches!(kind.id, "html" | "svg") && is_text(bytes);
        let known_by_name = |kind: &&Self| {
            let is_shortcut = matches!(kind.id, "url" | "iqy");
            kind.test.is_none()
                || kind.class == Class::Script
                || is_shortcut
                || kind.id == "eml"
                || is_page(kind)
        };
        let by_name = || Self::by_name(name).filter(|kind| known_by_name(kind) && **kind != TEXT);
        // Many scripts and shortcuts are XML or HTML, and the name alone tells Windows to run them. A script is told by
        // its content only where no name does.
        let says_enough = |kind: &&Self| match kind.class {
            Class::Script if kind.id != "vbe" => by_name().is_none(),
            _ => !matches!(kind.id, "xml" | "html" | "svg") || !by_name().is_some_and(Self::runs),
        };
        let by_content = KINDS.iter().find(|kind| kind.test.is_some_and(|test| test(bytes)));
        by_content.filter(says_enough).or_else(by_name).unwrap_or(if is_text(bytes) { &TEXT } else { &DATA })
    }

    /// The kind a desktop believes a file of that name to be.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        let extension = extension(name);
        KINDS.iter().chain([&TEXT]).find(|kind| kind.extensions.contains(&extension.as_str()))
    }

    /// The ending of the name under which Windows would open a shortcut or settings in text, by its content.
    pub fn shortcut_ending(bytes: &[u8]) -> Option<&'static str> {
        shortcut::ending(bytes)
    }

    /// The kind of that id.
    pub fn named(id: &str) -> Option<&'static Self> {
        KINDS.iter().chain([&TEXT, &DATA]).find(|kind| kind.id == id)
    }

    /// Whether a double click on it runs code: programs, scripts and shortcuts.
    pub fn runs(&self) -> bool {
        matches!(self.class, Class::Program | Class::Script | Class::Shortcut)
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Kind {}

/// The extension of a file name as Windows takes it: after the last dot, without trailing dots and spaces, in
/// lower case; empty if there is none.
pub fn extension(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = name.trim_end_matches(['.', ' ', '\0', '\u{a0}', '\u{3000}']);
    name.rsplit_once('.').map(|(_, extension)| extension.trim().to_lowercase()).unwrap_or_default()
}

const fn row(
    id: &'static str,
    class: Class,
    extensions: &'static [&'static str],
    test: Option<fn(&[u8]) -> bool>,
) -> Kind {
    Kind { id, class, extensions, test }
}

static TEXT: Kind = row("text", Class::Text, &["txt", "log", "md"], None);
static DATA: Kind = row("data", Class::Data, &[], None);

/// Every kind, the more special before the more general; the first whose test passes is taken.
#[rustfmt::skip]
static KINDS: &[Kind] = &[
    // Compound files (MS-CFB), told apart by the streams they must hold.
    row("msg", Class::Message, &["msg", "oft"], Some(|b| is_ole(b) && outlook::is_message(b))),
    row("encrypted-office", Class::Document, &[], Some(|b| is_ole(b) && ole_names(b, &["EncryptedPackage"]))),
    row("doc", Class::Document, &["doc", "dot", "wbk"], Some(|b| is_ole(b) && ole_names(b, &["WordDocument"]))),
    row("xls", Class::Document, &["xls", "xlt", "xla", "xlm", "xlw"], Some(|b| is_ole(b) && ole_names(b, &["Workbook", "Book"]))),
    row("ppt", Class::Document, &["ppt", "pps", "pot", "ppa"], Some(|b| is_ole(b) && ole_names(b, &["PowerPoint Document"]))),
    row("vsd", Class::Document, &["vsd", "vss", "vst"], Some(|b| is_ole(b) && ole_names(b, &["VisioDocument"]))),
    row("pub", Class::Document, &["pub"], Some(|b| is_ole(b) && ole_names(b, &["Quill"]))),
    row("mpp", Class::Document, &["mpp", "mpt"], Some(|b| is_ole(b) && ole_names(b, &["   19", "   112", "   114"]))),
    row("msi", Class::Program, &["msi", "msp", "mst"], Some(|b| is_ole(b) && is_installer(b))),
    row("ole", Class::Document, &[], Some(is_ole)),
    // Streams of such files, which stand alone once they were decrypted.
    row("biff", Class::Document, &[], Some(is_biff)),
    row("ppt-stream", Class::Document, &[], None),
    // ZIP-based documents, told apart by the parts they must hold.
    row("docx", Class::Document, &["docx", "docm", "dotx", "dotm"], Some(|b| is_ooxml(b) && zip_names(b, b"word/"))),
    row("xlsx", Class::Document, &["xlsx", "xlsm", "xltx", "xltm", "xlsb", "xlam"], Some(|b| is_ooxml(b) && zip_names(b, b"xl/"))),
    row("pptx", Class::Document, &["pptx", "pptm", "ppsx", "ppsm", "potx", "potm", "ppam", "sldx", "sldm"], Some(|b| is_ooxml(b) && zip_names(b, b"ppt/"))),
    row("vsdx", Class::Document, &["vsdx", "vsdm", "vstx", "vssx"], Some(|b| is_ooxml(b) && zip_names(b, b"visio/"))),
    row("msix", Class::Program, &["msix", "appx", "msixbundle", "appxbundle"], Some(|b| is_zip(b) && (zip_names(b, b"AppxManifest.xml") || zip_names(b, b"AppxBundleManifest.xml")))),
    row("ooxml", Class::Document, &["xps", "oxps"], Some(is_ooxml)),
    row("odf", Class::Document, &["odt", "ods", "odp", "ott", "ots", "otp", "odg"], Some(|b| is_zip(b) && zip_names(b, b"mimetypeapplication/vnd.oasis.opendocument"))),
    row("jar", Class::Program, &["jar"], Some(|b| is_zip(b) && zip_names(b, b"META-INF/MANIFEST.MF") && zip_names(b, b".class"))),
    row("zip", Class::Archive, &["zip"], Some(is_zip)),
    // Other documents.
    row("rtf", Class::Document, &["rtf"], Some(|b| starts(text_start(b), b"{\\rt"))),
    row("ole1", Class::Document, &[], None),
    row("pdf", Class::Document, &["pdf"], Some(|b| contains(head(b, 1024), b"%PDF-"))),
    row("onenote", Class::Document, &["one", "onetoc2", "onepkg"], Some(|b| starts(b, b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3"))),
    row("old-document", Class::Document, &[], Some(|b| old_document(b).is_some())),
    // Programs and shortcuts.
    row("exe", Class::Program, &["exe", "scr", "com", "pif", "cpl", "dll", "ocx", "xll", "wll", "sys"], Some(is_pe)),
    row("elf", Class::Program, &[], Some(|b| starts(b, b"\x7fELF"))),
    row("macho", Class::Program, &["dylib"], Some(|b| starts(b, b"\xcf\xfa\xed\xfe") || starts(b, b"\xce\xfa\xed\xfe"))),
    row("lnk", Class::Shortcut, &["lnk"], Some(|b| starts(b, b"\x4c\0\0\0\x01\x14\x02\0"))),
    row("chm", Class::Program, &["chm"], Some(|b| starts(b, b"ITSF\x03\0\0\0"))),
    // Containers of files.
    row("gzip", Class::Archive, &["gz", "tgz"], Some(|b| starts(b, b"\x1f\x8b\x08"))),
    row("7z", Class::Archive, &["7z"], Some(|b| starts(b, b"7z\xbc\xaf\x27\x1c"))),
    row("rar", Class::Archive, &["rar"], Some(|b| starts(b, b"Rar!\x1a\x07"))),
    row("bzip2", Class::Archive, &["bz2", "tbz2", "tbz", "tb2", "bz"], Some(is_bzip2)),
    row("xz", Class::Archive, &["xz", "txz"], Some(|b| starts(b, b"\xfd7zXZ\0"))),
    row("zstd", Class::Archive, &["zst", "tzst"], Some(|b| starts(behind_skippable(b), b"\x28\xb5\x2f\xfd"))),
    row("compress", Class::Archive, &["z", "taz"], Some(|b| starts(b, b"\x1f\x9d"))),
    row("cab", Class::Archive, &["cab"], Some(|b| starts(b, b"MSCF\0\0\0\0") || (starts(b, b"MSCF") && b.get(24..26) == Some(b"\x03\x01")))),
    row("arj", Class::Archive, &["arj"], Some(|b| starts(b, b"\x60\xea") && b.get(10).is_some_and(|t| *t == 2))),
    row("ace", Class::Archive, &["ace"], Some(|b| b.get(7..14) == Some(b"**ACE**"))),
    row("lzh", Class::Archive, &["lzh", "lha"], Some(is_lzh)),
    row("iso", Class::Archive, &["iso", "img", "udf"], Some(is_disc)),
    row("vhd", Class::Archive, &["vhd"], Some(is_vhd)),
    row("vhdx", Class::Archive, &["vhdx"], Some(|b| starts(b, b"vhdxfile"))),
    row("tar", Class::Archive, &["tar"], Some(is_tar)),
    row("tnef", Class::Archive, &["tnef"], Some(|b| starts(b, b"\x78\x9f\x3e\x22"))),
    row("lzip", Class::Archive, &["lz"], Some(|b| starts(b, b"LZIP\x01"))),
    row("lzma", Class::Archive, &["lzma", "tlz"], Some(is_lzma)),
    row("lz4", Class::Archive, &["lz4"], Some(|b| starts(behind_skippable(b), b"\x04\x22\x4d\x18") || starts(b, b"\x02\x21\x4c\x18"))),
    row("lzop", Class::Archive, &["lzo"], Some(|b| starts(b, b"\x89LZO\0\r\n\x1a\n"))),
    row("alz", Class::Archive, &["alz"], Some(|b| starts(b, b"ALZ\x01"))),
    row("egg", Class::Archive, &["egg"], Some(|b| starts(b, b"EGGA"))),
    row("zoo", Class::Archive, &["zoo"], Some(|b| starts(b, b"ZOO ") && b.get(20..24) == Some(b"\xdc\xa7\xc4\xfd"))),
    row("zpaq", Class::Archive, &["zpaq"], Some(|b| starts(b, b"7kSt\xa0\x31\x83\xd3") || starts(b, b"zPQ"))),
    row("sit", Class::Archive, &["sit"], Some(|b| starts(b, b"StuffIt (c)") || (starts(b, b"SIT!") && b.get(10..14) == Some(b"rLau")))),
    row("ar", Class::Archive, &["deb", "udeb"], Some(|b| starts(b, b"!<arch>\n"))),
    row("rpm", Class::Archive, &["rpm"], Some(|b| starts(b, b"\xed\xab\xee\xdb"))),
    row("cpio", Class::Archive, &["cpio"], Some(is_cpio)),
    row("xar", Class::Archive, &["pkg", "xar"], Some(|b| starts(b, b"xar!"))),
    row("wim", Class::Archive, &["wim", "esd"], Some(|b| starts(b, b"MSWIM\0\0\0"))),
    row("dmg", Class::Archive, &["dmg"], Some(|b| starts(tail(b, 512), b"koly\0\0\0\x04"))),
    row("vmdk", Class::Archive, &["vmdk"], Some(|b| starts(b, b"KDMV"))),
    row("qcow2", Class::Archive, &["qcow2"], Some(|b| starts(b, b"QFI\xfb"))),
    row("squashfs", Class::Archive, &["squashfs"], Some(|b| starts(b, b"hsqs"))),
    row("pst", Class::Archive, &["pst", "ost"], Some(|b| starts(b, b"!BDN"))),
    row("access", Class::Archive, &["mdb", "accdb", "accde", "mde"], Some(|b| starts(b, b"\0\x01\0\0Standard Jet DB\0") || starts(b, b"\0\x01\0\0Standard ACE DB\0"))),
    row("disk", Class::Archive, &["ima", "dsk", "flp", "vfd"], Some(is_disk)),
    // Pictures, so that an extension that lies is seen.
    row("png", Class::Media, &["png"], Some(|b| starts(b, b"\x89PNG\r\n\x1a\n"))),
    row("jpeg", Class::Media, &["jpg", "jpeg", "jpe", "jfif"], Some(|b| starts(b, b"\xff\xd8\xff"))),
    row("gif", Class::Media, &["gif"], Some(|b| starts(b, b"GIF87a") || starts(b, b"GIF89a"))),
    row("bmp", Class::Media, &["bmp"], Some(|b| starts(b, b"BM") && b.get(6..10) == Some(b"\0\0\0\0"))),
    row("tiff", Class::Media, &["tif", "tiff"], Some(|b| starts(b, b"II*\0") || starts(b, b"MM\0*"))),
    row("emf", Class::Media, &["emf"], Some(|b| starts(b, b"\x01\0\0\0") && b.get(40..44) == Some(b" EMF"))),
    // What macOS keeps of a file beside its data (RFC 1740), under the file's own name behind `._`.
    row("apple-double", Class::Media, &[], Some(|b| starts(b, b"\x00\x05\x16\x07\x00\x02\x00\x00") || starts(b, b"\x00\x05\x16\x07\x00\x01\x00\x00"))),
    row("wmf", Class::Media, &["wmf"], Some(|b| starts(b, b"\xd7\xcd\xc6\x9a"))),
    // Text with a form of its own.
    row("eml", Class::Message, &["eml", "mht", "mhtml"], Some(is_message)),
    // Shortcuts and settings; Windows goes by their names.
    row("url", Class::Shortcut, &["url", "website", "library-ms", "search-ms", "searchconnector-ms", "settingcontent-ms", "application", "vsto", "appref-ms", "appinstaller", "rdp", "desktop", "scf", "msc", "theme", "deploymentprovider", "jnlp"], Some(|b| shortcut::is_one(b, &["url", "scf", "theme", "rdp", "library-ms", "searchconnector-ms", "search-ms", "settingcontent-ms", "msc", "jnlp"]))),
    row("reg", Class::Script, &["reg", "inf"], Some(|b| shortcut::is_one(b, &["reg", "inf"]))),
    row("iqy", Class::Document, &["iqy", "oqy", "rqy", "dqy"], Some(|b| shortcut::is_one(b, &["iqy", "oqy", "dqy"]))),
    row("hta", Class::Script, &["hta"], Some(|b| is_html(b) && page::is_application(b))),
    row("wsf", Class::Script, &["wsf", "wsh", "wsc", "sct"], Some(is_script_file)),
    row("html", Class::Document, &["html", "htm", "xhtml", "shtml"], Some(is_html)),
    row("svg", Class::Document, &["svg"], Some(is_svg)),
    row("xml", Class::Document, &["xml"], Some(|b| starts(narrow(b, 64).trim_ascii_start(), b"<?xml"))),
    row("slk", Class::Document, &["slk"], Some(|b| starts(b, b"ID;P"))),
    row("vbe", Class::Script, &["vbe", "jse"], Some(|b| starts(b, b"#@~^"))),
    // Known by name; some also by what stands in them.
    row("js", Class::Script, &["js"], Some(script::is_js)),
    row("vbs", Class::Script, &["vbs"], Some(script::is_vbs)),
    row("bat", Class::Script, &["bat", "cmd"], Some(script::is_bat)),
    row("ps1", Class::Script, &["ps1", "psm1", "psd1"], Some(script::is_ps1)),
    row("shell", Class::Script, &["sh", "command"], None),
    row("csv", Class::Text, &["csv", "tsv"], None),
    row("vba", Class::Source, &["bas", "cls", "frm"], None),
    row("vba-texts", Class::Source, &[], None),
    row("xlm", Class::Source, &[], None),
    row("xlm-texts", Class::Source, &[], None),
    row("form-strings", Class::Source, &[], None),
    row("properties", Class::Source, &[], None),
    row("hidden-text", Class::Text, &[], None),
    row("script-texts", Class::Source, &[], None),
];

fn starts(bytes: &[u8], magic: &[u8]) -> bool {
    bytes.starts_with(magic)
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(bytes, needle).is_some()
}

fn head(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(..length).unwrap_or(bytes)
}

fn tail(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(bytes.len().saturating_sub(length)..).unwrap_or_default()
}

/// MS-CFB 2.2: the signature. Office also opens the pre-release one.
fn is_ole(bytes: &[u8]) -> bool {
    starts(bytes, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") || starts(bytes, b"\x0e\x11\xfc\x0d\xd0\xcf\x11\x0e")
}

/// Whether the class of a database, patch or transform of Windows Installer stands in the compound file.
fn is_installer(bytes: &[u8]) -> bool {
    let class = b"\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46";
    let kind = |at: usize| bytes.get(at.checked_sub(1)?);
    memchr::memmem::find_iter(bytes, class).any(|at| matches!(kind(at), Some(0x82 | 0x84 | 0x86)))
}

/// Whether a directory entry of one of these names seems to be in the compound file. Entry names are UTF-16,
/// zero-terminated, at the start of a 128-byte entry, and sectors are whole entries.
fn ole_names(bytes: &[u8], names: &[&str]) -> bool {
    bytes.chunks(128).any(|entry| names.iter().any(|name| is_wide(entry, name)))
}

/// Whether the bytes start with the ASCII name in UTF-16 and its terminating zero.
fn is_wide(bytes: &[u8], name: &str) -> bool {
    let (units, _) = bytes.as_chunks();
    let wanted = name.bytes().chain([0]);
    units.len() > name.len() && units.iter().zip(wanted).all(|(unit, byte)| *unit == [byte, 0])
}

fn is_zip(bytes: &[u8]) -> bool {
    starts(bytes, b"PK\x03\x04")
        || starts(bytes, b"PK\x05\x06")
        || starts(bytes, b"PK\x01\x02")
        || starts(bytes, b"PK00PK\x03\x04")
        || starts(bytes, b"PK\x07\x08PK\x03\x04")
}

/// ECMA-376 Part 2: a package has a content types part.
fn is_ooxml(bytes: &[u8]) -> bool {
    is_zip(bytes) && zip_names(bytes, b"[Content_Types].xml")
}

/// Whether a name occurs near either end of a ZIP or in its central directory, however long that is.
fn zip_names(bytes: &[u8], name: &[u8]) -> bool {
    contains(head(bytes, 64 << 10), name)
        || contains(tail(bytes, 256 << 10), name)
        || zip_directory(bytes).is_some_and(|directory| contains(directory, name))
}

/// The central directory, which stands before its end record (APPNOTE 4.3.16).
fn zip_directory(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.len().saturating_sub(66 << 10);
    let end = end + memchr::memmem::rfind(bytes.get(end..)?, b"PK\x05\x06")?;
    let size = bytes.get(end + 12..end + 16)?.try_into().map(u32::from_le_bytes).ok()?;
    bytes.get(end.saturating_sub(usize::try_from(size).ok()?)..end)
}

fn is_pe(bytes: &[u8]) -> bool {
    let header = || {
        let at = bytes.get(0x3c..0x40)?.try_into().map(u32::from_le_bytes).ok()?;
        bytes.get(usize::try_from(at).ok()?..)
    };
    starts(bytes, b"MZ")
        && header().is_some_and(|pe| starts(pe, b"PE\0\0") || starts(pe, b"NE") || starts(pe, b"LE"))
}

/// MS-XLS 2.4.21 and what came before: a BOF record of a known length, version and kind of part. Some writers turn the
/// bytes of the kind round, and Excel opens that.
fn is_biff(bytes: &[u8]) -> bool {
    let (Some(head), Some(told)) = (bytes.first_chunk::<4>(), bytes.get(4..8)) else { return false };
    let &[id, version, length, 0] = head else { return false };
    let is_known = matches!(
        (id, version, length),
        (0x09, 0x00, 4 | 6) | (0x09, 0x02 | 0x04, 6 | 8) | (0x09, 0x08, 8 | 16)
    );
    let versions: &[[u8; 2]] = &[[0, 0], [2, 0], [0, 2], [0, 3], [0, 4], [0, 5], [0, 6]];
    let kinds: &[[u8; 2]] = &[[5, 0], [6, 0], [0x10, 0], [0x20, 0], [0x40, 0], [0, 1], [0, 0x10]];
    let told = told.as_chunks().0;
    is_known && matches!(told, [version, kind] if versions.contains(version) && kinds.contains(kind))
}

/// Whether bytes are text: no NUL and few control characters in the first part, or UTF-16 by its mark.
fn is_text(bytes: &[u8]) -> bool {
    let start = head(bytes, 4 << 10);
    let few_controls = || start.iter().filter(|byte| is_odd_control(**byte)).count() * 50 < start.len();
    starts(start, b"\xff\xfe")
        || starts(start, b"\xfe\xff")
        || (!start.is_empty() && memchr::memchr(0, start).is_none() && few_controls())
}

/// Whether a byte is a control character other than tab, line ends, form feed and escape. No part of the condition
/// waits for another, so that many bytes are looked at together.
fn is_odd_control(byte: u8) -> bool {
    (byte < 32) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r') & (byte != 0x0c) & (byte != 0x1b)
}

#[cfg(test)]
mod tests {
    use super::page::LONGEST_HEADER;
    use super::*;

    #[test]
    fn content_goes_before_the_name_and_the_name_tells_scripts() {
        let rows: &[(&str, &[u8], &str)] = &[
            ("a.doc", b"{\\rtf1 x}", "rtf"),
            ("a.txt", b"PK\x03\x04....", "zip"),
            ("._a.xlsx", b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X", "apple-double"),
            ("a.docx", b"PK\x03\x04..[Content_Types].xml..word/document.xml", "docx"),
            ("a.js", b"var a = 1;", "js"),
            ("a.js. ", b"var a = 1;", "js"),
            ("a.bin", b"\x00\x01\x02", "data"),
            ("a", b"hello\r\n", "text"),
            ("", b"Received: from a\r\n\tby b\r\nSubject: x\r\n\r\nbody", "eml"),
            ("", b"Note: this\nis no mail\n", "text"),
            ("a.html", b"\xef\xbb\xbf<!DOCTYPE html>", "html"),
            ("a.exe", b"MZ is not enough", "text"),
            // A message stays one when its first line is damaged.
            ("a.eml", b"\x01\x02 junk\r\nSubject: x\r\n\r\nbody", "eml"),
        ];
        for (name, bytes, want) in rows {
            assert_eq!(Kind::of(name, bytes).id, *want, "{name}");
        }
    }

    #[test]
    fn the_name_tells_what_an_xml_file_starts() {
        let xml = b"<?xml version=\"1.0\"?><AppInstaller/>";
        let wide: Vec<u8> = xml.iter().flat_map(|byte| [*byte, 0]).collect();
        let big: Vec<u8> = xml.iter().flat_map(|byte| [0, *byte]).collect();
        for bytes in [&wide, &big, &[b"\xff\xfe".to_vec(), wide.clone()].concat()] {
            assert_eq!((Kind::of("a.xls", bytes).id, Kind::of("a.wsf", bytes).id), ("xml", "wsf"));
        }
        let picture: Vec<u8> = b"<?xml version='1.0'?><svg/>".iter().flat_map(|byte| [*byte, 0]).collect();
        assert_eq!(Kind::of("a.svg", &[b"\xff\xfe".to_vec(), picture].concat()).id, "svg");
        for (name, want) in [("a.appinstaller", "url"), ("a.wsf", "wsf"), ("a.xml", "xml"), ("a.png", "xml")]
        {
            assert_eq!(Kind::of(name, xml).id, want);
        }
        assert_eq!(Kind::named("url").unwrap().class, Class::Shortcut);
        let rows: &[(&str, &[u8], &str)] = &[
            ("a.txt", b"<?XML version='1.0'?>\n<scriptlet><registration/></scriptlet>", "wsf"),
            (
                "a.xml",
                b"<?xml version='1.0'?><!-- x --><package><job id='a'><script language='VBScript'/>",
                "wsf",
            ),
            ("a.js", b"<job><script language='JScript'>x</script></job>", "js"),
            ("a.xml", b"<?xml version='1.0'?><package><metadata/></package>", "xml"),
            ("a.xml", b"<?xml version='1.0'?><component><property/></component>", "xml"),
            ("a.html", b"<html><scriptlet>", "html"),
        ];
        for (name, bytes, want) in rows {
            assert_eq!(Kind::of(name, bytes).id, *want, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_header_is_one_however_much_stands_before_its_known_fields() {
        let junk = b"X-Junk: 1\r\n".repeat(5_000);
        assert_eq!(Kind::of("", &[&junk, &b"Subject: x\r\n\r\nbody"[..]].concat()).id, "eml");
        assert_eq!(Kind::of("", &[&junk, &b"\r\nSubject: x"[..]].concat()).id, "text");
        assert_eq!(Kind::of("", &b"X-Junk: 1\r\n".repeat(LONGEST_HEADER / 8)).id, "eml");
    }

    #[test]
    fn an_old_tar_is_known_by_its_checksum() {
        let mut header = [b"a.exe".to_vec(), [0; 507].to_vec()].concat();
        let sum: u32 = header.iter().copied().map(u32::from).sum::<u32>() + 8 * 32;
        header.splice(148..156, format!("{sum:06o}\0 ").into_bytes());
        assert_eq!(Kind::of("a.bin", &header).id, "tar");
        header[3] ^= 1;
        assert_eq!(Kind::of("a.bin", &header).id, "data");
    }

    #[test]
    fn packed_streams_are_known_by_their_beginnings() {
        let skippable = b"\x50\x2a\x4d\x18\x01\0\0\0x";
        let rows: &[(&[u8], &str)] = &[
            (b"BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0", "bzip2"),
            (b"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0\x36", "lzma"),
            (b"\x5d\0\0\x80\0\x05\0\0\0\0\0\0\0\0\x36", "lzma"),
            (b"\x5d\0\0\xc0\0\x05\0\0\0\0\0\0\0\0\x36", "lzma"),
            (b"\x5e\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0\x36", "lzma"),
            (b"\x5e\0\0\x80\0\x05\0\0\0\0\0\0\0\0\x36", "data"),
            (b"\x5d\0\0\xa0\0\x05\0\0\0\0\0\0\0\0\x36", "data"),
            (b"\x5d\0\0\x80\0\x05\0\0\0\0\0\0\0\x01\x36", "data"),
            (b"\x5d\0\0\x80\0\0\0\0\0\0\0\0\0\0\x36", "data"),
            (&[0; 20], "data"),
            (b"\x02\x21\x4c\x18\0\0", "lz4"),
            (&[&skippable[..], skippable, b"\x04\x22\x4d\x18"].concat(), "lz4"),
            (&[&skippable[..], b"\x28\xb5\x2f\xfd"].concat(), "zstd"),
            (&skippable.repeat(99), "data"),
        ];
        for (bytes, want) in rows {
            assert_eq!(Kind::of("", bytes).id, *want, "{bytes:?}");
        }
    }

    #[test]
    fn ids_and_extensions_are_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for kind in KINDS {
            assert!(seen.insert(kind.id.to_string()), "{}", kind.id);
            for extension in kind.extensions {
                assert!(seen.insert(format!(".{extension}")), "{extension}");
            }
        }
    }

    #[test]
    fn the_extension_is_what_windows_takes() {
        for (name, want) in [("a.tar.GZ", "gz"), ("dir.d/file", ""), ("x.exe...  ", "exe"), ("none", "")] {
            assert_eq!(extension(name), want, "{name}");
        }
    }
}
