#!/usr/bin/env bash
# The online store beside Feast: part of `make bench NAME=features`. Installs the peer, builds, runs.
#
#   QUICK=1            small sizes, a few seconds: its figures mean little
#   TRIMTAB_BIN=FILE   this binary instead of the release build
set -euo pipefail
cd "$(dirname "$0")/../.."

target="${CARGO_TARGET_DIR:-target}"
python="$(scripts/venv.sh target/bench/venv-feast benches/features/online.txt feast)"

if [ -z "${TRIMTAB_BIN:-}" ]; then
    echo "== build"
    cargo build --release --locked -p cli --bin trimtab
    TRIMTAB_BIN="$target/release/trimtab"
fi

echo "== run"
exec "$python" -B benches/features/online.py "$TRIMTAB_BIN" ${QUICK:+--quick}
