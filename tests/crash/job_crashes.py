"""The server dies while jobs run or are being submitted."""
import json
import os
import random
import signal
import threading
import time

from harness import PATIENCE, wait_until

ENVIRONMENT = "name: shell\nversion: 1\nimage: none\nslipway: {provider: native, programs: [sh]}\n"
ENDED = ("Completed", "Failed", "Canceled")


def start(scratch):
    server = scratch.start_server()
    scratch.write("environment.yml", ENVIRONMENT)
    scratch.run(["slipway", "environment", "create", "-f", "environment.yml", "-o", "none"])
    return server


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


def lines(path):
    return path.read_text().split() if path.exists() else []


def status_of(scratch, job):
    return scratch.tsv("job", "show", "-n", job, "--query", "status")


def wait_for_end(scratch, job):
    return wait_until("the end of job '%s'" % job, lambda: (lambda s: s if s in ENDED else None)(status_of(scratch, job)))


def submit(scratch, name, text):
    file = scratch.write(name + ".yml", text)
    result = scratch.run(["slipway", "job", "create", "-f", file, "--name", name, "-o", "none"])
    if result.returncode != 0:
        raise RuntimeError(result.stderr)


def a_command_outlives_the_server(scratch):
    server = start(scratch)
    effects, gate = scratch.path / "effects", scratch.path / "gate"
    submit(scratch, "long", "command: echo once >> %s; while [ ! -e %s ]; do sleep 0.02; done; echo the end\n"
                            "environment: azureml:shell:1\n" % (effects, gate))
    wait_until("the command's start", lambda: lines(effects))
    kill(server)
    scratch.start_server()
    scratch.check("after a restart the job still runs", status_of(scratch, "long") == "Running", status_of(scratch, "long"))
    gate.touch()
    scratch.check("and is completed", wait_for_end(scratch, "long") == "Completed")
    scratch.check("its command ran once", lines(effects) == ["once"], lines(effects))
    scratch.expect("its log is whole", ["slipway", "job", "stream", "-n", "long"], 0, out=r"the end\n")


def a_command_that_ends_meanwhile(scratch):
    server = start(scratch)
    effects = scratch.path / "effects"
    for name, status in (("good", 0), ("bad", 5)):
        submit(scratch, name, "command: echo %s >> %s; sleep 0.4; echo so it ends; exit %d\nenvironment: azureml:shell:1\n"
               % (name, effects, status))
    wait_until("both commands' start", lambda: len(lines(effects)) == 2)
    kill(server)
    time.sleep(0.8)  # both commands end while nobody watches
    scratch.start_server()
    scratch.check("a command that ended well meanwhile is completed", wait_for_end(scratch, "good") == "Completed")
    scratch.check("one that failed is failed", wait_for_end(scratch, "bad") == "Failed")
    scratch.expect("with its exit code and its log", ["slipway", "job", "stream", "-n", "bad"], 1, err=r"exit code 5.*so it ends")
    scratch.check("each ran once", sorted(lines(effects)) == ["bad", "good"], lines(effects))


def a_daemon_that_a_command_leaves_meanwhile(scratch):
    server = start(scratch)
    daemon, gate = scratch.path / "daemon", scratch.path / "daemons_gate"
    submit(scratch, "daemon", "command: >-\n  setsid sh -c 'sleep 1000 >/dev/null 2>&1 & echo $! > %s';\n"
                              "  while [ ! -e %s ]; do sleep 0.02; done\nenvironment: azureml:shell:1\n" % (daemon, gate))
    wait_until("the daemon's start", lambda: lines(daemon))
    pid = int(lines(daemon)[0])
    is_alive = lambda: os.path.exists("/proc/%d" % pid) and open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()[0] != "Z"
    kill(server)
    gate.touch()
    exit_file = scratch.path / "home/runs/default/daemon/exit"
    wait_until("the command's end", exit_file.exists)
    scratch.check("a daemon outlives its command and the server", is_alive())
    scratch.start_server()
    scratch.check("the command is completed", wait_for_end(scratch, "daemon") == "Completed")
    wait_until("the daemon's end", lambda: not is_alive())
    scratch.check("and the daemon is ended by the next server", not is_alive())


