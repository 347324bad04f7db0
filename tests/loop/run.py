#!/usr/bin/env python3
"""Runs the example's demo, the whole scenario, and checks what it left behind: run.py BUILD_DIR.

On the real data when it stands beside the project, else on made-up data.
"""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    environment = dict(os.environ, DEMO_CHECK=str(ROOT / "tests/loop/check.py"))
    demo = subprocess.run([str(ROOT / "examples/credit-card-default/demo"), str(build)], env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=850, check=False)
    print(demo.stdout)
    if demo.returncode != 0:
        return 1
    failed = re.findall(r"(\d+) requests of \d+ rows, ([1-9]\d*) failed", demo.stdout)
    if failed:
        print("FAIL: requests failed: %s" % failed)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
