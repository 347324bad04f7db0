"""kill -9 of the server, and of a job's process, in each phase: nothing is lost, nothing is run twice."""

import os
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
