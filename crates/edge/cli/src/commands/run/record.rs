//! `trimtab run --record-to`: a run that is in the journal, recorded in a tracking server.
//!
//! In: a home and a run that came to its end. Out, in the server: a run for the mandate with its
//! figures, its value day by day, the tearsheet and the mandate; below it a run for each training, with
//! the folder of its model; a version for each, with all four metadata; and the aliases, moved as they
//! moved in the run. Their times are those that the run was in. What is there already is passed over,
//! so that the same command records what is missing.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use anyhow::Context;
use backtest::Outcome;
use catalog::Tag;
use catalog::import::{ImportedTrace, ORIGIN_ID};
use cycle::facts::RunAsked;
use exchange::things::{
    Dataset, DatasetInput, Experiment, LoggedModel, Metric, RegisteredModel, Run, RunData, RunInfo,
    RunInputs, Version,
};
use exchange::{
    ByteStream, Client, ExchangeError, File, Login, Owner, ServerTarget, Source, Summary, Wanted,
    Watch,
};
use futures_util::StreamExt;
use journal::{Kind, Record, Spine};
use serde::de::DeserializeOwned;
use serde_json::json;
use store::Home;
use tracking::{DataRef, Evaluation, ModelVersion, Promotion, TrainingRun};
use types::{Digest, RunId, Timestamp, close_of};

use super::fetch::TRAINED_UNTIL;
use crate::code;
use crate::commands::exchange::runtime;
use crate::commands::{asked, report};
use crate::show::count;

/// The folder of a training's artifacts that its model is in.
const MODEL: &str = "model";
/// The one experiment that there is.
const EXPERIMENT: &str = "1";

/// Records a run; says in a line what came of it.
pub fn record(
    home: &mut Home,
    run: &RunId,
    outcome: &Outcome,
    server: &str,
) -> anyhow::Result<String> {
    let login = Login::of_environment("MLFLOW_TRACKING");
    let workspace = std::env::var("MLFLOW_WORKSPACE").ok();
    let client = Client::open(server, &login, &runtime()?)?.in_workspace(workspace.as_deref());
    let story = Story::read(home, run, outcome)?;
    let target = ServerTarget::new(client.clone(), story.name());
    let wanted = Wanted { models: true, ..Wanted::default() };
    let summary = exchange::copy(&story, &target, &wanted, &Nobody)?;
    if let Some((why, (times, what))) = summary.left_out.iter().next() {
        anyhow::bail!("{server} did not take all: {what} {why} ({})", count(*times, "time"));
    }
    let moves = move_aliases(&client, &story)?;
    let new =
        [(summary.runs.made, "run"), (summary.versions.made, "version"), (moves, "alias move")];
    let new: Vec<String> = new.into_iter().map(|(number, what)| count(number, what)).collect();
    Ok(format!("{server}, experiment `{}`: {} new", outcome.report.title, new.join(", ")))
}

struct Nobody;

impl Watch for Nobody {
    fn at(&self, _doing: &str, _so_far: &Summary) {}
}

/// Moves the aliases of the model as they moved in the run, from where they are: what was recorded
/// before is not moved again, nor what a later run has moved since.
fn move_aliases(client: &Client, story: &Story<'_>) -> anyhow::Result<usize> {
    if story.versions.is_empty() {
        return Ok(0);
    }
    let name = story.model_name();
    let model = client.registered_model(&name)?;
    let number = |version: u32| {
        let training = story.training_of(version)?;
        let made = |tag: &Tag| tag.key == ORIGIN_ID && tag.value == training;
        Some(model.versions.iter().find(|version| version.tags.iter().any(made))?.version)
    };
    let mut by_alias: BTreeMap<&str, Vec<(&Promotion, i64)>> = BTreeMap::new();
    for promotion in &story.promotions {
        let number = number(promotion.version).context("a version that was promoted is missing")?;
        by_alias.entry(&promotion.alias).or_default().push((promotion, number));
    }
    let mut moved = 0;
    for (alias, moves) in by_alias {
        let held = model.aliases.iter().find(|held| held.alias == alias);
        let held: Option<i64> = held.and_then(|held| held.version.parse().ok());
        for (promotion, number) in &moves[done(&moves, held)..] {
            let fields = json!({
                "name": name, "alias": alias, "version": number.to_string(), "why": promotion.why,
            });
            client.set("registered-models/alias", &fields)?;
            moved += 1;
        }
    }
    Ok(moved)
}

