//! A point on the way of the interior-point method, and the way to the next.
//!
//! In: a program, and targets for the products of slacks and multipliers. Out: directions and
//! steps. Every bound, span and inequality has one slack `s > 0` and one multiplier `z > 0`; those
//! of bounds and spans are exact in `x` and `t` throughout, those of rows need not be on the way.

use super::kernel::Kernel;
use super::{Answer, Curvature, Ramp, Separable, Start};
use crate::critical_line::tableau::{add_scaled, dot};

/// The part of the way to the boundary that a step may go.
const SHORT_OF: f64 = 0.995;

/// The room that a warm start leaves to bounds, in parts of a cold one's.
const WARM_ROOM: f64 = 0.1;

/// Where each slack is: lower bounds, upper bounds, both sides of the spans, inequalities.
#[derive(Debug)]
pub(super) struct Layout {
    lower: Vec<usize>,
    upper: Vec<usize>,
    spans: usize,
    inequalities: Vec<usize>,
    /// The slack of each ramp whose reference is the bound.
    feet: Vec<Option<usize>>,
    held: Vec<bool>,
    /// The rows over `x`, in full.
    rows: Vec<f64>,
}

impl Layout {
    pub(super) fn new(program: &Separable<'_>) -> Self {
        let n = program.slope.len();
        let held: Vec<bool> =
            program.lower.iter().zip(&program.upper).map(|(lower, upper)| lower == upper).collect();
        let bounded = |bounds: &[f64]| -> Vec<usize> {
            (0..n).filter(|i| bounds[*i].is_finite() && !held[*i]).collect()
        };
        let lines = program.rows.iter().enumerate();
        let mut rows = vec![0.0; n * program.rows.len()];
        for (row, line) in rows.chunks_exact_mut(n).zip(&program.rows) {
            line.on_x.iter().for_each(|(column, a)| row[*column] += a);
        }
        let (lower, upper) = (bounded(&program.lower), bounded(&program.upper));
        let foot = |ramp: &Ramp| match ramp.above {
            true if program.lower[ramp.column] == ramp.reference => {
                lower.binary_search(&ramp.column).ok()
            }
            false if program.upper[ramp.column] == ramp.reference => {
                upper.binary_search(&ramp.column).ok().map(|place| lower.len() + place)
            }
            _ => None,
        };
        Self {
            feet: program.ramps.iter().map(foot).collect(),
            lower,
            upper,
            spans: program.spans.len(),
            inequalities: lines.filter(|(_, line)| !line.equality).map(|(row, _)| row).collect(),
            held,
            rows,
        }
    }

    fn above(&self) -> usize {
        self.lower.len()
    }

    fn plus(&self) -> usize {
        self.lower.len() + self.upper.len()
    }

    fn minus(&self) -> usize {
        self.plus() + self.spans
    }

    fn last(&self) -> usize {
        self.minus() + self.spans
    }

    fn count(&self) -> usize {
        self.last() + self.inequalities.len()
    }
}

/// What a direction aims at.
#[derive(Debug, Default)]
pub(super) struct Target<'a> {
    /// The product of each slack and multiplier.
    pub centre: f64,
    /// The direction whose second-order effect is taken into account.
    pub second: Option<&'a Direction>,
}

#[derive(Debug)]
pub(super) struct Direction {
    x: Vec<f64>,
    t: Vec<f64>,
    multipliers: Vec<f64>,
    slacks: Vec<f64>,
    prices: Vec<f64>,
}

#[derive(Debug, Clone)]
pub(super) struct Iterate {
    x: Vec<f64>,
    t: Vec<f64>,
    multipliers: Vec<f64>,
    slacks: Vec<f64>,
    prices: Vec<f64>,
    /// The size of the objective's slopes.
    scale: f64,
    pub iterations: u32,
    residual: Residual,
    /// `z / s`, and what follows from it for the spans.
    tension: Vec<f64>,
    lean: Vec<Lean>,
}

