//! A file -> outcomes that are kept with the prediction log.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use arrow_array::{Array, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{DataType, Field, Schema};
use chrono::{DateTime, Days, NaiveDateTime, Utc};
use predictions::{Of, Outcome, Prediction, PredictionId, keep_outcomes};
use serde_json::json;
use sql::{Limits, Session};
use types::{Timestamp, parse_date};

use crate::cells;
use crate::commands::logs::tables::Tables;
use crate::forecasts::log_folder;
use crate::show::{self, Format, count, say};

/// How many predictions have what came true.
const JOINED: &str = "SELECT count(*) AS joined FROM predictions_with_outcomes \
                      WHERE outcome IS NOT NULL";

/// Takes a file in, and says how many predictions have an outcome now.
pub fn add(home: &Path, file: &Path, format: Format) -> anyhow::Result<()> {
    // Complains if there is no home, before anything is made.
    let tables = Tables::of(home, Limits::default())?;
    let outcomes = read(file)?;
    keep_outcomes(&log_folder(home), &outcomes)?;
    let joined = cells::values(&tables.query(JOINED)?[0])?[0]["joined"].as_u64().unwrap_or(0);
    match format {
        Format::Json => show::json(&json!({"outcomes": outcomes.len(), "predictions": joined})),
        Format::Table => {
            say(&format!(
                "{} taken in; {} of this home have an outcome now",
                count(outcomes.len(), "outcome"),
                count(joined as usize, "prediction")
            ));
            Ok(())
        }
    }
}

/// The outcomes of a file.
fn read(file: &Path) -> anyhow::Result<Vec<Outcome>> {
    let session = Session::new(Limits::default())?;
    let paths = [file.to_owned()];
    if file.extension().is_some_and(|extension| extension == "parquet") {
        session.wait(session.register_parquet("given", &paths))?;
    } else {
        session.wait(session.register_csv("given", &paths, None))?;
        // Again as text, so that a key such as 007 stays what it is.
        let fields = session.wait(session.schema("given"))?;
        let text = |field: &Arc<Field>| Field::new(field.name(), DataType::Utf8, true);
        let texts = Schema::new(fields.fields().iter().map(text).collect::<Vec<_>>());
        session.wait(session.register_csv("given", &paths, Some(Arc::new(texts))))?;
    }
    let mut found = Vec::new();
    for batch in session.wait(session.query("SELECT * FROM given"))? {
        let columns = Columns::of(&batch).with_context(|| file.display().to_string())?;
        for row in 0..batch.num_rows() {
            let outcome = columns.outcome(row);
            let number = found.len() + 1;
            let place = || format!("{}, row {number}", file.display());
            found.push(outcome.with_context(place)?);
        }
    }
    ensure!(!found.is_empty(), "{} has no rows", file.display());
    Ok(found)
}

/// Every value of a batch as a text, by the name of its column.
struct Columns<'a> {
    names: Vec<String>,
    texts: Vec<ArrayFormatter<'a>>,
    nulls: Vec<&'a dyn Array>,
}

impl<'a> Columns<'a> {
    fn of(batch: &'a RecordBatch) -> anyhow::Result<Self> {
        let names: Vec<String> =
            batch.schema().fields().iter().map(|field| field.name().clone()).collect();
        for needed in ["value", "known_at"] {
            ensure!(
                names.iter().any(|name| name == needed),
                "there is no column `{needed}`; there are {}",
                names.join(", ")
            );
        }
        let has = |name: &str| names.iter().any(|known| known == name);
        let keys = names.iter().any(|name| !["value", "known_at", "at"].contains(&name.as_str()));
        ensure!(
            has("id") || (has("at") && keys),
            "it does not say which predictions it is of: give a column `id`, or `at` and the keys of the \
             entity such as `symbol`"
        );
        let options = FormatOptions::new().with_timestamp_tz_format(Some("%+"));
        let texts = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
            .collect::<Result<_, _>>()?;
        let nulls = batch.columns().iter().map(AsRef::as_ref).collect();
        Ok(Self { names, texts, nulls })
    }

    /// The text in a column, if there is one that is not empty.
    fn text(&self, row: usize, name: &str) -> anyhow::Result<Option<String>> {
        let Some(place) = self.names.iter().position(|known| known == name) else {
            return Ok(None);
        };
        if self.nulls[place].is_null(row) {
            return Ok(None);
        }
        let text = self.texts[place].value(row).try_to_string()?;
        Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
    }

    fn outcome(&self, row: usize) -> anyhow::Result<Outcome> {
        let needed =
            |name: &str| self.text(row, name)?.with_context(|| format!("`{name}` is empty"));
        let text = needed("value")?;
        let value: f64 = text.parse().with_context(|| format!("`value` is `{text}`, no number"))?;
        ensure!(value.is_finite(), "`value` is {value}; leave out what did not come true");
        // A day is over before what happened on it is known.
        let (_, known_at) = moments(&needed("known_at")?, "known_at")?;
        Ok(Outcome { of: self.of_what(row)?, value, known_at })
    }

    fn of_what(&self, row: usize) -> anyhow::Result<Of> {
        if let Some(id) = self.text(row, "id")? {
            return Ok(Of::Prediction(id.parse::<PredictionId>()?));
        }
        let Some(at) = self.text(row, "at")? else { bail!("neither `id` nor `at` is given") };
        let (from, until) = moments(&at, "at")?;
        let mut pairs = Vec::new();
        for name in &self.names {
            if !["id", "at", "value", "known_at"].contains(&name.as_str())
                && let Some(value) = self.text(row, name)?
            {
                pairs.push((name.clone(), value));
            }
        }
        ensure!(!pairs.is_empty(), "no key of an entity is given, such as `symbol`");
        Ok(Of::Entity { key: Prediction::key_of(pairs), from, until })
    }
}

/// A moment and the one after it; of a day its begin and its end.
fn moments(text: &str, column: &str) -> anyhow::Result<(Timestamp, Timestamp)> {
    if let Some(day) = parse_date(text) {
        let from = day.and_time(chrono::NaiveTime::MIN).and_utc();
        let until = from.checked_add_days(Days::new(1)).context("the day is out of range")?;
        return Ok((from, until));
    }
    let with_zone = DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc));
    let plain = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];
    let at = with_zone.ok().or_else(|| {
        let read = |format| NaiveDateTime::parse_from_str(text, format).ok();
        plain.into_iter().find_map(read).map(|at| at.and_utc())
    });
    let at = at.with_context(|| {
        format!("`{column}` is `{text}`; write a day such as 2021-01-29, or a moment such as 2021-01-29T21:00:00Z")
    })?;
    Ok((at, at + chrono::TimeDelta::microseconds(1)))
}
