//! Who may do what: accounts, their sessions, tokens of programs, and how often somebody tried to log in. Of passwords
//! and tokens only hashes are kept.

use super::summary::column;
use super::{Error, Result, Store, hex, now, random, sha256};
use crate::report::Lang;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use sqlx::Row;
use sqlx::any::AnyRow;

/// What an account may do; each may all that those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Decides.
    Operator,
    /// Manages accounts and reads the audit log.
    Administrator,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its name.
    pub name: String,
    /// The hash of its password, as [`hash_password`] makes it; or whom it stands for ([`User::external`]).
    pub hash: String,
    /// What it may do.
    pub role: Role,
    /// In which language it reads.
    pub lang: Lang,
    /// Whether it may not log in.
    pub is_disabled: bool,
    /// When it was made.
    pub created: i64,
}

/// How the hash of an account begins that has no password here.
const EXTERNAL: &str = "external:";

impl User {
    /// What stands in the place of the hash where somebody else says who signs in: whom that is, in letters and digits.
    /// No password belongs to it.
    pub fn external(subject: &str) -> String {
        format!("{EXTERNAL}{subject}")
    }

    /// Whether somebody else says who signs in.
    pub fn is_external(&self) -> bool {
        self.hash.starts_with(EXTERNAL)
    }
}

/// What changes of an account; the rest stays as it is in the store, whatever who asks has read of it before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserChange {
    /// Another hash, for a new password.
    pub hash: Option<String>,
    /// Another role.
    pub role: Option<Role>,
    /// Another language.
    pub lang: Option<Lang>,
    /// Whether it may not log in from now on.
    pub is_disabled: Option<bool>,
}

/// A session that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose it is.
    pub user: User,
    /// When it began.
    pub created: i64,
    /// When it ends.
    pub expires: i64,
}

/// The token of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its number.
    pub number: i64,
    /// What it is for.
    pub label: String,
    /// The account that made it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it was made.
    pub created: i64,
    /// When it ends.
    pub expires: i64,
    /// Whether it was taken back.
    pub is_revoked: bool,
    /// Whether it may only read, whatever its role.
    pub is_reading: bool,
}

/// The hash of a password: argon2id in PHC form. It takes a moment on purpose.
///
/// # Errors
/// The system gives no random bytes.
pub fn hash_password(password: &str) -> Result<String> {
    let salt: [u8; 16] = random()?;
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    Ok(hash.map_err(|error| Error::Invalid(error.to_string()))?.to_string())
}

/// Whether a password is the one of a hash.
pub fn is_password(password: &str, hash: &str) -> bool {
    let hash = PasswordHash::new(hash);
    hash.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

const ROLES: [(Role, &str); 3] =
    [(Role::Viewer, "viewer"), (Role::Operator, "operator"), (Role::Administrator, "administrator")];

impl Role {
    /// Its stable word.
    pub fn id(self) -> &'static str {
        ROLES.iter().find(|(role, _)| *role == self).map_or("", |(_, id)| id)
    }

    /// The role of a word.
    pub fn of(id: &str) -> Option<Self> {
        ROLES.iter().find(|(_, known)| *known == id).map(|(role, _)| *role)
    }
}

impl Store {
    /// Adds an account.
    ///
    /// # Errors
    /// There is one of that name, or the name cannot be one.
    pub async fn add_user(&self, user: &User) -> Result<()> {
        if user.name.trim().is_empty() || column(&user.name) != user.name {
            return Err(Error::Invalid("an account has a printable name".into()));
        }
        let insert = "INSERT INTO users (name, hash, role, lang, disabled, created) VALUES ($1, $2, $3, $4, $5, $6) \
                      ON CONFLICT (name) DO NOTHING";
        let insert = sqlx::query(insert).bind(&user.name).bind(&user.hash).bind(user.role.id());
        let insert = insert.bind(lang_id(user.lang)).bind(i64::from(user.is_disabled)).bind(user.created);
        match insert.execute(&self.pool).await?.rows_affected() {
            0 => Err(Error::Exists(user.name.clone())),
            _ => Ok(()),
        }
    }

