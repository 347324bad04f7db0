"""Turns what ingest_bench measured into the result file of bench/ingest.sh.

Usage: MEASUREMENT.json
"""
import json
import statistics
import subprocess
import sys

RATIO, FRESH_MS = 0.5, 1000.0

with open(sys.argv[1]) as file:
    measured = json.load(file)
ours, peer = statistics.median(measured["drain"]), statistics.median(measured["appender"])
delays = sorted(measured["freshness_ms"])
with open("/proc/cpuinfo") as file:
    names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
figures = [
    {"what": "spool to rows, %d records" % measured["rows"], "unit": "rows/s", "ours": round(ours), "peer": round(peer),
     "peer_name": "DuckDB's appender, values in memory", "ratio": round(ours / peer, 3), "target": ">= %s times the peer" % RATIO,
     "met": ours / peer >= RATIO},
    {"what": "append to answer, slowest of %d, at %d requests/s" % (len(delays), round(measured["rate"])), "unit": "ms",
     "ours": round(delays[-1], 1), "peer": None, "peer_name": None, "ratio": None, "target": "<= %d ms" % FRESH_MS,
     "met": delays[-1] <= FRESH_MS},
    {"what": "append to answer, median", "unit": "ms", "ours": round(statistics.median(delays), 1), "peer": None,
     "peer_name": None, "ratio": None},
]
print(json.dumps({"name": "ingest", "machine": "%d x %s" % (len(names), names[0]), "commit": commit, "figures": figures},
                 indent=2))
