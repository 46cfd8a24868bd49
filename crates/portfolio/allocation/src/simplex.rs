//! A dual simplex method for the small linear programs of a cutting-plane method.
//!
//! In: costs, bounds and rows `a·x <= b` or `== b`, which may be added after a solve. Out: a
//! vertex, with the multipliers of rows and bounds. Adding a row keeps the last basis dual
//! feasible, so that each new cut costs a few pivots and not a solve. Knows nothing of portfolios.
//!
//! The dictionary `x_B = D x_N` is kept in full, one row for each basic variable, and rows whose
//! slack is basic cost nothing to drop. Every bound is finite (the caller boxes what is free), so
//! the slack basis is dual feasible, and the ratio test walks past bounds that flip (Maros, 2003,
//! *Computational Techniques of the Simplex Method*, ch. 10). [`Dictionary::rebuild`] pivots the
//! last basis afresh from the rows as they were given, which removes the rounding of all pivots.

/// How far a basic variable may lie outside its bounds; rows are scaled to order one.
const FEASIBLE: f64 = 1e-11;

/// Coefficients below this size are no pivots.
const PIVOT: f64 = 1e-9;

/// Reduced costs beyond this size on the wrong side are not rounding.
const WRONG: f64 = 1e-12;

/// Pivots after which the dictionary is rebuilt.
const REBUILD: usize = 400;

/// A row as it was given.
#[derive(Debug, Clone)]
pub(crate) struct LpRow {
    pub terms: Vec<(usize, f64)>,
    pub limit: f64,
    pub equality: bool,
}

/// Why there is no vertex.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    Infeasible,
    Stalled,
}

/// A variable: `Ok(column)` of the program or `Err(row)` whose slack it is.
type Variable = Result<usize, usize>;

#[derive(Debug, Clone)]
pub(crate) struct Dictionary {
    costs: Vec<f64>,
    lower: Vec<f64>,
    upper: Vec<f64>,
    rows: Vec<Option<LpRow>>,
    basic: Vec<Variable>,
    /// The value of each basic variable.
    values: Vec<f64>,
    /// One line for each basic variable; the constant of the line comes last.
    coefficients: Vec<Vec<f64>>,
    /// One more than the square of each line, without its constant.
    norms: Vec<f64>,
    nonbasic: Vec<Variable>,
    at_upper: Vec<bool>,
    /// Reduced costs, and the constant of the objective.
    reduced: Vec<f64>,
    pivots: usize,
    total: u32,
}

impl Dictionary {
    /// The program without rows: every column at the bound that its cost prefers.
    pub(crate) fn new(costs: Vec<f64>, lower: Vec<f64>, upper: Vec<f64>) -> Self {
        let at_upper = costs
            .iter()
            .zip(lower.iter().zip(&upper))
            .map(|(cost, (low, high))| *cost < 0.0 || (*cost == 0.0 && high.abs() < low.abs()));
        Self {
            at_upper: at_upper.collect(),
            nonbasic: (0..costs.len()).map(Ok).collect(),
            reduced: with_constant(&costs, 0.0),
            costs,
            lower,
            upper,
            rows: Vec::new(),
            basic: Vec::new(),
            values: Vec::new(),
            coefficients: Vec::new(),
            norms: Vec::new(),
            pivots: 0,
            total: 0,
        }
    }

    fn bounds(&self, variable: Variable) -> (f64, f64) {
        match variable {
            Ok(column) => (self.lower[column], self.upper[column]),
            Err(row) => match self.rows[row].as_ref().is_some_and(|row| row.equality) {
                true => (0.0, 0.0),
                false => (0.0, f64::INFINITY),
            },
        }
    }

    fn at_bound(&self, k: usize) -> f64 {
        let (lower, upper) = self.bounds(self.nonbasic[k]);
        if self.at_upper[k] { upper } else { lower }
    }

    /// Pivots so far.
    pub(crate) fn pivots(&self) -> u32 {
        self.total
    }

    /// How many rows were ever added.
    pub(crate) fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// Adds a row; its number says where its multiplier will be.
    pub(crate) fn add(&mut self, row: LpRow) -> usize {
        let number = self.rows.len();
        self.rows.push(Some(row));
        self.enter(number);
        number
    }

