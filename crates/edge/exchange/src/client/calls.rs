//! The calls of the protocol that this room makes, each with its path and its fields: how pages are
//! followed, experiments and runs. Those of models stand apart.

mod models;

use catalog::Tag;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Client, Repeat};
use crate::Result;
use crate::things::{DatasetInput, Experiment, Metric, ModelLink, Run, RunInfo};

const CLASSIC: &str = "/api/2.0/mlflow/";

/// Runs on a page.
const RUNS: usize = 200;
/// Other things on a page.
const PAGE: usize = 1_000;
/// Values of a metric on a page: what servers give at most.
const METRICS: usize = 25_000;

/// A page of an answer: its items stand under a key that differs from call to call.
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

fn page<T: DeserializeOwned>(mut answer: Value, key: &str) -> serde_json::Result<Page<T>> {
    let items = match answer.get_mut(key).map(Value::take) {
        None | Some(Value::Null) => vec![],
        Some(items) => serde_json::from_value(items)?,
    };
    let next = ["next_page_token", "page_token"].iter().find_map(|key| answer[key].as_str());
    Ok(Page { items, next: next.filter(|token| !token.is_empty()).map(str::to_owned) })
}

impl Client {
    /// A call that reads, in the classic part of the protocol.
    fn classic<T: DeserializeOwned>(&self, call: &str, fields: &[(&str, &str)]) -> Result<T> {
        self.get(&format!("{CLASSIC}{call}"), fields)
    }

    /// A call that sets what it says.
    pub fn set(&self, call: &str, fields: &Value) -> Result<Value> {
        self.send(&Method::POST, &format!("{CLASSIC}{call}"), fields, Repeat::Freely)
    }

    /// A call that makes something.
    pub fn make(&self, call: &str, fields: &Value) -> Result<Value> {
        self.send(&Method::POST, &format!("{CLASSIC}{call}"), fields, Repeat::IfNotBegun)
    }

    fn one<T: DeserializeOwned>(&self, call: &str, answer: Value, key: &str) -> Result<T> {
        let mut answer = answer;
        let thing = answer.get_mut(key).map(Value::take).unwrap_or_default();
        serde_json::from_value(thing).map_err(|error| self.unreadable(call, error.to_string()))
    }

    /// Follows the pages of a search; `ask` makes the request of each.
    fn pages<T: DeserializeOwned>(
        &self,
        call: &str,
        key: &str,
        ask: impl Fn(&str) -> Result<Value>,
        mut take: impl FnMut(Vec<T>) -> Result<()>,
    ) -> Result<()> {
        let mut token = String::new();
        loop {
            let answer = ask(&token)?;
            let Page { items, next } =
                page(answer, key).map_err(|error| self.unreadable(call, error.to_string()))?;
            take(items)?;
            match next {
                Some(next) if next != token => token = next,
                _ => return Ok(()),
            }
        }
    }

    fn all<T: DeserializeOwned>(
        &self,
        call: &str,
        key: &str,
        ask: impl Fn(&str) -> Result<Value>,
    ) -> Result<Vec<T>> {
        let mut all = vec![];
        self.pages(call, key, ask, |mut some| {
            all.append(&mut some);
            Ok(())
        })?;
        Ok(all)
    }

    /// All experiments, deleted ones too.
    pub fn experiments(&self) -> Result<Vec<Experiment>> {
        let call = "experiments/search";
        self.all(call, "experiments", |token| {
            let fields = json!({
                "max_results": PAGE, "view_type": "ALL", "page_token": token,
                "order_by": ["creation_time ASC"],
            });
            self.set(call, &fields)
        })
    }

