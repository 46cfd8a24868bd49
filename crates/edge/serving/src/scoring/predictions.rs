//! Predictions as MLflow's scoring server writes them: as records for those who sent a data frame, by
//! output for the others. What is not a number is written bare, as MLflow and its clients do.

use std::io::Write;

use serde_json::Value;

use crate::{Data, Datatype, Tensor};

/// `{"predictions": …}`. Rows that are `withheld` are null.
pub fn write(outputs: &[Tensor], as_records: bool, withheld: &[usize]) -> Vec<u8> {
    let mut out = b"{\"predictions\": ".to_vec();
    match as_records {
        true => records(&mut out, outputs, withheld),
        false => by_output(&mut out, outputs, withheld),
    }
    out.push(b'}');
    out
}

fn records(out: &mut Vec<u8>, outputs: &[Tensor], withheld: &[usize]) {
    let names: Vec<String> =
        outputs.iter().map(|output| Value::from(output.name.as_str()).to_string()).collect();
    let rows = outputs.first().map_or(0, |output| output.rows_columns().0);
    out.push(b'[');
    for row in 0..rows {
        separate(out, row);
        if withheld.binary_search(&row).is_ok() {
            out.extend_from_slice(b"null");
            continue;
        }
        out.push(b'{');
        for (at, (output, name)) in outputs.iter().zip(&names).enumerate() {
            separate(out, at);
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            let (_, columns) = output.rows_columns();
            match columns {
                1 => cell(out, output, row),
                _ => nested(out, output, &output.shape[1..], row * columns),
            }
        }
        out.push(b'}');
    }
    out.push(b']');
}

fn by_output(out: &mut Vec<u8>, outputs: &[Tensor], withheld: &[usize]) {
    out.push(b'{');
    for (at, output) in outputs.iter().enumerate() {
        separate(out, at);
        let (rows, columns) = output.rows_columns();
        write!(out, "{}: [", Value::from(output.name.as_str())).expect("memory takes it");
        for row in 0..rows {
            separate(out, row);
            match withheld.binary_search(&row) {
                Ok(_) => out.extend_from_slice(b"null"),
                Err(_) => nested(out, output, output.shape.get(1..).unwrap_or(&[]), row * columns),
            }
        }
        out.push(b']');
    }
    out.push(b'}');
}

/// The elements of a part of a tensor, nested as its dimensions say.
fn nested(out: &mut Vec<u8>, tensor: &Tensor, shape: &[usize], start: usize) {
    let Some((length, rest)) = shape.split_first() else {
        return cell(out, tensor, start);
    };
    let size: usize = rest.iter().product();
    out.push(b'[');
    for at in 0..*length {
        separate(out, at);
        nested(out, tensor, rest, start + at * size);
    }
    out.push(b']');
}

fn cell(out: &mut Vec<u8>, tensor: &Tensor, at: usize) {
    match &tensor.data {
        Data::Numbers(numbers) => number(out, tensor.datatype, numbers[at]),
        Data::Bytes(texts) => {
            let text = String::from_utf8_lossy(&texts[at]);
            serde_json::to_writer(&mut *out, &text).expect("a text can be written");
        }
    }
}

fn number(out: &mut Vec<u8>, datatype: Datatype, v: f64) {
    let written = match datatype {
        _ if v.is_nan() => write!(out, "NaN"),
        _ if v.is_infinite() => write!(out, "{}Infinity", if v < 0.0 { "-" } else { "" }),
        Datatype::Bool => write!(out, "{}", v != 0.0),
        datatype if datatype.is_float() => serde_json::to_writer(&mut *out, &v).map_err(Into::into),
        _ => write!(out, "{}", v as i64),
    };
    written.expect("memory takes all that is written");
}

fn separate(out: &mut Vec<u8>, at: usize) {
    if at > 0 {
        out.extend_from_slice(b", ");
    }
}
