"""Data that deployments collect: read back, used by a job, whole after a kill; long and odd console lines; memory limits."""
import json
import os
import pathlib
import signal

import live_endpoint
from harness import wait_until

ENDPOINT = "collect-oe"
SCRIPT = """\
import json, os
from azureml.ai.monitoring import Collector

class DataFrame:
    def __init__(self, rows): self.rows = rows
    def to_json(self, **options): return json.dumps(self.rows)

def init():
    global inputs, outputs
    inputs = Collector(name="model_inputs")
    outputs = Collector(name="model_outputs", on_error=lambda error: print("not collected:", error))

def attempt(path, mode):
    try:
        open(path, mode).close()
        return "opened"
    except OSError as error:
        return type(error).__name__

def run(data):
    order = json.loads(data)
    if order.get("do") == "trespass": return [attempt(path, mode) for path in order["paths"] for mode in ("r", "a")]
    if order.get("do") == "long": os.write(1, b"long " + b"x" * 2_000_000 + b"\\n")
    if order.get("do") == "odd": os.write(1, b"odd caf\\xe9\\x00end\\n")
    if order.get("do") == "eat":
        kept = b"x" * 400_000_000
        while True: pass
    context = inputs.collect(DataFrame([{"id": order.get("id")}]))
    outputs.collect(DataFrame([{"score": 0.5}]), context)
    return "done"
"""
WATCHED = """\
name: watched
endpoint_name: {endpoint}
model: azureml:tiny@latest
instance_type: any
instance_count: 1
data_collector:
  sampling_rate: 1.0
  rolling_rate: Hour
  request_logging: {{capture_headers: [x-ms-client-request-id]}}
  collections:
    model_inputs: {{enabled: "true"}}
    model_outputs: {{enabled: "true"}}
    request: {{enabled: "true", data: {{name: all-requests, path: azureml://datastores/workspaceblobstore/paths/kept/requests, version: 3}}}}
    response: {{enabled: "false"}}
"""
COUNTING = """\
command: cat $(find ${{inputs.rows}} -name '*.jsonl') | grep -c azureml.inference.model_inputs
environment: azureml:python:1
compute: azureml:cpu-cluster
inputs: {rows: {type: uri_folder, path: "azureml:collect-oe-watched-model_inputs:1"}}
"""


def store(scratch):
    return pathlib.Path(scratch.tsv("datastore", "show", "-n", "workspaceblobstore", "--query", "path"))


def records(folder):
    """All records below a folder, by file order; a line that is not whole is an error."""
    found = []
    for file in sorted(folder.rglob("*.jsonl")):
        text = file.read_text()
        if text and not text.endswith("\n"):  # a file is there before its first line
            raise ValueError("%s ends in the middle of a line" % file)
        found += [json.loads(line) for line in text.splitlines()]
    return found


def deployment(scratch):
    live_endpoint.write_files(scratch)
    scratch.run(["slipway", "model", "create", "--name", "tiny", "--path", "tiny.onnx", "--type", "custom_model", "-o", "none"])
    scratch.run(["slipway", "environment", "create", "-f", "python.yml", "-o", "none"])
    scratch.expect("an endpoint", ["slipway", "online-endpoint", "create", "-n", ENDPOINT, "-o", "none"], 0, out="")
    watched = WATCHED.format(endpoint=ENDPOINT)

    def refused(what, old, new, err, status=1):
        scratch.write("refused.yml", watched.replace(old, new))
        scratch.expect(what, ["slipway", "online-deployment", "create", "-f", "refused.yml"], status, out="", err=err)

    refused("a collection that nothing fills", "model_inputs:", "model_input:", r"'model_input' would stay empty.*did you mean 'model_inputs'\?")
    refused("a sampling rate beyond 1", "sampling_rate: 1.0", "sampling_rate: 1.5", r"refused\.yml:7:\d+:.*sampling_rate.*from 0 to 1")
    refused("an unknown rolling rate", "rolling_rate: Hour", "rolling_rate: Week", r"refused\.yml:8:\d+:.*rolling_rate")
    refused("credentials are not collected", "x-ms-client-request-id", "authorization", r"credentials are not collected")
    refused("a datastore that is not there", "datastores/workspaceblobstore", "datastores/nowhere", r"no datastore 'nowhere'", 3)
    refused("a misspelt key", "capture_headers", "capture_header", r"capture_header'?.*did you mean 'capture_headers'\?")
    scratch.write("watched.yml", watched)
    scratch.expect("a deployment that collects", ["slipway", "online-deployment", "create", "-f", "watched.yml", "-o", "none"], 0, out="")
    scratch.expect("it is shown with its data assets", ["slipway", "online-deployment", "show", "-e", ENDPOINT, "-n", "watched", "--query",
                                                        "data_collector.collections.model_inputs.data.name", "-o", "tsv"], 0,
                   out=r"^collect-oe-watched-model_inputs\n$")
    scratch.expect("which are registered", ["slipway", "data", "show", "-n", "all-requests", "-v", "3", "--query", "path", "-o", "tsv"], 0,
                   out=r"/paths/kept/requests/\n$")
    scratch.write("clash.yml", watched.replace("name: watched", "name: other").replace("kept/requests", "elsewhere"))
    scratch.expect("an asset is not redefined", ["slipway", "online-deployment", "create", "-f", "clash.yml"], 1, out="",
                   err=r"'all-requests:3' is there already.*choose another version or name")


