#!/usr/bin/env bash
# score-http: one core of gateway (key check and logging on, a 500-tree model scored) against one core of nginx with a
# fixed body, and against FastAPI with scikit-learn; the load comes from another core. Also: with TLS, without the
# traffic log, scoring scripts in C++ and Python, three times more requests than a script or a model can take, idle
# connections.
#   bench/score-http.sh BUILD_DIR [DATA.csv]
# As in the product, somebody reads the traffic log while it is written: score_http_drain_bench, on the load's core. For
# the peaks it has what the load leaves (wrk sleeps between answers; were it to wait for the reader's turn, the gateway
# would be without work), for the percentiles an equal share (their load never sleeps, and counts when it did not run).
# A percentile at a share of a core says how long the longest pauses of that core are, more than how fast a server is: who
# is busy for half of the time needs as long as a pause took to catch up after it, who is busy for a fifth a quarter of
# that. What else runs on the core pauses it (with one load program that always runs, a system has the other core alone
# for its own threads); so nginx is measured at half of its own peak as well.
# About six minutes. ROUNDS and SECONDS_EACH change how often and how long each figure is measured.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
data=${2:-../shared/data/credit-card-default/curated/01.csv}
target=default_payment_next_month
rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-3} connections=32
server_core=0 load_core=1

for program in nginx wrk taskset chrt openssl; do
  command -v $program >/dev/null || { echo "score-http: needs $program (apt-get install nginx-light wrk util-linux openssl)" >&2; exit 1; }
done
/usr/bin/python3 -c 'import fastapi, uvicorn, sklearn, pandas' 2>/dev/null ||
  { echo "score-http: needs python3-fastapi uvicorn python3-sklearn python3-pandas" >&2; exit 1; }
[ "$(nproc)" -ge 2 ] || { echo "score-http: needs two cores, one for the load" >&2; exit 1; }
[ -f "$data" ] || { echo "score-http: no data at $data; give a labelled CSV as the second argument" >&2; exit 1; }

cmake --build "$build" --target slipway-gateway score_http_model_bench score_http_load_bench \
  score_http_drain_bench score_http_script >/dev/null
work=$(mktemp -d)
children=()
cleanup() { for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done; wait; rm -rf "$work"; }
trap cleanup EXIT

