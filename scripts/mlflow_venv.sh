#!/usr/bin/env bash
# The Python environment of tests/e2e: `$(scripts/mlflow_venv.sh) -m pytest tests/e2e`.
#
#   TRIMTAB_VENV=DIR   where (default: venv/mlflow in cargo's target directory)
set -euo pipefail
cd "$(dirname "$0")/.."
exec scripts/venv.sh "${TRIMTAB_VENV:-${CARGO_TARGET_DIR:-target}/venv/mlflow}" tests/e2e/requirements.txt \
    mlflow scikit-learn pytest
