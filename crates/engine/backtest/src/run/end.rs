//! The end of a run: what came of it, put on record.

use cycle::facts::Completed;
use cycle::{Trail, frontier};
use journal::{Because, Kind, Spine};
use performance::Provenance;
use types::{Digest, Id};

use super::Run;
use crate::{BacktestError, Outcome};

/// Points of the frontier in the report.
const POINTS: usize = 24;
/// The most symbols for which a frontier is drawn: each point is a solve, and nobody reads more.
const DRAWN: usize = 100;

impl Run<'_> {
    /// The end of history, or of what was asked for: then the run has no end to record.
    pub(super) fn end(
        mut self,
        provenance: Provenance,
        spine: &mut dyn Spine,
        complete: bool,
    ) -> Result<Outcome, BacktestError> {
        self.account.ledger.audit()?;
        let totals = *self.account.ledger.totals();
        self.gathered.totals.dividends = totals.dividends.to_f64();
        self.gathered.totals.interest = totals.interest.to_f64();
        let seen = self.last.take();
        // A picture, no decision: where the frontier cannot be had, the report goes without it.
        let plane = seen.as_ref().filter(|(seen, _)| seen.eligible.len() <= DRAWN);
        let plane = plane.and_then(|(seen, weights)| {
            let plane = frontier(self.desk, seen, &self.book, weights, POINTS);
            Some((seen.day(), plane.ok()?))
        });
        let gathered = std::mem::take(&mut self.gathered);
        let outcome = gathered.finish(self.desk, &self.book, self.history, plane, provenance)?;
        if complete {
            self.complete(&outcome)?;
        }
        spine.append(std::mem::take(&mut self.pending))?;
        spine.sync()?;
        Ok(outcome)
    }

    fn complete(&mut self, outcome: &Outcome) -> Result<(), BacktestError> {
        let facts = self.take_facts();
        let bytes = serde_json::to_vec(outcome).expect("an outcome is plain data");
        let mut trail = Trail::new(&self.desk.run, self.today.day);
        let says = Completed {
            from: outcome.report.dates[0],
            to: self.today.day,
            net_asset_value: self.account.value()?,
            decisions: outcome.totals.decisions,
            orders: outcome.totals.orders,
            outcome: Digest::of(&bytes),
        };
        let asked: Id = format!("{}/asked", self.desk.run).into();
        let because = Because::of(asked).and_all(facts);
        let id: Id = format!("{}/completed", self.desk.run).into();
        trail.named(Kind::Completed, id, because, &says, [bytes]);
        self.pending.extend(trail.into_drafts());
        Ok(())
    }
}
