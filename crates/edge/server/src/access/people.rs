//! Who may do what to people, roles and workspaces.

use catalog::access::permission::EVERY;
use catalog::access::{self, Action, Requirement, Resource};
use catalog::{CatalogError, Code};
use database::Tx;

use super::judge::{Asked, meets};
use super::need::People;

/// Whether the one who asks may.
pub fn may(tx: &mut Tx<'_>, asked: &Asked, people: People) -> Result<bool, CatalogError> {
    let (me, fields) = (&asked.me, &asked.fields);
    Ok(match people {
        People::Create => !access::administered(tx, me.id)?.is_empty(),
        People::List => {
            asked.everybody
                || asked
                    .held(tx, &[])?
                    .grants
                    .iter()
                    .any(|grant| grant.permission.allows(Action::Use))
        }
        People::Oneself => fields.text("username")? == me.username,
        People::Shown => oneself_or_managed(tx, asked)?,
        People::ShownOn => {
            named(asked)?;
            fields.text("username")? == me.username || manages(tx, asked, &asked.workspace)?
        }
        People::Granted => {
            let (resource, id) = named(asked)?;
            match id.as_str() {
                EVERY => manages(tx, asked, &asked.workspace)?,
                id => meets(tx, asked, &[Requirement::new(resource, id, Action::Manage)])?,
            }
        }
        People::RoleShown => match workspace_of_role(tx, asked)? {
            None => false,
            Some(workspace) => access::present(tx, me.id)?.contains(&workspace),
        },
        People::RolesListed => {
            let sought = fields.texts("workspace")?;
            let present = access::present(tx, me.id)?;
            !sought.is_empty() && sought.iter().all(|one| present.contains(one))
        }
        People::RoleChanged => match workspace_of_role(tx, asked)? {
            None => false,
            Some(workspace) => manages(tx, asked, &workspace)?,
        },
        People::Workspace => match asked.path.first() {
            None => false,
            Some(name) => access::visible(tx, me.id)?.contains(name),
        },
    })
}

/// The thing that a grant names.
pub fn named(asked: &Asked) -> Result<(Resource, String), CatalogError> {
    let resource = Resource::parse(asked.fields.text("resource_type")?)?;
    resource.not_a_workspace()?;
    let id = asked.fields.text("resource_id")?.to_owned();
    resource.check_pattern(&id)?;
    Ok((resource, id))
}

fn manages(tx: &mut Tx<'_>, asked: &Asked, workspace: &str) -> Result<bool, CatalogError> {
    Ok(access::administered(tx, asked.me.id)?.iter().any(|one| one == workspace))
}

fn oneself_or_managed(tx: &mut Tx<'_>, asked: &Asked) -> Result<bool, CatalogError> {
    let username = asked.fields.text("username")?;
    if username == asked.me.username {
        return Ok(true);
    }
    let Some(other) = access::find(tx, username)? else { return Ok(false) };
    let present = access::present(tx, other.id)?;
    Ok(access::administered(tx, asked.me.id)?.iter().any(|one| present.contains(one)))
}

/// The workspace of the role that is named by its number, by that of one of its permissions, or
/// that is to be made.
fn workspace_of_role(tx: &mut Tx<'_>, asked: &Asked) -> Result<Option<String>, CatalogError> {
    let fields = &asked.fields;
    let role = match (fields.opt_int("role_id")?, fields.opt_int("role_permission_id")?) {
        (Some(_), Some(_)) => {
            return Err(CatalogError::invalid("Name a role_id or a role_permission_id, not both."));
        }
        (Some(role), None) => access::get_role(tx, role),
        (None, Some(permission)) => access::get_permission(tx, permission)
            .and_then(|permission| access::get_role(tx, permission.role_id)),
        (None, None) => return Ok(Some(fields.text("workspace")?.to_owned())),
    };
    match role {
        // A request may not name one workspace here and mean another there.
        Ok(role) => Ok(match fields.opt_text("workspace")? {
            Some(named) if named != role.workspace => None,
            _ => Some(role.workspace),
        }),
        Err(error) if error.code == Code::ResourceDoesNotExist => Ok(None),
        Err(error) => Err(error),
    }
}
