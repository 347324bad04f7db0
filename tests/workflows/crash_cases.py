"""kill -9 of the server, and of a job's process, in each phase: nothing is lost, nothing is run twice."""

import os
import random
import signal
import time

from harness import expect, job_of, runs

WORKFLOW = """name: Crash
on: workflow_dispatch
jobs:
  first:
    runs-on: x
    steps:
      - run: 'echo first >> {0}/ran; touch {0}/in-first; while [ ! -e {0}/go-first ]; do sleep 0.05; done'
      - run: 'echo second >> {0}/ran; touch {0}/in-second; while [ ! -e {0}/go-second ]; do sleep 0.05; done'
  gate:
    needs: first
    environment: Production
    runs-on: x
    steps: [{{run: 'echo gate >> {0}/ran'}}]
  last:
    needs: gate
    runs-on: x
    steps: [{{run: 'echo last >> {0}/ran'}}]
"""


def ran(world):
    file = world.folder / "ran"
    return file.read_text().split() if file.exists() else []


def kill_and_restart(world):
    world.stop(signal.SIGKILL)
    world.start()


def check_server_killed_in_each_phase(world):
    world.commit({".github/workflows/crash.yml": WORKFLOW.format(world.folder)})
    world.run("environment-gate", "create", "--name", "Production", "--reviewers", "alice")
    run = world.json("workflow", "run", "crash.yml")["id"]
    kill_and_restart(world)  # queued, or just started
    world.wait(lambda: (world.folder / "in-first").exists(), "the first step")
    kill_and_restart(world)  # a step runs
    (world.folder / "go-first").touch()
    world.wait(lambda: (world.folder / "in-second").exists(), "the second step")
    world.stop(signal.SIGKILL)
    (world.folder / "go-second").touch()  # the job ends while no server is there
    time.sleep(0.5)
    world.start()
    world.wait(lambda: job_of(world.show(run), "gate")["status"] == "waiting", "the gate")
    kill_and_restart(world)  # waits for a review
    expect(job_of(world.show(run), "gate")["status"], "waiting", "after the restart")
    world.run("workflow", "approve", run, "--as", "alice")
    kill_and_restart(world)  # just approved
    shown = world.wait_for_end(run)
    expect(shown["conclusion"], "success", f"the run: {shown['jobs']}")
    expect(ran(world), ["first", "second", "gate", "last"], "each step, once")
    kill_and_restart(world)
    expect(world.show(run)["conclusion"], "success", "after the end")


MANY_JOBS = """name: Many
on: workflow_dispatch
jobs:
  matrix:
    strategy: {{matrix: {{part: [one, two, three]}}}}
    runs-on: x
    steps:
      - run: 'echo matrix-${{{{ matrix.part }}}} >> {0}/steps; sleep 0.2; mkdir out; echo ${{{{ matrix.part }}}} > out/${{{{ matrix.part }}}}'
      - {{uses: actions/upload-artifact@v4, with: {{name: "part-${{{{ matrix.part }}}}", path: out}}}}
      - run: 'echo uploaded-${{{{ matrix.part }}}} >> {0}/steps'
  called:
    uses: ./.github/workflows/called.yml
    with: {{file: "{0}/steps"}}
  gate:
    needs: [matrix, called]
    environment: Production
    runs-on: x
    steps:
      - {{uses: actions/download-artifact@v4, with: {{path: all, merge-multiple: true}}}}
      - run: 'echo gate-$(cat all/* | wc -l) >> {0}/steps; sleep 0.3'
  failing:
    needs: matrix
    runs-on: x
    continue-on-error: true
    steps: [{{run: 'echo failing >> {0}/steps; exit 1'}}, {{if: always(), run: 'echo after-failing >> {0}/steps; sleep 0.2'}}]
  last:
    needs: [gate, failing]
    concurrency: last
    runs-on: x
    steps: [{{run: 'echo last >> {0}/steps'}}]
"""
CALLED = """on: {workflow_call: {inputs: {file: {type: string}}}}
jobs:
  inner: {runs-on: x, steps: [{run: 'sleep 0.1; echo called >> ${{ inputs.file }}'}]}
"""


