//! Risk measures as cones, for those that are not the maximum of a finite number of planes.
//!
//! In: a program with epigraphs. Out: the same program with new columns, rows and cones in place
//! of the conic epigraphs. Losses are divided by their typical size first, so that a solver sees
//! numbers of order one for daily and for annual returns.
//!
//! Sources: Ahmadi-Javid (2012), "Entropic value-at-risk", for [`entropic`]; Cajas (2023),
//! "Portfolio optimization of relativistic value at risk", for [`relativistic`] as power cones, and
//! "Higher order moment portfolio optimization" for [`even`];
//! Cajas (2021), "Kelly criterion: a conic approach", for [`growth`].

use crate::epigraph::{Epigraph, RiskTerm};
use crate::measure::ScenarioMeasure as M;
use crate::oracle::tail_of;
use crate::region::{Label, Row};
use crate::robust::{Spread, Worst};
use crate::root::gram_root;
use crate::scenarios::Scenarios;
use crate::solver::{Affine, Cone, ConeKind, Program};

type Terms = Vec<(usize, f64)>;

/// `program` with the epigraphs that are not `kept` written as cones.
pub(crate) fn expanded<'a>(
    program: &Program<'a>,
    kept: impl Fn(&RiskTerm<'a>) -> bool,
) -> Program<'a> {
    let mut program = program.clone();
    let (kept, conic) =
        std::mem::take(&mut program.epigraphs).into_iter().partition(|e| kept(&e.risk));
    program.epigraphs = kept;
    for epigraph in conic {
        let mut writer = Writer { program: &mut program, epigraph: &epigraph };
        match &epigraph.risk {
            RiskTerm::Scenario(measure, scenarios) => writer.measure(*measure, scenarios),
            RiskTerm::Distance { root, from } => writer.distance(root, from),
            RiskTerm::Growth(scenarios) => writer.growth(scenarios),
            RiskTerm::Absolute(rates) => writer.absolute(rates),
            RiskTerm::Largest(assets) => writer.largest(*assets),
            RiskTerm::Worst(worst) => writer.worst(worst),
        }
    }
    program
}

struct Writer<'p, 'a, 'e> {
    program: &'p mut Program<'a>,
    epigraph: &'e Epigraph<'a>,
}

