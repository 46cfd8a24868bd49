//! The parameters of the model: those of the mandate, or the best of a search, with a record of
//! every trial.
//!
//! The search sees the training rows only. The days that judge the model have no part in it, so what
//! is measured on them is not the best of many luckiest draws.

use journal::{Because, Kind};
use learning::search::{Trial, best};
use learning::{ModelSpec, TrainingSet};
use tracking::{DataRef, Evaluation, Metrics};
use types::{Digest, Id};

use crate::learn::gap;
use crate::{CycleError, Desk, Trail};

/// What is to be trained, and why.
pub(crate) struct Tuned {
    pub spec: ModelSpec,
    /// The records of the trials.
    pub trials: Vec<Id>,
    /// What is said of the search.
    said: Option<String>,
}

impl Tuned {
    /// The parameters of the model, and what is said of the search, for the record of the training.
    pub fn params(&self) -> impl Iterator<Item = (String, String)> {
        let spec = serde_json::to_value(&self.spec).expect("a model spec is plain data");
        let fields = spec.as_object().cloned().unwrap_or_default();
        let text = |value: &serde_json::Value| value.to_string().trim_matches('"').to_owned();
        let fields = fields.into_iter().map(move |(name, value)| (name, text(&value)));
        fields.chain(self.said.clone().map(|said| ("search".to_owned(), said)))
    }
}

/// Searches, if the mandate says so.
pub(crate) fn tune(
    desk: &Desk,
    training: &TrainingSet,
    rows: Digest,
    because: &Because,
    trail: &mut Trail,
) -> Result<Tuned, CycleError> {
    let plan = desk.mandate.forecast.as_ref().expect("only a forecast is learned");
    let spec = plan.learned().expect("an outlook with a label has a model");
    let Some(search) = &plan.search else {
        return Ok(Tuned { spec: spec.clone(), trials: vec![], said: None });
    };
    let failed = |error: &dyn std::fmt::Display| CycleError::new(trail.day(), "search", error);
    let gap = gap(&plan.train, desk.outlook.horizon_days() as usize);
    let seed = desk.mandate.mandate.seed;
    let trials = search.run(&plan.prepare, spec, training, gap, seed);
    let trials = trials.map_err(|error| failed(&error))?;
    let none = "no candidate could be measured on every split";
    let winner = best(&trials).ok_or_else(|| failed(&none))?;
    let measure = search.by.name();
    let (spec, words) = (winner.spec.clone(), winner.name.clone());
    let said = format!("{words}, the best of {} by {measure}", trials.len());
    let count = trials.len();
    let record = |(number, trial): (usize, &Trial)| {
        let what = format!("trial-{:03}", number + 1);
        let scores = trial.scores.iter().enumerate();
        let scores = scores.map(|(split, score)| (format!("split {}", split + 1), *score));
        let says = Evaluation {
            run: trail.id(&what).to_string().into(),
            name: format!("trial {} of {count}, {}", number + 1, trial.name),
            data: vec![DataRef { name: "training rows".to_owned(), digest: rows }],
            metrics: scores.chain([(measure.to_owned(), trial.mean)]).collect::<Metrics>(),
        };
        trail.fact(Kind::Evaluated, &what, because.clone(), &says)
    };
    let records = trials.iter().enumerate().map(record).collect();
    Ok(Tuned { spec, trials: records, said: Some(said) })
}
