#!/usr/bin/env bash
# score-http: one core of gateway (TLS off, key check and logging on, a 500-tree model scored) against one core of nginx
# with a fixed body, and against FastAPI with scikit-learn; the load comes from another core.
#   bench/score-http.sh BUILD_DIR [DATA.csv]
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
data=${2:-../shared/data/credit-card-default/curated/01.csv}
target=default_payment_next_month
rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-5} connections=32
server_core=0 load_core=1

for program in nginx wrk taskset; do
  command -v $program >/dev/null || { echo "score-http: needs $program (apt-get install nginx-light wrk util-linux)" >&2; exit 1; }
done
/usr/bin/python3 -c 'import fastapi, uvicorn, sklearn, pandas' 2>/dev/null ||
  { echo "score-http: needs python3-fastapi uvicorn python3-sklearn python3-pandas" >&2; exit 1; }
[ "$(nproc)" -ge 2 ] || { echo "score-http: needs two cores, one for the load" >&2; exit 1; }
[ -f "$data" ] || { echo "score-http: no data at $data; give a labelled CSV as the second argument" >&2; exit 1; }

cmake --build "$build" --target slipway-gateway score_http_model_bench score_http_load_bench >/dev/null
work=$(mktemp -d)
children=()
cleanup() { for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done; wait; rm -rf "$work"; }
trap cleanup EXIT

free_port() { /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
gateway_port=$(free_port) nginx_port=$(free_port) fastapi_port=$(free_port)
wait_for() { for _ in $(seq 600); do (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return; sleep 0.2; done
  echo "score-http: nobody listens on port $1" >&2; exit 1; }

"$build/bench/score_http_model_bench" "$data" $target "$work/model" "$work/request.json"
key=$(head -c 32 /dev/urandom | base64 | tr -d '=+/')
mkdir -p "$work/home/gateway"
cat >"$work/home/gateway/routing.json" <<JSON
{"version": 1, "etag": "bench", "endpoints": [{"name": "bench", "workspace": "default", "workspace_id": "bench",
 "arm_id": "/bench", "auth_mode": "key", "key_sha256": ["$(printf %s "$key" | sha256sum | cut -d' ' -f1)"],
 "traffic": {"blue": 100}, "deployments": [{"name": "blue", "revision": 1, "kind": "model", "model_dir": "$work",
 "model_path": "$work/model", "model_name": "bench", "model_version": "1"}]}]}
JSON
cat >"$work/nginx.conf" <<CONF
daemon off; worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.log;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; client_body_temp_path $work/nginx-body;
  server { listen 127.0.0.1:$nginx_port;
    location / { default_type application/json; return 200 '{"predictions": [0.123456]}'; } } }
CONF
cat >"$work/post.lua" <<LUA
local file = io.open("$work/request.json"); wrk.body = file:read("*a"); file:close()
wrk.method = "POST"; wrk.headers["Content-Type"] = "application/json"; wrk.headers["Authorization"] = "Bearer $key"
LUA

taskset -c $server_core "$build/bin/slipway-gateway" --home "$work/home" --listen 127.0.0.1:0 \
  --plain-listen "127.0.0.1:$gateway_port" --threads 1 2>"$work/gateway.log" & children+=($!)
taskset -c $server_core nginx -c "$work/nginx.conf" 2>/dev/null & children+=($!)
taskset -c $server_core /usr/bin/python3 bench/peers/score_http_fastapi.py "$fastapi_port" "$data" $target \
  >"$work/fastapi.log" 2>&1 & children+=($!)
wait_for "$gateway_port"; wait_for "$nginx_port"; wait_for "$fastapi_port"

score_path=/endpoints/bench/score
answer=$(curl -sS -H "Authorization: Bearer $key" --data-binary "@$work/request.json" "http://127.0.0.1:$gateway_port$score_path")
echo "score-http: the gateway answers $answer" >&2

peak() {  # PORT PATH CONNECTIONS → requests/s
  local report
  report=$(taskset -c $load_core wrk -t1 -c"$3" -d"${seconds}s" --timeout 30s -s "$work/post.lua" "http://127.0.0.1:$1$2")
  ! grep -q 'Non-2xx' <<<"$report" || { echo "score-http: failed answers on port $1: $report" >&2; exit 1; }
  sed -n 's/^Requests\/sec: *//p' <<<"$report"
}
steady() {  # PORT PATH RATE → one JSON line
  taskset -c $load_core "$build/bench/score_http_load_bench" "$1" "$2" "$work/request.json" "$3" "$seconds" $connections \
    "Authorization: Bearer $key"
}

for _ in $(seq "$rounds"); do
  peak "$nginx_port" / $connections >>"$work/nginx.peak"
  peak "$gateway_port" $score_path $connections >>"$work/gateway.peak"
  peak "$fastapi_port" /score 4 >>"$work/fastapi.peak"
done
half=$(sort -g "$work/gateway.peak" | awk '{v[NR]=$1} END {print int(v[int((NR+1)/2)]/2)}')
for _ in $(seq "$rounds"); do
  steady "$nginx_port" / "$half" >>"$work/nginx.steady"
  steady "$gateway_port" $score_path "$half" >>"$work/gateway.steady"
done
/usr/bin/python3 bench/peers/score_http_report.py "$work" "$half" >bench/results/score-http.json
cat bench/results/score-http.json
