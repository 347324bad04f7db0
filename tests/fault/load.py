"""Clients that call an endpoint without a pause, each in its own manner, and keep what became of every request."""
import http.client
import json
import random
import ssl
import threading
import time
import urllib.parse

from harness import PATIENCE
from model import FOREVER, Request

ROWS = [{"age": 1, "income": 2, "balance": 1}, {"age": 1, "income": 1, "balance": 9}]


class Target:
    """The endpoint as its callers know it. `key` is the one that they are to use now."""

    def __init__(self, uri, key, authority):
        self.uri = urllib.parse.urlsplit(uri)
        self.key = key
        self.context = ssl.create_default_context(cafile=authority)


class Client:
    """One connection, or one for each request. Not thread-safe."""

    def __init__(self, target, name, keeps_alive=True):
        self.target, self.name, self.keeps_alive = target, name, keeps_alive
        self.requests = []
        self.connection, self.connected = None, 0.0

    def call(self, kind="good", pinned="", key=None, order=None):
        """Sends one request; a Request with what became of it, which is kept as well."""
        request = Request("%s-%d" % (self.name, len(self.requests)), kind, pinned, self.connected, time.monotonic())
        self.requests.append(request)
        headers = {"Authorization": "Bearer " + (key or self.target.key), "Content-Type": "application/json", "x-ms-client-request-id": request.id}
        if kind == "stranger":
            headers["Authorization"] = "Bearer nobody-has-this-key"
        if pinned or kind == "lost":
            headers["azureml-model-deployment"] = pinned or "gren"
        body = "nope" if kind == "bad" else json.dumps({"data": ROWS, "params": dict(order or {}, id=request.id)})
        try:
            self.connect()
            request.connected = self.connected
            self.connection.request("POST", self.target.uri.path, body, headers)
            answer = self.connection.getresponse()
            request.answer = answer.read().decode()
            request.deployment = answer.getheader("azureml-model-deployment") or ""
            request.end, request.status = time.monotonic(), answer.status
        except (OSError, http.client.HTTPException) as error:
            request.end, request.answer = time.monotonic(), repr(error)
            self.close()
        if request.status == 200 and '"version"' in request.answer:
            request.version = json.loads(request.answer)["version"]
        if not self.keeps_alive:
            self.close()
        return request

    def connect(self):
        if self.connection is None:
            self.connected = time.monotonic()
            self.connection = http.client.HTTPSConnection(self.target.uri.hostname, self.target.uri.port, timeout=PATIENCE, context=self.target.context)

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def is_past(self, moment):
        """Whether nothing that was begun before `moment` is under way any more."""
        last = self.requests[-1] if self.requests else None
        return last is not None and (last.start > moment or last.end != FOREVER)


MANNERS = [  # name, whether it keeps its connection, the kinds of its requests
    ("keep1", True, ["good"]), ("keep2", True, ["good"]), ("new1", False, ["good"]),
    ("pinned", True, ["pinned"]), ("rude", True, ["good", "bad", "stranger", "lost"]), ("mixed", False, ["good", "pinned", "bad"])]


class Load:
    """The clients, each on a thread of its own, from __enter__ to __exit__."""

    def __init__(self, target, deployments, seed):
        self.deployments, self.seed = deployments, seed
        self.clients = [(Client(target, name, keeps), kinds) for name, keeps, kinds in MANNERS]
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=client) for client in self.clients]

    def run(self, client, kinds):
        generator = random.Random("%s %s" % (self.seed, client.name))
        while not self.stop.is_set():
            kind = generator.choice(kinds)
            pinned = generator.choice(self.deployments) if kind == "pinned" else ""
            request = client.call("good" if kind == "pinned" else kind, pinned)
            # A refused connection is no reason to spin.
            time.sleep(0.05 if request.status == 0 else generator.uniform(0, 0.01))
        client.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def are_past(self, moment):
        return all(client.is_past(moment) for client, _ in self.clients)

    def requests(self):
        return [request for client, _ in self.clients for request in client.requests]
