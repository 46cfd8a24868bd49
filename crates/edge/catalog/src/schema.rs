//! The tables, as numbered steps that are only ever added to.

use database::Migration;

/// The steps of the schema.
pub const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    sql: concat!(
        include_str!("schema/tracking.sql"),
        include_str!("schema/models.sql"),
        include_str!("schema/registry.sql"),
        include_str!("schema/traces.sql"),
        include_str!("schema/access.sql"),
        include_str!("schema/webhooks.sql"),
        include_str!("schema/import.sql"),
    ),
}];
