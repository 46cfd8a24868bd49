//! One TOML file of definitions, read: what is wrong with it is told with its line, and an unknown
//! key or value with the nearest known one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use features::FeatureSet;
use features::store::{
    Definition, Derived, Entity, Feature, FeatureService, FeatureView, Input, JoinKey,
    OnDemandView, Place, Source, ValueKind,
};
use toml::Spanned;

use super::Located;
use super::shapes::{FileText, OnDemandText, SourceKind, SourceText, ViewText};
use crate::FileFault;
use crate::error::hint;

type Faults = Vec<(usize, String)>;

/// The definitions of a file, each with its line; or everything that is wrong with it.
pub(super) fn read(path: &Path) -> Result<Vec<Located>, Vec<FileFault>> {
    let file = path.display().to_string();
    let at = |line, message| FileFault { file: file.clone(), line, message };
    let text = fs::read_to_string(path).map_err(|error| vec![at(1, error.to_string())])?;
    let parsed: FileText = toml::from_str(&text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        vec![at(line_at(&text, offset), suggest(error.message()))]
    })?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let (found, faults) = definitions(parsed, &text, folder);
    if faults.is_empty() {
        Ok(found)
    } else {
        Err(faults.into_iter().map(|(line, message)| at(line, message)).collect())
    }
}

fn definitions(file: FileText, text: &str, folder: &Path) -> (Vec<Located>, Faults) {
    let (mut found, mut faults) = (Vec::new(), Faults::new());
    let line = |name: &Spanned<String>| line_at(text, name.span().start);
    for entity in file.entity {
        let keys = entity.keys.into_iter().map(|(name, kind)| JoinKey { name, kind });
        let at = line(&entity.name);
        let definition = Entity {
            name: entity.name.into_inner(),
            keys: keys.collect(),
            description: entity.description,
            owner: entity.owner,
            tags: entity.tags,
        };
        found.push((at, Definition::Entity(definition)));
    }
    let mut times = BTreeMap::new();
    for source in file.source {
        let at = line(&source.name);
        match place(&source) {
            Err(message) => faults.push((at, message)),
            Ok(place) => {
                let name = source.name.into_inner();
                times
                    .insert(name.clone(), (source.event_time.clone(), source.created_time.clone()));
                let definition = Source {
                    name,
                    place,
                    event_time: source.event_time,
                    created_time: source.created_time,
                    description: source.description,
                    owner: source.owner,
                    tags: source.tags,
                };
                found.push((at, Definition::Source(definition)));
            }
        }
    }
    for view in file.view {
        let at = line(&view.name);
        match self::view(view, &times, folder) {
            Ok(view) => found.push((at, Definition::View(Box::new(view)))),
            Err(message) => faults.push((at, message)),
        }
    }
    for view in file.on_demand {
        found.push((line(&view.name), Definition::OnDemand(on_demand(view))));
    }
    for service in file.service {
        let at = line(&service.name);
        let definition = FeatureService {
            name: service.name.into_inner(),
            features: service.features,
            description: service.description,
            owner: service.owner,
            tags: service.tags,
        };
        found.push((at, Definition::Service(definition)));
    }
    (found, faults)
}

fn place(source: &SourceText) -> Result<Place, String> {
    let SourceText { path, digest, address, table, history, .. } = source;
    let name = source.name.get_ref();
    let given: [(&str, &Option<String>); 5] = [
        ("path", path),
        ("digest", digest),
        ("address", address),
        ("table", table),
        ("history", history),
    ];
    let (needed, optional): (&[&str], &[&str]) = match source.kind {
        SourceKind::Parquet | SourceKind::Csv => (&["path"], &[]),
        SourceKind::Snapshot => (&["digest"], &[]),
        SourceKind::Postgres => (&["address", "table"], &[]),
        SourceKind::Push => (&[], &["history"]),
    };
    let kind = format!("{:?}", source.kind).to_lowercase();
    for (key, value) in given {
        let known = needed.contains(&key) || optional.contains(&key);
        if value.is_some() && !known {
            return Err(format!(
                "source `{name}`: `{key}` means nothing to a {kind} source: drop it"
            ));
        }
        if value.is_none() && needed.contains(&key) {
            return Err(format!("source `{name}`: a {kind} source needs `{key}`"));
        }
    }
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    Ok(match source.kind {
        SourceKind::Parquet => Place::Parquet { path: text(path) },
        SourceKind::Csv => Place::Csv { path: text(path) },
        SourceKind::Snapshot => Place::Snapshot { digest: text(digest) },
        SourceKind::Postgres => Place::Postgres { address: text(address), table: text(table) },
        SourceKind::Push => Place::Push { history: history.clone() },
    })
}

