"""What MLflow's Python client sends, call by call, in its order, and what it needs of each answer.

The sequences are those of its versions 2 and 3 (experiments, runs, artifacts by proxy, log_model, registering, loading a
model by version and by alias, uploads in parts); this script is no client of its own: it repeats their requests and checks
what they read of the answers.
"""
import base64
import json
import pathlib
import sys
import urllib.error
import urllib.parse
import urllib.request

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "cli"))
import harness  # noqa: E402

ARTIFACTS = "mlflow-artifacts:/"


class Replay:
    def __init__(self, url, authorization):
        self.url = url
        self.headers = {"Authorization": authorization, "User-Agent": "mlflow-python-client/3.1.0"}
        self.failures = self.count = 0

    def check(self, what, holds, detail=""):
        self.count += 1
        self.failures += not holds
        print("%s tracking: %s" % ("ok  " if holds else "FAIL", what))
        if not holds:
            print("     %s" % (detail,))

    def send(self, method, path, body=None, headers=(), url=None):
        """(status, headers, bytes) of any call."""
        request = urllib.request.Request((self.url if url is None else "") + path, data=body, method=method,
                                         headers={**self.headers, **dict(headers)} if url is None else dict(headers))
        try:
            with urllib.request.urlopen(request, timeout=harness.PATIENCE) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def call(self, method, tail, arguments=None, status=200, error=None):
        """The JSON object that a method of …/api/2.0/mlflow answers."""
        path, body, headers = "/api/2.0/mlflow/" + tail, None, {}
        if method == "GET":
            path += "?" + urllib.parse.urlencode(arguments or {}, doseq=True)
        else:
            body, headers = json.dumps(arguments or {}).encode(), {"Content-Type": "application/json"}
        found, _, text = self.send(method, path, body, headers.items())
        answer = json.loads(text)
        if found != status or not isinstance(answer, dict) or (error and answer.get("error_code") != error):
            self.check("%s %s answers %s %s" % (method, tail, status, error or ""), False, (found, answer))
        return answer

    def proxy(self, uri, path=""):
        """The address that the client makes of an artifact's."""
        assert uri.startswith(ARTIFACTS), uri
        return "/api/2.0/mlflow-artifacts/artifacts/" + urllib.parse.quote("/".join(p for p in (uri[len(ARTIFACTS):], path) if p))

    def put(self, uri, path, content):
        status, _, text = self.send("PUT", self.proxy(uri, path), content, {"Content-Type": "text/plain"}.items())
        self.check("'%s' is uploaded" % path, (status, json.loads(text)) == (200, {}), (status, text))

    def get(self, uri, path):
        status, headers, content = self.send("GET", self.proxy(uri, path))
        return content if status == 200 and "attachment" in headers["Content-Disposition"] else (status, content)

    def list(self, uri):
        _, _, text = self.send("GET", "/api/2.0/mlflow-artifacts/artifacts?" + urllib.parse.urlencode({"path": uri[len(ARTIFACTS):]}))
        return [(file["path"], file["is_dir"]) for file in json.loads(text).get("files", [])]


def start_run(replay, name):
    """set_experiment and start_run."""
    replay.call("GET", "experiments/get-by-name", {"experiment_name": name}, 404, "RESOURCE_DOES_NOT_EXIST")
    experiment = replay.call("POST", "experiments/create", {"name": name, "artifact_location": None, "tags": []})["experiment_id"]
    seen = replay.call("GET", "experiments/get", {"experiment_id": experiment})["experiment"]
    replay.check("an experiment is active", seen["lifecycle_stage"] == "active" and seen["name"] == name, seen)
    run = replay.call("POST", "runs/create", {"experiment_id": experiment, "user_id": "me", "run_name": "first", "start_time": 1700000000000,
                                              "tags": [{"key": "mlflow.user", "value": "me"}, {"key": "mlflow.source.type", "value": "LOCAL"}]})["run"]
    replay.check("a run begins", run["info"]["status"] == "RUNNING" and run["info"]["run_name"] == "first", run)
    replay.check("its artifacts are the server's to keep", run["info"]["artifact_uri"].startswith(ARTIFACTS), run["info"])
    return experiment, run["info"]["run_id"], run["info"]["artifact_uri"]


