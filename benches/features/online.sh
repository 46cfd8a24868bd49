#!/usr/bin/env bash
# The online store beside Feast: part of `make bench NAME=features`. Installs the peer, builds, runs.
#
#   QUICK=1            small sizes, a few seconds: its figures mean little
#   TRIMTAB_BIN=FILE   this binary instead of the release build
set -euo pipefail
cd "$(dirname "$0")/../.."

target="${CARGO_TARGET_DIR:-target}"
venv=target/bench/venv-feast
pins=benches/features/online.txt
mkdir -p target/bench
if ! cmp -s "$pins" "$venv/installed.txt"; then
    echo "== peer: $(grep -E '^feast' "$pins")"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$pins"
    cp "$pins" "$venv/installed.txt"
fi

if [ -z "${TRIMTAB_BIN:-}" ]; then
    echo "== build"
    cargo build --release --locked -p cli --bin trimtab
    TRIMTAB_BIN="$target/release/trimtab"
fi

echo "== run"
exec "$venv/bin/python" -B benches/features/online.py "$TRIMTAB_BIN" ${QUICK:+--quick}
