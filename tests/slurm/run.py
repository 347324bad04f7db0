#!/usr/bin/env python3
"""Jobs on a real Slurm cluster of one node: run.py BUILD_DIR. Exit status 77 where there can be none, loudly."""
import json
import pathlib
import signal
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "cli")]
import cluster  # noqa: E402
import harness  # noqa: E402
from harness import wait_until  # noqa: E402

ENVIRONMENT = "name: shell\nversion: 1\nimage: none\nslipway: {provider: native, programs: [sh]}\n"
COMPUTE = "name: hpc\ntype: slurm\nsize: main\nmax_instances: 4\ntags: {slurm.comment: from-slipway}\n"
ENDED = ("Completed", "Failed", "Canceled")


def submit(scratch, name, command):
    file = scratch.write(name + ".yml", "command: >-\n  %s\nenvironment: azureml:shell:1\ncompute: azureml:hpc\n" % command)
    result = scratch.run(["slipway", "job", "create", "-f", file, "--name", name, "-o", "none"])
    if result.returncode != 0:
        raise RuntimeError(result.stderr)


def show(scratch, name):
    return json.loads(scratch.run(["slipway", "job", "show", "-n", name]).stdout)


def wait_for(scratch, name, statuses):
    wait_until("job '%s' to be %s" % (name, "/".join(statuses)), lambda: show(scratch, name)["status"] in statuses,
               detail=lambda: json.dumps(show(scratch, name)) + scratch.server_log())
    return show(scratch, name)


def ends(scratch):
    submit(scratch, "good", "echo on node $SLURMD_NODENAME as $AZUREML_RUN_ID; pwd")
    job = wait_for(scratch, "good", ENDED)
    scratch.check("a job on the cluster completes", job["status"] == "Completed", job)
    scratch.check("and has the cluster's number", job.get("external_id", "").isdigit(), job)
    scratch.expect("its log is streamed", ["slipway", "job", "stream", "-n", "good"], 0, out=r"on node \w.* as good\n.*/runs/default/good/work")
    submit(scratch, "busy", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done")
    job = wait_for(scratch, "busy", ENDED)
    scratch.check("what it used is counted", job.get("resource_use", {}).get("cpu_seconds", 0) > 0.05, job)
    submit(scratch, "bad", "echo so it ends; exit 5")
    job = wait_for(scratch, "bad", ENDED)
    scratch.check("one that fails has its exit code", job["status"] == "Failed" and "exit code 5" in job["error"]["message"], job)
    scratch.check("and its log's end", "so it ends" in job["error"]["message"], job["error"])


def queues(scratch, slurm):
    gate = scratch.path / "gate"
    submit(scratch, "first", "echo begun; while [ ! -e %s ]; do sleep 0.1; done" % gate)
    scratch.check("the first job runs", wait_for(scratch, "first", ["Running"])["status"] == "Running")
    submit(scratch, "second", "echo too")
    wait_until("the second job's number", lambda: show(scratch, "second").get("external_id"))
    job = show(scratch, "second")
    scratch.check("the second waits, the node being full", job["status"] == "Queued" and "PENDING" in job["status_reason"], job)
    comment = slurm.ask("squeue", "-h", "-j", job["external_id"], "-o", "%P %k")
    scratch.check("in the partition and with the options of the compute", comment == "main from-slipway", comment)
    gate.touch()
    scratch.check("then it runs too", wait_for(scratch, "second", ENDED)["status"] == "Completed")
    scratch.check("as the first has", wait_for(scratch, "first", ENDED)["status"] == "Completed")


def is_cancelled(scratch, slurm):
    submit(scratch, "endless", "echo begun; sleep 1000")
    number = wait_for(scratch, "endless", ["Running"])["external_id"]
    scratch.expect("a job is cancelled", ["slipway", "job", "cancel", "-n", "endless"], 0)
    scratch.check("it ends as such", wait_for(scratch, "endless", ENDED)["status"] == "Canceled")
    state = lambda: slurm.ask("squeue", "-h", "-j", number, "--states=all", "-o", "%T")  # noqa: E731
    wait_until("its end in the cluster", lambda: state() not in ("PENDING", "CONFIGURING", "RUNNING", "COMPLETING"), detail=state)
    scratch.check("in the cluster too", state() == "CANCELLED", state())


def outlives_the_server(scratch, server):
    gate = scratch.path / "later"
    submit(scratch, "long", "echo once >> %s.effects; while [ ! -e %s ]; do sleep 0.1; done; echo the end" % (gate, gate))
    number = wait_for(scratch, "long", ["Running"])["external_id"]
    server.send_signal(signal.SIGKILL)
    server.wait()
    scratch.start_server()
    job = show(scratch, "long")
    scratch.check("after a crash of the server it still runs", job["status"] == "Running" and job["external_id"] == number, job)
    gate.touch()
    scratch.check("and completes", wait_for(scratch, "long", ENDED)["status"] == "Completed")
    scratch.check("having run once", (scratch.path / "later.effects").read_text() == "once\n")


def main():
    missing = cluster.why_missing()
    if missing:
        print("SKIPPED: no job was run on a Slurm cluster: " + missing)
        return 77
    scratch = harness.Scratch(sys.argv[1])
    with cluster.Cluster() as slurm:
        scratch.environment["SLURM_CONF"] = str(slurm.configuration)
        try:
            server = scratch.start_server()
            scratch.write("environment.yml", ENVIRONMENT)
            scratch.write("compute.yml", COMPUTE)
            scratch.expect("an environment", ["slipway", "environment", "create", "-f", "environment.yml", "-o", "none"], 0)
            scratch.expect("a compute of type slurm", ["slipway", "compute", "create", "-f", "compute.yml", "-o", "none"], 0)
            for case in (lambda: ends(scratch), lambda: queues(scratch, slurm), lambda: is_cancelled(scratch, slurm),
                         lambda: outlives_the_server(scratch, server)):
                try:
                    case()
                except Exception as error:
                    scratch.check("every case ran to its end", False, repr(error))
        finally:
            scratch.close()
    return harness.conclude([(scratch.count, scratch.failures)], "checks")


if __name__ == "__main__":
    sys.exit(main())
