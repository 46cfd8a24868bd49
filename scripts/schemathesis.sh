#!/usr/bin/env bash
# Asks a running server what its own OpenAPI document says that it answers, thousands of times, with
# what the document allows and with what it does not. Fails on any status of 500 or above, and on
# answers that are not of the shape that the document tells of.
#
#   TRIMTAB_BIN=FILE            the binary (default: the debug build, which is made)
#   SCHEMATHESIS_EXAMPLES=N     so many questions for each endpoint (default 50)
#   SCHEMATHESIS_SEED=N         the same questions again (default 1)
#
# What else is given goes to schemathesis: `scripts/schemathesis.sh --include-path-regex runs`.
set -euo pipefail
cd "$(dirname "$0")/.."

python="$(scripts/mlflow_venv.sh)"
binary="${TRIMTAB_BIN:-}"
if [ -z "$binary" ]; then
    cargo build --quiet -p cli --bin trimtab
    binary="${CARGO_TARGET_DIR:-target}/debug/trimtab"
fi

work="$(mktemp -d)"
server=
finish() {
    [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null || true; }
    rm -rf "$work"
}
trap finish EXIT

"$binary" features apply conformance/online --home "$work/home" >/dev/null

# The log is kept aside: it says why a 500 was answered.
user=administrator
password="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
TRIMTAB_ADMIN_USERNAME="$user" TRIMTAB_ADMIN_PASSWORD="$password" \
    "$binary" serve --home "$work/home" --port 0 --auth basic --enable-workspaces --features \
    --log-format json --log-level warn >"$work/out" 2>"$work/log" &
server=$!
address=
for _ in $(seq 100); do
    address="$(grep -oE 'http://127\.0\.0\.1:[0-9]+' "$work/out" "$work/log" 2>/dev/null | head -1 | grep -oE 'http://.*' || true)"
    [ -z "$address" ] || break
    kill -0 "$server" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
    sleep 0.1
done
[ -n "$address" ] || { echo "error: the server does not say where it listens" >&2; exit 1; }

# Left out: paths below /ajax-api, which are those below /api again; links that a folder has none of,
# which is said with 501; and spans and gRPC, which are protocol buffers.
left_out='^/ajax-api/|/mlflow-artifacts/presigned/|^/v1/traces$|^/inference\.GRPC'
status=0
document="$PWD/crates/edge/server/openapi.json"
schemathesis="$(cd "$(dirname "$python")" && pwd)/schemathesis"
# In a folder of its own: it keeps notes where it runs.
(cd "$work" && "$schemathesis" run "$document" --url "$address" --auth "$user:$password" \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
    --exclude-path-regex "$left_out" --phases examples,coverage,fuzzing --continue-on-failure \
    --max-examples "${SCHEMATHESIS_EXAMPLES:-50}" --seed "${SCHEMATHESIS_SEED:-1}" \
    --warnings off --suppress-health-check all "$@") || status=$?

if ! kill -0 "$server" 2>/dev/null; then
    echo "error: the server is gone" >&2
    status=1
elif ! curl --silent --fail --output /dev/null --user "$user:$password" \
    "$address/api/2.0/mlflow/users/current"; then
    echo "error: the administrator cannot come in any more: not all questions were answered" >&2
    status=1
fi
if [ "$status" -ne 0 ]; then
    echo "== what the server said" >&2
    grep -vE '"target":"trimtab::request"' "$work/log" | sort | uniq -c | sort -rn | head -40 >&2 || true
fi
exit "$status"
