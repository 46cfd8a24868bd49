//! What a model learns to forecast: an expression that looks ahead.

use std::fmt;

use types::Panel;

use crate::evaluate::{Evaluation, finite};
use crate::plan::{Id, Plan, Window};
use crate::set::no_field;
use crate::{Expression, FeatureError};

/// An expression over a panel that may read rows after the one it describes. It belongs in training
/// and evaluation; nothing that decides can use it, because [`crate::FeatureSet`] refuses it.
#[derive(Debug, Clone)]
pub struct Label {
    text: String,
    plan: Plan,
    root: Id,
}

impl Label {
    /// Parses a label. One that does not look ahead is refused: it would be known already.
    pub fn compile(source: &str) -> Result<Label, FeatureError> {
        let expression = Expression::parse(source)?;
        let mut plan = Plan::default();
        let root = plan.lower(&expression.root);
        let text = expression.to_string();
        match plan.window(root).right {
            0 => Err(FeatureError::LooksBack { label: text }),
            _ => Ok(Label { text, plan, root }),
        }
    }

    /// The simple return of `close` over the next `days` rows.
    ///
    /// ```
    /// let label = features::Label::forward_return(21)?;
    /// assert_eq!(label.to_string(), "shift(close, -21) / close - 1");
    /// assert_eq!(label.horizon(), 21);
    /// # Ok::<(), features::FeatureError>(())
    /// ```
    ///
    /// Refused if `days` is 0 or more than [`crate::MAX_WINDOW`].
    pub fn forward_return(days: usize) -> Result<Label, FeatureError> {
        Label::compile(&format!("shift(close, -{days}) / close - 1"))
    }

    /// How many rows after its own the label reads.
    pub fn horizon(&self) -> usize {
        self.window().right
    }

    /// The rows that are read, relative to the row that is described.
    pub fn window(&self) -> Window {
        self.plan.window(self.root)
    }

    /// Dates × symbols; NaN on the last [`Label::horizon`] days, whose outcome is not known yet.
    pub fn history(&self, panel: &Panel) -> Result<Vec<f64>, FeatureError> {
        if let Some(field) = self.plan.fields().iter().find(|field| !panel.has(field)) {
            return Err(no_field(&self.text, field, panel));
        }
        let wanted = 0..panel.rows();
        let run = Evaluation::run(
            &self.plan,
            &[self.root],
            panel,
            wanted.clone(),
            0..panel.symbols().len(),
        )
        .expect("the fields have been checked");
        let rows = run.rows(self.root);
        Ok(finite(wanted.flat_map(|t| rows.row(t as i64).iter().copied()).collect()))
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
