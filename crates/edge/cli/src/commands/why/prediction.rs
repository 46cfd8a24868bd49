//! From a prediction to what it rests on: its model, that model's training, and, where it is the
//! forecast of a mandate, its decision and orders.

use std::path::Path;

use anyhow::{Context, bail};
use journal::{Kind, Record, Spine};
use predictions::{LogError, PredictionId};
use serde::Serialize;
use serde_json::Value;
use store::{Home, StoreError};
use tracking::TrainingRun;
use types::{Id, Order, Symbol};

use super::tracked::{TrackedRun, tracked_run};
use crate::cells;
use crate::forecasts::{Forecasts, log_folder};
use crate::say::line;
use crate::show::{self, grouped, say};

/// All that is known about a prediction.
#[derive(Debug, Serialize)]
pub struct Why {
    /// The row of the table `predictions`.
    pub prediction: Value,
    /// The training in the journal that made its model.
    pub training: Option<Training>,
    /// The run on the server that made its model.
    pub tracked_run: Option<TrackedRun>,
    /// The record of its decision, which has a tree of causes of its own.
    pub decision: Option<Id>,
    /// The orders of that decision in its symbol.
    pub orders: Vec<Order>,
}

/// A training in the journal.
#[derive(Debug, Serialize)]
pub struct Training {
    /// The record.
    pub record: Record,
    /// What it says.
    pub says: TrainingRun,
}

impl Why {
    /// Looks it up: in the prediction log, then among the forecasts of the journal.
    pub fn of(folder: &Path, id: PredictionId) -> anyhow::Result<Self> {
        let home = match Home::read(folder) {
            Err(StoreError::Absent(_)) if folder.is_dir() => None,
            home => Some(home?),
        };
        let prediction = row(folder, home.as_ref(), id)?;
        let text = |key: &str| prediction[key].as_str().map(str::to_owned);
        let (run, decision) = (text("run"), text("decision").map(Id::from));
        let training = match (&home, &run) {
            (Some(home), Some(run)) => training(home, run)?,
            _ => None,
        };
        let tracked_run = match (&training, &run) {
            (None, Some(run)) => tracked_run(folder, run)?,
            _ => None,
        };
        let symbol = prediction["entity"]["symbol"].as_str().map(Symbol::from);
        let orders = match (&home, &decision, symbol) {
            (Some(home), Some(decision), Some(symbol)) => orders(home, decision, &symbol)?,
            _ => vec![],
        };
        Ok(Self { prediction, training, tracked_run, decision, orders })
    }

    /// The symbol that it is about, for the tree of its decision.
    pub fn symbol(&self) -> Symbol {
        self.prediction["entity"]["symbol"].as_str().unwrap_or("-").into()
    }

    /// Prints it for people, but for the tree.
    pub fn print(&self) {
        let one = &self.prediction;
        let text = |key: &str| one[key].as_str().unwrap_or("-").to_owned();
        say(&format!("prediction {}", text("id")));
        let caller = one["caller"].as_str().map_or_else(String::new, |by| format!(", for {by}"));
        let of = one["entity_key"].as_str().filter(|key| !key.is_empty());
        let of = of.map_or_else(String::new, |key| format!(", of {key}"));
        fact("made", &format!("{}{of}{caller}", text("at")));
        if let Some(matures) = one["matures_at"].as_str() {
            fact("matures", matures);
        }
        fact("model", &self.model());
        self.print_training();
        fact(
            "features",
            &format!("{}; digest {}", self.features(), short(&text("features_digest"))),
        );
        if let Some(digest) = one["input_digest"].as_str() {
            fact("input", &format!("digest {}", short(digest)));
        }
        let latency = one["latency_us"].as_u64().filter(|us| *us > 0);
        let took = latency.map_or_else(String::new, |us| format!("; {} ms", us as f64 / 1000.0));
        fact("said", &format!("{}{took}", pairs(&one["outputs"])));
        if !text("flags").is_empty() {
            fact("flags", &text("flags"));
        }
        self.print_decision();
    }

    fn model(&self) -> String {
        let one = &self.prediction;
        let part = |key: &str, before: &str| match one[key].as_str() {
            Some(text) if !text.is_empty() => format!("{before}{text}"),
            _ => String::new(),
        };
        let digest =
            one["model_digest"].as_str().map(|digest| format!(", digest {}", short(digest)));
        format!(
            "{}{}{}{}{}",
            one["model"].as_str().unwrap_or("-"),
            part("version", " version "),
            part("alias", ", asked for as "),
            part("route", ", "),
            digest.unwrap_or_default()
        )
    }