def log(replay, run):
    replay.call("POST", "runs/log-parameter", {"run_id": run, "run_uuid": run, "key": "depth", "value": "7"})
    replay.call("POST", "runs/log-batch", {"run_id": run, "metrics": [], "params": [{"key": "trees", "value": "50"}], "tags": []})
    for step, value in enumerate([0.5, 0.75, float("nan")]):
        value = "NaN" if value != value else value
        replay.call("POST", "runs/log-metric", {"run_id": run, "run_uuid": run, "key": "f1", "value": value, "timestamp": 1700000000001, "step": step})
    replay.call("POST", "runs/log-metric", {"run_id": run, "key": "f1", "value": None, "timestamp": 1}, 400, "INVALID_PARAMETER_VALUE")
    replay.call("POST", "runs/set-tag", {"run_id": run, "key": "mlflow.note.content", "value": "a note"})
    replay.call("POST", "runs/log-parameter", {"run_id": run, "key": "depth", "value": "8"}, 400, "INVALID_PARAMETER_VALUE")
    replay.call("POST", "runs/log-inputs", {"run_id": run, "datasets": [
        {"tags": [{"key": "mlflow.data.context", "value": "train"}], "dataset": {"name": "rows", "digest": "d1", "source_type": "local", "source": "{}"}}]})
    data = replay.call("GET", "runs/get", {"run_id": run})["run"]
    replay.check("NaN is a text", data["data"]["metrics"][0]["value"] == "NaN", data["data"]["metrics"])
    replay.check("data sets are inputs", data["inputs"]["dataset_inputs"][0]["dataset"]["name"] == "rows", data)
    history = replay.call("GET", "metrics/get-history", {"run_id": run, "metric_key": "f1"})["metrics"]
    replay.check("a history has every step", [point["step"] for point in history] == [0, 1, 2], history)
    found = replay.call("POST", "runs/search", {"experiment_ids": [data["info"]["experiment_id"]], "max_results": 1000,
                                                "filter": "params.depth = '7' and dataset.context = 'train'", "run_view_type": "ACTIVE_ONLY", "order_by": []})
    replay.check("a search finds the run", [run_["info"]["run_id"] for run_ in found["runs"]] == [run], found)


def artifacts(replay, run, uri):
    replay.put(uri, "plots/one.txt", b"1")
    replay.put(uri, "with space & umlaut \u00e4.txt", b"2")
    listed = replay.call("GET", "artifacts/list", {"run_id": run})
    replay.check("a run lists its artifacts", [file["path"] for file in listed["files"]] == ["plots", "with space & umlaut \u00e4.txt"], listed)
    replay.check("a folder's with the folder before them",
                 replay.call("GET", "artifacts/list", {"run_id": run, "path": "plots"})["files"] == [{"path": "plots/one.txt", "is_dir": False, "file_size": 1}])
    replay.check("the proxy lists base names", replay.list(uri + "/plots") == [("one.txt", False)], replay.list(uri + "/plots"))
    replay.check("bytes come back", replay.get(uri, "plots/one.txt") == b"1")
    status, _, _ = replay.send("PUT", replay.proxy(uri) + "/%2e%2e/%2e%2e/x", b"x")
    replay.check("no path leads out of a run's artifacts", status == 400, status)
    for source in ("/etc", "file:///etc", "../../x", "mlflow-artifacts://other/1"):
        replay.call("POST", "registered-models/create", {"name": "paths"}, 200)
        replay.call("POST", "model-versions/create", {"name": "paths", "source": source}, 400)
        replay.call("DELETE", "registered-models/delete", {"name": "paths"})


def parts(replay, uri):
    """The upload of a large file: create, one PUT a part to the address told, complete."""
    folder = uri[len(ARTIFACTS):] + "/large"
    begun = json.loads(replay.send("POST", "/api/2.0/mlflow-artifacts/mpu/create/" + folder,
                                   json.dumps({"path": "big.bin", "num_parts": 2}).encode(), {"Content-Type": "application/json"}.items())[2])
    done = []
    for credential in begun["credentials"]:
        content = bytes([credential["part_number"]]) * 100000
        status, headers, _ = replay.send("PUT", credential["url"], content, credential["headers"].items(), url="")
        replay.check("part %d is taken" % credential["part_number"], status == 200 and headers["ETag"], status)
        done.append({"part_number": credential["part_number"], "etag": headers["ETag"], "url": credential["url"]})
    body = json.dumps({"path": "big.bin", "upload_id": begun["upload_id"], "parts": done}).encode()
    status, _, text = replay.send("POST", "/api/2.0/mlflow-artifacts/mpu/complete/" + folder, body, {"Content-Type": "application/json"}.items())
    replay.check("the upload is completed", (status, json.loads(text)) == (200, {}), (status, text))
    replay.check("the parts are one file", replay.get(uri, "large/big.bin") == b"\x01" * 100000 + b"\x02" * 100000)
    begun = json.loads(replay.send("POST", "/api/2.0/mlflow-artifacts/mpu/create/" + folder,
                                   json.dumps({"path": "no.bin", "num_parts": 1}).encode(), {"Content-Type": "application/json"}.items())[2])
    body = json.dumps({"path": "no.bin", "upload_id": begun["upload_id"]}).encode()
    status, _, _ = replay.send("POST", "/api/2.0/mlflow-artifacts/mpu/abort/" + folder, body, {"Content-Type": "application/json"}.items())
    replay.check("an upload is given up", status == 200 and replay.list(ARTIFACTS + folder) == [("big.bin", False)])


MLMODEL = b"artifact_path: model\nflavors: {python_function: {loader_module: mlflow.pyfunc.model}}\n"


def register(replay, name, source, run, **more):
    """What registering sends: the model first, its version, then the version until it is ready."""
    replay.call("POST", "registered-models/create", {"name": name})
    replay.call("POST", "registered-models/create", {"name": name}, 400, "RESOURCE_ALREADY_EXISTS")
    version = replay.call("POST", "model-versions/create", {"name": name, "source": source, "run_id": run, "tags": [], **more})["model_version"]
    replay.check("a version's number is a text", version["version"] == "1", version)
    seen = replay.call("GET", "model-versions/get", {"name": name, "version": "1"})["model_version"]
    replay.check("it is ready at once", seen["status"] == "READY" and seen["run_id"] == run, seen)
    return seen


