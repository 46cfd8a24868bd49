//! A graph prepared once: names become numbered slots, attributes are parsed, operators bound.
//!
//! In: the messages of a file. Out: steps in an order in which every input is made before it is
//! read (the order of the file; a file that breaks it is refused, so there are no cycles).

use std::collections::{BTreeMap, BTreeSet};

use super::attributes::Attributes;
use super::ops::{self, Call, Kernel};
use super::tensor::{Tensor, text};
use super::{Fault, proto};
use crate::LearnError;

/// The element type of a graph input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    F32,
    F64,
    I32,
    I64,
    Bool,
    Text,
}

/// One input of the graph.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub name: String,
    pub slot: usize,
    pub kind: Kind,
    /// Its dimensions as the file states them; `None` for one that it leaves open.
    pub dims: Vec<Option<usize>>,
}

/// How many elements an evaluation may make in all, and hold at any time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    pub made: usize,
    pub held: usize,
}

#[derive(Clone)]
struct Step {
    node: String,
    operator: String,
    kernel: Kernel,
    inputs: Vec<Option<usize>>,
    outputs: Vec<Option<usize>>,
    /// What no later step reads.
    ends: Vec<usize>,
}

/// A graph that can be evaluated.
#[derive(Clone)]
pub(crate) struct Plan {
    pub inputs: Vec<Input>,
    pub outputs: Vec<(String, usize)>,
    constants: Vec<Option<Tensor>>,
    steps: Vec<Step>,
}

/// The slots that names stand for while a plan is built.
#[derive(Default)]
struct Slots<'a> {
    by_name: BTreeMap<&'a str, usize>,
}

impl<'a> Slots<'a> {
    fn define(&mut self, name: &'a str) -> Result<usize, LearnError> {
        let slot = self.by_name.len();
        match self.by_name.insert(name, slot) {
            None => Ok(slot),
            Some(_) => Err(malformed(format!("value `{name}` is defined twice"))),
        }
    }

    fn find(&self, name: &str) -> Result<usize, LearnError> {
        let slot = self.by_name.get(name).copied();
        slot.ok_or_else(|| malformed(format!("value `{name}` is read before it is defined")))
    }
}

fn malformed(problem: impl Into<String>) -> LearnError {
    let problem = problem.into();
    LearnError::Malformed { problem }
}

impl Plan {
    pub(crate) fn new(model: &proto::ModelProto) -> Result<Self, LearnError> {
        let graph = (model.graph.as_ref()).ok_or_else(|| malformed("it has no graph"))?;
        let mut slots = Slots::default();
        let mut constants = Vec::new();
        for message in &graph.initializer {
            let named = |f: Fault| malformed(format!("constant `{}`: {}", message.name(), f.0));
            slots.define(message.name())?;
            constants.push(Some(Tensor::try_from(message).map_err(named)?));
        }
        let mut inputs = Vec::new();
        for info in &graph.input {
            if slots.by_name.contains_key(info.name()) {
                continue; // a constant that is listed as an input too
            }
            inputs.push(input(info, slots.define(info.name())?)?);
        }
        let mut steps = (graph.node.iter())
            .map(|node| step(node, model, &mut slots))
            .collect::<Result<Vec<_>, _>>()?;
        let outputs = (graph.output.iter())
            .map(|o| Ok((o.name().to_owned(), slots.find(o.name())?)))
            .collect::<Result<Vec<_>, LearnError>>()?;
        if outputs.is_empty() {
            return Err(malformed("its graph has no output"));
        }
        constants.resize(slots.by_name.len(), None);
        let given_out = outputs.iter().map(|(_, slot)| *slot);
        release(&mut steps, given_out.collect());
        Ok(Self { inputs, outputs, constants, steps })
    }

    /// How many elements the constants have.
    pub(crate) fn constants(&self) -> usize {
        self.constants.iter().flatten().map(Tensor::len).sum()
    }

    /// The outputs for inputs in the order of [`Plan::inputs`].
    pub(crate) fn evaluate(
        &self,
        given: Vec<Tensor>,
        mut room: Room,
    ) -> Result<Vec<Tensor>, LearnError> {
        let mut made: Vec<Option<Tensor>> = vec![None; self.constants.len()];
        for (input, tensor) in self.inputs.iter().zip(given) {
            room.held = room.held.saturating_sub(tensor.len());
            made[input.slot] = Some(tensor);
        }
        for step in &self.steps {
            let may = room.made.min(room.held);
            let results = self.run(step, &made, may).map_err(|f| fault(step, f))?;
            room.made = room.made.saturating_sub(results.iter().map(Tensor::len).sum());
            for (slot, result) in step.outputs.iter().zip(results) {
                if let Some(slot) = slot {
                    room.held = room.held.saturating_sub(result.len());
                    made[*slot] = Some(result);
                }
            }
            for slot in &step.ends {
                room.held += made[*slot].take().map_or(0, |tensor| tensor.len());
            }
        }
        let value = |slot: usize| self.value(&made, slot).cloned();
        self.outputs.iter().map(|(name, slot)| value(*slot).ok_or_else(|| missing(name))).collect()
    }

