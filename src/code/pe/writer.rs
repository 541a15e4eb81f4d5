//! Writes small images for tests: one section of everything, at address 0x1000 and offset 0x200.

/// What an image holds.
#[derive(Default)]
pub(super) struct Image<'a> {
    pub(super) is_library: bool,
    pub(super) is_wide: bool,
    pub(super) subsystem: u16,
    pub(super) exports: &'a [&'a str],
    /// Type, name, data. A type `#16` is a number.
    pub(super) resources: &'a [(&'a str, &'a str, &'a [u8])],
    pub(super) runtime: Option<&'a str>,
    pub(super) certificate: &'a [u8],
    pub(super) overlay: &'a [u8],
}

const ADDRESS: u32 = 0x1000;
const OFFSET: u32 = 0x200;

impl Image<'_> {
    pub(super) fn write(&self) -> Vec<u8> {
        let mut section = Vec::new();
        let mut directories = [(0u32, 0u32); 16];
        if !self.exports.is_empty() {
            directories[0] = self.exports(&mut section);
        }
        if !self.resources.is_empty() {
            directories[2] = self.resources(&mut section);
        }
        if let Some(version) = self.runtime {
            directories[14] = runtime(version, &mut section);
        }
        section.extend(std::iter::repeat_n(0xcc, section.len().wrapping_neg() % 512));
        let end = OFFSET + u32(section.len());
        if !self.certificate.is_empty() {
            directories[4] = (end + u32(self.overlay.len()), u32(self.certificate.len()));
        }
        let mut out = self.headers(&directories, u32(section.len()));
        out.extend(std::iter::repeat_n(0, OFFSET as usize - out.len()));
        [out.as_slice(), &section, self.overlay, self.certificate].concat()
    }

    fn headers(&self, directories: &[(u32, u32)], length: u32) -> Vec<u8> {
        let mut out = [b"MZ".as_slice(), &[0; 58], &64u32.to_le_bytes(), b"PE\0\0"].concat();
        let (machine, magic, padding) =
            if self.is_wide { (0x8664u16, 0x020bu16, 36) } else { (0x014c, 0x010b, 20) };
        let optional = u16::try_from(padding + 72 + 4 + 128).unwrap();
        let flags: u16 = if self.is_library { 0x2002 } else { 2 };
        out.extend([&machine.to_le_bytes()[..], &[1, 0], &[0; 12]].concat());
        out.extend([&optional.to_le_bytes()[..], &flags.to_le_bytes(), &magic.to_le_bytes()].concat());
        out.extend([&[0; 58][..], &OFFSET.to_le_bytes(), &[0; 4], &self.subsystem.to_le_bytes()].concat());
        out.extend(std::iter::repeat_n(0, padding + 2));
        out.extend(16u32.to_le_bytes());
        out.extend(directories.iter().flat_map(|(at, size)| [at.to_le_bytes(), size.to_le_bytes()].concat()));
        out.extend(b".all\0\0\0\0");
        out.extend([length, ADDRESS, length, OFFSET].map(u32::to_le_bytes).concat());
        out.extend([0; 16]);
        out
    }

    fn exports(&self, section: &mut Vec<u8>) -> (u32, u32) {
        let at = here(section);
        let count = u32(self.exports.len());
        let mut texts = Vec::new();
        let mut pointers = Vec::new();
        for name in self.exports {
            pointers.extend((at + 40 + 4 * count + u32(texts.len())).to_le_bytes());
            texts.extend([name.as_bytes(), b"\0"].concat());
        }
        section.extend([0; 20]);
        section.extend([count, count, 0, at + 40, 0].map(u32::to_le_bytes).concat());
        section.extend([pointers, texts].concat());
        (at, here(section) - at)
    }

    /// Every resource has a directory of each level to itself.
    fn resources(&self, section: &mut Vec<u8>) -> (u32, u32) {
        let start = section.len();
        let at = here(section);
        let count = u32(self.resources.len());
        let mut head = directory(&[]);
        head[14..16].copy_from_slice(&u16::try_from(count).unwrap().to_le_bytes());
        let mut rest = Vec::new();
        let base = 16 + 8 * count;
        for (kind, name, data) in self.resources {
            let number = kind.strip_prefix('#').and_then(|number| number.parse::<u32>().ok());
            let kind_at = base + u32(rest.len());
            let wide = |text: &str| {
                let units: Vec<_> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                [&u16::try_from(text.len()).unwrap().to_le_bytes()[..], &units].concat()
            };
            rest.extend(wide(kind));
            let name_at = base + u32(rest.len());
            rest.extend(wide(name));
            let names_at = base + u32(rest.len());
            rest.extend(directory(&[(name_at | 1 << 31, (names_at + 24) | 1 << 31)]));
            rest.extend(directory(&[(0x409, names_at + 48)]));
            rest.extend([at + names_at + 64, u32(data.len()), 0, 0].map(u32::to_le_bytes).concat());
            rest.extend(*data);
            head.extend(number.unwrap_or(kind_at | 1 << 31).to_le_bytes());
            head.extend((names_at | 1 << 31).to_le_bytes());
        }
        section.extend([head, rest].concat());
        (at, u32(section.len() - start))
    }
}

fn directory(entries: &[(u32, u32)]) -> Vec<u8> {
    let mut out = [0; 16].to_vec();
    out[14] = u8::try_from(entries.len()).unwrap();
    out.extend(entries.iter().flat_map(|(name, to)| [name.to_le_bytes(), to.to_le_bytes()].concat()));
    out
}

fn runtime(version: &str, section: &mut Vec<u8>) -> (u32, u32) {
    let at = here(section);
    section.extend([72u32, 0, at + 72].map(u32::to_le_bytes).concat());
    section.extend([0; 60]);
    section.extend([b"BSJB".as_slice(), &[0; 8], &u32(version.len()).to_le_bytes()].concat());
    section.extend(version.as_bytes());
    (at, 72)
}

fn here(section: &[u8]) -> u32 {
    ADDRESS + u32(section.len())
}

fn u32(number: usize) -> u32 {
    u32::try_from(number).unwrap()
}
