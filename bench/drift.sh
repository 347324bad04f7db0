#!/usr/bin/env bash
# drift: all default scores of 23 columns, against Evidently's algorithms on scipy, from tables in memory: 30,000 rows
# against 2,000, and 1,000,000 against 1,000,000. The scores must agree to 1e-6 before times count; the two take turns.
#   bench/drift.sh BUILD_DIR [DATA_FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
data=${2:-../shared/data/credit-card-default}
target=default_payment_next_month
rounds=${ROUNDS:-3}

/usr/bin/python3 -c 'import scipy, pandas' 2>/dev/null ||
  { echo "drift: needs scipy (apt-get install python3-scipy python3-pandas)" >&2; exit 1; }
for file in curated/01.csv inference/drifted/01.csv; do
  [ -f "$data/$file" ] || { echo "drift: no data at $data/$file; give a folder with it as the second argument" >&2; exit 1; }
done

cmake --build "$build" --target drift_bench >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/small" "$work/large"
cut -d, -f1-23 "$data/curated/01.csv" >"$work/small/reference.csv"
cp "$data/inference/drifted/01.csv" "$work/small/current.csv"
head -1 "$work/small/reference.csv" | cmp -s - <(head -1 "$work/small/current.csv") ||
  { echo "drift: the columns of $data/curated and inference/drifted differ" >&2; exit 1; }
"$build/bench/drift_bench" large "$data/curated/01.csv" $target "${ROWS:-1000000}" "$work/large"

for ((round = 0; round < rounds; ++round)); do
  for case in small:20 large:2; do
    "$build/bench/drift_bench" compare "$work/${case%:*}" "${case#*:}" >>"$work/ours-${case%:*}"
    /usr/bin/python3 bench/peers/drift_scipy.py "$work/${case%:*}" "$((${case#*:} / 10 + 1))" >>"$work/peer-${case%:*}"
    echo >>"$work/peer-${case%:*}"
  done
done
mkdir -p bench/results
/usr/bin/python3 bench/peers/drift_report.py "$work" >"$work/report.json"
cp "$work/report.json" bench/results/drift.json
cat bench/results/drift.json
