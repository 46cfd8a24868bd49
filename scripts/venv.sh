#!/usr/bin/env bash
# Makes, or uses again, a Python environment of pinned packages, and prints the path of its python.
# Installs anew only when the pins changed.
#
#   scripts/venv.sh DIR PINS NAME...    NAMEs are the packages that it is there for, told while it is made
set -euo pipefail

venv="$1" pins="$2"
names="$(IFS='|'; echo "${*:3}")"
mkdir -p "$venv"
venv="$(cd "$venv" && pwd)"

# Two at once would spoil each other's environment.
exec 9>"$venv.lock"
flock 9

if ! cmp -s "$pins" "$venv/installed.txt"; then
    "$(dirname "$0")/need.sh" python3 >&2
    echo "== python environment: $(grep -E "^($names)==" "$pins" | tr '\n' ' ')" >&2
    rm -rf "$venv"
    python3 -m venv "$venv" >&2
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$pins" >&2
    cp "$pins" "$venv/installed.txt"
fi
echo "$venv/bin/python"
