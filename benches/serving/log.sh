#!/usr/bin/env bash
# The prediction log: rows a second, and a row by its id among many.
#
#   benches/serving/log.sh     part of `make bench NAME=serving`; 100,000,000 rows for the search, some 9 GB in target/bench
#   QUICK=1                    2,000,000 rows
#   TRIMTAB_BIN=PATH           ask SQL of this trimtab; without it one is built with SQL, which takes about
#                              20 minutes on two cores the first time
set -euo pipefail
cd "$(dirname "$0")/../.."

target="${CARGO_TARGET_DIR:-target}"
work=target/bench/serving-log
rows=100_000_000
log_rows=1_000_000
if [ -n "${QUICK:-}" ]; then rows=2_000_000 log_rows=100_000; fi

echo "== build"
cargo build --release --locked -p predictions --example log_speed
speed="$target/release/examples/log_speed"
if [ -z "${TRIMTAB_BIN:-}" ]; then
    cargo build --release --locked -p cli --features sql --bin trimtab
    TRIMTAB_BIN="$target/release/trimtab"
fi

rm -rf "$work/append"
mkdir -p "$work"
echo "== rows a second: callers x rows of an append, 10 features"
for question in "1 1 synced" "64 1 synced" "4 100 synced" "4 1000 synced" "4 1 written" "4 100 written"; do
    read -r callers batch how <<<"$question"
    # One row and one sync at a time is the disk's time and nothing else: fewer rows will do.
    count=$log_rows
    if [ "$how $batch" = "synced 1" ]; then count=$((callers * 300)); fi
    printf '%-14s ' "$callers x $batch $how"
    "$speed" append "$work/append" "$count" 10 "$batch" "$callers" "$how"
    rm -rf "$work/append"
done

home="$work/home-$rows"
if [ ! -e "$home/ids" ]; then
    echo "== $rows rows, 2 features"
    rm -rf "$home"
    mkdir -p "$home"
    "$speed" fill "$home/predictions" "$rows" 2 >"$home/ids.partial"
    mv "$home/ids.partial" "$home/ids"
fi
du -sh "$home" | cut -f1

ids="$(sed -n '1p;$p' "$home/ids") $(sed -n "$((($(wc -l <"$home/ids") + 1) / 2))p" "$home/ids")"
echo "== a row by its id, without SQL (trimtab why)"
# shellcheck disable=SC2086
"$speed" find "$home/predictions" $ids
echo "== the same in SQL: the whole command, from its start to its end"
for id in $ids; do
    began=$(date +%s%N)
    found="$("$TRIMTAB_BIN" logs "SELECT * FROM predictions WHERE id = '$id'" --home "$home" --format json)"
    took=$((($(date +%s%N) - began) / 1000000))
    grep -q "\"id\":\"$id\"" <<<"$found"
    echo "{\"id\": \"$id\", \"ms\": $took}"
done