def a_command_that_is_killed(scratch):
    server = start(scratch)
    pids = scratch.path / "pids"
    for name in ("seen", "unseen"):
        submit(scratch, name, "command: echo %s,$$ >> %s; echo working; exec sleep 60\nenvironment: azureml:shell:1\n" % (name, pids))
    wait_until("both commands' start", lambda: len(lines(pids)) == 2)
    pid_of = {name: int(pid) for name, pid in (line.split(",") for line in lines(pids))}
    os.kill(pid_of["seen"], signal.SIGKILL)
    scratch.check("a killed command fails its job", wait_for_end(scratch, "seen") == "Failed")
    scratch.expect("which says so", ["slipway", "job", "stream", "-n", "seen"], 1, err=r"killed.*working")
    kill(server)
    os.kill(pid_of["unseen"], signal.SIGKILL)
    scratch.start_server()
    scratch.check("one that is killed while the server is down fails too", wait_for_end(scratch, "unseen") == "Failed")
    scratch.expect("and says why", ["slipway", "job", "stream", "-n", "unseen"], 1, err=r"failed: \w.*")


PIPELINE = """\
type: pipeline
settings: {{default_compute: azureml:cpu-cluster}}
jobs:
  one:
    command: echo one >> {effects}; sleep 0.3; echo 1 > ${{{{outputs.out}}}}/x
    environment: azureml:shell:1
    outputs: {{out: }}
  two:
    command: echo two >> {effects}; sleep 0.3; cp ${{{{inputs.in}}}}/x ${{{{outputs.out}}}}/x
    environment: azureml:shell:1
    inputs: {{in: "${{{{parent.jobs.one.outputs.out}}}}"}}
    outputs: {{out: }}
  three:
    command: echo three >> {effects}; cat ${{{{inputs.in}}}}/x
    environment: azureml:shell:1
    inputs: {{in: "${{{{parent.jobs.two.outputs.out}}}}"}}
"""


def a_pipeline_survives(scratch):
    generator = random.Random(7)
    server = start(scratch)
    for attempt in range(3):
        effects = scratch.path / ("effects%d" % attempt)
        name = "pipe%d" % attempt
        submit(scratch, name, PIPELINE.format(effects=effects))
        time.sleep(generator.uniform(0, 0.7))
        kill(server)
        server = scratch.start_server()
        scratch.check("pipeline %d is completed" % attempt, wait_for_end(scratch, name) == "Completed")
        scratch.check("each of its steps ran once, in order", lines(effects) == ["one", "two", "three"], lines(effects))


def stopping_is_not_losing(scratch):
    for name, stop in (("terminated", signal.SIGTERM), ("interrupted", signal.SIGINT)):
        server = start(scratch)
        effects = scratch.path / name
        submit(scratch, name, "command: echo once >> %s; sleep 1; echo the end\nenvironment: azureml:shell:1\n" % effects)
        wait_until("the command's start", lambda: lines(effects))
        scratch.check("server, gateway and command run", len(scratch.processes()) >= 3, scratch.processes())
        server.send_signal(stop)
        scratch.check("the server stops in time", server.wait(PATIENCE) == 0, server.returncode)
        server = scratch.start_server()
        scratch.check("a job of a server that was %s goes on" % name, wait_for_end(scratch, name) == "Completed")
        scratch.check("its command ran once", lines(effects) == ["once"], lines(effects))
        server.send_signal(stop)
        server.wait(PATIENCE)
        scratch.check_nothing_runs("nothing is left behind")


def no_acknowledged_job_is_lost(scratch):
    generator = random.Random(11)
    server = start(scratch)
    effects = scratch.path / "effects"
    acknowledged, stop = [], threading.Event()

    def submit_all():
        number = 0
        while not stop.is_set() and number < 120:
            name = "job%03d" % number
            file = scratch.write("submitted.yml", "command: echo %s >> %s\nenvironment: azureml:shell:1\n" % (name, effects))
            if scratch.run(["slipway", "job", "create", "-f", file, "--name", name, "-o", "none"]).returncode == 0:
                acknowledged.append(name)
            number += 1

    submitter = threading.Thread(target=submit_all)
    submitter.start()
    for _ in range(5):
        time.sleep(generator.uniform(0.05, 0.4))
        kill(server)
        server = scratch.start_server()
    stop.set()
    submitter.join()
    jobs = {job["name"]: job["status"] for job in json.loads(scratch.run(["slipway", "job", "list", "--max-results", "500"]).stdout)}
    missing = [name for name in acknowledged if name not in jobs]
    scratch.check("every acknowledged job (%d) exists" % len(acknowledged), acknowledged and not missing, missing)
    ends = {name: wait_for_end(scratch, name) for name in jobs}
    scratch.check("all are completed", set(ends.values()) == {"Completed"}, {n: e for n, e in ends.items() if e != "Completed"})
    scratch.check("each command ran once", sorted(lines(effects)) == sorted(jobs), sorted(lines(effects)))


SCENARIOS = [a_command_outlives_the_server, a_command_that_ends_meanwhile, a_daemon_that_a_command_leaves_meanwhile,
             a_command_that_is_killed, a_pipeline_survives, stopping_is_not_losing, no_acknowledged_job_is_lost]
