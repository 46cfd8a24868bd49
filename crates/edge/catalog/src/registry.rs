//! The registry: models, their versions, and the aliases that say which version is meant.
//!
//! Every change is a fact that is entered into a hash-chained history, and the tables that are read
//! from follow it in the same transaction; there is no other way to change them. So it is known of
//! every version who registered it, and of every alias who moved it, when and why; [`verify`] says
//! whether somebody wrote past the history, [`aliases_at`] what was true at a moment. A [`Policy`]
//! can ask for metadata before a version is registered, and for approvals and measurements before an
//! alias moves; without one, everything is as clients of the protocol know it.
//!
//! Functions that change something take an [`Asked`]: who asks, for what, and when.

mod aliases;
mod approvals;
mod book;
mod compare;
mod fact;
mod find;
mod history;
mod import;
mod measured;
mod metadata;
mod models;
mod names;
mod policy;
mod project;
mod read;
mod signature;
mod source;
mod tell;
mod uri;
mod verify;
mod versions;

pub use aliases::{delete_alias, get_by_alias, roll_back, set_alias};
pub use approvals::{Approval, Approvals, approvals, approve};
pub use book::Asked;
pub use compare::{Comparison, compare_versions};
pub use find::{RegistrySearch, search_models, search_versions};
pub use history::{Happened, HistorySearch, aliases_at, history};
pub use import::{ModelBrought, ModelElsewhere, VersionElsewhere, import_model};
pub use metadata::{VersionMetadata, version_metadata};
pub use models::{
    Alias, IS_PROMPT, RegisteredModel, create_model, delete_model, describe_model, get_model,
    latest_versions, rename_model, tag_model, untag_model,
};
pub use names::{STAGES, parse_version};
pub use policy::{Demand, Policy, PolicyFound, Protection, get_policy, set_policy};
pub use signature::{Claim, SIGNATURE, claim, located, signature_demand};
pub use source::{NewVersion, Resolved, check_host, resolve};
pub use verify::{Verified, verify};
pub use versions::{
    ModelVersion, create_version, delete_version, describe_version, download_uri, get_version,
    move_to_stage, tag_version, untag_version,
};
