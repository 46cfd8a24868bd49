//! Features online, in Feast's protocol.

use super::words::Row;

/// Features online. Errors of these endpoints are JSON strings, as Feast's client reads them.
#[rustfmt::skip]
pub const FEATURES: &[Row] = &[
    ("POST", "/get-online-features", "getOnlineFeatures", "Gives the newest values of features", "entities!: any, features: []str, feature_service: str?, full_feature_names: bool, include_feature_view_version_metadata: bool", "results: []FeatureColumn, metadata: FeatureNames"),
    ("POST", "/push", "pushFeatures", "Keeps rows of a push source", "push_source_name!: str, df!: any, to: str, allow_registry_cache: bool, transform_on_write: bool", "=nothing"),
    ("POST", "/write-to-online-store", "writeToOnlineStore", "Keeps rows of a feature view", "feature_view_name!: str, df!: any, allow_registry_cache: bool, transform_on_write: bool", "=any"),
    ("POST", "/materialize", "materializeFeatures", "Takes rows of a span of time from the sources", "?async: bool, ?force: bool, start_ts: str?, end_ts: str?, feature_views: any, disable_event_timestamp: bool", "=any"),
    ("POST", "/materialize-incremental", "materializeFeaturesIncrementally", "Takes rows since the last time from the sources", "?async: bool, ?force: bool, end_ts!: str, feature_views: any", "=any"),
    ("GET", "2.0/trimtab/features/stats", "featureStats", "Says how fresh the online views are", "", "views: []FeatureFreshness"),
];
