#!/usr/bin/env bash
# The Python environment of tests/feast: `$(scripts/feast_venv.sh) -m pytest tests/feast`. Feast and MLflow
# pin libraries that do not fit each other, so each has an environment of its own.
#
#   TRIMTAB_FEAST_VENV=DIR   where (default: venv/feast in cargo's target directory)
set -euo pipefail
cd "$(dirname "$0")/.."
exec scripts/venv.sh "${TRIMTAB_FEAST_VENV:-${CARGO_TARGET_DIR:-target}/venv/feast}" tests/feast/requirements.txt \
    feast pytest
