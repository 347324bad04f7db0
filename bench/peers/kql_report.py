"""Turns what kql_bench measured into the result file of bench/kql.sh.

Usage: MEASUREMENT.json ...
"""
import json
import statistics
import sys

import results

RATIO, SCENARIO = 1.3, 2.0

figures = []
for path in sorted(sys.argv[1:], key=lambda path: json.load(open(path))["rows"]):
    with open(path) as file:
        measured = json.load(file)
    rows = "%d M rows" % (measured["rows"] // 1000000)
    for case in measured["cases"]:
        ours = statistics.median(case["kql"])
        figure = {"what": "%s, %s" % (case["name"], rows), "unit": "s", "ours": round(ours, 4), "peer": None,
                  "peer_name": None, "ratio": None}
        if case["sql"]:
            peer = statistics.median(case["sql"])
            figure.update(peer=round(peer, 4), peer_name="SQL by hand", ratio=round(ours / peer, 3),
                          target="<= %s times the SQL" % RATIO, met=ours / peer <= RATIO)
        elif measured["rows"] <= 1000000 and "(scenario)" in case["name"]:
            figure.update(target="<= %s s" % SCENARIO, met=ours <= SCENARIO)
        figures.append(figure)
    figures.append({"what": "memory, tables included, %s" % rows, "unit": "MB", "ours": round(measured["megabytes"]),
                    "peer": None, "peer_name": None, "ratio": None})

print(results.document("kql", figures))