/// The part of stationarity and of the rows that is still missing, in units of the objective.
#[derive(Debug, Clone, Default)]
struct Residual {
    x: Vec<f64>,
    t: Vec<f64>,
    rows: Vec<f64>,
}

/// How a span's `t` follows: `dt = follow · dδ + give · (…)`.
#[derive(Debug, Clone, Copy)]
struct Lean {
    follow: f64,
    give: f64,
}

impl Iterate {
    /// Inside all bounds and spans, near `start` or else near the references of the spans.
    pub(super) fn new(program: &Separable<'_>, layout: &Layout, start: Option<&Start>) -> Self {
        let n = program.slope.len();
        let mut x = vec![0.0; n];
        for span in program.spans.iter().filter(|span| span.from.is_none()) {
            x[span.column] = span.reference;
        }
        let size = x.iter().map(|x| x.abs()).sum::<f64>().max(1.0) / n as f64;
        let warm = start.filter(|start| start.x.len() == n);
        let mut room = size;
        if let Some(start) = warm {
            x.copy_from_slice(&start.x);
            room *= WARM_ROOM;
        }
        for (i, x) in x.iter_mut().enumerate() {
            let (lower, upper) = (program.lower[i], program.upper[i]);
            let room = room.min(0.4 * (upper - lower));
            *x = x.max(lower + room).min(upper - room);
        }
        let mut iterate = Self {
            x,
            t: vec![0.0; program.spans.len()],
            multipliers: vec![0.0; program.rows.len()],
            slacks: vec![0.0; layout.count()],
            prices: vec![0.0; layout.count()],
            scale: 1.0,
            iterations: 0,
            residual: Residual::default(),
            tension: Vec::new(),
            lean: Vec::new(),
        };
        for (t, span) in iterate.t.iter_mut().zip(&program.spans) {
            *t = apart(span, &iterate.x).abs() + room;
        }
        iterate.refresh(program, layout);
        for (place, row) in layout.inequalities.iter().enumerate() {
            let short = -iterate.over(program, layout, *row);
            iterate.slacks[layout.last() + place] = short.max(room);
        }
        iterate.scale = iterate.slopes(program);
        let centre = iterate.scale * room;
        iterate.prices = iterate.slacks.iter().map(|slack| centre / slack).collect();
        if let Some(start) = warm.filter(|start| start.multipliers.len() == program.rows.len()) {
            iterate.multipliers.copy_from_slice(&start.multipliers);
            for (place, row) in layout.inequalities.iter().enumerate() {
                let price = &mut iterate.prices[layout.last() + place];
                *price = price.max(iterate.multipliers[*row]);
            }
        }
        for (place, row) in layout.inequalities.iter().enumerate() {
            iterate.multipliers[*row] = iterate.prices[layout.last() + place];
        }
        iterate
    }

    /// The largest slope of the objective where it stands; 1 if there is none.
    fn slopes(&self, program: &Separable<'_>) -> f64 {
        let mut slopes = marginal(&program.curvature, &self.x);
        for (i, slope) in slopes.iter_mut().enumerate() {
            *slope = (*slope + program.square[i] * self.x[i]).abs().max(program.slope[i].abs());
        }
        let spans = program.spans.iter().zip(&self.t);
        slopes.extend(spans.map(|(span, t)| span.slope + 1.5 * span.power * t.sqrt()));
        let largest = slopes.iter().fold(0.0_f64, |max, slope| max.max(*slope));
        if largest > 0.0 { largest } else { 1.0 }
    }

