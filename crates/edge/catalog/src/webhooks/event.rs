//! What webhooks are told of: something was done to something in the registry.

use database::DatabaseError;
use serde::Serialize;

use crate::CatalogError;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal / $wire:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
        pub enum $name { $($(#[$of])* #[serde(rename = $wire)] $variant),* }

        impl $name {
            /// The word in an event's body.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            fn find(text: &str) -> Option<Self> {
                match text { $($word | $wire => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

words! {
    /// What something was done to.
    Entity {
        /// A registered model.
        RegisteredModel = "registered_model" / "REGISTERED_MODEL",
        /// A version of one.
        ModelVersion = "model_version" / "MODEL_VERSION",
        /// A tag of a version.
        ModelVersionTag = "model_version_tag" / "MODEL_VERSION_TAG",
        /// An alias of a version.
        ModelVersionAlias = "model_version_alias" / "MODEL_VERSION_ALIAS",
        /// A prompt.
        Prompt = "prompt" / "PROMPT",
        /// A version of one.
        PromptVersion = "prompt_version" / "PROMPT_VERSION",
        /// A tag of a prompt.
        PromptTag = "prompt_tag" / "PROMPT_TAG",
        /// A tag of a prompt's version.
        PromptVersionTag = "prompt_version_tag" / "PROMPT_VERSION_TAG",
        /// An alias of a prompt's version.
        PromptAlias = "prompt_alias" / "PROMPT_ALIAS",
        /// A budget of a gateway. This server has no gateway, so it never happens here.
        BudgetPolicy = "budget_policy" / "BUDGET_POLICY",
    }
}

words! {
    /// What was done.
    Action {
        /// It was made.
        Created = "created" / "CREATED",
        /// It was changed.
        Updated = "updated" / "UPDATED",
        /// It was removed.
        Deleted = "deleted" / "DELETED",
        /// It was given a value.
        Set = "set" / "SET",
        /// It was used up.
        Exceeded = "exceeded" / "EXCEEDED",
    }
}

impl Entity {
    /// What can be done to it that webhooks are told of, in the order of the alphabet.
    pub const fn actions(self) -> &'static [Action] {
        match self {
            Self::RegisteredModel | Self::ModelVersion | Self::Prompt | Self::PromptVersion => {
                &[Action::Created]
            }
            Self::ModelVersionTag | Self::PromptTag | Self::PromptVersionTag => {
                &[Action::Deleted, Action::Set]
            }
            Self::ModelVersionAlias | Self::PromptAlias => &[Action::Created, Action::Deleted],
            Self::BudgetPolicy => &[Action::Exceeded],
        }
    }
}

/// Something was done to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Event {
    /// To what.
    pub entity: Entity,
    /// What.
    pub action: Action,
}

impl Event {
    /// Reads both words, as requests and as bodies have them.
    pub fn parse(entity: &str, action: &str) -> Result<Self, CatalogError> {
        let unknown = |what: &str, word: &str| {
            CatalogError::invalid(format!(
                "Invalid value {word} for parameter 'events' supplied: no webhook is told of the \
                 {what} '{word}'."
            ))
        };
        let entity = Entity::find(entity).ok_or_else(|| unknown("entity", entity))?;
        let action = Action::find(action).ok_or_else(|| unknown("action", action))?;
        if !entity.actions().contains(&action) {
            let valid: Vec<&str> = entity.actions().iter().map(|one| one.as_str()).collect();
            return Err(CatalogError::invalid(format!(
                "Invalid action '{}' for entity '{}'. Valid actions are: ['{}']",
                action.as_str(),
                entity.as_str(),
                valid.join("', '")
            )));
        }
        Ok(Self { entity, action })
    }

    /// Reads both words from where they are kept.
    pub(super) fn kept(entity: &str, action: &str) -> Result<Self, DatabaseError> {
        Self::parse(entity, action).map_err(|error| DatabaseError::Failed(error.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pairs of MLflow 3.17.2, `entities/webhook.py`.
    #[test]
    fn only_what_happens_can_be_asked_for() {
        for pair in [
            "registered_model.created",
            "model_version.created",
            "model_version_tag.set",
            "model_version_tag.deleted",
            "model_version_alias.created",
            "model_version_alias.deleted",
            "prompt.created",
            "prompt_version.created",
            "prompt_tag.set",
            "prompt_tag.deleted",
            "prompt_version_tag.set",
            "prompt_version_tag.deleted",
            "prompt_alias.created",
            "prompt_alias.deleted",
            "budget_policy.exceeded",
        ] {
            let (entity, action) = pair.split_once('.').unwrap();
            let event = Event::parse(&entity.to_uppercase(), &action.to_uppercase()).unwrap();
            assert_eq!((event.entity.as_str(), event.action.as_str()), (entity, action));
        }
        for (entity, action) in
            [("REGISTERED_MODEL", "DELETED"), ("PROMPT", "SET"), ("X", "SET"), ("PROMPT", "X")]
        {
            Event::parse(entity, action).unwrap_err();
        }
        let said = Event::parse("registered_model", "set").unwrap_err().message;
        assert_eq!(
            said,
            "Invalid action 'set' for entity 'registered_model'. Valid actions are: ['created']"
        );
    }
}
