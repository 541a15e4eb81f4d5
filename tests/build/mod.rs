//! Writers that make messages and files from text, so that no sample has to be real.
//!
//! A recipe is TOML: a tree of [`Content`] nodes. Same recipe, same bytes: times and salts are fixed. Everything
//! made here is inert: hosts end in `.example` or `.test`, programs are headers without code, and the EICAR string
//! is put together from halves when a file is made.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "writers of fixtures handle no hostile input and may panic; no test uses all of them"
)]

pub mod cases;
pub mod encrypted;
pub mod excel;
pub mod excel_macros;
pub mod forms;
pub mod gzip;
pub mod mime;
pub mod ole;
pub mod ooxml;
pub mod outlook;
pub mod pcode;
pub mod pdf;
pub mod png;
pub mod transfer;
pub mod vba;
pub mod word;
mod wordbasic;
pub mod zip;

use serde::de::{Error, IgnoredAny};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::io::Read;

/// What a file or a part holds.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// Text, in the charset of the message where it is a body, else in UTF-8 with CR LF.
    Text(String),
    Html(String),
    /// Text in CP932, as Japanese Windows writes it.
    Cp932(String),
    Hex(String),
    /// Bytes that pack well: the hexadecimal digits of their zlib stream.
    Deflated(String),
    Doc(word::Doc),
    Xls(excel::Xls),
    /// `.docx` and `.docm`; the latter has `vba`.
    Docx(ooxml::Package),
    Xlsx(ooxml::Package),
    Pptx(ooxml::Package),
    /// Rich text of one paragraph a line, ASCII.
    Rtf(String),
    Pdf(pdf::Pdf),
    Png(bool),
    /// The header of a Windows program, with no code.
    Pe(bool),
    Eicar(bool),
    Zip(zip::Archive),
    Gzip(gzip::Gzip),
    Message(Box<mime::Message>),
    Multipart(mime::Multipart),
    /// A message as Outlook saves it.
    Msg(Box<outlook::Item>),
    /// A message in the envelope of Exchange, `winmail.dat`.
    Tnef(Box<outlook::Item>),
    Padded(Padded),
    Encrypted(Encrypted),
}

/// Refuses the keys that nothing else wanted, which `deny_unknown_fields` cannot do beside `flatten`.
#[derive(Debug)]
pub struct NoMore;

impl<'de> Deserialize<'de> for NoMore {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let left = BTreeMap::<String, IgnoredAny>::deserialize(source)?;
        match left.keys().next() {
            Some(key) => Err(D::Error::custom(format!("unknown key {key}"))),
            None => Ok(Self),
        }
    }
}

/// An Office file under a password.
#[derive(Debug, Deserialize)]
pub struct Encrypted {
    pub password: String,
    pub scheme: Scheme,
    #[serde(flatten)]
    pub content: Box<Content>,
    #[serde(flatten)]
    pub no_more: NoMore,
}

/// How it is encrypted: packages by the first two, `.xls` by the others.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    Agile,
    Standard,
    Rc4,
    Rc4Cryptoapi,
    Xor,
}

impl Encrypted {
    fn bytes(&self) -> Vec<u8> {
        let how = match self.scheme {
            Scheme::Agile => {
                return self.package(&encrypted::agile(
                    &self.plain(),
                    &self.password,
                    "SHA512",
                    256,
                    100_000,
                ));
            }
            Scheme::Standard => {
                return self.package(&encrypted::standard(&self.plain(), &self.password, 128));
            }
            Scheme::Rc4 => encrypted::Binary::Rc4,
            Scheme::Rc4Cryptoapi => encrypted::Binary::CryptoApi(128),
            Scheme::Xor => encrypted::Binary::Xor,
        };
        let Content::Xls(xls) = self.content.as_ref() else {
            panic!("only .xls is written under {:?}", self.scheme)
        };
        xls.encrypted(how, &self.password)
    }

    fn plain(&self) -> Vec<u8> {
        self.content.bytes()
    }

    fn package(&self, streams: &[ole::Stream]) -> Vec<u8> {
        ole::compound([0; 16], streams, ole::Damage::None)
    }
}

/// Something with zeros behind it.
#[derive(Debug, Deserialize)]
pub struct Padded {
    pub mib: usize,
    #[serde(flatten)]
    pub content: Box<Content>,
    #[serde(flatten)]
    pub no_more: NoMore,
}

impl Content {
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) | Self::Html(text) => crlf(text).into_bytes(),
            Self::Cp932(text) => encoding_rs::SHIFT_JIS.encode(&crlf(text)).0.into_owned(),
            Self::Hex(digits) => hex(digits),
            Self::Deflated(digits) => {
                let mut out = Vec::new();
                flate2::read::ZlibDecoder::new(hex(digits).as_slice()).read_to_end(&mut out).unwrap();
                out
            }
            Self::Doc(doc) => doc.bytes(),
            Self::Xls(xls) => xls.bytes(),
            Self::Docx(package) => package.bytes(&ooxml::WORD),
            Self::Xlsx(package) => package.bytes(&ooxml::EXCEL),
            Self::Pptx(package) => package.bytes(&ooxml::POWER_POINT),
            Self::Rtf(text) => rtf(text),
            Self::Pdf(pdf) => pdf.bytes(),
            Self::Png(_) => png::png(),
            Self::Pe(_) => pe(),
            Self::Eicar(_) => eicar(),
            Self::Zip(archive) => archive.bytes(),
            Self::Gzip(gzip) => gzip.bytes(),
            Self::Message(message) => message.bytes(),
            Self::Multipart(_) => panic!("a multipart stands only in a message"),
            Self::Msg(item) => item.msg(),
            Self::Tnef(item) => item.tnef(),
            Self::Encrypted(encrypted) => encrypted.bytes(),
            Self::Padded(padded) => {
                let mut bytes = padded.content.bytes();
                bytes.resize(bytes.len() + (padded.mib << 20), 0);
                bytes
            }
        }
    }
}

fn crlf(text: &str) -> String {
    text.trim_start_matches('\n').replace('\n', "\r\n")
}

pub fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}

fn rtf(text: &str) -> Vec<u8> {
    let lines: String = text.trim().lines().map(|line| format!("{line}\\par\r\n")).collect();
    format!("{{\\rtf1\\ansi\\ansicpg932\\deff0{{\\fonttbl{{\\f0 MS Mincho;}}}}\\f0\\fs21 {lines}}}")
        .into_bytes()
}

/// MZ and PE headers (PE/COFF 2–3) of a program without sections, hence without code.
fn pe() -> Vec<u8> {
    let mut out = b"MZ".to_vec();
    out.resize(0x3c, 0);
    out.extend(0x40_u32.to_le_bytes());
    out.extend(b"PE\0\0\x4c\x01\0\0");
    out.extend([0; 12]);
    out.extend([0, 0, 0x02, 0x01]);
    out.resize(512, 0);
    out
}

/// The test file of eicar.org, whose string no file of this repository may hold.
fn eicar() -> Vec<u8> {
    ["X5O!P%@AP[4\\PZX54(P^)7CC)7}", "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].concat().into_bytes()
}