    /// The slacks of bounds and spans from `x` and `t`.
    fn refresh(&mut self, program: &Separable<'_>, layout: &Layout) {
        for (slack, i) in self.slacks.iter_mut().zip(&layout.lower) {
            *slack = self.x[*i] - program.lower[*i];
        }
        for (slack, i) in self.slacks[layout.above()..].iter_mut().zip(&layout.upper) {
            *slack = program.upper[*i] - self.x[*i];
        }
        for (j, span) in program.spans.iter().enumerate() {
            let apart = apart(span, &self.x);
            self.slacks[layout.plus() + j] = self.t[j] - apart;
            self.slacks[layout.minus() + j] = self.t[j] + apart;
        }
    }

    /// How far a row is above its limit.
    fn over(&self, program: &Separable<'_>, layout: &Layout, row: usize) -> f64 {
        let line = &program.rows[row];
        let n = self.x.len();
        let on_t: f64 = line.on_t.iter().map(|(j, b)| b * self.t[*j]).sum();
        dot(&layout.rows[row * n..(row + 1) * n], &self.x) + on_t - line.limit
    }

    /// What is missing from stationarity and from the rows.
    pub(super) fn measure(&mut self, program: &Separable<'_>, layout: &Layout) {
        let n = self.x.len();
        let mut x = marginal(&program.curvature, &self.x);
        for (i, x) in x.iter_mut().enumerate() {
            *x += program.slope[i] + program.square[i] * self.x[i];
        }
        for ramp in &program.ramps {
            let height = (self.x[ramp.column] - ramp.reference).abs();
            let slope = 1.5 * ramp.power * height.sqrt();
            x[ramp.column] += if ramp.above { slope } else { -slope };
        }
        for (row, y) in layout.rows.chunks_exact(n).zip(&self.multipliers) {
            add_scaled(&mut x, *y, row);
        }
        let mut t = vec![0.0; program.spans.len()];
        for (line, y) in program.rows.iter().zip(&self.multipliers) {
            line.on_t.iter().for_each(|(j, b)| t[*j] += b * y);
        }
        for (place, i) in layout.lower.iter().enumerate() {
            x[*i] -= self.prices[place];
        }
        for (place, i) in layout.upper.iter().enumerate() {
            x[*i] += self.prices[layout.above() + place];
        }
        for (j, span) in program.spans.iter().enumerate() {
            let (plus, minus) = (layout.plus() + j, layout.minus() + j);
            t[j] += span.slope + 1.5 * span.power * self.t[j].sqrt();
            t[j] -= self.prices[plus] + self.prices[minus];
            t[j] -= self.settle(plus, minus, t[j]);
            let push = self.prices[plus] - self.prices[minus];
            x[span.column] += push;
            if let Some(from) = span.from {
                x[from] -= push;
            }
        }
        for (ramp, foot) in program.ramps.iter().zip(&layout.feet) {
            let Some(foot) = *foot else { continue };
            let sign = if ramp.above { 1.0 } else { -1.0 };
            let most = 0.5 * self.prices[foot];
            let by = (sign * x[ramp.column]).clamp(-most, most);
            // Where the column is off its foot, the price must vanish and is no help.
            if self.prices[foot] > self.slacks[foot] * self.scale {
                self.prices[foot] += by;
                x[ramp.column] -= sign * by;
            }
        }
        for (x, _) in x.iter_mut().zip(&layout.held).filter(|(_, held)| **held) {
            *x = 0.0;
        }
        let mut rows: Vec<f64> =
            (0..program.rows.len()).map(|row| self.over(program, layout, row)).collect();
        for (place, row) in layout.inequalities.iter().enumerate() {
            rows[*row] += self.slacks[layout.last() + place];
        }
        self.residual = Residual { x, t, rows };
    }

    /// Moves both prices of a span by the same, which leaves `x` alone, as far as they allow.
    fn settle(&mut self, plus: usize, minus: usize, missing: f64) -> f64 {
        let least = self.prices[plus].min(self.prices[minus]);
        let by = (0.5 * missing).clamp(-0.5 * least, 0.5 * least);
        self.prices[plus] += by;
        self.prices[minus] += by;
        2.0 * by
    }

