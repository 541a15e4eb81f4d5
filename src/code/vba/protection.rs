//! The protection of a VBA project: `CMG`, `DPB` and `GC` in its PROJECT stream (MS-OVBA 2.3.1.15 to 2.3.1.17).

/// Whether a project is locked for viewing: by a password, by its host, or by values that no longer decode, which
/// is what tools write that lock projects for good.
pub(super) fn is_locked(project: &[u8]) -> bool {
    let state = value(project, b"CMG=").map(decrypt);
    let password = value(project, b"DPB=").map(decrypt);
    let visible = value(project, b"GC=").map(decrypt);
    let set = |state: Option<Vec<u8>>| state.is_none_or(|state| state.len() != 4 || state != [0; 4]);
    let has_password = |data: Option<Vec<u8>>| data.is_none_or(|data| data.len() != 1);
    let hidden = |data: Option<Vec<u8>>| data.is_some_and(|data| data == [0]);
    state.is_some_and(set) || password.is_some_and(has_password) || visible.is_some_and(hidden)
}

/// The hexadecimal value of a property, without its quotes.
fn value<'a>(project: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let line = project.split(|byte| matches!(byte, b'\r' | b'\n')).find_map(|line| line.strip_prefix(key))?;
    let line = line.trim_ascii();
    Some(line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line))
}

/// Undoes the data encryption of MS-OVBA 2.4.3.3. `None` where lengths or version do not fit.
fn decrypt(hex: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = hex.as_chunks::<2>();
    let bytes: Option<Vec<u8>> =
        pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
    let bytes = bytes.filter(|_| rest.is_empty())?;
    let [seed, version, key, data @ ..] = bytes.as_slice() else { return None };
    if seed ^ version != 2 {
        return None;
    }
    let (mut plain, mut last, mut before) = (seed ^ key, *key, *version);
    let mut out = Vec::new();
    for byte in data {
        plain = byte ^ before.wrapping_add(plain);
        (before, last) = (last, *byte);
        out.push(plain);
    }
    let ignored = usize::from((seed & 6) / 2);
    let (length, data) = out.get(ignored..)?.split_first_chunk::<4>()?;
    (usize::try_from(u32::from_le_bytes(*length)).ok()? == data.len()).then(|| data.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MS-OVBA 2.4.3.2 with the seed and padding of choice.
    fn encrypt(seed: u8, key: u8, data: &[u8]) -> String {
        let mut out = vec![seed, seed ^ 2, seed ^ key];
        let (mut plain, mut last, mut before) = (key, seed ^ key, seed ^ 2);
        let length = u32::try_from(data.len()).unwrap().to_le_bytes();
        let ignored = &[7; 3][..usize::from((seed & 6) / 2)];
        for byte in ignored.iter().chain(&length).chain(data) {
            let sealed = byte ^ before.wrapping_add(plain);
            (before, last, plain) = (last, sealed, *byte);
            out.push(sealed);
        }
        out.iter().map(|byte| format!("{byte:02X}")).collect()
    }

    fn project(state: &[u8], password: &[u8], visible: &[u8]) -> Vec<u8> {
        let [state, password, visible] = [state, password, visible].map(|data| encrypt(0x57, 0xdd, data));
        format!("ID=\"{{0}}\"\r\nCMG=\"{state}\"\r\nDPB=\"{password}\"\r\nGC=\"{visible}\"\r\n").into_bytes()
    }

    #[test]
    fn decrypts_what_was_encrypted_and_a_real_value() {
        assert_eq!(decrypt(encrypt(0xe0, 0x12, b"abc").as_bytes()).unwrap(), b"abc");
        // The example of MS-OVBA 3.1.2.
        assert_eq!(decrypt(b"0705D8E3D8EDDBF1DBF1DBF1DBF1").unwrap(), [0; 4]);
        assert_eq!(decrypt(b"0705D"), None);
    }

    #[test]
    fn open_projects_are_open_and_locked_ones_locked() {
        assert!(!is_locked(&project(&[0; 4], &[0], &[0xff])));
        assert!(is_locked(&project(&[1, 0, 0, 0], &[0], &[0xff])));
        assert!(is_locked(&project(&[0; 4], &[9; 29], &[0xff])));
        assert!(is_locked(&project(&[0; 4], &[0], &[0])));
        assert!(is_locked(b"CMG=\"junk\"\r\nDPB=\"\"\r\n"));
        assert!(!is_locked(b"Module=A\r\n"));
    }
}
