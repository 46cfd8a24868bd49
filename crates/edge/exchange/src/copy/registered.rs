//! Registered models: their versions follow the files that they come from.

use super::Copier;
use crate::Result;
use crate::things::{RegisteredModel, Version};

impl Copier<'_> {
    /// Of the models, the versions that come from what was carried, and models that have any.
    pub(super) fn of_experiments(&self, models: Vec<RegisteredModel>) -> Vec<RegisteredModel> {
        let moved = self.moved();
        let mut kept = models;
        for model in &mut kept {
            model.versions.retain(|version| moved.has_run_of(version) || moved.holds(version));
        }
        kept.retain(|model| !model.versions.is_empty());
        kept
    }

    /// Carries a model with its versions. Those whose files were not carried have no place where
    /// things get new ids, and keep saying where they were where things keep theirs.
    pub(super) fn registered(&self, model: &RegisteredModel) -> Result<()> {
        self.tell(&format!("model {}", model.name));
        let mut placed = RegisteredModel { versions: vec![], ..model.clone() };
        let mut storage = vec![];
        for version in &model.versions {
            let Some((version, place)) = self.placed(model, version) else { continue };
            storage.push(place);
            placed.versions.push(version);
        }
        let brought = self.target.put_registered(&placed, &storage)?;
        let mut summary = self.summary();
        summary.registered_models.add(usize::from(brought.made), usize::from(!brought.made));
        let held = brought.numbers.len() - brought.versions_made;
        summary.versions.add(brought.versions_made, held);
        summary.aliases.add(brought.aliases_moved, model.aliases.len() - brought.aliases_moved);
        for (from, to) in brought.numbers.iter().filter(|(from, to)| from != to) {
            let what = format!("model {} version {from}", model.name);
            summary.leave_out(what, format!("its number was taken: it is version {to}"));
        }
        summary.all_left_out(brought.left_out);
        Ok(())
    }

    /// The version as it goes, and where its files are there.
    fn placed(&self, model: &RegisteredModel, version: &Version) -> Option<(Version, String)> {
        if model.is_prompt() {
            return Some((version.clone(), version.source.clone()));
        }
        let found = self.moved().place_of(version);
        if let Some((version, place)) = found {
            self.moved().version(&version, &place);
            return Some((version, place));
        }
        let what = format!("model {} version {}", model.name, version.version);
        let why = "its files are in no run and no logged model that was copied";
        let kept = self.target.keeps_ids();
        let said = if kept { "; the version says where they were" } else { "" };
        self.summary().leave_out(what, format!("{why}{said}"));
        kept.then(|| (version.clone(), version.source.clone()))
    }
}

/// The models in an order in which versions stand behind those that they were copied from.
pub(super) fn sorted(mut models: Vec<RegisteredModel>) -> Vec<RegisteredModel> {
    models.sort_by_key(|model| model.versions.iter().any(is_copy));
    models
}

/// Whether a version was made of another registered version.
fn is_copy(version: &Version) -> bool {
    let named = version.source.strip_prefix("models:/");
    named.is_some_and(|named| named.contains('/'))
}
