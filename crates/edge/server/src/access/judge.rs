//! Whether somebody may do what a request asks for. Read-only statements, and no HTTP.

use catalog::access::permission::EVERY;
use catalog::access::{self, Account, Action, Held, Permission, Requirement, Resource, owners};
use catalog::{CatalogError, Tag, experiments};
use database::Tx;

use super::find::{Wanted, wanted};
use super::need::{List, Need};
use super::{people, source};
use crate::fields::Fields;

/// A request, as far as it matters for who may send it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What the endpoint needs.
    pub need: Need,
    /// Who asks.
    pub me: Account,
    /// In which workspace.
    pub workspace: String,
    /// The fields, as the endpoint will read them.
    pub fields: Fields,
    /// What the path names, in its order.
    pub path: Vec<String>,
    /// The experiment that a header names.
    pub header: Option<String>,
    /// The registered model that a prediction is asked of.
    pub served: Option<String>,
    /// The places that this server gives access to itself.
    pub roots: Vec<String>,
    /// What everybody may do.
    pub default: Permission,
    /// Whether everybody may work in the workspace, because there is only one.
    pub everybody: bool,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It may be done.
    Allowed,
    /// It may not.
    Denied,
    /// It may, with these experiments only.
    Narrowed(Vec<String>),
    /// It may, and of the answer only what may be read is given.
    Filtered,
}

impl Verdict {
    /// Yes or no.
    pub fn of(allowed: bool) -> Self {
        if allowed { Self::Allowed } else { Self::Denied }
    }
}

impl Asked {
    /// What the one who asks holds on these things.
    pub fn held(
        &self,
        tx: &mut Tx<'_>,
        on: &[(Resource, Option<&[String]>)],
    ) -> Result<Held, CatalogError> {
        let (default, everybody) = (self.default, self.everybody);
        access::held_by(tx, &self.workspace, self.me.id, on, default, everybody)
    }
}

/// Decides.
pub fn judge(tx: &mut Tx<'_>, asked: &Asked) -> Result<Verdict, CatalogError> {
    if asked.me.is_admin {
        return Ok(Verdict::Allowed);
    }
    Ok(match asked.need {
        Need::Nothing | Need::Login => Verdict::Allowed,
        Need::Administrator => Verdict::Denied,
        Need::CreateExperiment => {
            Verdict::of(may_create(tx, asked, Resource::Experiment)? && may_write_there(tx, asked)?)
        }
        Need::OnAll(action) => {
            let held = asked.held(tx, &[(Resource::Experiment, None)])?;
            Verdict::of(held.on(Resource::Experiment, EVERY).allows(action))
        }
        Need::CreateModel => {
            let kind = owners::kind_of_tags(&tags(&asked.fields)?);
            Verdict::of(may_create(tx, asked, kind)?)
        }
        Need::On(find, action) => match wanted(tx, asked, find, action)? {
            Wanted::Nothing => Verdict::Denied,
            Wanted::All(resource) => Verdict::of(reads_all(tx, asked, &[resource])?),
            Wanted::These(required) => Verdict::of(meets(tx, asked, &required)?),
        },
        Need::Narrowed => narrow(tx, asked)?,
        Need::Filtered(list) => match reads_all(tx, asked, resources(list))? {
            true => Verdict::Allowed,
            false => Verdict::Filtered,
        },
        Need::People(people) => Verdict::of(people::may(tx, asked, people)?),
    })
}

/// The kinds of things that a list has.
pub fn resources(list: List) -> &'static [Resource] {
    match list {
        List::Experiments => &[Resource::Experiment],
        List::Models | List::Versions => &[Resource::RegisteredModel, Resource::Prompt],
    }
}

fn tags(fields: &Fields) -> Result<Vec<Tag>, CatalogError> {
    fields.tags("tags")
}

fn may_create(tx: &mut Tx<'_>, asked: &Asked, resource: Resource) -> Result<bool, CatalogError> {
    Ok(asked.held(tx, &[(resource, Some(&[]))])?.may_create(resource))
}

/// Runs write where their experiment says: it must not say a place of somebody else's.
fn may_write_there(tx: &mut Tx<'_>, asked: &Asked) -> Result<bool, CatalogError> {
    match source::of_location(tx, asked)? {
        None => Ok(false),
        Some(required) => meets(tx, asked, &required),
    }
}

fn reads_all(tx: &mut Tx<'_>, asked: &Asked, resources: &[Resource]) -> Result<bool, CatalogError> {
    let on: Vec<(Resource, Option<&[String]>)> =
        resources.iter().map(|resource| (*resource, None)).collect();
    let held = asked.held(tx, &on)?;
    Ok(resources.iter().all(|resource| held.reads_all(*resource)))
}

/// Whether all requirements are met.
pub fn meets(
    tx: &mut Tx<'_>,
    asked: &Asked,
    required: &[Requirement],
) -> Result<bool, CatalogError> {
    let mut on: Vec<(Resource, Vec<String>)> = Vec::new();
    for one in required {
        match on.iter_mut().find(|(resource, _)| *resource == one.resource) {
            Some((_, ids)) => ids.push(one.id.clone()),
            None => on.push((one.resource, vec![one.id.clone()])),
        }
    }
    let on: Vec<(Resource, Option<&[String]>)> =
        on.iter().map(|(resource, ids)| (*resource, Some(ids.as_slice()))).collect();
    let held = asked.held(tx, &on)?;
    Ok(required.iter().all(|one| held.meets(one)))
}

/// Of the experiments that are named, those that may be read.
fn narrow(tx: &mut Tx<'_>, asked: &Asked) -> Result<Verdict, CatalogError> {
    let named: Vec<String> = asked
        .fields
        .texts("experiment_ids")?
        .iter()
        .map(|id| Ok(experiments::parse_id(id)?.to_string()))
        .collect::<Result<_, CatalogError>>()?;
    if named.is_empty() {
        return Ok(Verdict::of(reads_all(tx, asked, &[Resource::Experiment])?));
    }
    let held = asked.held(tx, &[(Resource::Experiment, Some(&named))])?;
    let readable = |id: &&String| held.on(Resource::Experiment, id).allows(Action::Read);
    let kept: Vec<String> = named.iter().filter(readable).cloned().collect();
    Ok(match kept.len() == named.len() {
        true => Verdict::Allowed,
        false => Verdict::Narrowed(kept),
    })
}
