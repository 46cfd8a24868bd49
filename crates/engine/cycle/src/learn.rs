//! Train, evaluate, register, and promote if the mandate's rule says so.
//!
//! In come the feature rows and prices up to today; out come the facts, and the book has the new
//! version. Labels end today: a row trains only if its forward return is known by now.

use std::collections::BTreeMap;
use std::ops::Range;

use features::Label;
use journal::{Because, Kind};
use learning::{Model, TrainingSet, folder, skill, train_prepared, walk_forward};
use monitoring::{Reference, ReturnBounds};
use tracking::{
    CHALLENGER, CHAMPION, Candidate, DataRef, Evaluation, Metadata, Metrics, ModelVersion,
    PromotionRule, TrainingRun,
};
use types::{Date, Digest, Id, RunId, close_of};

use crate::book::{Champion, Kept};
use crate::inspect::{Subject, inspect};
use crate::mandate::{ForecastPlan, TrainPlan};
use crate::tune::{Tuned, tune};
use crate::{Book, CycleError, Desk, Seen, Trail};

/// How far beyond the returns seen in training a forecast may lie before it is refused.
const BELIEVABLE: f64 = 1.5;
/// Fewer days than this train nothing.
const FEWEST_DAYS: usize = 126;

/// Whether a training is due today.
pub(crate) fn is_due(desk: &Desk, seen: &Seen<'_>, book: &Book) -> bool {
    let Some(plan) = &desk.mandate.forecast else { return false };
    match book.trained {
        Some((_, row)) => {
            // Drift calls for a training only once the days that drifted are other days than those
            // that called for the one before.
            let wait = if book.retrain { desk.mandate.monitoring.recent } else { plan.train.every };
            seen.panel.rows() >= row + wait.0
        }
        None => true,
    }
}

/// Whether there are days enough to train at all.
pub(crate) fn is_possible(desk: &Desk, rows: usize) -> bool {
    let (plan, horizon) = (&desk.mandate.forecast, desk.outlook.horizon_days() as usize);
    let fewest = plan.as_ref().map_or(FEWEST_DAYS, |plan| fewest_days(plan, horizon));
    days_that_train(desk, rows).is_some_and(|days| days >= fewest)
}

/// How many days train, once `rows` are seen: those of the window that are not held back, and on
/// which features reach back far enough. Earlier ones would teach that values are missing, and
/// nothing else.
fn days_that_train(desk: &Desk, rows: usize) -> Option<usize> {
    let plan = &desk.mandate.forecast.as_ref()?.train;
    let warm = desk.features.as_ref().map_or(0, |features| features.window().left);
    let horizon = desk.outlook.horizon_days() as usize;
    plan.window.0.min(rows.saturating_sub(warm)).checked_sub(held_back(plan, horizon))
}

/// How many days must train: enough for a model, and for the splits of a search.
pub(crate) fn fewest_days(plan: &ForecastPlan, horizon: usize) -> usize {
    let dates = plan
        .search
        .as_ref()
        .map_or(0, |search| search.splits.fewest_dates(search.folds, gap(&plan.train, horizon)));
    FEWEST_DAYS.max(dates * plan.train.sample.0)
}

/// How many dates with rows lie between those that train and those that judge a trial.
pub(crate) fn gap(plan: &TrainPlan, horizon: usize) -> usize {
    (horizon + plan.embargo.0).div_ceil(plan.sample.0)
}

/// The newest days of a window: they judge, or lie between those that train and those that judge.
pub(crate) fn held_back(plan: &TrainPlan, horizon: usize) -> usize {
    plan.validate.0 + 2 * horizon + plan.embargo.0
}

