"""Live drift: traffic moves away from a model's baseline, and gauges, KQL, the metrics page and the command line tell so within seconds."""
import json
import random
import time
import urllib.request

import live_endpoint
from harness import wait_until

ENDPOINT = "drift-oe"
COLLECTING = """\
name: collecting
endpoint_name: drift-oe
model: azureml:tiny@latest
instance_type: any
instance_count: 1
data_collector:
  collections:
    model_inputs: {enabled: "true"}
    model_outputs: {enabled: "true"}
"""
# Prints what the monitoring queries of the example expect.
PRINTING = """\
import json

def init():
    pass

def run(data):
    print("online/tiny/1 | InputData |", json.dumps(json.loads(data)))
    print("online/tiny/1 | OutputData |", json.dumps({"predictions": [0.5]}))
    return {"ok": True}
"""
QUERY = "SlipwayDriftGauges | where DeploymentName == '%s' and Window == 'PT5M' | summarize arg_max(TimeGenerated, *) by Feature" \
        " | project Feature, Verdict, Psi, SampleCount, UnseenShare, ModelName, ModelVersion"
ALERT = """\
name: live-drift
query: |
  SlipwayDriftGauges
  | where EndpointName == 'drift-oe' and Window == 'PT1H'
  | summarize arg_max(TimeGenerated, Verdict) by DeploymentName, Feature
  | where Verdict == 'drifted'
evaluation_frequency: PT5S
window_size: PT1H
time_aggregation: Count
operator: GreaterThan
threshold: 0
"""
SECONDS_BEHIND = 5


def rows(seed, count, shift):
    """Three columns, evenly from 0 to 1, `income` moved by `shift`."""
    draw = random.Random(seed)
    return [{"age": draw.random(), "income": draw.random() + shift, "balance": draw.random()} for _ in range(count)]


def gauges(scratch, deployment):
    found = scratch.run(["slipway", "query", QUERY % deployment, "-o", "json"])
    return {row["Feature"]: row for row in json.loads(found.stdout or "[]")}


def verdict(scratch, deployment, feature):
    return gauges(scratch, deployment).get(feature, {}).get("Verdict")


def deployments(scratch):
    live_endpoint.write_files(scratch)
    scratch.write("printing/score.py", PRINTING)
    scratch.run(["slipway", "model", "create", "--name", "tiny", "--path", "tiny.onnx", "--type", "custom_model", "-o", "none"])
    scratch.run(["slipway", "environment", "create", "-f", "python.yml", "-o", "none"])
    scratch.expect("an endpoint", ["slipway", "online-endpoint", "create", "-n", ENDPOINT, "-o", "none"], 0, out="")
    scratch.write("collecting.yml", COLLECTING)
    scratch.expect("a deployment that collects", ["slipway", "online-deployment", "create", "-f", "collecting.yml", "-o", "none"], 0, out="")
    printing = live_endpoint.DEPLOYMENT.format(name="printing", endpoint=ENDPOINT, mode="", timeout_ms=30_000, start_seconds=60)
    scratch.write("printing.yml", printing.replace("./scoring", "./printing"))
    scratch.expect("a deployment that prints", ["slipway", "online-deployment", "create", "-f", "printing.yml", "-o", "none"], 0, out="")


def baseline(scratch):
    show = ["slipway", "model", "baseline", "--name", "tiny"]
    scratch.expect("a model without a baseline says how it gets one", show, 3, out="", err=r"slipway model baseline --name tiny --version 1 --data")
    wait_until("the deployment is seen", lambda: scratch.run(["slipway", "online-deployment", "drift", "-e", ENDPOINT, "-n", "collecting"]).returncode == 0)
    scratch.expect("and so does its deployment", ["slipway", "online-deployment", "drift", "-e", ENDPOINT, "-n", "collecting"], 0,
                   err=r"has no baseline")
    lines = ["age,income,balance,late"] + ["%s,%s,%s,0" % tuple(row.values()) for row in rows(1, 3000, 0)]
    scratch.write("train.csv", "\n".join(lines) + "\n")
    scratch.expect("data that is not there", show + ["--data", "nowhere.csv"], 3, out="", err=r"nowhere\.csv")
    set_to = scratch.expect("a baseline from training data", show + ["--data", "train.csv", "-o", "json"], 0)
    described = json.loads(set_to.stdout)
    scratch.check("of the model's inputs and its scores", [one["column"] for one in described["columns"]] == ["age", "income", "balance"] and
                  described["has_scores"], described)
    scratch.expect("it is shown", show + ["-o", "json"], 0, out=r'"rows": 3000')
    for name in ("collecting", "printing"):
        drift = ["slipway", "online-deployment", "drift", "-e", ENDPOINT, "-n", name, "--query", "note", "-o", "tsv"]
        wait_until("the deployment's gauges", lambda: scratch.run(drift).stdout.strip() == "")


