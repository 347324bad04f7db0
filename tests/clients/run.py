#!/usr/bin/env python3
"""Other people's HTTP clients against the gateway: run.py BUILD_DIR.

A gateway is started from a routing snapshot with a tiny model; curl and Node's fetch call it over TLS, which they verify
with the gateway's own authority, in all three protocols: /score, MLflow's /invocations, Open Inference's /v2. Clients of
those two (protocol_clients.py) keep one connection.
A client that is not installed is skipped by name. The clients of logs, telemetry and tracking are log_clients.py's; tracking_client.py repeats what MLflow's
Python client sends.
"""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "cli"))
import tiny_model  # noqa: E402
from protocol_clients import Failure, MlflowClient, OpenInferenceClient  # noqa: E402

import log_clients  # noqa: E402
import tracking_client  # noqa: E402

KEY = "a-key-for-tests"
COLUMNS = list(tiny_model.COLUMNS)
ROWS = [[41.0, 2.0, 1.0], [1.0, 1.0, 50.0]]  # their sums are 42 and -147: labels 1 and 0
LABELS = [1, 0]
RECORDS = [dict(zip(COLUMNS, row)) for row in ROWS]
TENSORS = {"id": "42", "inputs": [{"name": name, "shape": [2, 1], "datatype": "FP32", "data": [row[i] for row in ROWS]}
                                  for i, name in enumerate(COLUMNS)]}
CSV = "\n".join([",".join(COLUMNS)] + [",".join(str(value) for value in row) for row in ROWS]) + "\n"
WRONG_TENSORS = {"inputs": [{"name": "age", "shape": [2, 2], "datatype": "FP32", "data": [1, 2]}]}

# what, route, content type, body, status, what has to hold of the answer (a JSON value, or text)
CALLS = [
    ("records are scored", "/score", "application/json", json.dumps({"data": RECORDS}), 200,
     lambda answer: answer["predictions"] == LABELS),
    ("a wrong value becomes a 424", "/score", "application/json", json.dumps({"data": [dict(RECORDS[0], age="x")]}), 424,
     lambda answer: "column 'age'" in answer["message"]),
    ("MLflow's split form is scored", "/invocations", "application/json",
     json.dumps({"dataframe_split": {"columns": COLUMNS, "data": ROWS}}), 200,
     lambda answer: answer["predictions"] == LABELS),
    ("MLflow's CSV is scored", "/invocations", "text/csv", CSV, 200, lambda answer: answer["predictions"] == LABELS),
    ("MLflow's server refuses other forms", "/invocations", "application/json", json.dumps({"data": RECORDS}), 400,
     lambda answer: answer["error_code"] == "BAD_REQUEST"),
    ("MLflow's server refuses other types", "/invocations", "text/plain", "x", 415, lambda answer: "text/csv" in answer),
    ("tensors are scored", "/v2/models/tiny/infer", "application/json", json.dumps(TENSORS), 200,
     lambda answer: answer["id"] == "42" and answer["outputs"][0]["data"] == LABELS),
    ("a wrong tensor is named", "/v2/models/tiny/infer", "application/json", json.dumps(WRONG_TENSORS), 400,
     lambda answer: answer["error"].startswith("tensor 'age':")),
    ("the model is described", "/v2/models/tiny", None, None, 200,
     lambda answer: [tensor["name"] for tensor in answer["inputs"]] == COLUMNS),
    ("the model is ready", "/v2/models/tiny/ready", None, None, 200, lambda answer: answer["ready"]),
    ("the endpoint is alive", "/ping", None, None, 200, lambda answer: answer == "\n"),
    ("an unknown model is not found", "/v2/models/other/infer", "application/json", json.dumps(TENSORS), 404,
     lambda answer: "'other'" in answer["error"]),
]


class Gateway:
    """A running gateway with one endpoint `tiny`; ends with the block."""

    def __init__(self, build):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="slipway-clients-"))
        model = self.home / "model.onnx"
        model.write_bytes(tiny_model.tiny_model())
        deployment = {"name": "blue", "revision": 1, "kind": "model", "model_dir": str(self.home), "model_path": str(model),
                      "model_name": "tiny", "model_version": "1"}
        endpoint = {"name": "tiny", "workspace": "default", "workspace_id": "w", "arm_id": "/tiny", "auth_mode": "key",
                    "key_sha256": [hashlib.sha256(KEY.encode()).hexdigest()], "traffic": {"blue": 100},
                    "deployments": [deployment]}
        (self.home / "gateway").mkdir()
        (self.home / "gateway/routing.json").write_text(json.dumps({"version": 1, "etag": "e", "endpoints": [endpoint]}))
        self.log = self.home / "gateway.log"
        self.process = subprocess.Popen([str(build / "bin/slipway-gateway"), "--home", str(self.home), "--listen", "127.0.0.1:0",
                                         "--threads", "1"], stderr=open(self.log, "wb"))

    def __enter__(self):
        self.url = "https://127.0.0.1:%s/endpoints/tiny" % self.wait_for(r"listens on https://127\.0\.0\.1:(\d+)")
        self.authority = str(self.home / "tls/ca.pem")
        self.wait_for("deployment tiny/blue is ready")
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait(120)
        shutil.rmtree(self.home)

    def wait_for(self, pattern, seconds=120):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            found = re.search(pattern, self.log.read_text())
            if found:
                return found.group(found.re.groups)
            time.sleep(0.02)
        raise RuntimeError("the gateway does not say '%s': %s" % (pattern, self.log.read_text()))


