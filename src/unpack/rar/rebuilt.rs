//! Members as an archive of their own, in the clear and without fault, for the crate that unpacks them: it takes an
//! archive only if every header of it is right.

use super::member::Packing;

/// A member that is ready to be unpacked.
#[derive(Debug)]
pub(super) struct Ready {
    /// Its packed bytes, decrypted.
    pub(super) data: Vec<u8>,
    pub(super) size: u64,
    pub(super) crc: Option<u32>,
    pub(super) packing: Packing,
}

/// The archive of these members, each but the first solid.
pub(super) fn archive(members: &[Ready]) -> Vec<u8> {
    if members.iter().any(|member| matches!(member.packing, Packing::Old { .. })) {
        old_archive(members)
    } else {
        new_archive(members)
    }
}

fn new_archive(members: &[Ready]) -> Vec<u8> {
    let mut out = super::rar5::SIGNATURE.to_vec();
    out.extend(new_header(&[1, 0, u8::from(members.len() > 1) << 2]));
    for (place, member) in members.iter().enumerate() {
        let Packing::New { information, hash } = member.packing else { continue };
        let solid = if place > 0 { 0x40 } else { 0 };
        let extra = hash.map_or_else(Vec::new, |hash| [&[34, 2, 0], &hash[..]].concat());
        let mut header = vec![2, 2 | u8::from(hash.is_some())];
        if hash.is_some() {
            vint(&mut header, extra.len() as u64);
        }
        vint(&mut header, member.data.len() as u64);
        header.push(0);
        vint(&mut header, member.size);
        header.push(0);
        vint(&mut header, information & !0x40 | solid);
        header.extend([0, 1, b'm']);
        header.extend(extra);
        out.extend(new_header(&header));
        out.extend(&member.data);
    }
    out.extend(new_header(&[5, 0, 0]));
    out
}

/// CRC-32 and size before the fields of a header.
pub(super) fn new_header(fields: &[u8]) -> Vec<u8> {
    let mut sized = Vec::new();
    vint(&mut sized, fields.len() as u64);
    sized.extend(fields);
    [&crc32fast::hash(&sized).to_le_bytes()[..], &sized].concat()
}

/// A number of seven bits a byte, the lowest first.
pub(super) fn vint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        out.push(low & 0x7f | u8::from(value > 0) << 7);
        if value == 0 {
            return;
        }
    }
}

fn old_archive(members: &[Ready]) -> Vec<u8> {
    let mut out = super::rar4::SIGNATURE.to_vec();
    let is_solid = members.len() > 1;
    out.extend(old_header(0x73, u16::from(is_solid) << 3, &[0; 6]));
    for (place, member) in members.iter().enumerate() {
        let Packing::Old { version, method, window } = member.packing else { continue };
        let solid = u16::from(place > 0) << 4;
        let (packed, packed_high) = halves(member.data.len() as u64);
        let (size, size_high) = halves(member.size);
        let mut fields = [packed, size].concat();
        fields.push(2);
        fields.extend(member.crc.unwrap_or_default().to_le_bytes());
        fields.extend([0, 0, 0, 0, version, method, 1, 0, 0x20, 0, 0, 0]);
        fields.extend([packed_high, size_high].concat());
        fields.push(b'm');
        out.extend(old_header(0x74, 0x8000 | 0x100 | window | solid, &fields));
        out.extend(&member.data);
    }
    out.extend(old_header(0x7b, 0x4000, &[]));
    out
}

/// CRC, type, flags and size before the fields of a header.
pub(super) fn old_header(kind: u8, flags: u16, fields: &[u8]) -> Vec<u8> {
    let size = u16::try_from(fields.len() + 7).unwrap_or(u16::MAX);
    let rest = [&[kind][..], &flags.to_le_bytes(), &size.to_le_bytes(), fields].concat();
    let [low, high, ..] = crc32fast::hash(&rest).to_le_bytes();
    [&[low, high][..], &rest].concat()
}

/// The lower and the upper half of a number.
fn halves(value: u64) -> ([u8; 4], [u8; 4]) {
    let [a, b, c, d, e, f, g, h] = value.to_le_bytes();
    ([a, b, c, d], [e, f, g, h])
}
