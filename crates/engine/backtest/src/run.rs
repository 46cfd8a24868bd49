//! The run: every day of the history, in order.

mod calls;
mod end;
mod orders;

use cycle::{Book, Decision, Desk, Seen, Stages, Today, decide, invest, is_too_early};
use journal::{Draft, Spine};
use performance::Provenance;
use types::{Date, Id, Money, Panel, Symbol};

use crate::account::Account;
use crate::benchmark::Benchmark;
use crate::outcome::{Day, Gatherer};
use crate::waiting::Waiting;
use crate::{BacktestError, History, Outcome, Venue};
use calls::Call;

/// Who watches a run: metered stages, and how far it has come.
pub trait Watcher: Stages {
    /// So many bytes go into the journal.
    fn kept(&mut self, bytes: usize);

    /// A day is done; `value` is net asset value.
    fn day(&mut self, day: Date, done: usize, total: usize, value: f64);

    /// The stages alone.
    fn stages(&mut self) -> &mut dyn Stages;
}

impl Watcher for () {
    fn kept(&mut self, _: usize) {}
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
        run.live(history.panel.head(row + 1), spine, watcher)?;
        watcher.day(run.today.day, row + 1 - first, rows - first, run.value);
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

pub(crate) struct Run<'a> {
    desk: &'a Desk,
    history: &'a History,
    venue: Venue,
    account: Account,
    book: Book,
    benchmark: Benchmark,
    gathered: Gatherer,
    waiting: Option<Waiting>,
    /// What called for a decision while orders were not yet due.
    postponed: Option<Call>,
    /// Facts that go into the journal with the next decision.
    pending: Vec<Draft>,
    /// Their names: causes of the next decision.
    newest_facts: Vec<Id>,
    /// The newest day on which something was decided, as it was seen, and what was aimed at.
    last: Option<(Seen<'a>, Vec<f64>)>,
    today: Today,
    value: f64,
}

impl<'a> Run<'a> {
    fn start(desk: &'a Desk, history: &'a History, first: usize) -> Result<Self, BacktestError> {
        let purpose = &desk.mandate.mandate;
        let capital = Money::from_f64(purpose.capital).expect("the mandate checked its capital");
        let today = today(history, &history.panel.head(first + 1));
        Ok(Self {
            desk,
            history,
            venue: Venue::new(desk.costs),
            account: Account::open(capital, &history.panel),
            book: Book::default(),
            benchmark: Benchmark::new(&purpose.benchmark, history, first)?,
            gathered: Gatherer::default(),
            waiting: None,
            postponed: None,
            pending: vec![],
            newest_facts: vec![],
            last: None,
            today,
            value: purpose.capital,
        })
    }

    /// One day: book, fill, decide, value.
    fn live(
        &mut self,
        panel: Panel,
        spine: &mut dyn Spine,
        watcher: &mut dyn Watcher,
    ) -> Result<(), BacktestError> {
        watcher.enter("account");
        self.today = today(self.history, &panel);
        self.wake(&panel)?;
        self.fill(&panel)?;
        let flow = self.take_deposit()?;
        let before = std::mem::replace(&mut self.value, self.account.value()?.to_f64());
        watcher.enter("rules");
        if let Some(call) = self.call(&panel, flow)? {
            self.decide(&panel, call, spine, watcher)?;
        }
        watcher.enter("account");
        self.measure(&panel, before, flow)
    }

    /// What happened overnight, and the prices of the day.
    fn wake(&mut self, panel: &Panel) -> Result<(), BacktestError> {
        let splits = self.account.wake(self.history, self.today.day)?;
        for (symbol, ratio) in splits {
            if let Some(waiting) = &mut self.waiting {
                waiting.split(&symbol, ratio);
            }
        }
        self.account.mark(panel, self.history.traded_field())?;
        let gone = self.account.bury(panel, self.history.vanished)?;
        if !gone.is_empty() {
            self.reject(|order| gone.contains(&order.symbol), "it has no more prices");
        }
        Ok(())
    }

