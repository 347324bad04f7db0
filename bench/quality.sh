#!/usr/bin/env bash
# quality: the suites data_integrity and train_test_validation with their HTML pages on 24,000 train and 6,000 test rows.
# Verdicts are compared with deepchecks' own before times count, where those lie beside the data.
#   bench/quality.sh BUILD_DIR [DATA.csv]
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
data=${2:-../shared/data/credit-card-default/curated/01.csv}
golden=../shared/data/golden/quality_golden.json
target=default_payment_next_month

[ -f "$data" ] || { echo "quality: no data at $data; give a labelled CSV as the second argument" >&2; exit 1; }
cmake --build "$build" --target quality_bench >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build/bench/quality_bench" "$data" $target "${ROUNDS:-7}" >"$work/measured.json"
mkdir -p bench/results
compare=()
[ $# -lt 2 ] && [ -f "$golden" ] && compare=("$golden")
/usr/bin/python3 bench/peers/quality_report.py "$work/measured.json" "${compare[@]}" >"$work/report.json"
cp "$work/report.json" bench/results/quality.json
cat bench/results/quality.json
