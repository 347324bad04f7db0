#!/usr/bin/env python3
"""Jobs in containers of a real podman: run.py BUILD_DIR. Exit status 77 where there can be none, loudly."""
import json
import os
import pathlib
import re
import signal
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "cli")]
import engine  # noqa: E402
import harness  # noqa: E402
from harness import wait_until  # noqa: E402

ENDED = ("Completed", "Failed", "Canceled")
ENVIRONMENTS = {
    "tiny": "image: localhost/tiny:1",
    "absent": "image: localhost:1/absent:1",
    "built": "build: {path: context}",
    "unbuildable": "build: {path: broken}",
    "packed": "image: localhost/tiny:1\nconda_file: {dependencies: [python=3.11, numpy]}\nslipway: {provider: container}",
}
FIT = """\
command: |
  cat /etc/content; echo "$IMAGE_SAYS"; id -u; [ -e /etc/debian_version ] && echo outside
  cat "${{inputs.rows}}/day.csv" >"${{outputs.model}}/copy"; echo artifact >outputs/artifact
  touch "${{inputs.rows}}/written" 2>/dev/null && echo wrote to the input
  printf '%s|' "$SECRET" "$LINES" "$QUOTED" "$FROM_OPTIONS"; echo
  wget -q -O - --header "Authorization: Bearer $MLFLOW_TRACKING_TOKEN" "$MLFLOW_TRACKING_URI/api/2.0/mlflow/runs/get?run_id=$AZUREML_RUN_ID" | grep -c fit
  i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done
  while [ ! -e gate ]; do sleep 0.1; done
environment: azureml:tiny:1
environment_variables: {SECRET: much-too-secret, LINES: "one\\ntwo", QUOTED: '"x"'}
inputs: {rows: {type: uri_folder, path: data}}
outputs: {model: {type: uri_folder}}
resources: {shm_size: 32m, docker_args: [--env, "FROM_OPTIONS=as is"]}
"""
PIPELINE = """\
type: pipeline
jobs:
  fit: {command: "cat /etc/content >${{outputs.model}}/content", environment: azureml:tiny:1, outputs: {model: {type: uri_folder}}}
"""


def submit(scratch, name, text):
    file = scratch.write(name + ".yml", text)
    result = scratch.run(["slipway", "job", "create", "-f", file, "--name", name, "-o", "none"])
    if result.returncode != 0:
        raise RuntimeError(result.stderr)


def submit_command(scratch, name, command, environment="tiny", extra=""):
    submit(scratch, name, "command: |\n%senvironment: azureml:%s:1\n%s\n" % (
        "".join("  %s\n" % line for line in command.splitlines()), environment, extra))


def show(scratch, name):
    return json.loads(scratch.run(["slipway", "job", "show", "-n", name]).stdout)


def wait_for(scratch, name, statuses=ENDED):
    wait_until("job '%s' to be %s" % (name, "/".join(statuses)), lambda: show(scratch, name)["status"] in statuses,
               detail=lambda: json.dumps(show(scratch, name)) + scratch.server_log())
    return show(scratch, name)


def log_of(scratch, name):
    return scratch.run(["slipway", "job", "stream", "-n", name]).stdout


def wait_for_line(scratch, name, line):
    logs = lambda: (scratch.path / "home/datastores").rglob("*%s/user_logs/std_log.txt" % name)  # noqa: E731
    wait_until("'%s' in the log of '%s'" % (line, name), lambda: any(line in log.read_text() for log in logs()),
               detail=lambda: json.dumps(show(scratch, name)) + scratch.server_log())


def command_lines_with(text):
    for file in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes()
        except OSError:
            continue  # it has ended
        if text.encode() in line:
            yield line.replace(b"\0", b" ").decode()


