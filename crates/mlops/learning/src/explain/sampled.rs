//! Shapley values by sampling (Štrumbelj and Kononenko 2014, "Explaining prediction models and
//! individual predictions with feature contributions", algorithm 1).
//!
//! In an order of the features, a background row becomes the row feature by feature; what the
//! forecast changes at a feature is one sample of its value. Each order is walked both ways, which
//! cancels the error of pairs. All rows meet the same background rows, in turn from the first, so
//! that one base fits them all and each row's values add up exactly.

use super::{Explanation, Method, Sampling};
use crate::random::Random;
use crate::{LearnError, Model};

pub(super) fn explain(
    model: &Model,
    background: &[f64],
    x: &[f64],
    sampling: Sampling,
) -> Result<Explanation, LearnError> {
    let features = model.features();
    let orders = sampling.orders.max(1);
    let given: Vec<&[f64]> = background.chunks_exact(features).cycle().take(orders).collect();
    let bases = model.predict(&given.concat())?;
    let base = bases.iter().sum::<f64>() / orders as f64;
    let mut values = Vec::with_capacity(x.len());
    for (number, row) in x.chunks_exact(features).enumerate() {
        let mut random = Random::part(sampling.seed, number);
        let mut of_row = vec![0.0; features];
        for from in &given {
            let mut order: Vec<usize> = (0..features).collect();
            random.shuffle(&mut order, features);
            walk(model, from, row, &order, &mut of_row)?;
            order.reverse();
            walk(model, from, row, &order, &mut of_row)?;
        }
        values.extend(of_row.iter().map(|sum| sum / (2 * orders) as f64));
    }
    Ok(Explanation { method: Method::Sampled, base, values, features })
}

fn walk(
    model: &Model,
    from: &[f64],
    to: &[f64],
    order: &[usize],
    sums: &mut [f64],
) -> Result<(), LearnError> {
    let mut at = from.to_vec();
    let mut visited = at.clone();
    for feature in order {
        at[*feature] = to[*feature];
        visited.extend_from_slice(&at);
    }
    let forecasts = model.predict(&visited)?;
    for (feature, pair) in order.iter().zip(forecasts.windows(2)) {
        sums[*feature] += pair[1] - pair[0];
    }
    Ok(())
}
