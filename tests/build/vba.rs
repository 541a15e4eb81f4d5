//! VBA projects (MS-OVBA): dir stream, compressed module sources, PROJECT, forms; whole or wanted broken.
//!
//! Left out: the performance cache (MS-OVBA 2.3.4.3 has readers ignore it); a few bytes stand in its place, so that
//! a reader must believe MODULEOFFSET.

use super::forms::Form;
use super::ole::Stream;
use super::pcode;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// A project as a recipe gives it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Project {
    /// Windows code page of the sources: 1252 or 932.
    pub code_page: CodePage,
    /// Name of a module → its source. `This…` and `Sheet…` are document modules, `Class…` class modules, names of
    /// `forms` are form modules, all others are standard ones.
    pub modules: BTreeMap<String, String>,
    pub forms: Vec<Form>,
    /// Locked for viewing.
    pub locked: bool,
    /// The MBCS stream names in `dir` are wrong, only the Unicode ones are right.
    pub scrambled_names: bool,
    pub damaged_dir: bool,
    /// Module → compiled code: a procedure and the statements in it. Its source is what `modules` says.
    pub compiled: BTreeMap<String, Vec<pcode::Line>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u16")]
pub enum CodePage {
    #[default]
    Western,
    Japanese,
}

impl TryFrom<u16> for CodePage {
    type Error = String;

    fn try_from(number: u16) -> Result<Self, String> {
        match number {
            1252 => Ok(Self::Western),
            932 => Ok(Self::Japanese),
            _ => Err(format!("code page {number}: 1252 or 932")),
        }
    }
}

impl CodePage {
    fn number(self) -> u16 {
        if self == Self::Japanese { 932 } else { 1252 }
    }

    fn encode(self, text: &str) -> Vec<u8> {
        let encoding =
            if self == Self::Japanese { encoding_rs::SHIFT_JIS } else { encoding_rs::WINDOWS_1252 };
        let (bytes, _, lost) = encoding.encode(text);
        assert!(!lost, "not in code page {}: {text}", self.number());
        bytes.into_owned()
    }
}

/// What stands where a real module has its performance cache.
const CACHE: &[u8] = b"\x01\x16\x01\x00\x00performance cache of no use\xff\xff\x00\x00";
const ID: &str = "{5F1C2A3B-0000-4E5F-8A9B-0123456789AB}";

impl Project {
    /// The streams of the project below a storage: `Macros`, `_VBA_PROJECT_CUR`, or the root where it is empty.
    pub fn streams(&self, storage: &str) -> Vec<Stream> {
        let at = |path: &str| if storage.is_empty() { path.into() } else { format!("{storage}/{path}") };
        let mut dir = compress(&self.dir());
        if self.damaged_dir {
            dir.truncate(dir.len() / 4);
        }
        let mut streams = vec![
            (at("PROJECT"), self.project_text()),
            (at("PROJECTwm"), self.wide_names()),
            (at("VBA/_VBA_PROJECT"), self.compiled_names()),
            (at("VBA/dir"), dir),
        ];
        for (name, source) in &self.modules {
            let mut bytes = self.cache(name);
            bytes.extend(compress(&self.code_page.encode(&self.listing(name, source))));
            streams.push((at(&format!("VBA/{name}")), bytes));
        }
        for form in &self.forms {
            streams.extend(form.streams(&at(&form.name)));
        }
        streams
    }

    /// The performance cache of a module, and the table of names that all of them refer to.
    fn cache(&self, module: &str) -> Vec<u8> {
        let lines = self.compiled.get(module);
        lines.map_or_else(
            || CACHE.to_vec(),
            |lines| pcode::cache(lines, &pcode::names(self.compiled.values())),
        )
    }

    fn compiled_names(&self) -> Vec<u8> {
        if self.compiled.is_empty() {
            return b"\xcc\x61\xff\xff\x00\x00\x00".to_vec();
        }
        pcode::table(&pcode::names(self.compiled.values()))
    }

    fn is_form(&self, name: &str) -> bool {
        self.forms.iter().any(|form| form.name == name)
    }

