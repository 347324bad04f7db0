"""Workflows, gates, promotions and the audit log with the metadata in PostgreSQL, where a server of it is installed."""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse

from crash_cases import kill_and_restart
from harness import WAIT, expect, job_of

PROGRAMS = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))


def why_not():
    if not PROGRAMS:
        return "no PostgreSQL server is installed (Debian package postgresql)"
    if os.geteuid() == 0 and not any(user.pw_name == "postgres" for user in pwd.getpwall()):
        return "there is no user postgres, and PostgreSQL refuses root"
    return None


class Cluster:
    """A PostgreSQL server of its own, reached by a socket in a temporary folder."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slipway-postgres-"))
        user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        if user:
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        self.options = dict(user=user.pw_uid, group=user.pw_gid, extra_groups=[]) if user else {}
        subprocess.run([PROGRAMS[-1] / "initdb", "-D", self.folder / "data", "-U", "slipway", "-A", "trust", "-E", "UTF8"], check=True,
                       stdout=subprocess.DEVNULL, cwd="/", **self.options)
        self.server = subprocess.Popen([PROGRAMS[-1] / "postgres", "-D", self.folder / "data", "-k", self.folder, "-c", "listen_addresses="],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **self.options)
        deadline = time.monotonic() + WAIT
        while not (self.folder / ".s.PGSQL.5432").exists():
            if self.server.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("PostgreSQL does not start")
            time.sleep(0.05)

    def url(self):
        return "postgresql:///postgres?user=slipway&host=" + urllib.parse.quote(str(self.folder), safe="")

    def stop(self):
        self.server.send_signal(signal.SIGINT)
        self.server.wait(WAIT)

    def close(self):
        self.server.kill()
        self.server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


WORKFLOW = """name: Deliver
on: push
jobs:
  build:
    runs-on: x
    outputs: {what: "${{ steps.a.outputs.what }}"}
    steps: [{id: a, run: 'echo "what=quote'' and ü" >> "$GITHUB_OUTPUT"'}]
  production:
    needs: build
    environment: Production
    runs-on: x
    steps: [{run: 'echo "got ${{ needs.build.outputs.what }}, ${{ vars.PLACE }}, ${{ secrets.KEY }}"'}]
"""


def run_workflow(world):
    world.run("environment-gate", "create", "--name", "Production", "--reviewers", "alice", "--prevent-self-review", "true")
    world.run("environment-gate", "variable", "set", "--name", "PLACE", "--value", "here", "-e", "Production")
    world.run("environment-gate", "secret", "set", "--name", "KEY", "-e", "Production", input="top-secret-value")
    world.commit({".github/workflows/deliver.yml": WORKFLOW})
    run = world.json("workflow", "on-push", "--as", "alice")[0]["id"]
    world.wait(lambda: job_of(world.show(run), "production")["status"] == "waiting", "the gate")
    kill_and_restart(world)
    refused = world.run("workflow", "approve", run, "--as", "alice", check=False)
    expect("wants somebody else's review" in refused.stderr, True, refused.stderr)
    world.run("environment-gate", "update", "--name", "Production", "--reviewers", "alice", "bob")
    world.run("workflow", "approve", run, "--as", "bob", "--comment", "ü")
    expect(world.wait_for_end(run)["conclusion"], "success", world.log(run, "production"))
    expect("got quote' and ü, here, ***" in world.log(run, "production"), True, world.log(run, "production"))


def promote_and_roll_back(world):
    for workspace in ("staging", "prod"):
        world.run("workspace", "create", "--name", workspace)
    world.run("registry", "create", "--name", "shared")
    (world.folder / "weights").write_text("1")
    promote = ("promote", "model", "m:{}", "--from", "staging", "--to", "prod", "--yes", "--as", "ada")
    for version in (1, 2):
        world.run("model", "create", "--name", "m", "--version", version, "--path", world.folder / "weights", "-w", "staging")
        world.run(*[word.format(version) for word in promote])
    world.run("promote", "rollback", "--name", "m", "-w", "prod", "--as", "ada")
    stages = world.json("model", "list", "--name", "m", "-w", "prod", "--query", "[].[version,stage]")
    expect(stages, [["2", "Archived"], ["1", "Production"]], "stages")


def check_postgresql(world):
    reason = why_not()
    if reason:
        print(f"  left out: {reason}")
        return
    world.stop()
    cluster = Cluster()
    try:
        world.serve_arguments = ["--database", cluster.url()]
        world.start()
        run_workflow(world)
        promote_and_roll_back(world)
        actions = [entry["action"] for entry in world.json("audit", "list")]
        expect(actions[0], "promotion.rollback", actions)
        expect("workflow.approve" in actions, True, actions)
        world.run("audit", "verify")
        world.stop()
        cluster.stop()
        without = world.try_to_start()
        expect("postgresql" in without.lower() and "slipway" in without, True, f"a start without the database: {without}")
    finally:
        world.stop()
        cluster.close()
