//! The things that a request is about, as requirements on experiments and registered models.
//!
//! Fields are read as the endpoints read them, so that nothing is checked that is not then used. What
//! does not exist cannot be told from what may not be seen.

use catalog::access::{Action, Requirement, Resource, owners};
use catalog::{CatalogError, experiments};
use database::Tx;
use serde_json::Value;

use super::judge::Asked;
use super::need::Find;
use super::source;
use crate::api::runs::run_id;
use crate::ask::DEFAULT_WORKSPACE;
use crate::fields::Fields;

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Something that is not there.
    Nothing,
    /// Everything of a kind.
    All(Resource),
    /// These things.
    These(Vec<Requirement>),
}

/// Finds what a request is about.
pub fn wanted(
    tx: &mut Tx<'_>,
    asked: &Asked,
    find: Find,
    action: Action,
) -> Result<Wanted, CatalogError> {
    let fields = &asked.fields;
    let on = |ids: Option<Vec<i64>>| match ids {
        None => Wanted::Nothing,
        Some(ids) if ids.is_empty() && action == Action::Read => Wanted::All(Resource::Experiment),
        Some(ids) if ids.is_empty() => Wanted::Nothing,
        Some(ids) => Wanted::These(ids.into_iter().map(|id| experiment(id, action)).collect()),
    };
    Ok(match find {
        Find::Experiment => on(Some(vec![experiments::parse_id(fields.text("experiment_id")?)?])),
        Find::ExperimentOrDefault => {
            let id = fields.opt_text("experiment_id")?.unwrap_or("0");
            on(Some(vec![experiments::parse_id(id)?]))
        }
        Find::ExperimentName => {
            let name = fields.text("experiment_name")?;
            let id = owners::experiment_named(tx, &asked.workspace, name)?;
            // Clients make an experiment when they are told that there is none.
            let none =
                || CatalogError::missing(format!("Could not find experiment with name '{name}'"));
            on(Some(vec![id.ok_or_else(none)?]))
        }
        Find::Experiments => on(Some(ids(&fields.texts("experiment_ids")?)?)),
        Find::ExperimentHeader => match &asked.header {
            Some(id) => on(Some(vec![experiments::parse_id(id)?])),
            None => Wanted::Nothing,
        },
        Find::Run | Find::RunByQuery => on(of_run(tx, asked)?),
        Find::RunInQuery => on(of_runs(tx, asked, &[fields.text("run_uuid")?.to_owned()])?),
        Find::RunRepeated => on(of_runs(tx, asked, &fields.texts("run_id")?)?),
        Find::Runs => on(of_runs(tx, asked, &fields.texts("run_ids")?)?),
        Find::RunAndModels => on(of_run_and_models(tx, asked)?),
        Find::RunOrModel => match fields.opt_text("model_id")?.filter(|id| !id.is_empty()) {
            None => on(of_run(tx, asked)?),
            Some(model) => {
                let mut found = of_models(tx, asked, &[model.to_owned()])?;
                if !named_by(fields, RUN)?.is_empty() {
                    found = join(found, of_run(tx, asked)?);
                }
                on(found)
            }
        },
        Find::LoggedModel => on(of_models(tx, asked, &first(asked))?),
        Find::TraceInPath => {
            let mut named = first(asked);
            named.extend(named_by(fields, TRACE)?);
            on(of_traces(tx, asked, &named)?)
        }
        Find::Trace => on(of_traces(tx, asked, &named_by(fields, TRACE)?)?),
        Find::Traces => on(of_traces(tx, asked, &trace_ids(fields)?)?),
        Find::TracesAndRun => {
            let run = of_run(tx, asked)?;
            match (run, of_traces(tx, asked, &trace_ids(fields)?)?) {
                (Some(run), Some(traces)) => {
                    let run = run.into_iter().map(|id| experiment(id, action));
                    let read = traces.into_iter().map(|id| experiment(id, Action::Read));
                    Wanted::These(run.chain(read).collect())
                }
                _ => Wanted::Nothing,
            }
        }
        Find::TraceLocation => on(of_new_trace(tx, asked)?),
        Find::TraceLocations => on(of_locations(fields)?),
        Find::Dataset => on(of_dataset(tx, asked)?),
        Find::DatasetAndExperiments => {
            let named = ids(&fields.texts("experiment_ids")?)?;
            let named = (!named.is_empty()).then_some(named);
            on(join(of_dataset(tx, asked)?, named))
        }
        Find::RegisteredOrAll if fields.opt_text("name")?.is_none_or(str::is_empty) => match action
        {
            Action::Read => Wanted::All(Resource::RegisteredModel),
            _ => Wanted::Nothing,
        },
        Find::Registered | Find::RegisteredInQuery | Find::RegisteredOrAll => {
            match registered(tx, asked, fields.text("name")?)? {
                None => Wanted::Nothing,
                Some(resource) => {
                    Wanted::These(vec![Requirement::new(resource, fields.text("name")?, action)])
                }
            }
        }
        Find::Served => match &asked.served {
            None => Wanted::Nothing,
            Some(name) => match registered(tx, asked, name)? {
                None => Wanted::Nothing,
                Some(resource) => Wanted::These(vec![Requirement::new(resource, name, action)]),
            },
        },
        Find::NewVersion => source::of_version(tx, asked, action)?,
        Find::ArtifactPath => on(of_path(tx, asked, first(asked).first().map(String::as_str))?),
        Find::ArtifactField => match fields.opt_text("path")?.filter(|path| !path.is_empty()) {
            None => Wanted::All(Resource::Experiment),
            path => on(of_path(tx, asked, path)?),
        },
    })
}