def collected(scratch):
    call = scratch.caller(ENDPOINT)
    for i in range(5):
        status, answer = call(live_endpoint.GOOD_ROWS, request_id="mine-%d" % i)
        scratch.check("a scored request", status == 200, (status, answer))
    scratch.check("one that is not", call("nope")[0] == 424)
    call.close()
    collector = store(scratch) / "modelDataCollector" / ENDPOINT / "watched"
    wait_until("records of five requests", lambda: len(records(collector / "model_outputs")) == 5)
    inputs, outputs = records(collector / "model_inputs"), records(collector / "model_outputs")
    requests = wait_until("six requests", lambda: (lambda r: r if len(r) == 6 else None)(records(store(scratch) / "kept/requests")))
    scratch.check("rows are as they were sent", all(one["data"] == live_endpoint.GOOD_ROWS["data"] for one in inputs), inputs)
    scratch.check("and as they were answered", [row["predictions"] for row in outputs[0]["data"]] == [1, 0], outputs[0])
    ids = [[one["correlationid"] for one in kind] for kind in (inputs, outputs, requests)]
    scratch.check("one id leads through all collections", ids[0] == ids[1] == ids[2][:5], ids)
    scratch.check("headers are captured", requests[0]["headers"] == {"x-ms-client-request-id": "mine-0"}, requests[0])
    scratch.check("also of what was not scored", requests[5]["data"] == "nope", requests[5])
    scratch.check("a record names its deployment", inputs[0]["source"].endswith("/onlineEndpoints/%s/deployments/watched" % ENDPOINT), inputs[0])
    scratch.check("nothing of a disabled collection", not (collector / "response").exists())
    scratch.write("counting.yml", COUNTING)
    scratch.expect("a job reads what was collected", ["slipway", "job", "create", "-f", "counting.yml", "--stream"], 0, out=r"(^|\n)5\n.*Completed")


def gateway_pid(scratch):
    home = scratch.environment["SLIPWAY_HOME"].encode()
    for folder in os.listdir("/proc"):
        try:
            command = pathlib.Path("/proc", folder, "cmdline").read_bytes()
            if command.split(b"\0")[0].endswith(b"slipway-gateway") and b"\0worker\0" not in command and \
                    home in pathlib.Path("/proc", folder, "environ").read_bytes() + command:
                return int(folder)
        except OSError:
            pass
    return None


def whole_after_kills(scratch):
    call = scratch.caller(ENDPOINT)
    for _ in range(3):
        for _ in range(50):
            try:
                call(live_endpoint.GOOD_ROWS)
            except Exception:  # the gateway was killed over it
                pass
        killed = wait_until("a gateway", lambda: gateway_pid(scratch))
        os.kill(killed, signal.SIGKILL)
        wait_until("another gateway", lambda: gateway_pid(scratch) not in (None, killed))

        def answers():  # maybe elsewhere: a port that was anybody's may have been taken meanwhile
            nonlocal call
            call.close()
            call = scratch.caller(ENDPOINT)
            try:
                return call(live_endpoint.GOOD_ROWS)[0] == 200
            except Exception:
                return False
        wait_until("an answer", answers)
    call.close()
    for folder in ("modelDataCollector/%s/watched/model_inputs" % ENDPOINT, "modelDataCollector/%s/watched/model_outputs" % ENDPOINT,
                   "kept/requests"):
        found = records(store(scratch) / folder)
        scratch.check("after kill -9 every line of %s is whole" % folder, len(found) > 50, len(found))


