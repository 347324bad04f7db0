#!/usr/bin/env bash
# loop: what a person waits for: the server's start, --help, a pipeline's steps, a deployment's first answer.
#   bench/loop.sh BUILD_DIR
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
cmake --build "$build" --target slipway slipway-serve slipway-gateway score_http_model_bench >/dev/null
exec /usr/bin/python3 bench/loop_measure.py "$build" bench/results/loop.json
