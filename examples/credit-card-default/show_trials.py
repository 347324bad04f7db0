#!/usr/bin/env python3
"""Prints the trials of a sweep as a table: show_trials.py SWEEP TRIALS_JSON (from `az ml job list -p SWEEP`)."""
import json
import subprocess
import sys


def parameter(trial, name):
    return str(trial.get("inputs", {}).get(name, trial.get("parameters", {}).get(name, "")))


def main():
    sweep = json.loads(subprocess.run(["az", "ml", "job", "show", "-n", sys.argv[1], "-o", "json"], check=True,
                                      stdout=subprocess.PIPE).stdout)
    best = sweep.get("properties", {}).get("best_child_run_id", "")
    print("%-2s %-34s %12s %9s %9s %s" % ("", "trial", "n_estimators", "max_depth", "criterion", "validation_f1_score"))
    for trial in sorted(json.load(open(sys.argv[2])), key=lambda trial: trial["name"]):
        metric = trial.get("properties", {}).get("score", "")
        print("%-2s %-34s %12.8s %9.6s %9s %s" % ("*" if trial["name"] == best else "", trial["name"],
                                                parameter(trial, "n_estimators"), parameter(trial, "max_depth"),
                                                parameter(trial, "criterion"), metric))
    print("* the chosen trial")


if __name__ == "__main__":
    main()
