//! The tables of the six grammars, as MLflow 3.17.2 with its SQL store has them.

use super::filter::Op;
use super::grammar::{Attribute, Elsewhere, Family, Grammar, Kind, Rule, Value};
use super::subject::{SpanField, Subject};

const ORDERED: &[Op] = &[Op::Eq, Op::Ne, Op::Lt, Op::Le, Op::Gt, Op::Ge];
const TEXT: &[Op] = &[Op::Eq, Op::Ne, Op::Like, Op::ILike];
const NULLABLE: &[Op] = &[Op::Eq, Op::Ne, Op::Like, Op::ILike, Op::IsNull, Op::IsNotNull];
const LISTED: &[Op] = &[Op::Eq, Op::Ne, Op::Like, Op::ILike, Op::In, Op::NotIn];
const NOMINAL: &[Op] = &[Op::Eq, Op::Ne, Op::In, Op::NotIn];
const MATCHED: &[Op] = &[Op::Eq, Op::Ne, Op::Like, Op::ILike, Op::RLike];
const MATCHED_LISTED: &[Op] = &[Op::Eq, Op::Ne, Op::Like, Op::ILike, Op::RLike, Op::In, Op::NotIn];
const MATCHED_NULLABLE: &[Op] =
    &[Op::Eq, Op::Ne, Op::Like, Op::ILike, Op::RLike, Op::IsNull, Op::IsNotNull];
const ASSESSED: &[Op] = &[
    Op::Eq,
    Op::Ne,
    Op::Lt,
    Op::Le,
    Op::Gt,
    Op::Ge,
    Op::Like,
    Op::ILike,
    Op::RLike,
    Op::IsNull,
    Op::IsNotNull,
];

/// Of a subject that cannot be compared.
pub(super) const NEVER: Rule = rule(&[], Value::Text);

const fn rule(ops: &'static [Op], value: Value) -> Rule {
    Rule { ops, value }
}

const fn kind(names: &'static [&'static str], family: Family, rule: Rule) -> Kind {
    Kind { names, family, rule, capitals: false }
}

/// A kind whose `LIKE` and kin are refused in small letters.
const fn strict(names: &'static [&'static str], family: Family, rule: Rule) -> Kind {
    Kind { names, family, rule, capitals: true }
}

const fn attribute(
    name: &'static str,
    aliases: &'static [&'static str],
    ops: &'static [Op],
    value: Value,
) -> Attribute {
    Attribute { name, aliases, rule: rule(ops, value) }
}