    /// Makes the slack of a row basic.
    fn enter(&mut self, number: usize) {
        let mut dense = vec![0.0; self.costs.len()];
        let row = self.rows[number].as_ref().expect("the row was just added");
        for (column, a) in &row.terms {
            dense[*column] -= a;
        }
        let limit = row.limit;
        let own = self.nonbasic.iter().map(|v| v.map_or(0.0, |column| dense[column]));
        let mut line = with_constant(&own.collect::<Vec<f64>>(), limit);
        for (i, variable) in self.basic.iter().enumerate() {
            let Ok(column) = *variable else { continue };
            if dense[column] != 0.0 {
                add_scaled(&mut line, dense[column], &self.coefficients[i]);
            }
        }
        let value = self.value(&line);
        self.basic.push(Err(number));
        self.norms.push(norm(&line));
        self.values.push(value);
        self.coefficients.push(line);
    }

    /// Drops the rows that `idle` names among those whose slack is basic.
    pub(crate) fn drop_rows(&mut self, mut idle: impl FnMut(usize, f64) -> bool) {
        let mut i = 0;
        while i < self.basic.len() {
            match self.basic[i] {
                Err(row) if idle(row, self.values[i]) => {
                    self.rows[row] = None;
                    let _ = self.basic.swap_remove(i);
                    self.values.swap_remove(i);
                    self.coefficients.swap_remove(i);
                    self.norms.swap_remove(i);
                }
                _ => i += 1,
            }
        }
    }

    /// The optimal vertex, free of the rounding of earlier pivots.
    pub(crate) fn polish(&mut self) -> Result<(), Stop> {
        while self.pivots > 0 {
            self.rebuild()?;
            self.optimise()?;
        }
        Ok(())
    }

    /// Adds a column between two bounds with `coefficient` in one row and no cost; its number. A
    /// row with a price takes a nonnegative coefficient and a column from nought up alone.
    pub(crate) fn add_column(
        &mut self,
        number: usize,
        coefficient: f64,
        bounds: (f64, f64),
    ) -> usize {
        let column = self.costs.len();
        self.costs.push(0.0);
        self.lower.push(bounds.0);
        self.upper.push(bounds.1);
        let row = self.rows[number].as_mut().expect("the row is in play");
        row.terms.push((column, coefficient));
        // The row's slack stands for itself and the new column's part.
        let slack = self.nonbasic.iter().position(|v| *v == Err(number));
        let place = self.nonbasic.len();
        let at = bounds.0;
        for (i, line) in self.coefficients.iter_mut().enumerate() {
            let entry = match slack {
                Some(k) => coefficient * line[k],
                None if self.basic[i] == Err(number) => -coefficient,
                None => 0.0,
            };
            line.insert(place, entry);
            self.norms[i] += entry * entry;
            self.values[i] += entry * at;
        }
        let entry = slack.map_or(0.0, |k| coefficient * self.reduced[k]);
        self.reduced.insert(place, entry);
        self.nonbasic.push(Ok(column));
        self.at_upper.push(false);
        column
    }

    /// The optimal vertex, by dual simplex steps from the basis at hand.
    pub(crate) fn optimise(&mut self) -> Result<(), Stop> {
        let most = 50 * (self.costs.len() + self.basic.len()) + 1000;
        for _ in 0..most {
            if self.pivots >= REBUILD {
                self.rebuild()?;
            }
            let Some((i, target)) = self.leaving() else { return Ok(()) };
            self.step(i, target)?;
        }
        Err(Stop::Stalled)
    }

    /// The basic variable farthest outside its bounds along its line, and the bound: the steepest
    /// edge of the dual (Forrest and Goldfarb, 1992).
    fn leaving(&self) -> Option<(usize, f64)> {
        let (mut worst, mut found) = (0.0, None);
        for (i, value) in self.values.iter().enumerate() {
            let (lower, upper) = self.bounds(self.basic[i]);
            for (outside, bound) in [(lower - value, lower), (value - upper, upper)] {
                if outside > FEASIBLE && outside * outside > worst * self.norms[i] {
                    worst = outside * outside / self.norms[i];
                    found = Some((i, bound));
                }
            }
        }
        found
    }

