//! Orders on their way: filled at the close that they wait for, or rejected.

use cycle::Trail;
use cycle::facts::{Booked, BookedEntry, Rejected};
use execution::Checked;
use journal::{Because, Kind};
use types::{Id, Order, Panel, Quantity};

use super::Run;
use crate::BacktestError;
use crate::account::bad_price;
use crate::venue::Quote;
use crate::waiting::Waiting;

impl Run<'_> {
    /// Fills the orders that are due, as far as there are prices.
    pub(super) fn fill(&mut self, panel: &Panel) -> Result<(), BacktestError> {
        let row = panel.rows();
        let Some(mut waiting) = self.waiting.take_if(|waiting| waiting.is_due(row)) else {
            return Ok(());
        };
        let mut trail = Trail::new(&self.desk.run, self.today.day);
        for order in std::mem::take(&mut waiting.orders) {
            match self.quote(panel, &order, &waiting) {
                Some(quote) => self.execute(&order, &quote, &mut trail)?,
                None => waiting.orders.push(order),
            }
        }
        self.note(trail);
        let stale = waiting.is_stale(row);
        self.waiting = (!waiting.orders.is_empty()).then_some(waiting);
        if stale {
            self.reject(|_| true, "no price for days after it was due");
        }
        Ok(())
    }

    fn quote(&self, panel: &Panel, order: &Checked<Order>, waiting: &Waiting) -> Option<Quote> {
        let symbol = &order.get().symbol;
        let column = panel.column(symbol).ok()?;
        let today = panel.view(self.history.traded_field()).ok()?.last()?[column];
        let shares = waiting.shares(order.get());
        (today.is_finite() && shares > Quantity::ZERO).then(|| Quote {
            shares,
            close: self.account.price(symbol).expect("it was marked today"),
            sigma_daily: waiting.volatility(symbol),
            daily_value: cycle::daily_value(panel, symbol),
        })
    }

    fn execute(
        &mut self,
        order: &Checked<Order>,
        quote: &Quote,
        trail: &mut Trail,
    ) -> Result<(), BacktestError> {
        let placed: Id = (&order.get().id).into();
        let day = self.today.day;
        let fill = self
            .venue
            .fill(order, day, quote)
            .map_err(|error| bad_price(&order.get().symbol, day, &error))?;
        let id = Id::from(format!("{placed}/filled"));
        trail.named(Kind::Filled, id, Because::of(placed), &fill, []);
        self.gathered.filled(&fill);
        self.account.settle(fill)
    }

    /// The venue gives up on those of the waiting orders.
    pub(super) fn reject(&mut self, which: impl Fn(&Order) -> bool, why: &str) {
        let Some(mut waiting) = self.waiting.take() else { return };
        let mut trail = Trail::new(&self.desk.run, self.today.day);
        waiting.orders.retain(|order| {
            let rejected = which(order.get());
            if rejected {
                let placed: Id = (&order.get().id).into();
                let id = Id::from(format!("{placed}/rejected"));
                let says = Rejected::from(why);
                trail.named(Kind::Rejected, id, Because::of(placed), &says, []);
                self.gathered.totals.rejected += 1;
            }
            !rejected
        });
        self.note(trail);
        self.waiting = (!waiting.orders.is_empty()).then_some(waiting);
    }

    /// Keeps facts for the journal, as causes of the next decision.
    pub(super) fn note(&mut self, trail: Trail) {
        self.newest_facts.extend(trail.drafts().iter().map(|draft| draft.id().clone()));
        self.pending.extend(trail.into_drafts());
    }

    /// What happened since the last decision, as causes of the next one.
    pub(super) fn take_facts(&mut self) -> Vec<Id> {
        let entries: Vec<BookedEntry> = std::mem::take(&mut self.account.booked);
        if !entries.is_empty() {
            let mut trail = Trail::new(&self.desk.run, self.today.day);
            let asked = format!("{}/asked", self.desk.run);
            let says = Booked { entries };
            trail.fact(Kind::Booked, "booked", Because::of(asked.as_str()), &says);
            self.note(trail);
        }
        std::mem::take(&mut self.newest_facts)
    }
}
