"""Checks the verdicts of bench/quality.sh against deepchecks' and turns the times into its result file.

Usage: MEASUREMENT.json [GOLDEN.json]. deepchecks itself cannot be installed beside the other peers: its figure, 28 s on
one core for the same tables and pages, was measured once.
"""
import json
import statistics
import sys

import results

LIMIT, PEER = 1.4, 28.0
NAMES = {"PASS": "pass", "WARN": "warning", "FAIL": "fail"}
WORST = ["FAIL", "WARN", "PASS"]

with open(sys.argv[1]) as file:
    measured = json.load(file)

if len(sys.argv) > 2:
    with open(sys.argv[2]) as file:
        golden = next(run for run in json.load(file)["runs"] if run["name"] == "credit_24k_6k")
    for suite in ("data_integrity", "train_test_validation"):
        for check in golden[suite]["checks"]:
            if check["status"] != "ran":
                wanted = "did not run"
            elif not check["conditions"]:
                wanted = "no condition"
            else:
                wanted = NAMES[min((c["category"] for c in check["conditions"]), key=WORST.index)]
            if measured["checks"].get(check["check"]) != wanted:
                sys.exit("quality: %s: ours %s, deepchecks %s" % (check["check"], measured["checks"].get(check["check"]), wanted))

seconds = statistics.median(measured["seconds"])
print(results.document("quality", [
    {"what": "both suites with their pages, 24,000 train and 6,000 test rows", "unit": "s", "ours": round(seconds, 4),
     "peer": PEER, "peer_name": "deepchecks 0.9.2, measured once", "ratio": round(seconds / PEER, 5),
     "target": "<= 1.4 s", "met": seconds <= LIMIT},
    {"what": "both pages", "unit": "bytes", "ours": measured["bytes"], "peer": None, "peer_name": None, "ratio": None,
     "target": "", "met": None}]))
