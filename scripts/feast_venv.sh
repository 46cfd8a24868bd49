#!/usr/bin/env bash
# Makes, or uses again, the Python environment of tests/feast, and prints the path of its python:
# `$(scripts/feast_venv.sh) -m pytest tests/feast`. Feast and MLflow pin libraries that do not fit each
# other, so each has an environment of its own. Installs anew only when requirements.txt changed.
#
#   TRIMTAB_FEAST_VENV=DIR   where (default: venv/feast in cargo's target directory)
set -euo pipefail
cd "$(dirname "$0")/.."

pins=tests/feast/requirements.txt
venv="${TRIMTAB_FEAST_VENV:-${CARGO_TARGET_DIR:-target}/venv/feast}"
mkdir -p "$venv"
venv="$(cd "$venv" && pwd)"
stamp="$venv/requirements.sha256"
wanted="$(sha256sum <"$pins")"

# Two at once would spoil each other's environment.
exec 9>"$venv.lock"
flock 9

if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    scripts/need.sh python3 >&2
    echo "== python environment: $(grep -E '^(feast|pytest)==' "$pins" | tr '\n' ' ')" >&2
    rm -rf "$venv"
    python3 -m venv "$venv" >&2
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$pins" >&2
    echo "$wanted" >"$stamp"
fi
echo "$venv/bin/python"
