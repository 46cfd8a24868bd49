//! What stands in front of a model, in the same file: fewer features, or others made of them.
//!
//! In: a [`Preparation`] and the training rows. Out: the beginning of the graph and the rows as that
//! graph gives them. The order is fixed: features that hardly vary go, the best of the rest stay,
//! and their principal components take their place. All three look at the training rows only.

mod components;
mod score;

use serde::{Deserialize, Serialize};

pub use score::{Criterion, scores};

use crate::onnx::write::{Graph, Value};
use crate::spec::within;
use crate::train::standard::mean_and_deviation;
use crate::{LearnError, Model, TrainingSet, Values};

/// What stands in front of a model; by default nothing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Preparation {
    /// Features whose variance over the known training values is not above this are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variance_above: Option<f64>,
    /// Only the best features stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub select: Option<Selection>,
    /// So many principal components of the standardised features take their place (Jolliffe 2002,
    /// section 2.3); unknown values are their training mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub components: Option<usize>,
}

/// Which features stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// What makes a feature good.
    #[serde(default)]
    pub by: Criterion,
    /// How many stay.
    pub top: usize,
}

impl Preparation {
    /// Whether nothing stands in front.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses parameters that make no sense.
    ///
    /// # Errors
    /// [`LearnError::Parameter`] with the parameter, its value and its range.
    pub fn check(&self) -> Result<(), LearnError> {
        let count =
            |name, value: usize| within(name, value as f64, (1.0, 1e6, "must be at least 1"));
        let variance = self.variance_above.unwrap_or(0.0);
        within("variance_above", variance, (0.0, f64::MAX, "must not be negative"))?;
        count("top", self.select.map_or(1, |select| select.top))?;
        count("components", self.components.unwrap_or(1))
    }

    /// The graph so far, and the training rows as it gives them.
    pub(crate) fn apply(&self, set: &TrainingSet) -> Result<(Graph, TrainingSet), LearnError> {
        let mut graph = Graph::new(&set.names);
        let mut prepared = set.clone();
        let chosen = self.choose(set)?;
        if chosen.len() < set.names.len() {
            let places = chosen.iter().map(|c| *c as i64).collect();
            let input = graph.input();
            graph.ints("chosen", places);
            graph.ai("Gather", &[&input, "chosen"], &["selected"], vec![("axis", Value::Int(1))]);
            graph.prepared("selected");
            prepared.names = chosen.iter().map(|c| set.names[*c].clone()).collect();
            prepared.x = through(&graph, &prepared.names, set)?;
        }
        if let Some(count) = self.components {
            components::write(count, &prepared, &mut graph)?;
            prepared.names = (1..=count).map(|c| format!("component_{c}")).collect();
            prepared.x = through(&graph, &prepared.names, set)?;
        }
        Ok((graph, prepared))
    }

    /// The columns that stay, in their order.
    fn choose(&self, set: &TrainingSet) -> Result<Vec<usize>, LearnError> {
        let mut chosen: Vec<usize> = (0..set.names.len()).collect();
        if let Some(least) = self.variance_above {
            chosen.retain(|c| mean_and_deviation(set.column(*c)).1.powi(2) > least);
            if chosen.is_empty() {
                let problem = format!("no feature has a variance above {least}");
                return Err(LearnError::Preparation { problem });
            }
        }
        if let Some(Selection { by, top }) = self.select {
            let scores = scores(set, by);
            // Unknown scores come last, and of equal ones the first column comes first.
            chosen.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
            chosen.truncate(top);
            chosen.sort_unstable();
        }
        Ok(chosen)
    }
}

/// The rows as the graph gives them, so that a model learns from what it will be given.
fn through(graph: &Graph, names: &[String], set: &TrainingSet) -> Result<Vec<f64>, LearnError> {
    let file = Model::load(&graph.so_far(names.len()))?;
    let outputs = file.run(&set.x)?;
    match outputs.into_iter().next().map(|output| output.values) {
        Some(Values::Numbers(values)) => Ok(values),
        _ => unreachable!("a preparation has one output of numbers"),
    }
}