    fn print_training(&self) {
        if let Some(training) = &self.training {
            let payload = tracking::payload(&training.says);
            fact("training", &line(&training.record, &payload, &self.symbol()));
            let data: Vec<String> = training
                .says
                .data
                .iter()
                .map(|data| format!("{} {}", data.name, data.digest.short()))
                .collect();
            fact("data", &data.join(", "));
            fact(
                "definitions",
                &format!("of the features, digest {}", training.says.features.short()),
            );
        } else if let Some(run) = &self.tracked_run {
            run.facts().into_iter().for_each(|(name, says)| fact(name, &says));
        } else if let Some(run) = self.prediction["run"].as_str() {
            fact("training", &format!("run {run}, of which this home knows nothing"));
        }
    }

    fn features(&self) -> String {
        let both = [&self.prediction["features"], &self.prediction["texts"]];
        let shown: Vec<String> =
            both.into_iter().map(pairs).filter(|text| !text.is_empty()).collect();
        if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
    }

    fn print_decision(&self) {
        let Some(decision) = &self.decision else { return };
        let mandate = self.prediction["mandate"].as_str().unwrap_or("-");
        fact("decision", &format!("{decision} of the mandate {mandate}"));
        if self.orders.is_empty() {
            fact("orders", &format!("none in {}", self.symbol()));
        }
        for order in &self.orders {
            fact(
                "order",
                &format!(
                    "{}: {} {} {}",
                    order.id,
                    format!("{:?}", order.side).to_lowercase(),
                    grouped(order.quantity.to_f64(), 0),
                    order.symbol
                ),
            );
        }
    }
}

/// Columns of the facts' names.
const NAME_WIDTH: usize = 12;

fn fact(name: &str, says: &str) {
    let room = show::width().saturating_sub(NAME_WIDTH + 2).max(40);
    for (place, row) in super::wrapped(says, room).iter().enumerate() {
        let name = if place == 0 { name } else { "" };
        say(&format!("  {name:<NAME_WIDTH$}{row}"));
    }
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// A map as text.
fn pairs(map: &Value) -> String {
    let pairs = map.as_object().into_iter().flatten().map(|(name, value)| match value {
        Value::Null => format!("{name} unknown"),
        Value::String(text) => format!("{name} {text}"),
        number => format!("{name} {number}"),
    });
    pairs.collect::<Vec<_>>().join(", ")
}

fn row(folder: &Path, home: Option<&Home>, id: PredictionId) -> anyhow::Result<Value> {
    let found = match predictions::find(&log_folder(folder), id) {
        Err(LogError::Absent(_)) => None,
        found => found?,
    };
    let found = match (found, home) {
        (None, Some(home)) => {
            let forecast = Forecasts::of(home)?.find(id)?;
            forecast.map(|forecast| predictions::record_batch([&forecast]))
        }
        (found, _) => found,
    };
    let Some(batch) = found else {
        bail!("no prediction {id} in {}; `trimtab logs` shows the newest", folder.display());
    };
    cells::values(&batch)?.into_iter().next().context("a row was found")
}

fn training(home: &Home, run: &str) -> anyhow::Result<Option<Training>> {
    for record in home.records().iter().filter(|record| record.kind == Kind::Trained) {
        let says: TrainingRun = serde_json::from_slice(&home.payload(&record.digest)?)?;
        if says.id.as_str() == run {
            return Ok(Some(Training { record: record.clone(), says }));
        }
    }
    Ok(None)
}

/// What was placed in a symbol by the decision of a record: the same run on the same day.
fn orders(home: &Home, decision: &Id, symbol: &Symbol) -> anyhow::Result<Vec<Order>> {
    let Some(of) = home.record(decision) else { return Ok(vec![]) };
    let mut found = Vec::new();
    for record in home.records() {
        if record.kind == Kind::Placed && record.run == of.run && record.at == of.at {
            let order: Order = serde_json::from_slice(&home.payload(&record.digest)?)?;
            if order.symbol == *symbol {
                found.push(order);
            }
        }
    }
    Ok(found)
}
