//! What a new version of a model is made of. Whoever makes it must be allowed to read that, since
//! whoever may read the version may then read it too.

use catalog::CatalogError;
use catalog::access::{Action, Requirement};
use database::Tx;

use super::find::{Wanted, experiment, of_models, of_path, of_runs, registered};
use super::judge::Asked;

/// The model that gets a version, and what the version is made of.
pub fn of_version(tx: &mut Tx<'_>, asked: &Asked, action: Action) -> Result<Wanted, CatalogError> {
    let fields = &asked.fields;
    let name = fields.text("name")?;
    let Some(resource) = registered(tx, asked, name)? else { return Ok(Wanted::Nothing) };
    let mut required = vec![Requirement::new(resource, name, action)];
    let mut experiments = Vec::new();
    for (field, find) in [("run_id", of_runs as Lookup), ("model_id", of_models as Lookup)] {
        if let Some(id) = fields.opt_text(field)?.filter(|id| !id.is_empty()) {
            match find(tx, asked, &[id.to_owned()])? {
                None => return Ok(Wanted::Nothing),
                Some(found) => experiments.extend(found),
            }
        }
    }
    match parse(fields.opt_text("source")?.unwrap_or_default(), &asked.roots) {
        Source::Elsewhere => {}
        Source::Unreadable => return Ok(Wanted::Nothing),
        Source::Registered(name) => match registered(tx, asked, &name)? {
            None => return Ok(Wanted::Nothing),
            Some(resource) => required.push(Requirement::new(resource, name, Action::Read)),
        },
        source => match of_source(tx, asked, &source)? {
            None => return Ok(Wanted::Nothing),
            Some(found) => experiments.extend(found),
        },
    }
    required.extend(experiments.into_iter().map(|id| experiment(id, Action::Read)));
    Ok(Wanted::These(required))
}

/// What whoever makes an experiment must be allowed to change: what is kept at its location already.
/// `None` if that cannot be said.
pub fn of_location(
    tx: &mut Tx<'_>,
    asked: &Asked,
) -> Result<Option<Vec<Requirement>>, CatalogError> {
    match parse(asked.fields.opt_text("artifact_location")?.unwrap_or_default(), &asked.roots) {
        Source::Elsewhere => Ok(Some(vec![])),
        Source::Artifact(path) => Ok(of_path(tx, asked, Some(&path))?
            .map(|ids| ids.into_iter().map(|id| experiment(id, Action::Update)).collect())),
        _ => Ok(None),
    }
}

type Lookup = fn(&mut Tx<'_>, &Asked, &[String]) -> Result<Option<Vec<i64>>, CatalogError>;

fn of_source(
    tx: &mut Tx<'_>,
    asked: &Asked,
    source: &Source,
) -> Result<Option<Vec<i64>>, CatalogError> {
    match source {
        Source::Run(run) => of_runs(tx, asked, std::slice::from_ref(run)),
        Source::Model(model) => of_models(tx, asked, std::slice::from_ref(model)),
        Source::Artifact(path) => of_path(tx, asked, Some(path)),
        Source::Registered(_) | Source::Elsewhere | Source::Unreadable => Ok(Some(vec![])),
    }
}

/// Where the files of a version come from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    /// `runs:/RUN/…`
    Run(String),
    /// `models:/m-…`
    Model(String),
    /// `models:/NAME/VERSION` or `models:/NAME@ALIAS`
    Registered(String),
    /// `mlflow-artifacts:/PATH`, with or without a host.
    Artifact(String),
    /// A place that this server does not give access to.
    Elsewhere,
    /// One of the above that cannot be read.
    Unreadable,
}

/// Where a path begins in an address of HTTP that names an artifact on this server.
const ANCHOR: &str = "/mlflow-artifacts/artifacts/";

fn parse(source: &str, roots: &[String]) -> Source {
    let source = source.trim();
    let below = |root: &String| {
        let rest = source.strip_prefix(root.trim_end_matches('/'))?;
        (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_matches('/'))
    };
    if let Some(path) = roots.iter().find_map(below) {
        return artifact(path);
    }
    let Some((scheme, rest)) = source.split_once(':') else { return Source::Elsewhere };
    match scheme.to_ascii_lowercase().as_str() {
        "mlflow-artifacts" => artifact(after_host(rest).trim_matches('/')),
        "http" | "https" => match rest.split_once(ANCHOR) {
            None => Source::Elsewhere,
            Some((_, path)) => artifact(path.trim_matches('/')),
        },
        "runs" => match after_host(rest).split('/').next().unwrap_or_default() {
            "" => Source::Unreadable,
            run => Source::Run(run.to_owned()),
        },
        "models" => model(after_host(rest)),
        _ => Source::Elsewhere,
    }
}

fn artifact(path: &str) -> Source {
    if path.is_empty() { Source::Unreadable } else { Source::Artifact(path.to_owned()) }
}

/// `m-…` is a logged model; `NAME/VERSION` and `NAME@ALIAS` are of a registered one.
fn model(named: &str) -> Source {
    let mut parts = named.split('/');
    let first = parts.next().unwrap_or_default();
    match (first, parts.next(), first.rsplit_once('@')) {
        ("", ..) => Source::Unreadable,
        (name, Some(_), _) | (_, None, Some((name, _))) => Source::Registered(name.to_owned()),
        (id, None, None) => Source::Model(id.to_owned()),
    }
}

/// `/a/b` and `//host/a/b` both as `a/b`.
fn after_host(rest: &str) -> &str {
    match rest.strip_prefix("//") {
        Some(with_host) => with_host.split_once('/').map_or("", |(_, path)| path),
        None => rest.trim_start_matches('/'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_traced_to_what_must_be_readable() {
        use Source::{Artifact, Elsewhere, Model, Registered, Run, Unreadable};
        for (source, expected) in [
            ("runs:/abc/model", Run("abc".into())),
            ("models:/m-1", Model("m-1".into())),
            ("models:/other/3", Registered("other".into())),
            ("models:/other@champion", Registered("other".into())),
            ("mlflow-artifacts:/7/run/artifacts/m", Artifact("7/run/artifacts/m".into())),
            ("mlflow-artifacts://host:80/7/run/", Artifact("7/run".into())),
            ("MLFLOW-ARTIFACTS:/7/x", Artifact("7/x".into())),
            ("mlflow-artifacts:/", Unreadable),
            ("models:/", Unreadable),
            ("http://h/api/2.0/mlflow-artifacts/artifacts/7/run", Artifact("7/run".into())),
            ("https://h/x", Elsewhere),
            ("s3://ours/prefix/7/run", Artifact("7/run".into())),
            ("s3://ours/prefix", Unreadable),
            ("s3://ours/prefixed/7", Elsewhere),
            ("s3://bucket/7/run", Elsewhere),
            ("/tmp/model", Elsewhere),
            ("", Elsewhere),
        ] {
            assert_eq!(parse(source, &["s3://ours/prefix/".into()]), expected, "{source}");
        }
    }
}
