//! The k nearest neighbours on standardised features.
//!
//! The file holds the training rows. `‖x - t‖² = ‖x‖² - 2x·t + ‖t‖²`, and the first term is the
//! same for all training rows, so their order needs one product and one sum: `MatMul → Add → TopK`,
//! then the labels' mean. It computes in `f64`, or rows that are almost equally near would change
//! places by rounding. Of equally near rows those that come first in the training set count.

use super::TrainingSet;
use super::standard::{STANDARD, Standard};
use crate::LearnError;
use crate::onnx::write::{DOUBLE, FLOAT, Graph, OUTPUT, Value};

pub(super) fn nearest_neighbours(
    set: &TrainingSet,
    neighbours: usize,
    mut graph: Graph,
) -> Result<Vec<u8>, LearnError> {
    if set.rows() < neighbours {
        return Err(LearnError::TooFewRows { needed: neighbours, found: set.rows() });
    }
    let data = Standard::of(set);
    data.write(&mut graph);
    let squares = |row: usize| data.row(row).map(|v| v * v).sum();
    graph.doubles("rows", &[data.columns, data.rows], data.x.iter().map(|v| -2.0 * v).collect());
    graph.doubles("squares", &[data.rows], (0..data.rows).map(squares).collect());
    graph.doubles("labels", &[data.rows], set.y.clone());
    graph.ints("count", vec![neighbours as i64]);
    let to = |kind: i32| vec![("to", Value::Int(i64::from(kind)))];
    graph.ai("Cast", &[STANDARD], &["precise"], to(DOUBLE));
    graph.ai("MatMul", &["precise", "rows"], &["products"], vec![]);
    graph.ai("Add", &["products", "squares"], &["distances"], vec![]);
    let smallest =
        vec![("axis", Value::Int(-1)), ("largest", Value::Int(0)), ("sorted", Value::Int(1))];
    graph.ai("TopK", &["distances", "count"], &["nearest", "places"], smallest);
    graph.ai("Gather", &["labels", "places"], &["outcomes"], vec![("axis", Value::Int(0))]);
    let mean = vec![("axes", Value::Ints(vec![1])), ("keepdims", Value::Int(1))];
    graph.ai("ReduceMean", &["outcomes"], &["mean"], mean);
    graph.ai("Cast", &["mean"], &[OUTPUT], to(FLOAT));
    Ok(graph.finish())
}
