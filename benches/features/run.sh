#!/usr/bin/env bash
# Features beside Qlib: `make bench NAME=features`. Installs the peer, builds, runs, compares.
#
#   QUICK=1        small sizes, a few seconds: its figures mean little
set -euo pipefail
cd "$(dirname "$0")/../.."

target="${CARGO_TARGET_DIR:-target}"
venv=target/bench/venv-features
pins=benches/features/requirements.txt
mkdir -p target/bench
if ! cmp -s "$pins" "$venv/installed.txt"; then
    echo "== peer: $(grep -E '^pyqlib' "$pins")"
    rm -rf "$venv"
    python3 -m venv "$venv" || {
        echo "error: this needs Python 3.11 or newer with venv: apt-get install python3-venv" >&2
        exit 1
    }
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$pins"
    cp "$pins" "$venv/installed.txt"
fi

echo "== build"
cargo build --release --locked --manifest-path benches/features/ours/Cargo.toml \
    --target-dir "$target/bench-features"

echo "== run"
exec "$venv/bin/python" -B benches/features/bench.py "$target/bench-features/release/ours" \
    ${QUICK:+--quick}