/// Trains a challenger on what is known today. Does nothing while there are too few days.
pub(crate) fn learn(
    desk: &Desk,
    label: &Label,
    promotion: &PromotionRule,
    seen: &Seen<'_>,
    book: &mut Book,
    because: Because,
    trail: &mut Trail,
) -> Result<(), CycleError> {
    let Some(lesson) = Lesson::prepare(desk, label, seen, book)? else { return Ok(()) };
    let tuned = tune(desk, &lesson.training, data_digest(&lesson.training), &because, trail)?;
    let because = because.and_all(tuned.trials.iter().cloned());
    let trained = lesson.train(desk, &tuned, seen, because, trail)?;
    let metrics = evaluate(seen.day(), &trained.onnx, &lesson.validation)?;
    let held = book.champion.as_ref().map(|champion| champion.admitted.version().version);
    let champion = held
        .map(|version| evaluate(seen.day(), &book.versions[&version].bytes, &lesson.validation))
        .transpose()?;
    let evaluated = lesson.record_evaluation(&trained, &metrics, champion.as_ref(), trail);
    inspect(desk, seen, &lesson.subject(&trained), trail)?;
    let version = register(desk, &trained, metrics.clone(), &evaluated, book, trail)?;
    book.versions.insert(version.version, lesson.kept(trained));
    book.trained = Some((seen.day(), seen.panel.rows()));
    book.retrain = false;

    let verdict = promotion.decide(&metrics, champion.as_ref());
    let name = desk.model_name();
    let registered = trail.id("registered");
    move_alias(book, trail, &name, CHALLENGER, version.version, "newest training", &registered)?;
    if verdict.promote {
        let record =
            move_alias(book, trail, &name, CHAMPION, version.version, &verdict.reason, &evaluated)?;
        admit(book, &name, seen.day(), record)?;
    }
    Ok(())
}

/// Puts the version that holds `champion` in charge of forecasting.
pub(crate) fn admit(book: &mut Book, name: &str, day: Date, record: Id) -> Result<(), CycleError> {
    let policy = |error| CycleError::new(day, "register", error);
    let version = book.registry.find(name, CHAMPION).map_err(policy)?.version;
    let bytes = &book.versions[&version].bytes;
    let admitted = book.registry.admit(name, CHAMPION, bytes).map_err(policy)?;
    book.champion = Some(Champion { admitted, record });
    Ok(())
}

/// The rows of one training, and those that judge it.
struct Lesson {
    training: TrainingSet,
    validation: TrainingSet,
    /// For each validation row the panel row and column.
    places: Vec<(usize, usize)>,
    days: [(Date, Date); 2],
    params: BTreeMap<String, String>,
}

/// A model file with where it came from.
struct Trained {
    run: RunId,
    record: Id,
    onnx: Vec<u8>,
    folder: BTreeMap<String, Vec<u8>>,
    data: Digest,
}

impl Lesson {
    fn prepare(
        desk: &Desk,
        label: &Label,
        seen: &Seen<'_>,
        book: &Book,
    ) -> Result<Option<Self>, CycleError> {
        let forecast = desk.mandate.forecast.as_ref().expect("only a forecast is learned");
        let plan = &forecast.train;
        let (horizon, rows) = (label.horizon(), seen.panel.rows());
        let Some(days) = days_that_train(desk, rows) else { return Ok(None) };
        let window = walk_forward::split(rows, days, plan.validate.0, horizon, plan.embargo.0);
        let Some(window) = window else { return Ok(None) };
        let labels = labels(label, seen, window.train.start)?;
        let (training, _) = gather(book, seen, &labels, &window.train, plan.sample.0);
        let (validation, places) = gather(book, seen, &labels, &window.validate, plan.sample.0);
        let distinct = |set: &TrainingSet| set.dates.chunk_by(|a, b| a == b).count();
        if distinct(&training) * plan.sample.0 < fewest_days(forecast, horizon)
            || validation.y.is_empty()
        {
            return Ok(None);
        }
        let span = |set: &TrainingSet| (set.dates[0], set.dates[set.dates.len() - 1]);
        Ok(Some(Self {
            days: [span(&training), span(&validation)],
            params: params(desk, &training),
            training,
            validation,
            places,
        }))
    }

