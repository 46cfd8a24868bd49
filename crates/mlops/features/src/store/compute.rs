//! On-demand features of rows: expressions over the values of one row and no other.
//!
//! In: the expressions of an on-demand view and columns of numbers. Out: columns of numbers, NaN
//! where one is not defined. The same code answers in training and online, so the two agree bit for
//! bit.

use std::collections::{BTreeMap, BTreeSet};

use types::{Date, Digest, Panel, Symbol};

use super::on_demand::OnDemandView;
use crate::plan::Plan;
use crate::{Definition, Expression, FeatureError, FeatureSet};

/// Compiled expressions that read their own row only.
#[derive(Debug, Clone)]
pub struct RowWise {
    set: FeatureSet,
    fields: Vec<String>,
    reads: BTreeMap<String, BTreeSet<String>>,
}

/// Columns by their names, all of one length.
pub type Computed = BTreeMap<String, Vec<f64>>;

impl RowWise {
    /// Compiles the features of a view; the error says which reads other rows, or what is wrong with
    /// its text.
    pub fn compile(view: &OnDemandView) -> Result<Self, String> {
        let definitions: Vec<Definition> = view
            .features
            .iter()
            .map(|feature| Definition::new(&feature.name, &feature.expression))
            .collect();
        let set = FeatureSet::compile(&definitions).map_err(|error| error.to_string())?;
        let (mut fields, mut reads) = (Vec::new(), BTreeMap::new());
        for definition in set.definitions() {
            let expression =
                Expression::parse(&definition.source).map_err(|error| error.to_string())?;
            let mut plan = Plan::default();
            let root = plan.lower(&expression.root);
            if plan.window(root).left > 0 || !plan.separable() {
                return Err(format!(
                    "feature `{}` reads other rows than its own: use a view of expressions for \
                     windows, ranks and groups",
                    definition.name
                ));
            }
            let read = expression.fields();
            fields.extend(read.iter().cloned());
            reads.insert(definition.name.clone(), read);
        }
        fields.sort_unstable();
        fields.dedup();
        Ok(Self { set, fields, reads })
    }

    /// The columns that one feature reads.
    pub fn reads(&self, feature: &str) -> impl Iterator<Item = &str> {
        self.reads.get(feature).into_iter().flatten().map(String::as_str)
    }

    /// The columns that are read, in order of their names.
    pub fn fields(&self) -> &[String] {
        &self.fields
    }

    /// The names of what is computed, in the order of the view.
    pub fn names(&self) -> &[String] {
        self.set.names()
    }

    /// Computes all rows; `columns` holds every field, each of `rows` values.
    pub fn compute(&self, rows: usize, columns: &Computed) -> Result<Computed, FeatureError> {
        let names = self.set.names();
        if rows == 0 {
            return Ok(names.iter().map(|name| (name.clone(), Vec::new())).collect());
        }
        let day = Date::from_ymd_opt(1970, 1, 1).expect("1970-01-01 is a day");
        let symbols = (0..rows).map(|row| Symbol::from(row.to_string().as_str())).collect();
        let fields = self
            .fields
            .iter()
            .filter_map(|field| Some((field.clone(), columns.get(field)?.clone())));
        let panel = Panel::new(vec![day], symbols, fields.collect(), Digest::ZERO)
            .expect("columns of one length are a panel of one day");
        let computed = self.set.newest(&panel)?;
        let column =
            |index: usize| computed.values.iter().skip(index).step_by(names.len()).copied();
        Ok(names
            .iter()
            .enumerate()
            .map(|(at, name)| (name.clone(), column(at).collect()))
            .collect())
    }
}
