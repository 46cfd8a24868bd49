//! People and what they may do: accounts, tokens, roles, permissions.
//!
//! Hashes of passwords and tokens come in ready made and go out to be compared: how they are made
//! is the server's business. [`permission`] and [`decide`] are pure: they say what a permission is
//! and how those that somebody holds answer what an operation requires.

mod accounts;
pub mod decide;
mod grants;
pub mod owners;
pub mod permission;
mod permits;
mod presence;
mod roles;
mod tokens;

pub use accounts::{Account, create, delete, find, get, list, members, set_admin, set_password};
pub use decide::{Grant, Held, Requirement};
pub use grants::{
    Listed, grant, grant_new, held, held_by, listed, rename_pattern, revoke, sweep_pattern,
};
pub use permission::{Action, Permission, Resource};
pub use permits::{
    RolePermission, add_permission, get_permission, permissions, remove_permission,
    update_permission,
};
pub use presence::{administered, present, visible};
pub use roles::{
    Assignment, Role, assign, assignments, create_role, delete_role, get_role, list_roles,
    roles_of, sweep_workspace, unassign, update_role,
};
pub use tokens::{Token, add_token, find_token, revoke_token, tokens};
