#!/usr/bin/env bash
# ingest: a spool of 1,000,000 traffic records into the log store, against DuckDB's own appender with the same values in
# memory, taking turns; and how soon a query sees a record while 5,000 requests a second come in.
#   bench/ingest.sh BUILD_DIR
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1

cmake --build "$build" --target ingest_bench >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build/bench/ingest_bench" "${ROWS:-1000000}" "${ROUNDS:-5}" "${SECONDS_OF_LOAD:-15}" >"$work/measured.json"
mkdir -p bench/results
/usr/bin/python3 bench/peers/ingest_report.py "$work/measured.json" >"$work/report.json"
cp "$work/report.json" bench/results/ingest.json
cat bench/results/ingest.json