    /// Changes an account. A new password, another role, and disabling end its sessions.
    ///
    /// # Errors
    /// There is none of that name.
    pub async fn change_user(&self, name: &str, wanted: &UserChange) -> Result<()> {
        let name = column(name);
        let mut change = self.begin().await?;
        let query = "SELECT name, hash, role, lang, disabled, created FROM users WHERE name = $1";
        let known = sqlx::query(query).bind(&name).fetch_optional(&mut *change).await?;
        let known = User::read(&known.ok_or_else(|| Error::Unknown(name.clone()))?)?;
        let user = known.changed(wanted);
        let update = "UPDATE users SET hash = $2, role = $3, lang = $4, disabled = $5 WHERE name = $1";
        let update = sqlx::query(update).bind(&name).bind(&user.hash).bind(user.role.id());
        let update = update.bind(lang_id(user.lang)).bind(i64::from(user.is_disabled));
        update.execute(&mut *change).await?;
        if known.hash != user.hash || known.role != user.role || user.is_disabled {
            let delete = sqlx::query("DELETE FROM sessions WHERE name = $1");
            delete.bind(&name).execute(&mut *change).await?;
        }
        change.commit().await?;
        Ok(())
    }

    /// An account by its name.
    ///
    /// # Errors
    /// The database fails.
    pub async fn user(&self, name: &str) -> Result<Option<User>> {
        let query = "SELECT name, hash, role, lang, disabled, created FROM users WHERE name = $1";
        let row = sqlx::query(query).bind(column(name)).fetch_optional(&self.pool).await?;
        row.as_ref().map(User::read).transpose()
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// The database fails.
    pub async fn users(&self) -> Result<Vec<User>> {
        let query = "SELECT name, hash, role, lang, disabled, created FROM users ORDER BY name";
        sqlx::query(query).fetch_all(&self.pool).await?.iter().map(User::read).collect()
    }

    /// Begins a session; answers the token of its cookie, which is not kept.
    ///
    /// # Errors
    /// The database fails.
    pub async fn begin_session(&self, name: &str, expires: i64) -> Result<String> {
        let token = hex(&random::<32>()?);
        let insert = "INSERT INTO sessions (hash, name, created, expires) VALUES ($1, $2, $3, $4)";
        let insert = sqlx::query(insert).bind(sha256(token.as_bytes())).bind(column(name));
        insert.bind(now()).bind(expires).execute(&self.pool).await?;
        Ok(token)
    }

    /// The session of a token, if it holds and its account may log in.
    ///
    /// # Errors
    /// The database fails.
    pub async fn session(&self, token: &str) -> Result<Option<Session>> {
        let query = "SELECT u.name, u.hash, u.role, u.lang, u.disabled, u.created, \
                     s.created AS began, s.expires AS ends \
                     FROM sessions s JOIN users u ON u.name = s.name \
                     WHERE s.hash = $1 AND s.expires > $2 AND u.disabled = 0";
        let query = sqlx::query(query).bind(sha256(token.as_bytes())).bind(now());
        let row = query.fetch_optional(&self.pool).await?;
        let read = |row: &AnyRow| {
            Ok(Session {
                user: User::read(row)?,
                created: row.try_get("began")?,
                expires: row.try_get("ends")?,
            })
        };
        row.as_ref().map(read).transpose()
    }

    /// Gives a session more time.
    ///
    /// # Errors
    /// The database fails.
    pub async fn extend_session(&self, token: &str, expires: i64) -> Result<()> {
        let update = sqlx::query("UPDATE sessions SET expires = $2 WHERE hash = $1");
        update.bind(sha256(token.as_bytes())).bind(expires).execute(&self.pool).await?;
        Ok(())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database fails.
    pub async fn end_session(&self, token: &str) -> Result<()> {
        let delete = sqlx::query("DELETE FROM sessions WHERE hash = $1");
        delete.bind(sha256(token.as_bytes())).execute(&self.pool).await?;
        Ok(())
    }

    /// Makes a token for a program, perhaps one that may only read; answers its number and the token, which is not kept.
    ///
    /// # Errors
    /// The database fails.
    pub async fn add_token(
        &self,
        label: &str,
        name: &str,
        (role, is_reading): (Role, bool),
        expires: i64,
    ) -> Result<(i64, String)> {
        let token = hex(&random::<32>()?);
        let insert = "INSERT INTO tokens (hash, label, name, role, created, expires, revoked, reading) \
                      VALUES ($1, $2, $3, $4, $5, $6, 0, $7) RETURNING number";
        let insert = sqlx::query_scalar(insert).bind(sha256(token.as_bytes())).bind(column(label));
        let insert = insert.bind(column(name)).bind(role.id()).bind(now()).bind(expires);
        let insert = insert.bind(i64::from(is_reading));
        Ok((insert.fetch_one(&self.pool).await?, token))
    }

    /// What a program may do with its token: none if it ended, was taken back, or the account that made it is
    /// disabled. It may no more than that account.
    ///
    /// # Errors
    /// The database fails.
    pub async fn token(&self, token: &str) -> Result<Option<Token>> {
        let query = "SELECT t.number, t.label, t.name, t.role, t.created, t.expires, t.revoked, t.reading, u.role AS most \
                     FROM tokens t JOIN users u ON u.name = t.name \
                     WHERE t.hash = $1 AND t.expires > $2 AND t.revoked = 0 AND u.disabled = 0";
        let query = sqlx::query(query).bind(sha256(token.as_bytes())).bind(now());
        let Some(row) = query.fetch_optional(&self.pool).await? else { return Ok(None) };
        let (token, most) = (Token::read(&row)?, role(&row, "most")?);
        Ok(Some(Token { role: token.role.min(most), ..token }))
    }

    /// All tokens, the newest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn tokens(&self) -> Result<Vec<Token>> {
        let query = "SELECT number, label, name, role, created, expires, revoked, reading FROM tokens ORDER BY number DESC";
        sqlx::query(query).fetch_all(&self.pool).await?.iter().map(Token::read).collect()
    }

    /// Takes a token back.
    ///
    /// # Errors
    /// There is none of that number that holds.
    pub async fn revoke_token(&self, number: i64) -> Result<()> {
        let update = sqlx::query("UPDATE tokens SET revoked = $1 WHERE number = $2 AND revoked = 0");
        match update.bind(now()).bind(number).execute(&self.pool).await?.rows_affected() {
            0 => Err(Error::Unknown(format!("token {number}"))),
            _ => Ok(()),
        }
    }

    /// Notes that a login failed: `who` is an account or an address.
    ///
    /// # Errors
    /// The database fails.
    pub async fn note_attempt(&self, who: &str) -> Result<()> {
        let insert = sqlx::query("INSERT INTO attempts (who, made) VALUES ($1, $2)");
        insert.bind(column(who)).bind(now()).execute(&self.pool).await?;
        Ok(())
    }

    /// How many logins failed since a time.
    ///
    /// # Errors
    /// The database fails.
    pub async fn attempts(&self, who: &str, since: i64) -> Result<i64> {
        let query = sqlx::query_scalar("SELECT COUNT(*) FROM attempts WHERE who = $1 AND made >= $2");
        Ok(query.bind(column(who)).bind(since).fetch_one(&self.pool).await?)
    }

    /// Forgets failed logins, after one that did not fail.
    ///
    /// # Errors
    /// The database fails.
    pub async fn forget_attempts(&self, who: &str) -> Result<()> {
        let delete = sqlx::query("DELETE FROM attempts WHERE who = $1");
        delete.bind(column(who)).execute(&self.pool).await?;
        Ok(())
    }
}

fn lang_id(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en",
        Lang::Ja => "ja",
    }
}

