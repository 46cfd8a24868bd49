//! A set of features, compiled together.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use types::{Digest, Features, Panel};

use crate::error::nearest;
use crate::evaluate::Evaluation;
use crate::library::{library, ranked};
use crate::package::{package, packages};
use crate::plan::{Id, Plan, Window};
use crate::table::FeatureTable;
use crate::{Expression, FeatureError, SEMANTICS};

/// Columns that are computed together: few enough for their steps to stay in a near cache.
const COLUMNS: usize = 32;

/// A named expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// The feature's name: a letter, then letters, digits and `_`.
    pub name: String,
    /// The expression.
    pub source: String,
}

impl Definition {
    /// A definition of `name` as `source`.
    pub fn new(name: impl Into<String>, source: impl Into<String>) -> Self {
        Self { name: name.into(), source: source.into() }
    }
}

/// Features that are computed together; what they have in common is computed once.
///
/// None of them looks ahead: that is checked by [`FeatureSet::compile`].
#[derive(Debug, Clone)]
pub struct FeatureSet {
    definitions: Vec<Definition>,
    names: Arc<[String]>,
    plan: Plan,
    roots: Vec<Id>,
    window: Window,
    digest: Digest,
}

impl FeatureSet {
    /// Parses the definitions and refuses those that look ahead, malformed ones, and two of one
    /// name.
    pub fn compile(definitions: &[Definition]) -> Result<Self, FeatureError> {
        let mut seen = BTreeSet::new();
        let mut plan = Plan::default();
        let mut canonical = Vec::with_capacity(definitions.len());
        let mut roots = Vec::with_capacity(definitions.len());
        for definition in definitions {
            check_name(&definition.name)?;
            if !seen.insert(definition.name.as_str()) {
                let name = definition.name.clone();
                return Err(FeatureError::Duplicate { name });
            }
            let expression = parse(definition)?;
            roots.push(plan.lower(&expression.root));
            canonical.push(Definition::new(&definition.name, expression.to_string()));
        }
        let left = roots.iter().map(|root| plan.window(*root).left).max();
        Ok(Self {
            names: canonical.iter().map(|definition| definition.name.clone()).collect(),
            window: Window { left: left.unwrap_or(0), right: 0 },
            digest: digest(&canonical),
            definitions: canonical,
            plan,
            roots,
        })
    }

    /// The features of those names: your own definitions first, then the library, then those of
    /// the packages. The name of a package stands for all of its features, without those that are
    /// there already. `NAME_rank` is the cross-sectional rank of a feature, unless it is defined
    /// itself.
    pub fn resolve(
        names: &[String],
        own: &BTreeMap<String, String>,
    ) -> Result<FeatureSet, FeatureError> {
        let mut definitions = Vec::with_capacity(names.len());
        let mut seen = BTreeSet::new();
        for name in names {
            match package(name).filter(|_| !own.contains_key(name)) {
                None => {
                    seen.insert(name.clone());
                    definitions.push(named(name, own)?);
                }
                Some(package) => {
                    for member in &package.definitions {
                        if seen.insert(member.name.clone()) {
                            definitions.push(named(&member.name, own)?);
                        }
                    }
                }
            }
        }
        FeatureSet::compile(&definitions)
    }

    /// The names, in column order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The definitions, in column order and canonical text.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// The rows that the set reads, relative to the row that it describes; `right` is 0.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Whether the features of a symbol depend on that symbol's values alone.
    pub fn is_separable(&self) -> bool {
        self.plan.separable()
    }

    /// The digest of all names, all canonical texts, and [`SEMANTICS`].
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether the panel has every field that is read; names the feature that reads a missing one.
    pub fn check_fields(&self, panel: &Panel) -> Result<(), FeatureError> {
        let missing = |field: &String| !panel.has(field);
        match self.plan.fields().iter().find(|field| missing(field)) {
            None => Ok(()),
            Some(field) => Err(no_field(self.reader(field), field, panel)),
        }
    }

    /// The features of the newest day. Reads the last `window().left + 1` rows and no others.
    pub fn newest(&self, panel: &Panel) -> Result<Features, FeatureError> {
        let as_of = panel.last_date().ok_or(FeatureError::NoRows)?;
        Ok(Features {
            as_of,
            symbols: panel.shared_symbols(),
            names: self.names.clone(),
            values: self.values(panel, panel.rows() - 1..panel.rows())?,
        })
    }