/// How many of the moves were made already, as the version that holds the alias tells.
fn done(moves: &[(&Promotion, i64)], held: Option<i64>) -> usize {
    let Some(held) = held else { return 0 };
    let newest = moves.iter().map(|(_, number)| *number).max().unwrap_or_default();
    match moves.iter().rposition(|(_, number)| *number == held) {
        Some(place) => place + 1,
        None if held > newest => moves.len(),
        None => 0,
    }
}

/// What the journal says of a run, as a place that things come from.
struct Story<'a> {
    /// A home is used by one thread at a time.
    home: Mutex<&'a mut Home>,
    run: &'a RunId,
    outcome: &'a Outcome,
    asked: RunAsked,
    trainings: Vec<(Timestamp, TrainingRun)>,
    evaluations: BTreeMap<RunId, Vec<(Timestamp, Evaluation)>>,
    versions: Vec<(Timestamp, ModelVersion)>,
    promotions: Vec<Promotion>,
    files: OnceLock<BTreeMap<String, Vec<u8>>>,
}

impl<'a> Story<'a> {
    fn read(home: &'a mut Home, run: &'a RunId, outcome: &'a Outcome) -> anyhow::Result<Self> {
        let (mut trainings, mut versions, mut promotions) = (vec![], vec![], vec![]);
        let mut evaluations: BTreeMap<RunId, Vec<(Timestamp, Evaluation)>> = BTreeMap::new();
        for record in home.records().iter().filter(|record| record.run.as_ref() == Some(run)) {
            match record.kind {
                Kind::Trained => trainings.push((record.at, said(home, record)?)),
                Kind::Evaluated => {
                    let evaluation: Evaluation = said(home, record)?;
                    let of_run = evaluations.entry(evaluation.run.clone()).or_default();
                    of_run.push((record.at, evaluation));
                }
                Kind::Registered => versions.push((record.at, said(home, record)?)),
                Kind::Promoted | Kind::RolledBack => promotions.push(said(home, record)?),
                _ => {}
            }
        }
        // A model that was given to the run was recorded where it comes from.
        versions.retain(|(_, made): &(Timestamp, ModelVersion)| {
            trainings.iter().any(|(_, training): &(Timestamp, TrainingRun)| training.id == made.run)
        });
        promotions.retain(|moved: &Promotion| {
            versions.iter().any(|(_, made)| made.version == moved.version)
        });
        let (asked, files) = (asked(home, run)?.0, OnceLock::new());
        let home = Mutex::new(home);
        Ok(Self { home, run, outcome, asked, trainings, evaluations, versions, promotions, files })
    }

    /// The training that made a version.
    fn training_of(&self, version: u32) -> Option<String> {
        let found = self.versions.iter().find(|(_, made)| made.version == version)?;
        Some(found.1.run.to_string())
    }

    /// What the model is called in a server: as the mandate, whose runs add versions to it.
    fn model_name(&self) -> String {
        self.outcome.report.title.replace(['/', ':'], "-")
    }

    fn model_of(&self, training: &str) -> Option<&ModelVersion> {
        self.versions.iter().map(|(_, version)| version).find(|made| made.run.as_str() == training)
    }

