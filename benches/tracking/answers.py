"""What servers answered -> what can be compared, and by how much it differs."""


def gap(mine, other):
    """The largest difference of two answers: of numbers relative, of all else 0 or 1."""
    if isinstance(mine, list) and isinstance(other, list):
        if len(mine) != len(other):
            return 1.0
        return max((gap(a, b) for a, b in zip(mine, other)), default=0.0)
    if isinstance(mine, float | int) and isinstance(other, float | int):
        return abs(mine - other) / max(abs(other), 1.0)
    return 0.0 if mine == other else 1.0


def lost(counts):
    """By which share what is kept differs from what was acknowledged. A call that failed may have
    been kept none the less."""
    acknowledged, kept = counts["answered"], counts["kept"]
    missing = max(acknowledged - kept, kept - acknowledged - counts["failed"], 0)
    return missing / max(acknowledged, 1)


def page(answer):
    """A page of a search without what differs from server to server: ids and places."""
    runs = []
    for run in answer.get("runs", []):
        info, data = run["info"], run["data"]
        head = [info[name] for name in ("run_name", "start_time", "status", "lifecycle_stage")]
        metrics = sorted(
            [m["key"], m["value"], m["timestamp"], m.get("step", 0)] for m in data["metrics"]
        )
        params = sorted([p["key"], p["value"]] for p in data["params"])
        tags = sorted([t["key"], t["value"]] for t in data["tags"])
        runs.append([head, metrics, params, tags])
    return [runs, bool(answer.get("next_page_token"))]


def expected_points(count):
    """What the load client logs, from its rule: remainders of a prime, in millionths."""
    return [
        ["long", (step + 1) * 618_033 % 1_000_003 / 1e6, 1_700_000_000_000 + step, step]
        for step in range(count)
    ]