def load(replay, name):
    """load_model by version and by alias."""
    uri = replay.call("GET", "model-versions/get-download-uri", {"name": name, "version": "1"})["artifact_uri"]
    replay.check("a model's files are listed", ("MLmodel", False) in replay.list(uri), replay.list(uri))
    replay.check("and read", replay.get(uri, "MLmodel") == MLMODEL)
    replay.call("POST", "registered-models/alias", {"name": name, "alias": "champion", "version": "1"})
    aliased = replay.call("GET", "registered-models/alias", {"name": name, "alias": "champion"})["model_version"]
    replay.check("an alias leads to the version", aliased["version"] == "1" and aliased["aliases"] == ["champion"], aliased)
    replay.check("latest versions are POSTed", len(replay.call("POST", "registered-models/get-latest-versions", {"name": name, "stages": []})["model_versions"]) == 1)


def log_model_2(replay, run, uri):
    replay.call("GET", "runs/get", {"run_id": run})
    replay.put(uri, "model/MLmodel", MLMODEL)
    replay.put(uri, "model/model.pkl", b"\x80\x04.")
    model = {"artifact_path": "model", "flavors": {}, "utc_time_created": "2025-01-01 00:00:00.000000", "run_id": run}
    replay.call("POST", "runs/log-model", {"run_id": run, "model_json": json.dumps(model)})
    register(replay, "forest-2", uri + "/model", run)
    load(replay, "forest-2")


def log_model_3(replay, experiment, run):
    model = replay.call("POST", "logged-models", {"experiment_id": experiment, "name": "model", "model_type": "", "source_run_id": run, "params": [], "tags": []})["model"]["info"]
    replay.call("POST", "runs/outputs", {"run_id": run, "models": [{"model_id": model["model_id"], "step": 0}]})
    replay.call("GET", "runs/get", {"run_id": run})
    replay.call("POST", "runs/log-batch", {"run_id": run, "metrics": [{"key": "auc", "value": 0.9, "timestamp": 1, "step": 0, "model_id": model["model_id"]}], "params": [], "tags": []})
    replay.put(model["artifact_uri"], "MLmodel", MLMODEL)
    ready = replay.call("PATCH", "logged-models/" + model["model_id"], {"model_id": model["model_id"], "status": "LOGGED_MODEL_READY"})["model"]["info"]
    replay.check("a logged model is ready", ready["status"] == "LOGGED_MODEL_READY", ready)
    register(replay, "forest-3", "models:/" + model["model_id"], run, model_id=model["model_id"])
    seen = replay.call("GET", "logged-models/" + model["model_id"])["model"]
    replay.check("it has the metrics that named it", seen["data"]["metrics"][0]["key"] == "auc", seen)
    replay.call("PATCH", "logged-models/%s/tags" % model["model_id"], {"tags": [{"key": "mlflow.modelVersions", "value": "[]"}]})
    found = replay.call("POST", "logged-models/search", {"experiment_ids": [experiment], "filter": "metrics.auc > 0.5", "max_results": 50})
    replay.check("it is found", len(found["models"]) == 1, found)
    load(replay, "forest-3")


def run(build):
    scratch = harness.Scratch(build)
    try:
        scratch.start_server(arguments=["--no-gateway"])
        home = pathlib.Path(scratch.environment["SLIPWAY_HOME"])
        url = json.loads((home / "server.json").read_text())["url"]
        token = json.loads((home / "credentials").read_text())["token"]
        replay = Replay(url, "Bearer " + token)
        experiment, run_id, uri = start_run(replay, "churn")
        log(replay, run_id)
        artifacts(replay, run_id, uri)
        parts(replay, uri)
        log_model_2(replay, run_id, uri)
        log_model_3(replay, experiment, run_id)
        ended = replay.call("POST", "runs/update", {"run_id": run_id, "run_uuid": run_id, "status": "FINISHED", "end_time": 1700000001000})
        replay.check("the run ends", ended["run_info"]["status"] == "FINISHED", ended)
        with_password = Replay(url, "Basic " + base64.b64encode(("me:" + token).encode()).decode())
        with_password.call("GET", "experiments/get", {"experiment_id": "0"})
        stranger = Replay(url, "Bearer wrong").send("GET", "/api/2.0/mlflow/experiments/get?experiment_id=0")
        replay.check("a wrong token is refused", stranger[0] == 401, stranger)
        info = json.loads(replay.send("GET", "/api/3.0/mlflow/server-info")[2])
        replay.check("the server tells that it takes parts", info["multipart_uploads_enabled"] and not info["workspaces_enabled"], info)
        return replay.failures + with_password.failures
    finally:
        scratch.close()


if __name__ == "__main__":
    count = run(pathlib.Path(sys.argv[1]).resolve())
    print("%d failures" % count)
    sys.exit(1 if count else 0)
