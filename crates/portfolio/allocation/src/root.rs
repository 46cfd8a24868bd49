//! Roots of covariances: rows `G` with `Gᵀ G = Σ`.
//!
//! In: a positive semidefinite matrix, singular or not. Out: as many rows as its rank, by Cholesky
//! factorisation with diagonal pivoting (Higham, 2002, *Accuracy and Stability of Numerical
//! Algorithms*, section 10.3). Knows nothing about portfolios.

use risk::Matrix;

use crate::scenarios::Scenarios;

/// Pivots below this part of the largest are rounding.
const RANK: f64 = 1e-14;

/// The rows of a root of `sigma`.
pub(crate) fn gram_root(sigma: &Matrix) -> Vec<Vec<f64>> {
    let n = sigma.n();
    let mut rest: Vec<f64> = sigma.diag().collect();
    let least = RANK * rest.iter().fold(0.0_f64, |max, d| max.max(*d));
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for _ in 0..n {
        let start = (0, f64::NEG_INFINITY);
        let (at, pivot) = rest
            .iter()
            .enumerate()
            .fold(start, |best, (i, d)| if *d > best.1 { (i, *d) } else { best });
        if pivot <= least {
            break;
        }
        let scale = pivot.sqrt();
        let row: Vec<f64> = (0..n)
            .map(|j| {
                let explained: f64 = rows.iter().map(|row| row[at] * row[j]).sum();
                (sigma.at(at, j) - explained) / scale
            })
            .collect();
        for (rest, g) in rest.iter_mut().zip(&row) {
            *rest -= g * g;
        }
        rest[at] = f64::NEG_INFINITY;
        rows.push(row);
    }
    rows
}

/// The covariance of the scenarios, divided by `1 − Σ p²`.
pub(crate) fn sample_covariance(scenarios: &Scenarios<'_>) -> Matrix {
    let n = scenarios.returns.cols();
    let all: Vec<(usize, f64)> =
        (0..scenarios.count()).map(|s| (s, scenarios.probability(s))).collect();
    let mean = scenarios.weighted(&all);
    let mut sums = vec![0.0; n * n];
    for (s, p) in all {
        let apart: Vec<f64> =
            scenarios.returns.row(s).iter().zip(&mean).map(|(r, m)| r - m).collect();
        for i in 0..n {
            let factor = p * apart[i];
            for (sum, a) in sums[i * n..=i * n + i].iter_mut().zip(&apart) {
                *sum += factor * a;
            }
        }
    }
    let correction = scenarios.correction().max(f64::MIN_POSITIVE);
    Matrix::from_fn(n, |i, j| sums[i * n + j] / correction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_singular_matrix_has_a_root_of_its_rank() {
        // Outer products of (1, 2, 2) and (0, 3, −1).
        let sigma = Matrix::from_fn(3, |i, j| {
            let (a, b) = ([1.0, 2.0, 2.0], [0.0, 3.0, -1.0]);
            a[i] * a[j] + b[i] * b[j]
        });
        let root = gram_root(&sigma);
        assert_eq!(root.len(), 2);
        for i in 0..3 {
            for j in 0..3 {
                let gram: f64 = root.iter().map(|row| row[i] * row[j]).sum();
                assert!((gram - sigma.at(i, j)).abs() < 1e-14);
            }
        }
    }
}
