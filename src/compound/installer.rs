//! Databases of Windows Installer: how they are known, and the names of their streams, which pack two characters into
//! one so that longer ones fit ([MS-CFB] allows 31). No specification says so; the sources of Wine and msitools do.

/// The last bytes of the classes of transforms, databases and patches (`000C1082`, `…84`, `…86`).
const CLASS: &[u8; 15] = b"\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46";

/// Whether a class is that of a database, patch or transform.
pub(super) fn is_class(clsid: &[u8; 16]) -> bool {
    clsid.split_first().is_some_and(|(kind, rest)| matches!(kind, 0x82 | 0x84 | 0x86) && rest == CLASS)
}

/// Whether the class of a database stands somewhere in a file, so that it is worth reading.
pub fn is_likely_installer(bytes: &[u8]) -> bool {
    let before = |at: usize| at.checked_sub(1).and_then(|at| bytes.get(at..at + 16)?.try_into().ok());
    memchr::memmem::find_iter(bytes, CLASS).filter_map(before).any(is_class)
}

/// The name of a stream of a database; `None` where it is not packed. Tables begin with `!`.
pub fn installer_name(packed: &str) -> Option<String> {
    let mut name = String::new();
    let mut is_packed = false;
    for c in packed.chars() {
        let code = u32::from(c);
        let digits = match code {
            0x3800..0x4800 => [digit(code), digit((code - 0x3800) >> 6)],
            0x4800..0x4840 => [digit(code), None],
            0x4840 => [Some('!'), None],
            _ => [Some(c), None],
        };
        is_packed |= (0x3800..=0x4840).contains(&code);
        name.extend(digits.into_iter().flatten());
    }
    is_packed.then_some(name)
}

/// The character of the lowest six bits.
fn digit(bits: u32) -> Option<char> {
    let place = usize::try_from(bits & 0x3f).ok()?;
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._".get(place).copied().map(char::from)
}

/// The packed form of a name.
#[cfg(test)]
pub(crate) fn pack_name(name: &str) -> String {
    let place = |c: char| (0..64).find(|bits| digit(*bits) == Some(c)).unwrap();
    let (table, name) = name.strip_prefix('!').map_or(("", name), |name| ("\u{4840}", name));
    let chars: Vec<char> = name.chars().collect();
    let packed = chars.chunks(2).map(|two| match two {
        [first, second] => 0x3800 + place(*first) + (place(*second) << 6),
        one => 0x4800 + place(one[0]),
    });
    packed.fold(table.to_string(), |all, code| all + &char::from_u32(code).unwrap().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unpacked() {
        for name in ["!_StringPool", "Binary.Helper", "a", "data.cab", "!_Columns"] {
            assert_eq!(installer_name(&pack_name(name)).as_deref(), Some(name));
        }
        assert_eq!(
            installer_name("\u{4840}\u{3f3f}\u{4577}\u{446c}\u{3b6a}\u{45e4}\u{4824}").as_deref(),
            Some("!_StringData")
        );
        assert_eq!(installer_name("\u{5}SummaryInformation"), None);
    }

    #[test]
    fn classes_are_known() {
        let class = |first| {
            let mut class = [first; 16];
            class[1..].copy_from_slice(CLASS);
            class
        };
        assert!(
            is_class(&class(0x84))
                && is_class(&class(0x86))
                && !is_class(&class(0x80))
                && !is_class(&[0x84; 16])
        );
    }
}
