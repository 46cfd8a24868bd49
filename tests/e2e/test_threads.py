"""Sixteen at once: nothing is lost, nothing is given twice."""

from concurrent.futures import ThreadPoolExecutor

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

THREADS = 16


def at_once(work):
    """What `work(0)` to `work(15)` return, each in a thread of its own; the first error is raised."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, range(THREADS)))


def test_into_runs_of_their_own(client, experiment):
    def work(place):
        own = MlflowClient(tracking_uri=client.tracking_uri)
        run = own.create_run(experiment, run_name=f"run {place}").info.run_id
        for step in range(10):
            own.log_metric(run, "m", place * 100 + step, timestamp=step, step=step)
        own.log_batch(
            run, params=[Param(f"p{i}", str(place)) for i in range(10)], tags=[RunTag("place", str(place))]
        )
        own.log_text(run, str(place), "place.txt")
        own.set_terminated(run)
        return run

    runs = at_once(work)
    assert len(set(runs)) == THREADS
    found = {r.info.run_id: r for r in client.search_runs([experiment])}
    assert set(found) == set(runs)
    for place, run in enumerate(runs):
        kept = found[run]
        assert (kept.info.status, kept.info.run_name) == ("FINISHED", f"run {place}")
        assert kept.data.metrics == {"m": place * 100 + 9.0}
        assert kept.data.params == {f"p{i}": str(place) for i in range(10)}
        assert kept.data.tags["place"] == str(place)
        assert [m.value for m in client.get_metric_history(run, "m")] == [
            place * 100.0 + step for step in range(10)
        ]
        assert [f.path for f in client.list_artifacts(run)] == ["place.txt"]


def test_into_one_run(client, run):
    def work(place):
        own = MlflowClient(tracking_uri=client.tracking_uri)
        for step in range(5):
            own.log_metric(run, "shared", place, timestamp=1, step=place * 5 + step)
            own.log_metric(run, f"own {place}", step, timestamp=1, step=step)
        own.log_param(run, f"p{place}", place)
        own.set_tag(run, f"t{place}", place)
        own.log_batch(run, metrics=[Metric("batched", float(i), 1, place * 50 + i) for i in range(50)])

    at_once(work)
    data = client.get_run(run).data
    assert data.params == {f"p{place}": str(place) for place in range(THREADS)}
    assert {key: value for key, value in data.tags.items() if key.startswith("t")} == {
        f"t{place}": str(place) for place in range(THREADS)
    }
    assert {key: value for key, value in data.metrics.items() if key.startswith("own")} == {
        f"own {place}": 4.0 for place in range(THREADS)
    }
    # The latest is of the greatest step, whoever wrote last.
    assert (data.metrics["shared"], data.metrics["batched"]) == (15.0, 49.0)
    assert [m.step for m in client.get_metric_history(run, "shared")] == list(range(80))
    assert [m.step for m in client.get_metric_history(run, "batched")] == list(range(800))


def test_one_name_for_all(client, wire, name):
    """Of sixteen that ask for one name, one gets it."""
    answers = at_once(lambda _: wire.post("experiments/create", {"name": name}))
    assert sorted(a.status_code for a in answers) == [200] + [400] * (THREADS - 1)
    assert {a.json()["error_code"] for a in answers if a.status_code == 400} == {"RESOURCE_ALREADY_EXISTS"}
    assert client.get_experiment_by_name(name) is not None


def test_one_param_for_all(client, wire, run):
    answers = at_once(
        lambda place: wire.post("runs/log-parameter", {"run_id": run, "key": "p", "value": str(place)})
    )
    assert sorted(a.status_code for a in answers) == [200] + [400] * (THREADS - 1)
    won = [place for place, a in enumerate(answers) if a.status_code == 200]
    assert client.get_run(run).data.params == {"p": str(won[0])}


def test_versions_of_one_model(client, name, run):
    client.create_registered_model(name)
    source = client.get_run(run).info.artifact_uri
    made = at_once(
        lambda _: (
            MlflowClient(client.tracking_uri)
            .create_model_version(name, f"{source}/model", run_id=run)
            .version
        )
    )
    assert sorted(map(int, made)) == list(range(1, THREADS + 1))
