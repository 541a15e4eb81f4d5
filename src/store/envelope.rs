//! The envelope of a mail, exactly as the mail server gave it: to whom a release goes. What the headers name is the
//! sender's word, and no reason to deliver anything anywhere.

use super::connect::sql;
use super::message::NewMessage;
use super::put::many;
use super::summary::column;
use super::{Result, Store};
use sqlx::AnyConnection;

/// The envelope of a mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The sender; empty for notices of delivery.
    pub sender: String,
    /// The recipients; none for a mail that no mail server handed over.
    pub recipients: Vec<String>,
}

impl Store {
    /// The envelope of a message.
    ///
    /// # Errors
    /// There is no message of that id.
    pub async fn envelope(&self, id: &str) -> Result<Envelope> {
        let number = super::message::number(&mut *self.pool.acquire().await?, id).await?;
        let query = sqlx::query_scalar("SELECT address FROM envelopes WHERE message = $1 ORDER BY place");
        let mut addresses: Vec<String> = query.bind(number).fetch_all(&self.pool).await?;
        if addresses.is_empty() {
            return Ok(Envelope::default());
        }
        let recipients = addresses.split_off(1);
        Ok(Envelope { sender: addresses.pop().unwrap_or_default(), recipients })
    }
}

/// An address without the angle brackets of the protocol.
fn bare(address: &str) -> &str {
    let address = address.trim();
    address.strip_prefix('<').and_then(|rest| rest.split('>').next()).unwrap_or(address)
}

/// Rows of one statement.
const CHUNK: usize = 50;

/// Stores the envelope: the sender in the first place, then the recipients.
pub(super) async fn insert(change: &mut AnyConnection, number: i64, mail: &NewMessage<'_>) -> Result<()> {
    if mail.recipients.is_empty() {
        return Ok(());
    }
    let addresses: Vec<&str> =
        std::iter::once(mail.sender).chain(mail.recipients.iter().map(String::as_str)).collect();
    let mut place = 0i64..;
    for some in addresses.chunks(CHUNK) {
        let text = many("envelopes (message, place, address)", 3, some.len());
        let insert = some.iter().zip(&mut place).fold(sqlx::query(sql(text)), |insert, (address, place)| {
            insert.bind(number).bind(place).bind(column(bare(address)))
        });
        insert.execute(&mut *change).await?;
    }
    Ok(())
}
