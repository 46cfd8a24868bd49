//! A registered model, fetched for a run: its file, and what its registry says of it.
//!
//! In: the model that a mandate names. Out: two snapshots, by which the run and every replay of it see
//! the same model, wherever its alias has moved since.

use anyhow::{Context, bail};
use catalog::Tag;
use cycle::GivenModel;
use cycle::mandate::{ForecastPlan, RegisteredPlan};
use exchange::things::{Run, Version};
use exchange::{Client, Login};
use tracking::Metadata;
use types::{Date, Timestamp, parse_date};

use crate::commands::exchange::runtime;
use crate::world::{GIVEN, GIVEN_FILE, Snapshots};

/// The file of a model folder that forecasts.
const FILE: &str = "model.onnx";
/// The tag of a version that says the last day it has learned from.
pub const TRAINED_UNTIL: &str = "trimtab.trained_until";

/// Fetches the model that a mandate names, if it names one.
pub fn fetch(plan: Option<&ForecastPlan>, features: &[String]) -> anyhow::Result<Snapshots> {
    let Some(model) = plan.and_then(ForecastPlan::registered) else { return Ok(Snapshots::new()) };
    let fetched = ask(model, features);
    fetched.with_context(|| format!("[forecast] model: {} at {}", model.name, model.server))
}

fn ask(model: &RegisteredPlan, features: &[String]) -> anyhow::Result<Snapshots> {
    let login = Login::of_environment("MLFLOW_TRACKING");
    let workspace = std::env::var("MLFLOW_WORKSPACE").ok();
    let client = Client::open(&model.server, &login, &runtime()?)?;
    let client = client.in_workspace(workspace.as_deref());
    let version = match model.alias.parse() {
        Ok(number) => client.version(&model.name, number)?,
        Err(_) => client.version_by_alias(&model.name, &model.alias)?,
    };
    let run = version.run_id.as_deref().filter(|id| !id.is_empty());
    let run = run.map(|id| client.run(id)).transpose()?.unwrap_or_default();
    check_features(&run, features)?;
    let number = version.version.to_string();
    let fields = [("name", model.name.as_str()), ("version", number.as_str())];
    // A server of another kind says them in tags only.
    let said = client.own_get("registry/metadata", &fields).ok();
    let mut source: Metadata = match said {
        Some(mut said) => serde_json::from_value(said["metadata"].take()).unwrap_or_default(),
        None => of_tags(&version.tags),
    };
    source.artifact_location = format!("{} models:/{}/{number}", client.name(), model.name);
    let metrics = run.data.metrics.iter().filter(|metric| metric.value.is_finite());
    let says = GivenModel {
        name: model.name.clone(),
        source,
        metrics: metrics.map(|metric| (metric.key.clone(), metric.value)).collect(),
        trained_until: trained_until(&version)?,
        version: number,
    };
    let bytes = client.version_file(&model.name, version.version, FILE)?;
    let says = serde_json::to_vec(&says).context("what the registry says")?;
    Ok(Snapshots::from([(GIVEN.to_owned(), says), (GIVEN_FILE.to_owned(), bytes)]))
}

fn value<'a>(tags: &'a [Tag], key: &str) -> Option<&'a str> {
    tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.as_str())
}

fn of_tags(tags: &[Tag]) -> Metadata {
    let text = |key: &str| value(tags, key).unwrap_or_default().to_owned();
    Metadata {
        artifact_location: String::new(),
        code_revision: text("trimtab.code_revision"),
        environment: text("trimtab.environment"),
        training_data: text("trimtab.training_data"),
    }
}

/// The features of the training, where the run says them, must be those of the mandate: the model
/// knows them by their places alone.
fn check_features(run: &Run, features: &[String]) -> anyhow::Result<()> {
    let Some(trained) = value(&run.data.params, "features") else { return Ok(()) };
    let used = features.join(", ");
    if trained != used {
        bail!("it was trained on `{trained}`, in this order; [features] use says `{used}`");
    }
    Ok(())
}

/// The last day that the version has learned from: as it says, or else when it was registered.
fn trained_until(version: &Version) -> anyhow::Result<Date> {
    if let Some(day) = value(&version.tags, TRAINED_UNTIL) {
        return parse_date(day).with_context(|| {
            format!("its tag `{TRAINED_UNTIL}` is `{day}`: write a day as 2024-12-31")
        });
    }
    let made = Timestamp::from_timestamp_millis(version.creation_timestamp);
    Ok(made.context("nobody knows when it was registered")?.date_naive())
}
