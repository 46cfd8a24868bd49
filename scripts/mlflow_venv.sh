#!/usr/bin/env bash
# Makes, or uses again, the Python environment of tests/e2e, and prints the path of its python:
# `$(scripts/mlflow_venv.sh) -m pytest tests/e2e`. Installs anew only when requirements.txt changed.
#
#   TRIMTAB_VENV=DIR   where (default: venv/mlflow in cargo's target directory)
set -euo pipefail
cd "$(dirname "$0")/.."

pins=tests/e2e/requirements.txt
venv="${TRIMTAB_VENV:-${CARGO_TARGET_DIR:-target}/venv/mlflow}"
mkdir -p "$venv"
venv="$(cd "$venv" && pwd)"
stamp="$venv/requirements.sha256"
wanted="$(sha256sum <"$pins")"

# Two at once would spoil each other's environment.
exec 9>"$venv.lock"
flock 9

if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    scripts/need.sh python3 >&2
    echo "== python environment: $(grep -E '^(mlflow|scikit-learn|pytest)==' "$pins" | tr '\n' ' ')" >&2
    rm -rf "$venv"
    python3 -m venv "$venv" >&2
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$pins" >&2
    echo "$wanted" >"$stamp"
fi
echo "$venv/bin/python"