    /// A module as it stands in its stream: attributes first (MS-OVBA 2.3.4.3), lines ended by CR LF.
    fn listing(&self, name: &str, source: &str) -> String {
        let base = if self.is_form(name) {
            "Attribute VB_Base = \"0{F3A1B2C4-0000-4D5E-9F80-0123456789AB}\"\n"
        } else if name == "ThisDocument" {
            "Attribute VB_Base = \"1Normal.ThisDocument\"\n"
        } else if is_document(name) {
            "Attribute VB_Base = \"0{00020819-0000-0000-C000-000000000046}\"\n"
        } else {
            ""
        };
        let source = source.trim_start_matches('\n');
        format!("Attribute VB_Name = \"{name}\"\n{base}{source}").replace('\n', "\r\n")
    }

    /// MS-OVBA 2.3.1.
    fn project_text(&self) -> Vec<u8> {
        let mut text = format!("ID=\"{ID}\"\r\n");
        for name in self.modules.keys() {
            text += &match () {
                () if self.is_form(name) => format!("BaseClass={name}\r\n"),
                () if is_document(name) => format!("Document={name}/&H00000000\r\n"),
                () if name.starts_with("Class") => format!("Class={name}\r\n"),
                () => format!("Module={name}\r\n"),
            };
        }
        let (protection, password, visible): (&[u8], &[u8], u8) =
            if self.locked { (&[1, 0, 0, 0], &LOCK, 0) } else { (&[0; 4], &[0], 0xff) };
        let keys = [("CMG", protection), ("DPB", password), ("GC", &[visible])];
        text += "Name=\"VBAProject\"\r\nHelpContextID=\"0\"\r\nVersionCompatible32=\"393222000\"\r\n";
        for (key, data) in keys {
            text += &format!("{key}=\"{}\"\r\n", obscure(data));
        }
        text += "\r\n[Host Extender Info]\r\n&H00000001={3832D640-CF90-11CF-8E43-00A0C911005A};VBE;&H00000000\r\n";
        self.code_page.encode(&text)
    }

    /// MS-OVBA 2.3.3: the names of the modules in both encodings.
    fn wide_names(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for name in self.modules.keys() {
            out.extend(self.code_page.encode(name));
            out.push(0);
            out.extend(wide(name));
            out.extend([0, 0]);
        }
        out.extend([0, 0]);
        out
    }

    /// MS-OVBA 2.3.4.2, before compression.
    fn dir(&self) -> Vec<u8> {
        let mut dir = Vec::new();
        record(&mut dir, 0x01, &1_u32.to_le_bytes());
        record(&mut dir, 0x02, &0x0409_u32.to_le_bytes());
        record(&mut dir, 0x14, &0x0409_u32.to_le_bytes());
        record(&mut dir, 0x03, &self.code_page.number().to_le_bytes());
        record(&mut dir, 0x04, b"VBAProject");
        for (first, second) in [(0x05, 0x40), (0x06, 0x3d)] {
            record(&mut dir, first, b"");
            record(&mut dir, second, b"");
        }
        record(&mut dir, 0x07, &[0; 4]);
        record(&mut dir, 0x08, &[0; 4]);
        dir.extend(b"\x09\x00\x04\x00\x00\x00\x01\x00\x00\x00\x02\x00");
        record(&mut dir, 0x0c, b"");
        record(&mut dir, 0x3c, b"");
        record(&mut dir, 0x16, b"stdole");
        record(&mut dir, 0x3e, &wide("stdole"));
        record(&mut dir, 0x0d, &registered());
        record(&mut dir, 0x0f, &u16::try_from(self.modules.len()).unwrap().to_le_bytes());
        record(&mut dir, 0x13, &[0xff, 0xff]);
        for name in self.modules.keys() {
            self.module(&mut dir, name);
        }
        record(&mut dir, 0x10, b"");
        dir
    }

    /// MS-OVBA 2.3.4.2.3.2.
    fn module(&self, dir: &mut Vec<u8>, name: &str) {
        let mbcs = self.code_page.encode(name);
        let stream: Vec<u8> =
            if self.scrambled_names { mbcs.iter().map(|_| b'x').collect() } else { mbcs.clone() };
        record(dir, 0x19, &mbcs);
        record(dir, 0x47, &wide(name));
        record(dir, 0x1a, &stream);
        record(dir, 0x32, &wide(name));
        record(dir, 0x1c, b"");
        record(dir, 0x48, b"");
        record(dir, 0x31, &u32::try_from(CACHE.len()).unwrap().to_le_bytes());
        record(dir, 0x1e, &[0; 4]);
        record(dir, 0x2c, &[0xff, 0xff]);
        let standard = !is_document(name) && !self.is_form(name) && !name.starts_with("Class");
        record(dir, if standard { 0x21 } else { 0x22 }, b"");
        record(dir, 0x2b, b"");
    }
}