    /// Brings basic variable `i` to `target`: flips bounds while that is not enough, then pivots.
    fn step(&mut self, i: usize, target: f64) -> Result<(), Stop> {
        let need = target - self.values[i];
        let mut candidates = self.candidates(i, need.signum());
        candidates.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let (mut left, mut at) = (need.abs(), 0);
        while let Some((_, k)) = candidates.get(at).copied() {
            let (lower, upper) = self.bounds(self.nonbasic[k]);
            let gain = (upper - lower) * self.coefficients[i][k].abs();
            if gain >= left || at + 1 == candidates.len() && left - gain <= FEASIBLE {
                break;
            }
            left -= gain;
            at += 1;
        }
        if at == candidates.len() {
            return Err(Stop::Infeasible);
        }
        let entering = self.steepest(i, &candidates[at..]);
        for (_, k) in &candidates[..at] {
            self.flip(*k);
        }
        let change = (target - self.values[i]) / self.coefficients[i][entering];
        let value = self.at_bound(entering) + change;
        for (line, basic) in self.coefficients.iter().zip(&mut self.values) {
            *basic += line[entering] * change;
        }
        let (lower, upper) = self.bounds(self.basic[i]);
        self.pivot(i, entering);
        self.values[i] = value;
        self.at_upper[entering] = target == upper && lower != upper;
        Ok(())
    }

    /// The nonbasic variables that can move basic variable `i` in the direction, by the ratio at
    /// which each would lose dual feasibility.
    fn candidates(&self, i: usize, direction: f64) -> Vec<(f64, usize)> {
        let line = &self.coefficients[i][..self.nonbasic.len()];
        let mut found = Vec::new();
        for (k, coefficient) in line.iter().enumerate() {
            let inward = if self.at_upper[k] { -direction } else { direction };
            if coefficient * inward <= PIVOT {
                continue;
            }
            let (lower, upper) = self.bounds(self.nonbasic[k]);
            if upper > lower {
                found.push((self.reduced[k].abs() / coefficient.abs(), k));
            }
        }
        found
    }

    /// Among candidates whose ratio is as good as the first one's, the largest pivot.
    fn steepest(&self, i: usize, candidates: &[(f64, usize)]) -> usize {
        let line = &self.coefficients[i];
        let within = candidates[0].0 + 1e-13;
        let ties = candidates.iter().take_while(|(ratio, _)| *ratio <= within);
        ties.fold(
            candidates[0].1,
            |best, (_, k)| {
                if line[*k].abs() > line[best].abs() { *k } else { best }
            },
        )
    }

    fn flip(&mut self, k: usize) {
        let (lower, upper) = self.bounds(self.nonbasic[k]);
        let change = if self.at_upper[k] { lower - upper } else { upper - lower };
        self.at_upper[k] = !self.at_upper[k];
        for (line, value) in self.coefficients.iter().zip(&mut self.values) {
            *value += line[k] * change;
        }
    }

    /// Exchanges basic variable `i` and nonbasic variable `k`.
    fn pivot(&mut self, i: usize, k: usize) {
        let mut line = std::mem::take(&mut self.coefficients[i]);
        let inverse = 1.0 / line[k];
        line.iter_mut().for_each(|a| *a *= -inverse);
        line[k] = inverse;
        for (j, other) in self.coefficients.iter_mut().enumerate() {
            if j != i && other[k] != 0.0 {
                let factor = std::mem::replace(&mut other[k], 0.0);
                self.norms[j] = add_scaled_with_norm(other, factor, &line);
            }
        }
        self.norms[i] = norm(&line);
        let factor = std::mem::replace(&mut self.reduced[k], 0.0);
        add_scaled(&mut self.reduced, factor, &line);
        self.coefficients[i] = line;
        std::mem::swap(&mut self.basic[i], &mut self.nonbasic[k]);
        self.pivots += 1;
        self.total += 1;
    }

    /// The same basis, computed from the rows as they were given.
    fn rebuild(&mut self) -> Result<(), Stop> {
        let tight: Vec<(usize, bool)> = self
            .nonbasic
            .iter()
            .zip(&self.at_upper)
            .filter_map(|(v, up)| v.err().map(|row| (row, *up)))
            .collect();
        let basic: Vec<usize> = self.basic.iter().filter_map(|v| v.ok()).collect();
        let mut at_upper = vec![false; self.costs.len()];
        for (variable, up) in self.nonbasic.iter().zip(&self.at_upper) {
            if let Ok(column) = variable {
                at_upper[*column] = *up;
            }
        }
        let columns = self.costs.len();
        self.nonbasic = (0..columns).map(Ok).collect();
        self.at_upper = at_upper;
        self.reduced = with_constant(&self.costs, 0.0);
        self.basic.clear();
        self.norms.clear();
        self.values.clear();
        self.coefficients.clear();
        for number in 0..self.rows.len() {
            if self.rows[number].is_some() {
                self.enter(number);
            }
        }
        let mut places: Vec<usize> = (0..self.basic.len())
            .filter(|i| self.basic[*i].is_err_and(|row| tight.iter().any(|(t, _)| *t == row)))
            .collect();
        let mut enter = basic;
        while !enter.is_empty() {
            let (mut best, mut found) = (PIVOT, None);
            for (a, i) in places.iter().enumerate() {
                for (b, column) in enter.iter().enumerate() {
                    let size = self.coefficients[*i][*column].abs();
                    if size > best {
                        (best, found) = (size, Some((a, b)));
                    }
                }
            }
            let (a, b) = found.ok_or(Stop::Stalled)?;
            let (i, column) = (places.swap_remove(a), enter.swap_remove(b));
            self.pivot(i, column);
            self.at_upper[column] = false;
        }
        self.settle();
        self.pivots = 0;
        Ok(())
    }

