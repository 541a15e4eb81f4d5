//! PDF files (ISO 32000-1), the cross-reference table right: one page of text, with actions, attachments and a lock
//! where a recipe asks for them.

use super::{Content, NoMore};
use md5::{Digest, Md5};
use serde::Deserialize;

/// A page of plain ASCII lines, or all that a recipe can ask for.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Pdf {
    Text(String),
    Full(Box<Full>),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Full {
    /// The lines of the page, in any letters of the basic plane.
    #[serde(default)]
    pub text: String,
    /// JavaScript that runs when the file is opened.
    pub open_javascript: Option<String>,
    /// JavaScript that checks a field.
    pub field_javascript: Option<String>,
    /// Program and parameters of a launch action.
    pub launch: Option<[String; 2]>,
    #[serde(default)]
    pub links: Vec<String>,
    #[serde(default, rename = "file")]
    pub files: Vec<Attached>,
    /// Locks with RC4 of 128 bits (revision 3).
    pub password: Option<String>,
    /// With or without a password, locked against printing only.
    #[serde(default)]
    pub restricted: bool,
}

/// A file attached to the document.
#[derive(Debug, Deserialize)]
pub struct Attached {
    pub name: String,
    #[serde(flatten)]
    pub content: Box<Content>,
    #[serde(flatten)]
    pub no_more: NoMore,
}

impl Pdf {
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => pdf(text),
            Self::Full(full) => full.bytes(),
        }
    }
}