/// Event and created time of the sources of a file.
type Times = BTreeMap<String, (String, Option<String>)>;

fn view(view: ViewText, times: &Times, folder: &Path) -> Result<FeatureView, String> {
    let name = view.name.into_inner();
    let refuse = |what: &str| Err(format!("view `{name}`: {what}"));
    let input = match (&view.source, &view.sql) {
        (Some(_), None) if !view.reads.is_empty() => {
            return refuse("`reads` names what a SQL text reads, and there is none: drop it");
        }
        (Some(source), None) => Input::Source { name: source.clone() },
        (None, Some(sql)) => {
            let path = folder.join(sql.get_ref());
            match fs::read_to_string(&path) {
                Ok(text) => Input::Sql { text: text.trim().to_owned(), reads: view.reads },
                Err(error) => return refuse(&format!("{}: {error}", path.display())),
            }
        }
        _ => return refuse("it needs either `source` or `sql` (the name of a file with the text)"),
    };
    let of_source = view.source.as_ref().and_then(|source| times.get(source));
    let event_time = match (view.event_time, of_source) {
        (Some(column), _) => column,
        (None, Some((column, _))) => column.clone(),
        (None, None) => {
            return refuse(
                "it needs `event_time`: the column that says when (a source of the same file tells it)",
            );
        }
    };
    let created_time =
        view.created_time.or_else(|| of_source.and_then(|(_, created)| created.clone()));
    let mut features: Vec<Feature> = view
        .feature
        .into_iter()
        .map(|feature| Feature {
            name: feature.name,
            kind: feature.kind,
            column: feature.column,
            expression: feature.expression,
            rules: feature.rules,
            description: feature.description,
        })
        .collect();
    if let Some(used) = view.used {
        let set = FeatureSet::resolve(used.get_ref(), &BTreeMap::new());
        let set = set.map_err(|error| format!("view `{name}`: {error}"))?;
        features.extend(set.definitions().iter().map(|definition| Feature {
            name: definition.name.clone(),
            kind: ValueKind::Float64,
            column: None,
            expression: Some(definition.source.clone()),
            rules: vec![],
            description: String::new(),
        }));
    }
    Ok(FeatureView {
        name,
        entities: view.entities,
        input,
        event_time,
        created_time,
        known_after: view.known_after,
        ttl: view.ttl,
        features,
        online: view.online,
        description: view.description,
        owner: view.owner,
        tags: view.tags,
    })
}

fn on_demand(view: OnDemandText) -> OnDemandView {
    let request = view.request.into_iter().map(|(name, kind)| JoinKey { name, kind });
    let features = view.feature.into_iter().map(|feature| Derived {
        name: feature.name,
        kind: feature.kind,
        expression: feature.expression,
        rules: feature.rules,
        description: feature.description,
    });
    OnDemandView {
        name: view.name.into_inner(),
        inputs: view.inputs,
        request: request.collect(),
        features: features.collect(),
        description: view.description,
        owner: view.owner,
        tags: view.tags,
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// Adds "did you mean" to serde's "unknown field `x`, expected one of `a`, `b`".
fn suggest(message: &str) -> String {
    let what = match message {
        message if message.starts_with("unknown field") => "key",
        message if message.starts_with("unknown variant") => "value",
        other => return other.to_owned(),
    };
    let mut quoted = message.split('`').skip(1).step_by(2);
    let given = quoted.next().unwrap_or_default();
    format!("unknown {what} `{given}`{}", hint(given, quoted))
}
