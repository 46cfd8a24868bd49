//! The run: every day of the history, in order.

use cycle::facts::{Booked, BookedEntry, Completed};
use cycle::{
    Book, Decision, Desk, Look, Seen, Stages, Trail, decide, forecast_changed, frontier, invest,
};
use execution::Checked;
use journal::{Because, Draft, Kind, Spine};
use performance::Provenance;
use types::{Date, Digest, Id, Money, Order};

use crate::account::Account;
use crate::benchmark::{Benchmark, columns};
use crate::outcome::{Day, Gatherer};
use crate::venue::Quote;
use crate::{BacktestError, History, Outcome, Venue};

/// Days that an order waits for a price before the venue rejects it.
const WAITS: usize = 5;
/// Points of the frontier in the report.
const POINTS: usize = 24;
/// The most symbols for which a frontier is drawn: each point is a solve, and nobody reads more.
const DRAWN: usize = 100;

/// Who watches a run: metered stages, and how far it has come.
pub trait Watcher: Stages {
    /// A day is done; `value` is net asset value.
    fn day(&mut self, day: Date, done: usize, total: usize, value: f64);

    /// The stages alone.
    fn stages(&mut self) -> &mut dyn Stages;
}

impl Watcher for () {
    fn day(&mut self, _: Date, _: usize, _: usize, _: f64) {}
    fn stages(&mut self) -> &mut dyn Stages {
        self
    }
}

/// Runs the desk through history until `until` (or its end) and records everything in `spine`.
///
/// The record `RUN/asked` must be in the spine: every day rests on it.
pub fn run(
    desk: &Desk,
    history: &History,
    provenance: Provenance,
    spine: &mut dyn Spine,
    watcher: &mut dyn Watcher,
    until: Option<Date>,
) -> Result<Outcome, BacktestError> {
    let (first, rows) = span(desk, history, until)?;
    let mut run = Run::start(desk, history, first)?;
    for row in first..rows {
        let seen = history.panel.head(row + 1);
        run.live(seen, spine, watcher)?;
        let done = row + 1 - first;
        watcher.day(run.today, done, rows - first, run.value);
    }
    watcher.enter("report");
    run.end(provenance, spine, until.is_none())
}

/// The rows of the mandate's days.
fn span(
    desk: &Desk,
    history: &History,
    until: Option<Date>,
) -> Result<(usize, usize), BacktestError> {
    let purpose = &desk.mandate.mandate;
    let dates = history.panel.dates();
    let first = purpose.start.map_or(0, |start| dates.partition_point(|day| *day < start));
    let end = [purpose.end, until].into_iter().flatten().min();
    let rows = end.map_or(dates.len(), |end| dates.partition_point(|day| *day <= end));
    let least = 2;
    if rows < first + least {
        return Err(BacktestError::TooShort { rows: rows.saturating_sub(first), least });
    }
    Ok((first, rows))
}

/// Orders that wait for their close.
struct Waiting {
    orders: Vec<Checked<Order>>,
    due: usize,
    decision: Decision,
}

struct Run<'a> {
    desk: &'a Desk,
    history: &'a History,
    venue: Venue,
    account: Account,
    book: Book,
    benchmark: Benchmark,
    gathered: Gatherer,
    waiting: Option<Waiting>,
    /// Facts that go into the journal with the next decision.
    pending: Vec<Draft>,
    /// The newest day on which something was decided, as it was seen.
    last: Option<(Seen, Vec<f64>)>,
    today: Date,
    value: f64,
    newest_facts: Vec<Id>,
}

impl<'a> Run<'a> {
    fn start(desk: &'a Desk, history: &'a History, first: usize) -> Result<Self, BacktestError> {
        let purpose = &desk.mandate.mandate;
        let capital = Money::from_f64(purpose.capital).expect("the mandate checked its capital");
        Ok(Self {
            desk,
            history,
            venue: Venue::new(desk.costs),
            account: Account::open(capital),
            book: Book::default(),
            benchmark: Benchmark::new(&purpose.benchmark, history)?,
            gathered: Gatherer::default(),
            waiting: None,
            pending: vec![],
            last: None,
            today: history.panel.dates()[first],
            value: purpose.capital,
            newest_facts: vec![],
        })
    }

