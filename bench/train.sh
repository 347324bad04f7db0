#!/usr/bin/env bash
# train: fits a forest of 500 trees on 80 % of a labelled CSV file, against scikit-learn and ranger with the same data,
# trees, depth and threads; a split a seed, the three taking turns.
#   bench/train.sh BUILD_DIR [DATA.csv [TARGET]]
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
data=${2:-../shared/data/credit-card-default/curated/01.csv}
target=${3:-default_payment_next_month}
seeds=${SEEDS:-5} threads=${THREADS:-$(nproc)}

/usr/bin/python3 -c 'import sklearn, pandas' 2>/dev/null ||
  { echo "train: needs scikit-learn (apt-get install python3-sklearn python3-pandas)" >&2; exit 1; }
Rscript -e 'library(ranger)' 2>/dev/null || { echo "train: needs ranger (apt-get install r-cran-ranger)" >&2; exit 1; }
[ -f "$data" ] || { echo "train: no data at $data; give a labelled CSV as the second argument" >&2; exit 1; }

cmake --build "$build" --target train_bench >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build/bench/train_bench" split "$data" "$target" "$seeds" "$work"

for ((seed = 0; seed < seeds; ++seed)); do
  for case in 10-gini 25-entropy; do
    setting=("$work" "$target" "$seed" "${case%-*}" "${case#*-}" "$threads")
    "$build/bench/train_bench" fit "${setting[@]}" >>"$work/ours-$case"
    /usr/bin/python3 bench/peers/train_sklearn.py "${setting[@]}" >>"$work/sklearn-$case"
    Rscript bench/peers/train_ranger.R "${setting[@]}" >>"$work/ranger-$case"
    echo "train: seed $seed, $case: $(for who in ours sklearn ranger; do echo "$who $(tail -n1 "$work/$who-$case")"; done | tr '\n' ' ')" >&2
  done
done
mkdir -p bench/results
/usr/bin/python3 bench/peers/train_report.py "$work" >"$work/report.json"
cp "$work/report.json" bench/results/train.json
cat bench/results/train.json
