"""Turns the measurements of bench/train-large.sh into its result file. Usage: WORK_FOLDER TITLE"""

import json
import os
import sys

import results

work, title = sys.argv[1:]
NAMES = {"sklearn": "scikit-learn", "ranger": "ranger"}


def run(who):
    with open(os.path.join(work, who)) as file:
        return json.load(file)


def figures():
    ours = run("ours")
    for who, name in NAMES.items():
        if not os.path.exists(os.path.join(work, who)):
            continue
        peer = run(who)
        ratio = ours["seconds"] / peer["seconds"]
        yield {"what": f"time to fit, {title}", "unit": "s", "ours": round(ours["seconds"], 2),
               "peer": round(peer["seconds"], 2), "peer_name": name, "ratio": round(ratio, 4), "target": "<= 0.1",
               "met": ratio <= 0.1}
        if "peak_mb" in peer:
            ratio = ours["peak_mb"] / peer["peak_mb"]
            yield {"what": f"peak memory of the process, {title}", "unit": "MB", "ours": round(ours["peak_mb"]),
                   "peer": round(peer["peak_mb"]), "peer_name": name, "ratio": round(ratio, 3), "target": "<= 0.5",
                   "met": ratio <= 0.5}
        difference = abs(ours["roc_auc"] - peer["roc_auc"])
        yield {"what": f"roc_auc, {title}", "unit": "", "ours": round(ours["roc_auc"], 4),
               "peer": round(peer["roc_auc"], 4), "peer_name": name, "ratio": round(ours["roc_auc"] / peer["roc_auc"], 4),
               "target": "within 0.003", "met": difference <= 0.003}
    ratio = ours["peak_mb"] / ours["data_mb"]
    yield {"what": f"peak memory beside the table in memory, {title}", "unit": "MB", "ours": round(ours["peak_mb"]),
           "peer": round(ours["data_mb"]), "peer_name": "the process with the table read", "ratio": round(ratio, 2),
           "target": "<= 3", "met": ratio <= 3}


print(results.document("train-large", list(figures())))