def runs_inside(scratch, podman):
    scratch.write("data/day.csv", "1,2\n")
    submit(scratch, "fit", FIT)
    wait_for(scratch, "fit", ["Running"])
    gate = scratch.path / "home/runs/default/fit/work/gate"
    wait_until("the container", podman.containers)
    label = podman.run("ps", "--filter", "label=slipway.job=fit", "--format", "{{.Names}}").stdout
    scratch.check("a container is labelled with its job", label.startswith("slipway-fit-"), label)
    lines = list(command_lines_with("much-too-secret"))
    scratch.check("no command line shows a variable's value", not lines, lines)
    gate.touch()
    job = wait_for(scratch, "fit")
    scratch.check("a job in a container completes", job["status"] == "Completed", job)
    log = log_of(scratch, "fit")
    scratch.check("with the image's files and variables, as the server's user", "first\nhello\n%d\n" % os.geteuid() in log, log)
    scratch.check("and nothing of this machine's", "outside" not in log, log)
    scratch.check("variables arrive as they are", 'much-too-secret|one\ntwo|"x"|as is|' in log, log)
    scratch.check("the tracking server is reached", re.search(r'as is\|\n[1-9]', log), log)
    scratch.check("an input is not written to", "wrote to the input" not in log and not list(scratch.path.glob("**/written")), log)
    scratch.expect("outputs are downloaded", ["slipway", "job", "download", "-n", "fit", "--all", "-p", "got"], 0)
    found = {path.name: path for path in (scratch.path / "got").rglob("*") if path.is_file()}
    scratch.check("with what it wrote", found["copy"].read_text() == "1,2\n" and found["artifact"].read_text() == "artifact\n", found)
    written = next((scratch.path / "home/datastores").rglob("copy"))
    scratch.check("and they belong to the user", written.stat().st_uid == os.geteuid(), written.stat())
    use = job["resource_use"]
    scratch.check("what it used is counted", use["cpu_seconds"] > 0 and use["peak_memory_bytes"] > 0, use)


def fails_in_words(scratch):
    submit_command(scratch, "bad", "echo so it ends; exit 5")
    submit_command(scratch, "unknown", "true", "absent")
    submit_command(scratch, "unmade", "true", "unbuildable")
    job = wait_for(scratch, "bad")
    scratch.check("one that fails has its exit code and its log's end",
                  job["status"] == "Failed" and "exit code 5" in job["error"]["message"] and "so it ends" in job["error"]["message"], job)
    message = wait_for(scratch, "unknown")["error"]["message"]
    scratch.check("an image that cannot be pulled is told with the engine's words",
                  "pulling the image 'localhost:1/absent:1' failed" in message and "connection refused" in message, message)
    message = wait_for(scratch, "unmade")["error"]["message"]
    scratch.check("a build that fails, too", "building the image failed" in message and "absent-file" in message, message)


def builds_once(scratch, podman):
    submit_command(scratch, "first-build", "cat /made", "built")
    job = wait_for(scratch, "first-build")
    scratch.check("a context is built", job["status"] == "Completed" and "of the context" in log_of(scratch, "first-build"), job)
    images = podman.run("images", "--quiet").stdout
    submit_command(scratch, "second-build", "cat /made", "built")
    scratch.check("once", wait_for(scratch, "second-build")["status"] == "Completed" and podman.run("images", "--quiet").stdout == images)
    submit_command(scratch, "with-conda", "packages", "packed")
    job = wait_for(scratch, "with-conda")
    scratch.check("a conda file is added to its image", job["status"] == "Completed" and re.search(r"\n[1-9]\n", log_of(scratch, "with-conda")),
                  job)


def reuses_by_digest(scratch, podman):
    for name in ("monday", "tuesday"):
        submit(scratch, name, PIPELINE)
        wait_for(scratch, name)
    scratch.check("a step is taken over", show(scratch, "tuesday_fit").get("reused_from") == "monday_fit" or
                  "took over" in show(scratch, "tuesday_fit").get("status_reason", ""), show(scratch, "tuesday_fit"))
    podman.make_image("localhost/tiny:1", "second")
    submit(scratch, "wednesday", PIPELINE)
    wait_for(scratch, "wednesday")
    scratch.expect("but not when the image's name means another", ["slipway", "job", "explain-reuse", "wednesday_fit", "--with", "monday_fit"], 0,
                   out=r"environment\.image\.id +changed +sha256:\w+.* -> sha256:\w+")


def leaves_nothing(scratch, podman):
    submit_command(scratch, "polite", "trap 'echo saved; exit 3' TERM\necho begun\nwhile :; do sleep 0.1; done")
    submit_command(scratch, "stubborn", "trap '' TERM\n(trap '' TERM; sleep 1000) & echo begun\nwhile :; do sleep 0.1; done")
    submit_command(scratch, "late", "trap '' TERM\necho begun\nwhile :; do sleep 0.1; done", extra="limits: {timeout: 2}")
    for name in ("polite", "stubborn", "late"):
        wait_for_line(scratch, name, "begun")
    scratch.expect("a job is cancelled", ["slipway", "job", "cancel", "-n", "stubborn"], 0)
    scratch.expect("another one", ["slipway", "job", "cancel", "-n", "polite"], 0)
    scratch.check("it ends as such", wait_for(scratch, "polite")["status"] == "Canceled")
    scratch.check("having been asked to stop", "saved" in log_of(scratch, "polite"), log_of(scratch, "polite"))
    scratch.check("also where it does not want to", wait_for(scratch, "stubborn")["status"] == "Canceled")
    job = wait_for(scratch, "late")
    scratch.check("one that takes too long is ended", "Timeout" == job["error"]["code"] and "begun" in job["error"]["message"], job)
    scratch.check("no container is left", not podman.containers(), podman.run("ps", "-a").stdout)


