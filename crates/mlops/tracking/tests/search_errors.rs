//! What the search grammar says when it refuses: where it stopped, what would fit, what was perhaps
//! meant. The first words are those of MLflow 3.17.2.

use tracking::search::page::{self, LoggedModelOrder, LoggedModelSearch};
use tracking::search::{Entity, SearchError, parse_filter, parse_order, parse_order_by};

fn refused(entity: Entity, source: &str) -> String {
    parse_filter(entity, source).expect_err(source).to_string()
}

fn order_refused(entity: Entity, source: &str) -> String {
    parse_order_by(entity, source).expect_err(source).to_string()
}

#[test]
fn a_filter_is_refused_with_the_place_and_a_suggestion() {
    let table = [
        (
            "sttaus = 'FINISHED'",
            "Invalid attribute key 'sttaus' specified at column 1: valid keys are run_id, run_name, run \
             name, Run name, Run Name, user_id, status, artifact_uri, start_time, created, Created, \
             end_time, did you mean `status`?",
        ),
        (
            "params.é = 'x' AND metrcs.rmse > 1",
            "Invalid entity type 'metrcs' at column 20: expected one of attributes, attribute, attr, run, \
             metrics, metric, params, param, parameters, parameter, tags, tag, datasets, dataset, did you \
             mean `metrics`?",
        ),
        (
            "datasets.digset = 'x'",
            "Invalid dataset key 'digset' specified at column 10: valid keys are name, digest, context, did \
             you mean `digest`?",
        ),
        (
            "metrics.rmse == 1",
            "Invalid comparator '==' for `rmse` at column 14: expected one of =, !=, <, <=, >, >=, LIKE, \
             ILIKE, RLIKE",
        ),
        (
            "metrics.rmse LIKE '1'",
            "Invalid comparator 'LIKE' for metric `rmse` at column 14: expected one of =, !=, <, <=, >, >=",
        ),
        (
            "metrics.rmse > '1'",
            "Expected numeric value type for metric `rmse`. Got value '1' at column 16",
        ),
        ("tags.a = 5", "Expected a quoted string value for tag `a`. Got value 5 at column 10"),
        (
            "start_time > 9223372036854775808",
            "Expected numeric value type for attribute `start_time`. Got value 9223372036854775808 at column \
             14",
        ),
        (
            "run_id IN (1)",
            "Expected a non-empty list of quoted string values for attribute `run_id`. Got value a list of 1 \
             at column 11",
        ),
        (
            "tags.a = 'x' OR tags.b = 'y'",
            "Invalid clause(s) in filter string: column 14: expected `AND`: there is no `OR`, search once for \
             each side, found `OR`",
        ),
        (
            "(tags.a = 'x')",
            "Invalid clause(s) in filter string: column 1: expected a key: terms cannot be grouped, found `(`",
        ),
        (
            "tags.a = 'x",
            "Invalid clause(s) in filter string: column 10: expected text whose quotes are closed, found `'`",
        ),
        (
            "tags.a-b = 'x'",
            "Invalid clause(s) in filter string: column 7: expected a comparator (`=`, `!=`, `<`, `<=`, `>`, \
             `>=`, `LIKE`, `ILIKE`, `IN`, `NOT IN`, `IS NULL`, `IS NOT NULL`), found `-`",
        ),
        (
            "metrics.0 > 1",
            "Invalid clause(s) in filter string: column 9: expected a key (in backticks unless it is letters, \
             digits and `_`), found `0`",
        ),
        (
            "tags.a = 'x' tags.b IS NULL",
            "Invalid clause(s) in filter string: column 14: expected `AND` between the terms, found `tags`",
        ),
    ];
    for (source, message) in table {
        assert_eq!(refused(Entity::Runs, source), message, "{source}");
    }
}

#[test]
fn small_letters_are_refused_where_mlflow_refuses_them() {
    assert_eq!(
        refused(Entity::Experiments, "name like 'a%'"),
        "Invalid comparator 'like' for attribute `name` at column 6: expected one of =, !=, LIKE, ILIKE"
    );
    assert!(parse_filter(Entity::Runs, "run_name like 'a%'").is_ok());
}

#[test]
fn an_order_is_refused_with_the_place_and_a_suggestion() {
    let table = [
        (
            Entity::RegisteredModels,
            "creation_timestamp DESC",
            "Invalid order by key 'creation_timestamp' specified: valid keys are name, \
             last_updated_timestamp, timestamp",
        ),
        (
            Entity::RegisteredModels,
            "last_updated_timestamp DESC blah",
            "Invalid order_by clause 'last_updated_timestamp DESC blah': column 28: expected the end, found ` \
             `",
        ),
        (
            Entity::Runs,
            "metrics.rmse down",
            "Invalid order_by clause 'metrics.rmse down': column 14: expected `ASC`, `DESC` or the end, found \
             `down`",
        ),
        (
            Entity::Runs,
            "start_tim",
            "Invalid attribute key 'start_tim' specified at column 1: valid keys are run_id, run_name, run \
             name, Run name, Run Name, user_id, status, artifact_uri, start_time, created, Created, \
             end_time, did you mean `start_time`?",
        ),
    ];
    for (entity, source, message) in table {
        assert_eq!(order_refused(entity, source), message, "{source}");
    }
}

#[test]
fn a_field_orders_once() {
    let twice = parse_order(Entity::Runs, &["metrics.a DESC", "created", "start_time"]);
    assert_eq!(twice, Err(SearchError::Duplicate { field: "start_time".to_owned() }));
    assert!(parse_order(Entity::Runs, &["metrics.a", "params.a"]).is_ok());
    assert!(parse_order(Entity::Experiments, &["name", "name"]).is_ok());
}

#[test]
fn a_page_token_that_was_not_given_out_is_refused() {
    let zero = "eyJvZmZzZXQiOiAwfQ==";
    for token in ["x", "!!!!", "e30=", "W10=", "bm8=", zero] {
        assert!(matches!(page::parse(token), Err(SearchError::PageToken(_))), "{token}");
        assert!(page::parse("").is_ok());
    }
}

#[test]
fn a_page_token_of_another_search_is_refused() {
    let order = LoggedModelOrder {
        field_name: "metrics.rmse".to_owned(),
        ascending: true,
        dataset_name: None,
        dataset_digest: None,
    };
    let search = LoggedModelSearch {
        experiment_ids: vec!["1".to_owned()],
        filter_string: Some("name = 'a'".to_owned()),
        order_by: Some(vec![order]),
    };
    let token = search.create(20);
    let others = [
        LoggedModelSearch { experiment_ids: vec!["2".to_owned()], ..search.clone() },
        LoggedModelSearch { filter_string: None, ..search.clone() },
        LoggedModelSearch { order_by: None, ..search.clone() },
    ];
    assert_eq!(search.parse(&token), Ok(20));
    for other in others {
        assert!(matches!(other.parse(&token), Err(SearchError::PageToken(_))), "{other:?}");
    }
}
