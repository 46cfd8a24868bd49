//! A shared library of ONNX Runtime that the machine has, named by `ORT_DYLIB_PATH`.
//!
//! In: ONNX files and tensors. Out: outputs as our evaluator gives them, but for the last digits. The
//! library is loaded once, when it is first asked for; a process that loaded it keeps it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use learning::{Data, Evaluator, Feed, LearnError, Output, Values};
use ort::environment::Environment;
use ort::session::{Session, SessionInputValue};
use ort::value::{DynValue, Tensor, TensorElementType, ValueType};

/// A library that was loaded.
pub(super) struct Library {
    path: PathBuf,
    environment: Environment,
}

static LIBRARY: OnceLock<Option<Result<Library, String>>> = OnceLock::new();

/// The library, or why it could not be loaded; nothing where none is named.
pub(super) fn found() -> Option<&'static Result<Library, String>> {
    LIBRARY.get_or_init(load).as_ref()
}

pub(super) fn path(library: &Library) -> String {
    library.path.display().to_string()
}

fn load() -> Option<Result<Library, String>> {
    let path = PathBuf::from(std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty())?);
    if !path.is_file() {
        return Some(Err(format!("ORT_DYLIB_PATH: there is no file {}", path.display())));
    }
    let builder = match ort::init_from(&path) {
        Ok(builder) => builder.with_name("trimtab").with_telemetry(false),
        Err(error) => return Some(Err(format!("ORT_DYLIB_PATH: {error}"))),
    };
    let environment = builder.build().map_err(|error| format!("{}: {error}", path.display()));
    Some(environment.map(|environment| Library { path, environment }))
}

/// A file that the library evaluates.
struct Accelerated {
    inputs: Vec<String>,
    outputs: Vec<(String, TensorElementType)>,
    session: Mutex<Session>,
}

/// A session for a file; nothing where there is no library, it does not take the file, or an output is
/// no tensor of numbers: those are our own evaluator's.
pub(super) fn session(onnx: &[u8]) -> Option<Arc<dyn Evaluator>> {
    let library = found()?.as_ref().ok()?;
    let session = Session::builder(&library.environment).ok()?.commit_from_memory(onnx).ok()?;
    let outputs = session.outputs().iter().map(|output| match output.dtype() {
        ValueType::Tensor { ty, .. } if is_read(*ty) => Some((output.name().to_owned(), *ty)),
        _ => None,
    });
    let outputs = outputs.collect::<Option<Vec<_>>>()?;
    let inputs = session.inputs().iter().map(|input| input.name().to_owned()).collect();
    Some(Arc::new(Accelerated { inputs, outputs, session: Mutex::new(session) }))
}

fn is_read(element: TensorElementType) -> bool {
    use TensorElementType::{Bool, Float32, Float64, Int64};
    matches!(element, Float32 | Float64 | Int64 | Bool)
}

fn fault(error: ort::Error) -> LearnError {
    LearnError::Runtime { runtime: "onnxruntime", problem: error.to_string() }
}

impl Evaluator for Accelerated {
    fn inputs(&self) -> Vec<&str> {
        self.inputs.iter().map(String::as_str).collect()
    }

    fn evaluate(&self, feeds: Vec<Feed>) -> Result<Vec<Output>, LearnError> {
        let mut given = BTreeMap::new();
        for feed in feeds {
            given.insert(feed.name.clone(), value(feed).map_err(fault)?);
        }
        let given: Vec<(String, SessionInputValue)> =
            given.into_iter().map(|(name, value)| (name, value.into())).collect();
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let made = session.run(given).map_err(fault)?;
        self.outputs.iter().map(|(name, ty)| output(name, &made[name.as_str()], *ty)).collect()
    }
}

fn value(feed: Feed) -> ort::Result<DynValue> {
    let dims = feed.dims;
    Ok(match feed.data {
        Data::F32(v) => Tensor::from_array((dims, v))?.into_dyn(),
        Data::F64(v) => Tensor::from_array((dims, v))?.into_dyn(),
        Data::I64(v) => Tensor::from_array((dims, v))?.into_dyn(),
        Data::Bool(v) => Tensor::from_array((dims, v))?.into_dyn(),
        Data::Text(_) => return Err(ort::Error::new("texts are not given to it")),
    })
}

fn output(name: &str, value: &DynValue, element: TensorElementType) -> Result<Output, LearnError> {
    let (shape, numbers): (_, Vec<f64>) = match element {
        TensorElementType::Float64 => {
            let (shape, v) = value.try_extract_tensor::<f64>().map_err(fault)?;
            (shape, v.to_vec())
        }
        TensorElementType::Int64 => {
            let (shape, v) = value.try_extract_tensor::<i64>().map_err(fault)?;
            (shape, v.iter().map(|v| *v as f64).collect())
        }
        TensorElementType::Bool => {
            let (shape, v) = value.try_extract_tensor::<bool>().map_err(fault)?;
            (shape, v.iter().map(|v| f64::from(u8::from(*v))).collect())
        }
        _ => {
            let (shape, v) = value.try_extract_tensor::<f32>().map_err(fault)?;
            (shape, v.iter().map(|v| f64::from(*v)).collect())
        }
    };
    let dims = shape.iter().map(|dim| *dim as usize).collect();
    Ok(Output { name: name.to_owned(), dims, values: Values::Numbers(numbers) })
}