    /// The largest missing parts of the rows and of stationarity, and the gap, in the scale of
    /// order one.
    pub(super) fn residuals(&self, program: &Separable<'_>) -> [f64; 3] {
        let largest = |values: &[f64]| values.iter().fold(0.0_f64, |max, v| max.max(v.abs()));
        let equalities = program.rows.iter().enumerate().filter(|(_, line)| line.equality);
        let open: f64 =
            equalities.map(|(r, _)| (self.multipliers[r] * self.residual.rows[r]).abs()).sum();
        let products = dot(&self.slacks, &self.prices);
        let dual = largest(&self.residual.x).max(largest(&self.residual.t));
        [largest(&self.residual.rows), dual / self.scale, (products + open) / self.scale]
    }

    /// Factors the system of the next step.
    pub(super) fn factor(
        &mut self,
        program: &Separable<'_>,
        layout: &Layout,
        kernel: &mut impl Kernel,
    ) -> Option<()> {
        let n = self.x.len();
        self.tension = self.prices.iter().zip(&self.slacks).map(|(z, s)| z / s).collect();
        let mut stiffness = program.square.clone();
        let held = layout.held.iter().enumerate().filter(|(_, held)| **held);
        held.for_each(|(i, _)| stiffness[i] = f64::INFINITY);
        for (place, i) in layout.lower.iter().enumerate() {
            stiffness[*i] += self.tension[place];
        }
        for (place, i) in layout.upper.iter().enumerate() {
            stiffness[*i] += self.tension[layout.above() + place];
        }
        for ramp in &program.ramps {
            let height = (self.x[ramp.column] - ramp.reference).abs();
            stiffness[ramp.column] += 0.75 * ramp.power / height.sqrt();
        }
        let mut couplings = Vec::new();
        self.lean.clear();
        for (j, span) in program.spans.iter().enumerate() {
            let (plus, minus) = (self.tension[layout.plus() + j], self.tension[layout.minus() + j]);
            let bend = if span.power > 0.0 { 0.75 * span.power / self.t[j].sqrt() } else { 0.0 };
            let give = (plus + minus + bend).recip();
            let own = ((plus + minus) * bend + 4.0 * plus * minus) * give;
            self.lean.push(Lean { follow: (plus - minus) * give, give });
            match span.from {
                None => stiffness[span.column] += own,
                Some(from) => couplings.push((span.column, from, own)),
            }
        }
        let count = program.rows.len();
        let mut rows = layout.rows.clone();
        let mut damping = vec![0.0; count * count];
        let mut on_t = Vec::new();
        for (row, line) in program.rows.iter().enumerate().filter(|(_, line)| !line.on_t.is_empty())
        {
            let mut full = vec![0.0; layout.spans];
            for (j, b) in &line.on_t {
                full[*j] += b;
                let (span, follow) = (&program.spans[*j], b * self.lean[*j].follow);
                rows[row * n + span.column] += follow;
                if let Some(from) = span.from {
                    rows[row * n + from] -= follow;
                }
            }
            on_t.push(full);
        }
        let with_t: Vec<usize> =
            (0..count).filter(|row| !program.rows[*row].on_t.is_empty()).collect();
        for (a, first) in with_t.iter().zip(&on_t) {
            let given: Vec<f64> = first.iter().zip(&self.lean).map(|(b, l)| b * l.give).collect();
            for (b, second) in with_t.iter().zip(&on_t) {
                damping[a * count + b] = dot(&given, second);
            }
        }
        for (place, row) in layout.inequalities.iter().enumerate() {
            damping[row * count + row] += self.tension[layout.last() + place].recip();
        }
        kernel.prepare(&stiffness, &couplings, &rows, &damping)
    }

