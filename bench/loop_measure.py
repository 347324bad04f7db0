"""Measures the loop through the real programs: loop_measure.py BUILD_DIR RESULT. Medians of several runs each."""
import datetime
import json
import os
import pathlib
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "peers"))
import results  # noqa: E402

ROUNDS = 7
STEPS = 20
ENVIRONMENT = "name: shell\nversion: 1\nimage: none\nslipway: {provider: native, programs: [sh]}\n"
DEPLOYMENT = "name: blue\nendpoint_name: bench-oe\nmodel: azureml:bench@latest\ninstance_type: any\ninstance_count: 1\n"


class Server:
    """A server of its own in a scratch home, with the client's command line."""

    def __init__(self, build, folder):
        self.folder = pathlib.Path(folder)
        self.home = self.folder / "home"
        self.environment = dict(os.environ, SLIPWAY_HOME=str(self.home), AZURE_CONFIG_DIR=str(self.folder / "azure"),
                                PATH="%s:%s" % (build / "bin", os.environ["PATH"]))
        self.log = open(self.folder / "serve.log", "w")
        self.process = None

    def start(self):
        """Seconds until it answers /healthz."""
        began = time.perf_counter()
        self.process = subprocess.Popen(["slipway-serve", "--port", "0", "--tls-port", "0", "--gateway-port", "0"],
                                        env=self.environment, stdout=self.log, stderr=self.log)
        while not self._is_ready():
            if self.process.poll() is not None:
                sys.exit("loop: the server ended: %s" % (self.folder / "serve.log").read_text()[-1000:])
            time.sleep(0.002)
        return time.perf_counter() - began

    def _is_ready(self):
        try:
            facts = json.loads((self.home / "server.json").read_text())
            if facts["pid"] != self.process.pid:
                return False
            return urllib.request.urlopen(facts["url"] + "/healthz", timeout=1).status == 200
        except (OSError, ValueError):
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(30)

    def run(self, *words):
        result = subprocess.run(["slipway", *words], env=self.environment, cwd=self.folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if result.returncode != 0:
            sys.exit("loop: slipway %s: %s" % (" ".join(words), result.stderr))
        return result.stdout

    def resident_megabytes(self):
        """Of the control plane and the gateway together."""
        gateway = json.loads((self.home / "gateway" / "address.json").read_text())["pid"]
        return sum(int(line.split()[1]) for pid in (self.process.pid, gateway)
                   for line in open("/proc/%d/status" % pid) if line.startswith("VmRSS:")) / 1024


def timed(call):
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def median_of(call, rounds=ROUNDS):
    return statistics.median(call() for _ in range(rounds))


def help_seconds(build):
    return median_of(lambda: timed(lambda: subprocess.run([build / "bin" / "slipway", "--help"], check=True,
                                                          stdout=subprocess.DEVNULL)), 21)


def start_seconds_and_megabytes(build):
    starts, sizes = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            server = Server(build, folder)
            starts.append(server.start())
            time.sleep(1)  # "idle": what starting up needed has been given back
            sizes.append(server.resident_megabytes())
            server.stop()
    return statistics.median(starts), statistics.median(sizes)


def step_seconds(server):
    """Of one `true` in a chain of STEPS, each waiting for the one before; nothing reused."""
    steps = ""
    for i in range(STEPS):
        source = " inputs: {i: '${{parent.jobs.s%02d.outputs.o}}'}," % (i - 1) if i else ""
        steps += "  s%02d: {command: 'true',%s outputs: {o: }, environment: azureml:shell:1}\n" % (i, source)
    (server.folder / "chain.yml").write_text("type: pipeline\nsettings: {force_rerun: true}\njobs:\n" + steps)

    def run_once():
        name = server.run("job", "create", "-f", "chain.yml", "--query", "name", "-o", "tsv").strip()
        server.run("job", "stream", "-n", name)
        context = json.loads(server.run("job", "show", "-n", name))["creation_context"]
        return (seconds_of(context["last_modified_at"]) - seconds_of(context["created_at"])) / STEPS

    return median_of(run_once, 5)


def seconds_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Endpoint:
    def __init__(self, server, request):
        self.server, self.request = server, request
        server.run("online-endpoint", "create", "--name", "bench-oe", "-o", "none")
        self.key = json.loads(server.run("online-endpoint", "get-credentials", "-n", "bench-oe"))["primaryKey"]
        self.uri = json.loads(server.run("online-endpoint", "show", "-n", "bench-oe"))["scoring_uri"]
        self.tls = ssl.create_default_context(cafile=str(server.home / "tls" / "ca.pem"))

    def score(self):
        request = urllib.request.Request(self.uri, self.request, {"Authorization": "Bearer " + self.key,
                                                                  "Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request, context=self.tls, timeout=30))

    def first_score_seconds(self):
        """From `online-deployment create` to the first answer, the client's own time included."""
        def create_and_score():
            self.server.run("online-deployment", "create", "-f", "deployment.yml", "--all-traffic", "-o", "none")
            assert self.score(), "an empty answer"
        seconds = timed(create_and_score)
        self.server.run("online-endpoint", "update", "-n", "bench-oe", "--traffic", "blue=0", "-o", "none")
        self.server.run("online-deployment", "delete", "-n", "blue", "-e", "bench-oe", "--yes", "-o", "none")
        return seconds


def first_score_seconds(build, server):
    data = pathlib.Path(__file__).resolve().parents[2] / "shared/data/credit-card-default/curated/01.csv"
    if not data.exists():
        server.run("example", "data", "--output", "data")
        data = server.folder / "data/curated/01.csv"
    subprocess.run([build / "bench" / "score_http_model_bench", data, "default_payment_next_month",
                    server.folder / "model", server.folder / "request.json"], check=True)
    server.run("model", "create", "--name", "bench", "--path", "model", "--type", "mlflow_model", "-o", "none")
    (server.folder / "deployment.yml").write_text(DEPLOYMENT)
    endpoint = Endpoint(server, (server.folder / "request.json").read_bytes())
    return median_of(endpoint.first_score_seconds, 5)


def main():
    build, result = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    help_s = help_seconds(build)
    start_s, megabytes = start_seconds_and_megabytes(build)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(build, folder)
        server.start()
        (server.folder / "environment.yml").write_text(ENVIRONMENT)
        server.run("environment", "create", "-f", "environment.yml", "-o", "none")
        step_s = step_seconds(server)
        score_s = first_score_seconds(build, server)
        server.stop()
    results.write(result, [
        results.limited("slipway --help", "ms", help_s * 1e3, 20),
        results.limited("serve in a new home until it answers, the gateway listening", "ms", start_s * 1e3, 500),
        results.limited("resident memory of the idle control plane and gateway", "MB", megabytes, 80),
        results.limited("a pipeline step that does nothing, in a chain of %d" % STEPS, "ms", step_s * 1e3, 50),
        results.limited("online-deployment create to the first score, 500 trees of depth 10", "ms", score_s * 1e3, 1000),
    ])


if __name__ == "__main__":
    main()
