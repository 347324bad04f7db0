#!/usr/bin/env python3
"""Kills and changes everything under load and compares what callers saw, and what the logs say, with what must hold:
run.py BUILD_DIR [--seconds N] [--seed N].

The moments and the order of events are drawn from the seed; what a process is doing at its end is up to the machine.
"""
import argparse
import collections
import json
import pathlib
import random
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1] / "cli")]
import harness  # noqa: E402
import tiny_model  # noqa: E402
from load import Load, Target  # noqa: E402
from model import History  # noqa: E402
from operations import ACTIONS, DEPLOYMENTS, ENDPOINT, SCRIPTS, SIDES, Operator  # noqa: E402

ENVIRONMENT = "name: python\nversion: 1\nimage: none\nslipway: {provider: native, programs: [python3]}\n"
SCRIPT = """\
import json, os

def init():
    pass

def run(data):
    order = json.loads(data)["params"]
    print("scored |", order["id"])
    return {"version": int(os.environ["VERSION"]), "pid": os.getpid()}
"""
DEPLOYMENT = """\
name: {name}
endpoint_name: {endpoint}
model: azureml:tiny@latest
instance_type: any
instance_count: {instances}
environment_variables: {{VERSION: "0"}}
"""
# Far longer than anything takes: what is to be seen is what fails, not what is late.
OF_SCRIPTS = """\
code_configuration: {code: ./scoring, scoring_script: score.py}
environment: azureml:python:1
request_settings: {request_timeout_ms: 120000, max_queue_wait_ms: 120000, max_concurrent_requests_per_instance: 20}
readiness_probe: {initial_delay: 60, period: 1, failure_threshold: 1}
"""


def run_or_fail(scratch, *words):
    result = scratch.run(["slipway", *words, "-o", "none"])
    if result.returncode != 0:
        raise RuntimeError("slipway %s: %s" % (" ".join(words), result.stderr))


def set_up(scratch):
    (scratch.path / "tiny.onnx").write_bytes(tiny_model.tiny_model())
    scratch.write("python.yml", ENVIRONMENT)
    scratch.write("scoring/score.py", SCRIPT)
    run_or_fail(scratch, "model", "create", "--name", "tiny", "--path", "tiny.onnx", "--type", "custom_model")
    run_or_fail(scratch, "environment", "create", "-f", "python.yml")
    run_or_fail(scratch, "online-endpoint", "create", "--name", ENDPOINT)
    for name in DEPLOYMENTS:
        text = DEPLOYMENT.format(name=name, endpoint=ENDPOINT, instances=SCRIPTS.get(name, 1)) + (OF_SCRIPTS if name in SCRIPTS else "")
        run_or_fail(scratch, "online-deployment", "create", "-f", scratch.write(name + ".yml", text))
    run_or_fail(scratch, "online-endpoint", "update", "-n", ENDPOINT, "--traffic", "%s=50 %s=50" % SIDES[0])
    caller = scratch.caller(ENDPOINT)
    return Target(caller.uri.geturl(), caller.key, scratch.environment["SLIPWAY_HOME"] + "/tls/ca.pem")


def query(scratch, text):
    result = scratch.run(["slipway", "query", text])
    if result.returncode != 0:
        raise RuntimeError(result.stderr)
    return json.loads(result.stdout)


def check_answers(scratch, history, requests):
    complaints = [(history.complaint(request), request) for request in requests]
    wrong = [complaint for complaint in complaints if complaint[0]]
    scratch.check("each of %d requests ended as it had to" % len(requests), not wrong,
                  "\n     ".join("%s: %s" % complaint for complaint in wrong[:10]) + "\n     %d in all; outages: %s" % (len(wrong), history.outages))


def check_traffic_log(scratch, requests):
    rows = query(scratch, "AmlOnlineEndpointTrafficLog | where EndpointName == '%s' "
                          "| summarize rows = count(), code = max(ResponseCode) by id = XMSClientRequestId" % ENDPOINT)
    logged = {row["id"]: row for row in rows if row["id"]}
    answered = [request for request in requests if request.status]
    missing = [request for request in answered if request.id not in logged]
    scratch.check("each of %d answers is in the traffic log" % len(answered), answered and not missing, missing[:5])
    doubled = [row for row in logged.values() if row["rows"] != 1]
    scratch.check("no request is there twice", not doubled, doubled[:5])
    other = [(logged[request.id], request) for request in answered if request.id in logged and logged[request.id]["code"] != request.status]
    scratch.check("with the status that was answered", not other, other[:5])
    unknown = set(logged) - {request.id for request in requests}
    scratch.check("none that nobody sent", not unknown, sorted(unknown)[:5])


def check_console_log(scratch, requests):
    rows = query(scratch, "AmlOnlineEndpointConsoleLog | where Message startswith 'scored |' "
                          "| summarize rows = count() by id = trim(' ', tostring(split(Message, '|')[1]))")
    printed = {row["id"]: row["rows"] for row in rows}
    scored = [request for request in requests if request.status == 200 and request.deployment in SCRIPTS]
    missing = [request for request in scored if request.id not in printed]
    scratch.check("each of %d answers of scripts has its line in the console log" % len(scored), scored and not missing, missing[:5])
    doubled = [name for name, count in printed.items() if count != 1]
    scratch.check("no line is there twice", not doubled, doubled[:5])


def work(operator, generator, seconds):
    """Every action in a drawn order, over and over; each once at least, however slow the machine is."""
    end = time.monotonic() + seconds
    rounds = 0
    while rounds == 0 or time.monotonic() < end:
        for action in generator.sample(ACTIONS, len(ACTIONS)):
            if rounds > 0 and time.monotonic() >= end:
                break
            time.sleep(generator.uniform(0.1, 0.8))
            operator.perform(action)
        rounds += 1


def walk(scratch, seconds, seed):
    server = scratch.start_server()
    target = set_up(scratch)
    generator = random.Random(seed)
    history = History(time.monotonic(), frozenset(SIDES[0]), dict.fromkeys(SCRIPTS, 0))
    with Load(target, DEPLOYMENTS, seed) as load:
        operator = Operator(scratch, target, load, history, server, generator)
        try:
            work(operator, generator, seconds)
        finally:
            print("     done: %s" % ", ".join("%s %d times (%.1f s at most)" % (name, len(times), max(times)) for name, times in operator.done.items()))
    requests = load.requests() + operator.probe.requests
    print("     %s" % collections.Counter("%s %d" % (request.kind, request.status) for request in requests))
    check_answers(scratch, history, requests)
    check_traffic_log(scratch, requests)
    check_console_log(scratch, requests)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    scratch = harness.Scratch(arguments.build)
    print("-- seed %d" % arguments.seed)
    try:
        walk(scratch, arguments.seconds, arguments.seed)
        scratch.stop_servers()
        scratch.check_nothing_runs("nothing is left behind")
    except Exception as error:  # what was checked before says more
        scratch.check("the test ran to its end", False, repr(error))
    finally:
        if scratch.failures:
            print("".join("     serve.log| %s\n" % line for line in scratch.server_log().splitlines()[-40:]), end="")
        scratch.close()
    return harness.conclude([(scratch.count, scratch.failures)], "checks")


if __name__ == "__main__":
    sys.exit(main())
