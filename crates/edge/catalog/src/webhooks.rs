//! Webhooks: addresses that are told of events in the registry.
//!
//! [`raise`] is called within the transaction of the change: what is to be told is kept with what
//! happened, or neither is. [`claim`] hands out what is due, to one asker at a time; [`arrived`] and
//! [`failed`] say how it went. Secrets come in sealed and go out sealed.

mod event;
mod outbox;

use database::{Row, Tx, Value, values};
use serde::Serialize;
use uuid::Uuid;

use crate::names::{check_text, within};
use crate::values::Page;
use crate::{CatalogError, sql};

pub use event::{Action, Entity, Event};
pub use outbox::{Delivery, arrived, claim, failed, next_due, raise};

/// A webhook, in the words of the wire. The secret is never said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Webhook {
    /// Its id.
    pub webhook_id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where events are sent.
    pub url: String,
    /// Of what it is told.
    pub events: Vec<Event>,
    /// `ACTIVE` or `DISABLED`.
    pub status: Status,
    /// When it was made, in milliseconds.
    pub creation_timestamp: i64,
    /// When it was last changed, in milliseconds.
    pub last_updated_timestamp: i64,
    /// Its workspace.
    #[serde(skip)]
    pub workspace: String,
    /// Its secret, sealed.
    #[serde(skip)]
    pub secret: Option<Vec<u8>>,
}

/// Whether a webhook is told of anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// It is.
    Active,
    /// It is not.
    Disabled,
}

impl Status {
    /// Reads the word on the wire.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        match text {
            "ACTIVE" => Ok(Self::Active),
            "DISABLED" => Ok(Self::Disabled),
            other => Err(CatalogError::invalid(format!(
                "Invalid value {other} for parameter 'status' supplied. Use ACTIVE or DISABLED."
            ))),
        }
    }
}

/// What a webhook is made of, or what of it is changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// Its name.
    pub name: Option<String>,
    /// Where events are sent.
    pub url: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Of what it is told.
    pub events: Option<Vec<Event>>,
    /// Its secret, sealed; an empty one removes it.
    pub secret: Option<Vec<u8>>,
    /// Whether it is told of anything.
    pub status: Option<Status>,
}

const COLUMNS: &str =
    "id, uuid, name, url, description, secret, active, created, updated, workspace";

fn read(row: &Row<'_>) -> Result<(i64, Webhook), database::DatabaseError> {
    let active: bool = row.get(6)?;
    let webhook = Webhook {
        webhook_id: row.get(1)?,
        name: row.get(2)?,
        url: row.get(3)?,
        description: row.get(4)?,
        secret: row.get(5)?,
        status: if active { Status::Active } else { Status::Disabled },
        creation_timestamp: row.get(7)?,
        last_updated_timestamp: row.get(8)?,
        workspace: row.get(9)?,
        events: vec![],
    };
    Ok((row.get(0)?, webhook))
}

/// Makes a webhook. Its address was checked before.
pub fn create(
    tx: &mut Tx<'_>,
    workspace: &str,
    given: &Given,
    now: i64,
) -> Result<Webhook, CatalogError> {
    check(given)?;
    let uuid = Uuid::new_v4().to_string();
    let active = given.status != Some(Status::Disabled);
    let secret = given.secret.as_ref().filter(|secret| !secret.is_empty());
    let id = tx.number(
        "INSERT INTO webhook (uuid, workspace, name, url, description, secret, active, created,
             updated) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8) RETURNING id",
        values![
            &uuid,
            workspace,
            given.name.as_deref().unwrap_or_default(),
            given.url.as_deref().unwrap_or_default(),
            given.description.as_deref().unwrap_or_default(),
            secret,
            active,
            now
        ],
    )?;
    put_events(tx, id, given.events.as_deref().unwrap_or_default())?;
    get(tx, workspace, &uuid)
}

/// A webhook by its id.
pub fn get(tx: &mut Tx<'_>, workspace: &str, uuid: &str) -> Result<Webhook, CatalogError> {
    let found = find(tx, workspace, uuid)?;
    Ok(with_events(tx, vec![found])?.remove(0))
}

fn find(tx: &mut Tx<'_>, workspace: &str, uuid: &str) -> Result<(i64, Webhook), CatalogError> {
    check_text("webhook_id", uuid)?;
    let sql = format!("SELECT {COLUMNS} FROM webhook WHERE uuid = ?1 AND workspace = ?2");
    let found = tx.first(&sql, values![uuid, workspace], read)?;
    found.ok_or_else(|| CatalogError::missing(format!("Webhook with ID {uuid} not found.")))
}

