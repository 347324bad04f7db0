"""Instances of a scoring script that follow its load, and end when nobody calls."""
import json
import threading

import live_endpoint
from harness import wait_until

ENDPOINT = "scale-oe"
SCALE = """\
scale_settings: {type: target_utilization, min_instances: 1, max_instances: 3, polling_interval: 1}
slipway: {scale_to_zero_after: 3}
"""


def decisions(scratch):
    """What was decided, the oldest first."""
    result = scratch.run(["slipway", "query", "AmlOnlineEndpointEventLog | where DeploymentName == 'elastic' and Name == 'SuccessfulRescale' "
                                              "| order by TimeGenerated asc | project Message"])
    return [row["Message"] for row in json.loads(result.stdout or "[]")]


def wait_for(scratch, beginning):
    return wait_until("the decision '%s'" % beginning, lambda: [one for one in decisions(scratch) if one.startswith(beginning)],
                      detail=lambda: decisions(scratch))


def set_up(scratch):
    live_endpoint.write_files(scratch)
    scratch.expect("an endpoint to scale", ["slipway", "online-endpoint", "create", "--name", ENDPOINT, "-o", "none"], 0, out="")
    create = ["slipway", "online-deployment", "create", "-f", "elastic.yml"]
    model_only = "name: plain\nendpoint_name: %s\nmodel: azureml:tiny@latest\ninstance_type: any\n" % ENDPOINT
    scratch.write("elastic.yml", model_only + SCALE)
    scratch.expect("a model alone has no instances to scale", create, 1, out="", err=r"scale settings need a scoring script")
    scratch.write("elastic.yml", model_only + "scale_settings: {type: target_utilization, min_instances: 4, max_instances: 3}\n")
    scratch.expect("bounds that cannot be are refused with their place", create, 1, out="", err=r"elastic\.yml:5:17: scale_settings: max_instances")
    live_endpoint.write_deployment(scratch, ENDPOINT, "elastic", file="elastic.yml")
    with open(scratch.path / "elastic.yml", "a") as file:
        file.write(SCALE)
    scratch.expect("a script whose instances follow its load", create + ["-o", "none"], 0, out="")
    scratch.expect("its settings are shown", ["slipway", "online-deployment", "show", "-n", "elastic", "-e", ENDPOINT, "--query",
                                              "[scale_settings.max_instances, slipway.scale_to_zero_after]", "-o", "tsv"], 0, out=r"^3\s+3\n$")


def follow_the_load(scratch):
    failed, done = [], threading.Event()

    def send():
        call = scratch.caller(ENDPOINT)
        while not done.is_set():
            answer = call({"do": "doze"})
            if answer[0] not in (200, 429):  # two may be pending at one instance: the others are refused, which is no failure
                failed.append(answer)
        call.close()

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    try:
        message = wait_for(scratch, "New size: 3, ")[0]
        scratch.check("instances come under load, and the numbers that led there are told", "target 0.70" in message, message)
    finally:
        done.set()
        for sender in senders:
            sender.join()
    scratch.check("no request failed", not failed, failed[:3])


def sleep_and_wake(scratch):
    wait_until("the last instance's end", lambda: decisions(scratch)[-1].startswith("New size: 0, "), detail=lambda: decisions(scratch))
    scratch.check("without requests all instances go", True)
    call = scratch.caller(ENDPOINT)
    status, answer = call({"id": "first"})
    scratch.check("the first request wakes it, and is answered", status == 200 and "first" in answer, (status, answer))
    call.close()
    scratch.check("which is told, too", any(one.startswith("New size: 1, was 0: requests that wait") for one in decisions(scratch)), decisions(scratch))


CASES = [set_up, follow_the_load, sleep_and_wake]
