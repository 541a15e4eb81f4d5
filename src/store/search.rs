//! Search over subjects, addresses, names, web addresses, rule ids and ids, in any script.
//!
//! Japanese has no spaces and many words of two characters, so that neither words nor trigrams find them. The index
//! holds *grams* instead: every character, every pair, and every three ASCII characters, each as a number. What holds all grams of a query is a candidate; the text itself decides. So both
//! databases answer the same, and a gram that two texts share by chance costs a look and no more.

use super::connect::{Dialect, sql};
use super::message::{HEAD, Summary};
use super::queue::{Listing, Page};
use super::summary::fold;
use super::{Result, Store};
use crate::text::printable;
use sqlx::AnyConnection;
use std::collections::BTreeSet;

/// Words of a query that count, and grams of them that are looked up.
const WORDS: usize = 8;
const GRAMS: usize = 48;

/// The shortest beginning of a hash that is looked up as one.
const HASH: usize = 12;

impl Store {
    /// The messages in which every word of a query stands, the last stored first. A SHA-256 or its beginning finds what
    /// has such a file inside.
    ///
    /// # Errors
    /// The database fails.
    pub async fn search(&self, query: &str, page: &Page) -> Result<Listing<Summary>> {
        let folded: Vec<String> =
            query.split_whitespace().take(WORDS).map(|word| fold(&printable(word))).collect();
        let words: Vec<&str> = folded.iter().flat_map(|word| word.split_whitespace()).take(WORDS).collect();
        if words.is_empty() {
            return Ok(Listing { rows: Vec::new(), next: None });
        }
        if let [word] = words.as_slice()
            && (HASH..=64).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_hexdigit())
        {
            let found = self.with_hash(word, page).await?;
            if !found.rows.is_empty() {
                return Ok(found);
            }
        }
        self.with_words(&words, page).await
    }

    /// All messages, the last stored first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn latest(&self, page: &Page) -> Result<Listing<Summary>> {
        let text =
            format!("SELECT {HEAD} FROM messages m WHERE m.number < $1 ORDER BY m.number DESC LIMIT $2");
        let query = sqlx::query(sql(text)).bind(page.before()).bind(page.limit() + 1);
        listing(&query.fetch_all(&self.pool).await?, page)
    }

    async fn with_hash(&self, start: &str, page: &Page) -> Result<Listing<Summary>> {
        let text = format!(
            "SELECT {HEAD} FROM messages m WHERE m.number < $3 AND m.number IN \
             (SELECT message FROM artifacts WHERE sha256 >= $1 AND sha256 < $2 \
              UNION SELECT number FROM messages WHERE sha256 >= $1 AND sha256 < $2) \
             ORDER BY m.number DESC LIMIT $4"
        );
        // `g` follows the last digit of a hash.
        let query = sqlx::query(sql(text)).bind(start).bind(format!("{start}g"));
        let rows = query.bind(page.before()).bind(page.limit() + 1).fetch_all(&self.pool).await?;
        listing(&rows, page)
    }

    async fn with_words(&self, words: &[&str], page: &Page) -> Result<Listing<Summary>> {
        let mut wanted = BTreeSet::new();
        words.iter().for_each(|word| grams(word, &mut wanted));
        let lookup = self.dialect.written(&spread(&wanted));
        let (from, number, position) = match self.dialect {
            Dialect::Sqlite => (
                "grams CROSS JOIN texts t ON t.message = grams.rowid AND grams MATCH $3",
                "grams.rowid",
                "instr",
            ),
            Dialect::Postgres => (
                "grams g JOIN texts t ON t.message = g.message AND g.grams @> $3::integer[]",
                "g.message",
                "strpos",
            ),
        };
        let tests = (4..).zip(words).map(|(at, _)| format!(" AND {position}(t.body, ${at}) > 0"));
        let text = format!(
            "SELECT {HEAD} FROM messages m JOIN \
             (SELECT {number} AS found FROM {from} WHERE {number} < $1{} ORDER BY {number} DESC LIMIT $2) f \
             ON f.found = m.number ORDER BY m.number DESC",
            tests.collect::<String>()
        );
        let query = sqlx::query(sql(text)).bind(page.before()).bind(page.limit() + 1).bind(lookup);
        let query = words.iter().fold(query, |query, word| query.bind(*word));
        listing(&query.fetch_all(&self.pool).await?, page)
    }
}

