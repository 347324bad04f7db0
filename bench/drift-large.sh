#!/usr/bin/env bash
# drift-large: a drift report of Parquet files that need not fit into memory, column by column: time and memory.
#   bench/drift-large.sh BUILD_DIR [ROWS [CURRENT_ROWS [COLUMNS]]]      default: 300000 30000 100
# The tables are made below TMPDIR (8 bytes a value at most) and removed afterwards; KEEP=FOLDER keeps them there.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
rows=${2:-300000} current=${3:-30000} columns=${4:-100}

[ -x /usr/bin/time ] || { echo "drift-large: needs GNU time (apt-get install time)" >&2; exit 1; }
cmake --build "$build" --target drift_large_bench slipway >/dev/null
work=${KEEP:-$(mktemp -d)}
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
[ -f "$work/current.parquet" ] || "$build/bench/drift_large_bench" make "$work" "$rows" "$current" "$columns"
SLIPWAY_HOME=$work/home /usr/bin/time -f '%e %M' -o "$work/time" \
  "$build/bin/slipway" drift --reference "$work/reference.parquet" --current "$work/current.parquet" -o json >"$work/report.json"
mkdir -p bench/results
/usr/bin/python3 bench/peers/drift_large_report.py "$work" "$rows" "$current" "$columns" >"$work/results.json"
cp "$work/results.json" bench/results/drift-large.json
cat bench/results/drift-large.json
