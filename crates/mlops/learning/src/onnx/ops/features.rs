//! Operators of `ai.onnx.ml` that prepare features.

use super::{Kernel, axis, kernel};
use crate::onnx::Fault;
use crate::onnx::attributes::Attributes;
use crate::onnx::tensor::{Data, Tensor};

/// A value for each column, or one for all.
fn per_column(values: &[f32], columns: usize, what: &str) -> Result<Vec<f32>, Fault> {
    match values {
        [one] => Ok(vec![*one; columns]),
        v if v.len() == columns => Ok(v.to_vec()),
        v => Err(format!("{} {what} for {columns} columns", v.len()).into()),
    }
}

/// Maps rows of `f32`, with the columns' parameters made to fit.
fn map_rows(x: &Tensor, each: impl Fn(&mut [f32])) -> Result<Tensor, Fault> {
    let (_, columns) = x.rows_columns()?;
    let mut values = x.to_f32()?.into_owned();
    values.chunks_exact_mut(columns).for_each(each);
    Tensor::new(x.dims().to_vec(), Data::F32(values))
}

/// `(x - offset) · scale`.
pub(super) fn scaler(attributes: &Attributes) -> Result<Kernel, Fault> {
    let offset = attributes.floats("offset").to_vec();
    let scale = attributes.floats("scale").to_vec();
    kernel(move |call| {
        let x = call.input(0)?;
        let (_, columns) = x.rows_columns()?;
        let offset = per_column(&offset, columns, "offsets")?;
        let scale = per_column(&scale, columns, "scales")?;
        map_rows(x, |row| {
            for (v, (offset, scale)) in row.iter_mut().zip(offset.iter().zip(&scale)) {
                *v = (*v - offset) * scale;
            }
        })
    })
}

/// Replaces one value, usually NaN, by a number for each column.
pub(super) fn imputer(attributes: &Attributes) -> Result<Kernel, Fault> {
    if attributes.has("imputed_value_int64s") {
        let values = attributes.ints("imputed_value_int64s").to_vec();
        let replaced = attributes.int("replaced_value_int64", 0);
        return kernel(move |call| impute_whole(call.input(0)?, &values, replaced));
    }
    let values = attributes.floats("imputed_value_floats").to_vec();
    let replaced = attributes.float("replaced_value_float", 0.0);
    kernel(move |call| {
        let x = call.input(0)?;
        let (_, columns) = x.rows_columns()?;
        let values = per_column(&values, columns, "imputed values")?;
        let unknown = |v: f32| v == replaced || (v.is_nan() && replaced.is_nan());
        map_rows(x, |row| {
            for (v, value) in row.iter_mut().zip(&values) {
                *v = if unknown(*v) { *value } else { *v };
            }
        })
    })
}

fn impute_whole(x: &Tensor, values: &[i64], replaced: i64) -> Result<Tensor, Fault> {
    let (_, columns) = x.rows_columns()?;
    if values.len() != 1 && values.len() != columns {
        return Err(format!("{} imputed values for {columns} columns", values.len()).into());
    }
    let value = |i: usize| values[i % columns % values.len()];
    let each = |(i, v): (usize, &i64)| if *v == replaced { value(i) } else { *v };
    let data = x.i64()?.iter().enumerate().map(each).collect();
    Tensor::new(x.dims().to_vec(), Data::I64(data))
}

/// Divides each row by its largest value (by its sign too, as specified: scikit-learn takes the
/// largest absolute value), its sum of absolute values or its length; never by 0.
pub(super) fn normalizer(attributes: &Attributes) -> Result<Kernel, Fault> {
    let size: fn(&[f32]) -> f32 = match attributes.text("norm", "MAX").as_str() {
        "MAX" => |row| row.iter().copied().fold(f32::MIN, f32::max),
        "L1" => |row| row.iter().map(|v| v.abs()).sum(),
        "L2" => |row| row.iter().map(|v| v * v).sum::<f32>().sqrt(),
        other => return Err(format!("norm `{other}` is not known").into()),
    };
    kernel(move |call| {
        map_rows(call.input(0)?, |row| {
            let size = size(row);
            if size != 0.0 {
                row.iter_mut().for_each(|v| *v /= size);
            }
        })
    })
}

pub(super) fn binarizer(attributes: &Attributes) -> Result<Kernel, Fault> {
    let threshold = attributes.float("threshold", 0.0);
    kernel(move |call| {
        let x = call.input(0)?;
        let above = |v: &f32| f32::from(u8::from(*v > threshold));
        let data = x.to_f32()?.iter().map(above).collect();
        Tensor::new(x.dims().to_vec(), Data::F32(data))
    })
}

/// Picks columns of the last dimension.
pub(super) fn extract() -> Result<Kernel, Fault> {
    kernel(|call| {
        let (x, wanted) = (call.input(0)?, call.input(1)?);
        let columns = *x.dims().last().ok_or("it needs at least one dimension")?;
        let picked: Vec<usize> =
            (wanted.i64()?.iter()).map(|i| axis(*i, columns)).collect::<Result<_, _>>()?;
        let mut dims = match x.dims() {
            [_] => vec![1, columns],
            dims => dims.to_vec(),
        };
        let last = dims.len() - 1;
        dims[last] = picked.len();
        call.size(&dims)?;
        let rows = 0..x.len() / columns;
        let at = rows.flat_map(|r| picked.iter().map(move |c| r * columns + c));
        Tensor::new(dims, x.data().pick(at))
    })
}

/// Puts the columns of several inputs side by side.
pub(super) fn vectorizer() -> Result<Kernel, Fault> {
    kernel(|call| {
        let parts = call.all()?;
        let rows = parts[0].rows_columns()?.0;
        let mut columns = 0;
        let mut each = Vec::new();
        for part in parts {
            let (r, c) = part.rows_columns()?;
            if r != rows {
                return Err(format!("inputs of {rows} and {r} rows do not fit").into());
            }
            columns += c;
            each.push((c, part.to_f32()?));
        }
        let n = call.size(&[rows, columns])?;
        let mut out = Vec::with_capacity(n);
        for row in 0..rows {
            for (c, values) in &each {
                out.extend_from_slice(&values[row * c..(row + 1) * c]);
            }
        }
        Tensor::new(vec![rows, columns], Data::F32(out))
    })
}
