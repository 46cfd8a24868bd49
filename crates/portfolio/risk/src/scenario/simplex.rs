//! The minimum of a function of a few variables, without its derivatives.
//!
//! In come a function and a start; out comes a local minimum (Nelder and Mead 1965, with the
//! coefficients of Gao and Han 2012). It does not know what is minimised.

/// Evaluations before it stops where it is.
const MAX_EVALUATIONS: usize = 4000;
/// Spread of values over the simplex at which it stops, relative.
const TOLERANCE: f64 = 1e-13;

/// Where `f` is least near `start`, and the value there. The first simplex is `size` wide. Values
/// that are not numbers count as infinite.
pub(super) fn minimise(start: &[f64], size: f64, f: impl Fn(&[f64]) -> f64) -> (Vec<f64>, f64) {
    let n = start.len();
    let value = |x: &[f64]| Some(f(x)).filter(|y| !y.is_nan()).unwrap_or(f64::INFINITY);
    let corner = |at: usize| {
        let mut x = start.to_vec();
        if at > 0 {
            x[at - 1] += size;
        }
        (value(&x), x)
    };
    let mut simplex: Vec<(f64, Vec<f64>)> = (0..=n).map(corner).collect();
    for _ in 0..MAX_EVALUATIONS / 2 {
        simplex.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (best, worst) = (simplex[0].0, simplex[n].0);
        let width =
            |at: usize| (simplex[at].1.iter().zip(&simplex[0].1)).map(|(a, b)| (a - b).abs());
        let widest = (1..=n).flat_map(width).fold(0.0, f64::max);
        if worst - best <= TOLERANCE * best.abs() && widest < 1e-6 {
            break;
        }
        let centre: Vec<f64> = (0..n)
            .map(|k| simplex[..n].iter().map(|(_, x)| x[k]).sum::<f64>() / n as f64)
            .collect();
        let toward = |factor: f64| {
            let from = &simplex[n].1;
            let x: Vec<f64> = centre.iter().zip(from).map(|(c, w)| c + factor * (c - w)).collect();
            (value(&x), x)
        };
        let reflected = toward(1.0);
        let next = if reflected.0 < best {
            let expanded = toward(1.0 + 2.0 / n as f64);
            if expanded.0 < reflected.0 { Some(expanded) } else { Some(reflected) }
        } else if reflected.0 < simplex[n - 1].0 {
            Some(reflected)
        } else {
            let inner = 0.75 - 0.5 / n as f64;
            let contracted = toward(if reflected.0 < worst { inner } else { -inner });
            (contracted.0 < worst.min(reflected.0)).then_some(contracted)
        };
        match next {
            Some(next) => simplex[n] = next,
            None => shrink(&mut simplex, value),
        }
    }
    simplex.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (least, at) = simplex.swap_remove(0);
    (at, least)
}

/// All corners move towards the best.
fn shrink(simplex: &mut [(f64, Vec<f64>)], value: impl Fn(&[f64]) -> f64) {
    let (best, others) = simplex.split_first_mut().expect("a simplex has corners");
    let factor = 1.0 - 1.0 / (others.len() as f64).max(2.0);
    for (y, x) in others {
        x.iter_mut().zip(&best.1).for_each(|(x, best)| *x = best + factor * (*x - best));
        *y = value(x);
    }
}
