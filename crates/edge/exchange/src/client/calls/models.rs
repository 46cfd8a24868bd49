//! The calls about logged models, registered models and their versions.

use catalog::Tag;
use http::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{CLASSIC, PAGE};
use crate::Result;
use crate::client::{Client, Repeat};
use crate::things::{Alias, LoggedModel, RegisteredModel, Version};

/// What finds prompts, which searches leave out.
const PROMPTS: &str = "tags.`mlflow.prompt.is_prompt` = 'true'";

impl Client {
    /// All logged models of an experiment that were not deleted. None if the server knows none.
    pub fn logged_models(&self, experiment: &str) -> Result<Vec<LoggedModel>> {
        let call = "logged-models/search";
        let found = self.all(call, "models", |token| {
            let order = json!([{ "field_name": "creation_timestamp", "ascending": true }]);
            let mut fields = json!({
                "experiment_ids": [experiment], "max_results": 50, "order_by": order,
            });
            if !token.is_empty() {
                fields["page_token"] = token.into();
            }
            self.set(call, &fields)
        });
        match found {
            Err(error) if error.code() == Some("ENDPOINT_NOT_FOUND") || error.is_missing() => {
                Ok(vec![])
            }
            found => found,
        }
    }

    /// Makes a logged model.
    pub fn create_logged_model(&self, fields: &Value) -> Result<LoggedModel> {
        let answer = self.make("logged-models", fields)?;
        self.one("logged-models", answer, "model")
    }

    /// Changes a logged model, or its tags.
    pub fn patch(&self, call: &str, fields: &Value) -> Result<Value> {
        self.send(&Method::PATCH, &format!("{CLASSIC}{call}"), fields, Repeat::Freely)
    }

    /// All registered models with their versions, prompts too.
    pub fn registered_models(&self) -> Result<Vec<RegisteredModel>> {
        let call = "registered-models/search";
        let mut models: Vec<RegisteredModel> = vec![];
        for filter in ["", PROMPTS] {
            for model in self.search::<RegisteredModel>(call, "registered_models", filter)? {
                if !models.iter().any(|held| held.name == model.name) {
                    models.push(model);
                }
            }
        }
        let call = "model-versions/search";
        let mut versions: Vec<Version> = self.search(call, "model_versions", "")?;
        versions.extend(self.search(call, "model_versions", PROMPTS)?);
        versions.sort_by(|a, b| (&a.name, a.version).cmp(&(&b.name, b.version)));
        versions.dedup_by(|a, b| (&a.name, a.version) == (&b.name, b.version));
        for version in versions {
            if let Some(model) = models.iter_mut().find(|model| model.name == version.name) {
                model.versions.push(version);
            }
        }
        Ok(models)
    }

    fn search<T: DeserializeOwned>(&self, call: &str, key: &str, filter: &str) -> Result<Vec<T>> {
        let most = PAGE.to_string();
        self.all(call, key, |token| {
            let mut fields = vec![("max_results", most.as_str())];
            fields.extend(Some(("filter", filter)).filter(|_| !filter.is_empty()));
            fields.extend(Some(("page_token", token)).filter(|_| !token.is_empty()));
            self.classic(call, &fields)
        })
    }

    /// A registered model without its versions.
    pub fn registered_model_alone(&self, name: &str) -> Result<RegisteredModel> {
        let call = "registered-models/get";
        let answer = self.classic(call, &[("name", name)])?;
        self.one(call, answer, "registered_model")
    }

    /// A registered model with all its versions, each with its aliases.
    pub fn registered_model(&self, name: &str) -> Result<RegisteredModel> {
        let mut model = self.registered_model_alone(name)?;
        model.versions = self.versions(name)?;
        let aliases = model.aliases.clone();
        for version in &mut model.versions {
            let held = aliases.iter().filter(|alias| alias.version == version.version.to_string());
            version.aliases = held.map(|alias| alias.alias.clone()).collect();
        }
        Ok(model)
    }

    /// The versions of a model, by number.
    pub fn versions(&self, name: &str) -> Result<Vec<Version>> {
        // A name with both kinds of quotation marks cannot be written in a filter.
        let filter = match name.contains('\'') {
            false => format!("name = '{name}'"),
            true => format!("name = \"{name}\""),
        };
        let call = "model-versions/search";
        let mut found: Vec<Version> = self.search(call, "model_versions", &filter)?;
        if found.is_empty() {
            // Those of prompts are found only by those who ask for prompts.
            found = self.search(call, "model_versions", &format!("{filter} AND {PROMPTS}"))?;
        }
        found.retain(|version| version.name == name);
        found.sort_by_key(|version| version.version);
        Ok(found)
    }

    /// A version by its number.
    pub fn version(&self, name: &str, version: i64) -> Result<Version> {
        let call = "model-versions/get";
        let answer = self.classic(call, &[("name", name), ("version", &version.to_string())])?;
        self.one(call, answer, "model_version")
    }

    /// The version that holds an alias.
    pub fn version_by_alias(&self, name: &str, alias: &str) -> Result<Version> {
        let call = "registered-models/alias";
        let answer = self.classic(call, &[("name", name), ("alias", alias)])?;
        self.one(call, answer, "model_version")
    }

    /// Makes a registered model.
    pub fn create_registered_model(
        &self,
        name: &str,
        description: &str,
        tags: &[Tag],
    ) -> Result<()> {
        let fields = json!({ "name": name, "description": description, "tags": tags });
        self.make("registered-models/create", &fields).map(drop)
    }

    /// Registers the next version of a model.
    pub fn create_version(&self, fields: &Value) -> Result<Version> {
        let call = "model-versions/create";
        self.one(call, self.make(call, fields)?, "model_version")
    }

    /// Deletes a version.
    pub fn delete_version(&self, name: &str, version: i64) -> Result<()> {
        let fields = json!({ "name": name, "version": version.to_string() });
        let path = format!("{CLASSIC}model-versions/delete");
        self.send::<Value>(&Method::DELETE, &path, &fields, Repeat::IfNotBegun).map(drop)
    }

    /// Moves an alias to a version.
    pub fn set_alias(&self, name: &str, alias: &Alias) -> Result<()> {
        let fields = json!({ "name": name, "alias": alias.alias, "version": alias.version });
        self.set("registered-models/alias", &fields).map(drop)
    }
}
