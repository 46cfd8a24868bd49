//! Decisions: from what may be seen to weights, and the choice among trials within a training.

use std::borrow::Cow;

use allocation::{Costs, Problem, Prospects, Source, Uncertainty};
use anyhow::Context;
use performance::validation::{Design, History, Known, WalkForward, choose};
use risk::{Moments, Returns, estimate};
use types::Symbol;

use super::{Covariance, Mean, Trial, World};

/// Decides for trials, and keeps what they share.
pub struct Search<'a> {
    world: &'a World,
    trials: &'a [Trial],
    cost: f64,
    horizon: usize,
    seen: Option<Seen>,
}

/// What may be seen at one training, and what was estimated from it.
struct Seen {
    rows: Vec<usize>,
    assets: Vec<usize>,
    returns: Returns,
    moments: Vec<(Covariance, Mean, Moments)>,
}

impl<'a> Search<'a> {
    pub fn new(world: &'a World, trials: &'a [Trial], cost: f64, horizon: usize) -> Self {
        Self { world, trials, cost, horizon, seen: None }
    }

    /// The weights of one trial.
    pub fn decide(&mut self, trial: &Trial, known: Known<'_>) -> anyhow::Result<Vec<f64>> {
        let (world, cost, horizon) = (self.world, self.cost, self.horizon);
        let seen = self.look(known)?;
        let moments = seen.moments(trial.covariance, trial.mean)?.scaled(horizon as f64);
        let returns = &seen.returns;
        let day = *known.rows.last().context("a training has no days")?;
        let select = |values: &Vec<f64>| known.assets.iter().map(|asset| values[*asset]).collect();
        let chosen = |(name, values): (&String, &Vec<f64>)| (name.clone(), select(values));
        let (benchmarks, characteristics) = (
            world.benchmarks.iter().map(chosen).collect(),
            world.characteristics.iter().map(chosen).collect(),
        );
        let uncertainty = Uncertainty::usual(&moments, horizon);
        let n = known.assets.len();
        let mut groups = world.groups.clone();
        if n < world.returns.cols() {
            let (all, here) = (world.returns.symbols(), returns.symbols());
            let kept = |symbol: &Symbol| here.contains(symbol) || !all.contains(symbol);
            groups.values_mut().for_each(|symbols| symbols.retain(kept));
        }
        let problem = Problem {
            previous: known.previous,
            constraints: &world.constraints,
            groups: &groups,
            costs: Some(Costs { linear: vec![cost; n], ..Costs::default() }),
            uncertainty: Some(&uncertainty),
            benchmarks: &benchmarks,
            characteristics: &characteristics,
            ..Problem::new(&moments, world.days[day])
        };
        let prospects =
            Prospects::new(Cow::Borrowed(&moments), Some(returns), horizon, Source::default());
        Ok(prospects.allocate(&trial.aims, &problem)?.target.weights)
    }

    /// The objectives that stand for more than one trial.
    pub fn methods_with_a_choice(&self) -> Vec<usize> {
        let mut methods: Vec<usize> = self.trials.iter().map(|trial| trial.method).collect();
        methods.dedup();
        let several = |method: &usize| self.of(*method).len() > 1;
        methods.into_iter().filter(several).collect()
    }

    /// The weights of that trial of a method which did best on a walk within what is seen: four
    /// parts of it train, and the fifth is tested in three steps.
    pub fn choose(
        &mut self,
        method: usize,
        history: &History<'_>,
        known: Known<'_>,
    ) -> anyhow::Result<Vec<f64>> {
        let among = self.of(method);
        let rows = known.rows.len();
        let test = (rows / 15).max(1);
        let train = rows - (3 * test).min(rows);
        let walk = WalkForward { train, test, purge: 0, expanding: false, partial: false };
        let best = choose(
            history,
            (known.rows, known.assets),
            Design::WalkForward(walk),
            among.len(),
            &mut |inner| self.decide(among[inner.trial], inner),
        )?;
        self.decide(among[best], known)
    }

    /// The trials of a method.
    fn of(&self, method: usize) -> Vec<&'a Trial> {
        self.trials.iter().filter(|trial| trial.method == method).collect()
    }

    fn look(&mut self, known: Known<'_>) -> anyhow::Result<&mut Seen> {
        let again = |seen: &Seen| seen.rows == known.rows && seen.assets == known.assets;
        if !self.seen.as_ref().is_some_and(again) {
            let all = &self.world.returns;
            let cells = known.rows.iter().flat_map(|row| {
                let row = all.row(*row);
                known.assets.iter().map(move |asset| row[*asset])
            });
            let symbols = known.assets.iter().map(|asset| all.symbols()[*asset].clone());
            let returns = Returns::new(symbols.collect::<Vec<Symbol>>(), cells.collect())?;
            self.seen = None;
            let (rows, assets) = (known.rows.to_vec(), known.assets.to_vec());
            return Ok(self.seen.insert(Seen { rows, assets, returns, moments: vec![] }));
        }
        self.seen.as_mut().context("what was seen is kept")
    }
}

impl Seen {
    /// Daily moments, estimated once.
    fn moments(&mut self, covariance: Covariance, mean: Mean) -> anyhow::Result<&Moments> {
        let same = |(c, m, _): &(Covariance, Mean, Moments)| (*c, *m) == (covariance, mean);
        let at = match self.moments.iter().position(same) {
            Some(at) => at,
            None => {
                let found = estimate(&self.returns, &mean.estimator(), &covariance.estimator())?;
                self.moments.push((covariance, mean, found));
                self.moments.len() - 1
            }
        };
        Ok(&self.moments[at].2)
    }
}
