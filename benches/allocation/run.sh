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
python="$(scripts/venv.sh target/bench/venv-allocation benches/allocation/requirements.txt skfolio pyportfolioopt)"

echo "== build"
cargo build --release --locked --manifest-path benches/allocation/ours/Cargo.toml \
    --target-dir "$target/bench-allocation"

echo "== run"
ours="$target/bench-allocation/release/ours"
if [ -n "${SCALING:-}" ]; then
    exec "$python" -B benches/allocation/scaling.py "$ours" target/bench/allocation-scaling.svg ${QUICK:+--quick}
fi
exec "$python" -B benches/allocation/bench.py "$ours" ${QUICK:+--quick} --only "${ONLY:-}"
