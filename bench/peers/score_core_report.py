"""Turns the measurements of bench/score-core.sh into its result file. Usage: WORK_FOLDER"""

import json
import os
import statistics
import sys

import results

work = sys.argv[1]


def rounds(name):
    with open(os.path.join(work, name + ".rounds")) as file:
        lines = [json.loads(line) for line in file]
    return {key: statistics.median(line[key] for line in lines) for key in lines[0]}


def figure(what, unit, ours, peer, peer_name, target="", met=lambda ratio: None):
    ratio = ours / peer
    return {"what": what, "unit": unit, "ours": float(f"{ours:.4g}"), "peer": float(f"{peer:.4g}"), "peer_name": peer_name,
            "ratio": float(f"{ratio:.3g}"), "target": target, "met": met(ratio)}


ours, ort, sklearn = rounds("ours"), rounds("onnxruntime"), rounds("sklearn")
with open(os.path.join(work, "onnxruntime.diff")) as file:
    worst = float(file.read())
if worst > 1e-6:
    sys.exit(f"score-core: scores differ from ONNX Runtime's by {worst}")
# A call through Node.js costs something whatever the model: it is taken off, to our disadvantage.
ORT = "ONNX Runtime 1.30, one thread"
WITHOUT_CALL = ORT + f", without the {ort['call_ns'] / 1e3:.0f} us of a call"
FORESTS = {"depth10": "500 trees of depth 10", "depth25": "900 trees of depth 25",
           "leafwise": "500 trees of 63 leaves, as LightGBM grows them"}


def ort_row(name, batch):
    return (ort[f"{name}_{batch}_ns"] - (ort["call_ns"] / batch if batch < 4000 else 0)) / 1e3


def against_ort(name, batch, target="", met=lambda ratio: None):
    what = "one row" if batch == 1 else f"a row of a batch of {batch:,}"
    return figure(f"{what}, {FORESTS[name]}, rows in random order", "us", ours[f"{name}_{batch}_ns"] / 1e3, ort_row(name, batch),
                  WITHOUT_CALL if batch < 4000 else ORT, target, met)


figures = [
    against_ort("depth10", 1, "<= 0.1", lambda r: r <= 0.1),
    against_ort("depth10", 4000, "<= 0.25", lambda r: r <= 0.25),
    figure(f"one row, {FORESTS['depth10']}", "us", ours["depth10_1_ns"] / 1e3, sklearn["one_ns"] / 1e3,
           "scikit-learn, one thread", "<= 0.1", lambda r: r <= 0.1),
    figure(f"a row of a batch of 4,000, {FORESTS['depth10']}", "us", ours["depth10_4000_ns"] / 1e3, sklearn["batch_ns"] / 1e3,
           "scikit-learn, one thread", "<= 0.25", lambda r: r <= 0.25),
    figure("a JSON request of one row through the whole model, answer written", "us", ours["json_ns"] / 1e3,
           ort_row("depth10", 1), "ONNX Runtime 1.30, the forest alone", "<= 0.1", lambda r: r <= 0.1),
    against_ort("depth10", 10), against_ort("depth10", 100),
    *(against_ort(name, batch) for name in ("depth25", "leafwise") for batch in (1, 10, 100, 4000)),
    *(figure(f"loading {FORESTS[name]} from ONNX", "ms", ours[f"{name}_load_ms"], ort[f"{name}_load_ms"], ORT) for name in FORESTS),
    {"what": "largest difference of a probability", "unit": "", "ours": worst, "peer": 0, "peer_name": "ONNX Runtime 1.30",
     "ratio": 0, "target": "<= 1e-6", "met": worst <= 1e-6},
    {"what": "a JSON request of one row with exact SHAP values", "unit": "ms", "ours": float(f"{ours['explain_ns'] / 1e6:.4g}"),
     "peer": 10, "peer_name": "none: an absolute limit", "ratio": float(f"{ours['explain_ns'] / 1e7:.3g}"), "target": "<= 10 ms",
     "met": ours["explain_ns"] <= 1e7},
]
print(results.document("score-core", figures))
