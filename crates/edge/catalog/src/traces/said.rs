//! What is said of a trace in metadata and tags, parted from what stands in columns.

use database::Value;

use super::usage::{self, Costs, Tokens};
use super::{NAME, SESSION};
use crate::names::{self, check_text, within};
use crate::{CatalogError, Tag, sql};

/// Longest name of a trace.
const TRACE_NAME: usize = 4_096;
/// Longest id of a session.
const SESSION_ID: usize = 250;

/// Metadata and tags, without what stands in columns.
pub(super) struct Said {
    pub(super) name: Option<String>,
    session: Option<String>,
    tokens: Option<Tokens>,
    costs: Option<Costs>,
    pub(super) metadata: Vec<Tag>,
    pub(super) tags: Vec<Tag>,
}

impl Said {
    pub(super) fn of(metadata: &[Tag], tags: &[Tag]) -> Result<Self, CatalogError> {
        let (mut metadata, mut tags) =
            (checked("trace_metadata", metadata)?, checked("tags", tags)?);
        let name = take(&mut tags, NAME);
        if let Some(name) = &name {
            within("Trace name", TRACE_NAME, name)?;
        }
        let session = take(&mut metadata, SESSION);
        if let Some(session) = &session {
            within("Session ID", SESSION_ID, session)?;
        }
        let (tokens, costs) = usage::split(&mut metadata);
        Ok(Self { name, session, tokens, costs, metadata, tags })
    }

    pub(super) fn values(&self) -> Vec<Value<'_>> {
        let tokens = self.tokens.unwrap_or_default().into_iter().map(Value::from);
        let costs = self.costs.unwrap_or_default().into_iter().map(Value::from);
        [Value::from(&self.name), Value::from(&self.session)]
            .into_iter()
            .chain(tokens)
            .chain(costs)
            .collect()
    }
}

/// The last of each key, cut to what is kept.
fn checked(path: &str, tags: &[Tag]) -> Result<Vec<Tag>, CatalogError> {
    let mut kept = Vec::with_capacity(tags.len());
    for tag in sql::last_of_each(tags) {
        check_text(&format!("{path}.key"), &tag.key)?;
        check_text(&format!("{path}.value"), &tag.value)?;
        kept.push(Tag {
            key: names::cut(&tag.key, names::KEY).to_owned(),
            value: names::cut(&tag.value, names::TAG_VALUE).to_owned(),
        });
    }
    Ok(kept)
}

fn take(tags: &mut Vec<Tag>, key: &str) -> Option<String> {
    let place = tags.iter().position(|tag| tag.key == key)?;
    Some(tags.remove(place).value)
}
