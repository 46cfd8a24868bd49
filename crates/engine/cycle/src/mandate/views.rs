//! What people believe beyond history and models: `[views]`.

use serde::{Deserialize, Serialize};
use types::Date;

use super::units::day;

/// `[views]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewsPlan {
    /// Sentences about returns over the horizon of the forecast: `AAPL - MSFT == 2%`, or tables that
    /// say from when, until when, and who holds the view.
    pub hold: Vec<HeldView>,
    /// `black-litterman` or `entropy-pooling`.
    #[serde(default = "black_litterman")]
    pub method: String,
    /// For `black-litterman`: the variance of the prior means as a fraction of that of returns;
    /// 0.05 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tau: Option<f64>,
    /// What is expected before the views.
    #[serde(default)]
    pub prior: Prior,
}

/// What is expected of returns before the views.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prior {
    /// What `[forecast]` says; nought for every symbol without it.
    #[default]
    Forecast,
    /// The returns at which the benchmark is the best portfolio for a risk aversion of 2.5.
    Equilibrium,
}

/// One view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a view is text such as \"AAPL == 2%\", or { view = \"AAPL == 2%\", from = \
                 \"2020-01-31\", until = \"2020-06-30\", by = \"who\" }"
)]
pub enum HeldView {
    /// Held on all days.
    Always(String),
    /// Held by somebody for a time.
    Dated(DatedView),
}

/// A view that somebody holds for a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatedView {
    /// The sentence.
    pub view: String,
    /// The first day on which it is held.
    #[serde(default, deserialize_with = "day", skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The last day on which it is held.
    #[serde(default, deserialize_with = "day", skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Who holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl HeldView {
    /// The sentence.
    pub fn sentence(&self) -> &str {
        match self {
            HeldView::Always(view) | HeldView::Dated(DatedView { view, .. }) => view,
        }
    }

    /// Who holds it, where that is said.
    pub fn by(&self) -> Option<&str> {
        match self {
            HeldView::Always(_) => None,
            HeldView::Dated(dated) => dated.by.as_deref(),
        }
    }

    /// Whether it is held on a day.
    pub fn is_held(&self, day: Date) -> bool {
        match self {
            HeldView::Always(_) => true,
            HeldView::Dated(dated) => {
                let begun = dated.from.is_none_or(|from| from <= day);
                begun && dated.until.is_none_or(|until| day <= until)
            }
        }
    }
}

fn black_litterman() -> String {
    "black-litterman".to_owned()
}
