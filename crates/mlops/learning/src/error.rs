//! What can go wrong in training, in reading a model file and in forecasting.

/// An error of this room; the message says what to change.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LearnError {
    /// A parameter of the model specification is out of range.
    #[error("model parameter `{name}` is {value}: {expected}")]
    Parameter {
        /// The parameter as written in the specification.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The range that is allowed.
        expected: &'static str,
    },
    /// The parts of a training set do not fit together.
    #[error(
        "a training set of {rows} dates and {columns} features needs {expected} {what}, found {found}"
    )]
    Shape {
        /// `feature values` or `labels`.
        what: &'static str,
        /// Rows, one for each date.
        rows: usize,
        /// Features.
        columns: usize,
        /// How many values that needs.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// There are not enough rows to learn from.
    #[error("training needs at least {needed} rows with a label, found {found}: widen the window")]
    TooFewRows {
        /// Rows that the model needs.
        needed: usize,
        /// Rows given.
        found: usize,
    },
    /// A label is NaN or infinite, or a feature is infinite (NaN features are allowed).
    #[error("{what} in training row {row} is {value}: drop the row or mend its source")]
    NotFinite {
        /// `label`, or the name of the feature.
        what: String,
        /// The row, counted from 0.
        row: usize,
        /// The value found.
        value: f64,
    },
    /// What stands in front of the model cannot be made of the features.
    #[error("the features could not be prepared: {problem}")]
    Preparation {
        /// Why, and what to change.
        problem: String,
    },
    /// What a search tries makes no sense.
    #[error("the search cannot be made: {problem}")]
    Search {
        /// Why, and what to change.
        problem: String,
    },
    /// There are not enough dates for the splits of a search.
    #[error(
        "{folds} splits with {gap} dates between training and judging need {needed} dates with \
         rows, found {found}: widen the window, or ask for fewer `folds`"
    )]
    TooFewDates {
        /// Dates that the splits need.
        needed: usize,
        /// Dates that rows have.
        found: usize,
        /// Splits.
        folds: usize,
        /// Dates between training and judging.
        gap: usize,
    },
    /// Documents cannot be measured as asked.
    #[error("the texts cannot be measured: {problem}")]
    Text {
        /// Why, and what to change.
        problem: String,
    },
    /// A forecast cannot be explained.
    #[error("the forecasts cannot be explained: {problem}")]
    Explanation {
        /// Why.
        problem: String,
    },
    /// A solver gave up.
    #[error("training the {model} model failed: {reason}")]
    Solver {
        /// The kind of model.
        model: &'static str,
        /// What the solver said.
        reason: String,
    },
    /// The bytes are not an ONNX file that can be used.
    #[error("the model file is malformed: {problem}")]
    Malformed {
        /// What is wrong, and where.
        problem: String,
    },
    /// The graph has an operator that this evaluator does not know.
    #[error(
        "operator `{operator}` of domain `{domain}` is not supported; supported are {supported}"
    )]
    UnsupportedOperator {
        /// The operator.
        operator: String,
        /// Its domain: `ai.onnx` or `ai.onnx.ml`.
        domain: String,
        /// Every operator that is known, by domain.
        supported: String,
    },
    /// A node of the graph could not be prepared or evaluated.
    #[error("node `{node}` ({operator}): {problem}")]
    Operator {
        /// The node's name, or its first output where it has none.
        node: String,
        /// Its operator.
        operator: String,
        /// What is wrong.
        problem: String,
    },
    /// The feature values do not form whole rows.
    #[error("the model takes rows of {features} features, found {found} values")]
    Input {
        /// Features that the model takes.
        features: usize,
        /// Values given.
        found: usize,
    },
    /// A tensor does not fit an input of a graph.
    #[error("input `{input}` of the graph {problem}")]
    Feed {
        /// The input's name.
        input: String,
        /// What is wrong.
        problem: String,
    },
    /// Another runtime could not evaluate a file.
    #[error("{runtime}: {problem}")]
    Runtime {
        /// Which one.
        runtime: &'static str,
        /// What it says.
        problem: String,
    },
    /// The first output is not one number for each row.
    #[error(
        "output `{output}` has {found} values for {rows} rows: a forecast is one number for each row"
    )]
    NotOneForecast {
        /// The first output's name.
        output: String,
        /// Rows given.
        rows: usize,
        /// Values found.
        found: usize,
    },
    /// A date's forecasts and outcomes do not pair up.
    #[error("{left} forecasts and {right} outcomes do not pair up: give one outcome per forecast")]
    Unpaired {
        /// Forecasts given.
        left: usize,
        /// Outcomes or dates given.
        right: usize,
    },
}