    /// The files of the mandate's run.
    fn pages(&self) -> anyhow::Result<&BTreeMap<String, Vec<u8>>> {
        if let Some(files) = self.files.get() {
            return Ok(files);
        }
        let mut files: BTreeMap<String, Vec<u8>> =
            report::files(&self.outcome.report)?.into_iter().collect();
        files.insert(self.asked.file.clone(), self.asked.mandate.clone().into_bytes());
        Ok(self.files.get_or_init(|| files))
    }

    /// The run of the mandate.
    fn whole(&self) -> Run {
        let report = &self.outcome.report;
        let days = (report.dates[0], report.dates[report.dates.len() - 1]);
        let mut params = vec![
            tag("mandate", &self.asked.file),
            tag("from", days.0),
            tag("to", days.1),
            tag("currency", &report.currency),
        ];
        params.extend(report.mandate.iter().map(|fact| tag(&key(&fact.name), &fact.value)));
        let mut tags = vec![tag("trimtab.run", self.run), tag("trimtab.source", code::SOURCE)];
        tags.extend(sources(&self.asked.file, &self.asked.revision));
        let info = self.info(self.run.as_str(), close_of(days.0), close_of(days.1));
        let context = |name: &str| if name == "prices" { "backtest" } else { name }.to_owned();
        let snapshots = self.asked.snapshots.iter();
        Run {
            info,
            data: RunData { metrics: newest(&self.figures()), params: once(params), tags },
            inputs: RunInputs {
                dataset_inputs: snapshots
                    .map(|(name, digest)| input(name, digest, &context(name)))
                    .collect(),
                ..RunInputs::default()
            },
            ..Run::default()
        }
    }

    /// The figures of the mandate's run at its end, and its value day by day.
    fn figures(&self) -> Vec<Metric> {
        let report = &self.outcome.report;
        let end = close_of(report.dates[report.dates.len() - 1]);
        let step = report.dates.len() as i64 - 1;
        let mut figures: Vec<Metric> = report
            .metrics
            .iter()
            .filter_map(|figure| Some(metric(&figure.id, figure.value?, end, step)))
            .collect();
        let totals = serde_json::to_value(&self.outcome.totals).unwrap_or_default();
        for (name, value) in totals.as_object().into_iter().flatten() {
            figures.extend(value.as_f64().map(|value| metric(name, value, end, step)));
        }
        let benchmark = report.benchmark.iter().map(|held| ("benchmark_value", &held.nav));
        for (name, values) in [("net_asset_value", &report.nav)].into_iter().chain(benchmark) {
            for (step, (value, day)) in values.iter().zip(&report.dates).enumerate() {
                figures.push(metric(name, *value, close_of(*day), step as i64));
            }
        }
        figures
    }

    /// The run of a training.
    fn training(&self, at: Timestamp, training: &TrainingRun) -> Run {
        let id = training.id.as_str();
        let params = training.params.iter().map(|(name, value)| tag(&key(name), value)).collect();
        let mut tags = vec![
            tag("mlflow.parentRunId", self.run),
            tag("trimtab.features", training.features),
            tag("trimtab.lock", training.code.lock),
        ];
        tags.extend(sources(&self.asked.file, &training.code.revision));
        let named = training.environment.iter();
        tags.extend(named.map(|(name, value)| tag(&format!("trimtab.environment.{name}"), value)));
        let read = |data: &DataRef| input(&data.name, &data.digest, "training");
        let mut inputs: Vec<DatasetInput> = training.data.iter().map(read).collect();
        // Further measurements are of the same rows.
        for (_, evaluation) in self.evaluations.get(&training.id).into_iter().flatten().take(1) {
            tags.push(tag("trimtab.evaluation", &evaluation.name));
            let read = |data: &DataRef| input(&data.name, &data.digest, "validation");
            inputs.extend(evaluation.data.iter().map(read));
        }
        Run {
            info: self.info(id, at, at),
            data: RunData {
                metrics: newest(&self.measured(at, training)),
                params: once(params),
                tags: once(tags),
            },
            inputs: RunInputs { dataset_inputs: inputs, ..RunInputs::default() },
            ..Run::default()
        }
    }

