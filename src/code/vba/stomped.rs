//! Compiled code without source. Office runs the compiled code of a module if its own version wrote it, so an
//! attacker can empty the source ("VBA stomping") and scanners read nothing.

use crate::bytes::Reader;

/// Compiled code smaller than this is what an empty module has.
const LEAST: usize = 2048;

/// How many lines of compiled code a performance cache holds, if it is large enough to matter and its line table
/// is found. The table is not in any specification: a mark 0xCAFE, a number, a count, then twelve bytes a line, of
/// which bytes 4 and 5 are its length.
pub(super) fn lines(cache: &[u8]) -> Option<usize> {
    if cache.len() < LEAST {
        return None;
    }
    memchr::memmem::rfind_iter(cache, &[0xfe, 0xca])
        .find_map(|at| table(cache, at))
        .filter(|lines| *lines > 0)
}

/// The lines that are not empty in the table at `at`, if all of it is there.
fn table(cache: &[u8], at: usize) -> Option<usize> {
    let mut reader = Reader::at(cache, at)?;
    reader.skip(4)?;
    let count = usize::from(reader.u16()?);
    let (lines, _) = reader.take(count.checked_mul(12)?)?.as_chunks::<12>();
    let filled = lines.iter().filter(|line| matches!(line.get(4..6), Some(length) if length != [0, 0]));
    Some(filled.count())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A cache of `size` bytes that ends in a table of two full lines and an empty one.
    pub(in crate::code::vba) fn cache(size: usize) -> Vec<u8> {
        let line = |length: u8| [0, 0, 0, 0, length, 0, 0, 0, 0, 0, 0, 0];
        let table = [&[0xfe, 0xca, 1, 0, 3, 0][..], &line(8), &line(0), &line(9)].concat();
        let before = std::iter::repeat_n(7, size - table.len());
        before.chain(table).collect()
    }

    #[test]
    fn lines_are_counted_in_a_cache_that_is_large_enough() {
        assert_eq!(lines(&cache(LEAST)), Some(2));
        assert_eq!(lines(&cache(LEAST - 1)), None);
        assert_eq!(lines(&[7; 5000]), None);
        assert_eq!(lines(&cache(5000)[..4999]), None);
    }
}