fn listing(rows: &[sqlx::any::AnyRow], page: &Page) -> Result<Listing<Summary>> {
    let rows = rows.iter().map(Summary::read).collect::<Result<Vec<_>>>()?;
    Ok(Listing::cut(rows, page, |last| last.number.to_string()))
}

impl Dialect {
    /// Grams as the index of the database takes them.
    fn written(self, grams: &[i32]) -> String {
        let each = grams.iter();
        match self {
            Self::Sqlite => each.map(|gram| format!("{gram:08x}")).collect::<Vec<_>>().join(" "),
            Self::Postgres => format!("{{{}}}", each.map(i32::to_string).collect::<Vec<_>>().join(",")),
        }
    }
}

/// Puts the text of a message into the index.
pub(super) async fn insert(
    change: &mut AnyConnection,
    dialect: Dialect,
    number: i64,
    text: &str,
) -> Result<()> {
    let insert = sqlx::query("INSERT INTO texts (message, body) VALUES ($1, $2)");
    insert.bind(number).bind(text).execute(&mut *change).await?;
    let mut all = BTreeSet::new();
    for word in text.split_whitespace() {
        let chars: Vec<char> = word.chars().collect();
        (1..=3).for_each(|length| all.extend(chars.windows(length).filter(|part| is_kept(part)).map(gram)));
    }
    let all: Vec<i32> = all.into_iter().collect();
    let insert = match dialect {
        Dialect::Sqlite => "INSERT INTO grams (rowid, body) VALUES ($1, $2)",
        Dialect::Postgres => "INSERT INTO grams (message, grams) VALUES ($1, $2::integer[])",
    };
    sqlx::query(insert).bind(number).bind(dialect.written(&all)).execute(change).await?;
    Ok(())
}

/// Takes a message out of the index.
pub(super) async fn delete(change: &mut AnyConnection, dialect: Dialect, number: i64) -> Result<()> {
    sqlx::query("DELETE FROM texts WHERE message = $1").bind(number).execute(&mut *change).await?;
    let delete = match dialect {
        Dialect::Sqlite => "DELETE FROM grams WHERE rowid = $1",
        Dialect::Postgres => "DELETE FROM grams WHERE message = $1",
    };
    sqlx::query(delete).bind(number).execute(change).await?;
    Ok(())
}

/// Every character, every pair, and every three ASCII characters are in the index. There are too few pairs of ASCII
/// characters to tell texts apart, and too many threes of others.
fn is_kept(gram: &[char]) -> bool {
    gram.len() < 3 || gram.iter().all(char::is_ascii)
}

/// The grams by which a word is looked up: the longest of it that are in the index.
fn grams(word: &str, out: &mut BTreeSet<i32>) {
    let chars: Vec<char> = word.chars().collect();
    match chars.len() {
        0..3 => out.extend((!chars.is_empty()).then(|| gram(&chars))),
        _ => {
            out.extend(chars.windows(3).filter(|three| is_kept(three)).map(gram));
            out.extend(chars.windows(2).filter(|pair| pair.iter().any(|c| !c.is_ascii())).map(gram));
        }
    }
}

/// A gram as a number: FNV-1a over its code points.
fn gram(chars: &[char]) -> i32 {
    let hash = chars
        .iter()
        .flat_map(|c| u32::from(*c).to_le_bytes())
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    i32::from_ne_bytes(hash.to_ne_bytes())
}

/// Some of many grams, evenly.
fn spread(grams: &BTreeSet<i32>) -> Vec<i32> {
    grams.iter().copied().step_by(grams.len().div_ceil(GRAMS).max(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(word: &str) -> usize {
        let mut out = BTreeSet::new();
        grams(word, &mut out);
        out.len()
    }

    #[test]
    fn grams_of_words() {
        let rows = [
            ("請", 1),
            ("請求", 1),
            ("請求書", 2),
            ("a", 1),
            ("ab", 1),
            ("abc", 1),
            ("abcd", 2),
            ("a請b", 2),
            ("", 0),
        ];
        for (word, want) in rows {
            assert_eq!(count(word), want, "{word}");
        }
    }

    #[test]
    fn many_grams_are_thinned() {
        let many: BTreeSet<i32> = (0..1000).collect();
        let some = spread(&many);
        assert!(some.len() <= GRAMS && some.len() > GRAMS / 2, "{}", some.len());
        assert_eq!(spread(&BTreeSet::from([1, 2])), [1, 2]);
        assert_eq!(spread(&BTreeSet::new()), [0; 0]);
    }
}