    fn train(
        &self,
        desk: &Desk,
        tuned: &Tuned,
        seen: &Seen<'_>,
        because: Because,
        trail: &mut Trail,
    ) -> Result<Trained, CycleError> {
        let failed = |error| CycleError::new(seen.day(), "train", error);
        let plan = desk.mandate.forecast.as_ref().expect("only a forecast is learned");
        let seed = desk.mandate.mandate.seed;
        let onnx = train_prepared(&plan.prepare, &tuned.spec, &self.training, seed);
        let onnx = onnx.map_err(failed)?;
        let data = data_digest(&self.training);
        let digest = Digest::of(&onnx);
        let parts = [digest.as_bytes().as_slice(), data.as_bytes(), desk.run.as_str().as_bytes()];
        let run: RunId = format!("train-{}", Digest::of_parts(parts).short()).into();
        let folder = folder::mlflow_folder(&folder::FolderSpec {
            onnx: &onnx,
            names: &self.training.names,
            example: &self.training.x[..self.training.names.len()],
            created: close_of(trail.day()),
        })
        .map_err(failed)?;
        let fitted = Model::load(&onnx).and_then(|model| model.predict(&self.training.x));
        let metrics = metrics(&fitted.map_err(failed)?, &self.training);
        let says = TrainingRun {
            id: run.clone(),
            experiment: desk.mandate.mandate.name.clone(),
            params: tuned.params().chain(self.params.clone()).collect(),
            metrics,
            code: desk.code.version.clone(),
            environment: desk.code.environment.clone(),
            data: vec![
                DataRef { name: "prices".to_owned(), digest: seen.panel.source() },
                DataRef { name: "training rows".to_owned(), digest: data },
            ],
            features: desk.features_digest(),
        };
        let record = trail.fact(Kind::Trained, "trained", because, &says);
        Ok(Trained { run, record, onnx, folder, data })
    }

    fn record_evaluation(
        &self,
        trained: &Trained,
        metrics: &Metrics,
        champion: Option<&Metrics>,
        trail: &mut Trail,
    ) -> Id {
        let mut all = metrics.clone();
        for (name, value) in champion.into_iter().flatten() {
            all.insert(format!("champion.{name}"), *value);
        }
        let says = Evaluation {
            run: trained.run.clone(),
            name: format!("walk-forward validation, {} to {}", self.days[1].0, self.days[1].1),
            data: vec![DataRef {
                name: "validation rows".to_owned(),
                digest: data_digest(&self.validation),
            }],
            metrics: all,
        };
        let because = Because::of(trained.record.clone());
        trail.fact(Kind::Evaluated, "evaluated", because, &says)
    }

    fn subject<'a>(&'a self, trained: &'a Trained) -> Subject<'a> {
        Subject {
            run: &trained.run,
            record: &trained.record,
            onnx: &trained.onnx,
            training: &self.training,
            validation: &self.validation,
            places: &self.places,
            rows: data_digest(&self.validation),
        }
    }

    fn kept(self, trained: Trained) -> Kept {
        let reference = Reference::from_training(&self.training.names, &self.training.x)
            .expect("a training has rows and whole ones");
        let bounds = ReturnBounds::of_labels(&self.training.y, BELIEVABLE)
            .expect("a training has finite labels");
        let reference = Some(reference);
        Kept { bytes: trained.onnx, reference, bounds, trained: trained.record }
    }
}

fn params(desk: &Desk, training: &TrainingSet) -> BTreeMap<String, String> {
    let mut params = BTreeMap::new();
    let plan = &desk.mandate.forecast.as_ref().expect("only a forecast is learned");
    if !plan.prepare.is_none() {
        let prepare = serde_json::to_string(&plan.prepare).expect("a preparation is plain data");
        params.insert("prepare".to_owned(), prepare);
    }
    params.insert("target".to_owned(), plan.target.clone());
    params.insert("seed".to_owned(), desk.mandate.mandate.seed.to_string());
    params.insert("rows".to_owned(), training.y.len().to_string());
    params.insert("features".to_owned(), training.names.join(", "));
    params.insert("embargo".to_owned(), format!("{}d", plan.train.embargo.0));
    let days = (training.dates[0], training.dates[training.dates.len() - 1]);
    params.insert("training_days".to_owned(), format!("{} to {}", days.0, days.1));
    params
}

/// Labels from the row `first` on, as (first row, symbols, values).
struct Labels {
    first: usize,
    symbols: usize,
    values: Vec<f64>,
}

fn labels(label: &Label, seen: &Seen<'_>, first: usize) -> Result<Labels, CycleError> {
    let tail = seen.panel.last_rows(seen.panel.rows() - first);
    let values = label.history(&tail).map_err(|e| CycleError::new(seen.day(), "label", e))?;
    Ok(Labels { first, symbols: seen.panel.symbols().len(), values })
}