fn is_document(name: &str) -> bool {
    name.starts_with("This") || name.starts_with("Sheet")
}

fn record(dir: &mut Vec<u8>, id: u16, data: &[u8]) {
    dir.extend(id.to_le_bytes());
    dir.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
    dir.extend(data);
}

/// MS-OVBA 2.3.4.2.2.5: the reference every project has.
fn registered() -> Vec<u8> {
    let library =
        b"*\\G{00020430-0000-0000-C000-000000000046}#2.0#0#C:\\Windows\\System32\\stdole2.tlb#OLE Automation";
    let mut out = u32::try_from(library.len()).unwrap().to_le_bytes().to_vec();
    out.extend(library);
    out.extend([0; 6]);
    out
}

pub fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// The 29 bytes of MS-OVBA 2.4.4.1, with a hash of nothing in particular.
const LOCK: [u8; 29] = {
    let mut lock = [0x5a; 29];
    lock[0] = 0xff;
    lock[28] = 0;
    lock
};

/// MS-OVBA 2.4.3.2: how PROJECT writes its protection keys.
fn obscure(data: &[u8]) -> String {
    let seed = 0x17_u8;
    let key = ID.bytes().fold(0_u8, u8::wrapping_add);
    let mut out = vec![seed, seed ^ 2, seed ^ key];
    let (mut plain, mut one, mut two) = (key, seed ^ key, seed ^ 2);
    let ignored = std::iter::repeat_n(7_u8, usize::from((seed & 6) / 2));
    let length = u32::try_from(data.len()).unwrap().to_le_bytes();
    for byte in ignored.chain(length).chain(data.iter().copied()) {
        let coded = byte ^ two.wrapping_add(plain);
        out.push(coded);
        (two, one, plain) = (one, coded, byte);
    }
    out.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// MS-OVBA 2.4.1: compression with copy tokens, chunk by chunk.
pub fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![1];
    for chunk in bytes.chunks(4096) {
        let tokens = tokens(chunk);
        if tokens.len() <= 4096 {
            out.extend((0xb000 | u16::try_from(tokens.len() - 1).unwrap()).to_le_bytes());
            out.extend(tokens);
        } else {
            out.extend(0x3fff_u16.to_le_bytes());
            out.extend(chunk);
            out.extend(std::iter::repeat_n(0, 4096 - chunk.len()));
        }
    }
    out
}

fn tokens(chunk: &[u8]) -> Vec<u8> {
    let mut seen: HashMap<&[u8], Vec<usize>> = HashMap::new();
    let mut out = Vec::new();
    let (mut at, mut bit, mut flags) = (0, 8, 0);
    while at < chunk.len() {
        if bit == 8 {
            (bit, flags) = (0, out.len());
            out.push(0);
        }
        let bits = (usize::BITS - at.saturating_sub(1).leading_zeros()).max(4);
        let longest = (0xffff_usize >> bits) + 3;
        let (offset, length) = best(chunk, at, longest, &seen);
        let step = if length >= 3 {
            let token = ((offset - 1) << (16 - bits)) | (length - 3);
            out.extend(u16::try_from(token).unwrap().to_le_bytes());
            out[flags] |= 1 << bit;
            length
        } else {
            out.push(chunk[at]);
            1
        };
        for place in at..at + step {
            if let Some(key) = chunk.get(place..place + 3) {
                seen.entry(key).or_default().push(place);
            }
        }
        (at, bit) = (at + step, bit + 1);
    }
    out
}

fn best(chunk: &[u8], at: usize, longest: usize, seen: &HashMap<&[u8], Vec<usize>>) -> (usize, usize) {
    let places = chunk.get(at..at + 3).and_then(|key| seen.get(key));
    let length = |from: usize| {
        let run = chunk[from..].iter().zip(&chunk[at..]).take(longest);
        run.take_while(|(a, b)| a == b).count()
    };
    let recent = places.into_iter().flatten().rev().take(64);
    recent.map(|from| (at - from, length(*from))).max_by_key(|found| found.1).unwrap_or((0, 0))
}