    /// What was measured of a training: on the rows that it saw, and on those that it did not.
    fn measured(&self, at: Timestamp, training: &TrainingRun) -> Vec<Metric> {
        let own = training.metrics.iter();
        let mut all: Vec<Metric> =
            own.map(|(name, value)| metric(&format!("training.{name}"), *value, at, 0)).collect();
        for (at, evaluation) in self.evaluations.get(&training.id).into_iter().flatten() {
            all.extend(evaluation.metrics.iter().map(|(name, value)| metric(name, *value, *at, 0)));
        }
        all
    }

    fn info(&self, id: &str, from: Timestamp, to: Timestamp) -> RunInfo {
        RunInfo {
            run_id: id.to_owned(),
            experiment_id: EXPERIMENT.to_owned(),
            run_name: id.to_owned(),
            user_id: "trimtab".to_owned(),
            status: "FINISHED".to_owned(),
            start_time: milliseconds(from),
            end_time: Some(milliseconds(to)),
            artifact_uri: uri(id),
            lifecycle_stage: "active".to_owned(),
            deleted_time: None,
        }
    }

    fn version(&self, (at, made): &(Timestamp, ModelVersion)) -> Version {
        let source = &made.source;
        Version {
            name: self.model_name(),
            version: i64::from(made.version),
            creation_timestamp: milliseconds(*at),
            source: format!("{}/{MODEL}", uri(made.run.as_str())),
            run_id: Some(made.run.to_string()),
            tags: vec![
                tag(ORIGIN_ID, &made.run),
                tag("trimtab.version", format!("{} v{}", made.name, made.version)),
                tag(TRAINED_UNTIL, at.date_naive()),
                tag("trimtab.artifact", &source.artifact_location),
                tag("trimtab.code_revision", &source.code_revision),
                tag("trimtab.environment", &source.environment),
                tag("trimtab.training_data", &source.training_data),
            ],
            ..Version::default()
        }
    }

    /// A file of a run.
    fn content(&self, id: &str, path: &str) -> anyhow::Result<Vec<u8>> {
        if id == self.run.as_str() {
            return self.pages()?.get(path).cloned().context("no such page");
        }
        let file = path.strip_prefix(MODEL).and_then(|rest| rest.strip_prefix('/'));
        let digest = file.and_then(|file| self.model_of(id)?.folder.get(file));
        let digest = digest.context("no such file of a model")?;
        let home = self.home.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(home.payload(digest)?)
    }
}

impl Source for Story<'_> {
    fn name(&self) -> &str {
        "trimtab"
    }

    fn experiments(&self) -> exchange::Result<Vec<Experiment>> {
        Ok(vec![Experiment {
            experiment_id: EXPERIMENT.to_owned(),
            name: self.outcome.report.title.clone(),
            lifecycle_stage: "active".to_owned(),
            ..Experiment::default()
        }])
    }

    fn runs(
        &self,
        _experiment: &str,
        take: &mut dyn FnMut(Vec<Run>) -> exchange::Result<()>,
    ) -> exchange::Result<()> {
        // The one that the others belong to is there before them.
        take(vec![self.whole()])?;
        take(self.trainings.iter().map(|(at, training)| self.training(*at, training)).collect())
    }

    fn histories(&self, runs: &[&Run]) -> exchange::Result<Vec<Vec<Metric>>> {
        let of_run = |run: &&Run| {
            let training =
                self.trainings.iter().find(|(_, one)| one.id.as_str() == run.info.run_id);
            training.map_or_else(|| self.figures(), |(at, training)| self.measured(*at, training))
        };
        Ok(runs.iter().map(of_run).collect())
    }

    fn logged_models(&self, _experiment: &str) -> exchange::Result<Vec<LoggedModel>> {
        Ok(vec![])
    }

    fn registered_models(&self) -> exchange::Result<Vec<RegisteredModel>> {
        let versions: Vec<Version> = self.versions.iter().map(|one| self.version(one)).collect();
        let model =
            RegisteredModel { name: self.model_name(), versions, ..RegisteredModel::default() };
        Ok(Some(model).filter(|model| !model.versions.is_empty()).into_iter().collect())
    }

    fn traces(
        &self,
        _experiment: &str,
        _take: &mut dyn FnMut(Vec<ImportedTrace>) -> exchange::Result<()>,
    ) -> exchange::Result<()> {
        Ok(())
    }

    fn files(&self, of: &Owner<'_>) -> exchange::Result<Vec<File>> {
        let id = of.id();
        if id == self.run.as_str() {
            let pages = self.pages().map_err(|error| lost(id, "", &error))?;
            let file = |(path, bytes): (&String, &Vec<u8>)| File {
                path: path.clone(),
                size: Some(bytes.len() as u64),
            };
            return Ok(pages.iter().map(file).collect());
        }
        let paths = self.model_of(id).into_iter().flat_map(|model| model.folder.keys());
        Ok(paths.map(|path| File { path: format!("{MODEL}/{path}"), size: None }).collect())
    }

    fn open(&self, of: &Owner<'_>, path: &str) -> exchange::Result<ByteStream> {
        let bytes = self.content(of.id(), path).map_err(|error| lost(of.id(), path, &error))?;
        Ok(futures_util::stream::iter([Ok(bytes.into())]).boxed())
    }
}