    fn take_deposit(&mut self) -> Result<Money, BacktestError> {
        match self.desk.deposit {
            Some((period, amount)) if self.today.ends(period) => {
                self.account.deposit(amount, self.today.day)?;
                Ok(amount)
            }
            _ => Ok(Money::ZERO),
        }
    }

    fn seen(&self, panel: &Panel) -> Seen<'a> {
        let History { universe, requirements, .. } = self.history;
        Seen::new(panel.clone(), universe, requirements, self.account.prices())
    }

    fn decide(
        &mut self,
        panel: &Panel,
        call: Call,
        spine: &mut dyn Spine,
        watcher: &mut dyn Watcher,
    ) -> Result<(), BacktestError> {
        let seen = self.seen(panel);
        if self.book.target.is_empty()
            && (seen.eligible.is_empty() || is_too_early(self.desk, &seen))
        {
            return Ok(());
        }
        if seen.eligible.is_empty() {
            return Err(self.nobody());
        }
        self.reject(|_| true, "a newer decision came before it had a price");
        self.book.since = self.take_facts();
        let held = self.account.holdings();
        let step = if call.cash_flow { invest } else { decide };
        let stages = watcher.stages();
        let made = step(self.desk, &seen, &held, &call.reason, &mut self.book, stages)?;
        watcher.enter("journal");
        let mut batch = std::mem::take(&mut self.pending);
        batch.extend(made.facts.iter().cloned());
        watcher.kept(batch.iter().map(Draft::bytes).sum());
        spine.append(batch)?;
        watcher.enter("account");
        self.place(seen, made)
    }

    fn place(&mut self, seen: Seen<'a>, made: Decision) -> Result<(), BacktestError> {
        let Decision { facts, orders, shape, volatility } = made;
        let due = seen.panel.rows() + self.desk.mandate.execution.delay.0;
        let panel = seen.panel.clone();
        self.last = Some((seen, shape.rounded.clone()));
        self.gathered.decided(self.today.day, due - 1, shape, &facts);
        self.waiting = (!orders.is_empty()).then(|| Waiting::new(orders, due, volatility));
        self.fill(&panel)
    }

    /// Nobody may be held today, though something was aimed at before.
    fn nobody(&self) -> BacktestError {
        BacktestError::Decision(cycle::CycleError::new(
            self.today.day,
            "universe",
            "no symbol has a price today and meets the requirements; mend the data, or loosen \
             `require` in [universe]",
        ))
    }

    fn measure(&mut self, panel: &Panel, before: f64, flow: Money) -> Result<(), BacktestError> {
        let closes = panel.view("close").expect("a run has closes").last().unwrap_or_default();
        let days = panel.dates();
        let cash = match days {
            [.., before, today] => self.history.earned(*before, *today),
            _ => 0.0,
        };
        self.benchmark.step(closes, cash);
        let History { universe, requirements, .. } = self.history;
        let column = |symbol: &Symbol| panel.column(symbol).expect("of the panel");
        self.benchmark.rebalance(self.today, || {
            universe.eligible(panel, requirements).iter().map(column).collect()
        });
        self.value = self.account.value()?.to_f64();
        let weights = self.account.weights(self.value);
        let day = Day {
            date: self.today.day,
            row: panel.rows() - 1,
            growth: (self.value - flow.to_f64()) / before,
            nav: self.value,
            benchmark: self.benchmark.value,
            cash: self.account.ledger.cash().to_f64() / self.value,
            net: weights.iter().sum(),
            gross: weights.iter().map(|weight| weight.abs()).sum(),
        };
        self.gathered.day(day, || self.benchmark.weights());
        Ok(())
    }
}

/// The newest day of `seen` with its neighbours.
fn today(history: &History, seen: &Panel) -> Today {
    let day = seen.last_date().expect("a day is lived only once it has a row");
    let next = |day| history.calendar.next(day);
    let before = seen.rows().checked_sub(2).map(|row| seen.dates()[row]);
    Today { day, next: next(day), before: before.map(|before| (before, next(before))) }
}