/// A field that can only be ordered by.
const fn column(name: &'static str, aliases: &'static [&'static str]) -> Attribute {
    Attribute { name, aliases, rule: NEVER }
}

const fn elsewhere(
    key: &'static str,
    family: Family,
    means: &'static str,
    orderable: bool,
) -> Elsewhere {
    Elsewhere { key, family, means, orderable }
}

const RUN_ATTRIBUTES: &[Attribute] = &[
    attribute("run_id", &[], LISTED, Value::Text),
    attribute("run_name", &["run name", "Run name", "Run Name"], TEXT, Value::Text),
    attribute("user_id", &[], TEXT, Value::Text),
    attribute("status", &[], TEXT, Value::Text),
    attribute("artifact_uri", &[], TEXT, Value::Text),
    attribute("start_time", &["created", "Created"], ORDERED, Value::Number),
    attribute("end_time", &[], ORDERED, Value::Number),
];

pub(super) const RUNS: Grammar = Grammar {
    kinds: &[
        kind(&["attributes", "attribute", "attr", "run"], Family::Attribute, NEVER),
        kind(&["metrics", "metric"], Family::Metric, rule(ORDERED, Value::Real)),
        kind(
            &["params", "param", "parameters", "parameter"],
            Family::Param,
            rule(NULLABLE, Value::Text),
        ),
        kind(&["tags", "tag"], Family::Tag, rule(NULLABLE, Value::Text)),
        kind(&["datasets", "dataset"], Family::Dataset, rule(LISTED, Value::Text)),
    ],
    attributes: RUN_ATTRIBUTES,
    orderable: RUN_ATTRIBUTES,
    ordered: &[Family::Attribute, Family::Metric, Family::Param, Family::Tag],
    elsewhere: &[],
    backticks: false,
};

const EXPERIMENT_ATTRIBUTES: &[Attribute] = &[
    attribute("name", &[], TEXT, Value::Text),
    attribute("experiment_id", &[], NOMINAL, Value::Id),
    attribute("creation_time", &[], ORDERED, Value::Integer),
    attribute("last_update_time", &[], ORDERED, Value::Integer),
];

pub(super) const EXPERIMENTS: Grammar = Grammar {
    kinds: &[
        strict(&["attribute"], Family::Attribute, NEVER),
        strict(&["tags", "tag"], Family::Tag, rule(NULLABLE, Value::Text)),
    ],
    attributes: EXPERIMENT_ATTRIBUTES,
    orderable: EXPERIMENT_ATTRIBUTES,
    ordered: &[Family::Attribute],
    elsewhere: &[],
    backticks: false,
};

const REGISTRY_KINDS: &[Kind] = &[
    kind(&["attribute"], Family::Attribute, NEVER),
    kind(&["tags", "tag"], Family::Tag, rule(TEXT, Value::Text)),
];

pub(super) const REGISTERED_MODELS: Grammar = Grammar {
    kinds: REGISTRY_KINDS,
    attributes: &[attribute("name", &[], LISTED, Value::Text)],
    orderable: &[column("name", &[]), column("last_updated_timestamp", &["timestamp"])],
    ordered: &[],
    elsewhere: &[],
    backticks: false,
};

pub(super) const MODEL_VERSIONS: Grammar = Grammar {
    kinds: REGISTRY_KINDS,
    attributes: &[
        attribute("name", &[], LISTED, Value::Text),
        attribute("version_number", &[], ORDERED, Value::QuotedInteger),
        attribute("run_id", &[], LISTED, Value::Text),
        attribute("source_path", &[], TEXT, Value::Text),
    ],
    orderable: &[
        column("name", &[]),
        column("version_number", &[]),
        column("creation_timestamp", &[]),
        column("last_updated_timestamp", &[]),
    ],
    ordered: &[Family::Attribute],
    elsewhere: &[],
    backticks: false,
};

const LOGGED_MODEL_ATTRIBUTES: &[Attribute] = &[
    attribute("name", &[], LISTED, Value::Loose),
    attribute("model_id", &[], LISTED, Value::Loose),
    attribute("model_type", &[], LISTED, Value::Loose),
    attribute("status", &[], LISTED, Value::Loose),
    attribute("status_message", &[], LISTED, Value::Loose),
    attribute("source_run_id", &[], LISTED, Value::Loose),
    attribute("experiment_id", &[], LISTED, Value::Loose),
    attribute("artifact_location", &[], LISTED, Value::Loose),
    attribute("lifecycle_stage", &[], LISTED, Value::Loose),
    attribute(
        "creation_timestamp_ms",
        &["creation_timestamp", "creation_time"],
        ORDERED,
        Value::Number,
    ),
    attribute(
        "last_updated_timestamp_ms",
        &["last_updated_timestamp", "last_updated_time"],
        ORDERED,
        Value::Number,
    ),
];

pub(super) const LOGGED_MODELS: Grammar = Grammar {
    kinds: &[
        kind(&["attributes"], Family::Attribute, NEVER),
        kind(&["metrics"], Family::Metric, rule(ORDERED, Value::Real)),
        kind(&["params"], Family::Param, rule(LISTED, Value::Loose)),
        kind(&["tags"], Family::Tag, rule(LISTED, Value::Loose)),
    ],
    attributes: LOGGED_MODEL_ATTRIBUTES,
    orderable: LOGGED_MODEL_ATTRIBUTES,
    ordered: &[Family::Attribute, Family::Metric],
    elsewhere: &[],
    backticks: true,
};

pub(super) const TRACES: Grammar = Grammar {
    kinds: &[
        kind(&["attributes", "attribute", "trace"], Family::Attribute, NEVER),
        kind(&["tags", "tag"], Family::Tag, rule(MATCHED_NULLABLE, Value::Text)),
        kind(
            &["metadata", "request_metadata"],
            Family::Metadata,
            rule(MATCHED_NULLABLE, Value::Text),
        ),
        strict(&["span"], Family::Span, rule(MATCHED_LISTED, Value::Text)),
        kind(&["feedback"], Family::Feedback, rule(ASSESSED, Value::Assessed)),
        kind(&["expectation"], Family::Expectation, rule(ASSESSED, Value::Assessed)),
        kind(&["issue"], Family::Issue, rule(&[Op::Eq], Value::Text)),
    ],
    attributes: &[
        attribute("request_id", &[], MATCHED_LISTED, Value::Text),
        attribute("client_request_id", &[], MATCHED_LISTED, Value::Text),
        attribute("status", &[], MATCHED_LISTED, Value::Text),
        attribute("timestamp_ms", &["timestamp"], ORDERED, Value::QuotedNumber),
        attribute("execution_time_ms", &["execution_time"], ORDERED, Value::QuotedNumber),
        attribute("end_time_ms", &["end_time"], ORDERED, Value::QuotedNumber),
    ],
    orderable: &[
        column("experiment_id", &[]),
        column("request_id", &[]),
        column("status", &[]),
        column("timestamp_ms", &["timestamp"]),
        column("execution_time_ms", &["execution_time"]),
        column("end_time_ms", &["end_time"]),
    ],
    ordered: &[Family::Attribute, Family::Tag, Family::Metadata],
    elsewhere: &[
        elsewhere("name", Family::Tag, "mlflow.traceName", true),
        elsewhere("run_id", Family::Metadata, "mlflow.sourceRun", true),
        elsewhere("prompt", Family::Tag, LINKED_PROMPTS, false),
        elsewhere("text", Family::Span, "content", false),
    ],
    backticks: false,
};

const LINKED_PROMPTS: &str = "mlflow.linkedPrompts";

/// Metadata of traces that is kept in columns of its own, so it has no order and no patterns.
pub(super) const RESERVED_METADATA: &[&str] = &["mlflow.trace.tokenUsage", "mlflow.trace.cost"];

/// The subjects of traces that may be compared otherwise than their kind.
pub(super) fn traced(subject: &Subject) -> Option<Rule> {
    match subject {
        Subject::Tag(key) if key == LINKED_PROMPTS => Some(rule(&[Op::Eq], Value::Prompt)),
        Subject::Metadata(key) if RESERVED_METADATA.contains(&key.as_str()) => {
            Some(rule(&[Op::Eq, Op::Ne, Op::IsNull, Op::IsNotNull], Value::Text))
        }
        Subject::Span(SpanField::Content) => Some(rule(&[Op::Like, Op::ILike], Value::Text)),
        Subject::Span(SpanField::Attribute(_)) => Some(rule(MATCHED, Value::Text)),
        _ => None,
    }
}
