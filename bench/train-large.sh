#!/usr/bin/env bash
# train-large: time and memory of a forest on a million rows made of a small labelled table by repetition with noise,
# against scikit-learn and, where it is installed, ranger.
#   bench/train-large.sh BUILD_DIR [DATA.csv [TARGET]]
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
data=${2:-../shared/data/credit-card-default/curated/01.csv}
target=${3:-default_payment_next_month}
rows=${ROWS:-1000000} depth=${DEPTH:-10} threads=${THREADS:-$(nproc)}
export TREES=${TREES:-50}

/usr/bin/python3 -c 'import sklearn, pandas' 2>/dev/null ||
  { echo "train-large: needs scikit-learn (apt-get install python3-sklearn python3-pandas)" >&2; exit 1; }
[ -f "$data" ] || { echo "train-large: no data at $data; give a labelled CSV as the second argument" >&2; exit 1; }

cmake --build "$build" --target train_bench >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build/bench/train_bench" split "$data" "$target" 1 "$work"
/usr/bin/python3 bench/peers/train_large_data.py "$work" "$rows"

setting=("$work" "$target" 0 "$depth" gini "$threads")
"$build/bench/train_bench" fit "${setting[@]}" | tee "$work/ours" >&2
/usr/bin/python3 bench/peers/train_sklearn.py "${setting[@]}" | tee "$work/sklearn" >&2
if Rscript -e 'library(ranger)' 2>/dev/null; then
  Rscript bench/peers/train_ranger.R "${setting[@]}" | tee "$work/ranger" >&2
else
  echo "train-large: no ranger here (apt-get install r-cran-ranger); its figures are left out" >&2
fi
mkdir -p bench/results
/usr/bin/python3 bench/peers/train_large_report.py "$work" "$rows rows, $TREES trees of depth $depth, gini" >"$work/report.json"
cp "$work/report.json" bench/results/train-large.json
cat bench/results/train-large.json
