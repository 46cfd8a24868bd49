#!/usr/bin/env bash
# The tests that need services, after `make test`: PostgreSQL, S3, Redis, and servers that are killed.
#
#   scripts/test_services.sh    starts the services, runs all of it, and leaves nothing running
#
#   1. the Rust tests of database, artifacts, online, catalog and server, on PostgreSQL, S3 and Redis as well
#   2. tests/e2e: the unchanged MLflow client, all of it on SQLite and on PostgreSQL; on PostgreSQL with
#      S3 what has to do with artifacts, since the rest would be the same again
#   3. tests/feast: the unchanged Feast client, on the embedded online store and on Redis
#   4. tests/faults: kills, full disks, lost databases, hostile clients, on SQLite and PostgreSQL
#   5. scripts/schemathesis.sh: questions made from the OpenAPI document
#
# After a build it takes about 12 minutes on two cores, and at most 30: then it is stopped and has failed.
# On Debian as root it installs what is missing; elsewhere it says what to install.
set -euo pipefail
cd "$(dirname "$0")/.."

limit=30m
in_s3=(artifacts.py logged_models.py registry.py sklearn.py threads.py traces.py zz_restart.py)
packages='package(online) | package(feature_online) | package(database) | package(artifacts) | package(catalog) | package(server)'

step() { printf '\n== %s\n' "$*"; }

# The last line of a log that counts passed and failed tests.
counted() { grep -aE '[0-9]+ (tests run|passed|failed)' "$1" | tail -1 | sed 's/^[ =]*//; s/[ =]*$//'; }

# What the services' environment is there for. Goes on after a failure: one run shows all of them.
within_services() {
    local folder="$1" python="$2" failed=0
    step "rust, with services"
    cargo nextest run --workspace --features cli/sql,cli/ort --no-fail-fast --status-level fail --final-status-level fail \
        -E "$packages" 2>&1 | tee "$folder/rust" || failed=1
    step "tests/e2e"
    TRIMTAB_E2E_BACKENDS=sqlite,postgres "$python" -m pytest tests/e2e 2>&1 | tee "$folder/e2e" || failed=1
    step "tests/e2e, artifacts in S3"
    TRIMTAB_E2E_BACKENDS=s3 "$python" -m pytest "${in_s3[@]/#/tests/e2e/test_}" 2>&1 | tee "$folder/s3" || failed=1
    step "tests/feast"
    "$(scripts/feast_venv.sh)" -m pytest tests/feast 2>&1 | tee "$folder/feast" || failed=1
    step "tests/faults"
    "$python" -m pytest tests/faults -r s 2>&1 | tee "$folder/faults" || failed=1
    step "schemathesis"
    TRIMTAB_BIN="${CARGO_TARGET_DIR:-target}/debug/trimtab" SCHEMATHESIS_EXAMPLES=20 \
        scripts/schemathesis.sh 2>&1 | tee "$folder/schemathesis" || failed=1
    return "$failed"
}

# Processes that this run started, told by their environment, and that are still there.
left_running() {
    local file pid
    for file in /proc/[0-9]*/environ; do
        if grep -zqx "TRIMTAB_TEST_RUN=$1" "$file" 2>/dev/null; then
            pid="${file#/proc/}"
            echo "${pid%/environ}"
        fi
    done
}

main() {
    local folder python mark status=0 left
    scripts/need.sh cargo cc python3 postgres redis faketime
    python="$(scripts/mlflow_venv.sh)"
    scripts/feast_venv.sh >/dev/null
    if ! cargo nextest --version >/dev/null 2>&1; then
        step "install cargo-nextest"
        cargo install --locked cargo-nextest
    fi
    step "build"
    # The whole workspace, as `make test` builds it: with fewer packages, dependencies would have other
    # features and be built again. The binary is among what is built.
    cargo nextest run --workspace --features cli/sql,cli/ort --no-run
    folder="$(mktemp -d)"
    trap 'rm -rf "$folder"' EXIT
    mark="$(basename "$folder")"
    SECONDS=0
    TRIMTAB_TEST_RUN="$mark" timeout --kill-after=60 "$limit" \
        scripts/services.sh run "$0" within "$folder" "$python" || status=$?
    if [ "$status" -eq 124 ]; then echo "error: stopped after $limit" >&2; fi
    mapfile -t left < <(left_running "$mark")
    if [ ${#left[@]} -gt 0 ]; then
        echo "error: left running:" >&2
        ps -o pid=,args= -p "$(IFS=,; echo "${left[*]}")" >&2 || true
        kill -KILL "${left[@]}" 2>/dev/null || true
        status=1
    fi
    for part in rust e2e s3 feast faults schemathesis; do
        echo "$part: $([ -f "$folder/$part" ] && counted "$folder/$part" || echo "not run")"
    done
    echo "== services: $([ "$status" -eq 0 ] && echo "all passed" || echo "FAILED") in $SECONDS s"
    exit "$status"
}

case "${1:-}" in
within) within_services "$2" "$3" ;;
"") main ;;
*)
    sed -n '2,14s/^# \{0,1\}//p' "$0" >&2
    [[ "$1" == --help ]] || exit 2
    ;;
esac