/// A page of webhooks, the newest first.
pub fn list(
    tx: &mut Tx<'_>,
    workspace: &str,
    offset: usize,
    max: usize,
) -> Result<Page<Webhook>, CatalogError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM webhook WHERE workspace = ?1 ORDER BY created DESC, id DESC
         LIMIT ?2 OFFSET ?3"
    );
    let found = tx.query(&sql, values![workspace, max + 1, offset], read)?;
    let page = Page::of(found, offset, max);
    Ok(Page { items: with_events(tx, page.items)?, next: page.next })
}

fn with_events(tx: &mut Tx<'_>, found: Vec<(i64, Webhook)>) -> Result<Vec<Webhook>, CatalogError> {
    let ids: Vec<i64> = found.iter().map(|(id, _)| *id).collect();
    let mut webhooks: Vec<Webhook> = found.into_iter().map(|(_, one)| one).collect();
    let select = |marks: &str| {
        format!(
            "SELECT webhook, entity, action FROM webhook_event WHERE webhook IN ({marks})
             ORDER BY webhook, place"
        )
    };
    sql::for_owners(tx, &ids, select, |row| {
        let (owner, entity, action): (i64, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        if let Some(at) = ids.iter().position(|id| *id == owner) {
            webhooks[at].events.push(Event::kept(&entity, &action)?);
        }
        Ok(())
    })?;
    Ok(webhooks)
}

/// Changes what is given. What waits for one that is disabled is dropped.
pub fn update(
    tx: &mut Tx<'_>,
    workspace: &str,
    uuid: &str,
    given: &Given,
    now: i64,
) -> Result<Webhook, CatalogError> {
    check(given)?;
    let (id, _) = find(tx, workspace, uuid)?;
    tx.execute(
        "UPDATE webhook SET name = coalesce(?2, name), url = coalesce(?3, url),
             description = coalesce(?4, description), active = coalesce(?5, active), updated = ?6
         WHERE id = ?1",
        values![
            id,
            &given.name,
            &given.url,
            &given.description,
            given.status.map(|status| status == Status::Active),
            now
        ],
    )?;
    if let Some(secret) = &given.secret {
        let kept = (!secret.is_empty()).then_some(secret);
        tx.execute("UPDATE webhook SET secret = ?2 WHERE id = ?1", values![id, kept])?;
    }
    if let Some(events) = &given.events {
        tx.execute("DELETE FROM webhook_event WHERE webhook = ?1", values![id])?;
        put_events(tx, id, events)?;
    }
    if given.status == Some(Status::Disabled) {
        tx.execute("DELETE FROM webhook_delivery WHERE webhook = ?1", values![id])?;
    }
    get(tx, workspace, uuid)
}

/// Removes a webhook and what waits for it.
pub fn delete(tx: &mut Tx<'_>, workspace: &str, uuid: &str) -> Result<(), CatalogError> {
    let (id, _) = find(tx, workspace, uuid)?;
    for table in ["webhook_delivery", "webhook_event"] {
        tx.execute(&format!("DELETE FROM {table} WHERE webhook = ?1"), values![id])?;
    }
    tx.execute("DELETE FROM webhook WHERE id = ?1", values![id])?;
    Ok(())
}

fn put_events(tx: &mut Tx<'_>, id: i64, events: &[Event]) -> Result<(), CatalogError> {
    let mut kept: Vec<Event> = Vec::with_capacity(events.len());
    for event in events {
        if !kept.contains(event) {
            kept.push(*event);
        }
    }
    let rows: Vec<Value<'_>> = kept
        .iter()
        .enumerate()
        .flat_map(|(place, event)| {
            *values![id, place, event.entity.as_str(), event.action.as_str()]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO webhook_event (webhook, place, entity, action) VALUES",
        4,
        &rows,
        "",
    )?;
    Ok(())
}

fn check(given: &Given) -> Result<(), CatalogError> {
    if let Some(name) = &given.name {
        check_name(name)?;
    }
    for (path, limit, text) in
        [("url", 500, &given.url), ("description", 1_000, &given.description)]
    {
        let text = text.as_deref().unwrap_or_default();
        check_text(path, text)?;
        within(path, limit, text)?;
    }
    match &given.events {
        Some(events) if events.is_empty() => Err(CatalogError::invalid(
            "Webhook events must be a non-empty list of WebhookEvent objects: [].",
        )),
        _ => Ok(()),
    }
}

fn check_name(name: &str) -> Result<(), CatalogError> {
    let outer = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let inner = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let fits = name.len() <= 63
        && outer(name.chars().next())
        && outer(name.chars().last())
        && name.chars().all(inner);
    if fits {
        return Ok(());
    }
    Err(CatalogError::invalid(format!(
        "Webhook name '{name}' is invalid. It must start and end with a letter or digit, be less \
         than 63 characters long, and contain only letters, digits, dots (.), underscores (_), and \
         hyphens (-)."
    )))
}