def is_cancelled_early(scratch, podman):
    for number in range(4):
        name = "early-%d" % number
        submit_command(scratch, name, "while :; do sleep 0.1; done")
        wait_until("a process of '%s'" % name, lambda: (scratch.path / "home/runs/default" / name / "pid").exists() or number == 3)
        scratch.run(["slipway", "job", "cancel", "-n", name])
        wait_for(scratch, name)
    scratch.check("no container is left of a job that is cancelled while it starts", not podman.containers(),
                  podman.run("ps", "-a").stdout)


def survives_crashes(scratch, server, podman):
    gate = scratch.path / "home/runs/default/long/work/gate"
    submit_command(scratch, "long", "echo begun\nwhile [ ! -e gate ]; do sleep 0.1; done; echo the end")
    submit_command(scratch, "lost", "echo begun\nwhile :; do sleep 0.1; done")
    for name in ("long", "lost"):
        wait_for_line(scratch, name, "begun")
    mark = podman.run("inspect", "--format", '{{index .Config.Labels "slipway.server"}}', podman.containers()[0]).stdout.strip()
    podman.run("run", "--detach", "--label", "slipway.server=" + mark, "--label", "slipway.run=forgotten", "--network", "host",
               "localhost/tiny:1", "sleep", "1000")
    watcher = int((scratch.path / "home/runs/default/lost/pid").read_text())
    server.send_signal(signal.SIGKILL)
    server.wait()
    os.killpg(watcher, signal.SIGKILL)  # its container goes on without anybody
    scratch.check("the containers run without the server", len(podman.containers()) == 3, podman.run("ps", "-a").stdout)
    scratch.start_server()
    scratch.check("a container without its process is ended with its job", wait_for(scratch, "lost")["status"] == "Failed")
    wait_until("the end of its container, and of one that no job has", lambda: len(podman.containers()) == 1)
    scratch.check("the other job still runs", show(scratch, "long")["status"] == "Running", show(scratch, "long"))
    gate.touch()
    job = wait_for(scratch, "long")
    scratch.check("and completes", job["status"] == "Completed" and "the end" in log_of(scratch, "long"), job)
    scratch.check("with what it used", job["resource_use"]["peak_memory_bytes"] > 0, job["resource_use"])
    scratch.check("no container is left after all", not podman.containers(), podman.run("ps", "-a").stdout)


def main():
    missing = engine.why_missing()
    if missing:
        print("SKIPPED: no job was run in a container: " + missing)
        return 77
    scratch = harness.Scratch(sys.argv[1])
    try:
        with engine.Engine() as podman:
            scratch.environment.update(podman.environment)
            server = scratch.start_server(arguments=["--container-engine", "podman"])
            scratch.write("context/Dockerfile", "FROM localhost/tiny:1\nCOPY made /made\n")
            scratch.write("context/made", "of the context\n")
            scratch.write("broken/Dockerfile", "FROM localhost/tiny:1\nCOPY absent-file /made\n")
            for name, body in ENVIRONMENTS.items():
                file = scratch.write(name + "-environment.yml", "name: %s\nversion: 1\n%s\n" % (name, body))
                scratch.expect("environment '%s'" % name, ["slipway", "environment", "create", "-f", file, "-o", "none"], 0)
            for case in (lambda: runs_inside(scratch, podman), lambda: fails_in_words(scratch), lambda: builds_once(scratch, podman),
                         lambda: reuses_by_digest(scratch, podman), lambda: leaves_nothing(scratch, podman), lambda: is_cancelled_early(scratch, podman),
                         lambda: survives_crashes(scratch, server, podman)):
                try:
                    case()
                except Exception as error:
                    scratch.check("every case ran to its end", False, repr(error))
            scratch.stop_servers()
    except engine.CannotRun as error:
        print("SKIPPED: no job was run in a container, podman cannot run one here: %s" % error)
        return 77
    finally:
        scratch.close()
    return harness.conclude([(scratch.count, scratch.failures)], "checks")


if __name__ == "__main__":
    sys.exit(main())
