//! Errors of predictions by model version over time.

use std::path::Path;

use sql::Limits;

use crate::commands::logs::answer::{self, JsonRows};
use crate::commands::logs::tables::Tables;
use crate::commands::outcomes::{MetricsArgs, Period};
use crate::show::{Format, note};

/// Prints the table. What was withheld is left out: nobody acted on it.
pub fn metrics(home: &Path, args: &MetricsArgs, format: Format) -> anyhow::Result<()> {
    let tables = Tables::of(home, Limits::default())?;
    let found = tables.query(&question(args))?;
    match format {
        Format::Table => {
            if found.iter().all(|batch| batch.num_rows() == 0) {
                note("no prediction has an outcome yet; `trimtab outcomes add FILE` takes some in");
            }
            answer::table(&found)
        }
        Format::Json => {
            let mut out = JsonRows::new();
            found.iter().try_for_each(|batch| out.write(batch))?;
            out.finish()
        }
    }
}

/// Errors are prediction less outcome. The correlation is Pearson's, and `same_sign` the share of
/// predictions on the right side of nought.
fn question(args: &MetricsArgs) -> String {
    let period = match args.by {
        Period::All => "'all'".to_owned(),
        Period::Day => truncated("day"),
        Period::Week => truncated("week"),
        Period::Month => truncated("month"),
        Period::Year => truncated("year"),
    };
    let model = args
        .model
        .as_deref()
        .map_or_else(String::new, |model| format!("AND model = '{}'", model.replace('\'', "''")));
    format!(
        "SELECT model, version, {period} AS period, count(*) AS predictions, \
                avg(error) AS bias, avg(abs(error)) AS mae, sqrt(avg(error * error)) AS rmse, \
                corr(prediction, outcome) AS correlation, \
                avg(CASE WHEN signum(prediction) = signum(outcome) THEN 1.0 ELSE 0.0 END) AS same_sign \
         FROM predictions_with_outcomes \
         WHERE outcome IS NOT NULL AND NOT withheld {model} \
         GROUP BY 1, 2, 3 ORDER BY 1, 3, 2"
    )
}

fn truncated(to: &str) -> String {
    format!("to_char(date_trunc('{to}', at), '%Y-%m-%d')")
}
