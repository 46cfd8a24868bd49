//! The tables of the registry.

use database::Migration;

/// The tables. Texts of definitions are JSON, moments microseconds of UTC.
pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    sql: "
    CREATE TABLE feature_apply (
        id {id},
        at_micros BIGINT NOT NULL,
        folder {text} NOT NULL
    );
    CREATE TABLE feature_version (
        kind {text} NOT NULL,
        name {text} NOT NULL,
        version BIGINT NOT NULL,
        digest {text} NOT NULL,
        body {text} NOT NULL,
        folder {text} NOT NULL,
        apply BIGINT NOT NULL,
        PRIMARY KEY (kind, name, version)
    );
    CREATE TABLE feature_current (
        kind {text} NOT NULL,
        name {text} NOT NULL,
        version BIGINT NOT NULL,
        state {text} NOT NULL,
        note {text} NOT NULL,
        PRIMARY KEY (kind, name)
    );
    CREATE TABLE feature_change (
        id {id},
        apply BIGINT,
        at_micros BIGINT NOT NULL,
        kind {text} NOT NULL,
        name {text} NOT NULL,
        action {text} NOT NULL,
        before_digest {text},
        after_digest {text},
        note {text} NOT NULL
    );
    CREATE TABLE feature_saved (
        name {text} NOT NULL,
        version BIGINT NOT NULL,
        at_micros BIGINT NOT NULL,
        digest {text} NOT NULL,
        body {text} NOT NULL,
        PRIMARY KEY (name, version)
    );
    ",
}];
