//! Workspaces: experiments, models and webhooks that are kept apart from those of others.

mod contents;

use database::{Row, Tx, values};
use serde::Serialize;

use crate::CatalogError;
use crate::access::sweep_workspace;
use crate::names::{check_text, within};
use crate::registry::Asked;

/// The workspace that is always there.
pub const DEFAULT: &str = "default";

/// Names that would be mistaken for parts of addresses.
const RESERVED: [&str; 4] = ["workspaces", "api", "ajax-api", "static-files"];

/// A workspace, in the words of the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Workspace {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where the artifacts of its new experiments go, if not where the server says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_artifact_root: Option<String>,
}

/// What happens to the things in a workspace that is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deletion {
    /// If there are any, it is not deleted.
    #[default]
    Restrict,
    /// They are deleted too.
    Cascade,
    /// They move to the default workspace.
    SetDefault,
}

impl Deletion {
    /// Reads the word on the wire.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        match text {
            "RESTRICT" => Ok(Self::Restrict),
            "CASCADE" => Ok(Self::Cascade),
            "SET_DEFAULT" => Ok(Self::SetDefault),
            other => Err(CatalogError::invalid(format!(
                "Invalid deletion mode '{other}'. Must be one of: SET_DEFAULT, CASCADE, RESTRICT"
            ))),
        }
    }
}

const COLUMNS: &str = "name, description, artifact_root";

fn read(row: &Row<'_>) -> Result<Workspace, database::DatabaseError> {
    Ok(Workspace {
        name: row.get(0)?,
        description: row.get(1)?,
        default_artifact_root: row.get(2)?,
    })
}

/// Makes the default workspace if it is not there.
pub fn ensure_default(tx: &mut Tx<'_>) -> Result<(), CatalogError> {
    let there =
        tx.first("SELECT name FROM workspace WHERE name = ?1", values![DEFAULT], |row| {
            row.get::<String>(0)
        })?;
    if there.is_none() {
        tx.execute(
            "INSERT INTO workspace (name, description) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            values![DEFAULT, "Default workspace for legacy resources"],
        )?;
    }
    Ok(())
}

/// All workspaces, by name.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Workspace>, CatalogError> {
    Ok(tx.query(&format!("SELECT {COLUMNS} FROM workspace ORDER BY name"), &[], read)?)
}

/// A workspace by its name.
pub fn get(tx: &mut Tx<'_>, name: &str) -> Result<Workspace, CatalogError> {
    check_text("workspace", name)?;
    let sql = format!("SELECT {COLUMNS} FROM workspace WHERE name = ?1");
    let found = tx.first(&sql, values![name], read)?;
    found.ok_or_else(|| CatalogError::missing(format!("Workspace '{name}' not found")))
}

/// Refuses a workspace that is not there.
pub fn must_exist(tx: &mut Tx<'_>, name: &str) -> Result<(), CatalogError> {
    if name == DEFAULT {
        return Ok(());
    }
    get(tx, name).map(|_| ())
}

/// Where the artifacts of new experiments of a workspace go, if it says so itself.
pub fn artifact_root(tx: &mut Tx<'_>, name: &str) -> Result<Option<String>, CatalogError> {
    Ok(tx
        .first("SELECT artifact_root FROM workspace WHERE name = ?1", values![name], |row| {
            row.get::<Option<String>>(0)
        })?
        .flatten())
}

/// Makes a workspace.
pub fn create(
    tx: &mut Tx<'_>,
    name: &str,
    description: Option<&str>,
    root: Option<&str>,
) -> Result<Workspace, CatalogError> {
    if name == DEFAULT {
        let message = format!("The '{DEFAULT}' workspace is reserved and cannot be created");
        return Err(CatalogError::invalid(message));
    }
    check_name(name)?;
    check_fields(description, root)?;
    let made = tx.first(
        &format!(
            "INSERT INTO workspace (name, description, artifact_root) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING RETURNING {COLUMNS}"
        ),
        values![name, description, root.filter(|root| !root.is_empty())],
        read,
    )?;
    made.ok_or_else(|| CatalogError::exists(format!("Workspace '{name}' already exists.")))
}

/// Changes what is given of a workspace; an empty root means the server's.
pub fn update(
    tx: &mut Tx<'_>,
    name: &str,
    description: Option<&str>,
    root: Option<&str>,
) -> Result<Workspace, CatalogError> {
    let mut found = get(tx, name)?;
    check_fields(description, root)?;
    if let Some(description) = description {
        found.description = Some(description.to_owned());
    }
    if let Some(root) = root {
        found.default_artifact_root = (!root.is_empty()).then(|| root.to_owned());
    }
    tx.execute(
        "UPDATE workspace SET description = ?2, artifact_root = ?3 WHERE name = ?1",
        values![name, &found.description, &found.default_artifact_root],
    )?;
    Ok(found)
}

/// Deletes the workspace of `asked` with its roles; `mode` says what happens to what is in it.
pub fn delete(tx: &mut Tx<'_>, asked: &Asked, mode: Deletion) -> Result<(), CatalogError> {
    let name = asked.workspace.as_str();
    if name == DEFAULT {
        let message = format!("The '{DEFAULT}' workspace is reserved and cannot be deleted");
        return Err(CatalogError::invalid(message));
    }
    check_name(name)?;
    get(tx, name)?;
    match mode {
        Deletion::Restrict => contents::must_be_none(tx, name)?,
        Deletion::SetDefault => contents::move_to_default(tx, name)?,
        Deletion::Cascade => contents::delete(tx, name)?,
    }
    contents::forget(tx, asked)?;
    sweep_workspace(tx, name)?;
    tx.execute("DELETE FROM workspace WHERE name = ?1", values![name])?;
    Ok(())
}

fn check_name(name: &str) -> Result<(), CatalogError> {
    let length = name.chars().count();
    if !(2..=63).contains(&length) {
        return Err(CatalogError::invalid(format!(
            "Workspace name '{name}' must be between 2 and 63 characters."
        )));
    }
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let inner = name.chars().all(|c| plain(c) || c == '-');
    if !inner || !name.starts_with(plain) || !name.ends_with(plain) {
        return Err(CatalogError::invalid(format!(
            "Workspace name '{name}' must match the pattern ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ \
             (lowercase alphanumeric with optional internal hyphens)."
        )));
    }
    match RESERVED.contains(&name) {
        false => Ok(()),
        true => Err(CatalogError::invalid(format!(
            "Workspace name '{name}' is reserved and cannot be used."
        ))),
    }
}

fn check_fields(description: Option<&str>, root: Option<&str>) -> Result<(), CatalogError> {
    for (path, limit, text) in
        [("description", 5_000, description), ("default_artifact_root", 2_048, root)]
    {
        let text = text.unwrap_or_default();
        check_text(path, text)?;
        within(path, limit, text)?;
    }
    Ok(())
}
