//! The key file: 32 random bytes that only the service reads. Whoever has the database without it reads no mail.

use super::connect::{file_error, private_file};
use super::seal::{KEY, Seal};
use super::{Error, Result, random};
use sqlx::AnyPool;
use std::io::Read;
use std::path::Path;

/// Under this name a known text lies in the database, sealed with its key.
const CHECK: &str = "key-check";
const KNOWN: &[u8] = b"tenpu";

/// Reads the key of a database, or makes both for a new one.
pub(super) async fn open(pool: &AnyPool, path: &Path) -> Result<Seal> {
    let known = check(pool).await?;
    if known.is_none() {
        make(path)?;
    }
    let seal = Seal::new(&read(path)?);
    let known = match known {
        Some(known) => known,
        None => {
            let insert = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
            let sealed = seal.seal(CHECK, KNOWN)?;
            sqlx::query(insert).bind(CHECK).bind(sealed).execute(pool).await?;
            check(pool).await?.unwrap_or_default()
        }
    };
    match seal.open(CHECK, &known) {
        Ok(text) if text == KNOWN => Ok(seal),
        _ => Err(Error::WrongKey(path.display().to_string())),
    }
}

async fn check(pool: &AnyPool) -> Result<Option<Vec<u8>>> {
    let value = sqlx::query_scalar("SELECT value FROM meta WHERE name = $1");
    Ok(value.bind(CHECK).fetch_optional(pool).await?)
}

/// Makes the key file unless it is there. It appears whole: two processes that start at once get the same.
fn make(path: &Path) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    let mut draft = path.as_os_str().to_os_string();
    draft.push(format!(".{:016x}", u64::from_le_bytes(random()?)));
    let draft = Path::new(&draft);
    let made = private_file(draft, &random::<KEY>()?).and_then(|_| std::fs::hard_link(draft, path));
    let _gone = std::fs::remove_file(draft);
    match made {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(file_error(path, error)),
        _ => Ok(()),
    }
}

fn read(path: &Path) -> Result<[u8; KEY]> {
    let mut file = std::fs::File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::KeyMissing(path.display().to_string()),
        _ => file_error(path, error),
    })?;
    let mut key = [0; KEY];
    let is_key = file.read_exact(&mut key).is_ok() && file.read(&mut [0]).is_ok_and(|more| more == 0);
    if is_key { Ok(key) } else { Err(Error::NoKey(path.display().to_string())) }
}