    /// The experiment of a name, if there is one.
    pub fn experiment_by_name(&self, name: &str) -> Result<Option<Experiment>> {
        let call = "experiments/get-by-name";
        match self.classic(call, &[("experiment_name", name)]) {
            Ok(answer) => self.one(call, answer, "experiment").map(Some),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// An experiment by its id.
    pub fn experiment(&self, id: &str) -> Result<Experiment> {
        let call = "experiments/get";
        let answer = self.classic(call, &[("experiment_id", id)])?;
        self.one(call, answer, "experiment")
    }

    /// Makes an experiment and gives its id.
    pub fn create_experiment(&self, name: &str, tags: &[Tag]) -> Result<String> {
        let call = "experiments/create";
        let answer = self.make(call, &json!({ "name": name, "tags": tags }))?;
        self.one(call, answer, "experiment_id")
    }

    /// Gives all runs of an experiment to `take`, a page at a time, deleted ones too; the oldest
    /// first, so that what is added meanwhile shifts nothing.
    pub fn runs(&self, experiment: &str, take: impl FnMut(Vec<Run>) -> Result<()>) -> Result<()> {
        let ask = |token: &str| {
            let fields = json!({
                "experiment_ids": [experiment], "run_view_type": "ALL", "max_results": RUNS,
                "order_by": ["attributes.start_time ASC"], "page_token": token,
            });
            self.set("runs/search", &fields)
        };
        self.pages("runs/search", "runs", ask, take)
    }

    /// The runs of an experiment that fit a filter, the newest first, at most a page of them.
    pub fn find_runs(&self, experiment: &str, filter: &str) -> Result<Vec<Run>> {
        let fields = json!({
            "experiment_ids": [experiment], "run_view_type": "ALL", "max_results": PAGE,
            "filter": filter,
        });
        let answer = self.set("runs/search", &fields)?;
        let page = page(answer, "runs");
        Ok(page.map_err(|error| self.unreadable("runs/search", error.to_string()))?.items)
    }

    /// A run by its id.
    pub fn run(&self, id: &str) -> Result<Run> {
        let answer = self.classic("runs/get", &[("run_id", id)])?;
        self.one("runs/get", answer, "run")
    }

    /// Makes a run.
    pub fn create_run(&self, experiment: &str, info: &RunInfo, tags: &[Tag]) -> Result<Run> {
        let fields = json!({
            "experiment_id": experiment, "user_id": info.user_id, "run_name": info.run_name,
            "start_time": info.start_time, "tags": tags,
        });
        let answer = self.make("runs/create", &fields)?;
        self.one("runs/create", answer, "run")
    }

    /// Logs what fits into one request.
    pub fn log_batch(
        &self,
        run: &str,
        metrics: &[Value],
        params: &[Tag],
        tags: &[Tag],
    ) -> Result<()> {
        let fields = json!({ "run_id": run, "metrics": metrics, "params": params, "tags": tags });
        self.set("runs/log-batch", &fields).map(drop)
    }

    /// Binds datasets and models to a run as inputs.
    pub fn log_inputs(
        &self,
        run: &str,
        datasets: &[DatasetInput],
        models: &[ModelLink],
    ) -> Result<()> {
        let models: Vec<Value> =
            models.iter().map(|link| json!({ "model_id": link.model_id })).collect();
        let fields = json!({ "run_id": run, "datasets": datasets, "models": models });
        self.set("runs/log-inputs", &fields).map(drop)
    }

    /// Binds models to a run as outputs. They must not be bound already.
    pub fn log_outputs(&self, run: &str, models: &[ModelLink]) -> Result<()> {
        self.make("runs/outputs", &json!({ "run_id": run, "models": models })).map(drop)
    }

    /// Says how a run stands, and when it ended.
    pub fn update_run(&self, run: &str, status: &str, end_time: Option<i64>) -> Result<()> {
        let mut fields = json!({ "run_id": run, "status": status });
        if let Some(end) = end_time {
            fields["end_time"] = end.into();
        }
        self.set("runs/update", &fields).map(drop)
    }

    /// Sets a tag of a run.
    pub fn tag_run(&self, run: &str, tag: &Tag) -> Result<()> {
        let fields = json!({ "run_id": run, "key": tag.key, "value": tag.value });
        self.set("runs/set-tag", &fields).map(drop)
    }

    /// All values of a metric of a run.
    pub fn history(&self, run: &str, key: &str) -> Result<Vec<Metric>> {
        let (call, most) = ("metrics/get-history", METRICS.to_string());
        self.all(call, "metrics", |token| {
            let mut fields = vec![("run_id", run), ("metric_key", key), ("max_results", &most)];
            if !token.is_empty() {
                fields.push(("page_token", token));
            }
            self.classic(call, &fields)
        })
    }

    /// The values of a metric of several runs, at most a page of them; `None` if there are more, if
    /// the server does not offer it, or if one of them is no number: MLflow then writes no JSON here.
    pub fn histories(&self, runs: &[&str], key: &str) -> Result<Option<Vec<(String, Metric)>>> {
        #[derive(Deserialize)]
        struct OfRun {
            run_id: String,
            #[serde(flatten)]
            metric: Metric,
        }
        let call = "/ajax-api/2.0/mlflow/metrics/get-history-bulk";
        let most = METRICS.to_string();
        let mut fields: Vec<(&str, &str)> = runs.iter().map(|run| ("run_id", *run)).collect();
        fields.extend([("metric_key", key), ("max_results", &most)]);
        let found: Page<OfRun> = match self.get(call, &fields) {
            Ok(answer) => {
                page(answer, "metrics").map_err(|error| self.unreadable(call, error.to_string()))?
            }
            Err(crate::ExchangeError::Answer { .. }) => return Ok(None),
            Err(error) if error.is_missing() => return Ok(None),
            Err(error) => return Err(error),
        };
        let all = found.items.len() < METRICS;
        Ok(all.then(|| found.items.into_iter().map(|one| (one.run_id, one.metric)).collect()))
    }

    /// A call of this project's own part of the protocol, which makes something.
    pub fn own(&self, call: &str, fields: &Value) -> Result<Value> {
        let path = format!("/api/2.0/trimtab/{call}");
        self.send(&Method::POST, &path, fields, Repeat::IfNotBegun)
    }

    /// What a served model was asked, and how far it decides like its second version.
    pub fn stats(&self, model: &str) -> Result<Value> {
        let model = utf8_percent_encode(model, NON_ALPHANUMERIC);
        self.get(&format!("/v2/models/{model}/stats"), &[])
    }

    /// The same, for calls that read.
    pub fn own_get(&self, call: &str, fields: &[(&str, &str)]) -> Result<Value> {
        self.get(&format!("/api/2.0/trimtab/{call}"), fields)
    }
}
