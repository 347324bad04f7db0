#!/usr/bin/env bash
# kql: the scenario's three queries and five common ones over 1,000,000 log rows in memory. The common ones also stand
# as SQL written by hand, on the same connection; the two take turns, and must give as many rows before times count.
#   bench/kql.sh BUILD_DIR
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1

cmake --build "$build" --target kql_bench >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build/bench/kql_bench" "${ROWS:-1000000}" "${ROUNDS:-7}" >"$work/measured.json"
mkdir -p bench/results
/usr/bin/python3 bench/peers/kql_report.py "$work/measured.json" >"$work/report.json"
cp "$work/report.json" bench/results/kql.json
cat bench/results/kql.json