    /// The features of every day. Its last day equals [`FeatureSet::newest`] bit for bit.
    pub fn history(&self, panel: &Panel) -> Result<FeatureTable, FeatureError> {
        Ok(FeatureTable {
            dates: panel.dates().into(),
            symbols: panel.shared_symbols(),
            names: self.names.clone(),
            values: self.values(panel, 0..panel.rows())?,
        })
    }

    /// Rows × symbols × names.
    fn values(&self, panel: &Panel, wanted: Range<usize>) -> Result<Vec<f64>, FeatureError> {
        self.check_fields(panel)?;
        let (cols, names) = (panel.symbols().len(), self.roots.len());
        let mut values = vec![0.0; wanted.len() * cols * names];
        let block = if self.plan.separable() && wanted.len() > 1 { COLUMNS } else { cols.max(1) };
        for start in (0..cols).step_by(block) {
            let columns = start..(start + block).min(cols);
            let run =
                Evaluation::run(&self.plan, &self.roots, panel, wanted.clone(), columns.clone())
                    .expect("the fields have been checked");
            let roots: Vec<_> = self.roots.iter().map(|root| run.rows(*root)).collect();
            for (index, t) in wanted.clone().enumerate() {
                let out = &mut values[(index * cols + start) * names..][..columns.len() * names];
                for (name, root) in roots.iter().enumerate() {
                    for (col, value) in root.row(t as i64).iter().enumerate() {
                        let known = value.is_finite();
                        out[col * names + name] = if known { *value } else { f64::NAN };
                    }
                }
            }
        }
        Ok(values)
    }

    /// The first feature that reads the field.
    fn reader(&self, field: &str) -> &str {
        let reads = |definition: &&Definition| {
            Expression::parse(&definition.source)
                .is_ok_and(|expression| expression.fields().contains(field))
        };
        let reader = self.definitions.iter().find(reads);
        reader.map_or("", |definition| &definition.name)
    }
}

/// One feature by its name.
fn named(name: &str, own: &BTreeMap<String, String>) -> Result<Definition, FeatureError> {
    let source = |name: &str| {
        let entry = || library().iter().find(|entry| entry.name == name);
        let member = || packages().iter().flat_map(|package| &package.definitions);
        own.get(name)
            .cloned()
            .or_else(|| entry().map(|entry| entry.source.to_owned()))
            .or_else(|| member().find(|known| known.name == name).map(|known| known.source.clone()))
    };
    source(name)
        .or_else(|| ranked(name).and_then(source).map(|of| format!("rank({of})")))
        .map(|source| Definition::new(name, source))
        .ok_or_else(|| unknown(name, own))
}

fn parse(definition: &Definition) -> Result<Expression, FeatureError> {
    let expression = Expression::parse(&definition.source).map_err(|error| match error {
        FeatureError::Syntax(problem) => {
            FeatureError::Definition { feature: definition.name.clone(), problem }
        }
        other => other,
    })?;
    match expression.culprit() {
        None => Ok(expression),
        Some(culprit) => Err(FeatureError::LooksAhead {
            feature: definition.name.clone(),
            right: expression.window().right,
            culprit: culprit.to_string(),
        }),
    }
}

fn check_name(name: &str) -> Result<(), FeatureError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let starts = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    if starts && name.bytes().all(plain) {
        Ok(())
    } else {
        Err(FeatureError::BadName { name: name.into() })
    }
}

fn digest(definitions: &[Definition]) -> Digest {
    let semantics = SEMANTICS.to_le_bytes();
    let texts = definitions
        .iter()
        .flat_map(|definition| [definition.name.as_bytes(), definition.source.as_bytes()]);
    Digest::of_parts([b"features".as_slice(), &semantics].into_iter().chain(texts))
}

fn unknown(name: &str, own: &BTreeMap<String, String>) -> FeatureError {
    let known = own.keys().map(String::as_str);
    let library = library().iter().map(|entry| entry.name);
    let of_packages = packages().iter().flat_map(|package| {
        std::iter::once(package.name)
            .chain(package.definitions.iter().map(|known| known.name.as_str()))
    });
    FeatureError::UnknownFeature {
        name: name.to_owned(),
        suggestion: nearest(name, known.chain(library).chain(of_packages)),
    }
}

pub(crate) fn no_field(reader: &str, field: &str, panel: &Panel) -> FeatureError {
    FeatureError::NoField {
        feature: reader.to_owned(),
        field: field.to_owned(),
        available: panel.fields().map(str::to_owned).collect(),
        suggestion: nearest(field, panel.fields()),
    }
}