def check_server_killed_at_any_moment(world):
    """kill -9 at moments that a seed picks, over jobs of every kind: every step runs once, and the run ends as it would."""
    world.commit({".github/workflows/many.yml": MANY_JOBS.format(world.folder), ".github/workflows/called.yml": CALLED})
    world.run("environment-gate", "create", "--name", "Production", "--reviewers", "alice")
    run = world.json("workflow", "run", "many.yml")["id"]
    moments = random.Random(7)
    kills = 0
    while kills < 12 or world.show(run)["status"] != "completed":
        time.sleep(moments.uniform(0.02, 0.5))
        kill_and_restart(world)
        kills += 1
        shown = world.show(run)
        if shown["status"] == "waiting":
            world.run("workflow", "approve", run, "--as", "alice")
        if kills > 60:
            break
    shown = world.wait_for_end(run)
    expect(shown["conclusion"], "success", f"after {kills} kills: {shown['jobs']}")
    steps = (world.folder / "steps").read_text().split()
    parts = ("one", "two", "three")
    expect(sorted(steps), sorted([f"matrix-{part}" for part in parts] + [f"uploaded-{part}" for part in parts] +
                                 ["called", "gate-3", "failing", "after-failing", "last"]), "every step, once")


def check_server_killed_while_cancelling(world):
    world.commit({".github/workflows/long.yml": "name: Long\non: workflow_dispatch\njobs:\n  a:\n    runs-on: x\n    steps:\n"
                  f"      - run: 'touch {world.folder}/runs-long; exec -a slipway-test-cancelled sleep 7777'\n"
                  f"      - {{if: always(), run: 'echo cleaned >> {world.folder}/cleaned'}}\n"})
    run = world.json("workflow", "run", "long.yml")["id"]
    world.wait(lambda: (world.folder / "runs-long").exists(), "the step")
    world.run("workflow", "cancel", run)
    kill_and_restart(world)
    shown = world.wait_for_end(run)
    expect((shown["conclusion"], job_of(shown, "a")["conclusion"]), ("cancelled", "cancelled"), "the run")
    expect((world.folder / "cleaned").read_text(), "cleaned\n", "what always runs, once")
    expect(runs("slipway-test-cancelled"), False, "the cancelled step")


def check_job_process_killed(world):
    world.commit({".github/workflows/victim.yml": "name: Victim\non: workflow_dispatch\njobs:\n"
                  "  a:\n    runs-on: x\n    steps:\n"
                  f"      - run: 'echo $PPID > {world.folder}/pid; (exec -a slipway-test-orphan sleep 7777) & exec sleep 600'\n"
                  "      - run: 'true'\n"
                  "  b: {needs: a, if: failure(), runs-on: x, steps: [{run: 'true'}]}\n"})
    run = world.json("workflow", "run", "victim.yml")["id"]
    pid = int(world.wait(lambda: (world.folder / "pid").exists() and (world.folder / "pid").read_text().strip(), "the step"))
    os.kill(pid, signal.SIGKILL)
    shown = world.wait_for_end(run)
    job = job_of(shown, "a")
    expect((shown["conclusion"], job["conclusion"], job_of(shown, "b")["conclusion"]), ("failure", "failure", "success"), "jobs")
    expect("ended from outside" in job["reason"], True, job["reason"])
    expect([step["conclusion"] for step in job["steps"]], ["failure", "skipped"], "steps")
    expect(runs("slipway-test-orphan"), False, "what it left running")


def check_job_process_killed_while_the_server_is_down(world):
    (world.folder / "pid").unlink()
    run = world.json("workflow", "run", "victim.yml")["id"]
    pid = int(world.wait(lambda: (world.folder / "pid").exists() and (world.folder / "pid").read_text().strip(), "the step"))
    world.stop(signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    world.start()
    shown = world.wait_for_end(run)
    expect(job_of(shown, "a")["conclusion"], "failure", "not run again")
    expect("while the server was down" in job_of(shown, "a")["reason"], True, job_of(shown, "a")["reason"])
