"""Accounts, permissions, roles and tokens, by the client of the protocol's basic-auth app.

The server is one of its own: it asks who comes in. Expectations are those of MLflow 3.17.2 with
`--app-name basic-auth`, from `mlflow/server/auth`.
"""

import os

import pytest
import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException, RestException

from conftest import KIND
from servers import Server

pytestmark = pytest.mark.skipif(KIND == "mlflow", reason="that app is configured by a file")

ADMIN, PASSWORD = "root", "correct horse battery"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    os.environ.update(TRIMTAB_ADMIN_USERNAME=ADMIN, TRIMTAB_ADMIN_PASSWORD=PASSWORD)
    home = tmp_path_factory.mktemp("guarded")
    running = Server(KIND, "sqlite", home, options=["--auth", "basic"]).start()
    yield running
    running.stop()
    for name in ("TRIMTAB_ADMIN_USERNAME", "TRIMTAB_ADMIN_PASSWORD"):
        del os.environ[name]


@pytest.fixture
def as_user(monkeypatch):
    def become(name, password=None):
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", name)
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", password or f"{name} has a password")

    become(ADMIN, PASSWORD)
    return become


@pytest.fixture
def people(guarded, as_user):
    from mlflow.server import get_app_client

    return get_app_client("basic-auth", guarded.uri)


@pytest.fixture
def tracking(guarded):
    return MlflowClient(tracking_uri=guarded.uri, registry_uri=guarded.uri)


@pytest.fixture
def ann(people, name):
    username = f"ann-{name}"
    people.create_user(username, f"{username} has a password")
    return username


def code(call, *arguments):
    with pytest.raises(MlflowException) as refused:
        call(*arguments)
    return refused.value.error_code


def test_nobody_comes_in_unknown(guarded, tracking, monkeypatch):
    for variable in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.delenv(variable, raising=False)
    assert code(tracking.search_experiments) == "UNAUTHENTICATED"
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", ADMIN)
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "wrong")
    assert code(tracking.search_experiments) == "UNAUTHENTICATED"


def test_accounts(people, tracking, as_user, ann):
    assert people.get_user(ann).is_admin is False
    with pytest.raises(RestException, match="already exists"):
        people.create_user(ann, "another long password")
    with pytest.raises(RestException, match="at least 12 characters"):
        people.create_user("eve", "short")
    as_user(ann)
    people.update_user_password(ann, "a newer password", current_password=f"{ann} has a password")
    assert code(tracking.search_experiments) == "UNAUTHENTICATED"
    as_user(ann, "a newer password")
    tracking.search_experiments()
    assert code(people.update_user_admin, ann, True) == "PERMISSION_DENIED"
    as_user(ADMIN, PASSWORD)
    people.update_user_admin(ann, True)
    assert people.get_user(ann).is_admin is True
    people.delete_user(ann)
    assert code(people.get_user, ann) == "RESOURCE_DOES_NOT_EXIST"


def test_permissions_on_an_experiment(people, tracking, as_user, ann, name):
    experiment = tracking.create_experiment(name)
    run = tracking.create_run(experiment).info.run_id
    as_user(ann)
    assert tracking.get_run(run).info.run_id == run
    assert code(tracking.log_metric, run, "m", 1.0) == "PERMISSION_DENIED"
    found = people.get_user_permission(ann, "experiment", experiment)
    assert (found.allowed, found.permission) == (False, "READ")

    as_user(ADMIN, PASSWORD)
    people.grant_user_permission(ann, "experiment", experiment, "EDIT")
    as_user(ann)
    tracking.log_metric(run, "m", 1.0)
    assert code(tracking.delete_run, run) == "PERMISSION_DENIED"

    as_user(ADMIN, PASSWORD)
    people.revoke_user_permission(ann, "experiment", experiment)
    people.grant_user_permission(ann, "experiment", experiment, "DENY")
    as_user(ann)
    assert code(tracking.get_run, run) == "PERMISSION_DENIED"
    assert experiment not in [one.experiment_id for one in tracking.search_experiments()]
    assert tracking.search_runs([experiment]) == []


def test_whoever_makes_something_manages_it(people, tracking, as_user, ann, name):
    as_user(ann)
    experiment = tracking.create_experiment(name)
    run = tracking.create_run(experiment).info.run_id
    tracking.delete_run(run)
    tracking.create_registered_model(name)
    tracking.rename_registered_model(name, f"{name}-2")
    tracking.delete_registered_model(f"{name}-2")


def test_roles(people, tracking, as_user, ann, name):
    experiment = tracking.create_experiment(name)
    role = people.create_role("default", name, "who may edit")
    held = people.add_role_permission(role.id, "experiment", experiment, "EDIT")
    people.assign_role(ann, role.id)
    assert name in [one.name for one in people.list_user_roles(ann)]
    assert [one.role_id for one in people.list_role_users(role.id)] == [role.id]
    as_user(ann)
    tracking.set_experiment_tag(experiment, "k", "v")
    as_user(ADMIN, PASSWORD)
    assert people.update_role_permission(held.id, "READ").permission == "READ"
    as_user(ann)
    assert code(tracking.set_experiment_tag, experiment, "k", "v") == "PERMISSION_DENIED"
    as_user(ADMIN, PASSWORD)
    people.remove_role_permission(held.id)
    assert people.list_role_permissions(role.id) == []
    people.unassign_role(ann, role.id)
    people.delete_role(role.id)
    assert code(people.get_role, role.id) == "RESOURCE_DOES_NOT_EXIST"


def test_a_token_in_place_of_a_password(guarded, tracking, ann, monkeypatch):
    proof = (ann, f"{ann} has a password")
    address = f"{guarded.uri}/api/2.0/trimtab/tokens"
    made = requests.post(f"{address}/create", json={"name": "ci"}, auth=proof, timeout=60).json()
    for variable in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", made["token"])
    tracking.create_experiment(f"by-token-{ann}")
    requests.post(f"{address}/revoke", json={"name": "ci"}, auth=proof, timeout=60)
    assert code(tracking.search_experiments) == "UNAUTHENTICATED"


def test_secrets_are_not_logged(guarded, people, ann):
    log = guarded.log.read_text()
    assert "has a password" not in log
    assert PASSWORD not in log
    assert "trimtab_" not in log