/// The rows of `days` (every `stride`-th, counted back from the newest) that have a label, and the
/// panel row and column of each.
fn gather(
    book: &Book,
    seen: &Seen<'_>,
    labels: &Labels,
    days: &Range<usize>,
    stride: usize,
) -> (TrainingSet, Vec<(usize, usize)>) {
    let log = &book.log;
    let mut places = Vec::new();
    let names = log.names.clone().unwrap_or_default();
    let mut set = TrainingSet { names: names.to_vec(), x: vec![], y: vec![], dates: vec![] };
    let newest = days.end.saturating_sub(1);
    for row in days.clone().filter(|row| (newest - row).is_multiple_of(stride)) {
        for (symbol, vector) in log.vectors(row, seen) {
            let label = labels.values[(row - labels.first) * labels.symbols + symbol];
            if label.is_finite() {
                set.x.extend_from_slice(vector);
                set.y.push(label);
                set.dates.push(log.dates[row]);
                places.push((row, symbol));
            }
        }
    }
    (set, places)
}

fn data_digest(set: &TrainingSet) -> Digest {
    let bytes: Vec<u8> = set.x.iter().chain(&set.y).flat_map(|value| value.to_le_bytes()).collect();
    let dates: Vec<u8> = set.dates.iter().flat_map(|day| day.to_string().into_bytes()).collect();
    Digest::of_parts([set.names.join("\n").as_bytes(), bytes.as_slice(), dates.as_slice()])
}

fn evaluate(day: Date, onnx: &[u8], validation: &TrainingSet) -> Result<Metrics, CycleError> {
    Model::load(onnx)
        .and_then(|model| model.predict(&validation.x))
        .map(|predicted| metrics(&predicted, validation))
        .map_err(|error| CycleError::new(day, "evaluate", error))
}

fn metrics(predicted: &[f64], set: &TrainingSet) -> Metrics {
    let paired = "a prediction was made for each row";
    let ic = skill::information_coefficient_by_date(&set.dates, predicted, &set.y).expect(paired);
    let rank =
        skill::rank_information_coefficient_by_date(&set.dates, predicted, &set.y).expect(paired);
    [
        ("information_coefficient", ic.mean),
        ("information_coefficient_ratio", ic.ratio),
        ("rank_information_coefficient", rank.mean),
        ("rank_information_coefficient_ratio", rank.ratio),
        ("rmse", skill::rmse(predicted, &set.y)),
        ("r2", skill::r2(predicted, &set.y)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.unwrap_or(f64::NAN)))
    .collect()
}

fn register(
    desk: &Desk,
    trained: &Trained,
    metrics: Metrics,
    evaluated: &Id,
    book: &mut Book,
    trail: &mut Trail,
) -> Result<ModelVersion, CycleError> {
    let artifact = Digest::of(&trained.onnx);
    let candidate = Candidate {
        name: desk.model_name(),
        artifact,
        folder: trained
            .folder
            .iter()
            .map(|(path, bytes)| (path.clone(), Digest::of(bytes)))
            .collect(),
        run: trained.run.clone(),
        source: Metadata {
            artifact_location: format!("objects:{artifact}"),
            code_revision: desk.code.version.revision.clone(),
            environment: format!("Cargo.lock {}", desk.code.version.lock),
            training_data: format!("rows:{}", trained.data),
        },
        metrics,
        at: close_of(trail.day()),
    };
    let policy = |error| CycleError::new(trail.day(), "register", error);
    let version = book.registry.register(candidate).map_err(policy)?;
    let because = Because::of(trained.record.clone()).and(evaluated.clone());
    let id = trail.id("registered");
    let objects: Vec<Vec<u8>> = trained.folder.values().cloned().collect();
    trail.named(Kind::Registered, id, because, &version, objects);
    fold_newest(book, trail)?;
    Ok(version)
}

/// Moves an alias, and says so.
pub(crate) fn move_alias(
    book: &mut Book,
    trail: &mut Trail,
    name: &str,
    alias: &str,
    version: u32,
    why: &str,
    cause: &Id,
) -> Result<Id, CycleError> {
    let promotion = book
        .registry
        .promote(name, alias, version, why)
        .map_err(|error| CycleError::new(trail.day(), "promote", error))?;
    let because = Because::of(trail.id("registered"))
        .and_all((*cause != trail.id("registered")).then(|| cause.clone()));
    let record = trail.fact(Kind::Promoted, &format!("promoted-{alias}"), because, &promotion);
    fold_newest(book, trail)?;
    Ok(record)
}

/// Takes the newest fact of the trail into the registry.
pub(crate) fn fold_newest(book: &mut Book, trail: &Trail) -> Result<(), CycleError> {
    let newest = trail.newest().expect("a fact was just added");
    book.fold(newest).map_err(|error| CycleError::new(trail.day(), "register", error))
}