    /// One day: book, fill, value, decide.
    fn live(
        &mut self,
        panel: types::Panel,
        spine: &mut dyn Spine,
        watcher: &mut dyn Watcher,
    ) -> Result<(), BacktestError> {
        watcher.enter("account");
        self.today = panel.last_date().expect("a day is lived only once it has a row");
        let next = self.history.calendar.next(self.today);
        self.account.act(self.history, self.today)?;
        self.account.accrue(self.history, self.today)?;
        self.account.mark(&panel, self.history.traded_field())?;
        self.account.check_vanished(&panel, self.history.vanished)?;
        self.fill(&panel)?;
        let flow = self.take_deposit(next)?;
        self.measure(&panel, flow, next)?;
        if self.waiting.is_some() {
            return Ok(());
        }
        watcher.enter("rules");
        if let Some(reason) = self.reason(&panel, next)? {
            self.decide(panel, next, &reason, spine, watcher, false)?;
        } else if self.desk.mandate.rebalance.cash_flow_first
            && !flow.is_zero()
            && !self.book.target.is_empty()
        {
            self.decide(panel, next, "cash flow", spine, watcher, true)?;
        }
        Ok(())
    }

    /// Fills the orders that are due, as far as there are prices.
    fn fill(&mut self, panel: &types::Panel) -> Result<(), BacktestError> {
        let row = panel.rows();
        let Some(mut waiting) = self.waiting.take_if(|waiting| waiting.due <= row) else {
            return Ok(());
        };
        let patience_ends = row >= waiting.due + WAITS;
        let mut later = vec![];
        let mut trail = Trail::new(&self.desk.run, self.today);
        for order in std::mem::take(&mut waiting.orders) {
            match self.quote(panel, &order, &waiting.decision) {
                Some(quote) => self.execute(&order, &quote, &mut trail)?,
                None if patience_ends => reject(&order, &mut trail),
                None => later.push(order),
            }
        }
        self.newest_facts.extend(trail.drafts().iter().map(|draft| draft.id().clone()));
        self.pending.extend(trail.into_drafts());
        if !later.is_empty() {
            waiting.orders = later;
            self.waiting = Some(waiting);
        }
        Ok(())
    }

    fn quote(
        &self,
        panel: &types::Panel,
        order: &Checked<Order>,
        decision: &Decision,
    ) -> Option<Quote> {
        let symbol = &order.get().symbol;
        let column = panel.column(symbol).ok()?;
        let today = panel.view(self.history.traded_field()).ok()?.last()?[column];
        let volatilities = &decision.volatility;
        let mean = volatilities.values().sum::<f64>() / volatilities.len().max(1) as f64;
        today.is_finite().then(|| Quote {
            close: self.account.prices[symbol],
            sigma_daily: volatilities.get(symbol).copied().unwrap_or(mean),
            daily_value: cycle::daily_value(panel, symbol, 21),
        })
    }

    fn execute(
        &mut self,
        order: &Checked<Order>,
        quote: &Quote,
        trail: &mut Trail,
    ) -> Result<(), BacktestError> {
        let placed: Id = (&order.get().id).into();
        let fill =
            self.venue.fill(order, self.today, quote).map_err(|error| BacktestError::Price {
                symbol: order.get().symbol.clone(),
                day: self.today,
                what: error.to_string(),
            })?;
        let id = Id::from(format!("{placed}/filled"));
        trail.named(Kind::Filled, id, Because::of(placed), &fill, []);
        self.gathered.filled(&fill);
        self.account.settle(fill)
    }

    fn take_deposit(&mut self, next: Date) -> Result<Money, BacktestError> {
        match self.desk.deposit {
            Some((period, amount)) if period.ends(self.today, next) => {
                self.account.deposit(amount, self.today)?;
                Ok(amount)
            }
            _ => Ok(Money::ZERO),
        }
    }

    fn measure(
        &mut self,
        panel: &types::Panel,
        flow: Money,
        next: Date,
    ) -> Result<(), BacktestError> {
        let closes = panel.view("close").expect("a run has closes");
        if let Some(before) = panel.rows().checked_sub(2) {
            let pairs = closes.row(before + 1).iter().zip(closes.row(before));
            self.benchmark.step(&pairs.map(|(now, then)| now / then - 1.0).collect::<Vec<_>>());
        }
        let eligible = || {
            let symbols = self.history.universe.eligible(panel, &self.history.requirements);
            columns(self.history, &symbols)
        };
        self.benchmark.rebalance(self.today, next, eligible);
        let value = self.account.value()?.to_f64();
        let weights = self.weights(panel, value);
        self.gathered.day(Day {
            date: self.today,
            row: panel.rows() - 1,
            growth: (value - flow.to_f64()) / self.value,
            nav: value,
            benchmark: self.benchmark.value,
            cash: self.account.ledger.cash().to_f64() / value,
            net: weights.iter().sum(),
            gross: weights.iter().map(|weight| weight.abs()).sum(),
        });
        self.value = value;
        Ok(())
    }

    /// Weights by panel column.
    fn weights(&self, panel: &types::Panel, value: f64) -> Vec<f64> {
        let mut weights = vec![0.0; panel.symbols().len()];
        for (symbol, position) in &self.account.holdings().positions {
            let column = panel.column(symbol).expect("only symbols of the panel are traded");
            weights[column] = (self.account.prices[symbol] * position.quantity).to_f64() / value;
        }
        weights
    }

