//! The attributes of a node, read by name with the specification's defaults.

use std::collections::BTreeMap;

use super::tensor::{Tensor, text};
use super::{Fault, proto};

/// The attributes of one node, and the operator set version that its domain has in the file.
pub(crate) struct Attributes<'a> {
    named: BTreeMap<&'a str, &'a proto::AttributeProto>,
    /// The version of the operator set.
    pub opset: i64,
    /// How many outputs the node has.
    pub outputs: usize,
}

impl<'a> Attributes<'a> {
    pub(crate) fn new(node: &'a proto::NodeProto, opset: i64) -> Self {
        let named = node.attribute.iter().map(|a| (a.name(), a)).collect();
        Self { named, opset, outputs: node.output.len() }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.named.contains_key(name)
    }

    pub(crate) fn int(&self, name: &str, default: i64) -> i64 {
        self.named.get(name).map_or(default, |a| a.i())
    }

    pub(crate) fn float(&self, name: &str, default: f32) -> f32 {
        self.named.get(name).map_or(default, |a| a.f())
    }

    pub(crate) fn text(&self, name: &str, default: &str) -> String {
        self.named.get(name).map_or_else(|| default.to_owned(), |a| text(a.s()))
    }

    pub(crate) fn ints(&self, name: &str) -> &'a [i64] {
        self.named.get(name).map_or(&[], |a| &a.ints)
    }

    pub(crate) fn floats(&self, name: &str) -> &'a [f32] {
        self.named.get(name).map_or(&[], |a| &a.floats)
    }

    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let texts = |a: &&proto::AttributeProto| a.strings.iter().map(|s| text(s)).collect();
        self.named.get(name).map(texts).unwrap_or_default()
    }

    pub(crate) fn tensor(&self, name: &str) -> Result<Option<Tensor>, Fault> {
        let tensor = self.named.get(name).and_then(|a| a.t.as_ref());
        tensor.map(Tensor::try_from).transpose()
    }

    /// Refuses an attribute that would change the meaning and is not known here.
    pub(crate) fn refuse(&self, names: &[&str], why: &str) -> Result<(), Fault> {
        match names.iter().find(|n| self.has(n)) {
            Some(name) => Err(format!("attribute `{name}` is not supported: {why}").into()),
            None => Ok(()),
        }
    }
}