def trespass(scratch, call):
    """What the server keeps for itself is not a script's, where the kernel can see to that; the event log says whether it does."""
    events = scratch.run(["slipway", "query", "AmlOnlineEndpointEventLog | where DeploymentName == 'script' and Name endswith 'Confined' | project Message", "-o", "tsv"])
    home = scratch.environment["SLIPWAY_HOME"]
    paths = ["%s/%s" % (home, name) for name in ("credentials", "tls/ca-key.pem", "slipway.db", "gateway/routing.json")]
    status, answer = call({"do": "trespass", "paths": paths}, "script")
    if "sandbox" in events.stdout:
        scratch.check("a script opens none of the server's files", status == 200 and set(json.loads(answer)) == {"PermissionError"}, (status, answer))
    else:
        scratch.check("the event log says why a script is not kept from the server's files", "no Landlock" in events.stdout, events.stdout)


def scripts(scratch):
    scratch.write("collecting/score.py", SCRIPT)
    script = live_endpoint.DEPLOYMENT.format(name="script", endpoint=ENDPOINT, mode="", timeout_ms=60_000, start_seconds=60)
    script = script.replace("./scoring", "./collecting") + (
        "resources: {limits: {memory: 200Mi}}\n"
        "data_collector:\n  collections:\n    model_inputs: {enabled: 'true'}\n    model_outputs: {enabled: 'false'}\n")
    scratch.write("script.yml", script)
    scratch.expect("a script that collects", ["slipway", "online-deployment", "create", "-f", "script.yml", "-o", "none"], 0, out="")
    call = scratch.caller(ENDPOINT)
    scratch.check("it answers", call({"id": 7}, "script")[0] == 200)
    folder = store(scratch) / "modelDataCollector" / ENDPOINT / "script" / "model_inputs"
    found = wait_until("its record", lambda: records(folder))
    scratch.check("a data frame was collected", found[0]["data"] == [{"id": 7}], found)
    scratch.expect("what is off goes to on_error", ["slipway", "online-deployment", "get-logs", "-e", ENDPOINT, "-n", "script"], 0,
                   out=r"not collected: collection model_outputs is not enabled")
    for what in ("long", "odd"):
        scratch.check("%s lines" % what, call({"do": what}, "script")[0] == 200)
    query = "AmlOnlineEndpointConsoleLog | where DeploymentName == 'script' and Message has '%s' | project BlobUri, MessageBase64, Message"
    long = json.loads(scratch.run(["slipway", "query", query % "line of", "-o", "json"]).stdout)[0]
    uri = "azureml://datastores/workspaceblobstore/paths/"
    scratch.check("a line of 2 MB is in a file, and the record says where", long["BlobUri"].startswith(uri) and
                  "a line of 2000005 bytes is in " + long["BlobUri"] in long["Message"], str(long)[:500])
    kept = (store(scratch) / long["BlobUri"][len(uri):]).read_bytes()
    scratch.check("it is whole there", kept == b"long " + b"x" * 2_000_000, len(kept))
    odd = json.loads(scratch.run(["slipway", "query", query % "odd", "-o", "json"]).stdout)[0]
    scratch.check("bytes that are no UTF-8 are shown and kept", odd["Message"] == "odd caf\ufffd\0end" and
                  odd["MessageBase64"] == "b2RkIGNhZukAZW5k", odd)
    trespass(scratch, call)
    status, answer = call({"do": "eat"}, "script")
    scratch.check("a worker that eats too much memory is killed", status == 424, (status, answer))
    wait_until("the worker is back", lambda: call({"id": 8}, "script")[0] == 200)
    call.close()
    events = "AmlOnlineEndpointEventLog | where DeploymentName == 'script' | distinct Name | order by Name asc"
    scratch.expect("its life is in the event log", ["slipway", "query", events, "--query", "[].Name", "-o", "tsv"], 0,
                   out=r"^BackOff\n(Confined\n)?Created\nKilling\n(NotConfined\n)?Pulled\nStarted\n$")
    scratch.expect("with the reason", ["slipway", "query", "AmlOnlineEndpointEventLog | where Name == 'Killing' | project Message", "-o", "tsv"], 0,
                   out=r"of memory, the limit is 200Mi, and will be restarted")
    scratch.write("refused.yml", script.replace("200Mi", "200MiB"))
    scratch.expect("a limit that is no amount", ["slipway", "online-deployment", "create", "-f", "refused.yml"], 1, out="",
                   err=r"refused\.yml:\d+:\d+:.*'200MiB' is no amount of memory")


CASES = [deployment, collected, whole_after_kills, scripts]