def curl(gateway, route, content_type, body):
    """(status, text) as curl tells them."""
    command = ["curl", "-sS", "--cacert", gateway.authority, "-H", "Authorization: Bearer " + KEY, "-w", "\n%{http_code}"]
    if body is not None:
        command += ["-H", "Content-Type: " + content_type, "--data-binary", "@-"]
    done = subprocess.run(command + [gateway.url + route], input=body or "", capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        return 0, done.stderr
    text, status = done.stdout.rsplit("\n", 1)
    return int(status), text


def fetch(gateway, route, content_type, body):
    """The same as Node's fetch tells it."""
    call = {"url": gateway.url + route, "key": KEY, "type": content_type, "body": body}
    environment = dict(os.environ, NODE_EXTRA_CA_CERTS=gateway.authority)
    done = subprocess.run(["node", str(FOLDER / "fetch.mjs")], input=json.dumps(call), capture_output=True, text=True,
                          timeout=120, env=environment)
    if done.returncode != 0:
        return 0, done.stderr
    answer = json.loads(done.stdout)
    return answer["status"], answer["text"]


def holds(condition, text):
    try:
        answer = json.loads(text)
    except ValueError:
        answer = text
    try:
        return condition(answer)
    except (KeyError, IndexError, TypeError, AttributeError):
        return False


def check_client(name, client, gateway):
    failures = 0
    for what, route, content_type, body, wanted, condition in CALLS:
        status, text = client(gateway, route, content_type, body)
        is_good = status == wanted and holds(condition, text)
        failures += not is_good
        print("%s %s: %s" % ("ok  " if is_good else "FAIL", name, what))
        if not is_good:
            print("     status %s (wanted %s): %s" % (status, wanted, text[:500]))
    return failures


def check_trust(gateway):
    """Without the authority the certificate is not believed."""
    done = subprocess.run(["curl", "-sS", gateway.url + "/ping"], capture_output=True, text=True, timeout=120)
    print("%s curl: an unknown authority is not believed" % ("ok  " if done.returncode == 60 else "FAIL"))
    return done.returncode != 60


def check(what, is_good, detail=""):
    print("%s %s" % ("ok  " if is_good else "FAIL", what))
    if not is_good and detail != "":
        print("     %s" % detail)
    return not is_good


def refusal(call):
    """The text of the failure that a call has to end in."""
    try:
        return "no failure: %s" % call()
    except Failure as failure:
        return str(failure)


def check_mlflow(gateway):
    client = MlflowClient(gateway.url, KEY, gateway.authority)
    client.wait_until_ready()
    failures = check("mlflow: the server has a version", re.fullmatch(r"\d+\.\d+\.\d+", client.version()) is not None)
    failures += check("mlflow: a frame is scored", client.predict_frame(COLUMNS, ROWS) == LABELS)
    failures += check("mlflow: CSV is scored", client.predict_csv(CSV) == LABELS)
    why = refusal(lambda: client.predict_frame(COLUMNS[:1], [row[:1] for row in ROWS]))
    failures += check("mlflow: a frame without a column is refused by name", why.startswith("400") and COLUMNS[1] in why, why)
    failures += check("mlflow: it all went over one connection", len(client.session.sockets) == 1, client.session.sockets)
    stranger = MlflowClient(gateway.url, "another-key", gateway.authority)
    why = refusal(lambda: stranger.predict_frame(COLUMNS, ROWS))
    return failures + check("mlflow: a wrong key is refused", why == "401 key_auth_access_denied", why)


def check_open_inference(gateway):
    client = OpenInferenceClient(gateway.url, KEY, gateway.authority, "tiny")
    failures = check("open inference: server and model are ready", client.is_ready())
    outputs = client.infer(RECORDS)
    failures += check("open inference: rows are scored by the model's own description", LABELS in outputs.values(), outputs)
    one = sorted(outputs)[0]
    failures += check("open inference: outputs are chosen", list(client.infer(RECORDS, [one])) == [one])
    why = refusal(lambda: OpenInferenceClient(gateway.url, KEY, gateway.authority, "none").infer(RECORDS))
    failures += check("open inference: an unknown model is not found", why.startswith("404"), why)
    return failures + check("open inference: it all went over one connection", len(client.session.sockets) == 1)


def has_fetch():
    if not shutil.which("node"):
        return False
    return subprocess.run(["node", "-e", "process.exit(typeof fetch === 'function' ? 0 : 1)"], timeout=120).returncode == 0


def main():
    failures = 0
    with Gateway(pathlib.Path(sys.argv[1]).resolve()) as gateway:
        if shutil.which("curl"):
            failures += check_client("curl", curl, gateway) + check_trust(gateway)
        else:
            print("skip curl: it is not installed")
        failures += check_mlflow(gateway) + check_open_inference(gateway)
        if has_fetch():
            failures += check_client("fetch", fetch, gateway)
        else:
            print("skip fetch: Node with fetch (18 or newer) is not installed")
    failures += log_clients.run(pathlib.Path(sys.argv[1]).resolve())
    failures += tracking_client.run(pathlib.Path(sys.argv[1]).resolve())
    print("%d failures" % failures)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
