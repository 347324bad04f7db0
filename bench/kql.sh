#!/usr/bin/env bash
# kql: the scenario's three queries and eight common ones over 1,000,000 and 10,000,000 log rows in memory (ROWS="…" for
# others; bags are at most 1,000,000). The common ones but the bags also stand as SQL written by hand, on the same
# connection; the two take turns, and must give as many rows before times count. Memory is the most that was resident.
#   bench/kql.sh BUILD_DIR
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1

cmake --build "$build" --target kql_bench >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for rows in ${ROWS:-1000000 10000000}; do
  rounds=${ROUNDS:-$((rows > 1000000 ? 3 : 7))}
  "$build/bench/kql_bench" "$rows" "$rounds" >"$work/measured-$rows.json"
done
mkdir -p bench/results
/usr/bin/python3 bench/peers/kql_report.py "$work"/measured-*.json >"$work/report.json"
cp "$work/report.json" bench/results/kql.json
cat bench/results/kql.json
