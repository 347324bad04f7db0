#!/usr/bin/env python3
"""What a step of a workflow costs over the same line in plain bash: workflow_steps.py BUILD_FOLDER RESULT."""
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests/workflows"), str(ROOT / "bench/peers")]
import results  # noqa: E402
from harness import World  # noqa: E402

ROUNDS = 5
STEPS = 100


def plain_ms():
    """The same scripts, each in a bash of its own, as a shell script would start them."""
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder) / "step.sh"
        script.write_text("true\n")
        loop = f"for i in $(seq {STEPS}); do bash -e {script}; done"
        began = time.monotonic()
        subprocess.run(["bash", "-c", loop], check=True)
        return (time.monotonic() - began) * 1000 / STEPS


def time_of(text):
    return time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) + float("0" + text[19:-1])


def main():
    world = World(sys.argv[1])
    try:
        jobs = "      - run: 'true'\n" * STEPS
        world.make_repository({".github/workflows/many.yml":
                               f"on: workflow_dispatch\njobs:\n  a:\n    runs-on: x\n    steps:\n{jobs}",
                               ".github/workflows/one.yml":
                               "on: workflow_dispatch\njobs:\n  a:\n    runs-on: x\n    steps: [{run: 'true'}]\n"})
        world.start()
        ours, peer, whole = [], [], []
        for _ in range(ROUNDS):
            run = world.wait_for_end(world.json("workflow", "run", "many.yml")["id"])
            job = run["jobs"][0]
            assert run["conclusion"] == "success" and len(job["steps"]) == STEPS, run
            first, last = job["steps"][0], job["steps"][-1]
            ours.append((time_of(last["completed_at"]) - time_of(first["started_at"])) * 1000 / STEPS)
            peer.append(plain_ms())
            run = world.wait_for_end(world.json("workflow", "run", "one.yml")["id"])
            whole.append((time_of(run["completed_at"]) - time_of(run["created_at"])) * 1000)
        step, bash = statistics.median(ours), statistics.median(peer)
        results.write(sys.argv[2], [
            results.limited("a step of a workflow over plain bash, in a job of %d" % STEPS, "ms", step - bash, 30),
            results.limited("the same line in a bash of its own", "ms", bash),
            results.limited("a run of one job with one step, from its start to its end", "ms", statistics.median(whole))])
    finally:
        world.close()


if __name__ == "__main__":
    main()
