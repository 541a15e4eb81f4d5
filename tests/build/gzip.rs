//! gzip files (RFC 1952) with a name and a fixed time.

use super::{Content, NoMore};
use flate2::{Compression, GzBuilder};
use serde::Deserialize;
use std::io::Write;

#[derive(Debug, Deserialize)]
pub struct Gzip {
    /// The name in the header.
    pub name: String,
    #[serde(flatten)]
    pub content: Box<Content>,
    #[serde(flatten)]
    pub no_more: NoMore,
}

impl Gzip {
    pub fn bytes(&self) -> Vec<u8> {
        let builder =
            GzBuilder::new().filename(self.name.as_bytes()).mtime(1_646_185_048).operating_system(3);
        let mut encoder = builder.write(Vec::new(), Compression::default());
        encoder.write_all(&self.content.bytes()).unwrap();
        encoder.finish().unwrap()
    }
}
