//! What calls for a decision: the mandate's rules, and cash that came in.

use cycle::{Look, Rule, forecast_changed};
use types::{Money, Panel};

use super::Run;
use crate::BacktestError;

/// Why something is decided today.
pub(super) struct Call {
    pub reason: String,
    /// Whether it is only about cash that came in.
    pub cash_flow: bool,
}

impl Run<'_> {
    /// What calls for a decision today. While orders are not yet due, what the calendar and cash
    /// flows ask for is put off until they are; drift and forecasts are looked at anew then.
    pub(super) fn call(
        &mut self,
        panel: &Panel,
        flow: Money,
    ) -> Result<Option<Call>, BacktestError> {
        let is_early = self.waiting.as_ref().is_some_and(|orders| !orders.is_due(panel.rows()));
        let call = match self.reason(panel, is_early)? {
            Some(reason) => Some(Call { reason, cash_flow: false }),
            None => self.cash_flow(flow),
        };
        let call = match (self.postponed.take(), call) {
            (Some(earlier), Some(Call { cash_flow: true, .. })) => Some(earlier),
            (earlier, call) => call.or(earlier),
        };
        if is_early {
            self.postponed = call;
            return Ok(None);
        }
        Ok(call)
    }

    fn reason(&mut self, panel: &Panel, is_early: bool) -> Result<Option<String>, BacktestError> {
        let rules = &self.desk.rules;
        let weights = match rules.iter().any(|rule| !rule.is_calendar()) {
            true => self.account.weights(self.value),
            false => vec![],
        };
        let look = Look { today: self.today, weights: &weights, target: &self.book.target };
        let mut rules = rules.iter().filter(|rule| rule.is_calendar() || !is_early);
        if let Some(reason) = rules.find_map(|rule| rule.fires(&look)) {
            return Ok(Some(reason));
        }
        if is_early || self.desk.rules.iter().all(Rule::is_calendar) {
            return Ok(None);
        }
        if self.book.target.is_empty() {
            return Ok(Some("first decision".to_owned()));
        }
        if !self.desk.watches_forecasts() {
            return Ok(None);
        }
        let seen = self.seen(panel);
        if seen.eligible.is_empty() {
            return Ok(None);
        }
        Ok(forecast_changed(self.desk, &seen, &mut self.book)?)
    }

    fn cash_flow(&self, flow: Money) -> Option<Call> {
        let first = self.desk.mandate.rebalance.cash_flow_first;
        let due = first && !flow.is_zero() && !self.book.target.is_empty();
        due.then(|| Call { reason: "cash flow".to_owned(), cash_flow: true })
    }
}
