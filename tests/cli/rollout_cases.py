"""A safe rollout between two model-only deployments, and what is refused."""
import json
import threading

import live_endpoint
from harness import wait_until

ENDPOINT = "roll-oe"
START = ["slipway", "rollout", "start", "--endpoint", ENDPOINT, "--to", "green", "--every", "1s", "--min-samples", "5"]


def traffic(scratch):
    shown = scratch.run(["slipway", "online-endpoint", "show", "-n", ENDPOINT, "--query", "traffic", "-o", "json"])
    return json.loads(shown.stdout)


def status(scratch):
    shown = scratch.run(["slipway", "rollout", "show", "--endpoint", ENDPOINT, "--query", "status", "-o", "tsv"])
    return shown.stdout.strip()


def decisions(scratch):
    return scratch.run(["slipway", "rollout", "show", "--endpoint", ENDPOINT, "-o", "json"]).stdout


def deployments(scratch):
    live_endpoint.write_files(scratch)
    scratch.expect("an endpoint to roll out on", ["slipway", "online-endpoint", "create", "--name", ENDPOINT, "-o", "none"], 0, out="")
    for name in ("blue", "green"):
        scratch.write("%s.yml" % name, "name: %s\nendpoint_name: %s\nmodel: azureml:tiny@latest\ninstance_type: any\n"
                                       "instance_count: 1\n" % (name, ENDPOINT))
        scratch.expect("%s is deployed" % name, ["slipway", "online-deployment", "create", "-f", "%s.yml" % name, "-o", "none"], 0, out="")


def refusals(scratch):
    scratch.expect("a bad guard gets a caret", START + ["--steps", "50,100", "--guard", "error_rate = 5%"], 1, out="", err=r"1:12.*\^")
    scratch.expect("steps have to rise", START + ["--steps", "50,20", "--guard", "error_rate<5%"], 1, out="", err=r"20")
    scratch.expect("an unknown deployment", [word.replace("green", "gren") for word in START] + ["--steps", "50,100", "--guard", "error_rate<5%"], 3, out="",
                   err=r"gren")


def completion(scratch):
    call = scratch.caller(ENDPOINT)
    failed, done = [], threading.Event()

    def send():
        while not done.is_set():
            answer = call(live_endpoint.GOOD_ROWS)
            if answer[0] != 200:
                failed.append(answer)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        scratch.expect("a rollout starts", START + ["--steps", "50,100", "--guard", "error_rate<5%", "-o", "none"], 0, out="")
        scratch.expect("a deployment that takes part stays", ["slipway", "online-deployment", "delete", "-n", "green", "-e", ENDPOINT, "--yes"],
                       1, out="", err=r"rollout")
        wait_until("the rollout is over", lambda: status(scratch) not in ("Running", ""), detail=lambda: decisions(scratch))
    finally:
        done.set()
        sender.join()
        call.close()
    scratch.check("the rollout is Completed", status(scratch) == "Completed", decisions(scratch))
    scratch.check("green has all traffic", traffic(scratch).get("green") == 100, traffic(scratch))
    scratch.check("no request failed", not failed, failed[:3])
    scratch.expect("and on record", ["slipway", "audit", "list", "--action", "rollout", "--subject", ENDPOINT, "-o", "table"], 0,
                   out=r"rollout\.complete .*rollout\.start ")
    scratch.expect("each decision is shown with its numbers", ["slipway", "rollout", "show", "--endpoint", ENDPOINT, "-o", "table"], 0,
                   out=r"error_rate")


def collected_scores(scratch):
    """Model-only deployments print no scores: a guard on them takes what they collect."""
    endpoint = "roll-scores-oe"
    scratch.expect("an endpoint whose deployments collect", ["slipway", "online-endpoint", "create", "--name", endpoint, "-o", "none"], 0, out="")
    for name in ("blue", "green"):
        scratch.write("scores.yml", "name: %s\nendpoint_name: %s\nmodel: azureml:tiny@latest\ninstance_type: any\ninstance_count: 1\n"
                                    "data_collector: {collections: {model_outputs: {enabled: 'true'}}}\n" % (name, endpoint))
        scratch.expect("%s collects" % name, ["slipway", "online-deployment", "create", "-f", "scores.yml", "-o", "none"], 0, out="")
    scratch.expect("a rollout under a guard on scores", ["slipway", "rollout", "start", "--endpoint", endpoint, "--to", "green", "--every", "1s", "--min-samples",
                                                         "5", "--steps", "50,100", "--guard", "score_psi<0.5", "-o", "none"], 0, out="")
    call = scratch.caller(endpoint)

    def is_over():
        for _ in range(20):
            call(live_endpoint.GOOD_ROWS)
        return scratch.tsv("rollout", "show", "--endpoint", endpoint, "--query", "status") not in ("Running", "")

    show = ["slipway", "rollout", "show", "--endpoint", endpoint, "-o", "table"]
    wait_until("the rollout is over", is_over, detail=lambda: scratch.run(show).stdout)
    call.close()
    scratch.expect("it is Completed, by the scores of both", show, 0, out=r"Completed.*holds +score_psi<0.5")


CASES = [deployments, refusals, completion, collected_scores]
