//! A model that answers requests: its ONNX file, its signature, and the rows that it takes.
//!
//! In: the `MLmodel` and the ONNX file of a folder, then inputs of any protocol. Out: a matrix of
//! features in the order of the file, and from it outputs. Rows are computed independently of each
//! other, so that joined and divided batches give the same bits.

use std::num::NonZero;
use std::thread;

use learning::{LearnError, Model, Output, Port, ports};
use types::Digest;

use crate::scoring::Input;
use crate::signature::Inputs;
use crate::table::Table;
use crate::tensor::check_numbers;
use crate::{Column, ColumnType, Datatype, Flat, Manifest, ServingError, Tensor, TensorSpec};

/// So many rows at least are worth a thread of their own.
const ROWS_OF_A_THREAD: usize = 512;

/// A model that answers requests.
#[derive(Debug, Clone)]
pub struct Servable {
    model: Model,
    manifest: Manifest,
    digest: Digest,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    features: Vec<String>,
    threads: usize,
}

/// Inputs as the model takes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Arranged {
    /// The features, row by row.
    pub x: Vec<f64>,
    /// How many rows there are.
    pub rows: usize,
    /// Columns that were sent and that the model does not know.
    pub extra: Vec<String>,
    /// Whether the answer is a list of records.
    pub as_records: bool,
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
            threads: thread::available_parallelism().map_or(1, NonZero::get),
            features: Vec::new(),
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

    /// The matrix of features of a body of the scoring protocol.
    ///
    /// # Errors
    /// [`ServingError::Schema`] or [`ServingError::Invalid`] where it does not fit the signature.
    pub fn arrange(&self, input: Input) -> Result<Arranged, ServingError> {
        let is_frame = matches!(input, Input::Frame(_));
        let signature = self.manifest.signature.as_ref().map(|signature| &signature.inputs);
        match signature {
            Some(Inputs::Columns(columns)) => {
                let unnamed = columns.iter().any(|column| column.name.is_none());
                if unnamed && matches!(input, Input::Named(_)) {
                    return Err(ServingError::Malformed(
                        "the columns of this model have no names: send rows".to_owned(),
                    ));
                }
                self.by_column(columns, table_of(input)?)
            }
            Some(Inputs::Tensors(specs)) => match input {
                Input::Records(_) => Err(ServingError::Schema(
                    "this model takes a tensor: send rows, or a data frame".to_owned(),
                )),
                Input::Frame(table) => {
                    let x = self.of_table(table, specs)?;
                    self.arranged(x, false)
                }
                Input::Named(named) => self.by_port(named, specs),
                Input::Array(flat) => self.of_array(flat, specs),
            },
            None => match input {
                Input::Named(named) => self.by_port(named, &[]),
                Input::Array(flat) => self.of_array(flat, &[]),
                Input::Frame(table) | Input::Records(table) => {
                    let x = self.of_table(table, &[])?;
                    self.arranged(x, is_frame)
                }
            },
        }
    }

    fn arranged(&self, x: Vec<f64>, as_records: bool) -> Result<Arranged, ServingError> {
        let rows = x.len() / self.model.features();
        Ok(Arranged { x, rows, extra: Vec::new(), as_records })
    }

    fn by_column(&self, columns: &[Column], table: Table) -> Result<Arranged, ServingError> {
        let (x, extra) = table.arrange(columns).map_err(|error| match error {
            ServingError::Schema(what) => ServingError::Schema(format!(
                "Failed to enforce schema of the data with the signature of the model. Error: {what}"
            )),
            other => other,
        })?;
        Ok(Arranged { x, rows: table.rows, extra, as_records: true })
    }

    /// A table whose columns are the features in their order.
    fn of_table(&self, table: Table, specs: &[TensorSpec]) -> Result<Vec<f64>, ServingError> {
        let width = self.model.features();
        if self.inputs.len() > 1 {
            let columns: Vec<Column> = (self.features.iter())
                .map(|name| {
                    let kind = ColumnType::Double;
                    Column { name: Some(name.clone()), kind, required: true }
                })
                .collect();
            return Ok(table.arrange(&columns)?.0);
        }
        if table.columns != width {
            let found = table.columns;
            return Err(ServingError::Schema(format!(
                "Shape of input ({}, {found}) does not match expected shape (-1, {width}).",
                table.rows
            )));
        }
        let mut cells = table.cells;
        for (at, text) in std::mem::take(&mut cells.texts) {
            let no = || match table.typed {
                true => ServingError::Schema(format!("the data holds '{text}', no number")),
                false => ServingError::Malformed(format!("the data holds '{text}', no number")),
            };
            cells.numbers[at] = text.trim().parse().map_err(|_| no())?;
        }
        numbers_of("the data", cells, specs.first())
    }

    fn of_array(&self, flat: Flat, specs: &[TensorSpec]) -> Result<Arranged, ServingError> {
        if specs.len() > 1 || self.inputs.len() > 1 {
            let names: Vec<&str> = self.inputs.iter().map(|port| port.name.as_str()).collect();
            return Err(ServingError::Schema(format!(
                "this model has {} inputs: send a dictionary with {}",
                names.len(),
                names.join(", ")
            )));
        }
        let width = self.model.features();
        let fits = matches!(flat.dims[..], [_, columns] if columns == width)
            || (width == 1 && flat.dims.len() == 1);
        if !fits && flat.dims != [0] {
            let found = &flat.dims;
            return Err(ServingError::Schema(format!(
                "Shape of input {found:?} does not match expected shape (-1, {width})."
            )));
        }
        let x = numbers_of("the data", flat, specs.first())?;
        self.arranged(x, false)
    }

    /// Tensors by the names of the inputs.
    fn by_port(
        &self,
        named: Vec<(String, Flat)>,
        specs: &[TensorSpec],
    ) -> Result<Arranged, ServingError> {
        let known = |name: &str| self.inputs.iter().position(|port| port.name == name);
        let all_known = named.iter().all(|(name, _)| known(name).is_some());
        if !all_known && self.features.iter().all(|f| named.iter().any(|(name, _)| name == f)) {
            let x = self.of_table(Table::of_columns(named)?, specs)?;
            return self.arranged(x, false);
        }
        let mut parts: Vec<Option<(usize, Vec<f64>)>> = vec![None; self.inputs.len()];
        for (name, flat) in named {
            let at = known(&name).ok_or_else(|| self.unknown(&name))?;
            let columns = columns_of(&self.inputs[at]);
            let rows = flat.dims.first().copied().unwrap_or(0);
            if flat.ragged || flat.len() != rows * columns {
                let found = &flat.dims;
                return Err(ServingError::Schema(format!(
                    "input '{name}' has shape {found:?}, and the model takes (-1, {columns})"
                )));
            }
            let spec = specs.iter().find(|spec| spec.name.as_ref() == Some(&name));
            parts[at] = Some((rows, numbers_of(&name, flat, spec)?));
        }
        self.side_by_side(parts)
    }

    fn unknown(&self, name: &str) -> ServingError {
        let known: Vec<&str> = self.inputs.iter().map(|port| port.name.as_str()).collect();
        ServingError::Invalid(format!(
            "unexpected inference input '{name}': the model takes {}",
            known.join(", ")
        ))
    }

    /// The parts of all inputs, each with its rows, as one matrix.
    fn side_by_side(
        &self,
        parts: Vec<Option<(usize, Vec<f64>)>>,
    ) -> Result<Arranged, ServingError> {
        let mut whole = Vec::with_capacity(parts.len());
        for (port, part) in self.inputs.iter().zip(parts) {
            let missing = || {
                let name = &port.name;
                ServingError::Invalid(format!("input '{name}' of the model is not given"))
            };
            whole.push((columns_of(port), part.ok_or_else(missing)?));
        }
        let rows = whole.first().map_or(0, |(_, (rows, _))| *rows);
        if whole.iter().any(|(_, (other, _))| *other != rows) {
            return Err(ServingError::Invalid("the inputs differ in their rows".to_owned()));
        }
        if whole.len() == 1 {
            let x = whole.swap_remove(0).1.1;
            return self.arranged(x, false);
        }
        let mut x = Vec::with_capacity(rows * self.model.features());
        for row in 0..rows {
            for (columns, (_, part)) in &whole {
                x.extend_from_slice(&part[row * columns..(row + 1) * columns]);
            }
        }
        self.arranged(x, false)
    }

    /// The matrix of features of tensors: one for each input of the file, or one for each column of
    /// the signature.
    ///
    /// # Errors
    /// [`ServingError::Invalid`] where a tensor is missing, unknown, or of another type or shape.
    pub fn arrange_tensors(&self, tensors: &[Tensor]) -> Result<Arranged, ServingError> {
        let known = |name: &str| self.inputs.iter().position(|port| port.name == name);
        if tensors.iter().any(|tensor| known(&tensor.name).is_none()) {
            return self.tensors_by_column(tensors);
        }
        let mut parts: Vec<Option<(usize, Vec<f64>)>> = vec![None; self.inputs.len()];
        for tensor in tensors {
            let Some(at) = known(&tensor.name) else { return Err(self.unknown(&tensor.name)) };
            let (port, name) = (&self.inputs[at], &tensor.name);
            let wanted = Datatype::of_port(port);
            if tensor.datatype != wanted {
                let found = tensor.datatype;
                return Err(ServingError::Invalid(format!(
                    "inference input '{name}' data-type is '{found}', but the model expects \
                     '{wanted}'"
                )));
            }
            let columns = columns_of(port);
            let rows = match tensor.shape[..] {
                [rows, found] if found == columns => rows,
                [rows] if columns == 1 => rows,
                _ => {
                    let found = &tensor.shape;
                    return Err(ServingError::Invalid(format!(
                        "unexpected shape for input '{name}': expected [-1,{columns}], got {found:?}"
                    )));
                }
            };
            if parts[at].replace((rows, tensor.numbers()?.to_vec())).is_some() {
                return Err(ServingError::Invalid(format!("input '{name}' is there twice")));
            }
        }
        self.side_by_side(parts)
    }

    fn tensors_by_column(&self, tensors: &[Tensor]) -> Result<Arranged, ServingError> {
        let by_name = |name: &String| tensors.iter().find(|tensor| tensor.name == *name);
        let columns = self.manifest.signature.as_ref().and_then(|s| s.column_names());
        let strange = tensors.iter().find(|t| !self.features.contains(&t.name));
        if let Some(tensor) = strange.or(columns.is_none().then(|| &tensors[0])) {
            return Err(self.unknown(&tensor.name));
        }
        let mut named = Vec::with_capacity(self.features.len());
        for name in &self.features {
            let missing = || ServingError::Invalid(format!("input '{name}' is not given"));
            let tensor = by_name(name).ok_or_else(missing)?;
            let (rows, width) = tensor.rows_columns();
            if width != 1 {
                let shape = &tensor.shape;
                return Err(ServingError::Invalid(format!(
                    "input '{name}' is one column, and its shape is {shape:?}"
                )));
            }
            named.push((name.clone(), Flat::new(tensor.numbers()?.to_vec(), vec![rows])));
        }
        let arranged = self.arrange(Input::Named(named))?;
        Ok(Arranged { as_records: false, ..arranged })
    }

    /// The outputs for rows of features, computed by several threads where that is worth it.
    ///
    /// # Errors
    /// [`ServingError::Evaluation`] where the file cannot be evaluated over these numbers.
    pub fn evaluate(&self, x: &[f64]) -> Result<Vec<Output>, ServingError> {
        let rows = x.len() / self.model.features();
        let threads = self.threads.min(rows / ROWS_OF_A_THREAD).max(1);
        let failed = |error: LearnError| ServingError::Evaluation(error.to_string());
        if threads == 1 {
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

/// Any input as a table, for a signature of columns.
fn table_of(input: Input) -> Result<Table, ServingError> {
    match input {
        Input::Frame(table) | Input::Records(table) => Ok(table),
        Input::Array(flat) => Table::of_rows(None, flat),
        Input::Named(mut named) => {
            // Single values are one row.
            if named.iter().all(|(_, flat)| flat.dims.is_empty()) {
                named.iter_mut().for_each(|(_, flat)| flat.dims = vec![1]);
            }
            Table::of_columns(named)
        }
    }
}

/// The numbers of a tensor, of the type that a signature states.
fn numbers_of(name: &str, flat: Flat, spec: Option<&TensorSpec>) -> Result<Vec<f64>, ServingError> {
    let mut numbers = flat.numbers;
    for (at, text) in flat.texts {
        let number = crate::flat::word(&text);
        let no = || ServingError::Schema(format!("{name} holds the text '{text}', no number"));
        numbers[at] = number.ok_or_else(no)?;
    }
    if let Some(datatype) = spec.and_then(|spec| numpy(&spec.dtype)) {
        check_numbers(name, datatype, &numbers).map_err(|e| ServingError::Schema(e.to_string()))?;
    }
    Ok(numbers)
}

fn numpy(dtype: &str) -> Option<Datatype> {
    let word = match dtype {
        "bool" => "BOOL".to_owned(),
        "float16" | "float32" | "float64" => dtype.replace("float", "FP"),
        other => other.to_ascii_uppercase(),
    };
    Datatype::parse(&word).ok()
}

/// The columns of an input; open ones count as one.
fn columns_of(port: &Port) -> usize {
    port.dims.get(1..).unwrap_or(&[]).iter().map(|dim| dim.unwrap_or(1)).product()
}
