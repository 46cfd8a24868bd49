//! What a permission is, and on what it can be granted.

use crate::CatalogError;

/// How much somebody may do. Each level includes those before it; [`Permission::Deny`] beats all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Nothing, by a grant that says so.
    Deny,
    /// Nothing, for want of a grant.
    NoPermissions,
    /// To see it.
    Read,
    /// To use it: of a workspace, to work in it.
    Use,
    /// To change it.
    Edit,
    /// To delete it, and to grant it to others.
    Manage,
}

/// What an operation does to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Sees it.
    Read,
    /// Uses it.
    Use,
    /// Changes it.
    Update,
    /// Deletes it, or brings it back.
    Delete,
    /// Grants it to others.
    Manage,
    /// Anything that only needs not to be forbidden.
    NotDenied,
}

/// The kinds of things that permissions are granted on. Runs, traces, logged models and artifacts
/// belong to their experiment, versions and aliases to their model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// A whole workspace.
    Workspace,
    /// An experiment, by its id.
    Experiment,
    /// A registered model, by its name.
    RegisteredModel,
    /// A prompt, by its name.
    Prompt,
}

/// Every thing of a kind.
pub const EVERY: &str = "*";

impl Permission {
    const ALL: [Self; 6] =
        [Self::Read, Self::Use, Self::Edit, Self::Manage, Self::NoPermissions, Self::Deny];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "DENY",
            Self::NoPermissions => "NO_PERMISSIONS",
            Self::Read => "READ",
            Self::Use => "USE",
            Self::Edit => "EDIT",
            Self::Manage => "MANAGE",
        }
    }

    /// Reads the word on the wire.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        Self::ALL.into_iter().find(|one| one.as_str() == text).ok_or_else(|| {
            CatalogError::invalid(format!(
                "Invalid permission '{text}'. Valid permissions are: {}",
                listed(&Self::ALL.map(Self::as_str))
            ))
        })
    }

    /// Whether it allows an action.
    pub const fn allows(self, action: Action) -> bool {
        let level = self as u8;
        match action {
            Action::Read => level >= Self::Read as u8,
            Action::Use => level >= Self::Use as u8,
            Action::Update => level >= Self::Edit as u8,
            Action::Delete | Action::Manage => level >= Self::Manage as u8,
            Action::NotDenied => !matches!(self, Self::Deny),
        }
    }

    /// The one that allows more.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if other as u8 > self as u8 { other } else { self }
    }
}

impl Resource {
    const ALL: [Self; 4] = [Self::Experiment, Self::Prompt, Self::RegisteredModel, Self::Workspace];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::Experiment => "experiment",
            Self::RegisteredModel => "registered_model",
            Self::Prompt => "prompt",
        }
    }

    /// Reads the word on the wire.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        Self::ALL.into_iter().find(|one| one.as_str() == text).ok_or_else(|| {
            CatalogError::invalid(format!(
                "Invalid resource type '{text}'. Valid resource types are: {}",
                listed(&Self::ALL.map(Self::as_str))
            ))
        })
    }

    /// Refuses what cannot be granted: `permission` on the things of this kind that `pattern`
    /// names, which is an id, a name, or `*`.
    pub fn check(self, pattern: &str, permission: Permission) -> Result<(), CatalogError> {
        use Permission::{Deny, Edit, Manage, Read, Use};
        let (grantable, what): (&[Permission], _) = match self {
            Self::Workspace => (&[Manage, Use], "Workspace-wide grants"),
            _ => (&[Deny, Edit, Manage, Read, Use], "Resource-level grants"),
        };
        if !grantable.contains(&permission) {
            let words: Vec<&str> = grantable.iter().map(|one| one.as_str()).collect();
            return Err(CatalogError::invalid(format!(
                "Invalid permission '{}' for resource_type='{}'. {what} accept only: {}.",
                permission.as_str(),
                self.as_str(),
                listed(&words)
            )));
        }
        self.check_pattern(pattern)
    }

    /// Refuses a whole workspace, which is granted by a role and not to a person alone.
    pub fn not_a_workspace(self) -> Result<(), CatalogError> {
        if self != Self::Workspace {
            return Ok(());
        }
        Err(CatalogError::invalid(
            "resource_type 'workspace' is not supported by the per-user permission convenience \
             APIs. Use a role with a permission on resource_type 'workspace'.",
        ))
    }

    /// Refuses a pattern that this kind does not have.
    pub fn check_pattern(self, pattern: &str) -> Result<(), CatalogError> {
        crate::names::check_text("resource_pattern", pattern)?;
        crate::names::within("resource_pattern", 256, pattern)?;
        if self == Self::Workspace && pattern != EVERY {
            return Err(CatalogError::invalid(format!(
                "Invalid resource_pattern '{pattern}' for resource_type='{}'. This resource type \
                 supports only wildcard ('*') grants.",
                self.as_str()
            )));
        }
        // As the id is looked up as a number, `07` would name another pattern and the same thing.
        let number = || pattern.parse::<i64>().is_ok_and(|id| id.to_string() == pattern);
        if self == Self::Experiment && pattern != EVERY && !number() {
            return Err(CatalogError::invalid(format!(
                "Invalid resource_pattern '{pattern}' for resource_type='experiment'. Give the id \
                 of an experiment, which is a number, or '*'."
            )));
        }
        Ok(())
    }
}

/// `('A', 'B')`, as clients of the protocol know lists in messages.
fn listed(words: &[&str]) -> String {
    format!("('{}')", words.join("', '"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of MLflow 3.17.2, `server/auth/permissions.py`: read, use, update, delete, manage.
    #[test]
    fn each_level_allows_what_the_protocol_says() {
        for (word, allowed) in [
            ("READ", [true, false, false, false, false]),
            ("USE", [true, true, false, false, false]),
            ("EDIT", [true, true, true, false, false]),
            ("MANAGE", [true, true, true, true, true]),
            ("NO_PERMISSIONS", [false; 5]),
            ("DENY", [false; 5]),
        ] {
            let permission = Permission::parse(word).unwrap();
            let actions =
                [Action::Read, Action::Use, Action::Update, Action::Delete, Action::Manage];
            assert_eq!(actions.map(|action| permission.allows(action)), allowed, "{word}");
        }
        assert!(Permission::NoPermissions.allows(Action::NotDenied));
        assert!(!Permission::Deny.allows(Action::NotDenied));
    }

    #[test]
    fn only_what_is_enforced_can_be_granted() {
        Resource::Experiment.check("7", Permission::Deny).unwrap();
        Resource::Experiment.check("7", Permission::NoPermissions).unwrap_err();
        Resource::Workspace.check("*", Permission::Use).unwrap();
        Resource::Workspace.check("*", Permission::Read).unwrap_err();
        Resource::Workspace.check("a", Permission::Use).unwrap_err();
        let error = Resource::parse("run").unwrap_err();
        assert!(error.message.starts_with("Invalid resource type 'run'. Valid"), "{error}");
    }
}