impl Writer<'_, '_, '_> {
    fn column(&mut self) -> usize {
        self.program.linear.push(0.0);
        self.program.linear.len() - 1
    }

    fn columns(&mut self, count: usize) -> Vec<usize> {
        (0..count).map(|_| self.column()).collect()
    }

    fn row(&mut self, terms: Terms, equality: bool) {
        self.program.rows.push(Row { terms, equality, limit: 0.0, label: Label::Support });
    }

    fn cone(&mut self, kind: ConeKind, parts: Vec<Affine>) {
        self.program.cones.push(Cone { kind, parts });
    }

    /// `constant` times the unit of the epigraph.
    fn constant(&self, terms: Terms, constant: f64) -> Affine {
        match self.epigraph.unit {
            Some(unit) if constant != 0.0 => {
                let mut terms = terms;
                terms.push((unit, constant));
                Affine { terms, constant: 0.0 }
            }
            _ => Affine { terms, constant },
        }
    }

    /// `x[column] · size >= ‖parts‖`.
    fn norm(&mut self, size: f64, parts: Vec<Affine>) {
        let head = Affine { terms: vec![(self.epigraph.column, size)], constant: 0.0 };
        let parts = std::iter::once(head).chain(parts).collect();
        self.cone(ConeKind::SecondOrder, parts);
    }

    fn distance(&mut self, root: &[Vec<f64>], from: &[f64]) {
        let squares: f64 = root.iter().flatten().map(|a| a * a).sum();
        let unit = sized((squares / from.len() as f64).sqrt());
        let parts = root.iter().map(|row| {
            let terms = row.iter().enumerate().filter(|(_, a)| **a != 0.0);
            let offset: f64 = row.iter().zip(from).map(|(a, b)| a * b).sum();
            self.constant(terms.map(|(i, a)| (i, a / unit)).collect(), -offset / unit)
        });
        let parts = parts.collect();
        self.norm(1.0 / unit, parts);
    }

    /// Columns above the absolute weights of the assets.
    fn sizes(&mut self, assets: impl Iterator<Item = usize>) -> Terms {
        assets
            .map(|asset| {
                let size = self.column();
                for sign in [1.0, -1.0] {
                    self.row(vec![(asset, sign), (size, -1.0)], false);
                }
                (size, 1.0)
            })
            .collect()
    }

    fn absolute(&mut self, rates: &[f64]) {
        let priced: Vec<(usize, f64)> =
            rates.iter().copied().enumerate().filter(|(_, rate)| *rate > 0.0).collect();
        let mut sum = self.sizes(priced.iter().map(|(asset, _)| *asset));
        sum.iter_mut().zip(&priced).for_each(|((_, one), (_, rate))| *one = *rate);
        sum.push((self.epigraph.column, -1.0));
        self.row(sum, false);
    }

    fn largest(&mut self, assets: usize) {
        for asset in 0..assets {
            for sign in [1.0, -1.0] {
                self.row(vec![(asset, sign), (self.epigraph.column, -1.0)], false);
            }
        }
    }

    fn worst(&mut self, worst: &Worst) {
        let assets = worst.root[0].len();
        let squares: f64 = worst.root.iter().flatten().map(|a| a * a).sum();
        let unit = sized((squares / assets as f64).sqrt());
        let scaled = |row: &Vec<f64>, columns: &Terms, factor: f64| {
            let parts = row.iter().zip(columns).filter(|(a, _)| **a != 0.0);
            linear(parts.map(|(a, (column, _))| (*column, factor * a / unit)).collect())
        };
        let weights: Terms = (0..assets).map(|asset| (asset, 1.0)).collect();
        match &worst.spread {
            Spread::Absolute(rows) => {
                let sizes = self.sizes(0..assets);
                let parts = worst.root.iter().map(|row| scaled(row, &weights, 1.0));
                let spread = rows.iter().map(|row| scaled(row, &sizes, 1.0));
                self.norm(1.0 / unit, parts.chain(spread).collect());
            }
            Spread::Squares { variances, factor } => {
                // In units: `a r >= ‖root w‖²`, `q_i r >= v_i w_i²`, `b >= ‖(Σ q, q)‖` and
                // `r >= a + factor b`, so that `r² >= ‖root w‖² + factor b r`.
                let (a, b) = (self.column(), self.column());
                let parts = worst.root.iter().map(|row| scaled(row, &weights, 2.0)).collect();
                self.product(a, unit, parts);
                let squares = self.columns(assets);
                for (asset, (q, v)) in squares.iter().zip(variances).enumerate() {
                    self.product(*q, unit, vec![linear(vec![(asset, 2.0 * v.sqrt() / unit)])]);
                }
                let all = squares.iter().map(|q| (*q, 1.0)).collect();
                let each = squares.iter().map(|q| linear(vec![(*q, 1.0)]));
                let parts = [linear(vec![(b, 1.0)]), linear(all)].into_iter().chain(each);
                self.cone(ConeKind::SecondOrder, parts.collect());
                let column = self.epigraph.column;
                self.row(vec![(a, 1.0), (b, *factor), (column, -1.0 / unit)], false);
            }
        }
    }

    /// `x[factor] · x[column] / unit >= ‖parts / 2‖²`.
    fn product(&mut self, factor: usize, unit: f64, parts: Vec<Affine>) {
        let column = self.epigraph.column;
        let sum = |sign: f64| linear(vec![(factor, 1.0), (column, sign / unit)]);
        let parts = [sum(1.0), sum(-1.0)].into_iter().chain(parts).collect();
        self.cone(ConeKind::SecondOrder, parts);
    }

    fn measure(&mut self, measure: M, scenarios: &Scenarios<'_>) {
        let unit = typical(scenarios);
        match measure {
            M::StandardDeviation => self.standard_deviation(scenarios, unit),
            M::SemiDeviation | M::SemiVariance => self.semi_deviation(scenarios, unit),
            M::SecondLowerPartialMoment(target) => self.shortfall(scenarios, target, unit),
            M::UlcerIndex => {
                let depths = self.depths(scenarios, unit);
                let parts = roots(scenarios, &depths, 1.0);
                self.norm(1.0 / unit, parts);
            }
            M::EntropicValueAtRisk(level) => {
                let losses = losses(scenarios, unit);
                self.entropic(scenarios, &losses, tail_of(level), unit, self.epigraph.column);
            }
            M::EntropicValueAtRiskRange(level) => {
                let [low, high] = self.halves();
                for (losses, column) in sides(scenarios, unit).iter().zip([low, high]) {
                    self.entropic(scenarios, losses, tail_of(level), unit, column);
                }
            }
            M::RelativisticValueAtRiskRange(level, deformation) => {
                let [low, high] = self.halves();
                for (losses, column) in sides(scenarios, unit).iter().zip([low, high]) {
                    self.relativistic(losses, tail_of(level), deformation, unit, column);
                }
            }
            M::EvenMoment(p) => self.even(scenarios, p, false, unit),
            M::EvenSemiMoment(p) => self.even(scenarios, p, true, unit),
            M::EntropicDrawdownAtRisk(level) => {
                let depths = self.depths(scenarios, unit);
                let losses: Vec<Terms> = depths.iter().map(|d| vec![(*d, 1.0)]).collect();
                self.entropic(scenarios, &losses, tail_of(level), unit, self.epigraph.column);
            }
            M::RelativisticValueAtRisk(level, deformation) => {
                let losses = losses(scenarios, unit);
                self.relativistic(&losses, tail_of(level), deformation, unit, self.epigraph.column);
            }
            M::RelativisticDrawdownAtRisk(level, deformation) => {
                let depths = self.depths(scenarios, unit);
                let losses: Vec<Terms> = depths.iter().map(|d| vec![(*d, 1.0)]).collect();
                self.relativistic(&losses, tail_of(level), deformation, unit, self.epigraph.column);
            }
            _ => unreachable!("{measure} is written by cuts"),
        }
    }

    /// Through the covariance of the scenarios, whose root has a row for each asset at most.
    fn standard_deviation(&mut self, scenarios: &Scenarios<'_>, unit: f64) {
        let root = gram_root(&crate::root::sample_covariance(scenarios));
        let parts = root.iter().map(|row| Affine {
            terms: row.iter().enumerate().map(|(i, a)| (i, a / unit)).collect(),
            constant: 0.0,
        });
        let parts = parts.collect();
        self.norm(1.0 / unit, parts);
    }

    /// Two columns whose sum the epigraph is above.
    fn halves(&mut self) -> [usize; 2] {
        let halves = [self.column(), self.column()];
        let [low, high] = halves;
        self.row(vec![(low, 1.0), (high, 1.0), (self.epigraph.column, -1.0)], false);
        halves
    }

    /// `risk^2p >= Σ p d^2p`, as `Σ p q <= risk` with `(q, risk, d)` in power cones of `1/2p`
    /// (Cajas, 2023).
    fn even(&mut self, scenarios: &Scenarios<'_>, p: u8, below: bool, unit: f64) {
        let mean = self.mean(scenarios, unit);
        let apart = losses(scenarios, unit).into_iter().map(|mut loss| {
            loss.push((mean, 1.0));
            loss
        });
        let apart: Vec<Terms> = apart.collect();
        let apart = if below { self.positive(apart) } else { apart };
        let likely: Vec<usize> =
            (0..scenarios.count()).filter(|s| scenarios.possible(*s)).collect();
        let weight = |s: usize, d: f64| scenarios.probability(s).powf(d);
        if p == 1 {
            let part = |s: &usize| {
                linear(apart[*s].iter().map(|(c, a)| (*c, a * weight(*s, 0.5))).collect())
            };
            return self.norm(1.0 / unit, likely.iter().map(part).collect());
        }
        let powers = self.columns(likely.len());
        let column = self.epigraph.column;
        let mut sum: Terms = vec![(column, -1.0 / unit)];
        for (s, q) in likely.iter().zip(&powers) {
            sum.push((*q, weight(*s, 1.0)));
            let parts = [vec![(*q, 1.0)], vec![(column, 1.0 / unit)], apart[*s].clone()];
            let exponent = 0.5 / f64::from(p);
            self.cone(ConeKind::Power(exponent), parts.map(linear).to_vec());
        }
        self.row(sum, false);
    }

    /// A column at the mean return, in units.
    fn mean(&mut self, scenarios: &Scenarios<'_>, unit: f64) -> usize {
        let mean = self.column();
        let mut row: Terms =
            scenarios.weighted(&likely(scenarios)).into_iter().enumerate().collect();
        row.iter_mut().for_each(|(_, a)| *a /= unit);
        row.push((mean, -1.0));
        self.row(row, true);
        mean
    }

    /// Columns above each of `parts` and above nought.
    fn positive(&mut self, parts: Vec<Terms>) -> Vec<Terms> {
        let above = |mut terms: Terms| {
            let column = self.column();
            terms.push((column, -1.0));
            self.row(terms, false);
            self.row(vec![(column, -1.0)], false);
            vec![(column, 1.0)]
        };
        parts.into_iter().map(above).collect()
    }

    fn semi_deviation(&mut self, scenarios: &Scenarios<'_>, unit: f64) {
        let mean = self.mean(scenarios, unit);
        let apart = losses(scenarios, unit).into_iter().map(|mut loss| {
            loss.push((mean, 1.0));
            loss
        });
        let short = self.positive(apart.collect());
        let short: Vec<usize> = short.iter().map(|terms| terms[0].0).collect();
        let parts = roots(scenarios, &short, scenarios.correction());
        self.norm(1.0 / unit, parts);
    }

    fn shortfall(&mut self, scenarios: &Scenarios<'_>, target: f64, unit: f64) {
        let short = self.columns(scenarios.count());
        for (loss, column) in losses(scenarios, unit).into_iter().zip(&short) {
            let mut terms = loss;
            terms.push((*column, -1.0));
            let whole = self.constant(terms, target / unit);
            let Affine { terms, constant } = whole;
            let row = Row { terms, equality: false, limit: -constant, label: Label::Support };
            self.program.rows.push(row);
            self.row(vec![(*column, -1.0)], false);
        }
        let parts = roots(scenarios, &short, scenarios.correction());
        self.norm(1.0 / unit, parts);
    }

    /// Columns above the depth below the highest sum so far: `d_s >= d_{s−1} − r_s`, `d_s >= 0`.
    fn depths(&mut self, scenarios: &Scenarios<'_>, unit: f64) -> Vec<usize> {
        let depths = self.columns(scenarios.count());
        for (s, loss) in losses(scenarios, unit).into_iter().enumerate() {
            let mut terms = loss;
            terms.push((depths[s], -1.0));
            if s > 0 {
                terms.push((depths[s - 1], 1.0));
            }
            self.row(terms, false);
            self.row(vec![(depths[s], -1.0)], false);
        }
        depths
    }

    /// `risk >= u + z ln(1/α)` with `E z exp((loss − u)/z) <= z`.
    fn entropic(
        &mut self,
        scenarios: &Scenarios<'_>,
        losses: &[Terms],
        tail: f64,
        unit: f64,
        column: usize,
    ) {
        let (u, z) = (self.column(), self.column());
        let risk = vec![(u, unit), (z, -unit * tail.ln()), (column, -1.0)];
        self.row(risk, false);
        let mut sum: Terms = vec![(z, -1.0)];
        for (s, loss) in losses.iter().enumerate().filter(|(s, _)| scenarios.possible(*s)) {
            let power = self.column();
            sum.push((power, scenarios.probability(s)));
            let mut exponent = loss.clone();
            exponent.push((u, -1.0));
            let parts = [exponent, vec![(z, 1.0)], vec![(power, 1.0)]];
            self.cone(ConeKind::Exponential, parts.map(linear).to_vec());
        }
        self.row(sum, false);
    }

    /// Equally likely scenarios. With `k` the deformation and `ln_k` the deformed logarithm of
    /// `1/(αT)`: `risk >= u + ln_k z + Σ (ψ + θ)`, `loss − u + ε + ω <= 0`,
    /// `(z (1+k)/2k, ψ (1+k)/k, ε)` and `(ω/(1−k), θ/k, −z/2k)` in power cones.
    fn relativistic(&mut self, losses: &[Terms], tail: f64, k: f64, unit: f64, column: usize) {
        let (u, z) = (self.column(), self.column());
        let odds = 1.0 / (tail * losses.len() as f64);
        let logarithm = (odds.powf(k) - odds.powf(-k)) / (2.0 * k);
        let mut risk = vec![(u, unit), (z, unit * logarithm), (column, -1.0)];
        for loss in losses {
            let [psi, theta, epsilon, omega] = [(); 4].map(|()| self.column());
            risk.extend([(psi, unit), (theta, unit)]);
            let mut terms = loss.clone();
            terms.extend([(u, -1.0), (epsilon, 1.0), (omega, 1.0)]);
            self.row(terms, false);
            let upper = [
                vec![(z, (1.0 + k) / (2.0 * k))],
                vec![(psi, (1.0 + k) / k)],
                vec![(epsilon, 1.0)],
            ];
            self.cone(ConeKind::Power(1.0 / (1.0 + k)), upper.map(linear).to_vec());
            let lower =
                [vec![(omega, 1.0 / (1.0 - k))], vec![(theta, 1.0 / k)], vec![(z, -0.5 / k)]];
            self.cone(ConeKind::Power(1.0 - k), lower.map(linear).to_vec());
        }
        self.row(risk, false);
    }

    /// `column >= −Σ p u` with `exp(u_s) <= 1 + return_s`.
    fn growth(&mut self, scenarios: &Scenarios<'_>) {
        let mut sum: Terms = vec![(self.epigraph.column, -1.0)];
        let losses = losses(scenarios, 1.0).into_iter().enumerate();
        for (s, loss) in losses.filter(|(s, _)| scenarios.possible(*s)) {
            let log = self.column();
            sum.push((log, -scenarios.probability(s)));
            let wealth = loss.into_iter().map(|(asset, l)| (asset, -l)).collect();
            self.cone(
                ConeKind::Exponential,
                vec![
                    linear(vec![(log, 1.0)]),
                    Affine { terms: Vec::new(), constant: 1.0 },
                    Affine { terms: wealth, constant: 1.0 },
                ],
            );
        }
        self.row(sum, false);
    }
}

