//! How the permissions that somebody holds answer what an operation requires. Pure.
//!
//! Of the grants on one thing a [`Permission::Deny`] decides, otherwise the highest. Where there is
//! no grant, [`Held::absent`] stands in. A grant never gives less than the permission that everybody
//! has, unless it denies. Whoever manages the workspace may do everything in it.

use super::permission::{Action, EVERY, Permission, Resource};

/// A permission on the things that a pattern names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The kind of things.
    pub resource: Resource,
    /// An id, a name, or `*`.
    pub pattern: String,
    /// How much.
    pub permission: Permission,
}

/// What an operation requires on one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The kind.
    pub resource: Resource,
    /// The id or name.
    pub id: String,
    /// What it does.
    pub action: Action,
}

impl Requirement {
    /// An action on a thing.
    pub fn new(resource: Resource, id: impl Into<String>, action: Action) -> Self {
        Self { resource, id: id.into(), action }
    }
}

/// What somebody holds in one workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Their grants, as far as they were asked for.
    pub grants: Vec<Grant>,
    /// What everybody has who may work in the workspace.
    pub default: Permission,
    /// Whether everybody may work in the workspace, because there is only one.
    pub everybody: bool,
}

impl Held {
    /// Whether they may do everything in the workspace.
    pub fn manages_workspace(&self) -> bool {
        self.in_workspace() == Some(Permission::Manage)
    }

    /// Whether they may make new things in the workspace.
    pub fn may_create(&self, resource: Resource) -> bool {
        let member = self.everybody
            || self.in_workspace().is_some_and(|permission| permission.allows(Action::Use));
        member
            && (self.manages_workspace() || self.granted(resource, EVERY) != Some(Permission::Deny))
    }

    /// Whether a requirement is met.
    pub fn meets(&self, required: &Requirement) -> bool {
        self.on(required.resource, &required.id).allows(required.action)
    }

    /// What they may do with a thing.
    pub fn on(&self, resource: Resource, id: &str) -> Permission {
        if self.manages_workspace() {
            return Permission::Manage;
        }
        match self.granted(resource, id) {
            Some(Permission::Deny) => Permission::Deny,
            Some(permission) => permission.or(self.default),
            None => self.absent(),
        }
    }

    /// Whether they may read all things of a kind, as far as these grants say.
    pub fn reads_all(&self, resource: Resource) -> bool {
        self.on(resource, EVERY).allows(Action::Read)
            && !self
                .grants
                .iter()
                .any(|grant| grant.resource == resource && grant.permission == Permission::Deny)
    }

    fn absent(&self) -> Permission {
        match self.everybody || self.in_workspace().is_some() {
            true => self.default,
            false => Permission::NoPermissions,
        }
    }

    fn in_workspace(&self) -> Option<Permission> {
        self.granted(Resource::Workspace, EVERY)
    }

    fn granted(&self, resource: Resource, id: &str) -> Option<Permission> {
        let fitting = self.grants.iter().filter(|grant| {
            grant.resource == resource && (grant.pattern == EVERY || grant.pattern == id)
        });
        fitting.map(|grant| grant.permission).reduce(|one, other| match (one, other) {
            (Permission::Deny, _) | (_, Permission::Deny) => Permission::Deny,
            (one, other) => one.or(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(grants: &[(Resource, &str, Permission)], default: Permission, everybody: bool) -> Held {
        let grants = grants
            .iter()
            .map(|&(resource, pattern, permission)| Grant {
                resource,
                pattern: pattern.to_owned(),
                permission,
            })
            .collect();
        Held { grants, default, everybody }
    }

    #[test]
    fn a_denial_beats_every_grant_and_the_default() {
        use Permission::{Deny, Manage, Read};
        use Resource::Experiment;
        let both = held(&[(Experiment, "1", Manage), (Experiment, "*", Deny)], Read, true);
        assert_eq!(both.on(Experiment, "1"), Deny);
        assert_eq!(both.on(Experiment, "2"), Deny);
        assert!(!both.may_create(Experiment));
        assert!(both.may_create(Resource::RegisteredModel));
    }

    #[test]
    fn the_highest_grant_counts_and_never_less_than_the_default() {
        use Permission::{Edit, Manage, NoPermissions, Read, Use};
        use Resource::Experiment;
        let some = held(&[(Experiment, "1", Read), (Experiment, "*", Edit)], Use, true);
        assert_eq!(some.on(Experiment, "1"), Edit);
        let low = held(&[(Experiment, "1", Read)], Use, true);
        assert_eq!(low.on(Experiment, "1"), Use);
        assert_eq!(low.on(Experiment, "2"), Use);
        let none = held(&[(Experiment, "1", Manage)], NoPermissions, true);
        assert_eq!(none.on(Experiment, "2"), NoPermissions);
        assert_eq!(none.on(Experiment, "1"), Manage);
    }

    #[test]
    fn a_workspace_is_closed_to_those_who_are_not_in_it() {
        use Permission::{Deny, Manage, NoPermissions, Read, Use};
        use Resource::{Experiment, Workspace};
        let outside = held(&[], Read, false);
        assert_eq!(outside.on(Experiment, "1"), NoPermissions);
        assert!(!outside.may_create(Experiment));
        let guest = held(&[(Experiment, "1", Read)], Read, false);
        assert_eq!(guest.on(Experiment, "1"), Read);
        assert_eq!(guest.on(Experiment, "2"), NoPermissions);
        assert!(!guest.may_create(Experiment));
        let member = held(&[(Workspace, "*", Use)], Read, false);
        assert_eq!(member.on(Experiment, "1"), Read);
        assert!(member.may_create(Experiment));
        let manager = held(&[(Workspace, "*", Manage), (Experiment, "*", Deny)], Read, false);
        assert_eq!(manager.on(Experiment, "1"), Manage);
        assert!(manager.may_create(Experiment));
    }
}
