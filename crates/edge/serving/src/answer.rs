//! Outputs of a model as tensors, and the outputs of joined batches taken apart.

use learning::{Output, Port, Values};

use crate::{Data, Datatype, Servable, Tensor};

/// What a model answered to one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicted {
    /// The outputs, in the order of the file.
    pub outputs: Vec<Tensor>,
    /// How many rows were asked for.
    pub rows: usize,
}

impl Predicted {
    /// The outputs of a model as tensors of the types that its file states.
    pub fn new(servable: &Servable, outputs: Vec<Output>, rows: usize) -> Self {
        let outputs = outputs.into_iter().enumerate();
        let outputs = outputs.map(|(at, output)| tensor(output, servable.outputs().get(at)));
        Self { outputs: outputs.collect(), rows }
    }

    /// The answer of a model over no rows.
    pub fn nothing(servable: &Servable) -> Self {
        let outputs = servable.outputs().iter().map(|port| {
            let datatype = Datatype::of_port(port);
            let data = match datatype {
                Datatype::Bytes => Data::Bytes(Vec::new()),
                _ => Data::Numbers(Vec::new()),
            };
            let rest = port.dims.get(1..).unwrap_or(&[]).iter().map(|dim| dim.unwrap_or(1));
            let shape = std::iter::once(0).chain(rest).collect();
            Tensor { name: port.name.clone(), datatype, shape, data }
        });
        Self { outputs: outputs.collect(), rows: 0 }
    }

    /// One number for each row, by which decisions are made: the last column of the last output of
    /// fractions (for a classifier of two classes the probability of the second), or else the first
    /// output of numbers. `None` if there is none.
    pub fn decision(&self) -> Option<Vec<f64>> {
        let floats = self.outputs.iter().rev().find(|output| output.datatype.is_float());
        let output = floats.or(self.outputs.first())?;
        let Data::Numbers(numbers) = &output.data else { return None };
        let columns = numbers.len().checked_div(self.rows)?;
        (columns > 0).then(|| numbers.chunks_exact(columns).map(|row| row[columns - 1]).collect())
    }

    /// Has the numbers of rows be NaN. `false` if some output cannot hold it.
    pub fn withhold(&mut self, rows: &[usize]) -> bool {
        for output in &mut self.outputs {
            let (_, columns) = output.rows_columns();
            let Data::Numbers(numbers) = &mut output.data else { return false };
            if !output.datatype.is_float() {
                return false;
            }
            for row in rows {
                numbers[row * columns..(row + 1) * columns].fill(f64::NAN);
            }
        }
        true
    }
}

fn tensor(output: Output, port: Option<&Port>) -> Tensor {
    let (stated, data) = match output.values {
        Values::Numbers(numbers) => (port.map(Datatype::of_port), Data::Numbers(numbers)),
        Values::Texts(texts) => {
            let texts = texts.into_iter().map(String::into_bytes).collect();
            (Some(Datatype::Bytes), Data::Bytes(texts))
        }
    };
    let datatype = match (stated, &data) {
        (Some(Datatype::Bytes) | None, Data::Numbers(_)) => Datatype::Fp32,
        (stated, _) => stated.unwrap_or(Datatype::Bytes),
    };
    Tensor { name: output.name, datatype, shape: output.dims, data }
}

/// The outputs of consecutive parts of a matrix as those of the whole; `None` if an output does not
/// have its elements row by row. All parts but the last have `part` rows.
pub(crate) fn join(parts: Vec<Vec<Output>>, part: usize, rows: usize) -> Option<Vec<Output>> {
    let mut parts = parts.into_iter().enumerate();
    let (_, mut whole) = parts.next()?;
    let fits = |outputs: &[Output], rows: usize| {
        outputs.iter().all(|output| output.dims.first() == Some(&rows))
    };
    if !fits(&whole, part.min(rows)) {
        return None;
    }
    for (at, outputs) in parts {
        if !fits(&outputs, part.min(rows - at * part)) || outputs.len() != whole.len() {
            return None;
        }
        for (whole, output) in whole.iter_mut().zip(outputs) {
            if whole.dims[1..] != output.dims[1..] {
                return None;
            }
            whole.dims[0] += output.dims[0];
            match (&mut whole.values, output.values) {
                (Values::Numbers(whole), Values::Numbers(part)) => whole.extend(part),
                (Values::Texts(whole), Values::Texts(part)) => whole.extend(part),
                _ => return None,
            }
        }
    }
    Some(whole)
}

/// The outputs of a matrix as those of its consecutive parts of so many rows; `None` as for [`join`].
pub(crate) fn split(whole: &[Output], sizes: &[usize]) -> Option<Vec<Vec<Output>>> {
    let rows: usize = sizes.iter().sum();
    if whole.iter().any(|output| output.dims.first() != Some(&rows)) {
        return None;
    }
    let mut start = 0;
    let mut parts = Vec::with_capacity(sizes.len());
    for size in sizes {
        let part = whole.iter().map(|output| {
            let columns: usize = output.dims[1..].iter().product();
            let cells = start * columns..(start + size) * columns;
            let values = match &output.values {
                Values::Numbers(numbers) => Values::Numbers(numbers[cells].to_vec()),
                Values::Texts(texts) => Values::Texts(texts[cells].to_vec()),
            };
            let mut dims = output.dims.clone();
            dims[0] = *size;
            Output { name: output.name.clone(), dims, values }
        });
        parts.push(part.collect());
        start += size;
    }
    Some(parts)
}
