"""Two server processes over one database: they agree on who was first, and lose nothing."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from asking import ARTIFACTS, Asking
from load import THREADS, Load


@pytest.fixture(params=["sqlite", "postgres"])
def two(request, serve, tmp_path):
    """Over one PostgreSQL, or in one home with SQLite."""
    if request.param == "postgres":
        database = request.getfixturevalue("postgres")
        return [serve(database=database).start() for _ in range(2)]
    home = tmp_path / "shared"
    return [serve(home=home, log=tmp_path / f"{n}.log").start() for n in range(2)]


def at_once(two, work):
    """What `work(asking, 0)` to `work(asking, 15)` return, half of them asking either server."""

    def one(place):
        ask = Asking(two[place % 2])
        try:
            return work(ask, place)
        finally:
            ask.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


def one_wins(answers):
    assert sorted(status for status, _ in answers) == [200] + [400] * (THREADS - 1), answers
    assert {said["error_code"] for status, said in answers if status == 400} == {"RESOURCE_ALREADY_EXISTS"}


def test_one_name_for_all(two):
    for n in range(5):
        one_wins(at_once(two, lambda ask, _: ask.ask("POST", "experiments/create", {"name": f"e{n}"})))
        one_wins(at_once(two, lambda ask, _: ask.ask("POST", "registered-models/create", {"name": f"m{n}"})))
    found = [Asking(server).get("experiments/get-by-name?experiment_name=e0") for server in two]
    assert found[0] == found[1]


def test_versions_have_no_gap_and_are_given_once(two):
    Asking(two[0]).post("registered-models/create", {"name": "m"})

    def work(ask, place):
        made = [ask.post("model-versions/create", {"name": "m", "source": "s3://b/m"}) for _ in range(8)]
        ask.post("registered-models/alias", {"name": "m", "alias": f"a{place}", "version": "1"})
        ask.post("registered-models/alias", {"name": "m", "alias": "all", "version": str(place + 1)})
        return [int(one["model_version"]["version"]) for one in made]

    given = sum(at_once(two, work), [])
    assert sorted(given) == list(range(1, 8 * THREADS + 1))
    for server in two:
        ask = Asking(server)
        verified = ask.get("/api/2.0/trimtab/registry/verify")
        assert verified["records"] >= 1 + len(given) + 2 * THREADS
        history = ask.get("/api/2.0/trimtab/registry/history?name=m&max_results=1000")
        aliases = {one["alias"] for one in history["aliases"]}
        assert aliases == {"all"} | {f"a{place}" for place in range(THREADS)}
    heads = {Asking(server).get("/api/2.0/trimtab/registry/verify")["head"] for server in two}
    assert len(heads) == 1


def test_metrics_of_one_run(two):
    run = Asking(two[0]).run()

    def work(ask, place):
        for step in range(20):
            ask.post(
                "runs/log-metric",
                {"run_id": run, "key": "m", "value": place, "timestamp": 1, "step": place * 20 + step},
            )
        ask.post("runs/log-parameter", {"run_id": run, "key": f"p{place}", "value": str(place)})
        return ask.ask("POST", "runs/log-parameter", {"run_id": run, "key": "same", "value": str(place)})

    answers = at_once(two, work)
    assert sorted(status for status, _ in answers) == [200] + [400] * (THREADS - 1)
    won = next(place for place, (status, _) in enumerate(answers) if status == 200)
    for server in two:
        ask = Asking(server)
        assert sorted(step for step, _ in ask.history(run, "m")) == list(range(20 * THREADS))
        data = ask.get(f"runs/get?run_id={run}")["run"]["data"]
        params = {param["key"]: param["value"] for param in data["params"]}
        assert params == {"same": str(won), **{f"p{place}": str(place) for place in range(THREADS)}}
        # The latest is of the greatest step, whichever server it came through.
        assert [metric["value"] for metric in data["metrics"]] == [THREADS - 1]


def test_one_is_killed_and_the_other_goes_on(two):
    load = Load(*two, patient=True)
    load.ended.wait(0.7)
    two[0].kill()
    load.ended.wait(0.7)
    load.end()
    through_other = [writer for writer in load.writers if writer.server is two[1]]
    assert all(not writer.refusals for writer in through_other), through_other[0].refusals[:3]
    load.check(two[1])
    two[0].start()
    load.check(two[0])


def test_artifacts_of_both(two):
    """Only where both have one place for them; and a start does not sweep out what the other receives."""
    if two[0].backend == "postgres":
        pytest.skip("each has a folder of its own")
    held = Asking(two[0])

    def slowly():
        for n in range(20):
            if n == 10:
                two[1].kill()
                two[1].start()
            yield b"x" * 100_000

    held.ok("PUT", f"{ARTIFACTS}/a/slow.bin", slowly())
    at_once(two, lambda ask, place: ask.ok("PUT", f"{ARTIFACTS}/a/{place}.txt", b"%d" % place))
    for server in two:
        files = Asking(server).get(f"{ARTIFACTS}?path=a")["files"]
        assert {file["path"] for file in files} == {"slow.bin"} | {f"{n}.txt" for n in range(THREADS)}
        assert len(Asking(server).get(f"{ARTIFACTS}/a/slow.bin")) == 2_000_000
