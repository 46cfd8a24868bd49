//! What there is: lists and searches.

use clap::{Args, ValueEnum};
use feature_store::{Definition, FeatureStore, FeatureStoreError, State};
use features::store::{Definition as Defined, DefinitionKind};
use serde_json::{Value, json};

use super::{StoreArgs, builtin};
use crate::commands::Found;
use crate::show::{Format, json as print_json, say, some, table};

/// Options of `trimtab features list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// The built-in features of one package, such as alpha158
    package: Option<String>,
    /// Only definitions of one kind
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// Only views and services that speak of an entity
    #[arg(long)]
    entity: Option<String>,
    #[command(flatten)]
    store: StoreArgs,
}

/// What can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Entity,
    Source,
    View,
    OnDemand,
    Service,
    Dataset,
    Builtin,
}

/// Options of `trimtab features search`.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// Words that must all occur, in either case of letters
    #[arg(required = true)]
    words: Vec<String>,
    #[command(flatten)]
    store: StoreArgs,
}

impl Kind {
    fn defined(self) -> Option<DefinitionKind> {
        match self {
            Self::Entity => Some(DefinitionKind::Entity),
            Self::Source => Some(DefinitionKind::Source),
            Self::View => Some(DefinitionKind::View),
            Self::OnDemand => Some(DefinitionKind::OnDemand),
            Self::Service => Some(DefinitionKind::Service),
            Self::Dataset | Self::Builtin => None,
        }
    }
}

/// Lists what there is.
pub fn list(args: &ListArgs) -> anyhow::Result<Found> {
    if let Some(package) = &args.package {
        builtin::list_package(package, args.store.format)?;
        return Ok(Found::AllWell);
    }
    let store = match FeatureStore::open(&args.store.home.home) {
        Ok(store) => Some(store),
        Err(FeatureStoreError::Absent(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let everything = args.kind.is_none() && args.entity.is_none();
    let wanted = |kind: Kind| args.kind == Some(kind) || everything;
    let definitions: Vec<&Definition> = store
        .iter()
        .flat_map(FeatureStore::current)
        .filter(|one| args.kind.is_none_or(|kind| kind.defined() == Some(one.defined.kind())))
        .filter(|one| {
            args.entity.as_ref().is_none_or(|entity| speaks_of(store.as_ref(), one, entity))
        })
        .collect();
    let saved = match &store {
        Some(store) if wanted(Kind::Dataset) => store.saved()?,
        _ => vec![],
    };
    if args.store.format == Format::Json {
        let mut all: Vec<Value> = definitions.iter().map(|one| value(one)).collect();
        for one in &saved {
            let mut one = serde_json::to_value(one)?;
            one["kind"] = json!("dataset");
            all.push(one);
        }
        if wanted(Kind::Builtin) {
            all.extend(builtin::values());
        }
        print_json(&all)?;
        return Ok(Found::AllWell);
    }
    if !definitions.is_empty()
        || !everything && args.kind != Some(Kind::Builtin) && saved.is_empty()
    {
        table(
            &["kind", "name", ">version", "digest", "owner", "what"],
            definitions.iter().map(|one| row(one)),
        );
    }
    if !saved.is_empty() {
        table(
            &["data set", ">version", "digest", ">rows", "features"],
            saved.iter().map(|one| {
                let features = one.made.features.join(", ");
                let rows = one.made.rows.to_string();
                vec![one.name.clone(), one.version.to_string(), one.digest.short(), rows, features]
            }),
        );
    }
    if wanted(Kind::Builtin) {
        if !definitions.is_empty() {
            say("");
        }
        builtin::list();
    }
    Ok(Found::AllWell)
}

/// Whether a view is of an entity, or a service reads one that is.
fn speaks_of(store: Option<&FeatureStore>, one: &Definition, entity: &str) -> bool {
    let of_view = |name: &str| {
        let view = store.and_then(|store| store.definitions().views.get(name));
        view.is_some_and(|view| view.entities.iter().any(|known| known == entity))
    };
    match &one.defined {
        Defined::Entity(defined) => defined.name == entity,
        Defined::View(view) => of_view(&view.name),
        Defined::OnDemand(view) => view.inputs.iter().any(|input| of_view(&input.view)),
        Defined::Service(service) => service.features.iter().any(|input| of_view(&input.view)),
        Defined::Source(_) => false,
    }
}

/// A definition for programs.
pub(super) fn value(one: &Definition) -> Value {
    json!({
        "kind": one.defined.kind(),
        "name": one.defined.name(),
        "version": one.version.version,
        "digest": one.version.digest,
        "applied_micros": one.version.at_micros,
        "folder": one.version.folder,
        "state": one.state,
        "definition": serde_json::from_str::<Value>(&one.defined.text()).unwrap_or(Value::Null),
    })
}

fn row(one: &Definition) -> Vec<String> {
    let (owner, what) = match &one.defined {
        Defined::Entity(entity) => {
            let keys = entity.keys.iter().map(|key| format!("{} {}", key.name, key.kind));
            (&entity.owner, keys.collect::<Vec<_>>().join(", "))
        }
        Defined::Source(source) => (&source.owner, source.place.kind().to_owned()),
        Defined::View(view) => {
            (&view.owner, some(view.features.iter().map(|feature| feature.name.as_str())))
        }
        Defined::OnDemand(view) => {
            (&view.owner, some(view.features.iter().map(|feature| feature.name.as_str())))
        }
        Defined::Service(service) => {
            let features: Vec<String> = service.features.iter().map(ToString::to_string).collect();
            (&service.owner, some(features.iter().map(String::as_str)))
        }
    };
    let mark = if matches!(one.state, State::Deprecated(_)) { " (deprecated)" } else { "" };
    vec![
        one.defined.kind().to_string(),
        format!("{}{mark}", one.defined.name()),
        one.version.version.to_string(),
        one.version.digest.short(),
        owner.clone(),
        what,
    ]
}

/// Finds definitions by words.
pub fn search(args: &SearchArgs) -> anyhow::Result<Found> {
    let store = FeatureStore::open(&args.store.home.home)?;
    let hits = store.search(&args.words);
    match args.store.format {
        Format::Json => print_json(&hits)?,
        Format::Table if hits.is_empty() => say("nothing found; `trimtab features list` lists all"),
        Format::Table => table(
            &["kind", "name", "owner", "found in", "description"],
            hits.iter().map(|hit| {
                let found = some(hit.found_in.iter().map(String::as_str));
                vec![
                    hit.kind.to_string(),
                    hit.name.clone(),
                    hit.owner.clone(),
                    found,
                    hit.description.clone(),
                ]
            }),
        ),
    }
    Ok(Found::AllWell)
}
