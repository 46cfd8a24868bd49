//! Kendall's rank correlation.
//!
//! In come two lists; out comes how many more pairs agree in order than disagree, as a share.

/// Kendall's τ of two lists of equal length, in `T log T` (Knight 1966). A pair that ties in the
/// second list counts as one that agrees.
pub(super) fn kendall_tau(a: &[f64], b: &[f64]) -> f64 {
    let mut order: Vec<usize> = (0..a.len()).collect();
    order.sort_by(|i, j| a[*i].total_cmp(&a[*j]).then(b[*i].total_cmp(&b[*j])));
    let mut values: Vec<f64> = order.into_iter().map(|at| b[at]).collect();
    let mut spare = values.clone();
    let swaps = inversions(&mut values, &mut spare);
    let n = a.len() as f64;
    1.0 - 4.0 * swaps as f64 / (n * (n - 1.0))
}

/// Sorts `values` and counts the pairs that stood the wrong way round.
fn inversions(values: &mut [f64], spare: &mut [f64]) -> u64 {
    let n = values.len();
    if n < 2 {
        return 0;
    }
    let half = n / 2;
    let mut count = inversions(&mut values[..half], &mut spare[..half])
        + inversions(&mut values[half..], &mut spare[half..]);
    let (mut left, mut right) = (0, half);
    for slot in spare.iter_mut() {
        if right == n || (left < half && values[left] <= values[right]) {
            *slot = values[left];
            left += 1;
        } else {
            *slot = values[right];
            right += 1;
            count += (half - left) as u64;
        }
    }
    values.copy_from_slice(spare);
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counted by hand.
    #[test]
    fn tau_counts_pairs() {
        let a = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(kendall_tau(&a, &[1.0, 2.0, 3.0, 4.0]), 1.0);
        assert_eq!(kendall_tau(&a, &[4.0, 3.0, 2.0, 1.0]), -1.0);
        // Two of six pairs disagree: (3, 1) and (3, 2).
        assert!((kendall_tau(&a, &[3.0, 1.0, 2.0, 4.0]) - 1.0 / 3.0).abs() < 1e-15);
    }
}
