"""Somebody who changes, and kills, things under a load; and says so in the history."""
import json
import os
import signal
import subprocess
import time

from harness import wait_until
from load import Client
from model import Outage

ENDPOINT = "fault-oe"
# Traffic goes from one side to the other and back, so that who answers tells which of two maps was looked at.
SIDES = (("blue", "red"), ("green", "gold"))
DEPLOYMENTS = tuple(sorted(sum(SIDES, ())))
SCRIPTS = {"red": 2, "gold": 1}  # instances


class Operator:
    def __init__(self, scratch, target, load, history, server, generator):
        self.scratch, self.target, self.load, self.history = scratch, target, load, history
        self.server, self.generator = server, generator
        self.probe = Client(target, "probe", keeps_alive=False)
        self.model_changes = 0
        self.done = {}

    def perform(self, action):
        started = time.monotonic()
        action(self)
        self.done.setdefault(action.__name__, []).append(time.monotonic() - started)

    # How it is found out that something has been done.

    def wait_for_answer(self, what, holds, pinned="", order=None):
        """Calls until an answer is as it should be; gives the request's end: what comes later sees no earlier state."""
        return wait_until(what, lambda: (lambda request: request.end if holds(request) else None)(
            self.probe.call("good", pinned, order=order)), detail=lambda: self.probe.requests[-3:])

    def run(self, *words):
        result = self.scratch.run(["slipway", "online-endpoint" if words[0] != "deployment" else "online-deployment",
                                   *(words if words[0] != "deployment" else words[1:]), "-o", "none"])
        if result.returncode != 0:
            raise RuntimeError("%s: %s" % (" ".join(words), result.stderr))

    def gateway_pid(self):
        return json.loads((self.scratch.path / "home/gateway/address.json").read_text())["pid"]

    # What an operator does.

    def draw_traffic(self):
        side = SIDES[0] if self.history.traffic.last <= set(SIDES[1]) else SIDES[1]
        first = self.generator.choice((0, 30, 50, 100))
        shares = dict.fromkeys(DEPLOYMENTS, 0)
        shares[side[0]], shares[side[1]] = first, 100 - first
        return shares

    def traffic_words(self, shares):
        return ["update", "-n", ENDPOINT, "--traffic", " ".join("%s=%d" % share for share in shares.items())]

    def settle_traffic(self):
        allowed = self.history.traffic.last
        self.history.traffic.settle(self.wait_for_answer("the traffic's change to %s" % sorted(allowed),
                                                         lambda request: request.status == 200 and request.deployment in allowed))

    def change_traffic(self):
        shares = self.draw_traffic()
        self.history.traffic.begin(time.monotonic(), frozenset(name for name, share in shares.items() if share))
        self.run(*self.traffic_words(shares))
        self.settle_traffic()

    def begin_swap(self):
        """A deployment and the words that give it a new revision."""
        name = self.generator.choice(DEPLOYMENTS)
        if name in SCRIPTS:
            versions = self.history.versions[name]
            number = versions.last + 1
            versions.begin(time.monotonic(), number)
        else:
            self.model_changes += 1
            number = self.model_changes
        return name, ["update", "-n", name, "-e", ENDPOINT, "--set", "environment_variables.VERSION=%d" % number]

    def settle_swap(self, name):
        if name not in SCRIPTS:
            return
        versions = self.history.versions[name]
        self.wait_for_answer("version %d of '%s'" % (versions.last, name), lambda request: request.version == versions.last, name)
        versions.settle(time.monotonic())

    def swap_a_deployment(self):
        name, words = self.begin_swap()
        self.run("deployment", *words)
        if name in SCRIPTS:  # the command returns once the new revision answers
            self.history.versions[name].settle(time.monotonic())
        self.settle_swap(name)

    def rotate_keys(self):
        """Both keys become others: each is replaced while everybody uses the other one."""
        for number, name in enumerate(("secondary", "primary")):
            self.run("regenerate-keys", "-n", ENDPOINT, "--key-type", name)
            key = self.scratch.tsv("online-endpoint", "get-credentials", "-n", ENDPOINT, "--query", "%sKey" % name)
            wait_until("the new %s key" % name, lambda: self.is_good(key))
            self.target.key = key
            switched = time.monotonic()
            wait_until("everybody's use of the new key", lambda: self.load.are_past(switched))

    def is_good(self, key):
        # Asks for a path that is there for those with a key alone; not a request of the load.
        command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", str(self.scratch.path / "home/tls/ca.pem"), "-H",
                   "Authorization: Bearer " + key, self.target.uri.geturl().replace("/score", "/swagger.json")]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout == "200"

    def reload_certificate(self):
        folder = self.scratch.path / "home/tls"
        before = self.certificate()
        for name in ("server.pem", "server-key.pem"):
            (folder / name).unlink()
        os.kill(self.gateway_pid(), signal.SIGHUP)
        wait_until("another certificate", lambda: self.certificate() != before)

    def certificate(self):
        client = Client(self.target, "certificate")
        try:
            client.connect()
            client.connection.connect()
            return client.connection.sock.getpeercert(binary_form=True)
        finally:
            client.close()

    # What happens to it.

    def kill_gateway(self):
        pid = self.gateway_pid()
        outage = Outage("gateway", time.monotonic())
        self.history.outages.append(outage)
        os.kill(pid, signal.SIGKILL)
        wait_until("another gateway", lambda: self.gateway_pid() != pid)
        for name in DEPLOYMENTS:
            outage_end = self.wait_for_answer("'%s' after the gateway's end" % name, lambda request: request.status == 200, name)
        outage.end = outage_end

    def kill_gateway_over_a_swap(self):
        name, words = self.begin_swap()
        command = subprocess.Popen(["slipway", "online-deployment", *words, "-o", "none"], cwd=self.scratch.path, env=self.scratch.environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        time.sleep(self.generator.uniform(0, 0.5))
        self.kill_gateway()
        error = command.communicate()[1]
        if command.returncode != 0:
            raise RuntimeError("the swap of '%s' over the gateway's end: %s" % (name, error))
        self.settle_swap(name)

    def kill_worker(self):
        name = self.generator.choice(tuple(SCRIPTS))
        seen = set()

        def ask():
            request = self.probe.call("good", name, order={"do": "pid"})
            return json.loads(request.answer)["pid"] if request.status == 200 else None

        wait_until("each worker's answer", lambda: seen.add(ask()) or len(seen - {None}) >= SCRIPTS[name])
        outage = Outage(name, time.monotonic())
        self.history.outages.append(outage)
        os.kill(self.generator.choice(sorted(seen - {None})), signal.SIGKILL)
        wait_until("a new worker", lambda: ask() not in seen | {None})
        outage.end = time.monotonic()

    def start_server(self):
        self.server = self.scratch.start_server()

    def kill_server(self):
        self.server.kill()
        self.server.wait()
        time.sleep(self.generator.uniform(0, 1))
        self.start_server()

    def kill_server_over_a_change(self):
        before = self.history.traffic.last
        shares = self.draw_traffic()
        self.history.traffic.begin(time.monotonic(), frozenset(name for name, share in shares.items() if share))
        command = subprocess.Popen(["slipway", "online-endpoint", *self.traffic_words(shares), "-o", "none"], cwd=self.scratch.path,
                                   env=self.scratch.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(self.generator.uniform(0, 0.15))
        self.kill_server()
        command.wait()
        shown = self.scratch.run(["slipway", "online-endpoint", "show", "-n", ENDPOINT, "--query", "traffic"])
        if {name for name, share in json.loads(shown.stdout).items() if share} == before:
            self.history.traffic.begin(time.monotonic(), before)  # it was not stored
        self.settle_traffic()


ACTIONS = [Operator.change_traffic, Operator.swap_a_deployment, Operator.rotate_keys, Operator.reload_certificate, Operator.kill_gateway,
           Operator.kill_gateway_over_a_swap, Operator.kill_worker, Operator.kill_server, Operator.kill_server_over_a_change]