    /// The direction to `target`.
    pub(super) fn direction(
        &self,
        program: &Separable<'_>,
        layout: &Layout,
        kernel: &impl Kernel,
        target: &Target<'_>,
    ) -> Direction {
        // Prices move by `goal − tension · ds`.
        let mut goal: Vec<f64> =
            self.slacks.iter().zip(&self.prices).map(|(s, z)| target.centre / s - z).collect();
        if let Some(second) = target.second {
            let products = second.slacks.iter().zip(&second.prices).zip(&self.slacks);
            goal.iter_mut().zip(products).for_each(|(goal, ((ds, dz), s))| *goal -= ds * dz / s);
        }
        let mut rho: Vec<f64> = self.residual.x.iter().map(|r| -r).collect();
        for (goal, i) in goal.iter().zip(&layout.lower) {
            rho[*i] += goal;
        }
        for (goal, i) in goal[layout.above()..].iter().zip(&layout.upper) {
            rho[*i] -= goal;
        }
        let mut push = Vec::with_capacity(layout.spans);
        for (j, span) in program.spans.iter().enumerate() {
            let (plus, minus) = (goal[layout.plus() + j], goal[layout.minus() + j]);
            push.push(plus + minus - self.residual.t[j]);
            let pull = plus - minus - self.lean[j].follow * push[j];
            rho[span.column] -= pull;
            if let Some(from) = span.from {
                rho[from] += pull;
            }
        }
        let mut eta: Vec<f64> = self.residual.rows.iter().map(|r| -r).collect();
        for (line, eta) in program.rows.iter().zip(&mut eta) {
            *eta -= line.on_t.iter().map(|(j, b)| b * self.lean[*j].give * push[*j]).sum::<f64>();
        }
        for (place, row) in layout.inequalities.iter().enumerate() {
            let at = layout.last() + place;
            eta[*row] -= goal[at] / self.tension[at];
        }
        kernel.solve(&mut rho, &mut eta);
        self.spread(program, layout, (rho, eta, push, goal))
    }

    /// The steps of everything that was eliminated.
    fn spread(
        &self,
        program: &Separable<'_>,
        layout: &Layout,
        (x, multipliers, mut push, goal): (Vec<f64>, Vec<f64>, Vec<f64>, Vec<f64>),
    ) -> Direction {
        for (line, y) in program.rows.iter().zip(&multipliers) {
            line.on_t.iter().for_each(|(j, b)| push[*j] -= b * y);
        }
        let mut slacks = vec![0.0; layout.count()];
        for (slack, i) in slacks.iter_mut().zip(&layout.lower) {
            *slack = x[*i];
        }
        for (slack, i) in slacks[layout.above()..].iter_mut().zip(&layout.upper) {
            *slack = -x[*i];
        }
        let mut t = vec![0.0; layout.spans];
        for (j, span) in program.spans.iter().enumerate() {
            let moved = x[span.column] - span.from.map_or(0.0, |from| x[from]);
            t[j] = self.lean[j].follow * moved + self.lean[j].give * push[j];
            slacks[layout.plus() + j] = t[j] - moved;
            slacks[layout.minus() + j] = t[j] + moved;
        }
        for (place, row) in layout.inequalities.iter().enumerate() {
            let at = layout.last() + place;
            slacks[at] = (goal[at] - multipliers[*row]) / self.tension[at];
        }
        let moves = slacks.iter().zip(&self.tension);
        let prices = goal.iter().zip(moves).map(|(goal, (ds, tension))| goal - tension * ds);
        let prices = prices.collect();
        Direction { x, t, multipliers, slacks, prices }
    }

    /// The longest step, at most 1, that keeps a `part` of every slack and price.
    fn reach(&self, direction: &Direction) -> f64 {
        let slacks = self.slacks.iter().zip(&direction.slacks);
        let prices = self.prices.iter().zip(&direction.prices);
        slacks.chain(prices).fold(1.0_f64, |reach, (value, change)| match *change < 0.0 {
            true => reach.min(-value / change),
            false => reach,
        })
    }