/// One page with these lines on it.
pub fn pdf(text: &str) -> Vec<u8> {
    assert!(text.is_ascii(), "the short form knows only the standard Latin font");
    let mut page = "BT /F1 11 Tf 56 780 Td 16 TL".to_string();
    for line in text.trim().lines() {
        let line = line.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
        page += &format!(" ({line}) Tj T*");
    }
    page += " ET";
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_string(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_string(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_string(),
        format!("<< /Length {} >>\nstream\n{page}\nendstream", page.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_string(),
    ];
    assemble("1.4", &objects.map(String::into_bytes), "")
}

/// Header, objects, table and trailer.
fn assemble(version: &str, objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut out = format!("%PDF-{version}\n").into_bytes();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (index, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n \n", out.len());
        out.extend(format!("{} 0 obj\n", index + 1).bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let start = out.len();
    let size = objects.len() + 1;
    out.extend(table.bytes());
    out.extend(
        format!("trailer\n<< /Size {size} /Root 1 0 R{trailer} >>\nstartxref\n{start}\n%%EOF\n").bytes(),
    );
    out
}

const ID: [u8; 16] = *b"an identifier 16";

impl Full {
    fn bytes(&self) -> Vec<u8> {
        let lock = (self.password.is_some() || self.restricted)
            .then(|| Lock::new(self.password.as_deref().unwrap_or_default()));
        let mut objects = Objects { done: Vec::new(), lock: lock.as_ref() };
        let (catalog, pages, page) = (objects.next(), objects.next(), objects.next());
        let mut annotations = String::new();
        for link in &self.links {
            let at = objects.next();
            let uri = objects.text(at, link.as_bytes());
            let link = format!("<</Type/Annot/Subtype/Link/Rect[50 50 200 70]/A<</S/URI/URI {uri}>>>>");
            objects.put(at, &link);
            annotations += &format!(" {at} 0 R");
        }
        if let Some(script) = &self.field_javascript {
            let at = objects.next();
            let script = objects.text(at, script.as_bytes());
            let field = "/Type/Annot/Subtype/Widget/FT/Tx/T(f)/Rect[50 80 200 90]";
            objects.put(at, &format!("<<{field}/AA<</V<</S/JavaScript/JS {script}>>>>>>"));
            annotations += &format!(" {at} 0 R");
        }
        let action = self.action(&mut objects);
        let names = self.attached(&mut objects);
        let content = objects.next();
        objects.stream(content, "", &shown(&self.text));
        let font = "/F1<</Type/Font/Subtype/Type0/BaseFont/HeiseiMin-W3/Encoding/UniJIS-UTF16-H/DescendantFonts[\
            <</Type/Font/Subtype/CIDFontType0/BaseFont/HeiseiMin-W3/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 4>>>>]>>";
        objects.put(catalog, &format!("<</Type/Catalog/Pages {pages} 0 R{action}{names}>>"));
        objects.put(pages, &format!("<</Type/Pages/Kids[{page} 0 R]/Count 1>>"));
        objects.put(
            page,
            &format!(
                "<</Type/Page/Parent {pages} 0 R/MediaBox[0 0 595 842]/Contents {content} 0 R/Annots[{annotations}]\
                /Resources<</Font<<{font}>>>>>>"
            ),
        );
        let mut trailer = String::new();
        if let Some(lock) = &lock {
            let at = objects.next();
            objects.put(at, &lock.dictionary());
            trailer = format!(" /Encrypt {at} 0 R /ID [<{0}> <{0}>]", digits(&ID));
        }
        assemble("1.6", &objects.done, &trailer)
    }

    /// What happens when the file is opened.
    fn action(&self, objects: &mut Objects) -> String {
        let at = objects.next();
        let action = if let Some([file, parameters]) = &self.launch {
            let (file, parameters) =
                (objects.text(at, file.as_bytes()), objects.text(at, parameters.as_bytes()));
            format!("<</S/Launch/Win<</F {file}/P {parameters}>>>>")
        } else if let Some(script) = &self.open_javascript {
            format!("<</S/JavaScript/JS {}>>", objects.text(at, script.as_bytes()))
        } else {
            objects.put(at, "null");
            return String::new();
        };
        objects.put(at, &action);
        format!("/OpenAction {at} 0 R")
    }

    fn attached(&self, objects: &mut Objects) -> String {
        let mut names = String::new();
        for file in &self.files {
            let (at, stream) = (objects.next(), objects.next());
            let utf16: Vec<u8> =
                [0xfeff].into_iter().chain(file.name.encode_utf16()).flat_map(u16::to_be_bytes).collect();
            let name = objects.text(at, &utf16);
            objects.put(at, &format!("<</Type/Filespec/F {name}/UF {name}/EF<</F {stream} 0 R>>>>"));
            objects.stream(stream, "/Type/EmbeddedFile", &file.content.bytes());
            names += &format!(" {} {at} 0 R", objects.text(1, &utf16));
        }
        if names.is_empty() { names } else { format!("/Names<</EmbeddedFiles<</Names[{names}]>>>>") }
    }
}

/// The operators that show lines.
fn shown(text: &str) -> Vec<u8> {
    let mut page = "BT /F1 11 Tf 56 780 Td 16 TL".to_string();
    for line in text.trim().lines() {
        let utf16: Vec<u8> = line.encode_utf16().flat_map(u16::to_be_bytes).collect();
        page += &format!(" <{}> Tj T*", digits(&utf16));
    }
    (page + " ET").into_bytes()
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Objects being written, each encrypted as it is put in.
struct Objects<'l> {
    done: Vec<Vec<u8>>,
    lock: Option<&'l Lock>,
}

impl Objects<'_> {
    /// The number of a new object.
    fn next(&mut self) -> usize {
        self.done.push(Vec::new());
        self.done.len()
    }

    fn put(&mut self, number: usize, object: &str) {
        self.done[number - 1] = object.as_bytes().to_vec();
    }

    /// A string in the object of that number.
    fn text(&self, number: usize, text: &[u8]) -> String {
        format!("<{}>", digits(&self.sealed(number, text)))
    }

    fn stream(&mut self, number: usize, keys: &str, data: &[u8]) {
        let data = self.sealed(number, data);
        let head = format!("<<{keys}/Length {}>>\nstream\n", data.len());
        self.done[number - 1] = [head.as_bytes(), &data, b"\nendstream"].concat();
    }

    fn sealed(&self, number: usize, data: &[u8]) -> Vec<u8> {
        self.lock.map_or_else(|| data.to_vec(), |lock| lock.seal(number, data))
    }
}

/// The standard security handler, revision 3 (ISO 32000-1 7.6.3).
struct Lock {
    key: Vec<u8>,
    owner: Vec<u8>,
    user: Vec<u8>,
}

const PADDING: [u8; 32] = *b"\x28\xbf\x4e\x5e\x4e\x75\x8a\x41\x64\x00\x4e\x56\xff\xfa\x01\x08\
    \x2e\x2e\x00\xb6\xd0\x68\x3e\x80\x2f\x0c\xa9\xfe\x64\x53\x69\x7a";

const PERMISSIONS: i32 = -3904;

impl Lock {
    fn new(password: &str) -> Self {
        let padded: Vec<u8> = password.bytes().chain(PADDING).take(32).collect();
        let owner_key = hashed(51, &padded);
        let owner = rounds(&owner_key, padded.clone());
        let key = hashed(51, &[&padded[..], &owner, &PERMISSIONS.to_le_bytes(), &ID].concat());
        let mut user = rounds(&key, hashed(1, &[&PADDING[..], &ID].concat()));
        user.resize(32, 0);
        Self { key, owner, user }
    }

    fn dictionary(&self) -> String {
        let (owner, user) = (digits(&self.owner), digits(&self.user));
        format!("<</Filter/Standard/V 2/R 3/Length 128/P {PERMISSIONS}/O<{owner}>/U<{user}>>>")
    }

    fn seal(&self, number: usize, data: &[u8]) -> Vec<u8> {
        let number = u32::try_from(number).unwrap().to_le_bytes();
        rc4(&hashed(1, &[&self.key[..], &number[..3], &[0, 0]].concat()), data)
    }
}

fn hashed(times: usize, data: &[u8]) -> Vec<u8> {
    (0..times).fold(data.to_vec(), |data, _| Md5::digest(data).to_vec())
}

fn rounds(key: &[u8], data: Vec<u8>) -> Vec<u8> {
    (0..20u8).fold(data, |data, round| rc4(&key.iter().map(|byte| byte ^ round).collect::<Vec<u8>>(), &data))
}

fn rc4(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut state: Vec<usize> = (0..256).collect();
    let mut j = 0;
    for i in 0..256 {
        j = (j + state[i] + usize::from(key[i % key.len()])) % 256;
        state.swap(i, j);
    }
    let (mut i, mut j) = (0, 0);
    let step = |byte: &u8| {
        i = (i + 1) % 256;
        j = (j + state[i]) % 256;
        state.swap(i, j);
        byte ^ u8::try_from(state[(state[i] + state[j]) % 256]).unwrap()
    };
    data.iter().map(step).collect()
}