    fn run(&self, step: &Step, made: &[Option<Tensor>], room: usize) -> Result<Vec<Tensor>, Fault> {
        let inputs: Vec<Option<&Tensor>> =
            (step.inputs.iter()).map(|slot| slot.and_then(|s| self.value(made, s))).collect();
        (step.kernel)(&Call::new(&inputs, room))
    }

    fn value<'a>(&'a self, made: &'a [Option<Tensor>], slot: usize) -> Option<&'a Tensor> {
        made[slot].as_ref().or(self.constants[slot].as_ref())
    }
}

fn missing(name: &str) -> LearnError {
    malformed(format!("no node makes the output `{name}`"))
}

fn fault(step: &Step, fault: Fault) -> LearnError {
    LearnError::Operator {
        node: step.node.clone(),
        operator: step.operator.clone(),
        problem: fault.0,
    }
}

/// Says after which step each value is read no more. `read` are those that are wanted in the end.
fn release(steps: &mut [Step], mut read: BTreeSet<usize>) {
    for step in steps.iter_mut().rev() {
        let outputs = step.outputs.iter().flatten();
        let made: Vec<usize> = outputs.copied().filter(|slot| read.insert(*slot)).collect();
        let inputs = step.inputs.iter().flatten();
        step.ends = inputs.copied().filter(|slot| read.insert(*slot)).chain(made).collect();
    }
}

fn input(info: &proto::ValueInfoProto, slot: usize) -> Result<Input, LearnError> {
    use proto::tensor_shape_proto::dimension::Value;
    let name = info.name();
    let tensor = info.r#type.as_ref().and_then(|t| t.tensor_type.as_ref());
    let tensor = tensor.ok_or_else(|| malformed(format!("input `{name}` is not a tensor")))?;
    let kind = match tensor.elem_type() {
        1 => Kind::F32,
        6 => Kind::I32,
        7 => Kind::I64,
        8 => Kind::Text,
        9 => Kind::Bool,
        11 => Kind::F64,
        other => {
            let text = format!("input `{name}` has element type {other}: use float or double");
            return Err(malformed(text));
        }
    };
    let dims = tensor.shape.as_ref().map_or(&[][..], |s| &s.dim);
    let size = |dim: &proto::tensor_shape_proto::Dimension| match dim.value {
        Some(Value::DimValue(n)) => usize::try_from(n).ok(),
        _ => None,
    };
    Ok(Input { name: text(name.as_bytes()), slot, kind, dims: dims.iter().map(size).collect() })
}

fn step<'a>(
    node: &'a proto::NodeProto,
    model: &proto::ModelProto,
    slots: &mut Slots<'a>,
) -> Result<Step, LearnError> {
    let domain = match node.domain() {
        "" => "ai.onnx",
        other => other,
    };
    let attributes = Attributes::new(node, opset(model, domain));
    let name = match node.name() {
        "" => node.output.first().map_or("", String::as_str),
        name => name,
    };
    let make = ops::find(domain, node.op_type())?;
    let kernel = make(&attributes).map_err(|f| LearnError::Operator {
        node: name.to_owned(),
        operator: node.op_type().to_owned(),
        problem: f.0,
    })?;
    let read = |n: &String| (!n.is_empty()).then(|| slots.find(n)).transpose();
    let inputs = node.input.iter().map(read).collect::<Result<_, _>>()?;
    let outputs = (node.output.iter())
        .map(|n| (!n.is_empty()).then(|| slots.define(n)).transpose())
        .collect::<Result<_, _>>()?;
    Ok(Step {
        node: text(name.as_bytes()),
        operator: node.op_type().to_owned(),
        kernel,
        inputs,
        outputs,
        ends: Vec::new(),
    })
}

/// The version of a domain's operator set; the newest that is known where the file is silent.
fn opset(model: &proto::ModelProto, domain: &str) -> i64 {
    let same = |d: &str| d == domain || (d.is_empty() && domain == "ai.onnx");
    let import = model.opset_import.iter().find(|i| same(i.domain()));
    import.map_or(i64::MAX, |i| i.version())
}
