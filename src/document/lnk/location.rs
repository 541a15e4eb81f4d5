//! LinkInfo (MS-SHLLINK 2.3): the target as a path on a drive or on a server.

use super::{narrow, wide};
use crate::bytes::Reader;

/// The paths that a LinkInfo structure names.
pub(super) fn paths(info: &[u8]) -> Vec<String> {
    let mut reader = Reader::new(info);
    let mut fields = || {
        let [_, header, _, _, base, network, suffix] = words(&mut reader)?;
        let [wide_base, wide_suffix] = if header >= 0x24 { words(&mut reader)? } else { [0, 0] };
        Some((base, network, suffix, wide_base, wide_suffix))
    };
    let Some((base, network, suffix, wide_base, wide_suffix)) = fields() else { return Vec::new() };
    let text = |at: u32, wide_at: u32| {
        let long = from(info, wide_at).map(wide).filter(|text| !text.is_empty());
        long.or_else(|| from(info, at).map(narrow)).unwrap_or_default()
    };
    let suffix = text(suffix, wide_suffix);
    let base = text(base, wide_base);
    let server = from(info, network).map(share).unwrap_or_default();
    [base, server].into_iter().filter(|start| !start.is_empty()).map(|start| join(&start, &suffix)).collect()
}

/// The name of a share in a CommonNetworkRelativeLink structure (2.3.2).
fn share(link: &[u8]) -> String {
    let mut reader = Reader::new(link);
    let Some([_, _, name, _, _]) = words(&mut reader) else { return String::new() };
    let wide_name = Some(reader).filter(|_| name > 0x14).and_then(|mut reader| reader.u32());
    let long = wide_name.and_then(|at| from(link, at)).map(wide).filter(|name| !name.is_empty());
    long.or_else(|| from(link, name).map(narrow)).unwrap_or_default()
}

fn join(start: &str, suffix: &str) -> String {
    let needs = !suffix.is_empty() && !start.ends_with('\\');
    format!("{start}{}{suffix}", if needs { "\\" } else { "" })
}

/// What stands at an offset; zero says that nothing does.
fn from(bytes: &[u8], offset: u32) -> Option<&[u8]> {
    bytes.get(usize::try_from(offset).ok()?..).filter(|_| offset != 0)
}

fn words<const N: usize>(reader: &mut Reader) -> Option<[u32; N]> {
    let mut words = [0; N];
    for word in &mut words {
        *word = reader.u32()?;
    }
    Some(words)
}