    /// The product to aim at after a look ahead along `predictor` (Mehrotra, 1992): none so small
    /// that the gap would fall below `least`, where rounding would have the say.
    pub(super) fn centre(&self, predictor: &Direction, least: f64) -> f64 {
        let count = self.slacks.len().max(1) as f64;
        let reach = self.reach(predictor);
        let now = dot(&self.slacks, &self.prices) / count;
        let ahead = |values: &[f64], change: &[f64]| -> Vec<f64> {
            values.iter().zip(change).map(|(v, d)| v + reach * d).collect()
        };
        let slacks = ahead(&self.slacks, &predictor.slacks);
        let then = dot(&slacks, &ahead(&self.prices, &predictor.prices)) / count;
        ((then / now).powi(3) * now).max(least * self.scale / count)
    }

    /// Takes the step.
    pub(super) fn advance(&mut self, direction: &Direction) {
        let step = (SHORT_OF * self.reach(direction)).min(1.0);
        add_scaled(&mut self.x, step, &direction.x);
        add_scaled(&mut self.t, step, &direction.t);
        add_scaled(&mut self.multipliers, step, &direction.multipliers);
        add_scaled(&mut self.slacks, step, &direction.slacks);
        add_scaled(&mut self.prices, step, &direction.prices);
    }

    /// The point as a solution.
    pub(super) fn answer(mut self, program: &Separable<'_>, layout: &Layout) -> Answer {
        let [primal, dual, gap] = self.residuals(program);
        let n = self.x.len();
        let mut bounds = [vec![0.0; n], vec![0.0; n]];
        for (place, i) in layout.lower.iter().enumerate() {
            bounds[0][*i] = self.prices[place];
        }
        for (place, i) in layout.upper.iter().enumerate() {
            bounds[1][*i] = self.prices[layout.above() + place];
        }
        self.price_held(program, layout, &mut bounds);
        Answer {
            bounds,
            sides: [
                self.prices[layout.plus()..layout.minus()].to_vec(),
                self.prices[layout.minus()..layout.last()].to_vec(),
            ],
            x: self.x,
            t: self.t,
            multipliers: self.multipliers,
            primal,
            dual,
            gap: gap * self.scale,
            scale: self.scale,
            iterations: self.iterations,
        }
    }

    /// What holds a fixed column is what stationarity lacks without it.
    fn price_held(&mut self, program: &Separable<'_>, layout: &Layout, bounds: &mut [Vec<f64>; 2]) {
        if !layout.held.contains(&true) {
            return;
        }
        let free = Layout { held: vec![false; self.x.len()], ..Layout::new(program) };
        self.measure(program, &free);
        for i in (0..self.x.len()).filter(|i| layout.held[*i]) {
            let missing = self.residual.x[i];
            bounds[usize::from(missing < 0.0)][i] = missing.abs();
        }
    }
}

fn apart(span: &super::Span, x: &[f64]) -> f64 {
    x[span.column] - span.from.map_or(0.0, |from| x[from]) - span.reference
}

/// `Q x`.
fn marginal(curvature: &Curvature<'_>, x: &[f64]) -> Vec<f64> {
    let n = x.len();
    match *curvature {
        Curvature::Dense { factor: 0.0, .. } => vec![0.0; n],
        Curvature::Dense { values, factor } => {
            values.chunks_exact(n).map(|row| factor * dot(row, x)).collect()
        }
        Curvature::Factors { exposures, specific, factor } => {
            let k = exposures.len() / n;
            let mut held = vec![0.0; k];
            for (row, x) in exposures.chunks_exact(k.max(1)).zip(x) {
                add_scaled(&mut held, *x, row);
            }
            let mut out: Vec<f64> = specific.iter().zip(x).map(|(d, x)| factor * d * x).collect();
            for (row, out) in exposures.chunks_exact(k.max(1)).zip(&mut out) {
                *out += factor * dot(row, &held);
            }
            out
        }
    }
}