/// An action on an experiment.
pub fn experiment(id: i64, action: Action) -> Requirement {
    Requirement::new(Resource::Experiment, id.to_string(), action)
}

/// Whether a name is of a model or of a prompt.
pub fn registered(
    tx: &mut Tx<'_>,
    asked: &Asked,
    name: &str,
) -> Result<Option<Resource>, CatalogError> {
    let found = owners::registered(tx, &asked.workspace, &[name.to_owned()])?;
    Ok(found.first().map(|(_, resource)| *resource))
}

type Ids = Option<Vec<i64>>;

fn join(one: Ids, other: Ids) -> Ids {
    let (mut one, other) = (one?, other?);
    one.extend(other);
    Some(one)
}

fn ids(texts: &[String]) -> Result<Vec<i64>, CatalogError> {
    texts.iter().map(|text| experiments::parse_id(text)).collect()
}

/// The experiments of these runs; `None` if one is not there.
pub fn of_runs(tx: &mut Tx<'_>, asked: &Asked, runs: &[String]) -> Result<Ids, CatalogError> {
    each(runs, |run| owners::experiment_of_run(tx, &asked.workspace, run))
}

/// The experiments of these logged models; `None` if one is not there.
pub fn of_models(tx: &mut Tx<'_>, asked: &Asked, models: &[String]) -> Result<Ids, CatalogError> {
    each(models, |model| owners::experiment_of_model(tx, &asked.workspace, model))
}

fn of_traces(tx: &mut Tx<'_>, asked: &Asked, traces: &[String]) -> Result<Ids, CatalogError> {
    each(traces, |trace| owners::experiment_of_trace(tx, &asked.workspace, trace))
}

/// A dataset that is for no experiment is an administrator's.
fn of_dataset(tx: &mut Tx<'_>, asked: &Asked) -> Result<Ids, CatalogError> {
    let Some(dataset) = asked.path.first() else { return Ok(None) };
    let found = owners::experiments_of_dataset(tx, &asked.workspace, dataset)?;
    Ok(found.filter(|ids| !ids.is_empty()))
}

/// Nothing named is nothing found: a request that names none is refused.
fn each(
    named: &[String],
    mut find: impl FnMut(&str) -> Result<Option<i64>, CatalogError>,
) -> Result<Ids, CatalogError> {
    let mut found = Vec::with_capacity(named.len());
    for one in named {
        let Some(id) = find(one)? else { return Ok(None) };
        found.push(id);
    }
    Ok((!found.is_empty()).then_some(found))
}

fn first(asked: &Asked) -> Vec<String> {
    asked.path.iter().take(1).cloned().collect()
}

/// The names under which a run and a trace are meant. A request may use both for different things,
/// of which its endpoint takes one: whatever it takes is checked.
const RUN: [&str; 2] = ["run_id", "run_uuid"];
const TRACE: [&str; 2] = ["trace_id", "request_id"];

fn named_by(fields: &Fields, names: [&str; 2]) -> Result<Vec<String>, CatalogError> {
    let mut found = Vec::with_capacity(1);
    for name in names {
        if let Some(id) = fields.opt_text(name)?.filter(|id| !id.is_empty())
            && !found.iter().any(|one| one == id)
        {
            found.push(id.to_owned());
        }
    }
    Ok(found)
}

fn of_run(tx: &mut Tx<'_>, asked: &Asked) -> Result<Ids, CatalogError> {
    // Clients are told what is missing in the words of the endpoint.
    run_id(&asked.fields)?;
    of_runs(tx, asked, &named_by(&asked.fields, RUN)?)
}