def moves(scratch, deployment):
    call = scratch.caller(ENDPOINT)

    def send(batch):
        status, answer = call({"data": batch}, deployment)
        if status != 200:
            raise RuntimeError((status, answer))

    send(rows(2, 300, 0))
    wait_until("a stable gauge", lambda: verdict(scratch, deployment, "income") == "stable", detail=lambda: str(gauges(scratch, deployment)))
    calm = gauges(scratch, deployment)
    scratch.check("%s: nothing drifted" % deployment, {calm[one]["Verdict"] for one in ("age", "income", "balance")} == {"stable"}, calm)
    for i in range(40):
        send(rows(100 + i, 100, 0.6))
    begin = time.monotonic()
    wait_until("the gauge moves", lambda: verdict(scratch, deployment, "income") == "drifted", detail=lambda: str(gauges(scratch, deployment)))
    behind = time.monotonic() - begin
    scratch.check("%s: the gauge moved in time" % deployment, behind < SECONDS_BEHIND * 4, "%.1f s" % behind)  # a busy machine is slower
    moved = gauges(scratch, deployment)
    scratch.check("%s: by far, and with values that were never seen" % deployment, moved["income"]["Psi"] > 0.5 and
                  moved["income"]["UnseenShare"] > 0.2, moved)
    scratch.check("%s: the others stayed" % deployment, moved["age"]["Verdict"] == moved["balance"]["Verdict"] == "stable", moved)
    scratch.check("%s: it names the model" % deployment, (moved["income"]["ModelName"], moved["income"]["ModelVersion"]) == ("tiny", "1"), moved)
    call.close()


def collected_rows(scratch):
    moves(scratch, "collecting")
    scratch.check("the score drifted, too", gauges(scratch, "collecting")["(score)"]["Verdict"] == "drifted", gauges(scratch, "collecting"))


def printed_rows(scratch):
    moves(scratch, "printing")


def alarms(scratch):
    scratch.write("live.yml", ALERT)
    scratch.expect("an alert rule on the gauges", ["slipway", "alert", "create", "-f", "live.yml", "-o", "none"], 0, out="")
    fired = ["slipway", "alert", "events", "-n", "live-drift", "--query", "[0].rule", "-o", "tsv"]
    wait_until("the alert fires", lambda: scratch.run(fired).stdout.strip() == "live-drift")
    scratch.check("an alert on drifted traffic fired", True)


def seen_elsewhere(scratch):
    scratch.expect("the command line shows the worst first", ["slipway", "online-deployment", "drift", "-e", ENDPOINT, "-n", "collecting", "-o", "table"], 0,
                   out=r"Verdict.*\n-.*\n[^\n]*drifted")
    home = scratch.environment["SLIPWAY_HOME"]
    server = json.load(open(home + "/server.json"))
    token = json.load(open(home + "/credentials"))["token"]
    request = urllib.request.Request(server["url"] + "/slipway/metrics", headers={"Authorization": "Bearer " + token})
    page = urllib.request.urlopen(request).read().decode()
    line = 'slipway_drift_drifted{workspace="default",endpoint="drift-oe",deployment="collecting",feature="income",window="PT5M"} 1'
    scratch.check("the metrics page has the gauge", line in page, page[-3000:])
    scratch.expect("a baseline is forgotten", ["slipway", "model", "baseline", "--name", "tiny", "--remove"], 0, out="")
    scratch.expect("once", ["slipway", "model", "baseline", "--name", "tiny", "--remove"], 3, out="", err=r"was given no baseline")


CASES = [deployments, baseline, collected_rows, printed_rows, alarms, seen_elsewhere]
