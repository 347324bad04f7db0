"""Turns the measurements of bench/score-http.sh into its result file. Usage: WORK_FOLDER HALF_RATE"""

import json
import os
import platform
import statistics
import subprocess
import sys

work, half_rate = sys.argv[1], int(sys.argv[2])


def numbers(name):
    with open(os.path.join(work, name)) as file:
        return [float(line) for line in file]


def steady(name):
    with open(os.path.join(work, name)) as file:
        return [json.loads(line) for line in file]


def figure(what, unit, ours, peer, peer_name, target, met):
    ratio = ours / peer
    return {"what": what, "unit": unit, "ours": round(ours, 1), "peer": round(peer, 1), "peer_name": peer_name,
            "ratio": round(ratio, 3), "target": target, "met": met(ratio)}


def processor():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor()


ours = statistics.median(numbers("gateway.peak"))
gateway_steady, nginx_steady = steady("gateway.steady"), steady("nginx.steady")
failed = sum(run["failed"] for run in gateway_steady + nginx_steady)
if failed:
    sys.exit(f"score-http: {failed} requests of the steady runs failed")
p99 = [statistics.median(run["p99_us"] for run in runs) for runs in (gateway_steady, nginx_steady)]
figures = [
    figure("requests per second, one core, 500 trees of depth 10, one row", "1/s", ours,
           statistics.median(numbers("nginx.peak")), "nginx, fixed body", ">= 0.5", lambda ratio: ratio >= 0.5),
    figure("requests per second, one core, the same forest", "1/s", ours, statistics.median(numbers("fastapi.peak")),
           "FastAPI, uvicorn and scikit-learn", ">= 500", lambda ratio: ratio >= 500),
    figure(f"p99 at {half_rate} requests per second (half of the gateway's peak)", "us", p99[0], p99[1],
           "nginx, fixed body, same rate", "<= 3", lambda ratio: ratio <= 3),
]
commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
print(json.dumps({"name": "score-http", "machine": processor(), "commit": commit, "figures": figures}, indent=2))