fn trace_ids(fields: &Fields) -> Result<Vec<String>, CatalogError> {
    let mut named = fields.texts("trace_ids")?;
    named.extend(fields.texts("request_ids")?);
    Ok(named)
}

fn of_run_and_models(tx: &mut Tx<'_>, asked: &Asked) -> Result<Ids, CatalogError> {
    let fields = &asked.fields;
    let mut models: Vec<String> = ["metrics", "models", "model_inputs", "model_outputs"]
        .into_iter()
        .filter_map(|list| fields.find(list)?.as_array())
        .flatten()
        .filter_map(|one| named_in(one, "model_id", "modelId"))
        .collect();
    models.extend(fields.opt_text("model_id")?.filter(|id| !id.is_empty()).map(str::to_owned));
    models.sort_unstable();
    models.dedup();
    let run = of_run(tx, asked)?;
    if models.is_empty() {
        return Ok(run);
    }
    Ok(join(run, of_models(tx, asked, &models)?))
}

fn named_in(object: &Value, name: &str, camel: &str) -> Option<String> {
    let value = object.get(name).filter(|value| !value.is_null()).or_else(|| object.get(camel))?;
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The experiment that a trace is sent to, and the one that it is in already.
fn of_new_trace(tx: &mut Tx<'_>, asked: &Asked) -> Result<Ids, CatalogError> {
    let Some(trace) = asked.fields.opt_object("trace")? else { return Ok(None) };
    let Some(info) = trace.opt_object("trace_info")? else { return Ok(None) };
    let Some(place) = info.opt_object("trace_location")? else { return Ok(None) };
    let Some(id) = in_location(&place)? else { return Ok(None) };
    let mut found = vec![id];
    if let Some(trace) = info.opt_text("trace_id")? {
        found.extend(owners::experiment_of_trace(tx, &asked.workspace, trace)?);
    }
    Ok(Some(found))
}

fn of_locations(fields: &Fields) -> Result<Ids, CatalogError> {
    let places = fields.objects("locations")?;
    places.iter().map(in_location).collect()
}

fn in_location(place: &Fields) -> Result<Option<i64>, CatalogError> {
    match place.opt_object("mlflow_experiment")? {
        None => Ok(None),
        Some(named) => Ok(Some(experiments::parse_id(named.text("experiment_id")?)?)),
    }
}

/// The experiment that the path of an artifact begins with.
pub fn of_path(tx: &mut Tx<'_>, asked: &Asked, path: Option<&str>) -> Result<Ids, CatalogError> {
    let Some(id) = path.and_then(|path| experiment_in_path(path, &asked.workspace)) else {
        return Ok(None);
    };
    Ok(owners::has_experiment(tx, &asked.workspace, id)?.then(|| vec![id]))
}

/// `7/RUN/artifacts/…` or `7/models/MODEL/…`; in a workspace with `workspaces/NAME/` before it.
fn experiment_in_path(path: &str, workspace: &str) -> Option<i64> {
    let mut parts = path.trim_end_matches('/').split('/');
    if parts.clone().any(|part| ["", ".", ".."].contains(&part)) || path.contains(['\\', '\0']) {
        return None;
    }
    let mut first = parts.next()?;
    if workspace != DEFAULT_WORKSPACE && first == "workspaces" {
        (parts.next()? == workspace).then_some(())?;
        first = parts.next()?;
    }
    let id: i64 = first.parse().ok()?;
    (id.to_string() == first).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_an_artifact_begins_with_its_experiment() {
        for (path, workspace, id) in [
            ("7/0a1b/artifacts/model/x.onnx", "default", Some(7)),
            ("0/models/m-1/artifacts", "default", Some(0)),
            ("7", "default", Some(7)),
            ("07/run", "default", None),
            ("+7/run", "default", None),
            ("7/../8/run", "default", None),
            ("./7/run", "default", None),
            ("7//run", "default", None),
            ("/7/run", "default", None),
            ("7/run/", "default", Some(7)),
            ("7/a%2fb", "default", Some(7)),
            ("7\\..\\8", "default", None),
            ("x/run", "default", None),
            ("workspaces/a/7/run", "default", None),
            ("workspaces/a/7/run", "a", Some(7)),
            ("workspaces/b/7/run", "a", None),
            ("7/run", "a", Some(7)),
            ("workspaces/a", "a", None),
        ] {
            assert_eq!(experiment_in_path(path, workspace), id, "{path} in {workspace}");
        }
    }
}
