"""Two clients as their protocols describe them, over one kept TLS connection that the given authority has to vouch for: of MLflow's
scoring server, and of the Open Inference Protocol (which learns names and types from the model's own description)."""
import http.client
import json
import ssl
import time
import urllib.parse


class Failure(Exception):
    pass


class Session:
    """Calls below one URL, all on one connection."""

    def __init__(self, url, key, authority):
        parts = urllib.parse.urlsplit(url)
        context = ssl.create_default_context(cafile=authority)
        self.connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=120, context=context)
        self.path = parts.path
        self.headers = {"Authorization": "Bearer " + key} if key else {}
        self.sockets = set()

    def call(self, method, route, body=None, content_type="application/json"):
        headers = dict(self.headers, **({"Content-Type": content_type} if body is not None else {}))
        self.connection.request(method, self.path + route, body=body, headers=headers)
        self.sockets.add(self.connection.sock.getsockname())
        response = self.connection.getresponse()
        text = response.read().decode()
        if response.status != 200:
            raise Failure("%d %s" % (response.status, text))
        return text

    def call_json(self, method, route, value=None):
        return json.loads(self.call(method, route, None if value is None else json.dumps(value)))


class MlflowClient:
    def __init__(self, url, key, authority):
        self.session = Session(url, key, authority)

    def wait_until_ready(self, seconds=120):
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.session.call("GET", "/ping")
            except Failure:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def version(self):
        return self.session.call("GET", "/version")

    def predict_frame(self, columns, rows):
        frame = {"dataframe_split": {"columns": columns, "data": rows}}
        return self.session.call_json("POST", "/invocations", frame)["predictions"]

    def predict_csv(self, text):
        return json.loads(self.session.call("POST", "/invocations", text, "text/csv; charset=utf-8"))["predictions"]


class OpenInferenceClient:
    def __init__(self, url, key, authority, model):
        self.session = Session(url, key, authority)
        self.model = "/v2/models/" + model

    def is_ready(self):
        return (self.session.call_json("GET", "/v2/health/live")["live"] and self.session.call_json("GET", "/v2/health/ready")["ready"] and
                self.session.call_json("GET", self.model + "/ready")["ready"])

    def infer(self, rows, outputs=None):
        """`rows`: of values by column name. The outputs' flat data by name."""
        described = self.session.call_json("GET", self.model)
        tensors = [{"name": tensor["name"], "datatype": tensor["datatype"], "shape": [len(rows), 1],
                    "data": [row[tensor["name"]] for row in rows]} for tensor in described["inputs"]]
        request = {"id": "a-call", "inputs": tensors}
        if outputs:
            request["outputs"] = [{"name": name} for name in outputs]
        answer = self.session.call_json("POST", self.model + "/infer", request)
        if answer["id"] != "a-call" or not answer["model_name"]:
            raise Failure("the answer is another's: %s" % answer)
        sizes = {}
        for tensor in answer["outputs"]:
            size = 1
            for side in tensor["shape"]:
                size *= side
            if size != len(tensor["data"]):
                raise Failure("the shape of '%s' does not fit its data" % tensor["name"])
            sizes[tensor["name"]] = tensor["data"]
        return sizes