fn lost(owner: &str, path: &str, error: &anyhow::Error) -> ExchangeError {
    ExchangeError::Artifact {
        path: path.to_owned(),
        owner: owner.to_owned(),
        why: format!("{error:#}"),
    }
}

fn said<T: DeserializeOwned>(home: &Home, record: &Record) -> anyhow::Result<T> {
    Ok(serde_json::from_slice(&home.payload(&record.digest)?)?)
}

/// Where the artifacts of a run are, as far as its versions say it.
fn uri(run: &str) -> String {
    format!("trimtab:{run}")
}

fn tag(key: &str, value: impl ToString) -> Tag {
    Tag { key: key.to_owned(), value: value.to_string() }
}

/// A name that the protocol takes as a key.
fn key(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "_-. ".contains(c) { c } else { '-' };
    name.chars().map(plain).collect()
}

/// The last of each key.
fn once(tags: Vec<Tag>) -> Vec<Tag> {
    let all: BTreeMap<String, String> = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
    all.into_iter().map(|(key, value)| Tag { key, value }).collect()
}

fn sources(file: &str, revision: &str) -> Vec<Tag> {
    let name =
        Path::new(file).file_name().map_or_else(String::new, |name| name.to_string_lossy().into());
    vec![
        tag("mlflow.source.name", name),
        tag("mlflow.source.type", "LOCAL"),
        tag("mlflow.source.git.commit", revision),
    ]
}

/// Moments before 1970 are none to the protocol.
fn milliseconds(at: Timestamp) -> i64 {
    at.timestamp_millis().max(0)
}

fn metric(name: &str, value: f64, at: Timestamp, step: i64) -> Metric {
    Metric { key: key(name), value, timestamp: milliseconds(at), step }
}

/// The newest value of each metric.
fn newest(metrics: &[Metric]) -> Vec<Metric> {
    let all: BTreeMap<&str, &Metric> =
        metrics.iter().map(|metric| (metric.key.as_str(), metric)).collect();
    all.into_values().cloned().collect()
}

/// Data by its digest, of which the protocol takes the beginning.
fn input(name: &str, digest: &Digest, context: &str) -> DatasetInput {
    let digest = digest.to_string();
    DatasetInput {
        tags: vec![tag("mlflow.data.context", context)],
        dataset: Dataset {
            name: name.to_owned(),
            digest: digest[..36].to_owned(),
            source_type: "trimtab".to_owned(),
            source: json!({ "digest": digest }).to_string(),
            schema: None,
            profile: None,
        },
    }
}