free_port() { /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
wait_for() { for _ in $(seq 1500); do (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return; sleep 0.2; done
  echo "score-http: nobody listens on port $1" >&2; exit 1; }
gateway=$(free_port) gateway_tls=$(free_port) quiet=$(free_port)
nginx=$(free_port) nginx_tls=$(free_port) fastapi=$(free_port)

"$build/bench/score_http_model_bench" "$data" $target "$work/model" "$work/request.json"
key=$(head -c 32 /dev/urandom | base64 | tr -d '=+/')
authorization="Authorization: Bearer $key"
mkdir "$work/code" "$work/script-model"
cp -r "$work/model" "$work/script-model/"
cp bench/peers/score_http_script.py "$work/code/score.py"
cp "$build/bench/score_http_script.so" "$work/code/score.so"
script() {  # NAME LANGUAGE FILE MAX_CONCURRENT → a deployment; whoever is let in may wait as long as it takes
  echo "{\"name\": \"$1\", \"revision\": 1, \"kind\": \"script\", \"language\": \"$2\", \"code_dir\": \"$work/code\",
   \"scoring_script\": \"$3\", \"model_dir\": \"$work/script-model\", \"request_timeout_ms\": 30000, \"max_queue_wait_ms\": 0,
   \"max_concurrent_requests_per_instance\": $4}"
}
make_home() {  # FOLDER DEPLOYMENTS
  mkdir -p "$1/gateway"
  cat >"$1/gateway/routing.json" <<JSON
{"version": 1, "etag": "bench", "endpoints": [{"name": "bench", "workspace": "default", "workspace_id": "bench",
 "arm_id": "/bench", "auth_mode": "key", "key_sha256": ["$(printf %s "$key" | sha256sum | cut -d' ' -f1)"],
 "traffic": {"blue": 100}, "deployments": [{"name": "blue", "revision": 1, "kind": "model", "model_dir": "$work",
 "model_path": "$work/model", "model_name": "bench", "model_version": "1"}$2]}]}
JSON
}
# Of the model again: what waits longer than a millisecond for its turn is refused.
hurried="{\"name\": \"hurried\", \"revision\": 1, \"kind\": \"model\", \"model_dir\": \"$work\", \"model_path\": \"$work/model\",
 \"model_name\": \"bench\", \"model_version\": \"1\", \"max_queue_wait_ms\": 1}"
# So many rows that reading and refusing three times as many requests as can be scored is no overload by itself.
/usr/bin/python3 -c 'import json, sys; row = json.load(open(sys.argv[1]))["data"]; json.dump({"data": row * 150}, open(sys.argv[2], "w"))' \
  "$work/request.json" "$work/rows.json"
make_home "$work/home" ", $hurried, $(script cpp cpp score.so 16), $(script python python score.py 16), $(script narrow python score.py 1)"
make_home "$work/quiet" ""
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/key.pem" -out "$work/certificate.pem" \
  -days 1 -subj /CN=127.0.0.1 2>/dev/null
cat >"$work/nginx.conf" <<CONF
daemon off; worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.log;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; client_body_temp_path $work/nginx-body;
  ssl_certificate $work/certificate.pem; ssl_certificate_key $work/key.pem; ssl_protocols TLSv1.2 TLSv1.3;
  server { listen 127.0.0.1:$nginx; listen 127.0.0.1:$nginx_tls ssl;
    location / { default_type application/json; return 200 '{"predictions": [0.123456]}'; } } }
CONF
post_script() {  # DEPLOYMENT [BODY] → a wrk script that asks it; "" for the endpoint's traffic
  cat <<LUA
local file = io.open("$work/${2:-request}.json"); wrk.body = file:read("*a"); file:close()
wrk.method = "POST"; wrk.headers["Content-Type"] = "application/json"; wrk.headers["Authorization"] = "Bearer $key"
LUA
  [ -z "$1" ] || echo "wrk.headers[\"azureml-model-deployment\"] = \"$1\""
}
for deployment in "" cpp python; do post_script "$deployment" >"$work/post$deployment.lua"; done
post_script "" rows >"$work/postrows.lua"

on_server_core() { taskset -c $server_core "$@" & children+=($!); }
tls_files=(--certificate "$work/certificate.pem" --private-key "$work/key.pem")
on_server_core "$build/bin/slipway-gateway" --home "$work/home" --listen "127.0.0.1:$gateway_tls" \
  --plain-listen "127.0.0.1:$gateway" --threads 1 "${tls_files[@]}" 2>"$work/gateway.log"
gateway_pid=$!
on_server_core "$build/bin/slipway-gateway" --home "$work/quiet" --listen 127.0.0.1:0 --plain-listen "127.0.0.1:$quiet" \
  --threads 1 --traffic-log off "${tls_files[@]}" 2>"$work/quiet.log"
on_server_core nginx -c "$work/nginx.conf" 2>/dev/null
on_server_core /usr/bin/python3 bench/peers/score_http_fastapi.py "$fastapi" "$data" $target >"$work/fastapi.log" 2>&1
for port in $gateway $gateway_tls $quiet $nginx $nginx_tls $fastapi; do wait_for "$port"; done
chrt --idle 0 taskset -c $load_core "$build/bench/score_http_drain_bench" "$work/home/spool/gateway" & children+=($!)
drain_pid=$!

path=/endpoints/bench/score
ask() { curl -sS -m 30 -H "$authorization" -H 'Content-Type: application/json' "$@" --data-binary "@$work/request.json" "http://127.0.0.1:$gateway$path"; }
for deployment in blue hurried cpp python narrow; do
  for _ in $(seq 100); do
    answer=$(ask -w ' %{http_code}' -H "azureml-model-deployment: $deployment")
    [ "${answer##* }" = 200 ] && break || sleep 0.1
  done
  echo "score-http: $deployment answers $answer" >&2
  [ "${answer##* }" = 200 ] || { tail -n 20 "$work/gateway.log" >&2; exit 1; }
done

peak() {  # URL CONNECTIONS [DEPLOYMENT, or rows] → requests/s
  local report
  report=$(taskset -c $load_core wrk -t1 -c"$2" -d"${seconds}s" --timeout 30s -s "$work/post${3:-}.lua" "$1")
  ! grep -q 'Non-2xx' <<<"$report" || { echo "score-http: failed answers at $1: $report" >&2; exit 1; }
  sed -n 's/^Requests\/sec: *//p' <<<"$report"
}
steady() {  # PORT PATH RATE [HEADER] [BODY] → one JSON line
  taskset -c $load_core "$build/bench/score_http_load_bench" "$1" "$2" "$work/${5:-request}.json" "$3" "$seconds" $connections \
    "$authorization" ${4:+"$4"}
}
median() { sort -g "$1" | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}'; }
percent_of() { awk "BEGIN {print int($1 * $2 / 100)}"; }

for _ in $(seq "$rounds"); do  # one after the other, so that what disturbs one disturbs the others too
  peak "http://127.0.0.1:$nginx/" $connections >>"$work/nginx.peak"
  peak "http://127.0.0.1:$gateway$path" $connections >>"$work/gateway.peak"
  peak "http://127.0.0.1:$quiet$path" $connections >>"$work/quiet.peak"
  peak "https://127.0.0.1:$nginx_tls/" $connections >>"$work/nginx_tls.peak"
  peak "https://127.0.0.1:$gateway_tls$path" $connections >>"$work/gateway_tls.peak"
done
for _ in 1 2; do
  peak "http://127.0.0.1:$fastapi/score" 4 >>"$work/fastapi.peak"
  peak "http://127.0.0.1:$fastapi/constant" 16 >>"$work/fastapi_constant.peak"
  peak "http://127.0.0.1:$gateway$path" 16 cpp >>"$work/cpp.peak"
  peak "http://127.0.0.1:$gateway$path" 16 python >>"$work/python.peak"
  peak "http://127.0.0.1:$gateway$path" $connections rows >>"$work/rows.peak"
done
gateway_peak=$(median "$work/gateway.peak") cpp_peak=$(median "$work/cpp.peak") python_peak=$(median "$work/python.peak")
rows_peak=$(median "$work/rows.peak") nginx_half=$(percent_of "$(median "$work/nginx.peak")" 50)
gateway_half=$(percent_of "$gateway_peak" 50)
chrt --other --pid 0 $drain_pid
for _ in $(seq "$rounds"); do
  steady "$nginx" / "$gateway_half" >>"$work/nginx.steady50"
  steady "$gateway" $path "$gateway_half" >>"$work/gateway.steady50"
  steady "$nginx" / "$nginx_half" >>"$work/nginx.half"
done
for _ in 1 2 3; do
  for share in 10 90; do
    rate=$(percent_of "$gateway_peak" $share)
    steady "$nginx" / "$rate" >>"$work/nginx.steady$share"
    steady "$gateway" $path "$rate" >>"$work/gateway.steady$share"
  done
  steady "$gateway" $path "$(percent_of "$cpp_peak" 50)" "azureml-model-deployment: cpp" >>"$work/cpp.steady50"
  steady "$gateway" $path "$(percent_of "$python_peak" 50)" "azureml-model-deployment: python" >>"$work/python.steady50"
  for share in 50 90 300; do
    steady "$gateway" $path "$(percent_of "$rows_peak" $share)" "azureml-model-deployment: hurried" rows >>"$work/hurried.steady$share"
  done
  # One request runs and one waits; the rest is refused. What is let in must not wait longer because more is refused.
  for share in 50 300; do
    steady "$gateway" $path "$(percent_of "$python_peak" $share)" "azureml-model-deployment: narrow" >>"$work/narrow.steady$share"
  done
done
/usr/bin/python3 bench/peers/score_http_idle.py "$gateway" "$gateway_pid" 10000 >"$work/idle.json"
/usr/bin/python3 bench/peers/score_http_idle.py "$gateway_tls" "$gateway_pid" 10000 tls >"$work/idle_tls.json"
/usr/bin/python3 bench/peers/score_http_report.py "$work" >bench/results/score-http.json
cat bench/results/score-http.json
