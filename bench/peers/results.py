"""The form of benchmarks' results, which list.py shows."""
import json
import pathlib
import platform
import subprocess


def processor():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return "%d x %s" % (len(names), names[0]) if names else platform.processor()


def document(name, figures):
    """The text of bench/results/NAME.json."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], stdout=subprocess.PIPE, text=True, check=False).stdout.strip()
    return json.dumps({"name": name, "machine": processor(), "commit": commit, "figures": figures}, indent=2)


def limited(what, unit, ours, most=None):
    """A figure without a peer. `most`: what it may be at most."""
    shown = {"what": what, "unit": unit, "ours": round(ours, 1), "peer": None, "peer_name": None, "ratio": None}
    return shown if most is None else {**shown, "target": "<= %g" % most, "met": ours <= most}


def write(result, figures):
    result = pathlib.Path(result)
    result.write_text(document(result.stem, figures) + "\n")
