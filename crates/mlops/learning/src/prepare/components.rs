//! Principal components of the standardised features: `Imputer → Scaler → MatMul`.
//!
//! The product is made in `f64` and rounded once, so that every runtime gives the same `f32`: trees
//! behind it split at values that rows have. The sign of a component says nothing; here its largest
//! loading is positive.

use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linalg::traits::evd::EVDDecomposable;

use crate::onnx::write::{DOUBLE, FLOAT, Graph, Value};
use crate::train::standard::Standard;
use crate::{LearnError, TrainingSet};

pub(super) fn write(count: usize, set: &TrainingSet, graph: &mut Graph) -> Result<(), LearnError> {
    let data = Standard::of(set);
    let columns = data.columns;
    if count > columns {
        let problem = format!("{count} components of {columns} features: ask for fewer");
        return Err(LearnError::Preparation { problem });
    }
    let loadings = loadings(&data, count)?;
    data.write_as(graph, "prepared_known", "prepared_standard");
    let to = |kind: i32| vec![("to", Value::Int(i64::from(kind)))];
    graph.doubles("loadings", &[columns, count], loadings);
    graph.ai("Cast", &["prepared_standard"], &["prepared_precise"], to(DOUBLE));
    graph.ai("MatMul", &["prepared_precise", "loadings"], &["precise_components"], vec![]);
    graph.ai("Cast", &["precise_components"], &["components"], to(FLOAT));
    graph.prepared("components");
    Ok(())
}

/// Features × components: the eigenvectors of the covariance with the largest eigenvalues.
fn loadings(data: &Standard, count: usize) -> Result<Vec<f64>, LearnError> {
    let columns = data.columns;
    let column = |c: usize| &data.x[c * data.rows..(c + 1) * data.rows];
    let centre = |c: usize| column(c).iter().sum::<f64>() / data.rows as f64;
    let centres: Vec<f64> = (0..columns).map(centre).collect();
    let mut covariance = vec![0.0; columns * columns];
    for a in 0..columns {
        for b in 0..=a {
            let pairs = column(a).iter().zip(column(b));
            let sum: f64 = pairs.map(|(x, y)| (x - centres[a]) * (y - centres[b])).sum();
            covariance[a * columns + b] = sum / data.rows as f64;
            covariance[b * columns + a] = covariance[a * columns + b];
        }
    }
    let failed = |e: smartcore::error::Failed| LearnError::Preparation {
        problem: format!("the components could not be found ({e})"),
    };
    let matrix = DenseMatrix::new(columns, columns, covariance, false).map_err(failed)?;
    let parts = matrix.evd(true).map_err(failed)?;
    let mut order: Vec<usize> = (0..columns).collect();
    order.sort_by(|a, b| parts.d[*b].total_cmp(&parts.d[*a]));
    let mut loadings = vec![0.0; columns * count];
    for (place, component) in order.into_iter().take(count).enumerate() {
        let vector: Vec<f64> = (0..columns).map(|c| *parts.V.get((c, component))).collect();
        let largest =
            vector.iter().copied().fold(0.0f64, |m, v| if v.abs() > m.abs() { v } else { m });
        for (c, v) in vector.iter().enumerate() {
            loadings[c * count + place] = v * largest.signum();
        }
    }
    Ok(loadings)
}