    /// Values from the bounds of the nonbasic variables. A reduced cost that is on the wrong side
    /// moves its variable to the other bound.
    fn settle(&mut self) {
        for k in 0..self.nonbasic.len() {
            let (_, upper) = self.bounds(self.nonbasic[k]);
            match self.reduced[k] {
                d if d < -WRONG && upper.is_finite() => self.at_upper[k] = true,
                d if d > WRONG => self.at_upper[k] = false,
                _ => {}
            }
        }
        for i in 0..self.basic.len() {
            self.values[i] = self.value(&self.coefficients[i]);
        }
    }

    /// A line at the bounds of the nonbasic variables.
    fn value(&self, line: &[f64]) -> f64 {
        let constant = line[self.nonbasic.len()];
        let terms = line[..self.nonbasic.len()].iter().enumerate().filter(|(_, a)| **a != 0.0);
        constant + terms.map(|(k, a)| a * self.at_bound(k)).sum::<f64>()
    }

    /// The vertex.
    pub(crate) fn columns(&self) -> Vec<f64> {
        let mut x = vec![0.0; self.costs.len()];
        for (k, variable) in self.nonbasic.iter().enumerate() {
            if let Ok(column) = variable {
                x[*column] = self.at_bound(k);
            }
        }
        for (variable, value) in self.basic.iter().zip(&self.values) {
            if let Ok(column) = variable {
                x[*column] = *value;
            }
        }
        x
    }

    /// What the objective falls by if a limit rises by one, for each row that was ever added; and
    /// what it rises by for each column that its bound is raised by one.
    pub(crate) fn multipliers(&self) -> (Vec<f64>, Vec<f64>) {
        let (mut rows, mut bounds) = (vec![0.0; self.rows.len()], vec![0.0; self.costs.len()]);
        for (variable, reduced) in self.nonbasic.iter().zip(&self.reduced) {
            match variable {
                Ok(column) => bounds[*column] = *reduced,
                Err(row) => rows[*row] = *reduced,
            }
        }
        (rows, bounds)
    }
}

/// Adds a line and measures the sum, in one walk through memory.
fn add_scaled_with_norm(target: &mut [f64], factor: f64, line: &[f64]) -> f64 {
    let last = target.len() - 1;
    target[last] += factor * line[last];
    let mut sums = [1.0, 0.0, 0.0, 0.0];
    let (mut fours, mut others) = (target[..last].chunks_exact_mut(4), line.chunks_exact(4));
    for (four, other) in fours.by_ref().zip(others.by_ref()) {
        for ((a, b), sum) in four.iter_mut().zip(other).zip(&mut sums) {
            *a += factor * b;
            *sum += *a * *a;
        }
    }
    let done = last - last % 4;
    for (a, b) in target[done..last].iter_mut().zip(&line[done..last]) {
        *a += factor * b;
        sums[0] += *a * *a;
    }
    sums.iter().sum()
}

fn norm(line: &[f64]) -> f64 {
    let mut sums = [1.0, 0.0, 0.0, 0.0];
    for four in line[..line.len() - 1].chunks(4) {
        for (sum, a) in sums.iter_mut().zip(four) {
            *sum += a * a;
        }
    }
    sums.iter().sum()
}

fn with_constant(values: &[f64], constant: f64) -> Vec<f64> {
    let mut all = Vec::with_capacity(values.len() + 1);
    all.extend_from_slice(values);
    all.push(constant);
    all
}

fn add_scaled(target: &mut [f64], factor: f64, line: &[f64]) {
    for (a, b) in target.iter_mut().zip(line) {
        *a += factor * b;
    }
}
