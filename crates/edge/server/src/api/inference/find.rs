//! Looking a model up in the registry: which version is meant, where its files are, and whether a
//! second version is to be asked beside it.
//!
//! A second version is a tag of the registered model, so that it is changed by whom the registry lets
//! change it, and recorded like everything there: `trimtab.shadow` names a version or an alias,
//! `trimtab.canary` the same and a share: `@challenger 10%`.

use catalog::registry::{self, Claim};
use catalog::{CatalogError, Tag};
use database::Tx;

use super::{Pick, Reference};
use crate::app::App;
use crate::error::ApiError;

/// The tag that names a version whose answers are only logged.
const SHADOW: &str = "trimtab.shadow";

/// The tag that names a version that answers a share of the requests.
const CANARY: &str = "trimtab.canary";

/// The tag of a version that states which features it takes, whatever its `MLmodel` says: a feature
/// service, or `view:feature, …`.
pub(super) const FEATURES: &str = "trimtab.features";

/// The alias that is meant where none is named.
const CHAMPION: &str = "champion";

/// A version that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Its number.
    pub version: String,
    /// The run that made it.
    pub run: Option<String>,
    /// Where its files are, and what is to hold of them.
    pub claim: Claim,
    /// The tag that states which features it takes.
    pub features: Option<String>,
}

/// A version, and the second one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Resolved {
    /// The version that is meant.
    pub first: Found,
    /// A second one, and the share of requests that it answers; nought for a shadow.
    pub second: Option<(Found, f64)>,
    /// Why there is no second one although a tag asks for it.
    pub trouble: Option<String>,
}

/// Looks a model up.
pub(super) async fn resolve(
    app: &App,
    workspace: &str,
    reference: &Reference,
) -> Result<Resolved, ApiError> {
    let (workspace, reference) = (workspace.to_owned(), reference.clone());
    let found = app.db().read(move |tx| {
        let first = find(tx, &workspace, &reference.name, &reference.pick)?;
        let tags = registry::get_model(tx, &workspace, &reference.name)?.tags;
        let mut resolved = Resolved { first, second: None, trouble: None };
        // Who names a version means this one.
        if matches!(reference.pick, Pick::Version(_)) {
            return Ok::<_, CatalogError>(resolved);
        }
        match wanted(&tags) {
            Ok(None) => {}
            Err(why) => resolved.trouble = Some(why),
            Ok(Some((pick, share))) => match find(tx, &workspace, &reference.name, &pick) {
                Ok(second) if second.version == resolved.first.version => {}
                Ok(second) => resolved.second = Some((second, share)),
                Err(error) => resolved.trouble = Some(error.message),
            },
        }
        Ok(resolved)
    });
    Ok(found.await?)
}

fn find(tx: &mut Tx<'_>, workspace: &str, name: &str, pick: &Pick) -> Result<Found, CatalogError> {
    let alias = |alias: &str| {
        CatalogError::missing(format!("model '{name}' has no version with alias '{alias}'"))
    };
    let number = match pick {
        Pick::Version(number) => number.clone(),
        Pick::Best | Pick::Alias(_) => {
            let model = registry::get_model(tx, workspace, name)?;
            let wanted = if let Pick::Alias(alias) = pick { alias } else { CHAMPION };
            let held = model.aliases.iter().find(|held| held.alias.eq_ignore_ascii_case(wanted));
            match held {
                Some(held) => held.version.clone(),
                None if *pick == Pick::Best || wanted.eq_ignore_ascii_case("latest") => {
                    registry::get_by_alias(tx, workspace, name, "latest")?.version
                }
                None => return Err(alias(wanted)),
            }
        }
    };
    let version = registry::get_version(tx, workspace, name, &number)?;
    let claim = registry::claim(tx, workspace, name, &number)?;
    let run = version.run_id.filter(|run| !run.is_empty());
    let features = version.tags.into_iter().find(|tag| tag.key == FEATURES).map(|tag| tag.value);
    Ok(Found { version: version.version, run, claim, features })
}

/// What the tags ask for: which version, and the share that it answers.
fn wanted(tags: &[Tag]) -> Result<Option<(Pick, f64)>, String> {
    let of = |key: &str| {
        let tag = tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.trim());
        tag.filter(|value| !value.is_empty())
    };
    let read = |text: &str| match Reference::of_path("m", Some(text)) {
        Ok(reference) => Ok(reference.pick),
        Err(_) => Err(format!("'{text}' is no version and no alias")),
    };
    match (of(CANARY), of(SHADOW)) {
        (None, None) => Ok(None),
        (None, Some(shadow)) => Ok(Some((read(shadow)?, 0.0))),
        (Some(_), Some(_)) => {
            Err(format!("the tags {CANARY} and {SHADOW} are both set: take one away"))
        }
        (Some(canary), None) => {
            let wrong = || format!("the tag {CANARY} is '{canary}': write '@alias 10%'");
            let (pick, share) = canary.split_once(char::is_whitespace).ok_or_else(wrong)?;
            let share = share.trim().strip_suffix('%').and_then(|share| share.trim().parse().ok());
            let share: f64 = share.filter(|s| (0.0..=100.0).contains(s)).ok_or_else(wrong)?;
            Ok(Some((read(pick)?, share / 100.0)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_ask_for_a_second_version() {
        let asked = |key: &str, value: &str| {
            wanted(&[Tag { key: key.to_owned(), value: value.to_owned() }])
        };
        let challenger = || Pick::Alias("challenger".to_owned());
        assert_eq!(asked(SHADOW, "@challenger"), Ok(Some((challenger(), 0.0))));
        assert_eq!(asked(SHADOW, "3"), Ok(Some((Pick::Version("3".to_owned()), 0.0))));
        assert_eq!(asked(CANARY, "challenger  12.5 %"), Ok(Some((challenger(), 0.125))));
        assert_eq!(asked("other", "3"), Ok(None));
        assert_eq!(asked(SHADOW, " "), Ok(None));
        for wrong in ["@challenger", "@challenger 10", "@challenger 101%", "@challenger x%"] {
            assert!(asked(CANARY, wrong).is_err(), "{wrong}");
        }
    }
}
