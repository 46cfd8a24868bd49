//! Whether definitions fit together.
//!
//! In: a set of definitions. Out: everything that is wrong with them, each with the definition that
//! has to change.

use std::collections::BTreeSet;

use super::definitions::unknown;
use super::view::Input;
use super::{
    Definition, Definitions, Fault, FeatureService, FeatureView, OnDemandView, Place, RowWise,
    Source, Span, ValueKind,
};
use crate::FeatureSet;

impl Definitions {
    /// Everything that is wrong with the definitions, alone and together.
    pub fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for definition in self.all() {
            let mut problems: Vec<String> = check_name(definition.name()).into_iter().collect();
            problems.extend(match &definition {
                Definition::Entity(entity) => entity.problems(),
                Definition::Source(source) => self.check_source(source),
                Definition::View(view) => self.check_view(view),
                Definition::OnDemand(view) => self.check_on_demand(view),
                Definition::Service(service) => self.check_service(service),
            });
            let (kind, name) = (definition.kind(), definition.name());
            let fault = |problem| Fault { kind, name: name.to_owned(), problem };
            faults.extend(problems.into_iter().map(fault));
        }
        faults
    }

    fn check_source(&self, source: &Source) -> Vec<String> {
        let mut problems = source.problems();
        if let Place::Push { history: Some(history) } = &source.place {
            match self.sources.get(history) {
                None => problems.push(unknown("source", history, self.sources.keys())),
                Some(of) if matches!(of.place, Place::Push { .. }) => {
                    problems.push(format!(
                        "its history `{history}` is pushed too: name a file or a table"
                    ));
                }
                Some(_) => {}
            }
        }
        problems
    }

    fn check_view(&self, view: &FeatureView) -> Vec<String> {
        let mut problems = Vec::new();
        for entity in view.entities.iter().filter(|name| !self.entities.contains_key(*name)) {
            problems.push(unknown("entity", entity, self.entities.keys()));
        }
        if view.features.is_empty() {
            problems.push(
                "it has no features: add `[[view.feature]]` with a name and a type".to_owned(),
            );
        }
        let mut taken: BTreeSet<&str> =
            self.join_keys(view).iter().map(|key| key.name.as_str()).collect();
        taken.insert(&view.event_time);
        taken.extend(view.created_time.as_deref());
        for feature in &view.features {
            problems.extend(check_name(&feature.name));
            if !taken.insert(&feature.name) {
                problems.push(format!(
                    "`{}` is a feature and another column of the view: rename one (`column` names \
                     the column of a feature)",
                    feature.name
                ));
            }
            problems.extend(feature.rules.iter().filter_map(|rule| rule.objection(feature.kind)));
        }
        if view.created_time.is_some() && view.known_after != Span::ZERO {
            problems.push(
                "`created_time` and `known_after` both say from when rows are known: keep one"
                    .to_owned(),
            );
        }
        problems.extend(self.check_input(view));
        if view.is_computed() {
            problems.extend(self.check_expressions(view));
        }
        problems
    }

    fn check_input(&self, view: &FeatureView) -> Vec<String> {
        let mut problems = Vec::new();
        let known = || self.sources.keys().chain(self.views.keys());
        for read in view.input.reads() {
            match &view.input {
                Input::Source { .. } if !self.sources.contains_key(read) => {
                    problems.push(unknown("source", read, self.sources.keys()));
                }
                Input::Sql { .. } if !known().any(|name| name == read) => {
                    problems.push(unknown("source or view", read, known()));
                }
                _ => {}
            }
        }
        if let Input::Sql { text, reads } = &view.input {
            if text.trim().is_empty() {
                problems.push("its SQL text is empty".to_owned());
            }
            if reads.is_empty() {
                problems.push("it reads nothing: name sources or views in `reads`".to_owned());
            }
            if let Some(circle) = self.circle(&view.name) {
                problems.push(format!("it reads itself: {}", circle.join(" reads ")));
            }
        }
        problems
    }

    /// The way from a view back to itself, if there is one.
    fn circle(&self, start: &str) -> Option<Vec<String>> {
        let mut open = vec![vec![start.to_owned()]];
        let mut seen = BTreeSet::new();
        while let Some(way) = open.pop() {
            let at = way.last().expect("a way has a start");
            let reads = self.views.get(at).map_or(&[][..], |view| view.input.reads());
            let inputs = self.on_demand.get(at).map_or(&[][..], |view| &view.inputs);
            let next = reads.iter().chain(inputs.iter().map(|input| &input.view));
            for next in next {
                let further = [way.as_slice(), std::slice::from_ref(next)].concat();
                if next == start {
                    return Some(further);
                }
                if seen.insert(next.clone()) {
                    open.push(further);
                }
            }
        }
        None
    }

    fn check_expressions(&self, view: &FeatureView) -> Vec<String> {
        let mut problems = Vec::new();
        let mut definitions = Vec::new();
        for feature in &view.features {
            match (&feature.expression, &feature.column) {
                (Some(_), Some(_)) => problems.push(format!(
                    "feature `{}` has an expression and a column: keep one",
                    feature.name
                )),
                (Some(expression), None) => {
                    definitions.push(crate::Definition::new(&feature.name, expression));
                }
                (None, _) => problems.push(format!(
                    "feature `{}` is a column and others are expressions: give it an expression, \
                     such as `{}`, or move it to a view of its own",
                    feature.name,
                    feature.column()
                )),
            }
            if !matches!(feature.kind, ValueKind::Float64 | ValueKind::Float32) {
                problems.push(format!(
                    "feature `{}` is {}, and expressions give numbers: use float64",
                    feature.name, feature.kind
                ));
            }
        }
        if matches!(view.input, Input::Sql { .. }) {
            problems.push(
                "expressions read a source, and it has a SQL text: put one into the other"
                    .to_owned(),
            );
        }
        let keys = self.join_keys(view);
        if !matches!(keys.as_slice(), [key] if key.kind == ValueKind::String) {
            problems.push(
                "expressions need one entity with one key of type string, such as a symbol"
                    .to_owned(),
            );
        }
        problems.extend(FeatureSet::compile(&definitions).err().map(|error| error.to_string()));
        problems
    }

    fn check_on_demand(&self, view: &OnDemandView) -> Vec<String> {
        let mut problems = Vec::new();
        if view.features.is_empty() {
            problems.push(
                "it has no features: add `[[on_demand.feature]]` with an expression".to_owned(),
            );
        }
        let mut fields = BTreeSet::new();
        for input in &view.inputs {
            match self.resolve(input) {
                Err(problem) => problems.push(problem),
                Ok(features) => {
                    for (_, feature) in features {
                        if !fields.insert(feature.clone()) {
                            problems.push(format!(
                                "two inputs are named `{feature}`: rename one in its view"
                            ));
                        }
                    }
                }
            }
        }
        for column in &view.request {
            problems.extend(check_name(&column.name));
            if !column.kind.is_number() {
                problems.push(format!(
                    "request column `{}` is {}: expressions read numbers",
                    column.name, column.kind
                ));
            }
            if !fields.insert(column.name.clone()) {
                problems.push(format!(
                    "`{}` is an input and a request column: rename one",
                    column.name
                ));
            }
        }
        for feature in &view.features {
            if !feature.kind.is_number() {
                problems.push(format!(
                    "feature `{}` is {}: expressions give numbers",
                    feature.name, feature.kind
                ));
            }
            if fields.contains(&feature.name) {
                problems.push(format!("`{}` is a feature and an input: rename one", feature.name));
            }
        }
        if let Some(circle) = self.circle(&view.name) {
            problems.push(format!("it reads itself: {}", circle.join(" reads ")));
        }
        match RowWise::compile(view) {
            Err(problem) => problems.push(problem),
            Ok(compiled) => problems.extend(
                compiled
                    .fields()
                    .iter()
                    .filter(|field| !fields.contains(*field))
                    .map(|field| unknown("input or request column", field, fields.iter())),
            ),
        }
        problems
    }

    fn check_service(&self, service: &FeatureService) -> Vec<String> {
        let mut problems = Vec::new();
        if service.features.is_empty() {
            problems.push("it has no features: list `view:feature` or `view`".to_owned());
        }
        let mut seen = BTreeSet::new();
        for reference in &service.features {
            match self.resolve(reference) {
                Err(problem) => problems.push(problem),
                Ok(features) => {
                    for (view, feature) in features {
                        if !seen.insert((view.clone(), feature.clone())) {
                            problems.push(format!("`{view}:{feature}` stands twice: drop one"));
                        }
                    }
                }
            }
        }
        problems
    }
}

/// What is wrong with a name, if anything: it becomes a column, a table and a part of an address.
fn check_name(name: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let starts = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let sound = starts && name.bytes().all(plain) && !name.contains("__");
    (!sound).then(|| {
        format!("`{name}` is no name: use letters, digits and single `_`, and start with a letter")
    })
}
