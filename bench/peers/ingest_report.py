"""Turns what ingest_bench measured into the result file of bench/ingest.sh.

Usage: MEASUREMENT.json
"""
import json
import statistics
import sys

import results

RATIO, FRESH_MS = 0.5, 1000.0

with open(sys.argv[1]) as file:
    measured = json.load(file)
ours, peer = statistics.median(measured["drain"]), statistics.median(measured["appender"])
delays = sorted(measured["freshness_ms"])
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
print(results.document("ingest", figures))
