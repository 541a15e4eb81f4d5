//! PNG pictures (ISO 15948): a grey square with a frame, such as a scanner or a signature would attach.

use flate2::{Compression, write::ZlibEncoder};
use std::io::Write;

const SIDE: u32 = 48;

/// A small grey picture.
pub fn png() -> Vec<u8> {
    let mut rows = Vec::new();
    for y in 0..SIDE {
        rows.push(0);
        let edge = |n: u32| !(2..SIDE - 2).contains(&n);
        rows.extend((0..SIDE).map(|x| if edge(x) || edge(y) { 0x40 } else { 0xe0 }));
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&rows).unwrap();
    let mut head = [SIDE, SIDE].map(u32::to_be_bytes).concat();
    head.extend([8, 0, 0, 0, 0]);
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in [(b"IHDR", head), (b"IDAT", encoder.finish().unwrap()), (b"IEND", Vec::new())] {
        out.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        let body = [&name[..], &data].concat();
        out.extend(&body);
        out.extend(crc32fast::hash(&body).to_be_bytes());
    }
    out
}
