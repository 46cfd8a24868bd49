"""Filters and orders with what MLflow makes of them: writes `*.json` beside this file.

Run it in a virtual environment with `pip install mlflow==3.17.2`:

    python conformance/search/make.py

Every line is given to MLflow's own stores on an empty SQLite database. A line is accepted if the
search runs; then MLflow's own parser says what it means. A line that raises is refused, whether the
store says so (`INVALID_PARAMETER_VALUE`) or fails on it.
"""

import itertools
import json
import logging
import tempfile
from pathlib import Path

logging.disable(logging.CRITICAL)

from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as RegistryStore  # noqa: E402
from mlflow.store.tracking.dbmodels.models import SqlLoggedModel  # noqa: E402
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore  # noqa: E402
from mlflow.utils import search_logged_model_utils  # noqa: E402
from mlflow.utils.search_utils import (  # noqa: E402
    SearchExperimentsUtils,
    SearchLoggedModelsPaginationToken,
    SearchModelUtils,
    SearchModelVersionUtils,
    SearchTraceUtils,
    SearchUtils,
)

HERE = Path(__file__).resolve().parent


class Stores:
    """MLflow's stores on an empty database."""

    def __init__(self):
        folder = tempfile.mkdtemp()
        uri = f"sqlite:///{folder}/mlflow.db"
        self.tracking = SqlAlchemyStore(uri, f"{folder}/artifacts")
        self.registry = RegistryStore(uri)

    def search(self, entity, line=None, order=None):
        order = [] if order is None else [order]
        if entity == "runs":
            self.tracking.search_runs(["0"], line, 1, 10, order)
        elif entity == "experiments":
            self.tracking.search_experiments(1, 10, line, order)
        elif entity == "registered_models":
            self.registry.search_registered_models(line, 10, order)
        elif entity == "model_versions":
            self.registry.search_model_versions(line, 10, order)
        elif entity == "logged_models":
            order = [{"field_name": field} for field in order]
            self.tracking.search_logged_models(["0"], line, order_by=order)
        else:
            self.tracking.search_traces(["0"], line, 10, order)


def term(parsed):
    value = parsed["value"]
    if isinstance(value, tuple):
        value = [str(item) for item in value]
    kind, key = parsed["type"], SearchUtils.translate_key_alias(parsed["key"])
    if kind == "span" and key.startswith("attributes."):  # as the store does
        key = "attributes." + SearchTraceUtils._trim_backticks(key.removeprefix("attributes."))
    return {"type": kind, "key": key, "comparator": parsed["comparator"].upper(), "value": value}


def logged_model_terms(line):
    kinds = {"attributes": "attribute", "metrics": "metric", "params": "parameter", "tags": "tag"}
    for parsed in search_logged_model_utils.parse_filter_string(line):
        kind, key = kinds[parsed.entity.type.value], parsed.entity.key
        yield {"type": kind, "key": key, "comparator": parsed.op, "value": parsed.value}


def parse_filter(entity, line):
    if entity == "logged_models":
        parsed = logged_model_terms(line)
    else:
        parsed = {
            "runs": SearchUtils.parse_search_filter,
            "experiments": SearchExperimentsUtils.parse_search_filter,
            "registered_models": SearchModelUtils.parse_search_filter,
            "model_versions": SearchModelVersionUtils.parse_search_filter,
            "traces": SearchTraceUtils.parse_search_filter_for_search_traces,
        }[entity](line)
    return [term(one) for one in parsed]


def parse_order(entity, line):
    if entity == "registered_models":
        key, ascending = SearchUtils.parse_order_by_for_search_registered_models(line)
        kind = "attribute"
        if key in SearchUtils.VALID_TIMESTAMP_ORDER_BY_KEYS:  # the store orders both by one column
            key = SearchUtils.ORDER_BY_KEY_LAST_UPDATED_TIMESTAMP
    elif entity == "logged_models":
        metric = line.startswith("metrics.")
        kind, key = "metric" if metric else "attribute", line.removeprefix("metrics.")
        key, ascending = SqlLoggedModel.ALIASES.get(key, key), True
    else:
        kind, key, ascending = {
            "runs": SearchUtils.parse_order_by_for_search_runs,
            "experiments": SearchExperimentsUtils.parse_order_by_for_search_experiments,
            "model_versions": SearchModelVersionUtils.parse_order_by_for_search_model_versions,
            "traces": SearchTraceUtils.parse_order_by_for_search_traces,
        }[entity](line)
    key = SearchUtils.translate_key_alias(key)
    return {"type": kind, "key": key, "ascending": ascending}


def refusal(error):
    return getattr(error, "error_code", type(error).__name__)


def judge_filter(stores, entity, line):
    try:
        stores.search(entity, line=line)
        return {"source": line, "terms": parse_filter(entity, line)}
    except Exception as error:  # whatever it raises, the search did not run
        return {"source": line, "refused": refusal(error)}


def judge_order(stores, entity, line):
    try:
        stores.search(entity, order=line)
        return {"source": line, "order": parse_order(entity, line)}
    except Exception as error:
        return {"source": line, "refused": refusal(error)}


def pages():
    search = {"experiment_ids": ["1", "2"], "filter_string": "name = 'é'", "order_by": None}
    order = [{"field_name": "metrics.x", "ascending": False, "dataset_name": "d", "dataset_digest": None}]
    offsets = [1, 10, 100, 5000, 2**40]
    return {
        "offsets": [[n, SearchUtils.create_page_token(n).decode()] for n in offsets],
        "logged_models": [
            {**found, "offset": n, "token": SearchLoggedModelsPaginationToken(**found, offset=n).encode()}
            for n, found in [(3, search), (10, {**search, "order_by": order})]
        ],
    }


def main():
    from cases import FILTERS, ORDERS, products

    stores = Stores()
    for entity, lines in FILTERS.items():
        lines = list(dict.fromkeys(itertools.chain(lines, products(entity))))
        cases = {
            "filters": [judge_filter(stores, entity, line) for line in lines],
            "orders": [judge_order(stores, entity, line) for line in ORDERS[entity]],
        }
        write(entity, cases)
    write("pages", pages())


def write(name, cases):
    """One case a line, so that a difference can be read."""
    parts = []
    for key, rows in cases.items():
        rows = ",\n".join("  " + json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
        parts.append(f"{json.dumps(key)}: [\n{rows}\n]")
    (HERE / f"{name}.json").write_text("{" + ",\n".join(parts) + "}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
