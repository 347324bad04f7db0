"""Writes a benchmark's result file, in the form that list.py shows."""
import json
import pathlib
import platform
import subprocess


def figure(what, unit, ours, most=None):
    """`most`: what it may be at most."""
    shown = {"what": what, "unit": unit, "ours": round(ours, 1), "peer": None, "peer_name": None, "ratio": None}
    return shown if most is None else {**shown, "target": "<= %g" % most, "met": ours <= most}


def processor():
    names = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return "%d x %s" % (len(names), names[0]) if names else platform.processor()


def write(result, figures):
    result = pathlib.Path(result)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], stdout=subprocess.PIPE, text=True, check=False).stdout.strip()
    result.write_text(json.dumps({"name": result.stem, "machine": processor(), "commit": commit, "figures": figures}, indent=2)
                      + "\n")
