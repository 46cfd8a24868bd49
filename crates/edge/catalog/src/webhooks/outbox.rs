//! What is to be told, until it was.

use database::{DatabaseError, Dialect, Row, Tx, Value, values};
use uuid::Uuid;

use super::event::{Action, Entity, Event};
use crate::{CatalogError, sql};

/// Something that is to be told to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its number.
    pub id: i64,
    /// Its id, the same for every attempt.
    pub uuid: String,
    /// What happened.
    pub event: Event,
    /// What it happened to, as JSON.
    pub data: String,
    /// When it happened, in milliseconds.
    pub raised: i64,
    /// Which attempt this is, from 1 on.
    pub attempt: i64,
    /// The id of the webhook.
    pub webhook: String,
    /// Its workspace.
    pub workspace: String,
    /// Where it is sent.
    pub url: String,
    /// The secret of the webhook, sealed.
    pub secret: Option<Vec<u8>>,
}

/// Keeps what happened for each webhook that wants to be told. Called within the transaction of the
/// change, with what it was done to as a JSON object.
pub fn raise(
    tx: &mut Tx<'_>,
    workspace: &str,
    entity: Entity,
    action: Action,
    data: &str,
    now: i64,
) -> Result<(), CatalogError> {
    let webhooks = tx.query(
        "SELECT w.id FROM webhook_event e JOIN webhook w ON w.id = e.webhook
         WHERE e.entity = ?1 AND e.action = ?2 AND w.workspace = ?3 AND w.active = 1
         ORDER BY w.id",
        values![entity.as_str(), action.as_str(), workspace],
        |row| row.get::<i64>(0),
    )?;
    for webhook in webhooks {
        tx.execute(
            "INSERT INTO webhook_delivery (uuid, webhook, entity, action, data, raised, attempts,
                 due, leased) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?6, 0)",
            values![
                &Uuid::new_v4().to_string(),
                webhook,
                entity.as_str(),
                action.as_str(),
                data,
                now
            ],
        )?;
    }
    Ok(())
}

/// When the next delivery is due, in milliseconds; those that somebody tries are due when their
/// lease ends.
pub fn next_due(tx: &mut Tx<'_>) -> Result<Option<i64>, CatalogError> {
    let due = tx.first("SELECT due FROM webhook_delivery ORDER BY due LIMIT 1", &[], |row| {
        row.get::<i64>(0)
    })?;
    Ok(due)
}

/// Takes up to `max` deliveries that are due, and lets nobody else take them before `lease` ends.
pub fn claim(
    tx: &mut Tx<'_>,
    now: i64,
    lease: i64,
    max: usize,
) -> Result<Vec<Delivery>, CatalogError> {
    let skip = match tx.dialect() {
        Dialect::Sqlite => "",
        Dialect::Postgres => " FOR UPDATE SKIP LOCKED",
    };
    let found = tx.query(
        &format!(
            "SELECT id FROM webhook_delivery WHERE due <= ?1 AND leased <= ?1
             ORDER BY due, id LIMIT ?2{skip}"
        ),
        values![now, max],
        |row| row.get::<i64>(0),
    )?;
    for id in &found {
        tx.execute(
            "UPDATE webhook_delivery SET leased = ?2, due = ?2, attempts = attempts + 1
             WHERE id = ?1",
            values![*id, lease],
        )?;
    }
    if found.is_empty() {
        return Ok(vec![]);
    }
    let sql = format!(
        "SELECT d.id, d.uuid, d.entity, d.action, d.data, d.raised, d.attempts, w.uuid, w.workspace,
             w.url, w.secret
         FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook
         WHERE d.id IN ({}) ORDER BY d.id",
        sql::marks(1, found.len())
    );
    let ids: Vec<Value<'_>> = found.iter().map(|id| Value::Int(*id)).collect();
    Ok(tx.query(&sql, &ids, read)?)
}

fn read(row: &Row<'_>) -> Result<Delivery, DatabaseError> {
    let (entity, action): (String, String) = (row.get(2)?, row.get(3)?);
    Ok(Delivery {
        id: row.get(0)?,
        uuid: row.get(1)?,
        event: Event::kept(&entity, &action)?,
        data: row.get(4)?,
        raised: row.get(5)?,
        attempt: row.get(6)?,
        webhook: row.get(7)?,
        workspace: row.get(8)?,
        url: row.get(9)?,
        secret: row.get(10)?,
    })
}

/// A delivery arrived, or was given up: it is forgotten.
pub fn arrived(tx: &mut Tx<'_>, id: i64) -> Result<(), CatalogError> {
    tx.execute("DELETE FROM webhook_delivery WHERE id = ?1", values![id])?;
    Ok(())
}

/// A delivery did not arrive: it is due again later.
pub fn failed(tx: &mut Tx<'_>, id: i64, due: i64) -> Result<(), CatalogError> {
    tx.execute("UPDATE webhook_delivery SET due = ?2, leased = 0 WHERE id = ?1", values![id, due])?;
    Ok(())
}
