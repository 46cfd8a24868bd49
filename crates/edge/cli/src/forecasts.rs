//! The forecasts of a home's journal as predictions: one for each symbol that a record `forecast` names.
//!
//! They are durable with the decision that they belong to, so they are not written a second time into
//! the prediction log; the table `predictions` shows both. The id of such a prediction follows from its
//! record and symbol, and the field `decision` names the record, by which `trimtab why` finds the rest.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cycle::Mandate;
use cycle::facts::{Featured, Forecasted, RunAsked};
use journal::{Kind, Record, Spine};
use market::Calendar;
use predictions::{Flag, Prediction, PredictionId, Served, Value};
use serde::de::DeserializeOwned;
use store::Home;
use tracking::ModelVersion;
use types::{Date, Id, RunId, Symbol, Timestamp, close_of};

/// The folder of a home's prediction log.
pub fn log_folder(home: &Path) -> PathBuf {
    home.join("predictions")
}

/// What the forecasts of a journal have in common.
pub struct Forecasts<'a> {
    home: &'a Home,
    calendar: Calendar,
    mandates: BTreeMap<RunId, Arc<str>>,
    trainings: BTreeMap<(RunId, String, u32), String>,
}

impl<'a> Forecasts<'a> {
    /// Of this home.
    pub fn of(home: &'a Home) -> anyhow::Result<Self> {
        let mut found = Self {
            home,
            calendar: Calendar::nyse(),
            mandates: BTreeMap::new(),
            trainings: BTreeMap::new(),
        };
        for record in home.records() {
            let Some(run) = &record.run else { continue };
            match record.kind {
                Kind::Commanded => {
                    let asked: RunAsked = read(home, record)?;
                    let mandate = Mandate::parse(&asked.file, &asked.mandate);
                    let name = mandate.map_or(asked.file, |mandate| mandate.mandate.name);
                    found.mandates.insert(run.clone(), name.into());
                }
                Kind::Registered => {
                    let made: ModelVersion = read(home, record)?;
                    let key = (run.clone(), made.name, made.version);
                    found.trainings.insert(key, made.run.to_string());
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// All of them, in the order of the journal.
    #[cfg(feature = "sql")]
    pub fn all(&self) -> anyhow::Result<Vec<Prediction>> {
        let mut found = Vec::new();
        for record in self.records() {
            found.extend(self.of_record(record)?);
        }
        Ok(found)
    }

    /// The one with this id.
    pub fn find(&self, id: PredictionId) -> anyhow::Result<Option<Prediction>> {
        let of_moment = |record: &&Record| {
            u64::try_from(record.at.timestamp_millis()).ok() == Some(id.milliseconds())
        };
        for record in self.records().filter(of_moment) {
            let found = self.of_record(record)?.into_iter().find(|one| one.id == id);
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn records(&self) -> impl Iterator<Item = &'a Record> + use<'a> {
        self.home.records().iter().filter(|record| record.kind == Kind::Forecast)
    }

    fn of_record(&self, record: &Record) -> anyhow::Result<Vec<Prediction>> {
        let says: Forecasted = read(self.home, record)?;
        let featured = self.featured(record)?;
        let model = Arc::new(self.model(record, &says));
        let names: Arc<[String]> =
            featured.as_ref().map(|featured| featured.names.clone()).unwrap_or_default().into();
        let mandate = record.run.as_ref().and_then(|run| self.mandates.get(run)).cloned();
        let matures_at = self.matures(record.at.date_naive(), says.horizon_days);
        let one = |(symbol, expected): (&Symbol, &f64)| {
            let row = featured.as_ref().and_then(|featured| featured.values.get(symbol));
            let values = match row {
                Some(row) => row.iter().map(|v| v.map_or(Value::Missing, Value::Number)).collect(),
                None => vec![Value::Missing; names.len()],
            };
            let outputs = Arc::new([format!("expected_return_{}d", says.horizon_days)]);
            let outputs: Arc<[String]> = outputs;
            let mut made = Prediction::new(
                record.at,
                model.clone(),
                names.clone(),
                values,
                outputs,
                vec![*expected],
            );
            made.id = id_of(&record.id, record.at, symbol);
            made.matures_at = Some(matures_at);
            made.mandate.clone_from(&mandate);
            made.decision = Some(record.id.as_str().into());
            made.caller = Some("trimtab run".into());
            made.entity_names = Arc::new(["symbol".to_owned()]);
            made.entity = vec![symbol.as_str().into()];
            if let Some(reason) = says.invalid.get(symbol) {
                flag(&mut made, reason);
            }
            made
        };
        // Where nothing forecasts, nothing was predicted.
        let made = says.expected_return.iter().filter(|_| says.by != "none");
        Ok(made.map(one).collect())
    }

    fn featured(&self, record: &Record) -> anyhow::Result<Option<Featured>> {
        let causes = record.because.iter().filter_map(|id| self.home.record(id));
        let cause = causes.into_iter().find(|cause| cause.kind == Kind::Featured);
        cause.map(|cause| read(self.home, cause)).transpose()
    }

    fn model(&self, record: &Record, says: &Forecasted) -> Served {
        let Some(model) = &says.model else {
            return Served { name: says.by.clone(), ..Served::default() };
        };
        let run = record
            .run
            .as_ref()
            .and_then(|run| self.trainings.get(&(run.clone(), model.name.clone(), model.version)));
        Served {
            name: model.name.clone(),
            version: model.version.to_string(),
            alias: Some(tracking::CHAMPION.to_owned()),
            run: run.cloned(),
            digest: Some(model.digest.to_string()),
            route: Some("primary".to_owned()),
        }
    }

    /// The close of the day on which a forecast of `day` is known.
    fn matures(&self, day: Date, horizon_days: u32) -> Timestamp {
        close_of((0..horizon_days).fold(day, |day, _| self.calendar.next(day)))
    }
}

/// The id of the forecast of a symbol.
fn id_of(record: &Id, at: Timestamp, symbol: &Symbol) -> PredictionId {
    PredictionId::derived(at, format!("{record}/{symbol}").as_bytes())
}

/// A value that was refused counted as nought, which is like not giving it out.
fn flag(made: &mut Prediction, reason: &str) {
    let finite = !(reason.contains("NaN") || reason.contains("inf"));
    made.flags.set(if finite { Flag::OutOfRange } else { Flag::NotFinite });
    made.flags.set(Flag::Withheld);
}

fn read<T: DeserializeOwned>(home: &Home, record: &Record) -> anyhow::Result<T> {
    Ok(serde_json::from_slice(&home.payload(&record.digest)?)?)
}
