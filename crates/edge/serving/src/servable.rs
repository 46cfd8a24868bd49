//! A model that answers requests: its ONNX file, its signature, and the rows that it takes.
//!
//! In: the `MLmodel` and the ONNX file of a folder, then inputs of any protocol. Out: a matrix of
//! features in the order of the file, and from it outputs. Rows are computed independently of each
//! other, so that joined and divided batches give the same bits.

mod arrange;
mod columns;
mod tensors;

use std::thread;

use learning::{LearnError, Model, Output, Port, ports};
use types::Digest;

use crate::accelerator::Accelerator;
use crate::signature::Inputs;
use crate::{Column, ColumnType, Manifest, ServingError};

pub use arrange::Arranged;

/// A model that answers requests.
#[derive(Debug, Clone)]
pub struct Servable {
    model: Model,
    accelerator: Option<Accelerator>,
    manifest: Manifest,
    digest: Digest,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    features: Vec<String>,
}

impl Servable {
    /// Reads a model from the files of its folder.
    ///
    /// # Errors
    /// [`ServingError::Model`] where the ONNX file cannot be evaluated, or does not take what the
    /// signature says.
    pub fn read(manifest: Manifest, onnx: &[u8]) -> Result<Self, ServingError> {
        let refused = |error: LearnError| ServingError::Model(format!("its ONNX file: {error}"));
        let model = Model::load(onnx).map_err(refused)?;
        let (inputs, outputs) = ports(onnx).map_err(refused)?;
        let mut servable = Self {
            digest: Digest::of(onnx),
            features: Vec::new(),
            accelerator: Accelerator::find(onnx),
            model,
            manifest,
            inputs,
            outputs,
        };
        servable.features = servable.name_features()?;
        Ok(servable)
    }

    /// What the `MLmodel` says.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The digest of the ONNX file.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The inputs of the ONNX file.
    pub fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    /// The outputs of the ONNX file.
    pub fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    /// Whether a library that was found on the machine computes it
    /// ([`accelerator`](crate::accelerator())), and not our own evaluator.
    pub fn is_accelerated(&self) -> bool {
        self.accelerator.is_some()
    }

    /// The names of the features, in the order of a row.
    pub fn features(&self) -> &[String] {
        &self.features
    }

    /// The names of the signature's columns where they are the features; else those of the inputs,
    /// numbered where an input has several.
    fn name_features(&self) -> Result<Vec<String>, ServingError> {
        let width = self.model.features();
        if let Some(signature) = &self.manifest.signature
            && let Inputs::Columns(columns) = &signature.inputs
        {
            return self.name_columns(columns);
        }
        let named = self.inputs.iter().flat_map(|port| {
            let columns = columns_of(port);
            (0..columns).map(move |at| match columns {
                1 => port.name.clone(),
                _ => format!("{}[{at}]", port.name),
            })
        });
        let named: Vec<String> = named.collect();
        match named.len() == width {
            true => Ok(named),
            false => Err(ServingError::Model("its ONNX file does not say its columns".to_owned())),
        }
    }

    fn name_columns(&self, columns: &[Column]) -> Result<Vec<String>, ServingError> {
        let wrong = |what: String| ServingError::Model(format!("its signature {what}"));
        let width = self.model.features();
        if columns.len() != width {
            let count = columns.len();
            return Err(wrong(format!("has {count} columns, and its ONNX file takes {width}")));
        }
        let text = columns.iter().find(|column| matches!(column.kind, ColumnType::Other(_)));
        if let Some(column) = text {
            let (name, kind) = (column.name.as_deref().unwrap_or_default(), column.kind.word());
            return Err(wrong(format!("has column '{name}' of type {kind}, which is no number")));
        }
        let name = |(at, column): (usize, &Column)| {
            column.name.clone().unwrap_or_else(|| format!("column {at}"))
        };
        Ok(columns.iter().enumerate().map(name).collect())
    }

    /// The outputs for rows of features, computed by as many threads.
    ///
    /// # Errors
    /// [`ServingError::Evaluation`] where the file cannot be evaluated over these numbers.
    pub fn evaluate(&self, x: &[f64], threads: usize) -> Result<Vec<Output>, ServingError> {
        let rows = x.len() / self.model.features();
        let failed = |error: LearnError| ServingError::Evaluation(error.to_string());
        if let Some(accelerator) = self.accelerator.as_ref().filter(|_| rows > 0) {
            let feeds = self.model.feeds(x).map_err(failed)?;
            return accelerator.evaluate(feeds).map_err(failed);
        }
        if threads.min(rows) <= 1 {
            return self.model.run(x).map_err(failed);
        }
        let part = rows.div_ceil(threads) * self.model.features();
        let parts: Vec<Result<Vec<Output>, LearnError>> = thread::scope(|scope| {
            let run = |x| scope.spawn(move || self.model.run(x));
            let others: Vec<_> = x.chunks(part).skip(1).map(run).collect();
            let first = self.model.run(&x[..part]);
            let joined = others.into_iter().map(|other| match other.join() {
                Ok(outputs) => outputs,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            std::iter::once(first).chain(joined).collect()
        });
        let parts: Vec<Vec<Output>> =
            parts.into_iter().collect::<Result<_, _>>().map_err(failed)?;
        match crate::answer::join(parts, part / self.model.features(), rows) {
            Some(outputs) => Ok(outputs),
            // The outputs are not one element or more for each row.
            None => self.model.run(x).map_err(failed),
        }
    }
}

/// The columns of an input; open ones count as one.
fn columns_of(port: &Port) -> usize {
    port.dims.get(1..).unwrap_or(&[]).iter().map(|dim| dim.unwrap_or(1)).product()
}
