#!/usr/bin/env bash
# workflow-steps: what a step of a workflow costs over the same line in plain bash, taking turns; and a whole run.
#   bench/workflow-steps.sh BUILD_DIR
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
cmake --build "$build" --target slipway slipway-serve slipway-workflow-job >/dev/null
exec /usr/bin/python3 bench/workflow_steps.py "$build" bench/results/workflow-steps.json
