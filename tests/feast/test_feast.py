"""The unchanged `feast` client, version 0.67, over `online_store: {type: remote}`."""

import datetime

import pandas as pd
import pytest
from feast import FeatureService
from feast.errors import (
    FeatureServiceNotFoundException, FeatureViewNotFoundException, RequestDataNotFoundInEntityRowsException,
)

from binary import summary

DRIVERS = [{"driver_id": driver} for driver in (1001, 1002, 1003, 1004, 1005, 9999)]
ALL = [f"driver_stats:{name}" for name in ("conv_rate", "acc_rate", "trips", "shifts", "active", "city", "seen")]


def test_values_are_those_that_feasts_own_server_gives(client, theirs):
    ours = client.get_online_features(features=ALL, entity_rows=DRIVERS).to_dict()
    expected = theirs.get_online_features(features=ALL, entity_rows=DRIVERS).to_dict()
    assert ours.keys() == expected.keys()
    for name, values in expected.items():
        for row, (value, other) in enumerate(zip(values, ours[name])):
            # Feast makes a null of NaN, and the least whole number of a moment that is null.
            value = None if value == -(2**63) else value
            other = None if other == "NaN" else other
            assert value == other, (name, row, value, other)


def test_missing_entities_and_nulls_are_told_apart(client):
    response = client.get_online_features(features=ALL[5:6], entity_rows=DRIVERS[1:2] + DRIVERS[5:])
    assert response.to_dict()["city"] == [None, None]
    statuses = list(response.proto.results[1].statuses)
    assert statuses == [2, 3], "NULL_VALUE and NOT_FOUND"


def test_two_keys_and_full_names(client, theirs):
    rows = [{"driver_id": 1001, "symbol": "BBB"}, {"driver_id": 1002, "symbol": "BBB"}]
    asked = dict(features=["weights:weight", "driver_stats:trips"], entity_rows=rows, full_feature_names=True)
    ours = client.get_online_features(**asked).to_dict()
    assert ours == theirs.get_online_features(**asked).to_dict()
    assert ours["weights__weight"] == [0.25, None]


@pytest.mark.parametrize("service", ["both", "with_boost"])
def test_services(client, theirs, service):
    rows = [{"driver_id": 1001, "symbol": "AAA", "boost": 1.5}, {"driver_id": 1004, "symbol": "BBB", "boost": -1.0}]
    answers = [
        store.get_online_features(features=store.get_feature_service(service), entity_rows=rows).to_dict()
        for store in (client, theirs)
    ]
    assert answers[0] == answers[1] and len(answers[0]) >= 3


def test_a_model_reads_a_frame(client):
    frame = client.get_online_features(features=ALL[2:3], entity_rows=DRIVERS[:1]).to_df()
    assert list(frame.columns) == ["driver_id", "trips"] and frame.iloc[0].tolist() == [1001, 2**40]


def test_errors_are_feasts_own(client, server):
    client.apply(FeatureService(name="not_there", features=[client.get_feature_view("weights")]))
    with pytest.raises(FeatureServiceNotFoundException, match="not_there does not exist"):
        client.get_online_features(features=client.get_feature_service("not_there"), entity_rows=DRIVERS[:1])
    with pytest.raises(FeatureViewNotFoundException, match="nothing does not exist"):
        client.get_online_features(features=["nothing:trips"], entity_rows=DRIVERS[:1])
    with pytest.raises(RequestDataNotFoundInEntityRowsException, match="boost"):
        client.get_online_features(features=["boosted_view:boosted"], entity_rows=DRIVERS[:1])
    with pytest.raises(RuntimeError, match="422 .*missing join key values"):
        client.get_online_features(features=["weights:weight"], entity_rows=DRIVERS[:1])


def test_pushed_rows_are_read(client):
    frame = pd.DataFrame({
        "driver_id": [3001], "event_timestamp": [datetime.datetime(2026, 11, 25, 6, 30)],
        "created": [datetime.datetime(2026, 11, 25, 6, 31)], "conv_rate": [0.5], "acc_rate": [0.25], "trips": [7],
        "shifts": [1], "active": [True], "city": ["Basel"], "seen": [datetime.datetime(2026, 11, 24)],
    })  # fmt: skip
    client.push("driver_push", frame)
    read = client.get_online_features(features=ALL, entity_rows=[{"driver_id": 3001}]).to_dict()
    assert (read["city"], read["trips"], read["conv_rate"]) == (["Basel"], [7], [0.5])
    older = frame.assign(event_timestamp=[datetime.datetime(2026, 11, 24)], trips=[1])
    client.push("driver_push", older)
    read = client.get_online_features(features=ALL[2:3], entity_rows=[{"driver_id": 3001}]).to_dict()
    assert read["trips"] == [7], "an older row does not replace a newer one"


def test_the_client_materialises_into_it(client):
    client.materialize(datetime.datetime(2026, 11, 1), datetime.datetime(2026, 11, 24), feature_views=["weights"])
    rows = [{"driver_id": 1002, "symbol": "AAA"}]
    assert client.get_online_features(features=["weights:weight"], entity_rows=rows).to_dict()["weight"] == [0.125]


def test_the_command_line_tells_the_same(client, server):
    """A file belongs to the server while it runs; Redis is asked by both."""
    asked = ["features", "get", "driver_stats:city", "--entity", "driver_id=1001,9999", "--home", server.home]
    if server.backend == "redis":
        asked += ["--online", server.options[2]]
        rows = summary(*asked)
        assert [row["city"]["value"] for row in rows] == ["Zürich", None]
        assert [row["city"]["status"] for row in rows] == ["PRESENT", "NOT_FOUND"]
    else:
        from binary import trimtab

        refused = trimtab(*asked, ok=False)
        assert refused.returncode == 1 and "in use by another process" in refused.stderr
