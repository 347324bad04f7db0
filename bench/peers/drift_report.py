"""Checks that both sides of bench/drift.sh agree and turns their times into its result file. Usage: WORK_FOLDER"""
import json
import os
import statistics
import sys

import results

work = sys.argv[1]
CASES = {"small": "30,000 x 23 against 2,000", "large": "1,000,000 x 23 against 1,000,000"}


def runs(side, case):
    with open(os.path.join(work, "%s-%s" % (side, case))) as file:
        return [json.loads(line) for line in file]


def worst_difference(ours, peer):
    """Relative, over all columns; the same tests must have been chosen."""
    if ours.keys() != peer.keys():
        sys.exit("drift: not the same columns: %s" % sorted(ours.keys() ^ peer.keys()))
    worst = 0.0
    for column, (test, score) in ours.items():
        if test != peer[column][0]:
            sys.exit("drift: %s: ours took %s, the peer %s" % (column, test, peer[column][0]))
        worst = max(worst, abs(score - peer[column][1]) / max(abs(peer[column][1]), 1e-12))
    return worst


figures = []
for case, what in CASES.items():
    ours, peer = runs("ours", case), runs("peer", case)
    difference = worst_difference(ours[0]["scores"], peer[0]["scores"])
    if difference > 1e-6:
        sys.exit("drift: %s: scores differ by %.2g" % (what, difference))
    times = [statistics.median(t for run in side for t in run["seconds"]) * 1000 for side in (ours, peer)]
    figures.append({"what": "all scores, " + what, "unit": "ms", "ours": round(times[0], 3), "peer": round(times[1], 1),
                    "peer_name": "Evidently's tests on scipy, pandas", "ratio": round(times[0] / times[1], 5),
                    "target": "<= 0.05", "met": times[0] / times[1] <= 0.05})
    figures.append({"what": "largest relative difference of a score, " + what, "unit": "", "ours": float("%.2g" % difference),
                    "peer": None, "peer_name": None, "ratio": None, "target": "<= 1e-6", "met": difference <= 1e-6})
print(results.document("drift", figures))
