#!/usr/bin/env bash
# Allocation and risk beside the Python libraries: `make bench NAME=allocation`. Installs the peers,
# builds, runs, compares.
#
#   QUICK=1        small sizes, about a minute: its figures mean little
#   SCALING=1      how cost grows with assets and scenarios, instead of the peers; draws target/bench/allocation-scaling.svg
#   ONLY="a b"     only the questions whose names begin with one of these
set -euo pipefail
cd "$(dirname "$0")/../.."

target="${CARGO_TARGET_DIR:-target}"
venv=target/bench/venv-allocation
pins=benches/allocation/requirements.txt
mkdir -p target/bench
if ! cmp -s "$pins" "$venv/installed.txt"; then
    echo "== peers: $(grep -E '^[a-z]' "$pins" | head -3 | tr '\n' ' ')"
    rm -rf "$venv"
    python3 -m venv "$venv" || {
        echo "error: this needs Python 3.11 or newer with venv: apt-get install python3-venv" >&2
        exit 1
    }
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$pins"
    cp "$pins" "$venv/installed.txt"
fi

echo "== build"
cargo build --release --locked --manifest-path benches/allocation/ours/Cargo.toml \
    --target-dir "$target/bench-allocation"

echo "== run"
ours="$target/bench-allocation/release/ours"
if [ -n "${SCALING:-}" ]; then
    exec "$venv/bin/python" -B benches/allocation/scaling.py "$ours" target/bench/allocation-scaling.svg ${QUICK:+--quick}
fi
exec "$venv/bin/python" -B benches/allocation/bench.py "$ours" ${QUICK:+--quick} --only "${ONLY:-}"
