//! Assessments on the wire.

use axum::routing::{MethodRouter, get};
use catalog::assessments::{self, Change, Failure, NewAssessment, SOURCES, Said, Source};
use catalog::traces::clock;
use catalog::{CatalogError, names};
use serde_json::{Value, json};

use super::traces::map;
use crate::app::App;
use crate::ask::Ask;
use crate::fields::{Fields, missing};
use crate::reply::{Answer, json, nothing};
use crate::routes::posted;

pub(crate) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        posted("3.0/mlflow/traces/{trace_id}/assessments", create),
        (
            "3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}",
            get(one).patch(update).delete(delete),
        ),
    ]
}

async fn create(ask: Ask) -> Answer {
    let given = ask.fields.opt_object("assessment")?.ok_or_else(|| missing("assessment"))?;
    let new = read(&given)?;
    let (id, workspace, now) = (trace_id(&ask)?, ask.workspace.clone(), ask.now);
    let made = ask.write(move |tx| assessments::create(tx, &workspace, &id, &new, now)).await?;
    Ok(json(&json!({ "assessment": made })))
}

async fn one(ask: Ask) -> Answer {
    let (trace, id, workspace) = (trace_id(&ask)?, id(&ask)?, ask.workspace.clone());
    let found = ask.read(move |tx| assessments::get(tx, &workspace, &trace, &id)).await?;
    Ok(json(&json!({ "assessment": found })))
}

async fn update(ask: Ask) -> Answer {
    let given = ask.fields.opt_object("assessment")?.ok_or_else(|| missing("assessment"))?;
    let change = change(&given, &mask(&ask.fields)?)?;
    let (trace, id, workspace, now) = (trace_id(&ask)?, id(&ask)?, ask.workspace.clone(), ask.now);
    let changed =
        ask.write(move |tx| assessments::update(tx, &workspace, &trace, &id, &change, now)).await?;
    Ok(json(&json!({ "assessment": changed })))
}

async fn delete(ask: Ask) -> Answer {
    let (trace, id, workspace) = (trace_id(&ask)?, id(&ask)?, ask.workspace.clone());
    ask.write(move |tx| assessments::delete(tx, &workspace, &trace, &id)).await?;
    Ok(nothing())
}

fn trace_id(ask: &Ask) -> Result<String, CatalogError> {
    Ok(ask.fields.text("trace_id")?.to_owned())
}

fn id(ask: &Ask) -> Result<String, CatalogError> {
    Ok(ask.fields.text("assessment_id")?.to_owned())
}

/// An assessment that is to be made.
pub(super) fn read(given: &Fields) -> Result<NewAssessment, CatalogError> {
    let owned = |name: &str| {
        let text = given.opt_text(name)?.filter(|text| !text.is_empty());
        Ok::<_, CatalogError>(text.map(str::to_owned))
    };
    let time = |name: &str| match given.opt_text(name)? {
        Some(text) => clock::read_timestamp(name, text).map(Some),
        None => Ok(None),
    };
    let said =
        said(given)?.ok_or_else(|| CatalogError::invalid("Unknown assessment type: None"))?;
    Ok(NewAssessment {
        id: owned("assessment_id")?,
        name: given.opt_text("assessment_name")?.unwrap_or_default().to_owned(),
        said,
        source: source(given)?,
        created: time("create_time")?,
        updated: time("last_update_time")?,
        rationale: owned("rationale")?,
        metadata: map(given, "metadata")?,
        span_id: owned("span_id")?,
        overrides: owned("overrides")?,
    })
}

/// What an assessment says, if it says something.
fn said(given: &Fields) -> Result<Option<Said>, CatalogError> {
    if let Some(expectation) = given.opt_object("expectation")? {
        let serialized = expectation.opt_object("serialized_value")?;
        return match serialized {
            Some(text) => {
                let format = text.opt_text("serialization_format")?.unwrap_or_default();
                Said::serialized(format, text.opt_text("value")?.unwrap_or_default()).map(Some)
            }
            None => {
                let value = expectation.find("value").unwrap_or(&Value::Null);
                Ok(Some(Said::expectation(value)))
            }
        };
    }
    if let Some(feedback) = given.opt_object("feedback")? {
        let error = feedback.opt_object("error")?.as_ref().map(failure).transpose()?;
        let value = feedback.find("value").unwrap_or(&Value::Null);
        return Ok(Some(Said::feedback(value, error)));
    }
    let issue = given.opt_object("issue")?;
    let name = |issue: Fields| Ok::<_, CatalogError>(issue.text_or_empty("issue_name")?.to_owned());
    Ok(issue.map(name).transpose()?.map(Said::Issue))
}

fn failure(error: &Fields) -> Result<Failure, CatalogError> {
    let owned = |name: &str| {
        let text = error.opt_text(name)?.filter(|text| !text.is_empty());
        Ok::<_, CatalogError>(text.map(str::to_owned))
    };
    Ok(Failure {
        error_code: error.opt_text("error_code")?.unwrap_or_default().to_owned(),
        error_message: owned("error_message")?,
        stack_trace: owned("stack_trace")?,
    })
}

/// What made an assessment; a kind that is not known is as if it were not said.
fn source(given: &Fields) -> Result<Source, CatalogError> {
    let given = given.opt_object("source")?.unwrap_or_default();
    let kind = given.opt_text("source_type")?.unwrap_or_default();
    let known = SOURCES.iter().find(|known| **known == kind).unwrap_or(&SOURCES[0]);
    let id = given.opt_text("source_id")?.filter(|id| !id.is_empty());
    Ok(Source { source_type: (*known).to_owned(), source_id: id.map(str::to_owned) })
}

/// Which fields change: `feedback,assessmentName`, or a list under `paths`.
fn mask(fields: &Fields) -> Result<Vec<String>, CatalogError> {
    if let Some(Value::Object(_)) = fields.find("update_mask") {
        return fields.opt_object("update_mask")?.unwrap_or_default().texts("paths");
    }
    let text = fields.text("update_mask")?;
    Ok(text.split(',').map(|path| path.trim().to_owned()).collect())
}

fn change(given: &Fields, mask: &[String]) -> Result<Change, CatalogError> {
    let mut change = Change::default();
    let text = |name: &str| {
        Ok::<_, CatalogError>(Some(given.opt_text(name)?.unwrap_or_default().to_owned()))
    };
    for path in mask {
        match path.as_str() {
            "assessment_name" | "assessmentName" => change.name = text("assessment_name")?,
            "rationale" => change.rationale = text("rationale")?,
            "metadata" => change.metadata = map(given, "metadata")?,
            "valid" => change.valid = Some(given.opt_bool("valid")?.unwrap_or_default()),
            "feedback" | "expectation" => {
                if change.said.is_some() {
                    return Err(CatalogError::invalid(
                        "Cannot specify both `expectation` and `feedback` parameters.",
                    ));
                }
                change.said = said(given)?;
                if change.said.is_none() {
                    return Err(missing(path));
                }
            }
            other => {
                let why = "use assessment_name, expectation, feedback, rationale, metadata, valid.";
                return Err(names::invalid("update_mask", other, why));
            }
        }
    }
    Ok(change)
}