fn role(row: &AnyRow, column: &str) -> Result<Role> {
    let id: String = row.try_get(column)?;
    Role::of(&id).ok_or_else(|| Error::Damaged(format!("role {id}")))
}

impl User {
    fn changed(&self, wanted: &UserChange) -> Self {
        Self {
            hash: wanted.hash.as_ref().unwrap_or(&self.hash).clone(),
            role: wanted.role.unwrap_or(self.role),
            lang: wanted.lang.unwrap_or(self.lang),
            is_disabled: wanted.is_disabled.unwrap_or(self.is_disabled),
            ..self.clone()
        }
    }

    fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            name: row.try_get("name")?,
            hash: row.try_get("hash")?,
            role: role(row, "role")?,
            lang: Lang::of_locale(&row.try_get::<String, _>("lang")?),
            is_disabled: row.try_get::<i64, _>("disabled")? != 0,
            created: row.try_get("created")?,
        })
    }
}

impl Token {
    fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            number: row.try_get("number")?,
            label: row.try_get("label")?,
            name: row.try_get("name")?,
            role: role(row, "role")?,
            created: row.try_get("created")?,
            expires: row.try_get("expires")?,
            is_revoked: row.try_get::<i64, _>("revoked")? != 0,
            is_reading: row.try_get::<i64, _>("reading")? != 0,
        })
    }
}