fn linear(terms: Terms) -> Affine {
    Affine { terms, constant: 0.0 }
}

/// Every scenario with its probability.
fn likely(scenarios: &Scenarios<'_>) -> Vec<(usize, f64)> {
    (0..scenarios.count()).map(|s| (s, scenarios.probability(s))).collect()
}

/// The loss of each scenario in terms of the weights, in units of `unit`.
fn losses(scenarios: &Scenarios<'_>, unit: f64) -> Vec<Terms> {
    let of = |s: usize| {
        let row = scenarios.returns.row(s).iter().enumerate();
        row.filter(|(_, r)| **r != 0.0).map(|(i, r)| (i, -r / unit)).collect()
    };
    (0..scenarios.count()).map(of).collect()
}

/// The losses, and the gains as losses of the other side.
fn sides(scenarios: &Scenarios<'_>, unit: f64) -> [Vec<Terms>; 2] {
    [losses(scenarios, unit), losses(scenarios, -unit)]
}

/// `√(p / divisor) x` for each column.
fn roots(scenarios: &Scenarios<'_>, columns: &[usize], divisor: f64) -> Vec<Affine> {
    let part = |(s, column): (usize, &usize)| {
        let weight = (scenarios.probability(s) / divisor.max(f64::MIN_POSITIVE)).sqrt();
        linear(vec![(*column, weight)])
    };
    columns.iter().enumerate().map(part).collect()
}

/// The mean absolute return.
pub(crate) fn typical(scenarios: &Scenarios<'_>) -> f64 {
    let all = scenarios.returns.as_slice();
    sized(all.iter().map(|r| r.abs()).sum::<f64>() / all.len() as f64)
}

fn sized(size: f64) -> f64 {
    if size > 0.0 { size } else { 1.0 }
}
