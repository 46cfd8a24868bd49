#!/usr/bin/env bash
# All that must hold before a change is taken in: `make test`. Stops at the first step that fails.
# One of the tests (crates/edge/cli/tests/house.rs) holds the workspace against ARCHITECTURE.md.
set -euo pipefail
export INSTA_UPDATE=no
cd "$(dirname "$0")/.."
scripts/need.sh cargo cc

# Everything that plain builds leave out: SQL, and the loader of ONNX Runtime.
features=(--features cli/sql,cli/ort)

step() { printf '\n== %s\n' "$*"; }

if ! cargo nextest --version >/dev/null 2>&1; then
    step "install cargo-nextest"
    cargo install --locked cargo-nextest
fi

step "formatting"
cargo fmt --all --check

step "lints"
cargo clippy --quiet --workspace "${features[@]}" --all-targets -- -D warnings

step "tests"
cargo nextest run --workspace "${features[@]}" --no-fail-fast --status-level fail --final-status-level fail

step "documentation tests"
cargo test --quiet --workspace "${features[@]}" --doc
