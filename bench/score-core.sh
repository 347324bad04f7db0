#!/usr/bin/env bash
# score-core: 500 trees of depth 10 on real rows, one thread, in ONNX Runtime, scikit-learn and here, in turns.
#   bench/score-core.sh BUILD_DIR [DATA.csv]
# ONNX Runtime is npm's onnxruntime-node, whose package holds the library; ORT_FOLDER names a folder that has it in
# node_modules, else it is fetched into BUILD_DIR/peers.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
data=${2:-../shared/data/credit-card-default/curated/01.csv}
target=${TARGET:-default_payment_next_month}
rounds=${ROUNDS:-5}
ort=${ORT_FOLDER:-$build/peers}

[ -f "$data" ] || { echo "score-core: no data at $data; give a labelled CSV as the second argument" >&2; exit 1; }
command -v node >/dev/null || { echo "score-core: needs node and npm" >&2; exit 1; }
/usr/bin/python3 -c 'import sklearn, pandas' 2>/dev/null || { echo "score-core: needs python3-sklearn python3-pandas" >&2; exit 1; }
if [ ! -d "$ort/node_modules/onnxruntime-node" ]; then
  mkdir -p "$ort"
  npm install --silent --ignore-scripts --no-audit --no-fund --prefix "$ort" onnxruntime-node@1.30.0 ||
    { echo "score-core: onnxruntime-node cannot be fetched" >&2; exit 1; }
fi

cmake --build "$build" --target score_core_bench >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build/bench/score_core_bench" prepare "$data" "$target" "$work"
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
/usr/bin/python3 bench/peers/score_core_sklearn.py fit "$work" "$data" "$target"
pin=""
command -v taskset >/dev/null && pin="taskset -c 0"
for round in $(seq "$rounds"); do
  $pin "$build/bench/score_core_bench" time "$work" "$round" >>"$work/ours.rounds"
  $pin node bench/peers/score_core_onnxruntime.mjs "$ort" "$work" "$round" >>"$work/onnxruntime.rounds"
  $pin /usr/bin/python3 bench/peers/score_core_sklearn.py time "$work" "$round" >>"$work/sklearn.rounds"
done
mkdir -p bench/results
/usr/bin/python3 bench/peers/score_core_report.py "$work" >bench/results/score-core.json
cat bench/results/score-core.json
