"""Turns what kql_bench measured into the result file of bench/kql.sh.

Usage: MEASUREMENT.json
"""
import json
import statistics
import subprocess
import sys

RATIO, SCENARIO = 1.3, 2.0

with open(sys.argv[1]) as file:
    cases = json.load(file)["cases"]

figures = []
for case in cases:
    ours = statistics.median(case["kql"])
    figure = {"what": case["name"], "unit": "s", "ours": round(ours, 4), "peer": None, "peer_name": None, "ratio": None}
    if case["sql"]:
        peer = statistics.median(case["sql"])
        figure.update(peer=round(peer, 4), peer_name="SQL by hand", ratio=round(ours / peer, 3),
                      target="<= %s times the SQL" % RATIO, met=ours / peer <= RATIO)
    else:
        figure.update(target="<= %s s" % SCENARIO, met=ours <= SCENARIO)
    figures.append(figure)

with open("/proc/cpuinfo") as file:
    names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
print(json.dumps({"name": "kql", "machine": "%d x %s" % (len(names), names[0]), "commit": commit, "figures": figures},
                 indent=2))
