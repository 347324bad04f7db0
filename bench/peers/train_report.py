"""Turns the measurements of bench/train.sh into its result file. Usage: WORK_FOLDER"""

import json
import os
import statistics
import sys

import results

CASES = {"10-gini": "500 trees of depth 10, gini", "25-entropy": "500 trees of depth 25, entropy"}
PEERS = {"sklearn": "scikit-learn", "ranger": "ranger, texts as factors, gini"}


def runs(who, case):
    with open(os.path.join(sys.argv[1], f"{who}-{case}")) as file:
        return [json.loads(line) for line in file]


def median(who, case, what):
    return statistics.median(run[what] for run in runs(who, case))


def mean(who, case, what):
    return statistics.mean(run[what] for run in runs(who, case))


def accuracy_figures(case, title):
    for metric, target, bound in (("roc_auc", "within 0.003", 0.003), ("accuracy", "within 0.01", 0.01),
                                  ("f1_score", "within 0.01", 0.01)):
        ours, peer = mean("ours", case, metric), mean("sklearn", case, metric)
        yield {"what": f"{metric}, {title}, mean of {len(runs('ours', case))} seeds", "unit": "", "ours": round(ours, 4),
               "peer": round(peer, 4), "peer_name": PEERS["sklearn"], "ratio": round(ours / peer, 4), "target": target,
               "met": abs(ours - peer) <= bound}


def time_figures(case, title):
    ours = median("ours", case, "seconds")
    for who, name in PEERS.items():
        peer = median(who, case, "seconds")
        yield {"what": f"time to fit, {title}", "unit": "s", "ours": round(ours, 3), "peer": round(peer, 3),
               "peer_name": name, "ratio": round(ours / peer, 4), "target": "<= 0.1", "met": ours / peer <= 0.1}


if __name__ == "__main__":
    figures = [figure for case, title in CASES.items() for figure in accuracy_figures(case, title)]
    figures += [figure for case, title in CASES.items() for figure in time_figures(case, title)]
    print(results.document("train", figures))