    fn reason(&self, panel: &types::Panel, next: Date) -> Result<Option<String>, BacktestError> {
        let weights = self.weights(panel, self.value);
        let look = Look { day: self.today, next, weights: &weights, target: &self.book.target };
        if let Some(reason) = self.desk.rules.iter().find_map(|rule| rule.fires(&look)) {
            return Ok(Some(reason));
        }
        if self.book.target.is_empty() && self.desk.rules.iter().any(|rule| !rule.is_calendar()) {
            return Ok(Some("first decision".to_owned()));
        }
        Ok(forecast_changed(self.desk, &self.seen(panel.clone(), next), &self.book)?)
    }

    fn seen(&self, panel: types::Panel, next: Date) -> Seen {
        let eligible = self.history.universe.eligible(&panel, &self.history.requirements);
        Seen { eligible, prices: self.account.prices.clone(), next, panel }
    }

    fn decide(
        &mut self,
        panel: types::Panel,
        next: Date,
        reason: &str,
        spine: &mut dyn Spine,
        watcher: &mut dyn Watcher,
        cash_flow: bool,
    ) -> Result<(), BacktestError> {
        let seen = self.seen(panel, next);
        if seen.eligible.is_empty() {
            return self.nobody();
        }
        self.book.since = self.take_facts();
        let held = self.account.holdings();
        let step = if cash_flow { invest } else { decide };
        let made = step(self.desk, &seen, &held, reason, &mut self.book, watcher.stages())?;
        watcher.enter("journal");
        let mut batch = std::mem::take(&mut self.pending);
        batch.extend(made.facts.iter().cloned());
        spine.append(batch)?;
        watcher.enter("account");
        self.place(seen, made)
    }

    fn place(&mut self, seen: Seen, mut made: Decision) -> Result<(), BacktestError> {
        let delay = self.desk.mandate.execution.delay.0;
        let (row, panel) = (seen.panel.rows(), seen.panel.clone());
        self.gathered.decided(self.today, row - 1 + delay, made.shape.clone(), &made.facts);
        self.last = Some((seen, made.shape.rounded.clone()));
        let orders = std::mem::take(&mut made.orders);
        self.waiting = Some(Waiting { orders, due: row + delay, decision: made });
        self.fill(&panel)
    }

    /// Nobody may be held today: fine before the first decision, an error after it.
    fn nobody(&self) -> Result<(), BacktestError> {
        if self.book.target.is_empty() {
            return Ok(());
        }
        Err(BacktestError::Decision(cycle::CycleError::new(
            self.today,
            "universe",
            "no symbol has a price today and meets the requirements; mend the data, or loosen \
             `require` in [universe]",
        )))
    }

    /// What happened since the last decision, as causes of the next one.
    fn take_facts(&mut self) -> Vec<Id> {
        let entries: Vec<BookedEntry> = std::mem::take(&mut self.account.booked);
        if !entries.is_empty() {
            let mut trail = Trail::new(&self.desk.run, self.today);
            let asked = format!("{}/asked", self.desk.run);
            let says = Booked { entries };
            let id = trail.fact(Kind::Booked, "booked", Because::of(asked.as_str()), &says);
            self.newest_facts.push(id);
            self.pending.extend(trail.into_drafts());
        }
        std::mem::take(&mut self.newest_facts)
    }

    fn end(
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
        let facts = self.take_facts();
        let value = self.account.value()?;
        let asked: Id = format!("{}/asked", self.desk.run).into();
        let history = self.history;
        let outcome = std::mem::take(&mut self.gathered).finish(
            self.desk,
            &self.book,
            &history.panel,
            |day| history.rate(day),
            plane,
            provenance,
        )?;
        let mut batch = std::mem::take(&mut self.pending);
        if complete {
            let bytes = serde_json::to_vec(&outcome).expect("an outcome is plain data");
            let mut trail = Trail::new(&self.desk.run, self.today);
            let says = Completed {
                from: outcome.report.dates[0],
                to: self.today,
                net_asset_value: value,
                decisions: outcome.totals.decisions,
                orders: outcome.totals.orders,
                outcome: Digest::of(&bytes),
            };
            let because = Because::of(asked).and_all(facts);
            let id: Id = format!("{}/completed", self.desk.run).into();
            trail.named(Kind::Completed, id, because, &says, [bytes]);
            batch.extend(trail.into_drafts());
        }
        spine.append(batch)?;
        spine.sync()?;
        Ok(outcome)
    }
}

fn reject(order: &Checked<Order>, trail: &mut Trail) {
    let placed: Id = (&order.get().id).into();
    let id = Id::from(format!("{placed}/rejected"));
    trail.named(Kind::Rejected, id, Because::of(placed), &"no price on the day it was due", []);
}
