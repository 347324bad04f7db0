#!/usr/bin/env python3
"""Our scoring against ONNX Runtime's: run.py BUILD_DIR [SEED].

Random graphs, one operator each and whole pipelines, are written by BUILD_DIR/tests/onnxruntime_cases with what we
answer; npm's onnxruntime-node (fetched into BUILD_DIR/peers when it is not there) answers the same. Skipped (77) where
node and npm are missing or the package cannot be fetched.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
PACKAGE = "onnxruntime-node@1.30.0"


def fetch(peers):
    """Whether the package is there."""
    if not shutil.which("node") or not shutil.which("npm"):
        return False
    if (peers / "node_modules/onnxruntime-node").is_dir():
        return True
    peers.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(peers), PACKAGE]
    return subprocess.run(command, timeout=900).returncode == 0


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    if not fetch(build / "peers"):
        print("skipped: %s needs node, npm and its registry" % PACKAGE)
        return 77
    with tempfile.TemporaryDirectory(prefix="slipway-onnxruntime-") as cases:
        ours = subprocess.run([str(build / "tests/onnxruntime_cases"), cases] + sys.argv[2:3], timeout=600)
        theirs = subprocess.run(["node", str(FOLDER / "compare.mjs"), str(build / "peers"), cases], timeout=900)
    return 1 if ours.returncode or theirs.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
